"""The Gradio page: layout and events. What is seen in a clip, when, and why."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from cer import figures
from cer.analysis import Analysis, as_json, clock, verdict
from cer.files import write_whole
from cer.labels import COMPOUNDS
from cer.pipeline import Observation
from page import charts, scoring
from page.batch import MOST_CLIPS, Batch, archive, work
from page.closed import Closed
from page.files import fresh_folder, keep_clean, own_cache
from page.rate import Rate, visitor_of
from page.theme import theme
from page.watching import LONGEST, finished, in_words, in_words_of, refuse, watch
from page.words import listed, say

HERE = Path(__file__).parent
EXAMPLE = HERE / "examples" / "demo.mp4"
LARGEST = 200  # MB, of an upload
KEPT = 3600  # seconds that an upload or a result stays on disk; longer than the longest job
SESSIONS = 64  # visitors whose results are kept in memory; beyond, the one who came first loses theirs
WAITING = 16  # visitors in the queue; the next one is told to come back
RATE = Rate()
_WHOLE = -1  # the choice of segment that means the whole clip


def analyze_one(
    clip: str | None,
    progress: gr.Progress = gr.Progress(),  # noqa: B008 (how Gradio injects it)
    request: gr.Request | None = None,
) -> Iterator[list[Any]]:
    """Analyse a clip for the person seen longest, and offer the others."""
    RATE.admit(visitor_of(request))
    try:
        for observed in watch(clip, lambda fraction, stage: progress(fraction, desc=stage)):
            if observed is None:
                yield [gr.skip()] * (3 + _SHOWN)
                continue
            analysis = observed.conclude()
            people = [
                (say("clip.person_choice", id=one.id, seconds=one.seconds_visible), one.id) for one in observed.listed()
            ]
            person = gr.update(choices=people, value=analysis.person, visible=len(people) > 1)
            subtitles = [{"text": one.text, "timestamp": [one.start, one.end]} for one in analysis.transcript]
            yield [observed, person, gr.update(subtitles=subtitles), *show(analysis)]
    except Exception as error:
        raise in_words(error) from error


@in_words_of
def choose_person(observed: Observation | None, person: int | None) -> list[Any]:
    """The same clip for another person; nothing is watched again."""
    return show(observed.conclude(person)) if observed is not None else [gr.skip()] * _SHOWN


@in_words_of
def choose_face(observed: Observation | None, event: gr.EventData) -> list[Any]:
    """As `choose_person`, by the picture that was clicked."""
    if observed is None:
        return [gr.skip()] * (1 + _SHOWN)
    person = int(event._data["person"])
    return [person, *choose_person(observed, person)]


_SHOWN = 9


def show(analysis: Analysis) -> list[Any]:
    """Everything that a result fills, in the order of `shown` in `build`."""
    names = [(say("result.whole"), _WHOLE)] + [
        (say("result.span", start=clock(one.start), end=clock(one.end)), row)
        for row, one in enumerate(analysis.segments)
    ]
    return [
        f"## {verdict(analysis)}",
        charts.timeline(analysis),
        gr.update(choices=names, value=_WHOLE, visible=True),
        charts.modalities(analysis),
        charts.fusion(analysis),
        charts.said(analysis),
        charts.faces(analysis),
        analysis,
        gr.update(visible=True),
    ]


@in_words_of
def show_rest(analysis: Analysis | None) -> list[Any]:
    """What may come a moment after the result: the curves and the files."""
    if analysis is None:
        return [gr.skip()] * 2
    return [charts.curves(analysis), gr.update(value=files(analysis), visible=True)]


def choose_segment(analysis: Analysis | None, row: int | None) -> list[Any]:
    """The charts of one segment; the browser moves the video to its start."""
    if analysis is None or row is None:
        return [gr.skip()] * 2
    where = None if row == _WHOLE else row
    return [charts.modalities(analysis, where), charts.fusion(analysis, where)]


def choose_moment(analysis: Analysis | None, event: gr.EventData) -> list[Any]:
    """The charts of the segment whose middle is nearest to the moment chosen on the time line."""
    if analysis is None:
        return [gr.skip()] * 3
    time = float(event._data["time"])
    middles = [abs((one.start + one.end) / 2 - time) for one in analysis.segments]
    row = middles.index(min(middles))
    return [row, charts.modalities(analysis, row), charts.fusion(analysis, row)]


def files(analysis: Analysis) -> list[str]:
    """JSON, two tables and the report."""
    folder = fresh_folder()
    analysis.save(folder)
    write_whole(figures.report(analysis), folder / "report.html")
    return [str(path) for path in sorted(folder.iterdir())]


@in_words_of
def annotated(analysis: Analysis | None) -> dict[str, Any]:
    """The clip with face box, label and time line burnt in."""
    if analysis is None:
        raise refuse(say("clip.none"))
    path = fresh_folder() / "annotated.mp4"
    figures.annotate(analysis, path)
    return gr.update(value=str(path), visible=True)


def analyze_many(
    clips: list[str] | None,
    progress: gr.Progress = gr.Progress(),  # noqa: B008
    request: gr.Request | None = None,
) -> Iterator[list[Any]]:
    """Analyse many clips; the table grows with each."""
    if not clips:
        raise refuse(say("batch.none"))
    if len(clips) > MOST_CLIPS:
        raise refuse(say("batch.many", given=len(clips), limit=MOST_CLIPS))
    RATE.admit(visitor_of(request), len(clips))
    batch = Batch()
    for one in work(clips, lambda fraction, stage: progress(fraction, desc=stage)):
        batch = one or batch
        yield [batch.rows if one is not None else gr.skip(), gr.skip()]
    yield [batch.rows, gr.update(value=archive(batch), visible=True)]


@in_words_of
def analyze(clip: str, request: gr.Request | None = None) -> str:
    """Compound expressions in a video clip: six modalities, their fusion and the seven compound expressions over time.

    Args:
        clip: a video or audio file, as the visitor uploaded it

    Returns:
        the text of analysis.json, schema 1
    """
    RATE.admit(visitor_of(request))
    return finished(watch(clip, lambda fraction, stage: None)).conclude().to_json()


def analyze_batch(clips: list[str], request: gr.Request | None = None) -> str:
    """The same for several clips, one after the other.

    Args:
        clips: video or audio files

    Returns:
        JSON: by the clip's name what analysis.json holds, or {"problem": why it could not be read}
    """
    if not 1 <= len(clips or []) <= MOST_CLIPS:
        raise refuse(say("batch.many", given=len(clips or []), limit=MOST_CLIPS) if clips else say("batch.none"))
    RATE.admit(visitor_of(request), len(clips))
    last = [batch for batch in work(clips, lambda fraction, stage: None) if batch is not None][-1]
    return as_json(last.documents())


def build() -> gr.Blocks:
    """The page. Its endpoints for programs are /analyze, /analyze_batch and /evaluate."""
    notice = say("notice", minutes=f"{LONGEST / 60:.0f}", megabytes=LARGEST, hours=KEPT * 2 // 3600)
    with gr.Blocks(title=say("title"), delete_cache=(KEPT, KEPT), analytics_enabled=False) as page:
        gr.Markdown(f"# {say('title')}\n{notice}")
        with gr.Tab(say("clip.tab")):
            _one_clip()
        with gr.Tab(say("batch.tab")):
            _many_clips()
        with gr.Tab(say("evaluation.tab")):
            _evaluation()
        _endpoints()
    return page


def _script(name: str) -> str:
    return (HERE / "page" / name).read_text("utf-8")


def _one_clip() -> None:
    observed, analysis = gr.State(time_to_live=KEPT), gr.State(time_to_live=KEPT)
    with gr.Row():
        with gr.Column(scale=2, min_width=320):
            clip = gr.Video(label=say("clip.label"), sources=["upload", "webcam"], elem_id="clip")
            with gr.Row():
                start = gr.Button(say("clip.analyse"), variant="primary")
                stop = gr.Button(say("clip.cancel"))
            gr.Examples([[str(EXAMPLE)]], [clip], label=say("clip.example"), example_labels=[say("clip.example_name")])
            person = gr.Dropdown([], label=say("clip.person"), visible=False)
            faces = gr.HTML(apply_default_css=False, js_on_load=_script("people.js"), elem_id="people")
        with gr.Column(scale=3, min_width=320):
            sentence = gr.Markdown(say("clip.start"), elem_id="verdict")
            timeline = gr.HTML(js_on_load=_script("timeline.js"), elem_id="timeline")
            segment = gr.Dropdown([], label=say("result.segment"), visible=False, elem_id="segment")
            with gr.Column(visible=False) as details:
                gr.Markdown(f"### {say('result.modalities')}")
                bars = gr.HTML(apply_default_css=False, elem_id="modalities")
                gr.Markdown(f"### {say('result.fused')}")
                fused = gr.HTML(apply_default_css=False, elem_id="fusion")
                gr.Markdown(f"### {say('result.transcript')}")
                table = gr.HTML(apply_default_css=False, elem_id="segments")
                with gr.Accordion(say("result.curves"), open=False):
                    curves = gr.LinePlot(
                        x="seconds",
                        y="probability",
                        color="expression",
                        color_map=dict(zip(COMPOUNDS, figures.COLOURS, strict=True)),
                        buttons=["export", "fullscreen"],
                        label=say("result.timeline"),
                    )
                downloads = gr.File(label=say("result.downloads"), file_count="multiple", visible=False)
                video = gr.Button(say("result.annotate"))
                film = gr.Video(label=say("result.annotated"), interactive=False, visible=False, elem_id="annotated")
    shown = [sentence, timeline, segment, bars, fused, table, faces, analysis, details]
    assert len(shown) == _SHOWN
    # Progress is drawn on the verdict alone: on every output it costs the browser as much as the analysis.
    drawn: dict[str, Any] = {"api_visibility": "private", "show_progress_on": sentence}
    job = start.click(analyze_one, [clip], [observed, person, clip, *shown], concurrency_id="models", **drawn)
    stop.click(lambda: say("clip.cancelled"), None, [sentence], cancels=[job], api_visibility="private", queue=False)
    for done in (
        job,
        person.input(choose_person, [observed, person], shown, **drawn),
        faces.click(choose_face, [observed], [person, *shown], **drawn),
    ):
        done.success(show_rest, [analysis], [curves, downloads], api_visibility="private", show_progress="hidden")
    segment.input(choose_segment, [analysis, segment], [bars, fused], api_visibility="private")
    segment.input(None, [segment], js=_script("segment.js"), api_visibility="private")
    timeline.click(choose_moment, [analysis], [segment, bars, fused], api_visibility="private", show_progress="hidden")
    video.click(annotated, [analysis], [film], api_visibility="private", concurrency_id="models")


def _many_clips() -> None:
    gr.Markdown(say("batch.about", clips=MOST_CLIPS))
    clips = gr.File(label=say("batch.label"), file_count="multiple", file_types=["video", "audio"], elem_id="clips")
    with gr.Row():
        start = gr.Button(say("batch.analyse"), variant="primary")
        stop = gr.Button(say("clip.cancel"))
    table = gr.Dataframe(
        headers=listed("batch.columns"),
        column_widths=["20%", "9%", "18%", "12%", "8%", "33%"],
        label=say("batch.table"),
        wrap=True,
        interactive=False,
    )
    packed = gr.File(label=say("batch.archive"), visible=False)
    job = start.click(analyze_many, [clips], [table, packed], api_visibility="private", concurrency_id="models")
    stop.click(None, cancels=[job], api_visibility="private")


def _evaluation() -> None:
    gr.Markdown(say("evaluation.about"))
    with gr.Row():
        predictions = gr.File(
            label=say("evaluation.predictions"), file_types=[".csv", ".txt", ".parquet"], elem_id="predictions"
        )
        labels = gr.File(label=say("evaluation.labels"), file_types=[".csv", ".txt"], elem_id="labels")
    start = gr.Button(say("evaluation.run"), variant="primary")
    summary = gr.Markdown(elem_id="scores")
    with gr.Row():
        per_class = gr.Dataframe(headers=listed("evaluation.columns"), label=say("evaluation.f1"), interactive=False)
        with gr.Column():
            gr.Markdown(f"### {say('evaluation.confusion')}")
            confusion = gr.Plot(label=say("evaluation.confusion"), show_label=False)
    row = gr.Code(label=say("evaluation.row"), language="markdown", interactive=False)
    start.click(
        scoring.score_files,
        [predictions, labels],
        [summary, per_class, confusion, row],
        api_visibility="private",
        concurrency_id="models",
    )


def _endpoints() -> None:
    """What programs call, by name or as MCP tools: hidden inputs and outputs, for files need a component."""
    with gr.Row(visible=False):
        clip, clips = gr.File(label="clip"), gr.File(label="clips", file_count="multiple")
        predictions, labels = gr.File(label="predictions"), gr.File(label="labels")
        answer = gr.Textbox(label="answer")  # text: as an MCP tool a dictionary would be given in Python's spelling
        for name, work_of, given in (
            ("analyze", analyze, [clip]),
            ("analyze_batch", analyze_batch, [clips]),
            ("evaluate", scoring.evaluate, [predictions, labels]),
        ):
            gr.Button(name).click(work_of, given, [answer], api_name=name, concurrency_id="models")


def options() -> dict[str, Any]:
    """How the page is served: what `launch` is given, apart from where."""
    return {
        "max_file_size": f"{LARGEST}mb",
        "theme": theme(),
        "css_paths": [HERE / "page" / "page.css"],
        "mcp_server": True,
        "run_history": False,
        "state_session_capacity": SESSIONS,
        "app_kwargs": {"middleware": [Middleware(Closed)]},
    }


def serve(**where: Any) -> tuple[gr.Blocks, str]:
    """Build the page and serve it as `launch` is told; the page and its address, once it does not block."""
    own_cache()
    keep_clean(1.5 * KEPT)
    page = build().queue(max_size=WAITING, default_concurrency_limit=1)
    _, address, _ = page.launch(**options(), **where)
    return page, address


if __name__ == "__main__":
    serve()

"""The Gradio page: its layout, its events, and how it is served."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.i18n import I18nData
from starlette.middleware import Middleware

from cer.memory import limit_arenas
from cer.results.lanes import STYLE
from cer.web import scoring
from cer.web.batch import MAX_CLIPS
from cer.web.closed import Closed
from cer.web.comparing import compare
from cer.web.example import EXAMPLES
from cer.web.files import keep_clean, own_cache
from cer.web.handlers import (
    SHOWN,
    analyze_many,
    analyze_one,
    annotated,
    arrive,
    choose_clip,
    choose_face,
    choose_moment,
    choose_person,
    choose_segment,
    curve_table,
    files,
    forget,
    greet,
    keep_live,
    preview,
)
from cer.web.labels import Labels
from cer.web.page import Page, correct_mcp_text
from cer.web.programs import analyze, analyze_batch
from cer.web.theme import theme
from cer.web.watching import MAX_DURATION, WAITING
from cer.words import say

HERE = Path(__file__).parent
LIVE_MARKUP = (  # the camera's picture, what is shown over the last minute, and the words; live.js fills them
    '<button type="button" class="go"></button><div class="camera" hidden><video muted playsinline></video></div>'
    '<div class="minute" role="img" hidden></div><p class="heard" hidden></p>'
    '<p class="problem" role="alert" hidden></p>'
)
SAID_LIVE = ("start", "stop", "waiting", "denied", "ended", "minute")
SAID_BY_SCRIPTS = ("language", "title", "clip.started", *(f"live.{name}" for name in SAID_LIVE))
MAX_UPLOAD_MB = 200  # MB, of an upload
KEPT = 3600  # seconds that an upload or a result stays on disk; longer than the longest job
SESSIONS = 64  # visitors whose results are kept in memory; beyond, the one who came first loses theirs
STAGE_HEIGHT = 330  # pixels of the clip; with the lanes below it fits a laptop's screen
# Jobs that begin at once and wait for their turn themselves, so that each can say how many come before it.
IN_TURN: dict[str, Any] = {"concurrency_id": "in turn", "concurrency_limit": 2 * WAITING}


def build() -> Page:
    """The page. Its endpoints for programs are /analyze, /analyze_batch and /evaluate."""
    limits = {"minutes": f"{MAX_DURATION / 60:.0f}", "megabytes": MAX_UPLOAD_MB, "hours": KEPT * 2 // 3600}
    with Page(title=say("title"), delete_cache=(KEPT, KEPT), analytics_enabled=False) as page:
        label = page.labels
        with gr.Column(elem_id="title"):
            gr.Markdown(f"# {label('title')}")
            gr.Markdown(label("notice", **limits))
        with gr.Tab(label("clip.tab")):
            _one_clip(page)
        with gr.Tab(label("batch.tab")):
            _many_clips(label)
        with gr.Tab(label("compare.tab")):
            _comparison(label)
        with gr.Tab(label("evaluation.tab")):
            _evaluation(label)
        _endpoints()
        texts = json.dumps(_said_by_scripts(label))
        page.load(None, js=_script("language.js").replace("TEXTS", texts), api_visibility="private")
    return page


def _said_by_scripts(label: Labels) -> dict[str, dict[str, str]]:
    """What the page's scripts say: by the code of the language, then by name."""
    texts = {key: label.say_all(key) for key in SAID_BY_SCRIPTS}
    return {code: {key: sentences[code] for key, sentences in texts.items()} for code in texts["language"]}


def _script(name: str) -> str:
    return (HERE / name).read_text("utf-8")


def _one_clip(page: Page) -> None:
    label = page.labels
    observed, analysis, originals = (gr.State(time_to_live=KEPT) for _ in range(3))
    with gr.Row(elem_id="stage"):
        with gr.Column(scale=3, min_width=340):
            live = gr.HTML(LIVE_MARKUP, apply_default_css=False, js_on_load=_script("live.js"), elem_id="live")
            clip = gr.Video(
                label=label("clip.label"), sources=["upload", "webcam"], elem_id="clip", height=STAGE_HEIGHT
            )
            note = gr.HTML(apply_default_css=False, js_on_load=_script("unplayable.js"), elem_id="unplayable")
            lanes = gr.HTML(apply_default_css=False, js_on_load=_script("player.js"), elem_id="lanes")
        with gr.Column(scale=2, min_width=320):
            with gr.Row(elem_id="choices"):
                choose = gr.UploadButton(
                    str(label("clip.choose")), file_types=["video", "audio"], size="md", min_width=90, elem_id="choose"
                )
                go_live = gr.Button(label("live.start"), size="md", min_width=90)
                start = gr.Button(label("clip.analyze"), variant="primary", size="md", min_width=90)
                stop = gr.Button(label("clip.cancel"), size="md", min_width=90)
            with gr.Row(elem_id="examples"):
                examples = {name: gr.Button(label(f"example.{name}"), size="sm", min_width=90) for name in EXAMPLES}
            progress = gr.HTML(apply_default_css=False, js_on_load=_script("drop.js"), elem_id="progress")
            sentence = gr.Markdown(elem_id="verdict")
            sources = gr.HTML(apply_default_css=False, elem_id="sources")
            person = gr.Dropdown([], label=label("clip.person"), visible=False)
            faces = gr.HTML(apply_default_css=False, js_on_load=_script("people.js"), elem_id="people")
            with gr.Accordion(label("result.downloads"), open=False, elem_id="downloads") as menu:
                downloads = gr.File(show_label=False, file_count="multiple", interactive=False, visible=False)
                link = gr.HTML(apply_default_css=False, js_on_load=_script("link.js"), elem_id="link")
                video = gr.Button(label("result.annotate"))
                film = gr.Video(label=label("result.annotated"), interactive=False, visible=False, elem_id="annotated")
    segment, bars, fused, table, curves = _details(label, analysis, lanes)
    shown = [sentence, lanes, sources, segment, bars, fused, table, faces, analysis, downloads, film, link, curves]
    assert len(shown) == SHOWN
    drawn: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    start.click(None, js=_script("started.js"), api_visibility="private")
    job = start.click(analyze_one, [clip, originals], [progress, observed, person, clip, *shown], **IN_TURN, **drawn)
    job.failure(None, js=_script("ended.js"), api_visibility="private")
    stopped = [progress, sentence]
    stop.click(lambda: ("", f"### {say('clip.cancelled')}"), None, stopped, cancels=[job], queue=False, **drawn)
    results = [
        job,
        person.input(choose_person, [observed, person], shown, **drawn),
        faces.click(choose_face, [observed], [person, *shown], **drawn),
    ]
    previewed = note.submit(preview, [clip, originals], [clip, originals, note], **drawn)
    # Another clip ends the work on the last one, in the same step that empties the page: nothing of it comes late.
    other: dict[str, Any] = {"queue": False, "cancels": [previewed, job], **drawn}
    forgotten = [originals, note, observed, person, *shown, progress]
    results += [
        button.click(partial(greet, name), None, [clip, *forgotten], **other) for name, button in examples.items()
    ]
    page.load(arrive, [gr.Textbox(visible=False)], [clip, *forgotten], js=_script("arrived.js"), **other)
    clip.clear(lambda: forget(say("clip.start")), None, forgotten, **other)
    gr.on([clip.upload, clip.stop_recording], forget, None, forgotten, **other)
    go_live.click(None, js="() => document.querySelector('#live .go').click()", api_visibility="private")
    results.append(
        live.submit(keep_live, None, [clip, note, observed, person, *shown, progress], cancels=[job], **drawn)
    )
    choose.upload(choose_clip, [choose], [clip, *forgotten], **other)
    for result in results:  # a plot of many points comes after what is read first
        result.success(curve_table, [analysis], [curves], **drawn)
    menu.expand(files, [analysis], [downloads, link], **drawn)
    video.click(annotated, [analysis], [film], api_visibility="private", concurrency_id="models")


def _details(
    label: Labels, analysis: gr.State, lanes: gr.HTML
) -> tuple[gr.Dropdown, gr.HTML, gr.HTML, gr.HTML, gr.LinePlot]:
    """Everything below the player, for experts: the segments to choose from, and three of the charts."""
    with gr.Accordion(label("result.details"), open=False, elem_id="details") as details:
        segment = gr.Dropdown([], label=label("result.segment"), elem_id="segment")
        gr.Markdown(f"### {label('result.modalities')}")
        bars = gr.HTML(apply_default_css=False, elem_id="modalities")
        gr.Markdown(f"### {label('result.fused')}")
        fused = gr.HTML(apply_default_css=False, elem_id="fusion")
        gr.Markdown(f"### {label('result.transcript')}")
        table = gr.HTML(apply_default_css=False, elem_id="segments")
        curves = gr.LinePlot(
            x="seconds",
            y="probability",
            color="expression",
            buttons=["export", "fullscreen"],
            label=label("result.timeline"),
            visible=False,
        )
    hidden: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    details.expand(curve_table, [analysis], [curves], **hidden)
    segment.input(choose_segment, [analysis, segment], [bars, fused], **hidden)
    segment.input(None, [segment], js=_script("segment.js"), api_visibility="private")
    lanes.click(choose_moment, [analysis], [segment, bars, fused], **hidden)
    return segment, bars, fused, table, curves


def _many_clips(label: Labels) -> None:
    gr.Markdown(label("batch.about", clips=MAX_CLIPS))
    clips = gr.File(label=label("batch.label"), file_count="multiple", file_types=["video", "audio"], elem_id="clips")
    with gr.Row():
        start = gr.Button(label("batch.analyze"), variant="primary")
        stop = gr.Button(label("clip.cancel"))
    cards = gr.HTML(apply_default_css=False, elem_id="gallery")
    packed = gr.File(label=label("batch.archive"), visible=False)
    job = start.click(analyze_many, [clips], [cards, packed], api_visibility="private", **IN_TURN)
    stop.click(None, cancels=[job], api_visibility="private")


def _comparison(label: Labels) -> None:
    gr.Markdown(label("compare.about"))
    with gr.Row():
        kinds = ["video", "audio"]
        first = gr.File(label=label("compare.first"), file_types=kinds, elem_id="first-clip")
        second = gr.File(label=label("compare.second"), file_types=kinds, elem_id="second-clip")
    with gr.Row():
        start = gr.Button(label("compare.start"), variant="primary")
        stop = gr.Button(label("clip.cancel"))
    progress = gr.HTML(apply_default_css=False, elem_id="compare-progress")
    both = gr.HTML(apply_default_css=False, elem_id="sides")
    job = start.click(compare, [first, second], [progress, both], api_visibility="private", **IN_TURN)
    stop.click(lambda: "", None, [progress], cancels=[job], queue=False, api_visibility="private")


def _evaluation(label: Labels) -> None:
    gr.Markdown(label("evaluation.about"))
    with gr.Row():
        predictions = gr.File(
            label=label("evaluation.predictions"), file_types=[".csv", ".txt", ".parquet"], elem_id="predictions"
        )
        labels = gr.File(label=label("evaluation.labels"), file_types=[".csv", ".txt"], elem_id="labels")
    start = gr.Button(label("evaluation.run"), variant="primary")
    summary = gr.Markdown(elem_id="scores")
    with gr.Row():
        per_class = gr.Dataframe(label=label("evaluation.f1"), interactive=False)
        confusion = _titled_plot(label("evaluation.confusion"), "confusion")
    with gr.Row(visible=False) as curves:
        reliability = _titled_plot(label("evaluation.reliability"), "reliability")
        coverage = _titled_plot(label("evaluation.coverage"), "coverage")
    row = gr.Code(label=label("evaluation.row"), language="markdown", interactive=False)
    start.click(
        scoring.score_files,
        [predictions, labels],
        [summary, per_class, confusion, row, curves, reliability, coverage],
        api_visibility="private",
        concurrency_id="models",
    )


def _titled_plot(title: I18nData, name: str) -> gr.Plot:
    """A plot below its title: Gradio's own label would cover it."""
    with gr.Column():
        gr.Markdown(f"### {title}")
        return gr.Plot(label=title, show_label=False, elem_id=name)


def _endpoints() -> None:
    """What programs call, by name or as MCP tools: hidden inputs and outputs, for files need a component."""
    with gr.Row(visible=False):
        clip, clips = gr.File(label="clip"), gr.File(label="clips", file_count="multiple")
        predictions, labels = gr.File(label="predictions"), gr.File(label="labels")
        output = gr.Textbox(label="answer")  # text: as an MCP tool a dictionary would be given in Python's spelling
        for name, work_of, inputs in (
            ("analyze", analyze, [clip]),
            ("analyze_batch", analyze_batch, [clips]),
            ("evaluate", scoring.evaluate, [predictions, labels]),
        ):
            gr.Button(name).click(work_of, inputs, [output], api_name=name, concurrency_id="models")


def options() -> dict[str, Any]:
    """How the page is served: what `launch` is given, apart from where."""
    return {
        "max_file_size": f"{MAX_UPLOAD_MB}mb",
        "theme": theme(),
        "css_paths": [STYLE, HERE / "page.css"],
        "mcp_server": True,
        "run_history": False,
        "state_session_capacity": SESSIONS,
        "app_kwargs": {"middleware": [Middleware(Closed)]},
    }


def serve(**where: Any) -> tuple[gr.Blocks, str]:
    """Build the page and serve it as `launch` is told; the page and its address, once it does not block."""
    limit_arenas()
    own_cache()
    correct_mcp_text()
    keep_clean(1.5 * KEPT)
    page = build()
    page.queue(max_size=WAITING, default_concurrency_limit=1)
    _, address, _ = page.launch(i18n=page.labels.translations, **options(), **where)
    return page, address

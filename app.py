"""The Gradio page: layout and events. What is seen in a clip, when, and why."""

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

import gradio as gr

from cer import figures
from cer.analysis import Analysis, clock, verdict
from cer.errors import CerError
from cer.labels import MODALITIES
from cer.pipeline import Observation, observe

EXAMPLE = Path(__file__).parent / "examples" / "demo.mp4"
LARGEST = 200  # MB, of an upload
KEPT = 3600  # seconds that an upload or a result stays on disk; longer than the longest job
WHOLE = "Whole clip"
NOTICE = (
    "Guesses about **displayed** expression, not about what anybody feels; for research, "
    "not for decisions about a person. "
    f"Uploads of up to {LARGEST} MB are deleted within {KEPT * 2 // 3600} hours. Words are understood in English."
)


class _Cancelled(Exception):
    """The visitor does not wait for this analysis any more."""


def watch(clip: str | None, progress: gr.Progress) -> Iterator[Observation]:
    """Observe a clip in a thread of its own, so that closing this generator (the cancel button) ends the work."""
    if not clip:
        raise gr.Error("Give a clip first: upload one, record one, or take the example.", print_exception=False)
    news: Queue[tuple[str, float] | Observation | BaseException] = Queue()
    wanted = True

    def tell(stage: str, fraction: float) -> None:
        if not wanted:
            raise _Cancelled
        news.put((stage, fraction))

    def work() -> None:
        try:
            news.put(observe(clip, progress=tell))
        except BaseException as error:
            news.put(error)

    Thread(target=work, daemon=True).start()
    try:
        while True:
            try:
                item = news.get(timeout=0.2)
            except Empty:
                continue
            if isinstance(item, Observation):
                yield item
                return
            if isinstance(item, CerError):
                raise gr.Error(str(item), print_exception=False) from item
            if isinstance(item, BaseException):
                logging.getLogger(__name__).error("analysis failed: %s", type(item).__name__)
                raise gr.Error(
                    "Something went wrong with this clip. Please try another.", print_exception=False
                ) from item
            progress(item[1], desc=item[0])
    finally:
        wanted = False


def analyze(clip: str | None, progress: gr.Progress = gr.Progress()) -> Iterator[list[Any]]:  # noqa: B008 (how Gradio injects it)
    """Analyse a clip for the person seen longest, and offer the others."""
    for observed in watch(clip, progress):
        analysis = observed.conclude()
        people = [(f"Person {one.id}, seen {one.seconds_visible:.1f} s", one.id) for one in observed.listed()]
        yield [observed, gr.update(choices=people, value=analysis.person, visible=len(people) > 1), *show(analysis)]


def choose_person(observed: Observation | None, person: int | None) -> list[Any]:
    """The same clip for another person; nothing is watched again."""
    return show(observed.conclude(person)) if observed is not None else [gr.skip()] * 9


def show(analysis: Analysis) -> list[Any]:
    """Everything on the right side of the page."""
    names = [(WHOLE, -1)] + [
        (f"{clock(one.start)} to {clock(one.end)}", row) for row, one in enumerate(analysis.segments)
    ]
    said = [
        [clock(one["start"]), one["label"] or "nothing to go by", one["transcript"], one["caption"], absences(one)]
        for one in analysis.to_dict()["segments"]
    ]
    faces = [(one.thumbnail, f"Person {one.id}, {one.seconds_visible:.1f} s") for one in analysis.people]
    return [
        f"## {verdict(analysis)}",
        figures.timeline(analysis),
        gr.update(choices=names, value=-1),
        figures.modality_bars(analysis),
        figures.fused_bars(analysis),
        said,
        faces,
        files(analysis),
        analysis,
    ]


def absences(segment: dict[str, Any]) -> str:
    missing = [f"{figures.MODALITY_NAMES[name]}: {segment['modalities'][name]['reason']}" for name in MODALITIES]
    return "; ".join(
        text for text, name in zip(missing, MODALITIES, strict=True) if not segment["modalities"][name]["present"]
    )


def choose_segment(analysis: Analysis | None, row: int | None) -> list[Any]:
    """The charts of one segment, and the video moved to its start."""
    if analysis is None or row is None:
        return [gr.skip()] * 3
    where = None if row < 0 else row
    start = 0.0 if where is None else analysis.segments[where].start
    return [
        figures.modality_bars(analysis, where),
        figures.fused_bars(analysis, where),
        gr.update(playback_position=start),
    ]


def files(analysis: Analysis) -> list[str]:
    """JSON, two tables and the report, in a folder that Gradio's cache takes over."""
    folder = Path(tempfile.mkdtemp(prefix="cer-"))
    analysis.save(folder)
    (folder / "report.html").write_text(figures.report(analysis), "utf-8")
    return [str(path) for path in sorted(folder.iterdir())]


def build() -> gr.Blocks:
    """The page. `analyze` is the named endpoint /analyze."""
    with gr.Blocks(title="Compound expressions in video", delete_cache=(KEPT, KEPT), analytics_enabled=False) as page:
        observed, analysis = gr.State(), gr.State()
        gr.Markdown("# Compound expressions in video\n" + NOTICE)
        with gr.Row():
            with gr.Column(scale=2):
                clip = gr.Video(label="Clip", sources=["upload", "webcam"])
                with gr.Row():
                    start = gr.Button("Analyse", variant="primary")
                    stop = gr.Button("Cancel")
                person = gr.Dropdown([], label="Whose face", visible=False)
                faces = gr.Gallery(label="People", columns=4, height=170, object_fit="contain", interactive=False)
                gr.Examples([[str(EXAMPLE)]], [clip], label="Example")
            with gr.Column(scale=3):
                sentence = gr.Markdown("Give a clip and press Analyse.")
                gr.Markdown("### Compound expressions over time")
                timeline = gr.Plot(label="Compound expressions over time", show_label=False)
                segment = gr.Dropdown(
                    [(WHOLE, -1)], value=-1, label="Segment: moves the video, and shows what was seen then"
                )
                gr.Markdown("### What each modality saw")
                bars = gr.Plot(label="What each modality saw", show_label=False)
                gr.Markdown("### How they were fused")
                fused = gr.Plot(label="How they were fused", show_label=False)
                columns = ["From", "Compound expression", "Said", "Seen", "Absent"]
                table = gr.Dataframe(headers=columns, label="Segment by segment", wrap=True, interactive=False)
                downloads = gr.File(label="Results", file_count="multiple")
        shown = [sentence, timeline, segment, bars, fused, table, faces, downloads, analysis]
        job = start.click(analyze, [clip], [observed, person, *shown], api_name="analyze", concurrency_limit=1)
        stop.click(None, cancels=[job])
        person.input(choose_person, [observed, person], shown, api_visibility="private")
        segment.input(choose_segment, [analysis, segment], [bars, fused, clip], api_visibility="private")
    return page


if __name__ == "__main__":
    build().queue(max_size=16).launch(max_file_size=f"{LARGEST}mb", theme=gr.themes.Soft())

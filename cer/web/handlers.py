"""What the page does when something is clicked: an analysis, another person, another segment, files."""

import secrets
import time
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from cer.errors import ClipError
from cer.labels import COMPOUNDS
from cer.media.reader import probe
from cer.media.writer import write_preview
from cer.observation import Observation
from cer.results import overlay, panels
from cer.results.analysis import Analysis
from cer.results.colors import COLORS
from cer.results.export import write_files
from cer.results.formats import write_formats
from cer.results.link import from_link, same_rules
from cer.results.wording import clock, compound_word, own_labels_line, person_choice, verdict
from cer.segments import nearest
from cer.web import details, player
from cer.web.batch import MAX_CLIPS, Batch, archive, gallery, work
from cer.web.example import EXAMPLES, example
from cer.web.files import fresh_folder
from cer.web.live import SESSIONS, Refused
from cer.web.progress import Progressed
from cer.web.rate import LIMIT, visitor_of
from cer.web.sharing import files_line, link_button
from cer.web.watching import MAX_DURATION, conclude, refuse, user_message, user_message_for, watch
from cer.words import say

LIVE_PATIENCE = 60.0  # seconds that the end of a live session may take
NOBODY = gr.update(choices=[], visible=False)  # to choose from
WHOLE_CLIP = -1  # the choice of segment that means the whole clip


def analyze_one(
    clip: str | None, originals: dict[str, str] | None = None, request: gr.Request | None = None
) -> Iterator[list[Any]]:
    """Analyze a clip for the person seen longest, and offer the others. What is known grows while a long clip is
    watched. originals: name of a preview -> the clip that it stands for.
    """
    LIMIT.admit(visitor_of(request))
    progress, begun = Progressed(), False
    try:
        for observed in watch((originals or {}).get(Path(clip or "").name, clip), progress.tell):
            if isinstance(observed, Observation):
                yield ["", *_result(observed)]
            elif observed is None and begun:
                yield [progress.html(), *[gr.skip()] * (3 + SHOWN)]
            elif observed is None:
                begun = True
                yield [progress.html(), None, NOBODY, gr.skip(), *_nothing("")]
            else:
                yield [progress.html(), *[gr.skip()] * 3, *show(observed)]
    except Exception as error:
        raise user_message(error) from error


def _result(observed: Observation) -> list[Any]:
    """What an observation fills: its state, whose face, the clip's subtitles, and everything of `show`."""
    analysis = conclude(observed)
    people = [(person_choice(person), person.id) for person in observed.people_by_screen_time()]
    person = gr.update(choices=people, value=analysis.person, visible=len(people) > 1)
    subtitles = [
        {"text": sentence.text, "timestamp": [sentence.start, sentence.end]} for sentence in analysis.transcript
    ]
    return [observed, person, gr.update(subtitles=subtitles), *show(analysis)]


@user_message_for
def greet(name: str = EXAMPLES[0]) -> list[Any]:
    """A finished example: a bundled clip and what the models saw in it, without loading one."""
    observed, person, clip, *shown = _result(example(name))
    return [{**clip, "value": str(observed.clip.path)}, None, "", observed, person, *shown, ""]


@user_message_for
def arrive(link: str) -> list[Any]:
    """The result that the address holds, without clip, faces and words; the example where it holds none."""
    if not link:
        return greet()
    analysis = from_link(link)
    note = say("link.numbers") if same_rules(link) else say("link.earlier")
    return [gr.update(value=None, subtitles=[]), None, f"<p>{escape(note)}</p>", None, NOBODY, *show(analysis), ""]


@user_message_for
def keep_live(event: gr.EventData) -> list[Any]:
    """What was observed live, as a result like any other; there is no clip to play."""
    token = str(event._data["token"])
    ends = time.monotonic() + LIVE_PATIENCE
    try:
        while (observed := SESSIONS.take(token)) is None:
            if time.monotonic() > ends:
                raise refuse(say("live.failed"))
            time.sleep(0.1)
    except Refused:
        raise refuse(say("live.failed")) from None
    state, person, _, *rest = _result(observed)
    return [None, f"<p>{say('live.gone')}</p>", state, person, *rest, ""]


@user_message_for
def preview(clip: str | None, originals: dict[str, str] | None = None) -> list[Any]:
    """An H.264 copy of a clip that the visitor's browser cannot show; what is analyzed stays the clip itself."""
    if not clip or Path(clip).name in (originals or {}):
        return [gr.skip()] * 3
    path = fresh_folder() / f"preview-{secrets.token_hex(8)}.mp4"  # Gradio keeps names, not folders
    try:
        probed = probe(clip)
        write_preview(probed, path, MAX_DURATION)
    except ClipError as error:
        return [gr.skip(), gr.skip(), f"<p>{escape(str(error))}</p>"]
    note = say("clip.preview") if probed.has_video else say("clip.waveform")
    return [str(path), {path.name: clip}, f"<p>{note}</p>"]


def choose_clip(path: str) -> list[Any]:
    """Another clip, and nothing known of it yet, the last one's subtitles neither."""
    return [gr.update(value=path, subtitles=[]), *forget()]


def forget(prompt: str | None = None) -> list[Any]:
    """An empty page for a clip that was not analyzed yet. prompt: what to do next; by default to press Analyze."""
    return [None, "", None, NOBODY, *_nothing(f"### {prompt or say('clip.chosen')}"), ""]


def _nothing(sentence: str) -> list[Any]:
    """What `show` fills, empty but for the sentence."""
    hidden = gr.update(value=None, visible=False)
    return [sentence, "", "", gr.update(choices=[], value=None), "", "", "", "", None, hidden, hidden, "", hidden]


@user_message_for
def choose_person(observed: Observation | None, person: int | None) -> list[Any]:
    """The same clip for another person; nothing is watched again."""
    return show(conclude(observed, person)) if observed is not None else [gr.skip()] * SHOWN


@user_message_for
def choose_face(observed: Observation | None, event: gr.EventData) -> list[Any]:
    """As `choose_person`, by the image that was clicked."""
    if observed is None:
        return [gr.skip()] * (1 + SHOWN)
    person = int(event._data["person"])
    return [person, *choose_person(observed, person)]


SHOWN = 13


def show(analysis: Analysis) -> list[Any]:
    """Everything that a result fills, in the order of `shown` in `build`."""
    names = [(say("result.whole"), WHOLE_CLIP)] + [
        (say("result.span", start=clock(segment.start), end=clock(segment.end)), row)
        for row, segment in enumerate(analysis.segments)
    ]
    return [
        "\n\n".join(filter(None, [f"### {verdict(analysis)}", own_labels_line(analysis)])),
        player.lanes(analysis),
        player.table(analysis),
        gr.update(choices=names, value=WHOLE_CLIP),
        panels.modalities(analysis),
        panels.fusion(analysis),
        details.segments_table(analysis),
        details.faces(analysis),
        analysis,
        gr.update(value=None, visible=False),
        gr.update(value=None, visible=False),
        "",
        gr.update(value=None, visible=False),
    ]


@user_message_for
def curve_table(analysis: Analysis | None) -> Any:
    """The curves, when the details are opened."""
    if analysis is None:
        return gr.skip()
    colors = dict(zip(map(compound_word, COMPOUNDS), COLORS, strict=True))
    titles = {"x_title": say("report.seconds"), "y_title": say("report.probability"), "color_title": ""}
    return gr.update(value=details.curves(analysis), color_map=colors, visible=True, **titles)


def choose_segment(analysis: Analysis | None, row: int | None) -> list[Any]:
    """The charts of one segment; the browser moves the video to its start."""
    if analysis is None or row is None:
        return [gr.skip()] * 2
    where = None if row == WHOLE_CLIP else row
    return [panels.modalities(analysis, where), panels.fusion(analysis, where)]


def choose_moment(analysis: Analysis | None, event: gr.EventData) -> list[Any]:
    """The charts of the segment whose middle is nearest to the moment chosen on the time line."""
    if analysis is None:
        return [gr.skip()] * 3
    row = nearest(analysis.segments, float(event._data["time"]))
    return [row, panels.modalities(analysis, row), panels.fusion(analysis, row)]


@user_message_for
def files(analysis: Analysis | None) -> list[Any]:
    """Every file of a result, and a link to its numbers, when the menu is opened."""
    if analysis is None:
        return [gr.skip()] * 2
    folder = fresh_folder()
    paths = [*write_files(analysis, folder), *write_formats(analysis, folder)]
    return [gr.update(value=[str(path) for path in paths], visible=True), files_line() + link_button(analysis)]


@user_message_for
def annotated(analysis: Analysis | None) -> dict[str, Any]:
    """The clip with face box, label and time line burnt in."""
    if analysis is None:
        raise refuse(say("clip.none"))
    if not analysis.clip.path.exists():  # of a live session, or of a link
        raise refuse(say("result.gone"))
    path = fresh_folder() / "annotated.mp4"
    overlay.annotate(analysis, path)
    return gr.update(value=str(path), visible=True)


def analyze_many(
    clips: list[str] | None,
    progress: gr.Progress = gr.Progress(),  # noqa: B008
    request: gr.Request | None = None,
) -> Iterator[list[Any]]:
    """Analyze many clips; the gallery grows with each."""
    if not clips:
        raise refuse(say("batch.none"))
    if len(clips) > MAX_CLIPS:
        raise refuse(say("batch.many", count=len(clips), limit=MAX_CLIPS))
    LIMIT.admit(visitor_of(request), len(clips))
    batch = Batch()
    for outcome in work(clips, lambda fraction, stage: progress(fraction, desc=stage)):
        batch = outcome or batch
        yield [gallery(batch) if outcome is not None else gr.skip(), gr.skip()]
    yield [gallery(batch), gr.update(value=archive(batch), visible=True)]

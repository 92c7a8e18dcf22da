"""Many clips: one gallery, one archive. A clip that cannot be read costs one card."""

import zipfile
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from cer.names import printable, result_names
from cer.observation import Observation
from cer.results.analysis import Analysis
from cer.results.document import document
from cer.results.export import files_of
from cer.results.lanes import strip
from cer.results.pictures import data_uri
from cer.results.wording import clock, compound_word, verdict
from cer.web.files import fresh_folder
from cer.web.watching import Tell, conclude, part_of, user_message, watch
from cer.words import say

MAX_CLIPS = 20


@dataclass
class Batch:
    """What became of the clips so far, by the name of their results. clips: every one's own name, in order; analyzes:
    of those that could be read; problems: why the others could not.
    """

    clips: dict[str, str] = field(default_factory=dict)
    analyzes: dict[str, Analysis] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def documents(self) -> dict[str, Any]:
        """analysis.json of every clip that could be read, {"problem": why} of the others."""
        read = {name: document(analysis) for name, analysis in self.analyzes.items()}
        return read | {name: {"problem": problem} for name, problem in self.problems.items()}


def work(clips: Sequence[str], tell: Tell) -> Generator[Batch | None]:
    """Analyze the clips one after the other; yields the growing Batch after each, and None now and then before."""
    batch = Batch()
    paths = [Path(clip) for clip in clips]
    for number, (path, name) in enumerate(zip(paths, result_names(paths), strict=True)):
        batch.clips[name] = printable(path.name)
        try:
            for observed in watch(str(path), part_of(tell, number, len(paths), f"{printable(path.name)}: ")):
                if not isinstance(observed, Observation):
                    yield None
                    continue
                batch.analyzes[name] = conclude(observed)
        except Exception as error:
            batch.problems[name] = str(user_message(error).message)
        yield batch


def gallery(batch: Batch) -> str:
    """A card a clip, in the order given: a face, the verdict, and what is stated over time; or why it was not read."""
    cards = [_card(clip, batch.analyzes.get(name), batch.problems.get(name, "")) for name, clip in batch.clips.items()]
    return f'<div class="gallery">{"".join(cards)}</div>'


def _card(clip: str, analysis: Analysis | None, problem: str) -> str:
    if analysis is None:
        return f'<article class="card problem"><h4>{escape(clip)}</h4><p>{escape(problem)}</p></article>'
    face = f'<img src="{data_uri(analysis.people[0].thumbnail)}" alt="">' if analysis.people else ""
    seven = compound_word(analysis.label) if analysis.label else say("result.nothing")
    return (
        f'<article class="card">{face}<h4>{escape(clip)} <small>{clock(analysis.clip.duration)}</small></h4>'
        f"<p>{escape(verdict(analysis))}</p>{strip(analysis)}"
        f"<small>{escape(say('batch.seven', label=seven))}</small></article>"
    )


def archive(batch: Batch) -> str:
    """A zip of every clip's files, and problems.txt; in a folder of its own."""
    path = fresh_folder() / "results.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, analysis in batch.analyzes.items():
            for file, content in files_of(analysis).items():
                packed.writestr(f"{name}/{file}", content)
        if batch.problems:
            lines = [f"{name}: {problem}" for name, problem in batch.problems.items()]
            packed.writestr("problems.txt", "\n".join(lines) + "\n")
    return str(path)

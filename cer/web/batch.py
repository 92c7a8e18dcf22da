"""Many clips: one table, one archive. A clip that cannot be read costs one line."""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cer.labels import EMOTIONS
from cer.names import printable, result_names
from cer.observation import Observation
from cer.results.analysis import Analysis
from cer.results.document import document
from cer.results.export import files_of
from cer.results.wording import compound_word, emotion_word
from cer.web.files import fresh_folder
from cer.web.watching import Tell, user_message, watch
from cer.words import say

MAX_CLIPS = 20


@dataclass
class Batch:
    """What became of the clips so far. rows: of the table; analyzes and problems: by the name of their results."""

    rows: list[list[Any]] = field(default_factory=list)
    analyzes: dict[str, Analysis] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    def documents(self) -> dict[str, Any]:
        """analysis.json of every clip that could be read, {"problem": why} of the others."""
        read = {name: document(analysis) for name, analysis in self.analyzes.items()}
        return read | {name: {"problem": problem} for name, problem in self.problems.items()}


def work(clips: Sequence[str], tell: Tell) -> Iterator[Batch | None]:
    """Analyze the clips one after the other; yields the growing Batch after each, and None now and then before."""
    batch = Batch()
    paths = [Path(clip) for clip in clips]
    for number, (path, name) in enumerate(zip(paths, result_names(paths), strict=True)):

        def tell_all(fraction: float, stage: str, number: int = number, path: Path = path) -> None:
            tell((number + fraction) / len(paths), f"{printable(path.name)}: {stage}")

        try:
            for observed in watch(str(path), tell_all):
                if not isinstance(observed, Observation):
                    yield None
                    continue
                analysis = observed.conclude()
                batch.analyzes[name] = analysis
                batch.rows.append(_row(analysis))
        except Exception as error:
            problem = str(user_message(error).message)
            batch.problems[name] = problem
            batch.rows.append([printable(path.name), None, "", "", None, problem])
        yield batch


def _row(analysis: Analysis) -> list[Any]:
    basic = "" if analysis.basic is None else emotion_word(EMOTIONS[int(analysis.basic.argmax())])
    label = compound_word(analysis.label) if analysis.label else say("result.nothing")
    return [analysis.clip.name, round(analysis.clip.duration, 1), label, basic, len(analysis.people), ""]


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

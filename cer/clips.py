"""Many clips: those that a folder holds, and whether the results of one are there already."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from cer import __version__
from cer.files import sha256_of
from cer.media.clip import AUDIO_SUFFIXES, VIDEO_SUFFIXES
from cer.modalities.registry import modalities, resolve_profile
from cer.pipeline import models_of
from cer.results.export import ANNOTATED, DOCUMENTS, RESULT_FILES, document_in
from cer.results.formats import FORMATS


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of each clip. profile: as given; person: number, None for whoever is seen longest; schema: of
    analysis.json; video: annotated.mp4 too; formats: names in FORMATS of further files; own_labels: SHA-256 of
    the file of the user's own, "" for none.
    """

    profile: str
    person: int | None = None
    schema: int = 2
    video: bool = False
    formats: tuple[str, ...] = ()
    own_labels: str = ""


def clips_of(paths: Sequence[Path], *, recursive: bool = False) -> list[Path]:
    """Files as they are, and in place of each folder the clips in it, in order of their names; a folder without a clip
    stays, to be refused like any other path that is none.

    Args:
        paths: files and folders.
        recursive: look into the folders of folders too; links to folders are not followed.
    """
    clips: list[Path] = []
    for path in paths:
        if not path.is_dir():
            clips.append(path)
            continue
        clips += list(_inside(path, recursive)) or [path]
    return clips


def _inside(folder: Path, recursive: bool) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if recursive and not name.startswith("."))
        for name in sorted(names):
            path = Path(place, name)
            if path.suffix.lower() in VIDEO_SUFFIXES | AUDIO_SUFFIXES and not name.startswith(".") and path.is_file():
                yield path


def is_done(clip: Path, folder: Path, wanted: Wanted) -> bool:
    """Whether a folder holds just the files that analyzing the clip again would write: of the same bytes, by the same
    models, for the same person.
    """
    document = document_in(folder)
    if document is None or document.get("schema") != wanted.schema or not clip.is_file():
        return False
    try:
        people = [person["id"] for person in document["people"]]
        person = wanted.person if wanted.person is not None else people[0] if people else None
        expected = {*DOCUMENTS, *(FORMATS[name][0] for name in wanted.formats)}
        if wanted.video and document["clip"]["width"] > 0:
            expected.add(ANNOTATED)
        profile = resolve_profile(wanted.profile)
        return (
            {path.name for path in folder.iterdir()} & set(RESULT_FILES) == expected
            and (document["version"], document["profile"], document["person"]) == (__version__, profile, person)
            and document.get("own_labels", {}).get("sha256", "") == wanted.own_labels
            and document["models"] == [asdict(model) for model in models_of(modalities(profile))]
            and document["clip"]["sha256"] == sha256_of(clip)
        )
    except (KeyError, TypeError, OSError):
        return False

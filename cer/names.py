"""Names that strangers chose: what may be shown of them, and what the results of their clips are called.

A clip is called whatever whoever sent it liked: `..`, `CON`, a line of escape codes. Its results get a name that every
file system takes, below the folder they belong in and like no other in it, whether that tells case apart or not.
"""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import PurePath

MAX_NAME_BYTES = 240  # of a result's name in UTF-8; file systems take 255, and a number or an ending may follow

NAMELESS = "clip"  # the result of a clip whose name has nothing that can be kept

_JOINERS = "\u200c\u200d"  # format characters that scripts and emoji need; the others turn text around or hide it

_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)", re.IGNORECASE)  # by Windows

_PUNCTUATION = re.compile(r'[/\\:*?"<>|]')  # not taken by every file system


def printable(text: str) -> str:
    """Text that a terminal, a log and UTF-8 take as text: control, format and undecodable characters become U+FFFD."""
    return "".join("\ufffd" if _unprintable(character) else character for character in text)


def _unprintable(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in _JOINERS


def result_names(clips: Sequence[PurePath]) -> list[str]:
    """What the results of each clip are called: its stem, made safe; clips that would share it get their whole name,
    then a number.

    Returns:
        One name a clip: a single component of at most 255 bytes, neither hidden nor reserved, and no two alike
        for a file system that ignores case and composition.
    """
    chosen: list[str] = []
    taken: set[str] = set()
    for clip in clips:
        stem, name = safe_name(clip.stem), safe_name(clip.name)
        names = [stem, name, *(f"{name}-{count}" for count in range(2, len(clips) + 2))]
        chosen.append(next(name for name in names if _folded(name) not in taken))
        taken.add(_folded(chosen[-1]))
    return chosen


def safe_name(name: str) -> str:
    """A name that every file system takes for one file or folder; unchanged where it is that already."""
    name = unicodedata.normalize("NFC", printable(name)).replace("\ufffd", "_")
    name = _PUNCTUATION.sub("_", name).lstrip(". ")
    name = name.encode()[:MAX_NAME_BYTES].decode(errors="ignore").rstrip(". ") or NAMELESS
    return f"_{name}" if _RESERVED.match(name) else name


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())

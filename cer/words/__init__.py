"""The sentences people read, from one file for each language."""

import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Any

_FOLDER = Path(__file__).parent
_ENGLISH = "en"
_spoken: ContextVar[str | None] = ContextVar("spoken", default=None)


def languages() -> list[str]:
    """The codes of the languages that there is a file for."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def fixed_language() -> str | None:
    """The language that CER_LANGUAGE sets for everybody; None where it is not set. English where there is no such."""
    if not os.environ.get("CER_LANGUAGE"):
        return None
    return os.environ["CER_LANGUAGE"] if os.environ["CER_LANGUAGE"] in languages() else _ENGLISH


def language() -> str:
    """The language of sentences here and now: what `speaking` chose, else CER_LANGUAGE, else English."""
    return _spoken.get() or fixed_language() or _ENGLISH


def language_of(header: str | None) -> str:
    """The language for whoever sends this Accept-Language header: CER_LANGUAGE if it is set, else the one that the
    browser prefers, English where there is no file for it.
    """
    preferred = (header or "").split(",")[0].split(";")[0].split("-")[0].strip().lower()
    return fixed_language() or (preferred if preferred in languages() else _ENGLISH)


@contextmanager
def speaking(chosen: str) -> Iterator[None]:
    """Say everything in this language meanwhile, in this thread or task only."""
    token = _spoken.set(chosen)
    try:
        yield
    finally:
        _spoken.reset(token)


@lru_cache
def _sentences(chosen: str) -> dict[str, Any]:
    english: dict[str, Any] = tomllib.loads((_FOLDER / f"{_ENGLISH}.toml").read_text("utf-8"))
    if chosen == _ENGLISH:
        return english
    other = tomllib.loads((_FOLDER / f"{chosen}.toml").read_text("utf-8"))
    return {
        key: {**value, **other.get(key, {})} if isinstance(value, dict) else other.get(key, value)
        for key, value in english.items()
    }


class _Numbers(Formatter):
    """Fills in fractions with the decimal mark of the language."""

    def format_field(self, value: Any, format_spec: str) -> str:
        written = str(super().format_field(value, format_spec))
        return written.replace(".", say("decimal_mark")) if isinstance(value, float) else written


def say(key: str, **fills: Any) -> str:
    """The sentence "part.name" with its {names} filled in; a sentence that a translation lacks is English."""
    texts = texts_of(key)
    assert isinstance(texts, str)
    return _Numbers().vformat(texts, (), fills).strip() if fills else texts.strip()


def texts_of(key: str) -> Any:
    """The value "part.name" as it is: a list of column names, say."""
    sentence: Any = _sentences(language())
    for name in key.split("."):
        sentence = sentence[name]
    return sentence

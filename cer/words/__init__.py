"""The page's sentences, from one file of a language."""

import os
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent


@lru_cache(maxsize=1)
def _sentences() -> dict[str, Any]:
    chosen = _FOLDER / f"{Path(os.environ.get('CER_LANGUAGE', 'en')).name}.toml"
    english: dict[str, Any] = tomllib.loads((_FOLDER / "en.toml").read_text("utf-8"))
    if not chosen.exists() or chosen.name == "en.toml":
        return english
    other = tomllib.loads(chosen.read_text("utf-8"))
    return {
        key: {**value, **other.get(key, {})} if isinstance(value, dict) else other.get(key, value)
        for key, value in english.items()
    }


def say(key: str, **fills: Any) -> str:
    """The sentence "part.name" with its {names} filled in; a sentence that a translation lacks is English."""
    texts = texts_of(key)
    assert isinstance(texts, str)
    return texts.format(**fills).strip() if fills else texts.strip()


def texts_of(key: str) -> Any:
    """The value "part.name" as it is: a list of column names, say."""
    sentence: Any = _sentences()
    for name in key.split("."):
        sentence = sentence[name]
    return sentence

"""Which item is which: the hash of what is predicted, apart from its label."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cer.corpora.base import VIDEO, Corpus


def media_hashes(corpus: Corpus, items: Any) -> dict[str, str]:
    """id -> SHA-256 of the item's image, images, sound, text or video file; of nothing where the file is missing."""
    hashes = {}
    for item in items:
        if corpus.kind == VIDEO:
            digest = _of_file(Path(item["video"]))
            person = str(item.get("person") or "")
        else:
            digest, person = hashlib.sha256(b"".join(_content(item))).hexdigest(), ""
        hashes[item["id"]] = f"{digest}{person}"
    return hashes


def _of_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:  # predicting it will say why
        return ""


def _content(item: Mapping[str, Any]) -> list[bytes]:
    for column in ("image", "audio"):
        if column in item:
            return [(item[column] or {}).get("bytes") or b""]
    if "images" in item:
        return list(item["images"])
    return [(item["text"] or "").encode()]

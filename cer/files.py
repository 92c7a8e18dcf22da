"""Files: written whole or not at all, and read as text."""

import hashlib
import os
from pathlib import Path

from cer.errors import DataError

_PACKAGE = Path(__file__).parent


def bundled_clip(name: str) -> Path:
    """A clip of examples/: the wheel carries them among the page's files."""
    places = [folder / "examples" / f"{name}.mp4" for folder in (_PACKAGE / "web", _PACKAGE.parent)]
    return next((path for path in places if path.is_file()), places[-1])


DEMO_CLIP = bundled_clip("demo")
"""The bundled clip that greets: 10 s with a face, a voice and words."""


def write_whole(content: str | bytes, path: Path) -> None:
    """Write a file beside its place and move it there, so that nobody ever finds half of it. Raises OSError."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def sha256_of(*paths: Path) -> str:
    """SHA-256 of a file, or of several in a row, in hexadecimal. Raises OSError."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            hashlib.file_digest(file, lambda: digest)
    return digest.hexdigest()


def read_file(path: Path) -> str:
    """A text file. Raises DataError when it cannot be read."""
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path.name}: cannot be read as text ({_cause(error)}).") from error


def _cause(error: OSError | UnicodeDecodeError) -> str:
    return f"not {error.encoding}" if isinstance(error, UnicodeDecodeError) else str(error.strerror).lower()

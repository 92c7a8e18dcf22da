"""Files: written whole or not at all, and read as text."""

import os
from pathlib import Path

from cer.errors import DataError


def write_whole(content: str | bytes, path: Path) -> None:
    """Write a file beside its place and move it there, so that nobody ever finds half of it. Raises OSError."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def read_file(path: Path) -> str:
    """A text file. Raises DataError when it cannot be read."""
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path.name}: cannot be read as text ({_cause(error)}).") from error


def _cause(error: OSError | UnicodeDecodeError) -> str:
    return f"not {error.encoding}" if isinstance(error, UnicodeDecodeError) else str(error.strerror).lower()

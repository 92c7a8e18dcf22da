"""Files: written whole or not at all."""

import os
from pathlib import Path


def write_whole(content: str | bytes, path: Path) -> None:
    """Write a file beside its place and move it there, so that nobody ever finds half of it. Raises OSError."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise

"""Encoded images for small parquet files of corpora."""

import io

import numpy as np
from PIL import Image


def image(level: int = 100, size: int = 48, path: str = "0004_aligned.jpg") -> dict[str, object]:
    """A plain image as a cell of a parquet file."""
    buffer = io.BytesIO()
    Image.fromarray(np.full((size, size), level, np.uint8)).save(buffer, "PNG")
    return {"bytes": buffer.getvalue(), "path": path}

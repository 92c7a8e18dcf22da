"""Pictures inside an HTML page."""

import base64
import io

import numpy as np
from PIL import Image


def data_uri(image: np.ndarray) -> str:
    """RGB uint8 [H, W, 3] as a PNG data URI."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()

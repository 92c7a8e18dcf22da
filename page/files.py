"""Where the page puts what a visitor downloads."""

import tempfile
from pathlib import Path

from gradio.utils import get_upload_folder


def fresh_folder() -> Path:
    """An empty folder in Gradio's own cache. What is returned from there is served as it is and deleted at its age;
    from anywhere else Gradio would serve a copy, and the original, faces and all, would stay.
    """
    root = Path(get_upload_folder())
    root.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="cer-", dir=root))

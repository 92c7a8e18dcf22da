"""Where the page puts what a visitor downloads, and how it forgets it."""

import os
import secrets
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from threading import Thread

from gradio import processing_utils
from gradio.utils import get_upload_folder


def own_cache() -> None:
    """Give this page a cache that it shares with no other, unless GRADIO_TEMP_DIR names one, and names in it that
    nobody can compute from a file. Call it before the page is built.
    """
    user = os.getuid() if hasattr(os, "getuid") else "page"
    os.environ.setdefault("GRADIO_TEMP_DIR", str(Path(tempfile.gettempdir()) / f"cer-{user}"))
    # Gradio names uploads by a hash of their content, seeded by a file of its package: in an image, the same for all.
    processing_utils.hash_seed = secrets.token_bytes(32)
    # Where an ffmpeg is on the path Gradio would run it on what strangers sent, outside the decoder's limits.
    processing_utils.ffmpeg_installed = lambda: False


def fresh_folder() -> Path:
    """An empty folder in Gradio's own cache. What is returned from there is served as it is and deleted at its age;
    from anywhere else Gradio would serve a copy, and the original, faces and all, would stay.
    """
    root = Path(get_upload_folder())
    root.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="cer-", dir=root))


def keep_clean(max_age: float) -> None:
    """Sweep the cache in the background from now on, of what is older than `kept` seconds."""

    def work() -> None:
        while True:
            sweep(max_age)
            time.sleep(max_age / 6)

    Thread(target=work, daemon=True, name="sweep").start()


def sweep(max_age: float) -> None:
    """Delete what lies in the cache for longer than `kept` seconds. Gradio deletes what it served; it does not know of
    subtitles, of uploads that were broken off, and of anything from before it was started.
    """
    root = Path(get_upload_folder())
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=root) as now:  # the age of a file, by the clock of its own disk
        present = Path(now.name).stat().st_mtime
        for path in sorted(root.rglob("*"), reverse=True):
            with suppress(OSError):
                if present - path.lstat().st_mtime > max_age:
                    path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()

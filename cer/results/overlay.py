"""The overlay: face box, label and time line drawn on the frames of a clip."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cer.fusion.open_set import Statement
from cer.labels import COMPOUNDS
from cer.media.writer import write_video
from cer.results.analysis import Analysis
from cer.results.colors import COLORS
from cer.results.wording import stated


@lru_cache(maxsize=4)
def _font(size: int) -> ImageFont.FreeTypeFont:
    import matplotlib

    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf", size)


def overlay(analysis: Analysis, width: int, height: int) -> Callable[[float, np.ndarray], np.ndarray]:
    """A function that draws on the frame shown at a time: the person's face box, the label, and the time line with a
    cursor.
    """
    strip_height = max(14, height // 14)
    strip = _strip(analysis, width, strip_height)
    font = _font(max(12, height // 22))
    box_times = analysis.boxes[:, 0]

    def draw(time: float, image: np.ndarray) -> np.ndarray:
        canvas = Image.fromarray(image)
        pen = ImageDraw.Draw(canvas)
        if len(box_times):
            nearest = int(np.abs(box_times - time).argmin())
            if abs(box_times[nearest] - time) < 0.3:
                left, top, right, bottom = analysis.boxes[nearest, 1:] * [width, height, width, height]
                pen.rectangle([left, top, right, bottom], outline="#E69F00", width=max(2, height // 180))
        row = max(0, int(np.searchsorted(analysis.times, time, "right")) - 1)
        label = stated(_statement_at(analysis, float(analysis.times[row])))
        pen.rectangle([0, 0, pen.textlength(label, font) + 16, font.size + 12], fill="#000000")
        pen.text((8, 5), label, fill="#ffffff", font=font)
        canvas.paste(strip, (0, height - strip_height))
        cursor = time / max(analysis.clip.duration, 1e-6) * width
        pen.line([cursor, height - strip_height, cursor, height], fill="#ffffff", width=3)
        return np.asarray(canvas)

    return draw


def _statement_at(analysis: Analysis, time: float) -> Statement:
    """The statement about the segment whose middle is nearest to `time` seconds."""
    middles = [abs((segment.start + segment.end) / 2 - time) for segment in analysis.segments]
    return analysis.statements[middles.index(min(middles))]


def _strip(analysis: Analysis, width: int, height: int) -> Image.Image:
    """The time line as a strip of colors, one per compound expression; grey where nothing is known."""
    grid = np.linspace(0, analysis.clip.duration, width)
    rows = np.clip(np.searchsorted(analysis.times, grid, "right") - 1, 0, len(analysis.times) - 1)
    palette = np.array([[int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in (*COLORS, "#777777")], np.uint8)
    values = analysis.timeline[rows]
    which = np.where(np.isnan(values).any(1), len(COMPOUNDS), np.nan_to_num(values).argmax(1))
    return Image.fromarray(np.repeat(palette[which][None], height, 0))


def annotate(analysis: Analysis, path: Path) -> None:
    """Write the clip as an H.264 MP4 with face box, label and time line burnt in."""
    write_video(analysis.clip, path, lambda width, height: overlay(analysis, width, height))

"""Figures: plots of an Analysis, the self-contained HTML report, and the annotated clip's overlay."""

import base64
import io
from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont

from .analysis import Analysis, clock
from .labels import COMPOUNDS, EMOTIONS, MODALITIES
from .video import write_video

# Okabe and Ito's palette: told apart by colour-blind eyes too. One colour per compound expression, in order.
COLOURS = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#D55E00", "#0072B2", "#CC79A7")
MODALITY_NAMES = {name: name.replace("_", " ").capitalize() for name in MODALITIES}
_GREY, _INK, _BLUE = "#c8c8c8", "#222222", "#0072B2"


def timeline(analysis: Analysis) -> Figure:
    """Seven rows over time, darker where a compound expression is stronger; a mark on the strongest row at each
    moment.
    """
    figure = Figure(figsize=(10, 3.2), layout="constrained")
    axes = figure.add_subplot()
    times, values = analysis.times, analysis.timeline
    edges = np.append(times, times[-1] + (np.median(np.diff(times)) if len(times) > 1 else 1.0))
    mesh = axes.pcolormesh(
        edges,
        np.arange(len(COMPOUNDS) + 1),
        np.ma.masked_invalid(values.T),
        cmap="Blues",
        vmin=0,
        vmax=max(0.35, np.nanmax(values, initial=0)),
        rasterized=True,  # as vectors the cells show seams
    )
    known = ~np.isnan(values).any(1)
    axes.scatter(times[known], values[known].argmax(1) + 0.5, s=6, color="#D55E00", label="strongest")
    axes.set_yticks(np.arange(len(COMPOUNDS)) + 0.5, COMPOUNDS)
    axes.invert_yaxis()
    axes.set_xlabel("seconds")
    axes.set_xlim(edges[0], edges[-1])
    figure.colorbar(mesh, ax=axes, label="probability", pad=0.01)
    return figure


def modality_bars(analysis: Analysis, row: int | None = None) -> Figure:
    """Six small bar charts, one per modality: the basic emotions it sees in segment `row`, or in the clip; grey with
    the reason where absent.
    """
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    for panel, name in enumerate(MODALITIES):
        axes = figure.add_subplot(2, 3, panel + 1)
        values, reason = analysis.seen(name, row)
        axes.set_title(MODALITY_NAMES[name], fontsize=10, color=_INK if values is not None else "#777777")
        axes.set_xlim(0, 1)
        axes.set_yticks(np.arange(len(EMOTIONS)), EMOTIONS, fontsize=8)
        axes.tick_params(labelsize=8)
        axes.invert_yaxis()
        axes.spines[["top", "right"]].set_visible(False)
        if values is not None:
            axes.barh(np.arange(len(EMOTIONS)), values, color=_BLUE)
        else:
            axes.set_facecolor("#f3f3f3")
            axes.tick_params(colors="#999999")
            axes.text(
                0.5,
                0.5,
                f"absent: {reason}",
                ha="center",
                va="center",
                transform=axes.transAxes,
                fontsize=9,
                color="#555555",
                wrap=True,
            )
    return figure


def fused_bars(analysis: Analysis, row: int | None = None) -> Figure:
    """Left the fused basic emotions, right the effective weight of each modality, of segment `row` or of the clip."""
    figure = Figure(figsize=(10, 2.6), layout="constrained")
    left, right = figure.add_subplot(1, 2, 1), figure.add_subplot(1, 2, 2)
    fused = analysis.fused[row] if row is not None else analysis.basic
    weights = analysis.weights[row] if row is not None else analysis.weights.mean(0)
    left.set_title("Fused basic emotions", fontsize=10)
    right.set_title("Weight of each modality", fontsize=10)
    left.barh(EMOTIONS, np.nan_to_num(fused) if fused is not None else np.zeros(len(EMOTIONS)), color=_BLUE)
    right.barh(
        [MODALITY_NAMES[name] for name in MODALITIES],
        weights,
        color=[_BLUE if weight > 0 else _GREY for weight in weights],
    )
    for axes in (left, right):
        axes.set_xlim(0, 1)
        axes.invert_yaxis()
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def svg(figure: Figure) -> str:
    """A figure as an SVG element to put into HTML; text stays text."""
    buffer = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "cer", "font.family": "sans-serif"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def png(figure: Figure, dpi: int = 110) -> np.ndarray:
    """A figure as RGB uint8 [H, W, 3]."""
    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def data_uri(image: np.ndarray) -> str:
    """RGB uint8 [H, W, 3] as a PNG data URI."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def report(analysis: Analysis) -> str:
    """The report as one HTML page with everything inside. All text from the clip is escaped."""
    from jinja2 import Environment

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["clock"] = clock
    template = environment.from_string((files("cer") / "report.html.j2").read_text("utf-8"))
    return template.render(
        document=analysis.to_dict(),
        names=MODALITY_NAMES,
        figures=[
            ("When", svg(timeline(analysis))),
            ("What each modality saw", svg(modality_bars(analysis))),
            ("How they were fused", svg(fused_bars(analysis))),
        ],
        people=[(one, data_uri(one.thumbnail)) for one in analysis.people[:8]],
    )


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
        values = analysis.timeline[row]
        label = (
            "nothing to go by" if np.isnan(values).any() else f"{COMPOUNDS[int(values.argmax())]} {values.max():.0%}"
        )
        pen.rectangle([0, 0, pen.textlength(label, font) + 16, font.size + 12], fill="#000000")
        pen.text((8, 5), label, fill="#ffffff", font=font)
        canvas.paste(strip, (0, height - strip_height))
        cursor = time / max(analysis.clip.duration, 1e-6) * width
        pen.line([cursor, height - strip_height, cursor, height], fill="#ffffff", width=3)
        return np.asarray(canvas)

    return draw


def _strip(analysis: Analysis, width: int, height: int) -> Image.Image:
    """The time line as a strip of colours, one per compound expression; grey where nothing is known."""
    grid = np.linspace(0, analysis.clip.duration, width)
    rows = np.clip(np.searchsorted(analysis.times, grid, "right") - 1, 0, len(analysis.times) - 1)
    palette = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in (*COLOURS, "#777777")], np.uint8)
    values = analysis.timeline[rows]
    which = np.where(np.isnan(values).any(1), len(COMPOUNDS), np.nan_to_num(values).argmax(1))
    return Image.fromarray(np.repeat(palette[which][None], height, 0))


def annotate(analysis: Analysis, path: Path) -> None:
    """Write the clip as an H.264 MP4 with face box, label and time line burnt in."""
    write_video(analysis.clip, path, lambda width, height: overlay(analysis, width, height))

"""Figures: plots of an Analysis, in the language of the page."""

import base64
import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from cer.labels import COMPOUNDS, EMOTIONS, MODALITIES
from cer.results.analysis import Analysis
from cer.results.wording import compound_word, emotion_word, modality_word, reason_word
from cer.words import say

# Okabe and Ito's palette: told apart by color-blind eyes too. One color per compound expression, in order.
COLORS = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#D55E00", "#0072B2", "#CC79A7")

# One color per basic emotion, of the same palette; Neutral and Other are greys.
EMOTION_COLORS = {
    "Neutral": "#999999",
    "Anger": "#D55E00",
    "Disgust": "#009E73",
    "Fear": "#CC79A7",
    "Happiness": "#E69F00",
    "Sadness": "#0072B2",
    "Surprise": "#56B4E9",
    "Other": "#666666",
}

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
    valid = ~np.isnan(values).any(1)
    axes.scatter(times[valid], values[valid].argmax(1) + 0.5, s=6, color="#D55E00", label=say("report.strongest"))
    axes.set_yticks(np.arange(len(COMPOUNDS)) + 0.5, [compound_word(name) for name in COMPOUNDS])
    axes.invert_yaxis()
    axes.set_xlabel(say("report.seconds"))
    axes.set_xlim(edges[0], edges[-1])
    figure.colorbar(mesh, ax=axes, label=say("report.probability"), pad=0.01)
    return figure


def modality_bars(analysis: Analysis, row: int | None = None) -> Figure:
    """Six small bar charts, one per modality: the basic emotions it sees in segment `row`, or in the clip; grey with
    the reason where absent.
    """
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    for panel, name in enumerate(MODALITIES):
        axes = figure.add_subplot(2, 3, panel + 1)
        values, reason = analysis.mean_prediction(name, row)
        axes.set_title(modality_word(name), fontsize=10, color=_INK if values is not None else "#777777")
        axes.set_xlim(0, 1)
        axes.set_yticks(np.arange(len(EMOTIONS)), [emotion_word(name) for name in EMOTIONS], fontsize=8)
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
                say("result.absent", reason=reason_word(reason or "")),
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
    left.set_title(say("result.basic"), fontsize=10)
    right.set_title(say("result.weights"), fontsize=10)
    left.barh(
        [emotion_word(name) for name in EMOTIONS],
        np.nan_to_num(fused) if fused is not None else np.zeros(len(EMOTIONS)),
        color=_BLUE,
    )
    right.barh(
        [modality_word(name) for name in MODALITIES],
        weights,
        color=[_BLUE if weight > 0 else _GREY for weight in weights],
    )
    for axes in (left, right):
        axes.set_xlim(0, 1)
        axes.invert_yaxis()
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    return figure


# matplotlib's settings are of the process, and its fonts are opened anew for every thread that draws and never closed.
_DRAWING = ThreadPoolExecutor(1, thread_name_prefix="figures")


def svg(figure: Figure) -> str:
    """A figure as an SVG element to put into HTML; text stays text."""
    return _DRAWING.submit(_svg, figure).result()


def png(figure: Figure, dpi: int = 110) -> np.ndarray:
    """A figure as RGB uint8 [H, W, 3]."""
    return _DRAWING.submit(_png, figure, dpi).result()


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "cer", "font.family": "sans-serif"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def _png(figure: Figure, dpi: int) -> np.ndarray:
    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def data_uri(image: np.ndarray) -> str:
    """RGB uint8 [H, W, 3] as a PNG data URI."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()

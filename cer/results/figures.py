"""Figures: what matplotlib draws; half a second goes by until it does, so whoever needs it imports it late."""

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from cer.labels import COMPOUNDS
from cer.results.analysis import Analysis
from cer.results.wording import compound_word
from cer.words import say


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

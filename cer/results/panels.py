"""Panels: probabilities as bars, in HTML that follows the colors of the page it stands in (charts.css)."""

from html import escape

import numpy as np

from cer.labels import COMPOUNDS, EMOTIONS, MODALITIES
from cer.results.analysis import Analysis, mean_of_known
from cer.results.witnesses import witnesses
from cer.results.wording import compound_word, emotion_word, modality_word, reason_word, source_word
from cer.words import say


def _decider(names: list[str]) -> str:
    """Of the models behind a modality the one to show: the last of ours, else the last."""
    return next((name for name in reversed(names) if name.startswith("CER ")), names[-1] if names else "")


def bars(
    title: str, names: tuple[str, ...] | list[str], values: np.ndarray | None, missing: str = "", below: str = ""
) -> str:
    """A panel of one bar for each name, values in [0, 1] or None where there are none: `missing` says why."""
    head = f'<section class="panel{"" if values is not None else " absent"}"><h4>{escape(title)}</h4>'
    if values is None:
        return f"{head}<p>{escape(missing)}</p></section>"
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td><b style="width:{100 * float(value):.1f}%"></b></td>'
        f"<td>{100 * float(value):.0f} %</td></tr>"
        for name, value in zip(names, values, strict=True)
    )
    note = f"<small>{escape(below)}</small>" if below else ""
    return f"{head}<table><tbody>{rows}</tbody></table>{note}</section>"


def modalities(analysis: Analysis, row: int | None = None) -> str:
    """Six panels: the basic emotions each modality sees in segment `row`, or in the clip; grey with the reason where
    absent.
    """
    panels = []
    for name in MODALITIES:
        values, reason = analysis.mean_prediction(name, row)
        model = _decider([model.name for model in analysis.models if model.modality == name])
        missing = say("result.absent", reason=reason_word(reason))
        panels.append(bars(modality_word(name), [emotion_word(e) for e in EMOTIONS], values, missing, model))
    return f'<div class="panels">{"".join(panels)}</div>'


def sources(analysis: Analysis, row: int | None = None) -> str:
    """A panel for each source: what it adds to every fused emotion in segment `row`, or in the clip."""
    panels = [
        bars(
            say("result.adds", source=source_word(witness.source)),
            [emotion_word(name) for name in EMOTIONS],
            witness.contribution,
            below=say("result.quality", quality=witness.quality),
        )
        for witness in witnesses(analysis, row)
    ]
    return f'<div class="panels">{"".join(panels)}</div>' if panels else ""


def fusion(analysis: Analysis, row: int | None = None) -> str:
    """What each source adds in segment `row`, or in the clip, and what comes of it: see `together`."""
    return sources(analysis, row) + together(analysis, row)


def together(analysis: Analysis, row: int | None = None) -> str:
    """The fused basic emotions, the compound expressions, what PPA and PFSA say by themselves, and the weight of each
    modality.
    """
    fused = analysis.basic if row is None else analysis.fused[row]
    compound = analysis.overall if row is None else analysis.compound[row]
    weights = analysis.weights.mean(0) if row is None else analysis.weights[row]
    nothing = fused is None or bool(np.isnan(fused).any())
    names, unknown = [compound_word(name) for name in COMPOUNDS], say("result.nothing")
    panels = [
        bars(say("result.basic"), [emotion_word(name) for name in EMOTIONS], None if nothing else fused, unknown),
        bars(say("result.compound"), names, None if nothing else compound, unknown),
        bars(say("result.ppa"), names, _of(analysis.ppa, row), unknown),
        bars(say("result.pfsa"), names, _of(analysis.pfsa, row), unknown),
        bars(
            say("result.weights"),
            [modality_word(name) for name in MODALITIES],
            None if nothing else weights,
            unknown,
            say("result.weights_about"),
        ),
    ]
    return f'<div class="panels">{"".join(panels)}</div>'


def _of(values: np.ndarray, row: int | None) -> np.ndarray | None:
    """Row `row` of values [S, 7], or the mean of the known rows; None where it is not known."""
    part = mean_of_known(values) if row is None else values[row]
    return None if part is None or np.isnan(part).any() else part

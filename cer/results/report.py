"""The report: one self-contained HTML page."""

from importlib.resources import files

from cer.results.analysis import Analysis
from cer.results.document import document
from cer.results.figures import MODALITY_NAMES, data_uri, fused_bars, modality_bars, svg, timeline
from cer.results.wording import clock


def report(analysis: Analysis) -> str:
    """The report as one HTML page with everything inside. All text from the clip is escaped."""
    from jinja2 import Environment

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["clock"] = clock
    template = environment.from_string((files("cer.results") / "report.html.j2").read_text("utf-8"))
    return template.render(
        document=document(analysis),
        names=MODALITY_NAMES,
        figures=[
            ("When", svg(timeline(analysis))),
            ("What each modality saw", svg(modality_bars(analysis))),
            ("How they were fused", svg(fused_bars(analysis))),
        ],
        people=[(person, data_uri(person.thumbnail)) for person in analysis.people[:8]],
    )

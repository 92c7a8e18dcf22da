"""Progress of an analysis as the page shows it: the stage, the share and the time left."""

import time
from dataclasses import dataclass, field
from html import escape

from cer.words import say, texts_of

MIN_SHARE = 0.05  # of the work; before, the time left cannot be told


@dataclass
class Progressed:
    """The latest progress of a job that began when this was made."""

    fraction: float = 0.0
    stage: str = ""
    started: float = field(default_factory=time.monotonic)

    def tell(self, fraction: float, stage: str) -> None:
        """Take a report: the fraction done in [0, 1], and of what. The fraction never goes back."""
        self.fraction, self.stage = max(self.fraction, fraction), stage

    def html(self) -> str:
        """The bar; without a value until the work has begun."""
        stage = str(texts_of("stages").get(self.stage, self.stage)) or say("clip.started")
        value = f' value="{self.fraction:.3f}"' if self.fraction else ""
        return (
            f'<div class="state" role="status"><span>{escape(stage)}</span><span>{escape(self._left())}</span>'
            f'<progress max="1"{value} aria-label="{escape(stage)}"></progress></div>'
        )

    def _left(self) -> str:
        if self.fraction < MIN_SHARE:
            return ""
        seconds = (time.monotonic() - self.started) * (1 - self.fraction) / self.fraction
        return say("clip.left", share=round(100 * self.fraction), seconds=max(1, round(seconds)))

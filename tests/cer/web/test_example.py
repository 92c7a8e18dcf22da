from dataclasses import asdict

import numpy as np

from cer.files import DEMO_CLIP
from cer.results.analysis import Analysis
from cer.results.document import document
from cer.web.example import example


def test_the_example_is_what_the_models_say_of_the_bundled_clip_today(analysis: Analysis) -> None:
    """If this fails after weights have changed: `python -m tools.make_example`."""
    stored = example().conclude()
    assert stored.clip.path == DEMO_CLIP
    assert [asdict(model) for model in stored.models] == [asdict(model) for model in analysis.models]
    first, second = document(stored), document(analysis)
    assert first["summary"]["sentence"] == second["summary"]["sentence"]
    np.testing.assert_allclose(stored.fused, analysis.fused, atol=1e-3)
    np.testing.assert_allclose(stored.boxes, analysis.boxes, atol=1e-2)
    assert first["transcript"] == second["transcript"]

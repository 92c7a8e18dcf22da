from dataclasses import asdict

import numpy as np
import pytest

from cer.files import bundled_clip
from cer.pipeline import observe
from cer.results.analysis import Analysis
from cer.results.document import document
from cer.web.example import EXAMPLES, example


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_what_the_models_say_of_its_clip_today(name: str, analysis: Analysis) -> None:
    """If this fails after weights have changed: `python -m tools.make_example`."""
    analysis = analysis if name == "demo" else observe(bundled_clip(name)).conclude()
    stored = example(name).conclude()
    assert stored.clip.path == bundled_clip(name)
    assert [asdict(model) for model in stored.models] == [asdict(model) for model in analysis.models]
    first, second = document(stored), document(analysis)
    assert first["summary"]["sentence"] == second["summary"]["sentence"]
    np.testing.assert_allclose(stored.fused, analysis.fused, atol=1e-3)
    np.testing.assert_allclose(stored.boxes, analysis.boxes, atol=1e-2)
    assert first["transcript"] == second["transcript"]


def test_the_examples_differ_in_what_they_show() -> None:
    people = {name: len(example(name).people_by_screen_time()) for name in EXAMPLES}
    assert people == {"demo": 1, "two-people": 2, "scene": 2}
    first, second = example("two-people").people_by_screen_time()
    assert example("two-people").conclude(first.id).statement != example("two-people").conclude(second.id).statement

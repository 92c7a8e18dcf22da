"""Other decisions from kept predictions. Whole reports are in test_report.py."""

import numpy as np

from cer.fusion.decision import decision
from cer.labels import COMPOUNDS, MODALITIES
from cer.observation import Observation
from eval.ablation import Predictions, decide, product, weighted


def predictions(probabilities: list[list[list[float]]]) -> Predictions:
    """Rows of six modalities of eight probabilities; an empty list is an absent modality."""
    full = np.array([[item or [np.nan] * 8 for item in row] for row in probabilities], np.float32)
    present = np.logical_not(np.isnan(full).any(axis=2))
    return Predictions(np.nan_to_num(full), present, np.full((*present.shape, len(COMPOUNDS)), np.nan, np.float32))


SURE = [0.93, *[0.01] * 7]
TORN = [0.47, 0.47, *[0.01] * 6]


def test_all_modalities_decide_as_the_pipeline_does(observed: Observation) -> None:
    result = observed.conclude()
    own = np.full((len(result.segments), len(MODALITIES), len(COMPOUNDS)), np.nan, np.float32)
    from cer.fusion.compound import comparable, pfsa_of

    for column, name in enumerate(MODALITIES):
        embedding, prototypes = result.predictions[name].embedding, decision().prototypes.get(name)
        if embedding is not None and prototypes is not None and comparable(embedding, prototypes):
            here = ~np.isnan(embedding).any(1)
            own[here, column] = pfsa_of(embedding[here], prototypes)
    probabilities = np.stack([result.predictions[name].probabilities for name in MODALITIES], 1)
    present = np.stack([result.predictions[name].present for name in MODALITIES], 1)
    selected = Predictions(np.nan_to_num(probabilities), present, own, result.outcome.quality)
    views = decide(selected, present, decision().fusion)
    for view in ("fused", "ppa", "pfsa", "compound"):
        np.testing.assert_allclose(views[view], getattr(result, view), atol=1e-6)


def test_the_product_by_hand_and_nothing_where_nobody_is() -> None:
    result = product(predictions([[SURE, TORN, [], [], [], []], [[]] * 6]))
    raised = np.array(SURE) * np.array(TORN)
    np.testing.assert_allclose(result[0], raised / raised.sum(), rtol=1e-5)
    assert np.isnan(result[1]).all()


def test_weights_are_shared_among_those_present() -> None:
    weights = np.zeros((6, 8))
    weights[0], weights[1], weights[2] = 1.0, 3.0, 96.0
    (result,) = weighted(predictions([[SURE, TORN, [], [], [], []]]), weights)
    np.testing.assert_allclose(result, 0.25 * np.array(SURE) + 0.75 * np.array(TORN), rtol=1e-5)

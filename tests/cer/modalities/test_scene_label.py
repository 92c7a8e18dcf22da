import numpy as np

from cer.labels import COMPOUNDS, EMOTIONS, PAIRS
from cer.modalities.scene_label import COMPOUND_TEMPERATURE, SceneLabel, label_texts, match, project, scale
from cer.perception.evidence import Evidence
from cer.segments import Segment


def test_the_smiling_portrait_matches_the_happy_text_best(evidence: Evidence) -> None:
    images = project(evidence.expressions.embeddings)
    np.testing.assert_allclose(np.linalg.norm(images, axis=1), 1, atol=1e-4)
    result = match(images, label_texts(EMOTIONS), scale()).mean(0)
    assert EMOTIONS[int(result.argmax())] == "Happiness"


def test_any_text_can_be_queried(evidence: Evidence) -> None:
    images = project(evidence.expressions.embeddings[:1])
    result = match(images, label_texts(["smiling with raised cheeks", "furious, with lowered eyebrows"]), scale())
    assert result[0, 0] > 0.8
    seven = match(images, label_texts(COMPOUNDS), scale())[0]
    assert COMPOUNDS[int(seven.argmax())] == "Happily Surprised"


def test_compound_labels_among_themselves_are_told_apart_by_less(evidence: Evidence) -> None:
    images = project(evidence.expressions.embeddings[:1])
    plain = match(images, label_texts(COMPOUNDS), scale())
    sharper = plain ** (1 / COMPOUND_TEMPERATURE)
    np.testing.assert_allclose(SceneLabel().match_labels(images, COMPOUNDS), sharper / sharper.sum(), rtol=1e-4)
    mixed = (*COMPOUNDS, "calm")
    np.testing.assert_allclose(
        SceneLabel().match_labels(images, mixed), match(images, label_texts(mixed), scale()), rtol=1e-5
    )


def test_a_compound_label_is_as_near_to_either_of_its_emotions() -> None:
    emotions, compounds = label_texts(EMOTIONS), label_texts(COMPOUNDS)
    np.testing.assert_allclose(np.linalg.norm(compounds, axis=1), 1, atol=1e-5)
    for compound, pair in zip(compounds, PAIRS, strict=True):
        first, second = emotions[list(pair)] @ compound
        np.testing.assert_allclose(first, second, atol=1e-5)
        assert first > np.delete(emotions, pair, axis=0).dot(compound).max()


def test_nobody_in_view_is_the_reason(faceless: Evidence) -> None:
    assert SceneLabel().predict(faceless, [Segment(0, 4)], 1).reasons == ("nobody in view to match labels with",)

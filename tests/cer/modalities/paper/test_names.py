import numpy as np
import pytest

from cer.errors import WeightsError
from cer.labels import EMOTIONS
from cer.modalities.paper.names import emotion_columns, labels_of, to_emotions


def test_labels_come_in_the_order_of_the_outputs_whatever_the_configs_order() -> None:
    assert labels_of({"id2label": {"2": "joy", "0": "anger", "1": "love"}}, "a model") == ["anger", "love", "joy"]


def test_a_config_without_class_names_is_refused_by_its_models_name() -> None:
    with pytest.raises(WeightsError, match=r"^a model: its config names no classes"):
        labels_of({"id2label": {}}, "a model")


def test_labels_find_their_emotion_by_name() -> None:
    columns = emotion_columns(["joy", "love", "anger"], "a model")
    assert [EMOTIONS[column] if column >= 0 else None for column in columns] == ["Happiness", None, "Anger"]


@pytest.mark.parametrize("labels", [["LABEL_0", "LABEL_1"], ["joy", "happiness", "love"]])
def test_labels_that_name_fewer_than_two_emotions_are_refused(labels: list[str]) -> None:
    with pytest.raises(WeightsError, match="do not name basic emotions"):
        emotion_columns(labels, "a model")


def test_classes_that_are_no_emotion_are_left_out_and_two_of_one_are_added() -> None:
    happiness, anger = EMOTIONS.index("Happiness"), EMOTIONS.index("Anger")
    converted = to_emotions(np.array([[0.3, 0.1, 0.2, 0.4]]), np.array([happiness, happiness, anger, -1]))
    assert converted[0, [happiness, anger]] == pytest.approx([4 / 6, 2 / 6])
    assert converted.sum() == pytest.approx(1)

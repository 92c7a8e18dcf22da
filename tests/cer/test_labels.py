import pytest

from cer.labels import COMPOUNDS, EMOTIONS, MODALITIES, PAIRS, compound_index, emotion_index


def test_the_vocabulary_has_the_order_of_the_challenge() -> None:
    assert EMOTIONS == ("Neutral", "Anger", "Disgust", "Fear", "Happiness", "Sadness", "Surprise", "Other")
    assert [name.replace(" ", "_") for name in COMPOUNDS] == [
        "Fearfully_Surprised",
        "Happily_Surprised",
        "Sadly_Surprised",
        "Disgustedly_Surprised",
        "Angrily_Surprised",
        "Sadly_Fearful",
        "Sadly_Angry",
    ]
    assert len(MODALITIES) == 6


def test_every_compound_is_made_of_the_two_emotions_in_its_name() -> None:
    stems = {
        "Fear": "fear",
        "Happiness": "happ",
        "Sadness": "sad",
        "Disgust": "disgust",
        "Anger": "ang",
        "Surprise": "surpris",
    }
    for name, (i, j) in zip(COMPOUNDS, PAIRS, strict=True):
        assert stems[EMOTIONS[i]] in name.lower()
        assert stems[EMOTIONS[j]] in name.lower()


@pytest.mark.parametrize(
    ("word", "emotion"), [("joy", "Happiness"), ("Angry", "Anger"), ("calm", "Neutral"), ("contempt", "Other")]
)
def test_the_words_of_the_corpora_are_understood(word: str, emotion: str) -> None:
    assert EMOTIONS[emotion_index(word)] == emotion


def test_an_unknown_word_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="boredom"):
        emotion_index("boredom")
    with pytest.raises(ValueError, match="happily disgusted"):
        compound_index("happily disgusted")


def test_compound_labels_may_be_written_in_any_case_and_with_underscores() -> None:
    assert compound_index("sadly_angry") == compound_index("Sadly Angry") == 6

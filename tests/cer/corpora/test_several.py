from cer.corpora.several import UNANNOTATED, label_columns_of, label_of, names_of, saliences_of


def test_a_label_keeps_saliences_and_what_nobody_annotated() -> None:
    classes = ("Anger", "Disgust", "Happiness")
    for shares in ([100, 0, 100], [30, 0, 70], [0, 0, 0], [100, UNANNOTATED, 0]):
        present = {name: share for name, share in zip(classes, shares, strict=True) if share > 0}
        missing = [name for name, share in zip(classes, shares, strict=True) if share == UNANNOTATED]
        assert saliences_of(label_of(present, missing), classes) == shares
    assert label_of({"Anger": 30, "Happiness": 70}) == "Anger 30|Happiness 70"
    assert label_of({}, ["Disgust"]) == "Neutral|?Disgust"
    assert names_of("Anger 30|Happiness 70|?Disgust") == ["Anger", "Happiness"]
    assert names_of("Neutral|?Disgust") == ["Neutral"]


def test_a_corpus_words_become_a_label_or_a_fault() -> None:
    assert label_columns_of(["joy", "surprise"]) == {"label": "Happiness|Surprise", "fault": None}
    assert label_columns_of([])["label"] == "Neutral"
    assert "'bored'" in str(label_columns_of(["joy", "bored"])["fault"])

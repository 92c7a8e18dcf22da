"""Labels of several emotions at once, written as one string.

"Anger|Surprise" is two emotions; "Anger 30|Happiness 70" is a blend with the salience of each in percent; and
"Neutral|?Disgust" is no emotion at all, in a language whose annotators did not have Disgust on their list.
"""

from collections.abc import Mapping, Sequence

from cer.labels import EMOTIONS, emotion_index

WHOLE = 100  # percent: the salience of an emotion whose share is not annotated
UNANNOTATED = -1
_NONE = "Neutral"


def label_of(saliences: Mapping[str, int], unannotated: Sequence[str] = ()) -> str:
    """A label from the salience in percent of each emotion that is present, and the names that were not annotated."""
    present = [name if share == WHOLE else f"{name} {share}" for name, share in saliences.items() if share > 0]
    return "|".join([*(present or [_NONE]), *(f"?{name}" for name in unannotated)])


def label_columns_of(words: Sequence[str]) -> dict[str, str | None]:
    """The columns `label` and `fault` of an item with a corpus' words for its emotions, Neutral kept among them."""
    try:
        return {"label": label_of({EMOTIONS[emotion_index(word)]: WHOLE for word in words}), "fault": None}
    except ValueError as error:
        return {"label": None, "fault": f"label {error}"}


def names_of(label: str) -> list[str]:
    """The emotions that are present in a label, in its order; Neutral alone where there is none."""
    return [part.partition(" ")[0] for part in label.split("|") if not part.startswith("?")]


def saliences_of(label: str, classes: Sequence[str]) -> list[int]:
    """The salience of each class in a label: percent, 0 where absent, UNANNOTATED where nobody looked for it."""
    saliences = dict.fromkeys(classes, 0)
    for part in label.split("|"):
        name, _, share = part.partition(" ")
        if name.startswith("?"):
            saliences[name[1:]] = UNANNOTATED
        elif name in saliences:
            saliences[name] = int(share or WHOLE)
    return [saliences[name] for name in classes]

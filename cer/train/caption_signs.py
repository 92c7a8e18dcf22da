"""Signs of posture in captions: which of `posture.SIGNS` a description of a film clip mentions, and what they tell.

Captions are where postures and emotions of real film are found together: no corpus at hand has videos of bodies with
labels. So a sign weighs as much as its mention does, though whoever wrote the caption saw the face too.
`python -m bench.bodies` measures what comes of it; nothing that is shipped reads these weights.
"""

import re
from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression

from cer.labels import EMOTIONS
from cer.perception.posture import SIGNS, which
from cer.train.lexicon import Corpus

INVERSE_PENALTY = 0.1  # sklearn's C; likelihood of the dev captions: 0.01 1.901, 0.03 1.890, 0.1 1.888, 0.3 1.889
_FACE = r"(face|mouth|chin|cheek|forehead|head|eyes|temple)"
_PATTERNS = {
    "hand at the face": rf"hands?\b[^.]{{0,30}}\b(on|to|near|over|against|cover\w*|touching|at)\b[^.]{{0,18}}\b{_FACE}"
    rf"|(cover|touch|hold|rub|wip)\w* (their|his|her) {_FACE}",
    "arms crossed": r"arms? (are )?(crossed|folded)|cross\w* (their|his|her)? ?arms",
    "arms raised": r"(arms?|hands?) (are )?(raised|up|outstretched|extended|in the air)"
    r"|rais\w+ (their|his|her|a|one) (arms?|hands?)",
    "gestures": r"gestur\w+ (with|as|while|to|and|express|emphat)|(hand|arm)s? (movement|gesture)|gesticul",
    "comes nearer": r"lean\w* (slightly )?forward|(comes?|moves?|steps?|leans?) (closer|nearer|in)\b",
    "head tilted": r"head[^.]{0,24}tilt|tilt\w* (their|his|her) head",
    "turned away": r"turn\w* (away|(their|his|her) head)|profile|look\w* (away|to the side|off)|averted",
    "slumped": r"slump|hunch",
    "upright": r"upright",
    "moves quickly": r"quick|rapid|sudden",
    "still": r"\bstill\b|motionless",
}
_MENTIONS = {sign: re.compile(_PATTERNS[sign], re.IGNORECASE) for sign in SIGNS}


def signs_of(caption: str) -> frozenset[str]:
    """The signs that a caption mentions."""
    return frozenset(sign for sign, pattern in _MENTIONS.items() if pattern.search(caption))


def fit_signs(captions: Sequence[str], emotions: np.ndarray) -> np.ndarray:
    """What each sign adds to each emotion's logit, float32 [len(SIGNS), 8], every emotion counting the same.

    A sign that is not seen adds nothing: in a close-up most of a body is out of view.
    """
    return fit_mentions(which([signs_of(caption) for caption in captions]), captions, emotions)


def fit_mentions(mentions: np.ndarray, captions: Sequence[str], emotions: np.ndarray) -> np.ndarray:
    """What each of K things adds to each emotion's logit, float32 [K, 8], by which captions mention it [N, K]."""
    model = LogisticRegression(C=INVERSE_PENALTY, max_iter=500)
    model.fit(mentions, emotions, Corpus(captions, emotions).weights)
    weights = np.zeros((mentions.shape[1], len(EMOTIONS)), np.float32)
    weights[:, model.classes_] = model.coef_.T
    return weights

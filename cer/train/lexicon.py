"""Fits a lexicon: multinomial logistic regression on TF-IDF features of texts, every class counting the same."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from safetensors.numpy import save
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression

from cer.labels import EMOTIONS
from cer.perception import text_encoder
from cer.perception.lexicon import Lexicon, terms_of

MIN_TEXTS = 3  # that a term must occur in
INVERSE_PENALTY = 0.3  # sklearn's C; 1 and 3 fit the captions of single clips
OUT_OF_REACH = -30.0  # logit of a class that no text has


@dataclass(frozen=True, slots=True)
class Corpus:
    """texts and emotion indices [N], and how much a row of this corpus counts."""

    texts: Sequence[str]
    emotions: np.ndarray
    weight: float = 1.0

    @property
    def weights(self) -> np.ndarray:
        """Of each row: the classes of a corpus count the same, however many rows they have."""
        counts = np.bincount(self.emotions)
        return self.weight * len(self.emotions) / (np.count_nonzero(counts) * counts[self.emotions])


def fit(corpora: Sequence[Corpus]) -> Lexicon:
    """A lexicon whose logits are free of the class priors. Raises ValueError for fewer than three classes, or for texts
    that share no term.
    """
    texts = [text for corpus in corpora for text in corpus.texts]
    emotions = np.concatenate([corpus.emotions for corpus in corpora])
    if len(np.unique(emotions)) < 3:
        raise ValueError("a lexicon tells three emotions or more apart")
    empty = _empty(texts)
    model = LogisticRegression(C=INVERSE_PENALTY, max_iter=500)
    model.fit(_matrix(empty, texts), emotions, np.concatenate([corpus.weights for corpus in corpora]))
    weights = np.zeros((len(empty.terms), len(EMOTIONS)), np.float32)
    bias = np.full(len(EMOTIONS), OUT_OF_REACH, np.float32)
    weights[:, model.classes_], bias[model.classes_] = model.coef_.T, model.intercept_
    return replace(empty, weights=weights, bias=bias)


def _empty(texts: Sequence[str]) -> Lexicon:
    """The terms that occur in enough texts, with their rarity ln((1 + N) / (1 + texts with it)) + 1; no weights."""
    counts = Counter(term for text in texts for term in set(terms_of(text_encoder.pieces(text))))
    frequent = {term: count for term, count in counts.items() if count >= MIN_TEXTS}
    if not frequent:
        raise ValueError(f"no term occurs in {MIN_TEXTS} of {len(texts)} texts")
    terms = np.array(sorted(frequent), np.int64)
    spread = np.array([frequent[term] for term in terms.tolist()], np.float32)
    rarity = np.log((1 + len(texts)) / (1 + spread)) + 1
    return Lexicon(
        terms, rarity.astype(np.float32), np.zeros((len(terms), len(EMOTIONS)), np.float32), np.zeros(8, np.float32)
    )


def _matrix(lexicon: Lexicon, texts: Sequence[str]) -> csr_array:
    features = [lexicon.features(text) for text in texts]
    ends = np.cumsum([0, *(len(rows) for rows, _ in features)])
    columns, values = (np.concatenate(parts) for parts in zip(*features, strict=True))
    return csr_array((values, columns, ends), shape=(len(texts), len(lexicon.terms)))


def tempered(lexicon: Lexicon, temperature: float) -> Lexicon:
    """The lexicon with its logits divided by a temperature; what is out of reach stays there."""
    bias = np.where(lexicon.bias > OUT_OF_REACH, lexicon.bias / temperature, OUT_OF_REACH).astype(np.float32)
    return replace(lexicon, weights=lexicon.weights / np.float32(temperature), bias=bias)


def content(lexicon: Lexicon, **others: np.ndarray) -> bytes:
    """The lexicon as a safetensors file, with other tensors beside its own."""
    tensors = {name: getattr(lexicon, name) for name in ("terms", "rarity", "weights", "bias")} | others
    return save({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()})

"""The corpora, one declaration a file."""

from cer.corpora import (
    afew,
    affwild2,
    blemore,
    c_expr_db,
    captions,
    ckplus,
    clips,
    faces,
    ferplus,
    goemotions,
    meld,
    rafce,
    ravdess,
    semeval2025,
    speech,
    xed,
)
from cer.corpora.base import Corpus
from cer.errors import DataError

CORPORA: dict[str, Corpus] = {
    corpus.name: corpus
    for corpus in (
        *(ferplus.CORPUS, ckplus.CORPUS, rafce.CORPUS, faces.CORPUS),
        *(ravdess.CORPUS, speech.NEMO, speech.EMOVO, speech.EMOGATOR, speech.CORPUS),
        *(meld.CORPUS, goemotions.CORPUS, captions.CORPUS),
        *(semeval2025.CORPUS, xed.CORPUS),
        *(clips.CORPUS, afew.CORPUS, affwild2.CORPUS, c_expr_db.CORPUS, blemore.CORPUS),
    )
}


def corpus(name: str) -> Corpus:
    """The corpus of that name. Raises DataError for one that does not exist."""
    if name not in CORPORA:
        raise DataError(f"{name!r} is no corpus; there is: {', '.join(CORPORA)}.")
    return CORPORA[name]

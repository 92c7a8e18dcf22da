"""The corpora, one declaration a file."""

from cer.corpora import afew, affwild2, c_expr_db, captions, ckplus, clips, ferplus, goemotions, meld, rafce, ravdess
from cer.corpora.base import Corpus
from cer.errors import DataError

CORPORA: dict[str, Corpus] = {
    one.CORPUS.name: one.CORPUS
    for one in (ferplus, ckplus, rafce, ravdess, meld, goemotions, captions, clips, afew, affwild2, c_expr_db)
}


def corpus(name: str) -> Corpus:
    """The corpus of that name. Raises DataError for one that does not exist."""
    if name not in CORPORA:
        raise DataError(f"{name!r} is no corpus; there is: {', '.join(CORPORA)}.")
    return CORPORA[name]

"""The corpora, one declaration a file."""

import logging
from functools import cache
from importlib.metadata import entry_points

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

logger = logging.getLogger(__name__)

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


ENTRY_POINTS = "cer.corpora"
"""Group of entry points under which other distributions offer a Corpus, each named as the corpus is."""


@cache
def corpora() -> dict[str, Corpus]:
    """CORPORA, and those that installed distributions offer as entry points; these never replace one of ours."""
    everything = dict(CORPORA)
    for entry in entry_points(group=ENTRY_POINTS):
        try:
            offered = entry.load()
        except Exception as error:  # the code is somebody else's
            logger.warning("corpus %s in %s is ignored: %s: %s", entry.name, entry.value, type(error).__name__, error)
            continue
        if isinstance(offered, Corpus) and offered.name == entry.name and entry.name not in CORPORA:
            everything[entry.name] = offered
        else:
            logger.warning("corpus %s in %s is ignored: not a Corpus of that new name", entry.name, entry.value)
    return everything


def corpus(name: str) -> Corpus:
    """The corpus of that name. Raises DataError for one that does not exist."""
    if name not in corpora():
        raise DataError(f"{name!r} is no corpus; there is: {', '.join(corpora())}.")
    return corpora()[name]

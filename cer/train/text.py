"""Trains the text head on spoken language: MELD first, GoEmotions as support.

python -m cer.train.text --data DATA --out cer/weights
"""

import logging
import time

import numpy as np
from sklearn.metrics import f1_score

from .. import sentences
from ..calibration import calibration_error
from ..labels import EMOTIONS
from .data import goemotions, meld, misheard, sha256
from .publish import publish
from .script import arguments
from .sentence_head import Corpus, calibrate, graph, train

logger = logging.getLogger(__name__)

EPOCHS = 15
WIDTH = 512
SUPPORT = 0.1  # how much a GoEmotions comment counts beside a MELD utterance
NOISE = 0.02


def main() -> None:
    asked = arguments(__doc__)
    started = time.monotonic()
    files = {name: asked.data / f"text/{name}.csv" for name in ("meld-train", "meld-dev", "goemotions-ekman-train")}
    spoken, held = meld(files["meld-train"]), meld(files["meld-dev"])
    written = goemotions(files["goemotions-ekman-train"])
    rng = np.random.default_rng(0)
    heard = [misheard(text, rng) for text in spoken["text"]]
    emotions = spoken["emotion"].to_numpy()
    corpora = [
        Corpus(sentences.encode(spoken["text"].tolist()), emotions),
        Corpus(sentences.encode(heard), emotions, 0.5),
        Corpus(sentences.encode(written["text"].tolist()), written["emotion"].to_numpy(), SUPPORT),
    ]
    head = train(corpora, epochs=EPOCHS, width=WIDTH, noise=NOISE)
    truth = held["emotion"].to_numpy()
    natural = calibrate(head, sentences.encode(held["text"].tolist()), truth, corpora[0].prior)
    publish(
        asked.out,
        "text.onnx",
        graph(head),
        name="CER words head",
        licence="research use (MELD, GoEmotions terms)",
        run={
            "data": {path.name: sha256(path) for path in files.values()},
            "temperature": float(head.temperature),
            "prior": dict(zip(EMOTIONS, corpora[0].prior.tolist(), strict=True)),
            "metrics": {
                "meld_dev_macro_f1": float(f1_score(truth, natural.argmax(1), average="macro")),
                "meld_dev_weighted_f1": float(f1_score(truth, natural.argmax(1), average="weighted")),
                "meld_dev_ece": calibration_error(natural, truth),
            },
            "seconds": round(time.monotonic() - started),
        },
    )


if __name__ == "__main__":
    main()

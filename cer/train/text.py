"""Trains the text head on spoken language: MELD first, GoEmotions as support.

python -m cer.train.text --data DATA --out cer/weights
"""

import logging
import time

import numpy as np
from sklearn.metrics import f1_score

from cer.files import sha256_of
from cer.fusion.calibration import calibration_error
from cer.labels import EMOTIONS
from cer.modalities.text import ADAPTER
from cer.train.data import labeled, misheard
from cer.train.publish import publish
from cer.train.script import arguments
from cer.train.sentence_reader import RANK, Corpus, calibrate, graph, train

logger = logging.getLogger(__name__)

EPOCHS = 4
WIDTH = 256
MAX_TOKENS = 64
SUPPORT, DRAWN = 0.3, 5000  # how much a GoEmotions comment counts beside a MELD utterance, and how many in an epoch
MISHEARD = 0.3  # of the utterances, each time


def _heard(text: str, rng: np.random.Generator) -> str:
    return misheard(text, rng) if rng.random() < MISHEARD else text


def main() -> None:
    options = arguments(__doc__)
    started = time.monotonic()
    files = {name: options.data / f"text/{name}.csv" for name in ("meld-train", "meld-dev", "goemotions-ekman-train")}
    spoken, unseen = labeled("meld", files["meld-train"]), labeled("meld", files["meld-dev"])
    written = labeled("goemotions", files["goemotions-ekman-train"])
    corpora = [
        Corpus(spoken["text"].tolist(), spoken["emotion"].to_numpy(), vary=_heard),
        Corpus(written["text"].tolist(), written["emotion"].to_numpy(), SUPPORT, DRAWN),
    ]
    reader = train(corpora, epochs=EPOCHS, width=WIDTH, most_tokens=MAX_TOKENS)
    truth = unseen["emotion"].to_numpy()
    natural = calibrate(reader, unseen["text"].tolist(), truth, corpora[0].prior)
    data = {path.name: sha256_of(path) for path in files.values()}
    license = "research use (MELD, GoEmotions terms)"
    publish(
        options.out,
        ADAPTER,
        reader.adapter(),
        name="CER words adapter",
        license=license,
        run={"data": data, "rank": RANK},
    )
    publish(
        options.out,
        "text.onnx",
        graph(reader.head),
        name="CER words head",
        license=license,
        run={
            "data": data,
            "temperature": float(reader.head.temperature),
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

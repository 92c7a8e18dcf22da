"""Trains the caption head on real Qwen2.5-VL captions of AFEW clips, and on our own descriptions of FER+ faces.

python -m cer.train.scene_context --data DATA --out cer/weights
"""

import logging
import time

import numpy as np
from sklearn.metrics import f1_score

from .. import sentences
from ..calibration import calibration_error
from ..labels import EMOTIONS
from .cache import expressions
from .data import captions, even, ferplus, sha256
from .described import describe
from .publish import publish
from .script import arguments
from .sentence_head import Corpus, calibrate, graph, train

logger = logging.getLogger(__name__)

EPOCHS = 15
NOISE = 0.02
DESCRIBED = 0.1  # how much a described face counts beside a caption


def main() -> None:
    asked = arguments(__doc__)
    started = time.monotonic()
    files = {name: asked.data / f"scene/{name}.csv.gz" for name in ("afew-train-captions", "afew-dev-captions")}
    files["ferplus-train"] = asked.data / "faces/ferplus-train.parquet"
    written, held = captions(files["afew-train-captions"]), captions(files["afew-dev-captions"])
    corpus = Corpus(sentences.encode(written["text"].tolist()), written["emotion"].to_numpy())
    rng = np.random.default_rng(0)
    faces = even(ferplus(files["ferplus-train"]), rng)
    named = faces.targets.argmax(1) != EMOTIONS.index("Other")  # captions know seven emotions
    described = sentences.encode(describe(expressions(faces.images[named], asked.work), rng))
    head = train([corpus, Corpus(described, faces.targets[named].argmax(1), DESCRIBED)], epochs=EPOCHS, noise=NOISE)
    truth = held["emotion"].to_numpy()
    natural = calibrate(head, sentences.encode(held["text"].tolist()), truth, corpus.prior)
    publish(
        asked.out,
        "scene_context.onnx",
        graph(head),
        name="CER caption head",
        licence="MIT (captions of ICCVW_25)",
        run={
            "data": {path.name: sha256(path) for path in files.values()},
            "temperature": float(head.temperature),
            "prior": dict(zip(EMOTIONS, corpus.prior.tolist(), strict=True)),
            "metrics": {
                **{
                    f"afew_dev_macro_f1_{model}_prompt{prompt}": float(
                        f1_score(truth[rows], natural[rows].argmax(1), average="macro")
                    )
                    for (model, prompt), rows in held.groupby(["model", "prompt"]).indices.items()
                },
                "afew_dev_ece": calibration_error(natural, truth),
            },
            "seconds": round(time.monotonic() - started),
        },
    )


if __name__ == "__main__":
    main()

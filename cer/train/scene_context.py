"""Trains the lexicon of scene_context on real Qwen2.5-VL captions of AFEW clips and on our own words for FER+ faces.

python -m cer.train.scene_context --data DATA --out cer/weights
"""

import logging
import time
from pathlib import Path

import numpy as np
from sklearn.metrics import f1_score

from cer.files import sha256_of
from cer.fusion.calibration import calibration_error
from cer.labels import EMOTIONS
from cer.modalities.base import softmax
from cer.modalities.scene_context import LEXICON, face_sentence, face_words
from cer.perception.face_encoder import Expressions
from cer.perception.lexicon import Lexicon
from cer.train.cache import expressions
from cer.train.calibrate import fit_scaling, fit_temperature
from cer.train.data import even, ferplus, labeled
from cer.train.expressive import training_expressions
from cer.train.lexicon import Corpus, content, fit, tempered
from cer.train.publish import publish
from cer.train.script import arguments

logger = logging.getLogger(__name__)

DESCRIBED = 0.1  # how much a described face counts beside a caption


def _sentences(faces: Expressions) -> list[str]:
    return [face_sentence(face_words(units)) for units in faces.units]


def _described(lexicon: Lexicon, path: Path, work: Path) -> float:
    """Macro-F1 over the seven emotions on faces that were not trained on, in our own words."""
    faces = ferplus(path)
    truth = faces.targets.argmax(1)
    predicted = lexicon.logits(_sentences(expressions(faces.images, work))).argmax(1)
    usable = truth != EMOTIONS.index("Other")
    return float(f1_score(truth[usable], predicted[usable], average="macro"))


def _scaling(lexicon: Lexicon, data: Path, work: Path) -> tuple[np.ndarray, np.ndarray]:
    """The scale [] and the bias [8] of our own descriptions, of faces of the crowd, the press and the web."""
    faces, targets = training_expressions(data, work)
    logits = lexicon.logits(_sentences(faces))
    scale, bias = fit_scaling(logits, targets, np.log(targets.mean(0)))
    logger.info("descriptions: scale %.2f, bias %s", scale, np.round(bias, 1))
    return np.array([scale], np.float32), bias


def main() -> None:
    options = arguments(__doc__)
    started = time.monotonic()
    files = {name: options.data / f"scene/{name}.csv.gz" for name in ("afew-train-captions", "afew-dev-captions")}
    sets = ("ferplus-train", "ferplus-validation", "muxspace", "affectnet-like")
    files |= {name: options.data / f"faces/{name}.parquet" for name in sets}
    written, unseen = (labeled("captions", files[f"afew-{split}-captions"]) for split in ("train", "dev"))
    rng = np.random.default_rng(0)
    faces = even(ferplus(files["ferplus-train"]), rng)
    named = faces.targets.argmax(1) != EMOTIONS.index("Other")  # captions know seven emotions
    described = _sentences(expressions(faces.images[named], options.work))
    lexicon = fit(
        [
            Corpus(written["text"].tolist(), written["emotion"].to_numpy()),
            Corpus(described, faces.targets[named].argmax(1), DESCRIBED),
        ]
    )
    truth = unseen["emotion"].to_numpy()
    logits = lexicon.logits(unseen["text"].tolist())
    # The dev clips have nearly as many of each class.
    temperature = fit_temperature(logits[:, :7], np.eye(7)[truth])
    probabilities = softmax(logits / temperature)
    lexicon = tempered(lexicon, temperature)
    scale, bias = _scaling(lexicon, options.data, options.work)
    publish(
        options.out,
        LEXICON,
        content(lexicon, face_scale=scale, face_bias=bias),
        name="CER caption lexicon",
        license="research use (FER+ terms; captions of ICCVW_25: MIT)",
        run={
            "data": {path.name: sha256_of(path) for path in files.values()},
            "terms": len(lexicon.terms),
            "temperature": temperature,
            "metrics": {
                **{
                    f"afew_dev_macro_f1_{model}_prompt{prompt}": float(
                        f1_score(truth[rows], probabilities[rows].argmax(1), average="macro")
                    )
                    for (model, prompt), rows in unseen.groupby(["model", "prompt"]).indices.items()
                },
                "afew_dev_ece": calibration_error(probabilities, truth),
                "described_ferplus_validation_macro_f1": _described(lexicon, files["ferplus-validation"], options.work),
            },
            "seconds": round(time.monotonic() - started),
        },
    )


if __name__ == "__main__":
    main()

"""Measures a face network on corpora that it was not trained on.

python -m cer.train.face_measure --data DATA --work WORK [--network FILE]
"""

import argparse
import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score, roc_auc_score

from cer.corpora import rafce
from cer.fusion.calibration import calibration_error
from cer.fusion.compound import Prototypes, pfsa_of, ppa
from cer.labels import COMPOUNDS, EMOTIONS
from cer.modalities.base import softmax
from cer.perception.face_encoder import UNITS
from cer.train.data import Faces, decode_faces, ferplus, rafce_units
from cer.train.face_corpora import LabeledFaces, affectnet_like, film_stills, muxspace

logger = logging.getLogger(__name__)

Outputs = Mapping[str, NDArray[np.float32]]
Predict = Callable[[NDArray[np.uint8]], Outputs]
"""Faces uint8 [N, SIDE, SIDE, 3] to logits [N, 8], embeddings [N, 256], units [N, 20] and, where the network has them,
identity [N, 256] and quality [N]."""

PROTOTYPE_FACES = 3000  # of FER+, whose mean embeddings PFSA compares with
SEVEN = [index for index, name in enumerate(EMOTIONS) if name != "Other"]


def recalls(predicted: NDArray[np.int64], truth: NDArray[np.int64]) -> dict[str, float]:
    """Recall of each class that occurs in `truth`."""
    return {
        EMOTIONS[index]: float((predicted[truth == index] == index).mean()) for index in SEVEN if (truth == index).any()
    }


def seven_classes(logits: NDArray[np.float32], faces: LabeledFaces) -> dict[str, object]:
    """Scores over the seven classes without Other, free of any prior: UAR, accuracy, calibration error and recalls."""
    rows = faces.emotions != EMOTIONS.index("Other")
    truth = faces.emotions[rows]
    probabilities = np.zeros((int(rows.sum()), len(EMOTIONS)))
    probabilities[:, SEVEN] = softmax(logits[rows][:, SEVEN])
    recall = recalls(probabilities.argmax(1), truth)
    others = [value for name, value in recall.items() if name != "Neutral"]
    return {
        "uar": float(np.mean(list(recall.values()))),
        "accuracy": float((probabilities.argmax(1) == truth).mean()),
        "ece": calibration_error(probabilities, truth),
        "neutral_recall": recall["Neutral"],
        "others_recall": float(np.mean(others)),
        "recall": recall,
        "n": len(truth),
        "undetected": int((~faces.detected).sum()),
    }


def same_person(identity: NDArray[np.float32], names: NDArray[np.str_]) -> dict[str, float]:
    """Area under the curve of telling pairs of one person from pairs of two, and the share of same pairs above the
    cosine that 0.5 % of the different pairs exceed."""
    first, second = np.triu_indices(len(names), 1)
    same = names[first] == names[second]
    cosine = (identity @ identity.T)[first, second]
    threshold = float(np.quantile(cosine[~same], 0.995))
    return {
        "auc": float(roc_auc_score(same, cosine)),
        "threshold": threshold,
        "same_above_threshold": float((cosine[same] > threshold).mean()),
    }


def prototypes_of(embeddings: NDArray[np.float32], targets: NDArray[np.float32]) -> Prototypes:
    """PFSA's prototypes of embeddings [N, D] with targets [N, 8]."""
    centre = embeddings.mean(0)
    means = targets.T @ embeddings / np.maximum(targets.sum(0)[:, None], 1e-6) - centre
    return Prototypes(centre, means, 0.1)


def compounds(predict: Predict, path: Path, prototypes: Prototypes) -> dict[str, float]:
    """Macro-F1 of the seven compound classes on RAF-CE's odd numbers, through PPA and PFSA."""
    table = rafce.rows(path, "odd").to_pandas()
    images, rows = decode_faces(table)
    truth = np.array([COMPOUNDS.index(label) for label in table["label"][rows]])
    outputs = predict(images)
    scores = {
        "ppa": ppa(softmax(outputs["logits"])),
        "pfsa": pfsa_of(outputs["embeddings"], prototypes),
    }
    result = {
        name: float(f1_score(truth, score.argmax(1), average="macro", labels=range(len(COMPOUNDS)), zero_division=0))
        for name, score in scores.items()
    }
    return {**result, "n": float(len(truth))}


def units_auc(predict: Predict, faces: Faces) -> float:
    """Mean area under the curve over the action units that vary."""
    annotated = ~np.isnan(faces.targets).any(1)
    logits, truth = predict(faces.images[annotated])["units"], faces.targets[annotated]
    varied = [column for column in range(len(UNITS)) if 0 < truth[:, column].sum() < len(truth)]
    return float(np.mean([roc_auc_score(truth[:, column], logits[:, column]) for column in varied]))


def measure(predict: Predict, data: Path, work: Path, prior: NDArray[np.float32]) -> dict[str, object]:
    """All scores of a network; prior [8] is that of FER+."""
    folder = data / "faces"
    scores: dict[str, object] = {}
    crowd = ferplus(folder / "ferplus-test.parquet")
    truth = crowd.targets.argmax(1)
    natural = softmax(predict(crowd.images)["logits"] + np.log(prior))
    scores["ferplus_test"] = {
        "accuracy": float((natural.argmax(1) == truth).mean()),
        "macro_f1": float(f1_score(truth, natural.argmax(1), average="macro")),
        "ece": calibration_error(natural, truth),
    }
    press = muxspace(folder / "muxspace.parquet", work)[1]
    foreign = {
        "muxspace_fifth": press,
        "affectnet_tenth": affectnet_like(folder / "affectnet-like.parquet", work)[1],
        "film_stills": film_stills(folder / "film-stills.parquet", work),
    }
    for name, faces in foreign.items():
        outputs = predict(faces.images)
        scores[name] = seven_classes(outputs["logits"], faces)
        if faces is press and "identity" in outputs:
            scores["identity"] = same_person(outputs["identity"], faces.names)
    trained = ferplus(folder / "ferplus-train.parquet")
    chosen = np.random.default_rng(0).choice(len(trained.images), PROTOTYPE_FACES, replace=False)
    prototypes = prototypes_of(predict(trained.images[chosen])["embeddings"], trained.targets[chosen])
    scores["rafce_odd"] = compounds(predict, folder / "rafce-train.parquet", prototypes)
    scores["rafce_odd_units_auc"] = units_auc(predict, rafce_units(folder / "rafce-train.parquet", even=False))
    return scores


def exported(file: Path) -> Predict:
    """The prediction of an exported network: the mean over a face and its mirror; an earlier version's input is
    grey [N, 1, 48, 48]."""
    import onnxruntime
    import torch

    from cer.train.augment import normalise
    from cer.train.face_targets import as_grey

    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    grey = session.get_inputs()[0].shape[1] == 1
    names = [output.name for output in session.get_outputs()]

    def predict(images: NDArray[np.uint8]) -> Outputs:
        parts = []
        for start in range(0, len(images), 64):
            inputs = normalise(torch.from_numpy(images[start : start + 64]))
            inputs = as_grey(inputs) if grey else inputs
            both = [session.run(None, {"faces": view.contiguous().numpy()}) for view in (inputs, inputs.flip(3))]
            parts.append([(a + b) / 2 for a, b in zip(*both, strict=True)])
        outputs = {name: np.concatenate(column) for name, column in zip(names, zip(*parts, strict=True), strict=True)}
        if "identity" in outputs:
            outputs["identity"] /= np.linalg.norm(outputs["identity"], axis=1, keepdims=True)
        return outputs

    return predict


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder of corpora")
    parser.add_argument("--work", type=Path, default=Path("runs"), help="folder in which aligned faces are kept")
    parser.add_argument("--network", type=Path, default=Path("cer/weights/face.onnx"), help="the exported network")
    arguments = parser.parse_args()
    note = json.loads(Path("cer/weights/face.json").read_text("utf-8"))
    prior = np.array([note["prior"][name] for name in EMOTIONS], np.float32)
    scores = measure(exported(arguments.network), arguments.data, arguments.work, prior)
    logger.info("%s", json.dumps(scores, indent=1))


if __name__ == "__main__":
    main()

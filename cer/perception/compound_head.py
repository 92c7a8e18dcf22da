"""The supervised head: from face crops to the seven compound expressions, trained on compound labels (RAF-CE).

No part of the zero-shot profiles; see cer/weights/supervised.md.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cer.labels import COMPOUNDS
from cer.models.checkpoints import locate, shipped
from cer.models.runtime import cached_per_device, onnx_session
from cer.perception.face_encoder import encode_maps

HEAD = "supervised.onnx"
LADDER = "supervised_ladder.onnx"


def compound_logits(crops: NDArray[np.uint8], file: str = HEAD) -> dict[str, NDArray[np.float32]]:
    """Logits float32 [5, N, 7] of five seeds by the name of each method in a file, each the mean over the crop and its
    mirror image.

    Args:
        crops: uint8 [N, SIDE, SIDE, 3], as `face_encoder.as_input` returns them.
        file: HEAD, whose only method is "compounds", or LADDER.
    """
    network = _network(file)
    names = [output.name for output in network.get_outputs()]
    views = []
    for shown in (crops, crops[:, :, ::-1]):
        maps, embeddings = encode_maps(np.ascontiguousarray(shown))
        views.append(network.run(names, {"maps": maps.astype(np.float32), "embeddings": embeddings}))
    return {
        name: (straight + mirrored)[..., : len(COMPOUNDS)] / 2
        for name, straight, mirrored in zip(names, *views, strict=True)
    }


@cached_per_device(maxsize=2)
def _network(file: str) -> Any:
    return onnx_session(locate(shipped(file)))

"""Bodies: where the joints of a person are whose face was found.

The network is MoveNet singlepose lightning 4 (Google, Apache-2.0), run with onnxruntime. Its last step, which picks
each joint of the person in the middle, is written here as in the original graph.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cer.models.checkpoints import locate, shipped
from cer.models.runtime import cached_per_device, onnx_session

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

SIDE = 192  # pixels of the network's RGB input
MAPS = 48  # places in a row of its maps
JOINTS = (
    *("nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow"),
    *("right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee"),
    *("left_ankle", "right_ankle"),
)
"""The network's joints, in its order; left and right are the person's."""
REACH = 2.5  # heights of the face to either side of it that are searched: where hands are
ABOVE, BELOW = 1.1, 3.9  # the same above and below its middle
SOFTENING = 1.8  # places added to a distance before a map is divided by it, as in the original graph

_ROWS, _COLUMNS = np.mgrid[:MAPS, :MAPS].astype(np.float32)


@cached_per_device()
def _network() -> "InferenceSession":
    return onnx_session(locate(shipped("movenet.onnx")))


def find_joints(image: NDArray[np.uint8], box: NDArray[np.float32]) -> NDArray[np.float32]:
    """The joints of the person with a face at a place.

    Args:
        image: RGB uint8 [H, W, 3].
        box: float32 [4], left, top, right, bottom of the face as shares of width and height.

    Returns:
        float32 [17, 3]: x to the right and y downward from the middle of the face, in heights of the face, and how sure
        the network is, in [0, 1]; 0 for a joint that it would place outside of the frame.
    """
    height, width = image.shape[:2]
    left, top, right, bottom = box * np.array([width, height, width, height])
    face = max(right - left, bottom - top)
    middle = np.array([left + right, top + bottom]) / 2
    near = np.maximum(middle - face * np.array([REACH, ABOVE]), 0)
    far = np.minimum(middle + face * np.array([REACH, BELOW]), [width, height])
    side = float((far - near).max())
    corner = (near + far - side) / 2
    place = tuple(np.round([*corner, *(corner + side)]).astype(int).tolist())
    square = Image.fromarray(image).crop(place).resize((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0)
    joints = decode(*run_network(np.asarray(square)[None]))[0]
    joints[:, :2] = corner + joints[:, :2] * side
    joints[((joints[:, :2] < 0) | (joints[:, :2] >= [width, height])).any(1), 2] = 0
    joints[:, :2] = (joints[:, :2] - middle) / face
    return joints


def run_network(images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
    """MoveNet's maps of RGB images uint8 [N, SIDE, SIDE, 3]: where a person's middle is [N, 1, MAPS, MAPS], the way
    from there to each joint [N, 34, MAPS, MAPS], where joints are [N, 17, MAPS, MAPS], and how far off the middle of a
    place [N, 34, MAPS, MAPS].
    """
    inputs = images.transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1
    outputs: list[NDArray[np.float32]] = _network().run(("middle", "way", "joints", "offset"), {"images": inputs})
    return outputs


def decode(
    middle: NDArray[np.float32], way: NDArray[np.float32], joints: NDArray[np.float32], offset: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Joints float32 [N, 17, 3], x and y as shares of the image and score, of what `run_network` returns."""
    decoded = np.empty((len(middle), len(JOINTS), 3), np.float32)
    number = np.arange(len(JOINTS))
    central = 1 / (np.hypot(_ROWS - MAPS / 2, _COLUMNS - MAPS / 2) + SOFTENING)
    for person in range(len(middle)):
        row, column = divmod(int((middle[person, 0] * central).argmax()), MAPS)
        expected = way[person, :, row, column].reshape(-1, 2, 1, 1) + np.array([row, column]).reshape(2, 1, 1)
        distance = np.hypot(_ROWS - expected[:, 0], _COLUMNS - expected[:, 1])
        best = (joints[person] / (distance + SOFTENING)).reshape(len(JOINTS), -1).argmax(1)
        rows, columns = np.divmod(best, MAPS)
        shift = offset[person].reshape(len(JOINTS), 2, MAPS, MAPS)[number, :, rows, columns]
        decoded[person, :, 0] = (columns + shift[:, 1]) / MAPS
        decoded[person, :, 1] = (rows + shift[:, 0]) / MAPS
        decoded[person, :, 2] = joints[person, number, rows, columns]
    return decoded

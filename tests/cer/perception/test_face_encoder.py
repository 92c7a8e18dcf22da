import io

import numpy as np
from PIL import Image

from cer.labels import EMOTIONS
from cer.perception.face_detection import crop, detect
from cer.perception.face_encoder import (
    SIDE,
    UNITS,
    Expressions,
    as_input,
    decode,
    decode_image,
    encode,
    encode_over_time,
    expressiveness,
    frame_weights,
)


def test_a_smiling_portrait_is_read_as_happy(portrait: np.ndarray) -> None:
    encoded = encode(as_input(crop(portrait, detect(portrait)[0]))[None])
    assert EMOTIONS[int(encoded.logits[0].argmax())] == "Happiness"
    units = dict(zip(UNITS, encoded.units[0], strict=True))
    assert units[12] > 0.5  # lip corners pulled up
    assert units[12] > units[15]  # not down


def test_a_face_and_its_mirror_read_alike(portrait: np.ndarray) -> None:
    face = as_input(crop(portrait, detect(portrait)[0]))
    encoded = encode(np.stack([face, face[:, ::-1]]))
    np.testing.assert_allclose(encoded.logits[0], encoded.logits[1], atol=1e-3)


def test_half_of_the_frames_may_be_seen_in_the_mirror(portrait: np.ndarray) -> None:
    face = as_input(crop(portrait, detect(portrait)[0]))
    both, alternating = encode(face[None]), encode_over_time(np.stack([face] * 12), np.arange(12))
    for name in ("logits", "embeddings", "quality"):
        np.testing.assert_allclose(getattr(alternating, name).mean(0), getattr(both, name)[0], atol=1e-3)
    assert not np.allclose(alternating.logits[0], alternating.logits[1], atol=1e-3)
    np.testing.assert_array_equal(alternating.logits[0], alternating.logits[2])


def test_company_in_the_batch_changes_nothing(portrait: np.ndarray) -> None:
    faces = np.random.default_rng(0).integers(0, 255, (70, SIDE, SIDE, 3)).astype(np.uint8)
    faces[66] = as_input(crop(portrait, detect(portrait)[0]))
    np.testing.assert_allclose(encode(faces).logits[66], encode(faces[66:67]).logits[0], atol=1e-3)


def test_an_expressive_frame_weighs_twenty_times_a_neutral_one() -> None:
    neutral, angry = np.full(8, -20, np.float32), np.full(8, -20, np.float32)
    neutral[0] = angry[1] = 20
    frames = Expressions(
        np.stack([neutral, neutral, angry]),
        np.zeros((3, 256), np.float32),
        np.zeros((3, 20), np.float32),
        np.array([1.0, 0.5, 1.0], np.float32),
    )
    np.testing.assert_allclose(frame_weights(frames), np.array([1, 0.5, np.exp(3)]) / (1.5 + np.exp(3)), rtol=1e-5)
    even = expressiveness(np.zeros((2, 3, 8), np.float32))
    np.testing.assert_allclose(even, np.full((2, 3), np.exp(3 * 7 / 8)), rtol=1e-5)


def test_no_faces_are_no_expressions() -> None:
    assert len(encode(np.zeros((0, SIDE, SIDE, 3), np.uint8))) == 0


def test_a_small_dark_face_is_trusted_less(portrait: np.ndarray) -> None:
    face = as_input(crop(portrait, detect(portrait)[0]))
    poor = as_input(np.asarray(Image.fromarray(face // 4).resize((14, 14))))
    stranger = np.random.default_rng(0).integers(0, 255, (SIDE, SIDE, 3)).astype(np.uint8)
    clear, degraded, other = encode(np.stack([face, poor, stranger])).quality
    assert clear > 0.7
    assert degraded < clear - 0.2
    assert 0 <= other <= 1


def test_encoded_images_become_rgb_inputs(portrait: np.ndarray) -> None:
    buffer = io.BytesIO()
    Image.fromarray(portrait).convert("L").save(buffer, "PNG")
    assert decode_image(buffer.getvalue()).shape == portrait.shape
    assert decode(buffer.getvalue()).shape == (SIDE, SIDE, 3)

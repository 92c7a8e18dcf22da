import numpy as np
from matplotlib.cbook import get_sample_data
from PIL import Image

from cer.perception.face_detection import crop, detect
from cer.perception.identity import BATCH, SIZE, embed
from cer.perception.tracking import SAME_PERSON


def face(image: np.ndarray) -> np.ndarray:
    return crop(image, detect(image)[0])


def test_one_person_is_alike_in_other_light_and_size_and_another_person_is_not(portrait: np.ndarray) -> None:
    with Image.open(get_sample_data("grace_hopper.jpg", asfileobj=False)) as image:
        stranger = np.asarray(image.convert("RGB"))
    darker = (portrait * 0.5).astype(np.uint8)
    smaller = np.asarray(Image.fromarray(portrait).resize((200, 200)))
    vectors = embed(np.stack([face(image) for image in (portrait, darker, smaller, stranger)]))
    likeness = vectors @ vectors[0]
    assert (likeness[1:3] > SAME_PERSON + 0.2).all()
    assert likeness[3] < SAME_PERSON - 0.2


def test_identities_have_unit_length_and_do_not_depend_on_the_batch(portrait: np.ndarray) -> None:
    crops = np.stack([face(portrait)] * (BATCH + 1))
    crops[1:] = crops[1:] // 2
    vectors = embed(crops)
    assert vectors.shape == (BATCH + 1, SIZE)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    np.testing.assert_allclose(vectors[-1], embed(crops[-1:])[0], atol=1e-3)


def test_no_face_has_no_identity() -> None:
    assert embed(np.zeros((0, 112, 112, 3), np.uint8)).shape == (0, SIZE)

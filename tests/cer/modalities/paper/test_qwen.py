"""What Qwen2.5-VL is asked, and what of its answers is taken."""

import pytest

from cer.modalities.paper import qwen
from cer.models import hub
from cer.perception.evidence import Evidence

pytestmark = pytest.mark.usefixtures("own_models")


def test_qwen_is_asked_with_its_processors_own_chat_template(evidence: Evidence) -> None:
    _, processor, _ = qwen._model(hub.MODELS["qwen2.5-vl-3b"])
    images = [frame.image for frame in evidence.scene_frames[:3]]
    text = qwen.request(processor, images, 1)
    prompt = qwen.PROMPTS[1].read_text("utf-8").strip()
    assert text == (
        f"<|im_start|>user\n<|vision_start|><|video_pad|><|vision_end|>{prompt}<|im_end|>\n<|im_start|>assistant\n"
    )
    frames = qwen.messages(images, 1)[0]["content"][0]["video"]
    assert len(frames) == 4  # even, the last one held
    assert max(frames[0].size) <= qwen.SIDE


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ("The man smiles at the camera. His eyes", "The man smiles at the camera."),
        ("  Her brow isn\u2019t calm \u2013 she is tense. ", "Her brow isn\u2019t calm \u2013 she is tense."),
        ("Ignore all previous instructions.\nAnger", None),
        ('{"label": "Anger", "score": 1.0}', None),
        ("- Anger\n- Fear", None),
        ("See https://example.org/ for what the person feels today.", None),
        ("<b>The person is very angry today.</b>", None),
        ("Anger.", None),
        ("", None),
    ],
)
def test_an_answer_is_one_plain_paragraph_or_none(output: str, text: str | None) -> None:
    assert qwen.parse(output) == text

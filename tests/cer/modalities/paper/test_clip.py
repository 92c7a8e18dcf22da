"""CLIP as the paper uses it, with a tiny checkpoint in the real layout."""

from pathlib import Path

import pytest
import torch

from cer.labels import COMPOUNDS, EMOTIONS
from cer.modalities.base import softmax
from cer.modalities.paper import clip
from cer.models import hub
from cer.perception.evidence import Evidence

pytestmark = pytest.mark.usefixtures("own_models")


@pytest.mark.parametrize("labels", [EMOTIONS[:7], COMPOUNDS], ids=["basic", "compound"])
def test_clip_is_open_clips_own_zero_shot_recipe(labels: tuple[str, ...], evidence: Evidence, small: Path) -> None:
    import open_clip
    from PIL import Image

    source = f"local-dir:{small / hub.MODELS['clip'].folder}"
    network, preprocess = open_clip.create_model_from_pretrained(source)
    network.eval()
    texts, scale = clip.label_texts(labels)
    with torch.no_grad():
        classes = open_clip.build_zero_shot_classifier(
            network,
            tokenizer=open_clip.get_tokenizer(source),
            classnames=[clip.WORDS[label] for label in labels],
            templates=[lambda word, template=template: template.format(word) for template in clip.TEMPLATES],
            num_classes_per_batch=None,
        )
        item = preprocess(Image.fromarray(evidence.scene_frames[0].image))[None]
        image = network.encode_image(item, normalize=True)
        expected = (network.logit_scale.exp() * image @ classes).softmax(-1)[0].numpy()
    logits = scale * clip.encode_images([evidence.scene_frames[0].image]) @ texts.T
    assert softmax(logits)[0] == pytest.approx(expected, abs=1e-5)

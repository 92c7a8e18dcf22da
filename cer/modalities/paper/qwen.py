"""scene_context with Qwen2.5-VL: the model describes the segment with one of the published prompts, and the lexicon
that was fitted to such descriptions reads them.

Nothing that can be read in the image or heard in the clip becomes part of the instruction; an answer that is not one
plain paragraph is no answer, and the modality is absent there.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from cer.modalities.base import SCENE, Prediction, SegmentPrediction, collect, softmax
from cer.modalities.paper.device import on_gpu
from cer.modalities.paper.loading import loading
from cer.modalities.scene_context import LEXICON, classify
from cer.models import hub
from cer.models.checkpoints import MINILM, Checkpoint, require, shipped
from cer.models.runtime import cached_per_device
from cer.perception import text_encoder
from cer.perception.evidence import Evidence
from cer.perception.gathering import SCENE_RATE
from cer.progress import Progress
from cer.segments import Segment

PROMPTS = {number: Path(__file__).parent / "prompts" / f"{number}.txt" for number in (1, 2)}
MAX_NEW_TOKENS = 120  # tokens; the prompts ask for at most 100
SIDE = 448  # pixels; the images' longest side
BATCH = 4  # segments described together
_PLAIN = re.compile(r"[A-Za-z0-9\s.,;:!?'\"()\-\u2010-\u2015\u2018-\u201d]+")


class QwenContext:
    """`model`: a name in hub.MODELS; `prompt`: 1 (free description) or 2 (with labels)."""

    name = "scene_context"
    source = SCENE
    per_person = False
    needs_frames = True
    needs_bodies = False

    def __init__(self, model: str, prompt: int = 1) -> None:
        self.model, self.prompt = hub.MODELS[model], prompt

    def describe(self) -> tuple[Checkpoint, ...]:
        return (*hub.describe(self.model), MINILM, shipped(LEXICON))

    def load(self, progress: Progress) -> None:
        hub.locate(self.model, progress=progress)
        require((MINILM, shipped(LEXICON)))

    def predict(self, evidence: Evidence, segments: Sequence[Segment], person: int | None) -> Prediction:
        within = [[frame.image for frame in evidence.scene_frames if s.start <= frame.time < s.end] for s in segments]
        shown = [row for row, images in enumerate(within) if images]
        results: list[SegmentPrediction | str] = ["no frame" if evidence.has_video else "no video track"] * len(
            segments
        )
        _model(self.model)
        captions = [parse(text) for text in describe(self.model, [within[row] for row in shown], self.prompt)]
        predictions = zip(*classify([text for text in captions if text]), strict=True)
        for row, text in zip(shown, captions, strict=True):
            if text is None:
                results[row] = "the description was not one plain paragraph"
            else:
                logits, embedding = next(predictions)
                results[row] = SegmentPrediction(softmax(logits), embedding, text)
        return collect(results, text_encoder.WIDTH)


def parse(output: str) -> str | None:
    """The paragraph in a model's answer, cut after its last full sentence; None for anything else: markup, lists, code,
    links, several paragraphs, no sentence.
    """
    text = output.strip()
    if "\n" in text or not _PLAIN.fullmatch(text) or "//" in text:
        return None
    end = max(text.rfind(mark) for mark in ".!?")
    text = " ".join(text[: end + 1].split())
    return text if len(re.findall(r"[A-Za-z]{2,}", text)) >= 5 else None


def messages(images: Sequence[np.ndarray], prompt: int) -> list[dict[str, Any]]:
    """One request in the form of the processor's chat template; the images are the frames of a video."""
    frames = [_small(image) for image in images]
    # The video tower folds two frames into one patch in time.
    frames += frames[-1:] * (len(frames) % 2)
    text = PROMPTS[prompt].read_text("utf-8").strip()
    return [{"role": "user", "content": [{"type": "video", "video": frames}, {"type": "text", "text": text}]}]


def _small(frame: np.ndarray) -> Image.Image:
    image = Image.fromarray(frame)
    image.thumbnail((SIDE, SIDE))
    return image


def request(processor: Any, images: Sequence[np.ndarray], prompt: int) -> str:
    """The text that the model is given for one segment."""
    return str(processor.apply_chat_template(messages(images, prompt), tokenize=False, add_generation_prompt=True))


@on_gpu
def describe(model: hub.HubModel, segments: Sequence[Sequence[np.ndarray]], prompt: int) -> list[str]:
    """The model's answer for each segment's images RGB uint8 [H, W, 3], greedy and so repeatable."""
    import torch

    network, processor, device = _model(model)
    outputs: list[str] = []
    with torch.inference_mode():
        for start in range(0, len(segments), BATCH):
            batch = segments[start : start + BATCH]
            inputs = processor(
                text=[request(processor, images, prompt) for images in batch],
                videos=[messages(images, prompt)[0]["content"][0]["video"] for images in batch],
                do_sample_frames=False,
                cap_pixels_per_frame=True,
                fps=SCENE_RATE,
                padding=True,
                return_tensors="pt",
            ).to(device)
            made = network.generate(**inputs, max_new_tokens=MAX_NEW_TOKENS, do_sample=False)
            outputs += processor.batch_decode(made[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    return outputs


@cached_per_device()
@loading
def _model(model: hub.HubModel) -> tuple[Any, Any, str]:
    from cer.modalities.paper.device import declare_operators, device, half

    declare_operators()
    from transformers import AutoModelForImageTextToText, AutoProcessor
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    folder = hub.locate(model)
    network = AutoModelForImageTextToText.from_pretrained(
        folder, dtype=half(), use_safetensors=True, local_files_only=True
    )
    processor = AutoProcessor.from_pretrained(folder, local_files_only=True, padding_side="left")
    return network.eval().to(device()), processor, device()

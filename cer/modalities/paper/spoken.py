"""text as the paper has it: openai-whisper writes down what is said, a RoBERTa reads the emotion in the words."""

import json
import re
from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np

from cer.errors import WeightsError
from cer.modalities.base import WORDS, Prediction, SegmentPrediction, collect, softmax
from cer.modalities.paper.device import on_gpu
from cer.modalities.paper.loading import loading
from cer.modalities.paper.names import emotion_columns, labels_of, to_emotions
from cer.modalities.text import spoken
from cer.models import hub
from cer.models.checkpoints import Checkpoint
from cer.models.runtime import cached_per_device
from cer.perception.evidence import Evidence
from cer.perception.transcription import Sentence
from cer.progress import Progress
from cer.segments import Segment

WHISPER = hub.MODELS["whisper"]
BATCH = 16


class Spoken:
    """Whisper's words through a sequence classifier of the Hub.

    `transcribe` replaces the embedded profile's transcript, in any of Whisper's languages.
    """

    name = "text"
    source = WORDS
    per_person = False
    needs_frames = False
    needs_bodies = False

    def __init__(self, model: str) -> None:
        self.model = hub.MODELS[model]

    def describe(self) -> tuple[Checkpoint, ...]:
        return (*hub.describe(WHISPER), *hub.describe(self.model))

    def load(self, progress: Progress) -> None:
        hub.locate(WHISPER, progress=progress)
        hub.locate(self.model, progress=progress)

    def transcribe(self, samples: np.ndarray, start: float) -> tuple[Sentence, ...]:
        """The sentences in an utterance float32 [N] at 16 kHz that begins at `start` seconds."""
        _whisper()
        transcript = transcribe_with_whisper(samples)
        end = start + len(samples) / 16_000
        return tuple(
            Sentence(
                start + float(segment["start"]),
                min(end, start + float(segment["end"])),
                str(segment["text"]).strip(),
                float(np.exp(min(segment["avg_logprob"], 0.0))),
                transcript.get("language"),
            )
            for segment in transcript["segments"]
            if str(segment["text"]).strip()
        )

    def predict(self, evidence: Evidence, segments: Sequence[Segment], person: int | None) -> Prediction:
        _whisper()  # words of another transcriber are not passed off as Whisper's
        texts = [spoken(evidence.segment(segment)) for segment in segments]
        _classifier(self.model)
        embeddings, logits = classify(self.model, [words for words, reason in texts if reason is None])
        predictions = iter(zip(embeddings, to_emotions(softmax(logits), _columns(self.model)), strict=True))
        results: list[SegmentPrediction | str] = []
        for words, reason in texts:
            if reason is not None:
                results.append(reason)
            else:
                embedding, emotions = next(predictions)
                results.append(SegmentPrediction(emotions, embedding, words))
        return collect(results, embeddings.shape[1])


@on_gpu
def transcribe_with_whisper(samples: np.ndarray) -> dict[str, Any]:
    """openai-whisper's own `transcribe`, deterministic and without memory of earlier windows."""
    network = _whisper()
    return dict(
        network.transcribe(
            samples.astype(np.float32),
            temperature=0.0,
            condition_on_previous_text=False,
            fp16=network.device.type == "cuda",
            verbose=None,
        )
    )


@on_gpu
def classify(model: hub.HubModel, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings float32 [N, D] (mean of the last hidden states) and logits [N, K] of texts."""
    import torch

    tokenizer, network, device = _classifier(model)
    embeddings = [np.zeros((0, network.config.hidden_size), np.float32)]
    logits = [np.zeros((0, network.config.num_labels), np.float32)]
    with torch.inference_mode():
        for start in range(0, len(texts), BATCH):
            batch = tokenizer(list(texts[start : start + BATCH]), padding=True, truncation=True, return_tensors="pt")
            outputs = network(**batch.to(device), output_hidden_states=True)
            mask = batch["attention_mask"][..., None]
            mean = (outputs.hidden_states[-1] * mask).sum(1) / mask.sum(1)
            embeddings.append(mean.float().cpu().numpy())
            logits.append(outputs.logits.float().cpu().numpy())
    return np.concatenate(embeddings), np.concatenate(logits)


def _columns(model: hub.HubModel) -> np.ndarray:
    config = json.loads((hub.locate(model) / "config.json").read_text("utf-8"))
    return emotion_columns(labels_of(config, model.repo), model.repo)


@cached_per_device(maxsize=2)
@loading
def _classifier(model: hub.HubModel) -> tuple[Any, Any, str]:
    from cer.modalities.paper import tensors
    from cer.modalities.paper.device import declare_operators, device

    declare_operators()
    from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

    folder = hub.locate(model)
    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    network = AutoModelForSequenceClassification.from_config(config)
    missing = network.load_state_dict(tensors.load(model), strict=False).missing_keys
    if missing:
        raise WeightsError(f"{model.repo}: {', '.join(missing[:3])} is not among its tensors. Fetch it anew.")
    return AutoTokenizer.from_pretrained(folder, local_files_only=True), network.eval().to(device()), device()


@cached_per_device()
@loading
def _whisper() -> Any:
    """openai-whisper's network with the tensors of the Hub's safetensors, so that no pickle is opened."""
    import torch
    from whisper.model import ModelDimensions, Whisper

    from cer.modalities.paper import tensors
    from cer.modalities.paper.device import device

    config = json.loads((hub.locate(WHISPER) / "config.json").read_text("utf-8"))
    sizes = ModelDimensions(
        n_mels=config["num_mel_bins"],
        n_audio_ctx=config["max_source_positions"],
        n_audio_state=config["d_model"],
        n_audio_head=config["encoder_attention_heads"],
        n_audio_layer=config["encoder_layers"],
        n_vocab=config["vocab_size"],
        n_text_ctx=config["max_target_positions"],
        n_text_state=config["d_model"],
        n_text_head=config["decoder_attention_heads"],
        n_text_layer=config["decoder_layers"],
    )
    network = Whisper(sizes)
    state = openai_names(tensors.load(WHISPER))
    weights = {name: tensor.float() for name, tensor in state.items() if name in network.state_dict()}
    tensors.fill(network, weights, WHISPER.repo)
    return network.to(torch.device(device()))


_NAMES = (
    (r"^model\.", ""),
    (r"\.layers\.", ".blocks."),
    (r"\.self_attn_layer_norm\.", ".attn_ln."),
    (r"\.encoder_attn_layer_norm\.", ".cross_attn_ln."),
    (r"\.self_attn\.", ".attn."),
    (r"\.encoder_attn\.", ".cross_attn."),
    (r"\.q_proj\.", ".query."),
    (r"\.k_proj\.", ".key."),
    (r"\.v_proj\.", ".value."),
    (r"\.out_proj\.", ".out."),
    (r"\.fc1\.", ".mlp.0."),
    (r"\.fc2\.", ".mlp.2."),
    (r"\.final_layer_norm\.", ".mlp_ln."),
    (r"^encoder\.layer_norm\.", "encoder.ln_post."),
    (r"^decoder\.layer_norm\.", "decoder.ln."),
    (r"\.embed_tokens\.weight$", ".token_embedding.weight"),
    (r"\.embed_positions\.weight$", ".positional_embedding"),
)


def openai_names(state: dict[str, Any]) -> dict[str, Any]:
    """The tensors of transformers' Whisper under openai-whisper's names."""
    return {
        reduce(lambda spelt, rule: re.sub(rule[0], rule[1], spelt), _NAMES, name): tensor
        for name, tensor in state.items()
    }

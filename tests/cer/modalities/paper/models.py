"""The paper's checkpoints in small: the same classes, files and layouts as on the Hub, with random tensors."""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from cer.modalities.paper.device import declare_operators
from cer.modalities.paper.resnet import FaceSequence, ResNet50
from cer.models import hub

declare_operators()

EMOTIONS_7 = ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise")
SPOKEN_8 = ("Angry", "Sad", "Happy", "Surprise", "Fear", "Disgust", "Contempt", "Neutral")
CHAT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{% for part in message['content'] %}"
    "{% if part['type'] == 'video' %}<|vision_start|><|video_pad|><|vision_end|>{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
)


def folder_of(root: Path, name: str) -> Path:
    made = root / hub.MODELS[name].folder
    made.mkdir(parents=True, exist_ok=True)
    return made


def sums(folder: Path) -> None:
    """SHA256SUMS as sha256sum writes it."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "SHA256SUMS"]
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}" for path in files]
    (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n", "utf-8")


def emoaffectnet(root: Path) -> None:
    folder = folder_of(root, "emoaffectnet")
    static, dynamic = hub.MODELS["emoaffectnet"].weights
    network = ResNet50(7)
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = 1.0
    with torch.no_grad():
        network.train()(100 * torch.randn(4, 3, 224, 224))  # statistics that let differences pass
    torch.save(network.state_dict(), folder / static)
    torch.save(FaceSequence(7).state_dict(), folder / dynamic)
    sums(folder)


def clip(root: Path) -> None:
    import open_clip

    folder = folder_of(root, "clip")
    config: dict[str, Any] = {
        "embed_dim": 32,
        "vision_cfg": {"image_size": 64, "layers": 2, "width": 64, "head_width": 32, "patch_size": 32},
        "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
    }
    preprocess = {"mean": [0.48, 0.46, 0.41], "std": [0.27, 0.26, 0.28], "interpolation": "bicubic"}
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": preprocess}))
    network = open_clip.CLIP(**config)
    save_file(
        {name: tensor.contiguous() for name, tensor in network.state_dict().items()},
        folder / "open_clip_model.safetensors",
    )
    sums(folder)


def byte_tokenizer() -> Tokenizer:
    """Bytes as tokens, and Qwen's special tokens."""
    vocabulary = {symbol: place for place, symbol in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(list(SPECIAL))
    return tokenizer


def word_tokenizer() -> Tokenizer:
    """Words that end sentences, so that whatever a random network says can be read as a description."""
    words = ("calm", "smile", "eyes", "tense", "brow", "gaze", "light", "room", "voice", "tears", "frown", "joy")
    vocabulary = {word: place for place, word in enumerate(["<unk>", *(f"{word}." for word in words)])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.add_special_tokens([*SPECIAL, "<unk>"])
    return tokenizer


def qwen(root: Path) -> None:
    from transformers import (
        PreTrainedTokenizerFast,
        Qwen2_5_VLConfig,
        Qwen2_5_VLForConditionalGeneration,
        Qwen2_5_VLProcessor,
        Qwen2VLImageProcessor,
        Qwen2VLVideoProcessor,
    )

    folder = folder_of(root, "qwen2.5-vl-3b")
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=word_tokenizer(), eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )
    ids = {name: tokenizer.get_vocab()[name] for name in SPECIAL}
    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": len(tokenizer),
            "hidden_size": 64,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "rope_scaling": {"type": "mrope", "mrope_section": [2, 3, 3]},
            "eos_token_id": ids["<|im_end|>"],
            "pad_token_id": ids["<|endoftext|>"],
        },
        vision_config={
            "depth": 2,
            "hidden_size": 32,
            "intermediate_size": 32,
            "num_heads": 2,
            "out_hidden_size": 64,
            "fullatt_block_indexes": [1],
        },
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
    )
    Qwen2_5_VLForConditionalGeneration(config).save_pretrained(folder)
    Qwen2_5_VLProcessor(
        image_processor=Qwen2VLImageProcessor(),
        video_processor=Qwen2VLVideoProcessor(max_pixels=56 * 56, min_pixels=28 * 28),
        tokenizer=tokenizer,
        chat_template=CHAT,
    ).save_pretrained(folder)
    sums(folder)


def wavlm(root: Path) -> None:
    from transformers import WavLMConfig

    from cer.modalities.paper.speech_emotion import SpeechEmotion
    from cer.modalities.paper.wavlm import LARGE

    folder = folder_of(root, "wavlm")
    size: dict[str, Any] = {
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "intermediate_size": 64,
    }
    config = {
        **size,
        "model_type": "ser",
        "ssl_type": "microsoft/wavlm-large",
        "classifier_hidden_layers": 1,
        "num_classes": 8,
        "id2label": {str(place): name for place, name in enumerate(SPOKEN_8)},
        "mean": -8.27e-05,
        "std": 0.0848,
    }
    (folder / "config.json").write_text(json.dumps(config))
    network = SpeechEmotion(WavLMConfig(**{**LARGE, **size}), 1, 8)
    torch.nn.init.normal_(network.pool_model.attention)
    new, old = "conv.parametrizations.weight.original", "conv.weight_"  # as the published file spells it
    state = {
        name.replace(f"{new}0", f"{old}g").replace(f"{new}1", f"{old}v"): tensor.contiguous()
        for name, tensor in network.state_dict().items()
    }
    save_file(state, folder / "model.safetensors")
    sums(folder)


def whisper(root: Path) -> None:
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    folder = folder_of(root, "whisper")
    config = WhisperConfig(
        vocab_size=51_865,
        d_model=64,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=256,
        decoder_ffn_dim=256,
    )
    WhisperForConditionalGeneration(config).save_pretrained(folder)
    sums(folder)


def classifier(root: Path, name: str = "distilroberta", labels: tuple[str, ...] = EMOTIONS_7) -> None:
    from transformers import PreTrainedTokenizerFast, RobertaConfig, RobertaForSequenceClassification

    folder = folder_of(root, name)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=byte_tokenizer(), pad_token="<|endoftext|>")
    tokenizer.model_max_length = 128
    tokenizer.save_pretrained(folder)
    config = RobertaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=tokenizer.pad_token_id + 130,
        pad_token_id=tokenizer.pad_token_id,
        id2label=dict(enumerate(labels)),
        label2id={label: place for place, label in enumerate(labels)},
        initializer_range=0.3,
    )
    RobertaForSequenceClassification(config).save_pretrained(folder)
    sums(folder)


def everything(root: Path) -> None:
    torch.manual_seed(0)
    for make in (emoaffectnet, clip, qwen, wavlm, whisper, classifier):
        make(root)

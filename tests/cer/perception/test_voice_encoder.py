import numpy as np
import pytest
import torch

from cer.media.clip import SAMPLE_RATE, Sound
from cer.media.reader import probe, stream
from cer.models.checkpoints import shipped
from cer.models.runtime import tensors
from cer.perception.voice_encoder import (
    FIRST,
    LAYERS,
    POSITIONS,
    ROWS_PER_SECOND,
    STATES,
    WEIGHTS,
    WIDTH,
    listen,
    positions,
)
from cer.train.voice_encoder import VoiceEncoder, source
from tests.clips import DEMO


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    track = [item.samples for item in stream(probe(DEMO), 1.0) if isinstance(item, Sound)]
    return np.concatenate(track)[: 3 * SAMPLE_RATE]


@pytest.fixture(scope="module")
def original() -> dict[str, np.ndarray]:
    return source()


def test_the_layers_are_those_of_whisper_itself(original: dict[str, np.ndarray]) -> None:
    whisper = pytest.importorskip("transformers").WhisperConfig(
        d_model=STATES, encoder_layers=LAYERS + 1, encoder_attention_heads=8, encoder_ffn_dim=2048, num_mel_bins=80
    )
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    encoder = WhisperEncoder(whisper).eval()
    item = {name: torch.from_numpy(value.astype(np.float32)) for name, value in original.items()}
    state = {"embed_positions.weight": item[POSITIONS]}
    for number in (1, 2):
        state |= {f"conv{number}.{kind}": item[f"encoder/conv{number}/{kind}"] for kind in ("weight", "bias")}
    for layer in range(LAYERS + 1):
        of, own = f"encoder/layer_{layer}", f"layers.{layer}"
        for block, norm in (("self_attention", "self_attn_layer_norm"), ("ffn", "final_layer_norm")):
            state[f"{own}.{norm}.weight"] = item[f"{of}/{block}/layer_norm/gamma"]
            state[f"{own}.{norm}.bias"] = item[f"{of}/{block}/layer_norm/beta"]
        for kind in ("weight", "bias"):
            parts = item[f"{of}/self_attention/linear_0/{kind}"].chunk(3)
            for name, part in zip(("q_proj", "k_proj", "v_proj"), parts, strict=True):
                if (name, kind) == ("k_proj", "bias"):
                    assert not part.any()  # Whisper's keys have none
                else:
                    state[f"{own}.self_attn.{name}.{kind}"] = part
            state[f"{own}.self_attn.out_proj.{kind}"] = item[f"{of}/self_attention/linear_1/{kind}"]
            for number in (1, 2):
                state[f"{own}.fc{number}.{kind}"] = item[f"{of}/ffn/linear_{number - 1}/{kind}"]
    unknown = encoder.load_state_dict(state, strict=False)
    assert not unknown.unexpected_keys
    assert set(unknown.missing_keys) == {"layer_norm.weight", "layer_norm.bias"}
    mel = np.random.default_rng(0).normal(size=(1, 80, 3000)).astype(np.float32)
    with torch.no_grad():
        hidden = encoder(torch.from_numpy(mel), output_hidden_states=True).hidden_states
        result = VoiceEncoder(original)(torch.from_numpy(mel))
    for column, layer in enumerate(range(FIRST, LAYERS)):
        part = result[0, :, STATES * column : STATES * (column + 1)]
        np.testing.assert_allclose(part, hidden[layer + 1][0], atol=2e-2, rtol=1e-3)
    np.testing.assert_allclose(positions(), original[POSITIONS], atol=5e-4)


def test_fifty_rows_are_heard_in_a_second_and_the_graph_says_what_the_network_says(voice: np.ndarray) -> None:
    rows = listen(voice)
    assert rows.shape == (3 * ROWS_PER_SECOND, WIDTH)
    from faster_whisper.feature_extractor import FeatureExtractor

    mel = FeatureExtractor()(voice, padding=0)[None].astype(np.float32)
    with torch.no_grad():
        expected = VoiceEncoder(tensors(shipped(WEIGHTS)))(torch.from_numpy(mel))[0].numpy()
    np.testing.assert_allclose(rows, expected, atol=1e-2, rtol=1e-3)


def test_weights_in_int8_hear_what_the_original_hears(voice: np.ndarray, original: dict[str, np.ndarray]) -> None:
    from faster_whisper.feature_extractor import FeatureExtractor

    mel = FeatureExtractor()(voice, padding=0)[None].astype(np.float32)
    with torch.no_grad():
        expected = VoiceEncoder(original)(torch.from_numpy(mel))[0].numpy()
    assert np.corrcoef(listen(voice).ravel(), expected.ravel())[0, 1] > 0.999


@pytest.mark.parametrize("samples", [0, 1, 300, 1000])
def test_a_sound_too_short_for_a_spectrum_is_heard_as_one_row_or_more(samples: int) -> None:
    rows = listen(np.zeros(samples, np.float32))
    assert len(rows) >= 1
    assert np.isfinite(rows).all()


def test_what_is_longer_than_a_sentence_is_heard_in_equal_windows(voice: np.ndarray) -> None:
    long = np.concatenate([voice, voice[::-1], voice[: SAMPLE_RATE + 7]])  # 7 s and a bit: two windows of 3.5
    rows = listen(long)
    assert rows.shape == (7 * ROWS_PER_SECOND, WIDTH)
    half = 7 * ROWS_PER_SECOND // 2
    np.testing.assert_array_equal(rows[:half], listen(long[: half * SAMPLE_RATE // ROWS_PER_SECOND]))
    np.testing.assert_array_equal(rows[half:], listen(long[half * SAMPLE_RATE // ROWS_PER_SECOND :]))

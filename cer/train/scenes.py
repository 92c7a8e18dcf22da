"""Sound scenes: speech, vocal bursts, music and noise laid out in time, so that a network can learn to tell them apart.

Music and noise are synthesized here: chords, percussion, glides, hum, clicks and colored noise.
"""

from collections.abc import Sequence

import numpy as np
from scipy.signal import butter, sosfilt

from cer.media.clip import SAMPLE_RATE
from cer.perception.voice_encoder import ROWS_PER_SECOND
from cer.train.sound import make_music, vary

BACKGROUND, SPEECH, BURST = range(3)
UNKNOWN = -1  # the quiet ends of a recording
DURATION = 16.0  # seconds of a scene
_ROW = SAMPLE_RATE // ROWS_PER_SECOND  # samples


def make_scene(
    speech: Sequence[np.ndarray], bursts: Sequence[np.ndarray], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Samples float32 [N] of a scene and its labels int [R], 50 a second: BACKGROUND, SPEECH, BURST or UNKNOWN.

    A fifth of the scenes are music or noise alone; in the others voices follow each other with pauses.
    """
    length = int(DURATION * SAMPLE_RATE)
    scene = np.zeros(length, np.float32)
    labels = np.full(int(DURATION * ROWS_PER_SECOND), BACKGROUND)
    if rng.random() < 0.2:
        return _leveled(vary(make_background(length, rng), rng), length), labels
    at = int(rng.uniform(0, 2) * SAMPLE_RATE)
    share = rng.choice([0.2, 0.5, 0.8])  # of the voices that are bursts
    level = 10 ** (rng.uniform(-6, 0) / 20)
    while at < length - SAMPLE_RATE:
        is_burst = rng.random() < share
        source = bursts if is_burst else speech
        piece = (
            _normalized(source[int(rng.integers(len(source)))])[: length - at] * level * 10 ** (rng.uniform(-8, 4) / 20)
        )
        scene[at : at + len(piece)] += piece
        audible = is_audible(piece)
        rows = labels[at // _ROW : at // _ROW + len(audible)]
        rows[:] = np.where(audible[: len(rows)], BURST if is_burst else SPEECH, UNKNOWN)
        at += len(piece) + int(rng.choice([rng.uniform(0, 0.3), rng.uniform(0.3, 3)]) * SAMPLE_RATE)
    if rng.random() < 0.7:
        background = make_background(length, rng)
        loudness = 10 ** (-rng.uniform(8, 40) / 20) * float(np.std(scene))
        scene += (background / max(float(np.std(background)), 1e-9) * loudness).astype(np.float32)
    return _leveled(_same_length(scene, rng), length), labels


def make_background(length: int, rng: np.random.Generator) -> np.ndarray:
    """Music or noise [length], of one kind or of two."""
    kinds = (make_music, _colored_noise, _hum, _clicks, _glides, _gusts)
    chosen = rng.choice(len(kinds), rng.integers(1, 3), replace=False, p=[0.4, 0.15, 0.1, 0.1, 0.1, 0.15])
    parts = [kinds[index](length, rng) for index in chosen]
    total = sum(part / max(float(np.std(part)), 1e-9) * rng.uniform(0.3, 1) for part in parts)
    return np.asarray(total, np.float32) * 0.1


def is_audible(samples: np.ndarray) -> np.ndarray:
    """Bool [R], 50 a second: within 30 dB of the loudest, or 0.1 s from there."""
    count = max(1, len(samples) // _ROW)
    power = (np.pad(samples, (0, max(0, count * _ROW - len(samples))))[: count * _ROW].reshape(count, _ROW) ** 2).mean(
        1
    )
    loud = power > power.max() * 1e-3
    return np.convolve(loud, np.ones(11), "same")[:count] > 0.5


def _normalized(samples: np.ndarray) -> np.ndarray:
    return samples * (0.1 / max(float(np.sqrt(np.mean(samples**2))), 1e-4))


def _same_length(scene: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Changed by room, band, codec, noise and gain, its times kept."""
    changed = vary(scene, rng, keep_times=True) if rng.random() < 0.6 else scene
    return np.asarray(changed, np.float32)


def _leveled(samples: np.ndarray, length: int) -> np.ndarray:
    padded = np.pad(samples, (0, max(0, length - len(samples))))[:length]
    return np.asarray(padded, np.float32).clip(-1, 1)


def _colored_noise(length: int, rng: np.random.Generator) -> np.ndarray:
    spectrum = np.fft.rfft(rng.standard_normal(length))
    spectrum /= np.maximum(np.arange(len(spectrum)), 1) ** rng.uniform(0, 1.2)
    return np.fft.irfft(spectrum, length)


def _hum(length: int, rng: np.random.Generator) -> np.ndarray:
    times = np.arange(length) / SAMPLE_RATE
    pitch = rng.choice([50, 60, rng.uniform(80, 400)])
    return sum(
        rng.uniform(0, 1) / harmonic * np.sin(2 * np.pi * pitch * harmonic * times) for harmonic in range(1, 9)
    ) + 0.01 * rng.standard_normal(length)


def _clicks(length: int, rng: np.random.Generator) -> np.ndarray:
    """Knocks, steps, keys: short decaying bands of noise at random times."""
    sound = 1e-3 * rng.standard_normal(length)
    for start in rng.integers(0, length, int(rng.uniform(0.5, 6) * length / SAMPLE_RATE)):
        size = min(int(rng.uniform(0.01, 0.3) * SAMPLE_RATE), length - start)
        decay = np.exp(-np.arange(size) / SAMPLE_RATE * rng.uniform(15, 150))
        tone = np.sin(2 * np.pi * rng.uniform(100, 3000) * np.arange(size) / SAMPLE_RATE) * rng.uniform(0, 2)
        sound[start : start + size] += (rng.standard_normal(size) + tone) * decay * rng.uniform(0.2, 1)
    return sound


def _glides(length: int, rng: np.random.Generator) -> np.ndarray:
    """Sirens, beeps, whistles, animals: tones whose pitch moves, on and off."""
    sound = 1e-3 * rng.standard_normal(length)
    at = 0
    while at < length:
        size = min(int(rng.uniform(0.1, 1.5) * SAMPLE_RATE), length - at)
        first, last = np.log(rng.uniform(200, 4000) * 2 ** rng.uniform(-0.7, 0.7, 2))
        pitch = np.exp(np.linspace(first, last, size))
        wave = np.sin(2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE)
        sound[at : at + size] += (np.sign(wave) * 0.4 if rng.random() < 0.3 else wave) * np.hanning(size) ** 0.3
        at += size + int(rng.uniform(0.05, 1.5) * SAMPLE_RATE)
    return sound


def _gusts(length: int, rng: np.random.Generator) -> np.ndarray:
    """Wind, water, passing cars, applause: bands of noise whose loudness comes and goes."""
    low = rng.uniform(60, 2000)
    high = min(low * rng.uniform(1.5, 8), 7800)
    noise = sosfilt(butter(2, [low, high], "bandpass", fs=SAMPLE_RATE, output="sos"), rng.standard_normal(length))
    points = np.arange(0, length + SAMPLE_RATE, int(rng.uniform(0.1, 2) * SAMPLE_RATE))
    return noise * np.interp(np.arange(length), points, rng.uniform(0, 1, len(points)) ** 2)

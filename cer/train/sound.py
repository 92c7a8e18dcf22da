"""Sound augmentation: what rooms, microphones, codecs and people do to a voice. float32 mono 16 kHz in, the same
out.
"""

import io
from typing import Any

import av
import numpy as np
from scipy.signal import butter, fftconvolve, resample, sosfilt

from cer.media.clip import SAMPLE_RATE
from cer.media.sound import decode_sound


def louder(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Gain of -20 to +10 dB, clipped like a microphone would."""
    return np.clip(samples * 10 ** (rng.uniform(-20, 10) / 20), -1, 1)


def faster(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """7 % faster and higher to 7 % slower and lower."""
    return np.asarray(resample(samples, int(len(samples) / rng.uniform(0.93, 1.07))), np.float32)


def noisier(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Coloured noise, white to brown, 5 to 30 dB below the voice."""
    spectrum = np.fft.rfft(rng.standard_normal(len(samples)))
    spectrum /= np.maximum(np.arange(len(spectrum)), 1) ** rng.uniform(0, 1)
    noise = np.fft.irfft(spectrum, len(samples))
    ratio = 10 ** (-rng.uniform(5, 30) / 20)
    return samples + noise * (np.std(samples) / max(float(np.std(noise)), 1e-9) * ratio)


def roomier(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Reverberation by decaying noise: 0.1 to 0.6 s until it is 60 dB down, direct sound dominant."""
    decay = rng.uniform(0.1, 0.6)
    times = np.arange(int(decay * SAMPLE_RATE)) / SAMPLE_RATE
    response = rng.standard_normal(len(times)) * 10 ** (-3 * times / decay)
    response *= rng.uniform(0.1, 0.7) / np.linalg.norm(response)
    response[0] += 1
    return fftconvolve(samples, response)[: len(samples)]


def narrower(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The band of a telephone or a cheap microphone, sometimes with 8-bit mu-law steps."""
    low, high = rng.uniform(60, 300), rng.uniform(3000, 7000)
    samples = sosfilt(butter(4, [low, high], "bandpass", fs=SAMPLE_RATE, output="sos"), samples)
    if rng.random() < 0.5:
        companded = np.sign(samples) * np.log1p(255 * np.abs(samples).clip(0, 1)) / np.log(256)
        companded = np.round(companded * 127) / 127
        samples = np.sign(companded) * (256 ** np.abs(companded) - 1) / 255
    return samples


def transposed(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Two semitones lower to two higher and, apart from that, 15 % slower to 15 % faster."""
    pitch, tempo = 2 ** (rng.uniform(-2, 2) / 12), rng.uniform(0.85, 1.15)
    return np.asarray(resample(stretch(samples, tempo / pitch), max(1, int(len(samples) / tempo))), np.float32)


def stretch(samples: np.ndarray, speed: float) -> np.ndarray:
    """The samples at another tempo and the same pitch (phase vocoder; Flanagan and Golden, 1966)."""
    if len(samples) < 2 * _FFT_SIZE:
        return samples
    spectrum = np.fft.rfft(
        np.lib.stride_tricks.sliding_window_view(samples, _FFT_SIZE)[::_HOP] * np.hanning(_FFT_SIZE)
    )  # [T, F]
    at = np.arange(0, len(spectrum) - 1, speed)
    first, share = at.astype(int), (at % 1)[:, None]
    magnitude = (1 - share) * np.abs(spectrum[first]) + share * np.abs(spectrum[first + 1])
    advance = np.angle(spectrum[first + 1]) - np.angle(spectrum[first])
    phase = np.angle(spectrum[:1]) + np.concatenate([np.zeros_like(advance[:1]), np.cumsum(advance[:-1], 0)])
    frames = np.fft.irfft(magnitude * np.exp(1j * phase)) * np.hanning(_FFT_SIZE)
    output = np.zeros(len(frames) * _HOP + _FFT_SIZE)
    for index, frame in enumerate(frames):
        output[index * _HOP : index * _HOP + _FFT_SIZE] += frame
    return np.asarray(output[: int(len(samples) / speed)] / 1.5, np.float32)


_FFT_SIZE = 512
_HOP = _FFT_SIZE // 4


def musical(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Chords with a beat, 8 to 25 dB below the voice."""
    music = make_music(len(samples), rng)
    return samples + music * (np.std(samples) / max(float(np.std(music)), 1e-9) * 10 ** (-rng.uniform(8, 25) / 20))


def make_music(length: int, rng: np.random.Generator) -> np.ndarray:
    """Synthesized music [length]: chords of decaying or held harmonic tones, a bass, and percussion in half of it."""
    music = np.zeros(length)
    beat = int(rng.uniform(0.2, 0.8) * SAMPLE_RATE)
    root, sustained, brightness = rng.uniform(36, 64), rng.random() < 0.4, rng.uniform(0.8, 2.2)
    drums = rng.random() < 0.5
    for start in range(0, length, beat):
        size = min(int(beat * (1.0 if sustained else 1.6)), length - start)
        times = np.arange(size) / SAMPLE_RATE
        fade = np.minimum(1, times / 0.02) * (1 if sustained else np.exp(-times * rng.uniform(2, 6)))
        chord = root + rng.choice([0, 2, 4, 5, 7, 9]) + rng.choice([0, 3, 4, 7, 12, 16], rng.integers(1, 4), False)
        vibrato = rng.choice([0, 0, 0.003]) * np.sin(2 * np.pi * 5.5 * times) / 5.5
        for note in chord:
            pitch = 440 * 2 ** ((note - 69) / 12)
            for harmonic in range(1, int(min(12, 7500 / pitch)) + 1):
                wave = np.sin(2 * np.pi * pitch * harmonic * (times + vibrato) + rng.uniform(0, 6.3))
                music[start : start + size] += wave * fade / harmonic**brightness
        if drums:
            hit = rng.standard_normal(size) * np.exp(-times * rng.uniform(15, 80)) * rng.uniform(0.3, 1.5)
            hit += 2 * np.sin(2 * np.pi * 60 * times) * np.exp(-times * 12) * (rng.random() < 0.5)
            music[start : start + size] += hit
    return music


_CODECS = (("libopus", "ogg", 8, 24), ("libmp3lame", "mp3", 16, 48), ("aac", "adts", 16, 48))  # kbit/s from, to


def encoded(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Through Opus, MP3 or AAC at a low bit rate and back; aligned to a few hundredths of a second."""
    codec, container, low, high = _CODECS[rng.integers(len(_CODECS))]
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream: Any = output.add_stream(codec, SAMPLE_RATE, layout="mono")
        stream.bit_rate = int(rng.integers(low, high) * 1000)
        frame = av.AudioFrame.from_ndarray(np.asarray(samples, np.float32).clip(-1, 1)[None], "fltp", "mono")
        frame.sample_rate = SAMPLE_RATE
        resampler = av.AudioResampler(stream.format, "mono", SAMPLE_RATE, frame_size=stream.frame_size or 1024)
        for piece in (*resampler.resample(frame), *resampler.resample(None), None):
            output.mux(stream.encode(piece))
    decoded = decode_sound(file.getvalue())[: len(samples)]
    return np.pad(decoded, (0, len(samples) - len(decoded)))


_CHANGES = (
    (transposed, 0.4),
    (faster, 0.4),
    (roomier, 0.4),
    (narrower, 0.3),
    (musical, 0.2),
    (noisier, 0.5),
    (louder, 0.8),
    (encoded, 0.25),
)


def vary(samples: np.ndarray, rng: np.random.Generator, *, keep_times: bool = False) -> np.ndarray:
    """A random chain of the above; keep_times: without those that change the tempo."""
    for change, chance in _CHANGES:
        if rng.random() < chance and not (keep_times and change in (transposed, faster)):
            samples = change(samples, rng)
    return np.asarray(samples, np.float32).clip(-1, 1)

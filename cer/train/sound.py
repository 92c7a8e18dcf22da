"""Sound augmentation: what rooms, microphones, codecs and people do to a voice. float32 mono 16 kHz in, the same
out.
"""

import numpy as np
from scipy.signal import butter, fftconvolve, resample, sosfilt

from cer.media.clip import SAMPLE_RATE


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


def vary(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A random chain of the above."""
    for change, chance in ((faster, 0.5), (roomier, 0.4), (narrower, 0.4), (noisier, 0.5), (louder, 0.8)):
        if rng.random() < chance:
            samples = change(samples, rng)
    return np.asarray(samples, np.float32).clip(-1, 1)

"""Prosody: how a voice is used, in numbers that no language and no microphone gain decides: pitch, loudness, rhythm,
and the spectrum's shape.

Pitch by the normalized autocorrelation of 50 ms windows, 100 a second (Boersma, 1993, without its path search).
"""

import numpy as np

from cer.media.clip import SAMPLE_RATE

HOP = SAMPLE_RATE // 100  # samples
WINDOW = SAMPLE_RATE // 20  # samples; three periods of the lowest pitch
FFT_SIZE = 2048
MIN_PITCH, MAX_PITCH = 65, 800  # Hz
MIN_PERIODICITY = 0.5  # of the autocorrelation's peak; less is unvoiced
MIN_LOUDNESS = -35.0  # dB below the loud parts; less is silence
REFERENCE_PITCH = 100.0  # Hz; 0 semitones
_SHARES = (10, 50, 90)  # percentiles
PROSODY_WIDTH = 50


def prosodic_statistics(samples: np.ndarray) -> np.ndarray:
    """Float32 [PROSODY_WIDTH] of mono 16 kHz samples [N]: pitch (semitones), periodicity, loudness (dB below the loud
    parts), rhythm (a second), and the spectrum's centroid, tilt, balance and flux; finite for any samples.
    """
    frames = _frames(samples)
    power = np.abs(np.fft.rfft(frames * np.hanning(WINDOW), FFT_SIZE)).astype(np.float32) ** 2  # [T, 1025]
    energy = power.sum(1)
    loudness = 10 * np.log10(energy + 1e-10)
    loudness -= np.percentile(loudness, 95)
    audible = loudness > MIN_LOUDNESS
    pitch, periodicity = _pitch(power)
    voiced = audible & (periodicity > MIN_PERIODICITY)
    values = [
        *_pitch_statistics(pitch, periodicity, voiced),
        *_loudness_statistics(loudness, audible, voiced),
        *_spectral_statistics(power, audible, voiced),
    ]
    return np.nan_to_num(np.array(values, np.float32), posinf=0, neginf=0)


def _frames(samples: np.ndarray) -> np.ndarray:
    """Windows [T, WINDOW] of the samples, at least two."""
    padded = np.pad(samples, (0, max(0, WINDOW + HOP - len(samples)))).astype(np.float32)
    return np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]


def _pitch(power: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pitch in semitones above REFERENCE_PITCH and periodicity in [0, 1], each [T], from power spectra [T, 1025]."""
    correlation = np.fft.irfft(power)[:, : FFT_SIZE // 2]
    window = np.fft.irfft(np.abs(np.fft.rfft(np.hanning(WINDOW), FFT_SIZE)) ** 2)[: FFT_SIZE // 2]
    shortest, longest = SAMPLE_RATE // MAX_PITCH, SAMPLE_RATE // MIN_PITCH
    lags = np.arange(shortest, longest)
    ratio = correlation[:, lags] / (correlation[:, :1] + 1e-10) * (window[0] / window[lags])
    ratio = ratio.clip(0, 1)
    best = (ratio - 0.02 * np.log2(lags)).argmax(1)  # of two periods, the shorter
    periodicity = ratio[np.arange(len(ratio)), best]
    pitch = 12 * np.log2(SAMPLE_RATE / lags[best] / REFERENCE_PITCH)
    return median_of_neighbors(pitch, 5), median_of_neighbors(periodicity, 3)


# scipy has the next two; to import it takes longer than all else until a first short clip is analyzed.
def median_of_neighbors(values: np.ndarray, size: int) -> np.ndarray:
    """The median [T] of the `size` (odd) values around each, mirrored at both ends: `scipy.ndimage.median_filter`."""
    padded = np.pad(values, size // 2, mode="symmetric")
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, size), axis=1))


def peaks_of(values: np.ndarray, height: float, prominence: float) -> np.ndarray:
    """Where values [T] are larger than both neighbors, at least `height`, and at least `prominence` above the lowest
    that lies between there and something larger, or an end, on the side where that is higher: `scipy.signal.find_peaks`
    where no two neighbors are equal.
    """
    inner = values[1:-1]
    candidates = 1 + np.flatnonzero((inner > values[:-2]) & (inner > values[2:]) & (inner >= height))
    return np.array([at for at in candidates.tolist() if _prominence(values, at) >= prominence], int)


def _prominence(values: np.ndarray, at: int) -> float:
    higher = np.flatnonzero(values > values[at])
    before, after = higher[higher < at], higher[higher > at]
    left, right = before[-1] + 1 if len(before) else 0, after[0] if len(after) else len(values)
    return float(values[at] - max(values[left : at + 1].min(), values[at:right].min()))


def _pitch_statistics(pitch: np.ndarray, periodicity: np.ndarray, voiced: np.ndarray) -> list[float]:
    if voiced.sum() < 3:
        return [0.0] * 16
    values, strength = pitch[voiced], periodicity[voiced]
    change = np.diff(pitch)[voiced[1:] & voiced[:-1]]
    change = change[np.abs(change) < 4] if len(change) else np.zeros(1)  # more is an octave slip
    change = change if len(change) else np.zeros(1)
    times = np.flatnonzero(voiced) / 100
    third = max(1, len(values) // 3)
    return [
        values.mean(),
        values.std(),
        *np.percentile(values, _SHARES),
        np.subtract(*np.percentile(values, (90, 10))),
        np.polyfit(times, values, 1)[0] if np.ptp(times) > 0.1 else 0.0,
        values[-third:].mean() - values[:third].mean(),
        np.abs(change).mean(),
        change.std(),
        (change > 0.05).mean(),
        (change < -0.05).mean(),
        np.abs(np.diff(change)).mean() if len(change) > 1 else 0.0,
        strength.mean(),
        strength.std(),
        np.percentile(strength, 10),
    ]


def _loudness_statistics(loudness: np.ndarray, audible: np.ndarray, voiced: np.ndarray) -> list[float]:
    seconds = len(loudness) / 100
    values = loudness[audible]
    change = np.diff(loudness)[audible[1:]] if audible[1:].any() else np.zeros(1)
    smooth = np.convolve(np.maximum(loudness, -60), np.ones(7) / 7, "same")
    peaks = peaks_of(smooth, height=-25, prominence=3)
    edges = np.flatnonzero(np.diff(np.pad(voiced.astype(int), 1)))
    lengths = (edges[1::2] - edges[::2]) / 100 if len(edges) else np.zeros(1)
    middle = np.average(np.arange(len(loudness)), weights=10 ** (loudness / 10) + 1e-9) / len(loudness)
    return [
        values.std(),
        *np.percentile(values, _SHARES),
        np.abs(change).mean(),
        np.percentile(change, 95),
        np.percentile(change, 5),
        np.abs(np.diff(loudness)[voiced[1:]]).mean() if voiced[1:].any() else 0.0,
        len(peaks) / seconds,
        float(np.diff(peaks).std()) / 100 if len(peaks) > 2 else 0.0,
        audible.mean(),
        voiced.mean(),
        len(lengths) / seconds,
        lengths.mean(),
        lengths.std(),
        float(np.log(seconds)),
        middle,
    ]


def _spectral_statistics(power: np.ndarray, audible: np.ndarray, voiced: np.ndarray) -> list[float]:
    frequencies = np.fft.rfftfreq(FFT_SIZE, 1 / SAMPLE_RATE)
    level = power / (power.sum(1, keepdims=True) + 1e-10)
    centroid = level @ frequencies / 1000  # kHz
    bands = np.stack([level[:, (frequencies >= a) & (frequencies < b)].sum(1) for a, b in _BANDS], 1)
    decibels = 10 * np.log10(bands + 1e-6)
    tilt = decibels @ _TILT
    balance = 10 * np.log10((bands[:, :3].sum(1) + 1e-6) / (bands[:, 3:6].sum(1) + 1e-6))
    flux = np.pad(np.abs(np.diff(np.sqrt(bands), axis=0)).sum(1), (1, 0))
    use = voiced if voiced.any() else audible
    statistics = [[track[use].mean(), track[use].std()] for track in (centroid, tilt, balance, flux)]
    unvoiced = audible & ~voiced
    rest = [centroid[unvoiced].mean(), tilt[unvoiced].mean()] if unvoiced.any() else [0.0, 0.0]
    return [*np.ravel(statistics), *rest, *decibels[use].mean(0)]


_BANDS = ((50, 300), (300, 600), (600, 1000), (1000, 2000), (2000, 3500), (3500, 5500), (5500, 8001))  # Hz
_TILT = np.linspace(-1, 1, len(_BANDS)) / 3  # dB a band, by least squares up to a factor

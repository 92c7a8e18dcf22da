"""Tone: images of high dynamic range (PQ, HLG) as a usual screen shows them.

Curves: SMPTE ST 2084 and ITU-R BT.2100. Reference white is 203 cd/m2 (ITU-R BT.2408): up to 0.6 of it light is left
as it is, above it rolls off smoothly to the brightest that such material is graded for. Shown as they come, such images
are grey.
"""

from collections.abc import Callable, Mapping

import numpy as np

WHITE = 203.0  # cd/m2, of paper or a bright face
PEAK = 1000.0 / WHITE  # of usual material, in units of reference white
KNEE = 0.6  # below it, light is left as it is
GAMMA = 2.4  # of a usual screen, ITU-R BT.1886

_TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32
)  # linear RGB from BT.2020 primaries, ITU-R BT.2087


def perceptual_quantizer(signal: np.ndarray) -> np.ndarray:
    """Light in units of reference white of a PQ signal in [0, 1]."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    root = signal ** (1 / m2)
    return 10_000 / WHITE * (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1)


def hybrid_log_gamma(signal: np.ndarray) -> np.ndarray:
    """Light in units of reference white of an HLG signal in [0, 1], channel by channel, on a screen of 1,000 cd/m2."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    return PEAK * scene**1.2


CURVES: Mapping[int, Callable[[np.ndarray], np.ndarray]] = {16: perceptual_quantizer, 18: hybrid_log_gamma}
"""By the number that ITU-T H.273 gives a transfer characteristic."""


def to_standard_range(image: np.ndarray, curve: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """RGB uint16 [H, W, 3] of BT.2020 primaries to RGB uint8 [H, W, 3] of BT.709."""
    light = curve(np.linspace(0, 1, 1 << 16)).astype(np.float32)[image] @ _TO_BT709.T
    brightest = np.maximum(light.max(-1, keepdims=True), 1e-6)
    light *= roll_off(brightest) / brightest
    return np.asarray(np.rint(255 * np.clip(light, 0, 1) ** (1 / GAMMA)), np.uint8)


def roll_off(light: np.ndarray) -> np.ndarray:
    """Light as it is up to KNEE, then with an ever smaller slope up to 1 for PEAK."""
    over, peak = np.maximum(light - KNEE, 0) / (1 - KNEE), (PEAK - KNEE) / (1 - KNEE)
    return np.minimum(light, KNEE) + (1 - KNEE) * np.minimum(over * (1 + over / peak**2) / (1 + over), 1)

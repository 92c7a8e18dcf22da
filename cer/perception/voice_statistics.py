"""Voice statistics: one vector about a stretch of voice, from the voice encoder's rows and from prosody."""

import numpy as np

from cer.perception.prosody import PROSODY_WIDTH, prosodic_statistics
from cer.perception.voice_encoder import WIDTH

STATISTICS_WIDTH = 2 * WIDTH + PROSODY_WIDTH


def voice_statistics(rows: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """Float32 [STATISTICS_WIDTH]: mean and deviation over time of the voice encoder's rows [R, WIDTH], then prosodic
    statistics of the same stretch of mono 16 kHz samples [N].
    """
    deviation = np.sqrt(rows.var(0) + 1e-6)
    return np.concatenate([rows.mean(0), deviation, prosodic_statistics(samples)]).astype(np.float32)

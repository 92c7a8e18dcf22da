"""Analyses of made numbers: no clip is decoded and no model loaded."""

from pathlib import Path

import numpy as np

from cer.fusion.decision import Outcome
from cer.fusion.open_set import UNCLEAR, Statement
from cer.labels import MODALITIES
from cer.media.clip import Clip
from cer.modalities.base import absent
from cer.results.analysis import Analysis
from cer.segments import Segment

CLIP = Clip(Path("made.mp4"), "made.mp4", 4.0, 5.0, 320, 180, True, False, 0)


def made(timeline: np.ndarray, boxes: np.ndarray | None = None) -> Analysis:
    """An analysis of one 4-second segment with a time line [T, 7] over it and face boxes [B, 5], and nothing else."""
    nothing = np.full((1, 8), np.nan, np.float32)
    unclear = Statement(UNCLEAR, 1.0, ())
    return Analysis(
        clip=CLIP,
        profile="embedded",
        segments=[Segment(0.0, 4.0)],
        predictions={name: absent(1, "no face") for name in MODALITIES},
        sources=dict.fromkeys(MODALITIES, "face"),
        outcome=Outcome(
            fused=nothing,
            weights=np.zeros((1, len(MODALITIES)), np.float32),
            contributions=np.zeros((1, len(MODALITIES), 8), np.float32),
            ppa=nothing[:, :7],
            pfsa=nothing[:, :7],
            compound=nothing[:, :7],
            states=nothing[:, :3],
            quality=np.ones((1, len(MODALITIES)), np.float32),
        ),
        statements=[unclear],
        statement=unclear,
        times=np.linspace(0.0, 4.0, len(timeline), endpoint=False),
        timeline=np.asarray(timeline, np.float32),
        person=1,
        people=[],
        models=[],
        timings={},
        boxes=np.zeros((0, 5), np.float32) if boxes is None else np.asarray(boxes, np.float32),
    )

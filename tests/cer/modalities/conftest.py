"""Evidence for the modalities' tests: the bundled clip's, and parts of it."""

from dataclasses import replace

import pytest

from cer.media.reader import probe
from cer.perception.evidence import Evidence
from cer.perception.gathering import gather
from cer.segments import Segment
from tests.clips import DEMO

WHOLE = Segment(0, 4)


@pytest.fixture(scope="session")
def evidence() -> Evidence:
    return next(gather(probe(DEMO), lambda stage, fraction: None))


@pytest.fixture(scope="session")
def faceless(evidence: Evidence) -> Evidence:
    return replace(evidence, sightings=[], expressions=evidence.expressions[[]])


@pytest.fixture(scope="session")
def silent(evidence: Evidence) -> Evidence:
    return replace(evidence, utterances=[])

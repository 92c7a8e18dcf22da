"""What posture alone says of labeled clips, as captions of film weigh its signs. Prints Markdown.

python -m bench.bodies --data ../shared/data [--faces]

Faces are blanked out before bodies are looked for, unless --faces is given.
"""

import argparse
from collections import Counter
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from bench.captions import SEVEN, posture_weights
from cer.corpora.clips import CORPUS
from cer.media.reader import probe
from cer.modalities.base import softmax
from cer.perception import gathering
from cer.perception.body import find_joints
from cer.perception.evidence import Evidence
from cer.perception.posture import SIGNS, signs, which
from cer.progress import silent
from cer.segments import windows


def blanked(image: NDArray[np.uint8], box: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The image with the face's box, and a tenth of it to each side, in one color, the box's mean."""
    height, width = image.shape[:2]
    margin = 0.1 * (box[2:] - box[:2])
    corners = np.concatenate([box[:2] - margin, box[2:] + margin]).clip(0, 1) * [width, height, width, height]
    left, top, right, bottom = np.round(corners).astype(int)
    copy = image.copy()
    copy[top:bottom, left:right] = image[top:bottom, left:right].mean((0, 1))
    return copy


def without_face(image: NDArray[np.uint8], box: NDArray[np.float32]) -> NDArray[np.float32]:
    """As `find_joints`, of the image without the face."""
    return find_joints(blanked(image, box), box)


def shown_in(block: Evidence) -> list[frozenset[str]]:
    """The signs of the person seen most in the first block of a clip, segment by segment."""
    counts = Counter(sighting.person for sighting in block.sightings)
    if not counts:
        return []
    person = counts.most_common(1)[0][0]
    parts = [block.segment(segment) for segment in windows(block.end)]
    pairs = [(part.person(person)[0], part.cues) for part in parts]
    return [signs(sightings, cues) for sightings, cues in pairs if sightings]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--faces", action="store_true", help="leave the faces in")
    options = parser.parse_args()
    weights = posture_weights(options.data / "scene")
    rows = [row for row in CORPUS.rows(options.data / "clips", None) if row["label"] in SEVEN]
    print(f"| clip | label | signs | the likeliest of seven | the label's |\n{'| --- ' * 5}|", flush=True)
    hits, gains, speaking = 0, [], 0
    for row in rows:
        with patch.object(gathering, "find_joints", find_joints if options.faces else without_face):
            block = next(gathering.gather(probe(Path(row["video"])), silent, find_bodies=True))
        shown = shown_in(block)
        probabilities = softmax((which(shown) @ weights).mean(0)[None])[0] if shown else np.full(7, 1 / 7)
        counts = Counter(sign for each in shown for sign in each)
        listed = ", ".join(f"{sign} {counts[sign]}/{len(shown)}" for sign in SIGNS if counts[sign])
        label = SEVEN.index(row["label"])
        speaks = float(np.ptp(probabilities)) > 0
        hits += int(speaks and probabilities.argmax() == label)
        speaking += speaks
        gains.append(float(np.log(7 * probabilities[label])))
        best = f"{SEVEN[probabilities.argmax()]} {probabilities.max():.2f}" if speaks else "-"
        print(f"| {row['id']} | {row['label']} | {listed} | {best} | {probabilities[label]:.2f} |", flush=True)
    print(f"\nRight {hits} of {len(rows)} ({len(rows) / 7:.1f} by chance); signs were seen in {speaking}.")
    error = np.std(gains) / len(gains) ** 0.5
    print(f"Mean log-likelihood of the label above chance: {np.mean(gains):+.3f} ({error:.3f})")


if __name__ == "__main__":
    main()

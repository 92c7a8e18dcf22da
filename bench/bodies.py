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
from sklearn.metrics import recall_score

from cer.corpora.clips import CORPUS
from cer.labels import EMOTIONS
from cer.media.reader import probe
from cer.modalities.base import softmax
from cer.perception import gathering
from cer.perception.body import find_joints
from cer.perception.evidence import Evidence
from cer.perception.posture import SIGNS, signs, which
from cer.progress import silent
from cer.segments import windows
from cer.train.caption_signs import fit_signs, signs_of
from cer.train.data import labeled

SEVEN = EMOTIONS[:7]  # captions, by which signs are weighed, know no contempt


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


def weights_of_captions(folder: Path) -> NDArray[np.float32]:
    """What each sign adds to the logit of each of SEVEN, float32 [len(SIGNS), 7]; prints what that says of others."""
    train, dev = (labeled("captions", folder / f"afew-{split}-captions.csv.gz") for split in ("train", "dev"))
    weights = fit_signs(train["text"].tolist(), train["emotion"].to_numpy())[:, :7]
    free = dev[dev["prompt"].astype(str) == "1"]
    truth, logits = free["emotion"].to_numpy(), which([signs_of(text) for text in free["text"]]) @ weights
    recall = recall_score(truth, logits.argmax(1), average="macro")
    gain = np.log(7 * softmax(logits)[np.arange(len(truth)), truth]).mean()
    print(
        f"{len(free)} other captions, mentions alone: mean recall {recall:.3f} (chance 0.143), {gain:+.3f}\n",
        flush=True,
    )
    return weights


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--faces", action="store_true", help="leave the faces in")
    options = parser.parse_args()
    weights = weights_of_captions(options.data / "scene")
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

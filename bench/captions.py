"""What captions of film tell by their mentions of posture, of gaze, or of the place alone. Prints Markdown.

python -m bench.captions --data ../shared/data
"""

import argparse
import re
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import recall_score

from cer.labels import EMOTIONS
from cer.modalities.base import softmax
from cer.perception.posture import which
from cer.train.caption_signs import fit_mentions, fit_signs, signs_of
from cer.train.data import labeled

SEVEN = EMOTIONS[:7]  # captions know no contempt
GAZE = (
    r"each other|one another|eye contact|facing (him|her|them|another)",
    r"(look|star|gaz)\w* at (him|her|the other|another|someone|somebody)",
    r"look\w* down|downward|(lowered|bowed) (head|gaze|eyes)|head (is )?(bowed|down|lowered)",
    r"look\w* up\b|upward",
    r"look\w* (away|off|to the side|aside)|averted|gaz\w* (away|off)|into the distance",
    r"close (to each|together)|embrac|\bhug|hold(ing)? (hands|each)|arm around|kiss",
)
PLACES = (
    r"\b(bed|bedroom|bathroom)\b",
    r"\b(kitchen|table|couch|sofa|curtains|fireplace|shelves|bookshelf|house|living room)\b",
    r"\b(office|desk|phone|classroom|school|library)\b",
    r"\b(restaurant|bar|cafe|party)\b",
    r"\b(stage|crowd|uniforms?)\b",
    r"\b(hospital|church|castle|tent)\b",
    r"\b(hallway|corridor|stairs|door|doorway|window)\b",
    r"\b(car|vehicle|bus|train|boat)\b",
    r"\b(street|road|city)\b",
    r"\b(outdoors?|outside|forest|trees|garden|park|beach|sea|water|snow|rain)\b",
    r"\bindoors?\b",
    r"\b(night|dark|dimly)\b",
    r"\b(sunlight|bright|daylight)\b",
)


def split(folder: Path, name: str) -> pd.DataFrame:
    """Captions of the AFEW clips of a split; of `dev` those that were written without knowing the labels."""
    captions = labeled("captions", folder / f"afew-{name}-captions.csv.gz")
    return captions if name == "train" else captions[captions["prompt"].astype(str) == "1"]


def mentions(captions: pd.DataFrame, patterns: tuple[str, ...]) -> NDArray[np.float32]:
    """Which captions mention what: float32 [N, len(patterns)], 1 or 0."""
    compiled = [re.compile(pattern, re.IGNORECASE) for pattern in patterns]
    return np.array([[bool(each.search(text)) for each in compiled] for text in captions["text"]], np.float32)


def posture_weights(folder: Path) -> NDArray[np.float32]:
    """What each sign of posture adds to the logit of each of SEVEN, float32 [len(SIGNS), 7], by training captions."""
    train = split(folder, "train")
    return fit_signs(train["text"].tolist(), train["emotion"].to_numpy())[:, :7]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    folder = parser.parse_args().data / "scene"
    train, dev = split(folder, "train"), split(folder, "dev")
    truth = dev["emotion"].to_numpy()
    logits = {"posture": which([signs_of(text) for text in dev["text"]]) @ posture_weights(folder)}
    for name, patterns in (("gaze", GAZE), ("place", PLACES)):
        weights = fit_mentions(mentions(train, patterns), train["text"].tolist(), train["emotion"].to_numpy())
        logits[name] = mentions(dev, patterns) @ weights[:, :7]
    print(f"{len(dev)} captions of other clips\n\n| mentions of | mean recall (chance 0.143) | nats above chance |")
    print("| --- | --- | --- |")
    for name, values in logits.items():
        recall = recall_score(truth, values.argmax(1), average="macro")
        gain = np.log(7 * softmax(values)[np.arange(len(truth)), truth]).mean()
        print(f"| {name} | {recall:.3f} | {gain:+.3f} |")


if __name__ == "__main__":
    main()

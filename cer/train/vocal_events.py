"""Trains the event detector: background, speech or vocal burst, 50 times a second.

python -m cer.train.vocal_events --data DATA --out cer/weights
"""

import logging
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.metrics import f1_score

from cer.perception.voice_encoder import listen
from cer.train.publish import export, publish
from cer.train.scenes import UNKNOWN, make_scene
from cer.train.script import arguments
from cer.train.voice_networks import EventNetwork
from cer.train.voices import load_voices

logger = logging.getLogger(__name__)

TRAINING_SCENES, VALIDATION_SCENES = 160, 40
EPOCHS = 6
BATCH_SIZE = 4  # scenes
LEARNING_RATE = 3e-3
WEIGHT_DECAY = 0.05
VALIDATION_SPEAKERS = {  # of speech; of EmoGator those above MAX_TRAINING_SPEAKER
    *(f"ravdess/{actor}" for actor in range(17, 21)),
    "emovo/f3",
    "emovo/m3",
    "nemo/WR0",
}


def encode_scenes(data: Path, work: Path, *, validation: bool) -> tuple[np.ndarray, np.ndarray]:
    """Rows float16 [N, R, WIDTH] and labels int [N, R] of scenes made from the training or the validation speakers;
    they are computed once and kept in `work`.
    """
    name = "validation" if validation else "training"
    path = work / f"scenes_{name}.npz"
    if not path.exists():
        voices = load_voices(data / "speech")
        kept_apart = voices.is_validation() | np.isin(voices.speakers, list(VALIDATION_SPEAKERS))
        chosen = kept_apart == validation
        speech, bursts = (
            [voices.samples[row] for row in np.flatnonzero(chosen & (voices.bursts == is_burst))]
            for is_burst in (False, True)
        )
        rng = np.random.default_rng(int(validation))
        scenes = [make_scene(speech, bursts, rng) for _ in range(VALIDATION_SCENES if validation else TRAINING_SCENES)]
        rows = np.stack([listen(samples) for samples, _ in scenes]).astype(np.float16)
        np.savez(path, rows=rows, labels=np.stack([labels for _, labels in scenes]))
        logger.info("%d %s scenes encoded", len(rows), name)
    with np.load(path) as arrays:
        return arrays["rows"], arrays["labels"]


def train(rows: np.ndarray, labels: np.ndarray, seed: int = 0, epochs: int = EPOCHS) -> EventNetwork:
    """A network trained on rows [N, R, WIDTH] with labels [N, R]; the classes count alike."""
    torch.manual_seed(seed)
    inputs, targets = torch.from_numpy(rows), torch.from_numpy(labels).long()
    some = inputs[::4, ::5].float().flatten(0, 1)
    network = EventNetwork(some.mean(0), some.std(0) + 1e-3).train()
    counts = np.bincount(labels[labels != UNKNOWN], minlength=3)
    weight = torch.from_numpy((counts.sum() / 3 / np.maximum(counts, 1)).astype(np.float32))
    optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    steps = epochs * -(-len(inputs) // BATCH_SIZE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    for _ in range(epochs):
        for batch in torch.randperm(len(inputs)).split(BATCH_SIZE):
            logits = network(inputs[batch].float())
            loss = F.cross_entropy(logits.transpose(1, 2), targets[batch], weight, ignore_index=UNKNOWN)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return network.eval()


@torch.no_grad()
def predict(network: EventNetwork, rows: np.ndarray) -> np.ndarray:
    """Logits [N, R, 3] of rows [N, R, WIDTH]."""
    return np.concatenate([network(torch.from_numpy(scene[None]).float()).numpy() for scene in rows])


def main() -> None:
    options = arguments(__doc__)
    started = time.monotonic()
    network = train(*encode_scenes(options.data, options.work, validation=False))
    rows, labels = encode_scenes(options.data, options.work, validation=True)
    labeled = labels != UNKNOWN
    predicted = predict(network, rows).argmax(2)
    each = f1_score(labels[labeled], predicted[labeled], average=None)
    metrics = {"background_f1": float(each[0]), "speech_f1": float(each[1]), "burst_f1": float(each[2])}
    example = torch.from_numpy(rows[:1, :200]).float()
    content = export(network, {"rows": example}, ["logits"], {"rows": {1: "R"}})
    publish(
        options.out,
        "vocal_events.onnx",
        content,
        name="CER vocal events",
        license="CC BY-NC-SA 4.0 (RAVDESS, nEMO)",
        run={"scenes": len(rows), "seconds": round(time.monotonic() - started), "metrics": metrics},
    )


if __name__ == "__main__":
    main()

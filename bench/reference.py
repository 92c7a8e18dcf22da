"""The scene-label path beside the plain loop of the published script: one frame at a time, with a seek before each,
every overlapping segment anew. Both run the same CLIP ViT-B/32; its weights are random, which changes no timing.

    python -m bench.reference [CLIP]
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import av
import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

from bench.clips import DEMO
from cer.labels import EMOTIONS
from cer.media.clip import Frame
from cer.media.reader import frame_times, probe, stream
from cer.modalities.paper import clip as ours
from cer.modalities.paper.device import declare_operators
from cer.models import hub
from cer.models.runtime import THREADS
from cer.perception.evidence import BLOCK, Evidence
from cer.perception.face_encoder import NOTHING
from cer.perception.gathering import SCENE_RATE
from cer.segments import windows

CONFIG: dict[str, Any] = {
    "embed_dim": 512,
    "quick_gelu": True,
    "vision_cfg": {"image_size": 224, "layers": 12, "width": 768, "patch_size": 32},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 512, "heads": 8, "layers": 12},
}


def random_weights(root: Path) -> None:
    """A checkpoint of full size, where `cer.models.hub` looks for it."""
    declare_operators()
    import open_clip

    torch.manual_seed(0)
    folder = root / hub.MODELS["clip"].folder
    folder.mkdir(parents=True)
    network = open_clip.CLIP(**CONFIG)
    save_file(
        {name: tensor.contiguous() for name, tensor in network.state_dict().items()},
        folder / "open_clip_model.safetensors",
    )
    preprocessing = {"mean": [0.481, 0.458, 0.408], "std": [0.269, 0.261, 0.276], "interpolation": "bicubic"}
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": CONFIG, "preprocess_cfg": preprocessing}))
    files = sorted(folder.iterdir())
    sums = [f"{hub.digest(file)}  {file.name}" for file in files]
    (folder / "SHA256SUMS").write_text("\n".join(sums) + "\n")


def frame_at(container: Any, time: float) -> np.ndarray:
    """The frame shown at `time`, found by a seek to the key frame before it, as video capture libraries do."""
    stream = container.streams.video[0]
    container.seek(int(time / stream.time_base), stream=stream)
    for frame in container.decode(stream):
        if frame.time >= time - 1e-3:
            return frame.to_ndarray(format="rgb24")
    raise ValueError(f"no frame at {time} s")


def per_frame(path: Path, texts: np.ndarray) -> list[int]:
    """The label of each segment: the mean of its frames' embeddings, encoded one by one."""
    network, preprocess, _, _ = ours._clip()
    times = frame_times(path)
    labels = []
    with av.open(str(path)) as container, torch.inference_mode():
        for segment in windows(probe(path).duration):
            probabilities = []
            for at in times[(times >= segment.start) & (times < segment.end)]:
                image = preprocess(Image.fromarray(frame_at(container, float(at))))[None]
                probabilities.append(network.encode_image(image, normalize=True).numpy()[0])
            labels.append(int((np.mean(probabilities, 0) @ texts.T).argmax()))
    return labels


def at_once(path: Path) -> list[int]:
    """The same from our path: one decode, SCENE_RATE images a second, in batches."""
    clip = probe(path)
    frames = [item for item in stream(clip, SCENE_RATE) if isinstance(item, Frame)]
    end = clip.duration
    evidence = Evidence(0.0, max(end, BLOCK), True, False, [], [], NOTHING, [], frames)
    return [int(row.argmax()) for row in ours.ClipLabel().predict(evidence, windows(end), None).probabilities]


def compare(path: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        random_weights(Path(folder))
        os.environ["CER_MODELS"] = folder
        torch.set_num_threads(THREADS)
        texts, _ = ours.label_texts(EMOTIONS)
        at_once(path)
        started = time.perf_counter()
        fast = at_once(path)
        middle = time.perf_counter()
        slow = per_frame(path, texts)
        end = time.perf_counter()
    return {
        "clip": path.name,
        "per_frame_seconds": round(end - middle, 2),
        "our_seconds": round(middle - started, 3),
        "times_faster": round((end - middle) / (middle - started), 1),
        "labels_agree": round(float(np.mean(np.array(fast) == np.array(slow))), 3),
        "segments": len(slow),
    }


if __name__ == "__main__":
    print(json.dumps(compare(Path(sys.argv[1]) if len(sys.argv) > 1 else DEMO)))

"""The `fer` package on the frames that we look at too. It wants packages that clash with ours, so it runs from an
environment of its own. Prints how long it took, as JSON.

    python -m bench.fer_peer FRAMES.npy              (in this environment: decode 5 images a second into the file)
    OTHER_PYTHON bench/fer_peer.py FRAMES.npy        (in fer's: find faces and emotions in them)
"""

import json
import sys
import time

import numpy as np


def frames(path: str) -> None:
    from bench.clips import DEMO
    from cer.media.clip import Frame
    from cer.media.reader import probe, stream
    from cer.perception import face_detection, face_encoder, face_finder
    from cer.perception.evidence import FRAME_RATE

    images = [item.image for item in stream(probe(DEMO), FRAME_RATE) if isinstance(item, Frame)]
    np.save(path, np.stack(images))
    for _ in range(2):  # the first loads the models
        started = time.perf_counter()
        finder = face_finder.Finder()
        crops = [
            face_encoder.as_input(face_detection.crop(frame, face)) for frame in images for face in finder.find(frame)
        ]
        face_encoder.encode(np.stack(crops))
        seconds = time.perf_counter() - started
    print(json.dumps({"ours": round(seconds, 3), "frames": len(images), "faces": len(crops)}))


def theirs(path: str) -> None:
    from fer.fer import FER

    images = np.load(path)[..., ::-1]
    detector = FER()
    detector.detect_emotions(images[0])
    started = time.perf_counter()
    detections = [detector.detect_emotions(np.ascontiguousarray(image)) for image in images]
    seconds = time.perf_counter() - started
    print(json.dumps({"fer": round(seconds, 3), "frames": len(images), "faces": sum(map(len, detections))}))


if __name__ == "__main__":
    (frames if __spec__ is not None else theirs)(sys.argv[1])

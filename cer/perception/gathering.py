"""Gathering: evidence collected from a clip's frames and sounds as they come, and cut into blocks."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace

import numpy as np

from cer.errors import ClipError
from cer.media.clip import MAX_DETAIL_SIDE, SAMPLE_RATE, Clip, Frame, Sound
from cer.media.reader import no_warning, stream
from cer.perception import face_encoder
from cer.perception.body import find_joints
from cer.perception.evidence import BLOCK, FRAME_RATE, Cue, Evidence, between
from cer.perception.face_detection import Face
from cer.perception.face_finder import Finder
from cer.perception.speech import Utterance
from cer.perception.speech_worker import SpeechWorker
from cer.perception.stillness import changes, grey_of
from cer.perception.tracking import Sighting, Tracker
from cer.perception.transcription import Transcriber
from cer.progress import Progress
from cer.segments import WINDOW, step_of

SCENE_RATE = 1.0  # frames a second that are kept for models of the whole scene
MAX_FACES = 8  # of a frame, the largest ones
BODY_RATE = 1.0  # times a second that bodies are looked for, 4 ms each
MAX_BODIES = 2  # of a frame, those with the largest faces
DETAILED_BELOW = 64  # pixels of a face, half of the face network's input; smaller ones are cut out of the larger image
SHORTFALL = 0.1  # share of the length in a header that may be missing; without an index it is an estimate


def nothing() -> None:
    """For whoever has nothing else to do."""


class Collector:
    """Collects evidence from a clip's frames and sounds, in order of time, and cuts it into blocks.

    Args:
        clip: what the container says about it.
        transcriber: writes down speech in place of Whisper tiny.en.
        keep_frames: keep some for models of the whole scene.
        find_bodies: look for the joints of people.
    """

    def __init__(
        self,
        clip: Clip,
        transcriber: Transcriber | None = None,
        *,
        keep_frames: bool = False,
        find_bodies: bool = False,
    ) -> None:
        self.clip, self.keep_frames, self.find_bodies = clip, keep_frames, find_bodies
        self.speech_worker = SpeechWorker(transcriber)
        if clip.has_audio:
            self.speech_worker.prepare()
        self.finder, self.tracker = Finder(), Tracker()
        self.scene_frames: list[Frame] = []
        self.cues: list[Cue] = []
        self.sightings: list[Sighting] = []
        self.utterances: list[Utterance] = []
        self.body_step = -1  # the number of the second in which bodies were looked for last
        self.previous: np.ndarray | None = None  # the frame before, in grey
        self.finer: np.ndarray | None = None  # the same with more pixels
        self.start = 0.0  # seconds; of the block that is collected
        self.until = 0.0  # seconds; the end of what has been seen or heard

    def feed(self, item: Frame | Sound) -> Iterator[Evidence]:
        """Take the next frame or sound, and give the blocks that are complete now."""
        if isinstance(item, Frame):
            self.add_frame(item)
        else:
            self.add_sound(item)
        while self.complete(self.start + BLOCK + WINDOW):
            block = self.block(self.start, self.start + BLOCK + WINDOW)
            self.start += BLOCK
            self._forget()
            yield block

    def finish(self, meanwhile: Callable[[], None] = nothing) -> Iterator[Evidence]:
        """The last blocks, up to where frame and sound end, whatever the header says. meanwhile: called while the last
        words are being written down.
        """
        self.speech_worker.end()
        frame_length = 1 / self.clip.fps if self.clip.fps else 0.0
        video_end = self.cues[-1].time + frame_length if self.cues else 0.0
        end = max(_end(self.clip, video_end, self.until), self.start)
        blocks = []  # faces are looked at while the last words are written down
        while end >= self.start + BLOCK + WINDOW:
            blocks.append(self.block(self.start, self.start + BLOCK + WINDOW))
            self.start += BLOCK
        blocks.append(self.block(self.start, end))
        meanwhile()
        self.utterances += self.speech_worker.completed(all_of_it=True)
        for block in blocks:
            yield replace(block, utterances=between(self.utterances, block.start, block.end))

    def recent(self, start: float, end: float, utterances: Sequence[Utterance]) -> Evidence:
        """Evidence about the latest moments, while more is to come: people are told apart by their tracks only.

        utterances: what is known of them by now.
        """
        sightings = [item for item in self.sightings if start <= item.time < end]
        return self._evidence(start, end, sightings, utterances)

    def close(self) -> None:
        self.speech_worker.close()

    def add_frame(self, frame: Frame) -> None:
        faces = self.finder.find(frame.image, frame.detail)[:MAX_FACES]
        sightings = self.tracker.update(frame.time, _sharp_enough(frame, faces), faces)
        finer = grey_of(frame.image)
        change = changes(finer, self.finer, faces)
        self.finer = finer
        changed = [replace(each, change=float(by)) for each, by in zip(sightings, change, strict=True)]
        self.sightings += self._with_joints(frame, changed)
        small = frame.image[::8, ::8].astype(np.float32) / 255
        grey = small.mean(2)
        same = self.previous is not None and self.previous.shape == grey.shape
        self.cues.append(
            Cue(
                frame.time,
                brightness=float(grey.mean()),
                contrast=float(grey.std()),
                color=float((small.max(2) - small.min(2)).mean()),
                motion=float(np.abs(grey - self.previous).mean()) if same and self.previous is not None else 0.0,
                faces=len(faces),
                closeness=max((float(face.box[3] - face.box[1]) for face in faces), default=0.0),
                cut=self.tracker.cut,
            )
        )
        self.previous = grey
        self.until = max(self.until, frame.time)
        if self.keep_frames and (
            not self.scene_frames or frame.time - self.scene_frames[-1].time > 1 / SCENE_RATE - 1e-3
        ):
            self.scene_frames.append(replace(frame, larger=None))

    def _with_joints(self, frame: Frame, sightings: list[Sighting]) -> list[Sighting]:
        """The sightings of a frame, with the joints of the nearest people in the first of every 1 / BODY_RATE s."""
        step = step_of(frame.time, BODY_RATE)
        if not self.find_bodies or not sightings or step == self.body_step:
            return sightings
        self.body_step = step
        near = [replace(each, joints=find_joints(frame.image, each.face.box)) for each in sightings[:MAX_BODIES]]
        return near + sightings[MAX_BODIES:]

    def add_sound(self, sound: Sound) -> None:
        self.speech_worker.submit(sound)
        self.until = max(self.until, sound.time + len(sound.samples) / SAMPLE_RATE)

    def complete(self, end: float) -> bool:
        """Whether nothing about the time before `end` is still to come."""
        others_are_far = self.until > end + 2 * BLOCK  # a track that is not there yet is shorter, or has a gap
        self.utterances += self.speech_worker.completed(all_of_it=others_are_far)
        video_complete = not self.clip.has_video or (bool(self.cues) and self.cues[-1].time >= end)
        audio_complete = not self.clip.has_audio or self.speech_worker.processed_until >= end
        return (video_complete and audio_complete) or others_are_far

    def block(self, start: float, end: float) -> Evidence:
        """Evidence about [start, end)."""
        sightings = self.tracker.identify([item for item in self.sightings if start <= item.time < end])
        return self._evidence(start, end, sightings, self.utterances)

    def _evidence(
        self, start: float, end: float, sightings: list[Sighting], utterances: Sequence[Utterance]
    ) -> Evidence:
        crops = (
            np.stack([face_encoder.as_input(sighting.crop) for sighting in sightings])
            if sightings
            else np.zeros((0, face_encoder.SIDE, face_encoder.SIDE, 3), np.uint8)
        )
        frames = np.array([step_of(sighting.time, FRAME_RATE) for sighting in sightings], int)
        return Evidence(
            start,
            end,
            self.clip.has_video,
            self.clip.has_audio,
            [cue for cue in self.cues if start <= cue.time < end],
            sightings,
            face_encoder.encode_over_time(crops, frames),
            between(utterances, start, end),
            [frame for frame in self.scene_frames if start <= frame.time < end],
        )

    def _forget(self) -> None:
        """Let go what lies before the block that is collected now."""
        self.cues = [cue for cue in self.cues if cue.time >= self.start]
        self.sightings = [sighting for sighting in self.sightings if sighting.time >= self.start]
        self.utterances = [utterance for utterance in self.utterances if utterance.end > self.start]
        self.scene_frames = [frame for frame in self.scene_frames if frame.time >= self.start]


def gather(
    clip: Clip,
    progress: Progress,
    *,
    keep_frames: bool = False,
    find_bodies: bool = False,
    transcriber: Transcriber | None = None,
    max_duration: float = math.inf,
    warn: Callable[[str], None] = no_warning,
    meanwhile: Callable[[], None] = nothing,
) -> Iterator[Evidence]:
    """Evidence about a clip, block by block.

    keep_frames: keep some for models of the whole scene. find_bodies: look for the joints of people. transcriber:
    writes down speech in place of Whisper tiny.en. max_duration: seconds of the clip. warn: called with what of the
    clip was lost. meanwhile: see `Collector.finish`. Raises ClipError when nothing can be decoded, or more than
    max_duration.
    """
    collecting = Collector(clip, transcriber, keep_frames=keep_frames, find_bodies=find_bodies)
    with closing(collecting) as collector:
        for item in stream(clip, FRAME_RATE, detail=MAX_DETAIL_SIDE, warn=warn):
            if item.time > max_duration:
                raise ClipError(
                    f"{clip.name}: goes on for longer than the {max_duration / 60:.0f} minutes that are taken. Cut it."
                )
            done = max(collector.until, item.time)  # frames and sounds come in no order
            progress("watching and listening", min(done / clip.duration, 1.0) if clip.duration else 0.0)
            yield from collector.feed(item)
        *earlier, last = collector.finish(meanwhile)
        yield from earlier
    if clip.duration - last.end > max(SHORTFALL * clip.duration, 1.0):
        warn(f"the clip is said to be {clip.duration:.1f} s long; what can be decoded ends at {last.end:.1f} s")
    yield last


def _sharp_enough(frame: Frame, faces: list[Face]) -> np.ndarray:
    """The frame's image, or its detail where a face has too few pixels in the image."""
    sides = [((face.box[2:] - face.box[:2]) * frame.image.shape[1::-1]).max() for face in faces]
    return frame.detail() if min(sides, default=DETAILED_BELOW) < DETAILED_BELOW else frame.image


def _end(clip: Clip, video_end: float, audio_end: float) -> float:
    """Seconds at which the clip ends: the header's word where the tracks bear it out within a step, else what the
    tracks hold.
    """
    observed = max(video_end, audio_end)
    if not observed or not clip.duration:
        return observed
    step = max(1 / FRAME_RATE + 1 / max(clip.fps, 1), 0.5)
    return clip.duration if abs(clip.duration - observed) <= step else observed

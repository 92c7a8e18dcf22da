"""What programs call, by name or as MCP tools. A call that is canceled ends its work, as the page's button does."""

import asyncio
from collections.abc import Generator
from typing import Any, TypeVar

import gradio as gr

from cer.observation import Observation
from cer.results.document import as_json, to_json
from cer.web.batch import MAX_CLIPS, work
from cer.web.rate import LIMIT, visitor_of
from cer.web.watching import conclude, refuse, user_message, watch
from cer.words import say

Step = TypeVar("Step")
_ENDED = object()


async def last_of(steps: Generator[Step | None]) -> Step:
    """The last thing that a job yields, None apart. A call that is canceled closes the job between two of its steps.

    Raises what the job raises, in words for whoever called.
    """
    last: Step | None = None
    pending: asyncio.Task[Any] | None = None
    try:
        while True:
            pending = asyncio.create_task(asyncio.to_thread(next, steps, _ENDED))
            step = await asyncio.shield(pending)
            if step is _ENDED:
                break
            last = last if step is None else step
    except Exception as error:
        raise user_message(error) from error
    finally:
        if pending is not None and not pending.done():
            await asyncio.wait([pending])  # a generator cannot be closed in the middle of a step
        steps.close()
    assert last is not None
    return last


async def analyze(clip: str, request: gr.Request | None = None) -> str:
    """Compound expressions in a video clip: six modalities, their fusion and the seven compound expressions over time.

    Args:
        clip: a video or audio file as a data: URL with base64 (data:video/mp4;base64,...) or a public https URL

    Returns:
        the text of analysis.json, schema 2
    """
    LIMIT.admit(visitor_of(request))
    observed = await last_of(watch(clip, lambda fraction, stage: None))
    assert isinstance(observed, Observation)
    return to_json(conclude(observed))


async def analyze_batch(clips: list[str], request: gr.Request | None = None) -> str:
    """The same for several clips, one after the other.

    Args:
        clips: video or audio files, each as a data: URL with base64 or a public https URL

    Returns:
        JSON: by the clip's name what analysis.json holds, or {"problem": why it could not be read}
    """
    if not 1 <= len(clips or []) <= MAX_CLIPS:
        raise refuse(say("batch.many", count=len(clips or []), limit=MAX_CLIPS) if clips else say("batch.none"))
    LIMIT.admit(visitor_of(request), len(clips))
    batch = await last_of(work(clips, lambda fraction, stage: None))
    return as_json(batch.documents())

import asyncio
from collections.abc import Generator
from threading import Event

import gradio as gr
import pytest

from cer.errors import CerError
from cer.web.programs import last_of
from tests.apart import run


def test_the_last_step_is_the_answer() -> None:
    assert run(last_of(iter_of(None, 1, None, 2, None))) == 2


def iter_of(*steps: int | None) -> Generator[int | None]:
    yield from steps


def test_what_a_job_raises_is_told_in_words() -> None:
    def broken() -> Generator[int | None]:
        yield None
        raise CerError("no.mp4 is no clip")

    with pytest.raises(gr.Error, match="is no clip"):
        run(last_of(broken()))


def test_a_canceled_call_closes_its_job() -> None:
    begun, go_on, closed = Event(), Event(), Event()

    def endless() -> Generator[int | None]:
        try:
            while True:
                begun.set()
                go_on.wait()
                yield None
        finally:
            closed.set()

    async def cancel() -> None:
        call = asyncio.create_task(last_of(endless()))
        await asyncio.to_thread(begun.wait)
        call.cancel()  # in the middle of a step
        asyncio.get_running_loop().call_soon(go_on.set)
        with pytest.raises(asyncio.CancelledError):
            await call

    run(cancel())
    assert closed.is_set()

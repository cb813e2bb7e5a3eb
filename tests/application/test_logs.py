"""What the log tells: never a ballot's content, a text, a key or who voted, not even in the trace of a failure."""

import io
import sys

import pytest
import structlog

from cocreate.application import SubmitIdea
from cocreate.application.errors import AnswerLost
from cocreate.logconfig import set_up_logging
from cocreate.persistence.popo import PopoRecordStore
from tests.application.nodes import (
    FailingStore,
    cast_ballot,
    create,
    idea,
    join,
    live,
    open_round,
    running,
    seat,
)


class Terminal(io.StringIO):
    """A standard error that says it is a terminal, or not."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.mark.parametrize("terminal", [True, False])
async def test_the_trace_of_a_failed_batch_shows_no_variables(
    terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says where it failed; the ballots, texts and keys that were in hand are not in it."""
    told = Terminal(terminal=terminal)
    held_loggers = structlog.get_config()
    with monkeypatch.context() as redirected:
        redirected.setattr(sys, "stderr", told)
        redirected.setattr("cocreate.logconfig._route_libraries", lambda *_: None)
        set_up_logging("debug")
        structlog.configure(cache_logger_on_first_use=False)
        store = FailingStore(PopoRecordStore())
        async with running(store, timekeeper=False) as service:
            workshop = await create(service)
            (ada,) = await join(service, workshop, "ada")
            option = await idea(service, workshop, ada, "A fountain")
            round_id = await open_round(service, workshop, [option])
            held = await live(service, workshop)
            hidden = [held.keyring.round_key(round_id) or b"", held.keyring.command_secret]
            store.fail("a bug", "a bug")
            with pytest.raises(AnswerLost):
                await service.execute(ada, workshop, cast_ballot(round_id, option))
            with pytest.raises(AnswerLost):
                await service.execute(ada, workshop, SubmitIdea(text="My secret words"))
            words = [await seat(service, workshop, ada), option, round_id, "My secret words"]
    structlog.configure(**held_loggers)
    text = told.getvalue()
    assert "nobody expected this" in text
    assert "batch_failed" in text
    assert not [word for word in words if word in text]
    assert not [key for key in hidden if key.hex() in text or repr(key) in text]

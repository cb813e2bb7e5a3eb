"""What the store cannot do, told to readers and visitors like to those who write: as Unavailable, with when to try again."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from cocreate.application.errors import AnswerLost, StoreDown
from cocreate.persistence.errors import OutcomeUnknown, StoreUnavailable

P = ParamSpec("P")
T = TypeVar("T")


def store_told(ask: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Raise StoreDown for StoreUnavailable and AnswerLost for OutcomeUnknown."""

    @wraps(ask)
    async def told(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await ask(*args, **kwargs)
        except StoreUnavailable as error:
            raise StoreDown() from error
        except OutcomeUnknown as error:
            raise AnswerLost() from error

    return told

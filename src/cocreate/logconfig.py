"""Logging, set up once: JSON lines on standard error, or lines for people where that is a terminal.

Ours go through structlog, those of libraries through the standard library into the same form. Call it after the store's
module has been imported: the event-sourcing library sets psycopg's loggers when it is, and what comes last holds.
"""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import structlog
from pydantic_core import to_json
from structlog.typing import EventDict, Processor

LIBRARY_LEVEL = logging.WARNING
"""What libraries tell below this is of no use to an operator."""


def set_up_logging(level: str) -> None:
    """`level` is one of config.LOG_LEVELS; libraries never say less than a warning."""
    least = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    form: list[Processor]
    if sys.stderr.isatty():
        # The default draws every frame's variables: ballots, tokens, keys.
        form = [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        ours = [*shared, *form]
    else:
        form = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        ours = [_json_line]
    structlog.configure(
        processors=ours,
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _route_libraries(shared, form, max(least, LIBRARY_LEVEL))


def _json_line(logger: Any, method: str, event: EventDict) -> str:
    """What the four processors of libraries' lines do, in one step: a busy node writes thousands of ours a second."""
    if event.get("exc_info"):
        event = structlog.processors.format_exc_info(logger, method, event)
    event["level"] = "error" if method == "exception" else method
    event["timestamp"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return to_json(event, fallback=repr).decode()


def _route_libraries(shared: list[Processor], form: list[Processor], least: int) -> None:
    handler = logging.StreamHandler(sys.stderr)
    processors = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *form]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=processors))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(least)
    for name in ("psycopg", "psycopg.pool", "aiohttp", "asyncio"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(least)

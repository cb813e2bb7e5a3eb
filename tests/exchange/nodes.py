"""How a test of imports names what opens a node on its database."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from cocreate.application import Service

Open = Callable[[], AbstractAsyncContextManager[Service]]

"""What a projection reacts to: a bound function for each type of event."""

from collections.abc import Callable, Mapping
from typing import Any

from cocreate.domain.messages import Event, Recorded

Handler = Callable[[Recorded, Any], None]
Handlers = Mapping[type[Event], Handler]

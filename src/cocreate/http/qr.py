"""QR codes as inline SVG: no picture to fetch, no script, sharp at any size."""

from functools import lru_cache
from typing import Final

import segno
from markupsafe import Markup

ROOMS_DRAWN_MAX: Final = 64


def qr_svg(text: str, label: str) -> Markup:
    """An SVG of the text, named for those who do not see it; dark on light in every theme, or phones cannot read it."""
    drawn = segno.make(text, error="m", micro=False).svg_inline(
        border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None
    )
    named = Markup('<svg role="img" aria-label="{}" ').format(label)
    return named + Markup(drawn.removeprefix("<svg "))  # noqa: S704  segno draws modules, it never repeats the text


@lru_cache(ROOMS_DRAWN_MAX)
def room_qr_svg(text: str, label: str) -> Markup:
    """The code of a room's door, kept as drawn: a projector asks for it every second. Never for a link that is used once."""
    return qr_svg(text, label)

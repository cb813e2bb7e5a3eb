"""QR codes as inline SVG: no picture to fetch, no script, sharp at any size."""

import segno
from markupsafe import Markup


def qr_svg(text: str, label: str) -> Markup:
    """An SVG of the text, named for those who do not see it; dark on light in every theme, or phones cannot read it."""
    drawn = segno.make(text, error="m", micro=False).svg_inline(
        border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None
    )
    named = Markup('<svg role="img" aria-label="{}" ').format(label)
    return named + Markup(drawn.removeprefix("<svg "))  # noqa: S704  segno draws modules, it never repeats the text

"""The report as one HTML page for people: self-contained, printable, in plain words, usable without a mouse or colours."""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Final

from cocreate.audit.predecessor import BECAUSE, told
from cocreate.audit.report import PROVEN, VIOLATED, Report, RoundReport, moment, said, stuffing, where

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1a1a1a; --paper: #ffffff; --line: #767676; }
@media (prefers-color-scheme: dark) { :root { --ink: #f2f2f2; --paper: #161616; --line: #9a9a9a; } }
body { color: var(--ink); background: var(--paper); font: 1.0625rem/1.5 system-ui, sans-serif;
  max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1, h2, h3 { line-height: 1.2; margin: 1.5em 0 .5em; } h1 { overflow-wrap: anywhere; }
.verdict { border: .25rem solid var(--ink); padding: .75rem 1rem; font-size: 1.25rem; }
dl { display: grid; grid-template-columns: minmax(9rem, max-content) 1fr; gap: .25rem 1rem; }
dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
caption { text-align: left; padding-bottom: .25rem; }
th, td { border: 1px solid var(--line); padding: .25rem .5rem; text-align: left; vertical-align: top; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
li { margin-bottom: .75rem; overflow-wrap: anywhere; }
@media (max-width: 36rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } }
@media print { :root { --ink: #000; --paper: #fff; } body { max-width: none; font-size: 10pt; padding: 0; }
  table { font-size: 8pt; } th, td { padding: .1rem .25rem; }
  li, tr { break-inside: avoid; } }
"""
_NEXT: Final = {
    PROVEN: "Everything that can be checked was checked, and it holds.",
    VIOLATED: "Keep this page, the copy and the evidence file. Show them to the host, and to somebody the host does not choose.",
}
_NEXT_OPEN: Final = (
    "What was checked holds. The list at the end says what was not checked, and what it would take."
)
_ROUND_COLUMNS: Final = (
    "Vote", "Method", "Ballots are", "State", "Could vote", "Voted", "Counted", "Counted again", "Added votes",
)  # fmt: skip


def page_of(report: Report) -> str:
    """The whole page."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield "<!doctype html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    yield f"<title>Audit of {escape(report.origin)}</title><style>{_STYLE}</style></head><body><main>"
    yield f"<h1>Audit of the record {escape(report.origin)}</h1>"
    yield f'<p class="verdict"><strong>{escape(report.verdict)}</strong></p>'
    yield f"<p>{escape(_NEXT.get(report.exit_code, _NEXT_OPEN))} Made on {moment(report.made_at_ms)}.</p>"
    if report.violations:
        yield "<h2>What is wrong</h2><ol>"
        for one in report.violations:
            yield (
                f"<li><strong>{escape(one.meaning)}</strong> ({escape(one.kind)}{escape(where(one))})<br>"
                f"Expected: {escape(one.expected)}<br>Found: {escape(one.found)}</li>"
            )
        yield "</ol>"
    yield "<h2>What was checked</h2>"
    yield from _facts(_checked(report))
    yield from _rounds(report.rounds)
    yield "<h2>What could not be checked</h2>"
    if report.unchecked:
        yield "<ul>" + "".join(f"<li>{escape(why)}</li>" for why in report.unchecked.values()) + "</ul>"
    else:
        yield "<p>Nothing was left open.</p>"
    yield "<h2>How to read this</h2>"
    yield (
        "<p>The record is a list of numbered entries. A fingerprint (the root) is made of all of them, so that changing, "
        "leaving out or adding a single one changes it. The record’s own key signs the fingerprint. Compare the six words "
        "with those on the screen, in the minutes or on paper: where they are the same, it is the same record.</p>"
    )
    yield "</main></body></html>"


def _checked(report: Report) -> Iterator[tuple[str, str]]:
    yield "Copy", report.source
    yield (
        "Key",
        f"{report.key} ({'given by you' if report.pinned else 'from the copy itself: nobody vouches for it'})",
    )
    yield "Entries", f"{report.size:,}"
    yield "Fingerprint (root)", report.root
    yield "In six words", report.words
    yield "Signature", "holds" if report.signed else "not checked, or not good"
    yield "Compared with what you saw before", (
        "nothing was remembered" if report.remembered is None
        else f"continues the {report.remembered:,} entries seen before"
    )  # fmt: skip
    yield "Seen by witnesses", (
        "by none that you named" if report.cosigned_size is None or report.cosigned_at_ms is None
        else f"{report.cosigned_size:,} entries on {moment(report.cosigned_at_ms)}, by {', '.join(report.cosigned_by)}"
    )  # fmt: skip
    yield "Entries that no witness has seen", f"{report.unwitnessed:,}"
    yield "Entries read and fingerprinted again", f"{report.entries_hashed:,}"
    yield (
        "Entries shown as fingerprints only",
        f"{report.entries_withheld:,}"
        + (
            ""
            if report.withheld_until_ms is None
            else f", until {moment(report.withheld_until_ms)} at the latest"
        ),
    )
    yield "Entries whose rules were checked", f"{report.rules_checked_to:,}"
    yield "State digests checked", f"{report.digests_checked}"
    yield (
        "Texts",
        ", ".join(f"{count:,} {status.replace('_', ' ')}" for status, count in report.texts.items()),
    )
    if report.imported is not None:
        yield "Imported", report.imported
    if report.continued is not None:
        named = report.continued.named
        sentences = "; ".join([BECAUSE[named.because], *told(report.continued)])
        yield "Goes on from another record", f"{named.origin}: {sentences}."


def _declared(one: RoundReport) -> list[str]:
    return [] if one.declared is None else [f"declared instead: {', '.join(one.declared) or 'nothing'}"]


def _facts(facts: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield "<dl>"
    for name, value in facts:
        yield f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>"
    yield "</dl>"


def _rounds(rounds: Iterable[RoundReport]) -> Iterator[str]:
    rows = list(rounds)
    yield "<h2>Votes</h2>"
    if not rows:
        yield "<p>The record has none.</p>"
        return
    yield '<div class="scroll" tabindex="0" role="region" aria-label="Votes, counted again"><table>'
    yield "<caption>Each vote, counted again from its ballots</caption><thead><tr>"
    yield "".join(f'<th scope="col">{name}</th>' for name in _ROUND_COLUMNS) + "</tr></thead><tbody>"
    for one in rows:
        count = "; ".join([one.recounted, *map(said, one.since), *_declared(one)])
        words = (one.method, one.secrecy, one.status)
        numbers = (one.eligible, one.cast, one.counted)
        yield f'<tr><th scope="row">opened at entry {one.opened_at}</th>' + "".join(
            [
                *(f"<td>{escape(word)}</td>" for word in words),
                *(f'<td class="n">{number:,}</td>' for number in numbers),
                f"<td>{escape(count)}</td><td>{escape(stuffing(one))}</td></tr>",
            ]
        )
    yield "</tbody></table></div>"

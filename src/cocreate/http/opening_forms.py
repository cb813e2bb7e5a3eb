"""The form that opens a round: each method's parameters as fields, read into its rules; prices, one field an idea."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from cocreate.http import money, pages_words
from cocreate.http.ballot_forms import whole
from cocreate.http.pages_forms import Fields, FormWrong, first
from cocreate.http.pages_room import Item

COST: Final = "cost_"
"""What the name of an idea's price begins with."""
PRICES_MISSING_TOLD_MAX: Final = 8
RANKED_MAX: Final = 120
"""Places offered where the form says none: nobody orders more."""
CURRENCIES: Final = (
    "EUR", "BGN", "CHF", "CZK", "DKK", "GBP", "HUF", "ISK", "MDL", "NOK", "PLN", "RON", "RSD", "SEK", "TRY", "UAH", "USD",
)  # fmt: skip


class Parameter(NamedTuple):
    """`field` is its name on the form, `rule` its name in the rules."""

    field: str
    rule: str
    read: Callable[[str, Fields], Any]


def _count(text: str, _: Fields) -> Any:
    """A whole number, or what was typed instead, for the rules to refuse."""
    number = whole(text)
    return text if number is None else number


def _word(text: str, _: Fields) -> Any:
    return text


def _flag(text: str, _: Fields) -> bool:
    return text == "yes"


def _amount(text: str, fields: Fields) -> Any:
    minor = money.minor_of(text, first(fields, "money_currency"))
    return text if minor is None else minor


def _named(prefix: str, **rules: Callable[[str, Fields], Any]) -> Sequence[Parameter]:
    return [Parameter(f"{prefix}_{rule}", rule, read) for rule, read in rules.items()]


_MONEY: Final = _named(
    "money", ballot=_word, budget=_amount, currency=_word, choices_max=_count, points_max=_count, ties=_word
)
PARAMETERS: Final[Mapping[str, Sequence[Parameter]]] = {
    "support": (),
    "opinion": (),
    "approval": (Parameter("choices_max", "choices_max", _count), Parameter("seats", "seats", _count)),
    "dots": _named("dots", purse=_count, cap=_count, seats=_count),
    "score": _named("score", by=_word, raters_min=_count, seats=_count),
    "quadratic": _named("quadratic", credits=_count, against=_flag, seats=_count),
    "ranked": _named("ranked", count=_word, choices_max=_count, seats=_count),
    "consent": _named("consent", objections_max=_count, quorum=_count),
    "budget": [*_MONEY, *_named("budget", skip=_flag, threshold=_count)],
    "equal_shares": [*_MONEY, *_named("shares", completion=_word, raise_by=_amount)],
}


def rules_in(fields: Fields, options: Sequence[str]) -> dict[str, Any]:
    """The rules that the form says, for the action to check; raises FormWrong for what is no amount of money."""
    method = first(fields, "method")
    rules: dict[str, Any] = {"method": method}
    if method == "opinion" and "listed" not in fields:
        rules["routing"] = "informative.v1"
    for field, rule, read in PARAMETERS.get(method, ()):
        typed = first(fields, field).strip()
        rules[rule] = read(typed, fields)
        if read is _amount and rules[rule] == typed:
            raise FormWrong([(field, pages_words.amount_wrong(rule, typed, first(fields, "money_currency")))])
    if rules.get("choices_max") == "" and method != "approval":
        rules["choices_max"] = max(1, min(len(options), RANKED_MAX) if method == "ranked" else len(options))
    if rules.get("ballot") in ("approval", "ordinal"):
        del rules["points_max"]
    return rules


def costs_in(fields: Fields, options: Sequence[Item]) -> list[list[Any]]:
    """[idea, price] of each option; raises FormWrong where a price is missing or is none."""
    currency = first(fields, "money_currency")
    costs: list[list[Any]] = []
    wrong: list[tuple[str, str]] = []
    for option in options:
        field = COST + option["key"]
        typed = first(fields, field).strip()
        minor = money.minor_of(typed, currency)
        if minor:
            costs.append([option["key"], minor])
        else:
            wrong.append((field, pages_words.price_wrong(_title(option), typed, currency)))
    if wrong:
        more = len(wrong) - PRICES_MISSING_TOLD_MAX
        rest = [("", pages_words.PRICES_MISSING.format(more=more))] if more > 0 else []
        raise FormWrong([*wrong[:PRICES_MISSING_TOLD_MAX], *rest])
    return costs


def _title(option: Item) -> str:
    text = option["title"] if "title" in option else option["text"]
    words: str = text["texts"][text["language"]]
    return words if len(words) <= 60 else f"{words[:59].rstrip()}…"


def placed(error: ValidationError, method: str) -> FormWrong:
    """What the action refuses, at the fields of this form."""
    fields = {rule: field for field, rule, _ in PARAMETERS.get(method, ())}
    return FormWrong([(fields.get(name, name), said) for name, said in pages_words.mistakes(error)])

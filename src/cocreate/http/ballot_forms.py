"""Ballots as forms: what a round's ballot asks, what its fields hold, and the choice that they say.

A method's rules stand in the domain and are asked there. Here is how a choice is written into fields and read from them, the
running total beside it, and, where the domain refuses a choice, the same in words that name the ideas.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from cocreate.application import REASON_LENGTH_MAX, REASONS_MAX
from cocreate.http import money, words_ballots
from cocreate.http.pages_forms import Fields, FormWrong
from cocreate.http.pages_room import Item

Kind = Literal["tick", "number", "rating", "rank", "stance"]
Typed = Mapping[str, str]
"""By idea, what its field holds; ideas without anything are left out."""

MARK: Final = "m-"
"""What the name of an idea's field begins with."""
REASON: Final = "why-"
"""What the name of the field for an objection's reason begins with."""
RATINGS: Final = ("0", "1", "2", "3", "4", "5")
OPPOSED: Final = ("-1", "-2")
LENGTH_MAX: Final = 9
"""Digits read of a number: more than any rule permits, and few enough for any integer."""


@dataclass(frozen=True)
class BallotForm:
    """`limit` is what there is in all, `each` what one idea may get, `places` how many ideas a ballot may name."""

    method: str
    kind: Kind
    rules: Mapping[str, Any]
    unit: str = ""
    limit: int | None = None
    each: int | None = None
    places: int | None = None
    squares: bool = False
    against: bool = False
    equals: bool = False

    @property
    def currency(self) -> str | None:
        found: str | None = self.rules.get("currency")
        return found

    @property
    def budget(self) -> str:
        """What there is to spend, in words."""
        return money.said(self.rules["budget"], self.rules["currency"])

    @property
    def digits(self) -> int:
        return money.digits_of(self.rules["currency"])

    @property
    def words(self) -> words_ballots.Running:
        """What the running total says."""
        return words_ballots.running(self.kind, self.unit, self.limit)

    def price(self, option: Item) -> str:
        return money.said(option["cost"], self.rules["currency"]) if "cost" in option else ""


def form_of(rules: Mapping[str, Any]) -> BallotForm:
    """The ballot form of a round that does not ask statement by statement."""
    method = rules["method"]
    match method:
        case "approval":
            return BallotForm(method, "tick", rules, limit=rules["choices_max"])
        case "dots":
            return BallotForm(method, "number", rules, "dots", rules["purse"], rules["cap"])
        case "quadratic":
            return BallotForm(
                method, "number", rules, "credits", rules["credits"], squares=True, against=rules["against"]
            )
        case "score":
            return BallotForm(method, "rating", rules)
        case "consent":
            return BallotForm(method, "stance", rules)
        case "ranked":
            equals = rules["count"] in ("borda", "schulze")
            return BallotForm(method, "rank", rules, places=rules["choices_max"], equals=equals)
        case "budget" | "equal_shares":
            return _money_form(method, rules)
        case _:
            return BallotForm(method, "tick", rules)


def _money_form(method: str, rules: Mapping[str, Any]) -> BallotForm:
    places, points = rules["choices_max"], rules.get("points_max")
    match rules["ballot"]:
        case "approval":
            return BallotForm(method, "tick", rules, limit=places)
        case "ordinal":
            return BallotForm(method, "rank", rules, places=places)
        case "cumulative":
            return BallotForm(method, "number", rules, "points", points, points, places)
        case _:
            return BallotForm(method, "number", rules, "points", None, points, places)


def typed_in(form: BallotForm, fields: Fields) -> dict[str, str]:
    """What a sent form holds, idea by idea."""
    if form.kind == "tick":
        return dict.fromkeys(fields.get("choice", []), "1")
    return {
        name.removeprefix(MARK): text
        for name, values in fields.items()
        if name.startswith(MARK) and (text := values[0].strip())
    }


def typed_of(form: BallotForm, choice: Any) -> dict[str, str]:
    """What the fields of a standing ballot hold."""
    if not choice:
        return {}
    named = isinstance(choice[0], str)
    if form.kind == "tick":
        return dict.fromkeys(choice, "1")
    if form.kind == "rank" and named:
        return {idea: str(place) for place, idea in enumerate(choice, 1)}
    if form.kind == "rank" and form.method != "ranked":
        return {idea: str(form.rules["choices_max"] - points + 1) for idea, points in choice}
    return {idea: str(number) for idea, number in choice}


def choice_in(form: BallotForm, typed: Typed, options: Sequence[Item]) -> Any:
    """The choice that the fields say; raises FormWrong for what no choice can say: not a number, one place for two ideas."""
    if form.kind == "tick":
        return list(typed)
    by_idea = {option["idea"]: option for option in options}
    numbers: dict[str, int] = {}
    wrong: list[tuple[str, str]] = []
    for idea, text in typed.items():
        number = whole(text)
        if idea not in by_idea:
            wrong.append(("", words_ballots.NOT_AN_OPTION))
        elif number is None or (form.kind == "rank" and number < 1):
            wrong.append((MARK + idea, words_ballots.not_a_number(form.kind, named(by_idea[idea]), text)))
        elif number or form.kind in ("rating", "stance"):
            numbers[idea] = number
    if form.kind == "rank" and not form.equals:
        wrong += _doubles(numbers, by_idea)
    if wrong:
        raise FormWrong(list(dict.fromkeys(wrong)))
    return _ranked(form, numbers) if form.kind == "rank" else [list(one) for one in numbers.items()]


def reasons_of(ballot: Item) -> dict[str, str]:
    """What a standing ballot gives as reasons, by idea; without those that are erased."""
    texts = {one["option"]: one["text"] for one in ballot.get("reasons", [])}
    return {idea: text["texts"][text["language"]] for idea, text in texts.items() if "gone" not in text}


def reasons_in(fields: Fields, typed: Typed, options: Sequence[Item], standing: Typed) -> dict[str, str]:
    """Why the ballot objects or blocks, by idea; raises FormWrong for a reason that there is nothing to give for.

    `standing` are the reasons that the form was filled with: who changes their mind need not empty their fields.
    """
    found: dict[str, str] = {}
    wrong: list[tuple[str, str]] = []
    for option in options:
        idea = option["idea"]
        why = fields.get(REASON + idea, [""])[0].strip()
        if not why or (typed.get(idea) not in OPPOSED and why == standing.get(idea)):
            continue
        found[idea] = why
        if typed.get(idea) not in OPPOSED:
            wrong.append((REASON + idea, words_ballots.REASON_ALONE.format(name=named(option))))
        elif len(why) > REASON_LENGTH_MAX:
            wrong.append((REASON + idea, words_ballots.REASON_TOO_LONG.format(limit=REASON_LENGTH_MAX)))
    if len(found) > REASONS_MAX:
        wrong.append(("", words_ballots.REASONS_TOO_MANY.format(limit=REASONS_MAX)))
    if wrong:
        raise FormWrong(wrong)
    return found


def _ranked(form: BallotForm, numbers: Mapping[str, int]) -> Any:
    """Only the order counts, so gaps are closed. Equal places go as places, for those counts that take them."""
    order = sorted(numbers, key=lambda idea: numbers[idea])
    if form.method != "ranked":
        points_max = form.rules["choices_max"]
        return [[idea, points_max - place] for place, idea in enumerate(order)]
    closed = {number: place for place, number in enumerate(sorted(set(numbers.values())), 1)}
    if len(closed) == len(order):
        return order
    return [[idea, closed[numbers[idea]]] for idea in order]


def _doubles(numbers: Mapping[str, int], by_idea: Mapping[str, Item]) -> Iterable[tuple[str, str]]:
    """Every place that several ideas have, told once, at the last of them."""
    for place, times in Counter(numbers.values()).items():
        if times > 1:
            ideas = [idea for idea, number in numbers.items() if number == place]
            yield MARK + ideas[-1], words_ballots.double(place, [named(by_idea[idea]) for idea in ideas])


def whole(text: str) -> int | None:
    """A whole number as people type it, also with the minus sign of their keyboard; None if it is none."""
    text = text.strip().replace("\u2212", "-")
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= LENGTH_MAX else None


@dataclass(frozen=True)
class Total:
    """What a ballot has used, how many ideas it names, and what these cost (minor units)."""

    used: int
    named: int
    cost: int


def total(form: BallotForm, typed: Typed, options: Sequence[Item]) -> Total:
    """The running total; what cannot be read counts nothing."""
    used = count = cost = 0
    for option in options:
        text = typed.get(option["idea"], "")
        number = whole(text) if text else None
        if number is None or (number == 0 and form.kind == "number"):
            continue
        count += 1
        cost += option.get("cost", 0)
        used += number * number if form.squares else number if form.kind == "number" else 1
    return Total(used, count, cost)


def running(form: BallotForm, typed: Typed, options: Sequence[Item]) -> str:
    """The running total in words."""
    now, words = total(form, typed, options), form.words
    facts = {
        "used": now.used,
        "limit": form.limit or 0,
        "left": (form.limit or 0) - now.used,
        "named": now.named,
    }
    parts = [words.so_far.format(**facts)]
    if form.limit is not None and now.used > form.limit:
        parts.append(words.over.format(over=now.used - form.limit))
    if form.currency is not None:
        cost = money.said(now.cost, form.currency)
        parts.append(words_ballots.COSTS.format(cost=cost, budget=form.budget))
    return ". ".join(parts)


def flaws(form: BallotForm, choice: Any, options: Sequence[Item]) -> list[tuple[str, str]]:
    """Why the domain refuses the choice, at the fields it is about; nothing where there is no better word than its own."""
    by_idea = {option["idea"]: option for option in options}
    pairs = [(one, 1) if isinstance(one, str) else (one[0], one[1]) for one in choice]
    found: list[tuple[str, str]] = []
    for idea, number in pairs:
        over = form.each is not None and number > form.each
        under = form.kind == "number" and number < 0 and not form.against
        if idea in by_idea and (over or under):
            said = words_ballots.out_of_range(
                named(by_idea[idea]), "votes" if form.squares else form.unit, form.each, number
            )
            found.append((MARK + idea, said))
    used = sum(abs(number) ** (1 + form.squares) if form.kind == "number" else 1 for _, number in pairs)
    if form.limit is not None and used > form.limit:
        found.append(("", words_ballots.over(form.kind, form.unit, form.limit, used)))
    if form.places is not None and len(pairs) > form.places:
        found.append(("", words_ballots.too_many(form.places, len(pairs))))
    return found


def kept(form: BallotForm, typed: Typed, options: Sequence[Item]) -> list[tuple[Item, str]]:
    """What was filled in and not sent: the options with words for what they had."""
    chosen = [option for option in options if option["idea"] in typed]
    return [(option, words_ballots.mark(form.kind, form.unit, typed[option["idea"]])) for option in chosen]


def in_order(form: BallotForm, typed: Typed, options: Sequence[Item]) -> Sequence[Item]:
    """The options as the ballot lists them: those that have a place first, by it, then the others as the round has them."""
    if form.kind != "rank":
        return options
    return sorted(options, key=lambda option: whole(typed.get(option["idea"], "")) or 10**LENGTH_MAX)


def named(option: Item) -> str:
    """An option in a sentence."""
    text = option["title"] if "title" in option else option["text"]
    if "gone" in text:
        return f"#{option['number']}"
    words = text["texts"][text["language"]]
    short = words if len(words) <= 60 else f"{words[:59].rstrip()}…"
    return f"#{option['number']} “{short}”"

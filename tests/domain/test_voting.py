"""The methods with a ballot form, each with an example worked by hand, and the rule that breaks ties."""

from __future__ import annotations

from cocreate.domain.voting import METHODS, Ranking
from cocreate.domain.voting.choices import one_object
from tests.domain.voting.booth import RANKING, A, B, C, D, box
from tests.domain.words import OPINION, SUPPORT, approval, idea_id, round_id


def test_the_registry_knows_each_method_by_its_name() -> None:
    assert {"support", "approval", "opinion"} < METHODS.keys()
    assert all(method.name == name for name, method in METHODS.items())
    assert {method.version for method in METHODS.values()} == {1}


def test_support_counts_who_supports_each_idea_and_elects_nobody() -> None:
    """Three people: A and B; B; nothing. So A 1, B 2, C 0, D 0."""
    result = METHODS["support"].result(SUPPORT, box("support", (None, (A, B)), (None, (B,)), (None, ())))
    assert result.rows == ((A, 1), (B, 2), (C, 0), (D, 0))
    assert result.elected == ()
    assert result.steps == ({"step": "counted", "options": 4},)


def test_approval_elects_the_most_approved_and_says_for_each_seat_with_how_many() -> None:
    """A 1, B 3, C 2, D 0 and two seats: B with 3, then C with 2."""
    counted = box("approval", (None, (A, B)), (None, (B, C)), (None, (B, C)))
    result = METHODS["approval"].result(approval(2, seats=2), counted)
    assert result.elected == (B, C)
    assert result.steps == (
        {"step": "elected", "seat": 1, "option": B, "approvals": 3},
        {"step": "elected", "seat": 2, "option": C, "approvals": 2},
    )


def test_approval_names_the_tie_it_broke_and_fills_the_last_seat_from_it() -> None:
    """B 2, then A, C, D tied at 1 for the one seat left: the published order decides among them."""
    counted = box("approval", (None, (A, B)), (None, (B, C)), (None, (D,)))
    result = METHODS["approval"].result(approval(2, seats=2), counted)
    order = RANKING.order([A, C, D])
    assert result.elected == (B, order[0])
    assert {"step": "tie_broken", "approvals": 1, "order": order} in result.steps


def test_approval_leaves_a_seat_empty_rather_than_electing_what_nobody_approved() -> None:
    result = METHODS["approval"].result(approval(1, seats=3), box("approval", (None, (A,))))
    assert result.elected == (A,)
    assert result.steps[-1] == {"step": "seats_unfilled", "seats": 2}


def test_opinion_counts_agree_disagree_and_pass_of_each_statement() -> None:
    """On A: agree, agree, disagree. On B: pass. Agree is +1."""
    counted = box("opinion", (A, 1), (A, 1), (A, -1), (B, 0))
    result = METHODS["opinion"].result(OPINION, counted)
    assert METHODS["opinion"].columns == ("agree", "disagree", "pass")
    assert result.rows == ((A, 2, 1, 0), (B, 0, 0, 1), (C, 0, 0, 0), (D, 0, 0, 0))
    assert result.elected == ()


def test_what_is_blank_differs_between_methods() -> None:
    assert METHODS["support"].is_blank(())
    assert METHODS["approval"].is_blank(())
    assert not METHODS["approval"].is_blank((A,))
    assert not METHODS["opinion"].is_blank(0), "a pass is an answer"


def test_taking_a_choice_back_leaves_the_tally_as_if_it_had_never_been() -> None:
    running = box("opinion", (A, 1)).tally
    running.add(A, -1)
    running.add(A, 1, -1)
    assert running.rows() == box("opinion", (A, -1)).tally.rows()


def test_the_order_of_ties_depends_on_round_and_root_and_on_nothing_else() -> None:
    options = [idea_id(number) for number in range(20)]
    assert RANKING.order(options) == Ranking(bytes(32), round_id(1)).order(reversed(options))
    assert RANKING.order(options) != Ranking(bytes(32), round_id(2)).order(options)
    assert RANKING.order(options) != Ranking(b"\x01" * 32, round_id(1)).order(options)


def test_equal_choices_are_one_object_and_long_ones_share_the_ids_they_name() -> None:
    """A hundred thousand ballots hold the few things that they say; what is said never changes by that."""
    ids = [idea_id(number) for number in range(12)]
    again = ["".join(one) for one in ids]
    short, long = tuple(ids[:2]), tuple(ids)
    assert one_object(tuple(again[:2])) is one_object(short)
    assert one_object(tuple(again)) == one_object(long) == long
    assert all(one is other for one, other in zip(one_object(tuple(again)), one_object(long), strict=True))
    assert [one_object(answer) for answer in (1, 0, -1, ())] == [1, 0, -1, ()]

"""Opinion groups on their way to the process that counts them and back."""

from random import Random

from cocreate.domain.voting.groups import opinion_groups
from cocreate.projections.opinion import counted, packed, packed_head, read_counted

ROUND = "00000000-0000-4000-8000-000000000001"
STATEMENTS = [f"00000000-0000-4000-8000-0000000001{number:02}" for number in range(12)]
NUMBERS = {statement: number for number, statement in enumerate(STATEMENTS)}


def standing(voters: int) -> list[tuple[str, int | None]]:
    """Two camps, the second half the size of the first; some answers withdrawn."""
    chance, found = Random(voters), []
    for voter in range(voters):
        side = 1 if voter % 3 else -1
        for place, statement in enumerate(STATEMENTS):
            answer = chance.choice((None, side if place > 3 else 1, side if place > 3 else 1, 0))
            found.append((f"{ROUND}/{voter:032x}/{statement}", answer))
    return found


def test_the_groups_come_back_as_they_are_counted_without_a_voter() -> None:
    """Cut into whatever pieces; sizes, places, counts and rates are the count's own."""
    ballots = standing(45)
    pieces = [
        packed_head(STATEMENTS),
        *(packed(ballots[at : at + 100], NUMBERS) for at in range(0, 540, 100)),
    ]
    answer = counted(b"".join(pieces))
    found = read_counted(answer, STATEMENTS)
    wanted = opinion_groups(
        ((key[37:69], key[70:], choice) for key, choice in ballots if choice is not None), STATEMENTS
    )
    assert found.sizes == tuple(map(len, wanted.members))
    assert len(found.sizes) == 2
    assert (found.places, found.views()) == (wanted.places, list(wanted.statements))
    assert {found.statements[number] for number in found.unites} == {
        one.statement
        for one in wanted.statements
        if all(said is not None and said.agree > said.answers / 2 for said in one.by_group)
    }
    assert 0 < len(found.unites) <= 4
    assert [found.statements[number] for number in found.divides] == [
        one.statement for one in wanted.dividing(8)
    ]
    assert found.rejected == ()
    assert [[one[1] for one in side] for side in found.telling] == [[1] * 4, [-1] * 4]
    assert not any(voter in answer.decode() for group in wanted.members for voter in group)


def test_a_round_without_enough_answers_has_no_groups() -> None:
    for ballots in ([], standing(4), [(key, None) for key, _ in standing(9)]):
        found = read_counted(counted(packed_head(STATEMENTS) + packed(ballots, NUMBERS)), STATEMENTS)
        assert (found.sizes, found.statements, found.places, found.unites) == ((), (), (), ())


def test_what_few_of_a_group_said_does_not_come_back() -> None:
    """A statement that four of a group answered has no counts for it, and no rates."""
    ballots = standing(45)
    rare = STATEMENTS[5]
    kept: list[tuple[str, int | None]] = [(key, choice) for key, choice in ballots if key[70:] != rare]
    kept.extend((key, 1) for key, _ in [one for one in ballots if one[0][70:] == rare][:4])
    found = read_counted(counted(packed_head(STATEMENTS) + packed(kept, NUMBERS)), STATEMENTS)
    view = found.views()[5]
    assert None in view.by_group
    assert (view.agreement, view.disagreement, view.divide) == (None, None, None)

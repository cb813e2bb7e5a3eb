"""Repeats are found by where their command first wrote, however many commands there are and however alike."""

from hypothesis import given
from hypothesis import strategies as st

from cocreate.application.command_index import CommandIndex

ids = st.integers(0, 2**128 - 1).map(lambda number: f"{number:032x}")


@given(st.lists(st.tuples(ids, st.integers(1, 3)), max_size=60, unique_by=lambda one: one[0]), ids)
def test_every_command_is_found_where_it_began(commands: list[tuple[str, int]], stranger: str) -> None:
    """One after the other and in pages; a command's later entries do not count, and a stranger is nowhere."""
    index, paged, position = CommandIndex(), CommandIndex(), 7
    began: dict[str, int] = {}
    entries = [command for command, count in commands for _ in range(count)]
    paged.add_all(entries, position)
    for place, command in enumerate(entries, position):
        index.add(command, place)
        began.setdefault(command, place)
    for one in (index, paged):
        for asked in (*began, stranger):
            alike = [place for command, place in began.items() if command[:15] == asked[:15]]
            assert one.places(asked) == alike


def test_two_commands_with_one_fingerprint_are_both_told() -> None:
    """Fifteen equal digits: the entries decide, so both places are named."""
    index, alike = CommandIndex(), "0123456789abcde"
    index.add_all([alike + "0" * 17, "f" * 32, alike + "1" * 17], 0)
    assert index.places(alike + "0" * 17) == index.places(alike + "1" * 17) == [0, 2]

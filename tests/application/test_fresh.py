"""Random bytes from a pool are as good as those that fill it."""

from cocreate.application.fresh import Fresh


def test_no_byte_is_handed_out_twice() -> None:
    """Over several pools, in pieces that do not divide one."""
    fresh = Fresh()
    found = [fresh.hex(count) for count in (16, 7, 4_096, 8_192, 16, *[16] * 2_000)]
    assert [len(one) for one in found] == [2 * count for count in (16, 7, 4_096, 8_192, 16, *[16] * 2_000)]
    long = [one for one in found if len(one) >= 32]
    assert len(set(long)) == len(long)

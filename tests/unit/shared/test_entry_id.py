"""Neighbours of stream entry ids."""

import pytest

from shared.contract.entry_id import after, before, order


@pytest.mark.parametrize("entry_id", ["1700000000000-0", "1700000000000-7", "5-18446744073709551615"])
def test_after_and_before_are_neighbours(entry_id: str) -> None:
    assert before(after(entry_id)) == entry_id
    assert order(before(entry_id)) < order(entry_id) < order(after(entry_id))


def test_nothing_lies_before_the_first() -> None:
    assert before("0-0") == "0-0"

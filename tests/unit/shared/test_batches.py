"""Splitting many items into batches."""

from hypothesis import given
from hypothesis import strategies as st

from shared.store.batches import batches


@given(st.lists(st.integers(0, 9)), st.integers(1, 5), st.integers(0, 12))
def test_nothing_is_left_out_and_no_piece_is_too_large(things: list[int], most: int, most_size: int) -> None:
    pieces = list(batches(things, most, size=lambda thing: thing, most_size=most_size))
    assert [thing for piece in pieces for thing in piece] == things
    for piece in pieces:
        assert 1 <= len(piece) <= most
        assert not most_size or sum(piece) <= most_size or len(piece) == 1

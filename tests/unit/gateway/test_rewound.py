"""The range of a session's events that Redis has lost."""

import pytest

from gateway.events.rewound import Rewound
from shared.contract.event_id import EventId


def test_it_covers_what_may_have_been_something_else() -> None:
    lost = Rewound.parse("48000-1 80000-2")
    assert lost is not None
    assert str(lost) == "48000-1 80000-2"
    covered = [lost.covers(EventId(*numbers)) for numbers in [(48000, 1), (48000, 2), (80000, 2), (80000, 3)]]
    assert covered == [False, True, True, False]


def test_two_losses_are_one() -> None:
    first, second = Rewound(EventId(5, 1), EventId(9, 1)), Rewound(EventId(2, 1), EventId(6, 1))
    assert first.with_(second) == second.with_(first) == Rewound(EventId(2, 1), EventId(9, 1))
    assert first.with_(None) == first


@pytest.mark.parametrize("text", [None, "", "48000-1", "48000-1 x", "a b"])
def test_what_is_none_is_none(text: str | None) -> None:
    assert Rewound.parse(text) is None

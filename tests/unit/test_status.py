"""Live status is said on change only."""

import orjson

from classifier_worker.status import Status


def test_said_once_until_it_changes() -> None:
    status = Status()
    said = status.update("listening", 1.234, 0.4)
    assert said is not None
    assert orjson.loads(said) == {"state": "listening", "audio_seconds": 1.23, "lag_seconds": 0.4}
    assert status.update("listening", 2.0, 0.4) is None
    assert status.update("silence", 3.0, 0.4) is not None


def test_behind_does_not_flicker_at_its_limit() -> None:
    status = Status()
    states = []
    for lag in (0.2, 2.2, 1.9, 2.1, 1.7, 1.2, 1.9):
        said = status.update("listening", 1.0, lag)
        states += [orjson.loads(said)["state"]] if said else []
    assert states == ["listening", "behind", "listening"]

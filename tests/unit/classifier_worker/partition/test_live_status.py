"""Live status is sent only when it changes."""

import orjson

from classifier_worker.partition.live_status import Status
from classifier_worker.pipeline.misreading import Suspicion


def test_said_once_until_it_changes() -> None:
    status = Status()
    said = status.update("listening", 1.234, 0.4)
    assert said is not None
    assert orjson.loads(said) == {"state": "listening", "audio_seconds": 1.23, "lag_seconds": 0.4}
    assert status.update("listening", 2.0, 0.4) is None
    assert status.update("silence", 3.0, 0.4) is not None


def test_a_wrong_format_is_said_as_long_as_it_is_suspected() -> None:
    status = Status()
    assert status.update("silence", 1.0, 0.0) is not None
    wrong = Suspicion("float32", "These look like floats.")
    said = status.update("silence", 2.0, 0.0, wrong)
    assert said is not None
    whole = {"state": "unclear", "audio_seconds": 2.0, "lag_seconds": 0.0, "format": "float32"}
    assert orjson.loads(said) == whole | {"detail": "These look like floats."}
    assert status.update("listening", 3.0, 0.0, wrong) is None
    said = status.update("listening", 3.0, 0.0, Suspicion("sample-rate", "Another rate?"))
    assert said is not None
    assert orjson.loads(said)["state"] == "listening", "a file that is played fast is heard all the same"
    said = status.update("listening", 4.0, 0.0)
    assert said is not None
    assert orjson.loads(said) == {"state": "listening", "audio_seconds": 4.0, "lag_seconds": 0.0}


def test_behind_does_not_flicker_at_its_limit() -> None:
    status = Status()
    states = []
    for lag in (0.2, 2.2, 1.9, 2.1, 1.7, 1.2, 1.9):
        said = status.update("listening", 1.0, lag)
        states += [orjson.loads(said)["state"]] if said else []
    assert states == ["listening", "behind", "listening"]

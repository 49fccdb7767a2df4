"""Compare events with a recording of a release that did not know their newest optional field."""

import itertools
from collections.abc import Sequence

import orjson

from tests.releases.recording import Event


def as_written(found: list[tuple[str, str, str]], recorded: Sequence[Event]) -> list[tuple[str, str, str]]:
    """The events without the one optional field that the recording release did not know, which is the last."""
    return [
        (event_id, kind, without_newer(data, then[2]))
        for (event_id, kind, data), then in itertools.zip_longest(
            found, recorded[: len(found)], fillvalue=("", "", "{}")
        )
    ]


def without_newer(data: str, recorded: str) -> str:
    newer = [name for name in orjson.loads(data) if name not in orjson.loads(recorded)]
    return data.partition(f',"{newer[0]}":')[0] + "}" if newer == ["wording"] else data

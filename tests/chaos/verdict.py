"""What a disturbed run lost, doubled, disordered or changed, and how long its clients waited."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from shared.audio import PIPELINE_RATE, pipeline_sample
from tests.chaos.caller import Outcome
from tests.chaos.comparison import Difference, Entry, difference
from tests.chaos.intervals import Arrivals, longest_after, waits
from tests.chaos.run import Run
from tests.chaos.takeover import Takeover


@dataclass(frozen=True)
class Verdict:
    """All that has to be nothing, and the times, which are only told."""

    calls: int
    events: int
    """Tone events of the undisturbed run."""
    samples_lost: int
    """Acknowledged, and not there when a client asked, or in the end, or announced as a gap."""
    history: Difference
    streamed: Difference
    durable: Difference
    unequal: int
    """Calls whose three records are not those of the undisturbed run, byte for byte."""
    failures: list[str]
    tracebacks: list[str]
    beyond: dict[str, list[float]] = field(default_factory=dict)
    """Disturbance's name → for each such one the longest interval without events beyond the undisturbed run's, s."""
    takeovers: dict[str, list[Takeover]] = field(default_factory=dict)
    resumed: int = 0
    """Audio sockets beyond those that the undisturbed run needed."""

    @property
    def clean(self) -> bool:
        """Nothing lost, doubled, out of order or changed, and every call came to its end."""
        differences = self.history + self.streamed + self.durable
        return not (differences or self.samples_lost or self.unequal or self.failures)


def verdict(undisturbed: Run, disturbed: Run) -> Verdict:
    """The undisturbed run's durable streams are what every record of both runs is held against."""
    pairs = list(_pairs(undisturbed, disturbed))
    history, streamed, durable, unequal = Difference(), Difference(), Difference(), 0
    for expected, found in [*((before, before) for before, _ in pairs), *pairs]:
        tones = [entry for entry in expected.durable if entry.kind == "tone-event"]
        own = (
            difference(tones, found.history),
            difference(expected.durable, found.streamed),
            difference(expected.durable, found.durable),
        )
        history, streamed, durable = history + own[0], streamed + own[1], durable + own[2]
        unequal += any(own)
    return Verdict(
        calls=len(pairs),
        events=sum(entry.kind == "tone-event" for before, _ in pairs for entry in before.durable),
        samples_lost=sum(map(samples_lost, [*undisturbed.outcomes, *disturbed.outcomes])),
        history=history,
        streamed=streamed,
        durable=durable,
        unequal=unequal,
        failures=[*undisturbed.failures, *disturbed.failures],
        tracebacks=disturbed.tracebacks,
        beyond=_beyond(pairs, disturbed),
        takeovers=_takeovers(disturbed),
        resumed=sum(max(0, found.links - before.links) for before, found in pairs),
    )


def samples_lost(outcome: Outcome) -> int:
    """Acknowledged samples of one call that the server does not have, whichever of its records shows most of them."""
    gaps = sum(_gap(entry) for entry in outcome.durable if entry.kind == "audio-gap") - _meant(outcome)
    heard = sum(round(_number(entry, "timestamp") * outcome.call.rate) for entry in outcome.durable if _is_end(entry))
    # The end's timestamp has four decimals; 16 kHz samples are not whole ones of other rates.
    short = outcome.acknowledged - heard
    return max(
        outcome.forgotten,
        outcome.acknowledged - outcome.received,
        gaps * outcome.call.rate // PIPELINE_RATE,
        short if short > outcome.call.rate // 1000 else 0,
        0,
    )


def _gap(entry: Entry) -> int:
    return round(_number(entry, "to_sample") - _number(entry, "from_sample"))


def _meant(outcome: Outcome) -> int:
    """16 kHz samples that the caller left out on purpose."""
    hole, rate = outcome.call.hole, outcome.call.rate
    return 0 if hole is None else pipeline_sample(hole[1], rate) - pipeline_sample(hole[0], rate)


def _number(entry: Entry, name: str) -> float:
    value = entry.json()[name]
    assert isinstance(value, int | float)
    return float(value)


def _is_end(entry: Entry) -> bool:
    return entry.kind == "session-ended"


def _pairs(undisturbed: Run, disturbed: Run) -> Iterator[tuple[Outcome, Outcome]]:
    found = {outcome.call.session_id: outcome for outcome in disturbed.outcomes}
    for before in undisturbed.outcomes:
        yield before, found.get(before.call.session_id) or Outcome(before.call)


def _beyond(pairs: Sequence[tuple[Outcome, Outcome]], disturbed: Run) -> dict[str, list[float]]:
    every = [
        wait
        for before, found in pairs
        for wait in waits(Arrivals(before.began, before.arrivals), Arrivals(found.began, found.arrivals))
    ]
    by_name: dict[str, list[float]] = {}
    longest = longest_after([happened.at for happened in disturbed.happened], every)
    for happened, seconds in zip(disturbed.happened, longest, strict=True):
        by_name.setdefault(happened.disturbance.name, []).append(seconds)
    return by_name


def _takeovers(disturbed: Run) -> dict[str, list[Takeover]]:
    by_name: dict[str, list[Takeover]] = {}
    for happened in disturbed.happened:
        found = disturbed.watch.takeovers(happened.pids, happened.at)
        if found:
            by_name.setdefault(happened.disturbance.name, []).extend(found)
    return by_name

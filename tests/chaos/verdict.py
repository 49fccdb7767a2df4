"""Judge what a disturbed run lost, doubled, reordered or changed, and how long its clients waited."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from shared.audio import PIPELINE_RATE, pipeline_sample
from tests.chaos.callers.caller import Outcome
from tests.chaos.comparison import Difference, Entry, apart, difference, difference_apart
from tests.chaos.fleet.takeover import Takeover
from tests.chaos.intervals import Arrivals, longest_after, waits
from tests.chaos.run import Run


@dataclass(frozen=True)
class Verdict:
    """The counts that must be zero, and the times, which are only reported."""

    calls: int
    events: int
    """Tone events of the undisturbed run."""
    samples_lost: int
    """Acknowledged, and not there when a client asked, or in the end, or announced as a gap."""
    history: Difference
    streamed: Difference
    durable: Difference
    steady: Difference
    """What listeners got that stayed connected throughout."""
    linked: Difference
    """What listeners by a read-only link got."""
    unequal: list[str]
    """Calls whose records are not those of the undisturbed run, byte for byte, and where they part."""
    failures: list[str]
    tracebacks: list[str]
    beyond: dict[str, list[float]] = field(default_factory=dict)
    """Disturbance's name → for each such one the longest interval without events beyond the undisturbed run's, s."""
    takeovers: dict[str, list[Takeover]] = field(default_factory=dict)
    resumed: int = 0
    """Audio sockets beyond those that the undisturbed run needed."""
    broken: int = 0
    """Event streams that ended although nothing happened to their gateway."""
    sent_again: int = 0
    """Acknowledged samples that power cuts took and their callers sent again."""
    transcripts: int = 0
    """Stored lines of words in the undisturbed run …"""
    moved: int = 0
    """… of which so many have another place among the events of tone in the disturbed one."""
    told: int = 0
    """Sessions that were told of another model."""
    erased: int = 0
    """Sessions that were erased in mid-speech …"""
    remains: list[str] = field(default_factory=list)
    """… and what was still there of them, in words."""

    @property
    def clean(self) -> bool:
        """Whether nothing was lost, doubled, out of order or changed, and every call ended properly."""
        differences = sum((getattr(self, view) for view in VIEWS), Difference())
        return not (differences or self.samples_lost or self.unequal or self.failures or self.broken or self.remains)


VIEWS = ("history", "streamed", "steady", "linked", "durable")


def verdict(undisturbed: Run, disturbed: Run) -> Verdict:
    """Compare every record of both runs with the undisturbed run's durable streams."""
    pairs = list(_pairs(undisturbed, disturbed))
    found_in = dict.fromkeys(VIEWS, Difference())
    unequal = []
    for expected, found in [*((before, before) for before, _ in pairs), *pairs]:
        own = _differences(expected, found)
        found_in = {view: found_in[view] + own[view] for view in VIEWS}
        if any(own.values()):
            unequal.append(_parting(expected, found, own))
    every = [*undisturbed.outcomes, *disturbed.outcomes]
    return Verdict(
        calls=len(pairs),
        events=sum(entry.kind == "tone-event" for before, _ in pairs for entry in before.durable),
        samples_lost=sum(map(samples_lost, every)),
        **found_in,
        unequal=unequal,
        failures=[*undisturbed.failures, *disturbed.failures],
        tracebacks=disturbed.tracebacks,
        beyond=_beyond(pairs, disturbed),
        takeovers=_takeovers(disturbed),
        resumed=sum(max(0, found.links - before.links) for before, found in pairs),
        broken=sum(outcome.steady_breaks for outcome in every),
        sent_again=sum(outcome.sent_again for outcome in every),
        transcripts=sum(len(apart(before.durable)[1]) for before, _ in pairs),
        moved=sum(_moved(before.durable, found.durable) for before, found in pairs),
        told=sum(any(map(_tells_of_a_model, outcome.durable)) for outcome in disturbed.outcomes),
        erased=len(disturbed.erased.calls),
        remains=disturbed.remains,
    )


def _differences(expected: Outcome, found: Outcome) -> dict[str, Difference]:
    durable = _without_models(expected.durable)
    tones = [entry for entry in durable if entry.kind == "tone-event"]
    return {
        "history": difference(tones, found.history),
        "streamed": difference_apart(durable, _without_models(found.streamed)),
        "steady": difference_apart(durable, _without_models(found.steady)),
        "linked": Difference() if found.linked is None else difference_apart(durable, _without_models(found.linked)),
        "durable": difference_apart(durable, _without_models(found.durable)),
    }


def _moved(expected: Sequence[Entry], found: Sequence[Entry]) -> int:
    """Count the transcripts that are stored under another id."""
    there = {entry.id for entry in found if entry.kind == "transcript-event"}
    return sum(entry.kind == "transcript-event" and entry.id not in there for entry in expected)


def _parting(expected: Outcome, found: Outcome, own: dict[str, Difference]) -> str:
    """Describe the first event of the durable streams at which both part, and the one before it."""
    wanted, got = _without_models(expected.durable), _without_models(found.durable)
    pairs = enumerate(zip_longest(wanted, got))
    at = next((index for index, (one, other) in pairs if one != other), None)
    views = ", ".join(view for view, difference in own.items() if difference)
    place = f"{found.call.session_id[:8]}…, began at {found.began:.1f} s, in {views}"
    if at is None:
        return f"{place}; its durable stream is equal"
    around = slice(max(0, at - 1), at + 2)
    told = [entry for entry in found.durable if _tells_of_a_model(entry)]
    return (
        f"{place}\n  expected {_shown(wanted[around])}\n  found    {_shown(got[around])}"
        f"\n  model changes {_shown(told)}"
    )


def _shown(entries: Sequence[Entry]) -> str:
    return " ".join(f"[{entry.id} {entry.kind} {entry.data[:300]}]" for entry in entries)


def _without_models(entries: Sequence[Entry]) -> list[Entry]:
    """All but what a session was told of another model, which a disturbed run alone has."""
    return [entry for entry in entries if not _tells_of_a_model(entry)]


def _tells_of_a_model(entry: Entry) -> bool:
    return entry.kind == "service-event" and entry.json()["code"] == "model-changed"


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

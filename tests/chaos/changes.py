"""Change the model or the number of partitions under live sessions: what is lost, and how long sessions wait.

    ./manage.sh python -m tests.chaos.changes [--sessions 50] [--backend mock|speech] [--workers 2] [--release FOLDER]

All sessions speak while the setting is changed and changed back as the guide advises for an update: one process at a
time, the next one when the fleet has caught up. With the mock a model is only a name. With --release, a checkout of
another release, the code is changed instead, to that one and back. Exits with 1 when anything acknowledged was lost or
any audio set aside.
"""

import argparse
import asyncio
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from tests.chaos.intervals import Arrivals, longest_after, waits
from tests.chaos.run import Plan, Run, run
from tests.chaos.schedule import CHECKOUT, MODEL, Disturbance
from tests.chaos.verdict import samples_lost

BEGIN: Final = 12.0
"""Seconds of the run at which the first change begins."""
PER_PROCESS: Final = 10.0
"""Seconds that a change gets for each process; the next one waits for it in any case."""


def changes(options: argparse.Namespace) -> dict[str, Disturbance]:
    """Return the changes by name, in order."""
    workers = tuple(f"worker-{number}" for number in range(options.workers))
    everybody = ("gateway-0", "gateway-1", *workers)
    model = MODEL if options.backend == "mock" else "LINNET_TONE_MODEL"
    rows = {
        "open → research": (workers, (model, "research")),
        "research → open": (workers, (model, "open")),
        "16 → 4 partitions": (everybody, ("LINNET_PARTITIONS", "4")),
        "4 → 16 partitions": (everybody, ("LINNET_PARTITIONS", "16")),
    }
    if options.release:
        rows = {
            "this release → the other": (everybody, (CHECKOUT, str(options.release.resolve()))),
            "the other → this release": (everybody, (CHECKOUT, "")),
        }
    at, planned = BEGIN, {}
    for name, (victims, setting) in rows.items():
        planned[name] = Disturbance(at, "settings", victims, settings=(setting,))
        at += PER_PROCESS * len(victims)
    return planned


def silences(undisturbed: Run, disturbed: Run) -> list[list[float]]:
    """For each change the longest wait for an event, of each session, beyond the same one's in the undisturbed run."""
    moments = [happened.at for happened in disturbed.happened]
    before = {outcome.call.session_id: outcome for outcome in undisturbed.outcomes}
    rows = []
    for found in disturbed.outcomes:
        expected = before[found.call.session_id]
        own = waits(Arrivals(expected.began, expected.arrivals), Arrivals(found.began, found.arrivals))
        rows.append(longest_after(moments, own))
    return [list(column) for column in zip(*rows, strict=True)]


def report(names: Sequence[str], undisturbed: Run, found: Run) -> bool:
    """Print it; return whether nothing is lost."""
    table = Table("change", "longest wait beyond the undisturbed run's, of any session", "median of the sessions")
    for name, seconds in zip(names, silences(undisturbed, found), strict=False):
        table.add_row(name, f"{max(seconds):.1f} s", f"{statistics.median(seconds):.1f} s")
    codes = [
        str(entry.json()["code"]) for each in found.outcomes for entry in each.durable if entry.kind == "service-event"
    ]
    lost, set_aside = sum(map(samples_lost, found.outcomes)), codes.count("audio-set-aside")
    console = Console()
    console.print(table)
    console.print(f"{len(found.outcomes)} sessions, {len(found.happened)} changes")
    console.print(f"acknowledged samples lost: {lost}; pieces of audio set aside: {set_aside}")
    console.print(
        f"told of another model: {codes.count('model-changed')} times; afresh: {codes.count('listening-afresh')}"
    )
    for outcome in found.outcomes:
        if samples_lost(outcome):
            console.print(
                f"{outcome.call.session_id} at {outcome.call.rate} Hz: acknowledged {outcome.acknowledged}, "
                f"kept {outcome.received}, forgotten {outcome.forgotten}",
                *(entry for entry in outcome.durable if entry.kind in ("audio-gap", "service-event", "session-ended")),
                sep="\n  ",
            )
    for line in found.failures:
        console.print(f"came to no end: {line}")
    return not (lost or set_aside or found.failures)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sessions", type=int)
    parser.add_argument("--backend", choices=("mock", "speech"), default="mock")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--release", type=Path, metavar="FOLDER", help="a checkout of another release")
    options = parser.parse_args()
    planned = changes(options)
    plan = Plan(
        seed=1,
        seconds=BEGIN + PER_PROCESS * sum(len(change.victims) for change in planned.values()),
        sessions=options.sessions or (50 if options.backend == "mock" else 10),
        workers=options.workers,
        gateways=2,
        partitions=16,
        backend=options.backend,
        pins=False,
        patient=True,
        wires=False,
        named_models=options.release is None,
    )
    say = Console(stderr=True).print
    undisturbed = asyncio.run(run(plan, [], say))
    found = asyncio.run(run(plan, list(planned.values()), say))
    return 0 if report(list(planned), undisturbed, found) else 1


if __name__ == "__main__":
    sys.exit(main())

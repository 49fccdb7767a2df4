"""Disturb processes, Redis and the network at random under load, and print what was lost, doubled or late.

    ./manage.sh chaos [--minutes 5 | --hours 8] [--seed N] [--sessions 50] [--backend mock|speech] [--kinds kill,tail]

First the same calls undisturbed, then disturbed: histories, event streams and durable streams must be equal byte for
byte. Both runs have the same session ids and the same beginning in the session records, which the runs write
themselves. The exit code is 1 when anything was lost, doubled, out of order or changed, or was left of an erased
session. Times are only printed. What may happen:
"""

import argparse
import asyncio
import random
import signal
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Final

import uvloop
from rich.console import Console
from rich.table import Table

from tests.chaos.callers.conversation import SPEECH, has_speech
from tests.chaos.run import Plan, run
from tests.chaos.schedule import KINDS, MEANINGS, Disturbance, Kind, schedule
from tests.chaos.verdict import VIEWS, Verdict, verdict

_ROUND: Final = 5.0
"""Minutes of speech of one round of a run of hours."""


def main() -> int:
    options = _options()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1_000_000)
    give_up = monotonic() + 3600 * (options.hours or 0.0)
    unclean: list[int] = []
    while True:
        code = _round(seed, options)
        if code > 1:
            return code
        unclean += [seed] * code
        if monotonic() >= give_up:
            break
        seed += 1
    if options.hours:
        print(f"not clean: {', '.join(map(str, unclean)) or 'none'}")
    return 1 if unclean else 0


def _round(seed: int, options: argparse.Namespace) -> int:
    """Do one undisturbed and one disturbed run; return the exit code."""
    plan = Plan(
        seed=seed,
        seconds=(options.minutes or _ROUND) * 60.0,
        sessions=options.sessions or (12 if options.backend == "speech" else 50),
        workers=options.workers,
        gateways=options.gateways,
        backend=options.backend,
        lease_ttl=options.lease_ttl,
        partitions=options.partitions,
        pace=options.pace,
        erased=options.erased,
        words=options.words,
    )
    try:
        if options.logs:
            options.logs.mkdir(parents=True, exist_ok=True)
        disturbances = schedule(
            seed,
            plan.seconds / plan.pace,
            options.every,
            workers=plan.workers,
            gateways=plan.gateways,
            kinds=[kind for kind in options.kinds if kind != "model" or plan.backend == "mock"],
            lease_ttl=plan.lease_ttl,
        )
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    console = Console(stderr=True, highlight=False)
    console.print(_beginning(plan, disturbances))
    if plan.backend == "speech" and not has_speech():
        console.print(f"{SPEECH} is not here: every caller speaks the bundled sample, each from another place.")
    try:
        found = uvloop.run(_both(plan, disturbances, console, options.logs))
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.print("Stopped; nothing is left running.")
        return 130
    _report(found, Console(highlight=False))
    print(
        f"seed {seed}: {'nothing lost, doubled, out of order or changed' if found.clean else 'NOT CLEAN'}", flush=True
    )
    return 0 if found.clean else 1


async def _both(plan: Plan, disturbances: Sequence[Disturbance], console: Console, logs: Path | None) -> Verdict:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, lambda: task and task.cancel())
    with console.status("undisturbed run"):
        undisturbed = await run(plan, [], console.print)
    console.print("The undisturbed run is over; now with disturbances:")
    with console.status("disturbed run"):
        disturbed = await run(plan, disturbances, console.print, logs)
    return verdict(undisturbed, disturbed)


def _beginning(plan: Plan, disturbances: Sequence[Disturbance]) -> str:
    return (
        f"seed {plan.seed}: {plan.sessions} sessions on the {plan.backend} backend, {plan.workers} workers, "
        f"{plan.gateways} gateways, twice {plan.seconds / plan.pace:.0f} s, {len(disturbances)} disturbances"
    )


def _report(found: Verdict, console: Console) -> None:
    table = Table(f"{found.calls} calls, {found.events} tone events", *(_VIEWS[view] for view in VIEWS))
    for name, title in _TITLES.items():
        table.add_row(title, *(str(getattr(getattr(found, view), name)) for view in VIEWS))
    console.print(table)
    console.print(f"acknowledged samples lost: {found.samples_lost}")
    console.print(f"calls unequal to the undisturbed run's: {len(found.unequal)} of {found.calls}")
    for line in found.unequal[:_UNEQUAL_SHOWN]:
        console.print(line, highlight=False, markup=False)
    console.print(f"sessions erased in mid-speech: {found.erased}; of which something remained: {len(found.remains)}")
    console.print(f"event streams that broke off though nothing happened to their gateway: {found.broken}")
    console.print(
        f"audio sockets resumed: {found.resumed}; samples that power cuts took, sent again: {found.sent_again}"
    )
    console.print(f"sessions told of another model: {found.told}")
    if found.transcripts:
        console.print(f"lines of words: {found.transcripts}; at another place among the events of tone: {found.moved}")
    for line in [*found.remains, *(f"came to no end: {line}" for line in found.failures)]:
        console.print(line)
    for line, times in Counter(found.tracebacks).items():
        console.print(f"traceback, {times} times, {line}")
    _report_times(found, console)


_UNEQUAL_SHOWN = 10

_VIEWS = {
    "history": "history",
    "streamed": "resumed event streams",
    "steady": "steady event streams",
    "linked": "streams by links",
    "durable": "durable streams",
}
_TITLES = {
    "lost": "lost",
    "doubled": "doubled",
    "disordered": "out of order",
    "strange": "not in the undisturbed run",
    "changed": "other data",
}


def _report_times(found: Verdict, console: Console) -> None:
    table = Table("longest wait beyond the undisturbed run's, after", "times", "longest", "median")
    for name, seconds in sorted(found.beyond.items()):
        table.add_row(name, str(len(seconds)), f"{max(seconds):.2f} s", f"{sorted(seconds)[len(seconds) // 2]:.2f} s")
    console.print(table)
    if not found.takeovers:
        return
    table = Table("takeover of a partition, longest", "partitions", "lease gone", "taken", "committed", "in all")
    for name, each in sorted(found.takeovers.items()):
        parts = (max(t.lease for t in each), max(t.taken for t in each), max(t.commit for t in each))
        cells = (f"{seconds:.2f} s" for seconds in (*parts, max(t.whole for t in each)))
        table.add_row(name, str(len(each)), *cells)
    console.print(table)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./manage.sh chaos",
        description=(__doc__ or "").strip() + "\n" + "\n".join(f"    {kind:12}{MEANINGS[kind]}" for kind in KINDS),
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--minutes", type=float, help="of speech, by default 5; the whole takes twice as long")
    parser.add_argument("--hours", type=float, help="repeat rounds, each with the next seed, until so many are over")
    parser.add_argument("--seed", type=int, help="of an earlier run, to repeat it")
    parser.add_argument("--sessions", type=int, help="at a time; 50 on the mock, 12 on the real model")
    parser.add_argument("--erased", type=int, default=2, help="more, at a time, that are erased while they speak")
    parser.add_argument("--backend", choices=("mock", "speech"), default="mock")
    parser.add_argument("--words", choices=("off", "tiny.en", "base"), default="off", help="by default off")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--gateways", type=int, default=2, help="besides one that nothing happens to")
    parser.add_argument("--every", type=float, default=15.0, help="seconds between disturbances")
    parser.add_argument("--kinds", type=_kinds, default=KINDS, help="which may happen, with commas; all by default")
    parser.add_argument("--lease-ttl", type=float, default=3.0)
    parser.add_argument("--partitions", type=int, default=8)
    parser.add_argument("--pace", type=float, default=1.0, help="seconds of audio spoken in a second")
    parser.add_argument("--logs", type=Path, help="folder for the logs of the disturbed run")
    return parser.parse_args()


def _kinds(text: str) -> list[Kind]:
    """Parse kinds of disturbance. A kind named twice comes twice as often. Raises ArgumentTypeError."""
    names = text.split(",")
    named = [kind for name in names for kind in KINDS if name == kind]
    if len(named) != len(names):
        raise argparse.ArgumentTypeError(f"{text!r} names something other than {', '.join(KINDS)}")
    return named


if __name__ == "__main__":
    sys.exit(main())

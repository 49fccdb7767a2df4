"""`./manage.sh python -m tests.fuzz`: try bad inputs, count unhandled errors. The same seed repeats them."""

import argparse
import asyncio
import random
import resource
import sys
import time
from typing import Final

from tests.fuzz.campaign import attack
from tests.fuzz.tally import Tally
from tests.fuzz.target import target

_CROWD: Final = 1_000
"""Event streams that nobody reads."""


async def run(count: int, seed: int) -> int:
    tally = Tally()
    began = time.monotonic()
    async with target() as gateway:
        before = gateway.resident_bytes
        witness = await attack(
            gateway, frames=count // 2, requests=count - count // 2, seed=seed, tally=tally, crowd=_CROWD
        )
        grown = (gateway.resident_bytes - before) / 1e6
        print(tally.report())
    print(
        f"seed {seed}, {time.monotonic() - began:.0f} s; the gateway grew by {grown:.0f} MB; "
        f"a well-behaved client was served {witness.served} times meanwhile, at worst in {witness.slowest:.2f} s"
    )
    return 1 if tally.unhandled else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="./manage.sh fuzz", description=__doc__)
    parser.add_argument(
        "--count", type=int, default=32_000, help="inputs to try; about a third turn out to be right (default: 32000)"
    )
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6), help="to repeat a run")
    chosen = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 2 * _CROWD and (hard == resource.RLIM_INFINITY or hard > soft):
        resource.setrlimit(resource.RLIMIT_NOFILE, (2 * _CROWD if hard == resource.RLIM_INFINITY else hard, hard))
    return asyncio.run(run(chosen.count, chosen.seed))


if __name__ == "__main__":
    sys.exit(main())

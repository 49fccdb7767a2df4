"""The watchdog ends a process whose event loop is stuck, but not one whose worker has stopped."""

import subprocess
import sys
import textwrap

import pytest

PROGRAM = """
import asyncio, time
from classifier_worker.pipeline import watchdog

watchdog._LAST_RESORT = 0.2

async def main():
    watch = asyncio.create_task(watchdog.watch_loop(0.1))
    await asyncio.sleep(0.05)
    {then}
    time.sleep(1.5)
    print("still here")

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("then", "survives"),
    [("watch.cancel(); await asyncio.gather(watch, return_exceptions=True)", True), ("pass", False)],
)
def test_only_a_watched_loop_that_stands_still_ends_the_process(then: str, survives: bool) -> None:
    program = textwrap.dedent(PROGRAM).format(then=then)
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert ("still here" in ended.stdout) == survives
    assert (ended.returncode == 0) == survives

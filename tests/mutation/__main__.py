"""Put each fault into a copy of the project and run the tests that must detect it.

./manage.sh python -m tests.mutation [--list] [--trust] [--fates FILE] [--lock FILE] [WORD …]
    --trust: do not try first whether the tests pass without any fault
    --fates: keep each mutant's fate in this file, and take from it what is known: a stopped run goes on
    --lock: hold this file's lock while tests run that start servers, so that other work with the same lock takes turns
    WORD: only the mutants whose name or file contains it

Ends with the score, and with exit code 1 when it is below 95 %.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from tests.mutation.fates import Fate, Fates, turn
from tests.mutation.mutants import INTEGRATION, MUTANTS, Mutant

ROOT: Final = Path(__file__).resolve().parents[2]
LEAST_SCORE: Final = 0.95
PATIENCE: Final = 280.0
"""Seconds that one mutant's tests may take; a fault that makes them hang is noticed, too."""
PATIENCE_FOR_ALL: Final = 1800.0
"""Seconds of the run without any fault."""
_OURS: Final = ("classifier_worker", "gateway", "ops", "shared", "tests", "conftest")


def copy_project(to: Path) -> None:
    """Return everything that git would commit."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file() and not name.startswith("frontend/"):
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)


def outcome(project: Path, tests: Sequence[str], patience: float) -> Fate:
    """What the tests say of the copy. They run in a fork, which has the libraries loaded already and nothing of the
    project."""
    child = os.fork()
    if child == 0:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os._exit(_run(project, tests))
    give_up = time.monotonic() + patience
    try:
        while time.monotonic() < give_up:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return "survived" if os.waitstatus_to_exitcode(status) == 0 else "killed"
            time.sleep(0.1)
    finally:
        with suppress(ProcessLookupError):  # and the servers that its tests have started
            os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "hung"


def _run(project: Path, tests: Sequence[str]) -> int:
    os.chdir(project)
    for name in [name for name in sys.modules if name.partition(".")[0] in _OURS]:
        del sys.modules[name]
    sys.path[:] = [str(project), *(path for path in sys.path if path not in ("", str(ROOT)))]
    os.environ["PYTHONPATH"] = str(project)
    sys.dont_write_bytecode = True
    with (project / "mutation.log").open("ab", buffering=0) as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        return int(pytest.main(["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "--timeout=120", *tests]))


def load_libraries() -> None:
    """Once, for all runs."""
    for name in ("arq", "fastapi", "httpx", "hypothesis", "numpy", "redis.asyncio", "uvicorn", "uvloop", "websockets"):
        __import__(name)


def fate_of(project: Path, mutant: Mutant) -> Fate:
    """Return whether the tests detect the fault."""
    file = project / mutant.file
    source = file.read_text()
    file.write_text(source.replace(mutant.old, mutant.new))
    try:
        return outcome(project, mutant.tests, PATIENCE)
    finally:
        file.write_text(source)


def misplaced(mutants: Sequence[Mutant]) -> list[str]:
    """Return the names of those whose source text is missing or not unique."""
    return [m.name for m in mutants if (ROOT / m.file).read_text().count(m.old) != 1]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="./manage.sh python -m tests.mutation", description="Measure what the tests notice."
    )
    parser.add_argument("--list", action="store_true", help="print the mutants and run nothing")
    parser.add_argument(
        "--trust", action="store_true", help="do not try first whether the tests pass without any fault"
    )
    parser.add_argument("--fates", type=Path, help="file that keeps what became of each mutant")
    parser.add_argument("--lock", type=Path, help="file to lock while tests run")
    parser.add_argument("words", nargs="*", help="only mutants whose name or file contains one of these")
    asked = parser.parse_args()
    wanted = [m for m in MUTANTS if not asked.words or any(w in m.name or w in m.file for w in asked.words)]
    if lost := misplaced(wanted):
        print("No longer to be found, once, in the source:", *lost, sep="\n  ", file=sys.stderr)
        return 2
    if asked.list:
        print(*(f"{m.file}: {m.name}" for m in wanted), sep="\n")
        return 0
    load_libraries()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="linnet-mutation-") as folder:
        project = Path(folder)
        copy_project(project)
        tests = sorted({test for mutant in wanted for test in mutant.tests})
        if not asked.trust and outcome(project, tests, PATIENCE_FOR_ALL) != "survived":
            print((project / "mutation.log").read_text()[-4000:], file=sys.stderr)
            print("The tests fail without any fault: mend that first.", file=sys.stderr)
            return 2
        return measure(project, wanted, Fates(asked.fates), asked.lock)


def measure(project: Path, mutants: Sequence[Mutant], fates: Fates, lock: Path | None) -> int:
    """Print each mutant's result and the score; return the exit code."""
    survivors = []
    for number, mutant in enumerate(mutants, 1):
        fate, seconds = fates.of(project, mutant), "  known"
        if fate is None:
            with turn(lock if any(test.startswith(INTEGRATION) for test in mutant.tests) else None):
                began = time.monotonic()
                fate = fate_of(project, mutant)
            fates.note(project, mutant, fate)
            seconds = f"{time.monotonic() - began:5.1f} s"
        if fate == "survived":
            survivors.append(mutant)
        word = fate.upper() if fate == "survived" else fate
        print(f"{number:3} {word:8} {seconds}  {mutant.file}: {mutant.name}", flush=True)
    score = 1 - len(survivors) / len(mutants)
    print(f"{len(mutants) - len(survivors)} of {len(mutants)} mutants killed: {score:.1%}")
    return 0 if score >= LEAST_SCORE else 1


if __name__ == "__main__":
    sys.exit(main())

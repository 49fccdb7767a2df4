"""Results of mutants in earlier runs, so that a stopped run can be resumed."""

import fcntl
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from tests.mutation.mutants import Mutant

Fate = Literal["killed", "hung", "survived"]
"""hung: the tests came to no end, which counts as noticed."""


@dataclass
class Fates:
    """A file of one JSON object a line. None keeps nothing."""

    file: Path | None = None
    _known: dict[str, Fate] = field(default_factory=dict)

    def of(self, project: Path, mutant: Mutant) -> Fate | None:
        """None when it has not been tried since its file or its tests changed, in another run at the same time
        either."""
        if self.file is not None and self.file.is_file():
            for line in self.file.read_text().splitlines():
                found = json.loads(line)
                self._known[found["mutant"]] = found["fate"]
        return self._known.get(fingerprint(project, mutant))

    def note(self, project: Path, mutant: Mutant, fate: Fate) -> None:
        name = fingerprint(project, mutant)
        self._known[name] = fate
        if self.file is not None:
            with self.file.open("a") as lines:
                print(json.dumps({"mutant": name, "fate": fate, "name": mutant.name}), file=lines)


def fingerprint(project: Path, mutant: Mutant) -> str:
    """Of the fault, the file that it is put into and the tests that must notice it."""
    files = [mutant.file, *dict.fromkeys(test.partition("::")[0] for test in mutant.tests)]
    contents = [(project / file).read_text() for file in files]
    return hashlib.sha256(json.dumps([asdict(mutant), contents]).encode()).hexdigest()[:16]


@contextmanager
def turn(lock: Path | None) -> Iterator[None]:
    """Holds the lock file, so that what else takes it runs before or after; None takes none."""
    if lock is None:
        yield
        return
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

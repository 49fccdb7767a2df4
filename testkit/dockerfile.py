"""A Dockerfile as a list of instructions."""

from pathlib import Path
from typing import NamedTuple


class Instruction(NamedTuple):
    name: str
    """The keyword in capitals: FROM, RUN, …"""
    value: str
    """The rest, with continuation lines joined."""


def read_dockerfile(path: Path) -> list[Instruction]:
    lines = [line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [
        Instruction(name.upper(), " ".join(value.split()))
        for name, _, value in (line.strip().partition(" ") for line in joined.splitlines() if line.strip())
    ]

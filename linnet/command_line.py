"""Run `linnet annotate FILE…`, `linnet gateway` or `linnet worker` by passing the arguments to the package in charge.

Each part is imported only when needed, because it may be the only one installed.
"""

import sys
from collections.abc import Sequence
from typing import Final

USAGE: Final = """\
Usage: linnet COMMAND

  annotate FILE…   print the tone of recordings; `linnet annotate --help` lists the options
  gateway          run a gateway until SIGTERM or Ctrl-C
  worker           run a classifier worker until SIGTERM or Ctrl-C

Settings come from the environment or from .env. ./manage.sh sets up and runs everything together."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    command, *rest = (sys.argv[1:] if arguments is None else arguments) or ["help"]
    match command:
        case "annotate" | "worker":
            return _worker(command, rest)
        case "gateway":
            from gateway.__main__ import main as gateway

            return gateway(rest)
        case "help" | "-h" | "--help":
            print(USAGE)
            return 0
        case _:
            print(f"There is no command '{command}'.\n\n{USAGE}", file=sys.stderr)
            return 2


def _worker(command: str, rest: list[str]) -> int:
    from classifier_worker.__main__ import main as worker

    return worker(["annotate", *rest] if command == "annotate" else rest)

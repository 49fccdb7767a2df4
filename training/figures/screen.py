"""Where figures are printed: on a terminal as wide as it is, into a file or a pipe as wide as the tables are."""

import os
from typing import Final

from rich.console import Console

WIDE: Final = 250
"""Columns: the widest table, with the longest names of affects."""


def screen() -> Console:
    """A console on stdout. COLUMNS, where it is set, says how wide whatever stdout is."""
    console = Console()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDE
    return console

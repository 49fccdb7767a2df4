"""The console for figures: as wide as the terminal, or in a file or a pipe as wide as the tables."""

import os
from typing import Final

from rich.console import Console

WIDE: Final = 250
"""Columns: the widest table, with the longest names of affects."""


def screen() -> Console:
    """Return a console on stdout. COLUMNS, if set, decides the width."""
    console = Console()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = WIDE
    return console

"""The gateway: sessions, audio in, events out. Keeps no session in memory. Never imports the worker."""

from typing import Final

__version__: Final = "0.1.0"

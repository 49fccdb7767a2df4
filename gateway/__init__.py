"""The gateway: sessions, audio in, events out. Holds no session. Never imports the worker."""

from typing import Final

__version__: Final = "0.1.0"

"""Keep the speech in a process private from other users and from the disk."""

import os
import resource
from contextlib import suppress
from pathlib import Path
from typing import Final

UMASK: Final = 0o077
_COREDUMP_FILTER: Final = Path("/proc/self/coredump_filter")


def keep_private() -> None:
    """Create files that only this user can read, and disable core dumps. Child processes inherit both."""
    os.umask(UMASK)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # The limit does not apply to programs that dumps are piped into. The filter does: they receive no memory.
    with suppress(OSError):  # elsewhere than on Linux there is no such file
        _COREDUMP_FILTER.write_text("0")

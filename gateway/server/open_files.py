"""Find out how many connections the process may have: each takes a file descriptor."""

import logging
import resource
from typing import Final

log = logging.getLogger(__name__)

_RESERVE: Final = 128
"""Descriptors kept for Redis, logs and libraries."""
_FEW: Final = 4096
_UNBOUNDED: Final = 1 << 20


def connections_allowed() -> int:
    """Raise the process' own limit as far as allowed, and log a warning if that is low."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _UNBOUNDED if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
        except (OSError, ValueError):  # macOS has a real limit below what it calls unlimited
            log.debug("The limit of open files stays %d", soft)
    open_files = _UNBOUNDED if soft == resource.RLIM_INFINITY else soft
    allowed = max(open_files - _RESERVE, open_files // 2)
    if allowed < _FEW:
        log.warning(
            "This process may open %d files, so %d connections at most; further ones get 503. "
            "Raise the limit (ulimit -n, LimitNOFILE= in systemd, or nofile for a container) for more.",
            open_files,
            allowed,
        )
    return allowed

"""The licence key that paid features ask for."""

from typing import Final

_PREFIX: Final = "CFG-LNNT-"
REQUIRED: Final = (
    "Pinning a session is a paid feature. Send a licence key that begins with CFG-LNNT- in the header "
    "X-CF-License-Key, or set LINNET_LICENSE_KEY on the server."
)


def is_licensed(sent: str | None, configured: str | None) -> bool:
    """Whether the request's key, else the server's, is a licence key of Linnet."""
    key = ((sent or "").strip() or (configured or "").strip()).upper()
    return key.startswith(_PREFIX) and len(key) > len(_PREFIX)

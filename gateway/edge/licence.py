"""The licence key that paid features require.

Any key with the prefix counts, which is an honour system, until the deployment has a public key. Then a key is
`CFG-LNNT-NAME-SIGNATURE`: Ed25519 over everything before the last hyphen, in base32, so that case does not matter.
"""

import base64
import binascii
import os
import re
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

_PREFIX: Final = "CFG-LNNT-"
_NAME: Final = re.compile(r"[A-Z0-9-]{1,64}")
REQUIRED: Final = (
    "Pinning a session is a paid feature that needs a licence key, and no valid one was given. Send yours in the "
    "header X-CF-License-Key, or set LINNET_LICENSE_KEY on the server."
)


class Licences:
    """Check the licence keys of this deployment."""

    def __init__(self, public_key: str | None) -> None:
        """`public_key`: 32 bytes in base64. With it, only signed keys count."""
        self._public_key = None if public_key is None else Ed25519PublicKey.from_public_bytes(_bytes(public_key))

    def allow(self, sent: str | None, configured: str | None) -> bool:
        """Return whether the request's key, or else the server's, is a licence key."""
        key = ((sent or "").strip() or (configured or "").strip()).upper()
        if not key.startswith(_PREFIX) or len(key) == len(_PREFIX):
            return False
        return self._public_key is None or _is_signed(key, self._public_key)


def _bytes(public_key: str) -> bytes:
    return base64.b64decode(public_key, validate=True)


def _is_signed(key: str, public_key: Ed25519PublicKey) -> bool:
    text, _, signature = key.rpartition("-")
    try:
        public_key.verify(base64.b32decode(signature + "=" * (-len(signature) % 8)), text.encode())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return text.startswith(_PREFIX) and len(text) > len(_PREFIX)


def make(name: str, signing_key: Path) -> str:
    """Make a signed licence key and return it with the deployment's setting, as two lines.

    The signing key file is created if it does not exist. Raises ValueError with a message to show.
    """
    if not _NAME.fullmatch(name.upper()):
        raise ValueError("A licence's name must be 1 to 64 letters, digits and hyphens.")
    private = _signing_key(signing_key)
    text = _PREFIX + name.upper()
    signature = base64.b32encode(private.sign(text.encode())).decode().rstrip("=")
    public = base64.b64encode(private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
    return (
        f"{text}-{signature}\n"
        f"It is valid with LINNET_LICENSE_PUBLIC_KEY={public}; {signing_key} can make more keys, so keep it elsewhere."
    )


def _signing_key(file: Path) -> Ed25519PrivateKey:
    try:
        found = load_pem_private_key(file.read_bytes(), password=None)
    except FileNotFoundError:
        return _new_signing_key(file)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ValueError(f"{file} cannot be read as an Ed25519 key without a password ({error}).") from None
    if not isinstance(found, Ed25519PrivateKey):
        raise ValueError(f"{file} is another kind of key: name an Ed25519 key, or a new file, which is then created.")
    return found


def _new_signing_key(file: Path) -> Ed25519PrivateKey:
    made = Ed25519PrivateKey.generate()
    text = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(text)
    except OSError as error:
        raise ValueError(f"{file} cannot be created ({error.strerror}): choose a writable folder.") from None
    return made

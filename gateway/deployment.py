"""Telling one's own deployment from another on the same machine."""

import hashlib
from urllib.parse import urlsplit

from shared.settings import Settings


def deployment_of(settings: Settings) -> str:
    """The same for all gateways of one Redis. Says nothing about its credentials."""
    url = urlsplit(settings.data_url)
    place = f"{url.hostname}:{url.port or 6379}{url.path or '/0'}"
    return hashlib.sha256(place.encode()).hexdigest()[:12]

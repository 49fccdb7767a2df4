"""Telling one's own deployment from another on the same machine."""

import hashlib

from shared.redis_address import parse_address
from shared.settings import Settings


def deployment_of(settings: Settings) -> str:
    """The same for all gateways of one Redis. Says nothing about its credentials."""
    address = parse_address(settings.data_url)
    place = f"{address.shown}/{address.options.get('db') or 0}"
    return hashlib.sha256(place.encode()).hexdigest()[:12]

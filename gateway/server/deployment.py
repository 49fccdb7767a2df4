"""Distinguish this deployment from others on the same machine."""

import hashlib

from shared.redis_address import parse_address
from shared.settings import Settings


def deployment_of(settings: Settings) -> str:
    """Return a value that all gateways of one Redis share. It reveals nothing about credentials."""
    address = parse_address(settings.data_url)
    place = f"{address.shown}/{address.options.get('db') or 0}"
    return hashlib.sha256(place.encode()).hexdigest()[:12]

"""Identify the client of a call, for limits."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from starlette.types import Scope

UNKNOWN: Final = "unknown"
"""Clients without an address, such as behind a Unix socket, count as one."""
_OF_ONE_HOUSEHOLD: Final = 64
"""Bits. An IPv6 subscriber has at least a network of this size (RFC 6177), so limiting single addresses is useless."""


def client_of(scope: Scope) -> str:
    """Return an IPv4 address or an IPv6 network of 64 bits; behind a trusted proxy, that of the proxy's client."""
    client = scope.get("client")
    return client_at(client[0]) if client else UNKNOWN


@lru_cache(maxsize=4096)
def client_at(host: str) -> str:
    """ "2001:db8::1:2" → "2001:db8::/64"."""
    try:
        address = ip_address(host)
    except ValueError:
        return UNKNOWN
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    if address.is_loopback:
        return str(address)
    return str(ip_network((int(address) >> _OF_ONE_HOUSEHOLD << _OF_ONE_HOUSEHOLD, _OF_ONE_HOUSEHOLD)))


class Networks:
    """Addresses and networks, as settings list them."""

    def __init__(self, listed: Sequence[str]) -> None:
        self._networks: list[IPv4Network | IPv6Network] = [ip_network(network) for network in listed]

    def hold(self, client: str) -> bool:
        """Return whether `client` (from `client_of`) lies entirely in these networks."""
        if client == UNKNOWN:
            return False
        wanted = ip_network(client)
        return any(_within(wanted, network) for network in self._networks)


def _within(wanted: IPv4Network | IPv6Network, network: IPv4Network | IPv6Network) -> bool:
    if isinstance(wanted, IPv4Network):
        return isinstance(network, IPv4Network) and wanted.subnet_of(network)
    return isinstance(network, IPv6Network) and wanted.subnet_of(network)

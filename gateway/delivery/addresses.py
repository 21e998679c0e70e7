"""Which addresses tags may send to: public ones, and private ones that the operator allowed."""

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
Place = tuple[str, int] | tuple[str, int, int, int]
AddrInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, Place]

NAT64 = IPv6Network("64:ff9b::/96")
NOT_PUBLIC = tuple(
    map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32", "fec0::/10", "3fff::/20", "5f00::/16"))
)
"""Special ranges that Python 3.11 does not know or does not count as such. Clouds tell a machine its secrets there:
Oracle's in the first, Azure's at the single address."""


class ForbiddenAddress(OSError):
    """The receiver's name stands for an address that tags may not send to."""


class Guard:
    """Makes the socket of a connection, or refuses: the one place where the address connected to is known."""

    def __init__(self, allow: Iterable[Network] = ()) -> None:
        self._allow = tuple(allow)

    def permits(self, address: str) -> bool:
        """Whether a tag may send to this address. IPv6 forms of an IPv4 address are judged as that address."""
        forms = _forms(ip_address(address))
        if any(form in network for form in forms for network in self._allow if form.version == network.version):
            return True
        return _public(forms[-1])

    def socket(self, info: AddrInfo) -> socket.socket:
        """A socket for this address, not connected. Raises ForbiddenAddress."""
        family, kind, protocol, _, where = info
        if not self.permits(where[0]):
            # No address in the text: errors of several addresses are told apart by it.
            raise ForbiddenAddress("an address that tags may not send to")
        return socket.socket(family, kind, protocol)


def _forms(address: Address) -> tuple[Address, ...]:
    inner = _inner(address) if isinstance(address, IPv6Address) else None
    return (address,) if inner is None else (address, inner)


def _inner(address: IPv6Address) -> IPv4Address | None:
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def _public(address: Address) -> bool:
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address in network for network in NOT_PUBLIC if network.version == address.version)

"""Addresses that users give: read strictly, and refused when they lead anywhere but out.

There is one reader, and what it has read is what is asked for: nothing else parses the text
again and understands it in another way. A name is only known to be harmless once it has been
resolved (`reels.dialing`); what can be told from the text alone is told here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Literal, NamedTuple, NoReturn
from urllib.parse import quote

from reels.errors import InvalidInput

MAX_ADDRESS_CHARS = 2_048
MAX_HOST_CHARS = 253
PORTS: dict[str, int] = {"http": 80, "https": 443}

_FORM = re.compile(r"([^:/?#]*):(?://([^/?#]*))?([^?#]*)(\?[^#]*)?(?:#.*)?", re.DOTALL)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
#: What a system's own resolver would take for a number.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
#: IDNA takes these for a dot.
_OTHER_DOTS = "\u3002\uff0e\uff61"
#: Names that stand for machines of the house itself (RFC 6761, RFC 6762, RFC 8375, ICANN).
_INNER = (
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "lan",
    "home.arpa",
    "corp",
    "home",
)
_PATH_SAFE = "/%:@!$&'()*+,;=-._~[]"

#: IANA's registry of special addresses, what is in no public network.
_CLOSED_V4 = tuple(
    IPv4Network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"),
        # Azure's machines are told about themselves here.
        "168.63.129.16/32",
    )
)
#: All public addresses lie in here, and not in the rest: Teredo and others, documentation,
#: 6to4. What holds an IPv4 address (mapped, NAT64, site-local of old) lies outside.
_OPEN_V6 = IPv6Network("2000::/3")
_CLOSED_V6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))


class Host(NamedTuple):
    """A host and a port, as they stand in the list of those that are trusted."""

    name: str
    port: int


class Address(NamedTuple):
    """A web address in its parts. `host` is lower-case ASCII, `target` the path and query."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """The host as in a `Host` header."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if self.port == PORTS[self.scheme] else f"{name}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"

    @property
    def shown(self) -> str:
        """For messages: without the query, which may hold a key."""
        return _shortened(f"{self.scheme}://{self.authority}{self.target.partition('?')[0]}")


def read_address(text: str, field: str = "url") -> Address:
    """The parts of an http or https address.

    Raises:
        InvalidInput: naming `field`; it is none, or is written so that programs may differ
            about it.
    """
    reader = _Reader(text, field)
    return reader.read()


def check_address(address: Address, allowed: Collection[Host] = (), field: str = "url") -> None:
    """Refuse what leads to no public web server, as far as the text alone tells.

    Hosts in `allowed` are trusted, with exactly those ports.

    Raises:
        InvalidInput: naming `field`.
    """
    if Host(address.host, address.port) in allowed:
        return
    if address.port not in PORTS.values():
        _refuse(field, address.shown, f"the port {address.port} is not 80 or 443")
    number = _literal(address.host)
    if number is not None:
        if not is_public(number):
            _refuse(field, address.shown, "it leads to an address that is not public")
        return
    dotted = f".{address.host}"
    if "." not in address.host or dotted.endswith(tuple(f".{name}" for name in _INNER)):
        _refuse(field, address.shown, "its host is no public name")


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether it can be reached from everywhere, and is nobody's own network."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_V4)
    if address.scope_id or address not in _OPEN_V6:
        return False
    return not any(address in network for network in _CLOSED_V6)


def shown(text: str) -> str:
    """A text that should be an address, for messages: short, printable, without its query."""
    plain = "".join(char if char.isprintable() else "?" for char in text.partition("?")[0])
    return _shortened(plain)


def read_hosts(text: str) -> frozenset[Host]:
    """The trusted hosts of a setting: `host:port` or `host` (ports 80 and 443), by commas.

    Raises:
        ValueError: an entry is neither.
    """
    found: set[Host] = set()
    for entry in filter(None, map(str.strip, text.split(","))):
        try:
            read = read_address(f"http://{entry}/", "host")
        except InvalidInput as error:
            raise ValueError(f"{entry!r} is no host: {error.message}") from None
        named = re.search(r":[0-9]+$", entry) is not None and not entry.endswith("]")
        ports = [read.port] if named else list(PORTS.values())
        found |= {Host(read.host, port) for port in ports}
    return frozenset(found)


class _Reader:
    def __init__(self, text: str, field: str) -> None:
        self._text = text
        self._field = field

    def read(self) -> Address:
        self._check_characters()
        parts = _FORM.fullmatch(self._text)
        scheme = parts[1].lower() if parts else ""
        if parts is None or scheme not in PORTS:
            self._refuse("only http:// and https:// are taken")
        if not parts[2]:
            self._refuse("it names no host")
        host, port = self._host_and_port(parts[2])
        target = quote(parts[3] or "/", _PATH_SAFE) + quote(parts[4] or "", _PATH_SAFE + "?")
        kind: Literal["http", "https"] = "https" if scheme == "https" else "http"
        return Address(kind, host, PORTS[scheme] if port is None else port, target)

    def _check_characters(self) -> None:
        if len(self._text) > MAX_ADDRESS_CHARS:
            self._refuse(f"it is longer than {MAX_ADDRESS_CHARS} characters")
        for char in self._text:
            if char == "\\" or unicodedata.category(char)[0] in "CZ":
                self._refuse("it holds a space, a backslash or a control character")

    def _host_and_port(self, authority: str) -> tuple[str, int | None]:
        if "@" in authority:
            self._refuse("it holds a user name")
        if authority.startswith("["):
            literal, closed, rest = authority[1:].partition("]")
            if not closed or (rest and not rest.startswith(":")):
                self._refuse("its host cannot be read")
            return self._version_6(literal), self._port(rest[1:]) if rest else None
        name, colon, digits = authority.partition(":")
        return self._name(name), self._port(digits) if colon else None

    def _port(self, digits: str) -> int:
        if not re.fullmatch(r"[0-9]{1,5}", digits) or not 0 < int(digits) < 65_536:
            self._refuse("its port is no number from 1 to 65535")
        return int(digits)

    def _version_6(self, literal: str) -> str:
        try:
            return str(IPv6Address("" if "%" in literal else literal))
        except ValueError:
            self._refuse("its host cannot be read")

    def _name(self, name: str) -> str:
        host = self._ascii(name.lower()).removesuffix(".")
        labels = host.split(".")
        if len(host) > MAX_HOST_CHARS or not all(map(_LABEL.fullmatch, labels)):
            self._refuse("its host cannot be read")
        if _NUMBER.fullmatch(labels[-1]) and _literal(host) is None:
            self._refuse("its host is a number that is not written as four numbers")
        return host

    def _ascii(self, name: str) -> str:
        """Only what looks like itself: no full-width digits, no dots that are none."""
        if name.isascii():
            return name
        if unicodedata.normalize("NFKC", name) != name or set(name) & set(_OTHER_DOTS):
            self._refuse("its host is written in letters that stand for others")
        import idna

        try:
            return idna.encode(name).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            self._refuse("its host cannot be read")

    def _refuse(self, reason: str) -> NoReturn:
        _refuse(self._field, shown(self._text), reason)


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _refuse(field: str, address: str, reason: str) -> NoReturn:
    raise InvalidInput(
        field,
        f"The address {address!r} is refused: {reason}.",
        remedy="Give the http or https address of a file on a public web server.",
    )


def _shortened(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:119]}…"

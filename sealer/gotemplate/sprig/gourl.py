"""Go's package net/url: take URLs apart and put them together, escaping part by part."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Final

from sealer.gotemplate import text
from sealer.gotemplate.errors import FunctionError

_ALWAYS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
# What is written as it is in each part of a URL (net/url, shouldEscape).
PATH: Final = frozenset((_ALWAYS + "$&+,/:;=@").encode())
HOST: Final = frozenset((_ALWAYS + "!\"$&'()*+,:;<=>[]").encode())
ZONE: Final = HOST
USERINFO: Final = frozenset((_ALWAYS + "$&+,;=").encode())
FRAGMENT: Final = frozenset((_ALWAYS + "!$&()*+,/:;=?@").encode())
_ALSO_VALID: Final = frozenset(b"!$&'()*+,;=:@[]%")
_ESCAPE: Final = re.compile(rb"%(?:([0-9a-fA-F]{2})|)")
_CONTROL: Final = re.compile(rb"[\x00-\x1f\x7f]")
_SCHEME: Final = re.compile(rb"([a-zA-Z][a-zA-Z0-9+.-]*):")
_USERINFO_CHARACTERS: Final = re.compile(rb"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*")
_PORT: Final = re.compile(rb"(?::[0-9]*)?")
_ASCII_END: Final = 0x80


@dataclass(frozen=True, slots=True)
class URL:
    """A URL in parts, all but `opaque` and `query` unescaped.

    Attributes:
        scheme: In lower case.
        opaque: What follows the scheme where that is not a path, as it was written.
        user: Name and, if one was given, password; None without.
        host: With the port.
        path: The path.
        raw_path: The path as it was written, where escaping `path` would not give it.
        query: As it was written, without the question mark.
        force_query: Whether there is a question mark without a query.
        fragment: The fragment.
        raw_fragment: As `raw_path`.
        omit_host: Whether the authority is not even empty.

    """

    scheme: bytes = b""
    opaque: bytes = b""
    user: tuple[bytes, bytes | None] | None = field(default=None, repr=False)
    host: bytes = b""
    path: bytes = b""
    raw_path: bytes = b""
    query: bytes = field(default=b"", repr=False)
    force_query: bool = False
    fragment: bytes = b""
    raw_fragment: bytes = b""
    omit_host: bool = False

    def userinfo(self) -> bytes:
        """Name and password, escaped."""
        if self.user is None:
            return b""
        name, password = self.user
        return escape(name, USERINFO) + (b"" if password is None else b":" + escape(password, USERINFO))

    def hostname(self) -> bytes:
        """The host without port and brackets."""
        host, colon, port = self.host.rpartition(b":")
        if not colon or not _PORT.fullmatch(colon + port):
            host = self.host
        return host[1:-1] if host[:1] == b"[" and host[-1:] == b"]" else host

    def write(self) -> bytes:
        """The whole URL (`URL.String`)."""
        written = self.scheme + b":" if self.scheme else b""
        written += self.opaque or self._hierarchy(written)
        if self.force_query or self.query:
            written += b"?" + self.query
        if self.fragment:
            written += b"#" + _escaped(self.fragment, self.raw_fragment, FRAGMENT)
        return written

    def _hierarchy(self, before: bytes) -> bytes:
        authority = b""
        has_authority = bool(self.scheme or self.host or self.user is not None)
        if has_authority and not (self.omit_host and not self.host and self.user is None):
            if self.host or self.path or self.user is not None:
                authority = b"//"
            if self.user is not None:
                authority += self.userinfo() + b"@"
            authority += escape(self.host, HOST)
        path = b"*" if self.path == b"*" and not self.raw_path else _escaped(self.path, self.raw_path, PATH)
        if path and path[:1] != b"/" and self.host:
            authority += b"/"
        if not before and not authority and b":" in path.partition(b"/")[0]:
            authority = b"./"  # else the first segment would read as a scheme (RFC 3986, 4.2)
        return authority + path


def _escaped(part: bytes, raw: bytes, plain: frozenset[int]) -> bytes:
    if raw and all(byte in plain or byte in _ALSO_VALID for byte in raw) and _or_none(raw) == part:
        return raw
    return escape(part, plain)


def _or_none(raw: bytes) -> bytes | None:
    try:
        return unescape(raw)
    except FunctionError:
        return None


def escape(part: bytes, plain: frozenset[int]) -> bytes:
    """Escape all bytes but those that stand for themselves."""
    return b"".join(bytes([byte]) if byte in plain else b"%%%02X" % byte for byte in part)


def unescape(part: bytes) -> bytes:
    """Undo escapes.

    Raises:
        FunctionError: One is not two hexadecimal digits.

    """
    for found in _ESCAPE.finditer(part):
        if not found[1]:
            raise FunctionError("invalid URL escape")
    return _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), part)


def _unescape_host(part: bytes) -> bytes:
    for found in _ESCAPE.finditer(part):
        # In a host only bytes beyond ASCII may be escaped (RFC 3986), and the percent sign before a zone (RFC 6874).
        if not found[1] or (int(found[1], 16) < _ASCII_END and found[0] != b"%25"):
            raise FunctionError("invalid URL escape")
    if any(byte < _ASCII_END and byte not in HOST for byte in _ESCAPE.sub(b"", part)):
        raise FunctionError("invalid character in host name")
    return unescape(part)


def _unescape_zone(part: bytes) -> bytes:
    for found in _ESCAPE.finditer(part):
        value = int(found[1], 16) if found[1] else 0
        if not found[1] or (found[0] != b"%25" and value != ord(" ") and value not in ZONE):
            raise FunctionError("invalid URL escape")
    if any(byte < _ASCII_END and byte not in ZONE for byte in _ESCAPE.sub(b"", part)):
        raise FunctionError("invalid character in host name")
    return unescape(part)


def parse(written: str) -> URL:
    """Take a URL apart (`url.Parse`).

    Raises:
        FunctionError: It is not one. The message has no part of it.

    """
    data, _, fragment = text.encode(written).partition(b"#")
    found = _parse(data)
    if not fragment:
        return found
    plain = unescape(fragment)
    raw = b"" if escape(plain, FRAGMENT) == fragment else fragment
    return _replaced(found, fragment=plain, raw_fragment=raw)


def _replaced(url: URL, *, fragment: bytes, raw_fragment: bytes) -> URL:
    return URL(
        url.scheme, url.opaque, url.user, url.host, url.path, url.raw_path, url.query, url.force_query, fragment,
        raw_fragment, url.omit_host,
    )  # fmt: skip


def _parse(data: bytes) -> URL:
    if _CONTROL.search(data):
        raise FunctionError("net/url: invalid control character in URL")
    if data == b"*":
        return URL(path=b"*")
    scheme, rest = _scheme(data)
    force_query = rest.endswith(b"?") and rest.count(b"?") == 1
    rest, _, query = rest.partition(b"?")
    if not rest.startswith(b"/"):
        if scheme:
            return URL(scheme=scheme, opaque=rest, query=query, force_query=force_query)
        if b":" in rest.partition(b"/")[0]:
            raise FunctionError("first path segment in URL cannot contain colon")
    user, host, omit_host = None, b"", False
    if rest.startswith(b"//") and (scheme or not rest.startswith(b"///")):
        authority, slash, behind = rest[2:].partition(b"/")
        rest = slash + behind
        user, host = _authority(scheme, authority)
    else:
        omit_host = bool(scheme) and rest.startswith(b"/")
    path = unescape(rest)
    raw_path = b"" if escape(path, PATH) == rest else rest
    return URL(scheme, b"", user, host, path, raw_path, query, force_query, omit_host=omit_host)


def _scheme(data: bytes) -> tuple[bytes, bytes]:
    if data.startswith(b":"):
        raise FunctionError("missing protocol scheme")
    found = _SCHEME.match(data)
    return (found[1].lower(), data[found.end() :]) if found else (b"", data)


def _authority(scheme: bytes, authority: bytes) -> tuple[tuple[bytes, bytes | None] | None, bytes]:
    userinfo, at, host = authority.rpartition(b"@")
    host = _host(scheme, host)
    if not at:
        return None, host
    if not _USERINFO_CHARACTERS.fullmatch(userinfo):
        raise FunctionError("net/url: invalid userinfo")
    name, colon, password = userinfo.partition(b":")
    return (unescape(name), unescape(password) if colon else None), host


def _host(scheme: bytes, host: bytes) -> bytes:
    bracket = host.rfind(b"[")
    if bracket > 0:
        raise FunctionError("invalid IP-literal")
    if bracket == 0:
        return _literal(host)
    _, colon, port = host.partition(b":")
    if b":" in port and scheme not in {b"http", b"https"}:
        _, colon, port = host.rpartition(b":")  # a list of hosts, as databases have it
    if not _PORT.fullmatch(colon + port):
        raise FunctionError("invalid port after host")
    return _unescape_host(host)


def _literal(host: bytes) -> bytes:
    inner, bracket, port = host[1:].rpartition(b"]")
    if not bracket:
        raise FunctionError("missing ']' in host")
    if not _PORT.fullmatch(port):
        raise FunctionError("invalid port after host")
    address, percent, zone = inner.partition(b"%25")
    name = _unescape_host(address) + _unescape_zone(percent + zone)
    _check_address(name)
    return b"[" + name + b"]" + port


def _check_address(name: bytes) -> None:
    address, percent, zone = text.decode(name).partition("%")
    if percent and not zone:
        raise FunctionError("invalid host: zone must be a non-empty string")
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        raise FunctionError("invalid host: unable to parse IP") from None
    if found.version == 4:  # noqa: PLR2004 - an IPv4 address does not stand in brackets
        raise FunctionError("invalid host: unable to parse IP" if percent else "invalid IP-literal")

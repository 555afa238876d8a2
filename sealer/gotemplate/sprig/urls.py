"""Sprig's `urlParse` and `urlJoin`."""

from __future__ import annotations

from typing import Any, Final

from sealer.gotemplate import text, values
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.functions import Registry
from sealer.gotemplate.sprig import gourl

FUNCTIONS: Final = Registry()


@FUNCTIONS.add("urlParse", "func(string) map[string]any")
def _url_parse(written: str) -> dict[str, Any]:
    try:
        url = gourl.parse(written)
    except FunctionError as error:
        raise FunctionError(f"unable to parse url: {error}") from None
    parts = {
        "scheme": url.scheme,
        "host": url.host,
        "hostname": url.hostname(),
        "path": url.path,
        "query": url.query,
        "opaque": url.opaque,
        "fragment": url.fragment,
        "userinfo": url.userinfo(),
    }
    return {name: text.decode(part) for name, part in parts.items()}


@FUNCTIONS.add("urlJoin", "func(map[string]any) string")
def _url_join(parts: dict[str, Any]) -> str:
    userinfo = _part(parts, "userinfo")
    url = gourl.URL(
        scheme=_part(parts, "scheme"),
        host=_part(parts, "host"),
        path=_part(parts, "path"),
        query=_part(parts, "query"),
        opaque=_part(parts, "opaque"),
        fragment=_part(parts, "fragment"),
        user=_user(userinfo) if userinfo else None,
    )
    return text.decode(url.write())


def _part(parts: dict[str, Any], name: str) -> bytes:
    if name not in parts:
        return b""
    part = parts[name]
    if part is None:
        raise FunctionError("runtime error: invalid memory address or nil pointer dereference")
    kind = values.kind_of(part)
    if kind != "string":
        raise FunctionError(f"unable to parse {name} key, must be of type string, but {kind} found")
    return text.encode(str.__str__(part))


def _user(userinfo: bytes) -> tuple[bytes, bytes | None] | None:
    try:
        return gourl.parse(f"proto://{text.decode(userinfo)}@host").user
    except FunctionError as error:
        raise FunctionError(f"unable to parse userinfo in dict: {error}") from None

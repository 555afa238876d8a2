"""What templates see of Vault: `dependency.Secret` and `dependency.PemEncoded` of consul-template as Go values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from sealer.gotemplate import types, values
from sealer.gotemplate.consul.records import Record
from sealer.gotemplate.consul.responses import go_value
from sealer.gotemplate.functions import Registry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sealer.gotemplate.consul.pems import Pems
    from sealer.gotemplate.consul.responses import Auth, SecretResponse
    from sealer.gotemplate.types import GoType

Fields = tuple[tuple[str, "GoType"], ...]


class SecretAuth(Record):
    """`dependency.SecretAuth`."""

    go_type = types.named("dependency.SecretAuth", "struct")
    fields: ClassVar[Fields] = (
        ("ClientToken", types.STRING),
        ("Accessor", types.STRING),
        ("Policies", types.STRINGS),
        ("Metadata", types.STRING_MAP),
        ("LeaseDuration", types.INT),
        ("Renewable", types.BOOL),
    )


class SecretWrapInfo(Record):
    """`dependency.SecretWrapInfo`; no answer here is wrapped, so there is only its nil pointer."""

    go_type = types.named("dependency.SecretWrapInfo", "struct")


AUTH: Final = types.pointer_to(SecretAuth.go_type)
WRAP_INFO: Final = types.pointer_to(SecretWrapInfo.go_type)


class Secret(Record):
    """`dependency.Secret`."""

    go_type = types.named("dependency.Secret", "struct")
    fields: ClassVar[Fields] = (
        ("RequestID", types.STRING),
        ("LeaseID", types.STRING),
        ("LeaseDuration", types.INT),
        ("Renewable", types.BOOL),
        ("Data", types.ANY_MAP),
        ("Warnings", types.STRINGS),
        ("Auth", AUTH),
        ("WrapInfo", WRAP_INFO),
    )


SECRET: Final = types.pointer_to(Secret.go_type)


class PemEncoded(Record):
    """`dependency.PemEncoded`: what `pkiCert` gives."""

    go_type = types.named("dependency.PemEncoded", "struct")
    fields: ClassVar[Fields] = (
        ("Cert", types.STRING),
        ("Key", types.STRING),
        ("CA", types.STRING),
        ("CAChain", types.STRINGS),
    )


_PEM_METHODS: Final = Registry()


@_PEM_METHODS.add("Data", "func() dependency.PemEncoded")
def _data(pems: PemEncoded) -> PemEncoded:
    return pems  # so that templates read `.Data.Cert` as they do of a secret


@_PEM_METHODS.add("CaChainContains", "func(string) bool")
def _ca_chain_contains(pems: PemEncoded, item: str) -> bool:
    return item in pems.field("CAChain")


@_PEM_METHODS.add("Equals", "func(dependency.PemEncoded) bool")
def _equals(pems: PemEncoded, other: PemEncoded) -> bool:
    return all(pems.field(name) == other.field(name) for name, _ in pems.fields)


PemEncoded.go_type.define(methods=_PEM_METHODS)


def secret_value(response: SecretResponse | None) -> values.Pointer:
    """The `*dependency.Secret` of an answer, of fresh values that a template may change; nil of no answer."""
    if response is None:
        return values.Pointer(None, SECRET)
    return values.Pointer(
        Secret(
            RequestID=response.request_id,
            LeaseID=response.lease_id,
            LeaseDuration=response.lease_duration,
            Renewable=response.renewable,
            Data=values.nil_of(types.ANY_MAP) if response.data is None else go_value(dict(response.data)),
            Warnings=_strings(response.warnings),
            Auth=_auth_value(response.auth),
        ),
        SECRET,
    )


def _strings(items: Sequence[str]) -> Any:
    return values.strings(items) if items else values.nil_of(types.STRINGS)


def _auth_value(auth: Auth | None) -> values.Pointer:
    if auth is None:
        return values.Pointer(None, AUTH)
    return values.Pointer(
        SecretAuth(
            ClientToken=auth.client_token,
            Accessor=auth.accessor,
            Policies=_strings(auth.policies),
            Metadata=values.string_map(auth.metadata) if auth.metadata else values.nil_of(types.STRING_MAP),
            LeaseDuration=auth.lease_duration,
            Renewable=auth.renewable,
        ),
        AUTH,
    )


def pem_value(pems: Pems) -> PemEncoded:
    """The `dependency.PemEncoded` of a certificate with its key."""
    return PemEncoded(Cert=pems.certificate, Key=pems.key, CA=pems.ca, CAChain=_strings(pems.ca_chain))

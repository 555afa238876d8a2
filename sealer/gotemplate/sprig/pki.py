"""Sprig's functions that make private keys and certificates.

The modules that do the work are imported where a template asks for them: they load most of `cryptography`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from sealer.gotemplate import text, types, values
from sealer.gotemplate.errors import FunctionError
from sealer.gotemplate.functions import Registry
from sealer.gotemplate.sprig.encodings import decode_base64

if TYPE_CHECKING:
    from sealer.gotemplate.limits import Context
    from sealer.gotemplate.sprig.certificates import Request
    from sealer.gotemplate.sprig.keys import PrivateKey

FUNCTIONS: Final = Registry()


class Certificate(values.Struct):
    """Sprig's certificate: a certificate and its private key as PEM."""

    __slots__ = ("Cert", "Key")
    go_type: ClassVar[types.GoType] = types.named("sprig.certificate", "struct")
    fields = (("Cert", types.STRING), ("Key", types.STRING))

    def __init__(self, certificate: str, key: str) -> None:
        self.Cert = certificate
        self.Key = key


@FUNCTIONS.add("genPrivateKey", "func(string) string", context=True)
def _gen_private_key(context: Context, kind: str) -> str:
    from sealer.gotemplate.sprig import keys  # noqa: PLC0415 - as the module says

    key = keys.generate(context, kind)
    return f"Unknown type {kind}" if key is None else keys.write(key)


@FUNCTIONS.add("buildCustomCert", "func(string, string) (sprig.certificate, error)")
def _build_custom_cert(certificate: str, key: str) -> Certificate:
    """A certificate and its key that exist, each as base64 of PEM."""
    from sealer.gotemplate.sprig import certificates, keys  # noqa: PLC0415 - as the module says

    certificate_data = _from_base64(certificate, "unable to decode base64 certificate")
    key_data = _from_base64(key, "unable to decode base64 private key")
    certificates.read_certificate(certificate_data)
    try:
        keys.read(key_data)
    except FunctionError as error:
        raise FunctionError(f"error parsing private key: {error}") from None
    return Certificate(text.decode(certificate_data), text.decode(key_data))


def _from_base64(written: str, refusal: str) -> bytes:
    try:
        return decode_base64(text.encode(written))
    except FunctionError:
        raise FunctionError(refusal) from None


def _given_key(pem: str) -> PrivateKey:
    from sealer.gotemplate.sprig import keys  # noqa: PLC0415 - as the module says

    try:
        return keys.read(text.encode(pem))
    except FunctionError as error:
        raise FunctionError(f"parsing private key: {error}") from None


def _new_key(context: Context) -> PrivateKey:
    from sealer.gotemplate.sprig import keys  # noqa: PLC0415 - as the module says

    return keys.generate_for_certificate(context)


def _issued(context: Context, request: Request, key: PrivateKey, issuer: Certificate | None = None) -> Certificate:
    from sealer.gotemplate.sprig import certificates, keys  # noqa: PLC0415 - as the module says

    parent = None
    if issuer is not None:
        parent_certificate = certificates.read_certificate(text.encode(issuer.Cert))
        try:
            parent_key = keys.read(text.encode(issuer.Key))
        except FunctionError as error:
            raise FunctionError(f"error parsing private key: {error}") from None
        parent = parent_certificate, certificates.signing_key(parent_key)
    made = certificates.issue(context, request, certificates.signing_key(key), parent)
    return Certificate(made, keys.write(key))


def _request(name: str, ips: list[Any], dns_names: list[Any], days: int, *, is_ca: bool = False) -> Request:
    from sealer.gotemplate.sprig import certificates  # noqa: PLC0415 - as the module says

    return certificates.Request(name, days, certificates.addresses(ips), certificates.names(dns_names), is_ca)


@FUNCTIONS.add("genCA", "func(string, int) (sprig.certificate, error)", context=True)
def _gen_ca(context: Context, name: str, days: int) -> Certificate:
    return _issued(context, _request(name, [], [], days, is_ca=True), _new_key(context))


@FUNCTIONS.add("genCAWithKey", "func(string, int, string) (sprig.certificate, error)", context=True)
def _gen_ca_with_key(context: Context, name: str, days: int, key: str) -> Certificate:
    return _issued(context, _request(name, [], [], days, is_ca=True), _given_key(key))


@FUNCTIONS.add("genSelfSignedCert", "func(string, []any, []any, int) (sprig.certificate, error)", context=True)
def _gen_self_signed(context: Context, name: str, ips: list[Any], dns_names: list[Any], days: int) -> Certificate:
    return _issued(context, _request(name, ips, dns_names, days), _new_key(context))


@FUNCTIONS.add(
    "genSelfSignedCertWithKey", "func(string, []any, []any, int, string) (sprig.certificate, error)", context=True
)
def _gen_self_signed_with_key(  # noqa: PLR0913, PLR0917 - the parameters are Sprig's
    context: Context, name: str, ips: list[Any], dns_names: list[Any], days: int, key: str
) -> Certificate:
    private_key = _given_key(key)
    return _issued(context, _request(name, ips, dns_names, days), private_key)


@FUNCTIONS.add(
    "genSignedCert", "func(string, []any, []any, int, sprig.certificate) (sprig.certificate, error)", context=True
)
def _gen_signed(  # noqa: PLR0913, PLR0917 - the parameters are Sprig's
    context: Context, name: str, ips: list[Any], dns_names: list[Any], days: int, issuer: Certificate
) -> Certificate:
    return _issued(context, _request(name, ips, dns_names, days), _new_key(context), issuer)


@FUNCTIONS.add(
    "genSignedCertWithKey",
    "func(string, []any, []any, int, sprig.certificate, string) (sprig.certificate, error)",
    context=True,
)
def _gen_signed_with_key(  # noqa: PLR0913, PLR0917 - the parameters are Sprig's
    context: Context, name: str, ips: list[Any], dns_names: list[Any], days: int, issuer: Certificate, key: str
) -> Certificate:
    private_key = _given_key(key)
    return _issued(context, _request(name, ips, dns_names, days), private_key, issuer)

"""Render a case of the corpus in the world that it describes, as the oracle's consul.go does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sealer.gotemplate import GoTemplateError, ParseError, encode
from sealer.gotemplate.consul import Known, ListSecrets, ReadFile, SecretResponse, Surroundings, render_pass
from sealer.gotemplate.consul.dependencies import issuing, read_or_write
from sealer.gotemplate.consul.pems import Pems
from sealer.gotemplate.consul.responses import Auth
from sealer.gotemplate.consul.watch import parse_template
from tests.gotemplate.cases import Answer, Case
from tests.gotemplate.consul.verbatim import decode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class MissingError(LookupError):
    """The template asks for something that is not in its world."""


def render(template: str, data: str = "", missingkey: str = "", delims: Sequence[str] | None = None) -> str:
    """Render once.

    Args:
        template: The template.
        data: JSON of its world (see consul.go, consulWorld).
        missingkey: `error`, or nothing for zero values.
        delims: Left and right delimiter; None for the usual ones.

    Raises:
        ParseError: It is not a template.
        ExecError: It cannot be executed.
        MissingError: It asks for something that is not there.

    """
    left, right = delims or ("", "")
    parsed = parse_template(template, delims=(left, right), error_on_missing_key=missingkey == "error")
    world = decode(data) if data else {}
    environment = dict(pair.split("=", 1) for pair in world.get("env", ()))
    result = render_pass(parsed, known_of(world), Surroundings(environment))
    if result.missing:
        raise MissingError(", ".join(sorted(map(str, result.missing))))
    return result.output


def answer(case: Case) -> Answer:
    """Render a case with Sealer."""
    try:
        template = case.template.decode("utf-8", "surrogateescape")
        return Answer(encode(render(template, case.data, case.missingkey, case.delims)))
    except MissingError as error:
        return Answer(kind="missing", message=str(error))
    except GoTemplateError as error:
        kind = "parse" if isinstance(error, ParseError) else "exec"
        return Answer(b"", kind, error.message, error.line or 0, error.column)


def known_of(world: Mapping[str, Any]) -> Known:
    secrets: dict[Any, SecretResponse | None] = {
        read_or_write(path): response_of(secret) for path, secret in world.get("secrets", {}).items()
    }
    for write in world.get("writes", ()):
        wanted = read_or_write(write["path"], *(f"{name}={value}" for name, value in write["data"].items()), "")
        secrets[wanted] = response_of(write["secret"]) if write["secret"] else None
    return Known(
        secrets=secrets,
        lists={ListSecrets(path): tuple(names) for path, names in world.get("lists", {}).items()},
        certificates={
            issuing(pki["path"], tuple(f"{name}={value}" for name, value in pki["data"].items()), ""): pems_of(
                pki["pems"]
            )
            for pki in world.get("pki", ())
        },
        files={ReadFile(path): content for path, content in world.get("files", {}).items()},
    )


def response_of(secret: Mapping[str, Any]) -> SecretResponse:
    auth = secret.get("Auth")
    return SecretResponse(
        data=secret.get("Data"),
        lease_id=secret.get("LeaseID", ""),
        lease_duration=int(str(secret.get("LeaseDuration", 0))),
        renewable=secret.get("Renewable", False),
        request_id=secret.get("RequestID", ""),
        warnings=tuple(secret.get("Warnings", ())),
        auth=None
        if auth is None
        else Auth(
            auth["ClientToken"],
            auth["Accessor"],
            tuple(auth["Policies"]),
            auth["Metadata"],
            int(str(auth["LeaseDuration"])),
            auth["Renewable"],
        ),
    )


def pems_of(pems: Mapping[str, Any]) -> Pems:
    return Pems(pems["Cert"], pems["Key"], pems["CA"], tuple(pems["CAChain"]))

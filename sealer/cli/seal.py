"""`sealer seal`."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import click

from sealer.cli import options as shared
from sealer.cli.help import ExampleCommand
from sealer.cli.recipients import load_recipient
from sealer.cli.streams import (
    located,
    read_bytes,
    read_documents,
    refuse_overwriting,
    refuse_reading_twice,
    source_name,
    write_documents,
    write_text,
)
from sealer.cli.terminal import note
from sealer.errors import InputError, UsageError
from sealer.files import SHARED
from sealer.kubeconfig import current_namespace
from sealer.manifest import SealedSecret, Secret
from sealer.scope import Scope, scope_of
from sealer.seal import check_names, check_sealable, check_size, seal_value
from sealer.seal import seal as seal_secret
from sealer.sources import merge_items, parse_env_file, split_file_argument, split_literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sealer.certificate import Recipient
    from sealer.cli.options import ControllerOptions


@click.command(
    cls=ExampleCommand,
    examples=(
        "sealer seal secret.yaml -w sealed.yaml",
        "sealer seal --name db --namespace shop --from-file password=./password.txt",
        "kubectl create secret generic db --from-file=./password.txt --dry-run=client -o yaml | sealer seal",
        'printf %s "$TOKEN" | sealer seal --raw --name api --namespace shop',
    ),
    epilog="See also: sealer cert, sealer verify.",
)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("-f", "--from-file", multiple=True, metavar="[KEY=]PATH", help="Item from a file (KEY=- for stdin).")
@click.option("--from-env-file", multiple=True, metavar="PATH", help="Items from a file of KEY=VALUE lines.")
@click.option(
    "--from-literal", multiple=True, metavar="KEY=VALUE", help="Item from the command line, which stays in history."
)
@click.option("--raw", is_flag=True, help="Seal one value, from --from-file or stdin, and print just the sealed text.")
@click.option("--name", help="Name of the Secret; beats that of a manifest.")
@click.option("-n", "--namespace", help="Namespace, where no manifest gives it.  [default: the kubeconfig's]")
@click.option("--type", "type_", help="Secret type, for --from-…  [default: Opaque]")
@click.option("--allow-empty-data", is_flag=True, help="Seal a Secret without items.")
@click.option("--allow-incomplete-type", is_flag=True, help="Seal a Secret that lacks what its type requires.")
@shared.scope_option
@shared.cert_option
@shared.output_options
@shared.controller_options
def seal(files: tuple[str, ...], raw: bool, output: str | None, write: str | None, **rest: Any) -> None:
    """Turn Secrets into SealedSecrets that are safe to commit.

    Reads Secret manifests, YAML or JSON, of any number of documents, from FILEs or standard input; or makes a Secret
    from --from-file, --from-env-file and --from-literal.
    """
    controller = shared.take_controller(rest)
    cert, scope = rest.pop("cert"), rest.pop("scope")
    request = Request(files=files, scope=Scope(scope) if scope else None, controller=controller, **rest)
    for option, value in (("--name", request.name), ("--namespace", request.namespace)):
        if value == "":
            raise UsageError(f"{option} is empty", hint="is a variable of the shell unset?")
    refuse_reading_twice(request.inputs)
    refuse_overwriting(request.inputs, write)
    if raw:
        if output:
            raise UsageError("--output goes with manifests", hint="--raw prints just the sealed text")
        text = _seal_raw(request, cert)
        write_text(text if write is None and not sys.stdout.isatty() else text + "\n", write, mode=SHARED)
        return
    secrets = [_complete(secret, request) for secret in _secrets(request)]
    recipient = load_recipient(cert, controller, now=datetime.now(UTC))
    sealed = [_seal_one(secret, request, recipient) for secret in secrets]
    write_documents((one.to_manifest() for one in sealed), output=output, write=write, mode=SHARED)


@dataclass(frozen=True)
class Request:
    """The command's words."""

    files: tuple[str, ...]
    from_file: tuple[str, ...]
    from_env_file: tuple[str, ...]
    from_literal: tuple[str, ...]
    name: str | None
    namespace: str | None
    type_: str | None
    scope: Scope | None
    allow_empty_data: bool
    allow_incomplete_type: bool
    controller: ControllerOptions

    @property
    def has_sources(self) -> bool:
        """Whether items come from --from-… rather than from manifests."""
        return bool(self.from_file or self.from_env_file or self.from_literal)

    @property
    def inputs(self) -> list[str]:
        """The paths to read, ``-`` for standard input."""
        sources = [*(split_file_argument(argument)[1] for argument in self.from_file), *self.from_env_file]
        return [*self.files, *sources] if self.files or self.has_sources else ["-"]

    @cached_property
    def default_namespace(self) -> str:
        """The namespace of --namespace, else of the kubeconfig, which is said aloud: strict scope binds to it."""
        if self.namespace:
            return self.namespace
        found = current_namespace(os.environ, kubeconfig=self.controller.kubeconfig, context=self.controller.context)
        note(f"no namespace given; sealing for {found!r}, the kubeconfig's current one")
        return found


def _secrets(request: Request) -> Iterator[Secret]:
    if request.has_sources:
        if request.files:
            raise UsageError("manifests and --from-… cannot be combined", hint="seal them one after the other")
        yield _from_sources(request)
        return
    if request.type_:
        raise UsageError("--type goes with --from-…", hint="write the type into the manifest")
    documents = list(read_documents(request.files, "a Secret manifest"))
    if request.name and len(documents) > 1:
        raise UsageError(f"--name names one Secret, but there are {len(documents)}")
    for document in documents:
        yield located(document, lambda value: _read_secret(value, request))


def _read_secret(manifest: object, request: Request) -> Secret:
    if request.name and isinstance(manifest, dict) and isinstance(manifest.get("metadata") or {}, dict):
        manifest = manifest | {"metadata": (manifest.get("metadata") or {}) | {"name": request.name}}
    secret = Secret.from_manifest(manifest)
    _check_namespace(secret, request)
    _check(secret, request)
    return secret


def _check_namespace(secret: Secret, request: Request) -> None:
    if (
        request.namespace
        and secret.namespace not in {None, request.namespace}
        and _scope(secret, request) is not Scope.CLUSTER_WIDE
    ):
        raise InputError(
            f"Secret {secret.name} is in namespace {secret.namespace!r}, but {request.namespace!r} was given",
            hint="leave out --namespace, or change the manifest",
        )


def _check(secret: Secret, request: Request) -> None:
    check_sealable(
        secret, allow_empty_data=request.allow_empty_data, allow_incomplete_type=request.allow_incomplete_type
    )


def _from_sources(request: Request) -> Secret:
    if not request.name:
        raise UsageError("the Secret needs a name", hint="give one with --name")
    if request.from_literal:
        note("--from-literal stays in the shell's history; --from-file and stdin do not")
    groups: list[Mapping[str, bytes]] = []
    for argument in request.from_file:
        key, path = split_file_argument(argument)
        groups.append({key: read_bytes(path, f"the value of {key}")})
    groups += [parse_env_file(read_bytes(path, "KEY=VALUE lines"), source_name(path)) for path in request.from_env_file]
    groups += [dict([split_literal(argument)]) for argument in request.from_literal]
    secret = Secret(request.namespace, request.name, merge_items(groups), type=request.type_)
    _check(secret, request)
    return secret


def _complete(secret: Secret, request: Request) -> Secret:
    if secret.namespace is not None:
        return secret
    if request.namespace is None and _scope(secret, request) is Scope.CLUSTER_WIDE:
        return secret  # opens anywhere: whoever applies it says where
    return replace(secret, namespace=request.default_namespace)


def _scope(secret: Secret, request: Request) -> Scope:
    return request.scope or scope_of(secret.annotations)


def _seal_one(secret: Secret, request: Request, recipient: Recipient) -> SealedSecret:
    return seal_secret(secret, recipient, _scope(secret, request))


def _seal_raw(request: Request, cert: str | None) -> str:
    if request.files or request.from_env_file or request.from_literal or len(request.from_file) > 1:
        raise UsageError("--raw seals one value", hint="give it by one --from-file, or on standard input")
    if request.type_:
        raise UsageError("--type goes with --from-…", hint="the type stands in the SealedSecret's template")
    scope = request.scope or Scope.STRICT
    if scope is Scope.STRICT and not request.name:
        raise UsageError("--raw needs --name under strict scope", hint="the value opens under that name only")
    namespace = "" if scope is Scope.CLUSTER_WIDE else request.default_namespace
    check_names(request.name or "any", namespace or None)
    path = split_file_argument(request.from_file[0])[1] if request.from_file else "-"
    value = read_bytes(path, "the value")
    check_size("the value", len(value))
    if not value:
        note("the value is empty")
    recipient = load_recipient(cert, request.controller, now=datetime.now(UTC))
    return seal_value(value, recipient, scope=scope, namespace=namespace, name=request.name or "")

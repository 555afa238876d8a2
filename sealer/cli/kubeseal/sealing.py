"""Seal whole Secrets, or one value."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sealer.cli.terminal import note
from sealer.errors import ConfigError, InputError, UsageError
from sealer.files import read_input
from sealer.kubeconfig import chosen_namespace
from sealer.manifest import strip_server_fields
from sealer.scope import Scope, scope_of
from sealer.seal import seal, seal_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sealer.certificate import Recipient
    from sealer.cli.kubeseal.flags import Options
    from sealer.manifest import SealedSecret, Secret

_SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_UNCONFIGURED: Final = (
    "invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable"
)


@dataclass(frozen=True)
class Place:
    """Which namespace is meant where no manifest says so.

    Attributes:
        flag: That of --namespace, or empty.
        kubeconfig: Path, or None for KUBECONFIG and the default place.
        context: Of the kubeconfig, or None for the current one.
        environ: The environment.

    """

    flag: str
    kubeconfig: str | None
    context: str | None
    environ: Mapping[str, str]

    @classmethod
    def of(cls, options: Options) -> Place:
        """Return that of the command line."""
        return cls(options["namespace"], options["kubeconfig"] or None, options["context"] or None, os.environ)

    @cached_property
    def namespace(self) -> str:
        """The namespace of --namespace, else of the kubeconfig, else of the Pod.

        Raises:
            ConfigError: None of them says it. As kubeseal, and unlike `sealer seal`, this does not take ``default``
                for an answer.
            InputError: The kubeconfig cannot be read.

        """
        found = self.flag or chosen_namespace(self.environ, kubeconfig=self.kubeconfig, context=self.context)
        if found is None:
            found = self._of_pod()
        if not found:
            raise ConfigError(_UNCONFIGURED, hint="give the namespace with --namespace, or set KUBECONFIG")
        return found

    def _of_pod(self) -> str:
        if not self.environ.get("KUBERNETES_SERVICE_HOST") or not (_SERVICE_ACCOUNT / "token").exists():
            return ""
        try:
            own = (_SERVICE_ACCOUNT / "namespace").read_text().strip()
        except (OSError, ValueError):
            own = ""
        return self.environ.get("POD_NAMESPACE") or own


def complete(secret: Secret, scope: Scope, place: Place) -> Secret:
    """Return a Secret in its namespace, which must not be another than --namespace says; cluster-wide needs none.

    Raises:
        InputError: It is another, or none is to be had.

    """
    if scope is Scope.CLUSTER_WIDE:
        return secret
    if secret.namespace is None:
        try:
            return replace(secret, namespace=place.namespace)
        except (ConfigError, InputError) as error:
            raise InputError("secret must declare a namespace", hint=error.message) from error
    if place.flag and place.flag != secret.namespace:
        raise InputError(
            f'namespace mismatch: input secret is in namespace "{secret.namespace}" but "{place.flag}" was specified',
            hint="leave out --namespace, or change the manifest",
        )
    return secret


def chosen_scope(secret: Secret, options: Options) -> Scope:
    """Return the scope: that of --scope where it is given, strict included, else what the annotations ask for."""
    scope: Scope | None = options["scope"]
    return scope or scope_of(secret.annotations)


def seal_one(secret: Secret, recipient: Recipient, options: Options, place: Place) -> SealedSecret:
    """Return a Secret sealed, in the form that kubeseal gives it: without the hints that `sealer seal` adds.

    Raises:
        InputError: Its namespace is not to be had, or another than was said.

    """
    scope = chosen_scope(secret, options)
    sealed = seal(complete(secret, scope, place), recipient, scope)
    if options["scope"] is None:
        kept = strip_server_fields({"annotations": secret.annotations})  # those of the scope too, as they are
        template = replace(sealed.template, metadata={**sealed.template.metadata, **kept})
        sealed = replace(sealed, template=template)
    annotations = {key: value for key, value in sealed.annotations.items() if not key.startswith("sealer.dev/")}
    return replace(sealed, metadata={"annotations": annotations} if annotations else {})


def seal_raw(options: Options, recipient: Recipient, place: Place) -> str:
    """Return one value sealed, as text.

    Raises:
        UsageError: Name, namespace or value are not given, or more than once.
        InputError: The value cannot be read.

    """
    scope: Scope = options["scope"] or Scope.STRICT
    namespace = "" if scope is Scope.CLUSTER_WIDE else place.namespace
    if scope is Scope.STRICT and not options["name"]:
        raise UsageError(f"must provide the --name flag with --raw and --scope {scope}")
    value = _value(options)
    if not value:
        note("the value is empty")
    return seal_value(value, recipient, scope=scope, namespace=namespace, name=options["name"])


def _value(options: Options) -> bytes:
    files: tuple[str, ...] = options["from-file"]
    if len(files) > 1:
        raise UsageError("must provide only one --from-file when encrypting a single item with --raw")
    if files:
        return read_input(files[0].partition("=")[2] if "=" in files[0] else files[0])
    if options["secret-file"]:
        note("--raw does not read --secret-file; the value comes from standard input (or --from-file)")
    if sys.stdin.isatty():
        note("(tty detected: expecting a secret to encrypt in stdin)")
    return sys.stdin.buffer.read()

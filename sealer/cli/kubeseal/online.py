"""What takes a cluster: fetching the certificate, validating, resealing. Imports its client only when asked to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from sealer.certificate import fingerprint, public_key_of, read_certificate
from sealer.cli.kubeseal.merging import applied, changed, put_at
from sealer.cli.kubeseal.output import encode, same_file, sealed_manifest, write
from sealer.cli.kubeseal.reading import read_sealed, read_source
from sealer.errors import InputError, ServiceError
from sealer.files import SHARED
from sealer.manifest import SEALED_WITH_ANNOTATION, SealedSecret
from sealer.reseal import refuse_legacy
from sealer.scope import with_scope

if TYPE_CHECKING:
    from sealer.cli.kubeseal.flags import Options
    from sealer.cli.kubeseal.reading import Found
    from sealer.cluster.service import ControllerService
    from sealer.documents.edit import Put

_OF_CLUSTER = ("server", "certificate-authority", "insecure-skip-tls-verify", "tls-server-name", "proxy-url")
_OF_USER = ("token", "username", "password", "client-certificate", "client-key")


def controller(options: Options) -> ControllerService:
    """Return the way to the controller that the flags name.

    Raises:
        ConfigError: There is no usable configuration of a cluster.
        InputError: A kubeconfig cannot be read.

    """
    from sealer.cluster.overrides import Overrides, client
    from sealer.cluster.service import Caller, ControllerService, read_timeout

    overrides = Overrides(
        **{name: options[name] for name in ("kubeconfig", "context", "cluster", "user")},
        of_cluster={name: options[name] for name in _OF_CLUSTER},
        of_user={name: options[name] for name in _OF_USER},
    )
    return ControllerService(
        client=client(overrides, os.environ),
        namespace=options["controller-namespace"],
        name=options["controller-name"],
        caller=Caller(options["as"], options["as-uid"], options["as-group"] or ()),
        timeout=read_timeout(options["request-timeout"]),
    )


def validate(options: Options) -> None:
    """Ask the controller whether it opens every SealedSecret of the input.

    Raises:
        InputError: There is none, or a document is not one.
        UnsealError: It does not open one.
        ServiceError: The cluster or the controller does not answer, or refuses.

    """
    found = read_sealed(*read_source(options))
    asked = controller(options)
    for one in found:
        asked.verify(one.sealed.to_manifest())


def re_encrypt(options: Options) -> None:
    """Have the controller reseal the input with its newest key, and keep everything else of it.

    Raises:
        InputError: There is no SealedSecret in it, or a document is not one.
        UnsealError: The controller does not open one.
        ServiceError: The cluster or the controller does not answer, or refuses.

    """
    data, source = read_source(options)
    found = read_sealed(data, source)
    for one in found:
        refuse_legacy(one.sealed)
    asked = controller(options)
    puts = [put for one in found for put in _resealed(one, asked)]
    target = options["sealed-secret-file"] or options["secret-file"]
    if target and options["secret-file"] and same_file(target, options["secret-file"]):
        write(changed(data, source, found, puts, options), target, mode=SHARED)
        return
    manifests = [sealed_manifest(applied(one, puts)) for one in found]
    write(encode(manifests, options.output_format), target, mode=SHARED)


def _resealed(one: Found, asked: ControllerService) -> list[Put]:
    """Return the changes to a SealedSecret. Only the answer's items count: existing controllers drop the rest.

    Nothing but the items and the scope is sent: no controller can then render the template into the answer.
    """
    sealed = one.sealed
    bare = SealedSecret(
        namespace=sealed.namespace,
        name=sealed.name,
        encrypted_data=sealed.encrypted_data,
        metadata={"annotations": with_scope({}, sealed.scope)},
    )
    answer = asked.rotate(bare.to_manifest())
    items = _texts(answer, "spec", "encryptedData")
    if items.keys() != sealed.encrypted_data.keys():
        raise ServiceError("cannot re-encrypt secret: the answer holds other items than were sent")
    changes = {key: value for key, value in items.items() if value != sealed.encrypted_data[key]}
    puts = [put_at(one, ("spec", "encryptedData"), changes)] if changes else []
    if changes and SEALED_WITH_ANNOTATION in sealed.annotations:
        # A hint that was right must not become a wrong one; existing controllers know nothing of it.
        hint = {SEALED_WITH_ANNOTATION: fingerprint(public_key_of(read_certificate(asked.certificate())))}
        puts.append(put_at(one, ("metadata", "annotations"), hint))
    return puts


def _texts(manifest: dict[str, Any], *path: str) -> dict[str, str]:
    value: Any = manifest
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise InputError(f"the controller's answer is malformed at {'.'.join(path)}")
    return value

"""The current namespace, read from kubeconfig files without a Kubernetes client.

https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/ has the rules of merging.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sealer import documents
from sealer.errors import InputError
from sealer.files import reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DEFAULT: Final = "default"


def current_namespace(environ: Mapping[str, str], *, kubeconfig: str | None = None, context: str | None = None) -> str:
    """Return the namespace of the chosen context, or ``default`` where there is no context at all.

    Args:
        environ: Where ``KUBECONFIG`` and ``HOME`` are looked up.
        kubeconfig: A path that goes before both, or None.
        context: The context's name, or None for the current one.

    Raises:
        InputError: A kubeconfig that exists cannot be read, or has no context of that name: to go on with ``default``
            would seal for a namespace that nobody named.

    """
    return chosen_namespace(environ, kubeconfig=kubeconfig, context=context) or _DEFAULT


def chosen_namespace(
    environ: Mapping[str, str], *, kubeconfig: str | None = None, context: str | None = None
) -> str | None:
    """Return the namespace of the chosen context, or None where there is no context at all.

    Args:
        environ: As for `current_namespace`.
        kubeconfig: As for `current_namespace`.
        context: As for `current_namespace`.

    Raises:
        InputError: As for `current_namespace`.

    """
    configs = [config for _, config in read_kubeconfigs(environ, kubeconfig)]
    wanted = context or next((c["current-context"] for c in configs if c.get("current-context")), None)
    if wanted is None:
        return None
    for config in configs:
        entries = config.get("contexts")
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and entry.get("name") == wanted:
                chosen = entry.get("context")
                return str((isinstance(chosen, dict) and chosen.get("namespace")) or _DEFAULT)
    raise InputError(f"the kubeconfig has no context {wanted}", hint="see `kubectl config get-contexts`")


def read_kubeconfigs(environ: Mapping[str, str], kubeconfig: str | None) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the kubeconfig files that count, those that go first first, each with its path.

    Args:
        environ: As for `current_namespace`.
        kubeconfig: As for `current_namespace`.

    Raises:
        InputError: One that exists, or that was named, cannot be read.

    """
    home = Path(environ.get("HOME", "/")) / ".kube" / "config"
    listed = [kubeconfig] if kubeconfig else (environ.get("KUBECONFIG") or str(home)).split(os.pathsep)
    for path in filter(None, listed):
        try:
            data = Path(path).read_bytes()
        except FileNotFoundError as error:
            if kubeconfig:
                raise InputError(f"cannot read the kubeconfig {path}: {reason(error)}") from error
            continue  # a list may name files that are not there, as for kubectl
        except OSError as error:
            raise InputError(f"cannot read the kubeconfig {path}: {reason(error)}") from error
        if data.strip():  # an empty file is a kubeconfig without contexts: KUBECONFIG=/dev/null is a known trick
            found = (document.value for document in documents.read(data, path))
            yield from ((Path(path), config) for config in found if isinstance(config, dict))

"""The current namespace, read from kubeconfig files without a Kubernetes client.

https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/ has the rules of merging.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sealer import documents
from sealer.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def current_namespace(environ: Mapping[str, str], *, kubeconfig: str | None = None, context: str | None = None) -> str:
    """Return the namespace of the chosen context, or ``default``.

    Args:
        environ: Where ``KUBECONFIG`` and ``HOME`` are looked up.
        kubeconfig: A path that goes before both, or None.
        context: The context's name, or None for the current one.

    Raises:
        InputError: A kubeconfig that exists cannot be read.

    """
    configs = list(_configs(environ, kubeconfig))
    wanted = context or next((c["current-context"] for c in configs if c.get("current-context")), None)
    for config in configs:
        for entry in config.get("contexts") or ():
            if isinstance(entry, dict) and entry.get("name") == wanted:
                return str((entry.get("context") or {}).get("namespace") or "default")
    return "default"


def _configs(environ: Mapping[str, str], kubeconfig: str | None) -> Iterator[dict[str, Any]]:
    home = Path(environ.get("HOME", "/")) / ".kube" / "config"
    paths = kubeconfig or environ.get("KUBECONFIG") or str(home)
    for path in filter(None, [kubeconfig] if kubeconfig else paths.split(os.pathsep)):
        try:
            data = Path(path).read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise InputError(f"cannot read the kubeconfig {path}: {(error.strerror or '').lower()}") from error
        for document in documents.read(data, path):
            if isinstance(document.value, dict):
                yield document.value

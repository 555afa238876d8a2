"""Access to a cluster as kubectl's connection flags say it: a kubeconfig with parts of it replaced.

https://kubernetes.io/docs/reference/kubectl/generated/kubectl_options/ lists the flags.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from kubernetes.client import ApiClient
from kubernetes.config import ConfigException, load_incluster_config, new_client_from_config_dict

from sealer import __version__
from sealer.errors import ConfigError
from sealer.kubeconfig import read_kubeconfigs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_FILES: Final = frozenset({"certificate-authority", "client-certificate", "client-key", "tokenFile"})
_ENTRY: Final = "chosen"


@dataclass(frozen=True)
class Overrides:
    """What the flags replace; an empty text replaces nothing.

    Attributes:
        kubeconfig: Path that goes before KUBECONFIG and the default place.
        context: Name of a context.
        cluster: Name of a cluster of the kubeconfig.
        user: Name of a user of the kubeconfig.
        of_cluster: Fields of the cluster, by their names in a kubeconfig.
        of_user: Fields of the user, by their names in a kubeconfig.

    """

    kubeconfig: str = ""
    context: str = ""
    cluster: str = ""
    user: str = ""
    of_cluster: Mapping[str, Any] = field(default_factory=dict)
    of_user: Mapping[str, str] = field(default_factory=dict, repr=False)


def client(overrides: Overrides, environ: Mapping[str, str]) -> ApiClient:
    """Return the client of the cluster that kubeconfig and flags, or the Pod we run in, name.

    Raises:
        ConfigError: They name none, or one that is not there.
        InputError: A kubeconfig cannot be read.

    """
    merged = effective(read_kubeconfigs(environ, overrides.kubeconfig or None), overrides, environ)
    try:
        made = _in_pod() if merged is None else new_client_from_config_dict(merged, _ENTRY, persist_config=False)
    except ConfigException as error:
        raise ConfigError(
            f"invalid configuration: {str(error).rstrip('.')}", hint="set KUBECONFIG, or --server"
        ) from error
    except (OSError, AttributeError, KeyError, TypeError, ValueError) as error:
        # What the client raises for fields that are not what they should be, and files that are not there.
        raise ConfigError(
            "invalid configuration: a cluster or a user is malformed", hint="see the kubeconfig"
        ) from error
    made.user_agent = f"sealer/{__version__}"
    return made


def effective(
    configs: Iterable[tuple[Path, Mapping[str, Any]]], overrides: Overrides, environ: Mapping[str, str]
) -> dict[str, Any] | None:
    """Return a kubeconfig with one context, named ``chosen``; None where neither files nor flags name a server.

    Args:
        configs: Path and content of each file, the first that names a thing counts.
        overrides: The flags.
        environ: Where ``KUBERNETES_MASTER`` is looked up, the server where nothing else names one.

    Raises:
        ConfigError: A context, cluster or user is named that is not there.

    """
    files = list(configs)
    current = next((config["current-context"] for _, config in files if config.get("current-context")), "")
    name = overrides.context or current
    context = _entry(files, "contexts", "context", name)
    if name and context is None:
        raise ConfigError(f'context "{name}" does not exist', hint="see `kubectl config get-contexts`")
    cluster = _part(files, "clusters", "cluster", overrides.cluster, (context or {}).get("cluster"))
    user = _part(files, "users", "user", overrides.user, (context or {}).get("user"))
    cluster = _with(cluster, overrides.of_cluster)
    user = _with(user, overrides.of_user)
    cluster.setdefault("server", environ.get("KUBERNETES_MASTER", ""))
    if not cluster["server"]:
        return None
    cluster["server"] = _with_scheme(cluster, user)
    return {
        "current-context": _ENTRY,
        "contexts": [{"name": _ENTRY, "context": {"cluster": _ENTRY, "user": _ENTRY}}],
        "clusters": [{"name": _ENTRY, "cluster": cluster}],
        "users": [{"name": _ENTRY, "user": user}],
    }


def _part(files: list[tuple[Path, Mapping[str, Any]]], group: str, kind: str, flag: str, named: Any) -> dict[str, Any]:
    found = _entry(files, group, kind, flag or named or "")
    if flag and found is None:
        raise ConfigError(f'{kind} "{flag}" does not exist', hint="see `kubectl config view`")
    return found or {}


def _entry(files: list[tuple[Path, Mapping[str, Any]]], group: str, kind: str, name: Any) -> dict[str, Any] | None:
    """Return the first entry of that name, its relative paths made absolute, as they are relative to its file."""
    for path, config in files:
        entries = config.get(group)
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and name and entry.get("name") == name:
                found = entry.get(kind)
                folder = path.absolute().parent
                fields = found if isinstance(found, dict) else {}
                return {key: str(folder / value) if key in _FILES and value else value for key, value in fields.items()}
    return None


def _with(part: dict[str, Any], flags: Mapping[str, Any]) -> dict[str, Any]:
    """Return a cluster or a user with the fields of flags, and without those that they take the place of."""
    given = {key: value for key, value in flags.items() if value}
    result = part | {key: os.path.abspath(value) if key in _FILES else value for key, value in given.items()}  # noqa: PTH100  # Path.absolute keeps `..`
    for key in _FILES & given.keys():
        result.pop(f"{key}-data", None)
    if given.get("insecure-skip-tls-verify"):
        result = {key: value for key, value in result.items() if not key.startswith("certificate-authority")}
    if given.keys() & {"token", "username"}:
        others = {"token", "tokenFile", "username", "password", "auth-provider", "exec"} - given.keys()
        result = {key: value for key, value in result.items() if key not in others}
    return result


def _with_scheme(cluster: Mapping[str, Any], user: Mapping[str, Any]) -> str:
    server = str(cluster["server"])
    if "://" in server:
        return server
    secure = any(key.startswith(("certificate-authority", "insecure-skip", "client-")) for key in (*cluster, *user))
    return f"{'https' if secure else 'http'}://{server}"


def _in_pod() -> ApiClient:
    try:
        load_incluster_config()
    except ConfigException:
        raise ConfigException(
            "no configuration has been provided, try setting KUBERNETES_MASTER environment variable"
        ) from None
    return ApiClient()

"""One run: from the configuration to the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from injector.agent.render import render
from injector.agent.write import RenderedFile, write_all
from injector.vault.auth import FileCredential, KubernetesAuth, mount_point
from injector.vault.reference import parse_reference
from injector.vault.settings import Connection, connect_with

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from injector.agent.config import AgentConfig, TemplateSettings
    from injector.providers import Provider, StoredSecret


def below(root: Path, path: str) -> Path:
    """Return the place of a configured absolute path when the container's file system begins at `root`."""
    return root / path.lstrip("/")


def connection_of(config: AgentConfig, root: Path, environ: Mapping[str, str]) -> Connection:
    """Return how to reach Vault.

    Raises:
        VaultSettingsError: A setting cannot be used.

    """
    vault = config.vault
    return connect_with(
        environ,
        address=vault.address,
        namespace=vault.namespace,
        ca_cert=str(below(root, vault.ca_cert)) if vault.ca_cert else None,
        skip_verify=vault.tls_skip_verify,
    )


def auth_of(config: AgentConfig, root: Path) -> KubernetesAuth:
    """Return how to log in.

    Raises:
        VaultSettingsError: The mount path is none.

    """
    token = FileCredential(below(root, config.auth.token_path), "service-account token")
    return KubernetesAuth(config.auth.role, token, mount_point(config.auth.mount_path))


def check_references(config: AgentConfig) -> None:
    """Refuse a path that is none before anything is asked of Vault.

    Raises:
        InvalidReferenceError: A template's path is no reference.

    """
    for template in config.templates:
        parse_reference(template.path)


def run_once(config: AgentConfig, root: Path, provider: Provider, report: Callable[[str], None]) -> None:
    """Fetch every secret, render every file, and only then write them.

    Args:
        config: The configuration.
        root: Where the container's file system begins.
        provider: The secret store.
        report: Gets a line for each event; never a value.

    Raises:
        SealerError: A secret cannot be had, or a file cannot be written. No file was touched in the first case.

    """
    secrets: dict[str, StoredSecret] = {}
    for template in config.templates:
        if template.path not in secrets:
            secrets[template.path] = provider.fetch(template.path)
            report(f"fetched {template.path}")
    files = [_rendered(template, root, secrets[template.path]) for template in config.templates]
    written = set(write_all(files))
    for file in files:
        report(f"{'wrote' if file.path in written else 'unchanged:'} {file.path}")


def _rendered(template: TemplateSettings, root: Path, secret: StoredSecret) -> RenderedFile:
    content = render(secret.document, template.default_template)
    return RenderedFile(below(root, template.destination), content, template.mode)

"""One run: from the configuration to the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from injector.agent.container import below
from injector.agent.outputs import with_writes
from injector.agent.render import render
from injector.agent.store import Asking
from injector.agent.write import RenderedFile, write_all
from injector.vault.auth import FileCredential, KubernetesAuth, mount_point
from injector.vault.reference import parse_reference
from injector.vault.settings import Connection, connect_with

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from injector.agent.config import AgentConfig, TemplateSettings
    from injector.agent.container import Container
    from injector.agent.templates import CustomTemplates
    from injector.providers import TemplateStore
    from sealer.gotemplate.consul import Rendered


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
        if template.contents is None and template.path is not None:
            parse_reference(template.path)


def parse_custom(config: AgentConfig) -> CustomTemplates | None:
    """Parse the custom templates; None where there are none.

    Raises:
        TemplateError: One of them is none.

    """
    custom = [template for template in config.templates if template.contents is not None]
    if not custom:
        return None
    # Imported here: a configuration without templates does not pay for their engine.
    from injector.agent.templates import CustomTemplates  # noqa: PLC0415  # see above

    return CustomTemplates(custom)


def run_once(
    config: AgentConfig,
    container: Container,
    store: TemplateStore,
    report: Callable[[str], None],
    custom: CustomTemplates | None = None,
) -> None:
    """Fetch every secret, render every file, and only then write them.

    Args:
        config: The configuration.
        container: Where the agent runs.
        store: The secret store.
        report: Gets a line for each event; never a value.
        custom: What `parse_custom` made of the configuration.

    Raises:
        SealerError: A secret cannot be had, a template not be rendered, or a file not be written. No file was touched
            in the first two cases.

    """
    asking = Asking(store, report)
    rendered = {} if custom is None else custom.render(asking, container)
    files = [_file(template, asking, rendered, container) for template in config.templates]
    writes = [write for one in rendered.values() for write in one.writes]
    if writes:
        files = with_writes(files, writes, container)
    written = set(write_all(files))
    for file in files:
        report(f"{'wrote' if file.path in written else 'unchanged:'} {file.path}")


def _file(
    template: TemplateSettings, asking: Asking, rendered: Mapping[str, Rendered], container: Container
) -> RenderedFile:
    found = rendered.get(template.destination)
    # A template without contents has a path: `decode_config` saw to it.
    content = render(asking.document(template.path or ""), template.default_template) if found is None else found.output
    return RenderedFile(container.place(template.destination), content, template.mode)

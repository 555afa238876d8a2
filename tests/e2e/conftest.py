"""One Vault with an audit log and a dynamic secret, and one webhook, for all tests of injection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from deploy.local.vault import KUBERNETES_PLUGIN, KUBERNETES_SECRETS_PLUGIN, VaultServer
from tests.admission.conftest import labelled, webhook
from tests.e2e.injecting import Site
from tests.launching.conftest import launcher
from tests.support.vault import READ_ALL, configure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from deploy.local.control_plane import ControlPlane
    from deploy.local.find import Parts
    from deploy.local.process import Processes

__all__ = ["labelled", "launcher", "webhook"]  # fixtures
DYNAMIC: Final = "engine/creds/app"
_RIGHTS: Final = f'{READ_ALL}\npath "{DYNAMIC}" {{ capabilities = ["update"] }}'


@pytest.fixture(scope="package")
def audited(
    control_plane: ControlPlane, parts: Parts, processes: Processes, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[VaultServer]:
    """A Vault as `configure` sets it up, with an audit log and leased tokens of the service account `app`."""
    plugins = (KUBERNETES_PLUGIN, KUBERNETES_SECRETS_PLUGIN)
    with VaultServer(tmp_path_factory.mktemp("audited"), parts, processes, plugins=plugins) as vault:
        configure(vault, control_plane)
        vault.enable_kubernetes_secrets(control_plane, mount="engine")
        role = {"service_account_name": "app", "allowed_kubernetes_namespaces": ["*"], "token_default_ttl": "1h"}
        vault.request("POST", "engine/roles/app", role)
        vault.write_policy("app", _RIGHTS)
        vault.enable_audit()
        yield vault


@pytest.fixture
def tools(parts: Parts, processes: Processes) -> tuple[Parts, Processes]:
    return parts, processes


@pytest.fixture
def site(
    control_plane: ControlPlane,
    audited: VaultServer,
    tools: tuple[Parts, Processes],
    labelled: str,
    tmp_path: Path,
) -> Site:
    control_plane.create_service_account(labelled, "app")
    return Site(control_plane, audited, *tools, labelled, tmp_path)

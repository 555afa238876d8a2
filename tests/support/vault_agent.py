"""The real `vault agent`, run once on some templates."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from deploy.local.find import Parts
    from deploy.local.vault import VaultServer

SECONDS: Final = 60


def run_vault_agent(
    parts: Parts,
    vault: VaultServer,
    folder: Path,
    templates: Sequence[Mapping[str, Any]],
    environment: Mapping[str, str] | None = None,
) -> None:
    """Render templates with the real agent, logged in with the root token; it ends when all files are written.

    Args:
        parts: Where the binary comes from.
        vault: Where the secrets are.
        folder: For its configuration and token; exists.
        templates: Entries of its `template` list.
        environment: What it sees besides Vault's address.

    Raises:
        AssertionError: It failed, or did not end in time; with the end of what it said.

    """
    config = folder / "agent.json"
    config.write_text(json.dumps(_configuration(vault, folder, templates)))
    (folder / "token").write_text(vault.root_token)
    try:
        subprocess.run(
            [str(parts.path("vault")), "agent", f"-config={config}"],
            env={**vault.environment(), "HOME": str(folder), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=True,
            timeout=SECONDS,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        raise AssertionError(f"the vault agent did not end well:\n{(error.output or b'').decode()[-3000:]}") from error


def _configuration(vault: VaultServer, folder: Path, templates: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "vault": {"address": vault.address},
        "auto_auth": {
            "method": {"type": "token_file", "config": {"token_file_path": str(folder / "token")}},
            "sink": [{"type": "file", "config": {"path": str(folder / "sink")}}],
        },
        "exit_after_auth": True,
        "template_config": {"exit_on_retry_failure": True},
        "template": [dict(template) for template in templates],
    }

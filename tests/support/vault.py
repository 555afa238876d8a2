"""How the shared Vault is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from deploy.local.kubernetes import Cluster
    from deploy.local.vault import VaultServer

ROLE: Final = "app"
READ_ALL: Final = """
path "secret/*" { capabilities = ["read", "list"] }
path "kv1/*" { capabilities = ["read", "list"] }
"""


def configure(vault: VaultServer, cluster: Cluster) -> None:
    """Set Vault up: `secret/` is KV version 2, `kv1/` version 1, and two logins lead to the policy `app`.

    `auth/kubernetes` has the role `app` for the service account `app` of any namespace (that of `default` is made), and
    `auth/approle` has the role `app`. Both may read and list everything below `secret/` and `kv1/`, and no more.
    """
    vault.enable_kv("kv1", 1)
    vault.write_policy(ROLE, READ_ALL)
    cluster.create_service_account("default", ROLE)
    vault.enable_kubernetes(cluster)
    vault.kubernetes_role(ROLE, policies=[ROLE], service_accounts=[ROLE])
    vault.enable_approle()
    vault.approle(ROLE, policies=[ROLE])

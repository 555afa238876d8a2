"""The arguments and the environment of a Deployment of the existing injector start ours, without a cluster."""

from __future__ import annotations

import http.client
import signal
import ssl
from typing import TYPE_CHECKING

from deploy.local.network import free_port
from deploy.local.process import Command
from tests.admission.conftest import LOOPBACK, PROGRAM, environment
from tests.support import certificates

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.local.process import Processes

# What the Vault Helm chart sets by default, but for the certificate and the address.
VARIABLES = {
    "AGENT_INJECT_LOG_LEVEL": "info",
    "AGENT_INJECT_LOG_FORMAT": "standard",
    "AGENT_INJECT_VAULT_ADDR": "http://vault.vault.svc:8200",
    "AGENT_INJECT_VAULT_AUTH_PATH": "auth/kubernetes",
    "AGENT_INJECT_VAULT_IMAGE": "hashicorp/vault:2.0.4",
    "AGENT_INJECT_REVOKE_ON_SHUTDOWN": "false",
    "AGENT_INJECT_CPU_REQUEST": "250m",
    "AGENT_INJECT_CPU_LIMIT": "500m",
    "AGENT_INJECT_MEM_REQUEST": "64Mi",
    "AGENT_INJECT_MEM_LIMIT": "128Mi",
    "AGENT_INJECT_DEFAULT_TEMPLATE": "map",
    "AGENT_INJECT_TEMPLATE_CONFIG_EXIT_ON_RETRY_FAILURE": "true",
    "AGENT_INJECT_USE_LEADER_ELECTOR": "true",
    "NAMESPACE": "vault",
    "POD_NAME": "vault-agent-injector-7d9c",
}


def test_it_serves_and_ends_well(processes: Processes, tmp_path: Path) -> None:
    serving = certificates.generate([LOOPBACK])
    (tmp_path / "tls.crt").write_bytes(serving.certificate)
    (tmp_path / "tls.key").write_bytes(serving.key)
    port = free_port()
    files = {
        "AGENT_INJECT_LISTEN": f"{LOOPBACK}:{port}",
        "AGENT_INJECT_TLS_CERT_FILE": str(tmp_path / "tls.crt"),
        "AGENT_INJECT_TLS_KEY_FILE": str(tmp_path / "tls.key"),
    }
    # No cluster: neither a service account nor a kubeconfig.
    variables = environment(VARIABLES | files | {"HOME": str(tmp_path), "KUBECONFIG": ""})
    command = Command("existing", (str(PROGRAM), "agent-inject", "2>&1"), tmp_path / "log", environment=variables)
    process = processes.start(command)
    try:
        process.wait_until(lambda: " serving " in process.output(), seconds=30)
        assert 'variable has no effect in this version variable="AGENT_INJECT_USE_LEADER_ELECTOR"' in process.output()
        trusted = ssl.create_default_context(cadata=serving.ca.decode())
        connection = http.client.HTTPSConnection(LOOPBACK, port, context=trusted, timeout=10)
        connection.request("GET", "/health/ready")
        assert connection.getresponse().status == 204
        connection.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    finally:
        processes.stop(process)

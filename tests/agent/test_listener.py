"""What the application may ask of the agent at 127.0.0.1."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any

import pytest

from deploy.local.network import free_port
from injector.agent.listener import added_token

if TYPE_CHECKING:
    from deploy.local.vault import VaultServer
    from injector.agent.settings import ProxyToken
    from tests.agent.conftest import Pod
    from tests.agent.staying import Staying


def ask(port: int, method: str, path: str, body: str = "", **headers: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body or None, {name.replace("_", "-"): text for name, text in headers.items()})
        answer = connection.getresponse()
        content = answer.read()
        return answer.status, json.loads(content) if content else None
    finally:
        connection.close()


def listening(pod: Pod, **listener: Any) -> tuple[Staying, int]:
    port = free_port()
    return pod.stay(pod.newest(listener={"port": port, **listener})), port


def test_the_application_may_end_the_agent(pod: Pod) -> None:
    running, port = listening(pod, quit=True)
    with running as agent:
        agent.wait_for("logged in")
        assert ask(port, "GET", "/agent/v1/quit")[0] == 404
        assert ask(port, "GET", "/v1/sys/health")[0] == 404
        assert ask(port, "POST", "/agent/v1/quit") == (200, None)
        assert agent.ended() == 0
        assert "stopped by the application" in agent.said


def test_requests_to_vault_get_the_agents_token(pod: Pod, vault: VaultServer, canary: str) -> None:
    vault.put("kv1/proxied", {"v": canary})
    running, port = listening(pod, proxy="true")
    with running as agent:
        agent.wait_for("logged in")
        status, body = ask(port, "GET", "/v1/kv1/proxied")
        assert (status, body["data"]) == (200, {"v": canary})
        assert ask(port, "GET", "/v1/kv1/proxied", X_Vault_Token="wrong")[0] == 403
        assert ask(port, "LIST", "/v1/kv1/")[1]["data"]["keys"]
        assert ask(port, "PUT", "/v1/kv1/proxied", '{"v": "x"}')[0] == 403
        assert ask(port, "POST", "/agent/v1/quit")[0] == 404
        assert agent.stop() == 0
    assert canary not in agent.said


def test_a_body_that_is_too_large_or_without_length_is_refused(pod: Pod) -> None:
    running, port = listening(pod, proxy="true")
    with running as agent:
        agent.wait_for("logged in")
        assert ask(port, "PUT", "/v1/kv1/x", Content_Length=str(33 << 20))[0] == 413
        assert ask(port, "PUT", "/v1/kv1/x", Transfer_Encoding="chunked")[0] == 411
        assert agent.stop() == 0


def test_a_port_that_is_taken_is_named(pod: Pod) -> None:
    running, port = listening(pod, quit=True)
    with running as agent:
        agent.wait_for("logged in")
        done = pod.run_with(pod.newest(listener={"port": port}))
        assert done.returncode == 3
        assert f"cannot listen at 127.0.0.1:{port}: address already in use" in done.stderr
        assert agent.stop() == 0


@pytest.mark.parametrize(
    ("proxy", "own", "added"),
    [
        ("true", "", "agent's"),
        ("true", "own", None),
        ("force", "", "agent's"),
        ("force", "own", "agent's"),
        ("false", "", None),
        (None, "", None),
    ],
)
def test_the_agents_token_is_added_as_configured(proxy: ProxyToken | None, own: str, added: str | None) -> None:
    assert added_token(proxy, {"X-Vault-Token": own}, "agent's") == added

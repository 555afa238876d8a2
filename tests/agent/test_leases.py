"""Secrets that end: vault leases, certificates, and what becomes of them with the token."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import pytest

from deploy.local.http import StatusError
from tests.agent.configurations import custom, template
from tests.agent.staying import eventually

if TYPE_CHECKING:
    from deploy.local.vault import VaultServer
    from tests.agent.conftest import Pod

LEASE = '{{{{ with secret "{}" "common_name=leased" "ttl={}" }}}}{{{{ .LeaseID }}}}{{{{ end }}}}'


@pytest.fixture(scope="module")
def engine(vault: VaultServer) -> str:
    """A PKI engine whose certificates have leases, and which nobody else uses; its mount."""
    mount = f"pki-{secrets.token_hex(4)}"
    vault.request("POST", f"sys/mounts/{mount}", {"type": "pki"})
    vault.request("POST", f"{mount}/root/generate/internal", {"common_name": "root", "ttl": "24h"})
    for role, leased in (("leased", True), ("plain", False)):
        settings = {"allow_any_name": True, "max_ttl": "2h", "generate_lease": leased, "no_store": not leased}
        settings["not_before_duration"] = "1s"  # or a certificate of seconds would have passed most of its life
        vault.request("POST", f"{mount}/roles/{role}", settings)
    vault.write_policy(mount, f'path "{mount}/issue/*" {{ capabilities = ["update"] }}')
    vault.kubernetes_role(mount, policies=[mount, "app"])
    vault.kubernetes_role(f"{mount}-short", policies=[mount, "app"], token_ttl="4s")
    vault.request("POST", f"auth/kubernetes/role/{mount}-short", short_lived(vault, f"{mount}-short"))
    return mount


def short_lived(vault: VaultServer, role: str) -> dict[str, Any]:
    """The role's settings, with an end that no renewal puts off."""
    found = vault.request("GET", f"auth/kubernetes/role/{role}")["data"]
    kept = ("bound_service_account_names", "bound_service_account_namespaces", "token_policies", "token_ttl")
    return {name: found[name] for name in kept} | {"token_max_ttl": "6s"}


def leases(vault: VaultServer, engine: str) -> set[str]:
    try:
        keys = vault.request("LIST", f"sys/leases/lookup/{engine}/issue/leased")["data"]["keys"]
    except StatusError:
        return set()  # there are none
    return {f"{engine}/issue/leased/{key}" for key in keys}


def test_a_lease_that_cannot_be_renewed_is_replaced_before_it_ends(pod: Pod, vault: VaultServer, engine: str) -> None:
    pod.role = engine
    with pod.stay(pod.newest(custom(LEASE.format(f"{engine}/issue/leased", "3s")))) as agent:
        agent.wait_until(pod.file().exists)
        first = pod.file().read_text()
        assert first in leases(vault, engine)
        agent.wait_until(lambda: pod.file().read_text() != first)
        assert agent.said.count("logged in") == 1
        assert agent.stop() == 0


def test_a_new_login_asks_anew_for_what_hangs_on_the_token_and_for_nothing_else(
    pod: Pod, vault: VaultServer, engine: str
) -> None:
    pod.role = f"{engine}-short"
    vault.put("kv1/leases/static", {"v": "1"})
    both = custom(LEASE.format(f"{engine}/issue/leased", "1h")), template("static", "kv1/leases/static")
    with pod.stay(pod.newest(*both)) as agent:
        agent.wait_until(pod.file().exists)
        first = pod.file().read_text()
        agent.wait_until(lambda: pod.file().read_text() != first)
        assert agent.said.count("logged in") >= 2
        assert "asking anew for 1 secrets" in agent.said
        assert agent.said.count("fetched kv1/leases/static") == 1
        assert agent.stop() == 0


def test_within_one_process_a_certificate_is_issued_once(pod: Pod, vault: VaultServer, engine: str) -> None:
    pod.role = engine
    issue = f'{{{{ with secret "{engine}/issue/plain" "common_name=once" "ttl=1h" }}}}{{{{ .Data.serial_number }}}}'
    vault.put("kv1/leases/beside", {"v": "1"})
    both = custom(issue + '{{ end }}{{ with secret "kv1/leases/beside" }} {{ .Data.v }}{{ end }}')
    config = pod.newest(both, template_config={"static_secret_render_interval": "1s"})
    with pod.stay(config) as agent:
        agent.wait_until(pod.file().exists)
        serial = pod.file().read_text().split()[0]
        vault.put("kv1/leases/beside", {"v": "2"})
        agent.wait_until(lambda: pod.file().read_text().endswith(" 2"))
        assert pod.file().read_text().split()[0] == serial
        assert agent.said.count(f"sent to {engine}/issue/plain") == 1
        assert agent.stop() == 0


def test_a_certificate_is_kept_over_a_restart_and_replaced_when_its_time_comes(pod: Pod, engine: str) -> None:
    pod.role = engine
    issued = '{{{{ with pkiCert "{}/issue/plain" "common_name=kept" "ttl={}" }}}}'
    text = issued + "{{{{ .Cert }}}}{{{{ .Key }}}}{{{{ end }}}}"
    with pod.stay(pod.newest(custom(text.format(engine, "1h")))) as agent:
        agent.wait_until(pod.file().exists)
        first = pod.file().read_text()
        assert agent.stop() == 0
    with pod.stay(pod.newest(custom(text.format(engine, "1h")))) as agent:
        agent.wait_for("unchanged:")
        assert f"kept the certificate of {engine}/issue/plain, due at 20" in agent.said
        assert pod.file().read_text() == first
        assert agent.stop() == 0
    pod.file().unlink()
    with pod.stay(pod.newest(custom(text.format(engine, "4s")))) as agent:
        agent.wait_until(pod.file().exists)
        short = pod.file().read_text()
        agent.wait_until(lambda: pod.file().read_text() != short)
        assert agent.stop() == 0


@pytest.mark.parametrize("asked_for", [False, True])
def test_leases_live_on_after_the_agent_unless_it_is_asked_to_end_them(
    pod: Pod, vault: VaultServer, engine: str, asked_for: bool
) -> None:
    pod.role = engine
    config = pod.newest(custom(LEASE.format(f"{engine}/issue/leased", "1h")))
    with pod.stay(config | {"revoke_on_shutdown": asked_for, "revoke_grace": 0}) as agent:
        agent.wait_until(pod.file().exists)
        assert agent.stop() == 0
    assert eventually(lambda: (pod.file().read_text() in leases(vault, engine)) is not asked_for)
    assert ("revoked the token, and what hung on it" in agent.said) is asked_for
    assert ("the token is kept until its end" in agent.said) is not asked_for


def test_the_application_has_its_secrets_for_the_grace_and_a_second_signal_ends_it(
    pod: Pod, vault: VaultServer, engine: str
) -> None:
    pod.role = engine
    config = pod.newest(custom(LEASE.format(f"{engine}/issue/leased", "1h")))
    with pod.stay(config | {"revoke_on_shutdown": True, "revoke_grace": 600}) as agent:
        agent.wait_until(pod.file().exists)
        agent.process.terminate()
        agent.wait_for("the token is revoked in 600 s")
        assert pod.file().read_text() in leases(vault, engine)
        assert agent.stop() == 0
    assert eventually(lambda: pod.file().read_text() not in leases(vault, engine))


def test_init_container_and_sidecar_share_one_login_and_one_lease(pod: Pod, vault: VaultServer, engine: str) -> None:
    pod.role = engine
    before = leases(vault, engine)
    config = pod.newest(
        custom(LEASE.format(f"{engine}/issue/leased", "1h")),
        custom('{{ with secret "kv1/leases/two" }}{{ .Data.v }}{{ end }}', "two"),
        handover="/vault/agent-cache/handover",
        template_config={"static_secret_render_interval": "1s"},
    )
    vault.put("kv1/leases/two", {"v": "1"})
    done = pod.run_with(config, "init")
    assert done.returncode == 0, done.stderr
    assert "the token is left to the sidecar" in done.stderr
    left = pod.root / "vault/agent-cache/handover"
    assert left.stat().st_mode & 0o777 == 0o600
    lease = pod.file().read_text()
    with pod.stay(config) as agent:
        agent.wait_for("unchanged:", 2)
        vault.put("kv1/leases/two", {"v": "2"})
        agent.wait_until(lambda: pod.file("two").read_text() == "2")
        assert "logged in" not in agent.said
        assert "goes on with the token of the init container" in agent.said
        assert not left.exists()
        assert agent.stop() == 0
    assert pod.file().read_text() == lease
    assert leases(vault, engine) - before == {lease}


def test_a_token_that_was_left_and_is_revoked_means_a_login(pod: Pod, vault: VaultServer) -> None:
    vault.put("kv1/leases/left", {"v": "1"})
    sinks = [{"path": "/vault/secrets/token"}]
    config = pod.newest(template(path="kv1/leases/left"), handover="/vault/agent-cache/handover", sinks=sinks)
    assert pod.run_with(config, "init").returncode == 0
    vault.request("POST", "auth/token/revoke-self", token=pod.file("token").read_text())
    with pod.stay(config) as agent:
        agent.wait_for("unchanged:")
        assert agent.said.count("logged in") == 1
        assert agent.stop() == 0

"""A pod without a service account token of its own logs in with one that is projected for its agent alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.e2e.injecting import PREFIX, Site

AUDIENCE = "vault.example"


def _pod(site: Site, name: str, **own: str) -> dict[str, Any]:
    site.vault.put("kv1/e2e/hello", {"greeting": "hi"})
    site.vault.kubernetes_role("audience", policies=["app"], service_accounts=["app"], audience=AUDIENCE)
    annotations = {PREFIX + "agent-inject-secret-hello.txt": "kv1/e2e/hello", PREFIX + "role": "audience"}
    ours = {f"sealer.dev/{key.replace('_', '-')}": text for key, text in own.items()}
    return site.create(name, annotations | ours, automountServiceAccountToken=False)


def _projected(pod: dict[str, Any]) -> dict[str, Any]:
    """What the kubelet is asked to put into the agent's volume."""
    (volume,) = [one for one in pod["spec"]["volumes"] if "projected" in one]
    (source,) = volume["projected"]["sources"]
    token: dict[str, Any] = source["serviceAccountToken"]
    mounts = {
        container["name"]: [mount["mountPath"] for mount in container.get("volumeMounts", ())]
        for container in (*pod["spec"]["initContainers"], *pod["spec"]["containers"])
        if any(mount["name"] == volume["name"] for mount in container.get("volumeMounts", ()))
    }
    assert set(mounts) == {"vault-agent-init", "vault-agent"}
    return token


def test_it_logs_in_with_a_token_of_the_audience_and_life_that_were_asked_for(site: Site) -> None:
    pod = _pod(
        site, "projected", service_account_token_audience=AUDIENCE, service_account_token_expiration_seconds="1200"
    )
    projected = _projected(pod)
    assert (projected["audience"], projected["expirationSeconds"], projected["path"]) == (AUDIENCE, 1200, "token")
    # The kubelet's part: the token that the volume asks for, by a real TokenRequest.
    token = site.token([projected["audience"]], projected["expirationSeconds"])
    container = site.lay_out(pod, "vault-agent-init", token)
    done = container.run()
    assert done.returncode == 0, done.stdout.decode()
    assert container.file("/vault/secrets/hello.txt").read_text() == "greeting: hi\n"


def test_vault_refuses_a_token_of_another_audience(site: Site) -> None:
    """So that the success above is that of the audience."""
    pod = _pod(site, "other-audience", service_account_token_audience=AUDIENCE)
    laid_out = site.lay_out(pod, "vault-agent-init", site.token())
    container = replace(laid_out, environment={**laid_out.environment, "SEALER_AGENT_RETRY_FOR": "0"})
    done = container.run()
    assert done.returncode == 6
    assert b"audience" in done.stdout
    assert not container.file("/vault/secrets/hello.txt").exists()

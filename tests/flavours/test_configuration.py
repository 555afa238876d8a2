"""What Vault's agent is told, as structures: reference, vault-agent-injector 2.2 to 3.3."""

from __future__ import annotations

import base64
import dataclasses
from typing import Any, cast

import orjson
import pytest

from tests.admission import pods

VAULT = {"agent-flavor": "vault"}
TEMPLATE = '{{ with secret "database/creds/web" }}{{ .Data.username }}{{ end }}'
GOLDEN = {
    "agent-inject": "true",
    "role": "web",
    "agent-inject-secret-db-creds": "database/creds/web",
    "agent-inject-template-db-creds": TEMPLATE,
}
TOKEN = f"{pods.TOKEN_FOLDER}/token"


def injected(annotations: dict[str, str], **settings: Any) -> dict[str, Any]:
    manifest = pods.own(pods.pod({"agent-inject": "true", "role": "web", **annotations}), agent_flavor="vault")
    return pods.injected(manifest, dataclasses.replace(pods.SETTINGS, **settings))


def config(manifest: dict[str, Any], name: str = "vault-agent-init") -> dict[str, Any]:
    values = [one["value"] for one in pods.agent_of(manifest, name)["env"] if one["name"] == "VAULT_CONFIG"]
    return cast("dict[str, Any]", orjson.loads(base64.b64decode(values[0], validate=True)))


def names(container: dict[str, Any]) -> list[str]:
    return [entry["name"] for entry in container["env"]]


def mounts(container: dict[str, Any]) -> set[tuple[str, str]]:
    return {(one["name"], one["mountPath"]) for one in container["volumeMounts"]}


def test_the_golden_configuration() -> None:
    manifest = injected(GOLDEN)
    expected = {
        "auto_auth": {
            "method": {
                "type": "kubernetes",
                "mount_path": "auth/kubernetes",
                "config": {"role": "web", "token_path": TOKEN},
            },
            "sink": [{"type": "file", "config": {"path": "/home/vault/.vault-token"}}],
        },
        "exit_after_auth": True,
        "pid_file": "/home/vault/.pid",
        "vault": {"address": "https://vault.vault.svc:8200"},
        "template": [
            {
                "destination": "/vault/secrets/db-creds",
                "contents": TEMPLATE,
                "left_delimiter": "{{",
                "right_delimiter": "}}",
            }
        ],
        "template_config": {"exit_on_retry_failure": True},
    }
    assert config(manifest) == expected
    assert config(manifest, "vault-agent") == {**expected, "exit_after_auth": False}


def test_the_golden_containers() -> None:
    manifest = injected(GOLDEN)
    first, second = pods.agent_of(manifest), pods.agent_of(manifest, "vault-agent")
    for container in (first, second):
        assert container["image"] == "hashicorp/vault:2.0.4"
        assert container["command"] == ["/bin/sh", "-ec"]
        assert names(container) == [
            *("NAMESPACE", "HOST_IP", "POD_IP"),
            *("VAULT_LOG_LEVEL", "VAULT_LOG_FORMAT", "VAULT_CONFIG"),
        ]
        assert container["resources"] == {
            "limits": {"cpu": "500m", "memory": "128Mi"},
            "requests": {"cpu": "250m", "memory": "64Mi"},
        }
        assert container["securityContext"]["runAsUser"] == 100
        assert container["securityContext"]["runAsGroup"] == 1000
        assert container["securityContext"]["readOnlyRootFilesystem"]
    shared = {("kube-api-access-abcde", pods.TOKEN_FOLDER), ("vault-secrets", "/vault/secrets")}
    assert mounts(first) == {("home-init", "/home/vault"), *shared}
    assert mounts(second) == {("home-sidecar", "/home/vault"), *shared}


def test_every_option_is_where_the_agent_looks_for_it() -> None:
    manifest = injected(
        {
            **GOLDEN,
            "agent-inject-command-db-creds": "kill -HUP 1",
            "agent-inject-perms-db-creds": "0440",
            "agent-template-left-delim-db-creds": "[[",
            "agent-template-right-delim-db-creds": "]]",
            "error-on-missing-key-db-creds": "true",
            "agent-inject-token": "true",
            "auth-min-backoff": "2s",
            "auth-max-backoff": "1m",
            "agent-auto-auth-exit-on-err": "true",
            "namespace": "team",
            "ca-cert": "/vault/tls/ca.crt",
            "ca-key": "/vault/tls",
            "client-cert": "/vault/tls/client.crt",
            "client-key": "/vault/tls/client.key",
            "tls-server-name": "vault.example",
            "tls-skip-verify": "true",
            "template-config-exit-on-retry-failure": "false",
            "template-static-secret-render-interval": "30s",
            "template-max-connections-per-host": "3",
            "template-lease-renewal-threshold": "0.7",
            "agent-disable-idle-connections": "auto-auth,templating",
            "agent-disable-keep-alives": "caching",
            "agent-telemetry-prometheus-retention-time": '"24h"',
            "agent-telemetry-disable-hostname": "true",
        }
    )
    found = config(manifest)
    method = found["auto_auth"]["method"]
    assert (method["min_backoff"], method["max_backoff"], method["exit_on_err"]) == ("2s", "1m", True)
    assert method["namespace"] == "team"
    assert [one["config"]["path"] for one in found["auto_auth"]["sink"]] == [
        "/home/vault/.vault-token",
        "/vault/secrets/token",
    ]
    assert found["vault"] == {
        "address": "https://vault.vault.svc:8200",
        "ca_cert": "/vault/tls/ca.crt",
        "ca_path": "/vault/tls",
        "client_cert": "/vault/tls/client.crt",
        "client_key": "/vault/tls/client.key",
        "tls_server_name": "vault.example",
        "tls_skip_verify": True,
    }
    assert found["template"] == [
        {
            "destination": "/vault/secrets/db-creds",
            "contents": TEMPLATE,
            "left_delimiter": "[[",
            "right_delimiter": "]]",
            "error_on_missing_key": True,
            "perms": "0440",
            "command": "kill -HUP 1",
        }
    ]
    assert found["template_config"] == {
        "exit_on_retry_failure": False,
        "static_secret_render_interval": "30s",
        "max_connections_per_host": 3,
        "lease_renewal_threshold": 0.7,
    }
    assert found["disable_idle_connections"] == ["auto-auth", "templating"]
    assert found["disable_keep_alives"] == ["caching"]
    assert found["telemetry"] == {"prometheus_retention_time": "24h", "disable_hostname": True}


def test_no_secrets_at_all_is_legal() -> None:
    assert "template" not in config(injected({}))


def test_a_template_file_is_a_source() -> None:
    annotations = {"agent-inject-template-file-a": "/vault/custom/a.ctmpl", "agent-extra-secret": "templates"}
    (template,) = config(injected(annotations))["template"]
    assert template["source"] == "/vault/custom/a.ctmpl"
    assert "contents" not in template


@pytest.mark.parametrize(
    ("kind", "contents"),
    [
        (
            "map",
            (
                '{{ with secret "secret/a" }}{{ range $name, $value := .Data }}'
                "{{ $name }}: {{ $value }}\n{{ end }}{{ end }}"
            ),
        ),
        ("json", '{{ with secret "secret/a" }}{{ .Data | toJSON }}\n{{ end }}'),
    ],
)
def test_a_secret_without_a_template_gets_the_default_one(kind: str, contents: str) -> None:
    annotations = {"agent-inject-secret-a": "secret/a", "agent-inject-default-template": kind}
    (template,) = config(injected(annotations))["template"]
    assert template["contents"] == contents


def test_approle_parameters_stay_texts_with_underscores() -> None:
    found = config(
        injected(
            {
                "auth-type": "approle",
                "auth-path": "auth/approle",
                "auth-config-role-id-file-path": "/vault/custom/role-id",
                "auth-config-secret-id-file-path": "/vault/custom/secret-id",
                "auth-config-remove-secret-id-file-after-reading": "false",
            }
        )
    )
    parameters = found["auto_auth"]["method"]["config"]
    assert parameters["role_id_file_path"] == "/vault/custom/role-id"
    assert parameters["remove_secret_id_file_after_reading"] == "false"


CACHE = {"agent-cache-enable": "true"}
LISTENER = {"type": "tcp", "address": "127.0.0.1:8200", "tls_disable": True}


def test_a_cache_with_both_containers_is_persistent_in_both() -> None:
    manifest = injected({**CACHE, "agent-cache-exit-on-err": "true"})
    for name in ("vault-agent-init", "vault-agent"):
        found = config(manifest, name)
        assert found["listener"] == [LISTENER]
        assert found["cache"]["use_auto_auth_token"] == "true"
        persist = {"type": "kubernetes", "path": "/vault/agent-cache", "exit_on_err": True}
        assert found["cache"]["persist"] == {**persist, "service_account_token_file": TOKEN}
        assert ("vault-agent-cache", "/vault/agent-cache") in mounts(pods.agent_of(manifest, name))


def test_a_cache_with_the_sidecar_alone_is_in_memory_and_with_the_init_container_alone_is_none() -> None:
    alone = config(injected({**CACHE, "agent-pre-populate": "false"}), "vault-agent")
    assert (alone["cache"], alone["listener"]) == ({"use_auto_auth_token": "true"}, [LISTENER])
    first = config(injected({**CACHE, "agent-pre-populate-only": "true"}))
    assert not {"cache", "listener"} & set(first)


def test_port_and_token_of_the_cache_can_be_chosen() -> None:
    annotations = {
        **CACHE,
        "agent-pre-populate": "false",
        "agent-cache-listener-port": "8300",
        "agent-cache-use-auto-auth-token": "force",
    }
    found = config(injected(annotations), "vault-agent")
    assert found["cache"] == {"use_auto_auth_token": "force"}
    assert found["listener"][0]["address"] == "127.0.0.1:8300"


def test_quit_without_a_cache_opens_a_listener_with_an_empty_one() -> None:
    found = config(injected({"agent-enable-quit": "true"}), "vault-agent")
    assert found["cache"] == {}
    assert found["listener"] == [{**LISTENER, "agent_api": {"enable_quit": True}}]


def test_a_configmap_is_read_in_place_of_the_configuration() -> None:
    manifest = injected({"agent-configmap": "mine", "ca-cert": "/vault/tls/ca.crt", "tls-skip-verify": "true"})
    first, second = pods.agent_of(manifest), pods.agent_of(manifest, "vault-agent")
    assert "/vault/configs/config-init.hcl" in first["args"][0]
    assert "/vault/configs/config.hcl" in second["args"][0]
    assert names(first)[-3:] == ["VAULT_ADDR", "VAULT_CACERT", "VAULT_SKIP_VERIFY"]
    assert "VAULT_CONFIG" not in names(first)
    assert ("vault-config", "/vault/configs") in mounts(first)


def test_the_environment_is_in_the_existing_order() -> None:
    manifest = injected(
        {
            **GOLDEN,
            "go-max-procs": "2",
            "client-timeout": "5s",
            "client-max-retries": "1",
            "proxy-address": "http://proxy:3128",
        },
        ca_cert_bytes="PEM",
    )
    assert names(pods.agent_of(manifest)) == [
        *("NAMESPACE", "HOST_IP", "POD_IP", "GOMAXPROCS", "VAULT_CLIENT_TIMEOUT", "VAULT_MAX_RETRIES"),
        *("VAULT_LOG_LEVEL", "VAULT_LOG_FORMAT", "HTTPS_PROXY", "VAULT_CONFIG", "VAULT_CACERT_BYTES"),
    ]


def test_the_token_is_revoked_before_the_sidecar_stops() -> None:
    annotations = {"agent-revoke-on-shutdown": "true", "agent-revoke-grace": "7", "ca-cert": "/vault/tls/my ca.crt"}
    manifest = injected(annotations)
    (shell, flag, script) = pods.agent_of(manifest, "vault-agent")["lifecycle"]["preStop"]["exec"]["command"]
    assert (shell, flag) == ("/bin/sh", "-c")
    assert script.startswith("sleep 7 && ")
    assert "token revoke -address=https://vault.vault.svc:8200 -ca-cert='/vault/tls/my ca.crt' -self" in script
    assert "lifecycle" not in pods.agent_of(manifest)


def test_a_native_sidecar_is_ready_when_its_files_are_there() -> None:
    manifest = pods.own(pods.pod({**GOLDEN}), agent_flavor="vault", native_sidecar="true")
    container = pods.agent_of(pods.injected(manifest), "vault-agent")
    assert container["restartPolicy"] == "Always"
    assert container["startupProbe"]["exec"]["command"][2] == "test -f /vault/secrets/db-creds"
    assert not config(pods.injected(manifest), "vault-agent")["exit_after_auth"]


def test_no_text_of_an_annotation_is_part_of_the_script() -> None:
    script = pods.agent_of(injected({**GOLDEN, "agent-inject-command-db-creds": "$(reboot)"}))["args"][0]
    assert "reboot" not in script
    assert "db-creds" not in script


def test_a_signal_is_said_to_have_no_effect() -> None:
    manifest = pods.own(pods.pod({**GOLDEN, "agent-share-process-namespace": "true"}), agent_flavor="vault")
    manifest["metadata"]["annotations"]["sealer.dev/signal-db-creds"] = "HUP nginx"
    response = pods.respond(manifest)
    assert any("sends no signals" in one for one in response.get("warnings", [])), response


def test_the_same_pod_gets_the_same_bytes() -> None:
    one, other = (
        pods.own(pods.pod(dict(order)), agent_flavor="vault") for order in (GOLDEN.items(), reversed(GOLDEN.items()))
    )
    assert pods.respond(one)["patch"] == pods.respond(other)["patch"]

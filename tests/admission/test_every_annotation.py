"""Every key of the tables: a value that it allows and what that changes, the empty value, and one that it refuses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from injector.webhook.keys import OWN, VAULT
from tests.admission import pods

PATCH = '[{"op": "add", "path": "/workingDir", "value": "/"}]'
TEMPLATE = {"agent-inject-template-hello.txt": "x"}
CACHE = {"agent-cache-enable": "true"}
AWS = {"auth-type": "aws"}
REFUSED, WARNED, ALLOWED = "refused", "warned", "allowed"


@dataclass(frozen=True)
class Case:
    """One key.

    Attributes:
        good: A value with an effect.
        empty: What becomes of a pod with the empty value.
        bad: A value that is refused or warned of; None where every text is allowed.
        judged: What becomes of a pod with `bad`.
        beside: What the key needs to have an effect.
        own: The same with our own prefix.

    """

    good: str
    empty: str = ALLOWED
    bad: str | None = None
    judged: str = REFUSED
    beside: dict[str, str] = field(default_factory=dict)
    own: dict[str, str] = field(default_factory=dict)


def _boolean(good: str = "true", **beside: str) -> Case:
    return Case(good, bad="yes", beside={name.replace("_", "-"): text for name, text in beside.items()})


QUANTITY = Case("7", bad="lots")
CASES = {
    "agent-inject": _boolean(),
    "agent-inject-status": Case("injected"),
    "agent-request-namespace": Case("other", REFUSED),
    "agent-pre-populate": _boolean("false"),
    "agent-pre-populate-only": _boolean(),
    "agent-init-first": _boolean(),
    "agent-inject-containers": Case("other"),
    "agent-configmap": Case("config", own={"agent-flavor": "sealer"}),
    "agent-inject-secret-": Case("secret/other"),
    "agent-inject-template-": Case("x", bad="{{ if }}"),
    "agent-inject-template-file-": Case("/vault/custom/x"),
    "agent-inject-file-": Case("other", bad="../x"),
    "agent-inject-perms-": Case("0400", bad="rw"),
    "agent-inject-command-": Case("true"),
    "agent-template-left-delim-": Case("[[", beside=TEMPLATE),
    "agent-template-right-delim-": Case("]]", beside=TEMPLATE),
    "error-on-missing-key-": Case("true", bad="yes", beside=TEMPLATE),
    "secret-volume-path": Case("/other", REFUSED, bad="other"),
    "secret-volume-path-": Case("/other", REFUSED, bad="/../x"),
    "preserve-secret-case": Case("true", bad="yes", judged=WARNED, beside={"agent-inject-secret-Hello": "x"}),
    "preserve-secret-case-": Case("true", bad="yes", judged=WARNED, beside={"agent-inject-secret-Hello": "x"}),
    "agent-inject-default-template": Case("json", REFUSED, bad="yaml"),
    "agent-inject-token": _boolean(),
    "service": Case("http://other", REFUSED),
    "role": Case("other", REFUSED),
    "auth-type": Case("jwt", REFUSED, bad="azure"),
    "auth-path": Case("auth/other", REFUSED),
    "auth-config-": Case("/token", beside={"auth-type": "kubernetes"}),
    "auth-min-backoff": Case("2s", bad="5"),
    "auth-max-backoff": Case("2m", bad="5"),
    "agent-auto-auth-exit-on-err": _boolean(),
    "namespace": Case("team"),
    "proxy-address": Case("http://proxy"),
    "tls-secret": Case("vault-ca"),
    "ca-cert": Case("/ca.crt"),
    "client-cert": Case("/tls.crt"),
    "client-key": Case("/tls.key"),
    "ca-key": Case("/cas"),
    "tls-server-name": Case("vault"),
    "tls-skip-verify": _boolean(),
    "client-timeout": Case("90", bad="soon", judged=WARNED),
    "client-max-retries": Case("0", bad="-1", judged=WARNED),
    "agent-service-account-token-volume-name": Case("named", REFUSED, bad="nope"),
    "agent-image": Case("other:1", REFUSED),
    "agent-limits-cpu": QUANTITY,
    "agent-limits-mem": QUANTITY,
    "agent-limits-ephemeral": QUANTITY,
    "agent-requests-cpu": QUANTITY,
    "agent-requests-mem": QUANTITY,
    "agent-requests-ephemeral": QUANTITY,
    "agent-run-as-user": Case("7", bad="root"),
    "agent-run-as-group": Case("7", bad="root"),
    "agent-run-as-same-user": _boolean(),
    "agent-set-security-context": _boolean("false"),
    "agent-share-process-namespace": _boolean(),
    "agent-copy-volume-mounts": Case("web"),
    "agent-extra-secret": Case("extra"),
    "agent-revoke-on-shutdown": _boolean(),
    "agent-revoke-grace": Case("7", REFUSED, bad="-1", beside={"agent-revoke-on-shutdown": "true"}),
    "agent-json-patch": Case(PATCH, bad="{}"),
    "agent-init-json-patch": Case(PATCH, bad='[{"op": "nope"}]'),
    "log-level": Case("debug", bad="loud", judged=WARNED),
    "log-format": Case("json", bad="xml", judged=WARNED),
    "go-max-procs": Case("2"),
    "agent-cache-enable": _boolean(),
    "agent-cache-listener-port": Case("9", bad="99999", judged=WARNED, beside=CACHE),
    "agent-cache-use-auto-auth-token": Case("force", bad="yes", judged=WARNED, beside=CACHE),
    "agent-cache-exit-on-err": _boolean(),
    "agent-enable-quit": _boolean(),
    "template-config-exit-on-retry-failure": _boolean("false"),
    "template-static-secret-render-interval": Case("60", bad="soon", judged=WARNED),
    "template-max-connections-per-host": Case("3", REFUSED, bad="many"),
    "template-lease-renewal-threshold": Case("0.5", REFUSED, bad="most"),
    "agent-disable-idle-connections": Case("caching"),
    "agent-disable-keep-alives": Case("caching"),
    "agent-telemetry-": Case("true"),
}
OWN_CASES = {
    "agent-flavor": Case("sealer", REFUSED, bad="bao", beside={"agent-image": "vault:1"}),
    "agent-containers": Case("first"),
    "native-sidecar": _boolean(),
    "secrets-size-limit": QUANTITY,
    "service-account-token-audience": Case("vault"),
    "service-account-token-expiration-seconds": Case("900", REFUSED, bad="60"),
    "auth-namespace": Case("team"),
    "signal-": Case("HUP web", REFUSED, bad="KILL web", beside={"agent-share-process-namespace": "true"}),
    "env-": Case("secret/app#password", REFUSED, bad="secret/app"),
    "env-from-": Case("secret/app", REFUSED, bad="secret/app#password"),
    "env-prefix-": Case("APP_", bad="7", own={"env-from-x": "secret/app"}),
    "env-containers": Case("other", own={"env-x": "secret/app#password"}),
    "env-references": _boolean(),
}
SUFFIXES = {
    "auth-config-": "token-path",
    "agent-telemetry-": "x",
    "env-": "PASSWORD",
    "env-from-": "x",
    "env-prefix-": "x",
    "preserve-secret-case-": "Hello",
}
ALL = [
    *[(pods.PREFIX, key, CASES[key]) for key in CASES],
    *[("sealer.dev/", key, OWN_CASES[key]) for key in OWN_CASES],
]
IDS = [prefix[0] + ":" + key for prefix, key, _ in ALL]


def _manifest(case: Case) -> dict[str, Any]:
    container = {
        "name": "web",
        "image": "web:1",
        "command": ["/web"],
        "env": [{"name": "A", "value": "vault:secret/a#b"}],
        "securityContext": {"runAsUser": 1000},
        "volumeMounts": [pods.TOKEN_MOUNT, {"name": "data", "mountPath": "/data"}],
    }
    named = {"name": "named", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}
    manifest = pods.pod({**pods.BASIC, **case.beside}, containers=[container])
    manifest["spec"] |= {"initContainers": [{"name": "first", "image": "x"}]}
    manifest["spec"]["volumes"] += [named, {"name": "data", "emptyDir": {}}]
    return pods.own(manifest, **{name.replace("-", "_"): text for name, text in case.own.items()})


def case_with(prefix: str, key: str, case: Case, text: str) -> dict[str, Any]:
    suffix = SUFFIXES.get(key, "hello.txt") if key.endswith("-") else ""
    manifest = _manifest(case)
    manifest["metadata"]["annotations"][prefix + key + suffix] = text
    return manifest


def _judge(response: dict[str, Any], annotation: str) -> str:
    if not response["allowed"]:
        return REFUSED
    return WARNED if any(annotation in warning for warning in response.get("warnings", [])) else ALLOWED


def test_the_tables_have_every_key() -> None:
    assert set(CASES) == set(VAULT.keys)
    assert set(OWN_CASES) == set(OWN.keys)


@pytest.mark.parametrize(("prefix", "key", "case"), ALL, ids=IDS)
def test_a_good_value_is_allowed_and_has_its_effect_or_a_warning_says_why_not(
    prefix: str, key: str, case: Case
) -> None:
    response = pods.respond(case_with(prefix, key, case, case.good))
    without = pods.respond(_manifest(case))
    assert response["allowed"], response
    table = VAULT if prefix == pods.PREFIX else OWN
    if table.keys[key].unused:
        assert _judge(response, prefix + key) == WARNED
        assert pods.operations(response) == pods.operations(without)
    elif key not in {"agent-inject", "agent-request-namespace"}:  # for these there is test_decisions
        assert pods.operations(response) != pods.operations(without)


@pytest.mark.parametrize(("prefix", "key", "case"), ALL, ids=IDS)
def test_the_empty_value_is_judged_as_the_table_says(prefix: str, key: str, case: Case) -> None:
    response = pods.respond(case_with(prefix, key, case, ""))
    assert response["allowed"] == (case.empty == ALLOWED), response


BAD = [(prefix, key, case) for prefix, key, case in ALL if case.bad is not None]


@pytest.mark.parametrize(("prefix", "key", "case"), BAD, ids=[prefix[0] + ":" + key for prefix, key, _ in BAD])
def test_a_bad_value_is_judged_as_the_table_says_by_a_message_that_names_the_annotation(
    prefix: str, key: str, case: Case
) -> None:
    response = pods.respond(case_with(prefix, key, case, case.bad or ""))
    assert _judge(response, prefix + key) == case.judged, response
    said = response["status"]["message"] if case.judged == REFUSED else "\n".join(response["warnings"])
    assert prefix + key in said


def test_no_name_is_in_both_tables() -> None:
    # The defaults of a namespace leave the prefix out.
    assert not VAULT.keys.keys() & OWN.keys.keys()
    for table, other in ((VAULT, OWN), (OWN, VAULT)):
        for key in table.keys:
            assert other.find(key + "x") is None

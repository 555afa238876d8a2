from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.errors import AnnotationError
from injector.webhook import keys, values
from tests.admission import pods

BOOLEANS = (
    "agent-pre-populate-only",
    "agent-init-first",
    "error-on-missing-key-hello.txt",
    "agent-inject-token",
    "agent-auto-auth-exit-on-err",
    "tls-skip-verify",
    "agent-run-as-same-user",
    "agent-set-security-context",
    "agent-share-process-namespace",
    "agent-revoke-on-shutdown",
    "agent-cache-enable",
    "agent-cache-exit-on-err",
    "agent-enable-quit",
    "template-config-exit-on-retry-failure",
)
TRUE = ("1", "t", "T", "TRUE", "true", "True")
FALSE = ("0", "f", "F", "FALSE", "false", "False", "")
NOT_BOOLEAN = ("yes", "on", " true", "true ", "tRue", "2", "no", "y", "null")
QUANTITIES = tuple(f"agent-{kind}-{name}" for kind in ("limits", "requests") for name in ("cpu", "mem", "ephemeral"))

GOOD = [
    *[(name, text) for name in BOOLEANS for text in (*TRUE, *FALSE)],
    *[(name, text) for name in QUANTITIES for text in ("250m", "1", "0.5", "64Mi", "1e3", "0", "", "+1", "1E")],
    *[(name, text) for name in ("agent-run-as-user", "agent-run-as-group") for text in ("0", "", "-1", "+7", "65534")],
    ("agent-revoke-grace", "5"),
    ("template-max-connections-per-host", "-3"),
    ("template-lease-renewal-threshold", "0.9"),
    ("template-lease-renewal-threshold", "1e-3"),
    ("auth-min-backoff", ""),
    ("auth-min-backoff", "1m30s"),
    ("auth-max-backoff", "1.5h"),
    ("auth-max-backoff", "0"),
    ("agent-inject-default-template", "JSON"),
    ("agent-inject-default-template", "Map"),
    ("agent-inject-perms-hello.txt", "0400"),
    ("agent-inject-perms-hello.txt", ""),
    ("preserve-secret-case", "nonsense"),
    ("preserve-secret-case-hello.txt", "nonsense"),
    ("log-level", "nonsense"),
    ("agent-cache-listener-port", "nonsense"),
    ("client-timeout", "nonsense"),
    ("secret-volume-path", "/app/env/"),
    ("agent-inject-file-hello.txt", "sub/./folder//file"),
]
BAD = [
    *[(name, text) for name in (*BOOLEANS, "agent-inject", "agent-pre-populate") for text in NOT_BOOLEAN],
    *[(name, text) for name in QUANTITIES for text in ("lots", "1 Gi", "5mm", "Mi", "1.2.3", "0x10", "٣")],
    *[
        (name, text)
        for name in ("agent-run-as-user", "agent-run-as-group")
        for text in ("zzz", "1.0", " 1", "1_0", "٣")
    ],
    ("agent-run-as-user", str(2**63)),
    ("agent-run-as-user", "1" * 5000),
    ("agent-revoke-grace", ""),
    ("agent-revoke-grace", "-1"),
    ("template-max-connections-per-host", ""),
    ("template-lease-renewal-threshold", ""),
    ("template-lease-renewal-threshold", "1e999"),
    ("auth-min-backoff", "5"),
    ("auth-max-backoff", "5 s"),
    ("agent-inject-default-template", "zzz"),
    ("agent-inject-default-template", ""),
    ("agent-inject-perms-hello.txt", "0999"),
    ("agent-inject-perms-hello.txt", "rw-r--r--"),
    ("auth-type", "azure"),
    ("secret-volume-path", ""),
    ("secret-volume-path", "/"),
    ("secret-volume-path", "relative"),
    ("secret-volume-path", "/vault/../etc"),
    ("secret-volume-path", "/a:b"),
    ("secret-volume-path-hello.txt", ".."),
    ("agent-inject-file-hello.txt", "../../etc/passwd"),
    ("agent-inject-file-hello.txt", "/../etc/passwd"),
    ("agent-inject-file-hello.txt", "a/../b"),
    ("agent-inject-file-hello.txt", "."),
    ("agent-inject-file-hello.txt", "/"),
    ("agent-inject-file-hello.txt", "a/" * 5000),
    ("agent-inject-file-hello.txt", "a\0b"),
]


@pytest.mark.parametrize(("name", "text"), GOOD)
def test_a_value_that_the_key_allows_is_accepted(name: str, text: str) -> None:
    manifest = pods.annotated(name, text)
    manifest["spec"]["containers"][0]["securityContext"] = {"runAsUser": 1000}
    assert pods.respond(manifest)["allowed"]


@pytest.mark.parametrize(("name", "text"), BAD)
def test_a_value_that_the_key_does_not_allow_is_refused_naming_the_annotation_the_value_and_what_is_allowed(
    name: str, text: str
) -> None:
    message = pods.refusal(pods.annotated(name, text))
    assert message.startswith(f'annotation {pods.PREFIX}{name} is "{text[:64]}')
    assert "must be" in message
    assert len(message) < 300


@pytest.mark.parametrize("text", [*FALSE, None])
def test_a_pod_that_does_not_ask_for_injection_is_let_in_unchanged(text: str | None) -> None:
    annotations = {name: value for name, value in pods.BASIC.items() if name != "agent-inject"}
    response = pods.respond(pods.pod(annotations if text is None else {**annotations, "agent-inject": text}))
    assert response == {"uid": "7f1b", "allowed": True}


@pytest.mark.parametrize("text", TRUE)
def test_every_spelling_of_true_asks_for_injection(text: str) -> None:
    assert pods.operations(pods.respond(pods.annotated("agent-inject", text)))


def test_the_table_has_the_keys_of_the_existing_injector() -> None:
    # 74 constants, of which two are used both without a suffix and with one.
    assert len(keys.VAULT.keys) == 74 + 2


def test_the_longest_key_that_fits_is_found() -> None:
    found = keys.VAULT.find("agent-inject-template-file-x")
    assert found is not None
    assert (found[0].name, found[1]) == ("agent-inject-template-file-", "x")


@given(st.text(max_size=12))
def test_a_reader_accepts_or_raises_its_own_error_and_nothing_else(text: str) -> None:
    for key in (*keys.VAULT.keys.values(), *keys.OWN.keys.values()):
        try:
            key.read("key", text)
        except AnnotationError as error:
            assert error.message.startswith('annotation key is "')  # noqa: PT017  # both outcomes are right


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_integer_of_64_bits_is_read(number: int) -> None:
    assert values.integer("key", str(number)) == number

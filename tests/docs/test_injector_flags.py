"""The pages on the injector's command line say what it says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from injector.webhook.options import OPTIONS, PASSED_OVER
from tests.support.cli_reference import INJECTOR, injector_help, usage_in

if TYPE_CHECKING:
    from pathlib import Path

FLAGS_PAGE = next(page for page, words in INJECTOR.items() if not words)
# All of `agent-inject`, as reference, vault-agent-injector 4.1 lists them, and its variables without a flag.
EXISTING = """
    listen log-level log-format vault-address vault-image vault-auth-type vault-auth-path vault-namespace
    vault-cacert-bytes proxy-address tls-auto tls-auto-hosts tls-cert-file tls-key-file tls-ca-cert-file tls-min-version
    tls-cipher-suites revoke-on-shutdown run-as-user run-as-group run-as-same-user set-security-context cpu-request
    memory-request ephemeral-storage-request cpu-limit memory-limit ephemeral-storage-limit default-template
    template-config-exit-on-retry-failure template-static-secret-render-interval auth-min-backoff auth-max-backoff
    disable-idle-connections disable-keep-alives telemetry-path use-leader-elector
    """
VARIABLES = """
    LISTEN LOG_LEVEL LOG_FORMAT VAULT_ADDR VAULT_IMAGE VAULT_AUTH_TYPE VAULT_AUTH_PATH VAULT_NAMESPACE
    VAULT_CACERT_BYTES PROXY_ADDR TLS_AUTO TLS_AUTO_HOSTS TLS_CERT_FILE TLS_KEY_FILE TLS_MIN_VERSION TLS_CIPHER_SUITES
    REVOKE_ON_SHUTDOWN RUN_AS_USER RUN_AS_GROUP RUN_AS_SAME_USER SET_SECURITY_CONTEXT CPU_REQUEST MEM_REQUEST
    EPHEMERAL_REQUEST CPU_LIMIT MEM_LIMIT EPHEMERAL_LIMIT DEFAULT_TEMPLATE TEMPLATE_CONFIG_EXIT_ON_RETRY_FAILURE
    TEMPLATE_STATIC_SECRET_RENDER_INTERVAL TEMPLATE_MAX_CONNECTIONS_PER_HOST TEMPLATE_LEASE_RENEWAL_THRESHOLD
    AUTH_MIN_BACKOFF AUTH_MAX_BACKOFF DISABLE_IDLE_CONNECTIONS DISABLE_KEEP_ALIVES TELEMETRY_PATH
    """


@pytest.mark.parametrize("page", INJECTOR, ids=lambda page: page.stem)
def test_the_page_shows_the_help(page: Path) -> None:
    """Bring it up to date with `python -m tests.support.cli_reference`."""
    assert usage_in(page) == injector_help(*INJECTOR[page])


def test_the_page_names_no_flag_that_there_is_not() -> None:
    named = set(re.findall(r"`--([a-z0-9][a-z0-9-]*)`", FLAGS_PAGE.read_text())) - {"help"}
    assert named <= {option.opts[0].removeprefix("--") for option in OPTIONS}


def test_the_page_tells_every_flag_without_effect() -> None:
    text = FLAGS_PAGE.read_text()
    assert all(f"`-{name}`" in text for name in PASSED_OVER)


def test_every_flag_and_variable_of_the_existing_injector_is_taken() -> None:
    ours = {option.opts[0].removeprefix("--") for option in OPTIONS} | set(PASSED_OVER)
    assert ours >= set(EXISTING.split())
    assert {str(option.envvar).removeprefix("AGENT_INJECT_") for option in OPTIONS} >= set(VARIABLES.split())

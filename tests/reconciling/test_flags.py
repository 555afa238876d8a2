"""Flags as Go writes them, and every flag of the existing controller."""

from __future__ import annotations

import logging
import re
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from controller.flags import FLAGS, settings_of
from controller.flagvalues import (
    parse_address,
    parse_annotations,
    parse_integer,
    parse_labels,
    parse_level,
    parse_selector,
    parse_time,
)
from controller.goflags import parse
from controller.settings import KeyOrder, Settings
from sealer.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy.local.find import Parts

ACTIVE = "sealedsecrets.bitnami.com/sealed-secrets-key"


def settings(*flags: str, **environ: str) -> tuple[Settings, list[str]]:
    """Return the settings and everything that is said about flags."""
    parsed = parse(flags, environ, FLAGS)
    found, notes = settings_of(parsed, "own")
    return found, [*parsed.notes, *notes]


def test_every_flag_of_the_real_controller_is_accepted_with_its_default(parts: Parts) -> None:
    program = [str(parts.path("sealed-secrets-controller")), "--help"]
    shown = subprocess.run(program, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
    theirs = dict(re.findall(r"^ +--([a-z0-9-]+)(?: .*?)?(?:\(default ([^)]*)\))?$", shown, re.MULTILINE))
    assert len(theirs) > 30
    given = {name: default.strip('"') for name, default in theirs.items() if default}
    found, notes = settings(*[f"--{name}={default}" for name, default in given.items()])
    assert (found, notes) == (Settings(namespace="own"), [])
    assert set(theirs) == {flag.name for flag in FLAGS if not flag.ours and not flag.stands_for}


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--update-status"], True),
        (["--update-status=false"], False),
        (["--update-status=F"], False),
        (["--update-status=1", "--update-status=0"], False),
    ],
)
def test_a_flag_that_is_true_or_false_needs_no_value_and_the_last_counts(flags: list[str], expected: bool) -> None:
    assert settings(*flags)[0].update_status is expected


def test_a_value_follows_an_equals_sign_or_a_space_and_may_begin_with_a_dash() -> None:
    found, notes = settings("--my-cn", "-x", "--key-prefix=a-b", "--kubeclient-qps", "-1")
    assert (found.common_name, found.key_prefix) == ("-x", "a-b")
    assert notes == ["--kubeclient-qps has no effect: requests are paced by what the API server answers"]


def test_arguments_that_are_no_flags_are_passed_over_as_there_and_said() -> None:
    found, notes = settings("--update-status", "false", "--", "--all-namespaces=false")
    assert (found.update_status, found.namespaces) == (True, None)
    assert notes == [
        "the argument 'false' is no flag and is passed over",
        "the argument '--all-namespaces=false' is no flag and is passed over",
    ]


@pytest.mark.parametrize(
    ("flag", "message", "hint"),
    [
        ("-key-size=1", "there is no flag -key-size", "did you mean --key-size?"),
        ("-v", "there is no flag -v", "sealer-controller --help lists the flags"),
        ("--log_level=INFO", "there is no flag --log_level", "did you mean --log-level?"),
        ("--update-status=yes", "--update-status: 'yes' is neither true nor false", None),
        ("--key-size", "--key-size needs a value, of the kind int", None),
        ("--kubeclient-qps=fast", "--kubeclient-qps: 'fast' is not a number", None),
    ],
)
def test_what_go_refuses_is_refused_with_the_nearest_flag(flag: str, message: str, hint: str | None) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(flag)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_an_environment_variable_of_theirs_that_cannot_be_read_leaves_the_default_as_there() -> None:
    found, notes = settings(SEALED_SECRETS_KEY_SIZE="big", SEALED_SECRETS_MY_CN="", SEALED_SECRETS_ALL_NAMESPACES="0")
    assert (found.key_size, found.namespaces) == (4096, ("own",))
    assert notes == ["SEALED_SECRETS_KEY_SIZE: 'big' is not a whole number; it is passed over"]


def test_one_of_ours_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(ConfigError, match="SEALER_KEY_SIZE: 'big' is not a whole number"):
        settings(SEALER_KEY_SIZE="big")


def test_kubeseals_variables_are_not_taken_for_flags_of_ours() -> None:
    assert settings(SEALED_SECRETS_NAMESPACE="shop", SEALED_SECRETS_LEADER_ELECT="false") == (
        Settings(namespace="own"),
        [],
    )
    assert settings(SEALER_NAMESPACE="shop", SEALER_LEADER_ELECT="false")[0] == Settings(
        namespace="shop", leader_elect=False
    )


def test_the_old_name_of_a_flag_works_and_is_said() -> None:
    found, notes = settings("--rotate-period=0")
    assert found.key_renew_period.total_seconds() == 0
    assert notes == ["--rotate-period is an old name of --key-renew-period: please use that"]


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ([], None),
        (["--all-namespaces=false"], ("own",)),
        (["--additional-namespaces=b, a,,own"], ("a", "b", "own")),
        (["--all-namespaces=false", "--additional-namespaces=a"], ("a", "own")),
    ],
)
def test_naming_namespaces_serves_the_own_one_and_those(flags: list[str], expected: tuple[str, ...] | None) -> None:
    assert settings(*flags)[0].namespaces == expected


def test_what_cannot_be_a_namespace_is_passed_over_as_there() -> None:
    found, notes = settings("--additional-namespaces=a/b,c")
    assert found.namespaces == ("c", "own")
    assert notes == ["--additional-namespaces: 'a/b' cannot be a namespace"]


def test_an_unknown_order_of_keys_is_said_and_the_default_counts_as_there() -> None:
    found, notes = settings("--key-order-priority=Newest")
    assert found.key_order is KeyOrder.NOT_BEFORE
    assert notes == [
        "--key-order-priority: 'Newest' is neither CertNotBefore nor SecretCreationTimestamp; CertNotBefore counts"
    ]
    assert settings("--key-order-priority=SecretCreationTimestamp") == (
        Settings(namespace="own", key_order=KeyOrder.CREATED),
        [],
    )


def test_the_label_that_makes_a_key_active_cannot_be_overridden() -> None:
    found, notes = settings(f"--privatekey-labels={ACTIVE}=compromised,team=shop")
    assert found.key_labels == {"team": "shop"}
    assert notes == [f"--privatekey-labels: the object label {ACTIVE} of a new key is always 'active'"]


def test_certificates_that_end_before_they_are_renewed_are_said() -> None:
    assert settings("--key-ttl=48h")[1] == [
        "--key-ttl is shorter than --key-renew-period: certificates end before they are renewed"
    ]
    assert settings("--key-ttl=48h", "--key-renew-period=0")[1] == []


def test_there_is_always_a_timeout() -> None:
    found, notes = settings("--read-timeout=0")
    assert found.read_timeout.total_seconds() == 120
    assert notes == ["--read-timeout: there is always a timeout; the default counts"]


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (parse_integer, "0x10", 16),
        (parse_integer, "010", 8),
        (parse_integer, "-3", -3),
        (parse_integer, "0", 0),
        (parse_level, "info", logging.INFO),
        (parse_level, "DEBUG", logging.DEBUG),
        (parse_level, "DEBUG-4", 0),
        (parse_level, "WARN", logging.WARNING),
        (parse_level, "INFO+4", logging.WARNING),
        (parse_level, "error", logging.ERROR),
        (parse_time, "", None),
        (parse_time, "Mon, 02 Jan 2006 15:04:05 -0700", datetime(2006, 1, 2, 22, 4, 5, tzinfo=UTC)),
        (parse_time, "Mon, 02 Jan 2006 15:04:05 +0000", datetime(2006, 1, 2, 15, 4, 5, tzinfo=UTC)),
        (parse_address, ":8080", ("", 8080)),
        (parse_address, "127.0.0.1:0", ("127.0.0.1", 0)),
        (parse_address, "[::1]:80", ("::1", 80)),
        (parse_address, "host:1", ("host", 1)),
        (parse_annotations, "", {}),
        (parse_annotations, "example.com/a=b=c, d=,a=1,a=2", {"example.com/a": "b=c", "d": "", "a": "2"}),
        (parse_selector, "", ""),
        (parse_selector, " a=b ", "a=b"),
        (parse_selector, "a==b,!c,d in (e, f),g notin (h),i!=j,k", "a==b,!c,d in (e, f),g notin (h),i!=j,k"),
    ],
)
def test_values_are_read_as_go_and_kubernetes_write_them(
    read: Callable[[str], object], text: str, expected: object
) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("read", "text"),
    [
        *[(parse_integer, text) for text in ("", "x", "1.5", "1e3", " 1", "09", "\u0661")],
        *[(parse_level, text) for text in ("", "TRACE", "INFO4", "INFO+")],
        *[
            (parse_time, text)
            for text in (
                "2006-01-02T15:04:05Z",
                "Mon, 02 Jan 2006 15:04:05 MST",
                "Mon, 31 Feb 2006 15:04:05 -0700",
                "Mon, 02 Jab 2006 15:04:05 -0700",
                "Mon, 01 Jan 0001 00:00:00 +2359",
                "Mon, 02 Jan 2006 15:04:05 +9900",
            )
        ],
        *[(parse_address, text) for text in ("", "8080", ":x", ":65536", ":\u0661")],
        *[(parse_annotations, text) for text in ("a", "=b", "a b=c", "/a=b")],
        *[(parse_labels, text) for text in ("a=b c", "a=" + "x" * 64)],
        *[(parse_selector, text) for text in ("a=b=c", "in (a", "a in ()x", "!", "a,,b", "a b")],
    ],
)
def test_anything_else_is_refused_in_our_words(read: Callable[[str], Any], text: str) -> None:
    with pytest.raises(ConfigError):
        read(text)

"""Every flag of the controller: those of the existing one (reference, sealed-secrets 2.1), then ours."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from controller.durations import parse_duration
from controller.flagvalues import (
    parse_address,
    parse_annotations,
    parse_format,
    parse_integer,
    parse_labels,
    parse_level,
    parse_list,
    parse_number,
    parse_selector,
    parse_time,
)
from controller.goflags import Flag, Parsed
from controller.manifests import KEY_LABEL
from controller.settings import KeyOrder, Settings
from sealer.goflags import read_bool

if TYPE_CHECKING:
    from collections.abc import Mapping

INTRODUCTION: Final = """\
Usage: sealer-controller [FLAG]...

Turn SealedSecrets into Secrets, and keep them right.

Each flag can be given as an environment variable: SEALER_KEY_SIZE for
--key-size, or, where the existing controller has the flag, too,
SEALED_SECRETS_KEY_SIZE. The command line counts before SEALER_, and that before
SEALED_SECRETS_. Durations are written as Go has them: 720h, 1h30m, 15s.
"""
_KEYS: Final = "Sealing keys"
_SERVED: Final = "What is served"
_WRITTEN: Final = "What is written"
_HTTP: Final = "HTTP"
_REPLICAS: Final = "Replicas"
_LOGS: Final = "Logs and metrics"
_COMPATIBLE: Final = "Accepted for the existing controller's manifests, without effect"
_OTHER: Final = "Other"
_NAMESPACE: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", re.ASCII)
_OUR_PACE: Final = "requests are paced by what the API server answers"

FLAGS: Final = (
    Flag(
        "key-prefix",
        str,
        "sealed-secrets-key",
        "What the names of key Secrets begin with. A Secret of exactly that name is a key Secret even without the "
        "label, as in the existing system before 0.9.",
        "string",
        _KEYS,
    ),
    Flag("key-size", parse_integer, "4096", "RSA bits of a new sealing key.", "int", _KEYS),
    Flag("key-ttl", parse_duration, "87600h", "How long a new certificate is valid.", "duration", _KEYS),
    Flag("my-cn", str, "", "Common name of a new certificate.", "string", _KEYS),
    Flag(
        "key-renew-period",
        parse_duration,
        "720h",
        "Age of the newest key at which the next is made; 0 for never.",
        "duration",
        _KEYS,
    ),
    Flag("rotate-period", parse_duration, "720h", kind="duration", stands_for="key-renew-period"),
    Flag(
        "key-cutoff-time",
        parse_time,
        "",
        "Make a new key if the newest is older than this, such as 'Mon, 02 Jan 2006 15:04:05 -0700'.",
        "time",
        _KEYS,
    ),
    Flag(
        "key-order-priority",
        str,
        "CertNotBefore",
        "What makes a key the newest: the beginning of its certificate, or SecretCreationTimestamp.",
        "string",
        _KEYS,
    ),
    Flag("privatekey-labels", parse_labels, "", "Object labels of new key Secrets: key=value,...", "list", _KEYS),
    Flag("privatekey-annotations", parse_annotations, "", "Annotations of new key Secrets.", "list", _KEYS),
    Flag(
        "namespace",
        str,
        "",
        "The controller's own namespace, where its keys are; without it that of the Pod.",
        "string",
        _SERVED,
        ours=True,
    ),
    Flag("all-namespaces", read_bool, "true", "Serve all namespaces, or the own one only.", "", _SERVED),
    Flag(
        "additional-namespaces",
        parse_list,
        "",
        "Serve the own namespace and these, instead of all: a,b,...",
        "list",
        _SERVED,
    ),
    Flag("label-selector", parse_selector, "", "Serve only SealedSecrets with these object labels.", "string", _SERVED),
    Flag(
        "accept-deprecated-v1-data",
        read_bool,
        "true",
        "Unseal SealedSecrets of the deprecated form, with spec.data.",
        "",
        _SERVED,
    ),
    Flag(
        "resync-period",
        parse_duration,
        "10h",
        "How often each SealedSecret is looked at again, whatever was seen of it; 0 for never.",
        "duration",
        _SERVED,
        ours=True,
    ),
    Flag("update-status", read_bool, "true", "Write the status of SealedSecrets.", "", _WRITTEN),
    Flag(
        "skip-recreate",
        read_bool,
        "false",
        "Watch no Secrets: one that is edited or deleted is repaired only with its SealedSecret's next attempt.",
        "",
        _WRITTEN,
    ),
    Flag(
        "old-gc-behavior",
        read_bool,
        "false",
        "Delete the Secret of a SealedSecret that is gone, instead of leaving that to Kubernetes.",
        "",
        _WRITTEN,
    ),
    Flag("listen-addr", parse_address, ":8080", "Address for HTTP.", "address", _HTTP),
    Flag("listen-metrics-addr", parse_address, ":8081", "Address for metrics.", "address", _HTTP),
    Flag("read-timeout", parse_duration, "2m", "Longest time for a request to arrive.", "duration", _HTTP),
    Flag("write-timeout", parse_duration, "2m", "Longest time for an answer to be sent.", "duration", _HTTP),
    Flag(
        "rate-limit",
        parse_integer,
        "2",
        "Requests a second that a caller may make of /v1/verify and of /v1/rotate; 0 for no limit.",
        "int",
        _HTTP,
    ),
    Flag("rate-limit-burst", parse_integer, "2", "Requests more than that which may come at once.", "int", _HTTP),
    Flag(
        "authenticate",
        read_bool,
        "false",
        "Ask callers of /v1/verify and /v1/rotate for a token that the API server knows.",
        "",
        _HTTP,
        ours=True,
    ),
    Flag(
        "tls-cert-file",
        str,
        "",
        "PEM certificates to serve HTTPS with, read again when changed.",
        "file",
        _HTTP,
        ours=True,
    ),
    Flag("tls-key-file", str, "", "Their private key.", "file", _HTTP, ours=True),
    Flag(
        "leader-elect",
        read_bool,
        "true",
        "Let replicas elect the one that writes. Without it each of them writes: for one replica only.",
        "",
        _REPLICAS,
        ours=True,
    ),
    Flag("lease-name", str, "sealed-secrets-controller", "The Lease that elects it.", "string", _REPLICAS, ours=True),
    Flag(
        "lease-duration",
        parse_duration,
        "15s",
        "How long the others wait for a leader that is not heard of.",
        "duration",
        _REPLICAS,
        ours=True,
    ),
    Flag(
        "renew-deadline",
        parse_duration,
        "10s",
        "How long a leader goes on that cannot renew the Lease.",
        "duration",
        _REPLICAS,
        ours=True,
    ),
    Flag(
        "retry-period",
        parse_duration,
        "2s",
        "How often the Lease is renewed or tried.",
        "duration",
        _REPLICAS,
        ours=True,
    ),
    Flag("log-level", parse_level, "INFO", "The least that is logged: DEBUG, INFO, WARN or ERROR.", "level", _LOGS),
    Flag("log-format", parse_format, "text", "How it is logged: text or json.", "string", _LOGS),
    Flag(
        "log-info-stdout",
        read_bool,
        "true",
        "Log up to INFO to standard output, and the rest to standard error; or all to standard error.",
        "",
        _LOGS,
    ),
    Flag(
        "metrics-omit-secret-labels",
        read_bool,
        "false",
        "Leave names and namespaces of SealedSecrets out of the metrics.",
        "",
        _LOGS,
    ),
    Flag(
        "watch-for-secrets",
        read_bool,
        "true",
        "Key Secrets are always watched.",
        "",
        _COMPATIBLE,
        without_effect="key Secrets are always watched",
    ),
    Flag(
        "max-unseal-retries",
        parse_integer,
        "5",
        "A failing SealedSecret is tried again without end, at growing intervals.",
        "int",
        _COMPATIBLE,
        without_effect="a failing SealedSecret is tried again without end, at growing intervals",
    ),
    Flag(
        "kubeclient-qps",
        parse_number,
        "5",
        f"In place of a fixed pace, {_OUR_PACE}.",
        "float",
        _COMPATIBLE,
        without_effect=_OUR_PACE,
    ),
    Flag("kubeclient-burst", parse_integer, "10", "The same.", "int", _COMPATIBLE, without_effect=_OUR_PACE),
    Flag("version", read_bool, "false", "Print the version and end.", "", _OTHER),
)


def settings_of(parsed: Parsed, own_namespace: str) -> tuple[Settings, tuple[str, ...]]:
    """Return the settings that flags come to, and what of them was passed over, for the log.

    Args:
        parsed: The flags.
        own_namespace: The Pod's, for when no flag gives it.

    Raises:
        ConfigError: A value is out of its range, or two do not fit together.

    """
    values = parsed.values
    notes: list[str] = []
    namespace: str = values["namespace"] or own_namespace
    order: str = values["key-order-priority"]
    if order not in {str(known) for known in KeyOrder}:
        notes.append(f"--key-order-priority: {order!r} is neither {' nor '.join(KeyOrder)}; CertNotBefore counts")
        order = KeyOrder.NOT_BEFORE
    labels = dict(values["privatekey-labels"])
    if labels.pop(KEY_LABEL, "active") != "active":
        notes.append(f"--privatekey-labels: the object label {KEY_LABEL} of a new key is always 'active'")
    if timedelta() < values["key-ttl"] < values["key-renew-period"]:
        notes.append("--key-ttl is shorter than --key-renew-period: certificates end before they are renewed")
    settings = Settings(
        namespace=namespace,
        namespaces=_namespaces(values, namespace, notes),
        label_selector=values["label-selector"],
        key_prefix=values["key-prefix"],
        key_size=values["key-size"],
        key_ttl=values["key-ttl"],
        common_name=values["my-cn"],
        key_renew_period=values["key-renew-period"],
        key_cutoff=values["key-cutoff-time"],
        key_order=KeyOrder(order),
        key_labels=labels,
        key_annotations=values["privatekey-annotations"],
        accept_deprecated=values["accept-deprecated-v1-data"],
        listen=values["listen-addr"],
        listen_metrics=values["listen-metrics-addr"],
        read_timeout=_timeout(values, "read-timeout", notes),
        write_timeout=_timeout(values, "write-timeout", notes),
        rate_limit=values["rate-limit"],
        rate_limit_burst=values["rate-limit-burst"],
        authenticate=values["authenticate"],
        tls_cert_file=values["tls-cert-file"],
        tls_key_file=values["tls-key-file"],
        update_status=values["update-status"],
        skip_recreate=values["skip-recreate"],
        old_gc_behavior=values["old-gc-behavior"],
        resync_period=values["resync-period"],
        omit_secret_labels=values["metrics-omit-secret-labels"],
        leader_elect=values["leader-elect"],
        lease_name=values["lease-name"],
        lease_duration=values["lease-duration"],
        renew_deadline=values["renew-deadline"],
        retry_period=values["retry-period"],
    )
    return settings, tuple(notes)


def _namespaces(values: Mapping[str, Any], own: str, notes: list[str]) -> tuple[str, ...] | None:
    """Return the namespaces to serve, or None for all; naming others implies not all, as in the existing system."""
    named: tuple[str, ...] = values["additional-namespaces"]
    if values["all-namespaces"] and not named:
        return None
    possible = {name for name in named if _NAMESPACE.fullmatch(name)}
    notes += [f"--additional-namespaces: {name!r} cannot be a namespace" for name in named if name not in possible]
    return tuple(sorted({own, *possible}))


def _timeout(values: Mapping[str, Any], name: str, notes: list[str]) -> timedelta:
    """Return a timeout; none at all would let anybody hold a connection for ever."""
    given: timedelta = values[name]
    if given:
        return given
    notes.append(f"--{name}: there is always a timeout; the default counts")
    return parse_duration(next(flag.default for flag in FLAGS if flag.name == name))

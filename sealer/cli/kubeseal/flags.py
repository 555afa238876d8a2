"""Every flag of kubeseal, read from arguments and environment into frozen options."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sealer.errors import ConfigError
from sealer.goflags import read_bool, read_list, scan
from sealer.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_PREFIX: Final = "SEALED_SECRETS_"
_WIDTH: Final = 80
_INTEGER: Final = re.compile(r"[+-]?\d+", re.ASCII)


class Flag(NamedTuple):
    """One flag.

    Attributes:
        name: Without the dashes.
        about: What it does, one sentence; empty to leave it out of the help.
        read: Makes its value out of text.
        default: The value's text where nobody gives one; None for no value at all.
        kind: What the value is, one word; empty for a flag that is true or false.
        short: Its letter, or empty.
        many: Whether what is given more than once, or in the environment too, is joined.
        variable: Whether an environment variable gives it.

    """

    name: str
    about: str = ""
    read: Callable[[str], Any] = str
    default: str | None = ""
    kind: str = "string"
    short: str = ""
    many: bool = False
    variable: bool = True


def _read_scope(text: str) -> Scope | None:
    """Return the scope; the empty text is how a script says that it has no opinion."""
    if not text:
        return None
    try:
        return Scope(text)
    except ValueError:
        raise ConfigError("must be one of: strict, namespace-wide, cluster-wide") from None


def _read_integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ConfigError(f"{text!r} is not a whole number")
    return int(text)


def _read_size(text: str) -> int:
    if (size := _read_integer(text)) < 0:
        raise ConfigError(f"{text!r} is below 0")
    return size


def _read_severity(text: str) -> str:
    if text.upper() not in {"INFO", "WARNING", "ERROR", "FATAL"}:
        _read_integer(text)
    return text


def _one(text: str) -> tuple[str, ...]:
    return (text,)


def _is_set(name: str, about: str = "", *, variable: bool = True) -> Flag:
    return Flag(name, about, read_bool, "false", "", variable=variable)


def _log(name: str, read: Callable[[str], Any] = str, default: str = "", kind: str = "string", short: str = "") -> Flag:
    return Flag(name, "", read, default, kind, short, variable=False)


GROUPS: Final[Mapping[str, Sequence[Flag]]] = {
    "What to do (without any of these: seal)": (
        _is_set("help", "Show this help and end."),
        _is_set("version", "Print the version and end."),
        _is_set("recovery-unseal", "Turn SealedSecrets back into Secrets, offline, with --recovery-private-key."),
        _is_set("validate", "Ask the controller whether it opens the SealedSecrets; all is well without a word."),
        _is_set("re-encrypt", "Have the controller reseal with its newest key; with -f and without -w, in place."),
        _is_set("rotate"),
        _is_set("fetch-cert", "Print the certificate to seal to."),
        Flag("merge-into", "Seal into this SealedSecret's file, in place.", kind="file"),
        _is_set("raw", "Seal one value, from --from-file or standard input, and print just the sealed text."),
    ),
    "What to read and write": (
        Flag("secret-file", "Input, instead of standard input.", short="f", kind="file"),
        Flag("sealed-secret-file", "Output, instead of standard output.", short="w", kind="file"),
        Flag("format", "json or yaml; a file that ends in .yaml or .yml is always yaml.", str, "json", short="o"),
        Flag("from-file", "Where --raw finds the value.", read_list, "", "[key=]file", many=True),
        Flag("recovery-private-key", "PEM keys, key Secrets, or Lists of them.", read_list, "", "file", many=True),
    ),
    "How to seal": (
        Flag("cert", "Certificate to seal to: a file, or an http(s) or file URL.", kind="file|URL"),
        Flag("scope", "strict, namespace-wide or cluster-wide.", _read_scope, None),
        Flag("name", "Name of the Secret; beats that of a manifest."),
        Flag("namespace", "Namespace, where no manifest gives it.", short="n"),
        _is_set("allow-empty-data", "Seal a Secret without items."),
    ),
    "Where the controller is": (
        Flag("controller-name", "Name of the controller's Service.", str, "sealed-secrets-controller"),
        Flag("controller-namespace", "Namespace of the controller's Service.", str, "kube-system"),
        Flag("kubeconfig", "Kubeconfig to use.", kind="file"),
        Flag("context", "Context of the kubeconfig."),
        Flag("cluster", "Cluster of the kubeconfig."),
        Flag("user", "User of the kubeconfig."),
        Flag("server", "Address of the API server."),
        Flag("token", "Bearer token for it."),
        Flag("username", "Name for basic authentication."),
        Flag("password", "Password for it."),
        Flag("as", "User to impersonate."),
        Flag("as-group", "Group to impersonate; may be repeated.", _one, None, many=True),
        Flag("as-uid", "UID to impersonate."),
        Flag("certificate-authority", "Certificate authority of the API server.", kind="file"),
        Flag("client-certificate", "Client certificate for TLS.", kind="file"),
        Flag("client-key", "Its key.", kind="file"),
        _is_set("insecure-skip-tls-verify", "Do not check the API server's certificate."),
        Flag("tls-server-name", "Name that its certificate must have."),
        Flag("proxy-url", "Proxy to go through.", kind="URL"),
        Flag("request-timeout", "Longest time for a request: 5, 5s, 2m; 0 for no limit.", str, "0"),
        _is_set("disable-compression", "Without effect: answers are never asked for compressed."),
    ),
    "Accepted for klog, without effect": (
        _is_set("add_dir_header", variable=False),
        _is_set("alsologtostderr", variable=False),
        _log("alsologtostderrthreshold", _read_severity, "0", "severity"),
        _is_set("legacy_stderr_threshold_behavior", variable=False),
        _log("log_backtrace_at"),
        _log("log_dir"),
        _log("log_file"),
        _log("log_file_max_size", _read_size, "1800", "uint"),
        _is_set("logtostderr", variable=False),
        _is_set("one_output", variable=False),
        _is_set("skip_headers", variable=False),
        _is_set("skip_log_headers", variable=False),
        _log("stderrthreshold", _read_severity, "2", "severity"),
        _log("v", _read_integer, "0", "Level", "v"),
        _log("vmodule"),
    ),
}
FLAGS: Final[Mapping[str, Flag]] = {flag.name: flag for group in GROUPS.values() for flag in group}


@dataclass(frozen=True)
class Options:
    """What the command line and the environment come to.

    Attributes:
        values: Flag to value, for every flag.
        given: The flags that somebody gave.
        ignored: Words that are no flags.

    """

    values: Mapping[str, Any] = field(repr=False)
    given: frozenset[str] = frozenset()
    ignored: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @property
    def output_format(self) -> str:
        """The format as asked for; not checked, as the modes that print no manifest never ask."""
        write: str = self["sealed-secret-file"]
        return "yaml" if write.endswith((".yaml", ".yml")) else self["format"]


def parse(arguments: Sequence[str], environ: Mapping[str, str]) -> Options:
    """Return the options; the command line goes before the environment, and that before the defaults.

    A variable that cannot be read is passed over, as kubeseal does; of flags that may be repeated, the environment's
    come first and the command line's are added.

    Raises:
        ConfigError: There is no such flag, or its value is missing or cannot be read.

    """
    values = {flag.name: flag.read(flag.default) if flag.default is not None else None for flag in FLAGS.values()}
    given: set[str] = set()
    for flag in FLAGS.values():
        text = environ.get(_PREFIX + flag.name.upper().replace("-", "_")) if flag.variable else None
        if text is not None:
            try:
                values[flag.name] = flag.read(text)
            except ConfigError:
                continue
            given.add(flag.name)
    ignored: list[str] = []
    known = {flag.name: bool(flag.kind) for flag in FLAGS.values()}
    shorthands = {flag.short: flag.name for flag in FLAGS.values() if flag.short} | {"h": "help"}
    for name, text, _written in scan(arguments, known, shorthands):
        if name is None:
            ignored.append(text)
            continue
        value = _read(FLAGS[name], text)
        values[name] = (values[name] or ()) + value if FLAGS[name].many else value
        given.add(name)
    return Options(values, frozenset(given), tuple(ignored))


def _read(flag: Flag, text: str) -> Any:
    try:
        return flag.read(text)
    except ConfigError as error:
        name = f"-{flag.short}, --{flag.name}" if flag.short else f"--{flag.name}"
        raise ConfigError(f'invalid argument for "{name}" flag: {error.message}', hint=error.hint) from error


_EXAMPLES: Final = (
    "  sealer kubeseal -f secret.yaml -w sealed.yaml",
    "  sealer kubeseal --cert cert.pem -o yaml <secret.yaml >sealed.yaml",
    "  sealer kubeseal --re-encrypt -f sealed.yaml",
)


def usage(program: str) -> str:
    """Return the help, for a terminal of 80 columns."""
    lines = [f"Usage: {program} [FLAG]...", "", "  Do what kubeseal does, with its flags."]
    for group, flags in GROUPS.items():
        lines += ["", f"{group}:"]
        for flag in filter(lambda flag: flag.about, flags):
            lines += _described(flag)
        if silent := [f"--{flag.name}" for flag in flags if not flag.about and flag.name != "rotate"]:
            lines += textwrap.wrap(", ".join(silent), _WIDTH, initial_indent="  ", subsequent_indent="  ")
    return "\n".join([*lines, "", "Examples:", *_EXAMPLES, ""])


def _described(flag: Flag) -> list[str]:
    default = f" (default {flag.default})" if flag.default and flag.kind else ""
    indent = " " * 10
    about = textwrap.wrap(flag.about + default, _WIDTH, initial_indent=indent, subsequent_indent=indent)
    return [f"  {f'-{flag.short},' if flag.short else '   '} --{flag.name} {flag.kind}".rstrip(), *about]

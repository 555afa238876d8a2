from __future__ import annotations

import base64
import json
import traceback
from pathlib import Path
from typing import Any

import pytest

from injector.agent.config import decode_config, decode_variable
from injector.agent.connect import auth_of, connection_of
from injector.agent.container import Container
from injector.agent.errors import ConfigurationError, TemplateError
from injector.agent.generation import Renderer
from injector.agent.settings import (
    Access,
    AgentConfig,
    Custom,
    Launcher,
    Listener,
    Refresh,
    Signal,
    Sink,
    TemplateSettings,
)
from injector.vault.auth import FileCredential, KubernetesAuth
from injector.vault.errors import InvalidReferenceError
from tests.agent.configurations import configuration, newest, template


def decode(value: Any) -> AgentConfig:
    return decode_config(json.dumps(value).encode())


def test_a_configuration_is_read() -> None:
    config = decode(configuration(template(), template("b", perms="0640", default_template="json")))
    assert config.templates == (
        TemplateSettings("hello.txt", "secret/hello", "/vault/secrets/hello.txt", "map"),
        TemplateSettings("b", "secret/hello", "/vault/secrets/b", "json", Access(0o640)),
    )
    assert config.auth.params["role"] == "app"
    assert config.mode == "init"


def test_the_variable_holds_base64_of_it_wrapped_or_not() -> None:
    data = json.dumps(configuration(template())).encode()
    assert decode_variable(base64.b64encode(data).decode()) == decode_config(data)
    assert decode_variable(base64.encodebytes(data).decode()) == decode_config(data)


def test_optional_settings_reach_the_connection() -> None:
    value = configuration()
    value["vault"] |= {"namespace": "team", "ca_cert": "/vault/tls/ca.crt", "tls_skip_verify": False}
    config = decode(value)
    connection = connect(config)
    assert connection == ("team", "/pod/vault/tls/ca.crt")


def connect(config: AgentConfig) -> tuple[str | None, bool | str]:
    connection = connection_of(config, Path("/pod"), {"VAULT_NAMESPACE": "env", "VAULT_SKIP_VERIFY": "true"})
    return connection.namespace, connection.verify


def test_the_token_lies_below_the_root() -> None:
    auth = auth_of(decode(configuration()), Path("/pod"), {})
    assert isinstance(auth, KubernetesAuth)
    assert isinstance(auth.token, FileCredential)
    assert auth.token.path == Path("/pod/var/run/secrets/kubernetes.io/serviceaccount/token")
    assert auth.mount == "kubernetes"


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return a good configuration with the field at `path` replaced, or removed where the value is `...`."""
    result = configuration(template())
    part: Any = result
    *parents, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in parents:
        part = part[step]
    if value is ...:
        del part[last]
    else:
        part[last] = value
    return result


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("version", 3, "version: this agent reads versions 1 and 2, and found 3"),
        ("version", 2, "exit_after_render: this agent does not know it"),
        ("version", ..., "version: missing"),
        ("version", True, "version: must be a number"),
        ("exit_after_render", False, "exit_after_render: must be true"),
        ("sidecar", {}, "sidecar: this agent does not know it"),
        ("vault", ..., "vault: must be a mapping"),
        ("vault.address", ..., r"vault\.address: missing"),
        ("vault.address", "", r"vault\.address: missing"),
        ("vault.address", 7, r"vault\.address: must be a string"),
        ("vault.tls_skip_verify", "true", r"vault\.tls_skip_verify: must be true or false"),
        ("vault.adress", "x", r"vault\.adress: this agent does not know it"),
        ("auth.type", "approle", r'auth\.type: "approle" is not one of: kubernetes'),
        ("auth.role", ..., r"auth\.role: missing"),
        ("auth.token_path", None, r"auth\.token_path: missing"),
        ("templates", {}, "templates: must be a list"),
        ("templates.0", "x", r"templates\[0\]: must be a mapping"),
        ("templates.0.path", None, r"templates\[0\]\.path: missing"),
        ("templates.0.default_template", "yaml", r'"yaml" is not one of: map, json'),
        ("templates.0.perms", "rw", r'templates\[0\]\.perms: "rw"'),
        ("templates.0.perms", "0999", r'templates\[0\]\.perms: "0999"'),
        ("templates.0.destination", "secrets/a", r"templates\[0\]\.destination"),
        ("templates.0.destination", "/vault/../etc/passwd", r"templates\[0\]\.destination"),
        ("templates.0.destination", "/vault/secrets/", r"templates\[0\]\.destination"),
        ("templates.0.contents", 7, r"templates\[0\]\.contents: must be a string"),
        ("templates.0.left_delimiter", [], r"templates\[0\]\.left_delimiter: must be a string"),
        ("templates.0.error_on_missing_key", "true", r"error_on_missing_key: must be true or false"),
        ("templates.0.comand", "reload", r"templates\[0\]\.comand: this agent does not know it"),
    ],
)
def test_what_cannot_be_used_is_named(path: str, value: Any, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        decode(changed(path, value))


def test_a_custom_template_is_read_and_not_shown() -> None:
    more: dict[str, Any] = {
        "contents": "[[ canary ]]",
        "left_delimiter": "[[",
        "right_delimiter": "]]",
        "error_on_missing_key": True,
    }
    (found,) = decode(configuration(template(**more, path=None))).templates
    assert found.custom is not None
    assert (found.path, found.custom.contents, found.custom.delimiters) == (None, "[[ canary ]]", ("[[", "]]"))
    assert found.custom.error_on_missing_key
    assert "canary" not in repr(found)


def test_the_path_of_a_custom_template_is_not_looked_at() -> None:
    Renderer(decode(configuration(template(contents="x", path="../true"))), Container(Path("/pod")))


def test_two_files_at_one_place_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="two of them write /vault/secrets/a"):
        decode(configuration(template("a"), template("b", destination="/vault//secrets/./a")))


@pytest.mark.parametrize("data", [b"", b"{canary", b"\xff", b"[1]", b"null", b'"canary"'])
def test_what_is_no_configuration_is_refused_without_showing_it(data: bytes) -> None:
    with pytest.raises(ConfigurationError) as caught:
        decode_config(data)
    assert "canary" not in "".join(traceback.format_exception(caught.value)).split("test_configuration.py")[-1]


@pytest.mark.parametrize("text", ["%", "{}", "e30", "äö"])
def test_a_variable_that_is_not_base64_is_named(text: str) -> None:
    with pytest.raises(ConfigurationError, match="SEALER_AGENT_CONFIG"):
        decode_variable(text)


def test_a_path_that_climbs_is_refused_before_vault_is_asked() -> None:
    with pytest.raises(InvalidReferenceError, match=r"secret/\.\./x"):
        Renderer(decode(configuration(template(path="secret/../x"))), Container(Path("/pod")))


def test_the_newest_version_is_read_with_all_it_can_say() -> None:
    config = decode(
        newest(
            template(command=" reload now ", command_timeout="1m", signal={"process": "nginx", "signal": "hup"}),
            template("b", None, source="/vault/custom/b.tmpl", perms="0600", user="7", group="wheel"),
            mode="native",
            template_config={
                "exit_on_retry_failure": False,
                "static_secret_render_interval": "1h30m",
                "lease_renewal_threshold": 0.5,
                "max_connections_per_host": 3,
            },
            retry_for="90",
            sinks=[{"path": "/vault/secrets/token"}],
            listener={"port": 8300, "quit": True, "proxy": "force"},
            revoke_on_shutdown=True,
            revoke_grace=7,
            handover="/vault/agent-cache/handover",
            launcher={"destination": "/sealer/launch"},
            log={"level": "debug", "format": "json"},
        )
    )
    first, second = config.templates
    assert (first.command, first.command_timeout, first.signal) == ("reload now", 60.0, Signal("nginx", 1))
    assert second.custom == Custom(source="/vault/custom/b.tmpl")
    assert second.access == Access(0o600, "7", "wheel")
    assert config.refresh == Refresh(5400.0, 0.5, 3, exit_on_failure=False)
    assert (config.retry_for, config.sinks, config.revoke_grace) == (90.0, (Sink("/vault/secrets/token"),), 7.0)
    assert config.listener == Listener(8300, quits=True, proxy="force")
    assert config.launcher == Launcher("/sealer/launch")
    assert config.stays


@pytest.mark.parametrize(("text", "seconds"), [("", 300.0), ("0", 300.0), ("10", 10.0), ("1.5s", 1.5), ("500ms", 0.5)])
def test_a_time_is_a_go_duration_or_seconds(text: str, seconds: float) -> None:
    config = decode(newest(template_config={"static_secret_render_interval": text}))
    assert config.refresh.static_interval == seconds


def test_nothing_and_zero_stand_for_the_defaults_of_the_engine() -> None:
    settings = {"max_connections_per_host": 0, "lease_renewal_threshold": 0}
    assert decode(newest(template_config=settings)).refresh == Refresh()


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"mode": "daemon"}, 'mode: "daemon" is not one of: init, sidecar, native'),
        ({"mode": "native"}, "ready_file: missing"),
        ({"template_config": {"interval": "5m"}}, r"template_config\.interval: this agent does not know it"),
        ({"template_config": {"static_secret_render_interval": "5x"}}, '"5x" is not a time'),
        ({"template_config": {"lease_renewal_threshold": 2}}, r"lease_renewal_threshold: must be a number from 0 to 1"),
        ({"listener": {"port": 0}}, r"listener\.port: must be a number from 1 to 65535"),
        ({"listener": {"proxy": "yes"}}, 'proxy: "yes" is not one of: false, true, force'),
        ({"folders": ["secrets"]}, r"folders\[0\]\.path"),
        ({"folders": "/vault/secrets"}, "folders: must be a list"),
        ({"sinks": [{"path": "/vault/secrets/hello.txt"}]}, r"two files of the configuration are .*/hello\.txt"),
        ({"retry_for": "soon"}, 'retry_for: "soon" is not a time'),
        ({"log": {"format": "xml"}}, r'log\.format: "xml" is not one of'),
        ({"env_files": [{"path": "/e", "variables": [{"path": "x"}]}]}, "has neither a name nor a prefix"),
        ({"env_files": [{"path": "/e", "variables": [{"name": "A", "path": "x"}]}]}, r"variables\[0\]\.key: missing"),
        ({"env_files": [{"path": "/e", "variables": [{"name": "A-B", "path": "x", "key": "y"}]}]}, '"A-B" is no name'),
        ({"auth": {"type": "ldap", "mount_path": "auth/ldap"}}, 'auth.type: "ldap" is not one of: kubernetes, approle'),
        (
            {"auth": {"type": "jwt", "mount_path": "auth/jwt", "params": {"role": 7}}},
            r"auth\.params\.role: must be a string",
        ),
        (
            {"auth": {"type": "jwt", "mount_path": "auth/jwt", "wrap_ttl": "5m"}},
            "cannot use a token that it gets wrapped",
        ),
    ],
)
def test_what_the_newest_version_cannot_use_is_named(more: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        decode(newest(template()) | more)


@pytest.mark.parametrize(("word", "named"), [("NOPE", 'there is no signal "NOPE"'), ("", r"signal\.signal: missing")])
def test_a_signal_that_is_none_is_named(word: str, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        decode(newest(template(signal={"process": "nginx", "signal": word})))


def test_a_file_of_a_template_that_is_not_there_is_named(tmp_path: Path) -> None:
    config = decode(newest(template(path=None, source="/vault/custom/none")))
    with pytest.raises(TemplateError, match=r"the template of hello\.txt: there is no file /vault/custom/none"):
        Renderer(config, Container(tmp_path))

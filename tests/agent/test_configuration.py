from __future__ import annotations

import base64
import json
import traceback
from pathlib import Path
from typing import Any

import pytest

from injector.agent.config import AgentConfig, TemplateSettings, decode_config, decode_variable
from injector.agent.errors import ConfigurationError
from injector.agent.run import auth_of, check_references, connection_of
from injector.vault.auth import FileCredential
from injector.vault.errors import InvalidReferenceError
from tests.agent.configurations import configuration, template


def decode(value: Any) -> AgentConfig:
    return decode_config(json.dumps(value).encode())


def test_a_configuration_is_read() -> None:
    config = decode(configuration(template(), template("b", perms="0640", default_template="json")))
    assert config.templates == (
        TemplateSettings("hello.txt", "secret/hello", "/vault/secrets/hello.txt", "map", None),
        TemplateSettings("b", "secret/hello", "/vault/secrets/b", "json", 0o640),
    )
    assert config.auth.role == "app"


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
    auth = auth_of(decode(configuration()), Path("/pod"))
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
        ("version", 2, "version: this agent reads version 1, and found 2"),
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
        ("templates.0.command", "reload", r"templates\[0\]\.command: this agent does not know it"),
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
    assert (found.path, found.contents, found.delimiters) == (None, "[[ canary ]]", ("[[", "]]"))
    assert found.error_on_missing_key
    assert "canary" not in repr(found)


def test_the_path_of_a_custom_template_is_not_looked_at() -> None:
    check_references(decode(configuration(template(contents="x", path="../true"))))


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
        check_references(decode(configuration(template(path="secret/../x"))))

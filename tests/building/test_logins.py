from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from injector.kustomize.errors import GeneratorError
from injector.kustomize.generator import AppRoleLogin, KubernetesLogin, Login, Source, TokenLogin, VaultSource
from injector.kustomize.login import auth_of, connection_of
from injector.vault.auth import AppRoleAuth, Auth, FileCredential, GivenCredential, KubernetesAuth, TokenAuth

if TYPE_CHECKING:
    from collections.abc import Mapping

HOME = Path("/home/user")


def auth(login: Login, environ: Mapping[str, str] | None = None, home: Path = HOME) -> Auth:
    return auth_of(VaultSource(login), environ or {}, home)


def test_the_token_of_the_environment_comes_first(tmp_path: Path) -> None:
    (tmp_path / ".vault-token").write_text("file")
    found = auth(TokenLogin(None), {"VAULT_TOKEN": "env\n"}, tmp_path)
    assert found == TokenAuth(GivenCredential("env"))


def test_the_token_that_vault_login_left_comes_second(tmp_path: Path) -> None:
    (tmp_path / ".vault-token").write_text("file\n")
    found = auth(TokenLogin(None), {"VAULT_TOKEN": ""}, tmp_path)
    assert isinstance(found, TokenAuth)
    assert found.read() == "file"


def test_no_token_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(GeneratorError, match="there is no token for vault"):
        auth(TokenLogin(None), {}, tmp_path)


def test_a_named_source_is_not_replaced_by_another() -> None:
    with pytest.raises(GeneratorError, match="the environment variable CI_TOKEN, for the token, is not set or empty"):
        auth(TokenLogin(Source(env="CI_TOKEN")), {"VAULT_TOKEN": "other", "CI_TOKEN": " "})


def test_files_start_at_the_kustomization_or_at_home() -> None:
    assert auth(TokenLogin(Source(file="t"))) == TokenAuth(FileCredential(Path("t"), "token"))
    assert auth(TokenLogin(Source(file="~/t"))) == TokenAuth(FileCredential(HOME / "t", "token"))


def test_an_approle_may_mix_its_sources() -> None:
    login = AppRoleLogin("auth/ci", Source(value="role"), Source(env="SECRET_ID"))
    assert auth(login, {"SECRET_ID": "secret"}) == AppRoleAuth(GivenCredential("role"), GivenCredential("secret"), "ci")


def test_an_approle_may_have_no_secret_id() -> None:
    assert auth(AppRoleLogin("approle", Source(value="role"), None)) == AppRoleAuth(GivenCredential("role"))


def test_a_kubernetes_login_reads_its_token_from_a_file() -> None:
    found = auth(KubernetesLogin("kubernetes", "app", "/token"))
    assert found == KubernetesAuth("app", FileCredential(Path("/token"), "service-account token"))


def test_credentials_do_not_show() -> None:
    login = AppRoleLogin("approle", Source(value="canary"), Source(env="S"))
    found = auth(login, {"S": "canary"})
    assert "canary" not in f"{login!r} {found!r} {found}"


def test_the_generators_connection_wins_over_the_environment() -> None:
    source = VaultSource(TokenLogin(None), address="https://own", ca_cert="~/ca.pem")
    connection = connection_of(source, {"VAULT_ADDR": "https://env", "VAULT_NAMESPACE": "team"}, HOME)
    assert (connection.address, connection.namespace) == ("https://own", "team")
    assert connection.verify == "/home/user/ca.pem"

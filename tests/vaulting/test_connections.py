"""Connections: kept alive, shared by threads, limited, through proxies, and with an end to waiting."""

from __future__ import annotations

import socket
import threading
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from injector.vault.answers import TokenLease
from injector.vault.auth import AppRoleAuth, GivenCredential
from injector.vault.client import VaultClient
from injector.vault.environment import RateLimit
from injector.vault.errors import VaultRequestError, VaultUnavailableError, VaultUnreachableError
from injector.vault.retry import Clock
from injector.vault.settings import connect_with
from injector.vault.side_by_side import side_by_side
from injector.vault.throttle import Throttle, next_turn
from tests.vaulting.site import Asked, Told, site

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = b'{"data": {"a": "b"}}'
MOUNT = b'{"data": {"path": "kv/", "type": "kv", "options": {"version": "1"}}}'


def vault(asked: Asked) -> Told:
    return Told(body=MOUNT if "/sys/internal/" in asked.target else SECRET)


def client_of(address: str, connections: int = 1, **environ: str) -> VaultClient:
    client = VaultClient(connect_with(environ, address=address), max_connections=connections)
    client.use_token(TokenLease("token", 0, renewable=False))
    return client


def test_one_connection_carries_many_requests() -> None:
    with site(vault) as server, client_of(server.address) as client:
        for _ in range(5):
            client.read("kv/a")
    assert len(server.asked) == 6
    assert len({asked.connection for asked in server.asked}) == 1
    assert server.asked[0].headers["x-vault-request"] == "true"
    assert server.asked[0].headers["user-agent"].startswith("sealer-injector/")


def test_without_keep_alive_each_request_has_a_connection() -> None:
    with site(vault) as server:
        connection = connect_with({}, address=server.address, keep_alive=False)
        with VaultClient(connection) as client:
            client.read("kv/a")
    assert len({asked.connection for asked in server.asked}) == 2
    assert all(asked.headers["connection"] == "close" for asked in server.asked)


def test_a_connection_that_the_server_closed_meanwhile_is_replaced() -> None:
    with site(lambda asked: Told(body=vault(asked).body, headers={"Connection": "close"})) as server:
        with client_of(server.address) as client:
            client.read("kv/a")
            client.read("kv/a")
        assert len({asked.connection for asked in server.asked}) == 3


def test_a_server_that_hangs_up_between_two_requests_is_asked_again() -> None:
    with closing_after_each_answer() as address, client_of(address) as client:
        assert [client.read("kv/a").fields for _ in range(3)] == [{"a": "b"}] * 3


def closing_after_each_answer() -> Closing:
    return Closing()


class Closing:
    """A server that promises to keep a connection alive, and closes it after each answer."""

    def __enter__(self) -> str:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        # Closing alone would not wake the thread.
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        for connection in self._accepted():
            with connection, connection.makefile("rb") as lines:
                head = [line for line in iter(lines.readline, b"\r\n") if line]
                body = MOUNT if head and b"/sys/internal/" in head[0] else SECRET
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    def _accepted(self) -> Iterator[socket.socket]:
        while True:
            try:
                yield self._socket.accept()[0]
            except OSError:
                return


def test_threads_share_one_look_at_a_mount_and_no_more_connections_than_allowed() -> None:
    with site(vault) as server, client_of(server.address, 4) as client:
        results = side_by_side([lambda: client.read("kv/a").fields] * 50, 16)
    assert results == [{"a": "b"}] * 50
    assert sum("/sys/internal/" in asked.target for asked in server.asked) == 1
    assert len({asked.connection for asked in server.asked}) <= 4


def test_requests_are_under_way_at_the_same_time() -> None:
    together = threading.Barrier(4, timeout=30)

    def answer(asked: Asked) -> Told:
        if "/sys/internal/" not in asked.target:
            together.wait()  # breaks if the four do not meet
        return vault(asked)

    with site(answer) as server, client_of(server.address, 4) as client:
        assert side_by_side([lambda: client.read("kv/a").fields] * 4, 4) == [{"a": "b"}] * 4


def test_a_server_that_does_not_answer_is_not_waited_for_for_ever() -> None:
    over = threading.Event()

    def answer(_: Asked) -> Told:
        over.wait(30)
        return Told()

    with site(answer) as server:
        with (
            client_of(server.address, VAULT_CLIENT_TIMEOUT="50ms") as client,
            pytest.raises(VaultUnreachableError, match=r"within 0\.05 s"),
        ):
            client.read("kv/a")
        over.set()


def test_a_server_that_is_no_web_server_is_told() -> None:
    with Garbage() as address, client_of(address) as client, pytest.raises(VaultRequestError, match="speaks no HTTP"):
        client.read("kv/a")


class Garbage(Closing):
    """A server that answers what is no HTTP."""

    def _serve(self) -> None:
        for connection in self._accepted():
            with connection:
                connection.recv(1)
                connection.sendall(b"SSH-2.0-canary\r\n")


def test_a_name_that_cannot_be_resolved_is_told() -> None:
    with client_of("http://vault.invalid:8200") as client, pytest.raises(VaultUnreachableError, match="resolved"):
        client.read("kv/a")


def test_an_http_proxy_gets_the_whole_address_and_its_password() -> None:
    with (
        site(vault) as proxy,
        client_of("http://vault.invalid:8200", HTTP_PROXY=f"http://bob:p%40ss@127.0.0.1:{proxy.port}") as client,
    ):
        assert client.read("kv/a").fields == {"a": "b"}
    assert proxy.asked[1].target == "http://vault.invalid:8200/v1/kv/a"
    assert proxy.asked[1].headers["host"] == "vault.invalid:8200"
    assert proxy.asked[1].headers["proxy-authorization"] == f"Basic {b64encode(b'bob:p@ss').decode()}"


def test_a_standby_sends_us_to_the_active_node_with_method_and_body() -> None:
    with site(vault) as active:
        moved = Told(307, headers={"Location": f"{active.address}/v1/kv/a"})
        with site(lambda asked: moved if asked.method == "PUT" else vault(asked)) as standby:
            with client_of(standby.address) as client:
                client.write("kv/a", {"x": "y"})
            assert (active.asked[0].method, active.asked[0].body) == ("PUT", b'{"x": "y"}')
            assert active.asked[0].headers["x-vault-token"] == "token"
            with (
                client_of(standby.address, VAULT_DISABLE_REDIRECTS="true") as client,
                pytest.raises(VaultRequestError, match="status 307"),
            ):
                client.write("kv/a", {"x": "y"})


def test_the_namespaces_of_login_and_secrets_may_differ() -> None:
    answer = b'{"auth": {"client_token": "t", "lease_duration": 60, "renewable": true}}'
    with site(lambda asked: Told(body=answer) if "/auth/" in asked.target else vault(asked)) as server:
        connection = connect_with({"VAULT_NAMESPACE": "team/a"}, address=server.address)
        with VaultClient(connection) as client:
            client.login(AppRoleAuth(GivenCredential("r"), namespace="logins"))
            client.read("kv/a")
            client.renew_self()
            client.revoke_self()
    namespaces = [(asked.target.split("/")[2], asked.headers["x-vault-namespace"]) for asked in server.asked]
    assert namespaces == [
        ("auth", "logins"),
        ("sys", "team/a"),
        ("kv", "team/a"),
        ("auth", "logins"),
        ("auth", "logins"),
    ]


def stumbling(times: int, status: int) -> tuple[list[Told], list[float], Clock]:
    waits: list[float] = []
    clock = Clock(sleep=waits.append, chance=lambda: 0.5)
    return [Told(status, b'{"errors": []}')] * times, waits, clock


@pytest.mark.parametrize("status", [412, 429, 500, 503])
def test_a_request_without_luck_is_repeated_as_often_as_told(status: int) -> None:
    bad, waits, clock = stumbling(2, status)
    with site(lambda asked: bad.pop() if bad else vault(asked)) as server:
        connection = connect_with({"VAULT_MAX_RETRIES": "2"}, address=server.address)
        with VaultClient(connection, clock=clock) as client:
            assert client.read("kv/a").fields == {"a": "b"}
    assert waits == [1.25, 1.25]


def test_by_default_whoever_asks_decides_about_another_try() -> None:
    bad, waits, clock = stumbling(1, 503)
    with site(lambda asked: bad.pop() if bad else vault(asked)) as server:
        connection = connect_with({}, address=server.address)
        with VaultClient(connection, clock=clock) as client, pytest.raises(VaultUnavailableError):
            client.read("kv/a")
    assert waits == []


@pytest.mark.parametrize("status", [400, 403, 404, 501])
def test_a_refusal_is_not_repeated(status: int) -> None:
    bad, waits, clock = stumbling(9, status)
    with site(lambda _: bad.pop()) as server:
        connection = connect_with({}, address=server.address, max_retries=3)
        with VaultClient(connection, clock=clock) as client:
            outcomes = side_by_side([lambda: client.read("kv/a")], 1)
    assert isinstance(outcomes[0], Exception)
    assert waits == []


def test_turns_lie_apart_but_for_a_burst() -> None:
    rate = RateLimit(per_second=2, burst=3)
    now, turns, last = 100.0, [], float("-inf")
    for _ in range(6):
        last = next_turn(rate, last, now)
        turns.append(max(last, now))
    assert turns == [100.0, 100.0, 100.0, 100.5, 101.0, 101.5]
    assert next_turn(rate, 101.5, 200.0) <= 200.0


def test_requests_wait_for_their_turn() -> None:
    waits: list[float] = []
    throttle = Throttle(RateLimit(4, 1), monotonic=lambda: 10.0, sleep=waits.append)
    for _ in range(3):
        throttle.wait()
    assert waits == [0.25, 0.5]

"""Where the certificate comes from, and what is refused as one."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest

from tests.support.vectors import certificate_pem, key_pem, load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Session
    from tests.support.vectors import Vector

RSA_2048 = "SHA256:AZl5m9DWCShqCFnpR4rWkKQ2MxAikQYYqd/AVrGy30c"


class Handler(BaseHTTPRequestHandler):
    """Answers as its table says."""

    answers: ClassVar[dict[str, tuple[int, bytes]]] = {
        "/v1/cert.pem": (200, certificate_pem("rsa-2048")),
        "/missing": (404, b"not found"),
        "/html": (200, b"<html>sign in</html>"),
        "/large": (200, b"x" * (1024 * 1024 + 1)),
    }

    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/v1/cert.pem")
            self.end_headers()
            return
        if self.path == "/garbage":
            self.wfile.write(b"this is not HTTP\r\n\r\n")
            return
        status, body = self.answers[self.path.partition("?")[0]]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Keep quiet."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A real HTTP server; its address."""
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = False
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("path", ["/v1/cert.pem", "/moved"])
@pytest.mark.parametrize("scheme", ["http", "HTTP"])
def test_a_certificate_comes_from_a_url(sealer: Session, server: str, path: str, scheme: str) -> None:
    result = sealer("seal", "--cert", f"{scheme}://{server}{path}", "secret.yaml")
    assert (result.code, result.stderr) == (0, "")
    assert f"sealer.dev/sealed-with: {RSA_2048}" in result.stdout


def test_a_certificate_comes_from_a_file_url(sealer: Session, folder: Path) -> None:
    (folder / "a b.pem").write_bytes(certificate_pem("rsa-2048"))
    for url in (f"file://{folder}/a%20b.pem", f"file://localhost{folder}/cert.pem", f"FILE://{folder}/cert.pem"):
        assert sealer("seal", "--cert", url, "secret.yaml").code == 0


@pytest.mark.parametrize(
    ("path", "code", "message"),
    [
        ("/missing", 6, "cannot fetch http://HOST/missing: 404 Not Found"),
        ("/missing?token=canary#x", 6, "cannot fetch http://HOST/missing: 404 Not Found"),
        ("/garbage", 6, "cannot fetch http://HOST/garbage: not a valid address, or not an HTTP answer"),
        ("/large", 6, "cannot fetch http://HOST/large: the answer is larger than 1 MiB"),
        ("/html", 4, "http://HOST/html: this is not a PEM certificate"),
        ("/html?token=canary", 4, "http://HOST/html: this is not a PEM certificate"),
        ("/with space", 6, "cannot fetch http://HOST/with space: not a valid address"),
    ],
)
def test_a_url_that_gives_no_certificate_is_named_without_its_secrets(
    sealer: Session, server: str, path: str, code: int, message: str
) -> None:
    for verbose in ((), ("-v",)):
        result = sealer(*verbose, "seal", "--cert", f"http://{server}{path}", "secret.yaml")
        assert (result.code, result.stdout) == (code, "")
        assert message.replace("HOST", server) in result.stderr
        assert "canary" not in result.stderr
    assert "Traceback" not in sealer("seal", "--cert", f"http://{server}{path}", "secret.yaml").stderr


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://127.0.0.1:1/x", "cannot fetch http://127.0.0.1:1/x: connection refused"),
        ("http://user:canary@127.0.0.1:1/x", "cannot fetch http://127.0.0.1:1/x:"),
        ("http://[x", "cannot fetch http://[x: not a valid address"),
        ("http://", "cannot fetch http://: no host given"),
        ("file:///nowhere/cert.pem", "cannot read /nowhere/cert.pem: no such file or directory"),
        ("nowhere.pem", "cannot read nowhere.pem: no such file or directory"),
        ("ftp://host/cert.pem", "cannot read ftp://host/cert.pem: no such file or directory"),
    ],
)
def test_an_address_that_does_not_answer_is_named(sealer: Session, url: str, message: str) -> None:
    result = sealer("-v", "seal", "--cert", url, "secret.yaml")
    assert result.code in {3, 6}
    assert message in result.stderr
    assert "canary" not in result.stderr


@pytest.mark.parametrize("vector", [v for v in load("certificates") if not v.succeeds], ids=str)
def test_what_is_no_certificate_to_seal_to_is_refused_and_nothing_written(
    sealer: Session, folder: Path, vector: Vector
) -> None:
    (folder / "bad.pem").write_bytes(vector.material)
    for command in (("seal", "secret.yaml"), ("cert",)):
        result = sealer(*command, "--cert", "bad.pem", "-w", "out")
        assert (result.code, result.stdout) == (4, "")
        assert result.stderr.startswith("error: bad.pem: ")
        assert "PRIVATE KEY-----" not in result.stderr.replace("-----BEGIN CERTIFICATE-----", "")
        assert not (folder / "out").exists()


def test_a_certificate_is_shown_as_it_is(sealer: Session) -> None:
    result = sealer("cert", "--cert", "cert.pem")
    assert (result.code, result.stdout) == (0, certificate_pem("rsa-2048").decode())
    assert result.stderr == f"note: fingerprint {RSA_2048}, valid until 2126-10-28\n"


def test_only_the_certificate_is_shown_of_a_file_that_holds_more(sealer: Session, folder: Path) -> None:
    more = "# Schlüssel\n".encode() + key_pem("rsa-2048") + certificate_pem("rsa-2048") + certificate_pem("rsa-3072")
    (folder / "all.pem").write_bytes(more)
    assert sealer("cert", "--cert", "all.pem").stdout == certificate_pem("rsa-2048").decode()


def test_a_certificate_is_written_to_a_file(sealer: Session, folder: Path) -> None:
    assert sealer("cert", "--cert", "cert.pem", "-w", "copy.pem").stdout == ""
    assert (folder / "copy.pem").read_bytes() == certificate_pem("rsa-2048")


def test_facts_of_a_certificate_come_as_text_and_as_json(sealer: Session) -> None:
    text = sealer("cert", "--cert", "cert.pem", "-o", "text").stdout
    assert f"fingerprint:  {RSA_2048}\nbits:         2048\n" in text
    facts = json.loads(sealer("cert", "--cert", "cert.pem", "-o", "json").stdout)
    assert facts["fingerprint"] == RSA_2048
    assert facts["notAfter"] == "2126-10-28T11:41:40+00:00"


@pytest.mark.parametrize(
    ("kubeconfig", "code", "message"),
    [
        (None, 6, "no usable kubeconfig"),
        ("", 6, "no usable kubeconfig"),
        ("a: [", 3, "kc, document 1, line 1: not valid YAML"),
        ("current-context: a\n", 3, "the kubeconfig has no context a"),
        ("current-context: a\ncontexts: [{name: a, context: x}]\n", 6, "a cluster or a user in it is malformed"),
        ("current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\n", 6, "no usable kubeconfig"),
    ],
)
def test_without_a_certificate_the_controller_is_asked_and_a_bad_kubeconfig_is_named(
    sealer: Session, folder: Path, kubeconfig: str | None, code: int, message: str
) -> None:
    where: tuple[str, ...] = ()
    if kubeconfig is not None:
        (folder / "kc").write_text(kubeconfig)
        where = ("--kubeconfig", "kc")
    for command in (("seal", "secret.yaml"), ("cert",), ("verify", "secret.yaml")):
        result = sealer(*command, *where)
        assert (result.code, result.stdout) == (code, "")
        assert message in result.stderr


def test_a_cluster_that_does_not_answer_is_named(sealer: Session, folder: Path) -> None:
    (folder / "kc").write_text(
        "current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\n"
        "clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\nusers: [{name: u, user: {token: canary}}]\n"
    )
    result = sealer("-v", "cert", "--kubeconfig", "kc")
    assert result.code == 6
    assert "error: cannot reach the cluster at https://127.0.0.1:1\nhint: " in result.stderr
    assert "canary" not in result.stderr

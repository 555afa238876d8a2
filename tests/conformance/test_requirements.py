"""What a controller must provide before anything else is asked of it (reference, sealed-secrets 5.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conformance.subject import Subject


def test_an_active_rsa_key_is_in_its_namespace(subject: Subject) -> None:
    newest = subject.keys()[-1]
    assert newest["type"] == "kubernetes.io/tls"
    assert {"tls.key", "tls.crt"} <= set(newest["data"])


def test_the_certificate_that_it_serves_is_that_of_the_newest_key(subject: Subject) -> None:
    answer = subject.ask("GET", "/v1/cert.pem")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/x-pem-file")
    assert answer.body == subject.newest_certificate()


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_it_says_that_it_is_well(subject: Subject, path: str) -> None:
    answer = subject.ask("GET", path)
    assert (answer.status, answer.body) == (200, b"ok\n")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_it_prints_its_version(subject: Subject) -> None:
    if subject.version is None:
        pytest.skip("the command line names a cluster, not a binary")
    assert re.fullmatch(r"controller version: (v\d+\.\d+\.\d+|[0-9a-f]{40})(\+dirty)?\n", subject.version())

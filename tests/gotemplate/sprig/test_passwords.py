"""Hashes verify, and what Go encrypts is decrypted here, and the other way round."""

from __future__ import annotations

import bcrypt
import pytest

from tests.gotemplate.sprig.rendering import render, render_by_go

PASSWORDS = ["", "password", "pässwörd", "with\0nul", "x" * 72]
PLAINTEXTS = ["a", "fifteen bytes!!", "sixteen bytes!!!", "Grüße\n", "x" * 1000]


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_bcrypt_hash_verifies(password: str) -> None:
    hashed = render("{{ bcrypt .p }}", {"p": password}).encode()
    assert hashed.startswith(b"$2a$10$")
    assert bcrypt.checkpw(password.encode(), hashed)
    assert not bcrypt.checkpw(b"another", hashed)


def test_an_htpasswd_line_verifies() -> None:
    name, _, hashed = render('{{ htpasswd "user" "secret" }}').partition(":")
    assert name == "user"
    assert bcrypt.checkpw(b"secret", hashed.encode())


@pytest.mark.parametrize("plaintext", PLAINTEXTS)
@pytest.mark.parametrize("password", ["", "key", "k" * 40])
def test_encryption_is_undone_by_decryption(password: str, plaintext: str) -> None:
    data = {"p": password, "t": plaintext}
    assert render("{{ encryptAES .p .t | decryptAES .p }}", data) == plaintext


@pytest.mark.real
@pytest.mark.parametrize("plaintext", PLAINTEXTS)
@pytest.mark.parametrize("password", ["", "key", "k" * 40])
def test_go_decrypts_ours_and_we_decrypt_what_go_encrypted(password: str, plaintext: str) -> None:
    ours = render("{{ encryptAES .p .t }}", {"p": password, "t": plaintext})
    theirs = render_by_go("{{ encryptAES .p .t }}", {"p": password, "t": plaintext})
    assert render_by_go("{{ decryptAES .p .c }}", {"p": password, "c": ours}) == plaintext
    assert render("{{ decryptAES .p .c }}", {"p": password, "c": theirs}) == plaintext


@pytest.mark.real
def test_a_hash_of_go_verifies_as_ours_does() -> None:
    assert bcrypt.checkpw(b"secret", render_by_go('{{ bcrypt "secret" }}').encode())

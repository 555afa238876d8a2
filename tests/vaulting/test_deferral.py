"""What the import of the client costs, and that what is left out is there when it is needed."""

from __future__ import annotations

import subprocess
import sys

LOADED = """
import sys
from injector.vault.client import VaultClient
unwanted = ("requests", "urllib3", "certifi", "charset_normalizer", "idna", "hvac.api")
print(sorted(name for name in unwanted if name in sys.modules))
"""
USED = """
import sys
import injector.vault.door as door
import hvac
client = hvac.Client(url="http://127.0.0.1:9", token="t", timeout=1)
assert sys.modules["requests"].Session is type(client.session)
assert "hvac.api" in sys.modules
try:
    client.sys.read_health_status()
except hvac.adapters.requests.exceptions.ConnectionError:
    print("refused")
"""
FIRST = """
import requests
import hvac.adapters
import injector.vault.door
assert hvac.adapters.requests is requests
print("real")
"""
INSIDE = """
import sys
from injector.vault.deferral import deferred
with deferred("requests", "exceptions"):
    import requests
    import requests.exceptions
    assert "urllib3" not in sys.modules
    session = requests.Session()
    session.close()
assert "urllib3" in sys.modules
assert sys.modules["requests"].Session is type(session)
print("real")
"""


def output(program: str) -> str:
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_client_loads_neither_requests_nor_what_comes_with_it() -> None:
    assert output(LOADED) == "[]"


def test_hvac_has_requests_when_it_asks_for_it() -> None:
    assert output(USED) == "refused"


def test_requests_that_is_loaded_already_is_left_alone() -> None:
    assert output(FIRST) == "real"


def test_a_stand_in_that_is_used_at_once_becomes_the_real_package() -> None:
    assert output(INSIDE) == "real"


def test_what_decides_and_describes_loads_no_network() -> None:
    program = """
import sys
import injector.vault.operations, injector.vault.auth_config, injector.vault.settings, injector.providers.vault
print(sorted(name for name in ("hvac", "http.client", "ssl", "socket", "email") if name in sys.modules))
"""
    assert output(program) == "[]"


def test_a_request_by_an_ordinary_name_loads_no_codec_of_names() -> None:
    program = """
import sys
from injector.vault.client import VaultClient
from injector.vault.errors import VaultUnreachableError
from injector.vault.settings import connect_with
for address in ("http://localhost:9", "https://127.0.0.1:9"):
    with VaultClient(connect_with({}, address=address)) as client:
        try:
            client.read("secret/a")
        except VaultUnreachableError as error:
            assert "connection refused" in error.message
print("encodings.idna" in sys.modules)
"""
    assert output(program) == "False"

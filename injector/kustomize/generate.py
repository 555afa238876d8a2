"""From a generator to its Secret: fetch what it asks for, then build."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from injector.kustomize.build import build
from injector.kustomize.errors import FetchError, GeneratorError, KustomizeError
from injector.kustomize.generator import KIND, Generator, Item
from injector.kustomize.login import auth_of, connection_of
from injector.providers.vault import open_vault
from injector.vault.errors import VaultError
from injector.vault.retry import RetryPlan
from sealer.errors import InputError, SealerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from injector.providers import Provider, StoredSecret
    from sealer.manifest import Secret

# A person or a pipeline waits for a build: long enough for a failover of Vault, and no wait at all for a refusal.
_PLAN: Final = RetryPlan(limit=30.0, short_limit=0.0)


def generate(generator: Generator, environ: Mapping[str, str], home: Path, report: Callable[[str], None]) -> Secret:
    """Make the Secret of a generator.

    Args:
        generator: What is wanted.
        environ: The environment: Vault's own variables, and those that the generator names.
        home: The user's home.
        report: Gets a line for each failed try.

    Raises:
        GeneratorError: The generator, or an item, cannot be used as it is.
        FetchError: A secret cannot be had.

    """
    try:
        connection = connection_of(generator.vault, environ, home)
        auth = auth_of(generator.vault, environ, home)
        provider = open_vault(connection, auth, plan=_PLAN, report=report)
    except (VaultError, KustomizeError) as error:
        raise _about(f"{KIND} {generator.name}", error) from error
    try:
        secret = build(generator, fetch_all(generator, provider))
        # The Secret is on its way to a cluster: what it holds must not end with our login.
        provider.keep_leases()
        return secret
    finally:
        provider.close()


def fetch_all(generator: Generator, provider: Provider) -> dict[str, StoredSecret]:
    """Fetch each path that a generator's items name, once.

    Raises:
        GeneratorError: A path is no reference.
        FetchError: A secret cannot be had; the message names generator, item and path.

    """
    stored: dict[str, StoredSecret] = {}
    for item in generator.items:
        if item.path not in stored:
            stored[item.path] = _fetch(generator, item, provider)
    return stored


def _fetch(generator: Generator, item: Item, provider: Provider) -> StoredSecret:
    try:
        return provider.fetch(item.path)
    except SealerError as error:
        raise _about(f"{KIND} {generator.name}: {item}", error) from error


def _about(what: str, error: SealerError) -> KustomizeError:
    kind = GeneratorError if isinstance(error, InputError) else FetchError
    return kind(f"{what}: {error.message}", hint=error.hint)

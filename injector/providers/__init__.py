"""Secret stores behind one Protocol, one store per file. Vault is the first."""

from __future__ import annotations

from injector.providers.protocol import Provider, StoredSecret, TemplateStore
from injector.vault.verbatim import Json, Number

__all__ = ["Json", "Number", "Provider", "StoredSecret", "TemplateStore"]

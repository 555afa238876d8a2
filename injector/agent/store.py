"""What one generation asks of the secret store: each read once, however many templates want it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from injector.vault.reference import clean_path, parse_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from injector.providers import Json, TemplateStore


class Asking:
    """A `TemplateStore` that keeps what was read, and says what it asks for.

    Args:
        store: The secret store.
        report: Gets a line for each thing that was had; never a value.

    """

    def __init__(self, store: TemplateStore, report: Callable[[str], None]) -> None:
        self._store = store
        self._report = report
        self._reads: dict[tuple[str, tuple[tuple[str, str], ...]], Mapping[str, Json]] = {}

    def document(self, text: str) -> Mapping[str, Json]:
        """Return what a default template sees as ``.Data`` of a reference such as ``secret/hello?version=3``.

        Raises:
            SealerError: It cannot be had.

        """
        reference = parse_reference(text)
        version = () if reference.version is None else (("version", str(reference.version)),)
        # The provider's promise: an answer without data would have been an error.
        return cast("Mapping[str, Json]", self.ask(reference.path, version)["data"])

    def ask(self, path: str, parameters: Sequence[tuple[str, str]]) -> Mapping[str, Json]:
        """Return the answer to a read; the same one for the same path and parameters.

        Raises:
            SealerError: It cannot be had.

        """
        key = clean_path(path), tuple(parameters)
        if key not in self._reads:
            self._reads[key] = self._store.ask(*key)
            versions = [f"?version={value}" for name, value in parameters if name == "version"]
            self._report(f"fetched {key[0]}{''.join(versions)}")
        return self._reads[key]

    def write(self, path: str, data: Mapping[str, str]) -> Mapping[str, Json] | None:
        """Write to a path and return the answer.

        Raises:
            SealerError: It cannot be had.

        """
        answer = self._store.write(path, data)
        self._report(f"sent to {path}")
        return answer

    def names(self, path: str) -> Sequence[str]:
        """Return the names below a path.

        Raises:
            SealerError: They cannot be had.

        """
        names = self._store.names(path)
        self._report(f"listed {path}")
        return names

"""The serving certificate: two files, read again when they change, without a restart."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sealer.errors import ConfigError
from sealer.serving.switch import Switch

if TYPE_CHECKING:
    import ssl
    from typing import Self

_LOG: Final = logging.getLogger(__name__)
# The kubelet takes up to a minute to bring a changed Secret to its volume; a few seconds more are nothing.
_LOOK_EVERY: Final = 10.0
_Signature = tuple[tuple[int, int, int], ...]


class ServingCertificate:
    """TLS 1.2 or newer with the certificate that is in the files now.

    Args:
        certificate: PEM certificates, the server's own first.
        key: Its private key, PEM.

    Raises:
        ConfigError: The files cannot be used.

    """

    def __init__(self, certificate: Path, key: Path) -> None:
        self._files = (certificate, key)
        self._switch = Switch()
        self._seen = self._signature()
        self._switch.take_files(certificate, key)

    @classmethod
    def of(cls, certificate: str, key: str) -> Self | None:
        """Return the certificate in two files, or None where neither is named.

        Raises:
            ConfigError: Only one is named, or they cannot be used.

        """
        if not certificate and not key:
            return None
        if not certificate or not key:
            raise ConfigError("--tls-cert-file and --tls-key-file belong together", hint="give both, or neither")
        return cls(Path(certificate), Path(key))

    @property
    def context(self) -> ssl.SSLContext:
        """What to serve with; it stays the same."""
        return self._switch.context

    def look(self) -> None:
        """Take up the files if they changed and can be used; else stay with what there is, and say so once."""
        seen = self._signature()
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._switch.take_files(*self._files)
        except ConfigError as error:
            _LOG.warning("the serving certificate stays as it was", extra={"fields": {"error": error.message}})
            return
        _LOG.info("the serving certificate was renewed", extra={"fields": {"file": str(self._files[0])}})

    async def watch(self, every: float = _LOOK_EVERY) -> None:
        """Look every so many seconds, for ever."""
        while True:
            await asyncio.sleep(every)
            self.look()

    def _signature(self) -> _Signature:
        """Return what changes when a file does, through the links that a Secret's volume consists of."""
        try:
            stats = [file.stat() for file in self._files]
        except OSError:
            return ()
        return tuple((stat.st_ino, stat.st_mtime_ns, stat.st_size) for stat in stats)

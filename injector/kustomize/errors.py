"""Everything that the kustomize plugin raises on purpose.

::

    KustomizeError (SealerError)
    ├── GeneratorError   (InputError) the generator's manifest, or what it asks for, cannot be used as it is
    └── FetchError       (ServiceError) a secret cannot be had

Messages name the generator, the item and the path; never a value.
"""

from __future__ import annotations

from sealer.errors import InputError, SealerError, ServiceError


class KustomizeError(SealerError):
    """The root of the plugin's errors."""


class GeneratorError(InputError, KustomizeError):
    """The generator, or an item of it, cannot be used as it is."""


class FetchError(ServiceError, KustomizeError):
    """A secret store does not give what the generator asks for."""

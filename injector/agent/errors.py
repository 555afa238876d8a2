"""Everything that the agent raises on purpose, beside the providers' errors.

::

    AgentError (SealerError)
    ├── ConfigurationError   (InputError) a configuration that is not one, or asks for what this agent cannot do
    └── OutputError          (InputError) a file that cannot be written
"""

from __future__ import annotations

from sealer.errors import InputError, SealerError


class AgentError(SealerError):
    """The root of the agent's errors."""


class ConfigurationError(InputError, AgentError):
    """The configuration cannot be used as it is; the message names the field."""


class OutputError(InputError, AgentError):
    """A file cannot be written."""

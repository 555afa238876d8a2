"""Everything that the agent raises on purpose, beside the providers' errors.

::

    AgentError (SealerError)
    ├── ConfigurationError   (InputError) a configuration that is not one, or asks for what this agent cannot do
    ├── TemplateError        (InputError) a template that cannot be parsed, or not be rendered with what Vault has
    ├── OutputError          (InputError) a file that cannot be written
    └── CommandError         (InputError) a command or a signal after a change that fails
"""

from __future__ import annotations

from sealer.errors import InputError, SealerError


class AgentError(SealerError):
    """The root of the agent's errors."""


class ConfigurationError(InputError, AgentError):
    """The configuration cannot be used as it is; the message names the field."""


class TemplateError(InputError, AgentError):
    """A template cannot be rendered; the message names it and the line, and never a value."""


class OutputError(InputError, AgentError):
    """A file cannot be written."""


class CommandError(InputError, AgentError):
    """What had to run after a change did not, or failed."""

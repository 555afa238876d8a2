"""Help that teaches by example."""

from __future__ import annotations

from typing import Any

import click


class _WithExamples(click.Command):
    """Help that ends in examples, one shell line each, never wrapped.

    Args:
        examples: The lines, without a prompt.

    """

    def __init__(self, *args: Any, examples: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, then click's epilog."""
        write_examples(formatter, self.examples)
        super().format_epilog(ctx, formatter)


class ExampleCommand(_WithExamples):
    """A command whose help ends in examples."""


class ExampleGroup(_WithExamples, click.Group):
    """A group of commands whose help ends in examples."""


def write_examples(formatter: click.HelpFormatter, examples: tuple[str, ...]) -> None:
    """Write a section of examples, where there are any."""
    if examples:
        with formatter.section("Examples"):
            formatter.write("".join(f"{'':>{formatter.current_indent}}{line}\n" for line in examples))

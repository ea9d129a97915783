"""docs/reference/commands.md, made from the programs themselves. `python -m tests.docs.commands` writes it."""

from collections.abc import Iterator
from pathlib import Path

import click

from display.__main__ import main as display
from kiosk.__main__ import main as kiosk
from server.cli import main as motcua

__all__ = ["DOCS", "PROGRAMS", "document"]

DOCS = Path(__file__).parents[2] / "docs"
PROGRAMS: dict[str, click.Command] = {"motcua": motcua, "motcua-kiosk": kiosk, "motcua-display": display}
HEAD = """# Commands

What each program says of itself with `--help`. Exit codes: 0 done, 1 refused or failed, 2 wrong usage.
Written by `python -m tests.docs.commands`.
"""


def document() -> str:
    """The whole page."""
    return HEAD + "".join(
        f"\n## {' '.join(context.command_path.split())}\n\n```\n{context.get_help().strip()}\n```\n"
        for name, program in PROGRAMS.items()
        for context in _contexts(program, _context(program, name))
    )


def _contexts(command: click.Command, context: click.Context) -> Iterator[click.Context]:
    yield context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from _contexts(found, _context(found, name, context))


def _context(command: click.Command, name: str, parent: click.Context | None = None) -> click.Context:
    # With the command's own settings, as when it runs: how it may be asked for help is one of them.
    settings = command.context_settings
    return click.Context(command, info_name=name, parent=parent, terminal_width=100, **settings)  # type: ignore[arg-type]


if __name__ == "__main__":
    (DOCS / "reference" / "commands.md").write_text(document(), encoding="utf-8")

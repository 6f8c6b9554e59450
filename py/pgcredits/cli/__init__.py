"""The command line. Commands are imported when they are called.

So ``pgcredits migrate`` needs psycopg and click alone, and ``pgcredits --help`` needs click.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass

import click

from pgcredits import __version__


@dataclass(frozen=True, slots=True)
class _Entry:
    """A command: the module that holds it under its own name, and its line in the overview."""

    module: str
    summary: str


_COMMANDS = {
    "access": _Entry("pgcredits.cli.access", "Say who may call what, and check it."),
    "account": _Entry("pgcredits.cli.account", "Look into accounts; transfer, merge and repair."),
    "demo": _Entry("pgcredits.cli.demo", "Watch webhook events become credits, in a minute."),
    "dev": _Entry("pgcredits.cli.dev", "Keep a migrated server for this directory."),
    "grants": _Entry("pgcredits.cli.jobs", "Book scheduled grants of subscriptions."),
    "feature": _Entry("pgcredits.cli.feature", "Say what features there are and what they cost."),
    "migrate": _Entry("pgcredits.cli.migrate", "Install and upgrade the schema."),
    "relay": _Entry("pgcredits.cli.relay", "Receive Stripe's webhooks."),
    "seal": _Entry("pgcredits.cli.seal", "Seal the ledger against changes, export and check that."),
    "stripe": _Entry("pgcredits.cli.stripe", "Say what a Stripe price is worth."),
    "sweep": _Entry("pgcredits.cli.jobs", "Book what has expired."),
    "verify": _Entry("pgcredits.cli.verify", "Check that every balance follows from the ledger."),
    "worker": _Entry("pgcredits.cli.worker", "Run the periodic jobs, with health and metrics."),
}


class _LazyGroup(click.Group):
    """A group that imports the module of a command when the command is looked up."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands."""
        return sorted(_COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        cmd_name: str,
    ) -> click.Command | None:
        """Import and return one command, or None when there is none of that name."""
        entry = _COMMANDS.get(cmd_name)
        if entry is None:
            return None
        try:
            module = importlib.import_module(entry.module)
        except ModuleNotFoundError as error:
            missing = (error.name or "").partition(".")[0]
            if missing in {"", "pgcredits"}:
                raise
            raise click.ClickException(
                f"'pgcredits {cmd_name}' needs the Python package {missing!r}: "
                "pip install pgcredits"
            ) from error
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the overview from the table, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name].summary) for name in sorted(_COMMANDS)])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pgcredits")
def main() -> None:
    """Prepaid credits inside your Postgres."""

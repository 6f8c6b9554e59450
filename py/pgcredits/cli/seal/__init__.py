"""`pgcredits seal`: evidence that nobody has changed the ledger."""

from __future__ import annotations

from pgcredits.cli.seal.check_file import check
from pgcredits.cli.seal.command import seal
from pgcredits.cli.seal.export_file import export

seal.add_command(export)
seal.add_command(check)

__all__ = ["seal"]

"""What the demo prints: text and tables by rich, plain columns where stdout is no terminal."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pgcredits.rpc import Balance, Entry, Lot

_PLAIN_WIDTH = 100
_INDENT = 3


class Screen:
    """Prints the parts of a step, each always in the same form."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        if not self._console.is_terminal:
            self._console = Console(highlight=False, width=_PLAIN_WIDTH, no_color=True)

    def heading(self, text: str) -> None:
        """Begin a part."""
        self._console.print()
        self._console.print(Text(text, "bold"))

    def verbatim(self, lines: str) -> None:
        """Print lines to be copied: never wrapped."""
        self._console.print(Text(lines), soft_wrap=True)

    def title(self, number: int, title: str) -> None:
        """Begin a step."""
        self.heading(f"{number:>2} {title}")

    def why(self, text: str) -> None:
        """Explain the step."""
        self._indented(Text(text, "italic"))

    def exchange(self, asked: str, answered: str, *, refused: bool) -> None:
        """Show a request and its answer."""
        self._line(Text(f"> {asked}", "cyan"))
        self._line(Text(f"< {answered}", "red" if refused else "green"))

    def state(self, entries: Sequence[Entry], lots: Sequence[Lot], balance: Balance) -> None:
        """Show the entries that the step has booked, the live lots and the balance."""
        if entries:
            self._table(
                ("entry", "kind", "amount", "balance", "debt", "from and to", "what for"),
                (_entry(entry) for entry in entries),
                right=("entry", "amount", "balance", "debt"),
            )
        else:
            self._line(Text("no new entry"))
        if lots:
            self._table(
                ("lot", "pool", "left", "of", "expires (UTC)", "origin"),
                (_lot(lot) for lot in lots),
                right=("lot", "left", "of"),
            )
        else:
            self._line(Text("no lot with credits"))
        pools = ", ".join(f"{pool} {left}" for pool, left in sorted(balance.pools.items()))
        self._line(
            Text(f"balance: available {balance.available}, debt {balance.debt} ({pools})", "bold")
        )

    def _table(
        self,
        head: Sequence[str],
        rows: Iterable[Sequence[str]],
        *,
        right: Sequence[str],
    ) -> None:
        table = Table(
            box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", title=None
        )
        for column in head:
            table.add_column(
                column, justify="right" if column in right else "left", no_wrap=column != head[-1]
            )
        for row in rows:
            table.add_row(*row)
        self._indented(table)

    def _line(self, text: Text) -> None:
        """Print one line that a terminal may fold but that stays one line for a copy or a pipe."""
        self._console.print(Text(" " * _INDENT).append_text(text), soft_wrap=True)

    def _indented(self, shown: Text | Table) -> None:
        padded = Padding(shown, (0, 0, 0, _INDENT), expand=False)
        if self._console.is_terminal:
            self._console.print(padded)
            return
        # rich fills lines up to their width; a file or a pipe is better off without.
        with self._console.capture() as captured:
            self._console.print(padded)
        for line in captured.get().splitlines():
            self.verbatim(line.rstrip())


def _entry(entry: Entry) -> tuple[str, ...]:
    return (
        str(entry.entry_id),
        entry.kind,
        signed(entry.amount),
        str(entry.balance),
        str(entry.debt),
        ", ".join(_part(lot, amount) for lot, amount in entry.allocations or ()),
        entry.reference or entry.feature or "",
    )


def _part(lot: int, amount: int) -> str:
    return f"lot {lot} {signed(amount)}" if lot else f"debt {signed(-amount)}"


def _lot(lot: Lot) -> tuple[str, ...]:
    return (
        str(lot.lot_id),
        lot.pool,
        str(lot.remaining),
        str(lot.granted),
        f"{lot.expires_at.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if lot.expires_at else "never",
        lot.origin,
    )


def signed(amount: int) -> str:
    """Return a number with its sign; zero has none."""
    return f"{amount:+d}" if amount else "0"

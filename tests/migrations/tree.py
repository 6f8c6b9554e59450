"""A small directory of SQL files, written and changed by the tests."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from pgcredits.migrate import sql_root

if TYPE_CHECKING:
    from pathlib import Path


class Tree:
    """Below ``root``: the real bootstrap.sql and whatever a test adds."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "migrations").mkdir(parents=True)
        (root / "functions" / "api").mkdir(parents=True)
        (root / "functions" / "private").mkdir()
        shutil.copy(sql_root() / "bootstrap.sql", root)

    def write(self, path: str, text: str | bytes) -> Path:
        """Write any file below the root."""
        target = self.root / path
        target.write_bytes(text.encode() if isinstance(text, str) else text)
        return target

    def migration(self, name: str, text: str | bytes) -> Path:
        """Write ``migrations/<name>.sql``."""
        return self.write(f"migrations/{name}.sql", text)

    def function(self, name: str, body: str = "select 1", arguments: str = "") -> Path:
        """Write an SQL function ``credits.x`` or ``credits_private.x`` that returns bigint."""
        schema, _, bare = name.partition(".")
        folder = {"credits": "api", "credits_private": "private"}[schema]
        return self.write(
            f"functions/{folder}/{bare}.sql",
            f"create or replace function {name}({arguments})\n"
            f"returns bigint\nlanguage sql\nas $$ {body} $$;\n",
        )

    def access(self, text: str) -> Path:
        """Write ``functions/access.sql``."""
        return self.write("functions/access.sql", text)

    def remove(self, path: str) -> None:
        """Delete a file below the root."""
        (self.root / path).unlink()


def filled(root: Path) -> Tree:
    """Two migrations, two functions that need each other's order, and rights."""
    tree = Tree(root)
    tree.migration("0001_things", "create table credits_private.things (thing bigint);\n")
    tree.migration("0002_more", "alter table credits_private.things add more text;\n")
    # In order of their names, the caller comes before the function that it calls.
    tree.function("credits.count_things", "select credits_private.things_counted()")
    tree.function("credits_private.things_counted", "select count(*) from credits_private.things")
    tree.access("revoke execute on function credits.count_things() from public;\n")
    return tree

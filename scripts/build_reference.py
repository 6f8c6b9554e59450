#!/usr/bin/env python3
"""Write docs/reference/functions.md and docs/reference/cli.md from what they describe.

    python scripts/build_reference.py [DSN]

Signatures, comments, roles and row types come from the catalogue of a migrated database (a
throwaway one unless DSN names one), locks and errors from the headers of the function files, the
commands from click. What the catalogue cannot say, the meaning of arguments and columns, stands in
reference_texts.toml beside this script. An argument, a column or a function without its text is an
error, and so is a text that nothing uses.
"""

from __future__ import annotations

import re
import sys
import textwrap
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import psycopg
from psycopg.rows import dict_row

from pgcredits import migrate
from pgcredits.cli import main as pgcredits
from pgcredits.embedded import LocalPostgres

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"
ROLES = ("credits_service", "credits_admin", "credits_webhook", "credits_reader", "credits_user")

_FUNCTIONS = """
select p.proname as name, pg_get_function_arguments(p.oid) as arguments,
    pg_get_function_result(p.oid) as result, obj_description(p.oid, 'pg_proc') as comment,
    array(select r from unnest(%s::text[]) as r where has_function_privilege(r, p.oid, 'execute'))
        as roles
from pg_proc p
where p.pronamespace = 'credits'::regnamespace
order by p.proname
"""
_TYPES = """
select c.relname as name, obj_description(t.oid, 'pg_type') as comment,
    array(
        select array[a.attname, format_type(a.atttypid, a.atttypmod)]
        from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        order by a.attnum
    ) as columns
from pg_class c
join pg_type t on t.oid = c.reltype
where c.relnamespace = 'credits'::regnamespace and c.relkind = 'c'
order by c.relname
"""


@dataclass
class Texts:
    """The hand-written part: each text must be used, and nothing may lack one."""

    data: dict[str, Any]
    used: set[tuple[str, str]] = field(default_factory=set)

    @classmethod
    def load(cls) -> Texts:
        """Read the file beside this script."""
        return cls(tomllib.loads(Path(__file__).with_name("reference_texts.toml").read_text()))

    def of(self, table: str, owner: str, name: str) -> str:
        """Return the text for ``name`` in ``owner``, or the one for ``name`` anywhere."""
        for key in (f"{owner}.{name}", name):
            if key in self.data[table]:
                self.used.add((table, key))
                text: str = self.data[table][key]
                return text
        raise SystemExit(f"reference_texts.toml: [{table}] has no text for {owner}.{name}")

    def unused(self) -> list[str]:
        """Return the names of texts that nobody asked for."""
        tables = ("arguments", "columns")
        return [
            f"[{table}] {key}"
            for table in tables
            for key in self.data[table]
            if (table, key) not in self.used
        ]


def functions_page(conn: psycopg.Connection[Any]) -> str:
    """Render docs/reference/functions.md; ``conn`` is to a migrated database."""
    texts = Texts.load()
    with conn.cursor(row_factory=dict_row) as cursor:
        functions = {
            row["name"]: row for row in cursor.execute(_FUNCTIONS, (list(ROLES),)).fetchall()
        }
        types = cursor.execute(_TYPES).fetchall()
    groups: dict[str, list[str]] = texts.data["groups"]
    listed = [name for names in groups.values() for name in names]
    if sorted(listed) != sorted(functions):
        raise SystemExit(f"[groups] and catalogue differ: {sorted({*listed} ^ {*functions})}")
    parts = [texts.data["intro"]["functions"].strip()]
    for group, names in groups.items():
        parts.append(f"## {group}")
        parts += [_function(functions[name], texts) for name in names]
    parts.append("## Row types")
    parts += [_type(row, texts) for row in types]
    if texts.unused():
        raise SystemExit(f"reference_texts.toml: nothing uses {', '.join(texts.unused())}")
    return "\n\n".join(parts) + "\n"


def _function(row: dict[str, Any], texts: Texts) -> str:
    name = row["name"]
    path = f"sql/functions/api/{name}.sql"
    header = _header(ROOT / path)
    arguments = [_argument(part) for part in _split(row["arguments"])]
    lead, _, more = row["comment"].partition("\n\n")
    shown = ",\n    ".join(
        f"{argument} {kind}" + ("" if default is None else f" default {default}")
        for argument, kind, default in arguments
    )
    signature = f"credits.{name}({_wrapped(shown)})\nreturns {row['result']}"
    kind = row["result"].removeprefix("SETOF ").removeprefix("credits.")
    returns = f"[`credits.{kind}`](#credits{kind})"
    if row["result"].startswith("SETOF"):
        returns = f"any number of rows {returns}"
    raises = _sentence(header, "Raises ")
    codes = re.findall(r"[a-z]+_[a-z_]+", raises)
    parts = [f"### {name}", f"```sql\n{signature}\n```", " ".join(lead.split())]
    if more:
        parts.append(" ".join(more.split()))
    if arguments:
        table = ["| argument | type | default | meaning |", "|---|---|---|---|"]
        table += [
            f"| `{argument}` | {kind} | {'required' if default is None else f'`{default}`'} "
            f"| {texts.of('arguments', name, argument)} |"
            for argument, kind, default in arguments
        ]
        parts.append("\n".join(table))
    parts.append(
        "\n".join(
            [
                f"- **Returns** {returns}",
                f"- **Errors** {', '.join(f'`{code}`' for code in codes) or 'none of its own'}",
                f"- **Roles** {', '.join(f'`{role}`' for role in row['roles'])}",
                f"- **Locks** {_sentence(header, 'Locks ').removeprefix('Locks ')}",
                f"- **Source** [`{path}`](../../{path})",
            ]
        )
    )
    return "\n\n".join(parts)


def _type(row: dict[str, Any], texts: Texts) -> str:
    table = ["| column | type | meaning |", "|---|---|---|"]
    table += [
        f"| `{column}` | {kind} | {texts.of('columns', row['name'], column)} |"
        for column, kind in row["columns"]
    ]
    return "\n\n".join([f"### credits.{row['name']}", row["comment"], "\n".join(table)])


def _header(path: Path) -> str:
    """Return the comment at the top of a function file as one line."""
    lines = []
    for line in path.read_text("utf-8").splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").strip())
    return " ".join(lines)


def _sentence(header: str, start: str) -> str:
    """Return the sentence of a header that begins with ``start``, without its full stop."""
    for sentence in re.split(r"(?<=\.)\s+(?=[A-Z]|p_)", header):
        if sentence.startswith(start):
            return sentence.rstrip(".")
    return ""


def _split(arguments: str) -> list[str]:
    """Split at commas outside of quotes."""
    return re.findall(r"(?:[^,']|'[^']*')+", arguments)


def _argument(text: str) -> tuple[str, str, str | None]:
    """Return name, type and default of an argument as the catalogue shows it."""
    declared, _, default = text.strip().partition(" DEFAULT ")
    name, _, kind = declared.partition(" ")
    kind = kind.replace("timestamp with time zone", "timestamptz")
    shown = re.sub(r"::[a-z ]+$", "", default)
    return name, kind, (shown.lower() if shown in {"NULL"} else shown) or None


def _wrapped(shown: str) -> str:
    return f"\n    {shown}\n" if shown else ""


def cli_page() -> str:
    """Render docs/reference/cli.md."""
    parts = [Texts.load().data["intro"]["cli"].strip()]
    parts += [_command(path, command) for path, command in _commands("pgcredits", pgcredits)]
    return "\n\n".join(parts) + "\n"


def _commands(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """Walk all commands; a group without an action of its own is only walked through."""
    context = click.Context(command)
    if not isinstance(command, click.Group) or command.invoke_without_command:
        yield path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None:
                yield from _commands(f"{path} {name}", found)


def _command(path: str, command: click.Command) -> str:
    arguments = [f" {p.make_metavar(click.Context(command))}" for p in _of(command, click.Argument)]
    options = [p for p in _of(command, click.Option) if p.help and not p.hidden]
    parts = [f"## {path}{''.join(arguments)}", *_paragraphs(command.help or "")]
    if options:
        table = ["| option | variable | default | meaning |", "|---|---|---|---|"]
        parts.append("\n".join([*table, *map(_option, options)]))
    return "\n\n".join(parts)


def _of(command: click.Command, kind: type[Any]) -> list[Any]:
    return [param for param in command.params if isinstance(param, kind)]


def _option(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    if isinstance(option.type, click.Choice):
        names += f" {' or '.join(map(str, option.type.choices))}"
    variable = f"`{option.envvar}`" if isinstance(option.envvar, str) else ""
    text = " ".join((option.help or "").split())
    stated = re.search(r"\s*\[default: (.+)\]$", text)
    if option.required:
        default = "required"
    elif stated:
        default = stated[1]
        text = text[: stated.start()]
    else:
        plain = option.default if isinstance(option.default, (str, int, Path)) else None
        default = f"`{plain}`" if plain is not None and not option.is_flag else ""
    return f"| {names} | {variable} | {default} | {text.replace('|', '/')} |"


def _paragraphs(text: str) -> list[str]:
    """Turn click's help into Markdown: a paragraph that it must not rewrap becomes a block."""
    found = []
    for paragraph in text.strip().split("\n\n"):
        marker, _, rest = paragraph.partition("\n")
        if marker.strip() in {"\b", "\\b"}:
            found.append(f"```text\n{textwrap.dedent(rest)}\n```")
        else:
            found.append(" ".join(paragraph.split()))
    return found


def main(arguments: list[str]) -> None:
    """Write both pages."""
    if arguments:
        with psycopg.connect(arguments[0]) as conn:
            page = functions_page(conn)
    else:
        with LocalPostgres() as server:
            migrate.apply(server.dsn())
            with psycopg.connect(server.dsn()) as conn:
                page = functions_page(conn)
    (REFERENCE / "functions.md").write_text(page, "utf-8")
    (REFERENCE / "cli.md").write_text(cli_page(), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

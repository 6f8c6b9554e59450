"""Rules about what migrations create."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pglast import ast, enums

from scripts.lint_sql.source import SCHEMAS, SqlFile, Tree, names, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.lint_sql.source import Finding, Fragment, Rule

_C = enums.ConstrType
_NAMED = {
    _C.CONSTR_PRIMARY,
    _C.CONSTR_UNIQUE,
    _C.CONSTR_CHECK,
    _C.CONSTR_FOREIGN,
    _C.CONSTR_EXCLUSION,
}
_O = enums.ObjectType
_COMMENTED = {_O.OBJECT_TABLE, _O.OBJECT_VIEW, _O.OBJECT_MATVIEW, _O.OBJECT_COLUMN, _O.OBJECT_TYPE}


def repeatable_call(file: SqlFile, tree: Tree) -> Iterator[Finding]:
    """Use no repeatable function: it may change or go."""
    repeatable = {(SCHEMAS[other.kind], other.name) for other in tree.functions}
    for fragment in file.fragments:
        for node in walk(fragment.tree):
            if isinstance(node, ast.FuncCall | ast.CreateTrigStmt):
                name = names(node.funcname)
                if name in repeatable or (len(name) == 1 and name[0] in {n for _, n in repeatable}):
                    message = f"{'.'.join(name)} is a repeatable function"
                    yield file.finding(fragment.line, "repeatable_call", message)


def named(file: SqlFile, _: Tree) -> Iterator[Finding]:
    """Name constraints and indexes."""
    for fragment in file.fragments:
        for node in walk(fragment.tree):
            if isinstance(node, ast.Constraint) and node.contype in _NAMED and not node.conname:
                line = file.line_of(node.location)
                yield file.finding(line, "named", "constraint without a name")
            if isinstance(node, ast.IndexStmt) and not node.idxname:
                yield file.finding(fragment.line, "named", "index without a name")


def commented(file: SqlFile, _: Tree) -> Iterator[Finding]:
    """Comment on each table, view, column and type in the file that creates it."""
    present = {
        _target(statement.stmt)
        for statement in file.statements
        if isinstance(statement.stmt, ast.CommentStmt)
        and statement.stmt.objtype in _COMMENTED
        and statement.stmt.comment
    }
    for fragment in file.fragments:
        for name, line in _created(fragment, file):
            if name not in present:
                yield file.finding(line, "commented", f"no comment on {'.'.join(name)}")


def _target(comment: ast.CommentStmt) -> tuple[str, ...]:
    target = comment.object
    return names(target.names if isinstance(target, ast.TypeName) else target)


def _created(fragment: Fragment, file: SqlFile) -> Iterator[tuple[tuple[str, ...], int]]:
    """Qualified name and line of each object of a statement that needs a comment."""
    tree: Any = fragment.tree
    if isinstance(tree, ast.CreateStmt | ast.AlterTableStmt):
        if isinstance(tree, ast.CreateStmt):
            yield _relation(tree.relation), fragment.line
        for column in _columns(tree):
            yield (*_relation(tree.relation), column.colname), file.line_of(column.location)
    elif isinstance(tree, ast.ViewStmt):
        yield _relation(tree.view), fragment.line
    elif isinstance(tree, ast.CompositeTypeStmt):
        yield _relation(tree.typevar), fragment.line
    elif isinstance(tree, ast.CreateEnumStmt | ast.CreateRangeStmt):
        yield names(tree.typeName), fragment.line


def _columns(tree: Any) -> list[Any]:
    """Definitions of the columns that a statement adds."""
    if isinstance(tree, ast.CreateStmt):
        return [element for element in tree.tableElts or () if isinstance(element, ast.ColumnDef)]
    added = enums.AlterTableType.AT_AddColumn
    return [command.def_ for command in tree.cmds if command.subtype == added]


def _relation(relation: Any) -> tuple[str, ...]:
    return (relation.schemaname, relation.relname) if relation.schemaname else (relation.relname,)


RULES: tuple[Rule, ...] = (repeatable_call, named, commented)

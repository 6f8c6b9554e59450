"""Rules about any SQL, wherever it stands: at the top of a file, in a body, in a CTE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pglast import ast, enums

from scripts.lint_sql.source import (
    FAIL,
    RAISE_REFUSAL,
    REFUSE,
    SCHEMAS,
    SqlFile,
    Tree,
    constant,
    names,
    options,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.lint_sql.source import Body, Finding, Rule

_DYNAMIC = (
    ("PLpgSQL_stmt_dynexecute", "query"),
    ("PLpgSQL_stmt_dynfors", "query"),
    ("PLpgSQL_stmt_return_query", "dynquery"),
    ("PLpgSQL_stmt_open", "dynquery"),
)
_SERIAL = {"smallserial", "serial", "bigserial", "serial2", "serial4", "serial8"}


def where(file: SqlFile, _: Tree) -> Iterator[Finding]:
    """Give every UPDATE and DELETE a WHERE: pg-safeupdate refuses the others."""
    for fragment in file.fragments:
        for node in walk(fragment.tree):
            if isinstance(node, ast.UpdateStmt | ast.DeleteStmt) and node.whereClause is None:
                verb = "update" if isinstance(node, ast.UpdateStmt) else "delete"
                yield file.finding(fragment.line, "where", f"{verb} without where")


def insert_in_cte(file: SqlFile, _: Tree) -> Iterator[Finding]:
    """Insert in no CTE: such a statement cannot be sent to one shard."""
    for fragment in file.fragments:
        for node in walk(fragment.tree):
            if isinstance(node, ast.CommonTableExpr) and isinstance(node.ctequery, ast.InsertStmt):
                yield file.finding(fragment.line, "insert_in_cte", f"{node.ctename} inserts")


def when_others(file: SqlFile, _: Tree) -> Iterator[Finding]:
    """Name what an exception clause expects."""
    for body in file.bodies:
        for condition, line in body.nodes("PLpgSQL_condition"):
            if condition["condname"] == "others":
                yield file.finding(line, "when_others", "name the conditions")


def dynamic(file: SqlFile, _: Tree) -> Iterator[Finding]:
    """Say directly above why a statement is dynamic; neighbours share one comment."""
    for body in file.bodies:
        lines = sorted(set(_dynamic_lines(body)))
        explained: set[int] = set()
        for line in lines:
            above = file.lines[line - 2].strip()
            end_above = _statement_start(file, line - 1)
            if above.startswith("--") or end_above in explained:
                explained.add(line)
            else:
                yield file.finding(line, "dynamic", "say directly above why this is dynamic")


def raises(file: SqlFile, tree: Tree) -> Iterator[Finding]:
    """Raise in the helper ``fail`` alone, and call it with literal codes of its registry.

    The same goes for ``refuse``, whose refusals ``raise_refusal`` hands to ``fail``. A CASE whose
    results are literals will do. The bootstrap runs before the helper exists and raises by itself.
    """
    is_fail = (SCHEMAS.get(file.kind), file.name) == FAIL
    if not is_fail and file.place != ("bootstrap.sql",):
        for body in file.bodies:
            for _, line in body.nodes("PLpgSQL_stmt_raise"):
                yield file.finding(line, "raise", f"call {'.'.join(FAIL)} instead")
    for call, line in refusals(file):
        for code in codes_of(call):
            if code is None:
                yield file.finding(line, "raise", "the code must be a literal")
            elif code not in tree.registry:
                yield file.finding(line, "raise", f"'{code}' is not in the registry")


def registry(file: SqlFile, tree: Tree) -> Iterator[Finding]:
    """Give each code of the registry an SQLSTATE of class PT and a message of one ASCII line."""
    if (SCHEMAS.get(file.kind), file.name) != FAIL:
        return
    if not tree.registry:
        yield file.finding(1, "registry", "no rows of values (code, sqlstate, message, …) found")
    for code, (sqlstate, message) in tree.registry.items():
        is_ours = len(sqlstate) == 5 and sqlstate.startswith("PT") and sqlstate[2:].isdigit()
        if not is_ours:
            yield file.finding(1, "registry", f"{code}: '{sqlstate}' is not PT and three digits")
        if not message or not message.isascii() or not message.isprintable():
            yield file.finding(1, "registry", f"{code}: the message must be one line of ASCII")


def null_comparison(file: SqlFile, _: Tree) -> Iterator[Finding]:
    """Compare nothing with NULL by an operator."""
    for fragment in file.fragments:
        for node in walk(fragment.tree):
            if (
                isinstance(node, ast.A_Expr)
                and node.kind == enums.A_Expr_Kind.AEXPR_OP
                and names(node.name)[-1] in {"=", "<>"}
                and any(isinstance(s, ast.A_Const) and s.isnull for s in (node.lexpr, node.rexpr))
            ):
                yield file.finding(fragment.line, "null_comparison", "compare with is null")


def sequences(file: SqlFile, _: Tree) -> Iterator[Finding]:
    """Count numbers inside an account; draw none from a sequence."""
    for fragment in file.fragments:
        for node in walk(fragment.tree):
            is_sequence = (
                isinstance(node, ast.CreateSeqStmt)
                or (isinstance(node, ast.FuncCall) and names(node.funcname)[-1] == "nextval")
                or (
                    isinstance(node, ast.ColumnDef)
                    and node.typeName is not None
                    and names(node.typeName.names)[-1] in _SERIAL
                )
                or (
                    isinstance(node, ast.Constraint)
                    and node.contype == enums.ConstrType.CONSTR_IDENTITY
                )
            )
            if is_sequence:
                yield file.finding(
                    fragment.line, "sequences", "no sequence, serial or identity column"
                )


def rights(file: SqlFile, _: Tree) -> Iterator[Finding]:
    """Grant and revoke in access.sql alone; the bootstrap prepares the roles."""
    if file.kind == "other":
        return
    granting = ast.GrantStmt | ast.GrantRoleStmt | ast.AlterDefaultPrivilegesStmt
    for fragment in file.fragments:
        if any(isinstance(node, granting) for node in walk(fragment.tree)):
            yield file.finding(fragment.line, "rights", "grant and revoke in access.sql only")


def qualified(file: SqlFile, _: Tree) -> Iterator[Finding]:
    """Name relations and functions with their schema in a function without a path."""
    for function in file.created:
        if "set" in options(function):
            continue
        for fragment in file.body_fragments:
            nodes = list(walk(fragment.tree))
            local = {node.ctename for node in nodes if isinstance(node, ast.CommonTableExpr)}
            for node in nodes:
                name = _unqualified(node)
                if name and name not in local:
                    yield file.finding(fragment.line, "qualified", f"{name} needs its schema")


def _unqualified(node: ast.Node) -> str | None:
    """Return the name of a relation or function that is given without its schema."""
    if isinstance(node, ast.RangeVar) and not node.schemaname:
        return node.relname
    if isinstance(node, ast.FuncCall) and len(names(node.funcname)) == 1:
        return names(node.funcname)[0]
    return None


def _dynamic_lines(body: Body) -> Iterator[int]:
    for kind, key in _DYNAMIC:
        for node, line in body.nodes(kind):
            if key in node:
                yield line


def _statement_start(file: SqlFile, line: int) -> int:
    """First line of the statement that ends on a line: the nearest 'execute' at or above it."""
    if not file.lines[line - 1].rstrip().endswith(";"):
        return 0
    while line > 1 and not file.lines[line - 1].lstrip().startswith("execute"):
        line -= 1
        if file.lines[line - 1].rstrip().endswith(";"):
            return 0
    return line


def refusals(file: SqlFile) -> Iterator[tuple[ast.FuncCall, int]]:
    """Find the calls that name a refusal, of ``fail`` and of ``refuse``, with their line."""
    if (SCHEMAS.get(file.kind), file.name) == RAISE_REFUSAL:
        return
    for fragment in file.fragments:
        for node in walk(fragment.tree):
            if isinstance(node, ast.FuncCall) and names(node.funcname) in {FAIL, REFUSE}:
                yield node, fragment.line


def codes_of(call: ast.FuncCall) -> list[str | None]:
    """Return the codes that a call may name; None stands for one that is no literal."""
    arguments = call.args or ()
    named = [a.arg for a in arguments if isinstance(a, ast.NamedArgExpr) and a.name == "p_code"]
    code = next(iter([*named, *arguments]), None)
    if isinstance(code, ast.CaseExpr):
        results = [when.result for when in code.args or () if isinstance(when, ast.CaseWhen)]
        return [constant(result) for result in (*results, code.defresult)]
    return [constant(code)]


RULES: tuple[Rule, ...] = (
    where,
    insert_in_cte,
    when_others,
    dynamic,
    raises,
    registry,
    null_comparison,
    sequences,
    rights,
    qualified,
)

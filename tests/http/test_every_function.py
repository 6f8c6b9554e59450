"""Every API function works through both clients, however its arguments are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.http.calls import SAMPLES, filled
from tests.http.clients import token

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.http.clients import Caller

# Given instead of other arguments, so not in the same call.
_ALTERNATIVES = {"p_spend_key", "p_target"}
_FUNCTIONS = """
select p.proname, p.proretset, p.proargnames[:p.pronargs],
       p.proargnames[:p.pronargs - p.pronargdefaults]
  from pg_proc p
 where p.pronamespace = 'credits'::regnamespace
"""


def test_there_is_a_sample_of_every_function(database: Credits) -> None:
    functions = {
        name: (set(arguments or []), set(required or []))
        for name, _, arguments, required in database.conn.execute(_FUNCTIONS).fetchall()
    }
    assert set(SAMPLES) == set(functions)
    for name, (arguments, required) in functions.items():
        sample = SAMPLES[name]
        missing = arguments - set(sample.required) - set(sample.others) - _ALTERNATIVES
        assert not missing, name
        assert set(sample.required) | set(sample.others) <= arguments, name
        assert required <= set(sample.required), name


@pytest.mark.parametrize("which", ["all", "required", "nulls"])
@pytest.mark.parametrize("function", SAMPLES)
def test_it_answers(
    call: Caller, account: str, database: Credits, function: str, which: str
) -> None:
    sample = SAMPLES[function]
    for name, arguments in sample.before:
        done = call(token(SAMPLES[name].role), name, filled(arguments, account))
        assert not done.error, (name, done.error)
    answer = call(token(sample.role, account), function, sample.arguments(which, account))
    assert not answer.error, answer.error
    assert answer.status == 200
    (returns_rows,) = database.conn.execute(
        "select p.proretset from pg_proc p"
        " where p.pronamespace = 'credits'::regnamespace and p.proname = %s",
        (function,),
    ).fetchone() or (None,)
    assert isinstance(answer.data, list if returns_rows else dict)
    if isinstance(answer.data, dict):
        assert any(value is not None for value in answer.data.values()), "a row of nulls"

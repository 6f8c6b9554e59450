"""What the writers share: entries are written together or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pgcredits.errors import InternalError
from tests.functions.support import DAY, NOW, unchanged

if TYPE_CHECKING:
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")


@pytest.mark.parametrize("kind", ["expire", "spend"])
def test_an_entry_that_is_not_written_is_an_internal_error(
    fast: Credits, clock: Clock, kind: str
) -> None:
    fast.grant_credits("u", 10, expires_at=NOW + DAY)
    fast.grant_credits("u", 10)
    clock.set(NOW + DAY)
    fast.conn.execute(
        "create function pg_temp.swallow() returns trigger language plpgsql"
        " as $$ begin return null; end $$"
    )
    fast.conn.execute(
        "create trigger swallow before insert on credits_private.ledger for each row"
        f" when (new.kind = '{kind}') execute function pg_temp.swallow()"
    )
    with unchanged(fast), pytest.raises(InternalError) as caught:
        fast.deduct_credit("u", 10)
    assert caught.value.values["account_id"] == "u"

"""A disk without a free block: calls fail with an error, nothing is half done, and once there is
space again all goes on.

The whole cluster of the server is on the disk. First only the tables cannot grow; then there is no
room for the write-ahead log either, and the server breaks down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.errors import DiskFull

from tests.client import Credits
from tests.faults.disk import SmallDisk
from tests.faults.load import background, ended, repeat, wait_for_more
from tests.faults.server import OwnServer
from tests.history.check import check
from tests.history.load import run
from tests.history.record import BY_BATCH, BY_CALLER, Acknowledged, History, Undone, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE = 192 << 20
SETTINGS = {"min_wal_size": "32MB", "max_wal_size": "32MB", "autovacuum": "off"}


@pytest.fixture(scope="module")
def disk() -> Iterator[SmallDisk]:
    with SmallDisk(SIZE) as small:
        yield small


@pytest.fixture(scope="module")
def server(disk: SmallDisk) -> Iterator[OwnServer]:
    with OwnServer(disk.path / "data", SETTINGS) as running:
        yield running


def _fill(disk: SmallDisk, admin: psycopg.Connection[Any]) -> None:
    """Fill the disk; of the log one segment stays, enough for some hundred calls."""
    admin.execute("select pg_switch_wal()")
    admin.execute("checkpoint")
    disk.fill()


def _exhaust_log(admin: psycopg.Connection[Any]) -> None:
    """Write to the log until the server breaks down."""
    while True:
        admin.execute("select pg_logical_emit_message(false, 'waste', repeat('x', 100000))")


@pytest.mark.slow
def test_calls_that_cannot_be_written_are_undone(disk: SmallDisk, server: OwnServer) -> None:
    history = History()
    accounts = ["ann", "bob", "cid", "dan"]
    run(history, server.connect, seed="before", calls=20, accounts=accounts)
    with server.connect() as admin:
        _fill(disk, admin)
        with background(history, server.connect, seed="full", accounts=accounts):
            wait_for_more(history, 50, Undone)
            for one in ended(history, Undone):
                assert isinstance(one.outcome, Undone)
                assert one.outcome.why.startswith((DiskFull.__name__, BY_BATCH, BY_CALLER))
            # What needs no new block is answered, and so is what needs none at all.
            assert Credits(admin).get_balance("ann").status == "active"
            disk.free()
            wait_for_more(history, 50)
        assert not ended(history, Unknown)
        repeat(history, server.connect, ended(history, Undone))
        check(history, Credits(admin))


@pytest.mark.slow
def test_a_server_that_cannot_write_its_log_has_kept_what_it_acknowledged(
    disk: SmallDisk, server: OwnServer
) -> None:
    history = History()
    accounts = ["eve", "fay", "gus", "hal"]
    run(history, server.connect, seed="before", calls=20, accounts=accounts)
    with server.connect() as admin:
        _fill(disk, admin)
        with background(history, server.connect, seed="full", accounts=accounts):
            wait_for_more(history, 50, Undone)
            with pytest.raises(psycopg.OperationalError) as caught:
                _exhaust_log(admin)
            assert not isinstance(caught.value, DiskFull)
    server.kill()
    disk.free()
    server.start()
    repeat(history, server.connect, [*ended(history, Undone), *ended(history, Unknown)])
    run(history, server.connect, seed="after", calls=20, accounts=accounts)
    with server.connect() as admin:
        check(history, Credits(admin))
    assert len(ended(history, Acknowledged)) > 100

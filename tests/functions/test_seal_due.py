"""seal_due: which entries it seals, in what order and how far; what a seal covers."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from pgcredits.errors import InvalidArgument
from tests.functions.support import DAY, HOUR, NOW, illegal, refused, unchanged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgcredits.rpc import Sealing
    from tests.client import Credits
    from tests.clock import Clock

pytestmark = pytest.mark.usefixtures("now")


def seal(credits: Credits, limit: int | None = None) -> list[Sealing]:
    """Seal until nothing is left; what each batch did."""
    batches = [credits.seal_due(limit)]
    while batches[-1].has_more:
        assert len(batches) < 1000, "has_more does not end"
        batches.append(credits.seal_due(limit))
    return batches


def sealed(credits: Credits, account: str) -> int:
    return credits.get_seal(account).entry_id or 0


def rows(credits: Credits, account: str) -> list[tuple[Any, ...]]:
    """Number, hash and metadata digest of each seal."""
    return credits.conn.execute(
        "select s.entry_id, s.hash, s.metadata_digest from credits_private.seals s"
        " where s.account_id = %s order by s.entry_id",
        (account,),
    ).fetchall()


def spend(credits: Credits, account: str, times: int) -> None:
    for _ in range(times):
        credits.deduct_credit(account, 1)


class TestWhatItSeals:
    def test_everything_of_every_account(self, fast: Credits) -> None:
        for account in ("ann", "bob", "cid"):
            fast.grant_credits(account, 100)
        spend(fast, "bob", 5)
        (batch,) = seal(fast)
        assert (batch.accounts, batch.entries, batch.is_busy) == (3, 8, False)
        assert [sealed(fast, account) for account in ("ann", "bob", "cid")] == [1, 6, 1]

    def test_nothing_twice(self, fast: Credits) -> None:
        fast.grant_credits("ann", 100)
        seal(fast)
        before = rows(fast, "ann")
        (again,) = seal(fast)
        assert (again.accounts, again.entries) == (0, 0)
        assert rows(fast, "ann") == before

    def test_what_came_since(self, fast: Credits, clock: Clock) -> None:
        fast.grant_credits("ann", 100)
        fast.grant_credits("bob", 100)
        seal(fast)
        before = rows(fast, "ann")
        clock.set(NOW + HOUR / 40)
        spend(fast, "ann", 3)
        (batch,) = seal(fast)
        assert (batch.accounts, batch.entries) == (1, 3)
        assert rows(fast, "ann")[:1] == before

    def test_an_empty_database(self, fast: Credits) -> None:
        (batch,) = seal(fast)
        assert (batch.accounts, batch.entries) == (0, 0)
        assert batch.sealed_until == NOW

    @pytest.mark.parametrize("limit", [1, 2, 3, 7])
    def test_batches_are_bounded_and_all_of_them_do_the_same(
        self, fast: Credits, limit: int
    ) -> None:
        for account, entries in (("ann", 4), ("bob", 1), ("cid", 9)):
            fast.grant_credits(account, 100)
            spend(fast, account, entries - 1)
        batches = seal(fast, limit)
        assert max(batch.entries for batch in batches) == limit
        assert sum(batch.entries for batch in batches) == 14
        assert [sealed(fast, account) for account in ("ann", "bob", "cid")] == [4, 1, 9]

    def test_an_account_that_does_not_fit_into_a_batch_comes_again(self, fast: Credits) -> None:
        fast.grant_credits("ann", 100)
        seal(fast)
        spend(fast, "ann", 5)
        assert [batch.entries for batch in seal(fast, 3)] == [3, 2]

    def test_a_walk_finds_what_is_older_than_a_pass_looks_back(
        self, fast: Credits, clock: Clock
    ) -> None:
        for number in range(5):
            fast.grant_credits(f"old {number}", 100)
        clock.set(NOW + DAY)
        fast.grant_credits("new", 100)
        batches = seal(fast, 2)
        assert sum(batch.entries for batch in batches) == 6
        assert sealed(fast, "new") == sealed(fast, "old 4") == 1

    @pytest.mark.corrupts
    def test_nothing_behind_a_missing_number(self, fast: Credits) -> None:
        fast.grant_credits("ann", 100)
        fast.grant_credits("bob", 100)
        spend(fast, "ann", 4)
        fast.conn.execute("set local session_replication_role = replica")
        fast.conn.execute("delete from credits_private.ledger where entry_id = 3")
        (batch,) = seal(fast)
        assert batch.entries == 3
        assert (sealed(fast, "ann"), sealed(fast, "bob")) == (2, 1)
        assert fast.get_seal("ann").unsealed == 3

    @pytest.mark.corrupts
    def test_entries_with_the_numbers_of_sealed_ones_are_not_sealed_over_them(
        self, fast: Credits
    ) -> None:
        fast.grant_credits("ann", 100)
        spend(fast, "ann", 4)
        seal(fast)
        fast.conn.execute("set local session_replication_role = replica")
        fast.conn.execute("delete from credits_private.ledger where entry_id > 3")
        fast.conn.execute("set local session_replication_role = origin")
        before = rows(fast, "ann")
        fast.deduct_credit("ann", 2)
        seal(fast)
        assert rows(fast, "ann") == before
        found = {(f.violation, f.entry_id) for f in fast.verify("ann")}
        assert found == {("entry is not what was sealed", 4), ("sealed entry is gone", 5)}

    @pytest.mark.parametrize(
        ("argument", "value"),
        illegal("p_limit", zero=0, negative=-1, too_many=100_001),
    )
    def test_a_limit_that_is_no_limit(self, fast: Credits, argument: str, value: int) -> None:
        with refused(fast, InvalidArgument, argument=argument, allowed="1 to 100000"):
            fast.call("seal_due", **{argument: value})

    def test_null_is_the_default(self, fast: Credits) -> None:
        assert not fast.call("seal_due", p_limit=None).has_more


class TestTimeOfSealing:
    def test_it_is_known_how_far_sealing_has_come(self, fast: Credits, clock: Clock) -> None:
        fast.grant_credits("ann", 100)
        seal(fast)
        clock.set(NOW + HOUR / 60)
        assert seal(fast)[-1].sealed_until == NOW + HOUR / 60
        assert fast.get_backlog().sealed_until == NOW + HOUR / 60

    def test_it_does_not_move_in_the_middle_of_a_pass(self, fast: Credits, clock: Clock) -> None:
        seal(fast)
        clock.set(NOW + HOUR / 60)
        fast.grant_credits("ann", 100)
        assert seal(fast)[-1].sealed_until == NOW + HOUR / 60
        clock.set(NOW + HOUR / 30)
        spend(fast, "ann", 2)
        assert fast.seal_due(1).sealed_until == NOW + HOUR / 60
        clock.set(NOW + HOUR / 20)
        assert seal(fast)[0].sealed_until == NOW + HOUR / 30

    def test_after_an_hour_without_sealing_it_waits_for_the_walk(
        self, fast: Credits, clock: Clock
    ) -> None:
        seal(fast)
        seal(fast)
        clock.set(NOW + 2 * HOUR)
        for number in range(3):
            fast.grant_credits(f"account {number}", 1)
        clock.set(NOW + 4 * HOUR)
        *batches, last = seal(fast, 2)
        assert {batch.sealed_until for batch in batches} == {NOW}
        assert last.sealed_until == NOW + 4 * HOUR

    def test_what_is_left_is_estimated_until_everything_has_been_walked_over(
        self, fast: Credits
    ) -> None:
        fast.grant_credits("ann", 100)
        spend(fast, "ann", 9)
        fast.conn.execute("analyze credits_private.ledger, credits_private.seals")
        assert fast.seal_due(4).estimated_entries == 10
        fast.conn.execute("analyze credits_private.seals")
        assert fast.seal_due(4).estimated_entries == 6
        assert seal(fast)[-1].estimated_entries is None


def canonical(row: dict[str, Any], digest: str | None) -> bytes:
    """What docs/howto/tamper-evidence.md says that a seal is made from."""
    values = [
        1,
        *(row[name] for name in ("account_id", "entry_id", "command_id", "kind", "amount")),
        *(row[name] for name in ("balance", "debt", "open_lot_id", "open_lot_remaining")),
        row["next_event_at"],
        *(row[name] for name in ("allocations", "about_entry_id")),
        *(row[name] for name in ("other_account_id", "other_entry_id", "feature", "member")),
        *(row[name] for name in ("reference", "idempotency_key", "request")),
        digest,
        *(row[name] for name in ("actor", "created_at", "occurred_at")),
    ]
    return json.dumps(values, ensure_ascii=False).encode()


def entries(credits: Credits, account: str) -> Iterator[dict[str, Any]]:
    """Rows of the ledger; instants are seconds since 1970, metadata is as jsonb writes it."""
    cursor = credits.conn.execute(
        "select l.*, l.metadata::text as metadata,"
        "  extract(epoch from l.next_event_at)::text as next_event_at,"
        "  extract(epoch from l.created_at)::text as created_at,"
        "  extract(epoch from l.occurred_at)::text as occurred_at"
        " from credits_private.ledger l where l.account_id = %s order by l.entry_id",
        (account,),
    )
    names = [column.name for column in cursor.description or ()]
    for values in cursor.fetchall():
        yield dict(zip(names, values, strict=True))


class TestWhatASealCovers:
    def test_the_chain_can_be_computed_elsewhere(self, fast: Credits) -> None:
        account = 'ünï "quoted" \\ \n'
        fast.grant_credits(
            account, 100, expires_at=NOW + DAY, metadata={"née": [1.50, None], "a": True}
        )
        fast.deduct_credit(account, 5, feature="chat ☃", member="ann")
        fast.hold_credits(account, 5, metadata={"b": 1, "a": {}})
        seal(fast)
        before = b""
        for row, (_, found, digest) in zip(
            entries(fast, account), rows(fast, account), strict=True
        ):
            metadata = row["metadata"]
            expected = hashlib.sha256(metadata.encode()).digest() if metadata else None
            assert digest == expected
            text = canonical(row, expected.hex() if expected else None)
            before = hashlib.sha256(before + text).digest()
            assert found == before
        assert fast.get_seal(account).hash == before.hex()

    @pytest.mark.parametrize(
        "setting",
        [
            "timezone = 'Pacific/Chatham'",
            "datestyle = 'German, DMY'",
            "intervalstyle = 'iso_8601'",
            "extra_float_digits = -15",
            "bytea_output = 'escape'",
            "client_encoding = 'latin1'",
            "search_path = ''",
        ],
    )
    def test_settings_of_the_session_make_no_difference(self, fast: Credits, setting: str) -> None:
        fast.grant_credits("ann", 100, expires_at=NOW + DAY, metadata={"a": 1.10, "b": "é"})
        fast.grant_credits("bob", 100)
        seal(fast)
        with fast.conn.transaction(force_rollback=True):
            fast.conn.execute(f"set local {setting}".encode())
            fast.conn.execute("select from credits.deduct_credit('bob')")
            fast.conn.execute("select from credits.seal_due()")
            found = fast.conn.execute(
                "select (select count(*) from credits.verify()),"
                " (select count(*) from credits_private.seals)"
            ).fetchone()
        assert found == (0, 3)

    @pytest.mark.corrupts
    def test_every_column_of_the_ledger(self, fast: Credits) -> None:
        """A column that is new has to be sealed too, or to be told apart here."""
        fast.grant_credits("ann", 100, metadata={"a": 1})
        fast.deduct_credit("ann", 5, feature="chat")
        seal(fast)
        fast.conn.execute("set local session_replication_role = replica")
        other = {
            "text": "coalesce({0}, '') || 'x'",
            "bigint": "coalesce({0}, 0) + 1000",
            "jsonb": "jsonb_build_array({0})",
            "timestamp with time zone": "case when {0} = 'infinity' then created_at else {0} end"
            " - interval '1 microsecond'",
        }
        columns = fast.conn.execute(
            "select a.attname, format_type(a.atttypid, null) from pg_attribute a"
            " where a.attrelid = 'credits_private.ledger'::regclass and a.attnum > 0"
            "   and not a.attisdropped and a.attname not in ('account_id', 'entry_id')"
        ).fetchall()
        assert len(columns) >= 19
        for name, kind in columns:
            with fast.conn.transaction(force_rollback=True):
                fast.conn.execute(
                    f"update credits_private.ledger set {name} = {other[kind].format(name)}"  # noqa: S608
                    " where account_id = 'ann' and entry_id = 2".encode()
                )
                named = {(f.violation, f.entry_id) for f in fast.verify("ann")}
                assert ("entry is not what was sealed", 2) in named, name

    def test_metadata_may_be_erased(self, fast: Credits) -> None:
        fast.grant_credits("ann", 100, metadata={"name": "Ann"})
        fast.deduct_credit("ann", 5, metadata={"prompt": "secret"})
        seal(fast)
        head = fast.get_seal("ann")
        fast.erase_metadata("ann", "asked for")
        assert fast.entries("ann")[0].metadata is None
        assert fast.verify() == []
        spend(fast, "ann", 1)
        seal(fast)
        assert fast.verify() == []
        assert fast.verify_seals([{"account_id": "ann", "entry_id": 2, "hash": head.hash}]) == []


class TestReads:
    def test_get_seal(self, fast: Credits) -> None:
        fast.grant_credits("ann", 100)
        seal(fast)
        spend(fast, "ann", 2)
        with unchanged(fast):
            found = fast.get_seal("ann")
        assert (found.account_id, found.entry_id, found.unsealed) == ("ann", 1, 2)
        assert found.hash == rows(fast, "ann")[-1][1].hex()

    def test_get_seal_of_nobody(self, fast: Credits) -> None:
        found = fast.get_seal("nobody")
        assert (found.account_id, found.entry_id, found.hash, found.unsealed) == (
            "nobody",
            None,
            None,
            None,
        )

    def test_get_seal_before_anything_is_sealed(self, fast: Credits) -> None:
        fast.grant_credits("ann", 100)
        found = fast.get_seal("ann")
        assert (found.entry_id, found.hash, found.unsealed) == (None, None, 1)

    def test_list_seals_goes_through_all_accounts(self, fast: Credits) -> None:
        for account in ("cid", "ann", "Bob"):
            fast.grant_credits(account, 100)
            spend(fast, account, 2)
        seal(fast)
        fast.grant_credits("dora", 100)
        whole = fast.list_seals()
        assert [head.account_id for head in whole] == ["Bob", "ann", "cid"]
        assert [head.entry_id for head in whole] == [3, 3, 3]
        assert whole == [fast.get_seal(head.account_id) for head in whole]
        assert fast.list_seals(limit=2) + fast.list_seals(limit=2, after="ann") == whole
        assert fast.list_seals(after="cid") == []

    @pytest.mark.parametrize(
        ("argument", "value"),
        [
            *illegal("p_limit", zero=0, too_many=1001),
            *illegal("p_after", empty="", overlong="x" * 256),
        ],
    )
    def test_list_seals_refuses(self, fast: Credits, argument: str, value: object) -> None:
        with refused(fast, InvalidArgument, argument=argument):
            fast.call("list_seals", **{argument: value})

    def test_the_backlog(self, fast: Credits, clock: Clock) -> None:
        fast.grant_credits("ann", 10, expires_at=NOW + HOUR)
        fast.grant_credits("ann", 10, expires_at=NOW + 2 * HOUR)
        fast.grant_credits("bob", 10)
        fast.hold_credits("bob", 5, expires_in=HOUR / 2)
        assert fast.get_backlog().oldest_due_at is None
        clock.set(NOW + HOUR)
        with unchanged(fast):
            backlog = fast.get_backlog()
        assert (backlog.due_lots, backlog.due_holds) == (1, 1)
        assert (backlog.oldest_due_at, backlog.as_of) == (NOW + HOUR / 2, NOW + HOUR)
        fast.expire_due()
        backlog = fast.get_backlog()
        assert (backlog.due_lots, backlog.due_holds, backlog.oldest_due_at) == (0, 0, None)
        assert (backlog.due_grants, backlog.oldest_grant_at) == (0, None)


class TestVerifySeals:
    @pytest.fixture
    def heads(self, fast: Credits) -> list[dict[str, Any]]:
        for account in ("ann", "bob"):
            fast.grant_credits(account, 100)
            spend(fast, account, 2)
        seal(fast)
        exported = [
            {"account_id": head.account_id, "entry_id": head.entry_id, "hash": head.hash}
            for head in fast.list_seals()
        ]
        spend(fast, "ann", 3)
        seal(fast)
        return exported

    def test_a_longer_history_still_fits(self, fast: Credits, heads: list[dict[str, Any]]) -> None:
        with unchanged(fast):
            assert fast.verify_seals(heads) == []

    @pytest.mark.parametrize(
        "change", [{"hash": "0" * 64}, {"entry_id": 2}, {"entry_id": 9}, {"account_id": "cid"}]
    )
    def test_another_history(
        self, fast: Credits, heads: list[dict[str, Any]], change: dict[str, Any]
    ) -> None:
        wanted = heads[0] | change
        (finding,) = fast.verify_seals([wanted, heads[1]])
        assert finding.violation == "history is not the one whose head was exported"
        assert (finding.account_id, finding.entry_id) == (wanted["account_id"], wanted["entry_id"])
        assert finding.expected == wanted["hash"]

    @pytest.mark.parametrize(
        ("heads", "argument"),
        [
            (None, "p_heads"),
            ({}, "p_heads"),
            ([{}] * 1001, "p_heads"),
            ([1], "p_heads[0]"),
            ([{"entry_id": 1, "hash": "0" * 64}], "p_heads[0].account_id"),
            ([{"account_id": "", "entry_id": 1, "hash": "0" * 64}], "p_heads[0].account_id"),
            ([{"account_id": "a", "hash": "0" * 64}], "p_heads[0].entry_id"),
            ([{"account_id": "a", "entry_id": 0, "hash": "0" * 64}], "p_heads[0].entry_id"),
            ([{"account_id": "a", "entry_id": 1.5, "hash": "0" * 64}], "p_heads[0].entry_id"),
            ([{"account_id": "a", "entry_id": 1}], "p_heads[0].hash"),
            ([{"account_id": "a", "entry_id": 1, "hash": "0" * 63}], "p_heads[0].hash"),
            ([{"account_id": "a", "entry_id": 1, "hash": "A" * 64}], "p_heads[0].hash"),
        ],
    )
    def test_what_is_no_list_of_heads(self, fast: Credits, heads: Any, argument: str) -> None:
        with refused(fast, InvalidArgument, argument=argument):
            fast.call("verify_seals", p_heads=heads)

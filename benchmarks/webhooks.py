"""Signed events over HTTP, through one relay process, against transactions that only store them."""

from __future__ import annotations

import http.client
import os
import queue
import random
import re
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

import click
import psycopg
from psycopg.conninfo import make_conninfo

from benchmarks.load import ROLE, SPREAD
from benchmarks.pgbench import Script, run
from pgcredits.demo import events

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.server import Server

WANTED = 0.5
_SECRET = "whsec_of_the_benchmark_and_of_nothing_else"  # noqa: S105
_SQL = Path(__file__).parent / "sql"
_REPEATED = 0.2


@dataclass(frozen=True, slots=True)
class Round:
    """Deliveries a second and how long they took (milliseconds), and bare inserts a second."""

    deliveries: float
    p50: float
    p99: float
    inserts: float


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What was measured, round by round: all answered with 200, and none lost."""

    rounds: tuple[Round, ...]
    each: int
    clients: int

    @property
    def ratio(self) -> float:
        """Median of the round-by-round ratios, deliveries to bare inserts."""
        return median(one.deliveries / one.inserts for one in self.rounds)

    def document(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "deliveries_in_a_round": self.each,
            "clients": self.clients,
            "deliveries_per_second": round(median(r.deliveries for r in self.rounds), 1),
            "p50_ms": round(median(r.p50 for r in self.rounds), 1),
            "p99_ms": round(median(r.p99 for r in self.rounds), 1),
            "inserts_per_second": round(median(r.inserts for r in self.rounds), 1),
            "ratio": round(self.ratio, 3),
            "wanted": WANTED,
            "rounds": [
                [round(r.deliveries, 1), round(r.p50, 1), round(r.p99, 1), round(r.inserts, 1)]
                for r in self.rounds
            ],
        }

    def text(self) -> str:
        """Say the same in one paragraph, for people."""
        found = self.document()
        return (
            f"webhooks over HTTP, one relay process, {self.clients} connections, a fifth repeated: "
            f"{found['deliveries_per_second']} events a second, p50 {found['p50_ms']} ms, "
            f"p99 {found['p99_ms']} ms; bare inserts: {found['inserts_per_second']} a second; "
            f"ratio {found['ratio']:.2f}, wanted at least {WANTED}"
        )


def measure(
    server: Server,
    *,
    accounts: int,
    rounds: int,
    each: int,
    clients: int,
    progress: Callable[[str], None],
) -> Deliveries:
    """Deliver ``each`` events a round, and store as many without the relay.

    Raises `click.ClickException` when an answer is not 200 or an event is lost.
    """
    _prepare(server.dsn)
    found: list[Round] = []
    sent: set[str] = set()
    bare = Script("bare.pgbench")
    with _relay(server.dsn, clients) as port:
        _deliver(port, _signed(_deliveries(-1, clients * 20, accounts)), clients)
        for number in range(rounds):
            plan = _deliveries(number, each, accounts)
            sent |= {event["id"] for event in plan}
            signed = _signed(plan)
            seconds, took = _deliver(port, signed, clients)
            cuts = quantiles(took, n=100)
            inserts = run(server, bare, each, clients).rate
            found.append(Round(len(signed) / seconds, cuts[49] * 1000, cuts[98] * 1000, inserts))
            progress(
                f"  round {number + 1} of {rounds}: {found[-1].deliveries:.0f} events a second, "
                f"{inserts:.0f} bare inserts"
            )
    _check(server.dsn, sent)
    return Deliveries(tuple(found), each, clients)


def _prepare(dsn: str) -> None:
    event = events.body(_purchase("evt_sample", "nobody"))
    with psycopg.connect(dsn) as conn:
        conn.execute((_SQL / "bare.sql").read_bytes())
        conn.execute("insert into bare.sample (payload) values (%s)", (event,))
        conn.execute(f"grant usage on schema bare to {ROLE}")
        conn.execute(f"grant select, insert on all tables in schema bare to {ROLE}")


def _purchase(event_id: str, account: str) -> events.Event:
    return events.checkout_completed(
        account=account,
        credits=100,
        amount=1000,
        payment_intent=f"pi_{event_id}",
        customer=f"cus_{account}",
        created=int(time.time()),
        event_id=event_id,
        livemode=False,
    )


def _deliveries(number: int, each: int, accounts: int) -> list[events.Event]:
    """Make purchases of random accounts; some of the places repeat an earlier one."""
    plan: list[events.Event] = []
    for place in range(each):
        if plan and random.random() < _REPEATED:
            plan.append(random.choice(plan))
        else:
            account = f"{SPREAD}{random.randint(1, accounts)}"
            plan.append(_purchase(f"evt_{number}_{place}", account))
    return plan


def _signed(plan: Sequence[events.Event]) -> list[tuple[bytes, str]]:
    texts = [events.body(event) for event in plan]
    return [(text.encode(), events.sign(text, _SECRET)) for text in texts]


def _deliver(
    port: int, signed: Sequence[tuple[bytes, str]], clients: int
) -> tuple[float, list[float]]:
    """Send everything over ``clients`` connections; return seconds in all, and of each one."""
    waiting: queue.SimpleQueue[tuple[bytes, str]] = queue.SimpleQueue()
    for one in signed:
        waiting.put(one)
    took: list[float] = []
    wrong: list[str] = []
    threads = [
        threading.Thread(target=_send, args=(port, waiting, took, wrong)) for _ in range(clients)
    ]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    if wrong or len(took) != len(signed):
        raise click.ClickException(f"a delivery failed: {wrong[0] if wrong else 'no answer'}")
    return seconds, took


def _send(
    port: int,
    waiting: queue.SimpleQueue[tuple[bytes, str]],
    took: list[float],
    wrong: list[str],
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        while not wrong:
            body, signature = waiting.get_nowait()
            started = time.perf_counter()
            connection.request("POST", "/webhooks/stripe", body, {"Stripe-Signature": signature})
            answer = connection.getresponse()
            text = answer.read()
            took.append(time.perf_counter() - started)
            if answer.status != 200 or json_outcome(text) not in {"applied", "duplicate"}:
                wrong.append(f"{answer.status} {text.decode()}")
    except queue.Empty:
        return
    except OSError as error:
        wrong.append(type(error).__name__)
    finally:
        connection.close()


def json_outcome(text: bytes) -> str:
    """Read the outcome out of an answer, without the cost of parsing it."""
    found = re.search(rb'"outcome":"(\w+)"', text)
    return found[1].decode() if found else ""


@contextmanager
def _relay(dsn: str, clients: int) -> Iterator[int]:
    restricted = make_conninfo(dsn, options="-c role=credits_webhook")
    process = subprocess.Popen(
        [sys.executable, "-m", "pgcredits", "relay", "--mode", "test", "--port", "0"],
        env={
            **os.environ,
            "DATABASE_URL": restricted,
            "STRIPE_WEBHOOK_SECRET": _SECRET,
            "PGCREDITS_RELAY_POOL_SIZE": str(clients),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        announced = process.stdout.readline()
        found = re.search(r":(\d+) \(test mode\)", announced)
        if found is None:
            raise click.ClickException("the relay has not started")
        yield int(found[1])
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _check(dsn: str, sent: set[str]) -> None:
    """Every event is applied, once: as many credits as purchases."""
    with psycopg.connect(dsn) as conn:
        row = conn.execute(
            "select count(*),"
            " coalesce(sum((e.body #>> '{data,object,metadata,credits}')::bigint), 0),"
            " (select coalesce(sum(p.granted), 0) from credits_private.payments p"
            "  where p.object_id like 'pi\\_evt\\_%%' and p.object_id not like 'pi\\_evt\\_-%%')"
            " from credits_private.stripe_events e where e.event_id = any (%s)"
            " and e.outcome = 'applied'",
            (sorted(sent),),
        ).fetchone()
    assert row is not None
    if row != (len(sent), 100 * len(sent), 100 * len(sent)):
        raise click.ClickException(f"{len(sent)} purchases were delivered, the database has {row}")

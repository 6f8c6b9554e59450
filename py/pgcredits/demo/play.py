"""Plays the story on its stage and shows it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pgcredits import rpc
from pgcredits.demo.cast import Cast
from pgcredits.demo.screen import Screen
from pgcredits.demo.stage import stage
from pgcredits.demo.story import ACCOUNT, story

if TYPE_CHECKING:
    from pgcredits.demo.stage import Stage

_BY_HAND = r"""
   pgcredits dev                          # keeps a server for this directory; prints DATABASE_URL
   export DATABASE_URL=...                # in a second terminal: what dev has printed
   pgcredits migrate status               # what is applied (dev has applied everything)
   psql "$DATABASE_URL" -c "select * from credits.grant_credits('alice', 50)"
   psql "$DATABASE_URL" -c "select * from credits.deduct_credit('alice', 30)"
   psql "$DATABASE_URL" -c "select * from credits.list_entries('alice')"
   psql "$DATABASE_URL" -c "select * from credits.verify()"

   export STRIPE_WEBHOOK_SECRET=whsec_$(openssl rand -hex 24)
   pgcredits stripe set-price price_pro --credits 50 --rollover-cap 10
   pgcredits relay --mode test &          # listens on http://127.0.0.1:8787
   body='{"id":"evt_1","object":"event","type":"checkout.session.completed","livemode":false,
     "created":1780000000,"data":{"object":{"id":"cs_1","object":"checkout.session",
     "mode":"payment","payment_status":"paid","amount_total":1000,"currency":"usd",
     "payment_intent":"pi_1",
     "metadata":{"credits_frozen":"1","credits":"100","account":"alice"}}}}'
   now=$(date +%s)
   mac=$(printf '%s.%s' "$now" "$body" |
     openssl dgst -sha256 -hmac "$STRIPE_WEBHOOK_SECRET" -r | cut -d' ' -f1)
   curl -i http://127.0.0.1:8787/webhooks/stripe \
     -H "Stripe-Signature: t=$now,v1=$mac" --data-binary "$body"
"""


def run(database_url: str | None = None) -> int:
    """Play the demo and return how many violations ``verify`` has found at its end.

    Without ``database_url`` it starts a server of its own. With it, it plays in a scratch database
    on that server, where only the roles of pgcredits remain. Raises `StageError`, and the errors
    of `pgcredits.embedded` and `pgcredits.migrate`.
    """
    screen = Screen()
    started = time.monotonic()
    with stage(database_url) as scene:
        _introduce(screen, scene, time.monotonic() - started)
        cast = Cast(scene)
        steps = story(cast.now())
        last = 0
        for number, step in enumerate(steps, start=1):
            screen.title(number, step.title)
            screen.why(step.why)
            for act in step.acts:
                exchange = act(cast)
                screen.exchange(exchange.asked, exchange.answered, refused=exchange.refused)
            last = _show_state(screen, scene, last)
        return _conclude(screen, scene, len(steps), last, time.monotonic() - started)


def _introduce(screen: Screen, scene: Stage, seconds: float) -> None:
    database = scene.report.database
    screen.heading("pgcredits demo: webhook events become credits")
    screen.verbatim(
        f"   database   PostgreSQL {database.server_version} on {database.host}:{database.port} "
        f"({scene.where})\n"
        f"   schema     {len(scene.report.applied)} files applied by pgcredits migrate apply\n"
        f"   relay      {scene.relay_url}, test mode, as the role credits_webhook\n"
        f"   ready      after {seconds:.1f} s"
    )


def _show_state(screen: Screen, scene: Stage, last: int) -> int:
    """Show the account and the entries after ``last``; return the number of the newest one."""
    newest = rpc.list_entries(scene.app, ACCOUNT)
    entries = [entry for entry in reversed(newest) if entry.entry_id > last]
    screen.state(entries, rpc.list_lots(scene.app, ACCOUNT), rpc.get_balance(scene.app, ACCOUNT))
    return newest[0].entry_id if newest else last


def _conclude(screen: Screen, scene: Stage, steps: int, entries: int, seconds: float) -> int:
    findings = rpc.verify(scene.app)
    screen.heading("What proves it")
    screen.verbatim("   > select * from credits.verify()")
    for finding in findings:
        screen.verbatim(f"   {finding}")
    screen.verbatim(
        f"   < {len(findings)} findings in {entries} entries: every balance follows from the entry "
        "before it,\n     and every credit of every lot is accounted for"
    )
    screen.heading("The same by hand")
    screen.verbatim(_BY_HAND.strip("\n"))
    screen.verbatim(f"\n{steps} steps in {seconds:.1f} s")
    return len(findings)

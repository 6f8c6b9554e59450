-- The finished schema, made by scripts/dump_schema.py from the other files here. For reading, and
-- for reviewing changes: nothing applies it. The roles are made by bootstrap.sql.

--
-- PostgreSQL database dump
--

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: credits; Type: SCHEMA; Schema: -; Owner: credits_owner
--

CREATE SCHEMA credits;

ALTER SCHEMA credits OWNER TO credits_owner;

--
-- Name: SCHEMA credits; Type: COMMENT; Schema: -; Owner: credits_owner
--

COMMENT ON SCHEMA credits IS 'pgcredits: the API. Functions and the rows that they return; no tables.';

--
-- Name: credits_private; Type: SCHEMA; Schema: -; Owner: credits_owner
--

CREATE SCHEMA credits_private;

ALTER SCHEMA credits_private OWNER TO credits_owner;

--
-- Name: SCHEMA credits_private; Type: COMMENT; Schema: -; Owner: credits_owner
--

COMMENT ON SCHEMA credits_private IS 'pgcredits: tables and helpers. For credits_owner alone; never expose it.';

--
-- Name: access_finding; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.access_finding AS (
	violation text,
	object text,
	role text,
	remedy text
);

ALTER TYPE credits.access_finding OWNER TO credits_owner;

--
-- Name: TYPE access_finding; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.access_finding IS 'One deviation from the rights that pgcredits gives, and the statement that mends it.';

--
-- Name: backlog; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.backlog AS (
	due_lots bigint,
	due_holds bigint,
	oldest_due_at timestamp with time zone,
	due_grants bigint,
	oldest_grant_at timestamp with time zone,
	sealed_until timestamp with time zone,
	as_of timestamp with time zone
);

ALTER TYPE credits.backlog OWNER TO credits_owner;

--
-- Name: TYPE backlog; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.backlog IS 'What the periodic jobs have before them. Counts stop at 10000.';

--
-- Name: balance; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.balance AS (
	account_id text,
	status text,
	merged_into text,
	plan text,
	balance bigint,
	available bigint,
	held bigint,
	settled bigint,
	debt bigint,
	pools jsonb,
	next_expires_at timestamp with time zone,
	next_expires_amount bigint,
	as_of timestamp with time zone
);

ALTER TYPE credits.balance OWNER TO credits_owner;

--
-- Name: TYPE balance; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.balance IS 'What an account can spend at an instant: credits past their expiry are not in it. held is in open holds, settled is available and held together. pools maps each pool to its credits; status is null for an unknown account; merged_into is the account to ask about instead.';

--
-- Name: batch; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.batch AS (
	operations bigint,
	spent bigint,
	booked bigint,
	replayed bigint,
	refused bigint,
	results json
);

ALTER TYPE credits.batch OWNER TO credits_owner;

--
-- Name: TYPE batch; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.batch IS 'What a batch did: how many operations it had, credits that it spent, operations that it booked, found booked already and refused, and the result of each in the order given. results is json, which costs a third of what jsonb does: it is made to be sent.';

--
-- Name: difference; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.difference AS (
	account_id text,
	part text,
	number bigint,
	field text,
	stored text,
	rebuilt text,
	is_repairable boolean
);

ALTER TYPE credits.difference OWNER TO credits_owner;

--
-- Name: TYPE difference; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.difference IS 'A figure that is stored otherwise than the entries say. part is lot, hold, tail (the newest entry, as far as the next one replaces it) or entry; number is that of lot, hold or entry.';

--
-- Name: entry; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.entry AS (
	account_id text,
	entry_id bigint,
	command_id bigint,
	kind text,
	amount bigint,
	balance bigint,
	debt bigint,
	allocations jsonb,
	pools jsonb,
	about_entry_id bigint,
	other_account_id text,
	other_entry_id bigint,
	feature text,
	member text,
	reference text,
	idempotency_key text,
	metadata jsonb,
	actor text,
	created_at timestamp with time zone,
	occurred_at timestamp with time zone,
	request jsonb
);

ALTER TYPE credits.entry OWNER TO credits_owner;

--
-- Name: TYPE entry; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.entry IS 'One line of an account''s ledger with the state after it. pools maps each pool to what came or went, and debt to what was paid of it (positive) or added to it. request is what the command was asked, where the other columns do not tell.';

--
-- Name: expiring; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.expiring AS (
	account_id text,
	status text,
	expires_at timestamp with time zone,
	credits bigint,
	lots bigint,
	pools jsonb
);

ALTER TYPE credits.expiring OWNER TO credits_owner;

--
-- Name: TYPE expiring; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.expiring IS 'Credits of one account that expire at one instant, of all its lots together.';

--
-- Name: explanation; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.explanation AS (
	account_id text,
	entry_id bigint,
	"position" integer,
	lot_id bigint,
	pool text,
	priority integer,
	expires_at timestamp with time zone,
	amount bigint,
	given_back bigint,
	left_before bigint,
	left_after bigint,
	reason text
);

ALTER TYPE credits.explanation OWNER TO credits_owner;

--
-- Name: TYPE explanation; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.explanation IS 'What an entry took from one lot or gave to it, and why that lot at that place. Lot 0 is the debt.';

--
-- Name: finding; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.finding AS (
	account_id text,
	violation text,
	entry_id bigint,
	lot_id bigint,
	expected text,
	actual text
);

ALTER TYPE credits.finding OWNER TO credits_owner;

--
-- Name: TYPE finding; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.finding IS 'One violated invariant, as verify reports it.';

--
-- Name: grant_run; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.grant_run AS (
	accounts bigint,
	grants bigint,
	credits bigint,
	has_more boolean
);

ALTER TYPE credits.grant_run OWNER TO credits_owner;

--
-- Name: TYPE grant_run; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.grant_run IS 'What one run of grant_due booked: accounts visited, grants and their credits; has_more when the limit was reached.';

--
-- Name: hold; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.hold AS (
	account_id text,
	hold_id bigint,
	amount bigint,
	captured bigint,
	held bigint,
	status text,
	expires_at timestamp with time zone,
	feature text,
	member text,
	reference text,
	metadata jsonb,
	created_at timestamp with time zone
);

ALTER TYPE credits.hold OWNER TO credits_owner;

--
-- Name: TYPE hold; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.hold IS 'Credits set aside: amount at first, captured of it by now, held still. status is open, captured, released or expired.';

--
-- Name: lot; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.lot AS (
	account_id text,
	lot_id bigint,
	pool text,
	priority integer,
	granted bigint,
	remaining bigint,
	expires_at timestamp with time zone,
	is_live boolean,
	origin text,
	subscription text,
	period_start timestamp with time zone,
	period_end timestamp with time zone,
	payment_id bigint,
	cost_amount bigint,
	cost_currency text,
	cost_moved bigint,
	reference text,
	from_account_id text,
	from_lot_id bigint,
	granted_at timestamp with time zone
);

ALTER TYPE credits.lot OWNER TO credits_owner;

--
-- Name: TYPE lot; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.lot IS 'One grant and what is left of it. expires_at is null for never.';

--
-- Name: member_usage; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.member_usage AS (
	account_id text,
	member text,
	used bigint,
	caps jsonb
);

ALTER TYPE credits.member_usage OWNER TO credits_owner;

--
-- Name: TYPE member_usage; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.member_usage IS 'What a member of an account has used in all, and of each cap.';

--
-- Name: my_entry; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.my_entry AS (
	entry_id bigint,
	kind text,
	amount bigint,
	balance bigint,
	debt bigint,
	pools jsonb,
	about_entry_id bigint,
	feature text,
	reference text,
	created_at timestamp with time zone,
	occurred_at timestamp with time zone
);

ALTER TYPE credits.my_entry OWNER TO credits_owner;

--
-- Name: TYPE my_entry; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.my_entry IS 'One line of the signed-in user''s ledger with the state after it, in whole credits.';

--
-- Name: my_lot; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.my_lot AS (
	lot_id bigint,
	pool text,
	granted bigint,
	remaining bigint,
	expires_at timestamp with time zone,
	is_live boolean,
	period_start timestamp with time zone,
	period_end timestamp with time zone,
	granted_at timestamp with time zone
);

ALTER TYPE credits.my_lot OWNER TO credits_owner;

--
-- Name: TYPE my_lot; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.my_lot IS 'One grant of the signed-in user and what is left of it. expires_at is null for never.';

--
-- Name: past_balance; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.past_balance AS (
	account_id text,
	entry_id bigint,
	balance bigint,
	available bigint,
	held bigint,
	settled bigint,
	debt bigint,
	pools jsonb,
	as_of timestamp with time zone
);

ALTER TYPE credits.past_balance OWNER TO credits_owner;

--
-- Name: TYPE past_balance; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.past_balance IS 'What an account had at an instant, as get_balance would have said it then. entry_id is the newest entry that had taken effect; null if there was none.';

--
-- Name: receipt; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.receipt AS (
	account_id text,
	entry_id bigint,
	command_id bigint,
	kind text,
	amount bigint,
	balance bigint,
	available bigint,
	debt bigint,
	allocations jsonb,
	is_replay boolean,
	created_at timestamp with time zone
);

ALTER TYPE credits.receipt OWNER TO credits_owner;

--
-- Name: TYPE receipt; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.receipt IS 'Answer of a command: what its first entry says, and balance, available and debt after its last one. All amounts are whole credits.';

--
-- Name: schema_version; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.schema_version AS (
	migration text,
	checksum text
);

ALTER TYPE credits.schema_version OWNER TO credits_owner;

--
-- Name: TYPE schema_version; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.schema_version IS 'Newest migration and a SHA-256 over all applied files; equal checksums mean equal code.';

--
-- Name: seal; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.seal AS (
	account_id text,
	entry_id bigint,
	hash text,
	unsealed bigint
);

ALTER TYPE credits.seal OWNER TO credits_owner;

--
-- Name: TYPE seal; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.seal IS 'Head of the chain of an account: the last seal, and how many entries follow that are not sealed yet. Nulls where there is nothing.';

--
-- Name: sealing; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.sealing AS (
	accounts bigint,
	entries bigint,
	has_more boolean,
	is_busy boolean,
	sealed_until timestamp with time zone,
	estimated_entries bigint
);

ALTER TYPE credits.sealing OWNER TO credits_owner;

--
-- Name: TYPE sealing; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.sealing IS 'What one batch of sealing has done, and how far sealing has come.';

--
-- Name: simulation; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.simulation AS (
	account_id text,
	amount bigint,
	refusal text,
	available bigint,
	short bigint,
	allocations jsonb,
	unused bigint,
	avoidable bigint,
	expiring jsonb,
	as_of timestamp with time zone
);

ALTER TYPE credits.simulation OWNER TO credits_owner;

--
-- Name: TYPE simulation; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.simulation IS 'What a spend would do now: the lots that it would take from, what is short, and what would expire unused if nothing else were spent afterwards.';

--
-- Name: stripe_backlog; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.stripe_backlog AS (
	outcome text,
	event_type text,
	events bigint,
	exhausted bigint,
	oldest_at timestamp with time zone
);

ALTER TYPE credits.stripe_backlog OWNER TO credits_owner;

--
-- Name: TYPE stripe_backlog; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.stripe_backlog IS 'How many events of a type have one outcome; exhausted are those not retried any more.';

--
-- Name: stripe_buyer; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.stripe_buyer AS (
	account_id text,
	customer text,
	subscription text,
	deleted_customers bigint
);

ALTER TYPE credits.stripe_buyer OWNER TO credits_owner;

--
-- Name: TYPE stripe_buyer; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.stripe_buyer IS 'The living customer and the running subscription of an account at Stripe, if there are any.';

--
-- Name: stripe_customer; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.stripe_customer AS (
	customer text,
	account_id text,
	is_deleted boolean
);

ALTER TYPE credits.stripe_customer OWNER TO credits_owner;

--
-- Name: TYPE stripe_customer; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.stripe_customer IS 'A customer of Stripe and the account it stands for.';

--
-- Name: stripe_event; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.stripe_event AS (
	provider_account text,
	event_id text,
	event_type text,
	livemode boolean,
	outcome text,
	reason text,
	waits_for text,
	account_id text,
	attempts integer,
	retry_at timestamp with time zone,
	created_at timestamp with time zone,
	received_at timestamp with time zone,
	applied_at timestamp with time zone,
	body jsonb
);

ALTER TYPE credits.stripe_event OWNER TO credits_owner;

--
-- Name: TYPE stripe_event; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.stripe_event IS 'An event of the inbox and what became of it.';

--
-- Name: stripe_object; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.stripe_object AS (
	provider_account text,
	object_id text,
	kind text,
	state text,
	amount bigint,
	needs_review boolean,
	account_id text,
	granted bigint,
	target bigint,
	amount_returned bigint
);

ALTER TYPE credits.stripe_object OWNER TO credits_owner;

--
-- Name: TYPE stripe_object; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.stripe_object IS 'What is known of an object of Stripe, and of the payment that it belongs to.';

--
-- Name: stripe_outcome; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.stripe_outcome AS (
	event_id text,
	event_type text,
	outcome text,
	reason text,
	account_id text,
	waits_for text
);

ALTER TYPE credits.stripe_outcome OWNER TO credits_owner;

--
-- Name: TYPE stripe_outcome; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.stripe_outcome IS 'What became of an event: applied, duplicate, ignored, parked or failed, and why.';

--
-- Name: stripe_price; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.stripe_price AS (
	price text,
	credits bigint,
	rollover_cap bigint,
	updated_at timestamp with time zone,
	proration text
);

ALTER TYPE credits.stripe_price OWNER TO credits_owner;

--
-- Name: TYPE stripe_price; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.stripe_price IS 'What one unit of a price is worth.';

--
-- Name: stripe_purge; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.stripe_purge AS (
	closed bigint,
	purged bigint,
	has_more boolean
);

ALTER TYPE credits.stripe_purge OWNER TO credits_owner;

--
-- Name: TYPE stripe_purge; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.stripe_purge IS 'What one batch of the clean-up did: waiting events closed, bodies purged; has_more when the limit was reached.';

--
-- Name: stripe_run; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.stripe_run AS (
	started_at timestamp with time zone,
	kind text,
	provider_account text,
	livemode boolean,
	ended_at timestamp with time zone,
	counts jsonb,
	problem text
);

ALTER TYPE credits.stripe_run OWNER TO credits_owner;

--
-- Name: TYPE stripe_run; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.stripe_run IS 'A run of a command that compares with Stripe.';

--
-- Name: subscription; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.subscription AS (
	account_id text,
	subscription text,
	status text,
	trial_end timestamp with time zone,
	period_start timestamp with time zone,
	period_end timestamp with time zone,
	cancel_at_period_end boolean,
	canceled_at timestamp with time zone,
	items jsonb,
	created_at timestamp with time zone
);

ALTER TYPE credits.subscription OWNER TO credits_owner;

--
-- Name: TYPE subscription; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.subscription IS 'A subscription and its items. status is trialing, active, past_due, paused or canceled; the period is the one that ends last.';

--
-- Name: sweep; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.sweep AS (
	accounts bigint,
	holds bigint,
	lots bigint,
	credits bigint,
	has_more boolean,
	skipped bigint
);

ALTER TYPE credits.sweep OWNER TO credits_owner;

--
-- Name: TYPE sweep; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.sweep IS 'What one sweep booked: accounts visited, holds and lots ended, credits lost. skipped accounts were locked by somebody; has_more says that on others something is due still.';

--
-- Name: verified_page; Type: TYPE; Schema: credits; Owner: credits_owner
--

CREATE TYPE credits.verified_page AS (
	accounts bigint,
	verified bigint,
	estimated_accounts bigint,
	last_account_id text,
	has_more boolean,
	findings jsonb
);

ALTER TYPE credits.verified_page OWNER TO credits_owner;

--
-- Name: TYPE verified_page; Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON TYPE credits.verified_page IS 'What one page of verify_page looked at and found, and where the next page begins.';

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: ledger; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.ledger (
    account_id text NOT NULL COLLATE pg_catalog."C",
    entry_id bigint NOT NULL,
    command_id bigint NOT NULL,
    kind text NOT NULL,
    amount bigint NOT NULL,
    balance bigint NOT NULL,
    debt bigint NOT NULL,
    open_lot_id bigint,
    open_lot_remaining bigint NOT NULL,
    next_event_at timestamp with time zone NOT NULL,
    allocations jsonb,
    about_entry_id bigint,
    other_account_id text COLLATE pg_catalog."C",
    other_entry_id bigint,
    feature text,
    member text COLLATE pg_catalog."C",
    reference text,
    idempotency_key text COLLATE pg_catalog."C",
    request jsonb,
    metadata jsonb,
    actor text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    occurred_at timestamp with time zone NOT NULL
)
WITH (autovacuum_vacuum_insert_scale_factor='0.05');

ALTER TABLE credits_private.ledger OWNER TO credits_owner;

--
-- Name: TABLE ledger; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.ledger IS 'Append-only ledger and the state itself: the newest entry of an account carries everything that the next one needs.';

--
-- Name: COLUMN ledger.account_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.ledger.account_id IS 'Account of the entry.';

--
-- Name: COLUMN ledger.entry_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.ledger.entry_id IS 'Number inside the account: 1, 2, 3 and so on, without gaps.';

--
-- Name: COLUMN ledger.command_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.ledger.command_id IS 'Number of the first entry that the same command booked.';

--
-- Name: COLUMN ledger.kind; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.ledger.kind IS 'open, freeze, unfreeze, close, erase, cap, grant, adjust, subscription, rollover, transfer, merge, spend, refund, hold, extend, capture, release, expire, settle, clawback, restore or repair.';

--
-- Name: COLUMN ledger.amount; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.ledger.amount IS 'Credits that came (positive) or went (negative); 0 where nothing moved.';

--
-- Name: COLUMN ledger.balance; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.ledger.balance IS 'Credits after the entry: all lots less the debt.';

--
-- Name: COLUMN ledger.debt; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.ledger.debt IS 'Credits owed after the entry.';

--
-- Name: COLUMN ledger.open_lot_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.ledger.open_lot_id IS 'Lot being burned after the entry, if any.';

--
-- Name: COLUMN ledger.open_lot_remaining; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.ledger.open_lot_remaining IS 'Credits left in the open lot; the remaining of its row in lots is 0 meanwhile.';

--
-- Name: COLUMN ledger.next_event_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.ledger.next_event_at IS 'Never later than the earliest expiry that is pending; infinity if there is none.';

--
-- Name: COLUMN ledger.allocations; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.ledger.allocations IS 'Array of [lot, signed amount] in burn order, lot 0 being the debt; null when the open lot alone gave.';

--
-- Name: COLUMN ledger.about_entry_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.ledger.about_entry_id IS 'The entry that this one follows up: the spend or capture that a refund gives back, the hold that is captured, released or extended.';

--
-- Name: COLUMN ledger.other_account_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.ledger.other_account_id IS 'Where the credits of a transfer or merge went, or came from.';

--
-- Name: COLUMN ledger.other_entry_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.ledger.other_entry_id IS 'The entry over there: the first one of the command that got the credits, the one that gave them.';

--
-- Name: COLUMN ledger.feature; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.ledger.feature IS 'What the credits were used for.';

--
-- Name: COLUMN ledger.member; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.ledger.member IS 'Member of the account who used the credits, on a spend, a hold and what follows them up; or whose cap is set.';

--
-- Name: COLUMN ledger.reference; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.ledger.reference IS 'The host application''s reference, a job or an order.';

--
-- Name: COLUMN ledger.idempotency_key; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.ledger.idempotency_key IS 'Key of the command, on its first entry only; unique inside the account, for ever.';

--
-- Name: COLUMN ledger.request; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.ledger.request IS 'What was asked, where the other columns do not tell; a replay must ask the same. The key after is no part of it: it says what the subscriptions of the command became.';

--
-- Name: COLUMN ledger.metadata; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.ledger.metadata IS 'Free-form object of the caller; never part of a decision.';

--
-- Name: COLUMN ledger.actor; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.ledger.actor IS 'Login, and the role it had taken, that made the call.';

--
-- Name: COLUMN ledger.created_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.ledger.created_at IS 'When it was booked; never runs backwards inside an account.';

--
-- Name: COLUMN ledger.occurred_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.ledger.occurred_at IS 'When it took effect: the expiry for breakage, the deadline for a hold that ended by it, else the time of the call, which lies before created_at only while a clock that ran ahead and was put back has not caught up.';

--
-- Name: account_state; Type: TYPE; Schema: credits_private; Owner: credits_owner
--

CREATE TYPE credits_private.account_state AS (
	account_id text,
	status text,
	now timestamp with time zone,
	effective_at timestamp with time zone,
	entry_id bigint,
	command_id bigint,
	created_at timestamp with time zone,
	balance bigint,
	debt bigint,
	open_lot_id bigint,
	open_lot_remaining bigint,
	next_event_at timestamp with time zone,
	due_limit bigint,
	has_gained boolean,
	entries credits_private.ledger[],
	merged_into text
);

ALTER TYPE credits_private.account_state OWNER TO credits_owner;

--
-- Name: TYPE account_state; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TYPE credits_private.account_state IS 'A locked account while a command works on it: its status, the clock, the state after its newest entry, and the entries that the command has booked and not written yet. effective_at is the past instant at which they take effect; null for now. At most due_limit lots and holds that are due may end. has_gained says whether credits came into its lots.';

--
-- Name: due_account; Type: TYPE; Schema: credits_private; Owner: credits_owner
--

CREATE TYPE credits_private.due_account AS (
	account_id text,
	events bigint,
	events_left bigint,
	next_event_at timestamp with time zone,
	next_lot_at timestamp with time zone,
	hold_id bigint,
	has_grant boolean
);

ALTER TYPE credits_private.due_account OWNER TO credits_owner;

--
-- Name: TYPE due_account; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TYPE credits_private.due_account IS 'What a plan does with an account: how many lots and holds end, how many more might, when the next one is pending, when the next lot is, the overdue hold that stands in the way, and whether a scheduled grant does.';

--
-- Name: due_part; Type: TYPE; Schema: credits_private; Owner: credits_owner
--

CREATE TYPE credits_private.due_part AS (
	account_id text,
	hold_id bigint,
	deadline timestamp with time zone,
	ordinal bigint,
	lot_id bigint,
	amount bigint,
	allocations jsonb,
	member text,
	held_at timestamp with time zone,
	priority integer,
	ends_at timestamp with time zone,
	was_open boolean,
	is_alone boolean
);

ALTER TYPE credits_private.due_part OWNER TO credits_owner;

--
-- Name: TYPE due_part; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TYPE credits_private.due_part IS 'What an overdue hold gives back: the whole (ordinal 0, with its allocations, and who held it when), and each part of it, with the lot. A hold that has to be ended alone has only the former.';

--
-- Name: lot_change; Type: TYPE; Schema: credits_private; Owner: credits_owner
--

CREATE TYPE credits_private.lot_change AS (
	account_id text,
	lot_id bigint,
	remaining bigint,
	is_open boolean,
	expired bigint,
	has_ended boolean
);

ALTER TYPE credits_private.lot_change OWNER TO credits_owner;

--
-- Name: TYPE lot_change; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TYPE credits_private.lot_change IS 'What becomes of a lot when something is due: what its row says afterwards, and the credits that it loses to expiry.';

--
-- Name: due_plan; Type: TYPE; Schema: credits_private; Owner: credits_owner
--

CREATE TYPE credits_private.due_plan AS (
	entries credits_private.ledger[],
	lots credits_private.lot_change[],
	holds credits_private.due_part[],
	accounts credits_private.due_account[]
);

ALTER TYPE credits_private.due_plan OWNER TO credits_owner;

--
-- Name: TYPE due_plan; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TYPE credits_private.due_plan IS 'What is to be written because time has passed: entries, changes of lots, holds that end, and what that is for each account.';

--
-- Name: grant_order; Type: TYPE; Schema: credits_private; Owner: credits_owner
--

CREATE TYPE credits_private.grant_order AS (
	pool text,
	amount bigint,
	expires_at timestamp with time zone,
	subscription text,
	item text,
	period_start timestamp with time zone,
	period_end timestamp with time zone,
	rollover_cap bigint,
	cost bigint,
	plan text,
	grant_months bigint,
	grant_days bigint
);

ALTER TYPE credits_private.grant_order OWNER TO credits_owner;

--
-- Name: TYPE grant_order; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TYPE credits_private.grant_order IS 'One lot to be granted. With an item it renews the subscription: what older periods left carries over up to rollover_cap (null: all of it). With grant_months or grant_days the amount is granted again each time that they have passed in the period.';

--
-- Name: member_use; Type: TYPE; Schema: credits_private; Owner: credits_owner
--

CREATE TYPE credits_private.member_use AS (
	member text COLLATE pg_catalog."C",
	at timestamp with time zone,
	amount bigint
);

ALTER TYPE credits_private.member_use OWNER TO credits_owner;

--
-- Name: TYPE member_use; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TYPE credits_private.member_use IS 'Credits that a member used at an instant (positive), or that came back of them (negative).';

--
-- Name: lots; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.lots (
    account_id text NOT NULL COLLATE pg_catalog."C",
    lot_id bigint NOT NULL,
    pool text NOT NULL,
    priority integer NOT NULL,
    granted bigint NOT NULL,
    remaining bigint NOT NULL,
    expired bigint DEFAULT 0 NOT NULL,
    clawed bigint DEFAULT 0 NOT NULL,
    clawed_at timestamp with time zone,
    expires_at timestamp with time zone NOT NULL,
    is_open boolean NOT NULL,
    origin text NOT NULL,
    subscription text COLLATE pg_catalog."C",
    item text COLLATE pg_catalog."C",
    plan text,
    period_start timestamp with time zone,
    period_end timestamp with time zone,
    payment_id bigint,
    cost_amount bigint,
    cost_currency text,
    cost_moved bigint DEFAULT 0 NOT NULL,
    reference text,
    from_account_id text COLLATE pg_catalog."C",
    from_lot_id bigint,
    moved_to_lot_id bigint,
    granted_at timestamp with time zone NOT NULL,
    CONSTRAINT lots_clawed_has_time CHECK (((clawed > 0) = (clawed_at IS NOT NULL))),
    CONSTRAINT lots_clawed_is_in_range CHECK (((clawed >= 0) AND (clawed <= granted))),
    CONSTRAINT lots_cost_moved_is_in_range CHECK (((cost_moved >= 0) AND (cost_moved <= COALESCE(cost_amount, (0)::bigint)))),
    CONSTRAINT lots_expired_is_in_range CHECK (((expired >= 0) AND (expired <= granted))),
    CONSTRAINT lots_granted_is_positive CHECK ((granted > 0)),
    CONSTRAINT lots_holding_is_open CHECK ((is_open OR (remaining = 0))),
    CONSTRAINT lots_moved_is_empty CHECK (((moved_to_lot_id IS NULL) OR (remaining = 0))),
    CONSTRAINT lots_origin_is_known CHECK ((origin = ANY (ARRAY['grant'::text, 'trial'::text, 'upgrade'::text, 'schedule'::text, 'rollover'::text, 'restoration'::text, 'transfer'::text]))),
    CONSTRAINT lots_remaining_is_in_range CHECK (((remaining >= 0) AND (remaining <= granted)))
)
WITH (fillfactor='80');

ALTER TABLE credits_private.lots OWNER TO credits_owner;

--
-- Name: TABLE lots; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.lots IS 'Grants of credits. The open lot is checked out into the newest ledger entry: read lots through the API.';

--
-- Name: COLUMN lots.account_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.lots.account_id IS 'Account that holds the lot.';

--
-- Name: COLUMN lots.lot_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.lots.lot_id IS 'Number of the entry that created the lot.';

--
-- Name: COLUMN lots.pool; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.lots.pool IS 'Pool of the credits.';

--
-- Name: COLUMN lots.priority; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.lots.priority IS 'Burn priority of the pool at the time of the grant.';

--
-- Name: COLUMN lots.granted; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.lots.granted IS 'Credits that the lot began with.';

--
-- Name: COLUMN lots.remaining; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.lots.remaining IS 'Credits left; 0 while the lot is checked out.';

--
-- Name: COLUMN lots.expired; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.lots.expired IS 'Credits of the lot that were lost to expiry.';

--
-- Name: COLUMN lots.clawed; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.lots.clawed IS 'Credits of the lot that are taken back at present.';

--
-- Name: COLUMN lots.clawed_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.lots.clawed_at IS 'Since when credits are taken back; restored lots live longer by that time.';

--
-- Name: COLUMN lots.expires_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.lots.expires_at IS 'First instant at which the credits cannot be spent; infinity for never.';

--
-- Name: COLUMN lots.is_open; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.lots.is_open IS 'False once exhausted or expired.';

--
-- Name: COLUMN lots.origin; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.lots.origin IS 'grant; of a subscription also trial, upgrade (a better plan within a period) or schedule (a later grant of a period that is paid); rollover (carried over from an older lot), restoration (given back after the older lot had ended) or transfer. A restoration that is transferred stays one: it had its grace.';

--
-- Name: COLUMN lots.subscription; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.lots.subscription IS 'Subscription that the lot belongs to.';

--
-- Name: COLUMN lots.item; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.lots.item IS 'Item of the subscription that a renewal granted; one grant per item and period.';

--
-- Name: COLUMN lots.plan; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.lots.plan IS 'Plan that the item was on.';

--
-- Name: COLUMN lots.period_start; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.lots.period_start IS 'Start of the period that the credits are for: of the paid period, or of a part of it.';

--
-- Name: COLUMN lots.period_end; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.lots.period_end IS 'End of that period, without grace.';

--
-- Name: COLUMN lots.payment_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.lots.payment_id IS 'Payment that bought the lot, or the lot that it derives from.';

--
-- Name: COLUMN lots.cost_amount; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.lots.cost_amount IS 'What was paid for all granted credits, in the smallest unit of the currency.';

--
-- Name: COLUMN lots.cost_currency; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.lots.cost_currency IS 'Currency of cost_amount, ISO 4217 in lower case.';

--
-- Name: COLUMN lots.cost_moved; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.lots.cost_moved IS 'Part of cost_amount that left with credits that were transferred to other accounts.';

--
-- Name: COLUMN lots.reference; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.lots.reference IS 'Reference of the command that granted it.';

--
-- Name: COLUMN lots.from_account_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.lots.from_account_id IS 'Account that transferred the credits, if one has.';

--
-- Name: COLUMN lots.from_lot_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.lots.from_lot_id IS 'Lot of that account which they came from.';

--
-- Name: COLUMN lots.moved_to_lot_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.lots.moved_to_lot_id IS 'Number under which the lot goes on in the account that this one was merged into. The figures stay as they were then.';

--
-- Name: COLUMN lots.granted_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.lots.granted_at IS 'When the grant was booked.';

--
-- Name: payments; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.payments (
    account_id text NOT NULL COLLATE pg_catalog."C",
    payment_id bigint NOT NULL,
    provider text NOT NULL,
    object_id text NOT NULL,
    amount_paid bigint,
    currency text,
    amount_returned bigint DEFAULT 0 NOT NULL,
    granted bigint NOT NULL,
    pending bigint DEFAULT 0 NOT NULL,
    target bigint DEFAULT 0 NOT NULL,
    withheld bigint DEFAULT 0 NOT NULL,
    clawed bigint DEFAULT 0 NOT NULL,
    covered bigint DEFAULT 0 NOT NULL,
    owed bigint DEFAULT 0 NOT NULL,
    settled bigint DEFAULT 0 NOT NULL,
    written_off bigint DEFAULT 0 NOT NULL,
    debt_paid bigint DEFAULT 0 NOT NULL,
    demanded bigint DEFAULT 0 NOT NULL,
    moved_to_payment_id bigint,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT payments_demanded_is_in_range CHECK (((demanded >= 0) AND (demanded <= granted))),
    CONSTRAINT payments_granted_is_positive CHECK ((granted > 0)),
    CONSTRAINT payments_parts_are_not_negative CHECK (((clawed >= 0) AND (covered >= 0) AND (owed >= 0) AND (settled >= 0) AND (written_off >= 0) AND (debt_paid >= 0))),
    CONSTRAINT payments_parts_make_target CHECK (((((((withheld + clawed) + covered) + owed) + settled) + written_off) = target)),
    CONSTRAINT payments_target_is_in_range CHECK (((target >= 0) AND (target <= granted))),
    CONSTRAINT payments_withheld_is_pending CHECK ((((withheld >= 0) AND (withheld <= pending)) AND (pending <= granted)))
);

ALTER TABLE credits_private.payments OWNER TO credits_owner;

--
-- Name: TABLE payments; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.payments IS 'What was paid at a provider, what it granted, and where the credits are that went back: target = withheld + clawed + covered + owed + settled + written_off.';

--
-- Name: COLUMN payments.account_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payments.account_id IS 'Account that the payment credited.';

--
-- Name: COLUMN payments.payment_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payments.payment_id IS 'Number of the first entry of the command that recorded it, or of the entry that brought it from an account that was merged into this one.';

--
-- Name: COLUMN payments.provider; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payments.provider IS 'Payment provider; manual when there is none.';

--
-- Name: COLUMN payments.object_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payments.object_id IS 'The provider''s id of the payment.';

--
-- Name: COLUMN payments.amount_paid; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payments.amount_paid IS 'Money paid, in the smallest unit of the currency; null if unknown.';

--
-- Name: COLUMN payments.currency; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payments.currency IS 'Currency, ISO 4217 in lower case; null if unknown.';

--
-- Name: COLUMN payments.amount_returned; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payments.amount_returned IS 'Money that is refunded, disputed or lost by now.';

--
-- Name: COLUMN payments.granted; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payments.granted IS 'Credits of all lots that the payment granted, and of those that it is still to grant.';

--
-- Name: COLUMN payments.pending; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payments.pending IS 'Part of granted that has not been granted yet, or never will be, its subscription having ended.';

--
-- Name: COLUMN payments.target; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payments.target IS 'Credits that ought to be taken back by now.';

--
-- Name: COLUMN payments.withheld; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payments.withheld IS 'Part of the target that comes out of what is pending.';

--
-- Name: COLUMN payments.clawed; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payments.clawed IS 'Part of the target that was taken out of the payment''s own lots.';

--
-- Name: COLUMN payments.covered; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payments.covered IS 'Part of the target that had already been lost to expiry.';

--
-- Name: COLUMN payments.owed; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payments.owed IS 'Part of the target that is open debt of the account.';

--
-- Name: COLUMN payments.settled; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payments.settled IS 'Part of the target that was debt and has been paid by other lots.';

--
-- Name: COLUMN payments.written_off; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payments.written_off IS 'Part of the target that was forgiven.';

--
-- Name: COLUMN payments.debt_paid; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payments.debt_paid IS 'Credits of the payment''s lots that went to pay debt.';

--
-- Name: COLUMN payments.demanded; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payments.demanded IS 'Target that clawback_credits has set: what the provider tells of money never goes below it.';

--
-- Name: COLUMN payments.moved_to_payment_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payments.moved_to_payment_id IS 'Number under which the payment goes on in the account that this one was merged into. The figures stay as they were then.';

--
-- Name: COLUMN payments.created_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payments.created_at IS 'When the payment was recorded.';

--
-- Name: outlook; Type: TYPE; Schema: credits_private; Owner: credits_owner
--

CREATE TYPE credits_private.outlook AS (
	debt bigint,
	lots credits_private.lots[],
	payments credits_private.payments[]
);

ALTER TYPE credits_private.outlook OWNER TO credits_owner;

--
-- Name: TYPE outlook; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TYPE credits_private.outlook IS 'What the next command will find once it has booked what is due: the debt, the lots with all that is left in them, and the payments of which something went back.';

--
-- Name: payment_order; Type: TYPE; Schema: credits_private; Owner: credits_owner
--

CREATE TYPE credits_private.payment_order AS (
	provider text,
	livemode boolean,
	provider_account text,
	object_id text,
	other_ids text[],
	amount_paid bigint,
	currency text,
	amount_returned bigint
);

ALTER TYPE credits_private.payment_order OWNER TO credits_owner;

--
-- Name: TYPE payment_order; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TYPE credits_private.payment_order IS 'A payment to be recorded: its id, further ids of the same payment, what was paid and what has gone back.';

--
-- Name: rebuilt_hold; Type: TYPE; Schema: credits_private; Owner: credits_owner
--

CREATE TYPE credits_private.rebuilt_hold AS (
	hold_id bigint,
	amount bigint,
	captured bigint,
	status text
);

ALTER TYPE credits_private.rebuilt_hold OWNER TO credits_owner;

--
-- Name: TYPE rebuilt_hold; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TYPE credits_private.rebuilt_hold IS 'A hold as the entries tell it. Where they do not tell an end at the deadline from another one, status is expired.';

--
-- Name: rebuilt_lot; Type: TYPE; Schema: credits_private; Owner: credits_owner
--

CREATE TYPE credits_private.rebuilt_lot AS (
	lot_id bigint,
	origin text,
	granted bigint,
	credits bigint,
	expired bigint,
	clawed bigint,
	clawed_at timestamp with time zone,
	granted_at timestamp with time zone
);

ALTER TYPE credits_private.rebuilt_lot OWNER TO credits_owner;

--
-- Name: TYPE rebuilt_lot; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TYPE credits_private.rebuilt_lot IS 'A lot as the entries tell it; credits is what is left, wherever it is stored. origin is null where they do not tell.';

--
-- Name: rebuilt; Type: TYPE; Schema: credits_private; Owner: credits_owner
--

CREATE TYPE credits_private.rebuilt AS (
	entry_id bigint,
	debt bigint,
	open_lot_id bigint,
	lots credits_private.rebuilt_lot[],
	holds credits_private.rebuilt_hold[],
	broken credits.difference[]
);

ALTER TYPE credits_private.rebuilt OWNER TO credits_owner;

--
-- Name: TYPE rebuilt; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TYPE credits_private.rebuilt IS 'An account as its entries tell it, up to the newest one, and what is wrong with these.';

--
-- Name: sealed_accounts; Type: TYPE; Schema: credits_private; Owner: credits_owner
--

CREATE TYPE credits_private.sealed_accounts AS (
	accounts bigint,
	entries bigint,
	last_account_id text,
	left_out boolean,
	is_end boolean
);

ALTER TYPE credits_private.sealed_accounts OWNER TO credits_owner;

--
-- Name: TYPE sealed_accounts; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TYPE credits_private.sealed_accounts IS 'What was sealed in a list of accounts: accounts and entries, the last account that is done, whether one was left out because somebody else seals it, and whether all are done.';

--
-- Name: spend_order; Type: TYPE; Schema: credits_private; Owner: credits_owner
--

CREATE TYPE credits_private.spend_order AS (
	index integer,
	account_id text,
	amount bigint,
	feature text,
	member text,
	reference text,
	idempotency_key text,
	metadata jsonb
);

ALTER TYPE credits_private.spend_order OWNER TO credits_owner;

--
-- Name: TYPE spend_order; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TYPE credits_private.spend_order IS 'One spend that is asked for; index is its place in p_operations, counted from 0.';

--
-- Name: spend_result; Type: TYPE; Schema: credits_private; Owner: credits_owner
--

CREATE TYPE credits_private.spend_result AS (
	index integer,
	account_id text,
	idempotency_key text,
	outcome text,
	receipt credits.receipt,
	refusal jsonb
);

ALTER TYPE credits_private.spend_result OWNER TO credits_owner;

--
-- Name: TYPE spend_result; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TYPE credits_private.spend_result IS 'What became of a spend that was asked for: ok, replay or refused, its receipt, or why it was refused as DETAIL would say it.';

--
-- Name: stripe_line; Type: TYPE; Schema: credits_private; Owner: credits_owner
--

CREATE TYPE credits_private.stripe_line AS (
	ordinal bigint,
	is_period boolean,
	is_proration boolean,
	subscription text,
	item text,
	price text,
	unit_price numeric,
	quantity bigint,
	price_amount bigint,
	amount bigint,
	period_start timestamp with time zone,
	period_end timestamp with time zone,
	account_id text
);

ALTER TYPE credits_private.stripe_line OWNER TO credits_owner;

--
-- Name: TYPE stripe_line; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TYPE credits_private.stripe_line IS 'What one line of an invoice bills. price_amount is its price, amount what discounts left.';

--
-- Name: stripe_purchase; Type: TYPE; Schema: credits_private; Owner: credits_owner
--

CREATE TYPE credits_private.stripe_purchase AS (
	grants credits_private.grant_order[],
	account_id text,
	problem text,
	waits_for text
);

ALTER TYPE credits_private.stripe_purchase OWNER TO credits_owner;

--
-- Name: TYPE stripe_purchase; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TYPE credits_private.stripe_purchase IS 'What a paid object of Stripe grants and to whom, or the problem for which it has to wait.';

--
-- Name: stripe_result; Type: TYPE; Schema: credits_private; Owner: credits_owner
--

CREATE TYPE credits_private.stripe_result AS (
	outcome text,
	reason text,
	waits_for text,
	account_id text
);

ALTER TYPE credits_private.stripe_result OWNER TO credits_owner;

--
-- Name: TYPE stripe_result; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TYPE credits_private.stripe_result IS 'What a handler made of an event; waits_for only when parked.';

--
-- Name: stripe_terms; Type: TYPE; Schema: credits_private; Owner: credits_owner
--

CREATE TYPE credits_private.stripe_terms AS (
	credits bigint,
	rollover_cap bigint,
	expires text,
	on_trial text,
	on_free text,
	proration text,
	unit_price numeric,
	problem text,
	waits_for text
);

ALTER TYPE credits_private.stripe_terms OWNER TO credits_owner;

--
-- Name: TYPE stripe_terms; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TYPE credits_private.stripe_terms IS 'What one unit of a price is worth at an instant. credits is null where the price has nothing to do with credits; problem says why it cannot be told, waits_for what would tell it.';

--
-- Name: usage_window; Type: TYPE; Schema: credits_private; Owner: credits_owner
--

CREATE TYPE credits_private.usage_window AS (
	starts_at timestamp with time zone,
	ends_at timestamp with time zone,
	used bigint
);

ALTER TYPE credits_private.usage_window OWNER TO credits_owner;

--
-- Name: TYPE usage_window; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TYPE credits_private.usage_window IS 'One period of a limit, and the credits used in it where they are known.';

--
-- Name: add_purchased_credits(text, bigint, timestamp with time zone, bigint, text, text, text, jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.add_purchased_credits(p_account_id text, p_amount bigint, p_expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, p_amount_paid bigint DEFAULT NULL::bigint, p_currency text DEFAULT NULL::text, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_grant credits_private.grant_order;
    v_payment credits_private.payment_order;
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_amount('p_amount', p_amount);
    perform credits_private.check_instant('p_expires_at', nullif(p_expires_at, 'infinity'));
    perform credits_private.check_money(p_amount_paid, p_currency);
    perform credits_private.check_argument(
        'p_reference', p_reference is not null, 'id of the payment, 1 to 255 characters'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);

    v_grant.pool := 'purchased';
    v_grant.amount := p_amount;
    v_grant.expires_at := p_expires_at;
    v_payment.provider := 'manual';
    v_payment.livemode := true;
    v_payment.provider_account := '';
    v_payment.object_id := p_reference;
    v_payment.amount_paid := p_amount_paid;
    v_payment.currency := p_currency;
    return credits_private.post_grants(
        p_account_id, array[v_grant], v_payment, false, p_reference, p_idempotency_key, p_metadata
    );
end
$$;

ALTER FUNCTION credits.add_purchased_credits(p_account_id text, p_amount bigint, p_expires_at timestamp with time zone, p_amount_paid bigint, p_currency text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION add_purchased_credits(p_account_id text, p_amount bigint, p_expires_at timestamp with time zone, p_amount_paid bigint, p_currency text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.add_purchased_credits(p_account_id text, p_amount bigint, p_expires_at timestamp with time zone, p_amount_paid bigint, p_currency text, p_reference text, p_idempotency_key text, p_metadata jsonb) IS 'Grants purchased credits for one payment, whose id is p_reference; a payment grants once.

p_amount_paid is in the smallest unit of p_currency (ISO 4217, lower case). clawback_credits
takes the credits back under the same id.';

--
-- Name: add_stripe_line_items(text, jsonb, boolean, text); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.add_stripe_line_items(p_object_id text, p_line_items jsonb, p_livemode boolean DEFAULT true, p_provider_account text DEFAULT ''::text) RETURNS credits.stripe_outcome
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_event credits_private.stripe_events;
    v_outcome credits.stripe_outcome;
    v_point text;
begin
    perform credits_private.check_argument(
        'p_object_id', length(p_object_id) between 1 and 255,
        'id of a session or invoice, 1 to 255 characters'
    );
    perform credits_private.check_argument(
        'p_line_items', jsonb_typeof(p_line_items) = 'array',
        'array of all lines of the object, as Stripe lists them'
    );
    perform credits_private.check_argument(
        'p_provider_account', length(coalesce(p_provider_account, '')) <= 255,
        'a connected account, or empty for your own'
    );
    v_event.provider_account := coalesce(p_provider_account, '');
    v_event.livemode := coalesce(p_livemode, true);
    v_point := credits_private.stripe_wait_name(v_event, p_object_id, 'lines');
    perform credits_private.lock_meeting_point(v_point);
    insert into credits_private.stripe_line_items (
        provider_account, livemode, object_id, line_items
    )
    values (v_event.provider_account, v_event.livemode, p_object_id, p_line_items)
    on conflict do nothing;

    v_outcome.outcome := 'none';
    for v_event in
        select e.*
        from credits_private.stripe_events e
        where e.waits_for = v_point
        order by e.created_at, e.event_id
        for update skip locked
    loop
        v_outcome := credits_private.describe_stripe_event(
            credits_private.try_stripe_event(v_event)
        );
    end loop;
    return v_outcome;
end
$$;

ALTER FUNCTION credits.add_stripe_line_items(p_object_id text, p_line_items jsonb, p_livemode boolean, p_provider_account text) OWNER TO credits_owner;

--
-- Name: FUNCTION add_stripe_line_items(p_object_id text, p_line_items jsonb, p_livemode boolean, p_provider_account text); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.add_stripe_line_items(p_object_id text, p_line_items jsonb, p_livemode boolean, p_provider_account text) IS 'Tells which lines a checkout session or an invoice has, and applies its event if it was waiting.

p_line_items is the whole list (all pages) as Stripe returns it. An event that waits for it has
lines: and the id of the object in waits_for. The credits follow from the prices.';

--
-- Name: add_subscription_credits(text, bigint, timestamp with time zone, text, text, text, jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.add_subscription_credits(p_account_id text, p_amount bigint, p_period_end timestamp with time zone, p_subscription text DEFAULT 'default'::text, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_grant credits_private.grant_order;
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_amount('p_amount', p_amount);
    perform credits_private.check_argument(
        'p_period_end', p_period_end is not null, 'an instant in the years 1970 to 8999'
    );
    perform credits_private.check_instant('p_period_end', p_period_end);
    perform credits_private.check_text('p_subscription', p_subscription, 127);
    perform credits_private.check_argument(
        'p_idempotency_key', p_idempotency_key is not null or p_reference is not null,
        'a key, or else p_reference, so that the period is granted once'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);

    v_grant.pool := 'subscription';
    v_grant.amount := p_amount;
    v_grant.subscription := coalesce(p_subscription, 'default');
    v_grant.period_end := p_period_end;
    return credits_private.post_grants(
        p_account_id, array[v_grant], null, false, p_reference,
        coalesce(p_idempotency_key, 'ref:subscription:' || p_reference), p_metadata
    );
end
$$;

ALTER FUNCTION credits.add_subscription_credits(p_account_id text, p_amount bigint, p_period_end timestamp with time zone, p_subscription text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION add_subscription_credits(p_account_id text, p_amount bigint, p_period_end timestamp with time zone, p_subscription text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.add_subscription_credits(p_account_id text, p_amount bigint, p_period_end timestamp with time zone, p_subscription text, p_reference text, p_idempotency_key text, p_metadata jsonb) IS 'Grants credits of a subscription until its period ends; they outlive it by the setting
renewal_grace.

p_idempotency_key or p_reference is required. It touches no other lot: renew_subscription ends
the old period and carries its credits over.';

--
-- Name: adjust_balance(text, text, text, bigint, bigint, text, timestamp with time zone, text, text, jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.adjust_balance(p_account_id text, p_reason text, p_person text, p_difference bigint DEFAULT NULL::bigint, p_target bigint DEFAULT NULL::bigint, p_pool text DEFAULT NULL::text, p_expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_reason', length(p_reason) between 1 and 255, '1 to 255 characters'
    );
    perform credits_private.check_argument(
        'p_person', length(p_person) between 1 and 255, '1 to 255 characters'
    );
    perform credits_private.check_argument(
        'p_difference', (p_difference is null) <> (p_target is null),
        'credits more or less, or the balance wanted as p_target: exactly one of them'
    );
    perform credits_private.check_argument(
        'p_difference',
        p_difference is null
        or p_difference between -9007199254740991 and 9007199254740991 and p_difference <> 0,
        'whole number from -9007199254740991 to 9007199254740991, not 0'
    );
    perform credits_private.check_argument(
        'p_target', coalesce(p_target, 0) between 0 and 9007199254740991,
        'whole number from 0 to 9007199254740991'
    );
    if p_pool is not null then
        perform credits_private.check_pool('p_pool', p_pool);
    end if;
    perform credits_private.check_instant('p_expires_at', nullif(p_expires_at, 'infinity'));
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_adjustment(
        p_account_id, p_reason, p_person, p_difference, p_target, p_pool, p_expires_at,
        p_reference, p_idempotency_key, p_metadata
    );
end
$$;

ALTER FUNCTION credits.adjust_balance(p_account_id text, p_reason text, p_person text, p_difference bigint, p_target bigint, p_pool text, p_expires_at timestamp with time zone, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION adjust_balance(p_account_id text, p_reason text, p_person text, p_difference bigint, p_target bigint, p_pool text, p_expires_at timestamp with time zone, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.adjust_balance(p_account_id text, p_reason text, p_person text, p_difference bigint, p_target bigint, p_pool text, p_expires_at timestamp with time zone, p_reference text, p_idempotency_key text, p_metadata jsonb) IS 'Corrects a balance by hand: p_difference credits more (positive) or less (negative), or as many as
lead to p_target. p_reason and p_person are kept in the ledger.

More is a new lot of p_pool (null: promotional) that ends at p_expires_at, and pays debt like any
lot of its pool. Less comes out of the lots of p_pool (null: all, in burn order); what is not there
is refused with insufficient_credits (402), never taken below zero. For credits that were paid for
use record_payment and clawback_credits.';

--
-- Name: audit_access(); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.audit_access() RETURNS SETOF credits.access_finding
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    with functions as (
        select p.oid::regprocedure::text as object, p.prosecdef, p.proconfig, p.proowner
        from pg_proc p
        where p.pronamespace in ('credits'::regnamespace, 'credits_private'::regnamespace)
    ),
    relations as (
        select c.oid::regclass::text as object, c.relkind, c.relowner, c.relrowsecurity
        from pg_class c
        where c.relnamespace in ('credits'::regnamespace, 'credits_private'::regnamespace)
            and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    ),
    owned as (
        select 'schema ' || n.nspname as object, n.nspowner as owner
        from pg_namespace n
        where n.nspname in ('credits', 'credits_private')
        union all
        select 'function ' || f.object, f.proowner from functions f
        union all
        select 'table ' || r.object, r.relowner from relations r
    )
    select 'execute_granted', 'function ' || g.object, g.role,
        format('revoke execute on function %s from %s', g.object, quote_ident(g.role))
    from credits_private.granted_rights() as g
    where g.kind = 'function'
        and not exists (
            select
            from credits_private.access_matrix m
            where m.role = g.role and m.function = g.object
        )
    union all
    select 'execute_missing', 'function ' || m.function, m.role,
        format('grant execute on function %s to %I', m.function, m.role)
    from credits_private.access_matrix m
    where not exists (
        select
        from credits_private.granted_rights() as g
        where g.kind = 'function' and g.object = m.function and g.role = m.role
    )
    union all
    select 'table_exposed', 'table ' || g.object, g.role,
        format('revoke all on %s from %s', g.object, quote_ident(g.role))
    from credits_private.granted_rights() as g
    where g.kind = 'table'
    union all
    select 'schema_exposed', 'schema ' || g.object, g.role,
        format(
            'revoke %s on schema %s from %s', lower(g.granted), g.object, quote_ident(g.role)
        )
    from credits_private.granted_rights() as g
    where g.kind = 'schema'
        and not (
            g.object = 'credits' and g.granted = 'USAGE'
            and exists (select from credits_private.access_matrix m where m.role = g.role)
        )
    union all
    select 'search_path_not_pinned', 'function ' || f.object, null,
        format('alter function %s set search_path = pg_catalog, pg_temp', f.object)
    from functions f
    where f.prosecdef
        and ('search_path=pg_catalog, pg_temp' = any (f.proconfig)) is not true
    union all
    select 'wrong_owner', o.object, pg_get_userbyid(o.owner),
        format('alter %s owner to credits_owner', o.object)
    from owned o
    where pg_get_userbyid(o.owner) <> 'credits_owner'
    union all
    select 'no_row_security', 'table ' || r.object, null,
        format('alter table %s enable row level security', r.object)
    from relations r
    where r.relkind in ('r', 'p') and not r.relrowsecurity
    union all
    select 'powerful_owner', 'role ' || r.rolname, r.rolname,
        format('alter role %I nosuperuser nobypassrls', r.rolname)
    from pg_roles r
    where r.rolname = 'credits_owner' and (r.rolsuper or r.rolbypassrls)
    order by 1, 2, 3
$$;

ALTER FUNCTION credits.audit_access() OWNER TO credits_owner;

--
-- Name: FUNCTION audit_access(); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.audit_access() IS 'Every deviation from the rights that pgcredits gives, with the statement that mends it.

Compares with what the last upgrade granted: rights beyond the matrix or missing from it, tables or
schemas that others can reach, functions whose search path is not pinned, wrong owners, tables
without row level security, an owner with power over other schemas. No row: all is well.';

--
-- Name: balance_at(text, timestamp with time zone); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.balance_at(p_account_id text, p_at timestamp with time zone) RETURNS credits.past_balance
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_balance credits.past_balance;
    v_entry_id bigint;
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_at', p_at is not null, 'an instant in the years 1970 to 8999'
    );
    perform credits_private.check_instant('p_at', p_at);
    perform credits_private.check_argument(
        'p_at', p_at <= credits_private.clock(), 'an instant that has been'
    );
    v_balance.account_id := p_account_id;
    v_balance.as_of := p_at;
    v_entry_id := credits_private.entry_at(p_account_id, p_at);

    with live as (
        select l.pool, c.credits
        from credits_private.lots_after(p_account_id, v_entry_id) as c
        join credits_private.lots l on l.account_id = p_account_id and l.lot_id = c.lot_id
        where l.expires_at > p_at
    ),
    per_pool as (
        select p.pool, coalesce(sum(v.credits), 0)::bigint as credits
        from credits_private.pools p
        left join live v on v.pool = p.pool
        group by p.pool
    )
    select t.entry_id, coalesce(t.debt, 0), credits_private.held_after(p_account_id, v_entry_id),
        s.credits, s.pools
    into v_balance.entry_id, v_balance.debt, v_balance.held, v_balance.balance, v_balance.pools
    from (
        select sum(q.credits)::bigint as credits, jsonb_object_agg(q.pool, q.credits) as pools
        from per_pool q
    ) as s
    left join credits_private.ledger t
        on t.account_id = p_account_id and t.entry_id = v_entry_id;

    v_balance.available := case when v_balance.debt > 0 then 0 else v_balance.balance end;
    v_balance.settled := v_balance.available + v_balance.held;
    v_balance.balance := v_balance.balance - v_balance.debt;
    return v_balance;
end
$$;

ALTER FUNCTION credits.balance_at(p_account_id text, p_at timestamp with time zone) OWNER TO credits_owner;

--
-- Name: FUNCTION balance_at(p_account_id text, p_at timestamp with time zone); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.balance_at(p_account_id text, p_at timestamp with time zone) IS 'What an account had at an instant of the past, exact to the microsecond, from its entries alone.

An entry counts from its date, an expiry from the expiry, however late it was booked. The two differ
from what get_balance said then in one case: a hold that was released some time after its deadline
read as held until then, and counts here as released at the deadline. Reads as zeros for an unknown
account. For the future there is simulate_spend.';

--
-- Name: cancel_subscription(text, text, text, text, text, jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.cancel_subscription(p_account_id text, p_subscription text, p_when text DEFAULT 'period_end'::text, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_subscription', length(p_subscription) between 1 and 127, '1 to 127 characters'
    );
    perform credits_private.check_argument(
        'p_when', coalesce(p_when, 'period_end') in ('period_end', 'now', 'never'),
        'period_end, now or never'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_cancel(
        p_account_id, p_subscription, coalesce(p_when, 'period_end'),
        p_reference, p_idempotency_key, p_metadata
    );
end
$$;

ALTER FUNCTION credits.cancel_subscription(p_account_id text, p_subscription text, p_when text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION cancel_subscription(p_account_id text, p_subscription text, p_when text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.cancel_subscription(p_account_id text, p_subscription text, p_when text, p_reference text, p_idempotency_key text, p_metadata jsonb) IS 'Cancels a subscription. At the end of the paid period (the default) its credits stay until then,
and end without grace; now, they end now and nothing more is granted. Purchased and promotional
credits are not touched.

p_when never takes a cancellation back before the subscription has ended; afterwards a new paid
period (renew_subscription) begins it again.';

--
-- Name: capture_hold(text, bigint, bigint, boolean, text, text, text, jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.capture_hold(p_account_id text, p_hold_id bigint, p_amount bigint DEFAULT NULL::bigint, p_final boolean DEFAULT true, p_if_short text DEFAULT 'refuse'::text, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_hold_id', p_hold_id > 0, 'the entry_id of a hold_credits receipt'
    );
    perform credits_private.check_amount('p_amount', coalesce(p_amount, 1));
    perform credits_private.check_argument(
        'p_if_short', coalesce(p_if_short, 'refuse') in ('refuse', 'partial'), 'refuse or partial'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_capture(
        p_account_id, p_hold_id, p_amount, coalesce(p_final, true), coalesce(p_if_short, 'refuse'),
        p_reference, p_idempotency_key, p_metadata
    );
end
$$;

ALTER FUNCTION credits.capture_hold(p_account_id text, p_hold_id bigint, p_amount bigint, p_final boolean, p_if_short text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION capture_hold(p_account_id text, p_hold_id bigint, p_amount bigint, p_final boolean, p_if_short text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.capture_hold(p_account_id text, p_hold_id bigint, p_amount bigint, p_final boolean, p_if_short text, p_reference text, p_idempotency_key text, p_metadata jsonb) IS 'Charges what the work has cost: p_amount null captures everything that the hold still holds. With
p_final the rest goes back to its lots and the hold is closed; p_final false keeps it open.

p_amount may exceed what is held: the difference is spent from the account. If it cannot be, refuse
leaves the hold as it was and raises insufficient_credits (402), in_debt (402) or account_frozen
(403); partial captures what is held, and amount in the receipt says how much that was. Past its
deadline a hold cannot be captured (hold_expired, 410).';

--
-- Name: change_subscription(text, text, bigint, text, text, text, text, text, bigint, text, text, text, jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.change_subscription(p_account_id text, p_subscription text, p_amount bigint, p_policy text DEFAULT NULL::text, p_when text DEFAULT 'now'::text, p_item text DEFAULT NULL::text, p_plan text DEFAULT NULL::text, p_payment text DEFAULT NULL::text, p_amount_paid bigint DEFAULT NULL::bigint, p_currency text DEFAULT NULL::text, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_payment credits_private.payment_order;
    v_when text := coalesce(p_when, 'now');
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_subscription', length(p_subscription) between 1 and 127, '1 to 127 characters'
    );
    perform credits_private.check_argument(
        'p_amount', p_amount between 0 and 9007199254740991,
        'whole number from 0 to 9007199254740991'
    );
    perform credits_private.check_argument(
        'p_when', v_when in ('now', 'period_end'), 'now or period_end'
    );
    perform credits_private.check_argument(
        'p_policy',
        coalesce(p_policy, 'none') = 'none'
        or v_when = 'now' and p_policy in ('difference', 'full'),
        'difference (the default), full or none; at the period''s end none'
    );
    perform credits_private.check_text('p_item', p_item, 127);
    perform credits_private.check_text('p_plan', p_plan, 127);
    perform credits_private.check_argument(
        'p_plan', p_plan is not null or p_policy is distinct from 'full',
        'a plan, which p_policy full grants once in a period'
    );
    perform credits_private.check_text('p_payment', p_payment);
    perform credits_private.check_money(p_amount_paid, p_currency);
    perform credits_private.check_argument(
        'p_payment',
        p_payment is null and p_amount_paid is null or p_payment is not null and v_when = 'now',
        'id of the payment when p_amount_paid is given; null at the period''s end'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);

    if p_payment is not null then
        v_payment.provider := 'manual';
        v_payment.livemode := true;
        v_payment.provider_account := '';
        v_payment.object_id := p_payment;
        v_payment.amount_paid := p_amount_paid;
        v_payment.currency := p_currency;
    end if;
    return credits_private.post_change(
        p_account_id, p_subscription, coalesce(p_item, ''), p_amount,
        coalesce(p_policy, case v_when when 'now' then 'difference' else 'none' end),
        v_when, p_plan, v_payment, p_reference, p_idempotency_key, p_metadata
    );
end
$$;

ALTER FUNCTION credits.change_subscription(p_account_id text, p_subscription text, p_amount bigint, p_policy text, p_when text, p_item text, p_plan text, p_payment text, p_amount_paid bigint, p_currency text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION change_subscription(p_account_id text, p_subscription text, p_amount bigint, p_policy text, p_when text, p_item text, p_plan text, p_payment text, p_amount_paid bigint, p_currency text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.change_subscription(p_account_id text, p_subscription text, p_amount bigint, p_policy text, p_when text, p_item text, p_plan text, p_payment text, p_amount_paid bigint, p_currency text, p_reference text, p_idempotency_key text, p_metadata jsonb) IS 'Puts an item of a subscription on another plan: p_amount credits in each grant, p_plan as its name.

Now (the default) p_policy says what is granted at once for the time that is running: difference
(what p_amount is above all that was granted for it), full (p_amount, once per plan) or none;
nothing is taken back, and nothing is granted in a trial. With p_when period_end nothing is granted:
the change is noted for the next paid period, and a change that comes now releases it. p_payment is
the proration that pays for what the change grants; when that is nothing it is refused.';

--
-- Name: claim_payment(text, text, text); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.claim_payment(p_account_id text, p_event_id text, p_provider_account text DEFAULT ''::text) RETURNS credits.stripe_outcome
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_event credits_private.stripe_events;
begin
    perform credits_private.check_account_id(p_account_id);
    v_event := credits_private.lock_stripe_event(p_event_id, p_provider_account);
    if v_event.outcome = 'applied' and v_event.account_id = p_account_id then
        v_event.outcome := 'duplicate';
        return credits_private.describe_stripe_event(v_event);
    elsif v_event.outcome not in ('parked', 'failed')
        or v_event.event_type !~ '^(checkout|payment_intent|invoice)[.]'
        or coalesce(v_event.claimed_for, p_account_id) <> p_account_id
    then
        perform credits_private.fail(
            'invalid_state',
            jsonb_build_object(
                'event_id', v_event.event_id, 'outcome', v_event.outcome,
                'account_id', coalesce(v_event.claimed_for, v_event.account_id)
            ),
            'Only a purchase that is still parked can be claimed, and by one account.'
        );
    end if;
    v_event.claimed_for := p_account_id;
    update credits_private.stripe_events e
    set claimed_for = p_account_id
    where e.provider_account = v_event.provider_account and e.event_id = v_event.event_id;
    return credits_private.describe_stripe_event(credits_private.try_stripe_event(v_event));
end
$$;

ALTER FUNCTION credits.claim_payment(p_account_id text, p_event_id text, p_provider_account text) OWNER TO credits_owner;

--
-- Name: FUNCTION claim_payment(p_account_id text, p_event_id text, p_provider_account text); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.claim_payment(p_account_id text, p_event_id text, p_provider_account text) IS 'Grants a purchase of Stripe, parked because its buyer is unknown, to an account: once.

p_event_id is the parked event; list_stripe_events shows it. To tie all purchases of a customer to
an account there is link_customer.';

--
-- Name: clawback_credits(text, text, bigint, bigint, text, text, text, jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.clawback_credits(p_account_id text, p_payment text, p_target bigint DEFAULT NULL::bigint, p_amount_returned bigint DEFAULT NULL::bigint, p_provider text DEFAULT 'manual'::text, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_name credits_private.payment_order;
    v_chain text[];
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_payment', length(p_payment) between 1 and 255, '1 to 255 characters'
    );
    perform credits_private.check_argument(
        'p_amount_returned',
        p_amount_returned is null
        or (p_target is null and p_amount_returned between 0 and 9007199254740991),
        'null or whole number of the smallest currency unit, 0 or more; not together with p_target'
    );
    perform credits_private.check_text('p_provider', p_provider, 63);
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    v_name.provider := coalesce(p_provider, 'manual');
    v_name.object_id := p_payment;
    v_name.amount_returned := p_amount_returned;
    v_chain := credits_private.lock_chain(p_account_id);
    return credits_private.post_clawback(
        v_chain[cardinality(v_chain)], v_name, p_target, p_reference, p_idempotency_key, p_metadata,
        v_chain[:cardinality(v_chain) - 1]
    );
end
$$;

ALTER FUNCTION credits.clawback_credits(p_account_id text, p_payment text, p_target bigint, p_amount_returned bigint, p_provider text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION clawback_credits(p_account_id text, p_payment text, p_target bigint, p_amount_returned bigint, p_provider text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.clawback_credits(p_account_id text, p_payment text, p_target bigint, p_amount_returned bigint, p_provider text, p_reference text, p_idempotency_key text, p_metadata jsonb) IS 'Takes credits back because the money went back: sets the target of a payment and books the
difference.

Say the target in credits (p_target), or the money that is back by now (p_amount_returned, the
share is rounded down), or neither for everything. A lower target gives credits back. What was
spent becomes debt, unless the setting shortfall says write_off. If the account was merged, the
credits are taken from the account that has them now, whose receipt is returned.';

--
-- Name: close_account(text, text, text, text, text, jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.close_account(p_account_id text, p_reason text, p_if_credits text DEFAULT 'refuse'::text, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_reason', length(p_reason) between 1 and 255, '1 to 255 characters'
    );
    perform credits_private.check_argument(
        'p_if_credits', coalesce(p_if_credits, 'refuse') in ('refuse', 'forfeit'),
        'refuse or forfeit'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_close(
        p_account_id, p_reason, coalesce(p_if_credits, 'refuse'),
        p_reference, p_idempotency_key, p_metadata
    );
end
$$;

ALTER FUNCTION credits.close_account(p_account_id text, p_reason text, p_if_credits text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION close_account(p_account_id text, p_reason text, p_if_credits text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.close_account(p_account_id text, p_reason text, p_if_credits text, p_reference text, p_idempotency_key text, p_metadata jsonb) IS 'Closes an account: afterwards it takes no credits and spends none; its history stays.

With p_if_credits refuse an account that has credits, held ones included, is refused with
account_not_empty (409). With forfeit holds are released and everything left is booked as breakage.
Debt stays recorded.';

--
-- Name: deduct_credit(text, bigint, text, text, text, text, jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.deduct_credit(p_account_id text, p_amount bigint DEFAULT 1, p_feature text DEFAULT NULL::text, p_member text DEFAULT NULL::text, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_status text;
    v_entry_id bigint;
    v_balance bigint;
    v_open_lot_id bigint;
    v_open_lot_remaining bigint;
    v_next_event_at timestamptz;
    v_created_at timestamptz;
    v_now timestamptz;
    v_booked_at timestamptz;
    v_amount bigint;
begin
    -- Enough for nearly every call; the exact checks run where it does not hold. Every operator is
    -- set up anew in each transaction, which costs more than its work: hence so few.
    if (
        p_amount >= 1
        and pg_column_size(array[p_feature, p_member, p_reference, p_idempotency_key]) <= 255
        and ('' = any (array[p_feature, p_member, p_reference, p_idempotency_key])) is not true
        and (p_idempotency_key like any ('{stripe:%,ref:%,pgcredits:%}')) is not true
        and p_metadata is null
    ) is not true then
        perform credits_private.check_account_id(p_account_id);
        perform credits_private.check_amount('p_amount', p_amount);
        perform credits_private.check_text('p_feature', p_feature);
        perform credits_private.check_text('p_member', p_member);
        perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    end if;

    select a.status into v_status
    from credits_private.accounts a
    where a.account_id = p_account_id
    for no key update;

    select l.entry_id, l.balance, l.open_lot_id, l.open_lot_remaining, l.next_event_at, l.created_at
    into v_entry_id, v_balance, v_open_lot_id, v_open_lot_remaining, v_next_event_at, v_created_at
    from credits_private.ledger l
    where l.account_id = p_account_id
    order by l.entry_id desc
    limit 1;
    v_now := credits_private.clock();

    if (
        v_status = 'active'
        and v_open_lot_remaining >= p_amount
        and v_next_event_at > v_now
        and (
            p_member is null
            or credits_private.admit_use(
                p_account_id, p_member, v_now, p_amount, p_idempotency_key
            )
        )
    ) is not true then
        -- No account has a bad id and no lot holds more than the largest amount: not seen so far.
        perform credits_private.check_account_id(p_account_id);
        perform credits_private.check_amount('p_amount', p_amount);
        return credits_private.post_spend(
            p_account_id, p_amount, p_feature, p_member, p_reference, p_idempotency_key, p_metadata
        );
    end if;

    -- Each value is computed once: in the insert and in the receipt an operator costs more.
    v_booked_at := greatest(v_now, v_created_at);
    v_amount := -p_amount;
    v_entry_id := v_entry_id + 1;
    v_balance := v_balance - p_amount;
    v_open_lot_remaining := v_open_lot_remaining - p_amount;
    insert into credits_private.ledger (
        account_id, entry_id, command_id, kind, amount, balance, debt,
        open_lot_id, open_lot_remaining, next_event_at,
        feature, member, reference, idempotency_key, metadata, actor, created_at, occurred_at
    )
    values (
        p_account_id, v_entry_id, v_entry_id, 'spend', v_amount, v_balance, 0,
        v_open_lot_id, v_open_lot_remaining, v_next_event_at,
        p_feature, p_member, p_reference, p_idempotency_key, p_metadata, credits_private.actor(),
        v_booked_at, v_now
    )
    on conflict do nothing;

    if not found then
        return credits_private.replay_spend(
            p_account_id, p_amount, p_feature, p_member, p_reference, p_idempotency_key
        );
    end if;
    return row(
        p_account_id, v_entry_id, v_entry_id, 'spend', v_amount,
        v_balance, v_balance, 0,
        jsonb_build_array(jsonb_build_array(v_open_lot_id, v_amount)), false, v_booked_at
    )::credits.receipt;
end
$$;

ALTER FUNCTION credits.deduct_credit(p_account_id text, p_amount bigint, p_feature text, p_member text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION deduct_credit(p_account_id text, p_amount bigint, p_feature text, p_member text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.deduct_credit(p_account_id text, p_amount bigint, p_feature text, p_member text, p_reference text, p_idempotency_key text, p_metadata jsonb) IS 'Spends whole credits in burn order: lowest pool priority, then earliest expiry, then oldest lot.

Refused with insufficient_credits (402, DETAIL has required and available), in_debt (402),
account_frozen (403) or account_closed (409); then nothing has changed. Give p_idempotency_key so
that the call can be repeated: the same key and request return the recorded receipt.';

--
-- Name: deduct_credits_batch(jsonb, boolean); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.deduct_credits_batch(p_operations jsonb, p_all_or_nothing boolean DEFAULT false) RETURNS credits.batch
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_orders credits_private.spend_order[];
    v_result credits_private.spend_result;
    v_results credits_private.spend_result[] := array[]::credits_private.spend_result[];
    r_account record;
    r_first record;
begin
    v_orders := credits_private.parse_operations(p_operations);

    for r_account in
        select o.account_id collate "C" as account_id, array_agg(o order by o.index) as orders
        from unnest(v_orders) as o
        group by o.account_id collate "C"
        order by o.account_id collate "C"
    loop
        foreach v_result in array
            credits_private.post_spends(r_account.account_id, r_account.orders)
        loop
            v_results := v_results || v_result;
        end loop;
    end loop;

    if p_all_or_nothing then
        select r.refusal,
            jsonb_build_object(
                'index', r.index, 'account_id', r.account_id, 'idempotency_key', r.idempotency_key
            ) as operation
        into r_first
        from unnest(v_results) as r
        where r.outcome = 'refused'
        order by r.index
        limit 1;
        perform credits_private.raise_refusal(r_first.refusal, r_first.operation);
    end if;
    return credits_private.batch_of(v_results);
end
$$;

ALTER FUNCTION credits.deduct_credits_batch(p_operations jsonb, p_all_or_nothing boolean) OWNER TO credits_owner;

--
-- Name: FUNCTION deduct_credits_batch(p_operations jsonb, p_all_or_nothing boolean); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.deduct_credits_batch(p_operations jsonb, p_all_or_nothing boolean) IS 'Spends up to 1000 times in one transaction, over any accounts, each operation like a deduct_credit.

p_operations is an array of objects with account_id, amount (1 if not given), feature, member,
reference, idempotency_key (required) and metadata. Operations of one account take effect in the
order given. results has an object for each, in that order: index, account_id, idempotency_key,
outcome (ok, replay or refused), receipt (null if refused) and refusal (what DETAIL would say). What
is malformed refuses the whole call before anything is locked, naming its index, with
invalid_argument (400). With p_all_or_nothing the first refusal raises its own error, with index,
account_id and idempotency_key in DETAIL, and nothing has changed.';

--
-- Name: dismiss_stripe_event(text, text, text); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.dismiss_stripe_event(p_event_id text, p_reason text, p_provider_account text DEFAULT ''::text) RETURNS credits.stripe_outcome
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_event credits_private.stripe_events;
begin
    perform credits_private.check_argument(
        'p_reason', length(p_reason) between 1 and 255, '1 to 255 characters'
    );
    v_event := credits_private.lock_stripe_event(p_event_id, p_provider_account);
    if v_event.outcome in ('received', 'parked', 'failed') then
        v_event := credits_private.close_stripe_event(
            v_event, 'dismissed: ' || p_reason
        );
    elsif v_event.outcome = 'applied' then
        perform credits_private.fail(
            'invalid_state',
            jsonb_build_object('event_id', v_event.event_id, 'outcome', v_event.outcome)
        );
    end if;
    return credits_private.describe_stripe_event(v_event);
end
$$;

ALTER FUNCTION credits.dismiss_stripe_event(p_event_id text, p_reason text, p_provider_account text) OWNER TO credits_owner;

--
-- Name: FUNCTION dismiss_stripe_event(p_event_id text, p_reason text, p_provider_account text); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.dismiss_stripe_event(p_event_id text, p_reason text, p_provider_account text) IS 'Closes an event that is parked or failed and from which nothing is to come, with the reason.

It is ignored from then on; retry_stripe_event tries it all the same. What it told about money
that went back stays known.';

--
-- Name: erase_metadata(text, text, text, text); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.erase_metadata(p_account_id text, p_reason text, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_reason', length(p_reason) between 1 and 255, '1 to 255 characters'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, null);
    return credits_private.post_erasure(p_account_id, p_reason, p_reference, p_idempotency_key);
end
$$;

ALTER FUNCTION credits.erase_metadata(p_account_id text, p_reason text, p_reference text, p_idempotency_key text) OWNER TO credits_owner;

--
-- Name: FUNCTION erase_metadata(p_account_id text, p_reason text, p_reference text, p_idempotency_key text); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.erase_metadata(p_account_id text, p_reason text, p_reference text, p_idempotency_key text) IS 'Erases the metadata of an account and of all its entries, because a person asked for it, whatever
the status of the account. The ledger says when, by whom and why, with an entry of amount 0.

Everything else stays: amounts, dates, features, references, keys and reasons. So write nothing
into those that would have to be erased. Accounts that were merged into this one have ledgers of
their own.';

--
-- Name: expire_due(integer); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.expire_due(p_limit integer DEFAULT 1000) RETURNS credits.sweep
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_now timestamptz := credits_private.clock();
    v_left bigint := coalesce(p_limit, 1000);
    v_found bigint;
    v_done bigint;
    v_due credits_private.due_account[];
    v_states credits_private.account_state[];
    v_plan credits_private.due_plan;
    v_seen text[] := array[]::text[];
    v_locked text[] := array[]::text[];
    v_one credits.sweep;
    v_sweep credits.sweep;
    r_account record;
begin
    perform credits_private.check_argument('p_limit', v_left between 1 and 10000, '1 to 10000');
    v_sweep.accounts := 0;
    v_sweep.holds := 0;
    v_sweep.lots := 0;
    v_sweep.credits := 0;
    -- One round is enough where nobody has locked an account. Each goes by the accounts of those
    -- before it, so that there is an end.
    while v_left > 0 loop
        v_due := credits_private.find_due(v_now, v_left, v_seen);
        exit when cardinality(v_due) = 0;
        select v_seen || array_agg(d.account_id), sum(d.events) into v_seen, v_found
        from unnest(v_due) as d;
        -- What comes back to a lot that has ended since ends with it: that counts, too.
        v_states := credits_private.lock_due(
            v_due, p_spare => (v_left - v_found) / cardinality(v_due)
        );
        v_locked := v_locked || array(
            select d.account_id
            from unnest(v_due) as d
            except
            select s.account_id
            from unnest(v_states) as s
        );
        v_plan := credits_private.plan_due(v_states, p_checks_out => true);
        perform credits_private.write_plan(v_plan);

        v_sweep.holds := v_sweep.holds + cardinality(v_plan.holds);
        select v_sweep.lots + count(*) filter (where c.has_ended),
            v_sweep.credits + coalesce(sum(c.expired), 0)
        into v_sweep.lots, v_sweep.credits
        from unnest(v_plan.lots) as c;
        select v_sweep.accounts + count(*) filter (
                where a.events > 0 or a.hold_id is not null or a.has_grant
            ),
            coalesce(sum(a.events), 0)
        into v_sweep.accounts, v_done
        from unnest(v_plan.accounts) as a;
        for r_account in
            select a.account_id, a.events_left
            from unnest(v_plan.accounts) as a
            where a.has_grant or a.hold_id is not null and a.events_left > 0
        loop
            v_one := credits_private.post_overdue(r_account.account_id, r_account.events_left);
            v_sweep.holds := v_sweep.holds + v_one.holds;
            v_sweep.lots := v_sweep.lots + v_one.lots;
            v_sweep.credits := v_sweep.credits + v_one.credits;
            v_done := v_done + r_account.events_left;
        end loop;
        exit when v_found < v_left;
        v_left := v_left - v_done;
    end loop;

    v_sweep.skipped := cardinality(v_locked);
    v_sweep.has_more := cardinality(credits_private.find_due(v_now, 1, v_locked)) > 0;
    return v_sweep;
end
$$;

ALTER FUNCTION credits.expire_due(p_limit integer) OWNER TO credits_owner;

--
-- Name: FUNCTION expire_due(p_limit integer); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.expire_due(p_limit integer) IS 'Releases holds past their deadline and books credits past their expiry as breakage, dated then:
at most p_limit holds and lots, the earliest first.

Run it every few minutes and again while has_more is true. An account that somebody is working on
is skipped: it is booked there, or by the next sweep. Spends and balances are right without it.';

--
-- Name: expire_subscription_credits(text, text, text, text, text, jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.expire_subscription_credits(p_account_id text, p_subscription text DEFAULT NULL::text, p_reason text DEFAULT 'cycle_end'::text, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_text('p_subscription', p_subscription, 127);
    perform credits_private.check_text('p_reason', p_reason);
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_end_subscription(
        p_account_id, p_subscription, coalesce(p_reason, 'cycle_end'),
        p_reference, p_idempotency_key, p_metadata
    );
end
$$;

ALTER FUNCTION credits.expire_subscription_credits(p_account_id text, p_subscription text, p_reason text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION expire_subscription_credits(p_account_id text, p_subscription text, p_reason text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.expire_subscription_credits(p_account_id text, p_subscription text, p_reason text, p_reference text, p_idempotency_key text, p_metadata jsonb) IS 'Ends the live lots of a subscription now, or of all subscriptions, and books what is left as
breakage.

Purchased and promotional credits are not touched. Books an entry of amount 0 when nothing is
left.';

--
-- Name: explain_spend(text, bigint); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.explain_spend(p_account_id text, p_entry_id bigint) RETURNS SETOF credits.explanation
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_entry credits_private.ledger;
    v_given_back bigint;
    v_of_hold bigint := 0;
    v_pools text[];
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_entry_id', p_entry_id > 0, 'the entry_id of an entry of the account'
    );
    select l.* into v_entry
    from credits_private.ledger l
    where l.account_id = p_account_id and l.entry_id = p_entry_id;
    if not found then
        perform credits_private.fail(
            'entry_not_found',
            jsonb_build_object('account_id', p_account_id, 'entry_id', p_entry_id)
        );
    end if;

    v_given_back := credits_private.given_back(p_account_id, v_entry);
    if v_entry.kind = 'capture' then
        v_of_hold := credits_private.captured_of_hold(p_account_id, v_entry);
    elsif v_entry.kind = 'settle' then
        select array_agg(p.pool) into v_pools from credits_private.pools p where p.pays_debt;
    elsif v_entry.kind in ('adjust', 'transfer') and v_entry.request ? 'pool' then
        v_pools := array[v_entry.request ->> 'pool'];
    end if;

    return query
    with parts as (
        select x.ordinal, x.lot_id, x.amount,
            lead(x.lot_id) over (order by x.ordinal) as next_lot_id,
            count(*) filter (where x.lot_id > 0) over () = 1 as is_alone,
            sum(-x.amount) over (order by x.ordinal) + x.amount as taken_before,
            sum(-x.amount) over () - sum(-x.amount) over (order by x.ordinal) as taken_behind,
            sum(x.amount) over (partition by x.lot_id order by x.ordinal) as moved
        from credits_private.parts_of(credits_private.allocations_of(v_entry)) as x
    ),
    held as (
        select h.lot_id, h.credits
        from credits_private.lots_after(p_account_id, p_entry_id - 1) as h
    ),
    left_alone as (
        select l.lot_id
        from held h
        join credits_private.lots l on l.account_id = p_account_id and l.lot_id = h.lot_id
        where (v_pools is null or l.pool = any (v_pools))
            and not exists (select from parts p where p.lot_id = h.lot_id)
        order by l.priority, l.expires_at, l.lot_id
        limit 1
    )
    select p_account_id, p_entry_id, p.ordinal::integer, p.lot_id, l.pool, l.priority,
        nullif(l.expires_at, 'infinity'), p.amount,
        case
            when p.amount < 0 and p.lot_id > 0
                then least(-p.amount, greatest(v_given_back - p.taken_behind, 0))::bigint
        end,
        b.credits::bigint, a.credits::bigint,
        case
            when v_entry.kind in ('transfer', 'merge') and p.amount > 0 and p.lot_id > 0
                then format('came from account %s', v_entry.other_account_id)
            when v_entry.kind = 'merge' and p.lot_id > 0
                then format('goes on in account %s', v_entry.other_account_id)
            when v_entry.kind = 'merge' and p.amount > 0
                then format('owed by account %s from here on', v_entry.other_account_id)
            when v_entry.kind = 'merge'
                then format('was owed by account %s', v_entry.other_account_id)
            when p.lot_id = 0 and p.amount < 0 then 'had been used: owed from here on'
            when p.lot_id = 0 and v_entry.kind = 'settle' then 'pays debt'
            when p.lot_id = 0 then 'no longer owed'
            when v_entry.kind = 'capture' and p.taken_before < v_of_hold
                then format('set aside by hold %s', v_entry.about_entry_id)
            when v_entry.kind in ('spend', 'hold', 'capture', 'transfer', 'settle', 'adjust')
                and p.amount < 0
                then credits_private.burn_reason(l, n, p.is_alone)
            when v_entry.kind = 'refund' then format(
                'goes back where entry %s took it from, its last lot first', v_entry.about_entry_id
            )
            when v_entry.kind = 'release'
                then format('given up by hold %s, its last lot first', v_entry.about_entry_id)
            when v_entry.kind = 'expire' then 'the lot had ended'
            when v_entry.kind = 'clawback' then 'the payment of the lot went back'
            when v_entry.kind = 'rollover' and p.amount < 0 then 'carried over'
            when v_entry.kind = 'rollover' then 'carried over from the lot before'
            when v_entry.kind = 'restore' and p.amount < 0 then 'given more time in another lot'
            when v_entry.kind = 'restore' then 'given back'
            else 'granted'
        end
    from parts p
    left join credits_private.lots l on l.account_id = p_account_id and l.lot_id = p.lot_id
    left join held h on h.lot_id = p.lot_id
    left join left_alone o on true
    left join credits_private.lots n
        on n.account_id = p_account_id and n.lot_id = coalesce(nullif(p.next_lot_id, 0), o.lot_id)
    cross join lateral (
        select case when p.lot_id = 0 then v_entry.debt else coalesce(h.credits, 0) + p.moved end
    ) as a (credits)
    cross join lateral (
        select case when p.lot_id = 0 then v_entry.debt + p.amount else a.credits - p.amount end
    ) as b (credits)
    order by p.ordinal;
end
$$;

ALTER FUNCTION credits.explain_spend(p_account_id text, p_entry_id bigint) OWNER TO credits_owner;

--
-- Name: FUNCTION explain_spend(p_account_id text, p_entry_id bigint); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.explain_spend(p_account_id text, p_entry_id bigint) IS 'Which lots an entry took its credits from, in order, and why each of them stood at its place:
priority, earlier expiry, older, or nothing else was there.

amount is negative for credits that were taken. given_back is what refunds (of a hold: releases)
have given back of it by now. left_before and left_after are what the lot held right before and
after; of lot 0, the debt, what was owed. Priorities are those of the lots; expiries are those of
today.';

--
-- Name: extend_hold(text, bigint, interval, text, text, jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.extend_hold(p_account_id text, p_hold_id bigint, p_expires_in interval DEFAULT NULL::interval, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_hold_id', p_hold_id > 0, 'the entry_id of a hold_credits receipt'
    );
    perform credits_private.check_hold_time(p_expires_in);
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_extension(
        p_account_id, p_hold_id, p_expires_in, p_reference, p_idempotency_key, p_metadata
    );
end
$$;

ALTER FUNCTION credits.extend_hold(p_account_id text, p_hold_id bigint, p_expires_in interval, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION extend_hold(p_account_id text, p_hold_id bigint, p_expires_in interval, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.extend_hold(p_account_id text, p_hold_id bigint, p_expires_in interval, p_reference text, p_idempotency_key text, p_metadata jsonb) IS 'Keeps an open hold alive for p_expires_in from now (at most 24 hours; null: the setting hold_time);
a later deadline stays as it is. Call it now and then while long work goes on.';

--
-- Name: freeze_account(text, text, text, text, jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.freeze_account(p_account_id text, p_reason text, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_reason', length(p_reason) between 1 and 255, '1 to 255 characters'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_status(
        p_account_id, 'freeze', p_reason, p_reference, p_idempotency_key, p_metadata
    );
end
$$;

ALTER FUNCTION credits.freeze_account(p_account_id text, p_reason text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION freeze_account(p_account_id text, p_reason text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.freeze_account(p_account_id text, p_reason text, p_reference text, p_idempotency_key text, p_metadata jsonb) IS 'Freezes an account: spends and holds are refused with account_frozen (403) until unfreeze_account.
Grants, refunds of spends, captures of what is held, releases, clawbacks and expiry go on.

The reason is kept in the ledger. Freezing a frozen account is recorded and changes nothing.';

--
-- Name: get_backlog(); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.get_backlog() RETURNS credits.backlog
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_backlog credits.backlog;
begin
    v_backlog.as_of := credits_private.clock();
    select count(*), min(l.expires_at) into v_backlog.due_lots, v_backlog.oldest_due_at
    from (
        select l.expires_at
        from credits_private.lots l
        where l.is_open and l.expires_at <= v_backlog.as_of
        order by l.expires_at
        limit 10000
    ) as l;
    select count(*), least(min(h.expires_at), v_backlog.oldest_due_at)
    into v_backlog.due_holds, v_backlog.oldest_due_at
    from (
        select h.expires_at
        from credits_private.holds h
        where h.status = 'open' and h.expires_at <= v_backlog.as_of
        order by h.expires_at
        limit 10000
    ) as h;
    select count(*), min(i.next_grant_at) into v_backlog.due_grants, v_backlog.oldest_grant_at
    from (
        select i.next_grant_at
        from credits_private.subscription_items i
        where i.next_grant_at <= v_backlog.as_of
        order by i.next_grant_at
        limit 10000
    ) as i;
    select s.sealed_until into v_backlog.sealed_until
    from credits_private.sealing s
    where s.is_only;
    return v_backlog;
end
$$;

ALTER FUNCTION credits.get_backlog() OWNER TO credits_owner;

--
-- Name: FUNCTION get_backlog(); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.get_backlog() IS 'Lots, holds and scheduled grants that are due and not booked yet, and the instant up to which
entries are sealed.

Spends are right all the same; what grows here says that a job does not run.';

--
-- Name: get_balance(text); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.get_balance(p_account_id text) RETURNS credits.balance
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_balance credits.balance;
begin
    perform credits_private.check_account_id(p_account_id);
    v_balance.account_id := p_account_id;
    v_balance.as_of := credits_private.clock();

    with tail as (
        select t.debt, t.open_lot_id, t.open_lot_remaining
        from credits_private.ledger t
        where t.account_id = p_account_id
        order by t.entry_id desc
        limit 1
    ),
    live as (
        select l.pool, l.expires_at,
            l.remaining
                + case when l.lot_id = t.open_lot_id then t.open_lot_remaining else 0 end as credits
        from credits_private.lots l
        cross join tail t
        where l.account_id = p_account_id and l.is_open and l.expires_at > v_balance.as_of
    ),
    per_pool as (
        select p.pool, coalesce(sum(v.credits), 0)::bigint as credits
        from credits_private.pools p
        left join live v on v.pool = p.pool
        group by p.pool
    ),
    next_expiry as (
        select v.expires_at, sum(v.credits)::bigint as credits
        from live v
        where v.credits > 0 and isfinite(v.expires_at)
        group by v.expires_at
        order by v.expires_at
        limit 1
    )
    select a.status, a.merged_into, a.plan, coalesce(t.debt, 0),
        credits_private.held_by(p_account_id), s.credits, s.pools, n.expires_at, n.credits
    into v_balance.status, v_balance.merged_into, v_balance.plan, v_balance.debt, v_balance.held,
        v_balance.balance, v_balance.pools, v_balance.next_expires_at, v_balance.next_expires_amount
    from (
        select sum(q.credits)::bigint as credits, jsonb_object_agg(q.pool, q.credits) as pools
        from per_pool q
    ) as s
    left join credits_private.accounts a on a.account_id = p_account_id
    left join tail t on true
    left join next_expiry n on true;

    v_balance.available := case when v_balance.debt > 0 then 0 else v_balance.balance end;
    v_balance.settled := v_balance.available + v_balance.held;
    v_balance.balance := v_balance.balance - v_balance.debt;
    return v_balance;
end
$$;

ALTER FUNCTION credits.get_balance(p_account_id text) OWNER TO credits_owner;

--
-- Name: FUNCTION get_balance(p_account_id text); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.get_balance(p_account_id text) IS 'What an account can spend right now: available is what deduct_credit would accept while status
is active.

balance is all live credits less the debt; held stands in open holds, settled is available and
held together; pools maps each pool to its credits; next_expires_at and next_expires_amount tell
what expires first. Reads as zeros for an unknown account.';

--
-- Name: get_seal(text); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.get_seal(p_account_id text) RETURNS credits.seal
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_seal credits.seal;
begin
    perform credits_private.check_account_id(p_account_id);
    v_seal.account_id := p_account_id;
    select s.entry_id, encode(s.hash, 'hex') into v_seal.entry_id, v_seal.hash
    from credits_private.seals s
    where s.account_id = p_account_id
    order by s.entry_id desc
    limit 1;
    select max(l.entry_id) - coalesce(v_seal.entry_id, 0) into v_seal.unsealed
    from credits_private.ledger l
    where l.account_id = p_account_id;
    return v_seal;
end
$$;

ALTER FUNCTION credits.get_seal(p_account_id text) OWNER TO credits_owner;

--
-- Name: FUNCTION get_seal(p_account_id text); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.get_seal(p_account_id text) IS 'The last seal of an account: its hash stands for every entry up to this one.

Kept where nobody who can write to the database can change it, it proves later that the entries are
still the same; see verify_seals.';

--
-- Name: get_stripe_buyer(text, boolean, text); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.get_stripe_buyer(p_account_id text, p_livemode boolean DEFAULT true, p_provider_account text DEFAULT ''::text) RETURNS credits.stripe_buyer
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_buyer credits.stripe_buyer;
begin
    perform credits_private.check_account_id(p_account_id);
    v_buyer.account_id := p_account_id;
    select min(c.customer) filter (where not c.is_deleted),
        count(*) filter (where c.is_deleted)
    into v_buyer.customer, v_buyer.deleted_customers
    from credits_private.stripe_customers c
    where (
            c.linked_account_id = p_account_id
            or c.named_account_id = p_account_id
            or c.seen_account_id = p_account_id
        )
        and coalesce(c.linked_account_id, c.named_account_id, c.seen_account_id) = p_account_id
        and c.livemode = coalesce(p_livemode, true)
        and c.provider_account = coalesce(p_provider_account, '');
    select min(s.subscription) into v_buyer.subscription
    from credits_private.stripe_subscriptions s
    where (
            s.named_account_id = p_account_id
            or s.named_account_id is null and s.customer = v_buyer.customer
        )
        and s.livemode = coalesce(p_livemode, true)
        and s.provider_account = coalesce(p_provider_account, '')
        and s.status in ('active', 'trialing', 'past_due', 'unpaid', 'paused');
    return v_buyer;
end
$$;

ALTER FUNCTION credits.get_stripe_buyer(p_account_id text, p_livemode boolean, p_provider_account text) OWNER TO credits_owner;

--
-- Name: FUNCTION get_stripe_buyer(p_account_id text, p_livemode boolean, p_provider_account text); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.get_stripe_buyer(p_account_id text, p_livemode boolean, p_provider_account text) IS 'The customer of Stripe that stands for an account, and its subscription that runs; null where
there is none.

deleted_customers counts the customers of the account that were deleted at Stripe. A subscription
runs while it is active, trialing, past_due, unpaid or paused.';

--
-- Name: grant_credits(text, bigint, text, timestamp with time zone, text, text, jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.grant_credits(p_account_id text, p_amount bigint, p_pool text DEFAULT 'promotional'::text, p_expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_grant credits_private.grant_order;
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_amount('p_amount', p_amount);
    perform credits_private.check_pool('p_pool', coalesce(p_pool, 'promotional'));
    perform credits_private.check_instant('p_expires_at', nullif(p_expires_at, 'infinity'));
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);

    v_grant.pool := coalesce(p_pool, 'promotional');
    v_grant.amount := p_amount;
    v_grant.expires_at := p_expires_at;
    return credits_private.post_grants(
        p_account_id, array[v_grant], null, false, p_reference, p_idempotency_key, p_metadata
    );
end
$$;

ALTER FUNCTION credits.grant_credits(p_account_id text, p_amount bigint, p_pool text, p_expires_at timestamp with time zone, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION grant_credits(p_account_id text, p_amount bigint, p_pool text, p_expires_at timestamp with time zone, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.grant_credits(p_account_id text, p_amount bigint, p_pool text, p_expires_at timestamp with time zone, p_reference text, p_idempotency_key text, p_metadata jsonb) IS 'Grants whole credits of a pool (subscription, promotional or purchased), for ever or until
p_expires_at.

Opens an unknown account. Credits of a paying pool settle debt first. For credits that somebody
paid for use add_purchased_credits or record_payment, so that a refund can take them back.';

--
-- Name: grant_due(integer); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.grant_due(p_limit integer DEFAULT 1000) RETURNS credits.grant_run
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_limit integer := coalesce(p_limit, 1000);
    v_now timestamptz := credits_private.clock();
    v_account_ids text[];
    v_account_id text;
    v_one credits.grant_run;
    v_run credits.grant_run;
begin
    perform credits_private.check_argument('p_limit', v_limit between 1 and 10000, '1 to 10000');
    select array_agg(d.account_id order by d.account_id) into v_account_ids
    from (
        select i.account_id
        from credits_private.subscription_items i
        where i.next_grant_at <= v_now
        group by i.account_id
        order by min(i.next_grant_at), i.account_id
        limit v_limit
    ) as d;

    v_run.accounts := 0;
    v_run.grants := 0;
    v_run.credits := 0;
    foreach v_account_id in array coalesce(v_account_ids, '{}') loop
        perform
        from credits_private.accounts a
        where a.account_id = v_account_id
        for no key update skip locked;
        continue when not found;
        v_one := credits_private.post_due_grants(v_account_id);
        v_run.accounts := v_run.accounts + v_one.accounts;
        v_run.grants := v_run.grants + v_one.grants;
        v_run.credits := v_run.credits + v_one.credits;
    end loop;
    v_run.has_more := v_run.accounts > 0 and coalesce(cardinality(v_account_ids), 0) = v_limit;
    return v_run;
end
$$;

ALTER FUNCTION credits.grant_due(p_limit integer) OWNER TO credits_owner;

--
-- Name: FUNCTION grant_due(p_limit integer); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.grant_due(p_limit integer) IS 'Books the scheduled grants of subscriptions (p_grant_every) that are due, for at most p_limit
accounts.

Run it every few minutes and again while has_more is true. Until it has run, or something else was
booked on the account, balances do not show those credits; no spend is refused for want of them.';

--
-- Name: hold_credits(text, bigint, interval, text, text, text, text, jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.hold_credits(p_account_id text, p_amount bigint, p_expires_in interval DEFAULT NULL::interval, p_feature text DEFAULT NULL::text, p_member text DEFAULT NULL::text, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_amount('p_amount', p_amount);
    perform credits_private.check_hold_time(p_expires_in);
    perform credits_private.check_text('p_feature', p_feature);
    perform credits_private.check_text('p_member', p_member);
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_hold(
        p_account_id, p_amount, p_expires_in, p_feature, p_member, p_reference, p_idempotency_key,
        p_metadata
    );
end
$$;

ALTER FUNCTION credits.hold_credits(p_account_id text, p_amount bigint, p_expires_in interval, p_feature text, p_member text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION hold_credits(p_account_id text, p_amount bigint, p_expires_in interval, p_feature text, p_member text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.hold_credits(p_account_id text, p_amount bigint, p_expires_in interval, p_feature text, p_member text, p_reference text, p_idempotency_key text, p_metadata jsonb) IS 'Sets credits aside before work whose cost is known only at its end. The entry_id of the receipt is
the p_hold_id of capture_hold, extend_hold and release_hold.

The hold ends by itself after p_expires_in (at most 24 hours; null: the setting hold_time, 15
minutes unless changed) and its credits go back to their lots. Refused like a spend, with
insufficient_credits (402), in_debt (402), account_frozen (403) or account_closed (409).';

--
-- Name: ingest_stripe_event(text, boolean); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.ingest_stripe_event(p_payload text, p_livemode boolean) RETURNS credits.stripe_outcome
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_event credits_private.stripe_events;
begin
    v_event := credits_private.parse_stripe_event(p_payload);
    perform credits_private.check_argument(
        'p_livemode', v_event.livemode = p_livemode, 'the mode of the event: ' || v_event.livemode
    );
    v_event.received_at := credits_private.clock();
    insert into credits_private.stripe_events (
        provider_account, event_id, event_type, livemode, api_version, created_at, payload, body,
        received_at
    )
    values (
        v_event.provider_account, v_event.event_id, v_event.event_type, v_event.livemode,
        v_event.api_version, v_event.created_at, v_event.payload, v_event.body, v_event.received_at
    )
    on conflict do nothing;

    select e.* into v_event
    from credits_private.stripe_events e
    where e.provider_account = v_event.provider_account and e.event_id = v_event.event_id
    for update;

    if v_event.outcome in ('applied', 'ignored') then
        v_event.outcome := 'duplicate';
    else
        v_event := credits_private.try_stripe_event(v_event);
    end if;
    return credits_private.describe_stripe_event(v_event);
end
$$;

ALTER FUNCTION credits.ingest_stripe_event(p_payload text, p_livemode boolean) OWNER TO credits_owner;

--
-- Name: FUNCTION ingest_stripe_event(p_payload text, p_livemode boolean); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.ingest_stripe_event(p_payload text, p_livemode boolean) IS 'Stores one event of Stripe, whose signature the caller has verified, and applies it once.

p_payload is the body as received; p_livemode is the mode that the caller accepts, and an event
of the other mode is refused. outcome is applied, duplicate, ignored, parked (waits for something
that reason names) or failed (reason has the error; deliver it again to retry).';

--
-- Name: link_customer(text, text, boolean, text); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.link_customer(p_account_id text, p_customer text, p_livemode boolean DEFAULT true, p_provider_account text DEFAULT ''::text) RETURNS credits.stripe_customer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_scope credits_private.stripe_events;
    v_point text;
    v_row credits_private.stripe_customers;
    v_customer credits.stripe_customer;
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_customer', length(p_customer) between 1 and 255, 'id of a customer, 1 to 255 characters'
    );
    perform credits_private.check_argument(
        'p_provider_account', length(coalesce(p_provider_account, '')) <= 255,
        'a connected account, or empty for your own'
    );
    v_scope.provider_account := coalesce(p_provider_account, '');
    v_scope.livemode := coalesce(p_livemode, true);
    v_point := credits_private.stripe_wait_name(v_scope, p_customer, 'customer');
    perform credits_private.lock_stripe_objects(v_scope, '{}', array[v_point]);
    insert into credits_private.stripe_customers as c (
        provider_account, livemode, customer, linked_account_id
    )
    values (v_scope.provider_account, v_scope.livemode, p_customer, p_account_id)
    on conflict (customer, livemode, provider_account) do update
    set linked_account_id = excluded.linked_account_id
    returning c.* into v_row;
    perform credits_private.wake_stripe_events(array[v_point]);
    v_customer.customer := p_customer;
    v_customer.account_id := p_account_id;
    v_customer.is_deleted := v_row.is_deleted;
    return v_customer;
end
$$;

ALTER FUNCTION credits.link_customer(p_account_id text, p_customer text, p_livemode boolean, p_provider_account text) OWNER TO credits_owner;

--
-- Name: FUNCTION link_customer(p_account_id text, p_customer text, p_livemode boolean, p_provider_account text); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.link_customer(p_account_id text, p_customer text, p_livemode boolean, p_provider_account text) IS 'Says which account a customer of Stripe stands for. What the customer has paid and nobody could be
credited with is granted now, and what comes goes to that account.

It goes before the metadata of the customer and before what purchases name. What was granted
before stays where it is.';

--
-- Name: list_entries(text, integer, bigint, text, text, text, text, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.list_entries(p_account_id text, p_limit integer DEFAULT 100, p_before bigint DEFAULT NULL::bigint, p_kind text DEFAULT NULL::text, p_feature text DEFAULT NULL::text, p_reference text DEFAULT NULL::text, p_member text DEFAULT NULL::text, p_from timestamp with time zone DEFAULT NULL::timestamp with time zone, p_to timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS SETOF credits.entry
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_account_id(p_account_id);
    return query
    select e.*
    from credits_private.find_entries(
        p_account_id, p_limit, p_before, p_kind, p_feature, p_reference, p_member, p_from, p_to
    ) as e;
end
$$;

ALTER FUNCTION credits.list_entries(p_account_id text, p_limit integer, p_before bigint, p_kind text, p_feature text, p_reference text, p_member text, p_from timestamp with time zone, p_to timestamp with time zone) OWNER TO credits_owner;

--
-- Name: FUNCTION list_entries(p_account_id text, p_limit integer, p_before bigint, p_kind text, p_feature text, p_reference text, p_member text, p_from timestamp with time zone, p_to timestamp with time zone); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.list_entries(p_account_id text, p_limit integer, p_before bigint, p_kind text, p_feature text, p_reference text, p_member text, p_from timestamp with time zone, p_to timestamp with time zone) IS 'Ledger of an account, newest entry first, at most 1000 a page.

For the next page give the entry_id of the last row as p_before, until a page is empty. p_from and
p_to choose by created_at, p_from included and p_to not; they cost nothing. p_kind, p_feature,
p_reference and p_member search at most 100000 entries a call: a page may be shorter than p_limit
before the end, and where none of so many entries fits, scan_limit (422) says in DETAIL with which
p_before to go on.';

--
-- Name: list_expiring(interval, integer, timestamp with time zone, text); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.list_expiring(p_within interval, p_limit integer DEFAULT 100, p_after_expires_at timestamp with time zone DEFAULT NULL::timestamp with time zone, p_after_account_id text DEFAULT NULL::text) RETURNS SETOF credits.expiring
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_now timestamptz := credits_private.clock();
    v_until timestamptz;
    v_after_at timestamptz;
    v_after_account_id text collate "C" := coalesce(p_after_account_id, '');
begin
    perform credits_private.check_argument(
        'p_within',
        extract(epoch from p_within) > 0 and extract(epoch from p_within) <= 3155760000,
        'an interval above 0, at most 100 years'
    );
    perform credits_private.check_argument(
        'p_limit', coalesce(p_limit, 100) between 1 and 1000, '1 to 1000'
    );
    perform credits_private.check_instant('p_after_expires_at', p_after_expires_at);
    perform credits_private.check_argument(
        'p_after_account_id',
        (p_after_account_id is null) = (p_after_expires_at is null)
        and (p_after_account_id is null or length(p_after_account_id) between 1 and 255),
        '1 to 255 characters, given together with p_after_expires_at'
    );
    v_until := v_now + credits_private.exact_interval(p_within);
    v_after_at := coalesce(p_after_expires_at, v_now);

    return query
    with due as (
        select l.expires_at, l.account_id, sum(c.credits)::bigint as credits, count(*) as lots
        from credits_private.lots l
        cross join lateral (
            select case
                when l.remaining > 0 then l.remaining
                else credits_private.checked_out(l.account_id, l.lot_id)
            end
        ) as c (credits)
        where l.is_open
            and (l.expires_at, l.account_id) > (v_after_at, v_after_account_id)
            and l.expires_at > v_now
            and l.expires_at <= v_until
            and c.credits > 0
        group by l.expires_at, l.account_id
        order by l.expires_at, l.account_id
        limit coalesce(p_limit, 100)
    )
    select d.account_id, a.status, d.expires_at, d.credits, d.lots, o.pools
    from due d
    left join credits_private.accounts a on a.account_id = d.account_id
    cross join lateral (
        select jsonb_object_agg(s.pool, s.credits) as pools
        from (
            select l.pool, sum(
                case
                    when l.remaining > 0 then l.remaining
                    else credits_private.checked_out(l.account_id, l.lot_id)
                end
            )::bigint as credits
            from credits_private.lots l
            where l.account_id = d.account_id and l.expires_at = d.expires_at and l.is_open
            group by l.pool
        ) as s
        where s.credits > 0
    ) as o
    order by d.expires_at, d.account_id;
end
$$;

ALTER FUNCTION credits.list_expiring(p_within interval, p_limit integer, p_after_expires_at timestamp with time zone, p_after_account_id text) OWNER TO credits_owner;

--
-- Name: FUNCTION list_expiring(p_within interval, p_limit integer, p_after_expires_at timestamp with time zone, p_after_account_id text); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.list_expiring(p_within interval, p_limit integer, p_after_expires_at timestamp with time zone, p_after_account_id text) IS 'Credits that expire within p_within from now, across all accounts, soonest first: one row for each
account and instant, with what is left in all its lots together and by pool. At most 1000 a page.

For the next page give expires_at and account_id of the last row as p_after_expires_at and
p_after_account_id. Credits that are held or used up are not in it. Days are counted as 24 hours.';

--
-- Name: list_holds(text, integer, bigint, boolean); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.list_holds(p_account_id text, p_limit integer DEFAULT 100, p_before bigint DEFAULT NULL::bigint, p_open_only boolean DEFAULT true) RETURNS SETOF credits.hold
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_limit', coalesce(p_limit, 100) between 1 and 1000, '1 to 1000'
    );
    return query
    select h.account_id, h.hold_id, h.amount, h.captured,
        case h.status when 'open' then h.amount - h.captured else 0 end,
        h.status, h.expires_at, l.feature, l.member, l.reference, l.metadata, l.created_at
    from credits_private.holds h
    join credits_private.ledger l on l.account_id = p_account_id and l.entry_id = h.hold_id
    where h.account_id = p_account_id
        and h.hold_id < coalesce(p_before, 9223372036854775807)
        and (h.status = 'open' or not coalesce(p_open_only, true))
    order by h.hold_id desc
    limit coalesce(p_limit, 100);
end
$$;

ALTER FUNCTION credits.list_holds(p_account_id text, p_limit integer, p_before bigint, p_open_only boolean) OWNER TO credits_owner;

--
-- Name: FUNCTION list_holds(p_account_id text, p_limit integer, p_before bigint, p_open_only boolean); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.list_holds(p_account_id text, p_limit integer, p_before bigint, p_open_only boolean) IS 'Holds of an account, newest first, at most 1000 a page; only open ones unless p_open_only is false.

For the next page give the hold_id of the last row as p_before. A hold past its deadline is listed
as open until a sweep or the next call on the account releases it; it cannot be captured any more.';

--
-- Name: list_lots(text, integer, bigint, boolean); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.list_lots(p_account_id text, p_limit integer DEFAULT 100, p_after bigint DEFAULT NULL::bigint, p_live_only boolean DEFAULT true) RETURNS SETOF credits.lot
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_now timestamptz := credits_private.clock();
    v_live_only boolean := coalesce(p_live_only, true);
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_limit', coalesce(p_limit, 100) between 1 and 1000, '1 to 1000'
    );
    return query
    with tail as (
        select t.open_lot_id, t.open_lot_remaining
        from credits_private.ledger t
        where t.account_id = p_account_id
        order by t.entry_id desc
        limit 1
    ),
    listed as (
        select l as lot from credits_private.lots l where l.account_id = p_account_id and l.is_open
        union all
        select l
        from credits_private.lots l
        where not v_live_only and l.account_id = p_account_id and not l.is_open
    ),
    held as (
        select x.lot,
            (x.lot).remaining
                + case when (x.lot).lot_id = t.open_lot_id then t.open_lot_remaining else 0 end
                as remaining
        from listed x
        cross join tail t
    )
    select (h.lot).account_id, (h.lot).lot_id, (h.lot).pool, (h.lot).priority, (h.lot).granted,
        h.remaining, nullif((h.lot).expires_at, 'infinity'),
        h.remaining > 0 and (h.lot).expires_at > v_now,
        (h.lot).origin, (h.lot).subscription, (h.lot).period_start, (h.lot).period_end,
        (h.lot).payment_id, (h.lot).cost_amount, (h.lot).cost_currency, (h.lot).cost_moved,
        (h.lot).reference, (h.lot).from_account_id, (h.lot).from_lot_id, (h.lot).granted_at
    from held h
    where (not v_live_only or (h.remaining > 0 and (h.lot).expires_at > v_now))
        and (
            p_after is null
            or ((h.lot).priority, (h.lot).expires_at, (h.lot).lot_id) > (
                select x.priority, x.expires_at, x.lot_id
                from credits_private.lots x
                where x.account_id = p_account_id and x.lot_id = p_after
            )
        )
    order by (h.lot).priority, (h.lot).expires_at, (h.lot).lot_id
    limit coalesce(p_limit, 100);
end
$$;

ALTER FUNCTION credits.list_lots(p_account_id text, p_limit integer, p_after bigint, p_live_only boolean) OWNER TO credits_owner;

--
-- Name: FUNCTION list_lots(p_account_id text, p_limit integer, p_after bigint, p_live_only boolean); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.list_lots(p_account_id text, p_limit integer, p_after bigint, p_live_only boolean) IS 'Lots of an account in the order in which they burn, at most 1000 a page.

Only live lots unless p_live_only is false. For the next page give the lot_id of the last row as
p_after. expires_at is null for never.';

--
-- Name: list_member_usage(text, text, integer, text, boolean); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.list_member_usage(p_account_id text, p_member text DEFAULT NULL::text, p_limit integer DEFAULT 100, p_after text DEFAULT NULL::text, p_capped_only boolean DEFAULT false) RETURNS SETOF credits.member_usage
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_now timestamptz := credits_private.clock();
    v_capped_only boolean := coalesce(p_capped_only, false);
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_text('p_member', p_member);
    perform credits_private.check_argument(
        'p_limit', coalesce(p_limit, 100) between 1 and 1000, '1 to 1000'
    );
    perform credits_private.check_text('p_after', p_after);
    if p_member is not null then
        v_capped_only := v_capped_only or exists (
            select
            from credits_private.member_caps k
            where k.account_id = p_account_id and k.member = p_member
        );
    end if;
    return query
    with capped as (
        select c.member, c.used
        from credits_private.usage_counters c
        where c.account_id = p_account_id
            and c.feature = ''
            and c.period = 'lifetime'
            and (p_member is null or c.member = p_member)
    ),
    listed as (
        select c.member, c.used from capped c
        union all
        select u.member, sum(u.amount)::bigint
        from credits_private.member_uses(p_account_id, p_member, 1) as u
        where not v_capped_only and u.member not in (select c.member from capped c)
        group by u.member
    ),
    page as (
        select l.member, l.used
        from listed l
        where p_after is null or l.member collate "C" > p_after
        order by l.member collate "C"
        limit coalesce(p_limit, 100)
    )
    select p_account_id, p.member, p.used, coalesce(
        (
            select jsonb_agg(
                jsonb_build_object(
                    'period', s.period, 'cap', s.cap, 'used', s.used,
                    'left', greatest(s.cap - s.used, 0),
                    'starts_at', nullif(s.starts_at, '-infinity'),
                    'resets_at', nullif(s.ends_at, 'infinity')
                )
                order by array_position(
                    array['hour', 'day', 'week', 'month', 'billing_period', 'lifetime'], s.period
                )
            )
            from credits_private.cap_states(p_account_id, p.member, v_now) as s
        ), '[]'
    )
    from page p
    order by p.member collate "C";
end
$$;

ALTER FUNCTION credits.list_member_usage(p_account_id text, p_member text, p_limit integer, p_after text, p_capped_only boolean) OWNER TO credits_owner;

--
-- Name: FUNCTION list_member_usage(p_account_id text, p_member text, p_limit integer, p_after text, p_capped_only boolean); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.list_member_usage(p_account_id text, p_member text, p_limit integer, p_after text, p_capped_only boolean) IS 'What members of an account have used in all, and of each of their caps, by name; at most 1000 a
page. For the next page give the member of the last row as p_after.

used is what their spends and holds took, less what came back. caps is an array of objects with
period, cap, used, left, starts_at and resets_at. Without p_capped_only it reads the whole ledger of
the account, to find who has no cap.';

--
-- Name: list_seals(integer, text); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.list_seals(p_limit integer DEFAULT 100, p_after text DEFAULT NULL::text) RETURNS SETOF credits.seal
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_last text collate "C" := coalesce(p_after, '');
begin
    perform credits_private.check_argument(
        'p_limit', coalesce(p_limit, 100) between 1 and 1000, '1 to 1000'
    );
    perform credits_private.check_argument(
        'p_after', p_after is null or length(p_after) between 1 and 255, '1 to 255 characters'
    );
    -- From one account to the next by the index, past all the seals between.
    for v_i in 1 .. coalesce(p_limit, 100) loop
        select s.account_id into v_last
        from credits_private.seals s
        where s.account_id > v_last
        order by s.account_id
        limit 1;
        exit when not found;
        return next credits.get_seal(v_last);
    end loop;
end
$$;

ALTER FUNCTION credits.list_seals(p_limit integer, p_after text) OWNER TO credits_owner;

--
-- Name: FUNCTION list_seals(p_limit integer, p_after text); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.list_seals(p_limit integer, p_after text) IS 'The last seal of each account that has one, in the order of the ids, at most 1000 a page.

For the next page give the account_id of the last row as p_after. `pgcredits seal export` does so.';

--
-- Name: list_stripe_backlog(); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.list_stripe_backlog() RETURNS SETOF credits.stripe_backlog
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    return query
    select e.outcome, e.event_type, count(*),
        count(*) filter (where e.outcome = 'failed' and e.retry_at is null), min(e.received_at)
    from credits_private.stripe_events e
    group by e.outcome, e.event_type
    order by e.outcome, e.event_type;
end
$$;

ALTER FUNCTION credits.list_stripe_backlog() OWNER TO credits_owner;

--
-- Name: FUNCTION list_stripe_backlog(); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.list_stripe_backlog() IS 'How many events of Stripe the inbox has, by outcome and type, and since when.

exhausted counts failed events that are not tried again by themselves.';

--
-- Name: list_stripe_events(text, text, integer, text, text); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.list_stripe_events(p_outcome text DEFAULT NULL::text, p_event_type text DEFAULT NULL::text, p_limit integer DEFAULT 100, p_after text DEFAULT NULL::text, p_after_account text DEFAULT ''::text) RETURNS SETOF credits.stripe_event
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_argument(
        'p_outcome',
        coalesce(p_outcome, 'parked')
            in ('received', 'applied', 'ignored', 'parked', 'failed', 'all'),
        'received, applied, ignored, parked, failed or all; null for the open ones'
    );
    perform credits_private.check_text('p_event_type', p_event_type);
    perform credits_private.check_argument(
        'p_limit', coalesce(p_limit, 100) between 1 and 1000, '1 to 1000'
    );
    perform credits_private.check_text('p_after', p_after);
    return query
    select e.provider_account, e.event_id, e.event_type, e.livemode, e.outcome, e.reason,
        e.waits_for, e.account_id, e.attempts, e.retry_at, e.created_at, e.received_at,
        e.applied_at, e.body
    from credits_private.stripe_events e
    where (e.provider_account, e.event_id) > (coalesce(p_after_account, ''), coalesce(p_after, ''))
        and case
            when p_outcome is null then e.outcome in ('received', 'parked', 'failed')
            else p_outcome in (e.outcome, 'all')
        end
        and e.event_type = coalesce(p_event_type, e.event_type)
    order by e.provider_account, e.event_id
    limit coalesce(p_limit, 100);
end
$$;

ALTER FUNCTION credits.list_stripe_events(p_outcome text, p_event_type text, p_limit integer, p_after text, p_after_account text) OWNER TO credits_owner;

--
-- Name: FUNCTION list_stripe_events(p_outcome text, p_event_type text, p_limit integer, p_after text, p_after_account text); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.list_stripe_events(p_outcome text, p_event_type text, p_limit integer, p_after text, p_after_account text) IS 'Events of Stripe''s inbox, at most 1000 a page; those that are parked or failed, unless p_outcome
says which (all: every one).

reason says what an event waits for or which error it met. A failed one without retry_at has been
tried as often as the setting stripe_attempts allows. For the next page give event_id and
provider_account of the last row.';

--
-- Name: list_stripe_objects(jsonb, boolean, text); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.list_stripe_objects(p_object_ids jsonb DEFAULT NULL::jsonb, p_livemode boolean DEFAULT true, p_provider_account text DEFAULT ''::text) RETURNS SETOF credits.stripe_object
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
    v_event credits_private.stripe_events;
begin
    perform credits_private.check_argument(
        'p_object_ids',
        case jsonb_typeof(coalesce(p_object_ids, '[]'))
            when 'array' then
                jsonb_array_length(coalesce(p_object_ids, '[]')) <= 1000
                and not coalesce(p_object_ids, '[]') @? '$[*] ? (@.type() != "string")'
        end,
        'null or an array of at most 1000 ids of objects of Stripe'
    );
    v_event.livemode := coalesce(p_livemode, true);
    v_event.provider_account := coalesce(p_provider_account, '');
    return query
    select o.provider_account, o.object_id, o.kind, o.state, coalesce(o.amount, p.amount_paid),
        o.needs_review, r.account_id, p.granted, p.target, p.amount_returned
    from credits_private.stripe_objects(v_event, p_object_ids) as o
    left join lateral credits_private.find_stripe_payment(v_event, o.names) as r on true
    left join credits_private.payments p
        on p.account_id = r.account_id and p.payment_id = r.payment_id
    order by o.object_id, o.kind
    limit 1000;
end
$_$;

ALTER FUNCTION credits.list_stripe_objects(p_object_ids jsonb, p_livemode boolean, p_provider_account text) OWNER TO credits_owner;

--
-- Name: FUNCTION list_stripe_objects(p_object_ids jsonb, p_livemode boolean, p_provider_account text); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.list_stripe_objects(p_object_ids jsonb, p_livemode boolean, p_provider_account text) IS 'What is known of objects of Stripe, and what their payments granted; without ids those that
somebody has to look at.

state is the status as told last. needs_review marks an invoice that granted credits and is void
or uncollectible now, a refund or dispute in a state that is not known, and a product or price
whose last two events could not be put in order.';

--
-- Name: list_stripe_runs(integer, timestamp with time zone); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.list_stripe_runs(p_limit integer DEFAULT 100, p_before timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS SETOF credits.stripe_run
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_argument(
        'p_limit', coalesce(p_limit, 100) between 1 and 1000, '1 to 1000'
    );
    return query
    select r.started_at, r.kind, r.provider_account, r.livemode, r.ended_at, r.counts, r.problem
    from credits_private.stripe_runs r
    where r.started_at < coalesce(p_before, 'infinity')
    order by r.started_at desc, r.kind, r.provider_account, r.livemode
    limit coalesce(p_limit, 100);
end
$$;

ALTER FUNCTION credits.list_stripe_runs(p_limit integer, p_before timestamp with time zone) OWNER TO credits_owner;

--
-- Name: FUNCTION list_stripe_runs(p_limit integer, p_before timestamp with time zone); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.list_stripe_runs(p_limit integer, p_before timestamp with time zone) IS 'Runs of sync, replay and reconcile, newest first, with what they found and did.

For the next page give started_at of the last row.';

--
-- Name: list_subscriptions(text, integer, text); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.list_subscriptions(p_account_id text, p_limit integer DEFAULT 100, p_after text DEFAULT NULL::text) RETURNS SETOF credits.subscription
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_now timestamptz := credits_private.clock();
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_limit', coalesce(p_limit, 100) between 1 and 1000, '1 to 1000'
    );
    perform credits_private.check_text('p_after', p_after, 127);
    return query
    select s.account_id, s.subscription,
        case
            when credits_private.subscription_end(s) <= v_now then 'canceled'
            when s.status = 'trialing' and s.trial_end <= v_now then 'past_due'
            else s.status
        end,
        s.trial_end, p.period_start, p.period_end, s.cancel_at_period_end, s.canceled_at,
        credits_private.list_items(s.account_id, s.subscription), s.created_at
    from credits_private.subscriptions s
    cross join lateral (
        select i.period_start, i.period_end
        from credits_private.subscription_items i
        where i.account_id = p_account_id and i.subscription = s.subscription
        order by i.period_end desc, i.period_start desc
        limit 1
    ) as p
    where s.account_id = p_account_id and s.subscription > coalesce(p_after, '')
    order by s.subscription
    limit coalesce(p_limit, 100);
end
$$;

ALTER FUNCTION credits.list_subscriptions(p_account_id text, p_limit integer, p_after text) OWNER TO credits_owner;

--
-- Name: FUNCTION list_subscriptions(p_account_id text, p_limit integer, p_after text); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.list_subscriptions(p_account_id text, p_limit integer, p_after text) IS 'Subscriptions of an account, at most 1000 a page, each with its items: item, plan, amount,
rollover_cap, period_start, period_end, grant_every, next_grant_at, next_amount, next_plan.

status is what was told last, and past_due once a trial is over that nobody has paid for, and
canceled from the end of a cancellation on. For the next page give the subscription of the last row
as p_after.';

--
-- Name: merge_accounts(text, text, text, text, text, jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.merge_accounts(p_account_id text, p_into_account_id text, p_if_holds text DEFAULT 'refuse'::text, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_other_account(
        'p_into_account_id', p_into_account_id, p_account_id
    );
    perform credits_private.check_argument(
        'p_if_holds', coalesce(p_if_holds, 'refuse') in ('refuse', 'release'), 'refuse or release'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_merge(
        p_account_id, p_into_account_id, coalesce(p_if_holds, 'refuse'),
        p_reference, p_idempotency_key, p_metadata
    );
end
$$;

ALTER FUNCTION credits.merge_accounts(p_account_id text, p_into_account_id text, p_if_holds text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION merge_accounts(p_account_id text, p_into_account_id text, p_if_holds text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.merge_accounts(p_account_id text, p_into_account_id text, p_if_holds text, p_reference text, p_idempotency_key text, p_metadata jsonb) IS 'Merges the account p_account_id, a guest''s mostly, into p_into_account_id, for good: lots with
their expiry and cost, payments with everything that has gone back of them, subscriptions with what
they are still to grant, and debt go on there.

Afterwards the old account is closed. Its ledger stays, its keys still answer with their receipts,
and a refund of one of its spends or of the money for its credits finds the credits where they are
now. Any other call is refused with account_merged (409), which names the account to call. With
open holds the merge is refused with holds_open (409), or they are released first (p_if_holds
release). A subscription that both know stays as it is in p_into_account_id; when the other one has
grants to come, the merge is refused with invalid_state (409).';

--
-- Name: mirror_stripe_object(jsonb, timestamp with time zone, boolean, text); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.mirror_stripe_object(p_object jsonb, p_seen_at timestamp with time zone, p_livemode boolean DEFAULT true, p_provider_account text DEFAULT ''::text) RETURNS credits.stripe_outcome
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
    v_kind text;
    v_created_at timestamptz;
    v_newest record;
    v_oldest_at timestamptz;
    v_event credits_private.stripe_events;
    v_outcome credits.stripe_outcome;
begin
    perform credits_private.check_argument(
        'p_object',
        jsonb_typeof(p_object) = 'object'
        and p_object ->> 'object' in ('product', 'price', 'plan')
        and length(p_object ->> 'id') between 1 and 255
        and p_object ->> 'created' ~ '^[0-9]{1,10}$'
        and coalesce(p_object ->> 'livemode', coalesce(p_livemode, true)::text)
            = coalesce(p_livemode, true)::text,
        'a product, price or plan of Stripe with id, created and the livemode of p_livemode'
    );
    perform credits_private.check_argument('p_seen_at', p_seen_at is not null, 'an instant');
    perform credits_private.check_instant('p_seen_at', p_seen_at);
    perform credits_private.check_argument(
        'p_provider_account', length(coalesce(p_provider_account, '')) <= 255,
        'a connected account, or empty for your own'
    );
    v_kind := case p_object ->> 'object' when 'product' then 'product' else 'price' end;
    v_created_at := to_timestamp((p_object ->> 'created')::bigint);
    v_event.provider_account := coalesce(p_provider_account, '');
    v_event.livemode := coalesce(p_livemode, true);

    perform credits_private.lock_stripe_catalogue(v_kind || ':' || (p_object ->> 'id'));
    select m.* into v_newest
    from credits_private.mirrored_states(v_event, v_kind, p_object ->> 'id') as m
    order by m.valid_from desc
    limit 1;
    select min(m.valid_from) into v_oldest_at
    from credits_private.mirrored_states(v_event, v_kind, p_object ->> 'id') as m;

    v_outcome.outcome := 'applied';
    if v_newest.valid_from >= p_seen_at then
        v_outcome.outcome := 'duplicate';
        v_outcome.reason := 'something newer is known';
    elsif v_newest.is_unsure then
        v_event.created_at := v_newest.valid_from;
    elsif v_newest.object = p_object and v_oldest_at <= v_created_at then
        v_outcome.outcome := 'duplicate';
        v_outcome.reason := 'it is as it is known';
    else
        v_event.created_at := p_seen_at;
    end if;
    if v_outcome.outcome = 'applied' then
        perform credits_private.mirror_state(v_event, v_kind, p_object, false);
        if coalesce(v_oldest_at, p_seen_at) > v_created_at then
            v_event.created_at := v_created_at;
            perform credits_private.mirror_state(v_event, v_kind, p_object, true);
        end if;
        perform credits_private.wake_stripe_events(array[v_kind || ':' || (p_object ->> 'id')]);
    end if;
    return v_outcome;
end
$_$;

ALTER FUNCTION credits.mirror_stripe_object(p_object jsonb, p_seen_at timestamp with time zone, p_livemode boolean, p_provider_account text) OWNER TO credits_owner;

--
-- Name: FUNCTION mirror_stripe_object(p_object jsonb, p_seen_at timestamp with time zone, p_livemode boolean, p_provider_account text); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.mirror_stripe_object(p_object jsonb, p_seen_at timestamp with time zone, p_livemode boolean, p_provider_account text) IS 'Mirrors a product or price as it was read from Stripe''s API at p_seen_at.

It counts from that instant on, and where nothing is known of the time before, from its creation.
Events that were parked because it was unknown are applied. outcome is applied, or duplicate when
it was known.';

--
-- Name: my_balance(); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.my_balance() RETURNS credits.balance
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    return credits.get_balance(credits_private.claimed_account());
end
$$;

ALTER FUNCTION credits.my_balance() OWNER TO credits_owner;

--
-- Name: FUNCTION my_balance(); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.my_balance() IS 'What the signed-in user can spend right now; the columns are those of get_balance.';

--
-- Name: my_entries(integer, bigint, text, text, text, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.my_entries(p_limit integer DEFAULT 100, p_before bigint DEFAULT NULL::bigint, p_kind text DEFAULT NULL::text, p_feature text DEFAULT NULL::text, p_reference text DEFAULT NULL::text, p_from timestamp with time zone DEFAULT NULL::timestamp with time zone, p_to timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS SETOF credits.my_entry
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_account_id text := credits_private.claimed_account();
begin
    return query
    select e.entry_id, e.kind, e.amount, e.balance, e.debt, e.pools, e.about_entry_id, e.feature,
        e.reference, e.created_at, e.occurred_at
    from credits_private.find_entries(
        v_account_id, p_limit, p_before, p_kind, p_feature, p_reference, null, p_from, p_to
    ) as e;
end
$$;

ALTER FUNCTION credits.my_entries(p_limit integer, p_before bigint, p_kind text, p_feature text, p_reference text, p_from timestamp with time zone, p_to timestamp with time zone) OWNER TO credits_owner;

--
-- Name: FUNCTION my_entries(p_limit integer, p_before bigint, p_kind text, p_feature text, p_reference text, p_from timestamp with time zone, p_to timestamp with time zone); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.my_entries(p_limit integer, p_before bigint, p_kind text, p_feature text, p_reference text, p_from timestamp with time zone, p_to timestamp with time zone) IS 'Ledger of the signed-in user, newest entry first, at most 1000 a page.

For the next page give the entry_id of the last row as p_before, until a page is empty. p_from and
p_to choose by created_at, p_from included and p_to not. p_kind, p_feature and p_reference search at
most 100000 entries a call: a page may be shorter than p_limit before the end, and where none of so
many entries fits, scan_limit (422) says in DETAIL with which p_before to go on.';

--
-- Name: my_lots(integer, bigint, boolean); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.my_lots(p_limit integer DEFAULT 100, p_after bigint DEFAULT NULL::bigint, p_live_only boolean DEFAULT true) RETURNS SETOF credits.my_lot
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_account_id text := credits_private.claimed_account();
begin
    return query
    select l.lot_id, l.pool, l.granted, l.remaining, l.expires_at, l.is_live, l.period_start,
        l.period_end, l.granted_at
    from credits.list_lots(v_account_id, p_limit, p_after, p_live_only) as l
    order by l.priority, l.expires_at nulls last, l.lot_id;
end
$$;

ALTER FUNCTION credits.my_lots(p_limit integer, p_after bigint, p_live_only boolean) OWNER TO credits_owner;

--
-- Name: FUNCTION my_lots(p_limit integer, p_after bigint, p_live_only boolean); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.my_lots(p_limit integer, p_after bigint, p_live_only boolean) IS 'Lots of the signed-in user in the order in which they burn, at most 1000 a page.

Only live lots unless p_live_only is false. expires_at is null for never. For the next page give the
lot_id of the last row as p_after.';

--
-- Name: open_account(text, text, text, text, text, jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.open_account(p_account_id text, p_kind text DEFAULT 'user'::text, p_time_zone text DEFAULT 'UTC'::text, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_kind', coalesce(p_kind, 'user') in ('user', 'organisation', 'guest'),
        'user, organisation or guest'
    );
    perform credits_private.check_time_zone('p_time_zone', coalesce(p_time_zone, 'UTC'));
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_open(
        p_account_id, coalesce(p_kind, 'user'), coalesce(p_time_zone, 'UTC'),
        p_reference, p_idempotency_key, p_metadata
    );
end
$$;

ALTER FUNCTION credits.open_account(p_account_id text, p_kind text, p_time_zone text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION open_account(p_account_id text, p_kind text, p_time_zone text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.open_account(p_account_id text, p_kind text, p_time_zone text, p_reference text, p_idempotency_key text, p_metadata jsonb) IS 'Opens an account of kind user, organisation or guest, with the time zone its periods are counted
in.

A grant opens an unknown account by itself; this call may then still set kind and time zone,
once.';

--
-- Name: purge_stripe_events(integer); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.purge_stripe_events(p_limit integer DEFAULT 1000) RETURNS credits.stripe_purge
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_limit integer := coalesce(p_limit, 1000);
    v_now timestamptz := credits_private.clock();
    v_purge credits.stripe_purge;
    r_event credits_private.stripe_events;
begin
    perform credits_private.check_argument('p_limit', v_limit between 1 and 10000, '1 to 10000');
    v_purge.closed := 0;
    for r_event in
        select e.*
        from credits_private.stripe_events e
        where starts_with(e.waits_for, 'payment:')
            and e.received_at <= v_now - credits_private.setting_interval('stripe_patience')
        order by e.received_at
        limit v_limit
        for update skip locked
    loop
        perform credits_private.close_stripe_event(
            r_event, 'no purchase came: ' || r_event.reason
        );
        v_purge.closed := v_purge.closed + 1;
    end loop;

    with old as (
        select e.provider_account, e.event_id
        from credits_private.stripe_events e
        where e.body is not null
            and e.outcome in ('applied', 'ignored')
            and e.received_at <= v_now - credits_private.setting_interval('stripe_retention')
        order by e.received_at
        limit v_limit
        for update skip locked
    )
    update credits_private.stripe_events e
    set payload = null, body = null
    from old o
    where e.provider_account = o.provider_account and e.event_id = o.event_id;
    get diagnostics v_purge.purged := row_count;
    v_purge.has_more := v_limit in (v_purge.closed, v_purge.purged);
    return v_purge;
end
$$;

ALTER FUNCTION credits.purge_stripe_events(p_limit integer) OWNER TO credits_owner;

--
-- Name: FUNCTION purge_stripe_events(p_limit integer); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.purge_stripe_events(p_limit integer) IS 'Cleans the inbox of Stripe''s events up, in batches: call it again while has_more.

Money that went back for a purchase that never granted credits here stops waiting after the setting
stripe_patience. Bodies of events that are done are purged after stripe_retention; the event itself
stays, so that it is still known when it is delivered again.';

--
-- Name: rebuild(text); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.rebuild(p_account_id text) RETURNS SETOF credits.difference
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_account_id(p_account_id);
    return query
    select d.*
    from credits_private.differences(
        p_account_id, credits_private.rebuild_entries(p_account_id)
    ) as d;
end
$$;

ALTER FUNCTION credits.rebuild(p_account_id text) OWNER TO credits_owner;

--
-- Name: FUNCTION rebuild(p_account_id text); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.rebuild(p_account_id text) IS 'Replays the entries of an account and compares what follows from them with what is stored: what is
left of each lot and has become of it, each hold, and which lot is open. No row means that they
agree.

What the entries do not tell is not looked at: pool, priority, expiry, subscription, payment and
cost of a lot, the deadline of a hold, payments, and everything else about an account. Where the
entries contradict one another, the rows have part entry, and nothing else is said.';

--
-- Name: record_payment(text, text, bigint, text, jsonb, text, bigint, text, text, jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.record_payment(p_account_id text, p_payment text, p_amount_paid bigint, p_currency text, p_grants jsonb, p_provider text DEFAULT 'manual'::text, p_amount_returned bigint DEFAULT NULL::bigint, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_payment credits_private.payment_order;
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_payment', length(p_payment) between 1 and 255, '1 to 255 characters'
    );
    perform credits_private.check_argument(
        'p_amount_paid', p_amount_paid is not null,
        'whole number of the smallest currency unit, 0 or more'
    );
    perform credits_private.check_money(p_amount_paid, p_currency);
    perform credits_private.check_text('p_provider', p_provider, 63);
    perform credits_private.check_argument(
        'p_provider', p_provider is distinct from 'stripe',
        'any provider but stripe, whose payments come in with its events'
    );
    perform credits_private.check_argument(
        'p_amount_returned',
        p_amount_returned is null or p_amount_returned between 0 and 9007199254740991,
        'null or whole number of the smallest currency unit, 0 or more'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);

    v_payment.provider := coalesce(p_provider, 'manual');
    v_payment.livemode := true;
    v_payment.provider_account := '';
    v_payment.object_id := p_payment;
    v_payment.amount_paid := p_amount_paid;
    v_payment.currency := p_currency;
    v_payment.amount_returned := p_amount_returned;
    return credits_private.post_grants(
        p_account_id, credits_private.parse_grants(p_grants), v_payment, true,
        p_reference, p_idempotency_key, p_metadata
    );
end
$$;

ALTER FUNCTION credits.record_payment(p_account_id text, p_payment text, p_amount_paid bigint, p_currency text, p_grants jsonb, p_provider text, p_amount_returned bigint, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION record_payment(p_account_id text, p_payment text, p_amount_paid bigint, p_currency text, p_grants jsonb, p_provider text, p_amount_returned bigint, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.record_payment(p_account_id text, p_payment text, p_amount_paid bigint, p_currency text, p_grants jsonb, p_provider text, p_amount_returned bigint, p_reference text, p_idempotency_key text, p_metadata jsonb) IS 'Records what was paid at a provider and grants what it bought, once per payment.

p_grants is an array of objects: amount, and optionally pool (default purchased), expires_at,
subscription, item, period_start, period_end, rollover_cap, cost (money of this lot). With
subscription and period_start it renews the subscription. p_amount_returned is money that has
gone back already; later refunds are told to clawback_credits. Amounts of money are in the
smallest unit of p_currency.';

--
-- Name: record_stripe_run(text, timestamp with time zone, jsonb, text, boolean, text); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.record_stripe_run(p_kind text, p_started_at timestamp with time zone, p_counts jsonb, p_problem text DEFAULT NULL::text, p_livemode boolean DEFAULT true, p_provider_account text DEFAULT ''::text) RETURNS credits.stripe_run
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
    v_now timestamptz := credits_private.clock();
    v_run credits.stripe_run;
begin
    perform credits_private.check_argument(
        'p_kind', p_kind in ('sync', 'replay', 'reconcile'), 'sync, replay or reconcile'
    );
    perform credits_private.check_argument('p_started_at', p_started_at is not null, 'an instant');
    perform credits_private.check_instant('p_started_at', p_started_at);
    perform credits_private.check_argument(
        'p_counts',
        jsonb_typeof(p_counts) = 'object'
        and not p_counts @? '$.* ? (@.type() != "number")',
        'an object of numbers'
    );
    perform credits_private.check_text('p_problem', p_problem, 1000);
    perform credits_private.check_argument(
        'p_provider_account', length(coalesce(p_provider_account, '')) <= 255,
        'a connected account, or empty for your own'
    );
    v_run.started_at := p_started_at;
    v_run.kind := p_kind;
    v_run.provider_account := coalesce(p_provider_account, '');
    v_run.livemode := coalesce(p_livemode, true);
    v_run.ended_at := v_now;
    v_run.counts := p_counts;
    v_run.problem := p_problem;
    insert into credits_private.stripe_runs as r (
        started_at, kind, provider_account, livemode, ended_at, counts, problem
    )
    values (
        v_run.started_at, v_run.kind, v_run.provider_account, v_run.livemode, v_run.ended_at,
        v_run.counts, v_run.problem
    )
    on conflict (started_at, kind, provider_account, livemode) do update
    set ended_at = excluded.ended_at, counts = excluded.counts, problem = excluded.problem;
    return v_run;
end
$_$;

ALTER FUNCTION credits.record_stripe_run(p_kind text, p_started_at timestamp with time zone, p_counts jsonb, p_problem text, p_livemode boolean, p_provider_account text) OWNER TO credits_owner;

--
-- Name: FUNCTION record_stripe_run(p_kind text, p_started_at timestamp with time zone, p_counts jsonb, p_problem text, p_livemode boolean, p_provider_account text); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.record_stripe_run(p_kind text, p_started_at timestamp with time zone, p_counts jsonb, p_problem text, p_livemode boolean, p_provider_account text) IS 'Keeps what a run of sync, replay or reconcile found and did, for list_stripe_runs to show.

p_counts is an object of numbers; p_problem says why the run stopped before its end.';

--
-- Name: refund_spend(text, bigint, text, bigint, text, text, text, jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.refund_spend(p_account_id text, p_entry_id bigint DEFAULT NULL::bigint, p_spend_key text DEFAULT NULL::text, p_amount bigint DEFAULT NULL::bigint, p_if_expired text DEFAULT 'grace'::text, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_entry_id', (p_entry_id is null) <> (p_spend_key is null),
        'number of the spend, or its key as p_spend_key: exactly one of them'
    );
    perform credits_private.check_amount('p_amount', coalesce(p_amount, 1));
    perform credits_private.check_argument(
        'p_if_expired', coalesce(p_if_expired, 'grace') in ('grace', 'lapse'), 'grace or lapse'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    perform credits_private.lock_chain(p_account_id);
    return credits_private.post_refund(
        p_account_id, p_entry_id, p_spend_key, p_amount, coalesce(p_if_expired, 'grace'),
        p_reference, p_idempotency_key, p_metadata
    );
end
$$;

ALTER FUNCTION credits.refund_spend(p_account_id text, p_entry_id bigint, p_spend_key text, p_amount bigint, p_if_expired text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION refund_spend(p_account_id text, p_entry_id bigint, p_spend_key text, p_amount bigint, p_if_expired text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.refund_spend(p_account_id text, p_entry_id bigint, p_spend_key text, p_amount bigint, p_if_expired text, p_reference text, p_idempotency_key text, p_metadata jsonb) IS 'Gives credits of a spend, or of a capture, back to the lots they came from, in reverse; p_amount
null gives back the rest.

Any number of partial refunds, together at most the spend. If a lot has expired meanwhile, grace
keeps its credits for the setting refund_grace after the expiry, lapse books them as breakage. If
the account was merged, the credits pass on to the account that has its lots now.';

--
-- Name: release_hold(text, bigint, text, text, jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.release_hold(p_account_id text, p_hold_id bigint, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_hold_id', p_hold_id > 0, 'the entry_id of a hold_credits receipt'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_release(
        p_account_id, p_hold_id, p_reference, p_idempotency_key, p_metadata
    );
end
$$;

ALTER FUNCTION credits.release_hold(p_account_id text, p_hold_id bigint, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION release_hold(p_account_id text, p_hold_id bigint, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.release_hold(p_account_id text, p_hold_id bigint, p_reference text, p_idempotency_key text, p_metadata jsonb) IS 'Gives everything that a hold still holds back to the lots it came from, and closes the hold.

What lies in a lot that has expired meanwhile is breakage. A hold that was captured or released
before is refused with hold_closed (409), one past its deadline with hold_expired (410): its credits
are back already.';

--
-- Name: renew_subscription(text, text, bigint, timestamp with time zone, timestamp with time zone, bigint, text, text, interval, text, bigint, text, text, text, jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.renew_subscription(p_account_id text, p_subscription text, p_amount bigint, p_period_start timestamp with time zone, p_period_end timestamp with time zone, p_rollover_cap bigint DEFAULT 0, p_item text DEFAULT NULL::text, p_plan text DEFAULT NULL::text, p_grant_every interval DEFAULT NULL::interval, p_payment text DEFAULT NULL::text, p_amount_paid bigint DEFAULT NULL::bigint, p_currency text DEFAULT NULL::text, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_grant credits_private.grant_order;
    v_payment credits_private.payment_order;
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_subscription', length(p_subscription) between 1 and 127, '1 to 127 characters'
    );
    perform credits_private.check_amount('p_amount', p_amount);
    perform credits_private.check_argument(
        'p_period_start', p_period_start is not null, 'an instant in the years 1970 to 8999'
    );
    perform credits_private.check_instant('p_period_start', p_period_start);
    perform credits_private.check_argument(
        'p_period_end', p_period_end > p_period_start, 'an instant after p_period_start'
    );
    perform credits_private.check_instant('p_period_end', p_period_end);
    perform credits_private.check_argument(
        'p_rollover_cap', p_rollover_cap is null or p_rollover_cap between 0 and 9007199254740991,
        'null for no cap, or whole number from 0 to 9007199254740991'
    );
    perform credits_private.check_text('p_item', p_item, 127);
    perform credits_private.check_text('p_plan', p_plan, 127);
    perform credits_private.check_grant_every(
        'p_grant_every', p_grant_every, p_period_start, p_period_end
    );
    perform credits_private.check_text('p_payment', p_payment);
    perform credits_private.check_money(p_amount_paid, p_currency);
    perform credits_private.check_argument(
        'p_payment', p_payment is not null or p_amount_paid is null,
        'id of the payment when p_amount_paid is given'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);

    v_grant.pool := 'subscription';
    v_grant.amount := p_amount;
    v_grant.subscription := p_subscription;
    v_grant.item := coalesce(p_item, '');
    v_grant.period_start := p_period_start;
    v_grant.period_end := p_period_end;
    v_grant.rollover_cap := p_rollover_cap;
    v_grant.plan := p_plan;
    v_grant.grant_months := credits_private.months_of(p_grant_every);
    v_grant.grant_days := extract(day from p_grant_every);
    if p_payment is not null then
        v_payment.provider := 'manual';
        v_payment.livemode := true;
        v_payment.provider_account := '';
        v_payment.object_id := p_payment;
        v_payment.amount_paid := p_amount_paid;
        v_payment.currency := p_currency;
    end if;
    return credits_private.post_grants(
        p_account_id, array[v_grant], v_payment, true, p_reference, p_idempotency_key, p_metadata
    );
end
$$;

ALTER FUNCTION credits.renew_subscription(p_account_id text, p_subscription text, p_amount bigint, p_period_start timestamp with time zone, p_period_end timestamp with time zone, p_rollover_cap bigint, p_item text, p_plan text, p_grant_every interval, p_payment text, p_amount_paid bigint, p_currency text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION renew_subscription(p_account_id text, p_subscription text, p_amount bigint, p_period_start timestamp with time zone, p_period_end timestamp with time zone, p_rollover_cap bigint, p_item text, p_plan text, p_grant_every interval, p_payment text, p_amount_paid bigint, p_currency text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.renew_subscription(p_account_id text, p_subscription text, p_amount bigint, p_period_start timestamp with time zone, p_period_end timestamp with time zone, p_rollover_cap bigint, p_item text, p_plan text, p_grant_every interval, p_payment text, p_amount_paid bigint, p_currency text, p_reference text, p_idempotency_key text, p_metadata jsonb) IS 'Grants the credits of a subscription period and ends the periods before it that are over.

What they left carries over up to p_rollover_cap (0: nothing, null: all of it); the rest is
booked as breakage; no other lot is touched. A trial ends with the first paid period. Granted once
per p_subscription, p_item and p_period_start.

With p_grant_every (such as 1 month in a period of a year) p_amount is granted at the start and
again after each interval, counted in the account''s time zone; grant_due, or whoever comes first,
books what is due. The payment then pays for all of it.';

--
-- Name: repair_account(text, text, text, text, text, jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.repair_account(p_account_id text, p_reason text, p_person text, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_reason', length(p_reason) between 1 and 255, '1 to 255 characters'
    );
    perform credits_private.check_argument(
        'p_person', length(p_person) between 1 and 255, '1 to 255 characters'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_repair(
        p_account_id, p_reason, p_person, p_reference, p_idempotency_key, p_metadata
    );
end
$$;

ALTER FUNCTION credits.repair_account(p_account_id text, p_reason text, p_person text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION repair_account(p_account_id text, p_reason text, p_person text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.repair_account(p_account_id text, p_reason text, p_person text, p_reference text, p_idempotency_key text, p_metadata jsonb) IS 'Puts lots and holds right after somebody changed their rows: they become what rebuild says that the
entries tell. p_reason, p_person and each figure that was changed are kept in an entry of amount 0.

Refused with not_repairable (409) when the entries contradict one another, and when the row of a lot
or hold is missing: bring back what is missing from a backup first. A row that no entry knows of is
removed. The balance does not change by it; what is due is booked as with every command.';

--
-- Name: retry_stripe_event(text, text); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.retry_stripe_event(p_event_id text DEFAULT NULL::text, p_provider_account text DEFAULT ''::text) RETURNS credits.stripe_outcome
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_now timestamptz := credits_private.clock();
    v_event credits_private.stripe_events;
begin
    if p_event_id is null then
        select e.* into v_event
        from credits_private.stripe_events e
        where e.retry_at <= v_now
        order by e.retry_at
        limit 1
        for update skip locked;
        if not found then
            v_event.outcome := 'none';
            return credits_private.describe_stripe_event(v_event);
        end if;
    else
        v_event := credits_private.lock_stripe_event(p_event_id, p_provider_account);
        if v_event.outcome = 'applied' then
            v_event.outcome := 'duplicate';
            return credits_private.describe_stripe_event(v_event);
        end if;
        if v_event.body is null then
            perform credits_private.fail(
                'invalid_state',
                jsonb_build_object('event_id', v_event.event_id, 'outcome', v_event.outcome),
                'Its body was purged: let Stripe send the event again.'
            );
        end if;
        v_event.attempts := 0;
    end if;
    return credits_private.describe_stripe_event(credits_private.try_stripe_event(v_event));
end
$$;

ALTER FUNCTION credits.retry_stripe_event(p_event_id text, p_provider_account text) OWNER TO credits_owner;

--
-- Name: FUNCTION retry_stripe_event(p_event_id text, p_provider_account text); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.retry_stripe_event(p_event_id text, p_provider_account text) IS 'Tries an event of the inbox again: the one that is named, or the failed one that is due longest.

Call it without arguments until outcome is none: each call is one event, in a transaction of its
own. A failed event is due with growing gaps until the setting stripe_attempts is reached; naming
it counts its attempts anew, and also tries one that was parked or ignored.';

--
-- Name: schema_version(); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.schema_version() RETURNS credits.schema_version
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_version credits.schema_version;
begin
    select max(m.id) filter (where m.kind in ('versioned', 'baseline')),
        encode(sha256(convert_to(
            coalesce(
                string_agg(m.id || ':' || m.checksum || E'\n', '' order by m.id collate "C"), ''
            ),
            'UTF8'
        )), 'hex')
    into v_version.migration, v_version.checksum
    from credits_private.schema_migrations m;
    return v_version;
end
$$;

ALTER FUNCTION credits.schema_version() OWNER TO credits_owner;

--
-- Name: FUNCTION schema_version(); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.schema_version() IS 'Newest migration and a SHA-256 over all applied files; a program compares it with its own.';

--
-- Name: seal_due(integer); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.seal_due(p_limit integer DEFAULT 10000) RETURNS credits.sealing
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_limit integer := coalesce(p_limit, 10000);
    v_has_number boolean := pg_current_xact_id_if_assigned() is not null;
    -- Read before the lock gives this transaction a number; see start_sealing_pass.
    v_now timestamptz := credits_private.clock();
    v_sealing credits_private.sealing;
    v_account_ids text[];
    v_new credits_private.sealed_accounts;
    v_old credits_private.sealed_accounts;
    v_result credits.sealing;
begin
    perform credits_private.check_argument('p_limit', v_limit between 1 and 100000, '1 to 100000');
    select s.* into v_sealing
    from credits_private.sealing s
    where s.is_only
    for update skip locked;
    v_result.is_busy := not found;
    if v_result.is_busy then
        select s.sealed_until into v_result.sealed_until
        from credits_private.sealing s
        where s.is_only;
        v_result.accounts := 0;
        v_result.entries := 0;
        v_result.has_more := false;
        return v_result;
    end if;

    if v_sealing.pass_after is null then
        v_sealing := credits_private.start_sealing_pass(
            v_sealing, v_now,
            case when not v_has_number then pg_current_xact_id()::text::bigint end,
            pg_snapshot_xmin(pg_current_snapshot())::text::bigint
        );
    end if;
    v_account_ids := credits_private.accounts_since(
        v_sealing.since - interval '60 seconds', v_sealing.pass_after, v_limit
    );
    v_new := credits_private.seal_accounts(v_account_ids, v_limit, v_sealing.at_once);
    v_sealing.pass_after := coalesce(v_new.last_account_id, v_sealing.pass_after);
    if v_new.left_out then
        v_sealing.next_since := '-infinity';
    end if;
    if v_new.is_end and cardinality(v_account_ids) < v_limit then
        v_sealing.pass_after := null;
        v_sealing.since := greatest(v_sealing.since, v_sealing.next_since);
    end if;

    if v_sealing.pass_after is null and v_sealing.whole_after is not null then
        select coalesce(array_agg(n.account_id order by n.account_id), '{}') into v_account_ids
        from (
            select a.account_id
            from credits_private.accounts a
            where a.account_id > v_sealing.whole_after
            order by a.account_id
            limit v_limit
        ) as n;
        v_old := credits_private.seal_accounts(
            v_account_ids, v_limit - v_new.entries, v_sealing.at_once
        );
        v_sealing.whole_after := coalesce(v_old.last_account_id, v_sealing.whole_after);
        if v_old.is_end and cardinality(v_account_ids) < v_limit then
            v_sealing.whole_after := null;
            v_sealing.is_whole := true;
        end if;
    end if;

    if v_sealing.pass_after is null and v_sealing.is_whole
        and v_sealing.next_since > '-infinity'
    then
        v_sealing.sealed_until := v_sealing.pass_at;
    end if;
    update credits_private.sealing s
    set since = v_sealing.since,
        next_since = v_sealing.next_since,
        mark_at = v_sealing.mark_at,
        mark_xid = v_sealing.mark_xid,
        pass_at = v_sealing.pass_at,
        pass_after = v_sealing.pass_after,
        whole_at = v_sealing.whole_at,
        whole_after = v_sealing.whole_after,
        is_whole = v_sealing.is_whole,
        is_owed = v_sealing.is_owed,
        sealed_until = v_sealing.sealed_until
    where s.is_only;

    v_result.accounts := v_new.accounts + coalesce(v_old.accounts, 0);
    v_result.entries := v_new.entries + coalesce(v_old.entries, 0);
    v_result.has_more := v_sealing.pass_after is not null or v_sealing.whole_after is not null;
    v_result.sealed_until := v_sealing.sealed_until;
    if not v_sealing.is_whole then
        v_result.estimated_entries := credits_private.estimated_unsealed();
    end if;
    return v_result;
end
$$;

ALTER FUNCTION credits.seal_due(p_limit integer) OWNER TO credits_owner;

--
-- Name: FUNCTION seal_due(p_limit integer); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.seal_due(p_limit integer) IS 'Seals entries that are not sealed yet into the hash chains of their accounts, at most p_limit.

Run it every minute and again while has_more is true. Committed entries are then sealed within two
runs; spends never wait for it.';

--
-- Name: set_member_cap(text, text, text, bigint, text, text, jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.set_member_cap(p_account_id text, p_member text, p_period text, p_cap bigint, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_member', length(p_member) between 1 and 255, '1 to 255 characters'
    );
    perform credits_private.check_argument(
        'p_period',
        p_period in ('hour', 'day', 'week', 'month', 'billing_period', 'lifetime'),
        'hour, day, week, month, billing_period or lifetime'
    );
    perform credits_private.check_argument(
        'p_cap', p_cap is null or p_cap between 0 and 9007199254740991,
        'null for no cap, or whole number from 0 to 9007199254740991'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_member_cap(
        p_account_id, p_member, p_period, p_cap, p_reference, p_idempotency_key, p_metadata
    );
end
$$;

ALTER FUNCTION credits.set_member_cap(p_account_id text, p_member text, p_period text, p_cap bigint, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION set_member_cap(p_account_id text, p_member text, p_period text, p_cap bigint, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.set_member_cap(p_account_id text, p_member text, p_period text, p_cap bigint, p_reference text, p_idempotency_key text, p_metadata jsonb) IS 'Caps what a member of an account may use of its credits in each p_period: hour, day, week, month,
billing_period or lifetime. p_cap 0 forbids, null removes the cap.

Spends and holds that name the member are counted from the beginning of the current period on, also
those before the cap was set; a call that would pass a cap is refused with limit_reached (403). A
member may have a cap for each period: all of them have to allow. Hours, days, weeks and months are
those of the account''s time zone.';

--
-- Name: set_stripe_price(text, bigint, bigint, text); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.set_stripe_price(p_price text, p_credits bigint, p_rollover_cap bigint DEFAULT 0, p_proration text DEFAULT 'none'::text) RETURNS credits.stripe_price
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_now timestamptz := credits_private.clock();
    v_price credits.stripe_price;
begin
    perform credits_private.check_argument(
        'p_price', length(p_price) between 1 and 255, 'id of a price, 1 to 255 characters'
    );
    perform credits_private.check_amount('p_credits', p_credits);
    perform credits_private.check_argument(
        'p_rollover_cap', p_rollover_cap is null or p_rollover_cap between 0 and 9007199254740991,
        'null for no cap, or whole number from 0 to 9007199254740991'
    );
    perform credits_private.check_argument(
        'p_proration', coalesce(p_proration, 'none') in ('none', 'proportional', 'full'),
        'none, proportional or full'
    );

    perform credits_private.lock_stripe_catalogue('price:' || p_price);
    insert into credits_private.stripe_price_terms (
        price, credits, rollover_cap, proration, updated_at
    )
    values (p_price, p_credits, p_rollover_cap, coalesce(p_proration, 'none'), v_now)
    on conflict (price) do update
    set credits = excluded.credits, rollover_cap = excluded.rollover_cap,
        proration = excluded.proration, updated_at = excluded.updated_at;
    perform credits_private.wake_stripe_events(array['price:' || p_price]);

    v_price.price := p_price;
    v_price.credits := p_credits;
    v_price.rollover_cap := p_rollover_cap;
    v_price.proration := coalesce(p_proration, 'none');
    v_price.updated_at := v_now;
    return v_price;
end
$$;

ALTER FUNCTION credits.set_stripe_price(p_price text, p_credits bigint, p_rollover_cap bigint, p_proration text) OWNER TO credits_owner;

--
-- Name: FUNCTION set_stripe_price(p_price text, p_credits bigint, p_rollover_cap bigint, p_proration text); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.set_stripe_price(p_price text, p_credits bigint, p_rollover_cap bigint, p_proration text) IS 'Sets what one unit of a Stripe price is worth, and goes before its metadata; p_rollover_cap null
carries everything over, p_proration says what prorated lines grant.

Past grants stay as they are. Events that were parked because the price was unknown are applied
now.';

--
-- Name: set_subscription_status(text, text, text, text, text, jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.set_subscription_status(p_account_id text, p_subscription text, p_status text, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_subscription', length(p_subscription) between 1 and 127, '1 to 127 characters'
    );
    perform credits_private.check_argument(
        'p_status', p_status in ('active', 'past_due', 'paused'), 'active, past_due or paused'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_subscription_status(
        p_account_id, p_subscription, p_status, p_reference, p_idempotency_key, p_metadata
    );
end
$$;

ALTER FUNCTION credits.set_subscription_status(p_account_id text, p_subscription text, p_status text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION set_subscription_status(p_account_id text, p_subscription text, p_status text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.set_subscription_status(p_account_id text, p_subscription text, p_status text, p_reference text, p_idempotency_key text, p_metadata jsonb) IS 'Notes the status of a subscription. past_due and paused leave its credits alone and hold its
scheduled grants up; active books those that were held up as they should have been. It never
grants anything else.';

--
-- Name: simulate_spend(text, bigint); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.simulate_spend(p_account_id text, p_amount bigint DEFAULT 1) RETURNS credits.simulation
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_spend credits.simulation;
    v_outlook credits_private.outlook;
    v_status text;
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_amount('p_amount', p_amount);
    v_spend.account_id := p_account_id;
    v_spend.amount := p_amount;
    v_spend.as_of := credits_private.clock();
    v_outlook := credits_private.outlook_of(p_account_id, v_spend.as_of);

    with live as (
        select l.lot_id, l.pool, l.priority, l.expires_at, l.remaining,
            sum(l.remaining) over (order by l.priority, l.expires_at, l.lot_id) as up_to
        from unnest(v_outlook.lots) as l
        where l.remaining > 0 and l.expires_at > v_spend.as_of
    ),
    taken as (
        select v.lot_id, v.pool, v.expires_at, v.up_to, v.remaining - t.credits as kept, t.credits
        from live v
        cross join lateral (
            select case
                when v_outlook.debt > 0 then 0
                else greatest(least(v.remaining, p_amount - v.up_to + v.remaining), 0)
            end::bigint
        ) as t (credits)
    ),
    by_expiry as (
        -- Until this expiry: what is lost, and what was taken that would have lasted longer.
        select t.expires_at,
            sum(t.kept) over (order by t.expires_at) as lost,
            sum(t.credits) over () - sum(t.credits) over (order by t.expires_at) as taken_later
        from taken t
    ),
    named as (
        select t.*, case when t.lot_id <= 9007199254740991 then t.lot_id end as shown_id
        from taken t
    )
    select (select coalesce(sum(t.kept + t.credits), 0)::bigint from taken t),
        (
            select coalesce(jsonb_agg(
                jsonb_build_array(n.shown_id, -n.credits) order by n.up_to
            ) filter (where n.credits > 0), '[]')
            from named n
        ),
        (select coalesce(sum(t.kept), 0)::bigint from taken t where isfinite(t.expires_at)),
        (
            select coalesce(max(least(e.lost, e.taken_later)), 0)::bigint
            from by_expiry e
            where isfinite(e.expires_at)
        ),
        (
            select coalesce(jsonb_agg(
                jsonb_build_object(
                    'lot_id', n.shown_id, 'pool', n.pool, 'expires_at', n.expires_at,
                    'amount', n.kept
                )
                order by n.expires_at, n.up_to
            ) filter (where n.kept > 0 and isfinite(n.expires_at)), '[]')
            from named n
        )
    into v_spend.available, v_spend.allocations, v_spend.unused, v_spend.avoidable,
        v_spend.expiring;

    if v_outlook.debt > 0 then
        v_spend.available := 0;
    end if;
    v_spend.short := greatest(p_amount - v_spend.available, 0);
    select a.status into v_status from credits_private.accounts a where a.account_id = p_account_id;
    v_spend.refusal := case
        when v_status = 'frozen' then 'account_frozen'
        when v_status = 'closed' then 'account_closed'
        when v_outlook.debt > 0 then 'in_debt'
        when v_spend.short > 0 then 'insufficient_credits'
    end;
    return v_spend;
end
$$;

ALTER FUNCTION credits.simulate_spend(p_account_id text, p_amount bigint) OWNER TO credits_owner;

--
-- Name: FUNCTION simulate_spend(p_account_id text, p_amount bigint); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.simulate_spend(p_account_id text, p_amount bigint) IS 'What deduct_credit would do with p_amount right now: allocations are the lots that it would take
from, in order; refusal is the code that it would be refused with (null: none), short what is
missing. If it would be refused, the lots are those it would take from if it could.

expiring lists what would expire unused if nothing else were spent afterwards, soonest first, and
unused is the sum. avoidable is how many of these credits are lost too early because the spend takes
from lots that last longer: a better priority outranks an earlier expiry. Caps are not looked at.';

--
-- Name: start_trial(text, text, bigint, timestamp with time zone, text, text, text, text, text, jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.start_trial(p_account_id text, p_subscription text, p_amount bigint, p_trial_end timestamp with time zone, p_item text DEFAULT NULL::text, p_plan text DEFAULT NULL::text, p_trial_key text DEFAULT NULL::text, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_subscription', length(p_subscription) between 1 and 127, '1 to 127 characters'
    );
    perform credits_private.check_amount('p_amount', p_amount);
    perform credits_private.check_argument(
        'p_trial_end', p_trial_end is not null, 'an instant in the years 1970 to 8999'
    );
    perform credits_private.check_instant('p_trial_end', p_trial_end);
    perform credits_private.check_text('p_item', p_item, 127);
    perform credits_private.check_text('p_plan', p_plan, 127);
    perform credits_private.check_text('p_trial_key', p_trial_key);
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_trial(
        p_account_id, p_subscription, coalesce(p_item, ''), p_amount, p_trial_end, p_plan,
        p_trial_key, p_reference, p_idempotency_key, p_metadata
    );
end
$$;

ALTER FUNCTION credits.start_trial(p_account_id text, p_subscription text, p_amount bigint, p_trial_end timestamp with time zone, p_item text, p_plan text, p_trial_key text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION start_trial(p_account_id text, p_subscription text, p_amount bigint, p_trial_end timestamp with time zone, p_item text, p_plan text, p_trial_key text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.start_trial(p_account_id text, p_subscription text, p_amount bigint, p_trial_end timestamp with time zone, p_item text, p_plan text, p_trial_key text, p_reference text, p_idempotency_key text, p_metadata jsonb) IS 'Starts the trial of a subscription: p_amount credits that end exactly at p_trial_end, without
grace. The first paid period (renew_subscription) ends what is left of them and grants its own
credits in full.

Once per subscription; p_trial_key (the hash of a card or of an address, say) makes it once per key
over all accounts, also those that come later.';

--
-- Name: transfer_credits(text, text, bigint, text, text, text, jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.transfer_credits(p_account_id text, p_to_account_id text, p_amount bigint, p_pool text DEFAULT NULL::text, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_other_account('p_to_account_id', p_to_account_id, p_account_id);
    perform credits_private.check_amount('p_amount', p_amount);
    if p_pool is not null then
        perform credits_private.check_pool('p_pool', p_pool);
    end if;
    perform credits_private.check_argument(
        'p_idempotency_key', length(p_idempotency_key) between 1 and 255, '1 to 255 characters'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_transfer(
        p_account_id, p_to_account_id, p_amount, p_pool, p_reference, p_idempotency_key, p_metadata
    );
end
$$;

ALTER FUNCTION credits.transfer_credits(p_account_id text, p_to_account_id text, p_amount bigint, p_pool text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION transfer_credits(p_account_id text, p_to_account_id text, p_amount bigint, p_pool text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.transfer_credits(p_account_id text, p_to_account_id text, p_amount bigint, p_pool text, p_reference text, p_idempotency_key text, p_metadata jsonb) IS 'Gives credits of one account to another one. p_idempotency_key is required: two transfers that are
the same to the letter may both be meant.

Each lot that gives becomes a lot of its own over there, with the same pool, priority and expiry and
its share of what was paid for it; no pool and no expiry gets better on the way. A payment and a
subscription stay with the giver: if the money goes back later, the giver owes what was transferred.
Refused like a spend while the giver is short (insufficient_credits, 402), in debt (in_debt, 402) or
frozen (account_frozen, 403). The receiver may be frozen or in debt, which is settled at once by
credits of a paying pool, and is opened if it is unknown; a closed one takes nothing.';

--
-- Name: unfreeze_account(text, text, text, text, jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.unfreeze_account(p_account_id text, p_reason text, p_reference text DEFAULT NULL::text, p_idempotency_key text DEFAULT NULL::text, p_metadata jsonb DEFAULT NULL::jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_reason', length(p_reason) between 1 and 255, '1 to 255 characters'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_status(
        p_account_id, 'unfreeze', p_reason, p_reference, p_idempotency_key, p_metadata
    );
end
$$;

ALTER FUNCTION credits.unfreeze_account(p_account_id text, p_reason text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION unfreeze_account(p_account_id text, p_reason text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.unfreeze_account(p_account_id text, p_reason text, p_reference text, p_idempotency_key text, p_metadata jsonb) IS 'Lets a frozen account spend again; of an active account it is recorded and changes nothing.';

--
-- Name: verify(text); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.verify(p_account_id text DEFAULT NULL::text) RETURNS SETOF credits.finding
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_account_ids text[];
    v_last text collate "C" := '';
begin
    if p_account_id is not null then
        perform credits_private.check_account_id(p_account_id);
        return query select * from credits_private.verify_accounts(array[p_account_id]);
        return query select * from credits_private.verify_orphans(p_account_id, p_account_id);
        return;
    end if;
    loop
        select array_agg(p.account_id) into v_account_ids
        from (
            select a.account_id
            from credits_private.accounts a
            where a.account_id > v_last
            order by a.account_id
            limit 1000
        ) as p;
        exit when v_account_ids is null;
        return query select * from credits_private.verify_accounts(v_account_ids);
        v_last := v_account_ids[cardinality(v_account_ids)];
    end loop;
    return query select * from credits_private.verify_orphans('', null);
end
$$;

ALTER FUNCTION credits.verify(p_account_id text) OWNER TO credits_owner;

--
-- Name: FUNCTION verify(p_account_id text); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.verify(p_account_id text) IS 'One row per violated invariant of one account, or of all accounts; no row means that all is well.

It reads the whole ledger of each account in one statement. For many accounts there is verify_page,
and `pgcredits verify`, which calls it.';

--
-- Name: verify_page(integer, text, timestamp with time zone); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.verify_page(p_limit integer DEFAULT 100, p_after text DEFAULT NULL::text, p_since timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS credits.verified_page
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_limit integer := coalesce(p_limit, 100);
    v_after text collate "C" := coalesce(p_after, '');
    v_account_ids text[];
    v_due text[];
    v_page credits.verified_page;
begin
    perform credits_private.check_argument('p_limit', v_limit between 1 and 10000, '1 to 10000');
    perform credits_private.check_argument(
        'p_after', p_after is null or length(p_after) between 1 and 255, '1 to 255 characters'
    );
    perform credits_private.check_instant('p_since', p_since);

    select array_agg(p.account_id) into v_account_ids
    from (
        select a.account_id
        from credits_private.accounts a
        where a.account_id > v_after
        order by a.account_id
        limit v_limit
    ) as p;
    v_due := v_account_ids;
    if p_since is not null then
        select array_agg(i.account_id) into v_due
        from unnest(v_account_ids) as i (account_id)
        where (
            select l.created_at
            from credits_private.ledger l
            where l.account_id = i.account_id
            order by l.entry_id desc
            limit 1
        ) >= p_since;
    end if;

    v_page.accounts := coalesce(cardinality(v_account_ids), 0);
    v_page.verified := coalesce(cardinality(v_due), 0);
    v_page.last_account_id := v_account_ids[v_page.accounts];
    v_page.has_more := exists (
        select from credits_private.accounts a where a.account_id > v_page.last_account_id
    );
    select nullif(c.reltuples, -1) into v_page.estimated_accounts
    from pg_class c
    where c.oid = 'credits_private.accounts'::regclass;
    select coalesce(jsonb_agg(f), '[]') into v_page.findings
    from (
        select a.* from credits_private.verify_accounts(v_due) as a
        union all
        -- chr(1) is the least character: what it is appended to has no closer successor.
        select o.*
        from credits_private.verify_orphans(
            case when v_after = '' then '' else v_after || chr(1) end,
            case when v_page.has_more then v_page.last_account_id end
        ) as o
        where p_since is null
    ) as f;
    return v_page;
end
$$;

ALTER FUNCTION credits.verify_page(p_limit integer, p_after text, p_since timestamp with time zone) OWNER TO credits_owner;

--
-- Name: FUNCTION verify_page(p_limit integer, p_after text, p_since timestamp with time zone); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.verify_page(p_limit integer, p_after text, p_since timestamp with time zone) IS 'Verifies the next accounts in the order of their ids, p_limit at most.

For the next page give last_account_id as p_after, until has_more is false: then every account and
every row without one has been looked at, a page at a time. `pgcredits verify` does so. Accounts
whose entries were cut off or dated back are not found with p_since.';

--
-- Name: verify_seals(jsonb); Type: FUNCTION; Schema: credits; Owner: credits_owner
--

CREATE FUNCTION credits.verify_seals(p_heads jsonb) RETURNS SETOF credits.finding
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
    v_account_id text;
    v_entry_id bigint;
    v_hash text;
    v_found text;
    r_head record;
begin
    perform credits_private.check_argument(
        'p_heads',
        case when jsonb_typeof(p_heads) = 'array' then jsonb_array_length(p_heads) <= 1000 end,
        'array of at most 1000 heads'
    );
    for r_head in
        select format('p_heads[%s]', h.number - 1) as path, h.head
        from jsonb_array_elements(p_heads) with ordinality as h (head, number)
    loop
        perform credits_private.check_argument(
            r_head.path, jsonb_typeof(r_head.head) = 'object',
            'object with account_id, entry_id and hash'
        );
        v_account_id := credits_private.parse_text(
            r_head.path || '.account_id', r_head.head -> 'account_id', 255
        );
        v_entry_id := credits_private.parse_whole_number(
            r_head.path || '.entry_id', r_head.head -> 'entry_id'
        );
        v_hash := credits_private.parse_text(r_head.path || '.hash', r_head.head -> 'hash', 64);
        perform credits_private.check_argument(
            r_head.path || '.account_id', v_account_id is not null, '1 to 255 characters'
        );
        perform credits_private.check_argument(
            r_head.path || '.entry_id', v_entry_id >= 1, 'number of an entry'
        );
        perform credits_private.check_argument(
            r_head.path || '.hash', v_hash ~ '^[0-9a-f]{64}$', '64 hexadecimal digits'
        );

        select encode(s.hash, 'hex') into v_found
        from credits_private.seals s
        where s.account_id = v_account_id and s.entry_id = v_entry_id;
        if v_found is distinct from v_hash then
            return next row(
                v_account_id, 'history is not the one whose head was exported', v_entry_id, null,
                v_hash, coalesce(v_found, 'none')
            )::credits.finding;
        end if;
        return query select c.* from credits_private.verify_chain(v_account_id) as c;
    end loop;
end
$_$;

ALTER FUNCTION credits.verify_seals(p_heads jsonb) OWNER TO credits_owner;

--
-- Name: FUNCTION verify_seals(p_heads jsonb); Type: COMMENT; Schema: credits; Owner: credits_owner
--

COMMENT ON FUNCTION credits.verify_seals(p_heads jsonb) IS 'One row per violation in the chains of these accounts; none means that every entry up to the given
heads is what it was when they were exported.

`pgcredits seal check` calls it for a whole file of heads.';

--
-- Name: accounts_since(timestamp with time zone, text, integer); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.accounts_since(p_since timestamp with time zone, p_after text, p_limit integer) RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    with recent as materialized (
        select l.account_id from credits_private.ledger l where l.created_at >= p_since
    )
    select coalesce(pg_catalog.array_agg(n.account_id order by n.account_id), '{}')
    from (
        select distinct r.account_id
        from recent r
        where r.account_id > p_after
        order by r.account_id
        limit p_limit
    ) as n
$$;

ALTER FUNCTION credits_private.accounts_since(p_since timestamp with time zone, p_after text, p_limit integer) OWNER TO credits_owner;

--
-- Name: actor(); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.actor() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select pg_catalog.concat(
        session_user, nullif(':' || pg_catalog.current_setting('role'), ':none')
    )
$$;

ALTER FUNCTION credits_private.actor() OWNER TO credits_owner;

--
-- Name: admit_spend(credits_private.account_state, bigint, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.admit_spend(p_state credits_private.account_state, p_amount bigint, p_member text) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state := p_state;
    v_refusal jsonb;
begin
    -- Where nothing is due the balance is exact, and a refusal need not touch a lot.
    if v_state.next_event_at <= v_state.now and v_state.status = 'active' then
        v_state := credits_private.catch_up(v_state);
    end if;
    v_refusal := credits_private.spend_refusal(v_state, p_amount, p_member);
    if v_refusal is not null then
        perform credits_private.raise_refusal(v_refusal);
    end if;
    perform credits_private.count_use(v_state.account_id, p_member, v_state.now, p_amount);
    return credits_private.catch_up(v_state);
end
$$;

ALTER FUNCTION credits_private.admit_spend(p_state credits_private.account_state, p_amount bigint, p_member text) OWNER TO credits_owner;

--
-- Name: admit_use(text, text, timestamp with time zone, bigint, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.admit_use(p_account_id text, p_member text, p_at timestamp with time zone, p_amount bigint, p_idempotency_key text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_is_admitted boolean;
begin
    perform
    from credits_private.member_caps k
    where k.account_id = p_account_id and k.member = p_member
    limit 1;
    if not found then
        return true;
    end if;
    if p_idempotency_key is not null then
        perform
        from credits_private.ledger l
        where l.account_id = p_account_id and l.idempotency_key = p_idempotency_key;
        if found then
            return false;
        end if;
    end if;

    -- Of two billing periods both have to allow here; the slow path looks at the newer one alone.
    select bool_and(coalesce(c.used + p_amount <= k.cap, false)) into v_is_admitted
    from credits_private.member_caps k
    left join credits_private.usage_counters c
        on c.account_id = p_account_id
        and c.member = p_member
        and c.feature = ''
        and c.period = k.period
        and c.starts_at <= p_at
        and c.ends_at > p_at
    where k.account_id = p_account_id and k.member = p_member;
    if v_is_admitted then
        update credits_private.usage_counters c
        set used = c.used + p_amount
        where c.account_id = p_account_id
            and c.member = p_member
            and c.feature = ''
            and c.starts_at <= p_at
            and c.ends_at > p_at;
    end if;
    return v_is_admitted;
end
$$;

ALTER FUNCTION credits_private.admit_use(p_account_id text, p_member text, p_at timestamp with time zone, p_amount bigint, p_idempotency_key text) OWNER TO credits_owner;

--
-- Name: affordable_refusal(credits_private.account_state, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.affordable_refusal(p_state credits_private.account_state, p_amount bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    if p_state.debt > 0 then
        return credits_private.refuse(
            'in_debt', jsonb_build_object(
                'required', p_amount, 'available', 0, 'debt', p_state.debt
            )
        );
    elsif p_state.balance < p_amount then
        return credits_private.refuse(
            'insufficient_credits', jsonb_build_object(
                'required', p_amount, 'available', p_state.balance
            )
        );
    end if;
    return null;
end
$$;

ALTER FUNCTION credits_private.affordable_refusal(p_state credits_private.account_state, p_amount bigint) OWNER TO credits_owner;

--
-- Name: allocation(bigint, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.allocation(p_lot_id bigint, p_amount bigint) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_array(p_lot_id, p_amount))
$$;

ALTER FUNCTION credits_private.allocation(p_lot_id bigint, p_amount bigint) OWNER TO credits_owner;

--
-- Name: allocations_of(credits_private.ledger); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.allocations_of(p_entry credits_private.ledger) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select case
        when p_entry.allocations is null and p_entry.amount <> 0
            then credits_private.allocation(p_entry.open_lot_id, p_entry.amount)
        else p_entry.allocations
    end
$$;

ALTER FUNCTION credits_private.allocations_of(p_entry credits_private.ledger) OWNER TO credits_owner;

--
-- Name: stripe_events; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.stripe_events (
    provider_account text NOT NULL COLLATE pg_catalog."C",
    event_id text NOT NULL COLLATE pg_catalog."C",
    event_type text NOT NULL,
    livemode boolean NOT NULL,
    api_version text,
    created_at timestamp with time zone NOT NULL,
    payload text,
    body jsonb,
    outcome text DEFAULT 'received'::text NOT NULL,
    reason text,
    waits_for text COLLATE pg_catalog."C",
    account_id text COLLATE pg_catalog."C",
    claimed_for text COLLATE pg_catalog."C",
    attempts integer DEFAULT 0 NOT NULL,
    retry_at timestamp with time zone,
    received_at timestamp with time zone NOT NULL,
    applied_at timestamp with time zone,
    CONSTRAINT stripe_events_body_is_whole CHECK (((payload IS NULL) = (body IS NULL))),
    CONSTRAINT stripe_events_open_has_body CHECK (((body IS NOT NULL) OR (outcome = ANY (ARRAY['applied'::text, 'ignored'::text])))),
    CONSTRAINT stripe_events_outcome_is_known CHECK ((outcome = ANY (ARRAY['received'::text, 'applied'::text, 'ignored'::text, 'parked'::text, 'failed'::text]))),
    CONSTRAINT stripe_events_parked_waits CHECK (((outcome = 'parked'::text) = (waits_for IS NOT NULL))),
    CONSTRAINT stripe_events_retried_is_open CHECK (((retry_at IS NULL) OR (outcome = ANY (ARRAY['received'::text, 'failed'::text]))))
);

ALTER TABLE credits_private.stripe_events OWNER TO credits_owner;

--
-- Name: TABLE stripe_events; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.stripe_events IS 'Every verified event of Stripe, once, with what became of it.';

--
-- Name: COLUMN stripe_events.provider_account; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_events.provider_account IS 'Connected account; empty for one''s own.';

--
-- Name: COLUMN stripe_events.event_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_events.event_id IS 'Id of the event.';

--
-- Name: COLUMN stripe_events.event_type; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_events.event_type IS 'Type of the event.';

--
-- Name: COLUMN stripe_events.livemode; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_events.livemode IS 'False for a test-mode event.';

--
-- Name: COLUMN stripe_events.api_version; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_events.api_version IS 'API version in which the body was rendered.';

--
-- Name: COLUMN stripe_events.created_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_events.created_at IS 'When Stripe made the event; whole seconds.';

--
-- Name: COLUMN stripe_events.payload; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_events.payload IS 'The body as it was received, to the letter; null once it was purged.';

--
-- Name: COLUMN stripe_events.body; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_events.body IS 'The body parsed; NUL characters are replaced by U+FFFD. Null once it was purged.';

--
-- Name: COLUMN stripe_events.outcome; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_events.outcome IS 'received, applied, ignored, parked or failed.';

--
-- Name: COLUMN stripe_events.reason; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_events.reason IS 'Why it was ignored, parked or failed.';

--
-- Name: COLUMN stripe_events.waits_for; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_events.waits_for IS 'What a parked event waits for, kind and id.';

--
-- Name: COLUMN stripe_events.account_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_events.account_id IS 'Account that the event was about, once known.';

--
-- Name: COLUMN stripe_events.claimed_for; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_events.claimed_for IS 'Account for which somebody has claimed the purchase, since the event names none.';

--
-- Name: COLUMN stripe_events.attempts; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_events.attempts IS 'How often it was tried.';

--
-- Name: COLUMN stripe_events.retry_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_events.retry_at IS 'When it is due to be tried again; null when it is not, or the limit of attempts is reached.';

--
-- Name: COLUMN stripe_events.received_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_events.received_at IS 'When it arrived first.';

--
-- Name: COLUMN stripe_events.applied_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_events.applied_at IS 'When it was tried last.';

--
-- Name: apply_charge(credits_private.stripe_events, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.apply_charge(p_event credits_private.stripe_events, p_charge jsonb) RETURNS credits_private.stripe_result
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_refunded bigint := (p_charge ->> 'amount_refunded')::bigint;
    v_names text[];
    r_refund record;
begin
    if credits_private.stripe_id(p_charge -> 'id') is null or v_refunded is null then
        return credits_private.stripe_result(
            'parked', 'the charge lacks its id or the amount refunded', 'operator'
        );
    end if;
    v_names := credits_private.lock_stripe_objects(
        p_event, credits_private.stripe_object_ids(p_charge)
    );
    insert into credits_private.stripe_charges as c (
        provider_account, livemode, charge, payment_intent, amount_refunded, event_at
    )
    values (
        p_event.provider_account, p_event.livemode, p_charge ->> 'id',
        credits_private.stripe_id(p_charge -> 'payment_intent'), v_refunded, p_event.created_at
    )
    on conflict (charge, livemode, provider_account) do update
    set payment_intent = coalesce(c.payment_intent, excluded.payment_intent),
        amount_refunded = case
            when excluded.event_at > c.event_at then excluded.amount_refunded
            when excluded.event_at < c.event_at then c.amount_refunded
            else greatest(c.amount_refunded, excluded.amount_refunded)
        end,
        event_at = greatest(c.event_at, excluded.event_at);
    for r_refund in
        select x.refund
        from jsonb_array_elements(
            case jsonb_typeof(p_charge #> '{refunds,data}')
                when 'array' then p_charge #> '{refunds,data}'
                else '[]'
            end
        ) as x (refund)
        where x.refund ->> 'id' is not null and x.refund ->> 'amount' is not null
    loop
        perform credits_private.record_stripe_refund(
            p_event,
            jsonb_build_object(
                'charge', p_charge -> 'id', 'payment_intent', p_charge -> 'payment_intent'
            ) || jsonb_strip_nulls(r_refund.refund)
        );
    end loop;
    return credits_private.settle_stripe_payment(p_event, v_names, p_waits => v_refunded > 0);
end
$$;

ALTER FUNCTION credits_private.apply_charge(p_event credits_private.stripe_events, p_charge jsonb) OWNER TO credits_owner;

--
-- Name: apply_checkout(credits_private.stripe_events, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.apply_checkout(p_event credits_private.stripe_events, p_session jsonb) RETURNS credits_private.stripe_result
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_id text := credits_private.stripe_id(p_session -> 'id');
    v_by_items boolean := credits_private.setting('checkout_credits') = 'line_items'
        or p_session #>> '{metadata,credits_from}' is not distinct from 'line_items';
    v_items jsonb;
    v_purchase credits_private.stripe_purchase;
    v_payment credits_private.payment_order;
    v_account_id text := coalesce(
        nullif(p_session #>> '{metadata,account}', ''),
        nullif(p_session ->> 'client_reference_id', '')
    );
begin
    if p_session ->> 'mode' = 'subscription' then
        return credits_private.link_stripe_customer(p_event, p_session, v_account_id);
    elsif p_session ->> 'mode' is distinct from 'payment' then
        return credits_private.stripe_result('ignored', 'nothing is paid in this mode');
    elsif v_id is null then
        return credits_private.stripe_result(
            'parked', 'the session lacks its id, amount or currency', 'operator'
        );
    end if;
    perform credits_private.note_checkout(
        p_event,
        v_id,
        case
            when p_event.event_type like '%.expired' then 'expired'
            when p_event.event_type like '%.async_payment_failed' then 'failed'
            when p_session ->> 'payment_status' in ('paid', 'no_payment_required') then 'paid'
            else 'pending'
        end
    );
    if p_event.event_type not like '%.completed'
        and p_event.event_type not like '%.async_payment_succeeded'
    then
        return credits_private.stripe_result('ignored', 'the session was not paid');
    elsif coalesce(p_session ->> 'payment_status', '') not in ('paid', 'no_payment_required') then
        return credits_private.stripe_result('ignored', 'not paid yet');
    end if;
    v_items := credits_private.find_line_items(
        p_event, v_id, p_session -> 'line_items',
        p_wait => v_by_items
    );
    if v_items is null and v_by_items then
        return credits_private.stripe_result(
            'parked', 'the line items of the session have not been fetched',
            credits_private.stripe_wait_name(p_event, v_id, 'lines'), v_account_id
        );
    elsif v_items is null
        and p_session #>> '{metadata,credits_frozen}' is distinct from '1'
    then
        return credits_private.stripe_result('ignored', 'metadata has no credits_frozen=1');
    elsif p_session ->> 'amount_total' is null or p_session ->> 'currency' is null then
        return credits_private.stripe_result(
            'parked', 'the session lacks its id, amount or currency', 'operator'
        );
    end if;

    v_payment.amount_paid := (p_session ->> 'amount_total')::bigint;
    v_payment.currency := p_session ->> 'currency';
    v_payment.object_id := coalesce(
        credits_private.stripe_id(p_session -> 'payment_intent'), v_id
    );
    if v_items is not null then
        v_purchase := credits_private.items_purchase(p_event, v_items);
    elsif v_payment.amount_paid = 0 and credits_private.setting('free_purchases') = 'ignore' then
        return credits_private.stripe_result(
            'ignored', 'nothing was paid, and free_purchases is ignore'
        );
    else
        v_purchase := credits_private.frozen_purchase(p_session -> 'metadata');
    end if;
    v_purchase.account_id := v_account_id;
    if v_purchase.problem is not null then
        return credits_private.stripe_result(
            'parked', v_purchase.problem, v_purchase.waits_for, v_purchase.account_id
        );
    elsif cardinality(v_purchase.grants) = 0 then
        return credits_private.stripe_result('ignored', 'no line of the session grants credits');
    end if;
    return credits_private.grant_stripe_purchase(p_event, p_session, v_purchase, v_payment);
end
$$;

ALTER FUNCTION credits_private.apply_checkout(p_event credits_private.stripe_events, p_session jsonb) OWNER TO credits_owner;

--
-- Name: apply_credit_note(credits_private.stripe_events, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.apply_credit_note(p_event credits_private.stripe_events, p_note jsonb) RETURNS credits_private.stripe_result
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_names text[];
begin
    if credits_private.stripe_id(p_note -> 'id') is null
        or credits_private.stripe_id(p_note -> 'invoice') is null
        or p_note ->> 'amount' is null
    then
        return credits_private.stripe_result(
            'parked', 'the credit note lacks its id, invoice or amount', 'operator'
        );
    end if;
    v_names := credits_private.lock_stripe_objects(
        p_event, credits_private.stripe_object_ids(p_note)
    );
    insert into credits_private.stripe_credit_notes as n (
        provider_account, livemode, credit_note, invoice, amount, refunds, is_void, event_at
    )
    values (
        p_event.provider_account,
        p_event.livemode,
        p_note ->> 'id',
        credits_private.stripe_id(p_note -> 'invoice'),
        credits_private.credit_note_amount(p_note),
        credits_private.credit_note_refunds(p_note),
        coalesce(p_note ->> 'status' = 'void', false),
        p_event.created_at
    )
    on conflict (credit_note, livemode, provider_account) do update
    set amount = case
            when excluded.event_at >= n.event_at then excluded.amount else n.amount
        end,
        refunds = case
            when excluded.event_at > n.event_at then excluded.refunds
            when excluded.event_at < n.event_at then n.refunds
            else greatest(excluded.refunds, n.refunds)
        end,
        is_void = n.is_void or excluded.is_void,
        event_at = greatest(n.event_at, excluded.event_at);
    return credits_private.settle_stripe_payment(p_event, v_names, p_waits => false);
end
$$;

ALTER FUNCTION credits_private.apply_credit_note(p_event credits_private.stripe_events, p_note jsonb) OWNER TO credits_owner;

--
-- Name: apply_customer(credits_private.stripe_events, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.apply_customer(p_event credits_private.stripe_events, p_customer jsonb) RETURNS credits_private.stripe_result
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_id text := credits_private.stripe_id(p_customer -> 'id');
    v_account_id text := nullif(p_customer #>> '{metadata,account}', '');
    v_is_deleted boolean := p_event.event_type = 'customer.deleted';
    v_point text := credits_private.stripe_wait_name(
        p_event, credits_private.stripe_id(p_customer -> 'id'), 'customer'
    );
begin
    if v_id is null or (length(v_account_id) > 255) then
        return credits_private.stripe_result(
            'parked', 'the customer lacks its id, or its account has more than 255 characters',
            'operator'
        );
    end if;
    perform credits_private.lock_stripe_objects(p_event, '{}', array[v_point]);
    insert into credits_private.stripe_customers as c (
        provider_account, livemode, customer, named_account_id, named_at, is_deleted
    )
    values (
        p_event.provider_account, p_event.livemode, v_id,
        case when not v_is_deleted then v_account_id end,
        case when not v_is_deleted then p_event.created_at end,
        v_is_deleted
    )
    on conflict (customer, livemode, provider_account) do update
    set named_account_id = case
            when v_is_deleted then c.named_account_id
            when (excluded.named_at, coalesce(excluded.named_account_id, '') collate "C") > (
                coalesce(c.named_at, '-infinity'), coalesce(c.named_account_id, '') collate "C"
            ) then excluded.named_account_id
            else c.named_account_id
        end,
        named_at = greatest(c.named_at, excluded.named_at),
        is_deleted = c.is_deleted or excluded.is_deleted;
    perform credits_private.wake_stripe_events(array[v_point]);
    return credits_private.stripe_result('applied', p_account_id => v_account_id);
end
$$;

ALTER FUNCTION credits_private.apply_customer(p_event credits_private.stripe_events, p_customer jsonb) OWNER TO credits_owner;

--
-- Name: apply_dispute(credits_private.stripe_events, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.apply_dispute(p_event credits_private.stripe_events, p_dispute jsonb) RETURNS credits_private.stripe_result
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_rank integer := credits_private.stripe_dispute_rank(p_dispute ->> 'status');
    v_dispute credits_private.stripe_disputes;
    v_ids text[] := credits_private.stripe_object_ids(p_dispute);
    v_names text[];
    v_result credits_private.stripe_result;
begin
    if credits_private.stripe_id(p_dispute -> 'id') is null
        or cardinality(v_ids) = 0
        or p_dispute ->> 'amount' is null
    then
        return credits_private.stripe_result(
            'parked', 'the dispute lacks its id, amount or charge', 'operator'
        );
    end if;
    v_names := credits_private.lock_stripe_objects(p_event, v_ids);
    insert into credits_private.stripe_disputes as d (
        provider_account, livemode, dispute, payment_intent, charge, amount, currency, status,
        status_at, withdrawn_at, reinstated_at, unknown_status
    )
    values (
        p_event.provider_account,
        p_event.livemode,
        p_dispute ->> 'id',
        credits_private.stripe_id(p_dispute -> 'payment_intent'),
        credits_private.stripe_id(p_dispute -> 'charge'),
        (p_dispute ->> 'amount')::bigint,
        p_dispute ->> 'currency',
        case when v_rank is not null then p_dispute ->> 'status' end,
        case when v_rank is null then '-infinity' else p_event.created_at end,
        case when p_event.event_type like '%.funds_withdrawn' then p_event.created_at end,
        case when p_event.event_type like '%.funds_reinstated' then p_event.created_at end,
        case when v_rank is null then p_dispute ->> 'status' end
    )
    on conflict (dispute, livemode, provider_account) do update
    set payment_intent = coalesce(d.payment_intent, excluded.payment_intent),
        charge = coalesce(d.charge, excluded.charge),
        withdrawn_at = greatest(d.withdrawn_at, excluded.withdrawn_at),
        reinstated_at = greatest(d.reinstated_at, excluded.reinstated_at),
        unknown_status = coalesce(excluded.unknown_status, d.unknown_status),
        amount = case
            when excluded.status_at > d.status_at then excluded.amount
            when excluded.status_at < d.status_at then d.amount
            else greatest(d.amount, excluded.amount)
        end,
        status = case
            when (excluded.status_at, v_rank) > (
                d.status_at, coalesce(credits_private.stripe_dispute_rank(d.status), 0)
            ) then excluded.status
            else d.status
        end,
        status_at = greatest(d.status_at, excluded.status_at)
    returning d.* into v_dispute;
    v_result := credits_private.settle_stripe_payment(
        p_event, v_names, p_waits => credits_private.dispute_takes_back(v_dispute, true)
    );
    if v_rank is null then
        v_result.reason := coalesce(v_result.reason || '; ', '')
            || 'the status is not known and changes nothing';
    end if;
    return v_result;
end
$$;

ALTER FUNCTION credits_private.apply_dispute(p_event credits_private.stripe_events, p_dispute jsonb) OWNER TO credits_owner;

--
-- Name: apply_invoice(credits_private.stripe_events, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.apply_invoice(p_event credits_private.stripe_events, p_invoice jsonb) RETURNS credits_private.stripe_result
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_purchase credits_private.stripe_purchase;
    v_payment credits_private.payment_order;
begin
    if p_invoice ->> 'status' is distinct from 'paid'
        and p_invoice ->> 'paid' is distinct from 'true'
    then
        return credits_private.stripe_result('ignored', 'invoice is not paid');
    end if;
    v_purchase := credits_private.invoice_purchase(p_event, p_invoice);
    if v_purchase.problem is not null then
        return credits_private.stripe_result(
            'parked', v_purchase.problem, v_purchase.waits_for, v_purchase.account_id
        );
    elsif cardinality(v_purchase.grants) = 0 then
        return credits_private.stripe_result('ignored', 'no line of the invoice grants credits');
    elsif credits_private.stripe_id(p_invoice -> 'id') is null
        or p_invoice ->> 'amount_paid' is null
        or p_invoice ->> 'currency' is null
    then
        return credits_private.stripe_result(
            'parked', 'the invoice lacks its id, amount paid or currency', 'operator'
        );
    end if;
    v_payment.object_id := p_invoice ->> 'id';
    v_payment.amount_paid := (p_invoice ->> 'amount_paid')::bigint;
    v_payment.currency := p_invoice ->> 'currency';
    return credits_private.grant_stripe_purchase(p_event, p_invoice, v_purchase, v_payment);
end
$$;

ALTER FUNCTION credits_private.apply_invoice(p_event credits_private.stripe_events, p_invoice jsonb) OWNER TO credits_owner;

--
-- Name: apply_invoice_event(credits_private.stripe_events, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.apply_invoice_event(p_event credits_private.stripe_events, p_invoice jsonb) RETURNS credits_private.stripe_result
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_result credits_private.stripe_result;
    v_invoice credits_private.stripe_invoices;
begin
    if p_event.event_type in ('invoice.paid', 'invoice.payment_succeeded') then
        v_result := credits_private.apply_invoice(p_event, p_invoice);
    else
        v_result := credits_private.stripe_result(
            'applied', 'the state of the invoice is noted; only a paid one grants'
        );
    end if;
    if credits_private.stripe_id(p_invoice -> 'id') is null then
        if v_result.outcome = 'applied' then
            return credits_private.stripe_result('ignored', 'the invoice has no id');
        end if;
        return v_result;
    end if;
    v_invoice := credits_private.note_invoice(p_event, p_invoice);
    if v_invoice.needs_review then
        v_result.reason := 'the invoice has granted credits and is ' || v_invoice.status
            || ': decide whether to take them back';
    end if;
    return v_result;
end
$$;

ALTER FUNCTION credits_private.apply_invoice_event(p_event credits_private.stripe_events, p_invoice jsonb) OWNER TO credits_owner;

--
-- Name: apply_invoice_payment(credits_private.stripe_events, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.apply_invoice_payment(p_event credits_private.stripe_events, p_invoice_payment jsonb) RETURNS credits_private.stripe_result
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_ids text[] := credits_private.stripe_object_ids(p_invoice_payment);
begin
    if cardinality(v_ids) < 2 then
        return credits_private.stripe_result(
            'applied', 'the invoice was paid outside of Stripe or names no payment'
        );
    end if;
    return credits_private.settle_stripe_payment(
        p_event, credits_private.lock_stripe_objects(p_event, v_ids), p_waits => false
    );
end
$$;

ALTER FUNCTION credits_private.apply_invoice_payment(p_event credits_private.stripe_events, p_invoice_payment jsonb) OWNER TO credits_owner;

--
-- Name: apply_payment_intent(credits_private.stripe_events, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.apply_payment_intent(p_event credits_private.stripe_events, p_intent jsonb) RETURNS credits_private.stripe_result
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_purchase credits_private.stripe_purchase := credits_private.frozen_purchase(
        p_intent -> 'metadata'
    );
    v_payment credits_private.payment_order;
begin
    if v_purchase.problem is not null then
        return credits_private.stripe_result(
            'parked', v_purchase.problem, v_purchase.waits_for, v_purchase.account_id
        );
    elsif cardinality(v_purchase.grants) = 0 then
        return credits_private.settle_stripe_payment(
            p_event,
            credits_private.lock_stripe_objects(
                p_event, credits_private.stripe_object_ids(p_intent)
            ),
            p_waits => false
        );
    elsif credits_private.stripe_id(p_intent -> 'id') is null
        or p_intent ->> 'amount_received' is null
        or p_intent ->> 'currency' is null
    then
        return credits_private.stripe_result(
            'parked', 'the payment intent lacks its id, amount or currency', 'operator'
        );
    end if;
    v_payment.object_id := p_intent ->> 'id';
    v_payment.amount_paid := (p_intent ->> 'amount_received')::bigint;
    v_payment.currency := p_intent ->> 'currency';
    return credits_private.grant_stripe_purchase(p_event, p_intent, v_purchase, v_payment);
end
$$;

ALTER FUNCTION credits_private.apply_payment_intent(p_event credits_private.stripe_events, p_intent jsonb) OWNER TO credits_owner;

--
-- Name: apply_price(credits_private.stripe_events, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.apply_price(p_event credits_private.stripe_events, p_price jsonb) RETURNS credits_private.stripe_result
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_kept credits_private.stripe_prices;
    v_order text := 'newer';
begin
    if credits_private.stripe_id(p_price -> 'id') is null then
        return credits_private.stripe_result('parked', 'the price lacks its id', 'operator');
    end if;
    perform credits_private.lock_stripe_catalogue('price:' || (p_price ->> 'id'));
    select p.* into v_kept
    from credits_private.stripe_prices p
    where p.price = p_price ->> 'id'
        and p.livemode = p_event.livemode
        and p.provider_account = p_event.provider_account
        and p.valid_from = p_event.created_at;
    if v_kept.is_assumed then
        v_order := 'newer';
    elsif found and v_kept.object ->> 'object' <> p_price ->> 'object' then
        v_order := case p_price ->> 'object' when 'price' then 'newer' else 'older' end;
    elsif found then
        v_order := credits_private.stripe_order(
            p_event, v_kept.valid_from, v_kept.object, v_kept.previous
        );
    end if;
    insert into credits_private.stripe_prices as p (
        provider_account, livemode, price, valid_from, object, previous, is_deleted, is_unsure
    )
    values (
        p_event.provider_account, p_event.livemode, p_price ->> 'id', p_event.created_at,
        p_price, p_event.body #> '{data,previous_attributes}',
        p_event.event_type like '%.deleted', false
    )
    on conflict (price, valid_from, livemode, provider_account) do update
    set object = case when v_order = 'newer' then excluded.object else p.object end,
        previous = case when v_order = 'newer' then excluded.previous else p.previous end,
        is_deleted = p.is_deleted or excluded.is_deleted,
        is_assumed = false,
        is_unsure = v_order = 'unsure' or p.is_unsure and v_order = 'older';
    perform credits_private.wake_stripe_events(array['price:' || (p_price ->> 'id')]);
    return credits_private.stripe_result('applied');
end
$$;

ALTER FUNCTION credits_private.apply_price(p_event credits_private.stripe_events, p_price jsonb) OWNER TO credits_owner;

--
-- Name: apply_product(credits_private.stripe_events, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.apply_product(p_event credits_private.stripe_events, p_product jsonb) RETURNS credits_private.stripe_result
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_kept credits_private.stripe_products;
    v_order text := 'newer';
begin
    if credits_private.stripe_id(p_product -> 'id') is null then
        return credits_private.stripe_result('parked', 'the product lacks its id', 'operator');
    end if;
    perform credits_private.lock_stripe_catalogue('product:' || (p_product ->> 'id'));
    select p.* into v_kept
    from credits_private.stripe_products p
    where p.product = p_product ->> 'id'
        and p.livemode = p_event.livemode
        and p.provider_account = p_event.provider_account
        and p.valid_from = p_event.created_at;
    if found and not v_kept.is_assumed then
        v_order := credits_private.stripe_order(
            p_event, v_kept.valid_from, v_kept.object, v_kept.previous
        );
    end if;
    insert into credits_private.stripe_products as p (
        provider_account, livemode, product, valid_from, object, previous, is_deleted, is_unsure
    )
    values (
        p_event.provider_account, p_event.livemode, p_product ->> 'id', p_event.created_at,
        p_product, p_event.body #> '{data,previous_attributes}',
        p_event.event_type like '%.deleted', false
    )
    on conflict (product, valid_from, livemode, provider_account) do update
    set object = case when v_order = 'newer' then excluded.object else p.object end,
        previous = case when v_order = 'newer' then excluded.previous else p.previous end,
        is_deleted = p.is_deleted or excluded.is_deleted,
        is_assumed = false,
        is_unsure = v_order = 'unsure' or p.is_unsure and v_order = 'older';
    perform credits_private.wake_stripe_events(array['product:' || (p_product ->> 'id')]);
    return credits_private.stripe_result('applied');
end
$$;

ALTER FUNCTION credits_private.apply_product(p_event credits_private.stripe_events, p_product jsonb) OWNER TO credits_owner;

--
-- Name: apply_refund(credits_private.stripe_events, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.apply_refund(p_event credits_private.stripe_events, p_refund jsonb) RETURNS credits_private.stripe_result
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_ids text[] := credits_private.stripe_object_ids(p_refund);
    v_names text[];
begin
    if credits_private.stripe_id(p_refund -> 'id') is null or p_refund ->> 'amount' is null then
        return credits_private.stripe_result(
            'parked', 'the refund lacks its id or amount', 'operator'
        );
    end if;
    v_names := credits_private.lock_stripe_objects(p_event, v_ids);
    perform credits_private.record_stripe_refund(p_event, p_refund);
    if cardinality(v_ids) = 0 then
        return credits_private.stripe_result('applied', 'the refund is of no charge');
    end if;
    return credits_private.settle_stripe_payment(p_event, v_names, p_waits => true);
end
$$;

ALTER FUNCTION credits_private.apply_refund(p_event credits_private.stripe_events, p_refund jsonb) OWNER TO credits_owner;

--
-- Name: apply_schedule(credits_private.stripe_events, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.apply_schedule(p_event credits_private.stripe_events, p_schedule jsonb) RETURNS credits_private.stripe_result
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_ended constant text[] := array['canceled', 'completed', 'released'];
    v_kept credits_private.stripe_schedules;
    v_new credits_private.stripe_schedules;
    v_order text := 'newer';
begin
    if credits_private.stripe_id(p_schedule -> 'id') is null or p_schedule ->> 'status' is null then
        return credits_private.stripe_result(
            'parked', 'the schedule lacks its id or status', 'operator'
        );
    end if;
    v_new.provider_account := p_event.provider_account;
    v_new.livemode := p_event.livemode;
    v_new.schedule := p_schedule ->> 'id';
    v_new.subscription := coalesce(
        credits_private.stripe_id(p_schedule -> 'subscription'),
        credits_private.stripe_id(p_schedule -> 'released_subscription')
    );
    v_new.status := p_schedule ->> 'status';
    v_new.event_at := p_event.created_at;
    v_new.object := p_schedule;
    v_new.previous := p_event.body #> '{data,previous_attributes}';
    v_new.is_unsure := false;

    insert into credits_private.stripe_schedules values (v_new.*) on conflict do nothing;
    if not found then
        select s.* into v_kept
        from credits_private.stripe_schedules s
        where s.schedule = v_new.schedule
            and s.livemode = v_new.livemode
            and s.provider_account = v_new.provider_account
        for update;
        v_order := credits_private.stripe_order(
            p_event, v_kept.event_at, v_kept.object, v_kept.previous
        );
        if (v_kept.status = any (v_ended)) <> (v_new.status = any (v_ended)) then
            v_order := case when v_new.status = any (v_ended) then 'newer' else 'older' end;
        end if;
        update credits_private.stripe_schedules s
        set subscription = case
                when v_order = 'newer' then v_new.subscription
                else s.subscription
            end,
            status = case when v_order = 'newer' then v_new.status else s.status end,
            event_at = case when v_order = 'newer' then v_new.event_at else s.event_at end,
            object = case when v_order = 'newer' then v_new.object else s.object end,
            previous = case when v_order = 'newer' then v_new.previous else s.previous end,
            is_unsure = case v_order
                when 'newer' then false
                when 'unsure' then true
                else s.is_unsure
            end
        where s.schedule = v_new.schedule
            and s.livemode = v_new.livemode
            and s.provider_account = v_new.provider_account;
    end if;
    return credits_private.stripe_result('applied');
end
$$;

ALTER FUNCTION credits_private.apply_schedule(p_event credits_private.stripe_events, p_schedule jsonb) OWNER TO credits_owner;

--
-- Name: apply_sealing(); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.apply_sealing() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    update credits_private.sealing s
    set at_once = (new.value = 'at_once')
    where s.is_only;
    if new.value = 'at_once' then
        create or replace trigger ledger_is_sealed_at_once
        after insert on credits_private.ledger
        for each row execute function credits_private.seal_at_once();
    else
        drop trigger if exists ledger_is_sealed_at_once on credits_private.ledger;
    end if;
    return null;
end
$$;

ALTER FUNCTION credits_private.apply_sealing() OWNER TO credits_owner;

--
-- Name: apply_stripe_event(credits_private.stripe_events); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.apply_stripe_event(p_event credits_private.stripe_events) RETURNS credits_private.stripe_result
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_object jsonb := p_event.body -> 'data' -> 'object';
    v_accounts text := credits_private.setting('connected_accounts');
begin
    if p_event.provider_account <> ''
        and v_accounts <> 'any'
        and p_event.provider_account <> all (string_to_array(v_accounts, ','))
    then
        return credits_private.stripe_result(
            'ignored', 'the setting connected_accounts does not name ' || p_event.provider_account
        );
    end if;
    case
        when p_event.event_type like 'checkout.session.%' then
            return credits_private.apply_checkout(p_event, v_object);
        when p_event.event_type = 'payment_intent.succeeded' then
            return credits_private.apply_payment_intent(p_event, v_object);
        when p_event.event_type like 'invoice.%' then
            return credits_private.apply_invoice_event(p_event, v_object);
        when p_event.event_type = 'invoice_payment.paid' then
            return credits_private.apply_invoice_payment(p_event, v_object);
        when p_event.event_type like 'customer.subscription.%' then
            return credits_private.apply_subscription(p_event, v_object);
        when p_event.event_type like 'subscription_schedule.%' then
            return credits_private.apply_schedule(p_event, v_object);
        when p_event.event_type like 'refund.%'
            or p_event.event_type like 'charge.refund.%'
        then
            return credits_private.apply_refund(p_event, v_object);
        when p_event.event_type like 'charge.dispute.%' then
            return credits_private.apply_dispute(p_event, v_object);
        when p_event.event_type in (
            'charge.succeeded', 'charge.captured', 'charge.updated', 'charge.refunded'
        ) then
            return credits_private.apply_charge(p_event, v_object);
        when p_event.event_type like 'credit_note.%' then
            return credits_private.apply_credit_note(p_event, v_object);
        when p_event.event_type like 'product.%' then
            return credits_private.apply_product(p_event, v_object);
        when p_event.event_type like 'price.%' or p_event.event_type like 'plan.%' then
            return credits_private.apply_price(p_event, v_object);
        when p_event.event_type in ('customer.created', 'customer.updated', 'customer.deleted') then
            return credits_private.apply_customer(p_event, v_object);
        else
            return credits_private.stripe_result('ignored', 'events of this type move no credits');
    end case;
end
$$;

ALTER FUNCTION credits_private.apply_stripe_event(p_event credits_private.stripe_events) OWNER TO credits_owner;

--
-- Name: apply_subscription(credits_private.stripe_events, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.apply_subscription(p_event credits_private.stripe_events, p_subscription jsonb) RETURNS credits_private.stripe_result
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_kept credits_private.stripe_subscriptions;
    v_new credits_private.stripe_subscriptions;
    v_order text := 'newer';
begin
    if credits_private.stripe_id(p_subscription -> 'id') is null
        or p_subscription ->> 'status' is null
    then
        return credits_private.stripe_result(
            'parked', 'the subscription lacks its id or status', 'operator'
        );
    end if;
    v_new.provider_account := p_event.provider_account;
    v_new.livemode := p_event.livemode;
    v_new.subscription := p_subscription ->> 'id';
    v_new.customer := credits_private.stripe_id(p_subscription -> 'customer');
    v_new.named_account_id := nullif(p_subscription #>> '{metadata,account}', '');
    v_new.status := case
        when p_event.event_type = 'customer.subscription.deleted' then 'canceled'
        else p_subscription ->> 'status'
    end;
    v_new.period_start := credits_private.subscription_period(p_subscription, 'start');
    v_new.period_end := credits_private.subscription_period(p_subscription, 'end');
    v_new.cancel_at := credits_private.subscription_cancel_at(p_subscription);
    v_new.ended_at := to_timestamp((p_subscription ->> 'ended_at')::bigint);
    v_new.event_at := p_event.created_at;
    v_new.object := p_subscription;
    v_new.previous := p_event.body #> '{data,previous_attributes}';
    v_new.is_unsure := false;

    insert into credits_private.stripe_subscriptions values (v_new.*) on conflict do nothing;
    if not found then
        select s.* into v_kept
        from credits_private.stripe_subscriptions s
        where s.subscription = v_new.subscription
            and s.livemode = v_new.livemode
            and s.provider_account = v_new.provider_account
        for update;
        v_order := credits_private.stripe_order(
            p_event, v_kept.event_at, v_kept.object, v_kept.previous
        );
        if (v_kept.status in ('canceled', 'incomplete_expired'))
            <> (v_new.status in ('canceled', 'incomplete_expired'))
        then
            v_order := case
                when v_new.status in ('canceled', 'incomplete_expired') then 'newer' else 'older'
            end;
        end if;
        if v_order = 'newer' then
            update credits_private.stripe_subscriptions s
            set customer = v_new.customer, named_account_id = v_new.named_account_id,
                status = v_new.status,
                period_start = v_new.period_start, period_end = v_new.period_end,
                cancel_at = v_new.cancel_at, ended_at = v_new.ended_at,
                event_at = v_new.event_at, object = v_new.object, previous = v_new.previous,
                is_unsure = false
            where s.subscription = v_new.subscription
                and s.livemode = v_new.livemode
                and s.provider_account = v_new.provider_account;
        elsif v_order = 'unsure' then
            update credits_private.stripe_subscriptions s
            set is_unsure = true
            where s.subscription = v_new.subscription
                and s.livemode = v_new.livemode
                and s.provider_account = v_new.provider_account;
        end if;
    end if;
    perform credits_private.link_stripe_customer(p_event, p_subscription, v_new.named_account_id);
    return credits_private.stripe_result(
        'applied',
        case v_order
            when 'older' then 'a newer state is known'
            when 'unsure' then 'another event of the same second cannot be put in order'
        end,
        p_account_id => v_new.named_account_id
    );
end
$$;

ALTER FUNCTION credits_private.apply_subscription(p_event credits_private.stripe_events, p_subscription jsonb) OWNER TO credits_owner;

--
-- Name: batch_of(credits_private.spend_result[]); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.batch_of(p_results credits_private.spend_result[]) RETURNS credits.batch
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    return (
        select row(
            count(*),
            coalesce(-sum((r.receipt).amount) filter (where r.outcome = 'ok'), 0),
            count(*) filter (where r.outcome = 'ok'),
            count(*) filter (where r.outcome = 'replay'),
            count(*) filter (where r.outcome = 'refused'),
            json_agg(r order by r.index)
        )::credits.batch
        from unnest(p_results) as r
    );
end
$$;

ALTER FUNCTION credits_private.batch_of(p_results credits_private.spend_result[]) OWNER TO credits_owner;

--
-- Name: billing_periods(text, timestamp with time zone); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.billing_periods(p_account_id text, p_after timestamp with time zone) RETURNS SETOF credits_private.usage_window
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select p.starts_at, max(p.ends_at), null::bigint
    from (
        select coalesce(l.period_start, l.granted_at) as starts_at, l.period_end as ends_at
        from credits_private.lots l
        where l.account_id = p_account_id
            and l.period_end > p_after
            and l.origin not in ('rollover', 'restoration', 'upgrade')
    ) as p
    where p.starts_at < p.ends_at
    group by p.starts_at
$$;

ALTER FUNCTION credits_private.billing_periods(p_account_id text, p_after timestamp with time zone) OWNER TO credits_owner;

--
-- Name: billing_window(text, timestamp with time zone); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.billing_window(p_account_id text, p_at timestamp with time zone) RETURNS credits_private.usage_window
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_window credits_private.usage_window;
begin
    select p.starts_at, p.ends_at into v_window.starts_at, v_window.ends_at
    from credits_private.billing_periods(p_account_id, p_at) as p
    where p.starts_at <= p_at
    order by p.starts_at desc
    limit 1;
    if not found then
        select coalesce(max(p.ends_at) filter (where p.ends_at <= p_at), '-infinity'),
            coalesce(min(p.starts_at) filter (where p.starts_at > p_at), 'infinity')
        into v_window.starts_at, v_window.ends_at
        from credits_private.billing_periods(p_account_id, '-infinity') as p;
    end if;
    return v_window;
end
$$;

ALTER FUNCTION credits_private.billing_window(p_account_id text, p_at timestamp with time zone) OWNER TO credits_owner;

--
-- Name: book(credits_private.account_state, credits_private.ledger); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.book(p_state credits_private.account_state, p_entry credits_private.ledger) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state := p_state;
    v_entry credits_private.ledger := p_entry;
    v_to_debt bigint;
begin
    -- A state that is passed on is copied: commands that have piled up are written now.
    if v_state.command_id is null and cardinality(v_state.entries) >= 100 then
        perform credits_private.write_entries(v_state);
        v_state.entries := '{}';
    end if;
    v_entry.allocations := coalesce(v_entry.allocations, '[]');
    select coalesce(sum(x.amount), 0), coalesce(sum(x.amount) filter (where x.lot_id = 0), 0)
    into v_entry.amount, v_to_debt
    from credits_private.parts_of(v_entry.allocations) as x;

    v_state.entry_id := v_state.entry_id + 1;
    v_state.command_id := coalesce(v_state.command_id, v_state.entry_id);
    v_state.created_at := greatest(v_state.now, v_state.created_at);
    v_state.balance := v_state.balance + v_entry.amount;
    v_state.debt := v_state.debt - v_to_debt;
    v_state.has_gained := v_state.has_gained or v_entry.amount > v_to_debt;

    v_entry.account_id := v_state.account_id;
    v_entry.entry_id := v_state.entry_id;
    v_entry.command_id := v_state.command_id;
    v_entry.balance := v_state.balance;
    v_entry.debt := v_state.debt;
    v_entry.open_lot_remaining := 0;
    v_entry.actor := credits_private.actor();
    v_entry.created_at := v_state.created_at;
    v_entry.occurred_at := coalesce(
        v_entry.occurred_at, v_state.effective_at, v_state.now
    );
    v_state.entries := v_state.entries || v_entry;
    return v_state;
end
$$;

ALTER FUNCTION credits_private.book(p_state credits_private.account_state, p_entry credits_private.ledger) OWNER TO credits_owner;

--
-- Name: book_due(credits_private.account_state, timestamp with time zone, bigint, boolean); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.book_due(p_state credits_private.account_state, p_until timestamp with time zone, p_limit bigint, p_on_their_own boolean) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state := p_state;
    v_left bigint := coalesce(p_limit, 9223372036854775807);
    v_bare credits_private.account_state;
    v_plan credits_private.due_plan;
    v_account credits_private.due_account;
    v_last credits_private.ledger;
    v_last_at timestamptz;
    r_hold credits_private.holds;
begin
    while v_state.next_event_at <= p_until and v_left > 0 loop
        v_bare := v_state;
        v_bare.entries := null;
        v_bare.now := p_until;
        v_bare.created_at := greatest(v_state.now, v_state.created_at);
        v_bare.due_limit := least(v_left, 10000);
        v_plan := credits_private.plan_due(array[v_bare], p_checks_out => false);
        v_account := v_plan.accounts[1];
        v_left := v_left - v_account.events;
        update credits_private.lots l
        set remaining = c.remaining, is_open = c.is_open, expired = l.expired + c.expired
        from unnest(v_plan.lots) as c
        where l.account_id = v_state.account_id and l.lot_id = c.lot_id;
        v_state.open_lot_id := null;
        v_state.open_lot_remaining := 0;
        v_state.next_event_at := v_account.next_event_at;
        if cardinality(v_plan.holds) > 0 then
            update credits_private.holds h
            set status = 'expired'
            from unnest(v_plan.holds) as p
            where h.account_id = v_state.account_id and h.hold_id = p.hold_id;
            perform credits_private.count_use(p.account_id, p.member, p.held_at, -p.amount)
            from unnest(v_plan.holds) as p;
        end if;
        if cardinality(v_plan.entries) > 0 then
            v_last := v_plan.entries[cardinality(v_plan.entries)];
            if not p_on_their_own then
                v_state.command_id := coalesce(v_state.command_id, v_plan.entries[1].entry_id);
                for v_i in 1 .. cardinality(v_plan.entries) loop
                    v_plan.entries[v_i].command_id := v_state.command_id;
                end loop;
            elsif cardinality(v_state.entries) > 0 then
                perform credits_private.write_entries(v_state);
                v_state.entries := '{}';
            end if;
            v_state.entry_id := v_last.entry_id;
            v_state.created_at := v_last.created_at;
            v_state.balance := v_last.balance;
            v_state.entries := v_state.entries || v_plan.entries;
        end if;

        if v_account.hold_id is not null and v_left > 0 then
            -- Holds that have to be ended alone, until a lot ends before the next one.
            v_state.next_event_at := v_account.next_lot_at;
            for r_hold in
                select h.*
                from credits_private.holds h
                where h.account_id = v_state.account_id
                    and h.status = 'open'
                    and h.expires_at <= p_until
                order by h.expires_at, h.hold_id
                limit v_left
            loop
                exit when v_state.next_event_at <= r_hold.expires_at;
                v_state.effective_at := r_hold.expires_at;
                v_state := credits_private.end_hold(v_state, r_hold, 'expired', null);
                v_state.effective_at := null;
                v_state.command_id := null;
                v_last_at := r_hold.expires_at;
                v_left := v_left - 1;
            end loop;
            v_state.next_event_at := coalesce(v_last_at, v_account.next_event_at);
        end if;
        -- What else is pending, a grant that waits for room, is not booked here.
        exit when v_account.events = 0 and v_account.hold_id is null;
    end loop;
    return v_state;
end
$$;

ALTER FUNCTION credits_private.book_due(p_state credits_private.account_state, p_until timestamp with time zone, p_limit bigint, p_on_their_own boolean) OWNER TO credits_owner;

--
-- Name: book_lot(credits_private.account_state, credits_private.lots, credits_private.ledger); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.book_lot(p_state credits_private.account_state, p_lot credits_private.lots, p_entry credits_private.ledger) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_lot credits_private.lots := p_lot;
    v_entry credits_private.ledger := p_entry;
begin
    v_lot.lot_id := p_state.entry_id + 1;
    v_entry.allocations := coalesce(v_entry.allocations, '[]')
        || credits_private.allocation(v_lot.lot_id, v_lot.granted);
    v_state := credits_private.book(p_state, v_entry);
    v_state.next_event_at := least(v_state.next_event_at, v_lot.expires_at);

    v_lot.account_id := v_state.account_id;
    v_lot.remaining := v_lot.granted;
    v_lot.expired := 0;
    v_lot.clawed := 0;
    v_lot.clawed_at := null;
    v_lot.cost_moved := 0;
    v_lot.is_open := true;
    v_lot.granted_at := v_state.created_at;
    insert into credits_private.lots values (v_lot.*) on conflict do nothing;
    perform credits_private.check_inserted(found, v_lot.account_id, v_lot.lot_id);
    if v_lot.period_end is not null and exists (
        select
        from credits_private.member_caps k
        where k.account_id = v_lot.account_id and k.period = 'billing_period'
    ) then
        perform credits_private.recount(v_state, 'billing_period');
    end if;
    return v_state;
end
$$;

ALTER FUNCTION credits_private.book_lot(p_state credits_private.account_state, p_lot credits_private.lots, p_entry credits_private.ledger) OWNER TO credits_owner;

--
-- Name: book_schedule(credits_private.account_state, boolean); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.book_schedule(p_state credits_private.account_state, p_on_their_own boolean) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state := p_state;
    v_item credits_private.subscription_items;
    v_before timestamptz;
begin
    loop
        select i.* into v_item
        from credits_private.subscription_items i
        where i.account_id = v_state.account_id and i.next_grant_at <= v_state.now
        order by i.next_grant_at, i.subscription, i.item
        limit 1;
        exit when not found
            or v_state.balance + v_state.debt + credits_private.held_by(v_state.account_id)
                + v_item.amount > 9007199254740991;

        v_before := v_item.next_grant_at - interval '0.000001 s';
        v_state := credits_private.book_due(v_state, v_before, null, p_on_their_own);
        v_state := credits_private.grant_scheduled(v_state, v_item);
        if p_on_their_own then
            v_state := credits_private.note_subscription(v_state, v_item.subscription);
            v_state.command_id := null;
        end if;
    end loop;
    return v_state;
end
$$;

ALTER FUNCTION credits_private.book_schedule(p_state credits_private.account_state, p_on_their_own boolean) OWNER TO credits_owner;

--
-- Name: burn_reason(credits_private.lots, credits_private.lots, boolean); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.burn_reason(p_lot credits_private.lots, p_next credits_private.lots, p_is_alone boolean) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select case
        when p_next.lot_id is null and p_is_alone then 'the only lot with credits'
        when p_next.lot_id is null then 'the last lot with credits'
        when p_lot.priority < p_next.priority then pg_catalog.format(
            'priority %s burns before priority %s of lot %s',
            p_lot.priority, p_next.priority, p_next.lot_id
        )
        when p_lot.priority = p_next.priority and p_lot.expires_at < p_next.expires_at
            then pg_catalog.format('expires before lot %s', p_next.lot_id)
        when p_lot.priority = p_next.priority
            and p_lot.expires_at = p_next.expires_at
            and p_lot.lot_id < p_next.lot_id
            then pg_catalog.format(
                'older than lot %s, which expires at the same time', p_next.lot_id
            )
        else pg_catalog.format(
            'expired before lot %s as things were then; one of them ends otherwise by now',
            p_next.lot_id
        )
    end
$$;

ALTER FUNCTION credits_private.burn_reason(p_lot credits_private.lots, p_next credits_private.lots, p_is_alone boolean) OWNER TO credits_owner;

--
-- Name: calendar_window(text, text, timestamp with time zone); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.calendar_window(p_period text, p_time_zone text, p_at timestamp with time zone) RETURNS credits_private.usage_window
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_window credits_private.usage_window;
    v_start date;
begin
    if p_period = 'lifetime' then
        v_window.starts_at := '-infinity';
        v_window.ends_at := 'infinity';
    elsif p_period = 'hour' then
        v_window.starts_at := credits_private.local_hour(p_at, p_time_zone);
        select min(h.starts_at) into v_window.ends_at
        from generate_series(60, 120, 30) as m (minutes)
        cross join lateral credits_private.local_hour(
            v_window.starts_at + make_interval(mins => m.minutes), p_time_zone
        ) as h (starts_at)
        where h.starts_at > v_window.starts_at;
    else
        v_start := date_trunc(p_period, p_at at time zone p_time_zone);
        v_window.starts_at := credits_private.local_midnight(v_start, p_time_zone);
        v_window.ends_at := credits_private.local_midnight(
            (v_start + ('1 ' || p_period)::interval)::date, p_time_zone
        );
    end if;
    return v_window;
end
$$;

ALTER FUNCTION credits_private.calendar_window(p_period text, p_time_zone text, p_at timestamp with time zone) OWNER TO credits_owner;

--
-- Name: canceled_until(text, text, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.canceled_until(p_account_id text, p_subscription text, p_period_start timestamp with time zone, p_period_end timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_until timestamptz;
begin
    select case when s.cancel_at_period_end then p_period_end else s.canceled_at end into v_until
    from credits_private.subscriptions s
    where s.account_id = p_account_id
        and s.subscription = p_subscription
        and coalesce(s.canceled_at > p_period_start, s.canceled_at is not null);
    return coalesce(v_until, 'infinity');
end
$$;

ALTER FUNCTION credits_private.canceled_until(p_account_id text, p_subscription text, p_period_start timestamp with time zone, p_period_end timestamp with time zone) OWNER TO credits_owner;

--
-- Name: cap_refusal(text, text, timestamp with time zone, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.cap_refusal(p_account_id text, p_member text, p_at timestamp with time zone, p_amount bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    r_cap record;
begin
    if p_member is null then
        return null;
    end if;
    select s.period, s.cap, s.used, s.ends_at into r_cap
    from credits_private.cap_states(p_account_id, p_member, p_at) as s
    where s.used + p_amount > s.cap
    order by s.ends_at desc, s.cap - s.used, s.period
    limit 1;
    if found then
        return credits_private.refuse(
            'limit_reached',
            jsonb_build_object(
                'limit', 'member_cap', 'member', p_member, 'period', r_cap.period,
                'cap', r_cap.cap, 'used', r_cap.used, 'required', p_amount,
                'left', greatest(r_cap.cap - r_cap.used, 0),
                'resets_at', nullif(r_cap.ends_at, 'infinity')
            )
        );
    end if;
    return null;
end
$$;

ALTER FUNCTION credits_private.cap_refusal(p_account_id text, p_member text, p_at timestamp with time zone, p_amount bigint) OWNER TO credits_owner;

--
-- Name: cap_states(text, text, timestamp with time zone); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.cap_states(p_account_id text, p_member text, p_at timestamp with time zone) RETURNS TABLE(period text, cap bigint, starts_at timestamp with time zone, ends_at timestamp with time zone, used bigint, is_counted boolean)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select k.period, k.cap,
        coalesce(c.starts_at, w.starts_at),
        coalesce(c.ends_at, w.ends_at),
        coalesce(c.used, w.used),
        c.used is not null
    from credits_private.member_caps k
    left join lateral (
        select u.starts_at, u.ends_at, u.used
        from credits_private.usage_counters u
        where u.account_id = p_account_id
            and u.member = p_member
            and u.feature = ''
            and u.period = k.period
            and u.starts_at <= p_at
            and u.ends_at > p_at
        order by u.starts_at desc
        limit 1
    ) as c on true
    left join lateral (
        select n.starts_at, n.ends_at, n.used
        from credits_private.uncounted_window(p_account_id, p_member, k.period, p_at) as n
        where c.used is null
    ) as w on true
    where k.account_id = p_account_id and k.member = p_member
$$;

ALTER FUNCTION credits_private.cap_states(p_account_id text, p_member text, p_at timestamp with time zone) OWNER TO credits_owner;

--
-- Name: cap_window(text, text, timestamp with time zone); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.cap_window(p_account_id text, p_period text, p_at timestamp with time zone) RETURNS credits_private.usage_window
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select (case
        when p_period = 'billing_period'
            then credits_private.billing_window(p_account_id, p_at)
        else credits_private.calendar_window(p_period, a.time_zone, p_at)
    end).*
    from credits_private.accounts a
    where a.account_id = p_account_id
$$;

ALTER FUNCTION credits_private.cap_window(p_account_id text, p_period text, p_at timestamp with time zone) OWNER TO credits_owner;

--
-- Name: captured_of_hold(text, credits_private.ledger); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.captured_of_hold(p_account_id text, p_capture credits_private.ledger) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select least(
        -p_capture.amount,
        greatest(
            -h.amount + coalesce(
                (
                    select pg_catalog.sum(l.amount)
                    from credits_private.ledger l
                    where l.account_id = p_account_id
                        and l.about_entry_id = p_capture.about_entry_id
                        and l.entry_id < p_capture.entry_id
                        and l.allocations is not null
                        and l.kind = 'capture'
                ),
                0
            ),
            0
        )
    )::bigint
    from credits_private.ledger h
    where h.account_id = p_account_id and h.entry_id = p_capture.about_entry_id
$$;

ALTER FUNCTION credits_private.captured_of_hold(p_account_id text, p_capture credits_private.ledger) OWNER TO credits_owner;

--
-- Name: catch_up(credits_private.account_state); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.catch_up(p_state credits_private.account_state) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state := p_state;
    v_before bigint;
begin
    if v_state.open_lot_id is not null then
        update credits_private.lots l
        set remaining = v_state.open_lot_remaining, is_open = v_state.open_lot_remaining > 0
        where l.account_id = v_state.account_id and l.lot_id = v_state.open_lot_id;
        v_state.open_lot_id := null;
        v_state.open_lot_remaining := 0;
    end if;
    -- Once, unless a grant waits for room: what is over may have made some.
    while v_state.next_event_at <= v_state.now loop
        v_before := v_state.entry_id;
        if v_state.status in ('active', 'frozen') then
            v_state := credits_private.book_schedule(v_state, p_on_their_own => true);
        end if;
        v_state := credits_private.book_due(
            v_state, v_state.now, p_limit => null, p_on_their_own => true
        );
        exit when v_state.entry_id = v_before;
    end loop;
    return v_state;
end
$$;

ALTER FUNCTION credits_private.catch_up(p_state credits_private.account_state) OWNER TO credits_owner;

--
-- Name: chain_of(text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.chain_of(p_account_id text) RETURNS text[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_chain text[] := array[]::text[];
    v_account_id text;
    v_next text := p_account_id;
begin
    while v_next is not null loop
        v_chain := v_chain || v_next;
        v_account_id := v_next;
        v_next := null;
        select a.merged_into into v_next
        from credits_private.accounts a
        where a.account_id = v_account_id;
    end loop;
    return v_chain;
end
$$;

ALTER FUNCTION credits_private.chain_of(p_account_id text) OWNER TO credits_owner;

--
-- Name: subscription_items; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.subscription_items (
    account_id text NOT NULL COLLATE pg_catalog."C",
    subscription text NOT NULL COLLATE pg_catalog."C",
    item text NOT NULL COLLATE pg_catalog."C",
    plan text,
    amount bigint NOT NULL,
    rollover_cap bigint,
    is_trial boolean DEFAULT false NOT NULL,
    period_start timestamp with time zone NOT NULL,
    period_end timestamp with time zone NOT NULL,
    grant_months bigint,
    grant_days bigint,
    time_zone text,
    parts jsonb DEFAULT '[]'::jsonb NOT NULL,
    grants_done bigint DEFAULT 1 NOT NULL,
    next_grant_at timestamp with time zone,
    next_amount bigint,
    next_plan text,
    CONSTRAINT subscription_items_amounts_are_not_negative CHECK (((amount >= 0) AND (rollover_cap >= 0) AND (next_amount >= 0))),
    CONSTRAINT subscription_items_period_has_length CHECK ((period_end > period_start)),
    CONSTRAINT subscription_items_schedule_is_whole CHECK ((((grant_months IS NULL) = (grant_days IS NULL)) AND ((grant_months IS NULL) = (time_zone IS NULL)) AND ((grant_months IS NOT NULL) OR (parts = '[]'::jsonb)) AND ((next_grant_at IS NULL) OR (grant_months IS NOT NULL))))
);

ALTER TABLE credits_private.subscription_items OWNER TO credits_owner;

--
-- Name: TABLE subscription_items; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.subscription_items IS 'Items of a subscription: what each grants, the newest paid period, and what is still to come of it.';

--
-- Name: COLUMN subscription_items.account_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.subscription_items.account_id IS 'Account that is credited.';

--
-- Name: COLUMN subscription_items.subscription; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.subscription_items.subscription IS 'The subscription.';

--
-- Name: COLUMN subscription_items.item; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.subscription_items.item IS 'Item of the subscription; empty where it has only one.';

--
-- Name: COLUMN subscription_items.plan; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.subscription_items.plan IS 'Plan that the item is on.';

--
-- Name: COLUMN subscription_items.amount; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.subscription_items.amount IS 'Credits of each grant.';

--
-- Name: COLUMN subscription_items.rollover_cap; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.subscription_items.rollover_cap IS 'Credits that carry over at a grant at most; null for all.';

--
-- Name: COLUMN subscription_items.is_trial; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.subscription_items.is_trial IS 'Whether the period is the trial, which nobody paid for.';

--
-- Name: COLUMN subscription_items.period_start; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.subscription_items.period_start IS 'Start of the newest paid period, or of the trial.';

--
-- Name: COLUMN subscription_items.period_end; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.subscription_items.period_end IS 'End of that period.';

--
-- Name: COLUMN subscription_items.grant_months; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.subscription_items.grant_months IS 'Months from one grant of the period to the next; null when all is granted at its start.';

--
-- Name: COLUMN subscription_items.grant_days; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.subscription_items.grant_days IS 'Days from one grant of the period to the next, besides the months.';

--
-- Name: COLUMN subscription_items.time_zone; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.subscription_items.time_zone IS 'Zone in which months and days are counted: the account''s when the period was granted.';

--
-- Name: COLUMN subscription_items.parts; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.subscription_items.parts IS 'Array of [payment, credits, cost]: what each later grant consists of; the payment and its cost may be null.';

--
-- Name: COLUMN subscription_items.grants_done; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.subscription_items.grants_done IS 'How many grants of the period are booked.';

--
-- Name: COLUMN subscription_items.next_grant_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.subscription_items.next_grant_at IS 'When the next grant is due; null if there is none, or while it must not come.';

--
-- Name: COLUMN subscription_items.next_amount; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.subscription_items.next_amount IS 'Credits of each grant from the next paid period on, if a change is scheduled.';

--
-- Name: COLUMN subscription_items.next_plan; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.subscription_items.next_plan IS 'Plan from then on.';

--
-- Name: change_item(credits_private.subscription_items, bigint, text, credits_private.payments); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.change_item(p_item credits_private.subscription_items, p_amount bigint, p_plan text, p_payment credits_private.payments) RETURNS credits_private.subscription_items
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_item credits_private.subscription_items := p_item;
    v_more bigint := p_amount - p_item.amount;
begin
    v_item.amount := p_amount;
    v_item.plan := coalesce(p_plan, p_item.plan);
    v_item.next_amount := null;
    v_item.next_plan := null;
    if p_item.grant_months is null then
        return v_item;
    end if;
    if v_more > 0 then
        v_item.parts := p_item.parts || jsonb_build_array(jsonb_build_array(
            p_payment.payment_id, v_more,
            floor(p_payment.amount_paid::numeric * v_more / p_payment.granted)
        ));
    elsif v_more < 0 then
        select coalesce(
            jsonb_agg(
                jsonb_build_array(
                    x.part -> 0,
                    least(x.amount, p_amount - x.before),
                    floor((x.part ->> 2)::numeric * least(x.amount, p_amount - x.before) / x.amount)
                )
                order by x.ordinal
            ),
            '[]'
        ) into v_item.parts
        from (
            select p.part, p.ordinal, (p.part ->> 1)::bigint as amount,
                sum((p.part ->> 1)::bigint) over (order by p.ordinal) - (p.part ->> 1)::bigint
                    as before
            from jsonb_array_elements(p_item.parts) with ordinality as p (part, ordinal)
        ) as x
        where x.before < p_amount;
    end if;
    return v_item;
end
$$;

ALTER FUNCTION credits_private.change_item(p_item credits_private.subscription_items, p_amount bigint, p_plan text, p_payment credits_private.payments) OWNER TO credits_owner;

--
-- Name: check_account_id(text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.check_account_id(p_account_id text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_argument(
        'p_account_id', length(p_account_id) between 1 and 255, '1 to 255 characters'
    );
end
$$;

ALTER FUNCTION credits_private.check_account_id(p_account_id text) OWNER TO credits_owner;

--
-- Name: check_affordable(credits_private.account_state, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.check_affordable(p_state credits_private.account_state, p_amount bigint) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.raise_refusal(credits_private.affordable_refusal(p_state, p_amount));
end
$$;

ALTER FUNCTION credits_private.check_affordable(p_state credits_private.account_state, p_amount bigint) OWNER TO credits_owner;

--
-- Name: check_amount(text, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.check_amount(p_argument text, p_amount bigint) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_argument(
        p_argument,
        p_amount between 1 and 9007199254740991,
        'whole number from 1 to 9007199254740991'
    );
end
$$;

ALTER FUNCTION credits_private.check_amount(p_argument text, p_amount bigint) OWNER TO credits_owner;

--
-- Name: check_argument(text, boolean, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.check_argument(p_argument text, p_is_legal boolean, p_allowed text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    if p_is_legal is not true then
        perform credits_private.fail(
            'invalid_argument', jsonb_build_object('argument', p_argument, 'allowed', p_allowed)
        );
    end if;
end
$$;

ALTER FUNCTION credits_private.check_argument(p_argument text, p_is_legal boolean, p_allowed text) OWNER TO credits_owner;

--
-- Name: subscriptions; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.subscriptions (
    account_id text NOT NULL COLLATE pg_catalog."C",
    subscription text NOT NULL COLLATE pg_catalog."C",
    status text NOT NULL,
    trial_end timestamp with time zone,
    canceled_at timestamp with time zone,
    cancel_at_period_end boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT subscriptions_cancellation_has_time CHECK (((canceled_at IS NOT NULL) OR (NOT cancel_at_period_end))),
    CONSTRAINT subscriptions_status_is_known CHECK ((status = ANY (ARRAY['trialing'::text, 'active'::text, 'past_due'::text, 'paused'::text])))
);

ALTER TABLE credits_private.subscriptions OWNER TO credits_owner;

--
-- Name: TABLE subscriptions; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.subscriptions IS 'What was told about a subscription. The newest ledger entry about it says the same.';

--
-- Name: COLUMN subscriptions.account_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.subscriptions.account_id IS 'Account that is credited.';

--
-- Name: COLUMN subscriptions.subscription; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.subscriptions.subscription IS 'The caller''s id of it.';

--
-- Name: COLUMN subscriptions.status; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.subscriptions.status IS 'trialing, active, past_due or paused; that it has ended follows from the cancellation.';

--
-- Name: COLUMN subscriptions.trial_end; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.subscriptions.trial_end IS 'End of its trial, if it had one.';

--
-- Name: COLUMN subscriptions.canceled_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.subscriptions.canceled_at IS 'When its cancellation was booked; null while it goes on.';

--
-- Name: COLUMN subscriptions.cancel_at_period_end; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.subscriptions.cancel_at_period_end IS 'Whether a cancellation lets the paid period run to its end.';

--
-- Name: COLUMN subscriptions.created_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.subscriptions.created_at IS 'When it was first booked.';

--
-- Name: check_goes_on(credits_private.account_state, credits_private.subscriptions); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.check_goes_on(p_state credits_private.account_state, p_subscription credits_private.subscriptions) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_end timestamptz := credits_private.subscription_end(p_subscription);
begin
    if v_end <= p_state.now then
        perform credits_private.fail(
            'subscription_ended',
            jsonb_build_object(
                'account_id', p_state.account_id,
                'subscription', p_subscription.subscription,
                'ended_at', v_end
            )
        );
    end if;
end
$$;

ALTER FUNCTION credits_private.check_goes_on(p_state credits_private.account_state, p_subscription credits_private.subscriptions) OWNER TO credits_owner;

--
-- Name: check_grant_every(text, interval, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.check_grant_every(p_argument text, p_every interval, p_period_start timestamp with time zone, p_period_end timestamp with time zone) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_months bigint := credits_private.months_of(p_every);
    v_days bigint := extract(day from p_every);
begin
    perform credits_private.check_argument(
        p_argument,
        p_every is null or (
            v_months between 0 and 1200
            and v_days between 0 and 36500
            and p_every = make_interval(months => v_months::integer, days => v_days::integer)
            and extract(epoch from p_period_end) - extract(epoch from p_period_start)
                <= 1000 * 86400 * (28 * v_months + v_days)
            and v_months + v_days > 0
        ),
        'null or whole days and months, at least one day and a thousandth of the period'
    );
end
$$;

ALTER FUNCTION credits_private.check_grant_every(p_argument text, p_every interval, p_period_start timestamp with time zone, p_period_end timestamp with time zone) OWNER TO credits_owner;

--
-- Name: check_hold_time(interval); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.check_hold_time(p_expires_in interval) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_argument(
        'p_expires_in',
        p_expires_in is null
        or extract(epoch from p_expires_in) > 0 and extract(epoch from p_expires_in) <= 86400,
        'an interval above 0, at most 24 hours'
    );
end
$$;

ALTER FUNCTION credits_private.check_hold_time(p_expires_in interval) OWNER TO credits_owner;

--
-- Name: check_inserted(boolean, text, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.check_inserted(p_inserted boolean, p_account_id text, p_entry_id bigint) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    if not p_inserted then
        perform credits_private.fail(
            'internal_error',
            jsonb_build_object('account_id', p_account_id, 'entry_id', p_entry_id)
        );
    end if;
end
$$;

ALTER FUNCTION credits_private.check_inserted(p_inserted boolean, p_account_id text, p_entry_id bigint) OWNER TO credits_owner;

--
-- Name: check_instant(text, timestamp with time zone); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.check_instant(p_argument text, p_instant timestamp with time zone) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_argument(
        p_argument,
        p_instant is null
        or p_instant >= timestamptz '1970-01-01 00:00:00+00'
        and p_instant < timestamptz '9000-01-01 00:00:00+00',
        'an instant in the years 1970 to 8999'
    );
end
$$;

ALTER FUNCTION credits_private.check_instant(p_argument text, p_instant timestamp with time zone) OWNER TO credits_owner;

--
-- Name: check_key(text, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.check_key(p_argument text, p_idempotency_key text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_text(p_argument, p_idempotency_key);
    perform credits_private.check_argument(
        p_argument,
        p_idempotency_key is null
        or not (
            starts_with(p_idempotency_key, 'stripe:')
            or starts_with(p_idempotency_key, 'ref:')
            or starts_with(p_idempotency_key, 'pgcredits:')
        ),
        'a key that does not begin with stripe:, ref: or pgcredits:'
    );
end
$$;

ALTER FUNCTION credits_private.check_key(p_argument text, p_idempotency_key text) OWNER TO credits_owner;

--
-- Name: check_known(credits_private.account_state); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.check_known(p_state credits_private.account_state) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    if p_state.status is null then
        perform credits_private.fail(
            'account_not_found', jsonb_build_object('account_id', p_state.account_id)
        );
    end if;
end
$$;

ALTER FUNCTION credits_private.check_known(p_state credits_private.account_state) OWNER TO credits_owner;

--
-- Name: check_metadata(text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.check_metadata(p_argument text, p_metadata jsonb) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_argument(
        p_argument,
        p_metadata is null or (
            jsonb_typeof(p_metadata) = 'object' and octet_length(p_metadata::text) <= 16384
        ),
        'null or a JSON object of at most 16384 bytes'
    );
end
$$;

ALTER FUNCTION credits_private.check_metadata(p_argument text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: check_money(bigint, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.check_money(p_amount_paid bigint, p_currency text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
begin
    perform credits_private.check_argument(
        'p_amount_paid',
        p_amount_paid is null or p_amount_paid between 0 and 9007199254740991,
        'null or whole number of the smallest currency unit from 0 to 9007199254740991'
    );
    perform credits_private.check_argument(
        'p_currency',
        (p_currency is null) = (p_amount_paid is null) and (
            p_currency is null or p_currency ~ '^[a-z]{3}$'
        ),
        'ISO 4217 code in lower case; given together with p_amount_paid'
    );
end
$_$;

ALTER FUNCTION credits_private.check_money(p_amount_paid bigint, p_currency text) OWNER TO credits_owner;

--
-- Name: check_other_account(text, text, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.check_other_account(p_argument text, p_value text, p_account_id text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_argument(
        p_argument, length(p_value) between 1 and 255, '1 to 255 characters'
    );
    if p_value = p_account_id then
        perform credits_private.fail(
            'same_account', jsonb_build_object('argument', p_argument, 'account_id', p_account_id)
        );
    end if;
end
$$;

ALTER FUNCTION credits_private.check_other_account(p_argument text, p_value text, p_account_id text) OWNER TO credits_owner;

--
-- Name: check_out(credits_private.account_state); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.check_out(p_state credits_private.account_state) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state := p_state;
begin
    v_state.open_lot_id := null;
    v_state.open_lot_remaining := 0;
    if v_state.debt > 0 then
        return v_state;
    end if;
    select l.lot_id, l.remaining into v_state.open_lot_id, v_state.open_lot_remaining
    from credits_private.lots l
    where l.account_id = v_state.account_id and l.is_open
    order by l.priority, l.expires_at, l.lot_id
    limit 1;
    if not found then
        v_state.open_lot_remaining := 0;
        return v_state;
    end if;
    update credits_private.lots l
    set remaining = 0
    where l.account_id = v_state.account_id and l.lot_id = v_state.open_lot_id;
    return v_state;
end
$$;

ALTER FUNCTION credits_private.check_out(p_state credits_private.account_state) OWNER TO credits_owner;

--
-- Name: check_pool(text, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.check_pool(p_argument text, p_pool text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_pools text;
begin
    select string_agg(p.pool, ', ' order by p.priority, p.pool) into v_pools
    from credits_private.pools p;
    perform credits_private.check_argument(
        p_argument,
        exists (select from credits_private.pools p where p.pool = p_pool),
        'one of ' || v_pools
    );
end
$$;

ALTER FUNCTION credits_private.check_pool(p_argument text, p_pool text) OWNER TO credits_owner;

--
-- Name: check_status(credits_private.account_state, text[]); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.check_status(p_state credits_private.account_state, p_allowed text[]) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.raise_refusal(credits_private.status_refusal(p_state, p_allowed));
end
$$;

ALTER FUNCTION credits_private.check_status(p_state credits_private.account_state, p_allowed text[]) OWNER TO credits_owner;

--
-- Name: check_tail(text, text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.check_tail(p_reference text, p_idempotency_key text, p_metadata jsonb) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_text('p_reference', p_reference);
    perform credits_private.check_key('p_idempotency_key', p_idempotency_key);
    perform credits_private.check_metadata('p_metadata', p_metadata);
end
$$;

ALTER FUNCTION credits_private.check_tail(p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: check_text(text, text, integer); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.check_text(p_argument text, p_text text, p_most integer DEFAULT 255) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform credits_private.check_argument(
        p_argument,
        p_text is null or length(p_text) between 1 and p_most,
        'null or 1 to ' || p_most || ' characters'
    );
end
$$;

ALTER FUNCTION credits_private.check_text(p_argument text, p_text text, p_most integer) OWNER TO credits_owner;

--
-- Name: check_time_zone(text, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.check_time_zone(p_argument text, p_time_zone text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
    v_is_known boolean;
begin
    begin
        -- Names of regions, and of fixed offsets; the server would take POSIX rules as well.
        v_is_known := (
                p_time_zone in ('UTC', 'GMT')
                or p_time_zone ~ '^Etc/GMT[+-]([0-9]|1[0-4])$'
                or p_time_zone ~ '^[A-Z][A-Za-z_]*(/[A-Z][A-Za-z_-]*)+$'
            )
            and isfinite(timestamptz '2000-01-01 00:00:00+00' at time zone p_time_zone);
    exception
        -- The server does not know the zone.
        when invalid_parameter_value then
            v_is_known := false;
    end;
    perform credits_private.check_argument(
        p_argument, v_is_known, 'IANA time zone by region and city, such as Europe/Berlin, or UTC'
    );
end
$_$;

ALTER FUNCTION credits_private.check_time_zone(p_argument text, p_time_zone text) OWNER TO credits_owner;

--
-- Name: checked_out(text, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.checked_out(p_account_id text, p_lot_id bigint) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select case when t.open_lot_id = p_lot_id then t.open_lot_remaining else 0 end
    from credits_private.ledger t
    where t.account_id = p_account_id
    order by t.entry_id desc
    limit 1
$$;

ALTER FUNCTION credits_private.checked_out(p_account_id text, p_lot_id bigint) OWNER TO credits_owner;

--
-- Name: claimed_account(); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.claimed_account() RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_claim text := credits_private.setting('account_claim');
    v_value jsonb;
    v_reason text;
begin
    if session_user <> all (string_to_array(credits_private.setting('api_logins'), ',')) then
        v_reason := 'the login is not one of the setting api_logins';
    else
        v_value := nullif(current_setting('request.jwt.claims', true), '')::jsonb
            #> string_to_array(v_claim, '.');
        if (
            jsonb_typeof(v_value) in ('string', 'number')
            and length(v_value #>> '{}') between 1 and 255
        ) is not true then
            v_reason := 'the token has no such claim of 1 to 255 characters';
        end if;
    end if;
    if v_reason is not null then
        perform credits_private.fail(
            'not_signed_in', jsonb_build_object('claim', v_claim, 'reason', v_reason)
        );
    end if;
    return v_value #>> '{}';
end
$$;

ALTER FUNCTION credits_private.claimed_account() OWNER TO credits_owner;

--
-- Name: clock(); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.clock() RETURNS timestamp with time zone
    LANGUAGE sql PARALLEL SAFE
    AS $$
    select pg_catalog.clock_timestamp()
$$;

ALTER FUNCTION credits_private.clock() OWNER TO credits_owner;

--
-- Name: close_stripe_event(credits_private.stripe_events, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.close_stripe_event(p_event credits_private.stripe_events, p_reason text) RETURNS credits_private.stripe_events
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_event credits_private.stripe_events := p_event;
begin
    v_event.outcome := 'ignored';
    v_event.reason := p_reason;
    update credits_private.stripe_events e
    set outcome = v_event.outcome, reason = v_event.reason, waits_for = null, retry_at = null
    where e.provider_account = v_event.provider_account and e.event_id = v_event.event_id;
    return v_event;
end
$$;

ALTER FUNCTION credits_private.close_stripe_event(p_event credits_private.stripe_events, p_reason text) OWNER TO credits_owner;

--
-- Name: conflict_refusal(credits_private.ledger, credits_private.ledger); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.conflict_refusal(p_found credits_private.ledger, p_asked credits_private.ledger) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    if (p_found.feature, p_found.member, p_found.reference, p_found.request)
        is distinct from (p_asked.feature, p_asked.member, p_asked.reference, p_asked.request)
        or p_found.kind <> p_asked.kind
        or p_found.amount <> p_asked.amount
    then
        return credits_private.refuse(
            'idempotency_conflict',
            jsonb_build_object(
                'idempotency_key', p_found.idempotency_key,
                'entry_id', p_found.entry_id,
                'recorded', jsonb_build_object(
                    'kind', p_found.kind, 'amount', p_found.amount, 'feature', p_found.feature,
                    'member', p_found.member, 'reference', p_found.reference,
                    'request', p_found.request
                )
            )
        );
    end if;
    return null;
end
$$;

ALTER FUNCTION credits_private.conflict_refusal(p_found credits_private.ledger, p_asked credits_private.ledger) OWNER TO credits_owner;

--
-- Name: count_return(credits_private.ledger, bigint, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.count_return(p_spend credits_private.ledger, p_refunded bigint, p_amount bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_released bigint;
    v_over bigint := -p_spend.amount;
    v_from_over bigint;
begin
    if p_spend.member is null then
        return;
    end if;
    if p_spend.kind = 'capture' then
        select r.amount into v_released
        from credits_private.ledger r
        where r.account_id = p_spend.account_id
            and r.entry_id = p_spend.entry_id - 1
            and r.kind = 'release'
            and r.about_entry_id = p_spend.about_entry_id;
        v_over := -p_spend.amount - least(-p_spend.amount, coalesce(v_released, 0));
    end if;
    v_from_over := least(v_over, p_refunded + p_amount) - least(v_over, p_refunded);
    perform credits_private.count_use(
        p_spend.account_id, p_spend.member, p_spend.occurred_at, -v_from_over
    );
    if v_from_over < p_amount then
        perform credits_private.count_use(
            p_spend.account_id, p_spend.member, h.occurred_at, v_from_over - p_amount
        )
        from credits_private.ledger h
        where h.account_id = p_spend.account_id and h.entry_id = p_spend.about_entry_id;
    end if;
end
$$;

ALTER FUNCTION credits_private.count_return(p_spend credits_private.ledger, p_refunded bigint, p_amount bigint) OWNER TO credits_owner;

--
-- Name: count_use(text, text, timestamp with time zone, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.count_use(p_account_id text, p_member text, p_at timestamp with time zone, p_amount bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    r_cap record;
begin
    if p_member is null or p_amount = 0 then
        return;
    end if;
    if p_amount > 0 then
        for r_cap in
            select s.period, s.starts_at, s.ends_at, s.used
            from credits_private.cap_states(p_account_id, p_member, p_at) as s
            where not s.is_counted
        loop
            delete from credits_private.usage_counters c
            where c.account_id = p_account_id
                and c.member = p_member
                and c.feature = ''
                and c.period = r_cap.period
                and c.ends_at <= r_cap.starts_at;
            insert into credits_private.usage_counters values (
                p_account_id, p_member, '', r_cap.period, r_cap.starts_at, r_cap.ends_at,
                r_cap.used
            );
        end loop;
    end if;
    update credits_private.usage_counters c
    set used = c.used + p_amount
    where c.account_id = p_account_id
        and c.member = p_member
        and c.feature = ''
        and c.starts_at <= p_at
        and c.ends_at > p_at;
end
$$;

ALTER FUNCTION credits_private.count_use(p_account_id text, p_member text, p_at timestamp with time zone, p_amount bigint) OWNER TO credits_owner;

--
-- Name: credit_note_amount(jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.credit_note_amount(p_note jsonb) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select coalesce(
        (p_note ->> 'post_payment_amount')::bigint,
        case when p_note ->> 'type' = 'pre_payment' then 0 else (p_note ->> 'amount')::bigint end
    )
$$;

ALTER FUNCTION credits_private.credit_note_amount(p_note jsonb) OWNER TO credits_owner;

--
-- Name: credit_note_refunds(jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.credit_note_refunds(p_note jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select coalesce(jsonb_agg(jsonb_build_array(x.id, x.amount) order by x.id), '[]')
    from (
        select credits_private.stripe_id(r.refund -> 'refund') as id,
            r.refund -> 'amount_refunded' as amount
        from jsonb_array_elements(
            case jsonb_typeof(p_note -> 'refunds')
                when 'array' then p_note -> 'refunds'
                else '[]'
            end
        ) as r (refund)
        union
        select credits_private.stripe_id(p_note -> 'refund'), null
        where coalesce(p_note -> 'refunds', '[]') in ('[]', 'null')
    ) as x
    where x.id is not null
$$;

ALTER FUNCTION credits_private.credit_note_refunds(p_note jsonb) OWNER TO credits_owner;

--
-- Name: customer_account(credits_private.stripe_events, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.customer_account(p_event credits_private.stripe_events, p_customer text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select coalesce(c.linked_account_id, c.named_account_id, c.seen_account_id)
    from credits_private.stripe_customers c
    where c.customer = p_customer
        and c.livemode = p_event.livemode
        and c.provider_account = p_event.provider_account
$$;

ALTER FUNCTION credits_private.customer_account(p_event credits_private.stripe_events, p_customer text) OWNER TO credits_owner;

--
-- Name: derive_lot(credits_private.lots, text, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.derive_lot(p_lot credits_private.lots, p_origin text, p_amount bigint) RETURNS credits_private.lots
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_lot credits_private.lots := p_lot;
begin
    v_lot.origin := p_origin;
    v_lot.granted := p_amount;
    v_lot.cost_amount := floor(p_lot.cost_amount::numeric * p_amount / p_lot.granted);
    return v_lot;
end
$$;

ALTER FUNCTION credits_private.derive_lot(p_lot credits_private.lots, p_origin text, p_amount bigint) OWNER TO credits_owner;

--
-- Name: describe_grants(credits_private.grant_order[], credits_private.payment_order); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.describe_grants(p_grants credits_private.grant_order[], p_payment credits_private.payment_order) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select jsonb_strip_nulls(jsonb_build_object(
        'payment', p_payment.object_id,
        'provider', p_payment.provider,
        'amount_paid', p_payment.amount_paid,
        'currency', p_payment.currency,
        'grants', jsonb_agg(
            jsonb_build_object(
                'amount', g.amount,
                'pool', g.pool,
                'subscription', g.subscription,
                'item', g.item,
                'period_start', extract(epoch from g.period_start),
                'plan', g.plan,
                'grant_months', g.grant_months,
                'grant_days', g.grant_days
            )
            order by g.position
        )
    ))
    from unnest(p_grants) with ordinality as g (
        pool, amount, expires_at, subscription, item,
        period_start, period_end, rollover_cap, cost, plan, grant_months, grant_days, position
    )
$$;

ALTER FUNCTION credits_private.describe_grants(p_grants credits_private.grant_order[], p_payment credits_private.payment_order) OWNER TO credits_owner;

--
-- Name: describe_hold_time(interval); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.describe_hold_time(p_expires_in interval) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select case
        when p_expires_in is not null then
            pg_catalog.jsonb_build_object('expires_in_seconds', extract(epoch from p_expires_in))
    end
$$;

ALTER FUNCTION credits_private.describe_hold_time(p_expires_in interval) OWNER TO credits_owner;

--
-- Name: describe_stripe_event(credits_private.stripe_events); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.describe_stripe_event(p_event credits_private.stripe_events) RETURNS credits.stripe_outcome
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_outcome credits.stripe_outcome;
begin
    v_outcome.event_id := p_event.event_id;
    v_outcome.event_type := p_event.event_type;
    v_outcome.outcome := p_event.outcome;
    v_outcome.reason := p_event.reason;
    v_outcome.account_id := p_event.account_id;
    v_outcome.waits_for := p_event.waits_for;
    return v_outcome;
end
$$;

ALTER FUNCTION credits_private.describe_stripe_event(p_event credits_private.stripe_events) OWNER TO credits_owner;

--
-- Name: describe_subscription(text, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.describe_subscription(p_account_id text, p_subscription text) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select jsonb_strip_nulls(jsonb_build_object(
        'status', s.status,
        'trial_end', extract(epoch from s.trial_end),
        'canceled_at', extract(epoch from s.canceled_at),
        'cancel_at_period_end', s.cancel_at_period_end,
        'items', (
            select jsonb_object_agg(i.item, jsonb_build_object(
                'plan', i.plan,
                'amount', i.amount,
                'rollover_cap', i.rollover_cap,
                'is_trial', i.is_trial,
                'period', jsonb_build_array(
                    extract(epoch from i.period_start), extract(epoch from i.period_end)
                ),
                'grant_months', i.grant_months,
                'grant_days', i.grant_days,
                'time_zone', i.time_zone,
                'parts', i.parts,
                'grants_done', i.grants_done,
                'next_amount', i.next_amount,
                'next_plan', i.next_plan
            ))
            from credits_private.subscription_items i
            where i.account_id = p_account_id and i.subscription = p_subscription
        )
    ))
    from credits_private.subscriptions s
    where s.account_id = p_account_id and s.subscription = p_subscription
$$;

ALTER FUNCTION credits_private.describe_subscription(p_account_id text, p_subscription text) OWNER TO credits_owner;

--
-- Name: differences(text, credits_private.rebuilt); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.differences(p_account_id text, p_rebuilt credits_private.rebuilt) RETURNS SETOF credits.difference
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    with lots as (
        select coalesce(r.lot_id, s.lot_id) as lot_id, r.lot_id as told, s.lot_id as stored,
            r.lot_id is not distinct from p_rebuilt.open_lot_id as is_out,
            r.origin, r.granted, r.credits, r.expired, r.clawed, r.clawed_at, r.granted_at,
            s as lot
        from unnest(p_rebuilt.lots) as r
        full join (
            select l.* from credits_private.lots l where l.account_id = p_account_id
        ) as s on s.lot_id = r.lot_id
    ),
    holds as (
        select coalesce(r.hold_id, s.hold_id) as hold_id, r.hold_id as told, s.hold_id as stored,
            r.amount, r.captured, r.status, s as hold
        from unnest(p_rebuilt.holds) as r
        full join (
            select h.* from credits_private.holds h where h.account_id = p_account_id
        ) as s on s.hold_id = r.hold_id
    ),
    tail as (
        select t.entry_id, t.next_event_at, t.open_lot_id, e.next_event_at as earliest,
            f.lot_id as first_lot_id,
            case
                when p_rebuilt.debt > 0 then t.open_lot_id is null
                when t.open_lot_id is null then f.lot_id is null
                else f.lot_id is null or o.rank <= f.rank
            end as is_first
        from credits_private.ledger t
        cross join lateral (
            select least(
                (select min((l.lot).expires_at) from lots l where l.credits > 0),
                (select min((h.hold).expires_at) from holds h where h.status = 'open')
            ) as next_event_at
        ) as e
        left join lateral (
            select l.lot_id,
                row((l.lot).priority, (l.lot).expires_at, l.lot_id) as rank
            from lots l
            where l.credits > 0
            order by (l.lot).priority, (l.lot).expires_at, l.lot_id
            limit 1
        ) as f on true
        left join lateral (
            select row((l.lot).priority, (l.lot).expires_at, l.lot_id) as rank
            from lots l
            where l.lot_id = t.open_lot_id
        ) as o on true
        where t.account_id = p_account_id and t.entry_id = p_rebuilt.entry_id
    )
    select b.* from unnest(p_rebuilt.broken) as b
    union all
    (
        select p_account_id, 'lot', l.lot_id, c.field, c.stored, c.rebuilt, c.is_repairable
        from lots l
        cross join lateral (values
            (1, 'lot_id', l.told = l.stored, l.stored::text, l.told::text, l.told is null),
            (2, 'origin', l.origin is null or (l.lot).origin = l.origin,
                (l.lot).origin, l.origin, true),
            (3, 'granted', (l.lot).granted = l.granted,
                (l.lot).granted::text, l.granted::text, true),
            (4, 'remaining', (l.lot).remaining = case when l.is_out then 0 else l.credits end,
                (l.lot).remaining::text, (case when l.is_out then 0 else l.credits end)::text,
                true),
            (5, 'expired', (l.lot).expired = l.expired,
                (l.lot).expired::text, l.expired::text, true),
            (6, 'clawed', (l.lot).clawed = l.clawed, (l.lot).clawed::text, l.clawed::text, true),
            (7, 'clawed_at', ((l.lot).clawed_at is null) = (l.clawed = 0),
                (l.lot).clawed_at::text, l.clawed_at::text, true),
            (8, 'is_open', (l.lot).is_open = (l.credits > 0) or l.is_out and l.credits = 0,
                (l.lot).is_open::text, (l.credits > 0)::text, true),
            (9, 'granted_at', (l.lot).granted_at = l.granted_at,
                (l.lot).granted_at::text, l.granted_at::text, true)
        ) as c (place, field, agrees, stored, rebuilt, is_repairable)
        where cardinality(p_rebuilt.broken) = 0
            and c.agrees is not true
            and (c.place = 1 or l.told = l.stored)
        order by l.lot_id, c.place
    )
    union all
    (
        select p_account_id, 'hold', h.hold_id, c.field, c.stored, c.rebuilt, c.is_repairable
        from holds h
        cross join lateral (values
            (1, 'hold_id', h.told = h.stored, h.stored::text, h.told::text, h.told is null),
            (2, 'amount', (h.hold).amount = h.amount,
                (h.hold).amount::text, h.amount::text, true),
            (3, 'captured', (h.hold).captured = h.captured,
                (h.hold).captured::text, h.captured::text, true),
            (4, 'status',
                (h.hold).status = h.status
                or h.status = 'expired' and (h.hold).status = 'released',
                (h.hold).status, h.status, true)
        ) as c (place, field, agrees, stored, rebuilt, is_repairable)
        where cardinality(p_rebuilt.broken) = 0
            and c.agrees is not true
            and (c.place = 1 or h.told = h.stored)
        order by h.hold_id, c.place
    )
    union all
    select p_account_id, 'tail', t.entry_id, c.field, c.stored, c.rebuilt, true
    from tail t
    cross join lateral (values
        ('next_event_at', t.earliest is null or t.next_event_at <= t.earliest,
            t.next_event_at::text, t.earliest::text),
        ('open_lot_id', t.is_first, t.open_lot_id::text, t.first_lot_id::text)
    ) as c (field, agrees, stored, rebuilt)
    where cardinality(p_rebuilt.broken) = 0 and c.agrees is not true
$$;

ALTER FUNCTION credits_private.differences(p_account_id text, p_rebuilt credits_private.rebuilt) OWNER TO credits_owner;

--
-- Name: stripe_disputes; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.stripe_disputes (
    provider_account text NOT NULL COLLATE pg_catalog."C",
    livemode boolean NOT NULL,
    dispute text NOT NULL COLLATE pg_catalog."C",
    payment_intent text COLLATE pg_catalog."C",
    charge text COLLATE pg_catalog."C",
    amount bigint NOT NULL,
    currency text,
    status text,
    status_at timestamp with time zone NOT NULL,
    withdrawn_at timestamp with time zone,
    reinstated_at timestamp with time zone,
    unknown_status text,
    CONSTRAINT stripe_disputes_amount_is_not_negative CHECK ((amount >= 0))
);

ALTER TABLE credits_private.stripe_disputes OWNER TO credits_owner;

--
-- Name: TABLE stripe_disputes; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.stripe_disputes IS 'Disputes and inquiries, one row each.';

--
-- Name: COLUMN stripe_disputes.provider_account; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_disputes.provider_account IS 'Connected account; empty for one''s own.';

--
-- Name: COLUMN stripe_disputes.livemode; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_disputes.livemode IS 'False for a test-mode object.';

--
-- Name: COLUMN stripe_disputes.dispute; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_disputes.dispute IS 'Id of the dispute.';

--
-- Name: COLUMN stripe_disputes.payment_intent; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_disputes.payment_intent IS 'Payment intent that is disputed.';

--
-- Name: COLUMN stripe_disputes.charge; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_disputes.charge IS 'Charge that is disputed.';

--
-- Name: COLUMN stripe_disputes.amount; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_disputes.amount IS 'Money disputed, in the smallest unit of its currency.';

--
-- Name: COLUMN stripe_disputes.currency; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_disputes.currency IS 'Currency of the amount.';

--
-- Name: COLUMN stripe_disputes.status; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_disputes.status IS 'Status at Stripe; null: none that is known.';

--
-- Name: COLUMN stripe_disputes.status_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_disputes.status_at IS 'Time of the event that told of the status.';

--
-- Name: COLUMN stripe_disputes.withdrawn_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_disputes.withdrawn_at IS 'When the money was withdrawn last.';

--
-- Name: COLUMN stripe_disputes.reinstated_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_disputes.reinstated_at IS 'When the money was given back last.';

--
-- Name: COLUMN stripe_disputes.unknown_status; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_disputes.unknown_status IS 'A status that is not known; it changes nothing.';

--
-- Name: dispute_takes_back(credits_private.stripe_disputes, boolean); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.dispute_takes_back(p_dispute credits_private.stripe_disputes, p_at_once boolean) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select case
        when p_dispute.reinstated_at >= greatest(p_dispute.withdrawn_at, p_dispute.status_at)
            then false
        when p_dispute.status in ('lost', 'appeal_needs_response', 'appeal_under_review') then true
        when p_dispute.status in ('won', 'warning_closed', 'prevented', 'charge_refunded')
            then false
        when p_dispute.status in ('needs_response', 'under_review') then p_at_once
        else p_at_once
            and p_dispute.withdrawn_at is not null
            and coalesce(p_dispute.withdrawn_at > p_dispute.reinstated_at, true)
    end
$$;

ALTER FUNCTION credits_private.dispute_takes_back(p_dispute credits_private.stripe_disputes, p_at_once boolean) OWNER TO credits_owner;

--
-- Name: draw_lot(text, bigint, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.draw_lot(p_account_id text, p_lot_id bigint, p_amount bigint) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    update credits_private.lots l
    set remaining = l.remaining - p_amount, is_open = l.remaining > p_amount
    where l.account_id = p_account_id and l.lot_id = p_lot_id;
end
$$;

ALTER FUNCTION credits_private.draw_lot(p_account_id text, p_lot_id bigint, p_amount bigint) OWNER TO credits_owner;

--
-- Name: holds; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.holds (
    account_id text NOT NULL COLLATE pg_catalog."C",
    hold_id bigint NOT NULL,
    amount bigint NOT NULL,
    captured bigint DEFAULT 0 NOT NULL,
    status text DEFAULT 'open'::text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT holds_amount_is_positive CHECK ((amount > 0)),
    CONSTRAINT holds_captured_is_in_range CHECK (((captured >= 0) AND (captured <= amount))),
    CONSTRAINT holds_status_is_known CHECK ((status = ANY (ARRAY['open'::text, 'captured'::text, 'released'::text, 'expired'::text])))
);

ALTER TABLE credits_private.holds OWNER TO credits_owner;

--
-- Name: TABLE holds; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.holds IS 'Credits set aside for work whose cost is not known yet. The ledger says which lots gave them.';

--
-- Name: COLUMN holds.account_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.holds.account_id IS 'Account that the credits belong to.';

--
-- Name: COLUMN holds.hold_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.holds.hold_id IS 'Number of the entry that took the credits.';

--
-- Name: COLUMN holds.amount; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.holds.amount IS 'Credits that the hold took.';

--
-- Name: COLUMN holds.captured; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.holds.captured IS 'Part of the amount that was captured; what was captured above the amount is not in it.';

--
-- Name: COLUMN holds.status; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.holds.status IS 'open, captured, released, or expired: released by its deadline.';

--
-- Name: COLUMN holds.expires_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.holds.expires_at IS 'Deadline: first instant at which the hold cannot be captured.';

--
-- Name: end_hold(credits_private.account_state, credits_private.holds, text, credits_private.ledger); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.end_hold(p_state credits_private.account_state, p_hold credits_private.holds, p_status text, p_entry credits_private.ledger) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_entry credits_private.ledger := p_entry;
    v_taken jsonb;
    v_held_at timestamptz;
begin
    v_entry.kind := 'release';
    v_entry.about_entry_id := p_hold.hold_id;
    select l.member, l.allocations, l.occurred_at into v_entry.member, v_taken, v_held_at
    from credits_private.ledger l
    where l.account_id = p_state.account_id and l.entry_id = p_hold.hold_id;
    v_entry.allocations := credits_private.reverse_allocations(
        v_taken, 0, p_hold.amount - p_hold.captured
    );
    update credits_private.holds h
    set status = p_status
    where h.account_id = p_state.account_id and h.hold_id = p_hold.hold_id;

    perform credits_private.count_use(
        p_state.account_id, v_entry.member, v_held_at, p_hold.captured - p_hold.amount
    );
    v_state := credits_private.book(p_state, v_entry);
    v_state := credits_private.put_back(v_state, v_entry.allocations, 'lapse');
    return credits_private.settle_debt(v_state);
end
$$;

ALTER FUNCTION credits_private.end_hold(p_state credits_private.account_state, p_hold credits_private.holds, p_status text, p_entry credits_private.ledger) OWNER TO credits_owner;

--
-- Name: end_lot(text, bigint, timestamp with time zone); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.end_lot(p_account_id text, p_lot_id bigint, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    update credits_private.lots l
    set remaining = 0, is_open = false, expired = l.expired + l.remaining, expires_at = p_now
    where l.account_id = p_account_id and l.lot_id = p_lot_id;
end
$$;

ALTER FUNCTION credits_private.end_lot(p_account_id text, p_lot_id bigint, p_now timestamp with time zone) OWNER TO credits_owner;

--
-- Name: end_lots_early(credits_private.account_state, text, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.end_lots_early(p_state credits_private.account_state, p_subscription text, p_when text) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state := p_state;
    v_until timestamptz := p_state.now;
    r_lot credits_private.lots;
begin
    for r_lot in
        select l.*
        from credits_private.lots l
        where l.account_id = p_state.account_id
            and l.subscription = p_subscription
            and l.expires_at > p_state.now
            and (p_when = 'now' or l.period_end is not null and l.origin <> 'restoration')
        order by l.lot_id
    loop
        if p_when = 'period_end' then
            select coalesce(max(i.period_end), r_lot.period_end) into v_until
            from credits_private.subscription_items i
            where i.account_id = p_state.account_id
                and i.subscription = p_subscription
                and i.item = r_lot.item;
        end if;
        update credits_private.lots l
        set expires_at = v_until
        where l.account_id = p_state.account_id
            and l.lot_id = r_lot.lot_id
            and l.expires_at > v_until
            and (p_when = 'now' or v_until > p_state.now);
        v_state.next_event_at := least(v_state.next_event_at, v_until);
    end loop;
    return credits_private.book_due(
        v_state, v_state.now, p_limit => null, p_on_their_own => false
    );
end
$$;

ALTER FUNCTION credits_private.end_lots_early(p_state credits_private.account_state, p_subscription text, p_when text) OWNER TO credits_owner;

--
-- Name: end_lots_with_grace(credits_private.account_state, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.end_lots_with_grace(p_state credits_private.account_state, p_subscription text) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_grace interval := credits_private.setting_interval('renewal_grace');
    v_until timestamptz;
    r_lot credits_private.lots;
begin
    for r_lot in
        select l.*
        from credits_private.lots l
        where l.account_id = p_state.account_id
            and l.subscription = p_subscription
            and l.expires_at > p_state.now
            and l.period_end is not null
            and l.origin not in ('restoration', 'trial')
        order by l.lot_id
    loop
        select coalesce(max(i.period_end), r_lot.period_end) into v_until
        from credits_private.subscription_items i
        where i.account_id = p_state.account_id
            and i.subscription = p_subscription
            and i.item = r_lot.item;
        update credits_private.lots l
        set expires_at = l.period_end + v_grace
        where l.account_id = p_state.account_id
            and l.lot_id = r_lot.lot_id
            and l.expires_at = v_until
            and l.expires_at < l.period_end + v_grace;
    end loop;
    return p_state;
end
$$;

ALTER FUNCTION credits_private.end_lots_with_grace(p_state credits_private.account_state, p_subscription text) OWNER TO credits_owner;

--
-- Name: entry_at(text, timestamp with time zone); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.entry_at(p_account_id text, p_at timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_booked bigint := credits_private.last_entry_before(p_account_id, p_at);
    v_next bigint;
    v_entry_id bigint;
begin
    select l.entry_id into v_next
    from credits_private.ledger l
    where l.account_id = p_account_id and l.entry_id > v_booked and l.occurred_at > p_at
    order by l.entry_id
    limit 1;

    select l.entry_id into v_entry_id
    from credits_private.ledger l
    where l.account_id = p_account_id and l.entry_id < coalesce(v_next, 9223372036854775807)
    order by l.entry_id desc
    limit 1;
    return coalesce(v_entry_id, 0);
end
$$;

ALTER FUNCTION credits_private.entry_at(p_account_id text, p_at timestamp with time zone) OWNER TO credits_owner;

--
-- Name: entry_bytes(integer, credits_private.ledger, bytea); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.entry_bytes(p_version integer, p_entry credits_private.ledger, p_metadata_digest bytea) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select case p_version
        when 1 then pg_catalog.convert_to(
            pg_catalog.jsonb_build_array(
                1, p_entry.account_id, p_entry.entry_id, p_entry.command_id, p_entry.kind,
                p_entry.amount, p_entry.balance, p_entry.debt,
                p_entry.open_lot_id, p_entry.open_lot_remaining,
                (extract(epoch from p_entry.next_event_at))::text,
                p_entry.allocations, p_entry.about_entry_id, p_entry.other_account_id,
                p_entry.other_entry_id, p_entry.feature, p_entry.member, p_entry.reference,
                p_entry.idempotency_key, p_entry.request,
                pg_catalog.encode(p_metadata_digest, 'hex'), p_entry.actor,
                (extract(epoch from p_entry.created_at))::text,
                (extract(epoch from p_entry.occurred_at))::text
            )::text,
            'UTF8'
        )
    end
$$;

ALTER FUNCTION credits_private.entry_bytes(p_version integer, p_entry credits_private.ledger, p_metadata_digest bytea) OWNER TO credits_owner;

--
-- Name: entry_kinds(); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.entry_kinds() RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select array[
        'open', 'freeze', 'unfreeze', 'close', 'erase', 'cap', 'grant', 'adjust', 'subscription',
        'rollover', 'transfer', 'merge', 'spend', 'refund', 'hold', 'extend', 'capture', 'release',
        'expire', 'settle', 'clawback', 'restore', 'repair'
    ]
$$;

ALTER FUNCTION credits_private.entry_kinds() OWNER TO credits_owner;

--
-- Name: estimated_unsealed(); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.estimated_unsealed() RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select greatest(0, l.reltuples - greatest(s.reltuples, 0))::bigint
    from pg_catalog.pg_class l
    cross join pg_catalog.pg_class s
    where l.oid = 'credits_private.ledger'::regclass and l.reltuples >= 0
        and s.oid = 'credits_private.seals'::regclass
$$;

ALTER FUNCTION credits_private.estimated_unsealed() OWNER TO credits_owner;

--
-- Name: exact_interval(interval); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.exact_interval(p_interval interval) RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select pg_catalog.make_interval(secs => extract(epoch from p_interval)::double precision)
$$;

ALTER FUNCTION credits_private.exact_interval(p_interval interval) OWNER TO credits_owner;

--
-- Name: fail(text, jsonb, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.fail(p_code text, p_values jsonb DEFAULT '{}'::jsonb, p_hint text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_sqlstate text;
    v_message text;
    v_hint text;
begin
    select r.sqlstate, r.message, r.hint into strict v_sqlstate, v_message, v_hint
    from (values
        ('invalid_argument', 'PT400', 'invalid argument',
            'Correct the argument that DETAIL names and call again.'),
        ('same_account', 'PT400', 'both accounts are the same',
            'Name two accounts.'),
        ('not_signed_in', 'PT401', 'not signed in',
            'Send the access token of a user; DETAIL says what was missing.'),
        ('insufficient_credits', 'PT402', 'insufficient credits',
            'Ask for less, or let the account buy credits and call again.'),
        ('in_debt', 'PT402', 'account is in debt',
            'Credits that were spent have been taken back; the next paid credits settle the debt.'),
        ('account_frozen', 'PT403', 'account is frozen',
            'An administrator has to unfreeze the account.'),
        ('limit_reached', 'PT403', 'limit reached',
            'Ask for at most what is left, wait until resets_at, or have the limit raised.'),
        ('append_only', 'PT403', 'ledger is append-only',
            'Book a new entry through the API instead of changing an old one.'),
        ('account_not_found', 'PT404', 'account not found',
            'Open the account or grant credits to it first.'),
        ('entry_not_found', 'PT404', 'entry not found',
            'Look the entry up with list_entries.'),
        ('hold_not_found', 'PT404', 'hold not found',
            'Name a hold of this account; list_holds shows them.'),
        ('subscription_not_found', 'PT404', 'subscription not found',
            'Start it with its first period or its trial; list_subscriptions shows what is known.'),
        ('payment_not_found', 'PT404', 'payment not found',
            'Record the payment first, or name it as it was recorded.'),
        ('stripe_event_not_found', 'PT404', 'stripe event not found',
            'Look the event up with list_stripe_events.'),
        ('account_closed', 'PT409', 'account is closed',
            'A closed account takes no credits; use another account.'),
        ('account_merged', 'PT409', 'account was merged into another one',
            'Call again with the account that DETAIL calls merged_into.'),
        ('account_not_empty', 'PT409', 'account still has credits',
            'Let them be spent, or close with p_if_credits forfeit.'),
        ('holds_open', 'PT409', 'account has open holds',
            'Capture or release them, or merge with p_if_holds release.'),
        ('subscription_ended', 'PT409', 'subscription has ended',
            'A new paid period begins it again.'),
        ('trial_used', 'PT409', 'trial was used before',
            'One subscription, and one p_trial_key, has one trial.'),
        ('hold_closed', 'PT409', 'hold is closed',
            'It was captured or released before; nothing more comes of it.'),
        ('idempotency_conflict', 'PT409',
            'idempotency key or payment already used for another request',
            'Repeat the first request unchanged, or choose a new key.'),
        ('invalid_state', 'PT409', 'not possible in this state',
            'Read the current state and decide again.'),
        ('not_repairable', 'PT409', 'account cannot be repaired from its entries',
            'Bring back the row that DETAIL names from a backup.'),
        ('hold_expired', 'PT410', 'hold has expired',
            'Its credits went back at the deadline: spend what the work cost, and extend holds in '
            'time.'),
        ('balance_limit', 'PT422', 'balance limit exceeded',
            'An account holds at most 9007199254740991 credits.'),
        ('refund_exceeds_spend', 'PT422', 'refund exceeds the spend',
            'Refund at most what DETAIL calls refundable.'),
        ('scan_limit', 'PT422', 'nothing found within the scan limit',
            'Go on with what DETAIL calls before, or narrow the time.'),
        ('internal_error', 'PT500', 'internal error',
            'This is a defect of pgcredits: run verify and report it.')
    ) as r (code, sqlstate, message, hint)
    where r.code = p_code;

    raise exception using
        errcode = v_sqlstate,
        message = v_message,
        detail = (jsonb_build_object('code', p_code) || coalesce(p_values, '{}'))::text,
        hint = coalesce(p_hint, v_hint);
end
$$;

ALTER FUNCTION credits_private.fail(p_code text, p_values jsonb, p_hint text) OWNER TO credits_owner;

--
-- Name: find_due(timestamp with time zone, bigint, text[]); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.find_due(p_now timestamp with time zone, p_limit bigint, p_without text[]) RETURNS credits_private.due_account[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    return array(
        select row(
            e.account_id, count(*), null, null, null, null, false
        )::credits_private.due_account
        from (
            (
                select l.account_id, l.expires_at
                from credits_private.lots l
                where l.is_open and l.expires_at <= p_now and l.account_id <> all (p_without)
                order by l.expires_at, l.account_id
                limit p_limit
            )
            union all
            (
                select h.account_id, h.expires_at
                from credits_private.holds h
                where h.status = 'open'
                    and h.expires_at <= p_now
                    and h.account_id <> all (p_without)
                order by h.expires_at, h.account_id
                limit p_limit
            )
            order by expires_at, account_id
            limit p_limit
        ) as e
        group by e.account_id
    );
end
$$;

ALTER FUNCTION credits_private.find_due(p_now timestamp with time zone, p_limit bigint, p_without text[]) OWNER TO credits_owner;

--
-- Name: find_entries(text, integer, bigint, text, text, text, text, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.find_entries(p_account_id text, p_limit integer, p_before bigint, p_kind text, p_feature text, p_reference text, p_member text, p_from timestamp with time zone, p_to timestamp with time zone) RETURNS SETOF credits.entry
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_before bigint := coalesce(p_before, 9223372036854775807);
    v_first bigint := 1;
    v_from bigint;
    v_count bigint;
begin
    perform credits_private.check_argument(
        'p_limit', coalesce(p_limit, 100) between 1 and 1000, '1 to 1000'
    );
    perform credits_private.check_argument(
        'p_kind', p_kind is null or p_kind = any (credits_private.entry_kinds()),
        'one of ' || array_to_string(credits_private.entry_kinds(), ', ')
    );
    perform credits_private.check_text('p_feature', p_feature);
    perform credits_private.check_text('p_reference', p_reference);
    perform credits_private.check_text('p_member', p_member);
    perform credits_private.check_instant('p_from', p_from);
    perform credits_private.check_instant('p_to', p_to);
    perform credits_private.check_argument(
        'p_to', p_from is null or p_to is null or p_to > p_from, 'an instant after p_from'
    );

    if p_from is not null then
        v_first := credits_private.last_entry_before(p_account_id, p_from) + 1;
    end if;
    if p_to is not null then
        v_before := least(
            v_before, credits_private.last_entry_before(p_account_id, p_to) + 1
        );
    end if;
    -- Entries are numbered without gaps, so that it is known how many there are to look at.
    select greatest(
            v_first,
            case
                when coalesce(p_kind, p_feature, p_reference, p_member) is not null
                    then l.entry_id - credits_private.scan_limit() + 1
            end
        ),
        l.entry_id + 1
    into v_from, v_before
    from credits_private.ledger l
    where l.account_id = p_account_id and l.entry_id < v_before
    order by l.entry_id desc
    limit 1;
    v_count := greatest(v_before - v_from, 0);

    return query
    select (p.entry).account_id, (p.entry).entry_id, (p.entry).command_id, (p.entry).kind,
        (p.entry).amount, (p.entry).balance, (p.entry).debt, p.allocations,
        credits_private.pools_of(p_account_id, p.allocations),
        (p.entry).about_entry_id, (p.entry).other_account_id, (p.entry).other_entry_id,
        (p.entry).feature, (p.entry).member, (p.entry).reference,
        (p.entry).idempotency_key, (p.entry).metadata, (p.entry).actor, (p.entry).created_at,
        (p.entry).occurred_at, (p.entry).request
    from (
        select s.entry, credits_private.allocations_of(s.entry) as allocations
        from (
            select l as entry
            from credits_private.ledger l
            where l.account_id = p_account_id and l.entry_id < v_before
            order by l.entry_id desc
            limit v_count
        ) as s
        where (p_kind is null or (s.entry).kind = p_kind)
            and (p_feature is null or (s.entry).feature = p_feature)
            and (p_reference is null or (s.entry).reference = p_reference)
            and (p_member is null or (s.entry).member = p_member)
            and (s.entry).entry_id >= v_from
        limit coalesce(p_limit, 100)
    ) as p
    order by (p.entry).entry_id desc;

    if not found and v_from > v_first then
        perform credits_private.fail(
            'scan_limit',
            jsonb_build_object('searched', credits_private.scan_limit(), 'before', v_from)
        );
    end if;
end
$$;

ALTER FUNCTION credits_private.find_entries(p_account_id text, p_limit integer, p_before bigint, p_kind text, p_feature text, p_reference text, p_member text, p_from timestamp with time zone, p_to timestamp with time zone) OWNER TO credits_owner;

--
-- Name: find_hold(credits_private.account_state, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.find_hold(p_state credits_private.account_state, p_hold_id bigint) RETURNS credits_private.holds
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_hold credits_private.holds;
begin
    select h.* into v_hold
    from credits_private.holds h
    where h.account_id = p_state.account_id and h.hold_id = p_hold_id;
    if not found then
        perform credits_private.fail(
            'hold_not_found',
            jsonb_build_object('account_id', p_state.account_id, 'hold_id', p_hold_id)
        );
    elsif v_hold.status = 'expired'
        or v_hold.status = 'open' and v_hold.expires_at <= p_state.now
    then
        perform credits_private.fail(
            'hold_expired',
            jsonb_build_object('hold_id', p_hold_id, 'expires_at', v_hold.expires_at)
        );
    elsif v_hold.status <> 'open' then
        perform credits_private.fail(
            'hold_closed', jsonb_build_object('hold_id', p_hold_id, 'status', v_hold.status)
        );
    end if;
    return v_hold;
end
$$;

ALTER FUNCTION credits_private.find_hold(p_state credits_private.account_state, p_hold_id bigint) OWNER TO credits_owner;

--
-- Name: find_line_items(credits_private.stripe_events, text, jsonb, boolean); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.find_line_items(p_event credits_private.stripe_events, p_object_id text, p_shown jsonb, p_wait boolean) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_items jsonb;
begin
    if p_shown ->> 'has_more' = 'false' and jsonb_typeof(p_shown -> 'data') = 'array' then
        return p_shown -> 'data';
    end if;
    select l.line_items into v_items
    from credits_private.stripe_line_items l
    where l.object_id = p_object_id
        and l.livemode = p_event.livemode
        and l.provider_account = p_event.provider_account;
    if not found and p_wait then
        perform credits_private.lock_meeting_point(
            credits_private.stripe_wait_name(p_event, p_object_id, 'lines')
        );
        select l.line_items into v_items
        from credits_private.stripe_line_items l
        where l.object_id = p_object_id
            and l.livemode = p_event.livemode
            and l.provider_account = p_event.provider_account;
    end if;
    return v_items;
end
$$;

ALTER FUNCTION credits_private.find_line_items(p_event credits_private.stripe_events, p_object_id text, p_shown jsonb, p_wait boolean) OWNER TO credits_owner;

--
-- Name: find_paid(text, jsonb, credits_private.payment_order); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.find_paid(p_account_id text, p_request jsonb, p_payment credits_private.payment_order) RETURNS credits.receipt
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_ref credits_private.payment_refs;
    v_amount_paid bigint;
    v_recorded jsonb;
    v_chain text[] := credits_private.chain_of(p_account_id);
    v_first credits_private.ledger;
begin
    select r.* into v_ref
    from credits_private.payment_refs r
    where r.object_id = any (p_payment.object_id || p_payment.other_ids)
        and r.provider = p_payment.provider
        and r.livemode = p_payment.livemode
        and r.provider_account = p_payment.provider_account
    limit 1;
    if not found then
        return null;
    end if;

    if v_ref.account_id = any (v_chain) then
        select p.amount_paid into v_amount_paid
        from credits_private.payments p
        where p.account_id = v_ref.account_id and p.payment_id = v_ref.payment_id;
        select l.request - '{after,moved}'::text[] into v_recorded
        from credits_private.ledger l
        where l.account_id = v_ref.account_id and l.entry_id = v_ref.payment_id;
    end if;
    if v_ref.account_id <> all (v_chain)
        -- The same payment may be told under another one of its names.
        or v_recorded - 'payment' is distinct from p_request - 'payment'
    then
        perform credits_private.fail(
            'idempotency_conflict',
            jsonb_build_object(
                'payment', p_payment.object_id, 'recorded', v_recorded, 'amount_paid',
                v_amount_paid
            ),
            'This payment has granted its credits already, to another account or with other '
            'figures.'
        );
    end if;
    perform credits_private.insert_refs(v_ref.account_id, v_ref.payment_id, p_payment);
    v_first := credits_private.first_booking(v_ref.account_id, v_ref.payment_id);
    return credits_private.receipt_of(v_first.account_id, v_first.command_id);
end
$$;

ALTER FUNCTION credits_private.find_paid(p_account_id text, p_request jsonb, p_payment credits_private.payment_order) OWNER TO credits_owner;

--
-- Name: find_payment(text, credits_private.payment_order); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.find_payment(p_account_id text, p_name credits_private.payment_order) RETURNS credits_private.payments
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_payment_id bigint;
    v_payment credits_private.payments;
begin
    select r.payment_id into v_payment_id
    from credits_private.payment_refs r
    where r.object_id = p_name.object_id
        and r.provider = p_name.provider
        and r.livemode = coalesce(p_name.livemode, r.livemode)
        and r.provider_account = coalesce(p_name.provider_account, r.provider_account)
        and r.account_id = p_account_id
    order by r.livemode desc, r.provider_account
    limit 1;
    if not found then
        perform credits_private.fail(
            'payment_not_found',
            jsonb_build_object(
                'account_id', p_account_id,
                'provider', p_name.provider, 'payment', p_name.object_id
            )
        );
    end if;
    select p.* into v_payment
    from credits_private.payments p
    where p.account_id = p_account_id and p.payment_id = v_payment_id;
    return v_payment;
end
$$;

ALTER FUNCTION credits_private.find_payment(p_account_id text, p_name credits_private.payment_order) OWNER TO credits_owner;

--
-- Name: find_period(text, credits_private.grant_order[], credits_private.payment_order); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.find_period(p_account_id text, p_grants credits_private.grant_order[], p_payment credits_private.payment_order) RETURNS credits.receipt
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_grant credits_private.grant_order;
    v_lot_id bigint;
    v_granted bigint;
    v_first credits_private.ledger;
begin
    foreach v_grant in array p_grants loop
        select l.lot_id, l.granted into v_lot_id, v_granted
        from credits_private.lots l
        where l.account_id = p_account_id
            and l.subscription = v_grant.subscription
            and l.item = v_grant.item
            and l.period_start = v_grant.period_start
            and l.origin = 'grant';
        continue when not found;

        if v_granted <> v_grant.amount or p_payment.object_id is not null then
            perform credits_private.fail(
                'idempotency_conflict',
                jsonb_build_object(
                    'subscription', v_grant.subscription, 'item', v_grant.item,
                    'period_start', v_grant.period_start, 'lot_id', v_lot_id,
                    'recorded', v_granted, 'asked', v_grant.amount, 'payment', p_payment.object_id
                ),
                'This item has its credits for this period already.'
            );
        end if;
        v_first := credits_private.first_booking(p_account_id, v_lot_id);
        return credits_private.receipt_of(v_first.account_id, v_first.command_id);
    end loop;
    return null;
end
$$;

ALTER FUNCTION credits_private.find_period(p_account_id text, p_grants credits_private.grant_order[], p_payment credits_private.payment_order) OWNER TO credits_owner;

--
-- Name: find_recorded(text, credits_private.spend_order[]); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.find_recorded(p_account_id text, p_orders credits_private.spend_order[]) RETURNS credits_private.ledger[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    return (
        select array_agg(r.entry order by o.index)
        from unnest(p_orders) as o
        left join lateral (
            select l as entry
            from credits_private.ledger l
            where l.account_id = p_account_id and l.idempotency_key = o.idempotency_key
            -- One index descent a key, whatever the planner thinks of the account.
            limit 1
        ) as r on true
    );
end
$$;

ALTER FUNCTION credits_private.find_recorded(p_account_id text, p_orders credits_private.spend_order[]) OWNER TO credits_owner;

--
-- Name: find_replay(text, text, credits_private.ledger); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.find_replay(p_account_id text, p_idempotency_key text, p_asked credits_private.ledger) RETURNS credits.receipt
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_found credits_private.ledger;
begin
    if p_idempotency_key is null then
        return null;
    end if;

    select l.* into v_found
    from credits_private.ledger l
    where l.account_id = p_account_id and l.idempotency_key = p_idempotency_key;
    if not found then
        return null;
    end if;
    v_found.request := v_found.request - 'after';

    perform credits_private.raise_refusal(credits_private.conflict_refusal(v_found, p_asked));
    return credits_private.receipt_of(p_account_id, v_found.command_id);
end
$$;

ALTER FUNCTION credits_private.find_replay(p_account_id text, p_idempotency_key text, p_asked credits_private.ledger) OWNER TO credits_owner;

--
-- Name: payment_refs; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.payment_refs (
    object_id text NOT NULL COLLATE pg_catalog."C",
    provider text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    livemode boolean NOT NULL,
    provider_account text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    payment_id bigint NOT NULL
);

ALTER TABLE credits_private.payment_refs OWNER TO credits_owner;

--
-- Name: TABLE payment_refs; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.payment_refs IS 'Every name of a payment. Unique over all accounts, so that two signals of one payment never credit twice.';

--
-- Name: COLUMN payment_refs.object_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payment_refs.object_id IS 'The provider''s id of the object.';

--
-- Name: COLUMN payment_refs.provider; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payment_refs.provider IS 'Payment provider; manual when there is none.';

--
-- Name: COLUMN payment_refs.kind; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payment_refs.kind IS 'Kind of object: payment, payment_intent, charge, invoice or checkout_session.';

--
-- Name: COLUMN payment_refs.livemode; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payment_refs.livemode IS 'False for a test-mode object.';

--
-- Name: COLUMN payment_refs.provider_account; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payment_refs.provider_account IS 'Connected account at the provider; empty for one''s own.';

--
-- Name: COLUMN payment_refs.account_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payment_refs.account_id IS 'Account that the payment credited.';

--
-- Name: COLUMN payment_refs.payment_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.payment_refs.payment_id IS 'The payment, inside the account.';

--
-- Name: find_stripe_payment(credits_private.stripe_events, text[]); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.find_stripe_payment(p_event credits_private.stripe_events, p_object_ids text[]) RETURNS credits_private.payment_refs
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_ref credits_private.payment_refs;
begin
    select r.* into v_ref
    from credits_private.payment_refs r
    where r.object_id = any (p_object_ids)
        and r.provider = 'stripe'
        and r.livemode = p_event.livemode
        and r.provider_account = p_event.provider_account
    limit 1;
    return v_ref;
end
$$;

ALTER FUNCTION credits_private.find_stripe_payment(p_event credits_private.stripe_events, p_object_ids text[]) OWNER TO credits_owner;

--
-- Name: find_stripe_terms(credits_private.stripe_events, text, timestamp with time zone); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.find_stripe_terms(p_event credits_private.stripe_events, p_price text, p_at timestamp with time zone) RETURNS credits_private.stripe_terms
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_terms credits_private.stripe_terms;
begin
    v_terms := credits_private.stripe_terms(p_event, p_price, p_at);
    if v_terms.problem is not null then
        perform credits_private.lock_meeting_point('catalogue');
        v_terms := credits_private.stripe_terms(p_event, p_price, p_at);
    end if;
    return v_terms;
end
$$;

ALTER FUNCTION credits_private.find_stripe_terms(p_event credits_private.stripe_events, p_price text, p_at timestamp with time zone) OWNER TO credits_owner;

--
-- Name: find_subscription(text, text, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.find_subscription(p_account_id text, p_subscription text, p_item text) RETURNS credits_private.subscriptions
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_subscription credits_private.subscriptions;
begin
    select s.* into v_subscription
    from credits_private.subscriptions s
    where s.account_id = p_account_id and s.subscription = p_subscription;
    if not found
        or p_item is not null
        and not exists (
            select
            from credits_private.subscription_items i
            where i.account_id = p_account_id
                and i.subscription = p_subscription
                and i.item = p_item
        )
    then
        perform credits_private.fail(
            'subscription_not_found',
            jsonb_build_object(
                'account_id', p_account_id, 'subscription', p_subscription, 'item', p_item
            )
        );
    end if;
    return v_subscription;
end
$$;

ALTER FUNCTION credits_private.find_subscription(p_account_id text, p_subscription text, p_item text) OWNER TO credits_owner;

--
-- Name: finish_command(credits_private.account_state); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.finish_command(p_state credits_private.account_state) RETURNS credits.receipt
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_held bigint;
    v_state credits_private.account_state;
    v_first credits_private.ledger;
    v_receipt credits.receipt;
begin
    if p_state.has_gained then
        v_held := credits_private.held_by(p_state.account_id);
    end if;
    if p_state.balance + p_state.debt + coalesce(v_held, 0) > 9007199254740991
        or p_state.debt > 9007199254740991
    then
        perform credits_private.fail(
            'balance_limit',
            jsonb_build_object(
                'limit', 9007199254740991, 'balance', p_state.balance,
                'held', coalesce(v_held, credits_private.held_by(p_state.account_id)),
                'debt', p_state.debt
            )
        );
    end if;

    v_state := credits_private.check_out(p_state);
    perform credits_private.write_entries(v_state);

    v_first := p_state.entries[
        cardinality(p_state.entries) - (p_state.entry_id - p_state.command_id)
    ];
    if v_first.entry_id is null then
        select l.* into v_first
        from credits_private.ledger l
        where l.account_id = p_state.account_id and l.entry_id = p_state.command_id;
    end if;
    v_receipt.account_id := p_state.account_id;
    v_receipt.entry_id := v_first.entry_id;
    v_receipt.command_id := v_first.command_id;
    v_receipt.kind := v_first.kind;
    v_receipt.amount := v_first.amount;
    v_receipt.balance := p_state.balance;
    v_receipt.available := case when p_state.debt > 0 then 0 else p_state.balance end;
    v_receipt.debt := p_state.debt;
    v_receipt.allocations := v_first.allocations;
    v_receipt.is_replay := false;
    v_receipt.created_at := v_first.created_at;
    return v_receipt;
end
$$;

ALTER FUNCTION credits_private.finish_command(p_state credits_private.account_state) OWNER TO credits_owner;

--
-- Name: finish_schedule(credits_private.account_state, credits_private.grant_order); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.finish_schedule(p_state credits_private.account_state, p_grant credits_private.grant_order) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state := p_state;
    v_item credits_private.subscription_items;
    v_due timestamptz;
begin
    loop
        select i.* into v_item
        from credits_private.subscription_items i
        join credits_private.subscriptions s
            on s.account_id = p_state.account_id and s.subscription = p_grant.subscription
        where i.account_id = p_state.account_id
            and i.subscription = p_grant.subscription
            and i.item = p_grant.item
            and i.grant_months is not null
            and (s.canceled_at is null or s.cancel_at_period_end);
        v_due := credits_private.grant_instant(v_item, v_item.grants_done);
        exit when (v_due < least(v_item.period_end, p_grant.period_start)) is not true;

        v_state := credits_private.book_due(
            v_state,
            least(v_due - interval '0.000001 s', v_state.now),
            p_limit => null,
            p_on_their_own => true
        );
        v_state := credits_private.grant_scheduled(v_state, v_item);
        v_state := credits_private.note_subscription(v_state, p_grant.subscription);
        v_state.command_id := null;
    end loop;
    return credits_private.book_due(
        v_state, v_state.now, p_limit => null, p_on_their_own => true
    );
end
$$;

ALTER FUNCTION credits_private.finish_schedule(p_state credits_private.account_state, p_grant credits_private.grant_order) OWNER TO credits_owner;

--
-- Name: first_booking(text, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.first_booking(p_account_id text, p_entry_id bigint) RETURNS credits_private.ledger
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_entry credits_private.ledger;
begin
    v_entry.account_id := p_account_id;
    v_entry.entry_id := p_entry_id;
    loop
        select l.* into strict v_entry
        from credits_private.ledger l
        where l.account_id = v_entry.account_id and l.entry_id = v_entry.entry_id;
        exit when v_entry.kind <> 'merge';
        v_entry.account_id := v_entry.other_account_id;
        v_entry.entry_id := (v_entry.request -> 'moved' ->> 'entry_id')::bigint;
    end loop;
    return v_entry;
end
$$;

ALTER FUNCTION credits_private.first_booking(p_account_id text, p_entry_id bigint) OWNER TO credits_owner;

--
-- Name: forfeit_lots(credits_private.account_state); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.forfeit_lots(p_state credits_private.account_state) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_entry credits_private.ledger;
    r_lot record;
begin
    v_entry.kind := 'expire';
    v_entry.allocations := '[]';
    for r_lot in
        select l.lot_id, l.remaining
        from credits_private.lots l
        where l.account_id = p_state.account_id and l.is_open
        order by l.priority, l.expires_at, l.lot_id
    loop
        perform credits_private.end_lot(p_state.account_id, r_lot.lot_id, p_state.now);
        v_entry.allocations := v_entry.allocations
            || credits_private.allocation(r_lot.lot_id, -r_lot.remaining);
    end loop;
    if v_entry.allocations = '[]' then
        return p_state;
    end if;
    return credits_private.book(p_state, v_entry);
end
$$;

ALTER FUNCTION credits_private.forfeit_lots(p_state credits_private.account_state) OWNER TO credits_owner;

--
-- Name: free_credits(text, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.free_credits(p_policy text, p_credits bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select case p_policy when 'full' then p_credits else p_policy::bigint end
$$;

ALTER FUNCTION credits_private.free_credits(p_policy text, p_credits bigint) OWNER TO credits_owner;

--
-- Name: freeze_for_disputes(credits_private.stripe_events, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.freeze_for_disputes(p_event credits_private.stripe_events, p_account_id text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_status text;
    v_cause text;
    v_last credits_private.ledger;
begin
    if credits_private.setting('dispute_freezes') = 'no' then
        return;
    end if;
    select a.status into v_status
    from credits_private.accounts a
    where a.account_id = p_account_id
    for no key update;
    select min(d.dispute) into v_cause
    from credits_private.payment_refs r
    join credits_private.stripe_disputes d
        on r.object_id in (d.payment_intent, d.charge)
        and d.livemode = r.livemode
        and d.provider_account = r.provider_account
    where r.account_id = p_account_id
        and r.provider = 'stripe'
        and credits_private.dispute_takes_back(d, true);
    select l.* into v_last
    from credits_private.ledger l
    where l.account_id = p_account_id and l.kind in ('freeze', 'unfreeze')
    order by l.entry_id desc
    limit 1;

    if v_status = 'active' and v_cause is not null then
        perform credits_private.post_status(
            p_account_id, 'freeze', 'dispute', v_cause,
            credits_private.stripe_key(p_event, 'freeze:' || p_event.event_id), null
        );
    elsif v_status = 'frozen' and v_cause is null and v_last.request ->> 'reason' = 'dispute' then
        perform credits_private.post_status(
            p_account_id, 'unfreeze', 'dispute', p_event.body #>> '{data,object,id}',
            credits_private.stripe_key(p_event, 'unfreeze:' || p_event.event_id), null
        );
    end if;
end
$$;

ALTER FUNCTION credits_private.freeze_for_disputes(p_event credits_private.stripe_events, p_account_id text) OWNER TO credits_owner;

--
-- Name: frozen_purchase(jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.frozen_purchase(p_metadata jsonb) RETURNS credits_private.stripe_purchase
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
    v_purchase credits_private.stripe_purchase;
    v_grant credits_private.grant_order;
begin
    v_purchase.grants := '{}';
    v_purchase.account_id := nullif(p_metadata ->> 'account', '');
    if p_metadata ->> 'credits_frozen' is distinct from '1' then
        return v_purchase;
    elsif coalesce(p_metadata ->> 'credits' ~ '^[1-9][0-9]{0,14}$', false) is false then
        v_purchase.problem := 'metadata credits is not a whole number';
        v_purchase.waits_for := 'operator';
        return v_purchase;
    end if;
    v_grant.pool := 'purchased';
    v_grant.amount := (p_metadata ->> 'credits')::bigint;
    v_purchase.grants := array[v_grant];
    return v_purchase;
end
$_$;

ALTER FUNCTION credits_private.frozen_purchase(p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: given_back(text, credits_private.ledger); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.given_back(p_account_id text, p_entry credits_private.ledger) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select case
        when p_entry.kind in ('spend', 'capture') then s.refunded
        when p_entry.kind = 'hold' then s.released - least(s.captured, -p_entry.amount)
    end
    from (
        select
            coalesce(pg_catalog.sum(l.amount) filter (where l.kind = 'refund'), 0)::bigint
                as refunded,
            coalesce(pg_catalog.sum(l.amount) filter (where l.kind = 'release'), 0)::bigint
                as released,
            coalesce(-pg_catalog.sum(l.amount) filter (where l.kind = 'capture'), 0)::bigint
                as captured
        from credits_private.ledger l
        where l.account_id = p_account_id
            and l.about_entry_id = p_entry.entry_id
            and l.allocations is not null
    ) as s
$$;

ALTER FUNCTION credits_private.given_back(p_account_id text, p_entry credits_private.ledger) OWNER TO credits_owner;

--
-- Name: grant_instant(credits_private.subscription_items, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.grant_instant(p_item credits_private.subscription_items, p_number bigint) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select case
        when p_number <= 0 then p_item.period_start
        else least(
            p_item.period_end,
            greatest(this.instant, before.instant + interval '0.000001 s')
        )
    end
    from (select p_item.period_start at time zone p_item.time_zone as local) as start
    cross join lateral (
        select (start.local + make_interval(
            months => (p_number * p_item.grant_months)::integer,
            days => (p_number * p_item.grant_days)::integer
        )) at time zone p_item.time_zone as instant
    ) as this
    cross join lateral (
        select (start.local + make_interval(
            months => ((p_number - 1) * p_item.grant_months)::integer,
            days => ((p_number - 1) * p_item.grant_days)::integer
        )) at time zone p_item.time_zone as instant
    ) as before
$$;

ALTER FUNCTION credits_private.grant_instant(p_item credits_private.subscription_items, p_number bigint) OWNER TO credits_owner;

--
-- Name: grant_lot(credits_private.account_state, credits_private.grant_order, credits_private.payments, boolean, credits_private.ledger); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.grant_lot(p_state credits_private.account_state, p_grant credits_private.grant_order, p_payment credits_private.payments, p_late boolean, p_entry credits_private.ledger) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_lot credits_private.lots;
    v_grant credits_private.grant_order := p_grant;
    v_item credits_private.subscription_items;
    v_latest timestamptz;
    v_grants bigint := 1;
begin
    select p.priority into v_lot.priority from credits_private.pools p where p.pool = p_grant.pool;
    if p_grant.item is not null then
        select max(l.period_start) into v_latest
        from credits_private.lots l
        where l.account_id = p_state.account_id
            and l.subscription = p_grant.subscription
            and l.item is not null
            and l.origin = 'grant';
        v_item := credits_private.item_of(p_state.account_id, p_grant, p_payment);
        v_grants := 1 + credits_private.grants_to_come(v_item);
        v_grant.period_end := credits_private.grant_instant(v_item, 1);
    end if;
    v_lot.pool := p_grant.pool;
    v_lot.granted := p_grant.amount;
    v_lot.expires_at := case
        when p_grant.expires_at is not null then p_grant.expires_at
        when p_grant.period_end is null then 'infinity'
        when v_latest > p_grant.period_start then v_grant.period_end
        else v_grant.period_end + credits_private.setting_interval('renewal_grace')
    end;
    if p_grant.item is not null then
        v_lot.expires_at := least(
            v_lot.expires_at,
            credits_private.canceled_until(
                p_state.account_id, p_grant.subscription, p_grant.period_start, p_grant.period_end
            )
        );
    end if;
    if not p_late and v_lot.expires_at <= p_state.now then
        perform credits_private.check_argument(
            case when p_grant.period_end is null then 'p_expires_at' else 'p_period_end' end,
            false, 'an instant in the future'
        );
    end if;
    v_lot.origin := 'grant';
    v_lot.subscription := p_grant.subscription;
    v_lot.item := p_grant.item;
    v_lot.plan := coalesce(v_item.plan, p_grant.plan);
    v_lot.period_start := p_grant.period_start;
    v_lot.period_end := v_grant.period_end;
    v_lot.payment_id := p_payment.payment_id;
    v_lot.cost_amount := coalesce(
        p_grant.cost / v_grants,
        floor(p_payment.amount_paid::numeric * p_grant.amount / p_payment.granted)
    );
    v_lot.cost_currency := p_payment.currency;
    v_lot.reference := p_entry.reference;
    v_state := credits_private.book_lot(p_state, v_lot, p_entry);

    if p_grant.item is not null then
        if coalesce(v_latest < p_grant.period_start, true) then
            v_state := credits_private.roll_over(v_state, v_grant, v_lot.expires_at);
        end if;
        v_state := credits_private.keep_period(v_state, v_item);
    end if;
    return v_state;
end
$$;

ALTER FUNCTION credits_private.grant_lot(p_state credits_private.account_state, p_grant credits_private.grant_order, p_payment credits_private.payments, p_late boolean, p_entry credits_private.ledger) OWNER TO credits_owner;

--
-- Name: grant_parts(credits_private.account_state, credits_private.subscription_items, timestamp with time zone, credits_private.ledger); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.grant_parts(p_state credits_private.account_state, p_item credits_private.subscription_items, p_expires_at timestamp with time zone, p_entry credits_private.ledger) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state := p_state;
    v_entry credits_private.ledger := p_entry;
    v_lot credits_private.lots;
    v_withheld bigint;
    r_part record;
begin
    if p_item.parts = '[]' then
        v_entry.kind := 'subscription';
        return credits_private.book(v_state, v_entry);
    end if;
    for r_part in
        select (x.part ->> 0)::bigint as payment_id, (x.part ->> 1)::bigint as amount,
            (x.part ->> 2)::bigint as cost, x.ordinal
        from jsonb_array_elements(p_item.parts) with ordinality as x (part, ordinal)
        order by x.ordinal
    loop
        v_lot := null;
        v_lot.pool := 'subscription';
        v_lot.granted := r_part.amount;
        v_lot.origin := case when r_part.ordinal = 1 then 'schedule' else 'upgrade' end;
        v_lot.subscription := p_item.subscription;
        v_lot.item := p_item.item;
        v_lot.plan := p_item.plan;
        v_lot.period_start := credits_private.grant_instant(p_item, p_item.grants_done);
        v_lot.period_end := credits_private.grant_instant(p_item, p_item.grants_done + 1);
        v_lot.expires_at := p_expires_at;
        v_lot.payment_id := r_part.payment_id;
        v_lot.cost_amount := r_part.cost;
        select p.priority into v_lot.priority
        from credits_private.pools p
        where p.pool = v_lot.pool;
        select p.currency, greatest(p.withheld - p.pending + r_part.amount, 0)
        into v_lot.cost_currency, v_withheld
        from credits_private.payments p
        where p.account_id = p_state.account_id and p.payment_id = r_part.payment_id;

        v_entry.kind := 'grant';
        v_state := credits_private.book_lot(v_state, v_lot, v_entry);
        v_entry := null;
        update credits_private.payments p
        set pending = p.pending - r_part.amount,
            withheld = p.withheld - v_withheld,
            clawed = p.clawed + v_withheld
        where p.account_id = p_state.account_id and p.payment_id = r_part.payment_id;
        if v_withheld > 0 then
            perform credits_private.draw_lot(p_state.account_id, v_state.entry_id, v_withheld);
            v_entry.allocations := credits_private.allocation(v_state.entry_id, -v_withheld);
            perform credits_private.mark_clawed(v_state, v_entry.allocations);
            v_entry.kind := 'clawback';
            v_state := credits_private.book(v_state, v_entry);
            v_entry := null;
        end if;
    end loop;
    return v_state;
end
$$;

ALTER FUNCTION credits_private.grant_parts(p_state credits_private.account_state, p_item credits_private.subscription_items, p_expires_at timestamp with time zone, p_entry credits_private.ledger) OWNER TO credits_owner;

--
-- Name: grant_scheduled(credits_private.account_state, credits_private.subscription_items); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.grant_scheduled(p_state credits_private.account_state, p_item credits_private.subscription_items) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state := p_state;
    v_entry credits_private.ledger;
    v_grant credits_private.grant_order;
    v_expires_at timestamptz;
    v_is_first boolean;
begin
    v_grant.subscription := p_item.subscription;
    v_grant.period_start := credits_private.grant_instant(p_item, p_item.grants_done);
    v_grant.period_end := credits_private.grant_instant(p_item, p_item.grants_done + 1);
    v_grant.rollover_cap := p_item.rollover_cap;
    v_expires_at := least(
        v_grant.period_end + credits_private.setting_interval('renewal_grace'),
        credits_private.canceled_until(
            p_state.account_id, p_item.subscription, null, p_item.period_end
        )
    );
    select not exists (
        select
        from credits_private.lots l
        where l.account_id = p_state.account_id
            and l.subscription = p_item.subscription
            and l.period_start = v_grant.period_start
            and l.origin in ('grant', 'schedule')
    ) into v_is_first;

    v_entry.request := jsonb_build_object(
        'subscription', p_item.subscription, 'item', p_item.item,
        'period_start', extract(epoch from v_grant.period_start)
    );
    v_state.effective_at := case
        when v_grant.period_start <= v_state.now then v_grant.period_start
    end;
    v_state := credits_private.grant_parts(v_state, p_item, v_expires_at, v_entry);
    if v_is_first then
        v_state := credits_private.roll_over(v_state, v_grant, v_expires_at);
    end if;
    update credits_private.subscription_items i
    set grants_done = p_item.grants_done + 1
    where i.account_id = p_state.account_id
        and i.subscription = p_item.subscription
        and i.item = p_item.item;
    v_state := credits_private.schedule_grants(v_state, p_item.subscription);
    v_state := credits_private.settle_debt(v_state);
    v_state.effective_at := null;
    return v_state;
end
$$;

ALTER FUNCTION credits_private.grant_scheduled(p_state credits_private.account_state, p_item credits_private.subscription_items) OWNER TO credits_owner;

--
-- Name: grant_stripe_purchase(credits_private.stripe_events, jsonb, credits_private.stripe_purchase, credits_private.payment_order); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.grant_stripe_purchase(p_event credits_private.stripe_events, p_object jsonb, p_purchase credits_private.stripe_purchase, p_payment credits_private.payment_order) RETURNS credits_private.stripe_result
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_customer text := credits_private.stripe_id(p_object -> 'customer');
    v_point text := credits_private.stripe_wait_name(
        p_event, credits_private.stripe_id(p_object -> 'customer'), 'customer'
    );
    v_points text[] := array[]::text[];
    v_account_id text := coalesce(p_event.claimed_for, p_purchase.account_id);
    v_names text[];
    v_ref credits_private.payment_refs;
    v_result credits_private.stripe_result;
begin
    if v_customer is not null then
        v_points := array[v_point];
    end if;
    v_names := credits_private.lock_stripe_objects(
        p_event, credits_private.stripe_object_ids(p_object), v_points
    );
    if v_account_id is null then
        v_ref := credits_private.find_stripe_payment(p_event, v_names);
        v_account_id := coalesce(
            v_ref.account_id, credits_private.customer_account(p_event, v_customer)
        );
    elsif v_customer is not null
        and p_event.claimed_for is null
        and length(v_account_id) <= 255
    then
        perform credits_private.see_customer(p_event, v_customer, v_account_id);
    end if;
    if v_account_id is null then
        v_result := credits_private.stripe_result(
            'parked', 'no account in metadata or client_reference_id',
            coalesce(case when v_customer is not null then v_point end, 'operator')
        );
    elsif length(v_account_id) > 255 then
        v_result := credits_private.stripe_result(
            'parked', 'the account has more than 255 characters', 'operator'
        );
    else
        v_result := credits_private.record_stripe_payment(
            p_event, v_account_id, v_names, p_payment, p_purchase.grants
        );
    end if;
    if v_customer is not null and p_purchase.account_id is not null then
        perform credits_private.wake_stripe_events(array[v_point]);
    end if;
    return v_result;
end
$$;

ALTER FUNCTION credits_private.grant_stripe_purchase(p_event credits_private.stripe_events, p_object jsonb, p_purchase credits_private.stripe_purchase, p_payment credits_private.payment_order) OWNER TO credits_owner;

--
-- Name: grant_upgrade(credits_private.account_state, credits_private.subscription_items, bigint, credits_private.payments, credits_private.ledger); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.grant_upgrade(p_state credits_private.account_state, p_item credits_private.subscription_items, p_amount bigint, p_payment credits_private.payments, p_entry credits_private.ledger) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_lot credits_private.lots;
begin
    v_lot.pool := 'subscription';
    select p.priority into v_lot.priority from credits_private.pools p where p.pool = v_lot.pool;
    v_lot.granted := p_amount;
    v_lot.origin := 'upgrade';
    v_lot.subscription := p_item.subscription;
    v_lot.item := p_item.item;
    v_lot.plan := p_item.plan;
    v_lot.period_start := credits_private.grant_instant(p_item, p_item.grants_done - 1);
    v_lot.period_end := credits_private.grant_instant(p_item, p_item.grants_done);
    v_lot.expires_at := least(
        v_lot.period_end + credits_private.setting_interval('renewal_grace'),
        credits_private.canceled_until(
            p_state.account_id, p_item.subscription, null, p_item.period_end
        )
    );
    v_lot.payment_id := p_payment.payment_id;
    v_lot.cost_amount := floor(p_payment.amount_paid::numeric * p_amount / p_payment.granted);
    v_lot.cost_currency := p_payment.currency;
    v_lot.reference := p_entry.reference;
    return credits_private.book_lot(p_state, v_lot, p_entry);
end
$$;

ALTER FUNCTION credits_private.grant_upgrade(p_state credits_private.account_state, p_item credits_private.subscription_items, p_amount bigint, p_payment credits_private.payments, p_entry credits_private.ledger) OWNER TO credits_owner;

--
-- Name: granted_rights(); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.granted_rights() RETURNS TABLE(kind text, object text, role text, granted text)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    with ours as (
        select n.oid, n.nspname, n.nspowner, n.nspacl
        from pg_namespace n
        where n.nspname in ('credits', 'credits_private')
    ),
    lists as (
        select 'schema' as kind, o.nspname::text as object, o.nspowner as owner,
            coalesce(o.nspacl, acldefault('n', o.nspowner)) as acl
        from ours o
        union all
        select 'table', c.oid::regclass::text, c.relowner,
            coalesce(c.relacl, acldefault('r', c.relowner))
        from pg_class c
        join ours o on o.oid = c.relnamespace
        where c.relkind in ('r', 'p', 'v', 'm', 'f')
        union all
        select 'table', c.oid::regclass::text, c.relowner, a.attacl
        from pg_attribute a
        join pg_class c on c.oid = a.attrelid
        join ours o on o.oid = c.relnamespace
        where a.attacl is not null
        union all
        select 'function', p.oid::regprocedure::text, p.proowner,
            coalesce(p.proacl, acldefault('f', p.proowner))
        from pg_proc p
        join ours o on o.oid = p.pronamespace
    )
    select l.kind, l.object, coalesce(r.rolname, 'public'), x.privilege_type
    from lists l
    cross join lateral aclexplode(l.acl) as x
    left join pg_roles r on r.oid = x.grantee
    where x.grantee <> l.owner
$$;

ALTER FUNCTION credits_private.granted_rights() OWNER TO credits_owner;

--
-- Name: grants_to_come(credits_private.subscription_items); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.grants_to_come(p_item credits_private.subscription_items) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_number bigint := p_item.grants_done;
begin
    while credits_private.grant_instant(p_item, v_number) < p_item.period_end loop
        v_number := v_number + 1;
    end loop;
    return v_number - p_item.grants_done;
end
$$;

ALTER FUNCTION credits_private.grants_to_come(p_item credits_private.subscription_items) OWNER TO credits_owner;

--
-- Name: has_values(jsonb, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.has_values(p_object jsonb, p_values jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select coalesce(bool_and(
        case
            when jsonb_typeof(v.value) = 'object' and jsonb_typeof(p_object -> v.key) = 'object'
                then not exists (
                    select
                    from jsonb_each(v.value) as i (key, value)
                    where nullif(p_object -> v.key -> i.key, 'null')
                        is distinct from nullif(i.value, 'null')
                )
            else nullif(p_object -> v.key, 'null') is not distinct from nullif(v.value, 'null')
        end
    ), false)
    from jsonb_each(coalesce(p_values, '{}')) as v (key, value)
$$;

ALTER FUNCTION credits_private.has_values(p_object jsonb, p_values jsonb) OWNER TO credits_owner;

--
-- Name: held_after(text, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.held_after(p_account_id text, p_entry_id bigint) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select coalesce(-pg_catalog.sum(l.amount), 0)::bigint
    from credits_private.ledger l
    where l.account_id = p_account_id
        and l.entry_id <= p_entry_id
        and l.allocations is not null
        and l.kind in ('hold', 'release')
$$;

ALTER FUNCTION credits_private.held_after(p_account_id text, p_entry_id bigint) OWNER TO credits_owner;

--
-- Name: held_by(text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.held_by(p_account_id text) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select coalesce(sum(h.amount - h.captured), 0)::bigint
    from credits_private.holds h
    where h.account_id = p_account_id and h.status = 'open'
$$;

ALTER FUNCTION credits_private.held_by(p_account_id text) OWNER TO credits_owner;

--
-- Name: hold_allocations(text, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.hold_allocations(p_account_id text, p_hold_id bigint) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select l.allocations
    from credits_private.ledger l
    where l.account_id = p_account_id and l.entry_id = p_hold_id
$$;

ALTER FUNCTION credits_private.hold_allocations(p_account_id text, p_hold_id bigint) OWNER TO credits_owner;

--
-- Name: insert_payment(credits_private.account_state, credits_private.payment_order, numeric, numeric); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.insert_payment(p_state credits_private.account_state, p_payment credits_private.payment_order, p_granted numeric, p_pending numeric) RETURNS credits_private.payments
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_payment credits_private.payments;
begin
    if p_granted > 9007199254740991 then
        perform credits_private.fail(
            'balance_limit', jsonb_build_object(
                'limit', 9007199254740991, 'granted', p_granted
            )
        );
    end if;
    insert into credits_private.payments (
        account_id, payment_id, provider, object_id, amount_paid, currency, amount_returned,
        granted, pending, created_at
    )
    values (
        p_state.account_id, p_state.entry_id + 1, p_payment.provider, p_payment.object_id,
        p_payment.amount_paid, p_payment.currency, coalesce(p_payment.amount_returned, 0),
        p_granted, p_pending, greatest(p_state.now, p_state.created_at)
    )
    on conflict do nothing;
    perform credits_private.check_inserted(found, p_state.account_id, p_state.entry_id + 1);
    perform credits_private.insert_refs(p_state.account_id, p_state.entry_id + 1, p_payment);

    select p.* into v_payment
    from credits_private.payments p
    where p.account_id = p_state.account_id and p.payment_id = p_state.entry_id + 1;
    return v_payment;
end
$$;

ALTER FUNCTION credits_private.insert_payment(p_state credits_private.account_state, p_payment credits_private.payment_order, p_granted numeric, p_pending numeric) OWNER TO credits_owner;

--
-- Name: insert_refs(text, bigint, credits_private.payment_order); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.insert_refs(p_account_id text, p_payment_id bigint, p_payment credits_private.payment_order) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_ref credits_private.payment_refs;
    v_object_id text;
begin
    for v_object_id in
        select distinct x.object_id
        from unnest(p_payment.object_id || p_payment.other_ids) as x (object_id)
        where x.object_id is not null
        order by x.object_id
    loop
        insert into credits_private.payment_refs (
            object_id, provider, kind, livemode, provider_account, account_id, payment_id
        )
        values (
            v_object_id, p_payment.provider, credits_private.ref_kind(
                p_payment.provider, v_object_id
            ),
            p_payment.livemode, p_payment.provider_account, p_account_id, p_payment_id
        )
        on conflict do nothing;

        select r.* into v_ref
        from credits_private.payment_refs r
        where r.object_id = v_object_id
            and r.provider = p_payment.provider
            and r.livemode = p_payment.livemode
            and r.provider_account = p_payment.provider_account;
        if (v_ref.account_id, v_ref.payment_id) is distinct from (p_account_id, p_payment_id) then
            perform credits_private.fail(
                'idempotency_conflict',
                jsonb_build_object('payment', v_object_id),
                'This payment has granted its credits already, to another account or with other '
                'figures.'
            );
        end if;
    end loop;
end
$$;

ALTER FUNCTION credits_private.insert_refs(p_account_id text, p_payment_id bigint, p_payment credits_private.payment_order) OWNER TO credits_owner;

--
-- Name: invoice_account(jsonb, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.invoice_account(p_invoice jsonb, p_line jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select coalesce(
        nullif(p_invoice #>> '{parent,subscription_details,metadata,account}', ''),
        nullif(p_invoice #>> '{subscription_details,metadata,account}', ''),
        nullif(p_line #>> '{metadata,account}', ''),
        nullif(p_invoice #>> '{metadata,account}', '')
    )
$$;

ALTER FUNCTION credits_private.invoice_account(p_invoice jsonb, p_line jsonb) OWNER TO credits_owner;

--
-- Name: invoice_line_amount(jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.invoice_line_amount(p_line jsonb) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select (p_line ->> 'amount')::bigint - coalesce((
        select pg_catalog.sum((d.discount ->> 'amount')::bigint)::bigint
        from pg_catalog.jsonb_array_elements(
            case pg_catalog.jsonb_typeof(p_line -> 'discount_amounts')
                when 'array' then p_line -> 'discount_amounts'
                else '[]'
            end
        ) as d (discount)
    ), 0)
$$;

ALTER FUNCTION credits_private.invoice_line_amount(p_line jsonb) OWNER TO credits_owner;

--
-- Name: invoice_line_credits(credits_private.stripe_terms, credits_private.stripe_line, boolean); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.invoice_line_credits(p_terms credits_private.stripe_terms, p_line credits_private.stripe_line, p_free boolean) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_unit_price numeric := coalesce(nullif(p_terms.unit_price, 0), nullif(p_line.unit_price, 0));
begin
    if p_line.amount = 0 and (p_line.price_amount > 0 or p_terms.unit_price = 0) then
        if p_free and p_terms.on_free = '0' then
            return p_terms.credits * p_line.quantity;
        end if;
        return credits_private.free_credits(p_terms.on_free, p_terms.credits) * p_line.quantity;
    elsif p_line.amount = 0 then
        return credits_private.free_credits(p_terms.on_trial, p_terms.credits) * p_line.quantity;
    elsif p_line.is_proration and p_terms.proration = 'none' then
        return 0;
    elsif p_line.is_proration and p_terms.proration = 'proportional' then
        if v_unit_price is null then
            return null;
        end if;
        return floor(
            least(p_line.amount / v_unit_price, p_line.quantity) * p_terms.credits
        )::bigint;
    end if;
    return p_terms.credits * p_line.quantity;
end
$$;

ALTER FUNCTION credits_private.invoice_line_credits(p_terms credits_private.stripe_terms, p_line credits_private.stripe_line, p_free boolean) OWNER TO credits_owner;

--
-- Name: invoice_line_is_period(jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.invoice_line_is_period(p_line jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select coalesce(
        coalesce(p_line #>> '{parent,type}', p_line ->> 'type')
            in ('subscription_item_details', 'subscription'),
        false
    )
$$;

ALTER FUNCTION credits_private.invoice_line_is_period(p_line jsonb) OWNER TO credits_owner;

--
-- Name: invoice_line_is_proration(jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.invoice_line_is_proration(p_line jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select coalesce(
        p_line #>> '{parent,subscription_item_details,proration}',
        p_line #>> '{parent,invoice_item_details,proration}',
        p_line ->> 'proration',
        'false'
    ) = 'true'
$$;

ALTER FUNCTION credits_private.invoice_line_is_proration(p_line jsonb) OWNER TO credits_owner;

--
-- Name: invoice_line_item(jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.invoice_line_item(p_line jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select coalesce(
        p_line #>> '{parent,subscription_item_details,subscription_item}',
        p_line ->> 'subscription_item',
        p_line ->> 'id'
    )
$$;

ALTER FUNCTION credits_private.invoice_line_item(p_line jsonb) OWNER TO credits_owner;

--
-- Name: invoice_line_price(jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.invoice_line_price(p_line jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select coalesce(
        p_line #>> '{pricing,price_details,price}',
        credits_private.stripe_id(p_line -> 'price'),
        p_line #>> '{plan,id}'
    )
$$;

ALTER FUNCTION credits_private.invoice_line_price(p_line jsonb) OWNER TO credits_owner;

--
-- Name: invoice_lines(jsonb, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.invoice_lines(p_invoice jsonb, p_lines jsonb) RETURNS SETOF credits_private.stripe_line
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select min(x.ordinal), x.is_period, x.is_proration, x.subscription, x.item, x.price,
        max(x.unit_price), sum(x.quantity)::bigint, sum(x.price_amount)::bigint,
        sum(x.amount)::bigint, x.period_start, x.period_end, min(x.account_id)
    from (
        select l.ordinal,
            credits_private.invoice_line_is_period(l.line) as is_period,
            credits_private.invoice_line_is_proration(l.line) as is_proration,
            credits_private.invoice_subscription(p_invoice, l.line) as subscription,
            credits_private.invoice_line_item(l.line) as item,
            credits_private.invoice_line_price(l.line) as price,
            (l.line #>> '{price,unit_amount}')::numeric as unit_price,
            coalesce((l.line ->> 'quantity')::bigint, 1) as quantity,
            (l.line ->> 'amount')::bigint as price_amount,
            credits_private.invoice_line_amount(l.line) as amount,
            to_timestamp((l.line #>> '{period,start}')::bigint) as period_start,
            to_timestamp((l.line #>> '{period,end}')::bigint) as period_end,
            credits_private.invoice_account(p_invoice, l.line) as account_id
        from jsonb_array_elements(p_lines) with ordinality as l (line, ordinal)
    ) as x
    where x.quantity > 0 and x.amount >= 0 and x.price_amount >= 0
    group by x.is_period, x.is_proration, x.subscription, x.item, x.price, x.period_start,
        x.period_end, (x.amount = 0),
        case when x.is_period and not x.is_proration then 0 else x.ordinal end
    order by 1
$$;

ALTER FUNCTION credits_private.invoice_lines(p_invoice jsonb, p_lines jsonb) OWNER TO credits_owner;

--
-- Name: invoice_purchase(credits_private.stripe_events, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.invoice_purchase(p_event credits_private.stripe_events, p_invoice jsonb) RETURNS credits_private.stripe_purchase
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_purchase credits_private.stripe_purchase;
    v_terms credits_private.stripe_terms;
    v_grant credits_private.grant_order;
    v_paid_at timestamptz := coalesce(
        to_timestamp((p_invoice #>> '{status_transitions,paid_at}')::bigint), p_event.created_at
    );
    v_credits bigint;
    v_lines jsonb;
    r_line credits_private.stripe_line;
begin
    v_purchase.grants := '{}';
    if credits_private.invoice_subscription(p_invoice, p_invoice #> '{lines,data,0}') is null then
        return credits_private.frozen_purchase(p_invoice -> 'metadata');
    end if;
    v_lines := credits_private.find_line_items(
        p_event, p_invoice ->> 'id',
        -- The oldest versions do not say whether there are more.
        jsonb_build_object('has_more', false) || (p_invoice -> 'lines'),
        p_wait => true
    );
    if v_lines is null then
        v_purchase.problem := 'the event does not show all lines of the invoice';
        v_purchase.waits_for := credits_private.stripe_wait_name(
            p_event, p_invoice ->> 'id', 'lines'
        );
        return v_purchase;
    end if;

    for r_line in select l.* from credits_private.invoice_lines(p_invoice, v_lines) as l loop
        v_purchase.account_id := coalesce(v_purchase.account_id, r_line.account_id);
        continue when r_line.price is null and not r_line.is_period;
        if (
            length(r_line.price) between 1 and 255
            and (
                not r_line.is_period
                or length(r_line.subscription) between 1 and 127
                and length(concat_ws(':', r_line.item, r_line.price)) between 1 and 127
                and r_line.period_start < r_line.period_end
            )
        ) is not true then
            v_purchase.problem := 'a line of the invoice lacks its price, subscription or period';
            v_purchase.waits_for := 'operator';
            return v_purchase;
        end if;
        v_terms := credits_private.find_stripe_terms(p_event, r_line.price, v_paid_at);
        if v_terms.problem is not null then
            v_purchase.problem := v_terms.problem;
            v_purchase.waits_for := v_terms.waits_for;
            return v_purchase;
        end if;
        continue when v_terms.credits is null;
        v_credits := credits_private.invoice_line_credits(
            v_terms, r_line, credits_private.setting('free_purchases') = 'grant'
        );
        if v_credits is null then
            v_purchase.problem := 'price ' || r_line.price
                || ' has no unit amount, so a share of it cannot be told: set its credits';
            v_purchase.waits_for := 'price:' || r_line.price;
            return v_purchase;
        end if;
        continue when v_credits = 0;

        v_grant := null;
        v_grant.amount := v_credits;
        v_grant.cost := r_line.amount;
        if coalesce(v_terms.expires, 'period') = 'period'
            and (r_line.is_period or r_line.is_proration)
            and r_line.period_start < r_line.period_end
        then
            v_grant.pool := 'subscription';
            v_grant.subscription := r_line.subscription;
            v_grant.period_start := r_line.period_start;
            v_grant.period_end := r_line.period_end;
            if not r_line.is_proration then
                v_grant.item := concat_ws(':', r_line.item, r_line.price);
                v_grant.rollover_cap := v_terms.rollover_cap;
            end if;
        else
            v_grant.pool := 'purchased';
            v_grant.expires_at := credits_private.pack_expiry(v_terms.expires, v_paid_at);
        end if;
        v_purchase.grants := v_purchase.grants || v_grant;
    end loop;
    return v_purchase;
end
$$;

ALTER FUNCTION credits_private.invoice_purchase(p_event credits_private.stripe_events, p_invoice jsonb) OWNER TO credits_owner;

--
-- Name: invoice_subscription(jsonb, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.invoice_subscription(p_invoice jsonb, p_line jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select coalesce(
        credits_private.stripe_id(p_invoice #> '{parent,subscription_details,subscription}'),
        credits_private.stripe_id(p_invoice -> 'subscription'),
        p_line #>> '{parent,subscription_item_details,subscription}',
        credits_private.stripe_id(p_line -> 'subscription')
    )
$$;

ALTER FUNCTION credits_private.invoice_subscription(p_invoice jsonb, p_line jsonb) OWNER TO credits_owner;

--
-- Name: is_name(jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.is_name(p_value jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select pg_catalog.jsonb_typeof(p_value) = 'string'
        and pg_catalog.length(p_value #>> '{}') between 1 and 255
$$;

ALTER FUNCTION credits_private.is_name(p_value jsonb) OWNER TO credits_owner;

--
-- Name: is_plain_operation(jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.is_plain_operation(p_operation jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $_$
    select case
        when pg_catalog.jsonb_typeof(p_operation) = 'object' then
            p_operation - array[
                'account_id', 'amount', 'feature', 'member', 'reference', 'idempotency_key',
                'metadata'
            ] = '{}'
            and credits_private.is_name(p_operation -> 'account_id') is true
            and (
                not p_operation ? 'amount' or p_operation ->> 'amount' ~ '^[1-9][0-9]{0,14}$'
            )
            and credits_private.is_name(p_operation -> 'feature') is not false
            and credits_private.is_name(p_operation -> 'member') is not false
            and credits_private.is_name(p_operation -> 'reference') is not false
            and credits_private.is_name(p_operation -> 'idempotency_key') is true
            and not p_operation ->> 'idempotency_key' like any ('{stripe:%,ref:%,pgcredits:%}')
            and (
                not p_operation ? 'metadata'
                or pg_catalog.jsonb_typeof(p_operation -> 'metadata') = 'object'
                and pg_catalog.octet_length(p_operation ->> 'metadata') <= 16384
            )
        else false
    end
$_$;

ALTER FUNCTION credits_private.is_plain_operation(p_operation jsonb) OWNER TO credits_owner;

--
-- Name: item_of(text, credits_private.grant_order, credits_private.payments); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.item_of(p_account_id text, p_grant credits_private.grant_order, p_payment credits_private.payments) RETURNS credits_private.subscription_items
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_item credits_private.subscription_items;
    v_cost bigint;
begin
    select coalesce(p_grant.plan, i.next_plan, i.plan) into v_item.plan
    from credits_private.subscription_items i
    where i.account_id = p_account_id
        and i.subscription = p_grant.subscription
        and i.item = p_grant.item;
    v_item.plan := coalesce(v_item.plan, p_grant.plan);
    v_item.account_id := p_account_id;
    v_item.subscription := p_grant.subscription;
    v_item.item := p_grant.item;
    v_item.amount := p_grant.amount;
    v_item.rollover_cap := p_grant.rollover_cap;
    v_item.is_trial := false;
    v_item.period_start := p_grant.period_start;
    v_item.period_end := p_grant.period_end;
    v_item.parts := '[]';
    v_item.grants_done := 1;
    if p_grant.grant_months is not null then
        v_item.grant_months := p_grant.grant_months;
        v_item.grant_days := p_grant.grant_days;
        select a.time_zone into v_item.time_zone
        from credits_private.accounts a
        where a.account_id = p_account_id;
        v_cost := coalesce(
            p_grant.cost / (1 + credits_private.grants_to_come(v_item)),
            floor(p_payment.amount_paid::numeric * p_grant.amount / p_payment.granted)
        );
        v_item.parts := jsonb_build_array(
            jsonb_build_array(p_payment.payment_id, p_grant.amount, v_cost)
        );
    end if;
    return v_item;
end
$$;

ALTER FUNCTION credits_private.item_of(p_account_id text, p_grant credits_private.grant_order, p_payment credits_private.payments) OWNER TO credits_owner;

--
-- Name: items_purchase(credits_private.stripe_events, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.items_purchase(p_event credits_private.stripe_events, p_items jsonb) RETURNS credits_private.stripe_purchase
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_purchase credits_private.stripe_purchase;
    v_terms credits_private.stripe_terms;
    v_grant credits_private.grant_order;
    v_price text;
    r_item record;
begin
    v_purchase.grants := '{}';
    for r_item in
        select x.item, coalesce((x.item ->> 'quantity')::bigint, 1) as quantity,
            (x.item ->> 'amount_total')::bigint as amount
        from jsonb_array_elements(p_items) with ordinality as x (item, ordinal)
        order by x.ordinal
    loop
        v_price := credits_private.invoice_line_price(r_item.item);
        continue when v_price is null or r_item.quantity <= 0;
        v_terms := credits_private.find_stripe_terms(p_event, v_price, p_event.created_at);
        if v_terms.expires = 'period' and v_terms.problem is null then
            v_terms.problem := 'price ' || v_price
                || ': credits_expires period is for subscriptions';
            v_terms.waits_for := 'price:' || v_price;
        end if;
        if v_terms.problem is not null then
            v_purchase.problem := v_terms.problem;
            v_purchase.waits_for := v_terms.waits_for;
            return v_purchase;
        end if;
        continue when v_terms.credits is null;
        v_grant := null;
        v_grant.pool := 'purchased';
        v_grant.amount := v_terms.credits * r_item.quantity;
        if r_item.amount = 0 and credits_private.setting('free_purchases') = 'ignore' then
            v_grant.amount := credits_private.free_credits(v_terms.on_free, v_terms.credits)
                * r_item.quantity;
        end if;
        v_grant.cost := r_item.amount;
        v_grant.expires_at := credits_private.pack_expiry(v_terms.expires, p_event.created_at);
        if v_grant.amount > 0 then
            v_purchase.grants := v_purchase.grants || v_grant;
        end if;
    end loop;
    return v_purchase;
end
$$;

ALTER FUNCTION credits_private.items_purchase(p_event credits_private.stripe_events, p_items jsonb) OWNER TO credits_owner;

--
-- Name: keep_period(credits_private.account_state, credits_private.subscription_items); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.keep_period(p_state credits_private.account_state, p_item credits_private.subscription_items) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state := p_state;
    v_item credits_private.subscription_items := p_item;
    v_newest credits_private.subscription_items;
    v_start timestamptz;
    v_ends_at timestamptz;
begin
    select i.* into v_newest
    from credits_private.subscription_items i
    where i.account_id = p_state.account_id
        and i.subscription = p_item.subscription
        and i.item = p_item.item;
    if v_newest.period_start >= p_item.period_end
        or not v_newest.is_trial and v_newest.period_start >= p_item.period_start
    then
        for v_number in 1 .. credits_private.grants_to_come(p_item) loop
            v_start := credits_private.grant_instant(p_item, v_number);
            exit when v_start >= v_newest.period_start;
            continue when exists (
                select
                from credits_private.lots l
                where l.account_id = p_state.account_id
                    and l.subscription = p_item.subscription
                    and l.item = p_item.item
                    and l.period_start = v_start
                    and l.origin = 'schedule'
            );
            v_item.grants_done := v_number;
            v_ends_at := least(
                credits_private.grant_instant(v_item, v_number + 1),
                credits_private.canceled_until(
                    p_state.account_id, p_item.subscription, p_item.period_start, p_item.period_end
                )
            );
            v_state := credits_private.grant_parts(v_state, v_item, v_ends_at, null);
        end loop;
        return v_state;
    end if;

    insert into credits_private.subscriptions (account_id, subscription, status, created_at)
    values (p_state.account_id, p_item.subscription, 'active', p_state.created_at)
    on conflict (account_id, subscription) do nothing;
    update credits_private.subscriptions s
    set status = case
            when s.status = 'trialing' or p_item.period_end > p_state.now then 'active'
            else s.status
        end,
        canceled_at = case when s.canceled_at > p_item.period_start then s.canceled_at end,
        cancel_at_period_end = s.cancel_at_period_end and s.canceled_at > p_item.period_start
    where s.account_id = p_state.account_id and s.subscription = p_item.subscription;
    delete from credits_private.subscription_items i
    where i.account_id = p_state.account_id
        and i.subscription = p_item.subscription
        and i.item = p_item.item;
    insert into credits_private.subscription_items values (v_item.*);
    return credits_private.schedule_grants(v_state, p_item.subscription);
end
$$;

ALTER FUNCTION credits_private.keep_period(p_state credits_private.account_state, p_item credits_private.subscription_items) OWNER TO credits_owner;

--
-- Name: last_entry_before(text, timestamp with time zone); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.last_entry_before(p_account_id text, p_before timestamp with time zone) RETURNS bigint
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_before bigint := 0;
    v_after bigint;
    v_entry_id bigint;
    v_created_at timestamptz;
begin
    select l.entry_id + 1 into v_after
    from credits_private.ledger l
    where l.account_id = p_account_id
    order by l.entry_id desc
    limit 1;

    while v_after - v_before > 1 loop
        select l.entry_id, l.created_at into v_entry_id, v_created_at
        from credits_private.ledger l
        where l.account_id = p_account_id and l.entry_id >= (v_before + v_after) / 2
        order by l.entry_id
        limit 1;
        if v_created_at < p_before then
            v_before := v_entry_id;
        else
            v_after := (v_before + v_after) / 2;
        end if;
    end loop;
    return v_before;
end
$$;

ALTER FUNCTION credits_private.last_entry_before(p_account_id text, p_before timestamp with time zone) OWNER TO credits_owner;

--
-- Name: ledger_is_append_only(); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.ledger_is_append_only() RETURNS trigger
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    if tg_level = 'ROW' then
        if old.metadata is not null then
            old.metadata := null;
            if new *= old then
                return new;
            end if;
        end if;
    end if;
    perform credits_private.fail(
        'append_only', jsonb_build_object('table', tg_table_name, 'operation', tg_op)
    );
    return null;
end
$$;

ALTER FUNCTION credits_private.ledger_is_append_only() OWNER TO credits_owner;

--
-- Name: link_stripe_customer(credits_private.stripe_events, jsonb, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.link_stripe_customer(p_event credits_private.stripe_events, p_object jsonb, p_account_id text) RETURNS credits_private.stripe_result
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_customer text := credits_private.stripe_id(p_object -> 'customer');
    v_point text := credits_private.stripe_wait_name(
        p_event, credits_private.stripe_id(p_object -> 'customer'), 'customer'
    );
begin
    if v_customer is null or (length(p_account_id) between 1 and 255) is not true then
        return credits_private.stripe_result(
            'applied', 'credits of a subscription come with its invoices'
        );
    end if;
    perform credits_private.lock_stripe_objects(p_event, '{}', array[v_point]);
    perform credits_private.see_customer(p_event, v_customer, p_account_id);
    perform credits_private.wake_stripe_events(array[v_point]);
    return credits_private.stripe_result(
        'applied', 'credits of a subscription come with its invoices', p_account_id => p_account_id
    );
end
$$;

ALTER FUNCTION credits_private.link_stripe_customer(p_event credits_private.stripe_events, p_object jsonb, p_account_id text) OWNER TO credits_owner;

--
-- Name: list_items(text, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.list_items(p_account_id text, p_subscription text) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select jsonb_agg(
        jsonb_build_object(
            'item', nullif(i.item, ''),
            'plan', i.plan,
            'amount', i.amount,
            'rollover_cap', i.rollover_cap,
            'period_start', i.period_start,
            'period_end', i.period_end,
            'grant_every', nullif(concat_ws(
                ' ',
                nullif(i.grant_months, 0)
                    || case i.grant_months when 1 then ' month' else ' months' end,
                nullif(i.grant_days, 0) || case i.grant_days when 1 then ' day' else ' days' end
            ), ''),
            'next_grant_at', i.next_grant_at,
            'next_amount', i.next_amount,
            'next_plan', i.next_plan
        )
        order by i.item
    )
    from credits_private.subscription_items i
    where i.account_id = p_account_id and i.subscription = p_subscription
$$;

ALTER FUNCTION credits_private.list_items(p_account_id text, p_subscription text) OWNER TO credits_owner;

--
-- Name: local_hour(timestamp with time zone, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.local_hour(p_at timestamp with time zone, p_time_zone text) RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    -- The second time for an instant after such a change: the first time counts back from it.
    select pg_catalog.date_trunc(
        'hour', pg_catalog.date_trunc('hour', p_at, p_time_zone), p_time_zone
    )
$$;

ALTER FUNCTION credits_private.local_hour(p_at timestamp with time zone, p_time_zone text) OWNER TO credits_owner;

--
-- Name: local_midnight(date, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.local_midnight(p_date date, p_time_zone text) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_first timestamptz := p_date::timestamp at time zone p_time_zone;
begin
    while ((v_first - interval '30 minutes') at time zone p_time_zone)::date >= p_date loop
        v_first := v_first - interval '30 minutes';
    end loop;
    return v_first;
end
$$;

ALTER FUNCTION credits_private.local_midnight(p_date date, p_time_zone text) OWNER TO credits_owner;

--
-- Name: lock_account(text, boolean); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.lock_account(p_account_id text, p_create boolean) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
begin
    select a.status, a.merged_into into v_state.status, v_state.merged_into
    from credits_private.accounts a
    where a.account_id = p_account_id
    for no key update;

    if not found and p_create then
        v_state.now := credits_private.clock();
        insert into credits_private.accounts (account_id, created_at)
        values (p_account_id, v_state.now)
        on conflict (account_id) do nothing;

        select a.status, a.merged_into into v_state.status, v_state.merged_into
        from credits_private.accounts a
        where a.account_id = p_account_id
        for no key update;
    end if;

    -- Without a row to lock there is nothing: what the next statement might see of an account that
    -- is being opened at this moment would not be locked.
    if v_state.status is not null then
        select l.entry_id, l.created_at, l.balance, l.debt, l.open_lot_id, l.open_lot_remaining,
            l.next_event_at
        into v_state.entry_id, v_state.created_at, v_state.balance, v_state.debt,
            v_state.open_lot_id, v_state.open_lot_remaining, v_state.next_event_at
        from credits_private.ledger l
        where l.account_id = p_account_id
        order by l.entry_id desc
        limit 1;
    end if;

    if v_state.entry_id is null then
        v_state.entry_id := 0;
        v_state.created_at := '-infinity';
        v_state.balance := 0;
        v_state.debt := 0;
        v_state.open_lot_remaining := 0;
        v_state.next_event_at := 'infinity';
    end if;

    v_state.account_id := p_account_id;
    v_state.has_gained := false;
    v_state.entries := '{}';
    v_state.now := credits_private.clock();
    return v_state;
end
$$;

ALTER FUNCTION credits_private.lock_account(p_account_id text, p_create boolean) OWNER TO credits_owner;

--
-- Name: lock_chain(text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.lock_chain(p_account_id text) RETURNS text[]
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_chain text[];
    v_locked text[];
    v_account_id text;
begin
    loop
        v_chain := credits_private.chain_of(p_account_id);
        exit when v_chain = v_locked;
        for v_account_id in
            select x.account_id
            from unnest(v_chain) as x (account_id)
            order by x.account_id collate "C"
        loop
            perform from credits_private.accounts a
            where a.account_id = v_account_id
            for no key update;
        end loop;
        v_locked := v_chain;
    end loop;
    return v_chain;
end
$$;

ALTER FUNCTION credits_private.lock_chain(p_account_id text) OWNER TO credits_owner;

--
-- Name: lock_due(credits_private.due_account[], bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.lock_due(p_due credits_private.due_account[], p_spare bigint) RETURNS credits_private.account_state[]
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_locked credits_private.due_account[];
    v_now timestamptz;
begin
    v_locked := array(
        select d
        from unnest(p_due) as d
        join credits_private.accounts a on a.account_id = d.account_id
        order by a.account_id
        for no key update of a skip locked
    );
    v_now := credits_private.clock();
    return array(
        select row(
            d.account_id, null, v_now, null, t.entry_id, null, t.created_at, t.balance, t.debt,
            t.open_lot_id, t.open_lot_remaining, t.next_event_at, d.events + p_spare, false, null,
            null
        )::credits_private.account_state
        from unnest(v_locked) with ordinality as d
        cross join lateral (
            select l.entry_id, l.created_at, l.balance, l.debt, l.open_lot_id,
                l.open_lot_remaining, l.next_event_at
            from credits_private.ledger l
            where l.account_id = d.account_id
            order by l.entry_id desc
            limit 1
        ) as t
        order by d.ordinality
    );
end
$$;

ALTER FUNCTION credits_private.lock_due(p_due credits_private.due_account[], p_spare bigint) OWNER TO credits_owner;

--
-- Name: lock_meeting_point(text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.lock_meeting_point(p_waits_for text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    insert into credits_private.stripe_waits (waits_for)
    values (p_waits_for)
    on conflict (waits_for) do update
    set waits_for = excluded.waits_for;
end
$$;

ALTER FUNCTION credits_private.lock_meeting_point(p_waits_for text) OWNER TO credits_owner;

--
-- Name: lock_pair(text, text, boolean); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.lock_pair(p_first text, p_second text, p_create boolean) RETURNS credits_private.account_state[]
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_first credits_private.account_state;
    v_second credits_private.account_state;
begin
    if p_first collate "C" < p_second then
        v_first := credits_private.lock_account(p_first, p_create);
        v_second := credits_private.lock_account(p_second, p_create => true);
        v_first.now := v_second.now;
    else
        v_second := credits_private.lock_account(p_second, p_create => true);
        v_first := credits_private.lock_account(p_first, p_create);
        v_second.now := v_first.now;
    end if;
    return array[v_first, v_second];
end
$$;

ALTER FUNCTION credits_private.lock_pair(p_first text, p_second text, p_create boolean) OWNER TO credits_owner;

--
-- Name: lock_stripe_catalogue(text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.lock_stripe_catalogue(p_waits_for text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_point text;
begin
    perform credits_private.lock_meeting_point('catalogue');
    for v_point in
        select distinct x.point
        from credits_private.stripe_events e
        cross join lateral (
            select credits_private.stripe_wait_name(e, n.id)
            from unnest(credits_private.stripe_names(
                e, credits_private.stripe_object_ids(e.body #> '{data,object}')
            )) as n (id)
            union all
            select credits_private.stripe_wait_name(
                e, credits_private.stripe_id(e.body #> '{data,object,customer}'), 'customer'
            )
            where credits_private.stripe_id(e.body #> '{data,object,customer}') is not null
        ) as x (point)
        where e.waits_for = p_waits_for
        order by x.point
    loop
        perform credits_private.lock_meeting_point(v_point);
    end loop;
end
$$;

ALTER FUNCTION credits_private.lock_stripe_catalogue(p_waits_for text) OWNER TO credits_owner;

--
-- Name: lock_stripe_event(text, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.lock_stripe_event(p_event_id text, p_provider_account text) RETURNS credits_private.stripe_events
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_event credits_private.stripe_events;
begin
    perform credits_private.check_argument(
        'p_event_id', length(p_event_id) between 1 and 255, '1 to 255 characters'
    );
    perform credits_private.check_argument(
        'p_provider_account', length(coalesce(p_provider_account, '')) <= 255,
        'a connected account, or empty for your own'
    );
    select e.* into v_event
    from credits_private.stripe_events e
    where e.provider_account = coalesce(p_provider_account, '') and e.event_id = p_event_id
    for update;
    if not found then
        perform credits_private.fail(
            'stripe_event_not_found',
            jsonb_build_object(
                'event_id', p_event_id, 'provider_account', coalesce(p_provider_account, '')
            )
        );
    end if;
    return v_event;
end
$$;

ALTER FUNCTION credits_private.lock_stripe_event(p_event_id text, p_provider_account text) OWNER TO credits_owner;

--
-- Name: lock_stripe_objects(credits_private.stripe_events, text[], text[]); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.lock_stripe_objects(p_event credits_private.stripe_events, p_ids text[], p_points text[] DEFAULT '{}'::text[]) RETURNS text[]
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_locked text[] := array[]::text[];
    v_points text[];
    v_names text[];
    v_point text;
begin
    loop
        -- What was written while we waited may have brought more names.
        v_names := credits_private.stripe_names(p_event, p_ids);
        select array_agg(distinct x.point order by x.point) into v_points
        from (
            select p.point from unnest(p_points) as p (point)
            union all
            select credits_private.stripe_wait_name(p_event, n.id) from unnest(v_names) as n (id)
            union all
            select credits_private.stripe_wait_name(p_event, n.id)
            from credits_private.stripe_events e
            cross join lateral unnest(credits_private.stripe_names(
                e, credits_private.stripe_object_ids(e.body #> '{data,object}')
            )) as n (id)
            where e.waits_for = any (p_points) and e.waits_for is not null
        ) as x (point)
        where x.point <> all (v_locked);
        exit when v_points is null;
        foreach v_point in array v_points loop
            perform credits_private.lock_meeting_point(v_point);
        end loop;
        v_locked := v_locked || v_points;
    end loop;

    insert into credits_private.stripe_links (
        provider_account, livemode, object_id, other_id
    )
    select p_event.provider_account, p_event.livemode, a.id, b.id
    from unnest(p_ids[1:1]) as o (id)
    cross join unnest(p_ids[2:]) as t (id)
    cross join lateral (values (o.id, t.id), (t.id, o.id)) as x (a, b)
    cross join lateral (select x.a) as a (id)
    cross join lateral (select x.b) as b (id)
    where o.id <> t.id
    on conflict do nothing;
    return v_names;
end
$$;

ALTER FUNCTION credits_private.lock_stripe_objects(p_event credits_private.stripe_events, p_ids text[], p_points text[]) OWNER TO credits_owner;

--
-- Name: lots_after(text, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.lots_after(p_account_id text, p_entry_id bigint) RETURNS TABLE(lot_id bigint, credits bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    with booked as (
        select l.entry_id, l.balance - l.amount as before, l.balance, l.open_lot_id, l.allocations
        from credits_private.ledger l
        where l.account_id = p_account_id
            and l.entry_id <= p_entry_id
            and l.allocations is not null
    )
    select m.lot_id, pg_catalog.sum(m.amount)::bigint
    from (
        select x.lot_id, x.amount
        from booked b
        cross join lateral credits_private.parts_of(b.allocations) as x
        union all
        select b.open_lot_id,
            coalesce(pg_catalog.lead(b.before) over (order by b.entry_id), n.balance) - b.balance
        from booked b
        left join credits_private.ledger n
            on n.account_id = p_account_id and n.entry_id = p_entry_id
    ) as m
    where m.lot_id > 0
    group by m.lot_id
    having pg_catalog.sum(m.amount) <> 0
$$;

ALTER FUNCTION credits_private.lots_after(p_account_id text, p_entry_id bigint) OWNER TO credits_owner;

--
-- Name: lower_target(credits_private.account_state, bigint, bigint, credits_private.ledger); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.lower_target(p_state credits_private.account_state, p_payment_id bigint, p_amount bigint, p_entry credits_private.ledger) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state := p_state;
    v_payment credits_private.payments;
    v_entry credits_private.ledger := p_entry;
    v_returned jsonb := '[]'::jsonb;
    v_left bigint := p_amount;
    v_written_off bigint;
    v_owed bigint;
    v_settled bigint;
    v_covered bigint;
    v_withheld bigint;
    v_back bigint;
    r_lot record;
begin
    select p.* into v_payment
    from credits_private.payments p
    where p.account_id = v_state.account_id and p.payment_id = p_payment_id;

    v_written_off := least(v_left, v_payment.written_off);
    v_left := v_left - v_written_off;
    v_owed := least(v_left, v_payment.owed);
    v_left := v_left - v_owed;
    v_settled := least(v_left, v_payment.settled);
    v_left := v_left - v_settled;
    v_covered := least(v_left, v_payment.covered);
    v_left := v_left - v_covered;
    v_withheld := greatest(v_left - v_payment.clawed, 0);
    v_left := v_left - v_withheld;
    update credits_private.payments p
    set target = p.target - p_amount,
        written_off = p.written_off - v_written_off,
        owed = p.owed - v_owed,
        settled = p.settled - v_settled,
        covered = p.covered - v_covered,
        clawed = p.clawed - v_left,
        withheld = p.withheld - v_withheld
    where p.account_id = v_state.account_id and p.payment_id = p_payment_id;

    for r_lot in
        select l.lot_id, l.clawed
        from credits_private.lots l
        where l.account_id = v_state.account_id and l.payment_id = p_payment_id and l.clawed > 0
        order by l.priority desc, l.expires_at desc, l.lot_id desc
    loop
        exit when v_left = 0;
        v_back := least(v_left, r_lot.clawed);
        update credits_private.lots l
        set clawed = l.clawed - v_back,
            clawed_at = case when l.clawed > v_back then v_state.now end,
            expires_at = l.expires_at + credits_private.exact_interval(
                greatest(v_state.now - l.clawed_at, interval '0')
            )
        where l.account_id = v_state.account_id and l.lot_id = r_lot.lot_id;
        v_left := v_left - v_back;
        v_returned := v_returned || credits_private.allocation(r_lot.lot_id, v_back);
    end loop;

    v_entry.kind := 'restore';
    v_entry.allocations := v_returned;
    if v_owed > 0 then
        v_entry.allocations := credits_private.allocation(0, v_owed) || v_returned;
    end if;
    v_state := credits_private.book(v_state, v_entry);
    v_state := credits_private.put_back(v_state, v_returned, 'grace');
    if v_settled > 0 then
        v_state := credits_private.restore_settled(v_state, p_payment_id, v_settled);
    end if;
    return v_state;
end
$$;

ALTER FUNCTION credits_private.lower_target(p_state credits_private.account_state, p_payment_id bigint, p_amount bigint, p_entry credits_private.ledger) OWNER TO credits_owner;

--
-- Name: make_good(credits_private.account_state, credits_private.lots, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.make_good(p_state credits_private.account_state, p_lot credits_private.lots, p_amount bigint) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_entry credits_private.ledger;
    v_written_off bigint;
    v_owed bigint;
begin
    select least(p_amount, p.written_off), least(p_amount - least(p_amount, p.written_off), p.owed)
    into v_written_off, v_owed
    from credits_private.payments p
    where p.account_id = p_state.account_id and p.payment_id = p_lot.payment_id;
    if v_written_off + v_owed = 0 then
        return p_state;
    end if;

    update credits_private.payments p
    set clawed = p.clawed + v_written_off + v_owed,
        written_off = p.written_off - v_written_off,
        owed = p.owed - v_owed
    where p.account_id = p_state.account_id and p.payment_id = p_lot.payment_id;

    v_entry.kind := 'clawback';
    v_entry.allocations := credits_private.allocation(p_lot.lot_id, -(v_written_off + v_owed));
    perform credits_private.mark_clawed(p_state, v_entry.allocations);
    if v_owed > 0 then
        v_entry.allocations := v_entry.allocations || credits_private.allocation(0, v_owed);
    end if;
    return credits_private.book(p_state, v_entry);
end
$$;

ALTER FUNCTION credits_private.make_good(p_state credits_private.account_state, p_lot credits_private.lots, p_amount bigint) OWNER TO credits_owner;

--
-- Name: mark_clawed(credits_private.account_state, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.mark_clawed(p_state credits_private.account_state, p_allocations jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    r_part record;
begin
    for r_part in
        select x.lot_id, -x.amount as amount
        from credits_private.parts_of(p_allocations) as x
        order by x.ordinal
    loop
        update credits_private.lots l
        set clawed = l.clawed + r_part.amount, clawed_at = coalesce(
                l.clawed_at, p_state.effective_at, p_state.now
            )
        where l.account_id = p_state.account_id and l.lot_id = r_part.lot_id;
    end loop;
end
$$;

ALTER FUNCTION credits_private.mark_clawed(p_state credits_private.account_state, p_allocations jsonb) OWNER TO credits_owner;

--
-- Name: member_usage_in(text, text, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.member_usage_in(p_account_id text, p_member text, p_from timestamp with time zone, p_until timestamp with time zone) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select coalesce(sum(u.amount), 0)::bigint
    from credits_private.member_uses(
        p_account_id, p_member, credits_private.last_entry_before(p_account_id, p_from) + 1
    ) as u
    where u.at >= p_from and u.at < p_until
$$;

ALTER FUNCTION credits_private.member_usage_in(p_account_id text, p_member text, p_from timestamp with time zone, p_until timestamp with time zone) OWNER TO credits_owner;

--
-- Name: member_uses(text, text, bigint, credits_private.ledger[]); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.member_uses(p_account_id text, p_member text, p_first_entry_id bigint, p_booked credits_private.ledger[] DEFAULT '{}'::credits_private.ledger[]) RETURNS SETOF credits_private.member_use
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    with entries as (
        select l.entry_id, l.kind, l.amount, l.about_entry_id, l.member, l.occurred_at
        from credits_private.ledger l
        where l.account_id = p_account_id
            and l.entry_id >= p_first_entry_id
            and l.member is not null
            and (p_member is null or l.member = p_member)
        union all
        select b.entry_id, b.kind, b.amount, b.about_entry_id, b.member, b.occurred_at
        from unnest(p_booked) as b
        where b.member is not null and (p_member is null or b.member = p_member)
    ),
    -- What a capture took of its hold is what the release right before it gave up for it.
    captures as (
        select c.entry_id, c.about_entry_id, c.occurred_at, -c.amount as amount,
            -c.amount - least(-c.amount, coalesce(r.amount, 0)) as over
        from entries c
        left join entries r
            on r.entry_id = c.entry_id - 1
            and r.kind = 'release'
            and r.about_entry_id = c.about_entry_id
        where c.kind = 'capture'
    ),
    -- The end of a capture comes back first, and that is what it took above its hold.
    refunds as (
        select f.about_entry_id, f.amount,
            sum(f.amount) over (partition by f.about_entry_id order by f.entry_id) as until_now
        from entries f
        where f.kind = 'refund'
    )
    select e.member, e.occurred_at, -e.amount
    from entries e
    where e.kind in ('spend', 'hold')
    union all
    select h.member, h.occurred_at, -r.amount
    from entries r
    join entries h on h.entry_id = r.about_entry_id and h.kind = 'hold'
    where r.kind = 'release'
    union all
    select h.member, h.occurred_at, c.amount - c.over
    from captures c
    join entries h on h.entry_id = c.about_entry_id and h.kind = 'hold'
    union all
    select e.member, c.occurred_at, c.over
    from captures c
    join entries e on e.entry_id = c.entry_id
    where c.over > 0
    union all
    select s.member, s.occurred_at, -f.amount
    from refunds f
    join entries s on s.entry_id = f.about_entry_id and s.kind = 'spend'
    union all
    select e.member, c.occurred_at,
        least(c.over, f.until_now - f.amount) - least(c.over, f.until_now)
    from refunds f
    join captures c on c.entry_id = f.about_entry_id
    join entries e on e.entry_id = c.entry_id
    where c.over > 0
    union all
    select h.member, h.occurred_at,
        greatest(c.over, f.until_now - f.amount) - greatest(c.over, f.until_now)
    from refunds f
    join captures c on c.entry_id = f.about_entry_id
    join entries h on h.entry_id = c.about_entry_id and h.kind = 'hold'
$$;

ALTER FUNCTION credits_private.member_uses(p_account_id text, p_member text, p_first_entry_id bigint, p_booked credits_private.ledger[]) OWNER TO credits_owner;

--
-- Name: metadata_digest(jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.metadata_digest(p_metadata jsonb) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select pg_catalog.sha256(pg_catalog.convert_to(p_metadata::text, 'UTF8'))
$$;

ALTER FUNCTION credits_private.metadata_digest(p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: mirror_state(credits_private.stripe_events, text, jsonb, boolean); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.mirror_state(p_event credits_private.stripe_events, p_kind text, p_object jsonb, p_is_assumed boolean) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    if p_kind = 'product' then
        insert into credits_private.stripe_products as p (
            provider_account, livemode, product, valid_from, object, is_deleted, is_assumed
        )
        values (
            p_event.provider_account, p_event.livemode, p_object ->> 'id', p_event.created_at,
            p_object, false, p_is_assumed
        )
        on conflict (product, valid_from, livemode, provider_account) do update
        set object = excluded.object, is_unsure = false;
    else
        insert into credits_private.stripe_prices as p (
            provider_account, livemode, price, valid_from, object, is_deleted, is_assumed
        )
        values (
            p_event.provider_account, p_event.livemode, p_object ->> 'id', p_event.created_at,
            p_object, false, p_is_assumed
        )
        on conflict (price, valid_from, livemode, provider_account) do update
        set object = excluded.object, is_unsure = false;
    end if;
end
$$;

ALTER FUNCTION credits_private.mirror_state(p_event credits_private.stripe_events, p_kind text, p_object jsonb, p_is_assumed boolean) OWNER TO credits_owner;

--
-- Name: mirrored_states(credits_private.stripe_events, text, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.mirrored_states(p_event credits_private.stripe_events, p_kind text, p_object_id text) RETURNS TABLE(valid_from timestamp with time zone, object jsonb, is_unsure boolean)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select p.valid_from, p.object, p.is_unsure
    from credits_private.stripe_products p
    where p_kind = 'product'
        and p.product = p_object_id
        and p.livemode = p_event.livemode
        and p.provider_account = p_event.provider_account
    union all
    select p.valid_from, p.object, p.is_unsure
    from credits_private.stripe_prices p
    where p_kind = 'price'
        and p.price = p_object_id
        and p.livemode = p_event.livemode
        and p.provider_account = p_event.provider_account
$$;

ALTER FUNCTION credits_private.mirrored_states(p_event credits_private.stripe_events, p_kind text, p_object_id text) OWNER TO credits_owner;

--
-- Name: months_of(interval); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.months_of(p_interval interval) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select (12 * extract(year from p_interval) + extract(month from p_interval))::bigint
$$;

ALTER FUNCTION credits_private.months_of(p_interval interval) OWNER TO credits_owner;

--
-- Name: move_lots(credits_private.account_state, text, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.move_lots(p_state credits_private.account_state, p_from_account_id text, p_from_entry_id bigint) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state := p_state;
    v_entry credits_private.ledger;
    v_payment_id bigint;
    r_lot credits_private.lots;
begin
    for r_lot in
        select l.*
        from credits_private.lots l
        where l.account_id = p_from_account_id
        order by l.lot_id
    loop
        v_entry := null;
        v_entry.kind := 'merge';
        v_entry.other_account_id := p_from_account_id;
        v_entry.other_entry_id := p_from_entry_id;
        v_entry.request := jsonb_build_object('moved', jsonb_build_object(
            'entry_id', r_lot.lot_id,
            'granted', r_lot.granted,
            'expired', r_lot.expired,
            'clawed', r_lot.clawed,
            'cost_moved', r_lot.cost_moved
        ));
        v_entry.allocations := credits_private.allocation(v_state.entry_id + 1, r_lot.remaining);
        v_state := credits_private.book(v_state, v_entry);

        update credits_private.lots l
        set remaining = 0, is_open = false, moved_to_lot_id = v_state.entry_id
        where l.account_id = p_from_account_id and l.lot_id = r_lot.lot_id;
        select p.moved_to_payment_id into v_payment_id
        from credits_private.payments p
        where p.account_id = p_from_account_id and p.payment_id = r_lot.payment_id;
        -- Both accounts may have had this period, or item, under names that are not the provider's.
        if r_lot.origin = 'grant' and exists (
            select
            from credits_private.lots l
            where l.account_id = v_state.account_id
                and l.subscription = r_lot.subscription
                and l.item = r_lot.item
                and l.period_start = r_lot.period_start
                and l.origin = 'grant'
        ) or r_lot.origin in ('schedule', 'upgrade') and exists (
            select
            from credits_private.subscriptions s
            where s.account_id = v_state.account_id and s.subscription = r_lot.subscription
        ) then
            r_lot.item := null;
        end if;
        r_lot.account_id := v_state.account_id;
        r_lot.lot_id := v_state.entry_id;
        r_lot.payment_id := v_payment_id;
        r_lot.granted_at := v_state.created_at;
        insert into credits_private.lots values (r_lot.*) on conflict do nothing;
        perform credits_private.check_inserted(found, v_state.account_id, v_state.entry_id);
        if r_lot.remaining > 0 then
            v_state.next_event_at := least(v_state.next_event_at, r_lot.expires_at);
        end if;
    end loop;
    if exists (
        select
        from credits_private.member_caps k
        where k.account_id = v_state.account_id and k.period = 'billing_period'
    ) then
        perform credits_private.recount(v_state, 'billing_period');
    end if;
    return v_state;
end
$$;

ALTER FUNCTION credits_private.move_lots(p_state credits_private.account_state, p_from_account_id text, p_from_entry_id bigint) OWNER TO credits_owner;

--
-- Name: move_payments(credits_private.account_state, text, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.move_payments(p_state credits_private.account_state, p_from_account_id text, p_from_entry_id bigint) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state := p_state;
    v_entry credits_private.ledger;
    r_payment credits_private.payments;
begin
    for r_payment in
        select p.*
        from credits_private.payments p
        where p.account_id = p_from_account_id
        order by p.payment_id
    loop
        v_entry := null;
        v_entry.kind := 'merge';
        v_entry.other_account_id := p_from_account_id;
        v_entry.other_entry_id := p_from_entry_id;
        select coalesce(l.request - 'after', '{}') || jsonb_build_object(
            'moved', jsonb_build_object(
                'entry_id', r_payment.payment_id,
                'settled', r_payment.settled,
                'debt_paid', r_payment.debt_paid
            )
        )
        into v_entry.request
        from credits_private.ledger l
        where l.account_id = p_from_account_id and l.entry_id = r_payment.payment_id;
        if r_payment.owed > 0 then
            v_entry.allocations := credits_private.allocation(0, -r_payment.owed);
        end if;
        v_state := credits_private.book(v_state, v_entry);

        update credits_private.payments p
        set moved_to_payment_id = v_state.entry_id
        where p.account_id = p_from_account_id and p.payment_id = r_payment.payment_id;
        update credits_private.payment_refs r
        set account_id = v_state.account_id, payment_id = v_state.entry_id
        where r.account_id = p_from_account_id and r.payment_id = r_payment.payment_id;
        r_payment.account_id := v_state.account_id;
        r_payment.payment_id := v_state.entry_id;
        insert into credits_private.payments values (r_payment.*) on conflict do nothing;
        perform credits_private.check_inserted(found, v_state.account_id, v_state.entry_id);
    end loop;
    return v_state;
end
$$;

ALTER FUNCTION credits_private.move_payments(p_state credits_private.account_state, p_from_account_id text, p_from_entry_id bigint) OWNER TO credits_owner;

--
-- Name: move_subscriptions(credits_private.account_state, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.move_subscriptions(p_state credits_private.account_state, p_from_account_id text) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state := p_state;
    r_subscription credits_private.subscriptions;
    r_item credits_private.subscription_items;
begin
    for r_subscription in
        select s.*
        from credits_private.subscriptions s
        where s.account_id = p_from_account_id
        order by s.subscription
    loop
        r_subscription.account_id := v_state.account_id;
        insert into credits_private.subscriptions values (r_subscription.*) on conflict do nothing;
        if found then
            for r_item in
                select i.*
                from credits_private.subscription_items i
                where i.account_id = p_from_account_id
                    and i.subscription = r_subscription.subscription
                order by i.item
            loop
                r_item.account_id := v_state.account_id;
                r_item.parts := credits_private.moved_parts(p_from_account_id, r_item.parts);
                insert into credits_private.subscription_items values (r_item.*);
            end loop;
            v_state := credits_private.schedule_grants(v_state, r_subscription.subscription);
            v_state := credits_private.note_subscription(v_state, r_subscription.subscription);
        elsif (r_subscription.canceled_at is null or r_subscription.cancel_at_period_end)
            and exists (
                select
                from credits_private.subscription_items i
                where i.account_id = p_from_account_id
                    and i.subscription = r_subscription.subscription
                    and credits_private.grants_to_come(i) > 0
            )
        then
            perform credits_private.fail(
                'invalid_state',
                jsonb_build_object(
                    'account_id', p_from_account_id, 'subscription', r_subscription.subscription,
                    'status', r_subscription.status
                ),
                'Both accounts know this subscription, and the one to be merged has grants to '
                'come. Cancel it there first (cancel_subscription, p_when now).'
            );
        end if;
    end loop;
    delete from credits_private.subscription_items i
    where i.account_id = p_from_account_id;
    delete from credits_private.subscriptions s
    where s.account_id = p_from_account_id;
    return v_state;
end
$$;

ALTER FUNCTION credits_private.move_subscriptions(p_state credits_private.account_state, p_from_account_id text) OWNER TO credits_owner;

--
-- Name: move_target(credits_private.account_state, credits_private.payments, bigint, credits_private.ledger); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.move_target(p_state credits_private.account_state, p_payment credits_private.payments, p_target bigint, p_entry credits_private.ledger) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_entry credits_private.ledger := p_entry;
begin
    if p_target > p_payment.target then
        return credits_private.raise_target(
            p_state, p_payment.payment_id, p_target - p_payment.target, v_entry
        );
    elsif p_target < p_payment.target then
        return credits_private.lower_target(
            p_state, p_payment.payment_id, p_payment.target - p_target, v_entry
        );
    end if;
    v_entry.kind := 'clawback';
    return credits_private.book(p_state, v_entry);
end
$$;

ALTER FUNCTION credits_private.move_target(p_state credits_private.account_state, p_payment credits_private.payments, p_target bigint, p_entry credits_private.ledger) OWNER TO credits_owner;

--
-- Name: moved_parts(text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.moved_parts(p_from_account_id text, p_parts jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select coalesce(
        jsonb_agg(
            jsonb_build_array(p.moved_to_payment_id, x.part -> 1, x.part -> 2) order by x.ordinal
        ),
        '[]'
    )
    from jsonb_array_elements(p_parts) with ordinality as x (part, ordinal)
    left join credits_private.payments p
        on p.account_id = p_from_account_id and p.payment_id = (x.part ->> 0)::bigint
$$;

ALTER FUNCTION credits_private.moved_parts(p_from_account_id text, p_parts jsonb) OWNER TO credits_owner;

--
-- Name: note_checkout(credits_private.stripe_events, text, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.note_checkout(p_event credits_private.stripe_events, p_session text, p_state text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_states constant text[] := array['pending', 'expired', 'failed', 'paid'];
    v_now timestamptz := credits_private.clock();
begin
    insert into credits_private.stripe_checkouts as c (
        provider_account, livemode, session, state, updated_at
    )
    values (p_event.provider_account, p_event.livemode, p_session, p_state, v_now)
    on conflict (session, livemode, provider_account) do update
    set state = v_states[greatest(
            array_position(v_states, c.state), array_position(v_states, excluded.state)
        )],
        updated_at = v_now;
end
$$;

ALTER FUNCTION credits_private.note_checkout(p_event credits_private.stripe_events, p_session text, p_state text) OWNER TO credits_owner;

--
-- Name: stripe_invoices; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.stripe_invoices (
    provider_account text NOT NULL COLLATE pg_catalog."C",
    livemode boolean NOT NULL,
    invoice text NOT NULL COLLATE pg_catalog."C",
    subscription text,
    customer text,
    status text NOT NULL,
    attempts bigint NOT NULL,
    next_attempt_at timestamp with time zone,
    event_at timestamp with time zone NOT NULL,
    needs_review boolean DEFAULT false NOT NULL
);

ALTER TABLE credits_private.stripe_invoices OWNER TO credits_owner;

--
-- Name: TABLE stripe_invoices; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.stripe_invoices IS 'Invoices: their state as the newest event tells.';

--
-- Name: COLUMN stripe_invoices.provider_account; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_invoices.provider_account IS 'Connected account; empty for one''s own.';

--
-- Name: COLUMN stripe_invoices.livemode; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_invoices.livemode IS 'False for a test-mode object.';

--
-- Name: COLUMN stripe_invoices.invoice; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_invoices.invoice IS 'Id of the invoice.';

--
-- Name: COLUMN stripe_invoices.subscription; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_invoices.subscription IS 'Subscription that it bills, if any.';

--
-- Name: COLUMN stripe_invoices.customer; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_invoices.customer IS 'Customer who is billed.';

--
-- Name: COLUMN stripe_invoices.status; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_invoices.status IS 'draft, open, paid, void or uncollectible, or a word of the future.';

--
-- Name: COLUMN stripe_invoices.attempts; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_invoices.attempts IS 'How often a payment was tried.';

--
-- Name: COLUMN stripe_invoices.next_attempt_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_invoices.next_attempt_at IS 'When Stripe tries again.';

--
-- Name: COLUMN stripe_invoices.event_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_invoices.event_at IS 'Time of the event that told of it.';

--
-- Name: COLUMN stripe_invoices.needs_review; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_invoices.needs_review IS 'It granted credits and is void or uncollectible now: somebody has to decide.';

--
-- Name: note_invoice(credits_private.stripe_events, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.note_invoice(p_event credits_private.stripe_events, p_invoice jsonb) RETURNS credits_private.stripe_invoices
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_states constant text[] := array['draft', 'open', 'paid', 'uncollectible', 'void'];
    v_invoice credits_private.stripe_invoices;
begin
    perform credits_private.lock_stripe_objects(
        p_event, credits_private.stripe_object_ids(p_invoice)
    );
    insert into credits_private.stripe_invoices as i (
        provider_account, livemode, invoice, subscription, customer, status, attempts,
        next_attempt_at, event_at
    )
    values (
        p_event.provider_account,
        p_event.livemode,
        p_invoice ->> 'id',
        credits_private.invoice_subscription(p_invoice, p_invoice #> '{lines,data,0}'),
        credits_private.stripe_id(p_invoice -> 'customer'),
        coalesce(
            p_invoice ->> 'status',
            case when p_invoice ->> 'paid' = 'true' then 'paid' else 'open' end
        ),
        coalesce((p_invoice ->> 'attempt_count')::bigint, 0),
        to_timestamp((p_invoice ->> 'next_payment_attempt')::bigint),
        p_event.created_at
    )
    on conflict (invoice, livemode, provider_account) do update
    set subscription = coalesce(i.subscription, excluded.subscription),
        customer = coalesce(i.customer, excluded.customer),
        attempts = greatest(i.attempts, excluded.attempts),
        next_attempt_at = case
            when excluded.event_at > i.event_at then excluded.next_attempt_at
            when excluded.event_at < i.event_at then i.next_attempt_at
            else greatest(i.next_attempt_at, excluded.next_attempt_at)
        end,
        status = case
            when (excluded.event_at, coalesce(array_position(v_states, excluded.status), 0))
                > (i.event_at, coalesce(array_position(v_states, i.status), 0))
                then excluded.status
            else i.status
        end,
        event_at = greatest(i.event_at, excluded.event_at)
    returning i.* into v_invoice;

    if v_invoice.status in ('void', 'uncollectible') and not v_invoice.needs_review then
        update credits_private.stripe_invoices i
        set needs_review = true
        where i.invoice = v_invoice.invoice
            and i.livemode = v_invoice.livemode
            and i.provider_account = v_invoice.provider_account
            and exists (
                select
                from credits_private.payment_refs r
                where r.object_id = i.invoice
                    and r.provider = 'stripe'
                    and r.livemode = i.livemode
                    and r.provider_account = i.provider_account
            )
        returning i.* into v_invoice;
    end if;
    return v_invoice;
end
$$;

ALTER FUNCTION credits_private.note_invoice(p_event credits_private.stripe_events, p_invoice jsonb) OWNER TO credits_owner;

--
-- Name: note_subscription(credits_private.account_state, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.note_subscription(p_state credits_private.account_state, p_subscription text) RETURNS credits_private.account_state
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state := p_state;
    v_first bigint := p_state.command_id - (p_state.entries[1]).entry_id + 1;
    v_entry credits_private.ledger := p_state.entries[v_first];
begin
    v_entry.request := coalesce(v_entry.request, '{}') || jsonb_build_object(
        'after',
        coalesce(v_entry.request -> 'after', '{}') || jsonb_build_object(
            p_subscription,
            credits_private.describe_subscription(p_state.account_id, p_subscription)
        )
    );
    v_state.entries[v_first] := v_entry;
    return v_state;
end
$$;

ALTER FUNCTION credits_private.note_subscription(p_state credits_private.account_state, p_subscription text) OWNER TO credits_owner;

--
-- Name: outlook_of(text, timestamp with time zone); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.outlook_of(p_account_id text, p_now timestamp with time zone) RETURNS credits_private.outlook
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_outlook credits_private.outlook;
    v_open_lot_id bigint;
    v_open_lot_remaining bigint;
    v_index integer;
    r_hold credits_private.holds;
begin
    select t.debt, t.open_lot_id, t.open_lot_remaining
    into v_outlook.debt, v_open_lot_id, v_open_lot_remaining
    from credits_private.ledger t
    where t.account_id = p_account_id
    order by t.entry_id desc
    limit 1;
    v_outlook.debt := coalesce(v_outlook.debt, 0);
    select coalesce(array_agg(l), '{}'), array_position(array_agg(l.lot_id), v_open_lot_id)
    into v_outlook.lots, v_index
    from credits_private.lots l
    where l.account_id = p_account_id and l.is_open;
    if v_index is not null then
        v_outlook.lots[v_index].remaining := v_open_lot_remaining;
    end if;
    select coalesce(array_agg(p order by p.payment_id), '{}') into v_outlook.payments
    from credits_private.payments p
    where p.account_id = p_account_id and p.owed + p.settled + p.written_off > 0;

    for r_hold in
        select h.*
        from credits_private.holds h
        where h.account_id = p_account_id and h.status = 'open' and h.expires_at <= p_now
        order by h.expires_at, h.hold_id
    loop
        v_outlook := credits_private.outlook_settled(
            credits_private.outlook_released(v_outlook, r_hold), r_hold.expires_at
        );
    end loop;
    return v_outlook;
end
$$;

ALTER FUNCTION credits_private.outlook_of(p_account_id text, p_now timestamp with time zone) OWNER TO credits_owner;

--
-- Name: outlook_released(credits_private.outlook, credits_private.holds); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.outlook_released(p_outlook credits_private.outlook, p_hold credits_private.holds) RETURNS credits_private.outlook
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_outlook credits_private.outlook := p_outlook;
    v_lot credits_private.lots;
    v_restored credits_private.lots;
    v_payment credits_private.payments;
    v_left bigint;
    v_here bigint;
    r_part record;
begin
    for r_part in
        select x.lot_id, x.amount
        from credits_private.parts_of(credits_private.reverse_allocations(
            credits_private.hold_allocations(p_hold.account_id, p_hold.hold_id),
            0,
            p_hold.amount - p_hold.captured
        )) as x
        order by x.ordinal
    loop
        v_left := r_part.amount;
        select l.* into v_lot
        from credits_private.lots l
        where l.account_id = p_hold.account_id and l.lot_id = r_part.lot_id;

        for v_index in 1 .. cardinality(v_outlook.payments) loop
            v_payment := v_outlook.payments[v_index];
            continue when v_payment.payment_id is distinct from v_lot.payment_id;
            v_here := least(v_left, v_payment.written_off);
            v_payment.written_off := v_payment.written_off - v_here;
            v_left := v_left - v_here;
            v_here := least(v_left, v_payment.owed);
            v_payment.owed := v_payment.owed - v_here;
            v_outlook.debt := v_outlook.debt - v_here;
            v_left := v_left - v_here;
            if v_lot.expires_at <= p_hold.expires_at
                and credits_private.setting_interval('refund_grace') > interval '0'
            then
                v_here := least(v_left, v_payment.settled);
                v_payment.settled := v_payment.settled - v_here;
                if v_here > 0 then
                    v_restored := credits_private.restoration_of(
                        p_hold.account_id, v_payment.payment_id, v_here, p_hold.expires_at
                    );
                    v_restored.lot_id := 9007199254740992 + cardinality(v_outlook.lots);
                    v_restored.remaining := v_here;
                    v_outlook.lots := v_outlook.lots || v_restored;
                end if;
            end if;
            v_outlook.payments[v_index] := v_payment;
        end loop;

        continue when v_left = 0 or v_lot.expires_at <= p_hold.expires_at;
        select i.ordinality into v_here
        from unnest(v_outlook.lots) with ordinality as i
        where i.lot_id = v_lot.lot_id;
        if found then
            v_outlook.lots[v_here].remaining := v_outlook.lots[v_here].remaining + v_left;
        else
            v_lot.remaining := v_left;
            v_outlook.lots := v_outlook.lots || v_lot;
        end if;
    end loop;
    return v_outlook;
end
$$;

ALTER FUNCTION credits_private.outlook_released(p_outlook credits_private.outlook, p_hold credits_private.holds) OWNER TO credits_owner;

--
-- Name: outlook_settled(credits_private.outlook, timestamp with time zone); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.outlook_settled(p_outlook credits_private.outlook, p_at timestamp with time zone) RETURNS credits_private.outlook
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_outlook credits_private.outlook := p_outlook;
    v_left bigint;
    v_here bigint;
    r_lot record;
begin
    if v_outlook.debt = 0 then
        return v_outlook;
    end if;
    for r_lot in
        select i.ordinality::integer as index, i.remaining
        from unnest(v_outlook.lots) with ordinality as i
        join credits_private.pools p on p.pool = i.pool and p.pays_debt
        where i.remaining > 0 and i.expires_at > p_at
        order by i.priority, i.expires_at, i.lot_id
    loop
        v_here := least(r_lot.remaining, v_outlook.debt);
        v_outlook.lots[r_lot.index].remaining := r_lot.remaining - v_here;
        v_outlook.debt := v_outlook.debt - v_here;
    end loop;

    v_left := p_outlook.debt - v_outlook.debt;
    for v_index in 1 .. cardinality(v_outlook.payments) loop
        v_here := least(v_left, v_outlook.payments[v_index].owed);
        v_outlook.payments[v_index].owed := v_outlook.payments[v_index].owed - v_here;
        v_outlook.payments[v_index].settled := v_outlook.payments[v_index].settled + v_here;
        v_left := v_left - v_here;
    end loop;
    return v_outlook;
end
$$;

ALTER FUNCTION credits_private.outlook_settled(p_outlook credits_private.outlook, p_at timestamp with time zone) OWNER TO credits_owner;

--
-- Name: overdue_parts(credits_private.account_state[]); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.overdue_parts(p_states credits_private.account_state[]) RETURNS credits_private.due_part[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
    v_holds credits_private.due_part[];
begin
    select array_agg(
        row(
            s.account_id, h.hold_id, h.expires_at, 0, null, h.held, null, null, null, null, null,
            null, m.moves_on
        )::credits_private.due_part
    ) into v_holds
    from unnest(p_states) as s
    cross join lateral (
        select s.debt > 0 or exists (
            select
            from credits_private.payments p
            where p.account_id = s.account_id and p.owed + p.settled + p.written_off > 0
        ) as moves_on
    ) as m
    cross join lateral (
        select o.hold_id, o.expires_at, o.amount - o.captured as held
        from credits_private.holds o
        where o.account_id = s.account_id and o.status = 'open' and o.expires_at <= s.now
        order by o.expires_at, o.hold_id
        limit case when m.moves_on then 1 else s.due_limit + 1 end
    ) as h;

    return array(
        with ended as materialized (
            select h.*, l.member as holder, l.occurred_at as taken_at,
                credits_private.reverse_allocations(l.allocations, 0, h.amount) as returned
            from unnest(v_holds) as h
            join credits_private.ledger l
                on l.account_id = h.account_id and l.entry_id = h.hold_id
            where not h.is_alone
        )
        select row(
            p.account_id, p.hold_id, p.deadline, p.ordinal, p.lot_id, p.amount, p.returned,
            p.holder, p.taken_at, p.priority, p.ends_at, p.is_open, false
        )::credits_private.due_part
        from (
            select e.account_id, e.hold_id, e.deadline, 0 as ordinal, null::bigint as lot_id,
                e.amount, e.returned, e.holder, e.taken_at, null::integer as priority,
                null::timestamptz as ends_at, null::boolean as is_open
            from ended e
            union all
            select e.account_id, e.hold_id, e.deadline, x.ordinal, x.lot_id, x.amount, null, null,
                null, l.priority, l.expires_at, l.is_open
            from ended e
            cross join lateral credits_private.parts_of(e.returned) as x
            join credits_private.lots l
                on l.account_id = e.account_id and l.lot_id = x.lot_id
        ) as p
        union all
        select h from unnest(v_holds) as h where h.is_alone
    );
end
$$;

ALTER FUNCTION credits_private.overdue_parts(p_states credits_private.account_state[]) OWNER TO credits_owner;

--
-- Name: pack_expiry(text, timestamp with time zone); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.pack_expiry(p_expires text, p_at timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select case
        when p_expires like 'P%'
            then ((p_at at time zone 'UTC') + p_expires::interval) at time zone 'UTC'
    end
$$;

ALTER FUNCTION credits_private.pack_expiry(p_expires text, p_at timestamp with time zone) OWNER TO credits_owner;

--
-- Name: parse_grant(text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.parse_grant(p_path text, p_grant jsonb) RETURNS credits_private.grant_order
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_order credits_private.grant_order;
    v_every interval;
    v_unknown text;
begin
    perform credits_private.check_argument(p_path, jsonb_typeof(p_grant) = 'object', 'object');
    select k.name into v_unknown
    from jsonb_object_keys(p_grant) as k (name)
    where k.name not in (
        'amount', 'pool', 'expires_at', 'subscription', 'item', 'period_start', 'period_end',
        'rollover_cap', 'cost', 'plan', 'grant_every'
    )
    limit 1;
    perform credits_private.check_argument(
        p_path || '.' || v_unknown, v_unknown is null,
        'amount, pool, expires_at, subscription, item, period_start, period_end, rollover_cap, '
        'cost, plan, grant_every'
    );

    v_order.amount := credits_private.parse_whole_number(p_path || '.amount', p_grant -> 'amount');
    perform credits_private.check_amount(p_path || '.amount', v_order.amount);
    v_order.rollover_cap := credits_private.parse_whole_number(
        p_path || '.rollover_cap',
        case when p_grant ? 'rollover_cap' then p_grant -> 'rollover_cap' else '0' end
    );
    v_order.cost := credits_private.parse_whole_number(p_path || '.cost', p_grant -> 'cost');
    v_order.expires_at := credits_private.parse_instant(
        p_path || '.expires_at', p_grant -> 'expires_at'
    );
    v_order.period_start := credits_private.parse_instant(
        p_path || '.period_start', p_grant -> 'period_start'
    );
    v_order.period_end := credits_private.parse_instant(
        p_path || '.period_end', p_grant -> 'period_end'
    );
    v_order.subscription := credits_private.parse_text(
        p_path || '.subscription', p_grant -> 'subscription', 127
    );
    v_order.pool := coalesce(
        credits_private.parse_text(p_path || '.pool', p_grant -> 'pool', 63),
        case when v_order.subscription is null then 'purchased' else 'subscription' end
    );
    v_order.item := credits_private.parse_text(p_path || '.item', p_grant -> 'item', 127);

    perform credits_private.check_pool(p_path || '.pool', v_order.pool);
    perform credits_private.check_argument(
        p_path || '.subscription',
        v_order.subscription is not null
        or (v_order.item is null and v_order.period_start is null and v_order.period_end is null),
        'id of the subscription when there is an item or a period'
    );
    perform credits_private.check_argument(
        p_path || '.period_end',
        v_order.subscription is null or (v_order.period_end is not null)
        and (v_order.period_start is null or v_order.period_end > v_order.period_start),
        'an instant after period_start, when there is a subscription'
    );
    if v_order.period_start is not null then
        v_order.item := coalesce(v_order.item, '');
    end if;
    perform credits_private.check_argument(
        p_path || '.period_start', v_order.item is null or v_order.period_start is not null,
        'an instant, when there is an item'
    );
    v_order.plan := credits_private.parse_text(p_path || '.plan', p_grant -> 'plan', 127);
    v_every := credits_private.parse_interval(p_path || '.grant_every', p_grant -> 'grant_every');
    perform credits_private.check_argument(
        p_path || '.plan', v_order.plan is null or v_order.item is not null,
        'null without a period of a subscription'
    );
    perform credits_private.check_argument(
        p_path || '.grant_every',
        v_every is null
        or v_order.item is not null and v_order.pool = 'subscription'
        and v_order.expires_at is null,
        'null without a period of a subscription, with another pool or with expires_at'
    );
    perform credits_private.check_grant_every(
        p_path || '.grant_every', v_every, v_order.period_start, v_order.period_end
    );
    v_order.grant_months := credits_private.months_of(v_every);
    v_order.grant_days := extract(day from v_every);
    return v_order;
end
$$;

ALTER FUNCTION credits_private.parse_grant(p_path text, p_grant jsonb) OWNER TO credits_owner;

--
-- Name: parse_grants(jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.parse_grants(p_grants jsonb) RETURNS credits_private.grant_order[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_orders credits_private.grant_order[] := array[]::credits_private.grant_order[];
    v_order credits_private.grant_order;
    v_path text;
    r_grant record;
begin
    perform credits_private.check_argument(
        'p_grants',
        case
            when jsonb_typeof(p_grants) = 'array'
                then jsonb_array_length(p_grants) between 1 and 100
        end,
        'array of 1 to 100 objects'
    );
    for r_grant in
        select x.value, x.position - 1 as index
        from jsonb_array_elements(p_grants) with ordinality as x (value, position)
        order by x.position
    loop
        v_path := 'p_grants[' || r_grant.index || ']';
        v_order := credits_private.parse_grant(v_path, r_grant.value);
        perform credits_private.check_argument(
            v_path,
            v_order.item is null or not exists (
                select
                from unnest(v_orders) as o
                where (o.subscription, o.item, o.period_start)
                    = (v_order.subscription, v_order.item, v_order.period_start)
            ),
            'an item of a subscription once for a period'
        );
        perform credits_private.check_argument(
            v_path,
            not exists (
                select
                from unnest(v_orders) as o
                where (o.subscription, o.item) = (v_order.subscription, v_order.item)
                    and (o.grant_months is not null or v_order.grant_months is not null)
            ),
            'an item of a subscription once, when its credits come in several grants'
        );
        v_orders := v_orders || v_order;
    end loop;
    return v_orders;
end
$$;

ALTER FUNCTION credits_private.parse_grants(p_grants jsonb) OWNER TO credits_owner;

--
-- Name: parse_instant(text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.parse_instant(p_path text, p_value jsonb) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
begin
    if p_value is null or p_value = 'null' then
        return null;
    end if;
    perform credits_private.check_argument(
        p_path,
        jsonb_typeof(p_value) = 'string'
        and p_value #>> '{}'
            ~ ('^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?'
                || '(Z|[+-][0-9]{2}(:?[0-9]{2})?)$'),
        'instant as ISO 8601 text with its offset, such as 2030-01-31T00:00:00Z'
    );
    return (p_value #>> '{}')::timestamptz;
exception
    -- The shape was right and the date or offset was not, such as 30 February.
    when datetime_field_overflow or invalid_time_zone_displacement_value then
        perform credits_private.check_argument(p_path, false, 'an instant that the calendar has');
        return null;
end
$_$;

ALTER FUNCTION credits_private.parse_instant(p_path text, p_value jsonb) OWNER TO credits_owner;

--
-- Name: parse_interval(text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.parse_interval(p_path text, p_value jsonb) RETURNS interval
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    if p_value is null or p_value = 'null' then
        return null;
    end if;
    perform credits_private.check_argument(
        p_path, jsonb_typeof(p_value) = 'string', 'interval as text, such as 1 month or P1M'
    );
    return (p_value #>> '{}')::interval;
exception
    when invalid_datetime_format or datetime_field_overflow or interval_field_overflow then
        perform credits_private.check_argument(
            p_path, false, 'interval as text, such as 1 month or P1M'
        );
        return null;
end
$$;

ALTER FUNCTION credits_private.parse_interval(p_path text, p_value jsonb) OWNER TO credits_owner;

--
-- Name: parse_operation(integer, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.parse_operation(p_index integer, p_operation jsonb) RETURNS credits_private.spend_order
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
    v_order credits_private.spend_order;
    v_path text := 'p_operations[' || p_index || ']';
    v_unknown text;
begin
    v_order.index := p_index;
    perform credits_private.check_argument(v_path, jsonb_typeof(p_operation) = 'object', 'object');
    select k.name into v_unknown
    from jsonb_object_keys(p_operation) as k (name)
    where k.name not in (
        'account_id', 'amount', 'feature', 'member', 'reference', 'idempotency_key', 'metadata'
    )
    limit 1;
    perform credits_private.check_argument(
        v_path || '.' || v_unknown, v_unknown is null,
        'account_id, amount, feature, member, reference, idempotency_key, metadata'
    );
    v_order.account_id := credits_private.parse_text(
        v_path || '.account_id', p_operation -> 'account_id', 255
    );
    perform credits_private.check_argument(
        v_path || '.account_id', v_order.account_id is not null, 'string of 1 to 255 characters'
    );
    v_order.amount := 1;
    if p_operation ? 'amount' then
        perform credits_private.check_argument(
            v_path || '.amount',
            case
                when p_operation ->> 'amount' ~ '^[0-9]{1,16}$'
                    then (p_operation ->> 'amount')::bigint between 1 and 9007199254740991
            end,
            'whole number from 1 to 9007199254740991'
        );
        v_order.amount := (p_operation ->> 'amount')::bigint;
    end if;
    v_order.feature := credits_private.parse_text(
        v_path || '.feature', p_operation -> 'feature', 255
    );
    v_order.member := credits_private.parse_text(
        v_path || '.member', p_operation -> 'member', 255
    );
    v_order.reference := credits_private.parse_text(
        v_path || '.reference', p_operation -> 'reference', 255
    );
    v_order.idempotency_key := credits_private.parse_text(
        v_path || '.idempotency_key', p_operation -> 'idempotency_key', 255
    );
    perform credits_private.check_argument(
        v_path || '.idempotency_key',
        v_order.idempotency_key is not null,
        'string of 1 to 255 characters'
    );
    perform credits_private.check_key(v_path || '.idempotency_key', v_order.idempotency_key);
    v_order.metadata := nullif(p_operation -> 'metadata', 'null');
    perform credits_private.check_metadata(v_path || '.metadata', v_order.metadata);
    return v_order;
end
$_$;

ALTER FUNCTION credits_private.parse_operation(p_index integer, p_operation jsonb) OWNER TO credits_owner;

--
-- Name: parse_operations(jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.parse_operations(p_operations jsonb) RETURNS credits_private.spend_order[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
    v_orders credits_private.spend_order[];
    v_first integer;
    v_again integer;
    r_all record;
    r_operation record;
begin
    perform credits_private.check_argument(
        'p_operations',
        case
            when jsonb_typeof(p_operations) = 'array'
                then jsonb_array_length(p_operations) between 1 and 1000
        end,
        'array of 1 to 1000 objects'
    );

    -- Nearly all are legal as they stand; else each is read by itself, and that names what is not.
    select
        array_agg(
            row(
                x.position - 1,
                x.value ->> 'account_id',
                case
                    when not x.value ? 'amount' then 1
                    when x.value ->> 'amount' ~ '^[1-9][0-9]{0,14}$'
                        then (x.value ->> 'amount')::bigint
                end,
                x.value ->> 'feature',
                x.value ->> 'member',
                x.value ->> 'reference',
                x.value ->> 'idempotency_key',
                x.value -> 'metadata'
            )::credits_private.spend_order
            order by x.position
        ) as orders,
        bool_and(credits_private.is_plain_operation(x.value) is true) as are_plain
    into r_all
    from jsonb_array_elements(p_operations) with ordinality as x (value, position);
    v_orders := r_all.orders;
    if not r_all.are_plain then
        v_orders := '{}';
        for r_operation in
            select x.value
            from jsonb_array_elements(p_operations) with ordinality as x (value, position)
            order by x.position
        loop
            v_orders := v_orders || credits_private.parse_operation(
                cardinality(v_orders), r_operation.value
            );
        end loop;
    end if;

    if exists (
        select
        from unnest(v_orders) as o
        group by o.account_id, o.idempotency_key
        having count(*) > 1
    ) then
        select o.index, min(e.index) into v_again, v_first
        from unnest(v_orders) as o
        join unnest(v_orders) as e
            on (e.account_id, e.idempotency_key) = (o.account_id, o.idempotency_key)
            and e.index < o.index
        group by o.index
        order by o.index
        limit 1;
        perform credits_private.check_argument(
            'p_operations[' || v_again || '].idempotency_key',
            false,
            'a key that the account has not in p_operations[' || v_first || '] already'
        );
    end if;
    return v_orders;
end
$_$;

ALTER FUNCTION credits_private.parse_operations(p_operations jsonb) OWNER TO credits_owner;

--
-- Name: parse_stripe_event(text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.parse_stripe_event(p_payload text) RETURNS credits_private.stripe_events
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
    v_event credits_private.stripe_events;
begin
    v_event.payload := p_payload;
    begin
        v_event.body := replace(p_payload, chr(92) || 'u0000', chr(92) || 'ufffd')::jsonb;
    exception
        -- Text that is no JSON, or nested too deeply to be read.
        when data_exception or program_limit_exceeded then
            v_event.body := null;
    end;
    perform credits_private.check_argument(
        'p_payload',
        jsonb_typeof(v_event.body) = 'object'
        and v_event.body ->> 'object' = 'event'
        and length(v_event.body ->> 'id') between 1 and 255
        and length(v_event.body ->> 'type') between 1 and 255
        and jsonb_typeof(v_event.body -> 'livemode') = 'boolean'
        and v_event.body ->> 'created' ~ '^[0-9]{1,12}$'
        and jsonb_typeof(v_event.body -> 'data' -> 'object') = 'object'
        and (
            v_event.body ->> 'account' is null
            or length(v_event.body ->> 'account') between 1 and 255
        ),
        'a Stripe snapshot event: JSON object with object "event", id, type, livemode, created '
        'and data.object'
    );
    v_event.provider_account := coalesce(v_event.body ->> 'account', '');
    v_event.event_id := v_event.body ->> 'id';
    v_event.event_type := v_event.body ->> 'type';
    v_event.livemode := (v_event.body ->> 'livemode')::boolean;
    v_event.api_version := v_event.body ->> 'api_version';
    v_event.created_at := to_timestamp((v_event.body ->> 'created')::bigint);
    return v_event;
end
$_$;

ALTER FUNCTION credits_private.parse_stripe_event(p_payload text) OWNER TO credits_owner;

--
-- Name: parse_stripe_terms(jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.parse_stripe_terms(p_metadata jsonb) RETURNS credits_private.stripe_terms
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
    v_terms credits_private.stripe_terms;
    v_number constant text := '^(0|[1-9][0-9]{0,14})$';
begin
    v_terms.expires := p_metadata ->> 'credits_expires';
    v_terms.proration := coalesce(p_metadata ->> 'credits_proration', 'none');
    v_terms.on_trial := coalesce(p_metadata ->> 'credits_on_trial', '0');
    v_terms.on_free := coalesce(p_metadata ->> 'credits_on_free', '0');
    if p_metadata ->> 'credits' is null then
        return v_terms;
    elsif p_metadata ->> 'credits' !~ v_number then
        v_terms.problem := 'credits is not a whole number';
    elsif coalesce(p_metadata ->> 'credits_rollover', '0') <> 'all'
        and coalesce(p_metadata ->> 'credits_rollover', '0') !~ v_number
    then
        v_terms.problem := 'credits_rollover is neither a whole number nor all';
    elsif v_terms.on_trial <> 'full' and v_terms.on_trial !~ v_number then
        v_terms.problem := 'credits_on_trial is neither a whole number nor full';
    elsif v_terms.on_free <> 'full' and v_terms.on_free !~ v_number then
        v_terms.problem := 'credits_on_free is neither a whole number nor full';
    elsif v_terms.proration not in ('none', 'proportional', 'full') then
        v_terms.problem := 'credits_proration is not none, proportional or full';
    elsif coalesce(v_terms.expires, 'never') not in ('never', 'period')
        and v_terms.expires !~ '^P([1-9][0-9]{0,3}Y)?([1-9][0-9]{0,3}M)?([1-9][0-9]{0,3}[WD])?$'
        or v_terms.expires = 'P'
    then
        v_terms.problem := 'credits_expires is not never, period or a duration such as P12M';
    else
        v_terms.credits := nullif((p_metadata ->> 'credits')::bigint, 0);
        if p_metadata ->> 'credits_rollover' is distinct from 'all' then
            v_terms.rollover_cap := coalesce((p_metadata ->> 'credits_rollover')::bigint, 0);
        end if;
    end if;
    return v_terms;
end
$_$;

ALTER FUNCTION credits_private.parse_stripe_terms(p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: parse_text(text, jsonb, integer); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.parse_text(p_path text, p_value jsonb, p_most integer) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    if p_value is null or p_value = 'null' then
        return null;
    end if;
    perform credits_private.check_argument(
        p_path,
        jsonb_typeof(p_value) = 'string' and length(p_value #>> '{}') between 1 and p_most,
        'string of 1 to ' || p_most || ' characters'
    );
    return p_value #>> '{}';
end
$$;

ALTER FUNCTION credits_private.parse_text(p_path text, p_value jsonb, p_most integer) OWNER TO credits_owner;

--
-- Name: parse_whole_number(text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.parse_whole_number(p_path text, p_value jsonb) RETURNS bigint
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
begin
    if p_value is null or p_value = 'null' then
        return null;
    end if;
    perform credits_private.check_argument(
        p_path,
        case
            when jsonb_typeof(p_value) in ('number', 'string')
                and p_value #>> '{}' ~ '^[0-9]{1,16}$'
                then (p_value #>> '{}')::bigint <= 9007199254740991
        end,
        'whole number from 0 to 9007199254740991'
    );
    return (p_value #>> '{}')::bigint;
end
$_$;

ALTER FUNCTION credits_private.parse_whole_number(p_path text, p_value jsonb) OWNER TO credits_owner;

--
-- Name: parts_of(jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.parts_of(p_allocations jsonb) RETURNS TABLE(ordinal bigint, lot_id bigint, amount bigint)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select x.position, (x.pair ->> 0)::bigint, (x.pair ->> 1)::bigint
    from pg_catalog.jsonb_array_elements(p_allocations) with ordinality as x (pair, position)
$$;

ALTER FUNCTION credits_private.parts_of(p_allocations jsonb) OWNER TO credits_owner;

--
-- Name: pass_on(credits_private.account_state, jsonb, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.pass_on(p_state credits_private.account_state, p_returned jsonb, p_if_expired text) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_into credits_private.account_state;
    v_entry credits_private.ledger;
    v_out jsonb;
    v_in jsonb;
begin
    v_into := credits_private.lock_account(p_state.merged_into, p_create => false);
    v_into.now := p_state.now;
    if v_into.merged_into is null then
        perform credits_private.check_status(v_into, array['active', 'frozen']);
    end if;
    v_into := credits_private.catch_up(v_into);
    select jsonb_agg(jsonb_build_array(x.lot_id, -x.amount) order by x.ordinal),
        jsonb_agg(jsonb_build_array(l.moved_to_lot_id, x.amount) order by x.ordinal)
    into v_out, v_in
    from credits_private.parts_of(p_returned) as x
    join credits_private.lots l on l.account_id = p_state.account_id and l.lot_id = x.lot_id;

    v_entry.kind := 'merge';
    v_entry.other_account_id := v_into.account_id;
    v_entry.other_entry_id := v_into.entry_id + 1;
    v_entry.allocations := v_out;
    v_state := credits_private.book(p_state, v_entry);
    v_entry.other_account_id := v_state.account_id;
    v_entry.other_entry_id := v_state.entry_id;
    v_entry.allocations := v_in;
    v_into := credits_private.book(v_into, v_entry);
    if v_into.merged_into is not null then
        v_into := credits_private.pass_on(v_into, v_in, p_if_expired);
    else
        v_into := credits_private.put_back(v_into, v_in, p_if_expired);
        v_into := credits_private.settle_debt(v_into);
    end if;
    perform credits_private.finish_command(v_into);
    return v_state;
end
$$;

ALTER FUNCTION credits_private.pass_on(p_state credits_private.account_state, p_returned jsonb, p_if_expired text) OWNER TO credits_owner;

--
-- Name: pay_for_change(credits_private.account_state, credits_private.subscription_items, credits_private.payment_order, bigint, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.pay_for_change(p_state credits_private.account_state, p_item credits_private.subscription_items, p_payment credits_private.payment_order, p_due bigint, p_more bigint) RETURNS credits_private.payments
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_pending numeric := p_more::numeric * credits_private.grants_to_come(p_item);
begin
    if p_payment.object_id is null then
        return null;
    end if;
    if p_due + v_pending = 0 then
        perform credits_private.fail(
            'idempotency_conflict',
            jsonb_build_object(
                'subscription', p_item.subscription, 'item', p_item.item, 'payment',
                p_payment.object_id
            ),
            'This change grants nothing that the payment could be for; it may have been made '
            'before, without the payment.'
        );
    end if;
    return credits_private.insert_payment(p_state, p_payment, p_due + v_pending, v_pending);
end
$$;

ALTER FUNCTION credits_private.pay_for_change(p_state credits_private.account_state, p_item credits_private.subscription_items, p_payment credits_private.payment_order, p_due bigint, p_more bigint) OWNER TO credits_owner;

--
-- Name: plan_due(credits_private.account_state[], boolean); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.plan_due(p_states credits_private.account_state[], p_checks_out boolean) RETURNS credits_private.due_plan
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_plan credits_private.due_plan := credits_private.plan_lots(p_states, p_checks_out);
    v_account credits_private.due_account;
    v_place integer := 0;
    v_places integer[] := array[]::integer[];
    v_states credits_private.account_state[] := array[]::credits_private.account_state[];
    v_other credits_private.due_plan;
begin
    foreach v_account in array v_plan.accounts loop
        v_place := v_place + 1;
        if v_account.hold_id is not null then
            v_places := v_places || v_place;
            v_states := v_states || p_states[v_place];
        end if;
    end loop;
    if v_places = '{}' then
        return v_plan;
    end if;

    v_other := credits_private.plan_holds(v_states, p_checks_out);
    for v_i in 1 .. cardinality(v_places) loop
        v_plan.accounts[v_places[v_i]] := v_other.accounts[v_i];
    end loop;
    v_plan.entries := v_plan.entries || v_other.entries;
    v_plan.lots := v_plan.lots || v_other.lots;
    v_plan.holds := v_other.holds;
    return v_plan;
end
$$;

ALTER FUNCTION credits_private.plan_due(p_states credits_private.account_state[], p_checks_out boolean) OWNER TO credits_owner;

--
-- Name: plan_holds(credits_private.account_state[], boolean); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.plan_holds(p_states credits_private.account_state[], p_checks_out boolean) RETURNS credits_private.due_plan
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
    v_parts credits_private.due_part[] := credits_private.overdue_parts(p_states);
    v_actor text := credits_private.actor();
    v_plan credits_private.due_plan;
begin
    with account as materialized (
        select s.account_id, s.ordinality, s.now, s.due_limit, s.entry_id, s.balance, s.debt,
            s.open_lot_id, s.open_lot_remaining,
            greatest(s.now, s.created_at) as created_at,
            least(h.expires_at, g.next_grant_at) as later_at
        from unnest(p_states) with ordinality as s
        left join lateral (
            select y.expires_at
            from credits_private.holds y
            where y.account_id = s.account_id and y.status = 'open' and y.expires_at > s.now
            order by y.expires_at, y.hold_id
            limit 1
        ) as h on true
        cross join lateral (
            select min(i.next_grant_at) as next_grant_at
            from credits_private.subscription_items i
            where i.account_id = s.account_id
        ) as g
    ),
    -- Step 0 is the end of a lot, step 1 that of a hold: the whole of it (part 0), then its parts.
    event as (
        select a.account_id, a.ordinality, a.now, a.due_limit, a.entry_id, a.balance, a.debt,
            a.open_lot_id, a.created_at, a.later_at,
            l.expires_at as at, 0 as step, l.lot_id as id, 0::bigint as part, l.lot_id,
            case when l.lot_id = a.open_lot_id then a.open_lot_remaining else l.remaining end
                as amount,
            l.priority, l.expires_at as ends_at,
            null::jsonb as allocations, null::text as member, null::timestamptz as held_at,
            l.lot_id is not null as was_open, false as is_alone
        from account a
        left join credits_private.lots l on l.account_id = a.account_id and l.is_open
        union all
        select distinct p.account_id, null::bigint, null::timestamptz, null::bigint, null::bigint,
            null::bigint, null::bigint, null::bigint, null::timestamptz, null::timestamptz,
            p.ends_at, 0, p.lot_id, 0::bigint, p.lot_id, 0::bigint, p.priority, p.ends_at,
            null::jsonb, null::text, null::timestamptz, false, false
        from unnest(v_parts) as p
        where not p.was_open
        union all
        select p.account_id, null, null, null, null, null, null, null, null, null,
            p.deadline, 1, p.hold_id, p.ordinal, p.lot_id, p.amount, p.priority, p.ends_at,
            p.allocations, p.member, p.held_at, false, p.is_alone
        from unnest(v_parts) as p
    ),
    of_account as (
        select e.at, e.step, e.id, e.part, e.lot_id, e.amount, e.priority, e.ends_at,
            e.allocations, e.member, e.held_at, e.is_alone, e.account_id,
            max(e.ordinality) over whole as ordinality,
            max(e.due_limit) over whole as due_limit,
            max(e.entry_id) over whole as entry_id,
            max(e.balance) over whole as balance,
            max(e.debt) over whole as debt,
            max(e.open_lot_id) over whole as open_lot_id,
            max(e.created_at) over whole as created_at,
            max(e.later_at) over whole as later_at,
            max(e.id) filter (where e.is_alone) over whole as alone_id,
            least(max(e.now) over whole, min(e.at) filter (where e.is_alone) over whole) as until,
            (sum(e.amount) over in_lot)::bigint as in_lot,
            -- A lot that was used up before ends only if something has come back to it by then.
            e.part = 0 and (e.step = 1 or e.was_open or sum(e.amount) over in_lot > 0) as counts
        from event e
        window whole as (partition by e.account_id),
            in_lot as (
                partition by e.account_id, e.lot_id order by e.at, e.step, e.id, e.part
            )
    ),
    in_time as (
        select o.*,
            count(*) filter (where o.counts) over in_order as event_number,
            coalesce(
                o.at <= o.until
                and count(*) filter (where o.counts) over in_order <= o.due_limit,
                false
            ) as is_taken
        from of_account o
        where not o.is_alone
        window in_order as (partition by o.account_id order by o.at, o.step, o.id)
    ),
    of_lot as (
        select t.*,
            t.is_taken and case
                when t.step = 0 then t.in_lot > 0
                else t.part = 0 or t.ends_at <= t.at
            end as is_entry,
            case
                when t.step = 0 then -t.in_lot
                when t.part = 0 then t.amount
                else -t.amount
            end as moved,
            bool_or(t.is_taken and (t.step = 1 or t.counts)) over same_lot as is_touched,
            bool_or(t.is_taken and t.step = 0 and t.counts) over same_lot as has_ended,
            (sum(t.amount) filter (where t.step = 0 or t.is_taken and t.at < t.ends_at)
                over same_lot)::bigint as credits,
            coalesce(sum(t.amount) filter (where t.step = 1 and t.is_taken and t.at >= t.ends_at)
                over same_lot, 0)::bigint as lapsed
        from in_time t
        window same_lot as (partition by t.account_id, t.lot_id)
    ),
    numbered as (
        select o.*,
            o.step = 0 and o.lot_id is not null and not o.has_ended and o.credits > 0 as is_live,
            count(*) filter (where o.is_entry) over in_account as number,
            count(*) filter (where o.is_entry) over in_command as place,
            sum(o.moved) filter (where o.is_entry) over in_account as change
        from of_lot o
        window in_account as (partition by o.account_id order by o.at, o.step, o.id, o.part),
            in_command as (partition by o.account_id, o.at, o.step, o.id order by o.part)
    ),
    in_burn_order as (
        select n.*,
            row_number() over (
                partition by n.account_id
                order by n.is_live desc, n.priority, n.ends_at, n.lot_id
            ) as burn_place
        from numbered n
    ),
    planned as materialized (
        select b.*,
            coalesce(max(b.event_number) filter (where b.is_taken) over whole, 0) as events,
            count(*) filter (where b.is_entry) over whole as entries,
            min(b.ends_at) filter (where b.is_live) over whole as next_lot_at,
            least(
                min(b.at) filter (where b.step = 1 and not b.is_taken) over whole,
                case when b.alone_id is not null then b.until end,
                b.later_at,
                'infinity'
            ) as next_hold_at,
            max(b.lot_id) filter (where b.is_live and b.burn_place = 1 and b.debt = 0) over whole
                as first_lot_id,
            max(b.credits) filter (where b.is_live and b.burn_place = 1 and b.debt = 0) over whole
                as first_credits
        from in_burn_order b
        window whole as (partition by b.account_id)
    )
    select
        array(
            select row(
                p.account_id, p.entry_id + p.number, p.entry_id + p.number - p.place + 1,
                case when p.step = 1 and p.part = 0 then 'release' else 'expire' end,
                p.moved, p.balance + p.change, p.debt,
                case when p_checks_out and p.number = p.entries then p.first_lot_id end,
                case
                    when p_checks_out and p.number = p.entries then coalesce(p.first_credits, 0)
                    else 0
                end,
                least(p.next_lot_at, p.next_hold_at),
                coalesce(
                    p.allocations, jsonb_build_array(jsonb_build_array(p.lot_id, p.moved))
                ),
                case when p.step = 1 and p.part = 0 then p.id end,
                null, null, null, p.member, null, null, null, null, v_actor, p.created_at, p.at
            )::credits_private.ledger
            from planned p
            where p.is_entry
            order by p.ordinality, p.number
        ),
        array(
            select row(
                p.account_id, p.lot_id,
                case
                    when p.has_ended or p_checks_out and p.lot_id = p.first_lot_id then 0
                    else p.credits
                end,
                p.is_live,
                case when p.has_ended then p.credits else 0 end + p.lapsed,
                p.has_ended or p.lapsed > 0
            )::credits_private.lot_change
            from planned p
            where p.step = 0
                and case
                    when p.has_ended then true
                    when not p_checks_out then p.is_touched or p.lot_id = p.open_lot_id
                    -- What is in the open lot, and stays there, stands in the ledger.
                    when p.entries > 0 then
                        (p.is_touched or p.lot_id in (p.open_lot_id, p.first_lot_id))
                        and (p.lot_id = p.open_lot_id and p.lot_id = p.first_lot_id) is not true
                end
        ),
        array(
            select row(
                p.account_id, p.id, p.at, 0, null, p.amount, p.allocations, p.member, p.held_at,
                null, null, null, false
            )::credits_private.due_part
            from planned p
            where p.is_taken and p.step = 1 and p.part = 0
        ),
        array(
            select row(
                p.account_id, p.events, p.due_limit - p.events,
                least(p.next_lot_at, p.next_hold_at), coalesce(p.next_lot_at, 'infinity'),
                p.alone_id, false
            )::credits_private.due_account
            from planned p
            where p.burn_place = 1
            order by p.ordinality
        )
    into v_plan.entries, v_plan.lots, v_plan.holds, v_plan.accounts;
    return v_plan;
end
$$;

ALTER FUNCTION credits_private.plan_holds(p_states credits_private.account_state[], p_checks_out boolean) OWNER TO credits_owner;

--
-- Name: plan_lots(credits_private.account_state[], boolean); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.plan_lots(p_states credits_private.account_state[], p_checks_out boolean) RETURNS credits_private.due_plan
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
declare
    v_actor text := credits_private.actor();
    v_plan credits_private.due_plan;
begin
    with account as materialized (
        select s.account_id, s.ordinality, s.now, s.due_limit, s.entry_id, s.balance, s.debt,
            s.open_lot_id, s.open_lot_remaining,
            greatest(s.now, s.created_at) as created_at,
            least(h.expires_at, g.next_grant_at) as later_at,
            coalesce(p_checks_out and g.next_grant_at <= s.now, false) as has_grant,
            case
                when p_checks_out and g.next_grant_at <= s.now then null
                when h.expires_at <= s.now then h.hold_id
            end as hold_id
        from unnest(p_states) with ordinality as s
        left join lateral (
            select y.hold_id, y.expires_at
            from credits_private.holds y
            where y.account_id = s.account_id and y.status = 'open'
            order by y.expires_at, y.hold_id
            limit 1
        ) as h on true
        cross join lateral (
            select min(i.next_grant_at) as next_grant_at
            from credits_private.subscription_items i
            where i.account_id = s.account_id
        ) as g
    ),
    lot as (
        select a.*, l.lot_id, l.priority, l.expires_at,
            case when l.lot_id = a.open_lot_id then a.open_lot_remaining else l.remaining end
                as credits
        from account a
        left join credits_private.lots l on l.account_id = a.account_id and l.is_open
    ),
    in_time as (
        select l.*,
            coalesce(
                l.expires_at <= l.now
                and row_number() over earlier <= l.due_limit
                and not l.has_grant,
                false
            ) as has_ended,
            count(*) filter (where l.credits > 0) over earlier as number,
            sum(l.credits) over earlier as lost
        from lot l
        window earlier as (partition by l.account_id order by l.expires_at, l.lot_id)
    ),
    in_burn_order as (
        select t.*,
            t.has_ended and t.credits > 0 as is_entry,
            not t.has_ended and t.credits > 0 as is_live,
            row_number() over (
                partition by t.account_id
                order by not t.has_ended and t.credits > 0 desc nulls last,
                    t.priority, t.expires_at, t.lot_id
            ) as place
        from in_time t
    ),
    planned as materialized (
        select b.*,
            count(*) filter (where b.has_ended) over whole as events,
            count(*) filter (where b.is_entry) over whole as entries,
            least(
                min(b.expires_at) filter (where b.is_live) over whole, b.later_at, 'infinity'
            ) as next_event_at,
            max(b.lot_id) filter (where b.is_live and b.place = 1 and b.debt = 0) over whole
                as first_lot_id,
            max(b.credits) filter (where b.is_live and b.place = 1 and b.debt = 0) over whole
                as first_credits
        from in_burn_order b
        window whole as (partition by b.account_id)
    )
    select
        array(
            select row(
                p.account_id, p.entry_id + p.number, p.entry_id + p.number,
                'expire', -p.credits, p.balance - p.lost, p.debt,
                case when p_checks_out and p.number = p.entries then p.first_lot_id end,
                case
                    when p_checks_out and p.number = p.entries then coalesce(p.first_credits, 0)
                    else 0
                end,
                p.next_event_at, jsonb_build_array(jsonb_build_array(p.lot_id, -p.credits)), null,
                null, null, null, null, null, null, null, null, v_actor, p.created_at, p.expires_at
            )::credits_private.ledger
            from planned p
            where p.is_entry and p.hold_id is null
            order by p.ordinality, p.number
        ),
        array(
            select row(
                p.account_id, p.lot_id,
                case
                    when p.has_ended or p_checks_out and p.lot_id = p.first_lot_id then 0
                    else p.credits
                end,
                p.is_live,
                case when p.has_ended then p.credits else 0 end,
                p.has_ended
            )::credits_private.lot_change
            from planned p
            where p.hold_id is null
                and case
                    when p.has_ended then true
                    when not p_checks_out then p.lot_id = p.open_lot_id
                    -- What is in the open lot, and stays there, stands in the ledger.
                    when p.entries > 0 then
                        coalesce(p.lot_id = p.open_lot_id, false)
                            <> coalesce(p.lot_id = p.first_lot_id, false)
                end
        ),
        array(
            select row(
                p.account_id,
                case when p.hold_id is null then p.events else 0 end,
                p.due_limit - case when p.hold_id is null then p.events else 0 end,
                p.next_event_at, null, p.hold_id, p.has_grant
            )::credits_private.due_account
            from planned p
            where p.place = 1
            order by p.ordinality
        )
    into v_plan.entries, v_plan.lots, v_plan.accounts;
    v_plan.holds := '{}';
    return v_plan;
end
$$;

ALTER FUNCTION credits_private.plan_lots(p_states credits_private.account_state[], p_checks_out boolean) OWNER TO credits_owner;

--
-- Name: pools_of(text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.pools_of(p_account_id text, p_allocations jsonb) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select coalesce(pg_catalog.jsonb_object_agg(s.pool, s.amount), '{}')
    from (
        select
            case
                when x.lot_id = 0 then 'debt'
                else coalesce(
                    (
                        select l.pool
                        from credits_private.lots l
                        where l.account_id = p_account_id and l.lot_id = x.lot_id
                    ),
                    'unknown'
                )
            end as pool,
            pg_catalog.sum(x.amount)::bigint as amount
        from credits_private.parts_of(p_allocations) as x
        group by 1
    ) as s
$$;

ALTER FUNCTION credits_private.pools_of(p_account_id text, p_allocations jsonb) OWNER TO credits_owner;

--
-- Name: post_adjustment(text, text, text, bigint, bigint, text, timestamp with time zone, text, text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.post_adjustment(p_account_id text, p_reason text, p_person text, p_difference bigint, p_target bigint, p_pool text, p_expires_at timestamp with time zone, p_reference text, p_idempotency_key text, p_metadata jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_entry credits_private.ledger;
    v_receipt credits.receipt;
    v_grant credits_private.grant_order;
    v_amount bigint;
    v_taken bigint;
begin
    v_entry.kind := 'adjust';
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_strip_nulls(jsonb_build_object(
        'reason', p_reason, 'person', p_person, 'difference', p_difference, 'target', p_target,
        'pool', p_pool, 'expires_at', p_expires_at at time zone 'UTC'
    ));
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    perform credits_private.check_known(v_state);
    perform credits_private.check_status(v_state, array['active', 'frozen']);
    v_state := credits_private.catch_up(v_state);
    v_amount := coalesce(p_difference, p_target - v_state.balance);
    if v_amount < 0 then
        perform credits_private.check_affordable(v_state, 0);
        v_entry.allocations := credits_private.take_credits(
            p_account_id, -v_amount, case when p_pool is not null then array[p_pool] end
        );
        v_taken := -credits_private.sum_allocations(v_entry.allocations);
        if v_taken < -v_amount then
            perform credits_private.fail(
                'insufficient_credits',
                jsonb_build_object('required', -v_amount, 'available', v_taken)
            );
        end if;
        v_state := credits_private.book(v_state, v_entry);
    elsif v_amount = 0 then
        v_state := credits_private.book(v_state, v_entry);
    else
        if v_amount > 9007199254740991 then
            perform credits_private.fail(
                'balance_limit',
                jsonb_build_object(
                    'limit', 9007199254740991, 'balance', v_state.balance, 'debt', v_state.debt,
                    'granted', v_amount
                )
            );
        end if;
        v_grant.pool := coalesce(p_pool, 'promotional');
        v_grant.amount := v_amount;
        v_grant.expires_at := p_expires_at;
        v_state := credits_private.grant_lot(v_state, v_grant, null, false, v_entry);
        v_state := credits_private.settle_debt(v_state);
    end if;
    return credits_private.finish_command(v_state);
end
$$;

ALTER FUNCTION credits_private.post_adjustment(p_account_id text, p_reason text, p_person text, p_difference bigint, p_target bigint, p_pool text, p_expires_at timestamp with time zone, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: post_cancel(text, text, text, text, text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.post_cancel(p_account_id text, p_subscription text, p_when text, p_reference text, p_idempotency_key text, p_metadata jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_entry credits_private.ledger;
    v_receipt credits.receipt;
    v_known credits_private.subscriptions;
begin
    v_entry.kind := 'subscription';
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_build_object('subscription', p_subscription, 'cancel', p_when);
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    perform credits_private.check_known(v_state);
    perform credits_private.check_status(v_state, array['active', 'frozen']);
    v_state := credits_private.catch_up(v_state);
    v_known := credits_private.find_subscription(p_account_id, p_subscription, null);
    v_state := credits_private.book(v_state, v_entry);
    if p_when = 'never' then
        perform credits_private.check_goes_on(v_state, v_known);
        update credits_private.subscriptions s
        set canceled_at = null, cancel_at_period_end = false
        where s.account_id = p_account_id and s.subscription = p_subscription;
        v_state := credits_private.end_lots_with_grace(v_state, p_subscription);
    elsif credits_private.subscription_end(v_known) > v_state.now then
        update credits_private.subscriptions s
        set canceled_at = case
                when p_when = 'period_end' then coalesce(s.canceled_at, v_state.now)
                else v_state.now
            end,
            cancel_at_period_end = p_when = 'period_end'
        where s.account_id = p_account_id and s.subscription = p_subscription;
        v_state := credits_private.end_lots_early(v_state, p_subscription, p_when);
    end if;
    v_state := credits_private.schedule_grants(v_state, p_subscription);
    v_state := credits_private.note_subscription(v_state, p_subscription);
    return credits_private.finish_command(v_state);
end
$$;

ALTER FUNCTION credits_private.post_cancel(p_account_id text, p_subscription text, p_when text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: post_capture(text, bigint, bigint, boolean, text, text, text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.post_capture(p_account_id text, p_hold_id bigint, p_amount bigint, p_final boolean, p_if_short text, p_reference text, p_idempotency_key text, p_metadata jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_entry credits_private.ledger;
    v_release credits_private.ledger;
    v_receipt credits.receipt;
    v_refusal jsonb;
    v_hold credits_private.holds;
    v_taken jsonb;
    v_held_at timestamptz;
    v_held bigint;
    v_part bigint;
    v_over bigint;
begin
    v_entry.kind := 'capture';
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_strip_nulls(jsonb_build_object(
        'hold_id', p_hold_id, 'amount', p_amount, 'final', p_final, 'if_short', p_if_short
    ));
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    select l.feature, l.member, coalesce(p_reference, l.reference), l.occurred_at
    into v_entry.feature, v_entry.member, v_entry.reference, v_held_at
    from credits_private.ledger l
    where l.account_id = p_account_id and l.entry_id = p_hold_id and l.kind = 'hold';
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    v_hold := credits_private.find_hold(v_state, p_hold_id);
    perform credits_private.check_status(v_state, array['active', 'frozen']);
    v_held := v_hold.amount - v_hold.captured;
    v_part := least(coalesce(p_amount, v_held), v_held);
    v_over := coalesce(p_amount, v_held) - v_part;
    v_state := credits_private.catch_up(v_state);
    if v_over > 0 then
        v_refusal := credits_private.spend_refusal(v_state, v_over, v_entry.member);
        if p_if_short = 'partial' and v_part > 0 and v_refusal is not null then
            v_over := 0;
        else
            perform credits_private.raise_refusal(v_refusal);
        end if;
    end if;
    perform credits_private.check_argument(
        'p_amount', v_part + v_over > 0,
        'how much to capture: the hold holds nothing any more'
    );

    v_taken := credits_private.hold_allocations(p_account_id, p_hold_id);
    if v_held > 0 then
        v_release.kind := 'release';
        v_release.about_entry_id := p_hold_id;
        v_release.member := v_entry.member;
        v_release.allocations := credits_private.reverse_allocations(
            v_taken,
            case when p_final then 0 else v_held - v_part end,
            case when p_final then v_held else v_part end
        );
        v_state := credits_private.book(v_state, v_release);
        v_state.command_id := null;
    end if;
    v_entry.about_entry_id := p_hold_id;
    v_entry.allocations := credits_private.slice_allocations(v_taken, v_hold.captured, v_part)
        || credits_private.take_credits(p_account_id, v_over);
    v_state := credits_private.book(v_state, v_entry);
    perform credits_private.count_use(p_account_id, v_entry.member, v_state.now, v_over);

    update credits_private.holds h
    set captured = h.captured + v_part, status = case when p_final then 'captured' else 'open' end
    where h.account_id = p_account_id and h.hold_id = p_hold_id;
    if p_final then
        perform credits_private.count_use(
            p_account_id, v_entry.member, v_held_at, v_part - v_held
        );
        v_state := credits_private.put_back(
            v_state,
            credits_private.reverse_allocations(v_taken, 0, v_held - v_part),
            'lapse'
        );
        v_state := credits_private.settle_debt(v_state);
    end if;
    return credits_private.finish_command(v_state);
end
$$;

ALTER FUNCTION credits_private.post_capture(p_account_id text, p_hold_id bigint, p_amount bigint, p_final boolean, p_if_short text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: post_change(text, text, text, bigint, text, text, text, credits_private.payment_order, text, text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.post_change(p_account_id text, p_subscription text, p_item text, p_amount bigint, p_policy text, p_when text, p_plan text, p_payment credits_private.payment_order, p_reference text, p_idempotency_key text, p_metadata jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_entry credits_private.ledger;
    v_receipt credits.receipt;
    v_item credits_private.subscription_items;
    v_payment credits_private.payments;
    v_due bigint;
    v_more bigint;
begin
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_strip_nulls(jsonb_build_object(
        'subscription', p_subscription, 'item', p_item, 'amount', p_amount, 'policy', p_policy,
        'when', p_when, 'plan', p_plan, 'payment', p_payment.object_id,
        'provider', p_payment.provider, 'amount_paid', p_payment.amount_paid,
        'currency', p_payment.currency
    ));
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null and v_state.merged_into is not null then
        return v_receipt;
    elsif v_receipt.entry_id is not null and p_payment.object_id is not null then
        perform credits_private.insert_refs(p_account_id, v_receipt.command_id, p_payment);
    elsif p_payment.object_id is not null then
        v_receipt := credits_private.find_paid(p_account_id, v_entry.request, p_payment);
    end if;
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    perform credits_private.check_known(v_state);
    perform credits_private.check_status(v_state, array['active', 'frozen']);
    v_state := credits_private.catch_up(v_state);
    perform credits_private.check_goes_on(
        v_state, credits_private.find_subscription(p_account_id, p_subscription, p_item)
    );
    select i.* into v_item
    from credits_private.subscription_items i
    where i.account_id = p_account_id and i.subscription = p_subscription and i.item = p_item;

    if p_when = 'period_end' then
        v_item.next_amount := p_amount;
        v_item.next_plan := p_plan;
        v_due := 0;
    else
        v_due := credits_private.upgrade_due(v_state, v_item, p_amount, p_policy, p_plan);
        v_more := greatest(p_amount - v_item.amount, 0);
        v_payment := credits_private.pay_for_change(v_state, v_item, p_payment, v_due, v_more);
        v_item := credits_private.change_item(v_item, p_amount, p_plan, v_payment);
    end if;
    update credits_private.subscription_items i
    set amount = v_item.amount, plan = v_item.plan, parts = v_item.parts,
        next_amount = v_item.next_amount, next_plan = v_item.next_plan
    where i.account_id = p_account_id and i.subscription = p_subscription and i.item = p_item;

    if v_due > 0 then
        v_entry.kind := 'grant';
        v_state := credits_private.grant_upgrade(v_state, v_item, v_due, v_payment, v_entry);
    else
        v_entry.kind := 'subscription';
        v_state := credits_private.book(v_state, v_entry);
    end if;
    if v_payment.amount_returned > 0 then
        v_state := credits_private.move_target(
            v_state,
            v_payment,
            credits_private.share_of(
                v_payment.granted, v_payment.amount_paid, v_payment.amount_returned
            ),
            null
        );
    end if;
    v_state := credits_private.settle_debt(v_state);
    v_state := credits_private.note_subscription(v_state, p_subscription);
    return credits_private.finish_command(v_state);
end
$$;

ALTER FUNCTION credits_private.post_change(p_account_id text, p_subscription text, p_item text, p_amount bigint, p_policy text, p_when text, p_plan text, p_payment credits_private.payment_order, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: post_clawback(text, credits_private.payment_order, bigint, text, text, jsonb, text[]); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.post_clawback(p_account_id text, p_name credits_private.payment_order, p_target bigint, p_reference text, p_idempotency_key text, p_metadata jsonb, p_formerly text[] DEFAULT '{}'::text[]) RETURNS credits.receipt
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_entry credits_private.ledger;
    v_receipt credits.receipt;
    v_payment credits_private.payments;
    v_target bigint;
    v_account_id text;
begin
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_strip_nulls(jsonb_build_object(
        'provider', p_name.provider,
        'provider_account', nullif(p_name.provider_account, ''),
        'payment', p_name.object_id,
        'target', p_target,
        'amount_returned', p_name.amount_returned
    ));
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    foreach v_account_id in array p_formerly || p_account_id loop
        v_receipt := credits_private.find_replay(v_account_id, p_idempotency_key, v_entry);
        if v_receipt.entry_id is not null then
            return v_receipt;
        end if;
    end loop;

    v_payment := credits_private.find_payment(p_account_id, p_name);
    if p_name.amount_returned is not null then
        perform credits_private.check_argument(
            'p_amount_returned', v_payment.amount_paid is not null,
            'null for a payment recorded without its amount; give p_target'
        );
        update credits_private.payments p
        set amount_returned = p_name.amount_returned
        where p.account_id = p_account_id and p.payment_id = v_payment.payment_id;
    end if;
    v_target := coalesce(
        p_target,
        credits_private.share_of(
            v_payment.granted, v_payment.amount_paid, p_name.amount_returned
        ),
        v_payment.granted
    );
    perform credits_private.check_argument(
        'p_target', v_target between 0 and v_payment.granted,
        'null or 0 to the ' || v_payment.granted || ' credits that the payment granted'
    );

    update credits_private.payments p
    set demanded = v_target
    where p.account_id = p_account_id and p.payment_id = v_payment.payment_id;
    v_state := credits_private.catch_up(v_state);
    v_state := credits_private.move_target(v_state, v_payment, v_target, v_entry);
    -- Where the setting refund_grace is zero, what was restored may be over already.
    v_state := credits_private.book_due(
        v_state, v_state.now, p_limit => null, p_on_their_own => false
    );
    v_state := credits_private.settle_debt(v_state);
    if v_state.status = 'closed' then
        v_state := credits_private.forfeit_lots(v_state);
    end if;
    return credits_private.finish_command(v_state);
end
$$;

ALTER FUNCTION credits_private.post_clawback(p_account_id text, p_name credits_private.payment_order, p_target bigint, p_reference text, p_idempotency_key text, p_metadata jsonb, p_formerly text[]) OWNER TO credits_owner;

--
-- Name: post_close(text, text, text, text, text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.post_close(p_account_id text, p_reason text, p_if_credits text, p_reference text, p_idempotency_key text, p_metadata jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_entry credits_private.ledger;
    v_receipt credits.receipt;
    v_held bigint;
    r_hold credits_private.holds;
begin
    v_entry.kind := 'close';
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_build_object('reason', p_reason, 'if_credits', p_if_credits);
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    perform credits_private.check_known(v_state);
    perform credits_private.check_status(v_state, array['active', 'frozen']);
    v_state := credits_private.catch_up(v_state);
    v_held := credits_private.held_by(p_account_id);
    if p_if_credits = 'refuse' and (v_state.balance + v_state.debt > 0 or v_held > 0) then
        perform credits_private.fail(
            'account_not_empty',
            jsonb_build_object(
                'account_id', p_account_id, 'balance', v_state.balance, 'held', v_held,
                'debt', v_state.debt
            )
        );
    end if;

    v_state := credits_private.book(v_state, v_entry);
    for r_hold in
        select h.*
        from credits_private.holds h
        where h.account_id = p_account_id and h.status = 'open'
        order by h.hold_id
    loop
        v_state := credits_private.end_hold(v_state, r_hold, 'released', null);
    end loop;
    v_state := credits_private.forfeit_lots(v_state);
    update credits_private.subscription_items i
    set next_grant_at = null
    where i.account_id = p_account_id and i.next_grant_at is not null;
    update credits_private.accounts a
    set status = 'closed'
    where a.account_id = p_account_id;
    return credits_private.finish_command(v_state);
end
$$;

ALTER FUNCTION credits_private.post_close(p_account_id text, p_reason text, p_if_credits text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: post_due_grants(text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.post_due_grants(p_account_id text) RETURNS credits.grant_run
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_run credits.grant_run;
    v_before bigint;
    v_amount bigint;
begin
    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_run.accounts := 0;
    v_run.grants := 0;
    v_run.credits := 0;
    select i.amount into v_amount
    from credits_private.subscription_items i
    where i.account_id = p_account_id and i.next_grant_at <= v_state.now
    order by i.next_grant_at, i.subscription, i.item
    limit 1;
    if v_state.status in ('active', 'frozen')
        and v_state.balance + v_state.debt + credits_private.held_by(p_account_id) + v_amount
            <= 9007199254740991
    then
        v_before := v_state.entry_id;
        v_state := credits_private.catch_up(v_state);
        v_state.command_id := v_state.entry_id;
        perform credits_private.finish_command(v_state);
        select count(*), coalesce(sum(l.amount), 0) into v_run.grants, v_run.credits
        from credits_private.ledger l
        where l.account_id = p_account_id and l.entry_id > v_before and l.kind = 'grant';
        v_run.accounts := 1;
    end if;
    return v_run;
end
$$;

ALTER FUNCTION credits_private.post_due_grants(p_account_id text) OWNER TO credits_owner;

--
-- Name: post_end_subscription(text, text, text, text, text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.post_end_subscription(p_account_id text, p_subscription text, p_reason text, p_reference text, p_idempotency_key text, p_metadata jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_entry credits_private.ledger;
    v_receipt credits.receipt;
    r_lot record;
begin
    v_entry.kind := 'expire';
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_strip_nulls(
        jsonb_build_object('subscription', p_subscription, 'reason', p_reason)
    );
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    perform credits_private.check_known(v_state);
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    perform credits_private.check_status(v_state, array['active', 'frozen', 'closed']);
    v_state := credits_private.catch_up(v_state);
    v_entry.allocations := '[]';
    for r_lot in
        select l.lot_id, l.remaining
        from credits_private.lots l
        where l.account_id = p_account_id
            and l.is_open
            and (
                l.subscription = p_subscription
                or p_subscription is null
                and (
                    l.subscription is not null
                    or l.pool = 'subscription' and l.from_account_id is null
                )
            )
        order by l.priority, l.expires_at, l.lot_id
    loop
        perform credits_private.end_lot(p_account_id, r_lot.lot_id, v_state.now);
        v_entry.allocations := v_entry.allocations
            || credits_private.allocation(r_lot.lot_id, -r_lot.remaining);
    end loop;
    -- Lots that are used up end too: what a hold gives back to them lapses with the rest.
    update credits_private.lots l
    set expires_at = v_state.now
    where l.account_id = p_account_id
        and not l.is_open
        and l.expires_at > v_state.now
        and (
            l.subscription = p_subscription
            or p_subscription is null
            and (
                l.subscription is not null
                or l.pool = 'subscription' and l.from_account_id is null
            )
        );
    v_state := credits_private.book(v_state, v_entry);
    return credits_private.finish_command(v_state);
end
$$;

ALTER FUNCTION credits_private.post_end_subscription(p_account_id text, p_subscription text, p_reason text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: post_erasure(text, text, text, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.post_erasure(p_account_id text, p_reason text, p_reference text, p_idempotency_key text) RETURNS credits.receipt
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_entry credits_private.ledger;
    v_receipt credits.receipt;
begin
    v_entry.kind := 'erase';
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_build_object('reason', p_reason);

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    perform credits_private.check_known(v_state);
    v_state := credits_private.catch_up(v_state);
    v_state := credits_private.book(v_state, v_entry);
    update credits_private.ledger l
    set metadata = null
    where l.account_id = p_account_id and l.metadata is not null;
    update credits_private.accounts a
    set metadata = null
    where a.account_id = p_account_id;
    return credits_private.finish_command(v_state);
end
$$;

ALTER FUNCTION credits_private.post_erasure(p_account_id text, p_reason text, p_reference text, p_idempotency_key text) OWNER TO credits_owner;

--
-- Name: post_extension(text, bigint, interval, text, text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.post_extension(p_account_id text, p_hold_id bigint, p_expires_in interval, p_reference text, p_idempotency_key text, p_metadata jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_entry credits_private.ledger;
    v_receipt credits.receipt;
begin
    v_entry.kind := 'extend';
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_build_object('hold_id', p_hold_id)
        || coalesce(credits_private.describe_hold_time(p_expires_in), '{}');
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    select l.member into v_entry.member
    from credits_private.ledger l
    where l.account_id = p_account_id and l.entry_id = p_hold_id and l.kind = 'hold';
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    perform credits_private.find_hold(v_state, p_hold_id);
    perform credits_private.check_status(v_state, array['active']);
    v_state := credits_private.catch_up(v_state);
    perform credits_private.check_affordable(v_state, 0);
    update credits_private.holds h
    set expires_at = greatest(
        h.expires_at,
        v_state.now + coalesce(
            credits_private.exact_interval(p_expires_in),
            credits_private.setting_interval('hold_time')
        )
    )
    where h.account_id = p_account_id and h.hold_id = p_hold_id;
    v_entry.about_entry_id := p_hold_id;
    v_state := credits_private.book(v_state, v_entry);
    return credits_private.finish_command(v_state);
end
$$;

ALTER FUNCTION credits_private.post_extension(p_account_id text, p_hold_id bigint, p_expires_in interval, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: post_grants(text, credits_private.grant_order[], credits_private.payment_order, boolean, text, text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.post_grants(p_account_id text, p_grants credits_private.grant_order[], p_payment credits_private.payment_order, p_late boolean, p_reference text, p_idempotency_key text, p_metadata jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_entry credits_private.ledger;
    v_receipt credits.receipt;
    v_grant credits_private.grant_order;
    v_payment credits_private.payments;
    v_granted numeric := 0;
    v_pending numeric := 0;
    v_to_come bigint;
begin
    v_entry.kind := 'grant';
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := credits_private.describe_grants(p_grants, p_payment);
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => true);
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null and v_state.merged_into is not null then
        return v_receipt;
    elsif v_receipt.entry_id is not null and p_payment.object_id is not null then
        -- A repeated signal may know further ids of the payment.
        perform credits_private.insert_refs(p_account_id, v_receipt.command_id, p_payment);
    elsif p_payment.object_id is not null then
        v_receipt := credits_private.find_paid(p_account_id, v_entry.request, p_payment);
    end if;
    if v_receipt.entry_id is null then
        v_receipt := credits_private.find_period(p_account_id, p_grants, p_payment);
    end if;
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    perform credits_private.check_status(v_state, array['active', 'frozen']);
    v_state := credits_private.catch_up(v_state);
    foreach v_grant in array p_grants loop
        v_to_come := 0;
        if v_grant.grant_months is not null then
            v_to_come := credits_private.grants_to_come(
                credits_private.item_of(p_account_id, v_grant, null)
            );
        end if;
        v_pending := v_pending + v_grant.amount::numeric * v_to_come;
        v_granted := v_granted + v_grant.amount::numeric * (1 + v_to_come);
        if v_grant.item is not null then
            v_state := credits_private.finish_schedule(v_state, v_grant);
        end if;
    end loop;
    if p_payment.object_id is not null then
        v_payment := credits_private.insert_payment(v_state, p_payment, v_granted, v_pending);
    end if;
    foreach v_grant in array p_grants loop
        v_state := credits_private.grant_lot(v_state, v_grant, v_payment, p_late, v_entry);
        v_entry := null;
        v_entry.kind := 'grant';
        v_entry.reference := p_reference;
    end loop;
    if v_payment.amount_returned > 0 then
        v_state := credits_private.move_target(
            v_state,
            v_payment,
            credits_private.share_of(
                v_payment.granted, v_payment.amount_paid, v_payment.amount_returned
            ),
            null
        );
    end if;
    v_state := credits_private.book_schedule(v_state, p_on_their_own => false);
    v_state := credits_private.book_due(
        v_state, v_state.now, p_limit => null, p_on_their_own => false
    );
    v_state := credits_private.settle_debt(v_state);
    foreach v_grant in array p_grants loop
        if v_grant.item is not null then
            v_state := credits_private.note_subscription(v_state, v_grant.subscription);
        end if;
    end loop;
    return credits_private.finish_command(v_state);
end
$$;

ALTER FUNCTION credits_private.post_grants(p_account_id text, p_grants credits_private.grant_order[], p_payment credits_private.payment_order, p_late boolean, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: post_hold(text, bigint, interval, text, text, text, text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.post_hold(p_account_id text, p_amount bigint, p_expires_in interval, p_feature text, p_member text, p_reference text, p_idempotency_key text, p_metadata jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_entry credits_private.ledger;
    v_receipt credits.receipt;
    v_expires_at timestamptz;
begin
    v_entry.kind := 'hold';
    v_entry.amount := -p_amount;
    v_entry.feature := p_feature;
    v_entry.member := p_member;
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := credits_private.describe_hold_time(p_expires_in);
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    v_state := credits_private.admit_spend(v_state, p_amount, p_member);
    v_entry.allocations := credits_private.take_credits(p_account_id, p_amount);
    v_state := credits_private.book(v_state, v_entry);
    v_expires_at := v_state.now + coalesce(
        credits_private.exact_interval(p_expires_in), credits_private.setting_interval('hold_time')
    );
    v_state.next_event_at := least(v_state.next_event_at, v_expires_at);
    insert into credits_private.holds (account_id, hold_id, amount, expires_at)
    values (p_account_id, v_state.entry_id, p_amount, v_expires_at)
    on conflict do nothing;
    perform credits_private.check_inserted(found, p_account_id, v_state.entry_id);
    return credits_private.finish_command(v_state);
end
$$;

ALTER FUNCTION credits_private.post_hold(p_account_id text, p_amount bigint, p_expires_in interval, p_feature text, p_member text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: post_member_cap(text, text, text, bigint, text, text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.post_member_cap(p_account_id text, p_member text, p_period text, p_cap bigint, p_reference text, p_idempotency_key text, p_metadata jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_entry credits_private.ledger;
    v_receipt credits.receipt;
    v_had_any boolean;
    v_had_this boolean;
begin
    v_entry.kind := 'cap';
    v_entry.member := p_member;
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_build_object('period', p_period, 'cap', p_cap);
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    perform credits_private.check_known(v_state);
    perform credits_private.check_status(v_state, array['active', 'frozen']);
    v_state := credits_private.catch_up(v_state);
    v_state := credits_private.book(v_state, v_entry);
    select count(*) > 0, coalesce(bool_or(k.period = p_period), false)
    into v_had_any, v_had_this
    from credits_private.member_caps k
    where k.account_id = p_account_id and k.member = p_member;
    if p_cap is null then
        delete from credits_private.member_caps k
        where k.account_id = p_account_id and k.member = p_member and k.period = p_period;
    else
        insert into credits_private.member_caps as k (account_id, member, period, cap)
        values (p_account_id, p_member, p_period, p_cap)
        on conflict (account_id, member, period) do update set cap = excluded.cap;
    end if;
    if p_period <> 'lifetime' and v_had_this <> (p_cap is not null) then
        perform credits_private.recount(v_state, p_period, p_member);
    end if;
    if v_had_any <> exists (
        select
        from credits_private.member_caps k
        where k.account_id = p_account_id and k.member = p_member
    ) then
        perform credits_private.recount(v_state, 'lifetime', p_member);
    end if;
    return credits_private.finish_command(v_state);
end
$$;

ALTER FUNCTION credits_private.post_member_cap(p_account_id text, p_member text, p_period text, p_cap bigint, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: post_merge(text, text, text, text, text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.post_merge(p_account_id text, p_into_account_id text, p_if_holds text, p_reference text, p_idempotency_key text, p_metadata jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_states credits_private.account_state[];
    v_from credits_private.account_state;
    v_into credits_private.account_state;
    v_entry credits_private.ledger;
    v_receipt credits.receipt;
    v_subscriptions text[];
    v_subscription text;
    r_hold credits_private.holds;
begin
    v_entry.kind := 'merge';
    v_entry.other_account_id := p_into_account_id;
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_build_object(
        'into_account_id', p_into_account_id, 'if_holds', p_if_holds
    );
    v_entry.metadata := p_metadata;

    v_states := credits_private.lock_pair(p_account_id, p_into_account_id, p_create => true);
    v_from := v_states[1];
    v_into := v_states[2];
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    perform credits_private.check_status(v_from, array['active']);
    perform credits_private.check_status(v_into, array['active', 'frozen']);
    v_from := credits_private.catch_up(v_from);
    v_into := credits_private.catch_up(v_into);
    for r_hold in
        select h.*
        from credits_private.holds h
        where h.account_id = p_account_id and h.status = 'open'
        order by h.hold_id
    loop
        if p_if_holds = 'refuse' then
            perform credits_private.fail(
                'holds_open',
                jsonb_build_object(
                    'account_id', p_account_id, 'held', credits_private.held_by(p_account_id)
                )
            );
        end if;
        v_from := credits_private.end_hold(v_from, r_hold, 'released', null);
        v_from.command_id := null;
    end loop;

    select coalesce(
        jsonb_agg(
            jsonb_build_array(l.lot_id, -l.remaining) order by l.priority, l.expires_at, l.lot_id
        ),
        '[]'
    )
    into v_entry.allocations
    from credits_private.lots l
    where l.account_id = p_account_id and l.is_open;
    if v_from.debt > 0 then
        v_entry.allocations := v_entry.allocations || credits_private.allocation(0, v_from.debt);
    end if;
    v_entry.other_entry_id := v_into.entry_id + 1;
    v_from := credits_private.book(v_from, v_entry);
    v_from.next_event_at := 'infinity';

    v_entry := null;
    v_entry.kind := 'merge';
    v_entry.other_account_id := p_account_id;
    v_entry.other_entry_id := v_from.entry_id;
    v_entry.reference := p_reference;
    v_into := credits_private.book(v_into, v_entry);
    v_into := credits_private.move_payments(v_into, p_account_id, v_from.entry_id);
    v_into := credits_private.move_lots(v_into, p_account_id, v_from.entry_id);
    select coalesce(array_agg(s.subscription order by s.subscription), '{}') into v_subscriptions
    from credits_private.subscriptions s
    where s.account_id = p_account_id;
    v_into := credits_private.move_subscriptions(v_into, p_account_id);
    foreach v_subscription in array v_subscriptions loop
        v_from := credits_private.note_subscription(v_from, v_subscription);
    end loop;
    v_into := credits_private.settle_debt(v_into);
    update credits_private.accounts a
    set status = 'closed', merged_into = p_into_account_id
    where a.account_id = p_account_id;
    perform credits_private.finish_command(v_into);
    return credits_private.finish_command(v_from);
end
$$;

ALTER FUNCTION credits_private.post_merge(p_account_id text, p_into_account_id text, p_if_holds text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: post_open(text, text, text, text, text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.post_open(p_account_id text, p_kind text, p_time_zone text, p_reference text, p_idempotency_key text, p_metadata jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_entry credits_private.ledger;
    v_receipt credits.receipt;
    v_account credits_private.accounts;
    v_period text;
begin
    v_entry.kind := 'open';
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_build_object('kind', p_kind, 'time_zone', p_time_zone);
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => true);
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    select a.* into v_account from credits_private.accounts a where a.account_id = p_account_id;
    if v_account.open_entry_id is not null then
        if (v_account.kind, v_account.time_zone) is distinct from (p_kind, p_time_zone) then
            perform credits_private.fail(
                'invalid_state',
                jsonb_build_object(
                    'account_id', p_account_id, 'kind', v_account.kind, 'time_zone',
                    v_account.time_zone
                ),
                'The account is open already, with the kind and time zone that DETAIL shows.'
            );
        end if;
        return credits_private.receipt_of(p_account_id, v_account.open_entry_id);
    end if;

    perform credits_private.check_status(v_state, array['active', 'frozen']);
    v_state := credits_private.catch_up(v_state);
    v_state := credits_private.book(v_state, v_entry);
    update credits_private.accounts a
    set kind = p_kind, time_zone = p_time_zone, metadata = p_metadata,
        open_entry_id = v_state.entry_id
    where a.account_id = p_account_id;
    if v_account.time_zone <> p_time_zone then
        foreach v_period in array array['hour', 'day', 'week', 'month'] loop
            perform credits_private.recount(v_state, v_period);
        end loop;
    end if;
    return credits_private.finish_command(v_state);
end
$$;

ALTER FUNCTION credits_private.post_open(p_account_id text, p_kind text, p_time_zone text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: post_overdue(text, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.post_overdue(p_account_id text, p_limit bigint) RETURNS credits.sweep
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_sweep credits.sweep;
    v_before bigint;
    v_has_grant boolean;
    v_is_over boolean;
begin
    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_before := v_state.entry_id;
    v_has_grant := exists (
        select
        from credits_private.subscription_items i
        where i.account_id = p_account_id and i.next_grant_at <= v_state.now
    );
    v_is_over := exists (
        select
        from credits_private.lots l
        where l.account_id = p_account_id
            and l.is_open
            and l.expires_at <= v_state.now
            and (
                l.remaining > 0
                or l.lot_id = v_state.open_lot_id and v_state.open_lot_remaining > 0
            )
    ) or exists (
        select
        from credits_private.holds h
        where h.account_id = p_account_id and h.status = 'open' and h.expires_at <= v_state.now
    );
    if not v_is_over then
        update credits_private.lots l
        set is_open = false
        where l.account_id = p_account_id and l.is_open and l.expires_at <= v_state.now;
        get diagnostics v_sweep.lots = row_count;
        v_sweep.holds := 0;
        v_sweep.credits := 0;
        return v_sweep;
    end if;

    if v_has_grant then
        v_state := credits_private.catch_up(v_state);
    else
        v_state := credits_private.book_due(
            v_state, v_state.now, p_limit, p_on_their_own => true
        );
    end if;
    v_state.command_id := v_state.entry_id;
    perform credits_private.finish_command(v_state);

    select count(*) filter (where l.kind = 'release'),
        coalesce(-sum(l.amount) filter (where l.kind = 'expire'), 0)
    into v_sweep.holds, v_sweep.credits
    from credits_private.ledger l
    where l.account_id = p_account_id and l.entry_id > v_before;
    select count(distinct x.lot_id) into v_sweep.lots
    from credits_private.ledger l
    cross join lateral credits_private.parts_of(l.allocations) as x
    where l.account_id = p_account_id and l.entry_id > v_before and l.kind = 'expire';
    return v_sweep;
end
$$;

ALTER FUNCTION credits_private.post_overdue(p_account_id text, p_limit bigint) OWNER TO credits_owner;

--
-- Name: post_refund(text, bigint, text, bigint, text, text, text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.post_refund(p_account_id text, p_entry_id bigint, p_spend_key text, p_amount bigint, p_if_expired text, p_reference text, p_idempotency_key text, p_metadata jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_entry credits_private.ledger;
    v_receipt credits.receipt;
    v_spend credits_private.ledger;
    v_refunded bigint;
    v_amount bigint;
begin
    v_entry.kind := 'refund';
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_strip_nulls(jsonb_build_object(
        'entry_id', p_entry_id, 'spend_key', p_spend_key, 'amount', p_amount, 'if_expired',
        p_if_expired
    ));
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_spend.entry_id := p_entry_id;
    if p_entry_id is null then
        select l.entry_id into v_spend.entry_id
        from credits_private.ledger l
        where l.account_id = p_account_id and l.idempotency_key = p_spend_key;
    end if;
    select l.* into v_spend
    from credits_private.ledger l
    where l.account_id = p_account_id and l.entry_id = v_spend.entry_id
        and l.kind in ('spend', 'capture');
    v_entry.member := v_spend.member;
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    if v_spend.entry_id is null then
        perform credits_private.fail(
            'entry_not_found',
            jsonb_build_object(
                'account_id', p_account_id, 'entry_id', p_entry_id, 'spend_key', p_spend_key
            ),
            'Name a spend or capture of this account by p_entry_id or p_spend_key.'
        );
    end if;
    select coalesce(sum(l.amount), 0) into v_refunded
    from credits_private.ledger l
    where l.account_id = p_account_id
        and l.about_entry_id = v_spend.entry_id
        and l.allocations is not null;
    v_amount := coalesce(p_amount, -v_spend.amount - v_refunded);
    if v_amount > -v_spend.amount - v_refunded or v_amount = 0 then
        perform credits_private.fail(
            'refund_exceeds_spend',
            jsonb_build_object(
                'entry_id', v_spend.entry_id, 'spent', -v_spend.amount, 'refunded', v_refunded,
                'refundable', -v_spend.amount - v_refunded
            )
        );
    end if;

    if v_state.merged_into is null then
        perform credits_private.check_status(v_state, array['active', 'frozen']);
    end if;
    v_state := credits_private.catch_up(v_state);
    v_entry.about_entry_id := v_spend.entry_id;
    v_entry.allocations := credits_private.reverse_allocations(
        credits_private.allocations_of(v_spend), v_refunded, v_amount
    );
    v_state := credits_private.book(v_state, v_entry);
    perform credits_private.count_return(v_spend, v_refunded, v_amount);
    if v_state.merged_into is not null then
        v_state := credits_private.pass_on(v_state, v_entry.allocations, p_if_expired);
    else
        v_state := credits_private.put_back(v_state, v_entry.allocations, p_if_expired);
        v_state := credits_private.settle_debt(v_state);
    end if;
    return credits_private.finish_command(v_state);
end
$$;

ALTER FUNCTION credits_private.post_refund(p_account_id text, p_entry_id bigint, p_spend_key text, p_amount bigint, p_if_expired text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: post_release(text, bigint, text, text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.post_release(p_account_id text, p_hold_id bigint, p_reference text, p_idempotency_key text, p_metadata jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_entry credits_private.ledger;
    v_receipt credits.receipt;
    v_hold credits_private.holds;
begin
    v_entry.kind := 'release';
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_build_object('hold_id', p_hold_id);
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    select l.member into v_entry.member
    from credits_private.ledger l
    where l.account_id = p_account_id and l.entry_id = p_hold_id and l.kind = 'hold';
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    v_hold := credits_private.find_hold(v_state, p_hold_id);
    v_state := credits_private.catch_up(v_state);
    v_state := credits_private.end_hold(v_state, v_hold, 'released', v_entry);
    return credits_private.finish_command(v_state);
end
$$;

ALTER FUNCTION credits_private.post_release(p_account_id text, p_hold_id bigint, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: post_repair(text, text, text, text, text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.post_repair(p_account_id text, p_reason text, p_person text, p_reference text, p_idempotency_key text, p_metadata jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_entry credits_private.ledger;
    v_receipt credits.receipt;
    v_rebuilt credits_private.rebuilt;
    v_repaired jsonb;
    v_lot_ids bigint[] := '{}'::bigint[];
    v_hold_ids bigint[] := '{}'::bigint[];
    r_wrong credits.difference;
begin
    v_entry.kind := 'repair';
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_build_object('reason', p_reason, 'person', p_person);
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    -- What was repaired then is not part of what a replay has to ask.
    select jsonb_build_object('repaired', l.request -> 'repaired') into v_repaired
    from credits_private.ledger l
    where l.account_id = p_account_id
        and l.idempotency_key = p_idempotency_key
        and l.kind = 'repair';
    v_entry.request := v_entry.request || coalesce(v_repaired, '{}');
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    perform credits_private.check_known(v_state);
    v_rebuilt := credits_private.rebuild_entries(p_account_id);
    v_repaired := '[]'::jsonb;
    for r_wrong in
        select d.* from credits_private.differences(p_account_id, v_rebuilt) as d
    loop
        if not r_wrong.is_repairable then
            perform credits_private.fail(
                'not_repairable',
                jsonb_build_object(
                    'account_id', p_account_id, 'part', r_wrong.part, 'number', r_wrong.number,
                    'field', r_wrong.field, 'stored', r_wrong.stored, 'rebuilt', r_wrong.rebuilt
                )
            );
        end if;
        v_repaired := v_repaired || (to_jsonb(r_wrong) - '{account_id,is_repairable}'::text[]);
        if r_wrong.part = 'lot' then
            v_lot_ids := v_lot_ids || r_wrong.number;
        elsif r_wrong.part = 'hold' then
            v_hold_ids := v_hold_ids || r_wrong.number;
        end if;
    end loop;
    v_entry.request := v_entry.request || jsonb_build_object('repaired', v_repaired);
    perform credits_private.repair_lots(p_account_id, v_lot_ids, v_rebuilt);
    perform credits_private.repair_holds(p_account_id, v_hold_ids, v_rebuilt);

    -- The date in the newest entry may be too late: everything is asked anew.
    v_state.next_event_at := '-infinity';
    v_state := credits_private.catch_up(v_state);
    v_state := credits_private.book(v_state, v_entry);
    v_state := credits_private.settle_debt(v_state);
    return credits_private.finish_command(v_state);
end
$$;

ALTER FUNCTION credits_private.post_repair(p_account_id text, p_reason text, p_person text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: post_spend(text, bigint, text, text, text, text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.post_spend(p_account_id text, p_amount bigint, p_feature text, p_member text, p_reference text, p_idempotency_key text, p_metadata jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_entry credits_private.ledger;
    v_receipt credits.receipt;
begin
    v_entry.kind := 'spend';
    v_entry.amount := -p_amount;
    v_entry.feature := p_feature;
    v_entry.member := p_member;
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    v_state := credits_private.admit_spend(v_state, p_amount, p_member);
    v_entry.allocations := credits_private.take_credits(p_account_id, p_amount);
    v_state := credits_private.book(v_state, v_entry);
    return credits_private.finish_command(v_state);
end
$$;

ALTER FUNCTION credits_private.post_spend(p_account_id text, p_amount bigint, p_feature text, p_member text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: post_spends(text, credits_private.spend_order[]); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.post_spends(p_account_id text, p_orders credits_private.spend_order[]) RETURNS credits_private.spend_result[]
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_open_lot_id bigint;
    v_is_checked_in boolean := false;
    v_recorded credits_private.ledger[];
    v_found credits_private.ledger;
    v_entry credits_private.ledger;
    v_entries credits_private.ledger[] := array[]::credits_private.ledger[];
    v_order credits_private.spend_order;
    v_result credits_private.spend_result;
    v_results credits_private.spend_result[] := array[]::credits_private.spend_result[];
begin
    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_open_lot_id := v_state.open_lot_id;
    v_recorded := credits_private.find_recorded(p_account_id, p_orders);

    -- Where nothing is due the balance is exact, and a refusal need not touch a lot.
    if v_state.next_event_at <= v_state.now
        and v_state.status = 'active'
        and exists (select from unnest(v_recorded) as r where r.entry_id is null)
    then
        v_state := credits_private.catch_up(v_state);
        v_is_checked_in := true;
        v_entries := v_state.entries;
        v_state.entries := '{}';
    end if;

    v_result.account_id := p_account_id;
    v_entry.account_id := p_account_id;
    v_entry.kind := 'spend';
    v_entry.debt := 0;
    v_entry.actor := credits_private.actor();
    v_entry.created_at := greatest(v_state.now, v_state.created_at);
    v_entry.occurred_at := v_state.now;
    foreach v_order in array p_orders loop
        v_entry.amount := -v_order.amount;
        v_entry.allocations := null;
        v_entry.feature := v_order.feature;
        v_entry.member := v_order.member;
        v_entry.reference := v_order.reference;
        v_entry.idempotency_key := v_order.idempotency_key;
        v_entry.metadata := v_order.metadata;
        v_result.index := v_order.index;
        v_result.idempotency_key := v_order.idempotency_key;
        v_result.refusal := null;
        v_found := v_recorded[cardinality(v_results) + 1];

        if v_found.entry_id is not null then
            v_result.refusal := credits_private.conflict_refusal(v_found, v_entry);
            if v_result.refusal is null then
                v_result.receipt := credits_private.receipt_of(p_account_id, v_found.command_id);
                v_result.outcome := 'replay';
            end if;
        else
            if v_state.status = 'active'
                and v_state.open_lot_remaining >= v_order.amount
                and (
                    v_order.member is null
                    or credits_private.admit_use(
                        p_account_id, v_order.member, v_state.now, v_order.amount, null
                    )
                )
            then
                v_state.entry_id := v_state.entry_id + 1;
                v_state.balance := v_state.balance - v_order.amount;
                v_state.open_lot_remaining := v_state.open_lot_remaining - v_order.amount;
                v_entry.entry_id := v_state.entry_id;
                v_entry.command_id := v_state.entry_id;
                v_entry.balance := v_state.balance;
                v_entry.open_lot_id := v_state.open_lot_id;
                v_entry.open_lot_remaining := v_state.open_lot_remaining;
            else
                v_result.refusal := credits_private.spend_refusal(
                    v_state, v_order.amount, v_order.member
                );
                if v_result.refusal is null then
                    perform credits_private.count_use(
                        p_account_id, v_order.member, v_state.now, v_order.amount
                    );
                    v_state.command_id := null;
                    v_state := credits_private.catch_up(v_state);
                    v_entry.allocations := credits_private.take_credits(
                        p_account_id, v_order.amount
                    );
                    v_state := credits_private.book(v_state, v_entry);
                    v_state := credits_private.check_out(v_state);
                    v_is_checked_in := false;
                    v_entry := v_state.entries[1];
                    v_entry.open_lot_id := v_state.open_lot_id;
                    v_entry.open_lot_remaining := v_state.open_lot_remaining;
                    v_state.entries := '{}';
                end if;
            end if;
            if v_result.refusal is null then
                v_entries := v_entries || v_entry;
                v_result.receipt := row(
                    p_account_id, v_entry.entry_id, v_entry.command_id, 'spend', v_entry.amount,
                    v_entry.balance, v_entry.balance, 0,
                    coalesce(
                        v_entry.allocations,
                        credits_private.allocation(v_entry.open_lot_id, v_entry.amount)
                    ),
                    false, v_entry.created_at
                )::credits.receipt;
                v_result.outcome := 'ok';
            end if;
        end if;
        if v_result.refusal is not null then
            v_result.receipt := null;
            v_result.outcome := 'refused';
        end if;
        v_results := v_results || v_result;
    end loop;

    if cardinality(v_entries) > 0 then
        if v_is_checked_in then
            v_state := credits_private.check_out(v_state);
        end if;
        v_state.entries := v_entries;
        perform credits_private.write_entries(v_state);
    elsif v_is_checked_in then
        -- No entry tells where the open lot's credits are: they go back to where the last one says.
        update credits_private.lots l
        set remaining = 0, is_open = true
        where l.account_id = p_account_id and l.lot_id = v_open_lot_id;
    end if;
    return v_results;
end
$$;

ALTER FUNCTION credits_private.post_spends(p_account_id text, p_orders credits_private.spend_order[]) OWNER TO credits_owner;

--
-- Name: post_status(text, text, text, text, text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.post_status(p_account_id text, p_kind text, p_reason text, p_reference text, p_idempotency_key text, p_metadata jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_entry credits_private.ledger;
    v_receipt credits.receipt;
begin
    v_entry.kind := p_kind;
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_build_object('reason', p_reason);
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    perform credits_private.check_known(v_state);
    perform credits_private.check_status(v_state, array['active', 'frozen']);
    v_state := credits_private.catch_up(v_state);
    v_state := credits_private.book(v_state, v_entry);
    update credits_private.accounts a
    set status = case p_kind when 'freeze' then 'frozen' else 'active' end
    where a.account_id = p_account_id;
    return credits_private.finish_command(v_state);
end
$$;

ALTER FUNCTION credits_private.post_status(p_account_id text, p_kind text, p_reason text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: post_stripe_return(credits_private.stripe_events, credits_private.payment_refs, text[]); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.post_stripe_return(p_event credits_private.stripe_events, p_ref credits_private.payment_refs, p_names text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_entry credits_private.ledger;
    v_payment credits_private.payments;
    v_returned bigint;
begin
    v_state := credits_private.lock_account(p_ref.account_id, p_create => false);
    select p.* into v_payment
    from credits_private.payments p
    where p.account_id = p_ref.account_id and p.payment_id = p_ref.payment_id;
    v_returned := credits_private.stripe_returned(
        p_event, p_names, v_payment.currency, v_payment.amount_paid
    );
    if v_returned = v_payment.amount_returned then
        return;
    end if;

    v_entry.reference := p_event.body #>> '{data,object,id}';
    v_entry.idempotency_key := credits_private.stripe_key(p_event, p_event.event_id);
    v_entry.request := jsonb_build_object(
        'provider', 'stripe', 'payment', v_payment.object_id, 'amount_returned', v_returned
    );
    update credits_private.payments p
    set amount_returned = v_returned
    where p.account_id = p_ref.account_id and p.payment_id = p_ref.payment_id;
    v_state := credits_private.catch_up(v_state);
    v_state := credits_private.move_target(
        v_state,
        v_payment,
        greatest(
            v_payment.demanded,
            credits_private.share_of(v_payment.granted, v_payment.amount_paid, v_returned)
        ),
        v_entry
    );
    v_state := credits_private.book_due(
        v_state, v_state.now, p_limit => null, p_on_their_own => false
    );
    v_state := credits_private.settle_debt(v_state);
    if v_state.status = 'closed' then
        v_state := credits_private.forfeit_lots(v_state);
    end if;
    perform credits_private.finish_command(v_state);
end
$$;

ALTER FUNCTION credits_private.post_stripe_return(p_event credits_private.stripe_events, p_ref credits_private.payment_refs, p_names text[]) OWNER TO credits_owner;

--
-- Name: post_subscription_status(text, text, text, text, text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.post_subscription_status(p_account_id text, p_subscription text, p_status text, p_reference text, p_idempotency_key text, p_metadata jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_entry credits_private.ledger;
    v_receipt credits.receipt;
begin
    v_entry.kind := 'subscription';
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_build_object('subscription', p_subscription, 'status', p_status);
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => false);
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    perform credits_private.check_known(v_state);
    perform credits_private.check_status(v_state, array['active', 'frozen']);
    v_state := credits_private.catch_up(v_state);
    perform credits_private.check_goes_on(
        v_state, credits_private.find_subscription(p_account_id, p_subscription, null)
    );
    v_state := credits_private.book(v_state, v_entry);
    update credits_private.subscriptions s
    set status = p_status
    where s.account_id = p_account_id and s.subscription = p_subscription;
    v_state := credits_private.schedule_grants(v_state, p_subscription);
    v_state := credits_private.book_schedule(v_state, p_on_their_own => false);
    v_state := credits_private.book_due(
        v_state, v_state.now, p_limit => null, p_on_their_own => false
    );
    v_state := credits_private.note_subscription(v_state, p_subscription);
    return credits_private.finish_command(v_state);
end
$$;

ALTER FUNCTION credits_private.post_subscription_status(p_account_id text, p_subscription text, p_status text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: post_transfer(text, text, bigint, text, text, text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.post_transfer(p_account_id text, p_to_account_id text, p_amount bigint, p_pool text, p_reference text, p_idempotency_key text, p_metadata jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_states credits_private.account_state[];
    v_giver credits_private.account_state;
    v_receiver credits_private.account_state;
    v_entry credits_private.ledger;
    v_receipt credits.receipt;
    v_taken bigint;
begin
    v_entry.kind := 'transfer';
    v_entry.amount := -p_amount;
    v_entry.other_account_id := p_to_account_id;
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_strip_nulls(
        jsonb_build_object('to_account_id', p_to_account_id, 'pool', p_pool)
    );
    v_entry.metadata := p_metadata;

    v_states := credits_private.lock_pair(p_account_id, p_to_account_id, p_create => false);
    v_giver := v_states[1];
    v_receiver := v_states[2];
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;

    perform credits_private.check_status(v_giver, array['active']);
    perform credits_private.check_status(v_receiver, array['active', 'frozen']);
    v_giver := credits_private.catch_up(v_giver);
    perform credits_private.check_affordable(
        v_giver, case when p_pool is null then p_amount else 0 end
    );
    v_entry.allocations := credits_private.take_credits(
        p_account_id, p_amount, case when p_pool is not null then array[p_pool] end
    );
    v_taken := -credits_private.sum_allocations(v_entry.allocations);
    if v_taken < p_amount then
        perform credits_private.fail(
            'insufficient_credits', jsonb_build_object('required', p_amount, 'available', v_taken)
        );
    end if;

    v_receiver := credits_private.catch_up(v_receiver);
    v_entry.other_entry_id := v_receiver.entry_id + 1;
    v_giver := credits_private.book(v_giver, v_entry);
    v_receiver := credits_private.receive_lots(
        v_receiver, p_account_id, v_giver.entry_id, v_entry.allocations, p_reference
    );
    v_receiver := credits_private.settle_debt(v_receiver);
    perform credits_private.finish_command(v_receiver);
    return credits_private.finish_command(v_giver);
end
$$;

ALTER FUNCTION credits_private.post_transfer(p_account_id text, p_to_account_id text, p_amount bigint, p_pool text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: post_trial(text, text, text, bigint, timestamp with time zone, text, text, text, text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.post_trial(p_account_id text, p_subscription text, p_item text, p_amount bigint, p_trial_end timestamp with time zone, p_plan text, p_trial_key text, p_reference text, p_idempotency_key text, p_metadata jsonb) RETURNS credits.receipt
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state;
    v_entry credits_private.ledger;
    v_trial credits_private.ledger;
    v_receipt credits.receipt;
    v_known credits_private.subscriptions;
    v_lot credits_private.lots;
begin
    v_entry.kind := 'grant';
    v_entry.reference := p_reference;
    v_entry.idempotency_key := p_idempotency_key;
    v_entry.request := jsonb_strip_nulls(jsonb_build_object(
        'subscription', p_subscription, 'item', p_item, 'amount', p_amount,
        'trial_end', extract(epoch from p_trial_end), 'plan', p_plan, 'trial_key', p_trial_key
    ));
    v_entry.metadata := p_metadata;

    v_state := credits_private.lock_account(p_account_id, p_create => true);
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_entry);
    if v_receipt.entry_id is not null then
        return v_receipt;
    end if;
    select l.* into v_lot
    from credits_private.lots l
    where l.account_id = p_account_id and l.subscription = p_subscription and l.origin = 'trial'
    order by l.lot_id
    limit 1;
    if found then
        v_trial := credits_private.first_booking(p_account_id, v_lot.lot_id);
        if v_trial.request - 'after' = v_entry.request then
            return credits_private.receipt_of(v_trial.account_id, v_trial.command_id);
        end if;
        perform credits_private.fail(
            'trial_used',
            jsonb_build_object(
                'account_id', p_account_id, 'subscription', p_subscription, 'trial_end',
                v_lot.period_end
            )
        );
    end if;
    select s.* into v_known
    from credits_private.subscriptions s
    where s.account_id = p_account_id and s.subscription = p_subscription;
    if found then
        perform credits_private.fail(
            'invalid_state',
            jsonb_build_object(
                'account_id', p_account_id, 'subscription', p_subscription, 'status',
                v_known.status
            ),
            'The subscription has been paid already; a trial comes before that.'
        );
    end if;

    perform credits_private.check_status(v_state, array['active', 'frozen']);
    perform credits_private.check_argument(
        'p_trial_end', p_trial_end > v_state.now, 'an instant in the future'
    );
    perform credits_private.use_trial_key(p_account_id, p_subscription, p_trial_key);
    v_state := credits_private.catch_up(v_state);
    insert into credits_private.subscriptions (
        account_id, subscription, status, trial_end, created_at
    )
    values (
        p_account_id, p_subscription, 'trialing', p_trial_end,
        greatest(v_state.now, v_state.created_at)
    );
    insert into credits_private.subscription_items (
        account_id, subscription, item, plan, amount, rollover_cap, is_trial, period_start,
        period_end
    )
    values (
        p_account_id, p_subscription, p_item, p_plan, p_amount, 0, true, v_state.now, p_trial_end
    );

    v_lot := null;
    v_lot.pool := 'subscription';
    select p.priority into v_lot.priority from credits_private.pools p where p.pool = v_lot.pool;
    v_lot.granted := p_amount;
    v_lot.expires_at := p_trial_end;
    v_lot.origin := 'trial';
    v_lot.subscription := p_subscription;
    v_lot.item := p_item;
    v_lot.plan := p_plan;
    v_lot.period_start := v_state.now;
    v_lot.period_end := p_trial_end;
    v_lot.reference := p_reference;
    v_state := credits_private.book_lot(v_state, v_lot, v_entry);
    v_state := credits_private.settle_debt(v_state);
    v_state := credits_private.note_subscription(v_state, p_subscription);
    return credits_private.finish_command(v_state);
end
$$;

ALTER FUNCTION credits_private.post_trial(p_account_id text, p_subscription text, p_item text, p_amount bigint, p_trial_end timestamp with time zone, p_plan text, p_trial_key text, p_reference text, p_idempotency_key text, p_metadata jsonb) OWNER TO credits_owner;

--
-- Name: put_back(credits_private.account_state, jsonb, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.put_back(p_state credits_private.account_state, p_returned jsonb, p_if_expired text) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state := p_state;
    v_lot credits_private.lots;
    v_entry credits_private.ledger;
    v_left bigint;
    v_ends_at timestamptz;
    r_part record;
begin
    for r_part in
        select x.lot_id, x.amount
        from credits_private.parts_of(p_returned) as x
        order by x.ordinal
    loop
        select l.* into v_lot
        from credits_private.lots l
        where l.account_id = v_state.account_id and l.lot_id = r_part.lot_id;
        v_left := r_part.amount;
        if v_lot.payment_id is not null then
            v_state := credits_private.make_good(v_state, v_lot, r_part.amount);
            select r_part.amount - (l.clawed - v_lot.clawed) into v_left
            from credits_private.lots l
            where l.account_id = v_state.account_id and l.lot_id = r_part.lot_id;
        end if;
        continue when v_left = 0;

        if v_lot.expires_at > coalesce(v_state.effective_at, v_state.now) then
            update credits_private.lots l
            set remaining = l.remaining + v_left, is_open = true
            where l.account_id = v_state.account_id and l.lot_id = r_part.lot_id;
            v_state.next_event_at := least(v_state.next_event_at, v_lot.expires_at);
            continue;
        end if;

        v_entry := null;
        v_entry.allocations := credits_private.allocation(r_part.lot_id, -v_left);
        v_ends_at := v_lot.expires_at + credits_private.setting_interval('refund_grace');
        if p_if_expired = 'grace' and v_lot.origin <> 'restoration' and v_ends_at > v_state.now then
            v_entry.kind := 'restore';
            v_lot := credits_private.derive_lot(v_lot, 'restoration', v_left);
            v_lot.expires_at := v_ends_at;
            v_state := credits_private.book_lot(v_state, v_lot, v_entry);
            continue;
        end if;

        if v_lot.payment_id is not null then
            v_state := credits_private.reclaim_settled(v_state, v_lot, v_left);
            select r_part.amount - (l.clawed - v_lot.clawed) into v_left
            from credits_private.lots l
            where l.account_id = v_state.account_id and l.lot_id = r_part.lot_id;
        end if;
        if v_left > 0 then
            v_entry := null;
            v_entry.kind := 'expire';
            v_entry.allocations := credits_private.allocation(r_part.lot_id, -v_left);
            v_state := credits_private.book(v_state, v_entry);
            update credits_private.lots l
            set expired = l.expired + v_left
            where l.account_id = v_state.account_id and l.lot_id = r_part.lot_id;
        end if;
    end loop;
    return v_state;
end
$$;

ALTER FUNCTION credits_private.put_back(p_state credits_private.account_state, p_returned jsonb, p_if_expired text) OWNER TO credits_owner;

--
-- Name: raise_refusal(jsonb, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.raise_refusal(p_refusal jsonb, p_more jsonb DEFAULT '{}'::jsonb) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    if p_refusal is not null then
        perform credits_private.fail(p_refusal ->> 'code', p_refusal || p_more);
    end if;
end
$$;

ALTER FUNCTION credits_private.raise_refusal(p_refusal jsonb, p_more jsonb) OWNER TO credits_owner;

--
-- Name: raise_target(credits_private.account_state, bigint, bigint, credits_private.ledger); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.raise_target(p_state credits_private.account_state, p_payment_id bigint, p_amount bigint, p_entry credits_private.ledger) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_payment credits_private.payments;
    v_entry credits_private.ledger := p_entry;
    v_withheld bigint;
    v_lost bigint;
    v_taken bigint;
    v_covered bigint;
    v_short bigint;
    v_owed bigint;
begin
    select p.* into v_payment
    from credits_private.payments p
    where p.account_id = p_state.account_id and p.payment_id = p_payment_id;
    select coalesce(sum(l.expired), 0) into v_lost
    from credits_private.lots l
    where l.account_id = p_state.account_id and l.payment_id = p_payment_id;

    v_withheld := least(p_amount, v_payment.pending - v_payment.withheld);
    v_entry.allocations := credits_private.take_paid_credits(
        p_state.account_id, p_payment_id, p_amount - v_withheld
    );
    perform credits_private.mark_clawed(p_state, v_entry.allocations);
    v_taken := -credits_private.sum_allocations(v_entry.allocations);
    v_covered := least(p_amount - v_withheld - v_taken, greatest(v_lost - v_payment.covered, 0));
    v_short := p_amount - v_withheld - v_taken - v_covered;
    v_owed := v_short;
    if credits_private.setting('shortfall') = 'write_off' then
        v_owed := least(
            v_short, greatest(v_payment.debt_paid - v_payment.owed - v_payment.settled, 0)
        );
    end if;
    if v_owed > 0 then
        v_entry.allocations := v_entry.allocations || credits_private.allocation(0, -v_owed);
    end if;

    update credits_private.payments p
    set target = p.target + p_amount,
        withheld = p.withheld + v_withheld,
        clawed = p.clawed + v_taken,
        covered = p.covered + v_covered,
        owed = p.owed + v_owed,
        written_off = p.written_off + v_short - v_owed
    where p.account_id = p_state.account_id and p.payment_id = p_payment_id;
    v_entry.kind := 'clawback';
    return credits_private.book(p_state, v_entry);
end
$$;

ALTER FUNCTION credits_private.raise_target(p_state credits_private.account_state, p_payment_id bigint, p_amount bigint, p_entry credits_private.ledger) OWNER TO credits_owner;

--
-- Name: rebuild_entries(text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.rebuild_entries(p_account_id text) RETURNS credits_private.rebuilt
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_rebuilt credits_private.rebuilt;
    -- By the number of the lot.
    v_granted bigint[] := array[null]::bigint[];
    v_granted_at timestamptz[] := array[null]::timestamptz[];
    v_origin bigint[] := array[null]::bigint[];
    v_credits bigint[] := array[null]::bigint[];
    v_expired bigint[] := array[null]::bigint[];
    v_clawed bigint[] := array[null]::bigint[];
    v_clawed_at timestamptz[] := array[null]::timestamptz[];
    -- By the number of the hold. It has ended: 0 not, 1 captured, 2 released, 3 at its deadline (or
    -- released by another command: the entries look alike).
    v_held bigint[] := array[null]::bigint[];
    v_captured bigint[] := array[null]::bigint[];
    v_ended bigint[] := array[null]::bigint[];
    v_balance bigint := 0;
    v_debt bigint := 0;
    v_open_lot_id bigint;
    v_created_at timestamptz := timestamptz '-infinity';
    v_moved bigint;
    v_lot_id bigint;
    v_amount bigint;
    v_wrong text[];
    r_entry record;
begin
    v_rebuilt.entry_id := 0;
    v_rebuilt.broken := array[]::credits.difference[];
    for r_entry in
        select l.entry_id, l.command_id, l.kind, l.amount, l.balance, l.debt, l.open_lot_id,
            l.open_lot_remaining, l.allocations, l.about_entry_id, l.request, l.created_at,
            l.occurred_at
        from credits_private.ledger l
        where l.account_id = p_account_id
        order by l.entry_id
    loop
        v_wrong := null;
        v_rebuilt.entry_id := v_rebuilt.entry_id + 1;
        if r_entry.entry_id <> v_rebuilt.entry_id then
            v_wrong := array['entry_id', r_entry.entry_id::text, v_rebuilt.entry_id::text];
        end if;

        if r_entry.allocations is null then
            v_moved := r_entry.amount;
            if r_entry.open_lot_id = v_open_lot_id and v_credits[v_open_lot_id] + v_moved >= 0 then
                v_credits[v_open_lot_id] := v_credits[v_open_lot_id] + v_moved;
            else
                v_wrong := array['open_lot_id', r_entry.open_lot_id::text, v_open_lot_id::text];
            end if;
        else
            v_moved := 0;
            for v_index in 0 .. jsonb_array_length(r_entry.allocations) - 1 loop
                v_lot_id := (r_entry.allocations -> v_index ->> 0)::bigint;
                v_amount := (r_entry.allocations -> v_index ->> 1)::bigint;
                v_moved := v_moved + v_amount;
                if v_lot_id = 0 then
                    v_debt := v_debt - v_amount;
                    continue;
                elsif v_lot_id = r_entry.entry_id then
                    v_granted[v_lot_id] := v_amount;
                    v_granted_at[v_lot_id] := r_entry.created_at;
                    v_origin[v_lot_id] := case r_entry.kind
                        when 'rollover' then 1 when 'restore' then 2
                    end;
                    v_credits[v_lot_id] := v_amount;
                    v_expired[v_lot_id] := 0;
                    v_clawed[v_lot_id] := 0;
                    v_clawed_at[v_lot_id] := null;
                    if r_entry.kind = 'merge' then
                        -- The lot goes on with all its figures from the account it was in.
                        v_granted[v_lot_id] := (r_entry.request -> 'moved' ->> 'granted')::bigint;
                        v_expired[v_lot_id] := (r_entry.request -> 'moved' ->> 'expired')::bigint;
                        v_clawed[v_lot_id] := (r_entry.request -> 'moved' ->> 'clawed')::bigint;
                        v_clawed_at[v_lot_id] := case
                            when v_clawed[v_lot_id] > 0 then r_entry.occurred_at
                        end;
                    end if;
                    continue;
                elsif v_granted[v_lot_id] is null
                    or v_credits[v_lot_id] + v_amount not between 0 and v_granted[v_lot_id]
                then
                    v_wrong := array['allocations', r_entry.allocations::text, null];
                    continue;
                end if;
                v_credits[v_lot_id] := v_credits[v_lot_id] + v_amount;
                if r_entry.kind = 'expire' then
                    v_expired[v_lot_id] := v_expired[v_lot_id] - v_amount;
                elsif r_entry.kind = 'clawback' or r_entry.kind = 'restore' and v_amount > 0 then
                    v_clawed[v_lot_id] := v_clawed[v_lot_id] - v_amount;
                    v_clawed_at[v_lot_id] := case
                        when v_clawed[v_lot_id] = 0 then null
                        when v_amount > 0 then r_entry.occurred_at
                        else coalesce(v_clawed_at[v_lot_id], r_entry.occurred_at)
                    end;
                end if;
            end loop;
        end if;

        if r_entry.kind = 'hold' then
            v_held[r_entry.entry_id] := -v_moved;
            v_captured[r_entry.entry_id] := 0;
            v_ended[r_entry.entry_id] := 0;
        elsif r_entry.kind in ('release', 'capture')
            and v_held[r_entry.about_entry_id] is null
        then
            v_wrong := array['about_entry_id', r_entry.about_entry_id::text, null];
        elsif r_entry.kind = 'release' then
            -- What gives credits up for a capture looks like one at the deadline; see below.
            v_ended[r_entry.about_entry_id] := case
                when r_entry.command_id = r_entry.entry_id and r_entry.request is null then 3
                else 2
            end;
        elsif r_entry.kind = 'capture' then
            v_captured[r_entry.about_entry_id] := v_captured[r_entry.about_entry_id] - v_moved;
            v_ended[r_entry.about_entry_id] := case
                when (r_entry.request ->> 'final')::boolean then 1 else 0
            end;
        end if;

        v_balance := v_balance + v_moved;
        if v_wrong is not null then
            null;
        elsif v_moved <> r_entry.amount then
            v_wrong := array['amount', r_entry.amount::text, v_moved::text];
        elsif v_balance <> r_entry.balance then
            v_wrong := array['balance', r_entry.balance::text, v_balance::text];
        elsif v_debt <> r_entry.debt or v_debt < 0 then
            v_wrong := array['debt', r_entry.debt::text, v_debt::text];
        elsif r_entry.open_lot_remaining <> 0
            and r_entry.open_lot_remaining is distinct from v_credits[r_entry.open_lot_id]
        then
            v_wrong := array[
                'open_lot_remaining', r_entry.open_lot_remaining::text,
                v_credits[r_entry.open_lot_id]::text
            ];
        elsif r_entry.created_at < v_created_at then
            v_wrong := array['created_at', r_entry.created_at::text, v_created_at::text];
        end if;
        if v_wrong is not null then
            v_rebuilt.broken := v_rebuilt.broken || row(
                p_account_id, 'entry', r_entry.entry_id, v_wrong[1], v_wrong[2], v_wrong[3], false
            )::credits.difference;
            exit when cardinality(v_rebuilt.broken) = 50;
        end if;
        v_rebuilt.entry_id := r_entry.entry_id;
        v_balance := r_entry.balance;
        v_debt := r_entry.debt;
        v_open_lot_id := r_entry.open_lot_id;
        v_created_at := r_entry.created_at;
    end loop;

    v_rebuilt.debt := v_debt;
    v_rebuilt.open_lot_id := v_open_lot_id;
    select array_agg(
        row(
            u.lot_id,
            (array['rollover', 'restoration'])[u.origin],
            u.granted, u.credits, u.expired, u.clawed, u.clawed_at, u.granted_at
        )::credits_private.rebuilt_lot
    ) into v_rebuilt.lots
    from unnest(
        v_granted, v_granted_at, v_origin, v_credits, v_expired, v_clawed, v_clawed_at
    ) with ordinality
        as u (granted, granted_at, origin, credits, expired, clawed, clawed_at, lot_id)
    where u.granted is not null;
    select array_agg(
        row(
            u.hold_id, u.held, least(u.captured, u.held),
            (array['open', 'captured', 'released', 'expired'])[u.ended + 1]
        )::credits_private.rebuilt_hold
    ) into v_rebuilt.holds
    from unnest(v_held, v_captured, v_ended) with ordinality
        as u (held, captured, ended, hold_id)
    where u.held is not null;
    return v_rebuilt;
end
$$;

ALTER FUNCTION credits_private.rebuild_entries(p_account_id text) OWNER TO credits_owner;

--
-- Name: receipt_of(text, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.receipt_of(p_account_id text, p_command_id bigint) RETURNS credits.receipt
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_first credits_private.ledger;
    v_last credits_private.ledger;
    v_next_id bigint;
    v_receipt credits.receipt;
begin
    select l.* into v_first
    from credits_private.ledger l
    where l.account_id = p_account_id and l.entry_id = p_command_id;

    select l.entry_id into v_next_id
    from credits_private.ledger l
    where l.account_id = p_account_id and l.entry_id > p_command_id and l.command_id <> p_command_id
    order by l.entry_id
    limit 1;

    select l.* into v_last
    from credits_private.ledger l
    where l.account_id = p_account_id
        and l.command_id = p_command_id
        and l.entry_id < coalesce(v_next_id, 9223372036854775807)
    order by l.entry_id desc
    limit 1;

    v_receipt.account_id := p_account_id;
    v_receipt.entry_id := v_first.entry_id;
    v_receipt.command_id := v_first.command_id;
    v_receipt.kind := v_first.kind;
    v_receipt.amount := v_first.amount;
    v_receipt.balance := v_last.balance;
    v_receipt.available := case when v_last.debt > 0 then 0 else v_last.balance end;
    v_receipt.debt := v_last.debt;
    v_receipt.allocations := credits_private.allocations_of(v_first);
    v_receipt.is_replay := true;
    v_receipt.created_at := v_first.created_at;
    return v_receipt;
end
$$;

ALTER FUNCTION credits_private.receipt_of(p_account_id text, p_command_id bigint) OWNER TO credits_owner;

--
-- Name: receive_lots(credits_private.account_state, text, bigint, jsonb, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.receive_lots(p_state credits_private.account_state, p_from_account_id text, p_from_entry_id bigint, p_given jsonb, p_reference text) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state := p_state;
    v_entry credits_private.ledger;
    v_source credits_private.lots;
    v_lot credits_private.lots;
    r_part record;
begin
    for r_part in
        select x.lot_id, -x.amount as amount
        from credits_private.parts_of(p_given) as x
        order by x.ordinal
    loop
        select l.* into v_source
        from credits_private.lots l
        where l.account_id = p_from_account_id and l.lot_id = r_part.lot_id;
        -- A restoration has had its grace; as a plain lot it would get another one.
        v_lot := credits_private.derive_lot(
            v_source,
            case v_source.origin when 'restoration' then 'restoration' else 'transfer' end,
            r_part.amount
        );
        v_lot.from_account_id := p_from_account_id;
        v_lot.from_lot_id := r_part.lot_id;
        v_lot.payment_id := null;
        v_lot.subscription := null;
        v_lot.item := null;
        v_lot.period_start := null;
        v_lot.period_end := null;
        v_lot.reference := p_reference;
        update credits_private.lots l
        set cost_moved = l.cost_moved + coalesce(v_lot.cost_amount, 0)
        where l.account_id = p_from_account_id and l.lot_id = r_part.lot_id;

        v_entry := null;
        v_entry.kind := 'transfer';
        v_entry.other_account_id := p_from_account_id;
        v_entry.other_entry_id := p_from_entry_id;
        v_entry.reference := p_reference;
        v_state := credits_private.book_lot(v_state, v_lot, v_entry);
    end loop;
    return v_state;
end
$$;

ALTER FUNCTION credits_private.receive_lots(p_state credits_private.account_state, p_from_account_id text, p_from_entry_id bigint, p_given jsonb, p_reference text) OWNER TO credits_owner;

--
-- Name: reclaim_settled(credits_private.account_state, credits_private.lots, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.reclaim_settled(p_state credits_private.account_state, p_lot credits_private.lots, p_amount bigint) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_entry credits_private.ledger;
    v_settled bigint;
begin
    select least(p_amount, p.settled) into v_settled
    from credits_private.payments p
    where p.account_id = p_state.account_id and p.payment_id = p_lot.payment_id;
    if v_settled = 0 or credits_private.setting_interval('refund_grace') = interval '0' then
        return p_state;
    end if;

    update credits_private.payments p
    set clawed = p.clawed + v_settled, settled = p.settled - v_settled
    where p.account_id = p_state.account_id and p.payment_id = p_lot.payment_id;
    v_entry.kind := 'clawback';
    v_entry.allocations := credits_private.allocation(p_lot.lot_id, -v_settled);
    perform credits_private.mark_clawed(p_state, v_entry.allocations);
    return credits_private.restore_settled(
        credits_private.book(p_state, v_entry), p_lot.payment_id, v_settled
    );
end
$$;

ALTER FUNCTION credits_private.reclaim_settled(p_state credits_private.account_state, p_lot credits_private.lots, p_amount bigint) OWNER TO credits_owner;

--
-- Name: record_stripe_payment(credits_private.stripe_events, text, text[], credits_private.payment_order, credits_private.grant_order[]); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.record_stripe_payment(p_event credits_private.stripe_events, p_account_id text, p_names text[], p_payment credits_private.payment_order, p_grants credits_private.grant_order[]) RETURNS credits_private.stripe_result
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_payment credits_private.payment_order := p_payment;
    v_ref credits_private.payment_refs;
    v_result credits_private.stripe_result;
    v_chain text[] := credits_private.lock_chain(p_account_id);
    v_account_id text := v_chain[cardinality(v_chain)];
begin
    v_ref := credits_private.find_stripe_payment(p_event, p_names);
    if v_ref.account_id = v_account_id then
        v_result := credits_private.settle_stripe_payment(p_event, p_names, p_waits => false);
        v_result.reason := 'the payment had granted its credits before';
        return v_result;
    elsif v_ref.account_id is not null then
        perform credits_private.fail(
            'idempotency_conflict',
            jsonb_build_object('payment', v_payment.object_id),
            'This payment has granted its credits to another account.'
        );
    end if;

    v_payment.provider := 'stripe';
    v_payment.livemode := p_event.livemode;
    v_payment.provider_account := p_event.provider_account;
    v_payment.other_ids := p_names;
    v_payment.currency := lower(v_payment.currency);
    v_payment.amount_returned := credits_private.stripe_returned(
        p_event, p_names, v_payment.currency, v_payment.amount_paid
    );
    perform credits_private.post_grants(
        v_account_id, p_grants, v_payment, true, v_payment.object_id,
        credits_private.stripe_key(p_event, v_payment.object_id), null
    );
    perform credits_private.freeze_for_disputes(p_event, v_account_id);
    perform credits_private.wake_stripe_events(
        credits_private.stripe_wait_names(p_event, p_names)
    );
    return credits_private.stripe_result('applied', p_account_id => v_account_id);
end
$$;

ALTER FUNCTION credits_private.record_stripe_payment(p_event credits_private.stripe_events, p_account_id text, p_names text[], p_payment credits_private.payment_order, p_grants credits_private.grant_order[]) OWNER TO credits_owner;

--
-- Name: record_stripe_refund(credits_private.stripe_events, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.record_stripe_refund(p_event credits_private.stripe_events, p_refund jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_rank integer := credits_private.stripe_refund_rank(p_refund ->> 'status');
    v_is_lost boolean := p_refund ->> 'status' in ('failed', 'canceled');
begin
    insert into credits_private.stripe_refunds as r (
        provider_account, livemode, refund, payment_intent, charge, amount, status, made_at,
        event_at, failed_at, unknown_status
    )
    values (
        p_event.provider_account,
        p_event.livemode,
        p_refund ->> 'id',
        credits_private.stripe_id(p_refund -> 'payment_intent'),
        credits_private.stripe_id(p_refund -> 'charge'),
        (p_refund ->> 'amount')::bigint,
        case when v_rank is not null then p_refund ->> 'status' end,
        coalesce(to_timestamp((p_refund ->> 'created')::bigint), p_event.created_at),
        case when v_rank is null then '-infinity' else p_event.created_at end,
        case when v_is_lost then p_event.created_at end,
        case when v_rank is null then p_refund ->> 'status' end
    )
    on conflict (refund, livemode, provider_account) do update
    set payment_intent = coalesce(r.payment_intent, excluded.payment_intent),
        charge = coalesce(r.charge, excluded.charge),
        made_at = least(r.made_at, excluded.made_at),
        failed_at = least(r.failed_at, excluded.failed_at),
        unknown_status = coalesce(excluded.unknown_status, r.unknown_status),
        status = case
            when excluded.status is null then r.status
            when r.failed_at is not null and not v_is_lost then r.status
            when r.failed_at is null and v_is_lost then excluded.status
            when (excluded.event_at, v_rank, excluded.status) > (
                r.event_at, coalesce(credits_private.stripe_refund_rank(r.status), 0),
                coalesce(r.status, '')
            ) then excluded.status
            else r.status
        end,
        event_at = greatest(r.event_at, excluded.event_at);
end
$$;

ALTER FUNCTION credits_private.record_stripe_refund(p_event credits_private.stripe_events, p_refund jsonb) OWNER TO credits_owner;

--
-- Name: recount(credits_private.account_state, text, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.recount(p_state credits_private.account_state, p_period text, p_member text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_account_id text := p_state.account_id;
    v_members text[];
    v_now credits_private.usage_window;
    v_first_entry_id bigint;
begin
    delete from credits_private.usage_counters c
    where c.account_id = v_account_id
        and c.feature = ''
        and c.period = p_period
        and (p_member is null or c.member = p_member);
    select array_agg(distinct k.member) into v_members
    from credits_private.member_caps k
    where k.account_id = v_account_id
        and (p_period = 'lifetime' or k.period = p_period)
        and (p_member is null or k.member = p_member);
    if v_members is null then
        return;
    end if;

    v_now := credits_private.cap_window(v_account_id, p_period, p_state.now);
    select credits_private.last_entry_before(
        v_account_id, least(v_now.starts_at, min(b.starts_at))
    ) + 1 into v_first_entry_id
    from credits_private.billing_periods(v_account_id, p_state.now) as b
    where p_period = 'billing_period';

    with uses as (
        select u.member, u.at, u.amount
        from credits_private.member_uses(
            v_account_id, p_member, v_first_entry_id, p_state.entries
        ) as u
        where u.member = any (v_members)
    ),
    windows as (
        select w.starts_at, max(w.ends_at) as ends_at
        from (
            select v_now.starts_at, v_now.ends_at
            union all
            select b.starts_at, b.ends_at
            from credits_private.billing_periods(v_account_id, p_state.now) as b
            where p_period = 'billing_period'
            union all
            -- The clock ran ahead, and has been put back.
            select a.starts_at, a.ends_at
            from (select distinct u.at from uses u where u.at >= v_now.ends_at) as f
            cross join lateral credits_private.cap_window(v_account_id, p_period, f.at) as a
        ) as w
        group by w.starts_at
    )
    insert into credits_private.usage_counters
    select v_account_id, m.member, '', p_period, w.starts_at, w.ends_at, coalesce(
        (
            select sum(u.amount)
            from uses u
            where u.member = m.member and u.at >= w.starts_at and u.at < w.ends_at
        ), 0
    )
    from unnest(v_members) as m (member)
    cross join windows w;
end
$$;

ALTER FUNCTION credits_private.recount(p_state credits_private.account_state, p_period text, p_member text) OWNER TO credits_owner;

--
-- Name: ref_kind(text, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.ref_kind(p_provider text, p_object_id text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select case when p_provider = 'stripe' then
        case pg_catalog.split_part(p_object_id, '_', 1)
            when 'pi' then 'payment_intent'
            when 'ch' then 'charge'
            when 'py' then 'charge'
            when 'in' then 'invoice'
            when 'cs' then 'checkout_session'
            else 'payment'
        end
    else 'payment' end
$$;

ALTER FUNCTION credits_private.ref_kind(p_provider text, p_object_id text) OWNER TO credits_owner;

--
-- Name: refuse(text, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.refuse(p_code text, p_values jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select pg_catalog.jsonb_build_object('code', p_code) || p_values
$$;

ALTER FUNCTION credits_private.refuse(p_code text, p_values jsonb) OWNER TO credits_owner;

--
-- Name: repair_holds(text, bigint[], credits_private.rebuilt); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.repair_holds(p_account_id text, p_hold_ids bigint[], p_rebuilt credits_private.rebuilt) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    delete from credits_private.holds h
    where h.account_id = p_account_id
        and h.hold_id = any (p_hold_ids)
        and not exists (
            select from unnest(p_rebuilt.holds) as r where r.hold_id = h.hold_id
        );

    update credits_private.holds h
    set amount = r.amount,
        captured = r.captured,
        status = case
            when r.status = 'expired' and h.status = 'released' then 'released' else r.status
        end
    from unnest(p_rebuilt.holds) as r
    where h.account_id = p_account_id and h.hold_id = any (p_hold_ids) and r.hold_id = h.hold_id;
end
$$;

ALTER FUNCTION credits_private.repair_holds(p_account_id text, p_hold_ids bigint[], p_rebuilt credits_private.rebuilt) OWNER TO credits_owner;

--
-- Name: repair_lots(text, bigint[], credits_private.rebuilt); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.repair_lots(p_account_id text, p_lot_ids bigint[], p_rebuilt credits_private.rebuilt) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    delete from credits_private.lots l
    where l.account_id = p_account_id
        and l.lot_id = any (p_lot_ids)
        and not exists (
            select from unnest(p_rebuilt.lots) as r where r.lot_id = l.lot_id
        );

    update credits_private.lots l
    set origin = coalesce(r.origin, l.origin),
        granted = r.granted,
        remaining = case
            when r.lot_id is not distinct from p_rebuilt.open_lot_id then 0 else r.credits
        end,
        expired = r.expired,
        clawed = r.clawed,
        clawed_at = case when r.clawed > 0 then coalesce(l.clawed_at, r.clawed_at) end,
        is_open = r.credits > 0,
        granted_at = r.granted_at
    from unnest(p_rebuilt.lots) as r
    where l.account_id = p_account_id and l.lot_id = any (p_lot_ids) and r.lot_id = l.lot_id;
end
$$;

ALTER FUNCTION credits_private.repair_lots(p_account_id text, p_lot_ids bigint[], p_rebuilt credits_private.rebuilt) OWNER TO credits_owner;

--
-- Name: replay_spend(text, bigint, text, text, text, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.replay_spend(p_account_id text, p_amount bigint, p_feature text, p_member text, p_reference text, p_idempotency_key text) RETURNS credits.receipt
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_asked credits_private.ledger;
    v_receipt credits.receipt;
begin
    v_asked.kind := 'spend';
    v_asked.amount := -p_amount;
    v_asked.feature := p_feature;
    v_asked.member := p_member;
    v_asked.reference := p_reference;
    v_receipt := credits_private.find_replay(p_account_id, p_idempotency_key, v_asked);
    if v_receipt.entry_id is null then
        perform credits_private.fail(
            'internal_error', jsonb_build_object('account_id', p_account_id)
        );
    end if;
    return v_receipt;
end
$$;

ALTER FUNCTION credits_private.replay_spend(p_account_id text, p_amount bigint, p_feature text, p_member text, p_reference text, p_idempotency_key text) OWNER TO credits_owner;

--
-- Name: restoration_of(text, bigint, bigint, timestamp with time zone); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.restoration_of(p_account_id text, p_payment_id bigint, p_amount bigint, p_at timestamp with time zone) RETURNS credits_private.lots
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_lot credits_private.lots;
begin
    select l.* into v_lot
    from credits_private.lots l
    where l.account_id = p_account_id
        and l.payment_id = p_payment_id
        and l.origin not in ('rollover', 'restoration')
    order by l.priority desc, l.expires_at desc, l.lot_id desc
    limit 1;
    v_lot.expires_at := greatest(
        v_lot.expires_at, p_at + credits_private.setting_interval('refund_grace')
    );
    return credits_private.derive_lot(v_lot, 'restoration', p_amount);
end
$$;

ALTER FUNCTION credits_private.restoration_of(p_account_id text, p_payment_id bigint, p_amount bigint, p_at timestamp with time zone) OWNER TO credits_owner;

--
-- Name: restore_settled(credits_private.account_state, bigint, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.restore_settled(p_state credits_private.account_state, p_payment_id bigint, p_amount bigint) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_entry credits_private.ledger;
begin
    v_entry.kind := 'restore';
    return credits_private.book_lot(
        p_state,
        credits_private.restoration_of(
            p_state.account_id, p_payment_id, p_amount, coalesce(p_state.effective_at, p_state.now)
        ),
        v_entry
    );
end
$$;

ALTER FUNCTION credits_private.restore_settled(p_state credits_private.account_state, p_payment_id bigint, p_amount bigint) OWNER TO credits_owner;

--
-- Name: reverse_allocations(jsonb, bigint, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.reverse_allocations(p_allocations jsonb, p_skipped bigint, p_amount bigint) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_skip bigint := p_skipped;
    v_left bigint := p_amount;
    v_here bigint;
    v_back jsonb[] := array[]::jsonb[];
    r_part record;
begin
    for r_part in
        select x.lot_id, -x.amount as amount
        from credits_private.parts_of(p_allocations) as x
        order by x.ordinal desc
    loop
        exit when v_left = 0;
        v_here := least(v_left, r_part.amount - least(v_skip, r_part.amount));
        v_skip := v_skip - least(v_skip, r_part.amount);
        continue when v_here = 0;
        v_left := v_left - v_here;
        v_back := v_back || jsonb_build_array(r_part.lot_id, v_here);
    end loop;
    return to_jsonb(v_back);
end
$$;

ALTER FUNCTION credits_private.reverse_allocations(p_allocations jsonb, p_skipped bigint, p_amount bigint) OWNER TO credits_owner;

--
-- Name: roll_over(credits_private.account_state, credits_private.grant_order, timestamp with time zone); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.roll_over(p_state credits_private.account_state, p_grant credits_private.grant_order, p_expires_at timestamp with time zone) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state := p_state;
    v_entry credits_private.ledger;
    v_new credits_private.lots;
    v_lapsed jsonb := '[]'::jsonb;
    v_cap bigint := p_grant.rollover_cap;
    v_carried bigint;
    v_ends_at timestamptz := coalesce(p_state.effective_at, p_state.now);
    v_trial credits_private.lots;
    r_lot credits_private.lots;
begin
    select l.* into v_trial
    from credits_private.lots l
    where l.account_id = v_state.account_id
        and l.subscription = p_grant.subscription
        and l.origin = 'trial'
        and l.period_start < p_grant.period_end
    order by l.lot_id desc
    limit 1;
    for r_lot in
        select l.*
        from credits_private.lots l
        where l.account_id = v_state.account_id
            and l.subscription = p_grant.subscription
            and l.is_open
            and (
                l.period_end <= p_grant.period_start
                or (l.period_start, l.period_end) = (v_trial.period_start, v_trial.period_end)
            )
        order by l.priority desc, l.expires_at desc, l.lot_id desc
    loop
        v_carried := case
            when (r_lot.period_start, r_lot.period_end)
                = (v_trial.period_start, v_trial.period_end) then 0
            else least(r_lot.remaining, v_cap)
        end;
        v_cap := v_cap - v_carried;
        update credits_private.lots l
        set remaining = 0,
            is_open = false,
            expired = l.expired + r_lot.remaining - v_carried
        where l.account_id = v_state.account_id and l.lot_id = r_lot.lot_id;

        if v_carried > 0 then
            v_new := credits_private.derive_lot(r_lot, 'rollover', v_carried);
            v_new.period_start := p_grant.period_start;
            v_new.period_end := p_grant.period_end;
            v_new.expires_at := p_expires_at;
            v_entry := null;
            v_entry.kind := 'rollover';
            v_entry.allocations := credits_private.allocation(r_lot.lot_id, -v_carried);
            v_state := credits_private.book_lot(v_state, v_new, v_entry);
        end if;
        if r_lot.remaining > v_carried then
            v_lapsed := v_lapsed || credits_private.allocation(
                r_lot.lot_id, v_carried - r_lot.remaining
            );
        end if;
    end loop;

    -- All of them end, used up or not: what comes back to them later is not of the new period.
    update credits_private.lots l
    set expires_at = v_ends_at
    where l.account_id = v_state.account_id
        and l.subscription = p_grant.subscription
        and not l.is_open
        and (
            l.period_end <= p_grant.period_start
            or (l.period_start, l.period_end) = (v_trial.period_start, v_trial.period_end)
        )
        and l.expires_at > v_ends_at;

    if v_lapsed <> '[]' then
        v_entry := null;
        v_entry.kind := 'expire';
        v_entry.allocations := v_lapsed;
        v_state := credits_private.book(v_state, v_entry);
    end if;
    return v_state;
end
$$;

ALTER FUNCTION credits_private.roll_over(p_state credits_private.account_state, p_grant credits_private.grant_order, p_expires_at timestamp with time zone) OWNER TO credits_owner;

--
-- Name: scan_limit(); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.scan_limit() RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select 100000::bigint
$$;

ALTER FUNCTION credits_private.scan_limit() OWNER TO credits_owner;

--
-- Name: schedule_grants(credits_private.account_state, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.schedule_grants(p_state credits_private.account_state, p_subscription text) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_state credits_private.account_state := p_state;
    v_goes_on boolean;
    v_due timestamptz;
    r_item credits_private.subscription_items;
begin
    select s.status in ('trialing', 'active') and (s.canceled_at is null or s.cancel_at_period_end)
    into v_goes_on
    from credits_private.subscriptions s
    where s.account_id = p_state.account_id and s.subscription = p_subscription;

    for r_item in
        select i.*
        from credits_private.subscription_items i
        where i.account_id = p_state.account_id
            and i.subscription = p_subscription
            and i.grant_months is not null
    loop
        v_due := case
            when v_goes_on then
                nullif(
                    credits_private.grant_instant(r_item, r_item.grants_done), r_item.period_end
                )
        end;
        update credits_private.subscription_items i
        set next_grant_at = v_due
        where i.account_id = p_state.account_id
            and i.subscription = p_subscription
            and i.item = r_item.item;
        v_state.next_event_at := least(v_state.next_event_at, v_due);
    end loop;
    return v_state;
end
$$;

ALTER FUNCTION credits_private.schedule_grants(p_state credits_private.account_state, p_subscription text) OWNER TO credits_owner;

--
-- Name: seal_accounts(text[], bigint, boolean); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.seal_accounts(p_account_ids text[], p_limit bigint, p_at_once boolean) RETURNS credits_private.sealed_accounts
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_done credits_private.sealed_accounts;
    v_account_id text;
    v_entries bigint;
begin
    v_done.accounts := 0;
    v_done.entries := 0;
    v_done.left_out := false;
    v_done.is_end := true;
    foreach v_account_id in array p_account_ids loop
        -- A chain that is locked takes room in a table that all sessions share.
        if v_done.entries >= p_limit or (p_at_once and v_done.accounts >= 500) then
            v_done.is_end := false;
            exit;
        end if;
        v_entries := credits_private.seal_entries(
            v_account_id, p_limit - v_done.entries, p_at_once
        );
        if v_entries is null then
            v_done.left_out := true;
        elsif v_entries > 0 then
            v_done.accounts := v_done.accounts + 1;
            v_done.entries := v_done.entries + v_entries;
        end if;
        -- Where the limit has cut an account short, the next batch goes on with it.
        if v_done.entries < p_limit then
            v_done.last_account_id := v_account_id;
        else
            v_done.is_end := false;
        end if;
    end loop;
    return v_done;
end
$$;

ALTER FUNCTION credits_private.seal_accounts(p_account_ids text[], p_limit bigint, p_at_once boolean) OWNER TO credits_owner;

--
-- Name: seal_at_once(); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.seal_at_once() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_head bigint;
    v_hash bytea;
    v_digest bytea;
begin
    select s.entry_id, s.hash into v_head, v_hash
    from credits_private.seals s
    where s.account_id = new.account_id
    order by s.entry_id desc
    limit 1;
    v_head := coalesce(v_head, 0);

    if v_head = new.entry_id - 1 then
        v_digest := credits_private.metadata_digest(new.metadata);
        insert into credits_private.seals (account_id, entry_id, version, hash, metadata_digest)
        values (
            new.account_id, new.entry_id, 1,
            sha256(coalesce(v_hash, '') || credits_private.entry_bytes(1, new, v_digest)), v_digest
        );
    elsif v_head between new.entry_id - 1000 and new.entry_id then
        perform credits_private.seal_entries(new.account_id, 1000, true);
    end if;
    return null;
end
$$;

ALTER FUNCTION credits_private.seal_at_once() OWNER TO credits_owner;

--
-- Name: seal_entries(text, bigint, boolean); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.seal_entries(p_account_id text, p_limit bigint, p_at_once boolean) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_head bigint;
    v_hash bytea;
    v_hashes bytea[] := array[]::bytea[];
    v_digests bytea[] := array[]::bytea[];
    r_entry record;
begin
    v_head := credits_private.sealed_entry(p_account_id);
    if not exists (
        select from credits_private.ledger l
        where l.account_id = p_account_id and l.entry_id = v_head + 1
    ) then
        return 0;
    end if;
    if p_at_once then
        if not credits_private.try_lock_chain(p_account_id) then
            return null;
        end if;
        v_head := credits_private.sealed_entry(p_account_id);
    end if;

    select s.hash into v_hash
    from credits_private.seals s
    where s.account_id = p_account_id and s.entry_id = v_head;
    for r_entry in
        select l.entry_id, d.metadata_digest,
            credits_private.entry_bytes(1, l, d.metadata_digest) as bytes
        from credits_private.ledger l
        cross join lateral (
            select credits_private.metadata_digest(l.metadata) as metadata_digest
        ) as d
        where l.account_id = p_account_id and l.entry_id > v_head
        order by l.entry_id
        limit p_limit
    loop
        exit when r_entry.entry_id <> v_head + cardinality(v_hashes) + 1;
        v_hash := sha256(coalesce(v_hash, '') || r_entry.bytes);
        v_hashes := v_hashes || v_hash;
        v_digests := v_digests || r_entry.metadata_digest;
    end loop;

    insert into credits_private.seals (account_id, entry_id, version, hash, metadata_digest)
    select p_account_id, v_head + u.number, 1, u.hash, u.metadata_digest
    from unnest(v_hashes, v_digests) with ordinality as u (hash, metadata_digest, number)
    on conflict do nothing;
    return cardinality(v_hashes)::bigint;
end
$$;

ALTER FUNCTION credits_private.seal_entries(p_account_id text, p_limit bigint, p_at_once boolean) OWNER TO credits_owner;

--
-- Name: sealed_entry(text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.sealed_entry(p_account_id text) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select coalesce(pg_catalog.max(s.entry_id), 0)
    from credits_private.seals s
    where s.account_id = p_account_id
$$;

ALTER FUNCTION credits_private.sealed_entry(p_account_id text) OWNER TO credits_owner;

--
-- Name: see_customer(credits_private.stripe_events, text, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.see_customer(p_event credits_private.stripe_events, p_customer text, p_account_id text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    insert into credits_private.stripe_customers as c (
        provider_account, livemode, customer, seen_account_id, seen_at
    )
    values (
        p_event.provider_account, p_event.livemode, p_customer, p_account_id, p_event.created_at
    )
    on conflict (customer, livemode, provider_account) do update
    set seen_account_id = case
            when (excluded.seen_at, excluded.seen_account_id collate "C")
                > (coalesce(c.seen_at, '-infinity'), coalesce(c.seen_account_id, '') collate "C")
                then excluded.seen_account_id
            else c.seen_account_id
        end,
        seen_at = greatest(c.seen_at, excluded.seen_at);
end
$$;

ALTER FUNCTION credits_private.see_customer(p_event credits_private.stripe_events, p_customer text, p_account_id text) OWNER TO credits_owner;

--
-- Name: setting(text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.setting(p_setting text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select s.value from credits_private.settings s where s.setting = p_setting
$$;

ALTER FUNCTION credits_private.setting(p_setting text) OWNER TO credits_owner;

--
-- Name: setting_interval(text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.setting_interval(p_setting text) RETURNS interval
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
    select credits_private.exact_interval(credits_private.setting(p_setting)::interval)
$$;

ALTER FUNCTION credits_private.setting_interval(p_setting text) OWNER TO credits_owner;

--
-- Name: settle_debt(credits_private.account_state); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.settle_debt(p_state credits_private.account_state) RETURNS credits_private.account_state
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_pools text[];
    v_entry credits_private.ledger;
    v_allocations jsonb;
    v_left bigint;
    v_payment_id bigint;
    r_part record;
begin
    if p_state.debt = 0 then
        return p_state;
    end if;
    select array_agg(p.pool) into v_pools from credits_private.pools p where p.pays_debt;
    v_allocations := credits_private.take_credits(
        p_state.account_id, p_state.debt, v_pools
    );
    v_left := -credits_private.sum_allocations(v_allocations);
    if v_left = 0 then
        return p_state;
    end if;
    v_entry.kind := 'settle';
    v_entry.allocations := v_allocations || credits_private.allocation(0, v_left);

    for r_part in
        select x.lot_id, -x.amount as amount
        from credits_private.parts_of(v_allocations) as x
        order by x.ordinal
    loop
        select l.payment_id into v_payment_id
        from credits_private.lots l
        where l.account_id = p_state.account_id and l.lot_id = r_part.lot_id;
        update credits_private.payments p
        set debt_paid = p.debt_paid + r_part.amount
        where p.account_id = p_state.account_id and p.payment_id = v_payment_id;
    end loop;

    for r_part in
        select p.payment_id, p.owed
        from credits_private.payments p
        where p.account_id = p_state.account_id and p.owed > 0
        order by p.payment_id
    loop
        exit when v_left = 0;
        update credits_private.payments p
        set owed = p.owed - least(v_left, r_part.owed),
            settled = p.settled + least(v_left, r_part.owed)
        where p.account_id = p_state.account_id and p.payment_id = r_part.payment_id;
        v_left := v_left - least(v_left, r_part.owed);
    end loop;
    return credits_private.book(p_state, v_entry);
end
$$;

ALTER FUNCTION credits_private.settle_debt(p_state credits_private.account_state) OWNER TO credits_owner;

--
-- Name: settle_stripe_payment(credits_private.stripe_events, text[], boolean); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.settle_stripe_payment(p_event credits_private.stripe_events, p_names text[], p_waits boolean) RETURNS credits_private.stripe_result
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_ref credits_private.payment_refs;
    v_payment credits_private.payment_order;
    v_id text := coalesce(
        (credits_private.stripe_object_ids(p_event.body #> '{data,object}'))[1], p_names[1]
    );
begin
    v_ref := credits_private.find_stripe_payment(p_event, p_names);
    if v_ref.account_id is null then
        if p_waits then
            return credits_private.stripe_result(
                'parked', 'payment ' || v_id || ' has granted no credits yet',
                credits_private.stripe_wait_name(p_event, v_id)
            );
        end if;
        return credits_private.stripe_result('applied', 'nothing was granted for it so far');
    end if;

    -- A merge may take the payment along until its account is locked.
    perform credits_private.lock_chain(v_ref.account_id);
    v_ref := credits_private.find_stripe_payment(p_event, p_names);
    v_payment.provider := 'stripe';
    v_payment.livemode := p_event.livemode;
    v_payment.provider_account := p_event.provider_account;
    v_payment.other_ids := p_names;
    perform credits_private.insert_refs(v_ref.account_id, v_ref.payment_id, v_payment);
    perform credits_private.post_stripe_return(p_event, v_ref, p_names);
    perform credits_private.freeze_for_disputes(p_event, v_ref.account_id);
    perform credits_private.wake_stripe_events(
        credits_private.stripe_wait_names(p_event, p_names)
    );
    return credits_private.stripe_result('applied', p_account_id => v_ref.account_id);
end
$$;

ALTER FUNCTION credits_private.settle_stripe_payment(p_event credits_private.stripe_events, p_names text[], p_waits boolean) OWNER TO credits_owner;

--
-- Name: share_of(bigint, bigint, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.share_of(p_granted bigint, p_paid bigint, p_returned bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select case
        when p_returned <= 0 then 0
        when p_returned >= p_paid then p_granted
        else pg_catalog.floor(p_granted::numeric * p_returned / p_paid)::bigint
    end
$$;

ALTER FUNCTION credits_private.share_of(p_granted bigint, p_paid bigint, p_returned bigint) OWNER TO credits_owner;

--
-- Name: slice_allocations(jsonb, bigint, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.slice_allocations(p_allocations jsonb, p_skipped bigint, p_amount bigint) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_skip bigint := p_skipped;
    v_left bigint := p_amount;
    v_here bigint;
    v_slice jsonb[] := array[]::jsonb[];
    r_part record;
begin
    for r_part in
        select x.lot_id, -x.amount as amount
        from credits_private.parts_of(p_allocations) as x
        order by x.ordinal
    loop
        exit when v_left = 0;
        v_here := least(v_left, r_part.amount - least(v_skip, r_part.amount));
        v_skip := v_skip - least(v_skip, r_part.amount);
        continue when v_here = 0;
        v_left := v_left - v_here;
        v_slice := v_slice || jsonb_build_array(r_part.lot_id, -v_here);
    end loop;
    return to_jsonb(v_slice);
end
$$;

ALTER FUNCTION credits_private.slice_allocations(p_allocations jsonb, p_skipped bigint, p_amount bigint) OWNER TO credits_owner;

--
-- Name: spend_refusal(credits_private.account_state, bigint, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.spend_refusal(p_state credits_private.account_state, p_amount bigint, p_member text) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_refusal jsonb;
begin
    if p_state.status <> 'active' then
        return credits_private.status_refusal(p_state, array['active']);
    end if;
    v_refusal := credits_private.cap_refusal(
        p_state.account_id, p_member, p_state.now, p_amount
    );
    if v_refusal is not null then
        return v_refusal;
    end if;
    return credits_private.affordable_refusal(p_state, p_amount);
end
$$;

ALTER FUNCTION credits_private.spend_refusal(p_state credits_private.account_state, p_amount bigint, p_member text) OWNER TO credits_owner;

--
-- Name: sealing; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.sealing (
    is_only boolean DEFAULT true NOT NULL,
    at_once boolean DEFAULT false NOT NULL,
    since timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    next_since timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    mark_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    mark_xid bigint DEFAULT 0 NOT NULL,
    pass_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    pass_after text COLLATE pg_catalog."C",
    whole_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    whole_after text DEFAULT ''::text COLLATE pg_catalog."C",
    is_whole boolean DEFAULT false NOT NULL,
    is_owed boolean DEFAULT false NOT NULL,
    sealed_until timestamp with time zone,
    CONSTRAINT sealing_is_one_row CHECK (is_only)
);

ALTER TABLE credits_private.sealing OWNER TO credits_owner;

--
-- Name: TABLE sealing; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.sealing IS 'How far sealing has come: one row, which whoever seals keeps locked meanwhile.';

--
-- Name: COLUMN sealing.is_only; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.sealing.is_only IS 'Always true: there is one row.';

--
-- Name: COLUMN sealing.at_once; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.sealing.at_once IS 'Whether entries are sealed in their own transaction; the setting sealing says so.';

--
-- Name: COLUMN sealing.since; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.sealing.since IS 'A pass looks for entries that were created since; older ones are sealed, or left to the next walk over all accounts.';

--
-- Name: COLUMN sealing.next_since; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.sealing.next_since IS 'What since becomes when the running pass has come to its end; -infinity if it has left an account out.';

--
-- Name: COLUMN sealing.mark_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.sealing.mark_at IS 'What since becomes once all transactions that ran at this instant have ended.';

--
-- Name: COLUMN sealing.mark_xid; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.sealing.mark_xid IS 'Those are the transactions with lower numbers than this.';

--
-- Name: COLUMN sealing.pass_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.sealing.pass_at IS 'When the last pass began.';

--
-- Name: COLUMN sealing.pass_after; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.sealing.pass_after IS 'Account that the running pass has reached; null between two passes.';

--
-- Name: COLUMN sealing.whole_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.sealing.whole_at IS 'When the last walk over all accounts began.';

--
-- Name: COLUMN sealing.whole_after; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.sealing.whole_after IS 'Account that it has reached; null when it has come to its end.';

--
-- Name: COLUMN sealing.is_whole; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.sealing.is_whole IS 'Whether everything older than since has been walked over.';

--
-- Name: COLUMN sealing.is_owed; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.sealing.is_owed IS 'Whether another walk is due when the transactions of the mark have ended, because some may have older entries than a pass looks back for.';

--
-- Name: COLUMN sealing.sealed_until; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.sealing.sealed_until IS 'What was committed by then is sealed; null before everything has been sealed once.';

--
-- Name: start_sealing_pass(credits_private.sealing, timestamp with time zone, bigint, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.start_sealing_pass(p_sealing credits_private.sealing, p_now timestamp with time zone, p_xid bigint, p_xmin bigint) RETURNS credits_private.sealing
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_sealing credits_private.sealing := p_sealing;
    v_hour_ago timestamptz := p_now - interval '3600 seconds';
    v_lost boolean := p_sealing.pass_at > p_now or p_sealing.pass_at < v_hour_ago;
    v_walk boolean := v_lost or p_sealing.whole_at < p_now - interval '86400 seconds';
begin
    if v_lost then
        v_sealing.mark_at := '-infinity';
        v_sealing.mark_xid := 0;
        v_sealing.is_whole := false;
    end if;
    if v_lost or v_sealing.since < v_hour_ago then
        v_sealing.since := v_hour_ago;
        v_sealing.is_owed := true;
    end if;

    v_sealing.next_since := v_sealing.since;
    if p_xmin >= v_sealing.mark_xid then
        v_sealing.next_since := greatest(v_sealing.since, v_sealing.mark_at);
        if p_xid is not null then
            v_walk := v_walk or v_sealing.is_owed;
            v_sealing.is_owed := v_sealing.is_owed and v_sealing.since > v_sealing.mark_at;
            v_sealing.mark_at := p_now;
            v_sealing.mark_xid := p_xid;
        end if;
    end if;

    if v_walk then
        v_sealing.whole_at := p_now;
        v_sealing.whole_after := '';
    end if;
    v_sealing.pass_at := p_now;
    v_sealing.pass_after := '';
    return v_sealing;
end
$$;

ALTER FUNCTION credits_private.start_sealing_pass(p_sealing credits_private.sealing, p_now timestamp with time zone, p_xid bigint, p_xmin bigint) OWNER TO credits_owner;

--
-- Name: status_refusal(credits_private.account_state, text[]); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.status_refusal(p_state credits_private.account_state, p_allowed text[]) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_chain text[];
begin
    if p_state.merged_into is not null then
        v_chain := credits_private.chain_of(p_state.account_id);
        return credits_private.refuse(
            'account_merged',
            jsonb_build_object(
                'account_id', p_state.account_id, 'merged_into', v_chain[cardinality(v_chain)]
            )
        );
    elsif p_state.status is not null and p_state.status <> all (p_allowed) then
        return credits_private.refuse(
            case p_state.status when 'frozen' then 'account_frozen' else 'account_closed' end,
            jsonb_build_object('account_id', p_state.account_id)
        );
    end if;
    return null;
end
$$;

ALTER FUNCTION credits_private.status_refusal(p_state credits_private.account_state, p_allowed text[]) OWNER TO credits_owner;

--
-- Name: stripe_credited(credits_private.stripe_events, text[]); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.stripe_credited(p_event credits_private.stripe_events, p_names text[]) RETURNS bigint
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    return (
        select coalesce(sum(greatest(n.amount - x.refunded, 0)), 0)::bigint
        from credits_private.stripe_credit_notes n
        cross join lateral (
            select coalesce(
                sum(coalesce((p.part ->> 1)::bigint, r.amount, n.amount)), 0
            ) as refunded
            from jsonb_array_elements(n.refunds) as p (part)
            left join credits_private.stripe_refunds r
                on r.refund = p.part ->> 0
                and r.livemode = p_event.livemode
                and r.provider_account = p_event.provider_account
        ) as x
        where n.invoice = any (p_names)
            and n.livemode = p_event.livemode
            and n.provider_account = p_event.provider_account
            and not n.is_void
            and credits_private.setting('credit_notes') = 'take_back'
    );
end
$$;

ALTER FUNCTION credits_private.stripe_credited(p_event credits_private.stripe_events, p_names text[]) OWNER TO credits_owner;

--
-- Name: stripe_dispute_rank(text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.stripe_dispute_rank(p_status text) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select case p_status
        when 'warning_needs_response' then 1
        when 'warning_under_review' then 2
        when 'warning_closed' then 3
        when 'prevented' then 3
        when 'needs_response' then 4
        when 'under_review' then 5
        when 'charge_refunded' then 6
        when 'lost' then 7
        when 'appeal_needs_response' then 8
        when 'appeal_under_review' then 9
        when 'won' then 10
    end
$$;

ALTER FUNCTION credits_private.stripe_dispute_rank(p_status text) OWNER TO credits_owner;

--
-- Name: stripe_disputed(credits_private.stripe_events, text[], text, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.stripe_disputed(p_event credits_private.stripe_events, p_names text[], p_currency text, p_amount_paid bigint) RETURNS bigint
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    return (
        select coalesce(
            sum(
                case when lower(d.currency) = lower(p_currency) then d.amount else p_amount_paid end
            ),
            0
        )::bigint
        from credits_private.stripe_disputes d
        where (d.payment_intent = any (p_names) or d.charge = any (p_names))
            and d.livemode = p_event.livemode
            and d.provider_account = p_event.provider_account
            and credits_private.dispute_takes_back(
                d, credits_private.setting('dispute_takes_back') = 'at_once'
            )
    );
end
$$;

ALTER FUNCTION credits_private.stripe_disputed(p_event credits_private.stripe_events, p_names text[], p_currency text, p_amount_paid bigint) OWNER TO credits_owner;

--
-- Name: stripe_id(jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.stripe_id(p_value jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select i.id
    from (
        select case pg_catalog.jsonb_typeof(p_value)
            when 'string' then p_value #>> '{}'
            when 'object' then p_value ->> 'id'
        end
    ) as i (id)
    where pg_catalog.length(i.id) between 1 and 255
$$;

ALTER FUNCTION credits_private.stripe_id(p_value jsonb) OWNER TO credits_owner;

--
-- Name: stripe_key(credits_private.stripe_events, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.stripe_key(p_event credits_private.stripe_events, p_id text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select pg_catalog.concat_ws(
        ':', 'stripe', case when not p_event.livemode then 'test' end,
        nullif(p_event.provider_account, ''), p_id
    )
$$;

ALTER FUNCTION credits_private.stripe_key(p_event credits_private.stripe_events, p_id text) OWNER TO credits_owner;

--
-- Name: stripe_names(credits_private.stripe_events, text[]); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.stripe_names(p_event credits_private.stripe_events, p_ids text[]) RETURNS text[]
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    return (
        with recursive names (id) as (
            select x.id collate "C" from unnest(p_ids) as x (id) where x.id is not null
            union
            select l.other_id
            from names n
            join credits_private.stripe_links l on l.object_id = n.id
            where l.livemode = p_event.livemode and l.provider_account = p_event.provider_account
        )
        select coalesce(array_agg(n.id order by n.id), '{}') from names n
    );
end
$$;

ALTER FUNCTION credits_private.stripe_names(p_event credits_private.stripe_events, p_ids text[]) OWNER TO credits_owner;

--
-- Name: stripe_object_ids(jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.stripe_object_ids(p_object jsonb) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select coalesce(array_agg(i.id order by i.position) filter (where i.id is not null), '{}')
    from (
        select x.position, credits_private.stripe_id(x.value) as id
        from unnest(case p_object ->> 'object'
            when 'checkout.session' then
                array[p_object -> 'payment_intent', p_object -> 'id', p_object -> 'invoice']
            when 'payment_intent' then
                array[
                    p_object -> 'id', p_object -> 'latest_charge', p_object #> '{charges,data,0}',
                    p_object -> 'invoice'
                ]
            when 'invoice' then
                array[p_object -> 'id', p_object -> 'payment_intent', p_object -> 'charge']
            when 'invoice_payment' then
                array[
                    p_object -> 'invoice', p_object #> '{payment,payment_intent}',
                    p_object #> '{payment,charge}'
                ]
            when 'charge' then
                array[p_object -> 'payment_intent', p_object -> 'id', p_object -> 'invoice']
            when 'refund' then array[p_object -> 'payment_intent', p_object -> 'charge']
            when 'dispute' then array[p_object -> 'payment_intent', p_object -> 'charge']
            when 'credit_note' then array[p_object -> 'invoice']
        end) with ordinality as x (value, position)
    ) as i
$$;

ALTER FUNCTION credits_private.stripe_object_ids(p_object jsonb) OWNER TO credits_owner;

--
-- Name: stripe_objects(credits_private.stripe_events, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.stripe_objects(p_event credits_private.stripe_events, p_object_ids jsonb) RETURNS TABLE(provider_account text, object_id text, kind text, state text, amount bigint, needs_review boolean, names text[])
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    with wanted (ids) as (
        select array(select jsonb_array_elements_text(p_object_ids))
    ),
    found as (
        select c.provider_account, c.livemode, c.session as object_id, 'checkout_session' as kind,
            c.state, null::bigint as amount, false as needs_review, array[c.session] as names
        from wanted w
        join credits_private.stripe_checkouts c on c.session = any (w.ids)
        union all
        select i.provider_account, i.livemode, i.invoice, 'invoice', i.status, null,
            i.needs_review, array[i.invoice]
        from wanted w
        join credits_private.stripe_invoices i
            on i.invoice = any (w.ids) or p_object_ids is null and i.needs_review
        union all
        select r.provider_account, r.livemode, r.object_id, r.kind, null, null, false,
            array[r.object_id]
        from wanted w
        join credits_private.payment_refs r
            on r.object_id = any (w.ids) and r.provider = 'stripe'
            and r.kind in ('payment_intent', 'charge')
        union all
        select r.provider_account, r.livemode, r.refund, 'refund',
            coalesce(r.status, r.unknown_status), r.amount, r.unknown_status is not null,
            array[r.payment_intent, r.charge]
        from wanted w
        join credits_private.stripe_refunds r
            on r.refund = any (w.ids) or p_object_ids is null and r.unknown_status is not null
        union all
        select d.provider_account, d.livemode, d.dispute, 'dispute',
            coalesce(d.status, d.unknown_status), d.amount, d.unknown_status is not null,
            array[d.payment_intent, d.charge]
        from wanted w
        join credits_private.stripe_disputes d
            on d.dispute = any (w.ids) or p_object_ids is null and d.unknown_status is not null
        union all
        select p.provider_account, p.livemode, p.price, 'price', null, null, p.is_unsure, '{}'
        from credits_private.stripe_prices p
        where p_object_ids is null and p.is_unsure
        union all
        select p.provider_account, p.livemode, p.product, 'product', null, null, p.is_unsure, '{}'
        from credits_private.stripe_products p
        where p_object_ids is null and p.is_unsure
    )
    select f.provider_account, f.object_id, f.kind, f.state, f.amount, f.needs_review, f.names
    from found f
    where f.livemode = p_event.livemode and f.provider_account = p_event.provider_account
$$;

ALTER FUNCTION credits_private.stripe_objects(p_event credits_private.stripe_events, p_object_ids jsonb) OWNER TO credits_owner;

--
-- Name: stripe_order(credits_private.stripe_events, timestamp with time zone, jsonb, jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.stripe_order(p_event credits_private.stripe_events, p_kept_at timestamp with time zone, p_kept jsonb, p_kept_previous jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    if p_event.created_at <> p_kept_at then
        return case when p_event.created_at > p_kept_at then 'newer' else 'older' end;
    elsif p_event.body #> '{data,object}' = p_kept then
        return 'older';
    elsif credits_private.has_values(p_kept, p_event.body #> '{data,previous_attributes}') then
        return 'newer';
    elsif credits_private.has_values(p_event.body #> '{data,object}', p_kept_previous) then
        return 'older';
    end if;
    return 'unsure';
end
$$;

ALTER FUNCTION credits_private.stripe_order(p_event credits_private.stripe_events, p_kept_at timestamp with time zone, p_kept jsonb, p_kept_previous jsonb) OWNER TO credits_owner;

--
-- Name: stripe_refund_rank(text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.stripe_refund_rank(p_status text) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select case p_status
        when 'pending' then 1
        when 'requires_action' then 2
        when 'succeeded' then 3
        when 'failed' then 4
        when 'canceled' then 4
    end
$$;

ALTER FUNCTION credits_private.stripe_refund_rank(p_status text) OWNER TO credits_owner;

--
-- Name: stripe_refunded(credits_private.stripe_events, text[]); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.stripe_refunded(p_event credits_private.stripe_events, p_names text[]) RETURNS bigint
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    return (
        with charges as (
            select c.charge, coalesce(c.payment_intent, c.charge) as payment, c.event_at,
                c.amount_refunded
            from credits_private.stripe_charges c
            where c.charge = any (p_names)
                and c.livemode = p_event.livemode
                and c.provider_account = p_event.provider_account
        ),
        refunds as (
            select coalesce(r.payment_intent, c.payment, r.charge) as payment, r.charge, r.amount,
                r.status, r.made_at, r.failed_at
            from credits_private.stripe_refunds r
            left join charges c on c.charge = r.charge
            where (r.payment_intent = any (p_names) or r.charge = any (p_names))
                and r.livemode = p_event.livemode
                and r.provider_account = p_event.provider_account
        ),
        told as (
            select c.payment,
                c.amount_refunded - coalesce(sum(r.amount), 0) as amount
            from charges c
            left join refunds r on r.charge = c.charge
                and r.made_at <= c.event_at
                and r.failed_at >= c.event_at
            group by c.charge, c.payment, c.amount_refunded
        ),
        totals as (
            select t.payment, sum(t.amount) as told, 0 as listed from told t group by t.payment
            union all
            select r.payment, 0, sum(r.amount)
            from refunds r
            where r.status in ('pending', 'requires_action', 'succeeded')
            group by r.payment
        )
        select coalesce(sum(x.amount), 0)::bigint
        from (
            select greatest(sum(t.told), sum(t.listed)) as amount
            from totals t
            group by t.payment
        ) as x
    );
end
$$;

ALTER FUNCTION credits_private.stripe_refunded(p_event credits_private.stripe_events, p_names text[]) OWNER TO credits_owner;

--
-- Name: stripe_result(text, text, text, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.stripe_result(p_outcome text, p_reason text DEFAULT NULL::text, p_waits_for text DEFAULT NULL::text, p_account_id text DEFAULT NULL::text) RETURNS credits_private.stripe_result
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_result credits_private.stripe_result;
begin
    v_result.outcome := p_outcome;
    v_result.reason := p_reason;
    v_result.waits_for := p_waits_for;
    v_result.account_id := p_account_id;
    return v_result;
end
$$;

ALTER FUNCTION credits_private.stripe_result(p_outcome text, p_reason text, p_waits_for text, p_account_id text) OWNER TO credits_owner;

--
-- Name: stripe_returned(credits_private.stripe_events, text[], text, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.stripe_returned(p_event credits_private.stripe_events, p_names text[], p_currency text, p_amount_paid bigint) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select least(
        credits_private.stripe_refunded(p_event, p_names)::numeric
            + credits_private.stripe_disputed(p_event, p_names, p_currency, p_amount_paid)
            + credits_private.stripe_credited(p_event, p_names),
        greatest(p_amount_paid, 1)
    )::bigint
$$;

ALTER FUNCTION credits_private.stripe_returned(p_event credits_private.stripe_events, p_names text[], p_currency text, p_amount_paid bigint) OWNER TO credits_owner;

--
-- Name: stripe_terms(credits_private.stripe_events, text, timestamp with time zone); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.stripe_terms(p_event credits_private.stripe_events, p_price text, p_at timestamp with time zone) RETURNS credits_private.stripe_terms
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_set credits_private.stripe_price_terms;
    v_price jsonb;
    v_product jsonb;
    v_terms credits_private.stripe_terms;
begin
    select t.* into v_set
    from credits_private.stripe_price_terms t
    where t.price = p_price;
    select p.object into v_price
    from credits_private.stripe_prices p
    where p.price = p_price
        and p.livemode = p_event.livemode
        and p.provider_account = p_event.provider_account
        and p.valid_from <= p_at
    order by p.valid_from desc
    limit 1;

    if v_set.price is not null then
        v_terms := credits_private.parse_stripe_terms('{}');
        v_terms.credits := v_set.credits;
        v_terms.rollover_cap := v_set.rollover_cap;
        v_terms.proration := v_set.proration;
    elsif v_price is null then
        v_terms.problem := 'price ' || p_price || ' is unknown: set its credits';
        v_terms.waits_for := 'price:' || p_price;
    else
        select p.object into v_product
        from credits_private.stripe_products p
        where p.product = credits_private.stripe_id(v_price -> 'product')
            and p.livemode = p_event.livemode
            and p.provider_account = p_event.provider_account
            and p.valid_from <= p_at
        order by p.valid_from desc
        limit 1;
        if v_product is null and credits_private.stripe_id(v_price -> 'product') is not null then
            v_terms.problem := 'product ' || credits_private.stripe_id(v_price -> 'product')
                || ' of price ' || p_price || ' is unknown';
            v_terms.waits_for := 'product:' || credits_private.stripe_id(v_price -> 'product');
        else
            v_terms := credits_private.parse_stripe_terms(
                coalesce(nullif(v_product -> 'metadata', 'null'), '{}')
                    || coalesce(nullif(v_price -> 'metadata', 'null'), '{}')
            );
            if v_terms.problem is not null then
                v_terms.problem := 'price ' || p_price || ': ' || v_terms.problem;
                v_terms.waits_for := 'price:' || p_price;
            end if;
        end if;
    end if;
    v_terms.unit_price := coalesce(v_price ->> 'unit_amount_decimal', v_price ->> 'unit_amount',
        v_price ->> 'amount')::numeric;
    return v_terms;
end
$$;

ALTER FUNCTION credits_private.stripe_terms(p_event credits_private.stripe_events, p_price text, p_at timestamp with time zone) OWNER TO credits_owner;

--
-- Name: stripe_wait_name(credits_private.stripe_events, text, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.stripe_wait_name(p_event credits_private.stripe_events, p_object_id text, p_kind text DEFAULT 'payment'::text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select pg_catalog.concat_ws(
        ':', p_kind, p_event.provider_account, case when p_event.livemode then 't' else 'f' end,
        p_object_id
    )
$$;

ALTER FUNCTION credits_private.stripe_wait_name(p_event credits_private.stripe_events, p_object_id text, p_kind text) OWNER TO credits_owner;

--
-- Name: stripe_wait_names(credits_private.stripe_events, text[]); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.stripe_wait_names(p_event credits_private.stripe_events, p_names text[]) RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select coalesce(array_agg(credits_private.stripe_wait_name(p_event, n.id)), '{}')
    from unnest(p_names) as n (id)
$$;

ALTER FUNCTION credits_private.stripe_wait_names(p_event credits_private.stripe_events, p_names text[]) OWNER TO credits_owner;

--
-- Name: subscription_cancel_at(jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.subscription_cancel_at(p_subscription jsonb) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select coalesce(
        to_timestamp((p_subscription ->> 'cancel_at')::bigint),
        case when p_subscription ->> 'cancel_at_period_end' = 'true' then
            credits_private.subscription_period(p_subscription, 'end')
        end
    )
$$;

ALTER FUNCTION credits_private.subscription_cancel_at(p_subscription jsonb) OWNER TO credits_owner;

--
-- Name: subscription_end(credits_private.subscriptions); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.subscription_end(p_subscription credits_private.subscriptions) RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select case
        when p_subscription.canceled_at is null then 'infinity'
        when not p_subscription.cancel_at_period_end then p_subscription.canceled_at
        else (
            select max(i.period_end)
            from credits_private.subscription_items i
            where i.account_id = p_subscription.account_id
                and i.subscription = p_subscription.subscription
        )
    end
$$;

ALTER FUNCTION credits_private.subscription_end(p_subscription credits_private.subscriptions) OWNER TO credits_owner;

--
-- Name: subscription_period(jsonb, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.subscription_period(p_subscription jsonb, p_bound text) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select to_timestamp(coalesce(
        (
            select case p_bound
                when 'start' then min((i.item ->> 'current_period_start')::bigint)
                else max((i.item ->> 'current_period_end')::bigint)
            end
            from jsonb_array_elements(
                case jsonb_typeof(p_subscription #> '{items,data}')
                    when 'array' then p_subscription #> '{items,data}'
                    else '[]'
                end
            ) as i (item)
        ),
        (p_subscription ->> ('current_period_' || p_bound))::bigint
    ))
$$;

ALTER FUNCTION credits_private.subscription_period(p_subscription jsonb, p_bound text) OWNER TO credits_owner;

--
-- Name: sum_allocations(jsonb); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.sum_allocations(p_allocations jsonb) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select coalesce(pg_catalog.sum(x.amount), 0)::bigint
    from credits_private.parts_of(p_allocations) as x
$$;

ALTER FUNCTION credits_private.sum_allocations(p_allocations jsonb) OWNER TO credits_owner;

--
-- Name: take_credits(text, bigint, text[]); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.take_credits(p_account_id text, p_amount bigint, p_pools text[] DEFAULT NULL::text[]) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_left bigint := p_amount;
    v_lot credits_private.lots;
    v_parts jsonb[] := array[]::jsonb[];
begin
    v_lot.priority := -2147483648;
    v_lot.expires_at := '-infinity';
    v_lot.lot_id := 0;
    -- One index descent a lot, each beginning behind the last one: a loop over one query would read
    -- and sort all lots of the account.
    while v_left > 0 loop
        select l.* into v_lot
        from credits_private.lots l
        where l.account_id = p_account_id
            and l.is_open
            and (l.priority, l.expires_at, l.lot_id)
                > (v_lot.priority, v_lot.expires_at, v_lot.lot_id)
        order by l.priority, l.expires_at, l.lot_id
        limit 1;
        exit when not found;
        continue when v_lot.pool <> all (p_pools);

        perform credits_private.draw_lot(
            p_account_id, v_lot.lot_id, least(v_left, v_lot.remaining)
        );
        v_parts := v_parts
            || jsonb_build_array(v_lot.lot_id, -least(v_left, v_lot.remaining));
        v_left := v_left - least(v_left, v_lot.remaining);
    end loop;
    return to_jsonb(v_parts);
end
$$;

ALTER FUNCTION credits_private.take_credits(p_account_id text, p_amount bigint, p_pools text[]) OWNER TO credits_owner;

--
-- Name: take_paid_credits(text, bigint, bigint); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.take_paid_credits(p_account_id text, p_payment_id bigint, p_amount bigint) RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_left bigint := p_amount;
    v_parts jsonb[] := array[]::jsonb[];
    r_lot record;
begin
    for r_lot in
        select l.lot_id, l.remaining
        from credits_private.lots l
        where l.account_id = p_account_id and l.payment_id = p_payment_id and l.is_open
        order by l.priority, l.expires_at, l.lot_id
    loop
        exit when v_left = 0;
        perform credits_private.draw_lot(
            p_account_id, r_lot.lot_id, least(v_left, r_lot.remaining)
        );
        v_parts := v_parts
            || jsonb_build_array(r_lot.lot_id, -least(v_left, r_lot.remaining));
        v_left := v_left - least(v_left, r_lot.remaining);
    end loop;
    return to_jsonb(v_parts);
end
$$;

ALTER FUNCTION credits_private.take_paid_credits(p_account_id text, p_payment_id bigint, p_amount bigint) OWNER TO credits_owner;

--
-- Name: try_lock_chain(text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.try_lock_chain(p_account_id text) RETURNS boolean
    LANGUAGE sql
    AS $$
    select pg_catalog.pg_try_advisory_xact_lock(
        'credits_private.seals'::regclass::oid::integer, pg_catalog.hashtext(p_account_id)
    )
$$;

ALTER FUNCTION credits_private.try_lock_chain(p_account_id text) OWNER TO credits_owner;

--
-- Name: try_stripe_event(credits_private.stripe_events); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.try_stripe_event(p_event credits_private.stripe_events) RETURNS credits_private.stripe_events
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_event credits_private.stripe_events := p_event;
    v_result credits_private.stripe_result;
    v_sqlstate text;
    v_message text;
    v_detail text;
begin
    begin
        v_result := credits_private.apply_stripe_event(p_event);
    exception
        when sqlstate 'PT000' or data_exception or integrity_constraint_violation
            or syntax_error_or_access_rule_violation or plpgsql_error or cardinality_violation
        then
            get stacked diagnostics
                v_sqlstate := returned_sqlstate,
                v_message := message_text,
                v_detail := pg_exception_detail;
            v_result := null;
            v_result.outcome := 'failed';
            v_result.reason := v_sqlstate || ' ' || v_message || coalesce(
                ' ' || nullif(v_detail, ''), ''
            );
            if v_sqlstate = 'PT409' and v_detail::jsonb ->> 'code' = 'account_closed' then
                v_result.outcome := 'parked';
                v_result.waits_for := 'account:' || (v_detail::jsonb ->> 'account_id');
            end if;
    end;

    v_event.outcome := v_result.outcome;
    v_event.reason := v_result.reason;
    v_event.waits_for := v_result.waits_for;
    v_event.account_id := v_result.account_id;
    v_event.applied_at := credits_private.clock();
    v_event.attempts := p_event.attempts + 1;
    v_event.retry_at := null;
    if v_event.outcome = 'failed'
        and v_event.attempts < credits_private.setting('stripe_attempts')::integer
    then
        v_event.retry_at := v_event.applied_at
            + least(interval '1 minute' * 2 ^ least(v_event.attempts, 20), interval '24 hours');
    end if;
    update credits_private.stripe_events e
    set outcome = v_event.outcome,
        reason = v_event.reason,
        waits_for = v_event.waits_for,
        account_id = v_event.account_id,
        attempts = v_event.attempts,
        retry_at = v_event.retry_at,
        applied_at = v_event.applied_at
    where e.provider_account = v_event.provider_account and e.event_id = v_event.event_id;
    return v_event;
end
$$;

ALTER FUNCTION credits_private.try_stripe_event(p_event credits_private.stripe_events) OWNER TO credits_owner;

--
-- Name: uncounted_window(text, text, text, timestamp with time zone); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.uncounted_window(p_account_id text, p_member text, p_period text, p_at timestamp with time zone) RETURNS credits_private.usage_window
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_window credits_private.usage_window := credits_private.cap_window(
        p_account_id, p_period, p_at
    );
begin
    v_window.used := 0;
    if exists (
        select
        from credits_private.usage_counters c
        where c.account_id = p_account_id
            and c.member = p_member
            and c.feature = ''
            and c.period = p_period
            and c.starts_at > p_at
    ) then
        v_window.used := credits_private.member_usage_in(
            p_account_id, p_member, v_window.starts_at, v_window.ends_at
        );
    end if;
    return v_window;
end
$$;

ALTER FUNCTION credits_private.uncounted_window(p_account_id text, p_member text, p_period text, p_at timestamp with time zone) OWNER TO credits_owner;

--
-- Name: upgrade_due(credits_private.account_state, credits_private.subscription_items, bigint, text, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.upgrade_due(p_state credits_private.account_state, p_item credits_private.subscription_items, p_amount bigint, p_policy text, p_plan text) RETURNS bigint
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_start timestamptz := credits_private.grant_instant(p_item, p_item.grants_done - 1);
    v_end timestamptz := credits_private.grant_instant(p_item, p_item.grants_done);
    v_granted bigint;
    v_has_plan boolean;
    v_due bigint;
begin
    if p_policy = 'none' or p_item.is_trial then
        return 0;
    end if;
    select coalesce(sum(l.granted), 0), coalesce(bool_or(l.plan = p_plan), false)
    into v_granted, v_has_plan
    from credits_private.lots l
    where l.account_id = p_state.account_id
        and l.subscription = p_item.subscription
        and l.item = p_item.item
        and l.period_start = v_start
        and l.origin in ('grant', 'schedule', 'upgrade');
    v_due := case
        when p_policy = 'difference' then greatest(p_amount - v_granted, 0)
        when v_has_plan then 0
        else p_amount
    end;
    if v_due > 0 and v_end <= p_state.now then
        perform credits_private.fail(
            'invalid_state',
            jsonb_build_object(
                'account_id', p_state.account_id, 'subscription', p_item.subscription,
                'item', p_item.item, 'period_end', v_end
            ),
            'The period is over and the next one has not been granted: renew first, or change '
            'with p_policy none.'
        );
    end if;
    return v_due;
end
$$;

ALTER FUNCTION credits_private.upgrade_due(p_state credits_private.account_state, p_item credits_private.subscription_items, p_amount bigint, p_policy text, p_plan text) OWNER TO credits_owner;

--
-- Name: use_trial_key(text, text, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.use_trial_key(p_account_id text, p_subscription text, p_trial_key text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    if p_trial_key is null then
        return;
    end if;
    insert into credits_private.trial_keys (trial_key, account_id, subscription)
    values (p_trial_key, p_account_id, p_subscription)
    on conflict do nothing;
    if not found then
        perform credits_private.fail(
            'trial_used',
            jsonb_build_object(
                'account_id', p_account_id, 'subscription', p_subscription, 'trial_key',
                p_trial_key
            )
        );
    end if;
end
$$;

ALTER FUNCTION credits_private.use_trial_key(p_account_id text, p_subscription text, p_trial_key text) OWNER TO credits_owner;

--
-- Name: verify_accounts(text[]); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.verify_accounts(p_account_ids text[]) RETURNS SETOF credits.finding
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select f.account_id, f.violation, f.entry_id, f.lot_id, f.expected, f.actual
    from unnest(p_account_ids) as a (account_id)
    cross join lateral (
        select 1 as part, o.* from credits_private.verify_opening(a.account_id) as o
        union all
        select 2, e.* from credits_private.verify_entries(a.account_id) as e
        union all
        select 3, l.* from credits_private.verify_lots(a.account_id) as l
        union all
        select 4, p.* from credits_private.verify_payments(a.account_id) as p
        union all
        select 5, h.* from credits_private.verify_holds(a.account_id) as h
        union all
        select 6, s.* from credits_private.verify_chain(a.account_id) as s
        union all
        select 7, m.* from credits_private.verify_members(a.account_id) as m
        union all
        select 8, c.* from credits_private.verify_closing(a.account_id) as c
        union all
        select 9, x.* from credits_private.verify_pairs(a.account_id) as x
        union all
        select 10, m.* from credits_private.verify_moved(a.account_id) as m
        union all
        select 11, s.* from credits_private.verify_subscriptions(a.account_id) as s
    ) as f
    order by f.account_id collate "C", f.part, f.entry_id, f.lot_id, f.violation
$$;

ALTER FUNCTION credits_private.verify_accounts(p_account_ids text[]) OWNER TO credits_owner;

--
-- Name: verify_chain(text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.verify_chain(p_account_id text) RETURNS SETOF credits.finding
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    with chain as (
        select s.entry_id, s.version, s.hash,
            lag(s.entry_id, 1, 0::bigint) over w as before_id,
            lag(s.hash, 1, ''::bytea) over w as before_hash,
            coalesce(lag(l.entry_id is null) over w, false) as before_is_gone,
            l.entry_id is null as is_gone,
            l as entry,
            coalesce(
                credits_private.metadata_digest(l.metadata), s.metadata_digest
            ) as metadata_digest
        from credits_private.seals s
        left join credits_private.ledger l
            on l.account_id = p_account_id and l.entry_id = s.entry_id
        where s.account_id = p_account_id
        window w as (order by s.entry_id)
    )
    select p_account_id, v.violation, v.entry_id, null::bigint, v.expected, v.actual
    from chain c
    cross join lateral (
        select case when not c.is_gone then encode(
            sha256(
                c.before_hash
                || credits_private.entry_bytes(c.version, c.entry, c.metadata_digest)
            ),
            'hex'
        ) end as hash
    ) as found
    cross join lateral (values
        ('seal is missing', c.before_id + 1, c.entry_id = c.before_id + 1, 'a seal', 'none'),
        ('sealed entry is gone', c.entry_id, not c.is_gone or c.before_is_gone,
            'entry with seal ' || encode(c.hash, 'hex'), 'none'),
        ('entry is not what was sealed', c.entry_id,
            c.is_gone or c.entry_id <> c.before_id + 1 or found.hash = encode(c.hash, 'hex'),
            encode(c.hash, 'hex'), found.hash)
    ) as v (violation, entry_id, holds, expected, actual)
    where v.holds is not true
    order by v.entry_id
$$;

ALTER FUNCTION credits_private.verify_chain(p_account_id text) OWNER TO credits_owner;

--
-- Name: verify_closing(text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.verify_closing(p_account_id text) RETURNS SETOF credits.finding
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select p_account_id, c.violation, c.entry_id, c.lot_id, c.expected, c.actual
    from credits_private.accounts a
    cross join lateral (
        select coalesce(sum(l.remaining), 0) + coalesce(max(t.open_lot_remaining), 0) as credits
        from (
            select e.open_lot_remaining
            from credits_private.ledger e
            where e.account_id = p_account_id
            order by e.entry_id desc
            limit 1
        ) as t
        left join credits_private.lots l on l.account_id = p_account_id
    ) as s
    cross join lateral (
        select null::bigint as entry_id, null::bigint as lot_id, 'closed account has credits',
            s.credits = 0, '0', s.credits::text
        union all
        select h.hold_id, null, 'closed account has an open hold', h.status <> 'open', 'closed',
            'open'
        from credits_private.holds h
        where h.account_id = p_account_id
        union all
        select null, l.lot_id, 'lot has stayed in a merged account',
            a.merged_into is null or l.moved_to_lot_id is not null, a.merged_into, null
        from credits_private.lots l
        where l.account_id = p_account_id
        union all
        select p.payment_id, null, 'payment has stayed in a merged account',
            a.merged_into is null or p.moved_to_payment_id is not null, a.merged_into, null
        from credits_private.payments p
        where p.account_id = p_account_id
        union all
        select r.payment_id, null, 'name of a payment has stayed in a merged account',
            a.merged_into is null, a.merged_into, r.object_id
        from credits_private.payment_refs r
        where r.account_id = p_account_id
        union all
        select null, null, 'subscription has stayed in a merged account',
            a.merged_into is null, a.merged_into, s.subscription
        from (
            select o.subscription
            from credits_private.subscriptions o
            where o.account_id = p_account_id
            union
            select i.subscription
            from credits_private.subscription_items i
            where i.account_id = p_account_id
        ) as s
        union all
        select null, null, 'account was merged into an unknown one',
            a.merged_into is null or exists (
                select from credits_private.accounts o where o.account_id = a.merged_into
            ), a.merged_into, null
    ) as c (entry_id, lot_id, violation, holds, expected, actual)
    where a.account_id = p_account_id and a.status = 'closed' and c.holds is not true
$$;

ALTER FUNCTION credits_private.verify_closing(p_account_id text) OWNER TO credits_owner;

--
-- Name: verify_entries(text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.verify_entries(p_account_id text) RETURNS SETOF credits.finding
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    with entries as (
        select l.*,
            coalesce(lag(l.entry_id) over w, 0) as before_id,
            coalesce(lag(l.balance) over w, 0) as before_balance,
            coalesce(lag(l.debt) over w, 0) as before_debt,
            lag(l.open_lot_id) over w as before_open_lot_id,
            coalesce(lag(l.open_lot_remaining) over w, 0) as before_open_lot_remaining,
            lag(l.command_id) over w as before_command_id,
            lag(l.created_at) over w as before_created_at,
            s.total,
            s.to_debt
        from credits_private.ledger l
        left join lateral (
            select coalesce(sum(x.amount), 0) as total,
                coalesce(sum(x.amount) filter (where x.lot_id = 0), 0) as to_debt
            from credits_private.parts_of(l.allocations) as x
        ) as s on l.allocations is not null
        where l.account_id = p_account_id
        window w as (order by l.entry_id)
    ),
    refunds as (
        select f.about_entry_id as entry_id, sum(f.amount) as refunded
        from credits_private.ledger f
        where f.account_id = p_account_id and f.kind = 'refund'
        group by f.about_entry_id
    )
    select p_account_id, c.violation, e.entry_id, null::bigint, c.expected, c.actual
    from entries e
    left join refunds f on f.entry_id = e.entry_id
    cross join lateral (values
        ('entry number has a gap', e.entry_id = e.before_id + 1,
            (e.before_id + 1)::text, e.entry_id::text),
        ('balance does not follow from the entry before', e.balance = e.before_balance + e.amount,
            (e.before_balance + e.amount)::text, e.balance::text),
        ('debt does not follow from the entry before',
            e.debt = e.before_debt - coalesce(e.to_debt, 0),
            (e.before_debt - coalesce(e.to_debt, 0))::text, e.debt::text),
        ('debt or open lot is negative', e.debt >= 0 and e.open_lot_remaining >= 0,
            '0', least(e.debt, e.open_lot_remaining)::text),
        ('amount is not the sum of the allocations', e.total is null or e.amount = e.total,
            e.total::text, e.amount::text),
        ('only a spend from the open lot goes without allocations',
            e.allocations is not null or (
                e.kind = 'spend' and e.amount < 0
                and e.open_lot_id is not distinct from e.before_open_lot_id
                and e.open_lot_remaining = e.before_open_lot_remaining + e.amount
            ),
            e.before_open_lot_id || ': ' || e.before_open_lot_remaining + e.amount,
            e.open_lot_id || ': ' || e.open_lot_remaining),
        ('date runs backwards', e.before_created_at is null or e.created_at >= e.before_created_at,
            e.before_created_at::text, e.created_at::text),
        ('date of effect lies after the booking', e.occurred_at <= e.created_at,
            e.created_at::text, e.occurred_at::text),
        ('command is neither new nor that of the entry before',
            e.command_id = e.entry_id or e.command_id is not distinct from e.before_command_id,
            e.before_command_id::text, e.command_id::text),
        ('only the first entry of a command carries its key',
            e.idempotency_key is null or e.command_id = e.entry_id,
            e.entry_id::text, e.command_id::text),
        ('refunds exceed the spend', f.refunded is null or f.refunded <= -e.amount,
            (-e.amount)::text, f.refunded::text),
        ('refund is not about a spend or capture',
            f.refunded is null or e.kind in ('spend', 'capture'),
            'spend or capture', e.kind),
        ('entry ought to be about another one, or not',
            (e.kind in ('refund', 'capture', 'release', 'extend')) = (e.about_entry_id is not null),
            case when e.about_entry_id is null then 'an entry' else 'none' end,
            e.about_entry_id::text),
        ('entry ought to name another account, or not',
            (e.kind in ('transfer', 'merge')) = (e.other_account_id is not null),
            case when e.other_account_id is null then 'an account' else 'none' end,
            e.other_account_id),
        ('kind does not move credits this way',
            case
                when e.kind in (
                    'open', 'freeze', 'unfreeze', 'close', 'erase', 'cap', 'subscription',
                    'rollover', 'settle', 'extend', 'repair'
                ) then e.amount = 0
                when e.kind in ('spend', 'hold', 'capture') then e.amount < 0
                when e.kind in ('expire', 'clawback') then e.amount <= 0
                when e.kind in ('grant', 'refund') then e.amount > 0
                when e.kind in ('restore', 'release') then e.amount >= 0
                when e.kind = 'transfer' then e.amount <> 0
                when e.kind in ('adjust', 'merge') then true
            end,
            e.kind, e.amount::text)
    ) as c (violation, holds, expected, actual)
    where c.holds is not true
    order by e.entry_id
$$;

ALTER FUNCTION credits_private.verify_entries(p_account_id text) OWNER TO credits_owner;

--
-- Name: verify_holds(text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.verify_holds(p_account_id text) RETURNS SETOF credits.finding
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    with tail as (
        select t.entry_id, t.next_event_at
        from credits_private.ledger t
        where t.account_id = p_account_id
        order by t.entry_id desc
        limit 1
    ),
    about as (
        select l.about_entry_id as hold_id,
            coalesce(sum(l.amount) filter (where l.kind = 'release'), 0) as released,
            coalesce(-sum(l.amount) filter (where l.kind = 'capture'), 0) as captured
        from credits_private.ledger l
        where l.account_id = p_account_id and l.kind in ('capture', 'release', 'extend')
        group by l.about_entry_id
    ),
    taken as (
        select m.hold_id, m.lot_id, sum(m.amount) as net
        from (
            select coalesce(l.about_entry_id, l.entry_id) as hold_id, x.lot_id, x.amount
            from credits_private.ledger l
            cross join lateral credits_private.parts_of(l.allocations) as x
            where l.account_id = p_account_id and l.kind in ('hold', 'release')
        ) as m
        group by m.hold_id, m.lot_id
    ),
    per_hold as (
        select coalesce(h.hold_id, l.entry_id, b.hold_id) as hold_id,
            c.violation, c.expected, c.actual
        from (select q.* from credits_private.holds q where q.account_id = p_account_id) as h
        full join (
            select e.entry_id, e.amount
            from credits_private.ledger e
            where e.account_id = p_account_id and e.kind = 'hold'
        ) as l on l.entry_id = h.hold_id
        full join about b on b.hold_id = coalesce(h.hold_id, l.entry_id)
        cross join lateral (values
            ('hold and ledger do not know each other',
                h.hold_id is not null and l.entry_id is not null,
                l.entry_id::text, h.hold_id::text),
            ('amount of the hold is not what the ledger says',
                h.amount is not distinct from -l.amount,
                (-l.amount)::text, h.amount::text),
            ('captured of the hold is not what the ledger says',
                h.captured is not distinct from least(h.amount, coalesce(b.captured, 0)),
                least(h.amount, coalesce(b.captured, 0))::text, h.captured::text),
            ('what the hold gave up is not what the ledger says',
                case h.status when 'open' then h.captured else h.amount end
                    is not distinct from coalesce(b.released, 0),
                case h.status when 'open' then h.captured else h.amount end::text,
                coalesce(b.released, 0)::text),
            ('hold gave a lot more than it took from it', not exists (
                select from taken t where t.hold_id = h.hold_id and t.net > 0
            ), null, null),
            ('next event is later than the deadline of a hold',
                h.status <> 'open' or h.expires_at >= (select t.next_event_at from tail t),
                h.expires_at::text, (select t.next_event_at::text from tail t))
        ) as c (violation, holds, expected, actual)
        where c.holds is not true
    )
    select p_account_id, v.violation, v.hold_id, null::bigint, v.expected, v.actual from per_hold v
$$;

ALTER FUNCTION credits_private.verify_holds(p_account_id text) OWNER TO credits_owner;

--
-- Name: verify_lots(text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.verify_lots(p_account_id text) RETURNS SETOF credits.finding
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    with tail as (
        select t.*
        from credits_private.ledger t
        where t.account_id = p_account_id
        order by t.entry_id desc
        limit 1
    ),
    moved as (
        select m.lot_id,
            sum(m.amount) as net,
            coalesce(
                max((m.moved ->> 'granted')::bigint),
                sum(m.amount) filter (where m.entry_id = m.lot_id)
            ) as granted,
            coalesce(max((m.moved ->> 'expired')::bigint), 0)
                - coalesce(sum(m.amount) filter (where m.kind = 'expire'), 0) as expired,
            coalesce(max((m.moved ->> 'clawed')::bigint), 0) - coalesce(sum(m.amount) filter (
                where m.kind = 'clawback'
                or m.kind = 'restore' and m.amount > 0 and m.entry_id <> m.lot_id
            ), 0) as clawed
        from (
            select x.lot_id, x.amount, l.entry_id, l.kind,
                case when l.kind = 'merge' and l.entry_id = x.lot_id then l.request -> 'moved' end
                    as moved
            from credits_private.ledger l
            cross join lateral credits_private.parts_of(credits_private.allocations_of(l)) as x
            where l.account_id = p_account_id
        ) as m
        where m.lot_id <> 0
        group by m.lot_id
    ),
    held as (
        select l.lot_id, l.pool, l.priority, l.expires_at,
            l.granted, l.expired, l.clawed, l.is_open,
            coalesce(l.lot_id = t.open_lot_id, false) as is_out,
            l.remaining as in_lot,
            l.remaining
                + case when l.lot_id = t.open_lot_id then t.open_lot_remaining else 0 end as credits
        from credits_private.lots l
        left join tail t on true
        where l.account_id = p_account_id
    ),
    per_lot as (
        select coalesce(h.lot_id, m.lot_id) as lot_id, c.violation, c.expected, c.actual
        from held h
        full join moved m on m.lot_id = h.lot_id
        cross join lateral (values
            ('lot and ledger do not know each other',
                h.lot_id is not null and m.granted is not null,
                m.granted::text, h.granted::text),
            ('granted is not what the ledger says', h.granted is not distinct from m.granted,
                m.granted::text, h.granted::text),
            ('what is left of the lot is not what the ledger says',
                h.credits is not distinct from m.net,
                m.net::text, h.credits::text),
            ('what the lot lost to expiry is not what the ledger says',
                h.expired is not distinct from m.expired,
                m.expired::text, h.expired::text),
            ('what is clawed of the lot is not what the ledger says',
                h.clawed is not distinct from m.clawed,
                m.clawed::text, h.clawed::text),
            ('lot is open and empty', not h.is_open or h.is_out or h.in_lot > 0, 'closed', 'open'),
            ('lot holds more than it granted', h.credits between 0 and h.granted,
                h.granted::text, h.credits::text),
            ('open lot has credits in its row', not (h.is_out and h.in_lot <> 0),
                '0', h.in_lot::text),
            ('lot with credits is closed', h.is_open or h.credits = 0, 'open', 'closed')
        ) as c (violation, holds, expected, actual)
        where c.holds is not true
    ),
    overall as (
        select c.violation, t.entry_id, c.expected, c.actual
        from tail t
        cross join lateral (
            select coalesce(sum(h.credits), 0) as credits,
                credits_private.held_by(p_account_id) as held,
                coalesce(sum(h.credits) filter (where p.pays_debt), 0) as paying,
                coalesce(min(h.expires_at) filter (where h.credits > 0), 'infinity')
                    as next_event_at
            from held h
            left join credits_private.pools p on p.pool = h.pool
        ) as s
        left join held o on o.is_out
        left join lateral (
            select b.lot_id
            from held b
            where b.credits > 0
            order by b.priority, b.expires_at, b.lot_id
            limit 1
        ) as b on true
        cross join lateral (values
            ('balance is not lots less debt', t.balance = s.credits - t.debt,
                (s.credits - t.debt)::text, t.balance::text),
            ('debt while a paying pool holds credits', t.debt = 0 or s.paying = 0,
                '0', s.paying::text),
            ('debt while a lot is open', t.debt = 0 or t.open_lot_id is null,
                'none', t.open_lot_id::text),
            ('open lot is unknown', t.open_lot_id is null or o.lot_id is not null,
                'a lot', t.open_lot_id::text),
            ('open lot is not the first in burn order',
                t.debt > 0 or b.lot_id is null or t.open_lot_id is not distinct from b.lot_id
                or (t.open_lot_remaining = 0 and (o.priority, o.expires_at, o.lot_id) <= (
                    select f.priority, f.expires_at, f.lot_id from held f where f.lot_id = b.lot_id
                )),
                b.lot_id::text, t.open_lot_id::text),
            ('next event is later than the earliest expiry', t.next_event_at <= s.next_event_at,
                s.next_event_at::text, t.next_event_at::text),
            ('account holds more than the limit',
                s.credits + s.held <= 9007199254740991 and t.debt <= 9007199254740991,
                '9007199254740991', greatest(s.credits + s.held, t.debt)::text)
        ) as c (violation, holds, expected, actual)
        where c.holds is not true
    )
    select p_account_id, v.violation, null::bigint, v.lot_id, v.expected, v.actual from per_lot v
    union all
    select p_account_id, v.violation, v.entry_id, null::bigint, v.expected, v.actual from overall v
$$;

ALTER FUNCTION credits_private.verify_lots(p_account_id text) OWNER TO credits_owner;

--
-- Name: verify_members(text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.verify_members(p_account_id text) RETURNS SETOF credits.finding
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    with caps as (
        select k.member, k.period, k.cap
        from credits_private.member_caps k
        where k.account_id = p_account_id
    ),
    told as (
        select distinct on (l.member, l.request ->> 'period')
            l.entry_id, l.member, l.request ->> 'period' as period,
            (l.request ->> 'cap')::bigint as cap
        from credits_private.ledger l
        where l.account_id = p_account_id and l.kind = 'cap'
        order by l.member, l.request ->> 'period', l.entry_id desc
    ),
    counters as (
        select c.member, c.period, c.starts_at, c.ends_at, c.used
        from credits_private.usage_counters c
        where c.account_id = p_account_id and c.feature = ''
    ),
    uses as (
        select u.member, u.at, u.amount
        from credits_private.member_uses(p_account_id, null, 1) as u
        where exists (select from caps) or exists (select from counters)
    ),
    counted as (
        select k.member, k.period from caps k
        union
        select k.member, 'lifetime' from caps k
    )
    select p_account_id, v.violation, v.entry_id, null::bigint, v.expected, v.actual
    from (
        select 'member is not that of the entry that is followed up' as violation, f.entry_id,
            coalesce(e.member, 'nobody') as expected, coalesce(f.member, 'nobody') as actual
        from credits_private.ledger f
        join credits_private.ledger e
            on e.account_id = p_account_id and e.entry_id = f.about_entry_id
        where f.account_id = p_account_id and f.member is distinct from e.member
        union all
        select 'cap is not what the ledger says', t.entry_id,
            concat_ws(' ', coalesce(t.member, k.member), coalesce(t.period, k.period), t.cap),
            concat_ws(' ', coalesce(t.member, k.member), coalesce(t.period, k.period), k.cap)
        from told t
        full join caps k on k.member = t.member and k.period = t.period
        where t.cap is distinct from k.cap
        union all
        select 'counter is not what the ledger says', null,
            concat_ws(' ', c.member, c.period, c.starts_at, s.used),
            concat_ws(' ', c.member, c.period, c.starts_at, c.used)
        from counters c
        cross join lateral (
            select coalesce(sum(u.amount), 0) as used
            from uses u
            where u.member = c.member and u.at >= c.starts_at and u.at < c.ends_at
        ) as s
        where c.used <> s.used
        union all
        select 'counter belongs to no cap', null,
            'none', concat_ws(' ', c.member, c.period, c.starts_at)
        from counters c
        where not exists (
            select from counted k where k.member = c.member and k.period = c.period
        )
        union all
        select 'cap is not counted', null,
            concat_ws(' ', k.member, k.period), 'no counter of its newest period'
        from counted k
        cross join lateral (
            select max(c.ends_at) as ends_at
            from counters c
            where c.member = k.member and c.period = k.period
        ) as n
        where n.ends_at is null
            or exists (select from uses u where u.member = k.member and u.at >= n.ends_at)
    ) as v
$$;

ALTER FUNCTION credits_private.verify_members(p_account_id text) OWNER TO credits_owner;

--
-- Name: verify_moved(text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.verify_moved(p_account_id text) RETURNS SETOF credits.finding
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    with merged as (
        select a.merged_into
        from credits_private.accounts a
        where a.account_id = p_account_id and a.merged_into is not null
    ),
    gone as (
        select l.entry_id, x.lot_id, x.amount
        from credits_private.ledger l
        cross join lateral credits_private.parts_of(l.allocations) as x
        where l.account_id = p_account_id
            and l.other_account_id is not null
            and l.kind = 'merge'
            and l.request ? 'into_account_id'
    ),
    moved as (
        select null::bigint as entry_id, l.lot_id,
            concat_ws(
                ' ', l.lot_id, l.granted, l.expired, l.clawed, l.cost_moved,
                -coalesce(g.amount, 0), l.pool, l.priority, l.origin, l.cost_amount,
                l.cost_currency
            ) as expected,
            (
                select concat_ws(
                    ' ', e.request -> 'moved' ->> 'entry_id', e.request -> 'moved' ->> 'granted',
                    e.request -> 'moved' ->> 'expired', e.request -> 'moved' ->> 'clawed',
                    e.request -> 'moved' ->> 'cost_moved', e.amount, n.pool, n.priority, n.origin,
                    n.cost_amount, n.cost_currency
                )
                from credits_private.ledger e
                join credits_private.lots n
                    on n.account_id = e.account_id and n.lot_id = e.entry_id
                where e.account_id = m.merged_into
                    and e.entry_id = l.moved_to_lot_id
                    and e.kind = 'merge'
                    and e.other_account_id = p_account_id
            ) as actual
        from merged m
        join credits_private.lots l
            on l.account_id = p_account_id and l.moved_to_lot_id is not null
        left join gone g on g.lot_id = l.lot_id
        union all
        select p.payment_id, null,
            concat_ws(
                ' ', p.payment_id, p.owed, p.settled, p.debt_paid, p.granted, p.amount_paid,
                p.currency, p.provider, p.object_id
            ),
            (
                select concat_ws(
                    ' ', e.request -> 'moved' ->> 'entry_id', -e.amount,
                    e.request -> 'moved' ->> 'settled', e.request -> 'moved' ->> 'debt_paid',
                    n.granted, n.amount_paid, n.currency, n.provider, n.object_id
                )
                from credits_private.ledger e
                join credits_private.payments n
                    on n.account_id = e.account_id and n.payment_id = e.entry_id
                where e.account_id = m.merged_into
                    and e.entry_id = p.moved_to_payment_id
                    and e.kind = 'merge'
                    and e.other_account_id = p_account_id
            )
        from merged m
        join credits_private.payments p
            on p.account_id = p_account_id and p.moved_to_payment_id is not null
    )
    select p_account_id, 'what went on in another account is not what it was here',
        v.entry_id, v.lot_id, v.expected, v.actual
    from moved v
    where v.actual is distinct from v.expected
$$;

ALTER FUNCTION credits_private.verify_moved(p_account_id text) OWNER TO credits_owner;

--
-- Name: verify_opening(text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.verify_opening(p_account_id text) RETURNS SETOF credits.finding
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select p_account_id, c.violation, c.entry_id, null::bigint, c.expected, c.actual
    from credits_private.accounts a
    left join credits_private.ledger o
        on o.account_id = p_account_id and o.entry_id = a.open_entry_id
    cross join lateral (
        select exists (
            select from credits_private.ledger l where l.account_id = p_account_id
        ) as has_entries
    ) as e
    cross join lateral (values
        ('account has no entries', e.has_entries, null::bigint, 'an entry', 'none'),
        ('entry that opened the account is not there',
            a.open_entry_id is null or o.kind is not distinct from 'open',
            a.open_entry_id, 'open', coalesce(o.kind, 'none'))
    ) as c (violation, holds, entry_id, expected, actual)
    where a.account_id = p_account_id and c.holds is not true
$$;

ALTER FUNCTION credits_private.verify_opening(p_account_id text) OWNER TO credits_owner;

--
-- Name: verify_orphans(text, text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.verify_orphans(p_from text, p_until text) RETURNS SETOF credits.finding
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    -- Two bounds in every case: a condition that may be null would read the whole index.
    v_until text collate "C" := coalesce(p_until, greatest(
        (select max(l.account_id) from credits_private.ledger l),
        (select max(l.account_id) from credits_private.lots l),
        (select max(p.account_id) from credits_private.payments p),
        (select max(h.account_id) from credits_private.holds h),
        (select max(k.account_id) from credits_private.member_caps k),
        (select max(c.account_id) from credits_private.usage_counters c),
        (select max(r.account_id) from credits_private.payment_refs r),
        (select max(s.account_id) from credits_private.seals s),
        (select max(s.account_id) from credits_private.subscriptions s),
        (select max(i.account_id) from credits_private.subscription_items i)
    ));
begin
    return query
    select o.account_id, o.violation, null::bigint, null::bigint, 'an account'::text, 'none'::text
    from (
        select distinct l.account_id, 'ledger of an unknown account' as violation
        from credits_private.ledger l
        where l.account_id >= p_from and l.account_id <= v_until
        union all
        select distinct l.account_id, 'lots of an unknown account'
        from credits_private.lots l
        where l.account_id >= p_from and l.account_id <= v_until
        union all
        select distinct p.account_id, 'payments of an unknown account'
        from credits_private.payments p
        where p.account_id >= p_from and p.account_id <= v_until
        union all
        select distinct h.account_id, 'holds of an unknown account'
        from credits_private.holds h
        where h.account_id >= p_from and h.account_id <= v_until
        union all
        select distinct s.account_id, 'seals of an unknown account'
        from credits_private.seals s
        where s.account_id >= p_from and s.account_id <= v_until
        union all
        select distinct k.account_id, 'caps of an unknown account'
        from credits_private.member_caps k
        where k.account_id >= p_from and k.account_id <= v_until
        union all
        select distinct c.account_id, 'counters of an unknown account'
        from credits_private.usage_counters c
        where c.account_id >= p_from and c.account_id <= v_until
        union all
        select distinct s.account_id, 'subscriptions of an unknown account'
        from credits_private.subscriptions s
        where s.account_id >= p_from and s.account_id <= v_until
        union all
        select distinct i.account_id, 'items of an unknown account'
        from credits_private.subscription_items i
        where i.account_id >= p_from and i.account_id <= v_until
    ) as o
    where not exists (
        select from credits_private.accounts a where a.account_id = o.account_id
    )
    union all
    select r.account_id, 'name of an unknown payment', r.payment_id, null::bigint,
        'a payment', r.object_id
    from credits_private.payment_refs r
    where r.account_id >= p_from and r.account_id <= v_until
        and not exists (
            select
            from credits_private.payments p
            where p.account_id = r.account_id and p.payment_id = r.payment_id
        )
    order by 1, 2, 3, 6;
end
$$;

ALTER FUNCTION credits_private.verify_orphans(p_from text, p_until text) OWNER TO credits_owner;

--
-- Name: verify_pairs(text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.verify_pairs(p_account_id text) RETURNS SETOF credits.finding
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    with named as (
        select l.entry_id, l.command_id, l.kind, l.amount, l.other_account_id, l.other_entry_id,
            o.command_id as other_command_id,
            o.kind = l.kind
                and o.other_account_id = p_account_id
                and o.other_entry_id in (l.entry_id, l.command_id) as is_answered
        from credits_private.ledger l
        left join credits_private.ledger o
            on o.account_id = l.other_account_id and o.entry_id = l.other_entry_id
        where l.account_id = p_account_id and l.other_account_id is not null
    ),
    commands as (
        select n.command_id, n.other_account_id, n.kind, min(n.entry_id) as entry_id,
            sum(n.amount) as moved, min(n.other_command_id) as other_command_id
        from named n
        group by n.command_id, n.other_account_id, n.kind
    ),
    received as (
        select n.entry_id, n.amount, l.lot_id, l.pool, l.priority, l.granted, l.cost_currency,
            l.from_lot_id, n.other_account_id, n.other_entry_id
        from named n
        join credits_private.lots l
            on l.account_id = p_account_id and l.lot_id = n.entry_id
        where n.kind = 'transfer'
    ),
    cost as (
        select l.from_lot_id as lot_id, sum(l.cost_amount) as moved
        from commands c
        join credits_private.ledger o
            on o.account_id = c.other_account_id
            and o.other_account_id = p_account_id
            and o.command_id = c.other_command_id
        join credits_private.lots l on l.account_id = o.account_id and l.lot_id = o.entry_id
        where c.kind = 'transfer' and l.from_account_id = p_account_id
        group by l.from_lot_id
    )
    select p_account_id, 'entry is not answered by that of the other account', n.entry_id,
        null::bigint, n.other_account_id || ': ' || n.other_entry_id, null::text
    from named n
    where n.is_answered is not true
    union all
    select p_account_id, 'what one account gave is not what the other one got', c.entry_id, null,
        (-c.moved)::text, o.moved::text
    from commands c
    cross join lateral (
        select coalesce(sum(e.amount), 0) as moved
        from credits_private.ledger e
        where e.account_id = c.other_account_id
            and e.other_account_id = p_account_id
            and e.command_id = c.other_command_id
            and e.kind = c.kind
    ) as o
    where o.moved <> -c.moved
    union all
    select p_account_id, 'transferred lot is not what the other account gave', null, r.lot_id,
        g.given, concat_ws(' ', r.granted, r.pool, r.priority, r.cost_currency)
    from received r
    left join lateral (
        select concat_ws(' ', -x.amount, l.pool, l.priority, l.cost_currency) as given
        from credits_private.ledger e
        cross join lateral credits_private.parts_of(e.allocations) as x
        join credits_private.lots l on l.account_id = e.account_id and l.lot_id = x.lot_id
        where e.account_id = r.other_account_id
            and e.entry_id = r.other_entry_id
            and x.lot_id = r.from_lot_id
    ) as g on true
    where g.given is distinct from concat_ws(' ', r.granted, r.pool, r.priority, r.cost_currency)
    union all
    select p_account_id, 'cost that left with transfers is not that of their lots', null, l.lot_id,
        (coalesce(c.moved, 0) + b.brought)::text, l.cost_moved::text
    from credits_private.lots l
    left join cost c on c.lot_id = l.lot_id
    cross join lateral (
        select coalesce(max((e.request -> 'moved' ->> 'cost_moved')::bigint), 0) as brought
        from credits_private.ledger e
        where e.account_id = p_account_id and e.entry_id = l.lot_id and e.kind = 'merge'
    ) as b
    where l.account_id = p_account_id and l.cost_moved <> coalesce(c.moved, 0) + b.brought
$$;

ALTER FUNCTION credits_private.verify_pairs(p_account_id text) OWNER TO credits_owner;

--
-- Name: verify_payments(text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.verify_payments(p_account_id text) RETURNS SETOF credits.finding
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    with tail as (
        select t.entry_id, t.debt
        from credits_private.ledger t
        where t.account_id = p_account_id
        order by t.entry_id desc
        limit 1
    ),
    bought as (
        select l.payment_id,
            sum(l.granted) filter (where l.origin not in ('rollover', 'restoration')) as granted,
            sum(l.clawed) as clawed,
            sum(l.expired) as expired
        from credits_private.lots l
        where l.account_id = p_account_id and l.payment_id is not null
        group by l.payment_id
    ),
    settlements as (
        select l.entry_id, l.kind, l.amount as moved, x.lot_id, x.amount
        from credits_private.ledger l
        cross join lateral credits_private.parts_of(l.allocations) as x
        where l.account_id = p_account_id and l.kind in ('settle', 'restore')
    ),
    paid_debt as (
        select l.payment_id, -sum(s.amount) as debt_paid
        from settlements s
        join credits_private.lots l on l.account_id = p_account_id and l.lot_id = s.lot_id
        where s.kind = 'settle' and l.payment_id is not null
        group by l.payment_id
    ),
    brought as (
        select l.entry_id as payment_id,
            (l.request -> 'moved' ->> 'settled')::bigint as settled,
            (l.request -> 'moved' ->> 'debt_paid')::bigint as debt_paid
        from credits_private.ledger l
        where l.account_id = p_account_id
            and l.other_account_id is not null
            and l.kind = 'merge'
            and l.request -> 'moved' ? 'settled'
    ),
    scheduled as (
        select (x.part ->> 0)::bigint as payment_id,
            sum((x.part ->> 1)::numeric * credits_private.grants_to_come(i)) as credits
        from credits_private.subscription_items i
        cross join lateral jsonb_array_elements(i.parts) as x (part)
        where i.account_id = p_account_id
        group by (x.part ->> 0)::bigint
    ),
    per_payment as (
        select coalesce(p.payment_id, b.payment_id) as payment_id, c.violation, c.expected, c.actual
        from (select q.* from credits_private.payments q where q.account_id = p_account_id) as p
        full join bought b on b.payment_id = p.payment_id
        left join (
            select coalesce(x.payment_id, m.payment_id) as payment_id,
                coalesce(x.debt_paid, 0) + coalesce(m.debt_paid, 0) as debt_paid
            from paid_debt x
            full join brought m on m.payment_id = x.payment_id
        ) as d on d.payment_id = p.payment_id
        left join scheduled s on s.payment_id = p.payment_id
        cross join lateral (values
            ('granted of the payment is not that of its lots',
                p.granted = coalesce(b.granted, 0) + p.pending,
                (coalesce(b.granted, 0) + coalesce(p.pending, 0))::text, p.granted::text),
            ('clawed of the payment is not that of its lots',
                p.clawed = coalesce(b.clawed, 0),
                coalesce(b.clawed, 0)::text, p.clawed::text),
            ('covered exceeds what expired', p.covered <= coalesce(b.expired, 0),
                coalesce(b.expired, 0)::text, p.covered::text),
            ('withheld exceeds what is pending', p.withheld between 0 and p.pending,
                p.pending::text, p.withheld::text),
            ('pending is less than what is still scheduled', p.pending >= coalesce(s.credits, 0),
                s.credits::text, p.pending::text),
            ('debt paid by its lots is not what the ledger says',
                p.debt_paid = coalesce(d.debt_paid, 0),
                coalesce(d.debt_paid, 0)::text, p.debt_paid::text),
            ('parts of the target do not add up',
                p.withheld + p.clawed + p.covered + p.owed + p.settled + p.written_off = p.target,
                (p.withheld + p.clawed + p.covered + p.owed + p.settled + p.written_off)::text,
                p.target::text),
            ('target is out of range', p.target between 0 and p.granted,
                p.granted::text, p.target::text),
            ('less is taken back than was demanded', p.target >= p.demanded,
                p.demanded::text, p.target::text),
            ('payment has no name', p.moved_to_payment_id is not null or exists (
                select
                from credits_private.payment_refs r
                where r.object_id = p.object_id and r.account_id = p_account_id
                    and r.payment_id = p.payment_id
            ), p.object_id, null)
        ) as c (violation, holds, expected, actual)
        where c.holds is not true
    )
    select p_account_id, v.violation, v.payment_id, null::bigint, v.expected, v.actual
    from per_payment v
    union all
    select p_account_id, 'debt is not what the payments owe', t.entry_id, null::bigint,
        o.owed::text, t.debt::text
    from tail t
    cross join lateral (
        select coalesce(sum(p.owed), 0) as owed
        from credits_private.payments p
        where p.account_id = p_account_id and p.moved_to_payment_id is null
    ) as o
    where o.owed <> t.debt
    union all
    select p_account_id, 'debt settled is not what the ledger says', t.entry_id, null::bigint,
        o.expected::text, o.actual::text
    from tail t
    cross join lateral (
        select (
            select coalesce(sum(
                case when s.kind = 'settle' and s.lot_id = 0 then s.amount
                    when s.kind = 'restore' and s.lot_id = s.entry_id and s.moved > 0 then -s.amount
                end
            ), 0)
            from settlements s
        ) + (select coalesce(sum(m.settled), 0) from brought m) as expected,
        (
            select coalesce(sum(p.settled), 0)
            from credits_private.payments p
            where p.account_id = p_account_id
        ) as actual
    ) as o
    where o.expected <> o.actual
$$;

ALTER FUNCTION credits_private.verify_payments(p_account_id text) OWNER TO credits_owner;

--
-- Name: verify_subscriptions(text); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.verify_subscriptions(p_account_id text) RETURNS SETOF credits.finding
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    with told as (
        select distinct on (x.subscription) x.subscription, l.entry_id,
            nullif(x.state, 'null') as state
        from credits_private.ledger l
        cross join lateral jsonb_each(l.request -> 'after') as x (subscription, state)
        where l.account_id = p_account_id and l.request ? 'after'
        order by x.subscription, l.entry_id desc
    ),
    known as (
        select s.subscription,
            credits_private.describe_subscription(p_account_id, s.subscription) as state
        from credits_private.subscriptions s
        where s.account_id = p_account_id
    ),
    tail as (
        select t.entry_id, t.next_event_at
        from credits_private.ledger t
        where t.account_id = p_account_id
        order by t.entry_id desc
        limit 1
    ),
    items as (
        select i.subscription, i.item, i.next_grant_at, s.subscription is not null as is_known,
            case
                when i.grant_months is not null
                    and a.status <> 'closed'
                    and s.status in ('trialing', 'active')
                    and (s.canceled_at is null or s.cancel_at_period_end)
                    then nullif(credits_private.grant_instant(i, i.grants_done), i.period_end)
            end as due_at,
            (
                select max(l.period_start)
                from credits_private.lots l
                where l.account_id = p_account_id
                    and l.subscription = i.subscription
                    and l.item = i.item
                    and l.origin = 'schedule'
                    and l.period_start >= i.period_start
                    -- A period that this one replaced may have granted beyond its start.
                    and l.lot_id > (
                        select b.lot_id
                        from credits_private.lots b
                        where b.account_id = p_account_id
                            and b.subscription = i.subscription
                            and b.item = i.item
                            and b.period_start = i.period_start
                            and b.origin = 'grant'
                    )
            ) as granted_at,
            credits_private.grant_instant(i, i.grants_done - 1) as done_at
        from credits_private.subscription_items i
        left join credits_private.subscriptions s
            on s.account_id = p_account_id and s.subscription = i.subscription
        left join credits_private.accounts a on a.account_id = p_account_id
        where i.account_id = p_account_id
    )
    select p_account_id, 'subscription is not what the ledger says', t.entry_id, null::bigint,
        t.state::text, k.state::text
    from told t
    full join known k on k.subscription = t.subscription
    where t.state is distinct from k.state
    union all
    select p_account_id, c.violation, t.entry_id, null::bigint, c.expected, c.actual
    from items i
    cross join tail t
    cross join lateral (values
        ('item of an unknown subscription', i.is_known, 'a subscription', i.subscription),
        ('next grant is not when the schedule says',
            i.next_grant_at is not distinct from i.due_at,
            i.due_at::text, i.next_grant_at::text),
        ('scheduled grant is booked and not counted', coalesce(i.granted_at <= i.done_at, true),
            i.done_at::text, i.granted_at::text),
        ('next event is later than a scheduled grant',
            coalesce(t.next_event_at <= i.next_grant_at, true),
            i.next_grant_at::text, t.next_event_at::text)
    ) as c (violation, holds, expected, actual)
    where c.holds is not true
$$;

ALTER FUNCTION credits_private.verify_subscriptions(p_account_id text) OWNER TO credits_owner;

--
-- Name: wake_stripe_events(text[]); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.wake_stripe_events(p_waits_for text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_now timestamptz := credits_private.clock();
    v_number integer := 0;
    r_event credits_private.stripe_events;
begin
    for r_event in
        select e.*
        from credits_private.stripe_events e
        where e.waits_for = any (p_waits_for) and e.waits_for is not null
        order by e.account_id, e.created_at, e.event_id
        for update skip locked
    loop
        v_number := v_number + 1;
        -- What one event brings may wake others, so none may be found waiting while it is tried.
        update credits_private.stripe_events e
        set outcome = 'received', waits_for = null, retry_at = v_now
        where e.provider_account = r_event.provider_account
            and e.event_id = r_event.event_id
            and e.waits_for is not null;
        if found and v_number <= 200 then
            perform credits_private.try_stripe_event(r_event);
        end if;
    end loop;
end
$$;

ALTER FUNCTION credits_private.wake_stripe_events(p_waits_for text[]) OWNER TO credits_owner;

--
-- Name: write_entries(credits_private.account_state); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.write_entries(p_state credits_private.account_state) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_entry credits_private.ledger;
    v_entries credits_private.ledger[] := array[]::credits_private.ledger[];
    v_inserted bigint;
begin
    foreach v_entry in array p_state.entries loop
        v_entry.next_event_at := p_state.next_event_at;
        if v_entry.entry_id = p_state.entry_id then
            v_entry.open_lot_id := p_state.open_lot_id;
            v_entry.open_lot_remaining := p_state.open_lot_remaining;
        end if;
        v_entries := v_entries || v_entry;
    end loop;
    insert into credits_private.ledger
    select e.*
    from unnest(v_entries) as e
    on conflict do nothing;
    get diagnostics v_inserted = row_count;
    perform credits_private.check_inserted(
        v_inserted = cardinality(v_entries), p_state.account_id, p_state.entry_id
    );
end
$$;

ALTER FUNCTION credits_private.write_entries(p_state credits_private.account_state) OWNER TO credits_owner;

--
-- Name: write_plan(credits_private.due_plan); Type: FUNCTION; Schema: credits_private; Owner: credits_owner
--

CREATE FUNCTION credits_private.write_plan(p_plan credits_private.due_plan) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    v_written bigint;
begin
    insert into credits_private.ledger
    select e.* from unnest(p_plan.entries) as e
    on conflict do nothing;
    get diagnostics v_written = row_count;
    perform credits_private.check_inserted(
        v_written = cardinality(p_plan.entries),
        p_plan.entries[1].account_id, p_plan.entries[1].entry_id
    );
    update credits_private.lots l
    set remaining = c.remaining, is_open = c.is_open, expired = l.expired + c.expired
    from unnest(p_plan.lots) as c
    where l.account_id = c.account_id and l.lot_id = c.lot_id;
    if cardinality(p_plan.holds) > 0 then
        update credits_private.holds h
        set status = 'expired'
        from unnest(p_plan.holds) as p
        where h.account_id = p.account_id and h.hold_id = p.hold_id;
        perform credits_private.count_use(p.account_id, p.member, p.held_at, -p.amount)
        from unnest(p_plan.holds) as p;
    end if;
end
$$;

ALTER FUNCTION credits_private.write_plan(p_plan credits_private.due_plan) OWNER TO credits_owner;

--
-- Name: access_matrix; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.access_matrix (
    role text NOT NULL COLLATE pg_catalog."C",
    function text NOT NULL COLLATE pg_catalog."C"
);

ALTER TABLE credits_private.access_matrix OWNER TO credits_owner;

--
-- Name: TABLE access_matrix; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.access_matrix IS 'Who may call what, as access.sql granted it last: what audit_access compares with.';

--
-- Name: COLUMN access_matrix.role; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.access_matrix.role IS 'Role that may execute the function.';

--
-- Name: COLUMN access_matrix.function; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.access_matrix.function IS 'Function with its argument types.';

--
-- Name: accounts; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.accounts (
    account_id text NOT NULL COLLATE pg_catalog."C",
    kind text DEFAULT 'user'::text NOT NULL,
    status text DEFAULT 'active'::text NOT NULL,
    plan text,
    time_zone text DEFAULT 'UTC'::text NOT NULL,
    open_entry_id bigint,
    merged_into text COLLATE pg_catalog."C",
    metadata jsonb,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT accounts_id_is_short CHECK (((length(account_id) >= 1) AND (length(account_id) <= 255))),
    CONSTRAINT accounts_kind_is_known CHECK ((kind = ANY (ARRAY['user'::text, 'organisation'::text, 'guest'::text]))),
    CONSTRAINT accounts_merged_is_closed CHECK (((merged_into IS NULL) OR ((status = 'closed'::text) AND (merged_into <> account_id)))),
    CONSTRAINT accounts_status_is_known CHECK ((status = ANY (ARRAY['active'::text, 'frozen'::text, 'closed'::text])))
);

ALTER TABLE credits_private.accounts OWNER TO credits_owner;

--
-- Name: TABLE accounts; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.accounts IS 'Holders of credits. The row is what writers lock; a spend never updates it.';

--
-- Name: COLUMN accounts.account_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.accounts.account_id IS 'The host application''s own id.';

--
-- Name: COLUMN accounts.kind; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.accounts.kind IS 'user, organisation or guest.';

--
-- Name: COLUMN accounts.status; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.accounts.status IS 'active, frozen or closed.';

--
-- Name: COLUMN accounts.plan; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.accounts.plan IS 'Plan of the account, if it has one.';

--
-- Name: COLUMN accounts.time_zone; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.accounts.time_zone IS 'IANA time zone in which periods of the account are counted.';

--
-- Name: COLUMN accounts.open_entry_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.accounts.open_entry_id IS 'Entry of the open_account call; null while only a grant has opened the account.';

--
-- Name: COLUMN accounts.merged_into; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.accounts.merged_into IS 'Account that has taken this one over, which is closed then; null if none has.';

--
-- Name: COLUMN accounts.metadata; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.accounts.metadata IS 'Free-form object of the host application.';

--
-- Name: COLUMN accounts.created_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.accounts.created_at IS 'When the account was first seen.';

--
-- Name: member_caps; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.member_caps (
    account_id text NOT NULL COLLATE pg_catalog."C",
    member text NOT NULL COLLATE pg_catalog."C",
    period text NOT NULL COLLATE pg_catalog."C",
    cap bigint NOT NULL,
    CONSTRAINT member_caps_cap_is_in_range CHECK (((cap >= 0) AND (cap <= '9007199254740991'::bigint))),
    CONSTRAINT member_caps_period_is_known CHECK ((period = ANY (ARRAY['hour'::text, 'day'::text, 'week'::text, 'month'::text, 'billing_period'::text, 'lifetime'::text])))
);

ALTER TABLE credits_private.member_caps OWNER TO credits_owner;

--
-- Name: TABLE member_caps; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.member_caps IS 'What members of an account may use of its credits. The newest ledger entry about a cap says the same.';

--
-- Name: COLUMN member_caps.account_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.member_caps.account_id IS 'Account whose credits are used.';

--
-- Name: COLUMN member_caps.member; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.member_caps.member IS 'The member.';

--
-- Name: COLUMN member_caps.period; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.member_caps.period IS 'hour, day, week, month, billing_period or lifetime.';

--
-- Name: COLUMN member_caps.cap; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.member_caps.cap IS 'Credits that the member may use in each period; 0 forbids.';

--
-- Name: pools; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.pools (
    pool text NOT NULL COLLATE pg_catalog."C",
    priority integer NOT NULL,
    pays_debt boolean NOT NULL,
    description text NOT NULL,
    CONSTRAINT pools_name_is_not_debt CHECK ((pool <> 'debt'::text)),
    CONSTRAINT pools_name_is_short CHECK (((length(pool) >= 1) AND (length(pool) <= 63)))
);

ALTER TABLE credits_private.pools OWNER TO credits_owner;

--
-- Name: TABLE pools; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.pools IS 'Classes of credits: when they burn and whether they pay debt.';

--
-- Name: COLUMN pools.pool; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.pools.pool IS 'Name of the pool.';

--
-- Name: COLUMN pools.priority; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.pools.priority IS 'Burn priority, lowest first. Copied to a lot when it is granted.';

--
-- Name: COLUMN pools.pays_debt; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.pools.pays_debt IS 'Whether lots of this pool settle debt at once.';

--
-- Name: COLUMN pools.description; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.pools.description IS 'What the pool is for.';

--
-- Name: schema_migrations; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.schema_migrations (
    id text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    state text DEFAULT 'applied'::text NOT NULL,
    applied_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    applied_by text DEFAULT SESSION_USER NOT NULL,
    execution_ms integer,
    runner_version text NOT NULL,
    body text NOT NULL,
    CONSTRAINT schema_migrations_checksum_is_sha256 CHECK ((checksum ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT schema_migrations_kind_is_known CHECK ((kind = ANY (ARRAY['bootstrap'::text, 'versioned'::text, 'repeatable'::text, 'baseline'::text]))),
    CONSTRAINT schema_migrations_state_is_known CHECK ((state = ANY (ARRAY['applied'::text, 'running'::text, 'failed'::text])))
);

ALTER TABLE credits_private.schema_migrations OWNER TO credits_owner;

--
-- Name: TABLE schema_migrations; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.schema_migrations IS 'What the migration runner applied: one row for each file, written in the file''s transaction.';

--
-- Name: COLUMN schema_migrations.id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.schema_migrations.id IS 'Number of a versioned file, like 0003; else the path, like functions/api/get_balance.sql.';

--
-- Name: COLUMN schema_migrations.kind; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.schema_migrations.kind IS 'bootstrap, versioned (run once), repeatable (run again when its text changes) or baseline (a versioned file that was there already when the runner first met this database).';

--
-- Name: COLUMN schema_migrations.name; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.schema_migrations.name IS 'Name of the file.';

--
-- Name: COLUMN schema_migrations.checksum; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.schema_migrations.checksum IS 'SHA-256 of the text without byte order mark, CRs of line ends and blanks at its end; of the file''s new text once somebody has accepted that (see the log).';

--
-- Name: COLUMN schema_migrations.state; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.schema_migrations.state IS 'applied; running or failed: a file that cannot run in a transaction was started.';

--
-- Name: COLUMN schema_migrations.applied_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.schema_migrations.applied_at IS 'When the file ran last.';

--
-- Name: COLUMN schema_migrations.applied_by; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.schema_migrations.applied_by IS 'Who was connected.';

--
-- Name: COLUMN schema_migrations.execution_ms; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.schema_migrations.execution_ms IS 'Milliseconds that its statements took; null where psql ran it.';

--
-- Name: COLUMN schema_migrations.runner_version; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.schema_migrations.runner_version IS 'Version of pgcredits that ran it.';

--
-- Name: COLUMN schema_migrations.body; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.schema_migrations.body IS 'The text that ran.';

--
-- Name: schema_migrations_log; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.schema_migrations_log (
    entry bigint NOT NULL,
    action text NOT NULL,
    migration text NOT NULL COLLATE pg_catalog."C",
    checksum text,
    reason text,
    logged_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    logged_by text DEFAULT SESSION_USER NOT NULL,
    runner_version text NOT NULL,
    CONSTRAINT schema_migrations_log_action_is_known CHECK ((action = ANY (ARRAY['apply'::text, 're-apply'::text, 'start'::text, 'fail'::text, 'forget'::text, 'prune'::text, 'baseline'::text, 'accept checksum'::text, 'mark applied'::text, 'mark pending'::text, 'accept object'::text]))),
    CONSTRAINT schema_migrations_log_repair_has_reason CHECK (((reason IS NOT NULL) OR (action <> ALL (ARRAY['accept checksum'::text, 'mark applied'::text, 'mark pending'::text, 'accept object'::text]))))
);

ALTER TABLE credits_private.schema_migrations_log OWNER TO credits_owner;

--
-- Name: TABLE schema_migrations_log; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.schema_migrations_log IS 'Everything that ever happened to schema_migrations. Rows are added, never changed.';

--
-- Name: COLUMN schema_migrations_log.entry; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.schema_migrations_log.entry IS 'Counts from 1 without gaps, so that a missing row shows.';

--
-- Name: COLUMN schema_migrations_log.action; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.schema_migrations_log.action IS 'apply; re-apply (a repeatable file again); start and fail (a file without a transaction); forget (a repeatable file that is gone); prune (a function without a file was dropped); baseline; accept checksum, mark applied and mark pending (repairs by hand); accept object (a change by hand that verify has found stays).';

--
-- Name: COLUMN schema_migrations_log.migration; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.schema_migrations_log.migration IS 'schema_migrations.id; for prune the signature of the function; for accept object its name.';

--
-- Name: COLUMN schema_migrations_log.checksum; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.schema_migrations_log.checksum IS 'SHA-256 of the text that it was about; of a deleted row for mark pending; else null.';

--
-- Name: COLUMN schema_migrations_log.reason; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.schema_migrations_log.reason IS 'Why somebody repaired, or the error of a file that failed.';

--
-- Name: COLUMN schema_migrations_log.logged_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.schema_migrations_log.logged_at IS 'When it happened.';

--
-- Name: COLUMN schema_migrations_log.logged_by; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.schema_migrations_log.logged_by IS 'Who was connected.';

--
-- Name: COLUMN schema_migrations_log.runner_version; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.schema_migrations_log.runner_version IS 'Version of pgcredits that did it.';

--
-- Name: schema_objects; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.schema_objects (
    object text NOT NULL COLLATE pg_catalog."C",
    digest text NOT NULL,
    CONSTRAINT schema_objects_digest_is_sha256 CHECK ((digest ~ '^[0-9a-f]{64}$'::text))
);

ALTER TABLE credits_private.schema_objects OWNER TO credits_owner;

--
-- Name: TABLE schema_objects; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.schema_objects IS 'What the runner left behind: one row for each object of the two schemas. See migrate verify.';

--
-- Name: COLUMN schema_objects.object; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.schema_objects.object IS 'Kind and name, like "function credits.schema_version()", "rights of ..." or "comment on ...".';

--
-- Name: COLUMN schema_objects.digest; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.schema_objects.digest IS 'SHA-256 of what defines the object; the same on every version of the server.';

--
-- Name: seals; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.seals (
    account_id text NOT NULL COLLATE pg_catalog."C",
    entry_id bigint NOT NULL,
    version integer NOT NULL,
    hash bytea NOT NULL,
    metadata_digest bytea
);

ALTER TABLE credits_private.seals OWNER TO credits_owner;

--
-- Name: TABLE seals; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.seals IS 'A hash for each sealed entry, over the entry and the hash before it: who changes an entry has to forge every later seal of the account.';

--
-- Name: COLUMN seals.account_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.seals.account_id IS 'Account of the entry.';

--
-- Name: COLUMN seals.entry_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.seals.entry_id IS 'The entry that is sealed; the seals of an account are 1, 2, 3 and so on, without gaps.';

--
-- Name: COLUMN seals.version; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.seals.version IS 'Which columns the hash covers, and in which form; see credits_private.entry_hash.';

--
-- Name: COLUMN seals.hash; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.seals.hash IS 'SHA-256 of the hash of the entry before and the canonical text of this one.';

--
-- Name: COLUMN seals.metadata_digest; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.seals.metadata_digest IS 'SHA-256 of the metadata, which stays when the metadata is erased; null if there was none.';

--
-- Name: settings; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.settings (
    setting text NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL,
    description text NOT NULL,
    CONSTRAINT settings_value_is_legal CHECK ((
CASE setting
    WHEN 'renewal_grace'::text THEN (((value)::interval >= '00:00:00'::interval) AND ((value)::interval <= '100 years'::interval))
    WHEN 'refund_grace'::text THEN (((value)::interval >= '00:00:00'::interval) AND ((value)::interval <= '100 years'::interval))
    WHEN 'hold_time'::text THEN ((EXTRACT(epoch FROM (value)::interval) > (0)::numeric) AND (EXTRACT(epoch FROM (value)::interval) <= (86400)::numeric))
    WHEN 'shortfall'::text THEN (value = ANY (ARRAY['debt'::text, 'write_off'::text]))
    WHEN 'free_purchases'::text THEN (value = ANY (ARRAY['ignore'::text, 'grant'::text]))
    WHEN 'connected_accounts'::text THEN ((value = ANY (ARRAY['none'::text, 'any'::text])) OR (value ~ '^[^, ]+(,[^, ]+)*$'::text))
    WHEN 'checkout_credits'::text THEN (value = ANY (ARRAY['metadata'::text, 'line_items'::text]))
    WHEN 'dispute_takes_back'::text THEN (value = ANY (ARRAY['at_once'::text, 'when_lost'::text]))
    WHEN 'dispute_freezes'::text THEN (value = ANY (ARRAY['no'::text, 'yes'::text]))
    WHEN 'credit_notes'::text THEN (value = ANY (ARRAY['ignore'::text, 'take_back'::text]))
    WHEN 'stripe_retention'::text THEN (((value)::interval >= '00:00:00'::interval) AND ((value)::interval <= '100 years'::interval))
    WHEN 'stripe_patience'::text THEN (((value)::interval >= '00:00:00'::interval) AND ((value)::interval <= '100 years'::interval))
    WHEN 'stripe_attempts'::text THEN (value ~ '^[1-9][0-9]{0,3}$'::text)
    WHEN 'account_claim'::text THEN ((value ~ '^[^.]+([.][^.]+)*$'::text) AND (value !~ '^user_metadata([.]|$)'::text))
    WHEN 'api_logins'::text THEN (value ~ '^[^,[:space:]]+(,[^,[:space:]]+)*$'::text)
    WHEN 'sealing'::text THEN (value = ANY (ARRAY['by_job'::text, 'at_once'::text]))
    ELSE NULL::boolean
END IS TRUE))
);

ALTER TABLE credits_private.settings OWNER TO credits_owner;

--
-- Name: TABLE settings; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.settings IS 'Choices of the installation, one row each, with their reason.';

--
-- Name: COLUMN settings.setting; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.settings.setting IS 'Name of the setting.';

--
-- Name: COLUMN settings.value; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.settings.value IS 'Its value as text; the check constraint says what is legal.';

--
-- Name: COLUMN settings.description; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.settings.description IS 'What it decides, the values allowed, and why the default is what it is.';

--
-- Name: stripe_charges; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.stripe_charges (
    provider_account text NOT NULL COLLATE pg_catalog."C",
    livemode boolean NOT NULL,
    charge text NOT NULL COLLATE pg_catalog."C",
    payment_intent text COLLATE pg_catalog."C",
    amount_refunded bigint NOT NULL,
    event_at timestamp with time zone NOT NULL
);

ALTER TABLE credits_private.stripe_charges OWNER TO credits_owner;

--
-- Name: TABLE stripe_charges; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.stripe_charges IS 'What has gone back of each charge, in total, as its newest event tells.';

--
-- Name: COLUMN stripe_charges.provider_account; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_charges.provider_account IS 'Connected account; empty for one''s own.';

--
-- Name: COLUMN stripe_charges.livemode; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_charges.livemode IS 'False for a test-mode object.';

--
-- Name: COLUMN stripe_charges.charge; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_charges.charge IS 'Id of the charge.';

--
-- Name: COLUMN stripe_charges.payment_intent; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_charges.payment_intent IS 'Payment intent of the charge, if it has one.';

--
-- Name: COLUMN stripe_charges.amount_refunded; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_charges.amount_refunded IS 'Money refunded by then, in the smallest unit of the currency.';

--
-- Name: COLUMN stripe_charges.event_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_charges.event_at IS 'When that was so: time of the event.';

--
-- Name: stripe_checkouts; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.stripe_checkouts (
    provider_account text NOT NULL COLLATE pg_catalog."C",
    livemode boolean NOT NULL,
    session text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT stripe_checkouts_state_is_known CHECK ((state = ANY (ARRAY['pending'::text, 'expired'::text, 'failed'::text, 'paid'::text])))
);

ALTER TABLE credits_private.stripe_checkouts OWNER TO credits_owner;

--
-- Name: TABLE stripe_checkouts; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.stripe_checkouts IS 'Checkout sessions and how far they came.';

--
-- Name: COLUMN stripe_checkouts.provider_account; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_checkouts.provider_account IS 'Connected account; empty for one''s own.';

--
-- Name: COLUMN stripe_checkouts.livemode; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_checkouts.livemode IS 'False for a test-mode object.';

--
-- Name: COLUMN stripe_checkouts.session; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_checkouts.session IS 'Id of the session.';

--
-- Name: COLUMN stripe_checkouts.state; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_checkouts.state IS 'pending, expired, failed or paid; the furthest that was told.';

--
-- Name: COLUMN stripe_checkouts.updated_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_checkouts.updated_at IS 'When the row was last written.';

--
-- Name: stripe_credit_notes; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.stripe_credit_notes (
    provider_account text NOT NULL COLLATE pg_catalog."C",
    livemode boolean NOT NULL,
    credit_note text NOT NULL COLLATE pg_catalog."C",
    invoice text NOT NULL COLLATE pg_catalog."C",
    amount bigint NOT NULL,
    refunds jsonb NOT NULL,
    is_void boolean NOT NULL,
    event_at timestamp with time zone NOT NULL,
    CONSTRAINT stripe_credit_notes_amount_is_not_negative CHECK ((amount >= 0))
);

ALTER TABLE credits_private.stripe_credit_notes OWNER TO credits_owner;

--
-- Name: TABLE stripe_credit_notes; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.stripe_credit_notes IS 'Credit notes on paid invoices, one row each.';

--
-- Name: COLUMN stripe_credit_notes.provider_account; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_credit_notes.provider_account IS 'Connected account; empty for one''s own.';

--
-- Name: COLUMN stripe_credit_notes.livemode; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_credit_notes.livemode IS 'False for a test-mode object.';

--
-- Name: COLUMN stripe_credit_notes.credit_note; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_credit_notes.credit_note IS 'Id of the credit note.';

--
-- Name: COLUMN stripe_credit_notes.invoice; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_credit_notes.invoice IS 'Invoice that it corrects.';

--
-- Name: COLUMN stripe_credit_notes.amount; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_credit_notes.amount IS 'Money of it that was given back after the payment.';

--
-- Name: COLUMN stripe_credit_notes.refunds; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_credit_notes.refunds IS 'Refunds that are part of it: array of [refund, amount or null].';

--
-- Name: COLUMN stripe_credit_notes.is_void; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_credit_notes.is_void IS 'Whether it was voided, which is final.';

--
-- Name: COLUMN stripe_credit_notes.event_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_credit_notes.event_at IS 'Time of the event that told of it.';

--
-- Name: stripe_customers; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.stripe_customers (
    provider_account text NOT NULL COLLATE pg_catalog."C",
    livemode boolean NOT NULL,
    customer text NOT NULL COLLATE pg_catalog."C",
    linked_account_id text COLLATE pg_catalog."C",
    named_account_id text COLLATE pg_catalog."C",
    named_at timestamp with time zone,
    seen_account_id text COLLATE pg_catalog."C",
    seen_at timestamp with time zone,
    is_deleted boolean DEFAULT false NOT NULL
);

ALTER TABLE credits_private.stripe_customers OWNER TO credits_owner;

--
-- Name: TABLE stripe_customers; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.stripe_customers IS 'Customers of Stripe and the accounts that they stand for.';

--
-- Name: COLUMN stripe_customers.provider_account; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_customers.provider_account IS 'Connected account; empty for one''s own.';

--
-- Name: COLUMN stripe_customers.livemode; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_customers.livemode IS 'False for a test-mode object.';

--
-- Name: COLUMN stripe_customers.customer; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_customers.customer IS 'Id of the customer.';

--
-- Name: COLUMN stripe_customers.linked_account_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_customers.linked_account_id IS 'Account that was set here; it goes before all others.';

--
-- Name: COLUMN stripe_customers.named_account_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_customers.named_account_id IS 'Account in the metadata of the customer.';

--
-- Name: COLUMN stripe_customers.named_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_customers.named_at IS 'Time of the event that told of the metadata.';

--
-- Name: COLUMN stripe_customers.seen_account_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_customers.seen_account_id IS 'Account that a purchase or subscription of the customer named.';

--
-- Name: COLUMN stripe_customers.seen_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_customers.seen_at IS 'Time of the event that named it.';

--
-- Name: COLUMN stripe_customers.is_deleted; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_customers.is_deleted IS 'Whether the customer was deleted at Stripe, which is final.';

--
-- Name: stripe_line_items; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.stripe_line_items (
    provider_account text NOT NULL COLLATE pg_catalog."C",
    livemode boolean NOT NULL,
    object_id text NOT NULL COLLATE pg_catalog."C",
    line_items jsonb NOT NULL
);

ALTER TABLE credits_private.stripe_line_items OWNER TO credits_owner;

--
-- Name: TABLE stripe_line_items; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.stripe_line_items IS 'All lines of a checkout session or invoice whose event does not show them.';

--
-- Name: COLUMN stripe_line_items.provider_account; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_line_items.provider_account IS 'Connected account; empty for one''s own.';

--
-- Name: COLUMN stripe_line_items.livemode; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_line_items.livemode IS 'False for a test-mode object.';

--
-- Name: COLUMN stripe_line_items.object_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_line_items.object_id IS 'Id of the session or invoice.';

--
-- Name: COLUMN stripe_line_items.line_items; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_line_items.line_items IS 'Array of the lines as Stripe lists them.';

--
-- Name: stripe_links; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.stripe_links (
    provider_account text NOT NULL COLLATE pg_catalog."C",
    livemode boolean NOT NULL,
    object_id text NOT NULL COLLATE pg_catalog."C",
    other_id text NOT NULL COLLATE pg_catalog."C"
);

ALTER TABLE credits_private.stripe_links OWNER TO credits_owner;

--
-- Name: TABLE stripe_links; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.stripe_links IS 'Which objects of Stripe belong to one payment, pair by pair and in both directions.';

--
-- Name: COLUMN stripe_links.provider_account; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_links.provider_account IS 'Connected account; empty for one''s own.';

--
-- Name: COLUMN stripe_links.livemode; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_links.livemode IS 'False for a test-mode object.';

--
-- Name: COLUMN stripe_links.object_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_links.object_id IS 'Id of a payment intent, charge, invoice or session.';

--
-- Name: COLUMN stripe_links.other_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_links.other_id IS 'Id of another one of the same payment.';

--
-- Name: stripe_price_terms; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.stripe_price_terms (
    price text NOT NULL COLLATE pg_catalog."C",
    credits bigint NOT NULL,
    rollover_cap bigint,
    proration text NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT stripe_price_terms_cap_is_in_range CHECK (((rollover_cap >= 0) AND (rollover_cap <= '9007199254740991'::bigint))),
    CONSTRAINT stripe_price_terms_credits_are_in_range CHECK (((credits >= 1) AND (credits <= '9007199254740991'::bigint))),
    CONSTRAINT stripe_price_terms_proration_is_known CHECK ((proration = ANY (ARRAY['none'::text, 'proportional'::text, 'full'::text])))
);

ALTER TABLE credits_private.stripe_price_terms OWNER TO credits_owner;

--
-- Name: TABLE stripe_price_terms; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.stripe_price_terms IS 'What one unit of a price is worth, as it was set here; it goes before the metadata of Stripe.';

--
-- Name: COLUMN stripe_price_terms.price; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_price_terms.price IS 'Id of the price at Stripe.';

--
-- Name: COLUMN stripe_price_terms.credits; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_price_terms.credits IS 'Credits for one unit and period.';

--
-- Name: COLUMN stripe_price_terms.rollover_cap; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_price_terms.rollover_cap IS 'Credits of the ended period that carry over at most; null: all of them.';

--
-- Name: COLUMN stripe_price_terms.proration; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_price_terms.proration IS 'What a prorated line grants: none, proportional (to its money) or full.';

--
-- Name: COLUMN stripe_price_terms.updated_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_price_terms.updated_at IS 'When the row was last set.';

--
-- Name: stripe_prices; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.stripe_prices (
    provider_account text NOT NULL COLLATE pg_catalog."C",
    livemode boolean NOT NULL,
    price text NOT NULL COLLATE pg_catalog."C",
    valid_from timestamp with time zone NOT NULL,
    object jsonb NOT NULL,
    previous jsonb,
    is_deleted boolean NOT NULL,
    is_unsure boolean DEFAULT false NOT NULL,
    is_assumed boolean DEFAULT false NOT NULL
);

ALTER TABLE credits_private.stripe_prices OWNER TO credits_owner;

--
-- Name: TABLE stripe_prices; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.stripe_prices IS 'Prices as they were from an instant on.';

--
-- Name: COLUMN stripe_prices.provider_account; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_prices.provider_account IS 'Connected account; empty for one''s own.';

--
-- Name: COLUMN stripe_prices.livemode; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_prices.livemode IS 'False for a test-mode object.';

--
-- Name: COLUMN stripe_prices.price; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_prices.price IS 'Id of the price or plan.';

--
-- Name: COLUMN stripe_prices.valid_from; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_prices.valid_from IS 'Time of the event: first instant at which it was so.';

--
-- Name: COLUMN stripe_prices.object; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_prices.object IS 'The object as the event showed it.';

--
-- Name: COLUMN stripe_prices.previous; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_prices.previous IS 'Former values of what the event changed.';

--
-- Name: COLUMN stripe_prices.is_deleted; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_prices.is_deleted IS 'Whether it was deleted then. It ends the sale, no grant.';

--
-- Name: COLUMN stripe_prices.is_unsure; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_prices.is_unsure IS 'Whether another event of the same second could not be put in order.';

--
-- Name: COLUMN stripe_prices.is_assumed; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_prices.is_assumed IS 'Whether no event told so: it was read from Stripe later, and counts from its creation on.';

--
-- Name: stripe_products; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.stripe_products (
    provider_account text NOT NULL COLLATE pg_catalog."C",
    livemode boolean NOT NULL,
    product text NOT NULL COLLATE pg_catalog."C",
    valid_from timestamp with time zone NOT NULL,
    object jsonb NOT NULL,
    previous jsonb,
    is_deleted boolean NOT NULL,
    is_unsure boolean DEFAULT false NOT NULL,
    is_assumed boolean DEFAULT false NOT NULL
);

ALTER TABLE credits_private.stripe_products OWNER TO credits_owner;

--
-- Name: TABLE stripe_products; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.stripe_products IS 'Products as they were from an instant on.';

--
-- Name: COLUMN stripe_products.provider_account; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_products.provider_account IS 'Connected account; empty for one''s own.';

--
-- Name: COLUMN stripe_products.livemode; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_products.livemode IS 'False for a test-mode object.';

--
-- Name: COLUMN stripe_products.product; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_products.product IS 'Id of the product.';

--
-- Name: COLUMN stripe_products.valid_from; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_products.valid_from IS 'Time of the event: first instant at which it was so.';

--
-- Name: COLUMN stripe_products.object; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_products.object IS 'The object as the event showed it.';

--
-- Name: COLUMN stripe_products.previous; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_products.previous IS 'Former values of what the event changed.';

--
-- Name: COLUMN stripe_products.is_deleted; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_products.is_deleted IS 'Whether it was deleted then. It ends the sale, no grant.';

--
-- Name: COLUMN stripe_products.is_unsure; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_products.is_unsure IS 'Whether another event of the same second could not be put in order.';

--
-- Name: COLUMN stripe_products.is_assumed; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_products.is_assumed IS 'Whether no event told so: it was read from Stripe later, and counts from its creation on.';

--
-- Name: stripe_refunds; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.stripe_refunds (
    provider_account text NOT NULL COLLATE pg_catalog."C",
    livemode boolean NOT NULL,
    refund text NOT NULL COLLATE pg_catalog."C",
    payment_intent text COLLATE pg_catalog."C",
    charge text COLLATE pg_catalog."C",
    amount bigint NOT NULL,
    status text,
    made_at timestamp with time zone NOT NULL,
    event_at timestamp with time zone NOT NULL,
    failed_at timestamp with time zone,
    unknown_status text,
    CONSTRAINT stripe_refunds_amount_is_not_negative CHECK ((amount >= 0)),
    CONSTRAINT stripe_refunds_failed_has_time CHECK (((failed_at IS NOT NULL) = COALESCE((status = ANY (ARRAY['failed'::text, 'canceled'::text])), false)))
);

ALTER TABLE credits_private.stripe_refunds OWNER TO credits_owner;

--
-- Name: TABLE stripe_refunds; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.stripe_refunds IS 'Refunds, one row each.';

--
-- Name: COLUMN stripe_refunds.provider_account; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_refunds.provider_account IS 'Connected account; empty for one''s own.';

--
-- Name: COLUMN stripe_refunds.livemode; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_refunds.livemode IS 'False for a test-mode object.';

--
-- Name: COLUMN stripe_refunds.refund; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_refunds.refund IS 'Id of the refund.';

--
-- Name: COLUMN stripe_refunds.payment_intent; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_refunds.payment_intent IS 'Payment intent that it refunds.';

--
-- Name: COLUMN stripe_refunds.charge; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_refunds.charge IS 'Charge that it refunds.';

--
-- Name: COLUMN stripe_refunds.amount; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_refunds.amount IS 'Money, in the smallest unit of the currency.';

--
-- Name: COLUMN stripe_refunds.status; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_refunds.status IS 'pending, requires_action, succeeded, failed or canceled; null: none that is known.';

--
-- Name: COLUMN stripe_refunds.made_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_refunds.made_at IS 'When the refund was made.';

--
-- Name: COLUMN stripe_refunds.event_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_refunds.event_at IS 'Time of the event that told of the status.';

--
-- Name: COLUMN stripe_refunds.failed_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_refunds.failed_at IS 'When it failed or was cancelled.';

--
-- Name: COLUMN stripe_refunds.unknown_status; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_refunds.unknown_status IS 'A status that is not known; it changes nothing.';

--
-- Name: stripe_runs; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.stripe_runs (
    started_at timestamp with time zone NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    provider_account text NOT NULL COLLATE pg_catalog."C",
    livemode boolean NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    counts jsonb NOT NULL,
    problem text
);

ALTER TABLE credits_private.stripe_runs OWNER TO credits_owner;

--
-- Name: TABLE stripe_runs; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.stripe_runs IS 'Every run of a command that compares with Stripe: one row for each account of Stripe.';

--
-- Name: COLUMN stripe_runs.started_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_runs.started_at IS 'When it began.';

--
-- Name: COLUMN stripe_runs.kind; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_runs.kind IS 'sync, replay or reconcile.';

--
-- Name: COLUMN stripe_runs.provider_account; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_runs.provider_account IS 'Connected account; empty for one''s own.';

--
-- Name: COLUMN stripe_runs.livemode; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_runs.livemode IS 'False for test mode.';

--
-- Name: COLUMN stripe_runs.ended_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_runs.ended_at IS 'When it ended.';

--
-- Name: COLUMN stripe_runs.counts; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_runs.counts IS 'What it found and did: an object of numbers.';

--
-- Name: COLUMN stripe_runs.problem; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_runs.problem IS 'Why it stopped before its end; null if it did not.';

--
-- Name: stripe_schedules; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.stripe_schedules (
    provider_account text NOT NULL COLLATE pg_catalog."C",
    livemode boolean NOT NULL,
    schedule text NOT NULL COLLATE pg_catalog."C",
    subscription text,
    status text NOT NULL,
    event_at timestamp with time zone NOT NULL,
    object jsonb NOT NULL,
    previous jsonb,
    is_unsure boolean DEFAULT false NOT NULL
);

ALTER TABLE credits_private.stripe_schedules OWNER TO credits_owner;

--
-- Name: TABLE stripe_schedules; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.stripe_schedules IS 'Subscription schedules as their newest event shows them.';

--
-- Name: COLUMN stripe_schedules.provider_account; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_schedules.provider_account IS 'Connected account; empty for one''s own.';

--
-- Name: COLUMN stripe_schedules.livemode; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_schedules.livemode IS 'False for a test-mode object.';

--
-- Name: COLUMN stripe_schedules.schedule; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_schedules.schedule IS 'Id of the schedule.';

--
-- Name: COLUMN stripe_schedules.subscription; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_schedules.subscription IS 'Subscription that it changes.';

--
-- Name: COLUMN stripe_schedules.status; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_schedules.status IS 'Status at Stripe.';

--
-- Name: COLUMN stripe_schedules.event_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_schedules.event_at IS 'Time of the event that told of it.';

--
-- Name: COLUMN stripe_schedules.object; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_schedules.object IS 'The object as that event showed it.';

--
-- Name: COLUMN stripe_schedules.previous; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_schedules.previous IS 'Former values of what that event changed.';

--
-- Name: COLUMN stripe_schedules.is_unsure; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_schedules.is_unsure IS 'Whether another event of the same second could not be put in order.';

--
-- Name: stripe_subscriptions; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.stripe_subscriptions (
    provider_account text NOT NULL COLLATE pg_catalog."C",
    livemode boolean NOT NULL,
    subscription text NOT NULL COLLATE pg_catalog."C",
    customer text,
    named_account_id text COLLATE pg_catalog."C",
    status text NOT NULL,
    period_start timestamp with time zone,
    period_end timestamp with time zone,
    cancel_at timestamp with time zone,
    ended_at timestamp with time zone,
    event_at timestamp with time zone NOT NULL,
    object jsonb NOT NULL,
    previous jsonb,
    is_unsure boolean DEFAULT false NOT NULL
);

ALTER TABLE credits_private.stripe_subscriptions OWNER TO credits_owner;

--
-- Name: TABLE stripe_subscriptions; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.stripe_subscriptions IS 'Subscriptions as their newest event shows them. Nothing is granted for a state.';

--
-- Name: COLUMN stripe_subscriptions.provider_account; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_subscriptions.provider_account IS 'Connected account; empty for one''s own.';

--
-- Name: COLUMN stripe_subscriptions.livemode; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_subscriptions.livemode IS 'False for a test-mode object.';

--
-- Name: COLUMN stripe_subscriptions.subscription; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_subscriptions.subscription IS 'Id of the subscription.';

--
-- Name: COLUMN stripe_subscriptions.customer; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_subscriptions.customer IS 'Customer who has subscribed.';

--
-- Name: COLUMN stripe_subscriptions.named_account_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_subscriptions.named_account_id IS 'Account in its metadata.';

--
-- Name: COLUMN stripe_subscriptions.status; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_subscriptions.status IS 'Status at Stripe.';

--
-- Name: COLUMN stripe_subscriptions.period_start; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_subscriptions.period_start IS 'Start of the current period: the earliest of its items.';

--
-- Name: COLUMN stripe_subscriptions.period_end; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_subscriptions.period_end IS 'End of the current period: the latest of its items.';

--
-- Name: COLUMN stripe_subscriptions.cancel_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_subscriptions.cancel_at IS 'When it is going to end, if that is settled.';

--
-- Name: COLUMN stripe_subscriptions.ended_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_subscriptions.ended_at IS 'When it ended.';

--
-- Name: COLUMN stripe_subscriptions.event_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_subscriptions.event_at IS 'Time of the event that told of it.';

--
-- Name: COLUMN stripe_subscriptions.object; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_subscriptions.object IS 'The object as that event showed it.';

--
-- Name: COLUMN stripe_subscriptions.previous; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_subscriptions.previous IS 'Former values of what that event changed.';

--
-- Name: COLUMN stripe_subscriptions.is_unsure; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_subscriptions.is_unsure IS 'Whether another event of the same second could not be put in order.';

--
-- Name: stripe_waits; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.stripe_waits (
    waits_for text NOT NULL COLLATE pg_catalog."C"
);

ALTER TABLE credits_private.stripe_waits OWNER TO credits_owner;

--
-- Name: TABLE stripe_waits; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.stripe_waits IS 'Meeting point of an event that waits for something and the event that brings it: both insert the same row, so neither can miss the other.';

--
-- Name: COLUMN stripe_waits.waits_for; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.stripe_waits.waits_for IS 'Kind and id of what is waited for.';

--
-- Name: trial_keys; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.trial_keys (
    trial_key text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    subscription text NOT NULL COLLATE pg_catalog."C"
);

ALTER TABLE credits_private.trial_keys OWNER TO credits_owner;

--
-- Name: TABLE trial_keys; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.trial_keys IS 'Who has had a trial, under keys that outlive accounts; unique over all accounts.';

--
-- Name: COLUMN trial_keys.trial_key; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.trial_keys.trial_key IS 'Key of the host application, such as the hash of a card or an address.';

--
-- Name: COLUMN trial_keys.account_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.trial_keys.account_id IS 'Account that had the trial.';

--
-- Name: COLUMN trial_keys.subscription; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.trial_keys.subscription IS 'Subscription that was tried.';

--
-- Name: usage_counters; Type: TABLE; Schema: credits_private; Owner: credits_owner
--

CREATE TABLE credits_private.usage_counters (
    account_id text NOT NULL COLLATE pg_catalog."C",
    member text NOT NULL COLLATE pg_catalog."C",
    feature text NOT NULL COLLATE pg_catalog."C",
    period text NOT NULL COLLATE pg_catalog."C",
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    used bigint NOT NULL,
    CONSTRAINT usage_counters_period_has_length CHECK ((starts_at < ends_at))
)
WITH (fillfactor='50');

ALTER TABLE credits_private.usage_counters OWNER TO credits_owner;

--
-- Name: TABLE usage_counters; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON TABLE credits_private.usage_counters IS 'Credits used in a period, kept for what is limited. It follows from the ledger, and can be counted again.';

--
-- Name: COLUMN usage_counters.account_id; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.usage_counters.account_id IS 'Account whose credits are used.';

--
-- Name: COLUMN usage_counters.member; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.usage_counters.member IS 'Who used them; empty for anybody.';

--
-- Name: COLUMN usage_counters.feature; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.usage_counters.feature IS 'What for; empty for anything. Caps of members count everything.';

--
-- Name: COLUMN usage_counters.period; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.usage_counters.period IS 'What is repeated: hour, day, week, month, billing_period or lifetime.';

--
-- Name: COLUMN usage_counters.starts_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.usage_counters.starts_at IS 'Start of this period.';

--
-- Name: COLUMN usage_counters.ends_at; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.usage_counters.ends_at IS 'First instant after this period; infinity for never.';

--
-- Name: COLUMN usage_counters.used; Type: COMMENT; Schema: credits_private; Owner: credits_owner
--

COMMENT ON COLUMN credits_private.usage_counters.used IS 'What spends and holds of the period took, less what has come back of them since.';

--
-- Name: access_matrix access_matrix_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.access_matrix
    ADD CONSTRAINT access_matrix_pkey PRIMARY KEY (role, function);

--
-- Name: accounts accounts_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (account_id);

--
-- Name: holds holds_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.holds
    ADD CONSTRAINT holds_pkey PRIMARY KEY (account_id, hold_id);

--
-- Name: ledger ledger_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.ledger
    ADD CONSTRAINT ledger_pkey PRIMARY KEY (account_id, entry_id);

--
-- Name: lots lots_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.lots
    ADD CONSTRAINT lots_pkey PRIMARY KEY (account_id, lot_id);

--
-- Name: member_caps member_caps_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.member_caps
    ADD CONSTRAINT member_caps_pkey PRIMARY KEY (account_id, member, period);

--
-- Name: payment_refs payment_refs_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.payment_refs
    ADD CONSTRAINT payment_refs_pkey PRIMARY KEY (object_id, provider, kind, livemode, provider_account);

--
-- Name: payments payments_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.payments
    ADD CONSTRAINT payments_pkey PRIMARY KEY (account_id, payment_id);

--
-- Name: pools pools_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.pools
    ADD CONSTRAINT pools_pkey PRIMARY KEY (pool);

--
-- Name: schema_migrations_log schema_migrations_log_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.schema_migrations_log
    ADD CONSTRAINT schema_migrations_log_pkey PRIMARY KEY (entry);

--
-- Name: schema_migrations schema_migrations_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (id);

--
-- Name: schema_objects schema_objects_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.schema_objects
    ADD CONSTRAINT schema_objects_pkey PRIMARY KEY (object);

--
-- Name: sealing sealing_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.sealing
    ADD CONSTRAINT sealing_pkey PRIMARY KEY (is_only);

--
-- Name: seals seals_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.seals
    ADD CONSTRAINT seals_pkey PRIMARY KEY (account_id, entry_id);

--
-- Name: settings settings_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (setting);

--
-- Name: stripe_charges stripe_charges_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.stripe_charges
    ADD CONSTRAINT stripe_charges_pkey PRIMARY KEY (charge, livemode, provider_account);

--
-- Name: stripe_checkouts stripe_checkouts_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.stripe_checkouts
    ADD CONSTRAINT stripe_checkouts_pkey PRIMARY KEY (session, livemode, provider_account);

--
-- Name: stripe_credit_notes stripe_credit_notes_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.stripe_credit_notes
    ADD CONSTRAINT stripe_credit_notes_pkey PRIMARY KEY (credit_note, livemode, provider_account);

--
-- Name: stripe_customers stripe_customers_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.stripe_customers
    ADD CONSTRAINT stripe_customers_pkey PRIMARY KEY (customer, livemode, provider_account);

--
-- Name: stripe_disputes stripe_disputes_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.stripe_disputes
    ADD CONSTRAINT stripe_disputes_pkey PRIMARY KEY (dispute, livemode, provider_account);

--
-- Name: stripe_events stripe_events_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.stripe_events
    ADD CONSTRAINT stripe_events_pkey PRIMARY KEY (provider_account, event_id);

--
-- Name: stripe_invoices stripe_invoices_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.stripe_invoices
    ADD CONSTRAINT stripe_invoices_pkey PRIMARY KEY (invoice, livemode, provider_account);

--
-- Name: stripe_line_items stripe_line_items_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.stripe_line_items
    ADD CONSTRAINT stripe_line_items_pkey PRIMARY KEY (object_id, livemode, provider_account);

--
-- Name: stripe_links stripe_links_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.stripe_links
    ADD CONSTRAINT stripe_links_pkey PRIMARY KEY (object_id, other_id, livemode, provider_account);

--
-- Name: stripe_price_terms stripe_price_terms_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.stripe_price_terms
    ADD CONSTRAINT stripe_price_terms_pkey PRIMARY KEY (price);

--
-- Name: stripe_prices stripe_prices_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.stripe_prices
    ADD CONSTRAINT stripe_prices_pkey PRIMARY KEY (price, valid_from, livemode, provider_account);

--
-- Name: stripe_products stripe_products_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.stripe_products
    ADD CONSTRAINT stripe_products_pkey PRIMARY KEY (product, valid_from, livemode, provider_account);

--
-- Name: stripe_refunds stripe_refunds_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.stripe_refunds
    ADD CONSTRAINT stripe_refunds_pkey PRIMARY KEY (refund, livemode, provider_account);

--
-- Name: stripe_runs stripe_runs_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.stripe_runs
    ADD CONSTRAINT stripe_runs_pkey PRIMARY KEY (started_at, kind, provider_account, livemode);

--
-- Name: stripe_schedules stripe_schedules_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.stripe_schedules
    ADD CONSTRAINT stripe_schedules_pkey PRIMARY KEY (schedule, livemode, provider_account);

--
-- Name: stripe_subscriptions stripe_subscriptions_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.stripe_subscriptions
    ADD CONSTRAINT stripe_subscriptions_pkey PRIMARY KEY (subscription, livemode, provider_account);

--
-- Name: stripe_waits stripe_waits_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.stripe_waits
    ADD CONSTRAINT stripe_waits_pkey PRIMARY KEY (waits_for);

--
-- Name: subscription_items subscription_items_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.subscription_items
    ADD CONSTRAINT subscription_items_pkey PRIMARY KEY (account_id, subscription, item);

--
-- Name: subscriptions subscriptions_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.subscriptions
    ADD CONSTRAINT subscriptions_pkey PRIMARY KEY (account_id, subscription);

--
-- Name: trial_keys trial_keys_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.trial_keys
    ADD CONSTRAINT trial_keys_pkey PRIMARY KEY (trial_key);

--
-- Name: usage_counters usage_counters_pkey; Type: CONSTRAINT; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE ONLY credits_private.usage_counters
    ADD CONSTRAINT usage_counters_pkey PRIMARY KEY (account_id, member, feature, period, starts_at);

--
-- Name: holds_expiry_idx; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE INDEX holds_expiry_idx ON credits_private.holds USING btree (expires_at, account_id) WHERE (status = 'open'::text);

--
-- Name: holds_open_idx; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE INDEX holds_open_idx ON credits_private.holds USING btree (account_id, expires_at, hold_id) WHERE (status = 'open'::text);

--
-- Name: ledger_allocated_idx; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE INDEX ledger_allocated_idx ON credits_private.ledger USING btree (account_id, about_entry_id, entry_id) WHERE (allocations IS NOT NULL);

--
-- Name: ledger_created_idx; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE INDEX ledger_created_idx ON credits_private.ledger USING brin (created_at) WITH (autosummarize='on');

--
-- Name: ledger_idempotency_key; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE UNIQUE INDEX ledger_idempotency_key ON credits_private.ledger USING btree (account_id, idempotency_key) WHERE (idempotency_key IS NOT NULL);

--
-- Name: ledger_other_idx; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE INDEX ledger_other_idx ON credits_private.ledger USING btree (account_id, other_account_id, command_id) WHERE (other_account_id IS NOT NULL);

--
-- Name: lots_burn_idx; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE INDEX lots_burn_idx ON credits_private.lots USING btree (account_id, priority, expires_at, lot_id) WHERE is_open;

--
-- Name: lots_expiry_idx; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE INDEX lots_expiry_idx ON credits_private.lots USING btree (expires_at, account_id) WHERE is_open;

--
-- Name: lots_payment_idx; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE INDEX lots_payment_idx ON credits_private.lots USING btree (account_id, payment_id) WHERE (payment_id IS NOT NULL);

--
-- Name: lots_period_key; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE UNIQUE INDEX lots_period_key ON credits_private.lots USING btree (account_id, subscription, item, period_start) WHERE ((item IS NOT NULL) AND (origin = 'grant'::text));

--
-- Name: payment_refs_payment_idx; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE INDEX payment_refs_payment_idx ON credits_private.payment_refs USING btree (account_id, payment_id);

--
-- Name: payments_owed_idx; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE INDEX payments_owed_idx ON credits_private.payments USING btree (account_id, payment_id) WHERE (owed > 0);

--
-- Name: stripe_credit_notes_invoice_idx; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE INDEX stripe_credit_notes_invoice_idx ON credits_private.stripe_credit_notes USING btree (invoice);

--
-- Name: stripe_customers_linked_idx; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE INDEX stripe_customers_linked_idx ON credits_private.stripe_customers USING btree (linked_account_id) WHERE (linked_account_id IS NOT NULL);

--
-- Name: stripe_customers_named_idx; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE INDEX stripe_customers_named_idx ON credits_private.stripe_customers USING btree (named_account_id) WHERE (named_account_id IS NOT NULL);

--
-- Name: stripe_customers_seen_idx; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE INDEX stripe_customers_seen_idx ON credits_private.stripe_customers USING btree (seen_account_id) WHERE (seen_account_id IS NOT NULL);

--
-- Name: stripe_disputes_charge_idx; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE INDEX stripe_disputes_charge_idx ON credits_private.stripe_disputes USING btree (charge);

--
-- Name: stripe_disputes_payment_intent_idx; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE INDEX stripe_disputes_payment_intent_idx ON credits_private.stripe_disputes USING btree (payment_intent);

--
-- Name: stripe_events_body_idx; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE INDEX stripe_events_body_idx ON credits_private.stripe_events USING btree (received_at) WHERE (body IS NOT NULL);

--
-- Name: stripe_events_retry_idx; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE INDEX stripe_events_retry_idx ON credits_private.stripe_events USING btree (retry_at) WHERE (retry_at IS NOT NULL);

--
-- Name: stripe_events_waiting_idx; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE INDEX stripe_events_waiting_idx ON credits_private.stripe_events USING btree (waits_for) WHERE (waits_for IS NOT NULL);

--
-- Name: stripe_invoices_review_idx; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE INDEX stripe_invoices_review_idx ON credits_private.stripe_invoices USING btree (invoice) WHERE needs_review;

--
-- Name: stripe_refunds_charge_idx; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE INDEX stripe_refunds_charge_idx ON credits_private.stripe_refunds USING btree (charge);

--
-- Name: stripe_refunds_payment_intent_idx; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE INDEX stripe_refunds_payment_intent_idx ON credits_private.stripe_refunds USING btree (payment_intent);

--
-- Name: stripe_subscriptions_account_idx; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE INDEX stripe_subscriptions_account_idx ON credits_private.stripe_subscriptions USING btree (named_account_id) WHERE (named_account_id IS NOT NULL);

--
-- Name: stripe_subscriptions_customer_idx; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE INDEX stripe_subscriptions_customer_idx ON credits_private.stripe_subscriptions USING btree (customer);

--
-- Name: subscription_items_due_idx; Type: INDEX; Schema: credits_private; Owner: credits_owner
--

CREATE INDEX subscription_items_due_idx ON credits_private.subscription_items USING btree (next_grant_at, account_id) WHERE (next_grant_at IS NOT NULL);

--
-- Name: ledger ledger_entries_stay; Type: TRIGGER; Schema: credits_private; Owner: credits_owner
--

CREATE TRIGGER ledger_entries_stay BEFORE UPDATE ON credits_private.ledger FOR EACH ROW EXECUTE FUNCTION credits_private.ledger_is_append_only();

--
-- Name: ledger ledger_is_append_only; Type: TRIGGER; Schema: credits_private; Owner: credits_owner
--

CREATE TRIGGER ledger_is_append_only BEFORE DELETE OR TRUNCATE ON credits_private.ledger FOR EACH STATEMENT EXECUTE FUNCTION credits_private.ledger_is_append_only();

--
-- Name: settings settings_apply_sealing; Type: TRIGGER; Schema: credits_private; Owner: credits_owner
--

CREATE TRIGGER settings_apply_sealing AFTER UPDATE ON credits_private.settings FOR EACH ROW WHEN (((new.setting = 'sealing'::text) AND (new.value IS DISTINCT FROM old.value))) EXECUTE FUNCTION credits_private.apply_sealing();

--
-- Name: access_matrix; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.access_matrix ENABLE ROW LEVEL SECURITY;

--
-- Name: accounts; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.accounts ENABLE ROW LEVEL SECURITY;

--
-- Name: holds; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.holds ENABLE ROW LEVEL SECURITY;

--
-- Name: ledger; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.ledger ENABLE ROW LEVEL SECURITY;

--
-- Name: lots; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.lots ENABLE ROW LEVEL SECURITY;

--
-- Name: member_caps; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.member_caps ENABLE ROW LEVEL SECURITY;

--
-- Name: payment_refs; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.payment_refs ENABLE ROW LEVEL SECURITY;

--
-- Name: payments; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.payments ENABLE ROW LEVEL SECURITY;

--
-- Name: pools; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.pools ENABLE ROW LEVEL SECURITY;

--
-- Name: schema_migrations; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.schema_migrations ENABLE ROW LEVEL SECURITY;

--
-- Name: schema_migrations_log; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.schema_migrations_log ENABLE ROW LEVEL SECURITY;

--
-- Name: schema_objects; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.schema_objects ENABLE ROW LEVEL SECURITY;

--
-- Name: sealing; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.sealing ENABLE ROW LEVEL SECURITY;

--
-- Name: seals; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.seals ENABLE ROW LEVEL SECURITY;

--
-- Name: settings; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.settings ENABLE ROW LEVEL SECURITY;

--
-- Name: stripe_charges; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.stripe_charges ENABLE ROW LEVEL SECURITY;

--
-- Name: stripe_checkouts; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.stripe_checkouts ENABLE ROW LEVEL SECURITY;

--
-- Name: stripe_credit_notes; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.stripe_credit_notes ENABLE ROW LEVEL SECURITY;

--
-- Name: stripe_customers; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.stripe_customers ENABLE ROW LEVEL SECURITY;

--
-- Name: stripe_disputes; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.stripe_disputes ENABLE ROW LEVEL SECURITY;

--
-- Name: stripe_events; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.stripe_events ENABLE ROW LEVEL SECURITY;

--
-- Name: stripe_invoices; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.stripe_invoices ENABLE ROW LEVEL SECURITY;

--
-- Name: stripe_line_items; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.stripe_line_items ENABLE ROW LEVEL SECURITY;

--
-- Name: stripe_links; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.stripe_links ENABLE ROW LEVEL SECURITY;

--
-- Name: stripe_price_terms; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.stripe_price_terms ENABLE ROW LEVEL SECURITY;

--
-- Name: stripe_prices; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.stripe_prices ENABLE ROW LEVEL SECURITY;

--
-- Name: stripe_products; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.stripe_products ENABLE ROW LEVEL SECURITY;

--
-- Name: stripe_refunds; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.stripe_refunds ENABLE ROW LEVEL SECURITY;

--
-- Name: stripe_runs; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.stripe_runs ENABLE ROW LEVEL SECURITY;

--
-- Name: stripe_schedules; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.stripe_schedules ENABLE ROW LEVEL SECURITY;

--
-- Name: stripe_subscriptions; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.stripe_subscriptions ENABLE ROW LEVEL SECURITY;

--
-- Name: stripe_waits; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.stripe_waits ENABLE ROW LEVEL SECURITY;

--
-- Name: subscription_items; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.subscription_items ENABLE ROW LEVEL SECURITY;

--
-- Name: subscriptions; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.subscriptions ENABLE ROW LEVEL SECURITY;

--
-- Name: trial_keys; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.trial_keys ENABLE ROW LEVEL SECURITY;

--
-- Name: usage_counters; Type: ROW SECURITY; Schema: credits_private; Owner: credits_owner
--

ALTER TABLE credits_private.usage_counters ENABLE ROW LEVEL SECURITY;

--
-- Name: SCHEMA credits; Type: ACL; Schema: -; Owner: credits_owner
--

GRANT USAGE ON SCHEMA credits TO credits_service;
GRANT USAGE ON SCHEMA credits TO credits_admin;
GRANT USAGE ON SCHEMA credits TO credits_webhook;
GRANT USAGE ON SCHEMA credits TO credits_reader;
GRANT USAGE ON SCHEMA credits TO credits_user;

--
-- Name: FUNCTION add_purchased_credits(p_account_id text, p_amount bigint, p_expires_at timestamp with time zone, p_amount_paid bigint, p_currency text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.add_purchased_credits(p_account_id text, p_amount bigint, p_expires_at timestamp with time zone, p_amount_paid bigint, p_currency text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.add_purchased_credits(p_account_id text, p_amount bigint, p_expires_at timestamp with time zone, p_amount_paid bigint, p_currency text, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_service;

--
-- Name: FUNCTION add_stripe_line_items(p_object_id text, p_line_items jsonb, p_livemode boolean, p_provider_account text); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.add_stripe_line_items(p_object_id text, p_line_items jsonb, p_livemode boolean, p_provider_account text) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.add_stripe_line_items(p_object_id text, p_line_items jsonb, p_livemode boolean, p_provider_account text) TO credits_service;
GRANT ALL ON FUNCTION credits.add_stripe_line_items(p_object_id text, p_line_items jsonb, p_livemode boolean, p_provider_account text) TO credits_webhook;

--
-- Name: FUNCTION add_subscription_credits(p_account_id text, p_amount bigint, p_period_end timestamp with time zone, p_subscription text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.add_subscription_credits(p_account_id text, p_amount bigint, p_period_end timestamp with time zone, p_subscription text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.add_subscription_credits(p_account_id text, p_amount bigint, p_period_end timestamp with time zone, p_subscription text, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_service;

--
-- Name: FUNCTION adjust_balance(p_account_id text, p_reason text, p_person text, p_difference bigint, p_target bigint, p_pool text, p_expires_at timestamp with time zone, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.adjust_balance(p_account_id text, p_reason text, p_person text, p_difference bigint, p_target bigint, p_pool text, p_expires_at timestamp with time zone, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.adjust_balance(p_account_id text, p_reason text, p_person text, p_difference bigint, p_target bigint, p_pool text, p_expires_at timestamp with time zone, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_admin;

--
-- Name: FUNCTION audit_access(); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.audit_access() FROM PUBLIC;
GRANT ALL ON FUNCTION credits.audit_access() TO credits_service;
GRANT ALL ON FUNCTION credits.audit_access() TO credits_admin;
GRANT ALL ON FUNCTION credits.audit_access() TO credits_reader;

--
-- Name: FUNCTION balance_at(p_account_id text, p_at timestamp with time zone); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.balance_at(p_account_id text, p_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.balance_at(p_account_id text, p_at timestamp with time zone) TO credits_service;
GRANT ALL ON FUNCTION credits.balance_at(p_account_id text, p_at timestamp with time zone) TO credits_admin;
GRANT ALL ON FUNCTION credits.balance_at(p_account_id text, p_at timestamp with time zone) TO credits_reader;

--
-- Name: FUNCTION cancel_subscription(p_account_id text, p_subscription text, p_when text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.cancel_subscription(p_account_id text, p_subscription text, p_when text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.cancel_subscription(p_account_id text, p_subscription text, p_when text, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_service;

--
-- Name: FUNCTION capture_hold(p_account_id text, p_hold_id bigint, p_amount bigint, p_final boolean, p_if_short text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.capture_hold(p_account_id text, p_hold_id bigint, p_amount bigint, p_final boolean, p_if_short text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.capture_hold(p_account_id text, p_hold_id bigint, p_amount bigint, p_final boolean, p_if_short text, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_service;

--
-- Name: FUNCTION change_subscription(p_account_id text, p_subscription text, p_amount bigint, p_policy text, p_when text, p_item text, p_plan text, p_payment text, p_amount_paid bigint, p_currency text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.change_subscription(p_account_id text, p_subscription text, p_amount bigint, p_policy text, p_when text, p_item text, p_plan text, p_payment text, p_amount_paid bigint, p_currency text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.change_subscription(p_account_id text, p_subscription text, p_amount bigint, p_policy text, p_when text, p_item text, p_plan text, p_payment text, p_amount_paid bigint, p_currency text, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_service;

--
-- Name: FUNCTION claim_payment(p_account_id text, p_event_id text, p_provider_account text); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.claim_payment(p_account_id text, p_event_id text, p_provider_account text) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.claim_payment(p_account_id text, p_event_id text, p_provider_account text) TO credits_service;
GRANT ALL ON FUNCTION credits.claim_payment(p_account_id text, p_event_id text, p_provider_account text) TO credits_admin;

--
-- Name: FUNCTION clawback_credits(p_account_id text, p_payment text, p_target bigint, p_amount_returned bigint, p_provider text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.clawback_credits(p_account_id text, p_payment text, p_target bigint, p_amount_returned bigint, p_provider text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.clawback_credits(p_account_id text, p_payment text, p_target bigint, p_amount_returned bigint, p_provider text, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_service;
GRANT ALL ON FUNCTION credits.clawback_credits(p_account_id text, p_payment text, p_target bigint, p_amount_returned bigint, p_provider text, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_admin;

--
-- Name: FUNCTION close_account(p_account_id text, p_reason text, p_if_credits text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.close_account(p_account_id text, p_reason text, p_if_credits text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.close_account(p_account_id text, p_reason text, p_if_credits text, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_admin;

--
-- Name: FUNCTION deduct_credit(p_account_id text, p_amount bigint, p_feature text, p_member text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.deduct_credit(p_account_id text, p_amount bigint, p_feature text, p_member text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.deduct_credit(p_account_id text, p_amount bigint, p_feature text, p_member text, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_service;

--
-- Name: FUNCTION deduct_credits_batch(p_operations jsonb, p_all_or_nothing boolean); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.deduct_credits_batch(p_operations jsonb, p_all_or_nothing boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.deduct_credits_batch(p_operations jsonb, p_all_or_nothing boolean) TO credits_service;

--
-- Name: FUNCTION dismiss_stripe_event(p_event_id text, p_reason text, p_provider_account text); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.dismiss_stripe_event(p_event_id text, p_reason text, p_provider_account text) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.dismiss_stripe_event(p_event_id text, p_reason text, p_provider_account text) TO credits_admin;

--
-- Name: FUNCTION erase_metadata(p_account_id text, p_reason text, p_reference text, p_idempotency_key text); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.erase_metadata(p_account_id text, p_reason text, p_reference text, p_idempotency_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.erase_metadata(p_account_id text, p_reason text, p_reference text, p_idempotency_key text) TO credits_admin;

--
-- Name: FUNCTION expire_due(p_limit integer); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.expire_due(p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.expire_due(p_limit integer) TO credits_service;
GRANT ALL ON FUNCTION credits.expire_due(p_limit integer) TO credits_admin;

--
-- Name: FUNCTION expire_subscription_credits(p_account_id text, p_subscription text, p_reason text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.expire_subscription_credits(p_account_id text, p_subscription text, p_reason text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.expire_subscription_credits(p_account_id text, p_subscription text, p_reason text, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_service;

--
-- Name: FUNCTION explain_spend(p_account_id text, p_entry_id bigint); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.explain_spend(p_account_id text, p_entry_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.explain_spend(p_account_id text, p_entry_id bigint) TO credits_service;
GRANT ALL ON FUNCTION credits.explain_spend(p_account_id text, p_entry_id bigint) TO credits_admin;
GRANT ALL ON FUNCTION credits.explain_spend(p_account_id text, p_entry_id bigint) TO credits_reader;

--
-- Name: FUNCTION extend_hold(p_account_id text, p_hold_id bigint, p_expires_in interval, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.extend_hold(p_account_id text, p_hold_id bigint, p_expires_in interval, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.extend_hold(p_account_id text, p_hold_id bigint, p_expires_in interval, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_service;

--
-- Name: FUNCTION freeze_account(p_account_id text, p_reason text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.freeze_account(p_account_id text, p_reason text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.freeze_account(p_account_id text, p_reason text, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_admin;

--
-- Name: FUNCTION get_backlog(); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.get_backlog() FROM PUBLIC;
GRANT ALL ON FUNCTION credits.get_backlog() TO credits_service;
GRANT ALL ON FUNCTION credits.get_backlog() TO credits_admin;
GRANT ALL ON FUNCTION credits.get_backlog() TO credits_reader;

--
-- Name: FUNCTION get_balance(p_account_id text); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.get_balance(p_account_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.get_balance(p_account_id text) TO credits_service;
GRANT ALL ON FUNCTION credits.get_balance(p_account_id text) TO credits_admin;
GRANT ALL ON FUNCTION credits.get_balance(p_account_id text) TO credits_reader;

--
-- Name: FUNCTION get_seal(p_account_id text); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.get_seal(p_account_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.get_seal(p_account_id text) TO credits_service;
GRANT ALL ON FUNCTION credits.get_seal(p_account_id text) TO credits_admin;
GRANT ALL ON FUNCTION credits.get_seal(p_account_id text) TO credits_reader;

--
-- Name: FUNCTION get_stripe_buyer(p_account_id text, p_livemode boolean, p_provider_account text); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.get_stripe_buyer(p_account_id text, p_livemode boolean, p_provider_account text) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.get_stripe_buyer(p_account_id text, p_livemode boolean, p_provider_account text) TO credits_service;
GRANT ALL ON FUNCTION credits.get_stripe_buyer(p_account_id text, p_livemode boolean, p_provider_account text) TO credits_admin;
GRANT ALL ON FUNCTION credits.get_stripe_buyer(p_account_id text, p_livemode boolean, p_provider_account text) TO credits_webhook;
GRANT ALL ON FUNCTION credits.get_stripe_buyer(p_account_id text, p_livemode boolean, p_provider_account text) TO credits_reader;

--
-- Name: FUNCTION grant_credits(p_account_id text, p_amount bigint, p_pool text, p_expires_at timestamp with time zone, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.grant_credits(p_account_id text, p_amount bigint, p_pool text, p_expires_at timestamp with time zone, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.grant_credits(p_account_id text, p_amount bigint, p_pool text, p_expires_at timestamp with time zone, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_service;
GRANT ALL ON FUNCTION credits.grant_credits(p_account_id text, p_amount bigint, p_pool text, p_expires_at timestamp with time zone, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_admin;

--
-- Name: FUNCTION grant_due(p_limit integer); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.grant_due(p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.grant_due(p_limit integer) TO credits_service;
GRANT ALL ON FUNCTION credits.grant_due(p_limit integer) TO credits_admin;

--
-- Name: FUNCTION hold_credits(p_account_id text, p_amount bigint, p_expires_in interval, p_feature text, p_member text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.hold_credits(p_account_id text, p_amount bigint, p_expires_in interval, p_feature text, p_member text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.hold_credits(p_account_id text, p_amount bigint, p_expires_in interval, p_feature text, p_member text, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_service;

--
-- Name: FUNCTION ingest_stripe_event(p_payload text, p_livemode boolean); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.ingest_stripe_event(p_payload text, p_livemode boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.ingest_stripe_event(p_payload text, p_livemode boolean) TO credits_admin;
GRANT ALL ON FUNCTION credits.ingest_stripe_event(p_payload text, p_livemode boolean) TO credits_webhook;

--
-- Name: FUNCTION link_customer(p_account_id text, p_customer text, p_livemode boolean, p_provider_account text); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.link_customer(p_account_id text, p_customer text, p_livemode boolean, p_provider_account text) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.link_customer(p_account_id text, p_customer text, p_livemode boolean, p_provider_account text) TO credits_service;
GRANT ALL ON FUNCTION credits.link_customer(p_account_id text, p_customer text, p_livemode boolean, p_provider_account text) TO credits_admin;

--
-- Name: FUNCTION list_entries(p_account_id text, p_limit integer, p_before bigint, p_kind text, p_feature text, p_reference text, p_member text, p_from timestamp with time zone, p_to timestamp with time zone); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.list_entries(p_account_id text, p_limit integer, p_before bigint, p_kind text, p_feature text, p_reference text, p_member text, p_from timestamp with time zone, p_to timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.list_entries(p_account_id text, p_limit integer, p_before bigint, p_kind text, p_feature text, p_reference text, p_member text, p_from timestamp with time zone, p_to timestamp with time zone) TO credits_service;
GRANT ALL ON FUNCTION credits.list_entries(p_account_id text, p_limit integer, p_before bigint, p_kind text, p_feature text, p_reference text, p_member text, p_from timestamp with time zone, p_to timestamp with time zone) TO credits_admin;
GRANT ALL ON FUNCTION credits.list_entries(p_account_id text, p_limit integer, p_before bigint, p_kind text, p_feature text, p_reference text, p_member text, p_from timestamp with time zone, p_to timestamp with time zone) TO credits_reader;

--
-- Name: FUNCTION list_expiring(p_within interval, p_limit integer, p_after_expires_at timestamp with time zone, p_after_account_id text); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.list_expiring(p_within interval, p_limit integer, p_after_expires_at timestamp with time zone, p_after_account_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.list_expiring(p_within interval, p_limit integer, p_after_expires_at timestamp with time zone, p_after_account_id text) TO credits_service;
GRANT ALL ON FUNCTION credits.list_expiring(p_within interval, p_limit integer, p_after_expires_at timestamp with time zone, p_after_account_id text) TO credits_admin;
GRANT ALL ON FUNCTION credits.list_expiring(p_within interval, p_limit integer, p_after_expires_at timestamp with time zone, p_after_account_id text) TO credits_reader;

--
-- Name: FUNCTION list_holds(p_account_id text, p_limit integer, p_before bigint, p_open_only boolean); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.list_holds(p_account_id text, p_limit integer, p_before bigint, p_open_only boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.list_holds(p_account_id text, p_limit integer, p_before bigint, p_open_only boolean) TO credits_service;
GRANT ALL ON FUNCTION credits.list_holds(p_account_id text, p_limit integer, p_before bigint, p_open_only boolean) TO credits_admin;
GRANT ALL ON FUNCTION credits.list_holds(p_account_id text, p_limit integer, p_before bigint, p_open_only boolean) TO credits_reader;

--
-- Name: FUNCTION list_lots(p_account_id text, p_limit integer, p_after bigint, p_live_only boolean); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.list_lots(p_account_id text, p_limit integer, p_after bigint, p_live_only boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.list_lots(p_account_id text, p_limit integer, p_after bigint, p_live_only boolean) TO credits_service;
GRANT ALL ON FUNCTION credits.list_lots(p_account_id text, p_limit integer, p_after bigint, p_live_only boolean) TO credits_admin;
GRANT ALL ON FUNCTION credits.list_lots(p_account_id text, p_limit integer, p_after bigint, p_live_only boolean) TO credits_reader;

--
-- Name: FUNCTION list_member_usage(p_account_id text, p_member text, p_limit integer, p_after text, p_capped_only boolean); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.list_member_usage(p_account_id text, p_member text, p_limit integer, p_after text, p_capped_only boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.list_member_usage(p_account_id text, p_member text, p_limit integer, p_after text, p_capped_only boolean) TO credits_service;
GRANT ALL ON FUNCTION credits.list_member_usage(p_account_id text, p_member text, p_limit integer, p_after text, p_capped_only boolean) TO credits_admin;
GRANT ALL ON FUNCTION credits.list_member_usage(p_account_id text, p_member text, p_limit integer, p_after text, p_capped_only boolean) TO credits_reader;

--
-- Name: FUNCTION list_seals(p_limit integer, p_after text); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.list_seals(p_limit integer, p_after text) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.list_seals(p_limit integer, p_after text) TO credits_service;
GRANT ALL ON FUNCTION credits.list_seals(p_limit integer, p_after text) TO credits_admin;
GRANT ALL ON FUNCTION credits.list_seals(p_limit integer, p_after text) TO credits_reader;

--
-- Name: FUNCTION list_stripe_backlog(); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.list_stripe_backlog() FROM PUBLIC;
GRANT ALL ON FUNCTION credits.list_stripe_backlog() TO credits_service;
GRANT ALL ON FUNCTION credits.list_stripe_backlog() TO credits_admin;
GRANT ALL ON FUNCTION credits.list_stripe_backlog() TO credits_reader;

--
-- Name: FUNCTION list_stripe_events(p_outcome text, p_event_type text, p_limit integer, p_after text, p_after_account text); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.list_stripe_events(p_outcome text, p_event_type text, p_limit integer, p_after text, p_after_account text) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.list_stripe_events(p_outcome text, p_event_type text, p_limit integer, p_after text, p_after_account text) TO credits_service;
GRANT ALL ON FUNCTION credits.list_stripe_events(p_outcome text, p_event_type text, p_limit integer, p_after text, p_after_account text) TO credits_admin;
GRANT ALL ON FUNCTION credits.list_stripe_events(p_outcome text, p_event_type text, p_limit integer, p_after text, p_after_account text) TO credits_reader;

--
-- Name: FUNCTION list_stripe_objects(p_object_ids jsonb, p_livemode boolean, p_provider_account text); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.list_stripe_objects(p_object_ids jsonb, p_livemode boolean, p_provider_account text) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.list_stripe_objects(p_object_ids jsonb, p_livemode boolean, p_provider_account text) TO credits_service;
GRANT ALL ON FUNCTION credits.list_stripe_objects(p_object_ids jsonb, p_livemode boolean, p_provider_account text) TO credits_admin;
GRANT ALL ON FUNCTION credits.list_stripe_objects(p_object_ids jsonb, p_livemode boolean, p_provider_account text) TO credits_reader;

--
-- Name: FUNCTION list_stripe_runs(p_limit integer, p_before timestamp with time zone); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.list_stripe_runs(p_limit integer, p_before timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.list_stripe_runs(p_limit integer, p_before timestamp with time zone) TO credits_service;
GRANT ALL ON FUNCTION credits.list_stripe_runs(p_limit integer, p_before timestamp with time zone) TO credits_admin;
GRANT ALL ON FUNCTION credits.list_stripe_runs(p_limit integer, p_before timestamp with time zone) TO credits_reader;

--
-- Name: FUNCTION list_subscriptions(p_account_id text, p_limit integer, p_after text); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.list_subscriptions(p_account_id text, p_limit integer, p_after text) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.list_subscriptions(p_account_id text, p_limit integer, p_after text) TO credits_service;
GRANT ALL ON FUNCTION credits.list_subscriptions(p_account_id text, p_limit integer, p_after text) TO credits_admin;
GRANT ALL ON FUNCTION credits.list_subscriptions(p_account_id text, p_limit integer, p_after text) TO credits_reader;

--
-- Name: FUNCTION merge_accounts(p_account_id text, p_into_account_id text, p_if_holds text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.merge_accounts(p_account_id text, p_into_account_id text, p_if_holds text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.merge_accounts(p_account_id text, p_into_account_id text, p_if_holds text, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_service;
GRANT ALL ON FUNCTION credits.merge_accounts(p_account_id text, p_into_account_id text, p_if_holds text, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_admin;

--
-- Name: FUNCTION mirror_stripe_object(p_object jsonb, p_seen_at timestamp with time zone, p_livemode boolean, p_provider_account text); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.mirror_stripe_object(p_object jsonb, p_seen_at timestamp with time zone, p_livemode boolean, p_provider_account text) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.mirror_stripe_object(p_object jsonb, p_seen_at timestamp with time zone, p_livemode boolean, p_provider_account text) TO credits_service;
GRANT ALL ON FUNCTION credits.mirror_stripe_object(p_object jsonb, p_seen_at timestamp with time zone, p_livemode boolean, p_provider_account text) TO credits_admin;

--
-- Name: FUNCTION my_balance(); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.my_balance() FROM PUBLIC;
GRANT ALL ON FUNCTION credits.my_balance() TO credits_user;

--
-- Name: FUNCTION my_entries(p_limit integer, p_before bigint, p_kind text, p_feature text, p_reference text, p_from timestamp with time zone, p_to timestamp with time zone); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.my_entries(p_limit integer, p_before bigint, p_kind text, p_feature text, p_reference text, p_from timestamp with time zone, p_to timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.my_entries(p_limit integer, p_before bigint, p_kind text, p_feature text, p_reference text, p_from timestamp with time zone, p_to timestamp with time zone) TO credits_user;

--
-- Name: FUNCTION my_lots(p_limit integer, p_after bigint, p_live_only boolean); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.my_lots(p_limit integer, p_after bigint, p_live_only boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.my_lots(p_limit integer, p_after bigint, p_live_only boolean) TO credits_user;

--
-- Name: FUNCTION open_account(p_account_id text, p_kind text, p_time_zone text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.open_account(p_account_id text, p_kind text, p_time_zone text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.open_account(p_account_id text, p_kind text, p_time_zone text, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_service;

--
-- Name: FUNCTION purge_stripe_events(p_limit integer); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.purge_stripe_events(p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.purge_stripe_events(p_limit integer) TO credits_service;
GRANT ALL ON FUNCTION credits.purge_stripe_events(p_limit integer) TO credits_admin;

--
-- Name: FUNCTION rebuild(p_account_id text); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.rebuild(p_account_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.rebuild(p_account_id text) TO credits_service;
GRANT ALL ON FUNCTION credits.rebuild(p_account_id text) TO credits_admin;
GRANT ALL ON FUNCTION credits.rebuild(p_account_id text) TO credits_reader;

--
-- Name: FUNCTION record_payment(p_account_id text, p_payment text, p_amount_paid bigint, p_currency text, p_grants jsonb, p_provider text, p_amount_returned bigint, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.record_payment(p_account_id text, p_payment text, p_amount_paid bigint, p_currency text, p_grants jsonb, p_provider text, p_amount_returned bigint, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.record_payment(p_account_id text, p_payment text, p_amount_paid bigint, p_currency text, p_grants jsonb, p_provider text, p_amount_returned bigint, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_service;

--
-- Name: FUNCTION record_stripe_run(p_kind text, p_started_at timestamp with time zone, p_counts jsonb, p_problem text, p_livemode boolean, p_provider_account text); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.record_stripe_run(p_kind text, p_started_at timestamp with time zone, p_counts jsonb, p_problem text, p_livemode boolean, p_provider_account text) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.record_stripe_run(p_kind text, p_started_at timestamp with time zone, p_counts jsonb, p_problem text, p_livemode boolean, p_provider_account text) TO credits_service;
GRANT ALL ON FUNCTION credits.record_stripe_run(p_kind text, p_started_at timestamp with time zone, p_counts jsonb, p_problem text, p_livemode boolean, p_provider_account text) TO credits_admin;

--
-- Name: FUNCTION refund_spend(p_account_id text, p_entry_id bigint, p_spend_key text, p_amount bigint, p_if_expired text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.refund_spend(p_account_id text, p_entry_id bigint, p_spend_key text, p_amount bigint, p_if_expired text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.refund_spend(p_account_id text, p_entry_id bigint, p_spend_key text, p_amount bigint, p_if_expired text, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_service;

--
-- Name: FUNCTION release_hold(p_account_id text, p_hold_id bigint, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.release_hold(p_account_id text, p_hold_id bigint, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.release_hold(p_account_id text, p_hold_id bigint, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_service;

--
-- Name: FUNCTION renew_subscription(p_account_id text, p_subscription text, p_amount bigint, p_period_start timestamp with time zone, p_period_end timestamp with time zone, p_rollover_cap bigint, p_item text, p_plan text, p_grant_every interval, p_payment text, p_amount_paid bigint, p_currency text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.renew_subscription(p_account_id text, p_subscription text, p_amount bigint, p_period_start timestamp with time zone, p_period_end timestamp with time zone, p_rollover_cap bigint, p_item text, p_plan text, p_grant_every interval, p_payment text, p_amount_paid bigint, p_currency text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.renew_subscription(p_account_id text, p_subscription text, p_amount bigint, p_period_start timestamp with time zone, p_period_end timestamp with time zone, p_rollover_cap bigint, p_item text, p_plan text, p_grant_every interval, p_payment text, p_amount_paid bigint, p_currency text, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_service;

--
-- Name: FUNCTION repair_account(p_account_id text, p_reason text, p_person text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.repair_account(p_account_id text, p_reason text, p_person text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.repair_account(p_account_id text, p_reason text, p_person text, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_admin;

--
-- Name: FUNCTION retry_stripe_event(p_event_id text, p_provider_account text); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.retry_stripe_event(p_event_id text, p_provider_account text) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.retry_stripe_event(p_event_id text, p_provider_account text) TO credits_service;
GRANT ALL ON FUNCTION credits.retry_stripe_event(p_event_id text, p_provider_account text) TO credits_admin;

--
-- Name: FUNCTION schema_version(); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.schema_version() FROM PUBLIC;
GRANT ALL ON FUNCTION credits.schema_version() TO credits_service;
GRANT ALL ON FUNCTION credits.schema_version() TO credits_admin;
GRANT ALL ON FUNCTION credits.schema_version() TO credits_webhook;
GRANT ALL ON FUNCTION credits.schema_version() TO credits_reader;

--
-- Name: FUNCTION seal_due(p_limit integer); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.seal_due(p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.seal_due(p_limit integer) TO credits_service;
GRANT ALL ON FUNCTION credits.seal_due(p_limit integer) TO credits_admin;

--
-- Name: FUNCTION set_member_cap(p_account_id text, p_member text, p_period text, p_cap bigint, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.set_member_cap(p_account_id text, p_member text, p_period text, p_cap bigint, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.set_member_cap(p_account_id text, p_member text, p_period text, p_cap bigint, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_service;
GRANT ALL ON FUNCTION credits.set_member_cap(p_account_id text, p_member text, p_period text, p_cap bigint, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_admin;

--
-- Name: FUNCTION set_stripe_price(p_price text, p_credits bigint, p_rollover_cap bigint, p_proration text); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.set_stripe_price(p_price text, p_credits bigint, p_rollover_cap bigint, p_proration text) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.set_stripe_price(p_price text, p_credits bigint, p_rollover_cap bigint, p_proration text) TO credits_admin;

--
-- Name: FUNCTION set_subscription_status(p_account_id text, p_subscription text, p_status text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.set_subscription_status(p_account_id text, p_subscription text, p_status text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.set_subscription_status(p_account_id text, p_subscription text, p_status text, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_service;

--
-- Name: FUNCTION simulate_spend(p_account_id text, p_amount bigint); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.simulate_spend(p_account_id text, p_amount bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.simulate_spend(p_account_id text, p_amount bigint) TO credits_service;
GRANT ALL ON FUNCTION credits.simulate_spend(p_account_id text, p_amount bigint) TO credits_admin;
GRANT ALL ON FUNCTION credits.simulate_spend(p_account_id text, p_amount bigint) TO credits_reader;

--
-- Name: FUNCTION start_trial(p_account_id text, p_subscription text, p_amount bigint, p_trial_end timestamp with time zone, p_item text, p_plan text, p_trial_key text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.start_trial(p_account_id text, p_subscription text, p_amount bigint, p_trial_end timestamp with time zone, p_item text, p_plan text, p_trial_key text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.start_trial(p_account_id text, p_subscription text, p_amount bigint, p_trial_end timestamp with time zone, p_item text, p_plan text, p_trial_key text, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_service;

--
-- Name: FUNCTION transfer_credits(p_account_id text, p_to_account_id text, p_amount bigint, p_pool text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.transfer_credits(p_account_id text, p_to_account_id text, p_amount bigint, p_pool text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.transfer_credits(p_account_id text, p_to_account_id text, p_amount bigint, p_pool text, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_service;
GRANT ALL ON FUNCTION credits.transfer_credits(p_account_id text, p_to_account_id text, p_amount bigint, p_pool text, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_admin;

--
-- Name: FUNCTION unfreeze_account(p_account_id text, p_reason text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.unfreeze_account(p_account_id text, p_reason text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.unfreeze_account(p_account_id text, p_reason text, p_reference text, p_idempotency_key text, p_metadata jsonb) TO credits_admin;

--
-- Name: FUNCTION verify(p_account_id text); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.verify(p_account_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.verify(p_account_id text) TO credits_service;
GRANT ALL ON FUNCTION credits.verify(p_account_id text) TO credits_admin;
GRANT ALL ON FUNCTION credits.verify(p_account_id text) TO credits_reader;

--
-- Name: FUNCTION verify_page(p_limit integer, p_after text, p_since timestamp with time zone); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.verify_page(p_limit integer, p_after text, p_since timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.verify_page(p_limit integer, p_after text, p_since timestamp with time zone) TO credits_service;
GRANT ALL ON FUNCTION credits.verify_page(p_limit integer, p_after text, p_since timestamp with time zone) TO credits_admin;
GRANT ALL ON FUNCTION credits.verify_page(p_limit integer, p_after text, p_since timestamp with time zone) TO credits_reader;

--
-- Name: FUNCTION verify_seals(p_heads jsonb); Type: ACL; Schema: credits; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits.verify_seals(p_heads jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION credits.verify_seals(p_heads jsonb) TO credits_service;
GRANT ALL ON FUNCTION credits.verify_seals(p_heads jsonb) TO credits_admin;
GRANT ALL ON FUNCTION credits.verify_seals(p_heads jsonb) TO credits_reader;

--
-- Name: FUNCTION accounts_since(p_since timestamp with time zone, p_after text, p_limit integer); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.accounts_since(p_since timestamp with time zone, p_after text, p_limit integer) FROM PUBLIC;

--
-- Name: FUNCTION actor(); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.actor() FROM PUBLIC;

--
-- Name: FUNCTION admit_spend(p_state credits_private.account_state, p_amount bigint, p_member text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.admit_spend(p_state credits_private.account_state, p_amount bigint, p_member text) FROM PUBLIC;

--
-- Name: FUNCTION admit_use(p_account_id text, p_member text, p_at timestamp with time zone, p_amount bigint, p_idempotency_key text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.admit_use(p_account_id text, p_member text, p_at timestamp with time zone, p_amount bigint, p_idempotency_key text) FROM PUBLIC;

--
-- Name: FUNCTION affordable_refusal(p_state credits_private.account_state, p_amount bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.affordable_refusal(p_state credits_private.account_state, p_amount bigint) FROM PUBLIC;

--
-- Name: FUNCTION allocation(p_lot_id bigint, p_amount bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.allocation(p_lot_id bigint, p_amount bigint) FROM PUBLIC;

--
-- Name: FUNCTION allocations_of(p_entry credits_private.ledger); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.allocations_of(p_entry credits_private.ledger) FROM PUBLIC;

--
-- Name: FUNCTION apply_charge(p_event credits_private.stripe_events, p_charge jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.apply_charge(p_event credits_private.stripe_events, p_charge jsonb) FROM PUBLIC;

--
-- Name: FUNCTION apply_checkout(p_event credits_private.stripe_events, p_session jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.apply_checkout(p_event credits_private.stripe_events, p_session jsonb) FROM PUBLIC;

--
-- Name: FUNCTION apply_credit_note(p_event credits_private.stripe_events, p_note jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.apply_credit_note(p_event credits_private.stripe_events, p_note jsonb) FROM PUBLIC;

--
-- Name: FUNCTION apply_customer(p_event credits_private.stripe_events, p_customer jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.apply_customer(p_event credits_private.stripe_events, p_customer jsonb) FROM PUBLIC;

--
-- Name: FUNCTION apply_dispute(p_event credits_private.stripe_events, p_dispute jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.apply_dispute(p_event credits_private.stripe_events, p_dispute jsonb) FROM PUBLIC;

--
-- Name: FUNCTION apply_invoice(p_event credits_private.stripe_events, p_invoice jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.apply_invoice(p_event credits_private.stripe_events, p_invoice jsonb) FROM PUBLIC;

--
-- Name: FUNCTION apply_invoice_event(p_event credits_private.stripe_events, p_invoice jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.apply_invoice_event(p_event credits_private.stripe_events, p_invoice jsonb) FROM PUBLIC;

--
-- Name: FUNCTION apply_invoice_payment(p_event credits_private.stripe_events, p_invoice_payment jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.apply_invoice_payment(p_event credits_private.stripe_events, p_invoice_payment jsonb) FROM PUBLIC;

--
-- Name: FUNCTION apply_payment_intent(p_event credits_private.stripe_events, p_intent jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.apply_payment_intent(p_event credits_private.stripe_events, p_intent jsonb) FROM PUBLIC;

--
-- Name: FUNCTION apply_price(p_event credits_private.stripe_events, p_price jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.apply_price(p_event credits_private.stripe_events, p_price jsonb) FROM PUBLIC;

--
-- Name: FUNCTION apply_product(p_event credits_private.stripe_events, p_product jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.apply_product(p_event credits_private.stripe_events, p_product jsonb) FROM PUBLIC;

--
-- Name: FUNCTION apply_refund(p_event credits_private.stripe_events, p_refund jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.apply_refund(p_event credits_private.stripe_events, p_refund jsonb) FROM PUBLIC;

--
-- Name: FUNCTION apply_schedule(p_event credits_private.stripe_events, p_schedule jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.apply_schedule(p_event credits_private.stripe_events, p_schedule jsonb) FROM PUBLIC;

--
-- Name: FUNCTION apply_sealing(); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.apply_sealing() FROM PUBLIC;

--
-- Name: FUNCTION apply_stripe_event(p_event credits_private.stripe_events); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.apply_stripe_event(p_event credits_private.stripe_events) FROM PUBLIC;

--
-- Name: FUNCTION apply_subscription(p_event credits_private.stripe_events, p_subscription jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.apply_subscription(p_event credits_private.stripe_events, p_subscription jsonb) FROM PUBLIC;

--
-- Name: FUNCTION batch_of(p_results credits_private.spend_result[]); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.batch_of(p_results credits_private.spend_result[]) FROM PUBLIC;

--
-- Name: FUNCTION billing_periods(p_account_id text, p_after timestamp with time zone); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.billing_periods(p_account_id text, p_after timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION billing_window(p_account_id text, p_at timestamp with time zone); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.billing_window(p_account_id text, p_at timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION book(p_state credits_private.account_state, p_entry credits_private.ledger); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.book(p_state credits_private.account_state, p_entry credits_private.ledger) FROM PUBLIC;

--
-- Name: FUNCTION book_due(p_state credits_private.account_state, p_until timestamp with time zone, p_limit bigint, p_on_their_own boolean); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.book_due(p_state credits_private.account_state, p_until timestamp with time zone, p_limit bigint, p_on_their_own boolean) FROM PUBLIC;

--
-- Name: FUNCTION book_lot(p_state credits_private.account_state, p_lot credits_private.lots, p_entry credits_private.ledger); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.book_lot(p_state credits_private.account_state, p_lot credits_private.lots, p_entry credits_private.ledger) FROM PUBLIC;

--
-- Name: FUNCTION book_schedule(p_state credits_private.account_state, p_on_their_own boolean); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.book_schedule(p_state credits_private.account_state, p_on_their_own boolean) FROM PUBLIC;

--
-- Name: FUNCTION burn_reason(p_lot credits_private.lots, p_next credits_private.lots, p_is_alone boolean); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.burn_reason(p_lot credits_private.lots, p_next credits_private.lots, p_is_alone boolean) FROM PUBLIC;

--
-- Name: FUNCTION calendar_window(p_period text, p_time_zone text, p_at timestamp with time zone); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.calendar_window(p_period text, p_time_zone text, p_at timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION canceled_until(p_account_id text, p_subscription text, p_period_start timestamp with time zone, p_period_end timestamp with time zone); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.canceled_until(p_account_id text, p_subscription text, p_period_start timestamp with time zone, p_period_end timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION cap_refusal(p_account_id text, p_member text, p_at timestamp with time zone, p_amount bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.cap_refusal(p_account_id text, p_member text, p_at timestamp with time zone, p_amount bigint) FROM PUBLIC;

--
-- Name: FUNCTION cap_states(p_account_id text, p_member text, p_at timestamp with time zone); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.cap_states(p_account_id text, p_member text, p_at timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION cap_window(p_account_id text, p_period text, p_at timestamp with time zone); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.cap_window(p_account_id text, p_period text, p_at timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION captured_of_hold(p_account_id text, p_capture credits_private.ledger); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.captured_of_hold(p_account_id text, p_capture credits_private.ledger) FROM PUBLIC;

--
-- Name: FUNCTION catch_up(p_state credits_private.account_state); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.catch_up(p_state credits_private.account_state) FROM PUBLIC;

--
-- Name: FUNCTION chain_of(p_account_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.chain_of(p_account_id text) FROM PUBLIC;

--
-- Name: FUNCTION change_item(p_item credits_private.subscription_items, p_amount bigint, p_plan text, p_payment credits_private.payments); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.change_item(p_item credits_private.subscription_items, p_amount bigint, p_plan text, p_payment credits_private.payments) FROM PUBLIC;

--
-- Name: FUNCTION check_account_id(p_account_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.check_account_id(p_account_id text) FROM PUBLIC;

--
-- Name: FUNCTION check_affordable(p_state credits_private.account_state, p_amount bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.check_affordable(p_state credits_private.account_state, p_amount bigint) FROM PUBLIC;

--
-- Name: FUNCTION check_amount(p_argument text, p_amount bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.check_amount(p_argument text, p_amount bigint) FROM PUBLIC;

--
-- Name: FUNCTION check_argument(p_argument text, p_is_legal boolean, p_allowed text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.check_argument(p_argument text, p_is_legal boolean, p_allowed text) FROM PUBLIC;

--
-- Name: FUNCTION check_goes_on(p_state credits_private.account_state, p_subscription credits_private.subscriptions); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.check_goes_on(p_state credits_private.account_state, p_subscription credits_private.subscriptions) FROM PUBLIC;

--
-- Name: FUNCTION check_grant_every(p_argument text, p_every interval, p_period_start timestamp with time zone, p_period_end timestamp with time zone); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.check_grant_every(p_argument text, p_every interval, p_period_start timestamp with time zone, p_period_end timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION check_hold_time(p_expires_in interval); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.check_hold_time(p_expires_in interval) FROM PUBLIC;

--
-- Name: FUNCTION check_inserted(p_inserted boolean, p_account_id text, p_entry_id bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.check_inserted(p_inserted boolean, p_account_id text, p_entry_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION check_instant(p_argument text, p_instant timestamp with time zone); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.check_instant(p_argument text, p_instant timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION check_key(p_argument text, p_idempotency_key text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.check_key(p_argument text, p_idempotency_key text) FROM PUBLIC;

--
-- Name: FUNCTION check_known(p_state credits_private.account_state); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.check_known(p_state credits_private.account_state) FROM PUBLIC;

--
-- Name: FUNCTION check_metadata(p_argument text, p_metadata jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.check_metadata(p_argument text, p_metadata jsonb) FROM PUBLIC;

--
-- Name: FUNCTION check_money(p_amount_paid bigint, p_currency text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.check_money(p_amount_paid bigint, p_currency text) FROM PUBLIC;

--
-- Name: FUNCTION check_other_account(p_argument text, p_value text, p_account_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.check_other_account(p_argument text, p_value text, p_account_id text) FROM PUBLIC;

--
-- Name: FUNCTION check_out(p_state credits_private.account_state); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.check_out(p_state credits_private.account_state) FROM PUBLIC;

--
-- Name: FUNCTION check_pool(p_argument text, p_pool text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.check_pool(p_argument text, p_pool text) FROM PUBLIC;

--
-- Name: FUNCTION check_status(p_state credits_private.account_state, p_allowed text[]); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.check_status(p_state credits_private.account_state, p_allowed text[]) FROM PUBLIC;

--
-- Name: FUNCTION check_tail(p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.check_tail(p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;

--
-- Name: FUNCTION check_text(p_argument text, p_text text, p_most integer); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.check_text(p_argument text, p_text text, p_most integer) FROM PUBLIC;

--
-- Name: FUNCTION check_time_zone(p_argument text, p_time_zone text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.check_time_zone(p_argument text, p_time_zone text) FROM PUBLIC;

--
-- Name: FUNCTION checked_out(p_account_id text, p_lot_id bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.checked_out(p_account_id text, p_lot_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION claimed_account(); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.claimed_account() FROM PUBLIC;

--
-- Name: FUNCTION clock(); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.clock() FROM PUBLIC;

--
-- Name: FUNCTION close_stripe_event(p_event credits_private.stripe_events, p_reason text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.close_stripe_event(p_event credits_private.stripe_events, p_reason text) FROM PUBLIC;

--
-- Name: FUNCTION conflict_refusal(p_found credits_private.ledger, p_asked credits_private.ledger); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.conflict_refusal(p_found credits_private.ledger, p_asked credits_private.ledger) FROM PUBLIC;

--
-- Name: FUNCTION count_return(p_spend credits_private.ledger, p_refunded bigint, p_amount bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.count_return(p_spend credits_private.ledger, p_refunded bigint, p_amount bigint) FROM PUBLIC;

--
-- Name: FUNCTION count_use(p_account_id text, p_member text, p_at timestamp with time zone, p_amount bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.count_use(p_account_id text, p_member text, p_at timestamp with time zone, p_amount bigint) FROM PUBLIC;

--
-- Name: FUNCTION credit_note_amount(p_note jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.credit_note_amount(p_note jsonb) FROM PUBLIC;

--
-- Name: FUNCTION credit_note_refunds(p_note jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.credit_note_refunds(p_note jsonb) FROM PUBLIC;

--
-- Name: FUNCTION customer_account(p_event credits_private.stripe_events, p_customer text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.customer_account(p_event credits_private.stripe_events, p_customer text) FROM PUBLIC;

--
-- Name: FUNCTION derive_lot(p_lot credits_private.lots, p_origin text, p_amount bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.derive_lot(p_lot credits_private.lots, p_origin text, p_amount bigint) FROM PUBLIC;

--
-- Name: FUNCTION describe_grants(p_grants credits_private.grant_order[], p_payment credits_private.payment_order); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.describe_grants(p_grants credits_private.grant_order[], p_payment credits_private.payment_order) FROM PUBLIC;

--
-- Name: FUNCTION describe_hold_time(p_expires_in interval); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.describe_hold_time(p_expires_in interval) FROM PUBLIC;

--
-- Name: FUNCTION describe_stripe_event(p_event credits_private.stripe_events); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.describe_stripe_event(p_event credits_private.stripe_events) FROM PUBLIC;

--
-- Name: FUNCTION describe_subscription(p_account_id text, p_subscription text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.describe_subscription(p_account_id text, p_subscription text) FROM PUBLIC;

--
-- Name: FUNCTION differences(p_account_id text, p_rebuilt credits_private.rebuilt); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.differences(p_account_id text, p_rebuilt credits_private.rebuilt) FROM PUBLIC;

--
-- Name: FUNCTION dispute_takes_back(p_dispute credits_private.stripe_disputes, p_at_once boolean); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.dispute_takes_back(p_dispute credits_private.stripe_disputes, p_at_once boolean) FROM PUBLIC;

--
-- Name: FUNCTION draw_lot(p_account_id text, p_lot_id bigint, p_amount bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.draw_lot(p_account_id text, p_lot_id bigint, p_amount bigint) FROM PUBLIC;

--
-- Name: FUNCTION end_hold(p_state credits_private.account_state, p_hold credits_private.holds, p_status text, p_entry credits_private.ledger); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.end_hold(p_state credits_private.account_state, p_hold credits_private.holds, p_status text, p_entry credits_private.ledger) FROM PUBLIC;

--
-- Name: FUNCTION end_lot(p_account_id text, p_lot_id bigint, p_now timestamp with time zone); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.end_lot(p_account_id text, p_lot_id bigint, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION end_lots_early(p_state credits_private.account_state, p_subscription text, p_when text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.end_lots_early(p_state credits_private.account_state, p_subscription text, p_when text) FROM PUBLIC;

--
-- Name: FUNCTION end_lots_with_grace(p_state credits_private.account_state, p_subscription text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.end_lots_with_grace(p_state credits_private.account_state, p_subscription text) FROM PUBLIC;

--
-- Name: FUNCTION entry_at(p_account_id text, p_at timestamp with time zone); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.entry_at(p_account_id text, p_at timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION entry_bytes(p_version integer, p_entry credits_private.ledger, p_metadata_digest bytea); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.entry_bytes(p_version integer, p_entry credits_private.ledger, p_metadata_digest bytea) FROM PUBLIC;

--
-- Name: FUNCTION entry_kinds(); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.entry_kinds() FROM PUBLIC;

--
-- Name: FUNCTION estimated_unsealed(); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.estimated_unsealed() FROM PUBLIC;

--
-- Name: FUNCTION exact_interval(p_interval interval); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.exact_interval(p_interval interval) FROM PUBLIC;

--
-- Name: FUNCTION fail(p_code text, p_values jsonb, p_hint text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.fail(p_code text, p_values jsonb, p_hint text) FROM PUBLIC;

--
-- Name: FUNCTION find_due(p_now timestamp with time zone, p_limit bigint, p_without text[]); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.find_due(p_now timestamp with time zone, p_limit bigint, p_without text[]) FROM PUBLIC;

--
-- Name: FUNCTION find_entries(p_account_id text, p_limit integer, p_before bigint, p_kind text, p_feature text, p_reference text, p_member text, p_from timestamp with time zone, p_to timestamp with time zone); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.find_entries(p_account_id text, p_limit integer, p_before bigint, p_kind text, p_feature text, p_reference text, p_member text, p_from timestamp with time zone, p_to timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION find_hold(p_state credits_private.account_state, p_hold_id bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.find_hold(p_state credits_private.account_state, p_hold_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION find_line_items(p_event credits_private.stripe_events, p_object_id text, p_shown jsonb, p_wait boolean); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.find_line_items(p_event credits_private.stripe_events, p_object_id text, p_shown jsonb, p_wait boolean) FROM PUBLIC;

--
-- Name: FUNCTION find_paid(p_account_id text, p_request jsonb, p_payment credits_private.payment_order); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.find_paid(p_account_id text, p_request jsonb, p_payment credits_private.payment_order) FROM PUBLIC;

--
-- Name: FUNCTION find_payment(p_account_id text, p_name credits_private.payment_order); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.find_payment(p_account_id text, p_name credits_private.payment_order) FROM PUBLIC;

--
-- Name: FUNCTION find_period(p_account_id text, p_grants credits_private.grant_order[], p_payment credits_private.payment_order); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.find_period(p_account_id text, p_grants credits_private.grant_order[], p_payment credits_private.payment_order) FROM PUBLIC;

--
-- Name: FUNCTION find_recorded(p_account_id text, p_orders credits_private.spend_order[]); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.find_recorded(p_account_id text, p_orders credits_private.spend_order[]) FROM PUBLIC;

--
-- Name: FUNCTION find_replay(p_account_id text, p_idempotency_key text, p_asked credits_private.ledger); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.find_replay(p_account_id text, p_idempotency_key text, p_asked credits_private.ledger) FROM PUBLIC;

--
-- Name: FUNCTION find_stripe_payment(p_event credits_private.stripe_events, p_object_ids text[]); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.find_stripe_payment(p_event credits_private.stripe_events, p_object_ids text[]) FROM PUBLIC;

--
-- Name: FUNCTION find_stripe_terms(p_event credits_private.stripe_events, p_price text, p_at timestamp with time zone); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.find_stripe_terms(p_event credits_private.stripe_events, p_price text, p_at timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION find_subscription(p_account_id text, p_subscription text, p_item text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.find_subscription(p_account_id text, p_subscription text, p_item text) FROM PUBLIC;

--
-- Name: FUNCTION finish_command(p_state credits_private.account_state); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.finish_command(p_state credits_private.account_state) FROM PUBLIC;

--
-- Name: FUNCTION finish_schedule(p_state credits_private.account_state, p_grant credits_private.grant_order); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.finish_schedule(p_state credits_private.account_state, p_grant credits_private.grant_order) FROM PUBLIC;

--
-- Name: FUNCTION first_booking(p_account_id text, p_entry_id bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.first_booking(p_account_id text, p_entry_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION forfeit_lots(p_state credits_private.account_state); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.forfeit_lots(p_state credits_private.account_state) FROM PUBLIC;

--
-- Name: FUNCTION free_credits(p_policy text, p_credits bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.free_credits(p_policy text, p_credits bigint) FROM PUBLIC;

--
-- Name: FUNCTION freeze_for_disputes(p_event credits_private.stripe_events, p_account_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.freeze_for_disputes(p_event credits_private.stripe_events, p_account_id text) FROM PUBLIC;

--
-- Name: FUNCTION frozen_purchase(p_metadata jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.frozen_purchase(p_metadata jsonb) FROM PUBLIC;

--
-- Name: FUNCTION given_back(p_account_id text, p_entry credits_private.ledger); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.given_back(p_account_id text, p_entry credits_private.ledger) FROM PUBLIC;

--
-- Name: FUNCTION grant_instant(p_item credits_private.subscription_items, p_number bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.grant_instant(p_item credits_private.subscription_items, p_number bigint) FROM PUBLIC;

--
-- Name: FUNCTION grant_lot(p_state credits_private.account_state, p_grant credits_private.grant_order, p_payment credits_private.payments, p_late boolean, p_entry credits_private.ledger); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.grant_lot(p_state credits_private.account_state, p_grant credits_private.grant_order, p_payment credits_private.payments, p_late boolean, p_entry credits_private.ledger) FROM PUBLIC;

--
-- Name: FUNCTION grant_parts(p_state credits_private.account_state, p_item credits_private.subscription_items, p_expires_at timestamp with time zone, p_entry credits_private.ledger); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.grant_parts(p_state credits_private.account_state, p_item credits_private.subscription_items, p_expires_at timestamp with time zone, p_entry credits_private.ledger) FROM PUBLIC;

--
-- Name: FUNCTION grant_scheduled(p_state credits_private.account_state, p_item credits_private.subscription_items); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.grant_scheduled(p_state credits_private.account_state, p_item credits_private.subscription_items) FROM PUBLIC;

--
-- Name: FUNCTION grant_stripe_purchase(p_event credits_private.stripe_events, p_object jsonb, p_purchase credits_private.stripe_purchase, p_payment credits_private.payment_order); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.grant_stripe_purchase(p_event credits_private.stripe_events, p_object jsonb, p_purchase credits_private.stripe_purchase, p_payment credits_private.payment_order) FROM PUBLIC;

--
-- Name: FUNCTION grant_upgrade(p_state credits_private.account_state, p_item credits_private.subscription_items, p_amount bigint, p_payment credits_private.payments, p_entry credits_private.ledger); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.grant_upgrade(p_state credits_private.account_state, p_item credits_private.subscription_items, p_amount bigint, p_payment credits_private.payments, p_entry credits_private.ledger) FROM PUBLIC;

--
-- Name: FUNCTION granted_rights(); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.granted_rights() FROM PUBLIC;

--
-- Name: FUNCTION grants_to_come(p_item credits_private.subscription_items); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.grants_to_come(p_item credits_private.subscription_items) FROM PUBLIC;

--
-- Name: FUNCTION has_values(p_object jsonb, p_values jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.has_values(p_object jsonb, p_values jsonb) FROM PUBLIC;

--
-- Name: FUNCTION held_after(p_account_id text, p_entry_id bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.held_after(p_account_id text, p_entry_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION held_by(p_account_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.held_by(p_account_id text) FROM PUBLIC;

--
-- Name: FUNCTION hold_allocations(p_account_id text, p_hold_id bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.hold_allocations(p_account_id text, p_hold_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION insert_payment(p_state credits_private.account_state, p_payment credits_private.payment_order, p_granted numeric, p_pending numeric); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.insert_payment(p_state credits_private.account_state, p_payment credits_private.payment_order, p_granted numeric, p_pending numeric) FROM PUBLIC;

--
-- Name: FUNCTION insert_refs(p_account_id text, p_payment_id bigint, p_payment credits_private.payment_order); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.insert_refs(p_account_id text, p_payment_id bigint, p_payment credits_private.payment_order) FROM PUBLIC;

--
-- Name: FUNCTION invoice_account(p_invoice jsonb, p_line jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.invoice_account(p_invoice jsonb, p_line jsonb) FROM PUBLIC;

--
-- Name: FUNCTION invoice_line_amount(p_line jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.invoice_line_amount(p_line jsonb) FROM PUBLIC;

--
-- Name: FUNCTION invoice_line_credits(p_terms credits_private.stripe_terms, p_line credits_private.stripe_line, p_free boolean); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.invoice_line_credits(p_terms credits_private.stripe_terms, p_line credits_private.stripe_line, p_free boolean) FROM PUBLIC;

--
-- Name: FUNCTION invoice_line_is_period(p_line jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.invoice_line_is_period(p_line jsonb) FROM PUBLIC;

--
-- Name: FUNCTION invoice_line_is_proration(p_line jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.invoice_line_is_proration(p_line jsonb) FROM PUBLIC;

--
-- Name: FUNCTION invoice_line_item(p_line jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.invoice_line_item(p_line jsonb) FROM PUBLIC;

--
-- Name: FUNCTION invoice_line_price(p_line jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.invoice_line_price(p_line jsonb) FROM PUBLIC;

--
-- Name: FUNCTION invoice_lines(p_invoice jsonb, p_lines jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.invoice_lines(p_invoice jsonb, p_lines jsonb) FROM PUBLIC;

--
-- Name: FUNCTION invoice_purchase(p_event credits_private.stripe_events, p_invoice jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.invoice_purchase(p_event credits_private.stripe_events, p_invoice jsonb) FROM PUBLIC;

--
-- Name: FUNCTION invoice_subscription(p_invoice jsonb, p_line jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.invoice_subscription(p_invoice jsonb, p_line jsonb) FROM PUBLIC;

--
-- Name: FUNCTION is_name(p_value jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.is_name(p_value jsonb) FROM PUBLIC;

--
-- Name: FUNCTION is_plain_operation(p_operation jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.is_plain_operation(p_operation jsonb) FROM PUBLIC;

--
-- Name: FUNCTION item_of(p_account_id text, p_grant credits_private.grant_order, p_payment credits_private.payments); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.item_of(p_account_id text, p_grant credits_private.grant_order, p_payment credits_private.payments) FROM PUBLIC;

--
-- Name: FUNCTION items_purchase(p_event credits_private.stripe_events, p_items jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.items_purchase(p_event credits_private.stripe_events, p_items jsonb) FROM PUBLIC;

--
-- Name: FUNCTION keep_period(p_state credits_private.account_state, p_item credits_private.subscription_items); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.keep_period(p_state credits_private.account_state, p_item credits_private.subscription_items) FROM PUBLIC;

--
-- Name: FUNCTION last_entry_before(p_account_id text, p_before timestamp with time zone); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.last_entry_before(p_account_id text, p_before timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION ledger_is_append_only(); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.ledger_is_append_only() FROM PUBLIC;

--
-- Name: FUNCTION link_stripe_customer(p_event credits_private.stripe_events, p_object jsonb, p_account_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.link_stripe_customer(p_event credits_private.stripe_events, p_object jsonb, p_account_id text) FROM PUBLIC;

--
-- Name: FUNCTION list_items(p_account_id text, p_subscription text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.list_items(p_account_id text, p_subscription text) FROM PUBLIC;

--
-- Name: FUNCTION local_hour(p_at timestamp with time zone, p_time_zone text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.local_hour(p_at timestamp with time zone, p_time_zone text) FROM PUBLIC;

--
-- Name: FUNCTION local_midnight(p_date date, p_time_zone text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.local_midnight(p_date date, p_time_zone text) FROM PUBLIC;

--
-- Name: FUNCTION lock_account(p_account_id text, p_create boolean); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.lock_account(p_account_id text, p_create boolean) FROM PUBLIC;

--
-- Name: FUNCTION lock_chain(p_account_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.lock_chain(p_account_id text) FROM PUBLIC;

--
-- Name: FUNCTION lock_due(p_due credits_private.due_account[], p_spare bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.lock_due(p_due credits_private.due_account[], p_spare bigint) FROM PUBLIC;

--
-- Name: FUNCTION lock_meeting_point(p_waits_for text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.lock_meeting_point(p_waits_for text) FROM PUBLIC;

--
-- Name: FUNCTION lock_pair(p_first text, p_second text, p_create boolean); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.lock_pair(p_first text, p_second text, p_create boolean) FROM PUBLIC;

--
-- Name: FUNCTION lock_stripe_catalogue(p_waits_for text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.lock_stripe_catalogue(p_waits_for text) FROM PUBLIC;

--
-- Name: FUNCTION lock_stripe_event(p_event_id text, p_provider_account text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.lock_stripe_event(p_event_id text, p_provider_account text) FROM PUBLIC;

--
-- Name: FUNCTION lock_stripe_objects(p_event credits_private.stripe_events, p_ids text[], p_points text[]); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.lock_stripe_objects(p_event credits_private.stripe_events, p_ids text[], p_points text[]) FROM PUBLIC;

--
-- Name: FUNCTION lots_after(p_account_id text, p_entry_id bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.lots_after(p_account_id text, p_entry_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION lower_target(p_state credits_private.account_state, p_payment_id bigint, p_amount bigint, p_entry credits_private.ledger); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.lower_target(p_state credits_private.account_state, p_payment_id bigint, p_amount bigint, p_entry credits_private.ledger) FROM PUBLIC;

--
-- Name: FUNCTION make_good(p_state credits_private.account_state, p_lot credits_private.lots, p_amount bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.make_good(p_state credits_private.account_state, p_lot credits_private.lots, p_amount bigint) FROM PUBLIC;

--
-- Name: FUNCTION mark_clawed(p_state credits_private.account_state, p_allocations jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.mark_clawed(p_state credits_private.account_state, p_allocations jsonb) FROM PUBLIC;

--
-- Name: FUNCTION member_usage_in(p_account_id text, p_member text, p_from timestamp with time zone, p_until timestamp with time zone); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.member_usage_in(p_account_id text, p_member text, p_from timestamp with time zone, p_until timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION member_uses(p_account_id text, p_member text, p_first_entry_id bigint, p_booked credits_private.ledger[]); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.member_uses(p_account_id text, p_member text, p_first_entry_id bigint, p_booked credits_private.ledger[]) FROM PUBLIC;

--
-- Name: FUNCTION metadata_digest(p_metadata jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.metadata_digest(p_metadata jsonb) FROM PUBLIC;

--
-- Name: FUNCTION mirror_state(p_event credits_private.stripe_events, p_kind text, p_object jsonb, p_is_assumed boolean); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.mirror_state(p_event credits_private.stripe_events, p_kind text, p_object jsonb, p_is_assumed boolean) FROM PUBLIC;

--
-- Name: FUNCTION mirrored_states(p_event credits_private.stripe_events, p_kind text, p_object_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.mirrored_states(p_event credits_private.stripe_events, p_kind text, p_object_id text) FROM PUBLIC;

--
-- Name: FUNCTION months_of(p_interval interval); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.months_of(p_interval interval) FROM PUBLIC;

--
-- Name: FUNCTION move_lots(p_state credits_private.account_state, p_from_account_id text, p_from_entry_id bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.move_lots(p_state credits_private.account_state, p_from_account_id text, p_from_entry_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION move_payments(p_state credits_private.account_state, p_from_account_id text, p_from_entry_id bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.move_payments(p_state credits_private.account_state, p_from_account_id text, p_from_entry_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION move_subscriptions(p_state credits_private.account_state, p_from_account_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.move_subscriptions(p_state credits_private.account_state, p_from_account_id text) FROM PUBLIC;

--
-- Name: FUNCTION move_target(p_state credits_private.account_state, p_payment credits_private.payments, p_target bigint, p_entry credits_private.ledger); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.move_target(p_state credits_private.account_state, p_payment credits_private.payments, p_target bigint, p_entry credits_private.ledger) FROM PUBLIC;

--
-- Name: FUNCTION moved_parts(p_from_account_id text, p_parts jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.moved_parts(p_from_account_id text, p_parts jsonb) FROM PUBLIC;

--
-- Name: FUNCTION note_checkout(p_event credits_private.stripe_events, p_session text, p_state text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.note_checkout(p_event credits_private.stripe_events, p_session text, p_state text) FROM PUBLIC;

--
-- Name: FUNCTION note_invoice(p_event credits_private.stripe_events, p_invoice jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.note_invoice(p_event credits_private.stripe_events, p_invoice jsonb) FROM PUBLIC;

--
-- Name: FUNCTION note_subscription(p_state credits_private.account_state, p_subscription text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.note_subscription(p_state credits_private.account_state, p_subscription text) FROM PUBLIC;

--
-- Name: FUNCTION outlook_of(p_account_id text, p_now timestamp with time zone); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.outlook_of(p_account_id text, p_now timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION outlook_released(p_outlook credits_private.outlook, p_hold credits_private.holds); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.outlook_released(p_outlook credits_private.outlook, p_hold credits_private.holds) FROM PUBLIC;

--
-- Name: FUNCTION outlook_settled(p_outlook credits_private.outlook, p_at timestamp with time zone); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.outlook_settled(p_outlook credits_private.outlook, p_at timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION overdue_parts(p_states credits_private.account_state[]); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.overdue_parts(p_states credits_private.account_state[]) FROM PUBLIC;

--
-- Name: FUNCTION pack_expiry(p_expires text, p_at timestamp with time zone); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.pack_expiry(p_expires text, p_at timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION parse_grant(p_path text, p_grant jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.parse_grant(p_path text, p_grant jsonb) FROM PUBLIC;

--
-- Name: FUNCTION parse_grants(p_grants jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.parse_grants(p_grants jsonb) FROM PUBLIC;

--
-- Name: FUNCTION parse_instant(p_path text, p_value jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.parse_instant(p_path text, p_value jsonb) FROM PUBLIC;

--
-- Name: FUNCTION parse_interval(p_path text, p_value jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.parse_interval(p_path text, p_value jsonb) FROM PUBLIC;

--
-- Name: FUNCTION parse_operation(p_index integer, p_operation jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.parse_operation(p_index integer, p_operation jsonb) FROM PUBLIC;

--
-- Name: FUNCTION parse_operations(p_operations jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.parse_operations(p_operations jsonb) FROM PUBLIC;

--
-- Name: FUNCTION parse_stripe_event(p_payload text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.parse_stripe_event(p_payload text) FROM PUBLIC;

--
-- Name: FUNCTION parse_stripe_terms(p_metadata jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.parse_stripe_terms(p_metadata jsonb) FROM PUBLIC;

--
-- Name: FUNCTION parse_text(p_path text, p_value jsonb, p_most integer); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.parse_text(p_path text, p_value jsonb, p_most integer) FROM PUBLIC;

--
-- Name: FUNCTION parse_whole_number(p_path text, p_value jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.parse_whole_number(p_path text, p_value jsonb) FROM PUBLIC;

--
-- Name: FUNCTION parts_of(p_allocations jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.parts_of(p_allocations jsonb) FROM PUBLIC;

--
-- Name: FUNCTION pass_on(p_state credits_private.account_state, p_returned jsonb, p_if_expired text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.pass_on(p_state credits_private.account_state, p_returned jsonb, p_if_expired text) FROM PUBLIC;

--
-- Name: FUNCTION pay_for_change(p_state credits_private.account_state, p_item credits_private.subscription_items, p_payment credits_private.payment_order, p_due bigint, p_more bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.pay_for_change(p_state credits_private.account_state, p_item credits_private.subscription_items, p_payment credits_private.payment_order, p_due bigint, p_more bigint) FROM PUBLIC;

--
-- Name: FUNCTION plan_due(p_states credits_private.account_state[], p_checks_out boolean); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.plan_due(p_states credits_private.account_state[], p_checks_out boolean) FROM PUBLIC;

--
-- Name: FUNCTION plan_holds(p_states credits_private.account_state[], p_checks_out boolean); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.plan_holds(p_states credits_private.account_state[], p_checks_out boolean) FROM PUBLIC;

--
-- Name: FUNCTION plan_lots(p_states credits_private.account_state[], p_checks_out boolean); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.plan_lots(p_states credits_private.account_state[], p_checks_out boolean) FROM PUBLIC;

--
-- Name: FUNCTION pools_of(p_account_id text, p_allocations jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.pools_of(p_account_id text, p_allocations jsonb) FROM PUBLIC;

--
-- Name: FUNCTION post_adjustment(p_account_id text, p_reason text, p_person text, p_difference bigint, p_target bigint, p_pool text, p_expires_at timestamp with time zone, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.post_adjustment(p_account_id text, p_reason text, p_person text, p_difference bigint, p_target bigint, p_pool text, p_expires_at timestamp with time zone, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;

--
-- Name: FUNCTION post_cancel(p_account_id text, p_subscription text, p_when text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.post_cancel(p_account_id text, p_subscription text, p_when text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;

--
-- Name: FUNCTION post_capture(p_account_id text, p_hold_id bigint, p_amount bigint, p_final boolean, p_if_short text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.post_capture(p_account_id text, p_hold_id bigint, p_amount bigint, p_final boolean, p_if_short text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;

--
-- Name: FUNCTION post_change(p_account_id text, p_subscription text, p_item text, p_amount bigint, p_policy text, p_when text, p_plan text, p_payment credits_private.payment_order, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.post_change(p_account_id text, p_subscription text, p_item text, p_amount bigint, p_policy text, p_when text, p_plan text, p_payment credits_private.payment_order, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;

--
-- Name: FUNCTION post_clawback(p_account_id text, p_name credits_private.payment_order, p_target bigint, p_reference text, p_idempotency_key text, p_metadata jsonb, p_formerly text[]); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.post_clawback(p_account_id text, p_name credits_private.payment_order, p_target bigint, p_reference text, p_idempotency_key text, p_metadata jsonb, p_formerly text[]) FROM PUBLIC;

--
-- Name: FUNCTION post_close(p_account_id text, p_reason text, p_if_credits text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.post_close(p_account_id text, p_reason text, p_if_credits text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;

--
-- Name: FUNCTION post_due_grants(p_account_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.post_due_grants(p_account_id text) FROM PUBLIC;

--
-- Name: FUNCTION post_end_subscription(p_account_id text, p_subscription text, p_reason text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.post_end_subscription(p_account_id text, p_subscription text, p_reason text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;

--
-- Name: FUNCTION post_erasure(p_account_id text, p_reason text, p_reference text, p_idempotency_key text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.post_erasure(p_account_id text, p_reason text, p_reference text, p_idempotency_key text) FROM PUBLIC;

--
-- Name: FUNCTION post_extension(p_account_id text, p_hold_id bigint, p_expires_in interval, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.post_extension(p_account_id text, p_hold_id bigint, p_expires_in interval, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;

--
-- Name: FUNCTION post_grants(p_account_id text, p_grants credits_private.grant_order[], p_payment credits_private.payment_order, p_late boolean, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.post_grants(p_account_id text, p_grants credits_private.grant_order[], p_payment credits_private.payment_order, p_late boolean, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;

--
-- Name: FUNCTION post_hold(p_account_id text, p_amount bigint, p_expires_in interval, p_feature text, p_member text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.post_hold(p_account_id text, p_amount bigint, p_expires_in interval, p_feature text, p_member text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;

--
-- Name: FUNCTION post_member_cap(p_account_id text, p_member text, p_period text, p_cap bigint, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.post_member_cap(p_account_id text, p_member text, p_period text, p_cap bigint, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;

--
-- Name: FUNCTION post_merge(p_account_id text, p_into_account_id text, p_if_holds text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.post_merge(p_account_id text, p_into_account_id text, p_if_holds text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;

--
-- Name: FUNCTION post_open(p_account_id text, p_kind text, p_time_zone text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.post_open(p_account_id text, p_kind text, p_time_zone text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;

--
-- Name: FUNCTION post_overdue(p_account_id text, p_limit bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.post_overdue(p_account_id text, p_limit bigint) FROM PUBLIC;

--
-- Name: FUNCTION post_refund(p_account_id text, p_entry_id bigint, p_spend_key text, p_amount bigint, p_if_expired text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.post_refund(p_account_id text, p_entry_id bigint, p_spend_key text, p_amount bigint, p_if_expired text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;

--
-- Name: FUNCTION post_release(p_account_id text, p_hold_id bigint, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.post_release(p_account_id text, p_hold_id bigint, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;

--
-- Name: FUNCTION post_repair(p_account_id text, p_reason text, p_person text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.post_repair(p_account_id text, p_reason text, p_person text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;

--
-- Name: FUNCTION post_spend(p_account_id text, p_amount bigint, p_feature text, p_member text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.post_spend(p_account_id text, p_amount bigint, p_feature text, p_member text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;

--
-- Name: FUNCTION post_spends(p_account_id text, p_orders credits_private.spend_order[]); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.post_spends(p_account_id text, p_orders credits_private.spend_order[]) FROM PUBLIC;

--
-- Name: FUNCTION post_status(p_account_id text, p_kind text, p_reason text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.post_status(p_account_id text, p_kind text, p_reason text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;

--
-- Name: FUNCTION post_stripe_return(p_event credits_private.stripe_events, p_ref credits_private.payment_refs, p_names text[]); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.post_stripe_return(p_event credits_private.stripe_events, p_ref credits_private.payment_refs, p_names text[]) FROM PUBLIC;

--
-- Name: FUNCTION post_subscription_status(p_account_id text, p_subscription text, p_status text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.post_subscription_status(p_account_id text, p_subscription text, p_status text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;

--
-- Name: FUNCTION post_transfer(p_account_id text, p_to_account_id text, p_amount bigint, p_pool text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.post_transfer(p_account_id text, p_to_account_id text, p_amount bigint, p_pool text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;

--
-- Name: FUNCTION post_trial(p_account_id text, p_subscription text, p_item text, p_amount bigint, p_trial_end timestamp with time zone, p_plan text, p_trial_key text, p_reference text, p_idempotency_key text, p_metadata jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.post_trial(p_account_id text, p_subscription text, p_item text, p_amount bigint, p_trial_end timestamp with time zone, p_plan text, p_trial_key text, p_reference text, p_idempotency_key text, p_metadata jsonb) FROM PUBLIC;

--
-- Name: FUNCTION put_back(p_state credits_private.account_state, p_returned jsonb, p_if_expired text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.put_back(p_state credits_private.account_state, p_returned jsonb, p_if_expired text) FROM PUBLIC;

--
-- Name: FUNCTION raise_refusal(p_refusal jsonb, p_more jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.raise_refusal(p_refusal jsonb, p_more jsonb) FROM PUBLIC;

--
-- Name: FUNCTION raise_target(p_state credits_private.account_state, p_payment_id bigint, p_amount bigint, p_entry credits_private.ledger); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.raise_target(p_state credits_private.account_state, p_payment_id bigint, p_amount bigint, p_entry credits_private.ledger) FROM PUBLIC;

--
-- Name: FUNCTION rebuild_entries(p_account_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.rebuild_entries(p_account_id text) FROM PUBLIC;

--
-- Name: FUNCTION receipt_of(p_account_id text, p_command_id bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.receipt_of(p_account_id text, p_command_id bigint) FROM PUBLIC;

--
-- Name: FUNCTION receive_lots(p_state credits_private.account_state, p_from_account_id text, p_from_entry_id bigint, p_given jsonb, p_reference text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.receive_lots(p_state credits_private.account_state, p_from_account_id text, p_from_entry_id bigint, p_given jsonb, p_reference text) FROM PUBLIC;

--
-- Name: FUNCTION reclaim_settled(p_state credits_private.account_state, p_lot credits_private.lots, p_amount bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.reclaim_settled(p_state credits_private.account_state, p_lot credits_private.lots, p_amount bigint) FROM PUBLIC;

--
-- Name: FUNCTION record_stripe_payment(p_event credits_private.stripe_events, p_account_id text, p_names text[], p_payment credits_private.payment_order, p_grants credits_private.grant_order[]); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.record_stripe_payment(p_event credits_private.stripe_events, p_account_id text, p_names text[], p_payment credits_private.payment_order, p_grants credits_private.grant_order[]) FROM PUBLIC;

--
-- Name: FUNCTION record_stripe_refund(p_event credits_private.stripe_events, p_refund jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.record_stripe_refund(p_event credits_private.stripe_events, p_refund jsonb) FROM PUBLIC;

--
-- Name: FUNCTION recount(p_state credits_private.account_state, p_period text, p_member text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.recount(p_state credits_private.account_state, p_period text, p_member text) FROM PUBLIC;

--
-- Name: FUNCTION ref_kind(p_provider text, p_object_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.ref_kind(p_provider text, p_object_id text) FROM PUBLIC;

--
-- Name: FUNCTION refuse(p_code text, p_values jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.refuse(p_code text, p_values jsonb) FROM PUBLIC;

--
-- Name: FUNCTION repair_holds(p_account_id text, p_hold_ids bigint[], p_rebuilt credits_private.rebuilt); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.repair_holds(p_account_id text, p_hold_ids bigint[], p_rebuilt credits_private.rebuilt) FROM PUBLIC;

--
-- Name: FUNCTION repair_lots(p_account_id text, p_lot_ids bigint[], p_rebuilt credits_private.rebuilt); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.repair_lots(p_account_id text, p_lot_ids bigint[], p_rebuilt credits_private.rebuilt) FROM PUBLIC;

--
-- Name: FUNCTION replay_spend(p_account_id text, p_amount bigint, p_feature text, p_member text, p_reference text, p_idempotency_key text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.replay_spend(p_account_id text, p_amount bigint, p_feature text, p_member text, p_reference text, p_idempotency_key text) FROM PUBLIC;

--
-- Name: FUNCTION restoration_of(p_account_id text, p_payment_id bigint, p_amount bigint, p_at timestamp with time zone); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.restoration_of(p_account_id text, p_payment_id bigint, p_amount bigint, p_at timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION restore_settled(p_state credits_private.account_state, p_payment_id bigint, p_amount bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.restore_settled(p_state credits_private.account_state, p_payment_id bigint, p_amount bigint) FROM PUBLIC;

--
-- Name: FUNCTION reverse_allocations(p_allocations jsonb, p_skipped bigint, p_amount bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.reverse_allocations(p_allocations jsonb, p_skipped bigint, p_amount bigint) FROM PUBLIC;

--
-- Name: FUNCTION roll_over(p_state credits_private.account_state, p_grant credits_private.grant_order, p_expires_at timestamp with time zone); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.roll_over(p_state credits_private.account_state, p_grant credits_private.grant_order, p_expires_at timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION scan_limit(); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.scan_limit() FROM PUBLIC;

--
-- Name: FUNCTION schedule_grants(p_state credits_private.account_state, p_subscription text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.schedule_grants(p_state credits_private.account_state, p_subscription text) FROM PUBLIC;

--
-- Name: FUNCTION seal_accounts(p_account_ids text[], p_limit bigint, p_at_once boolean); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.seal_accounts(p_account_ids text[], p_limit bigint, p_at_once boolean) FROM PUBLIC;

--
-- Name: FUNCTION seal_at_once(); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.seal_at_once() FROM PUBLIC;

--
-- Name: FUNCTION seal_entries(p_account_id text, p_limit bigint, p_at_once boolean); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.seal_entries(p_account_id text, p_limit bigint, p_at_once boolean) FROM PUBLIC;

--
-- Name: FUNCTION sealed_entry(p_account_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.sealed_entry(p_account_id text) FROM PUBLIC;

--
-- Name: FUNCTION see_customer(p_event credits_private.stripe_events, p_customer text, p_account_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.see_customer(p_event credits_private.stripe_events, p_customer text, p_account_id text) FROM PUBLIC;

--
-- Name: FUNCTION setting(p_setting text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.setting(p_setting text) FROM PUBLIC;

--
-- Name: FUNCTION setting_interval(p_setting text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.setting_interval(p_setting text) FROM PUBLIC;

--
-- Name: FUNCTION settle_debt(p_state credits_private.account_state); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.settle_debt(p_state credits_private.account_state) FROM PUBLIC;

--
-- Name: FUNCTION settle_stripe_payment(p_event credits_private.stripe_events, p_names text[], p_waits boolean); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.settle_stripe_payment(p_event credits_private.stripe_events, p_names text[], p_waits boolean) FROM PUBLIC;

--
-- Name: FUNCTION share_of(p_granted bigint, p_paid bigint, p_returned bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.share_of(p_granted bigint, p_paid bigint, p_returned bigint) FROM PUBLIC;

--
-- Name: FUNCTION slice_allocations(p_allocations jsonb, p_skipped bigint, p_amount bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.slice_allocations(p_allocations jsonb, p_skipped bigint, p_amount bigint) FROM PUBLIC;

--
-- Name: FUNCTION spend_refusal(p_state credits_private.account_state, p_amount bigint, p_member text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.spend_refusal(p_state credits_private.account_state, p_amount bigint, p_member text) FROM PUBLIC;

--
-- Name: FUNCTION start_sealing_pass(p_sealing credits_private.sealing, p_now timestamp with time zone, p_xid bigint, p_xmin bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.start_sealing_pass(p_sealing credits_private.sealing, p_now timestamp with time zone, p_xid bigint, p_xmin bigint) FROM PUBLIC;

--
-- Name: FUNCTION status_refusal(p_state credits_private.account_state, p_allowed text[]); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.status_refusal(p_state credits_private.account_state, p_allowed text[]) FROM PUBLIC;

--
-- Name: FUNCTION stripe_credited(p_event credits_private.stripe_events, p_names text[]); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.stripe_credited(p_event credits_private.stripe_events, p_names text[]) FROM PUBLIC;

--
-- Name: FUNCTION stripe_dispute_rank(p_status text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.stripe_dispute_rank(p_status text) FROM PUBLIC;

--
-- Name: FUNCTION stripe_disputed(p_event credits_private.stripe_events, p_names text[], p_currency text, p_amount_paid bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.stripe_disputed(p_event credits_private.stripe_events, p_names text[], p_currency text, p_amount_paid bigint) FROM PUBLIC;

--
-- Name: FUNCTION stripe_id(p_value jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.stripe_id(p_value jsonb) FROM PUBLIC;

--
-- Name: FUNCTION stripe_key(p_event credits_private.stripe_events, p_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.stripe_key(p_event credits_private.stripe_events, p_id text) FROM PUBLIC;

--
-- Name: FUNCTION stripe_names(p_event credits_private.stripe_events, p_ids text[]); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.stripe_names(p_event credits_private.stripe_events, p_ids text[]) FROM PUBLIC;

--
-- Name: FUNCTION stripe_object_ids(p_object jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.stripe_object_ids(p_object jsonb) FROM PUBLIC;

--
-- Name: FUNCTION stripe_objects(p_event credits_private.stripe_events, p_object_ids jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.stripe_objects(p_event credits_private.stripe_events, p_object_ids jsonb) FROM PUBLIC;

--
-- Name: FUNCTION stripe_order(p_event credits_private.stripe_events, p_kept_at timestamp with time zone, p_kept jsonb, p_kept_previous jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.stripe_order(p_event credits_private.stripe_events, p_kept_at timestamp with time zone, p_kept jsonb, p_kept_previous jsonb) FROM PUBLIC;

--
-- Name: FUNCTION stripe_refund_rank(p_status text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.stripe_refund_rank(p_status text) FROM PUBLIC;

--
-- Name: FUNCTION stripe_refunded(p_event credits_private.stripe_events, p_names text[]); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.stripe_refunded(p_event credits_private.stripe_events, p_names text[]) FROM PUBLIC;

--
-- Name: FUNCTION stripe_result(p_outcome text, p_reason text, p_waits_for text, p_account_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.stripe_result(p_outcome text, p_reason text, p_waits_for text, p_account_id text) FROM PUBLIC;

--
-- Name: FUNCTION stripe_returned(p_event credits_private.stripe_events, p_names text[], p_currency text, p_amount_paid bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.stripe_returned(p_event credits_private.stripe_events, p_names text[], p_currency text, p_amount_paid bigint) FROM PUBLIC;

--
-- Name: FUNCTION stripe_terms(p_event credits_private.stripe_events, p_price text, p_at timestamp with time zone); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.stripe_terms(p_event credits_private.stripe_events, p_price text, p_at timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION stripe_wait_name(p_event credits_private.stripe_events, p_object_id text, p_kind text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.stripe_wait_name(p_event credits_private.stripe_events, p_object_id text, p_kind text) FROM PUBLIC;

--
-- Name: FUNCTION stripe_wait_names(p_event credits_private.stripe_events, p_names text[]); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.stripe_wait_names(p_event credits_private.stripe_events, p_names text[]) FROM PUBLIC;

--
-- Name: FUNCTION subscription_cancel_at(p_subscription jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.subscription_cancel_at(p_subscription jsonb) FROM PUBLIC;

--
-- Name: FUNCTION subscription_end(p_subscription credits_private.subscriptions); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.subscription_end(p_subscription credits_private.subscriptions) FROM PUBLIC;

--
-- Name: FUNCTION subscription_period(p_subscription jsonb, p_bound text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.subscription_period(p_subscription jsonb, p_bound text) FROM PUBLIC;

--
-- Name: FUNCTION sum_allocations(p_allocations jsonb); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.sum_allocations(p_allocations jsonb) FROM PUBLIC;

--
-- Name: FUNCTION take_credits(p_account_id text, p_amount bigint, p_pools text[]); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.take_credits(p_account_id text, p_amount bigint, p_pools text[]) FROM PUBLIC;

--
-- Name: FUNCTION take_paid_credits(p_account_id text, p_payment_id bigint, p_amount bigint); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.take_paid_credits(p_account_id text, p_payment_id bigint, p_amount bigint) FROM PUBLIC;

--
-- Name: FUNCTION try_lock_chain(p_account_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.try_lock_chain(p_account_id text) FROM PUBLIC;

--
-- Name: FUNCTION try_stripe_event(p_event credits_private.stripe_events); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.try_stripe_event(p_event credits_private.stripe_events) FROM PUBLIC;

--
-- Name: FUNCTION uncounted_window(p_account_id text, p_member text, p_period text, p_at timestamp with time zone); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.uncounted_window(p_account_id text, p_member text, p_period text, p_at timestamp with time zone) FROM PUBLIC;

--
-- Name: FUNCTION upgrade_due(p_state credits_private.account_state, p_item credits_private.subscription_items, p_amount bigint, p_policy text, p_plan text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.upgrade_due(p_state credits_private.account_state, p_item credits_private.subscription_items, p_amount bigint, p_policy text, p_plan text) FROM PUBLIC;

--
-- Name: FUNCTION use_trial_key(p_account_id text, p_subscription text, p_trial_key text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.use_trial_key(p_account_id text, p_subscription text, p_trial_key text) FROM PUBLIC;

--
-- Name: FUNCTION verify_accounts(p_account_ids text[]); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.verify_accounts(p_account_ids text[]) FROM PUBLIC;

--
-- Name: FUNCTION verify_chain(p_account_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.verify_chain(p_account_id text) FROM PUBLIC;

--
-- Name: FUNCTION verify_closing(p_account_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.verify_closing(p_account_id text) FROM PUBLIC;

--
-- Name: FUNCTION verify_entries(p_account_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.verify_entries(p_account_id text) FROM PUBLIC;

--
-- Name: FUNCTION verify_holds(p_account_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.verify_holds(p_account_id text) FROM PUBLIC;

--
-- Name: FUNCTION verify_lots(p_account_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.verify_lots(p_account_id text) FROM PUBLIC;

--
-- Name: FUNCTION verify_members(p_account_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.verify_members(p_account_id text) FROM PUBLIC;

--
-- Name: FUNCTION verify_moved(p_account_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.verify_moved(p_account_id text) FROM PUBLIC;

--
-- Name: FUNCTION verify_opening(p_account_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.verify_opening(p_account_id text) FROM PUBLIC;

--
-- Name: FUNCTION verify_orphans(p_from text, p_until text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.verify_orphans(p_from text, p_until text) FROM PUBLIC;

--
-- Name: FUNCTION verify_pairs(p_account_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.verify_pairs(p_account_id text) FROM PUBLIC;

--
-- Name: FUNCTION verify_payments(p_account_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.verify_payments(p_account_id text) FROM PUBLIC;

--
-- Name: FUNCTION verify_subscriptions(p_account_id text); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.verify_subscriptions(p_account_id text) FROM PUBLIC;

--
-- Name: FUNCTION wake_stripe_events(p_waits_for text[]); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.wake_stripe_events(p_waits_for text[]) FROM PUBLIC;

--
-- Name: FUNCTION write_entries(p_state credits_private.account_state); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.write_entries(p_state credits_private.account_state) FROM PUBLIC;

--
-- Name: FUNCTION write_plan(p_plan credits_private.due_plan); Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON FUNCTION credits_private.write_plan(p_plan credits_private.due_plan) FROM PUBLIC;

--
-- Name: TABLE schema_migrations_log; Type: ACL; Schema: credits_private; Owner: credits_owner
--

REVOKE ALL ON TABLE credits_private.schema_migrations_log FROM credits_owner;
GRANT SELECT,INSERT,REFERENCES,TRIGGER,MAINTAIN ON TABLE credits_private.schema_migrations_log TO credits_owner;

--
-- Name: DEFAULT PRIVILEGES FOR FUNCTIONS; Type: DEFAULT ACL; Schema: -; Owner: credits_owner
--

ALTER DEFAULT PRIVILEGES FOR ROLE credits_owner REVOKE ALL ON FUNCTIONS FROM PUBLIC;

--
-- PostgreSQL database dump complete
--

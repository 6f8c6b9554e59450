-- Purpose: the Stripe inbox and the credits that a price is worth.
-- Locks: none on existing tables (it only creates).
-- Time on a million rows: instant.

create table credits_private.stripe_events (
    provider_account text collate "C" not null,
    event_id text collate "C" not null,
    event_type text not null,
    livemode boolean not null,
    api_version text,
    created_at timestamptz not null,
    payload text,
    body jsonb,
    outcome text not null default 'received',
    reason text,
    waits_for text collate "C",
    account_id text collate "C",
    claimed_for text collate "C",
    attempts integer not null default 0,
    retry_at timestamptz,
    received_at timestamptz not null,
    applied_at timestamptz,
    constraint stripe_events_pkey primary key (provider_account, event_id),
    constraint stripe_events_outcome_is_known check (
        outcome in ('received', 'applied', 'ignored', 'parked', 'failed')
    ),
    constraint stripe_events_parked_waits check ((outcome = 'parked') = (waits_for is not null)),
    constraint stripe_events_retried_is_open check (
        retry_at is null or outcome in ('received', 'failed')
    ),
    constraint stripe_events_body_is_whole check ((payload is null) = (body is null)),
    constraint stripe_events_open_has_body check (
        body is not null or outcome in ('applied', 'ignored')
    )
);
comment on table credits_private.stripe_events is
    'Every verified event of Stripe, once, with what became of it.';
comment on column credits_private.stripe_events.provider_account is
    'Connected account; empty for one''s own.';
comment on column credits_private.stripe_events.event_id is 'Id of the event.';
comment on column credits_private.stripe_events.event_type is 'Type of the event.';
comment on column credits_private.stripe_events.livemode is 'False for a test-mode event.';
comment on column credits_private.stripe_events.api_version is
    'API version in which the body was rendered.';
comment on column credits_private.stripe_events.created_at is
    'When Stripe made the event; whole seconds.';
comment on column credits_private.stripe_events.payload is
    'The body as it was received, to the letter; null once it was purged.';
comment on column credits_private.stripe_events.body is
    'The body parsed; NUL characters are replaced by U+FFFD. Null once it was purged.';
comment on column credits_private.stripe_events.outcome is
    'received, applied, ignored, parked or failed.';
comment on column credits_private.stripe_events.reason is 'Why it was ignored, parked or failed.';
comment on column credits_private.stripe_events.waits_for is
    'What a parked event waits for, kind and id.';
comment on column credits_private.stripe_events.account_id is
    'Account that the event was about, once known.';
comment on column credits_private.stripe_events.claimed_for is
    'Account for which somebody has claimed the purchase, since the event names none.';
comment on column credits_private.stripe_events.attempts is 'How often it was tried.';
comment on column credits_private.stripe_events.retry_at is
    'When it is due to be tried again; null when it is not, or the limit of attempts is reached.';
comment on column credits_private.stripe_events.received_at is 'When it arrived first.';
comment on column credits_private.stripe_events.applied_at is 'When it was tried last.';

create index stripe_events_waiting_idx on credits_private.stripe_events (waits_for)
    where waits_for is not null;
create index stripe_events_retry_idx on credits_private.stripe_events (retry_at)
    where retry_at is not null;
create index stripe_events_body_idx on credits_private.stripe_events (received_at)
    where body is not null;

create table credits_private.stripe_waits (
    waits_for text collate "C" not null,
    constraint stripe_waits_pkey primary key (waits_for)
);
comment on table credits_private.stripe_waits is
    'Meeting point of an event that waits for something and the event that brings it: both insert '
    'the '
    'same row, so neither can miss the other.';
comment on column credits_private.stripe_waits.waits_for is 'Kind and id of what is waited for.';

create table credits_private.stripe_price_terms (
    price text collate "C" not null,
    credits bigint not null,
    rollover_cap bigint,
    proration text not null,
    updated_at timestamptz not null,
    constraint stripe_price_terms_pkey primary key (price),
    constraint stripe_price_terms_credits_are_in_range check (
        credits between 1 and 9007199254740991
    ),
    constraint stripe_price_terms_cap_is_in_range check (
        rollover_cap between 0 and 9007199254740991
    ),
    constraint stripe_price_terms_proration_is_known check (
        proration in ('none', 'proportional', 'full')
    )
);
comment on table credits_private.stripe_price_terms is
    'What one unit of a price is worth, as it was set here; it goes before the metadata of Stripe.';
comment on column credits_private.stripe_price_terms.price is 'Id of the price at Stripe.';
comment on column credits_private.stripe_price_terms.credits is 'Credits for one unit and period.';
comment on column credits_private.stripe_price_terms.rollover_cap is
    'Credits of the ended period that carry over at most; null: all of them.';
comment on column credits_private.stripe_price_terms.proration is
    'What a prorated line grants: none, proportional (to its money) or full.';
comment on column credits_private.stripe_price_terms.updated_at is 'When the row was last set.';

create table credits_private.stripe_links (
    provider_account text collate "C" not null,
    livemode boolean not null,
    object_id text collate "C" not null,
    other_id text collate "C" not null,
    constraint stripe_links_pkey primary key (object_id, other_id, livemode, provider_account)
);
comment on table credits_private.stripe_links is
    'Which objects of Stripe belong to one payment, pair by pair and in both directions.';
comment on column credits_private.stripe_links.provider_account is
    'Connected account; empty for one''s own.';
comment on column credits_private.stripe_links.livemode is 'False for a test-mode object.';
comment on column credits_private.stripe_links.object_id is
    'Id of a payment intent, charge, invoice or session.';
comment on column credits_private.stripe_links.other_id is 'Id of another one of the same payment.';

create table credits_private.stripe_charges (
    provider_account text collate "C" not null,
    livemode boolean not null,
    charge text collate "C" not null,
    payment_intent text collate "C",
    amount_refunded bigint not null,
    event_at timestamptz not null,
    constraint stripe_charges_pkey primary key (charge, livemode, provider_account)
);
comment on table credits_private.stripe_charges is
    'What has gone back of each charge, in total, as its newest event tells.';
comment on column credits_private.stripe_charges.provider_account is
    'Connected account; empty for one''s own.';
comment on column credits_private.stripe_charges.livemode is 'False for a test-mode object.';
comment on column credits_private.stripe_charges.charge is 'Id of the charge.';
comment on column credits_private.stripe_charges.payment_intent is
    'Payment intent of the charge, if it has one.';
comment on column credits_private.stripe_charges.amount_refunded is
    'Money refunded by then, in the smallest unit of the currency.';
comment on column credits_private.stripe_charges.event_at is 'When that was so: time of the event.';

create table credits_private.stripe_refunds (
    provider_account text collate "C" not null,
    livemode boolean not null,
    refund text collate "C" not null,
    payment_intent text collate "C",
    charge text collate "C",
    amount bigint not null,
    status text,
    made_at timestamptz not null,
    event_at timestamptz not null,
    failed_at timestamptz,
    unknown_status text,
    constraint stripe_refunds_pkey primary key (refund, livemode, provider_account),
    constraint stripe_refunds_amount_is_not_negative check (amount >= 0),
    constraint stripe_refunds_failed_has_time check (
        (failed_at is not null) = coalesce(status in ('failed', 'canceled'), false)
    )
);
comment on table credits_private.stripe_refunds is 'Refunds, one row each.';
comment on column credits_private.stripe_refunds.provider_account is
    'Connected account; empty for one''s own.';
comment on column credits_private.stripe_refunds.livemode is 'False for a test-mode object.';
comment on column credits_private.stripe_refunds.refund is 'Id of the refund.';
comment on column credits_private.stripe_refunds.payment_intent is
    'Payment intent that it refunds.';
comment on column credits_private.stripe_refunds.charge is 'Charge that it refunds.';
comment on column credits_private.stripe_refunds.amount is
    'Money, in the smallest unit of the currency.';
comment on column credits_private.stripe_refunds.status is
    'pending, requires_action, succeeded, failed or canceled; null: none that is known.';
comment on column credits_private.stripe_refunds.made_at is 'When the refund was made.';
comment on column credits_private.stripe_refunds.event_at is
    'Time of the event that told of the status.';
comment on column credits_private.stripe_refunds.failed_at is 'When it failed or was cancelled.';
comment on column credits_private.stripe_refunds.unknown_status is
    'A status that is not known; it changes nothing.';
create index stripe_refunds_payment_intent_idx on credits_private.stripe_refunds (payment_intent);
create index stripe_refunds_charge_idx on credits_private.stripe_refunds (charge);

create table credits_private.stripe_disputes (
    provider_account text collate "C" not null,
    livemode boolean not null,
    dispute text collate "C" not null,
    payment_intent text collate "C",
    charge text collate "C",
    amount bigint not null,
    currency text,
    status text,
    status_at timestamptz not null,
    withdrawn_at timestamptz,
    reinstated_at timestamptz,
    unknown_status text,
    constraint stripe_disputes_pkey primary key (dispute, livemode, provider_account),
    constraint stripe_disputes_amount_is_not_negative check (amount >= 0)
);
comment on table credits_private.stripe_disputes is 'Disputes and inquiries, one row each.';
comment on column credits_private.stripe_disputes.provider_account is
    'Connected account; empty for one''s own.';
comment on column credits_private.stripe_disputes.livemode is 'False for a test-mode object.';
comment on column credits_private.stripe_disputes.dispute is 'Id of the dispute.';
comment on column credits_private.stripe_disputes.payment_intent is
    'Payment intent that is disputed.';
comment on column credits_private.stripe_disputes.charge is 'Charge that is disputed.';
comment on column credits_private.stripe_disputes.amount is
    'Money disputed, in the smallest unit of its currency.';
comment on column credits_private.stripe_disputes.currency is 'Currency of the amount.';
comment on column credits_private.stripe_disputes.status is
    'Status at Stripe; null: none that is known.';
comment on column credits_private.stripe_disputes.status_at is
    'Time of the event that told of the status.';
comment on column credits_private.stripe_disputes.withdrawn_at is
    'When the money was withdrawn last.';
comment on column credits_private.stripe_disputes.reinstated_at is
    'When the money was given back last.';
comment on column credits_private.stripe_disputes.unknown_status is
    'A status that is not known; it changes nothing.';
create index stripe_disputes_payment_intent_idx on credits_private.stripe_disputes (payment_intent);
create index stripe_disputes_charge_idx on credits_private.stripe_disputes (charge);

create table credits_private.stripe_credit_notes (
    provider_account text collate "C" not null,
    livemode boolean not null,
    credit_note text collate "C" not null,
    invoice text collate "C" not null,
    amount bigint not null,
    refunds jsonb not null,
    is_void boolean not null,
    event_at timestamptz not null,
    constraint stripe_credit_notes_pkey primary key (credit_note, livemode, provider_account),
    constraint stripe_credit_notes_amount_is_not_negative check (amount >= 0)
);
comment on table credits_private.stripe_credit_notes is
    'Credit notes on paid invoices, one row each.';
comment on column credits_private.stripe_credit_notes.provider_account is
    'Connected account; empty for one''s own.';
comment on column credits_private.stripe_credit_notes.livemode is 'False for a test-mode object.';
comment on column credits_private.stripe_credit_notes.credit_note is 'Id of the credit note.';
comment on column credits_private.stripe_credit_notes.invoice is 'Invoice that it corrects.';
comment on column credits_private.stripe_credit_notes.amount is
    'Money of it that was given back after the payment.';
comment on column credits_private.stripe_credit_notes.refunds is
    'Refunds that are part of it: array of [refund, amount or null].';
comment on column credits_private.stripe_credit_notes.is_void is
    'Whether it was voided, which is final.';
comment on column credits_private.stripe_credit_notes.event_at is
    'Time of the event that told of it.';
create index stripe_credit_notes_invoice_idx on credits_private.stripe_credit_notes (invoice);

create table credits_private.stripe_checkouts (
    provider_account text collate "C" not null,
    livemode boolean not null,
    session text collate "C" not null,
    state text not null,
    updated_at timestamptz not null,
    constraint stripe_checkouts_pkey primary key (session, livemode, provider_account),
    constraint stripe_checkouts_state_is_known check (
        state in ('pending', 'expired', 'failed', 'paid')
    )
);
comment on table credits_private.stripe_checkouts is
    'Checkout sessions and how far they came.';
comment on column credits_private.stripe_checkouts.provider_account is
    'Connected account; empty for one''s own.';
comment on column credits_private.stripe_checkouts.livemode is 'False for a test-mode object.';
comment on column credits_private.stripe_checkouts.session is 'Id of the session.';
comment on column credits_private.stripe_checkouts.state is
    'pending, expired, failed or paid; the furthest that was told.';
comment on column credits_private.stripe_checkouts.updated_at is 'When the row was last written.';

create table credits_private.stripe_line_items (
    provider_account text collate "C" not null,
    livemode boolean not null,
    object_id text collate "C" not null,
    line_items jsonb not null,
    constraint stripe_line_items_pkey primary key (object_id, livemode, provider_account)
);
comment on table credits_private.stripe_line_items is
    'All lines of a checkout session or invoice whose event does not show them.';
comment on column credits_private.stripe_line_items.provider_account is
    'Connected account; empty for one''s own.';
comment on column credits_private.stripe_line_items.livemode is 'False for a test-mode object.';
comment on column credits_private.stripe_line_items.object_id is 'Id of the session or invoice.';
comment on column credits_private.stripe_line_items.line_items is
    'Array of the lines as Stripe lists them.';

create table credits_private.stripe_invoices (
    provider_account text collate "C" not null,
    livemode boolean not null,
    invoice text collate "C" not null,
    subscription text,
    customer text,
    status text not null,
    attempts bigint not null,
    next_attempt_at timestamptz,
    event_at timestamptz not null,
    needs_review boolean not null default false,
    constraint stripe_invoices_pkey primary key (invoice, livemode, provider_account)
);
comment on table credits_private.stripe_invoices is
    'Invoices: their state as the newest event tells.';
comment on column credits_private.stripe_invoices.provider_account is
    'Connected account; empty for one''s own.';
comment on column credits_private.stripe_invoices.livemode is 'False for a test-mode object.';
comment on column credits_private.stripe_invoices.invoice is 'Id of the invoice.';
comment on column credits_private.stripe_invoices.subscription is
    'Subscription that it bills, if any.';
comment on column credits_private.stripe_invoices.customer is 'Customer who is billed.';
comment on column credits_private.stripe_invoices.status is
    'draft, open, paid, void or uncollectible, or a word of the future.';
comment on column credits_private.stripe_invoices.attempts is 'How often a payment was tried.';
comment on column credits_private.stripe_invoices.next_attempt_at is 'When Stripe tries again.';
comment on column credits_private.stripe_invoices.event_at is 'Time of the event that told of it.';
comment on column credits_private.stripe_invoices.needs_review is
    'It granted credits and is void or uncollectible now: somebody has to decide.';

create index stripe_invoices_subscription_idx on credits_private.stripe_invoices (subscription)
    where subscription is not null;
create index stripe_invoices_review_idx on credits_private.stripe_invoices (invoice)
    where needs_review;

create table credits_private.stripe_customers (
    provider_account text collate "C" not null,
    livemode boolean not null,
    customer text collate "C" not null,
    linked_account_id text collate "C",
    named_account_id text collate "C",
    named_at timestamptz,
    seen_account_id text collate "C",
    seen_at timestamptz,
    is_deleted boolean not null default false,
    constraint stripe_customers_pkey primary key (customer, livemode, provider_account)
);
comment on table credits_private.stripe_customers is
    'Customers of Stripe and the accounts that they stand for.';
comment on column credits_private.stripe_customers.provider_account is
    'Connected account; empty for one''s own.';
comment on column credits_private.stripe_customers.livemode is 'False for a test-mode object.';
comment on column credits_private.stripe_customers.customer is 'Id of the customer.';
comment on column credits_private.stripe_customers.linked_account_id is
    'Account that was set here; it goes before all others.';
comment on column credits_private.stripe_customers.named_account_id is
    'Account in the metadata of the customer.';
comment on column credits_private.stripe_customers.named_at is
    'Time of the event that told of the metadata.';
comment on column credits_private.stripe_customers.seen_account_id is
    'Account that a purchase or subscription of the customer named.';
comment on column credits_private.stripe_customers.seen_at is 'Time of the event that named it.';
comment on column credits_private.stripe_customers.is_deleted is
    'Whether the customer was deleted at Stripe, which is final.';

create index stripe_customers_linked_idx on credits_private.stripe_customers (linked_account_id)
    where linked_account_id is not null;
create index stripe_customers_named_idx on credits_private.stripe_customers (named_account_id)
    where named_account_id is not null;
create index stripe_customers_seen_idx on credits_private.stripe_customers (seen_account_id)
    where seen_account_id is not null;

create table credits_private.stripe_subscriptions (
    provider_account text collate "C" not null,
    livemode boolean not null,
    subscription text collate "C" not null,
    customer text,
    named_account_id text collate "C",
    status text not null,
    period_start timestamptz,
    period_end timestamptz,
    cancel_at timestamptz,
    ended_at timestamptz,
    event_at timestamptz not null,
    object jsonb not null,
    previous jsonb,
    is_unsure boolean not null default false,
    constraint stripe_subscriptions_pkey primary key (subscription, livemode, provider_account)
);
comment on table credits_private.stripe_subscriptions is
    'Subscriptions as their newest event shows them. What they become here follows from it; '
    'nothing is granted for a state.';
comment on column credits_private.stripe_subscriptions.provider_account is
    'Connected account; empty for one''s own.';
comment on column credits_private.stripe_subscriptions.livemode is 'False for a test-mode object.';
comment on column credits_private.stripe_subscriptions.subscription is 'Id of the subscription.';
comment on column credits_private.stripe_subscriptions.customer is 'Customer who has subscribed.';
comment on column credits_private.stripe_subscriptions.named_account_id is
    'Account in its metadata.';
comment on column credits_private.stripe_subscriptions.status is 'Status at Stripe.';
comment on column credits_private.stripe_subscriptions.period_start is
    'Start of the current period: the earliest of its items.';
comment on column credits_private.stripe_subscriptions.period_end is
    'End of the current period: the latest of its items.';
comment on column credits_private.stripe_subscriptions.cancel_at is
    'When it is going to end, if that is settled.';
comment on column credits_private.stripe_subscriptions.ended_at is 'When it ended.';
comment on column credits_private.stripe_subscriptions.event_at is
    'Time of the event that told of it.';
comment on column credits_private.stripe_subscriptions.object is
    'The object as that event showed it.';
comment on column credits_private.stripe_subscriptions.previous is
    'Former values of what that event changed.';
comment on column credits_private.stripe_subscriptions.is_unsure is
    'Whether another event of the same second could not be put in order.';

create index stripe_subscriptions_customer_idx
    on credits_private.stripe_subscriptions (customer);
create index stripe_subscriptions_account_idx
    on credits_private.stripe_subscriptions (named_account_id)
    where named_account_id is not null;

create table credits_private.stripe_schedules (
    provider_account text collate "C" not null,
    livemode boolean not null,
    schedule text collate "C" not null,
    subscription text,
    status text not null,
    event_at timestamptz not null,
    object jsonb not null,
    previous jsonb,
    is_unsure boolean not null default false,
    constraint stripe_schedules_pkey primary key (schedule, livemode, provider_account)
);
comment on table credits_private.stripe_schedules is
    'Subscription schedules as their newest event shows them.';
comment on column credits_private.stripe_schedules.provider_account is
    'Connected account; empty for one''s own.';
comment on column credits_private.stripe_schedules.livemode is 'False for a test-mode object.';
comment on column credits_private.stripe_schedules.schedule is 'Id of the schedule.';
comment on column credits_private.stripe_schedules.subscription is 'Subscription that it changes.';
comment on column credits_private.stripe_schedules.status is 'Status at Stripe.';
comment on column credits_private.stripe_schedules.event_at is 'Time of the event that told of it.';
comment on column credits_private.stripe_schedules.object is 'The object as that event showed it.';
comment on column credits_private.stripe_schedules.previous is
    'Former values of what that event changed.';
comment on column credits_private.stripe_schedules.is_unsure is
    'Whether another event of the same second could not be put in order.';

create table credits_private.stripe_products (
    provider_account text collate "C" not null,
    livemode boolean not null,
    product text collate "C" not null,
    valid_from timestamptz not null,
    object jsonb not null,
    previous jsonb,
    is_deleted boolean not null,
    is_unsure boolean not null default false,
    is_assumed boolean not null default false,
    constraint stripe_products_pkey primary key (product, valid_from, livemode, provider_account)
);
comment on table credits_private.stripe_products is 'Products as they were from an instant on.';
comment on column credits_private.stripe_products.provider_account is
    'Connected account; empty for one''s own.';
comment on column credits_private.stripe_products.livemode is 'False for a test-mode object.';
comment on column credits_private.stripe_products.product is 'Id of the product.';
comment on column credits_private.stripe_products.valid_from is
    'Time of the event: first instant at which it was so.';
comment on column credits_private.stripe_products.object is 'The object as the event showed it.';
comment on column credits_private.stripe_products.previous is
    'Former values of what the event changed.';
comment on column credits_private.stripe_products.is_deleted is
    'Whether it was deleted then. It ends the sale, no grant.';
comment on column credits_private.stripe_products.is_unsure is
    'Whether another event of the same second could not be put in order.';
comment on column credits_private.stripe_products.is_assumed is
    'Whether no event told so: it was read from Stripe later, and counts from its creation on.';

create table credits_private.stripe_prices (
    provider_account text collate "C" not null,
    livemode boolean not null,
    price text collate "C" not null,
    valid_from timestamptz not null,
    object jsonb not null,
    previous jsonb,
    is_deleted boolean not null,
    is_unsure boolean not null default false,
    is_assumed boolean not null default false,
    constraint stripe_prices_pkey primary key (price, valid_from, livemode, provider_account)
);
comment on table credits_private.stripe_prices is 'Prices as they were from an instant on.';
comment on column credits_private.stripe_prices.provider_account is
    'Connected account; empty for one''s own.';
comment on column credits_private.stripe_prices.livemode is 'False for a test-mode object.';
comment on column credits_private.stripe_prices.price is 'Id of the price or plan.';
comment on column credits_private.stripe_prices.valid_from is
    'Time of the event: first instant at which it was so.';
comment on column credits_private.stripe_prices.object is 'The object as the event showed it.';
comment on column credits_private.stripe_prices.previous is
    'Former values of what the event changed.';
comment on column credits_private.stripe_prices.is_deleted is
    'Whether it was deleted then. It ends the sale, no grant.';
comment on column credits_private.stripe_prices.is_unsure is
    'Whether another event of the same second could not be put in order.';
comment on column credits_private.stripe_prices.is_assumed is
    'Whether no event told so: it was read from Stripe later, and counts from its creation on.';

create type credits.stripe_outcome as (
    event_id text,
    event_type text,
    outcome text,
    reason text,
    account_id text,
    waits_for text
);
comment on type credits.stripe_outcome is
    'What became of an event: applied, duplicate, ignored, parked or failed, and why.';

create type credits.stripe_object as (
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
comment on type credits.stripe_object is
    'What is known of an object of Stripe, and of the payment that it belongs to.';

create type credits.stripe_buyer as (
    account_id text,
    customer text,
    subscription text,
    deleted_customers bigint
);
comment on type credits.stripe_buyer is
    'The living customer and the running subscription of an account at Stripe, if there are any.';

create type credits.stripe_customer as (
    customer text,
    account_id text,
    is_deleted boolean
);
comment on type credits.stripe_customer is 'A customer of Stripe and the account it stands for.';

create type credits.stripe_event as (
    provider_account text,
    event_id text,
    event_type text,
    livemode boolean,
    outcome text,
    reason text,
    waits_for text,
    account_id text,
    attempts integer,
    retry_at timestamptz,
    created_at timestamptz,
    received_at timestamptz,
    applied_at timestamptz,
    body jsonb
);
comment on type credits.stripe_event is 'An event of the inbox and what became of it.';

create type credits.stripe_backlog as (
    outcome text,
    event_type text,
    events bigint,
    exhausted bigint,
    oldest_at timestamptz
);
comment on type credits.stripe_backlog is
    'How many events of a type have one outcome; exhausted are those not retried any more.';

create type credits.stripe_purge as (
    closed bigint,
    purged bigint,
    has_more boolean
);
comment on type credits.stripe_purge is
    'What one batch of the clean-up did: waiting events closed, bodies purged; has_more when the '
    'limit was reached.';

create type credits.stripe_price as (
    price text,
    credits bigint,
    rollover_cap bigint,
    updated_at timestamptz,
    proration text
);
comment on type credits.stripe_price is 'What one unit of a price is worth.';

create type credits_private.stripe_result as (
    outcome text,
    reason text,
    waits_for text,
    account_id text
);
comment on type credits_private.stripe_result is
    'What a handler made of an event; waits_for only when parked.';

create type credits_private.stripe_terms as (
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
comment on type credits_private.stripe_terms is
    'What one unit of a price is worth at an instant. credits is null where the price has nothing '
    'to do with credits; problem says why it cannot be told, waits_for what would tell it.';

create type credits_private.stripe_line as (
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
    period_start timestamptz,
    period_end timestamptz,
    account_id text
);
comment on type credits_private.stripe_line is
    'What one line of an invoice bills. price_amount is its price, amount what discounts left.';

create type credits_private.stripe_purchase as (
    grants credits_private.grant_order[],
    account_id text,
    problem text,
    waits_for text
);
comment on type credits_private.stripe_purchase is
    'What a paid object of Stripe grants and to whom, or the problem for which it has to wait.';

alter table credits_private.stripe_events enable row level security;
alter table credits_private.stripe_waits enable row level security;
alter table credits_private.stripe_price_terms enable row level security;
alter table credits_private.stripe_links enable row level security;
alter table credits_private.stripe_charges enable row level security;
alter table credits_private.stripe_refunds enable row level security;
alter table credits_private.stripe_disputes enable row level security;
alter table credits_private.stripe_credit_notes enable row level security;
alter table credits_private.stripe_checkouts enable row level security;
alter table credits_private.stripe_line_items enable row level security;
alter table credits_private.stripe_invoices enable row level security;
alter table credits_private.stripe_customers enable row level security;
alter table credits_private.stripe_subscriptions enable row level security;
alter table credits_private.stripe_schedules enable row level security;
alter table credits_private.stripe_products enable row level security;
alter table credits_private.stripe_prices enable row level security;

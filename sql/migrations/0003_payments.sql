-- Purpose: payments and the names under which providers know them.
-- Locks: none on existing tables (it only creates).
-- Time on a million rows: instant.

create table credits_private.payments (
    account_id text collate "C" not null,
    payment_id bigint not null,
    provider text not null,
    object_id text not null,
    amount_paid bigint,
    currency text,
    amount_returned bigint not null default 0,
    granted bigint not null,
    pending bigint not null default 0,
    target bigint not null default 0,
    withheld bigint not null default 0,
    clawed bigint not null default 0,
    covered bigint not null default 0,
    owed bigint not null default 0,
    settled bigint not null default 0,
    written_off bigint not null default 0,
    debt_paid bigint not null default 0,
    demanded bigint not null default 0,
    moved_to_payment_id bigint,
    created_at timestamptz not null,
    constraint payments_pkey primary key (account_id, payment_id),
    constraint payments_granted_is_positive check (granted > 0),
    constraint payments_withheld_is_pending check (
        withheld between 0 and pending and pending <= granted
    ),
    constraint payments_target_is_in_range check (target between 0 and granted),
    constraint payments_demanded_is_in_range check (demanded between 0 and granted),
    constraint payments_parts_are_not_negative check (
        clawed >= 0 and covered >= 0 and owed >= 0 and settled >= 0 and written_off >= 0
        and debt_paid >= 0
    ),
    constraint payments_parts_make_target check (
        withheld + clawed + covered + owed + settled + written_off = target
    )
);
comment on table credits_private.payments is
    'What was paid at a provider, what it granted, and where the credits are that went back: '
    'target = withheld + clawed + covered + owed + settled + written_off.';
comment on column credits_private.payments.account_id is 'Account that the payment credited.';
comment on column credits_private.payments.payment_id is
    'Number of the first entry of the command that recorded it, or of the entry that brought it '
    'from an account that was merged into this one.';
comment on column credits_private.payments.provider is
    'Payment provider; manual when there is none.';
comment on column credits_private.payments.object_id is 'The provider''s id of the payment.';
comment on column credits_private.payments.amount_paid is
    'Money paid, in the smallest unit of the currency; null if unknown.';
comment on column credits_private.payments.currency is
    'Currency, ISO 4217 in lower case; null if unknown.';
comment on column credits_private.payments.amount_returned is
    'Money that is refunded, disputed or lost by now.';
comment on column credits_private.payments.granted is
    'Credits of all lots that the payment granted, and of those that it is still to grant.';
comment on column credits_private.payments.pending is
    'Part of granted that has not been granted yet, or never will be, its subscription having '
    'ended.';
comment on column credits_private.payments.target is 'Credits that ought to be taken back by now.';
comment on column credits_private.payments.withheld is
    'Part of the target that comes out of what is pending.';
comment on column credits_private.payments.clawed is
    'Part of the target that was taken out of the payment''s own lots.';
comment on column credits_private.payments.covered is
    'Part of the target that had already been lost to expiry.';
comment on column credits_private.payments.owed is
    'Part of the target that is open debt of the account.';
comment on column credits_private.payments.settled is
    'Part of the target that was debt and has been paid by other lots.';
comment on column credits_private.payments.written_off is 'Part of the target that was forgiven.';
comment on column credits_private.payments.debt_paid is
    'Credits of the payment''s lots that went to pay debt.';
comment on column credits_private.payments.demanded is
    'Target that clawback_credits has set: what the provider tells of money never goes below it.';
comment on column credits_private.payments.moved_to_payment_id is
    'Number under which the payment goes on in the account that this one was merged into. The '
    'figures stay as they were then.';
comment on column credits_private.payments.created_at is 'When the payment was recorded.';

create index payments_owed_idx on credits_private.payments (account_id, payment_id) where owed > 0;

create table credits_private.payment_refs (
    object_id text collate "C" not null,
    provider text collate "C" not null,
    kind text collate "C" not null,
    livemode boolean not null,
    provider_account text collate "C" not null,
    account_id text collate "C" not null,
    payment_id bigint not null,
    constraint payment_refs_pkey primary key (object_id, provider, kind, livemode, provider_account)
);
comment on table credits_private.payment_refs is
    'Every name of a payment. Unique over all accounts, so that two signals of one payment never '
    'credit twice.';
comment on column credits_private.payment_refs.object_id is 'The provider''s id of the object.';
comment on column credits_private.payment_refs.provider is
    'Payment provider; manual when there is none.';
comment on column credits_private.payment_refs.kind is
    'Kind of object: payment, payment_intent, charge, invoice or checkout_session.';
comment on column credits_private.payment_refs.livemode is 'False for a test-mode object.';
comment on column credits_private.payment_refs.provider_account is
    'Connected account at the provider; empty for one''s own.';
comment on column credits_private.payment_refs.account_id is 'Account that the payment credited.';
comment on column credits_private.payment_refs.payment_id is 'The payment, inside the account.';

create index payment_refs_payment_idx on credits_private.payment_refs (account_id, payment_id);

create type credits_private.payment_order as (
    provider text,
    livemode boolean,
    provider_account text,
    object_id text,
    other_ids text[],
    amount_paid bigint,
    currency text,
    amount_returned bigint
);
comment on type credits_private.payment_order is
    'A payment to be recorded: its id, further ids of the same payment, what was paid and what '
    'has gone back.';

alter table credits_private.payments enable row level security;
alter table credits_private.payment_refs enable row level security;

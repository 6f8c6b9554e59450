-- Uses a feature: pays what its rate card says, in the caller's transaction.
-- Locks the account row. A replay, by key or by feature and reference, returns the recorded answer.
-- Raises invalid_argument, feature_not_found, feature_inactive, insufficient_credits, in_debt,
-- account_frozen, account_closed, account_not_found, limit_reached, idempotency_conflict.
-- For credits_service. The common case is that of deduct_credit; the rest is post_use.
create or replace function credits.use_feature(
    p_account_id text,
    p_feature text,
    p_quantity bigint default 1,
    p_modifiers jsonb default null,
    p_member text default null,
    p_reference text default null,
    p_idempotency_key text default null,
    p_metadata jsonb default null
)
returns credits.feature_use
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_key text;
    v_status text;
    v_entry_id bigint;
    v_balance bigint;
    v_open_lot_id bigint;
    v_open_lot_remaining bigint;
    v_next_event_at timestamptz;
    v_created_at timestamptz;
    v_now timestamptz;
    v_booked_at timestamptz;
    v_card credits_private.rate_cards;
    v_credits bigint;
    v_amount bigint;
begin
    -- Enough for nearly every call, as in deduct_credit.
    if (
        p_quantity between 1 and 9007199254740991
        and pg_column_size(array[p_account_id, p_member, p_reference, p_idempotency_key]) <= 255
        and ('' = any (array[p_account_id, p_member, p_reference, p_idempotency_key])) is not true
        and (p_idempotency_key like any ('{stripe:%,ref:%,pgcredits:%}')) is not true
        and p_modifiers is null
        and p_metadata is null
    ) is not true then
        perform credits_private.check_account_id(p_account_id);
        perform credits_private.check_use(p_feature, p_quantity, p_modifiers, p_member);
        perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    end if;
    v_key := coalesce(p_idempotency_key, 'ref:' || p_feature || ':' || p_reference);

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
    select c.* into v_card
    from credits_private.features f
    join credits_private.rate_cards c on c.feature = f.feature
    where f.feature = p_feature and f.is_active and c.valid_from <= v_now
    order by c.valid_from desc, c.version desc
    limit 1;
    -- A price above this is none that an account could pay.
    v_credits := least(
        credits_private.price_of(v_card, p_quantity, p_modifiers), 9007199254740992
    );

    if (
        v_status = 'active'
        and v_credits > 0
        and v_open_lot_remaining >= v_credits
        and v_next_event_at > v_now
        and (
            p_member is null
            or credits_private.admit_use(p_account_id, p_member, v_now, v_credits, v_key)
        )
    ) is not true then
        -- No account has a bad id and no price fits a quantity that cannot be: not seen so far.
        perform credits_private.check_account_id(p_account_id);
        perform credits_private.check_use(p_feature, p_quantity, p_modifiers, p_member);
        return credits_private.post_use(
            p_account_id, p_feature, p_quantity, p_modifiers, p_member, p_reference, v_key,
            p_metadata
        );
    end if;

    v_booked_at := greatest(v_now, v_created_at);
    v_amount := -v_credits;
    v_entry_id := v_entry_id + 1;
    v_balance := v_balance - v_credits;
    v_open_lot_remaining := v_open_lot_remaining - v_credits;
    insert into credits_private.ledger (
        account_id, entry_id, command_id, kind, amount, balance, debt,
        open_lot_id, open_lot_remaining, next_event_at, feature, member, reference,
        idempotency_key, request, metadata, actor, created_at, occurred_at
    )
    values (
        p_account_id, v_entry_id, v_entry_id, 'spend', v_amount, v_balance, 0,
        v_open_lot_id, v_open_lot_remaining, v_next_event_at, p_feature, p_member, p_reference,
        v_key,
        credits_private.describe_use(p_quantity, p_modifiers)
            || jsonb_build_object('rate_card', v_card.version),
        p_metadata, credits_private.actor(), v_booked_at, v_now
    )
    on conflict do nothing;

    if not found then
        return credits_private.replay_use(
            p_account_id, p_feature, p_quantity, p_modifiers, p_member, p_reference, v_key
        );
    end if;
    return row(
        p_account_id, v_entry_id, v_entry_id, 'spend', p_feature, p_quantity, v_card.version,
        v_amount, v_balance, v_balance, 0,
        jsonb_build_array(jsonb_build_array(v_open_lot_id, v_amount)), p_metadata, false,
        v_booked_at
    )::credits.feature_use;
end
$$;

comment on function credits.use_feature(text, text, bigint, jsonb, text, text, text, jsonb) is
'Uses p_quantity of a feature and pays what its rate card says now, in burn order. The entry keeps
the version of the card, the quantity and the modifiers, so that its price can be explained.

Refused like a spend, with insufficient_credits (402), in_debt (402), account_frozen (403) or
limit_reached (403). Repeatable by p_idempotency_key, or without one by p_reference: a reference
pays for a feature once, at the first price. p_metadata comes back with the recorded answer, so that
a result can be kept there. refund_spend gives the credits back.';

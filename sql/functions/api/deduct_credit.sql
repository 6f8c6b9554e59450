-- Spends credits in burn order, in the caller's transaction.
-- Locks the account row. A replay returns the recorded receipt with is_replay true.
-- Raises invalid_argument, insufficient_credits, in_debt, account_frozen, account_closed,
-- idempotency_conflict. For credits_service.
-- The common case is a row lock, an index descent and one insert; the rest is post_spend.
create or replace function credits.deduct_credit(
    p_account_id text,
    p_amount bigint default 1,
    p_feature text default null,
    p_member text default null,
    p_reference text default null,
    p_idempotency_key text default null,
    p_metadata jsonb default null
)
returns credits.receipt
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
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

comment on function credits.deduct_credit(text, bigint, text, text, text, text, jsonb) is
'Spends whole credits in burn order: lowest pool priority, then earliest expiry, then oldest lot.

Refused with insufficient_credits (402, DETAIL has required and available), in_debt (402),
account_frozen (403) or account_closed (409); then nothing has changed. Give p_idempotency_key so
that the call can be repeated: the same key and request return the recorded receipt.';

-- Corrects a balance by hand, a whole locked step: p_difference credits more or less, or as many as
-- lead to p_target. More is a new lot of p_pool; less comes out of the lots of p_pool, or of all in
-- burn order, and never below zero. Goes on while the account is frozen.
create or replace function credits_private.post_adjustment(
    p_account_id text,
    p_reason text,
    p_person text,
    p_difference bigint,
    p_target bigint,
    p_pool text,
    p_expires_at timestamptz,
    p_reference text,
    p_idempotency_key text,
    p_metadata jsonb
)
returns credits.receipt
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
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

-- Moves the deadline of a hold to p_expires_in from now, never to an earlier one; a whole locked
-- step. p_expires_in null: the setting hold_time. Refused while the
-- account is frozen or in debt.
create or replace function credits_private.post_extension(
    p_account_id text,
    p_hold_id bigint,
    p_expires_in interval,
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

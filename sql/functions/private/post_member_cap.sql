-- Sets, changes or removes (p_cap null) a cap of a member, a whole locked step. A new cap counts
-- what was used in its period before. Goes on while the account is frozen.
create or replace function credits_private.post_member_cap(
    p_account_id text,
    p_member text,
    p_period text,
    p_cap bigint,
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

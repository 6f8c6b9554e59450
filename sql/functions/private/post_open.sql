-- Opens an account, a whole locked step. Once per account: a second call with the same kind and
-- time zone is a replay, with others a conflict. A grant may have opened the account before, and
-- caps may have been set: another time zone has other days.
create or replace function credits_private.post_open(
    p_account_id text,
    p_kind text,
    p_time_zone text,
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

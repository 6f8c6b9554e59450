-- Receipt of the command that this key recorded; all null if there is none.
-- Refuses the key when the recorded request was another one, as conflict_refusal says.
create or replace function credits_private.find_replay(
    p_account_id text,
    p_idempotency_key text,
    p_asked credits_private.ledger
)
returns credits.receipt
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
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

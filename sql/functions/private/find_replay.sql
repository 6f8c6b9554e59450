-- Receipt of the command that this key recorded; all null if there is none.
-- Refuses the key when the recorded request was another one (idempotency_conflict).
-- p_asked says what is asked now: feature, member, reference and request; kind and amount unless
-- null.
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

    if (v_found.feature, v_found.member, v_found.reference, v_found.request)
        is distinct from (p_asked.feature, p_asked.member, p_asked.reference, p_asked.request)
        or v_found.kind <> p_asked.kind
        or v_found.amount <> p_asked.amount
    then
        perform credits_private.fail(
            'idempotency_conflict',
            jsonb_build_object(
                'idempotency_key', p_idempotency_key,
                'entry_id', v_found.entry_id,
                'recorded', jsonb_build_object(
                    'kind', v_found.kind, 'amount', v_found.amount, 'feature', v_found.feature,
                    'member', v_found.member, 'reference', v_found.reference,
                    'request', v_found.request
                )
            )
        );
    end if;
    return credits_private.receipt_of(p_account_id, v_found.command_id);
end
$$;

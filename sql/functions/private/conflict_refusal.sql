-- Why a key that recorded p_found cannot be used for p_asked (idempotency_conflict); null if both
-- ask the same. p_asked has feature, member, reference and request; kind and amount unless null.
-- What the request made of a subscription (after) is not told.
create or replace function credits_private.conflict_refusal(
    p_found credits_private.ledger,
    p_asked credits_private.ledger
)
returns jsonb
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if (p_found.feature, p_found.member, p_found.reference, p_found.request)
        is distinct from (p_asked.feature, p_asked.member, p_asked.reference, p_asked.request)
        or p_found.kind <> p_asked.kind
        or p_found.amount <> p_asked.amount
    then
        return credits_private.refuse(
            'idempotency_conflict',
            jsonb_build_object(
                'idempotency_key', p_found.idempotency_key,
                'entry_id', p_found.entry_id,
                'recorded', jsonb_build_object(
                    'kind', p_found.kind, 'amount', p_found.amount, 'feature', p_found.feature,
                    'member', p_found.member, 'reference', p_found.reference,
                    'request', p_found.request - 'after'
                )
            )
        );
    end if;
    return null;
end
$$;

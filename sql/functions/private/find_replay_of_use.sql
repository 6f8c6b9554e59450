-- Receipt of the use or hold that this key recorded, whatever the rate card says by now; all null
-- if there is none. p_asked.request holds what describe_use says.
create or replace function credits_private.find_replay_of_use(
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
    v_asked credits_private.ledger := p_asked;
begin
    if p_idempotency_key is not null then
        -- The price follows from what was asked, at the time of the first call.
        v_asked.amount := null;
        select p_asked.request || coalesce(
            jsonb_strip_nulls(jsonb_build_object('rate_card', l.request -> 'rate_card')), '{}'
        ) into v_asked.request
        from credits_private.ledger l
        where l.account_id = p_account_id and l.idempotency_key = p_idempotency_key;
    end if;
    return credits_private.find_replay(p_account_id, p_idempotency_key, v_asked);
end
$$;

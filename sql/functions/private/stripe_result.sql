-- What a handler made of an event, as one value.
create or replace function credits_private.stripe_result(
    p_outcome text,
    p_reason text default null,
    p_waits_for text default null,
    p_account_id text default null
)
returns credits_private.stripe_result
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_result credits_private.stripe_result;
begin
    v_result.outcome := p_outcome;
    v_result.reason := p_reason;
    v_result.waits_for := p_waits_for;
    v_result.account_id := p_account_id;
    return v_result;
end
$$;

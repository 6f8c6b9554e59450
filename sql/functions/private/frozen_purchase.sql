-- What our own server has frozen in metadata (credits_frozen=1, credits, account); nothing without
-- that marker.
create or replace function credits_private.frozen_purchase(p_metadata jsonb)
returns credits_private.stripe_purchase
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_purchase credits_private.stripe_purchase;
    v_grant credits_private.grant_order;
begin
    v_purchase.grants := '{}';
    v_purchase.account_id := nullif(p_metadata ->> 'account', '');
    if p_metadata ->> 'credits_frozen' is distinct from '1' then
        return v_purchase;
    elsif coalesce(p_metadata ->> 'credits' ~ '^[1-9][0-9]{0,14}$', false) is false then
        v_purchase.problem := 'metadata credits is not a whole number';
        v_purchase.waits_for := 'operator';
        return v_purchase;
    end if;
    v_grant.pool := 'purchased';
    v_grant.amount := (p_metadata ->> 'credits')::bigint;
    v_purchase.grants := array[v_grant];
    return v_purchase;
end
$$;

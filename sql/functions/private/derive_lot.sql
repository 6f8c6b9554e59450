-- A lot that takes over p_amount credits of another one: same pool, priority, payment, period and
-- reference, and its share of the cost, rounded down.
create or replace function credits_private.derive_lot(
    p_lot credits_private.lots,
    p_origin text,
    p_amount bigint
)
returns credits_private.lots
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_lot credits_private.lots := p_lot;
begin
    v_lot.origin := p_origin;
    v_lot.granted := p_amount;
    v_lot.cost_amount := floor(p_lot.cost_amount::numeric * p_amount / p_lot.granted);
    return v_lot;
end
$$;

-- Credits of a use by a rate card, exact and made whole once; null where the modifiers do not fit
-- the card. It may exceed what an account can hold.
create or replace function credits_private.price_of(
    p_card credits_private.rate_cards,
    p_quantity bigint,
    p_modifiers jsonb
)
returns numeric
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_price numeric := p_card.base;
    r_modifier record;
begin
    if p_modifiers is not null or p_card.modifiers <> '{}' then
        for r_modifier in
            select m.options ->> case
                    when c.chosen is null then p_card.defaults ->> m.name
                    when jsonb_typeof(c.chosen) = 'string' then c.chosen #>> '{}'
                end as factor
            from jsonb_each(p_card.modifiers) as m (name, options)
            full join jsonb_each(p_modifiers) as c (name, chosen) on c.name = m.name
        loop
            v_price := v_price * r_modifier.factor::numeric;
        end loop;
    end if;
    if p_card.charge = 'per_unit' then
        v_price := v_price * p_quantity;
    end if;
    v_price := case p_card.rounding
        when 'up' then ceil(v_price)
        when 'down' then floor(v_price)
        else round(v_price)
    end;
    -- A bound may not turn a missing price into one; without a maximum there is none.
    if v_price is not null then
        v_price := least(greatest(v_price, p_card.minimum), p_card.maximum);
    end if;
    return v_price;
end
$$;

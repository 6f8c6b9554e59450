-- How the price of a use comes about, step by step.
create or replace function credits_private.explain_price(
    p_card credits_private.rate_cards,
    p_quantity bigint,
    p_modifiers jsonb
)
returns jsonb
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_exact numeric := p_card.base;
    v_chosen jsonb := jsonb_build_array();
    r_modifier record;
begin
    for r_modifier in
        select m.name, o.name as option, m.options ->> o.name as factor
        from jsonb_each(p_card.modifiers) as m (name, options)
        cross join lateral (
            select coalesce(p_modifiers ->> m.name, p_card.defaults ->> m.name)
        ) as o (name)
        order by m.name
    loop
        v_exact := v_exact * r_modifier.factor::numeric;
        v_chosen := v_chosen || jsonb_build_object(
            'modifier', r_modifier.name, 'option', r_modifier.option,
            'factor', r_modifier.factor::numeric
        );
    end loop;
    if p_card.charge = 'per_unit' then
        v_exact := v_exact * p_quantity;
    end if;
    return jsonb_build_object(
        'base', p_card.base, 'charge', p_card.charge, 'quantity', p_quantity,
        'modifiers', v_chosen, 'exact', trim_scale(v_exact), 'rounding', p_card.rounding,
        'minimum', p_card.minimum, 'maximum', p_card.maximum,
        'credits', credits_private.price_of(p_card, p_quantity, p_modifiers)
    );
end
$$;

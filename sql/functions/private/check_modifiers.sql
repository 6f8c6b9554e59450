-- Refuses modifiers that a rate card does not have, or that it wants and are not chosen.
create or replace function credits_private.check_modifiers(
    p_card credits_private.rate_cards,
    p_modifiers jsonb
)
returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    r_modifier record;
begin
    for r_modifier in
        select coalesce(c.name, m.name) as name, m.name is not null as is_known, m.options,
            coalesce(c.chosen, p_card.defaults -> m.name) as chosen
        from jsonb_each(p_card.modifiers) as m (name, options)
        full join jsonb_each(p_modifiers) as c (name, chosen) on c.name = m.name
        order by 1
    loop
        perform credits_private.check_argument(
            'p_modifiers.' || r_modifier.name,
            r_modifier.is_known,
            coalesce(
                (
                    select 'one of the modifiers ' || string_agg(k.name, ', ' order by k.name)
                    from jsonb_object_keys(p_card.modifiers) as k (name)
                ), 'nothing: the feature has no modifiers'
            )
        );
        perform credits_private.check_argument(
            'p_modifiers.' || r_modifier.name,
            jsonb_typeof(r_modifier.chosen) = 'string'
            and r_modifier.options ? (r_modifier.chosen #>> '{}'),
            (
                select 'one of ' || string_agg(k.name, ', ' order by k.name)
                from jsonb_object_keys(r_modifier.options) as k (name)
            )
        );
    end loop;
end
$$;

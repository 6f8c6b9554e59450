-- Refuses a rate card with a figure, a modifier or a default that cannot be.
create or replace function credits_private.check_rate_card(p_card credits_private.rate_cards)
returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    r_option record;
begin
    perform credits_private.check_argument(
        'p_base', p_card.base between 0 and 9007199254740991 and scale(p_card.base) <= 9,
        'number from 0 to 9007199254740991 with at most 9 decimals'
    );
    perform credits_private.check_argument(
        'p_charge', p_card.charge in ('per_use', 'per_unit'), 'per_use or per_unit'
    );
    perform credits_private.check_argument(
        'p_minimum', p_card.minimum between 0 and 9007199254740991,
        'null or whole number from 0 to 9007199254740991'
    );
    perform credits_private.check_argument(
        'p_maximum',
        p_card.maximum is null or p_card.maximum between p_card.minimum and 9007199254740991,
        'null or whole number from p_minimum to 9007199254740991'
    );
    perform credits_private.check_argument(
        'p_rounding', p_card.rounding in ('up', 'down', 'nearest'), 'up, down or nearest'
    );
    perform credits_private.check_argument(
        'p_modifiers',
        jsonb_typeof(p_card.modifiers) = 'object' and octet_length(p_card.modifiers::text) <= 16384,
        'null or a JSON object of at most 16384 bytes'
    );
    perform credits_private.check_argument(
        'p_modifiers', (select count(*) from jsonb_object_keys(p_card.modifiers)) <= 16,
        'at most 16 modifiers'
    );
    perform credits_private.check_argument(
        'p_modifiers.' || m.name,
        length(m.name) between 1 and 63 and jsonb_typeof(m.options) = 'object'
        and m.options <> '{}',
        'object of the options of one modifier and their factors'
    )
    from jsonb_each(p_card.modifiers) as m (name, options)
    order by m.name;
    for r_option in
        select m.name, o.name as option, o.factor
        from jsonb_each(p_card.modifiers) as m (name, options)
        cross join lateral jsonb_each(m.options) as o (name, factor)
        order by m.name, o.name
    loop
        perform credits_private.check_argument(
            concat_ws('.', 'p_modifiers', r_option.name, r_option.option),
            length(r_option.option) between 1 and 63
            and jsonb_typeof(r_option.factor) = 'number'
            and case
                when jsonb_typeof(r_option.factor) = 'number' then
                    r_option.factor::numeric between 0 and 1000000
                    and scale(r_option.factor::numeric) <= 9
            end,
            'option of 1 to 63 characters, with a factor from 0 to 1000000 with at most 9 decimals'
        );
    end loop;
    perform credits_private.check_argument(
        'p_defaults', jsonb_typeof(p_card.defaults) = 'object', 'null or a JSON object'
    );
    perform credits_private.check_argument(
        'p_defaults.' || d.name,
        jsonb_typeof(d.option) = 'string'
        and p_card.modifiers -> d.name ? (d.option #>> '{}'),
        'an option of a modifier of p_modifiers'
    )
    from jsonb_each(p_card.defaults) as d (name, option)
    order by d.name;
end
$$;

-- A feature with the rate card that counts at an instant, as the API shows it.
create or replace function credits_private.feature_row(
    p_feature credits_private.features,
    p_at timestamptz
)
returns credits.feature
language sql
stable
parallel safe
security invoker
as $$
    select row(
        (p_feature).feature, (p_feature).description, (p_feature).unit, (p_feature).is_active,
        c.version, c.base, c.charge, c.modifiers, c.defaults, c.minimum, c.maximum, c.rounding,
        c.valid_from
    )::credits.feature
    from (values (p_at)) as n (at)
    left join lateral (
        select k.*
        from credits_private.rate_cards k
        where k.feature = (p_feature).feature and k.valid_from <= n.at
        order by k.valid_from desc, k.version desc
        limit 1
    ) as c on true
$$;

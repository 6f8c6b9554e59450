-- The rate card of an active feature that counts at an instant; all null if there is none.
create or replace function credits_private.rate_card_at(
    p_feature text,
    p_at timestamptz
)
returns credits_private.rate_cards
language sql
stable
parallel safe
security invoker
as $$
    select c.*
    from credits_private.features f
    join credits_private.rate_cards c on c.feature = f.feature
    where f.feature = p_feature and f.is_active and c.valid_from <= p_at
    order by c.valid_from desc, c.version desc
    limit 1
$$;

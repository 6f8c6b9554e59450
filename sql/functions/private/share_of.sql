-- Credits that ought to go back when p_returned of p_paid money went back: all of them when all
-- of it did, else the share rounded down. Nothing for nothing, even for a free payment; null when
-- it is not known what went back.
create or replace function credits_private.share_of(
    p_granted bigint,
    p_paid bigint,
    p_returned bigint
)
returns bigint
language sql
immutable
parallel safe
security invoker
as $$
    select case
        when p_returned <= 0 then 0
        when p_returned >= p_paid then p_granted
        else pg_catalog.floor(p_granted::numeric * p_returned / p_paid)::bigint
    end
$$;

-- Most units that cost at most so many credits by a rate card, 2^53-1 where any number would do and
-- 0 where not even one. More units never cost less.
create or replace function credits_private.largest_quantity(
    p_card credits_private.rate_cards,
    p_modifiers jsonb,
    p_credits bigint
)
returns bigint
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_fits bigint := 0;
    v_exceeds bigint := 9007199254740992;
    v_middle bigint;
begin
    while v_exceeds - v_fits > 1 loop
        v_middle := v_fits + (v_exceeds - v_fits) / 2;
        if credits_private.price_of(p_card, v_middle, p_modifiers) <= p_credits then
            v_fits := v_middle;
        else
            v_exceeds := v_middle;
        end if;
    end loop;
    return v_fits;
end
$$;

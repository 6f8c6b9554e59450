-- Credits of one unit that nothing was paid for, by the policy 0, a number or full.
create or replace function credits_private.free_credits(p_policy text, p_credits bigint)
returns bigint
language sql
immutable
parallel safe
security invoker
as $$
    select case p_policy when 'full' then p_credits else p_policy::bigint end
$$;

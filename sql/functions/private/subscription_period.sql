-- Start or end of the current period of a subscription, in any API version: the earliest start and
-- the latest end of its items, else its own.
create or replace function credits_private.subscription_period(p_subscription jsonb, p_bound text)
returns timestamptz
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select to_timestamp(coalesce(
        (
            select case p_bound
                when 'start' then min((i.item ->> 'current_period_start')::bigint)
                else max((i.item ->> 'current_period_end')::bigint)
            end
            from jsonb_array_elements(
                case jsonb_typeof(p_subscription #> '{items,data}')
                    when 'array' then p_subscription #> '{items,data}'
                    else '[]'
                end
            ) as i (item)
        ),
        (p_subscription ->> ('current_period_' || p_bound))::bigint
    ))
$$;

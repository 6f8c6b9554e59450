-- Reads p_grants of record_payment. Refuses what is not legal with the path of the value.
create or replace function credits_private.parse_grants(p_grants jsonb)
returns credits_private.grant_order[]
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_orders credits_private.grant_order[] := array[]::credits_private.grant_order[];
    v_order credits_private.grant_order;
    v_path text;
    r_grant record;
begin
    perform credits_private.check_argument(
        'p_grants',
        case
            when jsonb_typeof(p_grants) = 'array'
                then jsonb_array_length(p_grants) between 1 and 100
        end,
        'array of 1 to 100 objects'
    );
    for r_grant in
        select x.value, x.position - 1 as index
        from jsonb_array_elements(p_grants) with ordinality as x (value, position)
        order by x.position
    loop
        v_path := 'p_grants[' || r_grant.index || ']';
        v_order := credits_private.parse_grant(v_path, r_grant.value);
        perform credits_private.check_argument(
            v_path,
            v_order.item is null or not exists (
                select
                from unnest(v_orders) as o
                where (o.subscription, o.item, o.period_start)
                    = (v_order.subscription, v_order.item, v_order.period_start)
            ),
            'an item of a subscription once for a period'
        );
        perform credits_private.check_argument(
            v_path,
            not exists (
                select
                from unnest(v_orders) as o
                where (o.subscription, o.item) = (v_order.subscription, v_order.item)
                    and (o.grant_months is not null or v_order.grant_months is not null)
            ),
            'an item of a subscription once, when its credits come in several grants'
        );
        v_orders := v_orders || v_order;
    end loop;
    return v_orders;
end
$$;

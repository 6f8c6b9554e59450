-- Reads p_operations of deduct_credits_batch. Refuses what is not legal with the path of the value,
-- and a key that stands twice for one account with both places.
create or replace function credits_private.parse_operations(p_operations jsonb)
returns credits_private.spend_order[]
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_orders credits_private.spend_order[];
    v_first integer;
    v_again integer;
    r_all record;
    r_operation record;
begin
    perform credits_private.check_argument(
        'p_operations',
        case
            when jsonb_typeof(p_operations) = 'array'
                then jsonb_array_length(p_operations) between 1 and 1000
        end,
        'array of 1 to 1000 objects'
    );

    -- Nearly all are legal as they stand; else each is read by itself, and that names what is not.
    select
        array_agg(
            row(
                x.position - 1,
                x.value ->> 'account_id',
                case
                    when not x.value ? 'amount' then 1
                    when x.value ->> 'amount' ~ '^[1-9][0-9]{0,14}$'
                        then (x.value ->> 'amount')::bigint
                end,
                x.value ->> 'feature',
                x.value ->> 'member',
                x.value ->> 'reference',
                x.value ->> 'idempotency_key',
                x.value -> 'metadata'
            )::credits_private.spend_order
            order by x.position
        ) as orders,
        bool_and(credits_private.is_plain_operation(x.value) is true) as are_plain
    into r_all
    from jsonb_array_elements(p_operations) with ordinality as x (value, position);
    v_orders := r_all.orders;
    if not r_all.are_plain then
        v_orders := '{}';
        for r_operation in
            select x.value
            from jsonb_array_elements(p_operations) with ordinality as x (value, position)
            order by x.position
        loop
            v_orders := v_orders || credits_private.parse_operation(
                cardinality(v_orders), r_operation.value
            );
        end loop;
    end if;

    if exists (
        select
        from unnest(v_orders) as o
        group by o.account_id, o.idempotency_key
        having count(*) > 1
    ) then
        select o.index, min(e.index) into v_again, v_first
        from unnest(v_orders) as o
        join unnest(v_orders) as e
            on (e.account_id, e.idempotency_key) = (o.account_id, o.idempotency_key)
            and e.index < o.index
        group by o.index
        order by o.index
        limit 1;
        perform credits_private.check_argument(
            'p_operations[' || v_again || '].idempotency_key',
            false,
            'a key that the account has not in p_operations[' || v_first || '] already'
        );
    end if;
    return v_orders;
end
$$;

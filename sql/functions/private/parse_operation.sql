-- Reads one object of p_operations. Refuses unknown names and illegal values with their path.
create or replace function credits_private.parse_operation(p_index integer, p_operation jsonb)
returns credits_private.spend_order
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_order credits_private.spend_order;
    v_path text := 'p_operations[' || p_index || ']';
    v_unknown text;
begin
    v_order.index := p_index;
    perform credits_private.check_argument(v_path, jsonb_typeof(p_operation) = 'object', 'object');
    select k.name into v_unknown
    from jsonb_object_keys(p_operation) as k (name)
    where k.name not in (
        'account_id', 'amount', 'feature', 'member', 'reference', 'idempotency_key', 'metadata'
    )
    limit 1;
    perform credits_private.check_argument(
        v_path || '.' || v_unknown, v_unknown is null,
        'account_id, amount, feature, member, reference, idempotency_key, metadata'
    );
    v_order.account_id := credits_private.parse_text(
        v_path || '.account_id', p_operation -> 'account_id', 255
    );
    perform credits_private.check_argument(
        v_path || '.account_id', v_order.account_id is not null, 'string of 1 to 255 characters'
    );
    v_order.amount := 1;
    if p_operation ? 'amount' then
        perform credits_private.check_argument(
            v_path || '.amount',
            case
                when p_operation ->> 'amount' ~ '^[0-9]{1,16}$'
                    then (p_operation ->> 'amount')::bigint between 1 and 9007199254740991
            end,
            'whole number from 1 to 9007199254740991'
        );
        v_order.amount := (p_operation ->> 'amount')::bigint;
    end if;
    v_order.feature := credits_private.parse_text(
        v_path || '.feature', p_operation -> 'feature', 255
    );
    v_order.member := credits_private.parse_text(
        v_path || '.member', p_operation -> 'member', 255
    );
    v_order.reference := credits_private.parse_text(
        v_path || '.reference', p_operation -> 'reference', 255
    );
    v_order.idempotency_key := credits_private.parse_text(
        v_path || '.idempotency_key', p_operation -> 'idempotency_key', 255
    );
    perform credits_private.check_argument(
        v_path || '.idempotency_key',
        v_order.idempotency_key is not null,
        'string of 1 to 255 characters'
    );
    perform credits_private.check_key(v_path || '.idempotency_key', v_order.idempotency_key);
    v_order.metadata := nullif(p_operation -> 'metadata', 'null');
    perform credits_private.check_metadata(v_path || '.metadata', v_order.metadata);
    return v_order;
end
$$;

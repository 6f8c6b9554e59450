-- A customer: the account in its metadata. The newest event counts; deleted is final, and what the
-- customer paid before still finds its account.
create or replace function credits_private.apply_customer(
    p_event credits_private.stripe_events,
    p_customer jsonb
)
returns credits_private.stripe_result
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_id text := credits_private.stripe_id(p_customer -> 'id');
    v_account_id text := nullif(p_customer #>> '{metadata,account}', '');
    v_is_deleted boolean := p_event.event_type = 'customer.deleted';
    v_point text := credits_private.stripe_wait_name(
        p_event, credits_private.stripe_id(p_customer -> 'id'), 'customer'
    );
begin
    if v_id is null or (length(v_account_id) > 255) then
        return credits_private.stripe_result(
            'parked', 'the customer lacks its id, or its account has more than 255 characters',
            'operator'
        );
    end if;
    perform credits_private.lock_stripe_objects(p_event, '{}', array[v_point]);
    insert into credits_private.stripe_customers as c (
        provider_account, livemode, customer, named_account_id, named_at, is_deleted
    )
    values (
        p_event.provider_account, p_event.livemode, v_id,
        case when not v_is_deleted then v_account_id end,
        case when not v_is_deleted then p_event.created_at end,
        v_is_deleted
    )
    on conflict (customer, livemode, provider_account) do update
    set named_account_id = case
            when v_is_deleted then c.named_account_id
            when (excluded.named_at, coalesce(excluded.named_account_id, '') collate "C") > (
                coalesce(c.named_at, '-infinity'), coalesce(c.named_account_id, '') collate "C"
            ) then excluded.named_account_id
            else c.named_account_id
        end,
        named_at = greatest(c.named_at, excluded.named_at),
        is_deleted = c.is_deleted or excluded.is_deleted;
    perform credits_private.wake_stripe_events(array[v_point]);
    return credits_private.stripe_result('applied', p_account_id => v_account_id);
end
$$;

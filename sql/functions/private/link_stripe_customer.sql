-- Ties the customer of an object to the account that the object names, and tries the events again
-- that waited for that.
create or replace function credits_private.link_stripe_customer(
    p_event credits_private.stripe_events,
    p_object jsonb,
    p_account_id text
)
returns credits_private.stripe_result
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_customer text := credits_private.stripe_id(p_object -> 'customer');
    v_point text := credits_private.stripe_wait_name(
        p_event, credits_private.stripe_id(p_object -> 'customer'), 'customer'
    );
begin
    if v_customer is null or (length(p_account_id) between 1 and 255) is not true then
        return credits_private.stripe_result(
            'applied', 'credits of a subscription come with its invoices'
        );
    end if;
    perform credits_private.lock_stripe_objects(p_event, '{}', array[v_point]);
    perform credits_private.see_customer(p_event, v_customer, p_account_id);
    perform credits_private.wake_stripe_events(array[v_point]);
    return credits_private.stripe_result(
        'applied', 'credits of a subscription come with its invoices', p_account_id => p_account_id
    );
end
$$;

-- Says which account a customer of Stripe stands for, before whatever events say, and applies the
-- events that were waiting for that. Locks the customer, then what those events are about.
-- Linking it again does no harm; null takes the link back. Raises invalid_argument.
-- For credits_service and credits_admin.
create or replace function credits.link_customer(
    p_account_id text,
    p_customer text,
    p_livemode boolean default true,
    p_provider_account text default ''
)
returns credits.stripe_customer
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_scope credits_private.stripe_events;
    v_point text;
    v_row credits_private.stripe_customers;
    v_customer credits.stripe_customer;
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_customer', length(p_customer) between 1 and 255, 'id of a customer, 1 to 255 characters'
    );
    perform credits_private.check_argument(
        'p_provider_account', length(coalesce(p_provider_account, '')) <= 255,
        'a connected account, or empty for your own'
    );
    v_scope.provider_account := coalesce(p_provider_account, '');
    v_scope.livemode := coalesce(p_livemode, true);
    v_point := credits_private.stripe_wait_name(v_scope, p_customer, 'customer');
    perform credits_private.lock_stripe_objects(v_scope, '{}', array[v_point]);
    insert into credits_private.stripe_customers as c (
        provider_account, livemode, customer, linked_account_id
    )
    values (v_scope.provider_account, v_scope.livemode, p_customer, p_account_id)
    on conflict (customer, livemode, provider_account) do update
    set linked_account_id = excluded.linked_account_id
    returning c.* into v_row;
    perform credits_private.wake_stripe_events(array[v_point]);
    v_customer.customer := p_customer;
    v_customer.account_id := p_account_id;
    v_customer.is_deleted := v_row.is_deleted;
    return v_customer;
end
$$;

comment on function credits.link_customer(text, text, boolean, text) is
'Says which account a customer of Stripe stands for. What the customer has paid and nobody could be
credited with is granted now, and what comes goes to that account.

It goes before the metadata of the customer and before what purchases name. What was granted
before stays where it is.';

-- The customer of an account that lives at Stripe, and a subscription of the account that runs.
-- Locks nothing. Raises invalid_argument. For credits_service, credits_admin, credits_webhook and
-- credits_reader.
create or replace function credits.get_stripe_buyer(
    p_account_id text,
    p_livemode boolean default true,
    p_provider_account text default ''
)
returns credits.stripe_buyer
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_buyer credits.stripe_buyer;
begin
    perform credits_private.check_account_id(p_account_id);
    v_buyer.account_id := p_account_id;
    select min(c.customer) filter (where not c.is_deleted),
        count(*) filter (where c.is_deleted)
    into v_buyer.customer, v_buyer.deleted_customers
    from credits_private.stripe_customers c
    where (
            c.linked_account_id = p_account_id
            or c.named_account_id = p_account_id
            or c.seen_account_id = p_account_id
        )
        and coalesce(c.linked_account_id, c.named_account_id, c.seen_account_id) = p_account_id
        and c.livemode = coalesce(p_livemode, true)
        and c.provider_account = coalesce(p_provider_account, '');
    select min(s.subscription) into v_buyer.subscription
    from credits_private.stripe_subscriptions s
    where (
            s.named_account_id = p_account_id
            or s.named_account_id is null and s.customer = v_buyer.customer
        )
        and s.livemode = coalesce(p_livemode, true)
        and s.provider_account = coalesce(p_provider_account, '')
        and s.status in ('active', 'trialing', 'past_due', 'unpaid', 'paused');
    return v_buyer;
end
$$;

comment on function credits.get_stripe_buyer(text, boolean, text) is
'The customer of Stripe that stands for an account, and its subscription that runs; null where
there is none.

deleted_customers counts the customers of the account that were deleted at Stripe. A subscription
runs while it is active, trialing, past_due, unpaid or paused.';

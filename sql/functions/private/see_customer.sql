-- Notes the account that an object of a customer names; the newest one counts. The caller holds the
-- meeting point of the customer.
create or replace function credits_private.see_customer(
    p_event credits_private.stripe_events,
    p_customer text,
    p_account_id text
)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into credits_private.stripe_customers as c (
        provider_account, livemode, customer, seen_account_id, seen_at
    )
    values (
        p_event.provider_account, p_event.livemode, p_customer, p_account_id, p_event.created_at
    )
    on conflict (customer, livemode, provider_account) do update
    set seen_account_id = case
            when (excluded.seen_at, excluded.seen_account_id collate "C")
                > (coalesce(c.seen_at, '-infinity'), coalesce(c.seen_account_id, '') collate "C")
                then excluded.seen_account_id
            else c.seen_account_id
        end,
        seen_at = greatest(c.seen_at, excluded.seen_at);
end
$$;

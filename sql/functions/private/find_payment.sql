-- The account's payment that is known under this id; payment_not_found if there is none.
-- Where p_name leaves livemode or provider_account null, a live payment of one's own comes first.
create or replace function credits_private.find_payment(
    p_account_id text,
    p_name credits_private.payment_order
)
returns credits_private.payments
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_payment_id bigint;
    v_payment credits_private.payments;
begin
    select r.payment_id into v_payment_id
    from credits_private.payment_refs r
    where r.object_id = p_name.object_id
        and r.provider = p_name.provider
        and r.livemode = coalesce(p_name.livemode, r.livemode)
        and r.provider_account = coalesce(p_name.provider_account, r.provider_account)
        and r.account_id = p_account_id
    order by r.livemode desc, r.provider_account
    limit 1;
    if not found then
        perform credits_private.fail(
            'payment_not_found',
            jsonb_build_object(
                'account_id', p_account_id,
                'provider', p_name.provider, 'payment', p_name.object_id
            )
        );
    end if;
    select p.* into v_payment
    from credits_private.payments p
    where p.account_id = p_account_id and p.payment_id = v_payment_id;
    return v_payment;
end
$$;

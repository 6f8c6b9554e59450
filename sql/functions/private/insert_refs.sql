-- Notes every id of a payment, in one order for all callers. Refused (idempotency_conflict) when
-- one of them belongs to another payment, which may have been recorded at this very moment.
create or replace function credits_private.insert_refs(
    p_account_id text,
    p_payment_id bigint,
    p_payment credits_private.payment_order
)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_ref credits_private.payment_refs;
    v_object_id text;
begin
    for v_object_id in
        select distinct x.object_id
        from unnest(p_payment.object_id || p_payment.other_ids) as x (object_id)
        where x.object_id is not null
        order by x.object_id
    loop
        insert into credits_private.payment_refs (
            object_id, provider, kind, livemode, provider_account, account_id, payment_id
        )
        values (
            v_object_id, p_payment.provider, credits_private.ref_kind(
                p_payment.provider, v_object_id
            ),
            p_payment.livemode, p_payment.provider_account, p_account_id, p_payment_id
        )
        on conflict do nothing;

        select r.* into v_ref
        from credits_private.payment_refs r
        where r.object_id = v_object_id
            and r.provider = p_payment.provider
            and r.livemode = p_payment.livemode
            and r.provider_account = p_payment.provider_account;
        if (v_ref.account_id, v_ref.payment_id) is distinct from (p_account_id, p_payment_id) then
            perform credits_private.fail(
                'idempotency_conflict',
                jsonb_build_object('payment', v_object_id),
                'This payment has granted its credits already, to another account or with other '
                'figures.'
            );
        end if;
    end loop;
end
$$;

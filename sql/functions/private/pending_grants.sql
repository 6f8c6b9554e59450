-- The grants that are not booked yet: an item of a subscription is granted once per period.
-- Refuses an item that was granted for the same period with another amount (idempotency_conflict).
create or replace function credits_private.pending_grants(
    p_account_id text,
    p_grants credits_private.grant_order[]
)
returns credits_private.grant_order[]
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_grant credits_private.grant_order;
    v_granted bigint;
    v_pending credits_private.grant_order[] := array[]::credits_private.grant_order[];
begin
    foreach v_grant in array p_grants loop
        select l.granted into v_granted
        from credits_private.lots l
        where l.account_id = p_account_id
            and l.subscription = v_grant.subscription
            and l.item = v_grant.item
            and l.period_start = v_grant.period_start
            and l.origin = 'grant';
        if not found then
            v_pending := v_pending || v_grant;
        elsif v_granted <> v_grant.amount then
            perform credits_private.fail(
                'idempotency_conflict',
                jsonb_build_object(
                    'subscription', v_grant.subscription, 'item', v_grant.item,
                    'period_start', v_grant.period_start, 'recorded', v_granted, 'asked',
                    v_grant.amount
                )
            );
        end if;
    end loop;
    return v_pending;
end
$$;

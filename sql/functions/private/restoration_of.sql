-- The lot that gives credits of a payment back which other lots have paid for meanwhile: like the
-- payment's last lot in burn order, good for refund_grace from p_at at least.
create or replace function credits_private.restoration_of(
    p_account_id text,
    p_payment_id bigint,
    p_amount bigint,
    p_at timestamptz
)
returns credits_private.lots
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_lot credits_private.lots;
begin
    select l.* into v_lot
    from credits_private.lots l
    where l.account_id = p_account_id
        and l.payment_id = p_payment_id
        and l.origin not in ('rollover', 'restoration')
    order by l.priority desc, l.expires_at desc, l.lot_id desc
    limit 1;
    v_lot.expires_at := greatest(
        v_lot.expires_at, p_at + credits_private.setting_interval('refund_grace')
    );
    return credits_private.derive_lot(v_lot, 'restoration', p_amount);
end
$$;

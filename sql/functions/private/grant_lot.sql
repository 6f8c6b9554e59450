-- Books one grant, of a schedule the first. A lot with a period ends renewal_grace after it,
-- earlier when its subscription is canceled. The first item of a new period renews its
-- subscription: periods that are over end now and roll over. A period older than the newest one
-- only grants, and ends with the period.
create or replace function credits_private.grant_lot(
    p_state credits_private.account_state,
    p_grant credits_private.grant_order,
    p_payment credits_private.payments,
    p_late boolean,
    p_entry credits_private.ledger
)
returns credits_private.account_state
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state credits_private.account_state;
    v_lot credits_private.lots;
    v_grant credits_private.grant_order := p_grant;
    v_item credits_private.subscription_items;
    v_latest timestamptz;
    v_grants bigint := 1;
begin
    select p.priority into v_lot.priority from credits_private.pools p where p.pool = p_grant.pool;
    if p_grant.item is not null then
        select max(l.period_start) into v_latest
        from credits_private.lots l
        where l.account_id = p_state.account_id
            and l.subscription = p_grant.subscription
            and l.item is not null
            and l.origin = 'grant';
        v_item := credits_private.item_of(p_state.account_id, p_grant, p_payment);
        v_grants := 1 + credits_private.grants_to_come(v_item);
        v_grant.period_end := credits_private.grant_instant(v_item, 1);
    end if;
    v_lot.pool := p_grant.pool;
    v_lot.granted := p_grant.amount;
    v_lot.expires_at := case
        when p_grant.expires_at is not null then p_grant.expires_at
        when p_grant.period_end is null then 'infinity'
        when v_latest > p_grant.period_start then v_grant.period_end
        else v_grant.period_end + credits_private.setting_interval('renewal_grace')
    end;
    if p_grant.period_start is not null then
        v_lot.expires_at := least(
            v_lot.expires_at,
            credits_private.canceled_until(
                p_state.account_id, p_grant.subscription,
                -- Without an item it is for a part of a period that is known.
                case when p_grant.item is not null then p_grant.period_start end,
                p_grant.period_end
            )
        );
    end if;
    if not p_late and v_lot.expires_at <= p_state.now then
        perform credits_private.check_argument(
            case when p_grant.period_end is null then 'p_expires_at' else 'p_period_end' end,
            false, 'an instant in the future'
        );
    end if;
    v_lot.origin := 'grant';
    v_lot.subscription := p_grant.subscription;
    v_lot.item := p_grant.item;
    v_lot.plan := coalesce(v_item.plan, p_grant.plan);
    v_lot.period_start := p_grant.period_start;
    v_lot.period_end := v_grant.period_end;
    v_lot.payment_id := p_payment.payment_id;
    v_lot.cost_amount := coalesce(
        p_grant.cost / v_grants,
        floor(p_payment.amount_paid::numeric * p_grant.amount / p_payment.granted)
    );
    v_lot.cost_currency := p_payment.currency;
    v_lot.reference := p_entry.reference;
    v_state := credits_private.book_lot(p_state, v_lot, p_entry);

    if p_grant.item is not null then
        if coalesce(v_latest < p_grant.period_start, true) then
            v_state := credits_private.roll_over(v_state, v_grant, v_lot.expires_at);
        end if;
        v_state := credits_private.keep_period(v_state, v_item);
    end if;
    return v_state;
end
$$;

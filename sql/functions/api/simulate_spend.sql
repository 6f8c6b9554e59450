-- What deduct_credit would do at this instant, without doing it and without a lock: which lots it
-- would take from, why it would refuse, what is short, and what would expire unused afterwards.
-- Scheduled grants are not foreseen: what they bring follows from what carries over, from payments
-- and from debt, and is worked out where they are booked. grants_due says that there are some.
-- Locks nothing. An unknown account has nothing. Raises invalid_argument.
-- For credits_service, credits_admin and credits_reader.
create or replace function credits.simulate_spend(p_account_id text, p_amount bigint default 1)
returns credits.simulation
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_spend credits.simulation;
    v_outlook credits_private.outlook;
    v_status text;
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_amount('p_amount', p_amount);
    v_spend.account_id := p_account_id;
    v_spend.amount := p_amount;
    v_spend.as_of := credits_private.clock();
    v_outlook := credits_private.outlook_of(p_account_id, v_spend.as_of);

    with live as (
        select l.lot_id, l.pool, l.priority, l.expires_at, l.remaining,
            sum(l.remaining) over (order by l.priority, l.expires_at, l.lot_id) as up_to
        from unnest(v_outlook.lots) as l
        where l.remaining > 0 and l.expires_at > v_spend.as_of
    ),
    taken as (
        select v.lot_id, v.pool, v.expires_at, v.up_to, v.remaining - t.credits as kept, t.credits
        from live v
        cross join lateral (
            select case
                when v_outlook.debt > 0 then 0
                else greatest(least(v.remaining, p_amount - v.up_to + v.remaining), 0)
            end::bigint
        ) as t (credits)
    ),
    by_expiry as (
        -- Until this expiry: what is lost, and what was taken that would have lasted longer.
        select t.expires_at,
            sum(t.kept) over (order by t.expires_at) as lost,
            sum(t.credits) over () - sum(t.credits) over (order by t.expires_at) as taken_later
        from taken t
    ),
    named as (
        select t.*, case when t.lot_id <= 9007199254740991 then t.lot_id end as shown_id
        from taken t
    )
    select (select coalesce(sum(t.kept + t.credits), 0)::bigint from taken t),
        (
            select coalesce(jsonb_agg(
                jsonb_build_array(n.shown_id, -n.credits) order by n.up_to
            ) filter (where n.credits > 0), '[]')
            from named n
        ),
        (select coalesce(sum(t.kept), 0)::bigint from taken t where isfinite(t.expires_at)),
        (
            select coalesce(max(least(e.lost, e.taken_later)), 0)::bigint
            from by_expiry e
            where isfinite(e.expires_at)
        ),
        (
            select coalesce(jsonb_agg(
                jsonb_build_object(
                    'lot_id', n.shown_id, 'pool', n.pool, 'expires_at', n.expires_at,
                    'amount', n.kept
                )
                order by n.expires_at, n.up_to
            ) filter (where n.kept > 0 and isfinite(n.expires_at)), '[]')
            from named n
        )
    into v_spend.available, v_spend.allocations, v_spend.unused, v_spend.avoidable,
        v_spend.expiring;

    if v_outlook.debt > 0 then
        v_spend.available := 0;
    end if;
    v_spend.short := greatest(p_amount - v_spend.available, 0);
    select a.status into v_status from credits_private.accounts a where a.account_id = p_account_id;
    v_spend.refusal := case
        when v_status = 'frozen' then 'account_frozen'
        when v_status = 'closed' then 'account_closed'
        when v_outlook.debt > 0 then 'in_debt'
        when v_spend.short > 0 then 'insufficient_credits'
    end;
    v_spend.grants_due := v_status in ('active', 'frozen') and exists (
        select
        from credits_private.subscription_items i
        where i.account_id = p_account_id and i.next_grant_at <= v_spend.as_of
    );
    v_spend.grants_due := coalesce(v_spend.grants_due, false);
    return v_spend;
end
$$;

comment on function credits.simulate_spend(text, bigint) is
'What deduct_credit would do with p_amount right now: allocations are the lots that it would take
from, in order; refusal is the code that it would be refused with (null: none), short what is
missing. If it would be refused, the lots are those it would take from if it could.

expiring lists what would expire unused if nothing else were spent afterwards, soonest first, and
unused is the sum. avoidable is how many of these credits are lost too early because the spend takes
from lots that last longer: a better priority outranks an earlier expiry.

Caps are not looked at. Scheduled grants (p_grant_every) that are due and not booked are not
foreseen, as in get_balance: grants_due is true then, and a spend would book them first and may find
more. Run grant_due, and ask again.';

-- What a paid invoice grants and to whom. Of a subscription's invoice: each line whose price is
-- worth credits. Of any other: what its own metadata has frozen, since such an invoice may stand
-- beside a checkout that grants the same. Never half of it: one line that cannot be told is the
-- problem of all.
create or replace function credits_private.invoice_purchase(
    p_event credits_private.stripe_events,
    p_invoice jsonb
)
returns credits_private.stripe_purchase
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_purchase credits_private.stripe_purchase;
    v_terms credits_private.stripe_terms;
    v_grant credits_private.grant_order;
    v_paid_at timestamptz := coalesce(
        to_timestamp((p_invoice #>> '{status_transitions,paid_at}')::bigint), p_event.created_at
    );
    v_credits bigint;
    v_lines jsonb;
    r_line credits_private.stripe_line;
begin
    v_purchase.grants := '{}';
    if credits_private.invoice_subscription(p_invoice, p_invoice #> '{lines,data,0}') is null then
        return credits_private.frozen_purchase(p_invoice -> 'metadata');
    end if;
    v_lines := credits_private.find_line_items(
        p_event, p_invoice ->> 'id',
        -- The oldest versions do not say whether there are more.
        jsonb_build_object('has_more', false) || (p_invoice -> 'lines'),
        p_wait => true
    );
    if v_lines is null then
        v_purchase.problem := 'the event does not show all lines of the invoice';
        v_purchase.waits_for := credits_private.stripe_wait_name(
            p_event, p_invoice ->> 'id', 'lines'
        );
        return v_purchase;
    end if;

    for r_line in select l.* from credits_private.invoice_lines(p_invoice, v_lines) as l loop
        v_purchase.account_id := coalesce(v_purchase.account_id, r_line.account_id);
        continue when r_line.price is null and not r_line.is_period;
        if (
            length(r_line.price) between 1 and 255
            and (
                not r_line.is_period
                or length(r_line.subscription) between 1 and 127
                and length(concat_ws(':', r_line.item, r_line.price)) between 1 and 127
                and r_line.period_start < r_line.period_end
            )
        ) is not true then
            v_purchase.problem := 'a line of the invoice lacks its price, subscription or period';
            v_purchase.waits_for := 'operator';
            return v_purchase;
        end if;
        v_terms := credits_private.find_stripe_terms(p_event, r_line.price, v_paid_at);
        if v_terms.problem is not null then
            v_purchase.problem := v_terms.problem;
            v_purchase.waits_for := v_terms.waits_for;
            return v_purchase;
        end if;
        continue when v_terms.credits is null;
        v_credits := credits_private.invoice_line_credits(
            v_terms, r_line, credits_private.setting('free_purchases') = 'grant'
        );
        if v_credits is null then
            v_purchase.problem := 'price ' || r_line.price
                || ' has no unit amount, so a share of it cannot be told: set its credits';
            v_purchase.waits_for := 'price:' || r_line.price;
            return v_purchase;
        end if;
        continue when v_credits = 0;

        v_grant := null;
        v_grant.amount := v_credits;
        v_grant.cost := r_line.amount;
        if coalesce(v_terms.expires, 'period') = 'period'
            and (r_line.is_period or r_line.is_proration)
            and r_line.period_start < r_line.period_end
        then
            v_grant.pool := 'subscription';
            v_grant.subscription := r_line.subscription;
            v_grant.period_start := r_line.period_start;
            v_grant.period_end := r_line.period_end;
            if not r_line.is_proration then
                v_grant.item := concat_ws(':', r_line.item, r_line.price);
                v_grant.rollover_cap := v_terms.rollover_cap;
            end if;
        else
            v_grant.pool := 'purchased';
            v_grant.expires_at := credits_private.pack_expiry(v_terms.expires, v_paid_at);
        end if;
        v_purchase.grants := v_purchase.grants || v_grant;
    end loop;
    return v_purchase;
end
$$;

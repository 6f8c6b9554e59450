-- An item after a change that takes effect now. More credits are a further part of its later
-- grants, less is cut off the parts that were added last.
create or replace function credits_private.change_item(
    p_item credits_private.subscription_items,
    p_amount bigint,
    p_plan text,
    p_payment credits_private.payments
)
returns credits_private.subscription_items
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_item credits_private.subscription_items := p_item;
    v_more bigint := p_amount - p_item.amount;
begin
    v_item.amount := p_amount;
    v_item.plan := coalesce(p_plan, p_item.plan);
    v_item.next_amount := null;
    v_item.next_plan := null;
    if p_item.grant_months is null then
        return v_item;
    end if;
    if v_more > 0 then
        v_item.parts := p_item.parts || jsonb_build_array(jsonb_build_array(
            p_payment.payment_id, v_more,
            floor(p_payment.amount_paid::numeric * v_more / p_payment.granted)
        ));
    elsif v_more < 0 then
        select coalesce(
            jsonb_agg(
                jsonb_build_array(
                    x.part -> 0,
                    least(x.amount, p_amount - x.before),
                    floor((x.part ->> 2)::numeric * least(x.amount, p_amount - x.before) / x.amount)
                )
                order by x.ordinal
            ),
            '[]'
        ) into v_item.parts
        from (
            select p.part, p.ordinal, (p.part ->> 1)::bigint as amount,
                sum((p.part ->> 1)::bigint) over (order by p.ordinal) - (p.part ->> 1)::bigint
                    as before
            from jsonb_array_elements(p_item.parts) with ordinality as p (part, ordinal)
        ) as x
        where x.before < p_amount;
    end if;
    return v_item;
end
$$;

-- An item after a change that takes effect now. Less credits are cut off the parts of its later
-- grants that were added last. More are a further part when they are paid for; else they are first
-- what was cut off before, so that who paid for it goes on paying.
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
    v_room bigint;
begin
    v_item.amount := p_amount;
    v_item.plan := coalesce(p_plan, p_item.plan);
    v_item.next_amount := null;
    v_item.next_plan := null;
    if p_item.grant_months is null or v_more = 0 then
        return v_item;
    end if;
    if p_payment.payment_id is null then
        select
            coalesce(
                jsonb_agg(
                    jsonb_set(
                        x.part, '{1}',
                        to_jsonb(case
                            when v_more < 0 then
                                least(x.amount, greatest(p_amount - x.amounts_before, 0))
                            else x.amount + least(x.room, greatest(v_more - x.rooms_before, 0))
                        end)
                    )
                    order by x.ordinal
                ),
                '[]'
            ),
            coalesce(sum(x.room), 0)
        into v_item.parts, v_room
        from (
            select p.part, p.ordinal, p.amount, p.room,
                sum(p.amount) over (order by p.ordinal) - p.amount as amounts_before,
                sum(p.room) over (order by p.ordinal) - p.room as rooms_before
            from (
                select q.part, q.ordinal, (q.part ->> 1)::bigint as amount,
                    (q.part ->> 2)::bigint - (q.part ->> 1)::bigint as room
                from jsonb_array_elements(p_item.parts) with ordinality as q (part, ordinal)
            ) as p
        ) as x;
        v_more := v_more - v_room;
    end if;
    if v_more > 0 then
        v_item.parts := v_item.parts || jsonb_build_array(jsonb_build_array(
            p_payment.payment_id, v_more, v_more,
            floor(p_payment.amount_paid::numeric * v_more / p_payment.granted)
        ));
    end if;
    return v_item;
end
$$;

-- Credits of a quantity by the rate card and modifiers of a hold_feature entry. Refuses another
-- hold, and a quantity that costs nothing.
create or replace function credits_private.price_capture(
    p_hold credits_private.ledger,
    p_quantity bigint
)
returns bigint
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_card credits_private.rate_cards;
    v_credits bigint;
begin
    select c.* into v_card
    from credits_private.rate_cards c
    where c.feature = p_hold.feature and c.version = (p_hold.request ->> 'rate_card')::integer;
    perform credits_private.check_argument(
        'p_hold_id', v_card.version is not null, 'the entry_id of a hold_feature receipt'
    );
    v_credits := credits_private.price_use(v_card, p_quantity, p_hold.request -> 'modifiers');
    perform credits_private.check_argument(
        'p_quantity', v_credits > 0, 'a quantity that costs something; else release the hold'
    );
    return v_credits;
end
$$;

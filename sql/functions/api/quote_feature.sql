-- What a use of a feature would cost an account now, and how that comes about. Locks nothing.
-- Raises invalid_argument, feature_not_found, feature_inactive.
-- For credits_service, credits_admin and credits_reader.
create or replace function credits.quote_feature(
    p_account_id text,
    p_feature text,
    p_quantity bigint default 1,
    p_modifiers jsonb default null
)
returns credits.feature_quote
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_quote credits.feature_quote;
    v_balance credits.balance;
    v_card credits_private.rate_cards;
    v_can_pay bigint;
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_use(p_feature, p_quantity, p_modifiers, null);
    v_balance := credits.get_balance(p_account_id);
    v_card := credits_private.find_rate_card(p_feature, v_balance.as_of);

    v_quote.account_id := p_account_id;
    v_quote.feature := p_feature;
    v_quote.quantity := p_quantity;
    v_quote.credits := credits_private.price_use(v_card, p_quantity, p_modifiers);
    v_quote.breakdown := credits_private.explain_price(v_card, p_quantity, p_modifiers);
    v_quote.available := v_balance.available;
    v_quote.is_affordable :=
        credits_private.foresee_use(v_balance, v_quote.credits, null) is null;
    -- Who is refused whatever it costs can afford nothing.
    v_can_pay := case
        when credits_private.foresee_use(v_balance, 0, null) is null
            then v_balance.available
        else -1
    end;
    v_quote.largest_quantity :=
        credits_private.largest_quantity(v_card, p_modifiers, v_can_pay);
    v_quote.rate_card := v_card.version;
    v_quote.as_of := v_balance.as_of;
    select f.unit into v_quote.unit
    from credits_private.features f
    where f.feature = p_feature;
    return v_quote;
end
$$;

comment on function credits.quote_feature(text, text, bigint, jsonb) is
'What p_quantity of a feature would cost: credits in all, and the breakdown from the base to the
rounded price. is_affordable says whether the account could pay it now, largest_quantity how much it
could pay for (9007199254740991 where the quantity does not matter).

It holds at this instant and reserves nothing; caps of members are not looked at. Ask check_feature
for a yes or no, hold_feature to set the credits aside.';

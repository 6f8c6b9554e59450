-- Credits of a use by a rate card. Refuses modifiers that do not fit it and a quantity that would
-- cost more than an account can hold.
create or replace function credits_private.price_use(
    p_card credits_private.rate_cards,
    p_quantity bigint,
    p_modifiers jsonb
)
returns bigint
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_credits numeric;
begin
    perform credits_private.check_modifiers(p_card, p_modifiers);
    v_credits := credits_private.price_of(p_card, p_quantity, p_modifiers);
    perform credits_private.check_argument(
        'p_quantity', v_credits <= 9007199254740991,
        'a quantity that costs at most 9007199254740991 credits'
    );
    return v_credits::bigint;
end
$$;

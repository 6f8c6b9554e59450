-- Refuses an amount of money without its currency, or one that is negative or malformed.
create or replace function credits_private.check_money(p_amount_paid bigint, p_currency text)
returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform credits_private.check_argument(
        'p_amount_paid',
        p_amount_paid is null or p_amount_paid between 0 and 9007199254740991,
        'null or whole number of the smallest currency unit from 0 to 9007199254740991'
    );
    perform credits_private.check_argument(
        'p_currency',
        (p_currency is null) = (p_amount_paid is null) and (
            p_currency is null or p_currency ~ '^[a-z]{3}$'
        ),
        'ISO 4217 code in lower case; given together with p_amount_paid'
    );
end
$$;

-- Refuses an account id that is null, empty or longer than 255 characters.
create or replace function credits_private.check_account_id(p_account_id text)
returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform credits_private.check_argument(
        'p_account_id', length(p_account_id) between 1 and 255, '1 to 255 characters'
    );
end
$$;

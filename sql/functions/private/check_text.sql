-- Refuses a text that is empty or longer than 255 characters; null passes as "not given".
create or replace function credits_private.check_text(p_argument text, p_text text)
returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    perform credits_private.check_argument(
        p_argument,
        p_text is null or length(p_text) between 1 and 255,
        'null or 1 to 255 characters'
    );
end
$$;

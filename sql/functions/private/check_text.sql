-- Refuses a text that is empty or longer than p_most characters; null passes as "not given".
create or replace function credits_private.check_text(
    p_argument text,
    p_text text,
    p_most integer default 255
)
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
        p_text is null or length(p_text) between 1 and p_most,
        'null or 1 to ' || p_most || ' characters'
    );
end
$$;

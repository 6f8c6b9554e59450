-- Refuses an argument unless p_is_legal is true: invalid_argument with its name and what is
-- allowed.
create or replace function credits_private.check_argument(
    p_argument text,
    p_is_legal boolean,
    p_allowed text
)
returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_is_legal is not true then
        perform credits_private.fail(
            'invalid_argument', jsonb_build_object('argument', p_argument, 'allowed', p_allowed)
        );
    end if;
end
$$;

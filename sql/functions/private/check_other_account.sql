-- Refuses the id of a second account when no account can have it (invalid_argument) or when it is
-- the first one's (same_account).
create or replace function credits_private.check_other_account(
    p_argument text,
    p_value text,
    p_account_id text
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
        p_argument, length(p_value) between 1 and 255, '1 to 255 characters'
    );
    if p_value = p_account_id then
        perform credits_private.fail(
            'same_account', jsonb_build_object('argument', p_argument, 'account_id', p_account_id)
        );
    end if;
end
$$;

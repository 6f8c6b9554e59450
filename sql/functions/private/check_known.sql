-- Refuses an account that nobody has opened: account_not_found.
create or replace function credits_private.check_known(p_state credits_private.account_state)
returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_state.status is null then
        perform credits_private.fail(
            'account_not_found', jsonb_build_object('account_id', p_state.account_id)
        );
    end if;
end
$$;

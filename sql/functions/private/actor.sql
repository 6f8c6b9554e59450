-- Who calls: the login, and the role that it has taken, if any ("authenticator:service_role").
create or replace function credits_private.actor()
returns text
language sql
stable
parallel safe
security invoker
as $$
    select pg_catalog.concat(
        session_user, nullif(':' || pg_catalog.current_setting('role'), ':none')
    )
$$;

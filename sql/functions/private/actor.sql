-- Who calls: the login, and the role that it has taken, if any ("authenticator:service_role").
create or replace function credits_private.actor()
returns text
language sql
stable
parallel safe
security invoker
as $$
    select case pg_catalog.current_setting('role')
        when 'none' then session_user::text
        else session_user::text || ':' || pg_catalog.current_setting('role')
    end
$$;

-- In the project's database: the readers of the claims, and default privileges that give every new
-- object of the public schema away.
create schema auth;
grant usage on schema auth to anon, authenticated, service_role;
create function auth.jwt() returns jsonb language sql stable as
    $$ select nullif(current_setting('request.jwt.claims', true), '')::jsonb $$;
create function auth.uid() returns uuid language sql stable as
    $$ select (auth.jwt() ->> 'sub')::uuid $$;
create function auth.role() returns text language sql stable as
    $$ select auth.jwt() ->> 'role' $$;
alter default privileges for role postgres_of_the_project in schema public
    grant all on tables to anon, authenticated, service_role;
alter default privileges for role postgres_of_the_project in schema public
    grant all on functions to anon, authenticated, service_role;
create table auth.users (id uuid primary key, email text);
grant all on auth.users to postgres_of_the_project;
grant usage on schema auth to postgres_of_the_project;

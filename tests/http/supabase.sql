-- What a project of Supabase has before anything of ours is installed: its roles with their limits,
-- a login for the API, and the functions that read the claims. Run by the superuser.
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role authenticator login noinherit;
create role postgres_of_the_project login createrole createdb bypassrls;
grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role to postgres_of_the_project with admin option;
alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
create database project owner postgres_of_the_project;

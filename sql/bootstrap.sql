-- Roles, schemas and the record of migrations. Safe to run again at any time.
-- Run as the connecting user: a superuser, or a role with CREATEROLE and CREATE on the database;
-- once everything exists, any member of credits_owner. It asks only for rights that it needs.
-- Locks: none on existing tables; new ones are locked until the commit. Time: instant.

do $$
declare
    v_ours constant text[] := array[
        'credits_owner', 'credits_service', 'credits_admin',
        'credits_webhook', 'credits_reader', 'credits_user'];
    v_comments constant text[] := array[
        'pgcredits: owns all objects; its functions run as this role.',
        'pgcredits: server code that grants and spends.',
        'pgcredits: people and tools that correct and configure.',
        'pgcredits: the webhook relay.',
        'pgcredits: reports; reads only.',
        'pgcredits: end users; their own account only.'];
begin
    for v_index in 1 .. cardinality(v_ours) loop
        if not exists (select from pg_catalog.pg_roles r where r.rolname = v_ours[v_index]) then
            -- Dynamic, because a role's name cannot be a parameter.
            execute format('create role %I nologin', v_ours[v_index]);
            execute format('comment on role %I is %L', v_ours[v_index], v_comments[v_index]);
        end if;
    end loop;
end
$$;

-- Whoever made a role of ours before us may have given it too much, and our functions run as
-- credits_owner. `migrate verify` asks the same query later.
do $$
declare
    v_problems text;
    v_remedies text;
begin
    select string_agg(f.problem, '; '), string_agg(distinct f.remedy, '; ')
    into v_problems, v_remedies
    from (
        with recursive reached (role, direct, oid) as (
            select r.rolname, null::name, r.oid
            from pg_catalog.pg_roles r
            where r.rolname in (
                'credits_owner', 'credits_service', 'credits_admin',
                'credits_webhook', 'credits_reader', 'credits_user')
            union
            select m.role, coalesce(m.direct, g.rolname), g.oid
            from reached m
            join pg_catalog.pg_auth_members a on a.member = m.oid
            join pg_catalog.pg_roles g on g.oid = a.roleid
        ), powers (role, direct, through, names) as (
            select m.role, m.direct, r.rolname, string_agg(p.name, ', ' order by p.place)
            from reached m
            join pg_catalog.pg_roles r on r.oid = m.oid
            cross join lateral (
                values
                    (1, 'superuser', r.rolsuper),
                    (2, 'bypassrls', r.rolbypassrls),
                    (3, 'createrole', r.rolcreaterole),
                    (4, 'createdb', r.rolcreatedb),
                    (5, 'replication', r.rolreplication),
                    (6, 'login', r.rolcanlogin),
                    (7, 'predefined rights', starts_with(r.rolname::text, 'pg_')),
                    (8, 'other rights of pgcredits', r.rolname <> m.role and exists (
                        select from reached o where o.role = r.rolname))
            ) as p (place, name, has)
            where p.has
            group by m.role, m.direct, r.rolname
        )
        select p.role,
            case
                when p.direct is null then format('role %I has %s', p.role, upper(p.names))
                when p.direct = p.through then
                    format('role %I is a member of %I, which has %s', p.role, p.direct, p.names)
                else
                    format('role %I is a member of %I and so of %I, which has %s',
                        p.role, p.direct, p.through, p.names)
            end as problem,
            case
                when p.direct is null then
                    format('alter role %I no%s', p.role, replace(p.names, ', ', ' no'))
                else format('revoke %I from %I', p.direct, p.role)
            end as remedy
        from powers p
        order by p.role, p.direct nulls first, p.through
    ) as f;
    if v_problems is not null then
        raise exception using
            errcode = 'object_not_in_prerequisite_state',
            message = v_problems || ': the roles of pgcredits must be harmless',
            hint = v_remedies;
    end if;
end
$$;

-- The connecting user must be able to become credits_owner. PostgreSQL 16 tells that apart from
-- membership; there the creator of a role may administer it without being able to become it.
do $$
begin
    if not pg_catalog.pg_has_role('credits_owner',
        case when current_setting('server_version_num')::integer >= 160000
            then 'SET' else 'MEMBER' end)
    then
        grant credits_owner to current_user;
    end if;
end
$$;

-- Supabase's roles, where they exist.
do $$
declare
    r_pair record;
begin
    for r_pair in
        select p.ours, p.theirs
        from (values ('credits_service', 'service_role'), ('credits_user', 'authenticated'))
            as p (ours, theirs)
        join pg_catalog.pg_roles g on g.rolname = p.ours
        join pg_catalog.pg_roles m on m.rolname = p.theirs
        where not exists (
            select
            from pg_catalog.pg_auth_members a
            where a.roleid = g.oid and a.member = m.oid
        )
    loop
        -- Dynamic, because a role's name cannot be a parameter.
        execute format('grant %I to %I', r_pair.ours, r_pair.theirs);
    end loop;
end
$$;

-- "if not exists" would ask for CREATE on the database even where the schemas are there.
do $$
declare
    v_schema text;
    v_owner text;
begin
    foreach v_schema in array array['credits', 'credits_private'] loop
        select pg_catalog.pg_get_userbyid(n.nspowner) into v_owner
        from pg_catalog.pg_namespace n
        where n.nspname = v_schema;
        if not found then
            -- Dynamic, because a schema's name cannot be a parameter.
            execute format('create schema %I authorization credits_owner', v_schema);
        elsif v_owner <> 'credits_owner' then
            raise exception using
                errcode = 'object_not_in_prerequisite_state',
                message = format('schema %I exists already and belongs to %I', v_schema, v_owner),
                hint = format('alter schema %I owner to credits_owner, or rename it', v_schema);
        end if;
    end loop;
end
$$;

set role credits_owner;

comment on schema credits is
    'pgcredits: the API. Functions and the rows that they return; no tables.';
comment on schema credits_private is
    'pgcredits: tables and helpers. For credits_owner alone; never expose it.';

-- Only the global form works: with "in schema" it has no effect on what PUBLIC gets by default.
alter default privileges revoke execute on functions from public;

-- No command touches a table that is there: readers of the history never wait for it. What a later
-- release changes about these tables, it changes in a migration.
do $$
begin
    if to_regclass('credits_private.schema_migrations') is null then
        create table credits_private.schema_migrations (
            id text collate "C" not null,
            kind text not null,
            name text not null,
            checksum text not null,
            state text not null default 'applied',
            applied_at timestamptz not null default pg_catalog.clock_timestamp(),
            applied_by text not null default session_user,
            execution_ms integer,
            runner_version text not null,
            body text not null,
            constraint schema_migrations_pkey primary key (id),
            constraint schema_migrations_kind_is_known
                check (kind in ('bootstrap', 'versioned', 'repeatable', 'baseline')),
            constraint schema_migrations_checksum_is_sha256 check (checksum ~ '^[0-9a-f]{64}$'),
            constraint schema_migrations_state_is_known
                check (state in ('applied', 'running', 'failed'))
        );
        comment on table credits_private.schema_migrations is
            'What the migration runner applied: one row for each file, written in the file''s'
            ' transaction.';
        comment on column credits_private.schema_migrations.id is
            'Number of a versioned file, like 0003; else the path, like'
            ' functions/api/get_balance.sql.';
        comment on column credits_private.schema_migrations.kind is
            'bootstrap, versioned (run once), repeatable (run again when its text changes) or'
            ' baseline (a versioned file that was there already when the runner first met this'
            ' database).';
        comment on column credits_private.schema_migrations.name is 'Name of the file.';
        comment on column credits_private.schema_migrations.checksum is
            'SHA-256 of the text without byte order mark, CRs of line ends and blanks at its end;'
            ' of the file''s new text once somebody has accepted that (see the log).';
        comment on column credits_private.schema_migrations.state is
            'applied; running or failed: a file that cannot run in a transaction was started.';
        comment on column credits_private.schema_migrations.applied_at is 'When the file ran last.';
        comment on column credits_private.schema_migrations.applied_by is 'Who was connected.';
        comment on column credits_private.schema_migrations.execution_ms is
            'Milliseconds that its statements took; null where psql ran it.';
        comment on column credits_private.schema_migrations.runner_version is
            'Version of pgcredits that ran it.';
        comment on column credits_private.schema_migrations.body is 'The text that ran.';
        alter table credits_private.schema_migrations enable row level security;
    end if;

    if to_regclass('credits_private.schema_migrations_log') is null then
        create table credits_private.schema_migrations_log (
            entry bigint not null,
            action text not null,
            migration text collate "C" not null,
            checksum text,
            reason text,
            logged_at timestamptz not null default pg_catalog.clock_timestamp(),
            logged_by text not null default session_user,
            runner_version text not null,
            constraint schema_migrations_log_pkey primary key (entry),
            constraint schema_migrations_log_action_is_known check (action in (
                'apply', 're-apply', 'start', 'fail', 'forget', 'prune', 'baseline',
                'accept checksum', 'mark applied', 'mark pending', 'accept object')),
            constraint schema_migrations_log_repair_has_reason check (
                reason is not null or action not in (
                    'accept checksum', 'mark applied', 'mark pending', 'accept object'))
        );
        comment on table credits_private.schema_migrations_log is
            'Everything that ever happened to schema_migrations. Rows are added, never changed.';
        comment on column credits_private.schema_migrations_log.entry is
            'Counts from 1 without gaps, so that a missing row shows.';
        comment on column credits_private.schema_migrations_log.action is
            'apply; re-apply (a repeatable file again); start and fail (a file without a'
            ' transaction); forget (a repeatable file that is gone); prune (a function without a'
            ' file was dropped);'
            ' baseline; accept checksum, mark applied and mark pending (repairs by hand);'
            ' accept object (a change by hand that verify has found stays).';
        comment on column credits_private.schema_migrations_log.migration is
            'schema_migrations.id; for prune the signature of the function; for accept object its'
            ' name.';
        comment on column credits_private.schema_migrations_log.checksum is
            'SHA-256 of the text that it was about; of a deleted row for mark pending; else null.';
        comment on column credits_private.schema_migrations_log.reason is
            'Why somebody repaired, or the error of a file that failed.';
        comment on column credits_private.schema_migrations_log.logged_at is 'When it happened.';
        comment on column credits_private.schema_migrations_log.logged_by is 'Who was connected.';
        comment on column credits_private.schema_migrations_log.runner_version is
            'Version of pgcredits that did it.';
        alter table credits_private.schema_migrations_log enable row level security;
        -- An owner has all rights unless he gives them up.
        revoke update, delete, truncate on credits_private.schema_migrations_log
        from credits_owner;
    end if;

    if to_regclass('credits_private.schema_objects') is null then
        create table credits_private.schema_objects (
            object text collate "C" not null,
            digest text not null,
            constraint schema_objects_pkey primary key (object),
            constraint schema_objects_digest_is_sha256 check (digest ~ '^[0-9a-f]{64}$')
        );
        comment on table credits_private.schema_objects is
            'What the runner left behind: one row for each object of the two schemas. See migrate'
            ' verify.';
        comment on column credits_private.schema_objects.object is
            'Kind and name, like "function credits.schema_version()", "rights of ..." or'
            ' "comment on ...".';
        comment on column credits_private.schema_objects.digest is
            'SHA-256 of what defines the object; the same on every version of the server.';
        alter table credits_private.schema_objects enable row level security;
    end if;
end
$$;

reset role;

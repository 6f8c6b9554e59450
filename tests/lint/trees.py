"""A small tree of SQL files that keeps every rule."""

from __future__ import annotations

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

API = "functions/api/change_thing.sql"
PRIVATE = "functions/private/size_of.sql"
TRIGGER = "functions/private/keep_things.sql"
FAIL = "functions/private/fail.sql"
MIGRATION = "migrations/0001_things.sql"

GOOD = {
    API: """\
-- Changes a thing.
create or replace function credits.change_thing(
    p_thing text,
    p_size bigint default 1
)
returns credits.thing
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_thing credits.thing;
    v_things credits.thing[] := '{}';
begin
    if p_size < 0 then
        perform credits_private.fail('bad_thing');
    end if;

    update credits_private.things as t set size = 1 where t.thing = p_thing;
    v_things[1] := v_thing;
    return v_thing;
end
$$;

comment on function credits.change_thing(text, bigint) is 'Changes a thing.';
""",
    PRIVATE: """\
-- Size of a thing.
create or replace function credits_private.size_of(p_thing text)
returns bigint
language sql
stable
parallel safe
security invoker
as $$
    select t.size from credits_private.things t where t.thing = p_thing
$$;
""",
    TRIGGER: """\
-- Trigger function and trigger: no thing goes.
create or replace function credits_private.keep_things()
returns trigger
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return null;
end
$$;

create or replace trigger keep_things
before delete on credits_private.things
for each statement execute function credits_private.keep_things();
""",
    FAIL: """\
-- Raises an error of the registry.
create or replace function credits_private.fail(p_code text)
returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_code text;
begin
    select r.code into v_code
    from (values ('bad_thing', 'PT400', 'bad thing')) as r (code, sqlstate, message)
    where r.code = p_code;
    raise exception using errcode = v_code;
end
$$;
""",
    MIGRATION: """\
-- Purpose: things.
-- Locks: none.
-- Time on a million rows: instant.

create table credits_private.things (
    thing text collate "C" not null,
    size bigint not null,
    constraint things_pkey primary key (thing),
    constraint things_size_is_positive check (size > 0)
);
comment on table credits_private.things is 'Things.';
comment on column credits_private.things.thing is 'Name.';
comment on column credits_private.things.size is 'S.';

create index things_size_idx on credits_private.things (size);

create type credits.thing as (thing text, size bigint);
comment on type credits.thing is 'A thing.';

create view credits.all_things as
select t.thing from credits_private.things t;
comment on view credits.all_things is 'All.';

alter table credits_private.things enable row level security;
""",
    "functions/access.sql": """\
-- Who may call what.

grant execute on function credits.change_thing(text, bigint) to credits_service;
""",
    "bootstrap.sql": """\
-- Schemas.

create schema if not exists credits;

do $$
begin
    raise exception 'no';
end
$$;
""",
}


def write(root: Path, files: dict[str, str]) -> None:
    """Write files, given by their path below ``root``."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

-- Whether a value is a legal operation of a batch in the form of nearly all: no null, an amount of
-- at most 15 digits.
create or replace function credits_private.is_plain_operation(p_operation jsonb)
returns boolean
language sql
immutable
parallel safe
security invoker
as $$
    select case
        when pg_catalog.jsonb_typeof(p_operation) = 'object' then
            p_operation - array[
                'account_id', 'amount', 'feature', 'member', 'reference', 'idempotency_key',
                'metadata'
            ] = '{}'
            and credits_private.is_name(p_operation -> 'account_id') is true
            and (
                not p_operation ? 'amount' or p_operation ->> 'amount' ~ '^[1-9][0-9]{0,14}$'
            )
            and credits_private.is_name(p_operation -> 'feature') is not false
            and credits_private.is_name(p_operation -> 'member') is not false
            and credits_private.is_name(p_operation -> 'reference') is not false
            and credits_private.is_name(p_operation -> 'idempotency_key') is true
            and not p_operation ->> 'idempotency_key' like any ('{stripe:%,ref:%,pgcredits:%}')
            and (
                not p_operation ? 'metadata'
                or pg_catalog.jsonb_typeof(p_operation -> 'metadata') = 'object'
                and pg_catalog.octet_length(p_operation ->> 'metadata') <= 16384
            )
        else false
    end
$$;

-- Parts of a schedule with the numbers that their payments have since the account was merged.
create or replace function credits_private.moved_parts(p_from_account_id text, p_parts jsonb)
returns jsonb
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(
        jsonb_agg(
            jsonb_set(x.part, '{0}', coalesce(to_jsonb(p.moved_to_payment_id), 'null'))
            order by x.ordinal
        ),
        '[]'
    )
    from jsonb_array_elements(p_parts) with ordinality as x (part, ordinal)
    left join credits_private.payments p
        on p.account_id = p_from_account_id and p.payment_id = (x.part ->> 0)::bigint
$$;

-- What a batch did, out of the results of its operations.
create or replace function credits_private.batch_of(p_results credits_private.spend_result[])
returns credits.batch
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select row(
            count(*),
            coalesce(-sum((r.receipt).amount) filter (where r.outcome = 'ok'), 0),
            count(*) filter (where r.outcome = 'ok'),
            count(*) filter (where r.outcome = 'replay'),
            count(*) filter (where r.outcome = 'refused'),
            json_agg(r order by r.index)
        )::credits.batch
        from unnest(p_results) as r
    );
end
$$;

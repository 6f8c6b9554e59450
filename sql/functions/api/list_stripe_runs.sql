-- Runs of the commands that compare with Stripe, newest first. Locks nothing.
-- Raises invalid_argument. For credits_service, credits_admin and credits_reader.
create or replace function credits.list_stripe_runs(
    p_limit integer default 100,
    p_before timestamptz default null
)
returns setof credits.stripe_run
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform credits_private.check_argument(
        'p_limit', coalesce(p_limit, 100) between 1 and 1000, '1 to 1000'
    );
    return query
    select r.started_at, r.kind, r.provider_account, r.livemode, r.ended_at, r.counts, r.problem
    from credits_private.stripe_runs r
    where r.started_at < coalesce(p_before, 'infinity')
    order by r.started_at desc, r.kind, r.provider_account, r.livemode
    limit coalesce(p_limit, 100);
end
$$;

comment on function credits.list_stripe_runs(integer, timestamptz) is
'Runs of sync, replay and reconcile, newest first, with what they found and did.

For the next page give started_at of the last row.';

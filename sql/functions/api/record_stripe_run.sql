-- Keeps what a run of a command that compares with Stripe found and did. Recording the same run
-- again replaces it. Locks nothing. Raises invalid_argument. For credits_service and credits_admin.
create or replace function credits.record_stripe_run(
    p_kind text,
    p_started_at timestamptz,
    p_counts jsonb,
    p_problem text default null,
    p_livemode boolean default true,
    p_provider_account text default ''
)
returns credits.stripe_run
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := credits_private.clock();
    v_run credits.stripe_run;
begin
    perform credits_private.check_argument(
        'p_kind', p_kind in ('sync', 'replay', 'reconcile'), 'sync, replay or reconcile'
    );
    perform credits_private.check_argument('p_started_at', p_started_at is not null, 'an instant');
    perform credits_private.check_instant('p_started_at', p_started_at);
    perform credits_private.check_argument(
        'p_counts',
        jsonb_typeof(p_counts) = 'object'
        and not p_counts @? '$.* ? (@.type() != "number")',
        'an object of numbers'
    );
    perform credits_private.check_text('p_problem', p_problem, 1000);
    perform credits_private.check_argument(
        'p_provider_account', length(coalesce(p_provider_account, '')) <= 255,
        'a connected account, or empty for your own'
    );
    v_run.started_at := p_started_at;
    v_run.kind := p_kind;
    v_run.provider_account := coalesce(p_provider_account, '');
    v_run.livemode := coalesce(p_livemode, true);
    v_run.ended_at := v_now;
    v_run.counts := p_counts;
    v_run.problem := p_problem;
    insert into credits_private.stripe_runs as r (
        started_at, kind, provider_account, livemode, ended_at, counts, problem
    )
    values (
        v_run.started_at, v_run.kind, v_run.provider_account, v_run.livemode, v_run.ended_at,
        v_run.counts, v_run.problem
    )
    on conflict (started_at, kind, provider_account, livemode) do update
    set ended_at = excluded.ended_at, counts = excluded.counts, problem = excluded.problem;
    return v_run;
end
$$;

comment on function credits.record_stripe_run(text, timestamptz, jsonb, text, boolean, text) is
'Keeps what a run of sync, replay or reconcile found and did, for list_stripe_runs to show.

p_counts is an object of numbers; p_problem says why the run stopped before its end.';

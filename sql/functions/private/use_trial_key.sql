-- Notes that a trial is had under this key, which may be null; trial_used if one was had before, of
-- another subscription or on another account, perhaps at this very moment.
create or replace function credits_private.use_trial_key(
    p_account_id text,
    p_subscription text,
    p_trial_key text
)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_trial_key is null then
        return;
    end if;
    insert into credits_private.trial_keys (trial_key, account_id, subscription)
    values (p_trial_key, p_account_id, p_subscription)
    on conflict do nothing;
    if not found then
        perform credits_private.fail(
            'trial_used',
            jsonb_build_object(
                'account_id', p_account_id, 'subscription', p_subscription, 'trial_key',
                p_trial_key
            )
        );
    end if;
end
$$;

-- Who may call what. Deny by default, for every function and every role, then the matrix.
-- This file is the only place that grants or revokes; it runs after every change of a function.

do $$
declare
    v_role text;
begin
    foreach v_role in array array[
        'public', 'credits_service', 'credits_admin', 'credits_webhook', 'credits_reader',
        'credits_user', 'anon', 'authenticated', 'service_role'
    ] loop
        continue when v_role <> 'public' and pg_catalog.to_regrole(v_role) is null;
        -- Dynamic, because the roles of Supabase exist only there.
        execute pg_catalog.format(
            'revoke all on all functions in schema credits, credits_private from %1$I;'
            'revoke all on all tables in schema credits, credits_private from %1$I;'
            'revoke all on schema credits, credits_private from %1$I',
            v_role
        );
    end loop;
end
$$;

grant usage on schema credits
to credits_service, credits_admin, credits_webhook, credits_reader, credits_user;

grant execute on function credits.schema_version()
to credits_service, credits_admin, credits_webhook, credits_reader;

grant execute on function
    credits.audit_access(),
    credits.balance_at(text, timestamptz),
    credits.explain_spend(text, bigint),
    credits.get_backlog(),
    credits.get_balance(text),
    credits.get_seal(text),
    credits.list_entries(
        text, integer, bigint, text, text, text, text, timestamptz, timestamptz
    ),
    credits.list_expiring(interval, integer, timestamptz, text),
    credits.check_feature(text, text, bigint, jsonb, text),
    credits.list_features(integer, text, boolean),
    credits.list_holds(text, integer, bigint, boolean),
    credits.list_lots(text, integer, bigint, boolean),
    credits.list_member_usage(text, text, integer, text, boolean),
    credits.list_rate_cards(text, integer, integer),
    credits.list_seals(integer, text),
    credits.list_stripe_backlog(),
    credits.list_stripe_events(text, text, integer, text, text),
    credits.list_stripe_objects(jsonb, boolean, text),
    credits.list_stripe_runs(integer, timestamptz),
    credits.list_subscriptions(text, integer, text),
    credits.rebuild(text),
    credits.simulate_spend(text, bigint),
    credits.quote_feature(text, text, bigint, jsonb),
    credits.verify(text),
    credits.verify_page(integer, text, timestamptz),
    credits.verify_seals(jsonb)
to credits_service, credits_admin, credits_reader;

grant execute on function
    credits.claim_payment(text, text, text),
    credits.clawback_credits(text, text, bigint, bigint, text, text, text, jsonb),
    credits.expire_due(integer),
    credits.grant_credits(text, bigint, text, timestamptz, text, text, jsonb),
    credits.grant_due(integer),
    credits.link_customer(text, text, boolean, text),
    credits.link_payment(text, text, text, text, text),
    credits.merge_accounts(text, text, text, text, text, jsonb),
    credits.mirror_stripe_object(jsonb, timestamptz, boolean, text),
    credits.purge_stripe_events(integer),
    credits.record_stripe_run(text, timestamptz, jsonb, text, boolean, text),
    credits.retry_stripe_event(text, text),
    credits.seal_due(integer),
    credits.set_member_cap(text, text, text, bigint, text, text, jsonb),
    credits.transfer_credits(text, text, bigint, text, text, text, jsonb)
to credits_service, credits_admin;

grant execute on function
    credits.add_purchased_credits(text, bigint, timestamptz, bigint, text, text, text, jsonb),
    credits.add_subscription_credits(text, bigint, timestamptz, text, text, text, jsonb),
    credits.cancel_subscription(text, text, text, text, text, jsonb),
    credits.capture_feature(text, bigint, bigint, boolean, text, text, text, jsonb),
    credits.capture_hold(text, bigint, bigint, boolean, text, text, text, jsonb),
    credits.change_subscription(
        text, text, bigint, text, text, text, text, text, bigint, text, text, text, jsonb
    ),
    credits.deduct_credit(text, bigint, text, text, text, text, jsonb),
    credits.deduct_credits_batch(jsonb, boolean),
    credits.expire_subscription_credits(text, text, text, text, text, jsonb),
    credits.extend_hold(text, bigint, interval, text, text, jsonb),
    credits.hold_feature(text, text, bigint, jsonb, interval, text, text, text, jsonb),
    credits.hold_credits(text, bigint, interval, text, text, text, text, jsonb),
    credits.open_account(text, text, text, text, text, jsonb),
    credits.record_payment(text, text, bigint, text, jsonb, text, bigint, text, text, jsonb),
    credits.refund_spend(text, bigint, text, bigint, text, text, text, jsonb),
    credits.release_hold(text, bigint, text, text, jsonb),
    credits.renew_subscription(
        text, text, bigint, timestamptz, timestamptz, bigint, text, text, interval, text, bigint,
        text, text, text, jsonb
    ),
    credits.set_subscription_status(text, text, text, text, text, jsonb),
    credits.start_trial(
        text, text, bigint, timestamptz, text, text, text, text, text, jsonb
    ),
    credits.use_feature(text, text, bigint, jsonb, text, text, text, jsonb)
to credits_service;

grant execute on function
    credits.adjust_balance(
        text, text, text, bigint, bigint, text, timestamptz, text, text, jsonb
    ),
    credits.close_account(text, text, text, text, text, jsonb),
    credits.define_feature(text, text, text, boolean),
    credits.dismiss_stripe_event(text, text, text),
    credits.erase_metadata(text, text, text, text),
    credits.freeze_account(text, text, text, text, jsonb),
    credits.repair_account(text, text, text, text, text, jsonb),
    credits.set_rate_card(
        text, numeric, text, jsonb, jsonb, bigint, bigint, text, timestamptz
    ),
    credits.set_stripe_price(text, bigint, bigint, text),
    credits.unfreeze_account(text, text, text, text, jsonb)
to credits_admin;

grant execute on function credits.add_stripe_line_items(text, jsonb, boolean, text)
to credits_service, credits_webhook;

grant execute on function credits.ingest_stripe_event(text, boolean)
to credits_admin, credits_webhook;

grant execute on function credits.get_stripe_buyer(text, boolean, text)
to credits_service, credits_admin, credits_webhook, credits_reader;

grant execute on function
    credits.my_balance(),
    credits.my_entries(integer, bigint, text, text, text, timestamptz, timestamptz),
    credits.my_lots(integer, bigint, boolean)
to credits_user;

-- The roles of Supabase, where they exist, do not inherit: as members of ours they can do nothing,
-- so they get the same rights themselves.
do $$
declare
    r_pair record;
    v_function pg_catalog.regprocedure;
begin
    for r_pair in
        select p.ours, p.theirs
        from (values ('credits_service', 'service_role'), ('credits_user', 'authenticated'))
            as p (ours, theirs)
        join pg_catalog.pg_roles r on r.rolname = p.theirs
    loop
        -- Dynamic, because the roles of Supabase exist only there.
        execute pg_catalog.format('grant usage on schema credits to %I', r_pair.theirs);
        for v_function in
            select p.oid::pg_catalog.regprocedure
            from pg_catalog.pg_proc p
            where p.pronamespace = 'credits'::pg_catalog.regnamespace
                and pg_catalog.has_function_privilege(r_pair.ours, p.oid, 'execute')
        loop
            -- Dynamic, as above.
            execute pg_catalog.format(
                'grant execute on function %s to %I', v_function, r_pair.theirs
            );
        end loop;
    end loop;
end
$$;

-- What has been granted, for audit_access to compare with.
delete from credits_private.access_matrix m
where true;
insert into credits_private.access_matrix (role, function)
select r.rolname, p.oid::pg_catalog.regprocedure::text
from pg_catalog.pg_proc p
cross join lateral pg_catalog.aclexplode(p.proacl) as x
join pg_catalog.pg_roles r on r.oid = x.grantee
where p.pronamespace = 'credits'::pg_catalog.regnamespace
    and x.privilege_type = 'EXECUTE'
    and x.grantee <> p.proowner;

-- Receipt of the command that granted an item of a subscription for a period.
create or replace function credits_private.receipt_of_period(
    p_account_id text,
    p_grant credits_private.grant_order
)
returns credits.receipt
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_entry_id bigint;
    v_command_id bigint;
begin
    select l.lot_id into v_entry_id
    from credits_private.lots l
    where l.account_id = p_account_id
        and l.subscription = p_grant.subscription
        and l.item = p_grant.item
        and l.period_start = p_grant.period_start
        and l.origin = 'grant';
    select l.command_id into v_command_id
    from credits_private.ledger l
    where l.account_id = p_account_id and l.entry_id = v_entry_id;
    return credits_private.receipt_of(p_account_id, v_command_id);
end
$$;

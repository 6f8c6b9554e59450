-- Credits of a lot that stand in the newest entry because it is the open one; 0 if it is not.
create or replace function credits_private.checked_out(p_account_id text, p_lot_id bigint)
returns bigint
language sql
stable
parallel safe
security invoker
as $$
    select case when t.open_lot_id = p_lot_id then t.open_lot_remaining else 0 end
    from credits_private.ledger t
    where t.account_id = p_account_id
    order by t.entry_id desc
    limit 1
$$;

-- Makes lots and holds of an account what its entries say, after they were damaged, and books an
-- entry that keeps what was changed. Locks the account row. A replay returns the recorded receipt.
-- Refused when the entries contradict one another, or when a row is missing whose pool or deadline
-- no entry tells. Raises invalid_argument, account_not_found, not_repairable, idempotency_conflict,
-- balance_limit. For credits_admin.
create or replace function credits.repair_account(
    p_account_id text,
    p_reason text,
    p_person text,
    p_reference text default null,
    p_idempotency_key text default null,
    p_metadata jsonb default null
)
returns credits.receipt
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_argument(
        'p_reason', length(p_reason) between 1 and 255, '1 to 255 characters'
    );
    perform credits_private.check_argument(
        'p_person', length(p_person) between 1 and 255, '1 to 255 characters'
    );
    perform credits_private.check_tail(p_reference, p_idempotency_key, p_metadata);
    return credits_private.post_repair(
        p_account_id, p_reason, p_person, p_reference, p_idempotency_key, p_metadata
    );
end
$$;

comment on function credits.repair_account(text, text, text, text, text, jsonb) is
'Puts lots and holds right after somebody changed their rows: they become what rebuild says that the
entries tell. p_reason, p_person and each figure that was changed are kept in an entry of amount 0.

Refused with not_repairable (409) when the entries contradict one another, and when the row of a lot
or hold is missing: bring back what is missing from a backup first. A row that no entry knows of is
removed. The balance does not change by it; what is due is booked as with every command.';

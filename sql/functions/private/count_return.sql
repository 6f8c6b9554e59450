-- Counts what a refund gives back of a spend or capture, p_refunded of which was given back before:
-- at the time of the spend; of a capture first what it took above its hold, then at the time of the
-- hold.
create or replace function credits_private.count_return(
    p_spend credits_private.ledger,
    p_refunded bigint,
    p_amount bigint
)
returns void
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_released bigint;
    v_over bigint := -p_spend.amount;
    v_from_over bigint;
begin
    if p_spend.member is null then
        return;
    end if;
    if p_spend.kind = 'capture' then
        select r.amount into v_released
        from credits_private.ledger r
        where r.account_id = p_spend.account_id
            and r.entry_id = p_spend.entry_id - 1
            and r.kind = 'release'
            and r.about_entry_id = p_spend.about_entry_id;
        v_over := -p_spend.amount - least(-p_spend.amount, coalesce(v_released, 0));
    end if;
    v_from_over := least(v_over, p_refunded + p_amount) - least(v_over, p_refunded);
    perform credits_private.count_use(
        p_spend.account_id, p_spend.member, p_spend.occurred_at, -v_from_over
    );
    if v_from_over < p_amount then
        perform credits_private.count_use(
            p_spend.account_id, p_spend.member, h.occurred_at, v_from_over - p_amount
        )
        from credits_private.ledger h
        where h.account_id = p_spend.account_id and h.entry_id = p_spend.about_entry_id;
    end if;
end
$$;

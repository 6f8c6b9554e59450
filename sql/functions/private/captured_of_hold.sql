-- Of what a capture took, the credits that its hold had set aside; the rest came from the lots.
create or replace function credits_private.captured_of_hold(
    p_account_id text,
    p_capture credits_private.ledger
)
returns bigint
language sql
stable
parallel safe
security invoker
as $$
    select least(
        -p_capture.amount,
        greatest(
            -h.amount + coalesce(
                (
                    select pg_catalog.sum(l.amount)
                    from credits_private.ledger l
                    where l.account_id = p_account_id
                        and l.about_entry_id = p_capture.about_entry_id
                        and l.entry_id < p_capture.entry_id
                        and l.allocations is not null
                        and l.kind = 'capture'
                ),
                0
            ),
            0
        )
    )::bigint
    from credits_private.ledger h
    where h.account_id = p_account_id and h.entry_id = p_capture.about_entry_id
$$;

-- Every kind of entry that there is.
create or replace function credits_private.entry_kinds()
returns text[]
language sql
immutable
parallel safe
security invoker
as $$
    select array[
        'open', 'freeze', 'unfreeze', 'close', 'erase', 'cap', 'grant', 'adjust', 'subscription',
        'rollover', 'transfer', 'merge', 'spend', 'refund', 'hold', 'extend', 'capture', 'release',
        'expire', 'settle', 'clawback', 'restore', 'repair'
    ]
$$;

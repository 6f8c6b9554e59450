-- Seals entries of these accounts in turn, until p_limit entries are sealed. An account whose chain
-- somebody else has locked is left out.
create or replace function credits_private.seal_accounts(
    p_account_ids text[],
    p_limit bigint,
    p_at_once boolean
)
returns credits_private.sealed_accounts
language plpgsql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_done credits_private.sealed_accounts;
    v_account_id text;
    v_entries bigint;
begin
    v_done.accounts := 0;
    v_done.entries := 0;
    v_done.left_out := false;
    v_done.is_end := true;
    foreach v_account_id in array p_account_ids loop
        -- A chain that is locked takes room in a table that all sessions share.
        if v_done.entries >= p_limit or (p_at_once and v_done.accounts >= 500) then
            v_done.is_end := false;
            exit;
        end if;
        v_entries := credits_private.seal_entries(
            v_account_id, p_limit - v_done.entries, p_at_once
        );
        if v_entries is null then
            v_done.left_out := true;
        elsif v_entries > 0 then
            v_done.accounts := v_done.accounts + 1;
            v_done.entries := v_done.entries + v_entries;
        end if;
        -- Where the limit has cut an account short, the next batch goes on with it.
        if v_done.entries < p_limit then
            v_done.last_account_id := v_account_id;
        else
            v_done.is_end := false;
        end if;
    end loop;
    return v_done;
end
$$;

-- What is to be written on locked accounts because time has passed, at most due_limit lots and
-- holds of each, the earliest first. One statement for all, and one more for those with overdue
-- holds. The accounts of the answer are in the order of p_states.
create or replace function credits_private.plan_due(
    p_states credits_private.account_state[],
    p_checks_out boolean
)
returns credits_private.due_plan
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_plan credits_private.due_plan := credits_private.plan_lots(p_states, p_checks_out);
    v_account credits_private.due_account;
    v_place integer := 0;
    v_places integer[] := array[]::integer[];
    v_states credits_private.account_state[] := array[]::credits_private.account_state[];
    v_other credits_private.due_plan;
begin
    foreach v_account in array v_plan.accounts loop
        v_place := v_place + 1;
        if v_account.hold_id is not null then
            v_places := v_places || v_place;
            v_states := v_states || p_states[v_place];
        end if;
    end loop;
    if v_places = '{}' then
        return v_plan;
    end if;

    v_other := credits_private.plan_holds(v_states, p_checks_out);
    for v_i in 1 .. cardinality(v_places) loop
        v_plan.accounts[v_places[v_i]] := v_other.accounts[v_i];
    end loop;
    v_plan.entries := v_plan.entries || v_other.entries;
    v_plan.lots := v_plan.lots || v_other.lots;
    v_plan.holds := v_other.holds;
    return v_plan;
end
$$;

-- Why a known account whose status is not among p_allowed is refused, or one that was merged into
-- another one; null if it is not. An unknown account passes.
create or replace function credits_private.status_refusal(
    p_state credits_private.account_state,
    p_allowed text[]
)
returns jsonb
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_chain text[];
begin
    if p_state.merged_into is not null then
        v_chain := credits_private.chain_of(p_state.account_id);
        return credits_private.refuse(
            'account_merged',
            jsonb_build_object(
                'account_id', p_state.account_id, 'merged_into', v_chain[cardinality(v_chain)]
            )
        );
    elsif p_state.status is not null and p_state.status <> all (p_allowed) then
        return credits_private.refuse(
            case p_state.status when 'frozen' then 'account_frozen' else 'account_closed' end,
            jsonb_build_object('account_id', p_state.account_id)
        );
    end if;
    return null;
end
$$;

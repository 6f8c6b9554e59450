-- What one unit is worth by the metadata of a price, completed by that of its product. A value that
-- is malformed is a problem and not read as zero.
create or replace function credits_private.parse_stripe_terms(p_metadata jsonb)
returns credits_private.stripe_terms
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
    v_terms credits_private.stripe_terms;
    v_number constant text := '^(0|[1-9][0-9]{0,14})$';
begin
    v_terms.expires := p_metadata ->> 'credits_expires';
    v_terms.proration := coalesce(p_metadata ->> 'credits_proration', 'none');
    v_terms.on_trial := coalesce(p_metadata ->> 'credits_on_trial', '0');
    v_terms.on_free := coalesce(p_metadata ->> 'credits_on_free', '0');
    if p_metadata ->> 'credits' is null then
        return v_terms;
    elsif p_metadata ->> 'credits' !~ v_number then
        v_terms.problem := 'credits is not a whole number';
    elsif coalesce(p_metadata ->> 'credits_rollover', '0') <> 'all'
        and coalesce(p_metadata ->> 'credits_rollover', '0') !~ v_number
    then
        v_terms.problem := 'credits_rollover is neither a whole number nor all';
    elsif v_terms.on_trial <> 'full' and v_terms.on_trial !~ v_number then
        v_terms.problem := 'credits_on_trial is neither a whole number nor full';
    elsif v_terms.on_free <> 'full' and v_terms.on_free !~ v_number then
        v_terms.problem := 'credits_on_free is neither a whole number nor full';
    elsif v_terms.proration not in ('none', 'proportional', 'full') then
        v_terms.problem := 'credits_proration is not none, proportional or full';
    elsif coalesce(v_terms.expires, 'never') not in ('never', 'period')
        and v_terms.expires !~ '^P([1-9][0-9]{0,3}Y)?([1-9][0-9]{0,3}M)?([1-9][0-9]{0,3}[WD])?$'
        or v_terms.expires = 'P'
    then
        v_terms.problem := 'credits_expires is not never, period or a duration such as P12M';
    else
        v_terms.credits := nullif((p_metadata ->> 'credits')::bigint, 0);
        if p_metadata ->> 'credits_rollover' is distinct from 'all' then
            v_terms.rollover_cap := coalesce((p_metadata ->> 'credits_rollover')::bigint, 0);
        end if;
    end if;
    return v_terms;
end
$$;

-- Members of an account by name, one page: what each has used in all, and of each cap.
-- Locks nothing. p_after is the member of the last row seen. Reads the whole ledger of the account
-- unless p_capped_only, or p_member names one with a cap. Raises invalid_argument.
-- For credits_service, credits_admin and credits_reader.
create or replace function credits.list_member_usage(
    p_account_id text,
    p_member text default null,
    p_limit integer default 100,
    p_after text default null,
    p_capped_only boolean default false
)
returns setof credits.member_usage
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := credits_private.clock();
    v_capped_only boolean := coalesce(p_capped_only, false);
begin
    perform credits_private.check_account_id(p_account_id);
    perform credits_private.check_text('p_member', p_member);
    perform credits_private.check_argument(
        'p_limit', coalesce(p_limit, 100) between 1 and 1000, '1 to 1000'
    );
    perform credits_private.check_text('p_after', p_after);
    if p_member is not null then
        v_capped_only := v_capped_only or exists (
            select
            from credits_private.member_caps k
            where k.account_id = p_account_id and k.member = p_member
        );
    end if;
    return query
    with capped as (
        select c.member, c.used
        from credits_private.usage_counters c
        where c.account_id = p_account_id
            and c.feature = ''
            and c.period = 'lifetime'
            and (p_member is null or c.member = p_member)
    ),
    listed as (
        select c.member, c.used from capped c
        union all
        select u.member, sum(u.amount)::bigint
        from credits_private.member_uses(p_account_id, p_member, 1) as u
        where not v_capped_only and u.member not in (select c.member from capped c)
        group by u.member
    ),
    page as (
        select l.member, l.used
        from listed l
        where p_after is null or l.member collate "C" > p_after
        order by l.member collate "C"
        limit coalesce(p_limit, 100)
    )
    select p_account_id, p.member, p.used, coalesce(
        (
            select jsonb_agg(
                jsonb_build_object(
                    'period', s.period, 'cap', s.cap, 'used', s.used,
                    'left', greatest(s.cap - s.used, 0),
                    'starts_at', nullif(s.starts_at, '-infinity'),
                    'resets_at', nullif(s.ends_at, 'infinity')
                )
                order by array_position(
                    array['hour', 'day', 'week', 'month', 'billing_period', 'lifetime'], s.period
                )
            )
            from credits_private.cap_states(p_account_id, p.member, v_now) as s
        ), '[]'
    )
    from page p
    order by p.member collate "C";
end
$$;

comment on function credits.list_member_usage(text, text, integer, text, boolean) is
'What members of an account have used in all, and of each of their caps, by name; at most 1000 a
page. For the next page give the member of the last row as p_after.

used is what their spends and holds took, less what came back. caps is an array of objects with
period, cap, used, left, starts_at and resets_at. Without p_capped_only it reads the whole ledger of
the account, to find who has no cap.';

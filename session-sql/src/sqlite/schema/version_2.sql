drop trigger "{table}_renamed";
drop trigger "{table}_ended";
drop trigger "{table}_replaced";

alter table "{table}"
rename column timeout to idle_timeout;

alter table "{table}"
rename column moved_until to moved_to;

update "{table}"
set moved_to = null
where moved_to is not null;

insert into "{table}" (
    key, data, creation_date, modification_date, expires, version, purge_date, moved_to
)
select previous_key, x'', 0, 0, until, 0, until, session
from "{table}_moved"
where session in (select id from "{table}")
on conflict (key) do nothing;

drop table "{table}_moved";

alter table "{table}_schema"
add column compatible_from integer;

insert into "{table}_schema" (version, compatible_from)
values (2, 2);

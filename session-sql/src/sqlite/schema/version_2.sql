drop trigger "{table}_renamed";
drop trigger "{table}_ended";
drop trigger "{table}_replaced";
drop trigger "{table}_moved_on";
drop index "{table}_by_owner";
drop index "{table}_by_purge_date";
alter table "{table}" rename to "{table}_moved_moved";

create table "{table}" (
    id integer primary key autoincrement,
    key blob not null unique,
    data blob not null,
    creation_date integer not null,
    modification_date integer not null,
    expires integer,
    idle_timeout integer,
    owner text,
    label text,
    version integer not null,
    purge_date integer,
    moved_to integer
) strict;

insert into "{table}" (
    id, key, data, creation_date, modification_date, expires, idle_timeout, owner, label, version, purge_date
)
select
    id, key, data, creation_date, modification_date, expires, timeout, owner, label, version, purge_date
from "{table}_moved_moved"
order by id;

insert into "{table}" (
    key, data, creation_date, modification_date, expires, version, purge_date, moved_to
)
select previous_key, x'', 0, 0, until, 0, until, session
from "{table}_moved"
where true
on conflict (key) do nothing;

drop table "{table}_moved_moved";
drop table "{table}_moved";

create index "{table}_by_owner"
on "{table}" (owner)
where owner is not null;

create index "{table}_by_purge_date"
on "{table}" (purge_date)
where purge_date is not null;

create trigger "{table}_moved_on"
after update of expires on "{table}"
when new.expires < old.purge_date
or old.purge_date < new.modification_date
or (old.purge_date is null and new.expires is not null)
begin
    update "{table}"
    set purge_date = new.expires
    where id = new.id;
end;

alter table "{table}_schema"
add column compatible_from integer;

insert into "{table}_schema" (version, compatible_from)
values (2, 2);

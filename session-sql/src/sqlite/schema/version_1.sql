create table if not exists "{table}_schema" (version integer not null) strict;

create table "{table}" (
    id integer primary key,
    key blob not null unique,
    data blob not null,
    creation_date integer not null,
    modification_date integer not null,
    expires integer,
    timeout integer,
    owner text,
    label text,
    version integer not null,
    moved_until integer,
    purge_date integer
) strict;

create index "{table}_by_owner"
on "{table}" (owner)
where owner is not null;

create index "{table}_by_purge_date"
on "{table}" (purge_date)
where purge_date is not null;

create table "{table}_moved" (
    previous_key blob primary key not null,
    session integer not null,
    until integer not null
) strict, without rowid;

create index "{table}_moved_by_session"
on "{table}_moved" (session);

create index "{table}_moved_by_until"
on "{table}_moved" (until);

create trigger "{table}_renamed"
after update of key on "{table}"
begin
    insert or replace into "{table}_moved" (previous_key, session, until)
    values (old.key, new.id, new.moved_until);
end;

create trigger "{table}_ended"
after delete on "{table}"
begin
    delete from "{table}_moved"
    where session = old.id;
end;

create trigger "{table}_replaced"
after update of moved_until on "{table}"
when new.moved_until is null and old.moved_until is not null
begin
    delete from "{table}_moved"
    where session = new.id;
end;

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

insert into "{table}_schema" (version)
values (1);

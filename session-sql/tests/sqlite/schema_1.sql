CREATE TABLE "cwsession" (
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
INSERT INTO "cwsession" VALUES(1,X'01010101010101010101010101010101010101010101010101010101010101010101',X'31',1700000000000,1700000000000,1700001200000,NULL,NULL,NULL,1,NULL,1700001200000);
INSERT INTO "cwsession" VALUES(2,X'02020202020202020202020202020202020202020202020202020202020202020202',X'00FF0A',1699991000000,1699999990000,1700005000000,77,'ada','phone',-1,NULL,1700005000000);
INSERT INTO "cwsession" VALUES(3,X'03030303030303030303030303030303030303030303030303030303030303030303',X'33',1700000000000,1700000000000,NULL,NULL,NULL,NULL,3,NULL,NULL);
INSERT INTO "cwsession" VALUES(4,X'04040404040404040404040404040404040404040404040404040404040404040404',X'34',1700000000000,1700000000000,1699996400000,NULL,NULL,NULL,4,NULL,1699996400000);
INSERT INTO "cwsession" VALUES(5,X'07070707070707070707070707070707070707070707070707070707070707070707',X'37',1700000000000,1700000000000,1700001200000,NULL,'ada',NULL,7,1700000091000,1700001200000);
INSERT INTO "cwsession" VALUES(6,X'0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B0B',X'3131',1700000000000,1700000000000,1700001200000,NULL,NULL,NULL,11,1699996461000,1700001200000);
INSERT INTO "cwsession" VALUES(7,X'0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A',X'3132',1700000000000,1700000000000,1700001200000,NULL,NULL,NULL,12,NULL,1700001200000);
INSERT INTO "cwsession" VALUES(8,X'0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C0C',X'3133',1700000000000,1700000010000,1700000600000,NULL,NULL,NULL,13,NULL,1700000060000);
CREATE TABLE "cwsession_moved" (
    previous_key blob primary key not null,
    session integer not null,
    until integer not null
) strict, without rowid;
INSERT INTO "cwsession_moved" VALUES(X'05050505050505050505050505050505050505050505050505050505050505050505',5,1700000061000);
INSERT INTO "cwsession_moved" VALUES(X'06060606060606060606060606060606060606060606060606060606060606060606',5,1700000091000);
INSERT INTO "cwsession_moved" VALUES(X'0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A0A',6,1699996461000);
CREATE TABLE "cwsession_schema" (version integer not null) strict;
INSERT INTO "cwsession_schema" VALUES(1);
CREATE INDEX "cwsession_by_owner"
on "cwsession" (owner)
where owner is not null;
CREATE INDEX "cwsession_by_purge_date"
on "cwsession" (purge_date)
where purge_date is not null;
CREATE INDEX "cwsession_moved_by_session"
on "cwsession_moved" (session);
CREATE INDEX "cwsession_moved_by_until"
on "cwsession_moved" (until);
CREATE TRIGGER "cwsession_renamed"
after update of key on "cwsession"
begin
    insert or replace into "cwsession_moved" (previous_key, session, until)
    values (old.key, new.id, new.moved_until);
end;
CREATE TRIGGER "cwsession_ended"
after delete on "cwsession"
begin
    delete from "cwsession_moved"
    where session = old.id;
end;
CREATE TRIGGER "cwsession_replaced"
after update of moved_until on "cwsession"
when new.moved_until is null and old.moved_until is not null
begin
    delete from "cwsession_moved"
    where session = new.id;
end;
CREATE TRIGGER "cwsession_moved_on"
after update of expires on "cwsession"
when new.expires < old.purge_date
or old.purge_date < new.modification_date
or (old.purge_date is null and new.expires is not null)
begin
    update "cwsession"
    set purge_date = new.expires
    where id = new.id;
end;

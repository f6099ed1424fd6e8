//! The list of all rules: id, name, what it needs, sentence, reason. Each is a function of its name in the file of its level.
//!
//! A level's list is a macro that is expanded twice: by its file into what a [`Suite`](crate::Suite) runs, and by
//! [`conformance!`](crate::conformance) into a test for each rule.

#[doc(hidden)]
#[macro_export]
macro_rules! __records {
    ($then:ident! $args:tt) => { $crate::$then! { $args
        "SES-L0-001" an_unknown_key_is_absent []
            "A key that was never used is absent."
            "Clause 4: whoever finds a record there has somebody else's session.";
        "SES-L0-002" a_record_comes_back_as_it_was_kept []
            "A record comes back with every field as it was kept."
            "Clause 3; stores that kept some of the fields lost the lifetimes of sessions (tower-sessions #174).";
        "SES-L0-003" a_payload_of_every_byte_comes_back []
            "A payload may hold every byte, whether it is text or not."
            "Clause 3: the serializer is the application's, and need not write UTF-8.";
        "SES-L0-004" an_empty_payload_comes_back_empty []
            "An empty payload comes back empty, and its record is there."
            "Clause 3: an empty payload is not an absent record.";
        "SES-L0-005" a_payload_of_a_mebibyte_comes_back_whole []
            "A payload of a mebibyte, or of the declared size if that is less, comes back whole."
            "Clause 3: columns that cut what is too long (MySQL without strict mode) lose sessions without a word.";
        "SES-L0-006" an_owner_comes_back_byte_for_byte []
            "An owner comes back byte for byte, whatever text it is."
            "Clause 3: an owner that was trimmed, folded or normalised is another user.";
        "SES-L0-007" a_label_comes_back_byte_for_byte []
            "A label comes back byte for byte, whatever text it is."
            "Clause 3: it is what a user tells devices apart by.";
        "SES-L0-008" an_empty_text_is_not_taken_for_none []
            "An owner and a label that are empty texts come back as empty texts."
            "Clause 3: databases that make null of an empty text sign the user out.";
        "SES-L0-009" a_timeout_comes_back []
            "A session's own timeout comes back, and so does its absence."
            "Promise P7; tower-sessions #174, where a lifetime of one's own was lost at the next write.";
        "SES-L0-010" times_come_back_to_the_millisecond []
            "The times of a record come back to the millisecond, also long ago and in the far future."
            "Clause 3: a store that rounds times ends sessions early or late.";
        "SES-L0-011" every_version_comes_back []
            "Each of the 64-bit versions comes back, also those that are negative as signed numbers."
            "Clause 7: a version that is rounded or cut is no version.";
        "SES-L0-012" keys_that_differ_in_one_bit_are_two_keys []
            "Keys that differ in one bit are two keys."
            "A store that folds case or cuts keys gives one user's session to another (case-insensitive collations).";
        "SES-L0-013" a_key_may_be_any_bytes []
            "A key may be any bytes, such as zeros, quotes and wildcards."
            "Keys are hashes; a store that builds a statement or a path of them must quote them.";
        "SES-L0-014" an_update_replaces_every_field []
            "An update replaces every field of the record."
            "Clause 3: a field that is left behind is somebody's old label, owner or timeout.";
        "SES-L0-015" an_update_can_take_optional_fields_away []
            "An update can take owner, label, timeout and deadline away."
            "Clause 3: an owner that cannot be taken away is still signed in.";
        "SES-L0-016" a_rename_replaces_every_field []
            "A rename replaces every field of the record."
            "Clause 3: a sign-in writes owner, creation and data together with the new key.";
        "SES-L0-017" a_write_is_seen_through_another_handle [second_handle]
            "What is written through one handle is read through another."
            "Clauses 2 and 17: a service has more than one process.";
        "SES-L0-018" a_change_is_seen_by_who_has_read_before [second_handle]
            "A handle that has read a record sees what another one has made of it since."
            "Clause 2: a cache in each process shows a session that another process has ended (axum_session).";
        "SES-L0-019" a_deleted_record_is_absent []
            "A record that was deleted is absent."
            "Promise P4; ASVS 5.0, 7.4.1: a sign-out ends the session in the store.";
        "SES-L0-020" deleting_what_is_not_there_is_no_error []
            "Deleting a key that is unknown, or was deleted before, is no error."
            "Clause 9: a sign-out can be sent twice.";
        "SES-L0-021" writes_to_one_session_leave_the_others []
            "Writing, touching, renaming and deleting one session leaves the others as they are."
            "Clause 1: a statement without its condition changes every session.";
        "SES-L0-022" the_store_prints_nothing_of_a_record []
            "The debug text of a store shows no payload, owner, label or key."
            "ASVS 5.0, 16.2.5: tokens and personal data do not belong in logs.";
        "SES-L0-023" a_payload_is_never_interpreted []
            "A payload comes back byte for byte, whatever text it looks like."
            "Clause 3: a store that parses a payload changes it (numbers, blanks, escapes).";
        "SES-L0-024" the_store_has_what_is_declared_and_nothing_else []
            "What is declared is there, and what is not declared is not."
            "A rule that is not played must not look as if it were kept.";
        "SES-L0-025" a_change_is_seen_by_who_has_written_before [second_handle]
            "A handle that has written a record sees what another one has made of it since."
            "Clause 2: a cache that writers fill shows a session that another process has ended.";
        "SES-L0-026" a_fresh_store_shares_nothing []
            "The store that a harness gives shares no record with another one that it gave."
            "Rules run side by side: what one does must not look like a fault of the store in another.";
        "SES-L0-027" a_payload_of_the_declared_size_comes_back_whole []
            "A payload of the declared size, or of 4 MiB if that is less, comes back whole from a create, an update and a rename."
            "Clause 22: the library relies on the declared sizes.";
        "SES-L0-028" an_owner_of_the_declared_size_comes_back_whole []
            "An owner of the declared size, or of 4 MiB if that is less, comes back whole from a create, an update and a rename."
            "Clause 22: an owner that is cut is another user.";
        "SES-L0-029" a_label_of_the_declared_size_comes_back_whole []
            "A label of the declared size, or of 4 MiB if that is less, comes back whole from a create, an update and a rename."
            "Clause 22: the library relies on the declared sizes.";
        "SES-L0-030" a_larger_value_is_kept_whole_or_refused []
            "A payload, owner or label of one byte more is kept whole, or the call fails and changes nothing."
            "Clause 22: columns that cut what is too long (MySQL without strict mode) lose sessions without a word.";
        "SES-L0-031" times_at_their_limits_come_back []
            "Times of beginning and use come back from both ends of 64 bits of milliseconds, and an expiry up to the last but one."
            "Clause 3: times are signed 64-bit numbers of milliseconds, and only an expiry of i64::MAX does not occur.";
    } };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __time {
    ($then:ident! $args:tt) => { $crate::$then! { $args
        "SES-L1-001" a_record_is_there_until_its_deadline []
            "A record is there until its deadline."
            "Clause 4: who is signed out early blames the site.";
        "SES-L1-002" a_record_is_absent_at_its_deadline []
            "A record is absent at its deadline, and from there on."
            "Clause 4; ASVS 5.0, 7.3.1; tower-sessions #82, where stores returned expired sessions.";
        "SES-L1-003" a_record_without_a_deadline_never_expires []
            "A record without a deadline never expires."
            "Clause 4: no deadline is not a deadline of zero.";
        "SES-L1-004" an_expired_record_cannot_be_updated []
            "An update of an expired record is gone, and the record stays absent."
            "Promise P4: an expired session is not revived by a late writer.";
        "SES-L1-005" an_expired_record_cannot_be_touched []
            "A touch of an expired record is gone, and the record stays absent."
            "Promise P4: an expired session is not revived by a late reader.";
        "SES-L1-006" an_expired_record_cannot_be_renamed []
            "A rename of an expired record is gone, and neither key is there."
            "Promise P4: an expired session is not revived by a late sign-in.";
        "SES-L1-007" an_expired_record_gives_way_to_a_new_one []
            "A key whose record has expired can be used for a new one."
            "Clause 4: what has expired is absent to every call, `create` too.";
        "SES-L1-008" a_touch_moves_the_deadline []
            "A touch moves the deadline to the one asked for, if that is later."
            "Clause 10; tower-sessions #74: sessions that are read stay alive.";
        "SES-L1-009" a_touch_never_shortens []
            "A touch to an earlier deadline leaves the later one."
            "Clause 10: a request that began earlier must not end a session sooner.";
        "SES-L1-010" a_touch_can_take_the_deadline_away []
            "A touch that asks for no deadline takes it away."
            "Clause 10: no deadline is the latest of all.";
        "SES-L1-011" a_touch_gives_no_deadline_to_what_has_none []
            "A touch gives no deadline to a record that has none."
            "Clause 10: no deadline is the latest of all.";
        "SES-L1-012" a_touch_keeps_everything_else []
            "A touch changes the deadline and the time of use, and nothing else."
            "Clause 10: a touch that writes payload or version makes writers lose, or undoes what they wrote.";
        "SES-L1-013" a_touch_moves_the_time_of_use []
            "A touch moves the time of use to its own time."
            "Clause 10: a list of devices says when each was last used (ASVS 5.0, 7.5.2).";
        "SES-L1-014" a_touch_never_moves_the_time_of_use_back []
            "A touch by a clock that is behind does not move the time of use back."
            "Clause 10: the clocks of two machines differ.";
        "SES-L1-015" touching_what_is_not_there_is_gone []
            "A touch of an unknown key is gone, and makes no record."
            "Clause 6: a touch never creates.";
        "SES-L1-016" an_update_can_shorten_the_deadline []
            "An update sets the deadline, also to an earlier one."
            "Promise P7: a session that is given a shorter timeout ends sooner.";
        "SES-L1-017" an_update_can_move_the_deadline []
            "An update sets the deadline, also to a later one."
            "Promise P7: every write moves the deadline.";
        "SES-L1-018" a_rename_sets_the_deadline []
            "A rename sets the deadline, to an earlier or a later one."
            "Promise P7: a sign-in begins the limits anew.";
        "SES-L1-019" deadlines_are_kept_to_the_millisecond [virtual_time]
            "Deadlines that differ by a millisecond are two deadlines."
            "Clause 4: a store that rounds deadlines shows expired sessions, or hides live ones.";
        "SES-L1-020" a_purge_removes_what_has_expired [purge]
            "A purge removes what has expired, and tells how much."
            "Clause 16: a table that only grows is an outage to come.";
        "SES-L1-021" a_purge_keeps_live_sessions [purge]
            "A purge keeps what has not expired."
            "Clause 16: nobody is signed out by house-keeping.";
        "SES-L1-022" a_purge_keeps_what_expires_at_its_date [purge]
            "A purge removes only what expired before its date, not what expires at it."
            "Clause 16: callers give a date with a grace for clocks that differ.";
        "SES-L1-023" a_purge_keeps_to_its_limit [purge]
            "A purge removes no more records than its limit."
            "Clause 16: an unbounded delete locks the table for everybody.";
        "SES-L1-024" purges_in_batches_come_to_an_end [purge]
            "Each purge removes as much as its limit allows until nothing is left, whatever was touched."
            "Clause 16: a run of purges ends at the first one that removes less than its limit.";
        "SES-L1-025" a_purge_keeps_what_was_touched [purge]
            "A purge keeps a session whose deadline has been moved by a touch."
            "Clause 16: an index by an old deadline must not decide.";
        "SES-L1-026" a_purge_removes_what_was_shortened [purge]
            "A purge removes a session whose deadline has been shortened by an update."
            "Clause 16: an index by an old deadline must not decide.";
        "SES-L1-027" a_purge_keeps_what_never_expires [purge]
            "A purge keeps sessions without a deadline."
            "Clause 16: no deadline is not a deadline of zero.";
        "SES-L1-028" a_purge_keeps_where_a_session_has_moved [purge virtual_time]
            "A purge keeps what is known of a renamed key for its minute."
            "Clause 8: the answer with the new cookie may still be on its way.";
        "SES-L1-029" a_record_can_be_used_until_its_deadline []
            "A record can be touched, updated and renamed until its deadline."
            "Clause 4: a session is there until its deadline, to every call.";
        "SES-L1-030" purges_remove_what_renames_leave_behind_in_batches [purge virtual_time]
            "What renames leave behind is purged after its minute, and counts toward the limit of a purge as records do."
            "Clause 16: remains that are never removed fill the store, and an unbounded delete locks it.";
        "SES-L1-031" an_expiry_before_1970_is_an_expiry [virtual_time]
            "A record with an expiry before 1970 is live until then, and absent from then on."
            "Clause 4: a store that uses zero or a negative number for never keeps such a session for ever.";
        "SES-L1-032" an_expiry_in_the_far_future_is_an_expiry [virtual_time]
            "A record with the latest expiry that occurs is live until then, and absent from then on."
            "Clause 4: only i64::MAX milliseconds may stand for never.";
        "SES-L1-033" a_purge_goes_by_the_expiry_of_a_rename_and_of_a_new_record [purge]
            "A purge goes by the expiry that a rename has set, and by that of a record that was made under the key of an expired one."
            "Clause 16: an index by an old expiry must not decide.";
        "SES-L1-034" a_purge_goes_by_an_expiry_that_was_taken_away_or_given [purge]
            "Purges keep a session whose expiry was taken away, however often they run, and remove one that has been given an expiry."
            "Clause 16: an index by an old expiry must not decide.";
        "SES-L1-035" purges_after_random_writes_remove_exactly_what_has_expired [purge virtual_time]
            "After random updates and touches, purges that are repeated until they find nothing remove exactly what has expired."
            "Clause 16: an index by an old expiry must not decide, after any number of writes.";
        "SES-L1-036" an_update_can_set_all_times_back []
            "An update sets creation, last use and expiry, also to earlier times, and loads follow."
            "Clause 6: a session that was written by a clock which was ahead would otherwise not time out before that clock's time.";
        "SES-L1-037" a_rename_can_set_all_times_back []
            "A rename sets creation, last use and expiry, also to earlier times, and loads follow."
            "Clause 6: a session that was written by a clock which was ahead would otherwise not time out before that clock's time.";
        "SES-L1-038" a_brief_touch_that_returns_done_is_done []
            "A brief touch that returns done has prolonged the record as a patient one does, and not every one fails."
            "Clauses 10 and 15: a brief touch may fail, but one that returns done and does nothing lets sessions in use time out.";
        "SES-L1-039" a_brief_touch_finds_no_session_that_is_not_there []
            "A brief touch of an unknown, renamed or expired key is gone, and changes nothing."
            "Clauses 6 and 15: a shorter limit changes nothing else.";
    } };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __comparison {
    ($then:ident! $args:tt) => { $crate::$then! { $args
        "SES-L2-001" a_live_key_is_taken []
            "A create under a key that has a live record is refused."
            "Clause 5; tower-sessions #180: a collision gave one user another one's session.";
        "SES-L2-002" a_refused_create_changes_nothing []
            "A create that is refused leaves the record that is there."
            "Clause 5; tower-sessions #188: a create that upserts replaces a session.";
        "SES-L2-003" a_create_that_finds_its_own_record_is_done []
            "A create that finds the very record it was to make is done."
            "Clause 13: the answer to the first one may have been lost.";
        "SES-L2-004" an_update_of_the_version_expected_is_done []
            "An update of the version expected is done, and can be followed by another."
            "Promise P5: the ordinary write.";
        "SES-L2-005" an_update_of_another_version_is_a_conflict []
            "An update of another version than the one expected is a conflict."
            "Promise P5: no update is lost (tower-sessions #35).";
        "SES-L2-006" a_conflict_hands_back_the_committed_record []
            "A conflict hands back the record that is kept, with every field."
            "Clause 7: the library replays its changes on it.";
        "SES-L2-007" a_conflict_changes_nothing []
            "An update that meets a conflict leaves the record as it is."
            "Promise P5: no update is lost.";
        "SES-L2-008" an_update_never_creates []
            "An update of an unknown key is gone, and makes no record."
            "Clause 6: upserts revive sessions that were ended (tower-sessions, poem, rocket_flex_session).";
        "SES-L2-009" an_update_does_not_revive_a_deleted_session []
            "An update of a deleted session is gone, and the session stays absent."
            "Promise P4: a late writer does not undo a sign-out.";
        "SES-L2-010" an_update_that_finds_its_own_version_is_done []
            "An update that is sent again, and finds its own version, is done."
            "Clause 13: the answer to the first one may have been lost.";
        "SES-L2-011" a_touch_does_not_revive_a_deleted_session []
            "A touch of a deleted session is gone, and the session stays absent."
            "Promise P4: a late reader does not undo a sign-out.";
        "SES-L2-012" a_touch_is_no_write_that_others_lose_to []
            "A touch leaves the version, so that who read the record before it can still write."
            "Clause 10: every reader would make every writer lose.";
        "SES-L2-013" versions_are_compared_and_not_ordered []
            "A version may be smaller or larger than the one before."
            "Versions are random; a store that orders them refuses half of all writes.";
        "SES-L2-014" a_version_is_not_good_for_a_session_made_anew []
            "A version of a deleted session is no version of one that was made under its key since."
            "The ABA problem: a counter that begins again lets an old writer through.";
        "SES-L2-015" a_rename_leaves_the_new_key []
            "After a rename the record is under the new key."
            "Promise P6: a sign-in moves the session.";
        "SES-L2-016" a_rename_ends_the_old_key []
            "After a rename the old key has no record, and says that it has moved."
            "Promise P6: who knew the old id knows nothing (session fixation; async-session leaves the old row).";
        "SES-L2-017" a_renamed_key_is_known_for_a_minute [virtual_time]
            "A renamed key is known to have moved for at least a minute."
            "Clause 8: the answer with the new cookie may still be on its way.";
        "SES-L2-018" a_moved_key_tells_the_owner_of_what_it_became []
            "A moved key tells the owner of what it became, as it is now."
            "Clause 8: a sign-in that lost a race learns by it whether the other one was its twin.";
        "SES-L2-019" a_key_that_moved_twice_is_still_known []
            "After two renames the first key still says that it has moved."
            "Clause 8: a sign-out with the oldest cookie must find the session.";
        "SES-L2-020" a_moved_key_is_absent_when_what_it_became_has_ended []
            "A moved key is absent when what it became was deleted."
            "Clause 8: it tells of a live session only.";
        "SES-L2-021" a_rename_of_another_version_is_a_conflict []
            "A rename of another version than the one expected is a conflict, and changes nothing."
            "Promise P5: a sign-in does not drop what a parallel request wrote.";
        "SES-L2-022" a_rename_never_creates []
            "A rename of an unknown key is gone, and makes no record."
            "Clause 6: a rename never creates.";
        "SES-L2-023" a_rename_does_not_revive_a_deleted_session []
            "A rename of a deleted session is gone, and neither key is there."
            "Promise P4: a late sign-in or renewal does not undo a sign-out.";
        "SES-L2-024" a_rename_that_finds_its_own_record_is_done []
            "A rename that is sent again, and finds its own record under the new key, is done."
            "Clause 13: the answer to the first one may have been lost.";
        "SES-L2-025" a_rename_never_replaces_another_session []
            "A rename to a key that another session has is not done, and both sessions stay."
            "Clause 5: nobody's session is replaced.";
        "SES-L2-026" an_update_does_not_follow_a_renamed_session []
            "An update under the old key of a renamed session is gone, and changes nothing."
            "Promise P6: who holds the old id writes nothing into the new session.";
        "SES-L2-027" a_touch_does_not_follow_a_renamed_session []
            "A touch under the old key of a renamed session is gone, and changes nothing."
            "Promise P6: who holds the old id does not keep the new session alive.";
        "SES-L2-028" a_rename_does_not_follow_a_renamed_session []
            "A rename of the old key of a renamed session is gone, and changes nothing."
            "Promise P6: who holds the old id cannot take the session along.";
        "SES-L2-029" a_key_that_has_moved_is_taken []
            "A create under a key that has moved is refused."
            "Clause 5: an old cookie must not name a new session.";
        "SES-L2-030" deleting_a_moved_key_ends_what_it_became []
            "Deleting a key that has moved ends what it became."
            "Promise P4: a sign-out ends the session even if a parallel request has just renewed it.";
        "SES-L2-031" deleting_the_oldest_key_ends_what_it_became []
            "Deleting the first of three keys of a session ends it."
            "Promise P4: however often it was renewed meanwhile.";
        "SES-L2-032" a_moved_key_is_absent_when_what_it_became_has_expired []
            "A moved key is absent when what it became has expired."
            "Clause 8: it tells of a live session only.";
        "SES-L2-033" an_update_that_is_replayed_late_changes_nothing []
            "An update that is sent again after others have written is a conflict, and changes nothing."
            "Clause 13: a write that timed out and arrives again must not count twice.";
        "SES-L2-034" a_rename_that_is_replayed_late_changes_nothing []
            "A rename that is sent again after others have written changes nothing."
            "Clause 13: a write that timed out and arrives again must not count twice.";
        "SES-L2-035" a_create_that_is_replayed_late_changes_nothing []
            "A create that is sent again after others have written is refused, and changes nothing."
            "Clause 13: a write that timed out and arrives again must not count twice.";
        "SES-L2-036" random_programs_agree_with_the_model [virtual_time]
            "Random programs of requests read, write and lose what the model of the protocol says."
            "Promises P4 to P8, as a browser meets them.";
        "SES-L2-037" a_session_made_anew_is_not_what_an_earlier_one_became []
            "A session that is made under the key of an expired one is not what an earlier key of that one became."
            "Clause 8: an old cookie must not name, or end, a session of somebody else.";
        "SES-L2-038" a_moved_key_is_known_whatever_the_deadlines_were [virtual_time]
            "A moved key is known for its minute, whatever the deadlines before and at the rename were."
            "Clause 8: remains that inherit a time to live are forgotten too soon.";
        "SES-L2-039" an_old_key_is_never_good_again [virtual_time]
            "A key that has moved has no record either when the move is forgotten or purged."
            "Promise P6: who knew the old id knows nothing, for ever.";
        "SES-L2-040" a_replay_takes_no_touch_back []
            "A write that is sent again leaves what a touch has made of its record."
            "Clauses 10 and 13: a replay that writes again undoes what came after.";
        "SES-L2-041" a_rename_replayed_after_the_end_revives_nothing []
            "A rename that is sent again after its session has ended leaves both keys absent."
            "Promise P4: a write that arrives late does not undo a sign-out.";
        "SES-L2-042" every_earlier_key_is_known []
            "Each of the first nine of ten keys of a session says that it has moved, and deleting the first ends the session."
            "Clauses 8 and 9: a session may be renewed often within a minute.";
        "SES-L2-043" an_update_with_the_same_payload_is_a_write []
            "An update that keeps the payload is a write like any other: its other fields and its version count."
            "Promise P5: a store that compares payloads loses owners and labels.";
        "SES-L2-044" a_moved_key_is_taken_for_a_minute [virtual_time]
            "A key that has moved is taken for its minute."
            "Clause 5: an old cookie must not name a new session.";
        "SES-L2-045" a_renamed_key_is_free_once_its_marker_has_expired [virtual_time]
            "A renamed key is absent 61 seconds after the rename, and can be used for a new session."
            "Clauses 5 and 8: an expired rename marker gives way to the new session.";
        "SES-L2-046" a_rename_to_a_renamed_key_is_not_done []
            "A rename to a renamed key, also to an earlier key of the session itself, is not done and changes nothing."
            "Clause 8: an old cookie must not name a session again.";
        "SES-L2-047" a_session_under_a_forgotten_key_is_one_of_its_own [virtual_time]
            "A session that is made under a forgotten key is one of its own: a delete leaves the session that had the key before, and after a rename the key reads as renamed to the new one."
            "Clauses 5 and 9: nobody ends another user's session.";
    } };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __concurrency {
    ($then:ident! $args:tt) => { $crate::$then! { $args
        "SES-L3-001" of_many_creates_of_one_key_one_is_kept []
            "Of many creates of one key at once one is done, and its record is kept."
            "Clause 5; a look and an insert that are two steps both succeed (axum_session, tower-sessions on PostgreSQL).";
        "SES-L3-002" of_many_updates_of_one_version_one_is_done []
            "Of many updates of one version at once one is done, and the others are told of it."
            "Promise P5: no update is lost.";
        "SES-L3-003" no_increment_is_lost []
            "200 increments by 8 tasks add up to 200."
            "Promise P5: no update is lost (tower-sessions #35).";
        "SES-L3-004" no_increment_is_lost_across_handles [second_handle]
            "200 increments by 8 tasks through two handles add up to 200."
            "Promise P5: a lock in each process is none between them.";
        "SES-L3-005" of_many_renames_of_one_session_one_is_done []
            "Of many renames of one session at once one is done, and one new key is there."
            "Promise P6: two sign-ins at once are not two sessions.";
        "SES-L3-006" a_session_under_rename_is_never_missing []
            "While a session is renamed again and again its last known key is there or has moved."
            "Clause 8: between an old row that is deleted and a new one that is inserted the user is signed out.";
        "SES-L3-007" a_session_under_rename_is_never_double []
            "Whoever has read a session under its new key finds nothing under the old one."
            "Promise P6: between a new row that is inserted and an old one that is deleted a stolen id is good.";
        "SES-L3-008" an_update_beside_a_delete_revives_nothing []
            "When an update and a delete come at once the session is gone in the end."
            "Promise P4: a sign-out wins (actix-session, poem, tower-sessions lose it).";
        "SES-L3-009" a_touch_beside_a_delete_revives_nothing []
            "When a touch and a delete come at once the session is gone in the end."
            "Promise P4: a sign-out wins.";
        "SES-L3-010" a_rename_beside_a_delete_leaves_nothing []
            "When a rename and a delete of the old key come at once neither key is there in the end."
            "Promise P4: a sign-out ends what a parallel request has just renewed.";
        "SES-L3-011" no_reader_sees_half_a_write []
            "A reader sees all of a write or nothing of it."
            "Clause 1: data of one user under the name of another.";
        "SES-L3-012" a_touch_beside_an_update_takes_nothing_back []
            "When touches and updates come at once every update that was done is kept."
            "Clause 10: a touch that reads and writes the record undoes what came between.";
        "SES-L3-013" a_purge_beside_a_touch_keeps_the_session [purge virtual_time]
            "When a purge and a touch come at once a session whose touch was done is kept."
            "Clause 16: a purge that looks first and deletes later ends live sessions.";
        "SES-L3-014" the_same_update_sent_twice_at_once_counts_once []
            "An update that is sent twice at once is done once, and others see one write."
            "Clause 13: networks duplicate.";
        "SES-L3-015" many_sessions_can_be_made_at_once []
            "Many sessions that are made at once are all there."
            "Clause 2: a busy minute loses nobody.";
        "SES-L3-016" histories_are_linearizable []
            "What tasks are answered at once could have been answered one after another."
            "Clauses 1 and 2, for all calls together.";
        "SES-L3-017" histories_across_handles_are_linearizable [second_handle]
            "What tasks are answered at once through two handles could have been answered one after another."
            "Clauses 1, 2 and 17, for all calls together.";
        "SES-L3-018" overlapping_requests_add_up []
            "Requests of one session at once add up, and what one of them ends stays ended."
            "Promises P4 and P5, as browsers meet them.";
        "SES-L3-019" a_create_beside_a_delete_is_never_refused []
            "A create that is sent again while its session is deleted is done each time: nobody else has the key."
            "Clauses 5 and 13: a look at what is in the way comes too late when it has just ended.";
        "SES-L3-020" a_log_out_with_an_old_key_beside_a_rename_ends_the_session []
            "When a delete of a key that has moved and another rename come at once no key is there in the end."
            "Promise P4: a sign-out ends the session however often parallel requests renew it.";
        "SES-L3-021" a_purge_beside_a_write_keeps_the_session [purge virtual_time]
            "When a purge and an update or a rename come at once a session whose write was done is kept."
            "Clause 16: a purge that looks first and deletes later ends live sessions.";
    } };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __owners {
    ($then:ident! $args:tt) => {
        $crate::$then! { $args
            "SES-L4-001" a_list_has_every_live_session [owners]
                "An owner's list has every live session of the owner."
                "Clause 11; ASVS 5.0, 7.5.2: users see their sessions.";
            "SES-L4-002" a_list_tells_what_the_record_says [owners]
                "A list tells creation, last use and label of each session as the record does."
                "Clause 11: a user tells devices apart by them.";
            "SES-L4-003" an_owner_without_sessions_has_an_empty_list [owners]
                "An owner without sessions has an empty list."
                "Clause 11: it is no error to have none.";
            "SES-L4-004" a_list_has_no_session_of_another_owner [owners]
                "A list has no session of an owner whose text is similar."
                "Clause 11: folded case, trimmed blanks, prefixes and wildcards are other users.";
            "SES-L4-005" a_list_has_no_expired_session [owners]
                "A list has no session that has expired."
                "Clause 11: a list of dead sessions frightens users.";
            "SES-L4-006" a_list_has_no_deleted_session [owners]
                "A list has no session that was deleted, under its own or an earlier key."
                "Clause 11: an index that is kept apart keeps what the sign-out has ended.";
            "SES-L4-007" a_renamed_session_is_listed_once [owners]
                "A renamed session is listed once, under its new key."
                "Clause 11: an index by key must follow a rename.";
            "SES-L4-008" a_session_that_gets_an_owner_is_listed [owners]
                "A session that gets an owner by an update is listed."
                "Clause 11: an index that is written at creation alone misses it.";
            "SES-L4-009" a_session_that_changes_its_owner_changes_lists [owners]
                "A session that changes its owner leaves one list and joins the other."
                "Clause 11: the one before must neither see nor end it.";
            "SES-L4-010" a_session_that_loses_its_owner_leaves_the_list [owners]
                "A session that loses its owner leaves the list."
                "Clause 11: the one before must neither see nor end it.";
            "SES-L4-011" a_session_that_is_signed_in_by_a_rename_is_listed [owners]
                "A session that gets its owner by a rename is listed, under its new key."
                "Promise P8: that is how every sign-in over an earlier session is written.";
            "SES-L4-012" a_touched_session_stays_listed [owners]
                "A session that is touched is listed beyond its first deadline, until its new one."
                "Clause 11: an index with deadlines of its own must follow a touch.";
            "SES-L4-013" a_touch_shows_in_the_list [owners]
                "The last use in a list is that of the last touch."
                "ASVS 5.0, 7.5.2: a user sees which session is in use.";
            "SES-L4-014" a_revocation_ends_every_session_of_the_owner [owners]
                "A revocation ends every session of the owner."
                "Promise P8; ASVS 5.0, 7.4.2.";
            "SES-L4-015" a_revocation_tells_how_many_it_ended [owners]
                "A revocation answers how many sessions it ended."
                "Promise P8: the page says it.";
            "SES-L4-016" a_revocation_leaves_other_owners [owners]
                "A revocation leaves the sessions of other owners, and those of none."
                "Promise P8: nobody else is signed out.";
            "SES-L4-017" a_revocation_leaves_the_one_excepted [owners]
                "A revocation leaves the session that is excepted."
                "ASVS 5.0, 7.4.3: end the other sessions after a change of password.";
            "SES-L4-018" a_revocation_leaves_what_the_excepted_one_has_become [owners]
                "A revocation leaves what the excepted session was renamed to."
                "Clause 12: the request that revokes may have been overtaken by a renewal.";
            "SES-L4-019" revoking_an_owner_without_sessions_ends_none [owners]
                "Revoking an owner without sessions ends none, and is no error."
                "Promise P8: it can be asked for twice.";
            "SES-L4-020" a_late_writer_does_not_revive_a_revoked_session [owners]
                "No update, touch or rename brings a revoked session back."
                "Promise P4: revoked is revoked.";
            "SES-L4-021" a_revocation_ends_what_a_session_became [owners]
                "After a revocation a key that had moved is absent."
                "Clause 12: no key of the session is good for anything.";
            "SES-L4-022" a_revocation_beside_renames_leaves_nothing [owners]
                "A revocation ends a session that is being renamed at the same time."
                "Clause 12: between a list of keys and their deletion a session moves away.";
            "SES-L4-023" a_revocation_beside_creates_leaves_none_that_was_there [owners]
                "A revocation ends all that was there when it began, whatever is made meanwhile."
                "Clause 12: what is made later may stay, and must then be listed.";
            "SES-L4-024" a_list_beside_renames_shows_the_session_once [owners]
                "A list that is read while a session is renamed shows it once."
                "Clauses 1 and 11: a rename is one step for a list, too.";
            "SES-L4-025" a_purged_session_leaves_the_list [owners purge]
                "A session that was purged leaves nothing behind that could be listed or revoked."
                "Clause 11: an index that is kept apart must be purged too.";
            "SES-L4-026" lists_are_the_same_through_another_handle [owners second_handle]
                "Lists and revocations through one handle are of what another has written."
                "Clauses 2 and 17: an index in each process is none.";
            "SES-L4-027" an_owner_may_be_any_text [owners]
                "An owner may be any text: its sessions, and no others, are listed and revoked."
                "Clause 3: quotes, wildcards and letters of all scripts.";
            "SES-L4-028" many_sessions_of_one_owner_are_listed_and_revoked [owners]
                "A thousand sessions of one owner are all listed, and all revoked."
                "Clauses 11 and 12: a page size, a cursor or a limit on arguments must not cut them.";
        "SES-L4-029" a_revocation_beside_writes_leaves_nothing [owners]
            "A revocation ends sessions that are being updated or touched at the same time."
            "Clause 12: a revocation that compares versions, or that a writer undoes, leaves a thief signed in.";
        "SES-L4-030" a_revocation_beside_renames_leaves_the_one_excepted [owners]
            "A revocation leaves the session that is excepted while that is being renamed."
            "Clause 12: the request that revokes may be overtaken by a renewal of its own session.";
        "SES-L4-031" a_refused_write_leaves_the_lists [owners]
            "A create, an update or a rename that is refused leaves the lists as they are."
            "Clause 11: an index that is written before the record is compared gives a session to another user.";
        "SES-L4-032" a_key_used_anew_is_not_of_its_former_owner [owners]
            "A session that is made under the key of an expired one is not of that one's owner."
            "Clause 11: what an index remembers of a key must go with its session.";
        "SES-L4-033" a_former_owner_ends_nothing [owners]
            "A revocation of a former owner leaves the session that has another owner now."
            "Clause 12: nobody ends another user's session.";
        "SES-L4-034" a_revocation_is_seen_by_who_has_read_before [owners second_handle]
            "A handle that has read a session sees that another one has revoked it."
            "Clauses 2 and 12: a cache in each process keeps a thief signed in.";
        "SES-L4-035" a_revocation_ends_sessions_whatever_their_deadline [owners]
            "A revocation ends sessions without a deadline, and those whose deadline has moved."
            "Clause 12: an index with deadlines of its own must follow touches and updates.";
        "SES-L4-036" the_deadlines_of_a_list_are_those_of_the_records [owners]
            "A session is listed until the deadline that its last update or rename has set."
            "Clause 11: an index with deadlines of its own must follow writes.";
        "SES-L4-037" a_dropped_write_leaves_no_session_unlisted [owners]
            "A write that is dropped leaves no session that its owner can neither see nor end."
            "Clause 14: an index that is written after the record can be left behind.";
        "SES-L4-038" a_page_holds_no_more_than_its_limit [owners]
            "A page of a list holds at most its limit of sessions, and at most one if the limit is 0."
            "Clause 23: a page of everything fills the memory of whoever asked for ten.";
        "SES-L4-039" pages_lead_on_while_a_session_is_left [owners]
            "Each page leads to the next one while a session is left, also if one full page is left, and the last page ends the list."
            "Clause 23: a session on a page that nobody reads is never signed out, and a list without an end hangs.";
        "SES-L4-040" pages_beside_renames_miss_no_session [owners]
            "The pages of a list have every session, also if sessions are renamed between two pages."
            "Clause 23: a list in the order of keys misses a session that is renewed meanwhile.";
        "SES-L4-041" pages_beside_writes_miss_no_session [owners]
            "The pages of a list have every session, also if sessions are updated and touched between two pages."
            "Clause 23: a list in the order of the last use misses a session that is used meanwhile.";
        "SES-L4-042" pages_beside_deletes_miss_no_session [owners]
            "The pages of a list have every session that stays, also if others are deleted and made between two pages."
            "Clause 23: a list by offset misses as many sessions as were deleted.";
        "SES-L4-043" a_page_has_no_expired_session [owners]
            "No page of a list has a session that has expired, also if it expired after the first page."
            "Clause 11: a list of dead sessions frightens users.";
        "SES-L4-044" pages_beside_racing_renames_miss_no_session [owners]
            "The pages of a list have every session while all of them are renamed again and again."
            "Clause 23: a rename of two steps moves the session out of the reader's way.";
        "SES-L4-045" a_revocation_counts_live_sessions_and_at_most_expired_ones_too [owners]
            "A revocation deletes live and expired sessions, and counts all live ones and at most the expired ones besides."
            "Clause 12: a session that has expired by one clock is live by another.";
        "SES-L4-046" a_list_follows_times_that_were_set_back [owners]
            "A list shows the times that an update or a rename has set, also earlier ones, and ends with the earlier expiry."
            "Clause 11: a session that was written by a clock which was ahead would otherwise stay listed until that clock's time.";
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __faults {
    ($then:ident! $args:tt) => { $crate::$then! { $args
        "SES-L5-001" a_dropped_create_has_done_all_or_nothing []
            "A create that is dropped has kept the whole record, or nothing."
            "Clause 14: clients hang up.";
        "SES-L5-002" a_dropped_update_has_done_all_or_nothing []
            "An update that is dropped has replaced the whole record, or nothing."
            "Clause 14: clients hang up.";
        "SES-L5-003" a_dropped_rename_has_done_all_or_nothing []
            "After a rename that is dropped exactly one of the two keys has the record."
            "Clause 14: a renewal of two steps signs out, or leaves the old id good (tower-sessions deletes first).";
        "SES-L5-004" a_dropped_touch_has_done_all_or_nothing []
            "A touch that is dropped leaves the record as it was, or touched."
            "Clause 14: clients hang up.";
        "SES-L5-005" a_dropped_delete_has_done_all_or_nothing [owners]
            "A delete that is dropped leaves the session whole, or gone from its key and from the list."
            "Clause 14: clients hang up.";
        "SES-L5-006" a_dropped_revocation_has_done_all_or_nothing [owners]
            "A revocation that is dropped has ended all sessions of the owner, or none."
            "Clause 14: clients hang up.";
        "SES-L5-007" dropped_calls_use_nothing_up []
            "After hundreds of dropped calls every call is answered as before."
            "Clause 14: a connection or a permit that is not given back is an outage to come.";
        "SES-L5-008" histories_with_dropped_calls_are_linearizable []
            "What tasks are answered while calls are dropped could have been answered one after another."
            "Clauses 1, 2 and 14, for all calls together.";
        "SES-L5-009" many_calls_at_once_all_end []
            "Hundreds of calls at once all end, with an answer, within the store's deadline."
            "Clause 15: a pool that is exhausted must not hang (tower-sessions #84).";
        "SES-L5-010" an_outage_is_an_error_and_not_an_answer [outages]
            "While the records cannot be reached every call is an error, of the kind `Unavailable`."
            "Promise P9: an outage is never silent (axum_session answers with a blank session).";
        "SES-L5-011" an_outage_ends_each_call_in_time [outages]
            "While the records cannot be reached every call ends within the store's deadline."
            "Clause 15: a request that hangs takes the service along.";
        "SES-L5-012" an_error_names_the_store_and_nothing_of_a_record [outages]
            "An error names its store, and shows no payload, owner, label or key."
            "ASVS 5.0, 16.2.5: errors are logged.";
        "SES-L5-013" the_same_handle_works_after_an_outage [outages]
            "After an outage the same handle reads and writes again."
            "Clause 15: a restart of the database is not one of the service (poem #74).";
        "SES-L5-014" what_was_kept_before_an_outage_is_there_after_it [outages]
            "After an outage records, moved keys and lists are as they were before it."
            "Clause 2: what was acknowledged stays.";
        "SES-L5-015" a_restart_keeps_every_record [restarts]
            "What was kept before the database was started anew is there after it."
            "Clause 2: what was acknowledged stays.";
        "SES-L5-016" a_restart_keeps_where_sessions_have_moved [restarts]
            "Where sessions have moved is known after the database was started anew."
            "Promise P4: a sign-out with an old cookie still ends the session.";
        "SES-L5-017" a_restart_keeps_the_lists_of_owners [owners restarts]
            "Lists and revocations work on what was kept before the database was started anew."
            "Clauses 11 and 12: an index in memory is lost.";
        "SES-L5-018" a_dropped_rename_leaves_the_session_listed_once [owners]
            "After a rename that is dropped the owner's list has the session once, under the key that has the record."
            "Clauses 11 and 14: a list of keys without a session frightens users.";
    } };
}

//! The faults that a broken store can have, each with the rule that was written for it.

macro_rules! flaws {
    ($($flaw:ident $name:literal $rule:literal $what:literal)*) => {
        /// One fault that a real store has had, or could have by one slip.
        ///
        /// ```
        /// use session_testkit::Flaw;
        ///
        /// assert_eq!(Flaw::UpdateRevives.name(), "update-revives");
        /// assert_eq!(Flaw::UpdateRevives.rule(), "SES-L2-009");
        /// assert!(Flaw::UpdateRevives.victim().contains("rack"));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Flaw {
            $(#[doc = $what] $flaw,)*
        }

        impl Flaw {
            /// All of them, in the order of the rules.
            pub const ALL: &'static [Self] = &[$(Self::$flaw),*];

            /// The flaw in a word: `update-revives`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$flaw => $name,)* }
            }

            /// The flaw in a sentence.
            #[must_use]
            pub const fn what(self) -> &'static str {
                match self { $(Self::$flaw => $what,)* }
            }

            /// The id of the rule that was written for it. Others may catch it too.
            #[must_use]
            pub const fn rule(self) -> &'static str {
                match self { $(Self::$flaw => $rule,)* }
            }
        }
    };
}

flaws! {
    // Records kept byte for byte.
    AdoptsUnknownKeys "adopts-unknown-keys" "SES-L0-001"
        "A load of an unknown key finds an empty session, which is kept from then on."
    MixesUpTimes "mixes-up-times" "SES-L0-002"
        "The time of the last use comes back as that of the beginning."
    CutsPayloadsAtNul "cuts-payloads-at-nul" "SES-L0-003"
        "A payload ends at its first zero byte."
    DecodesPayloads "decodes-payloads" "SES-L0-003"
        "A payload is kept as text, and what is no UTF-8 in it is replaced."
    TakesEmptyForNothing "takes-empty-for-nothing" "SES-L0-004"
        "A record with an empty payload reads as absent."
    CutsLongPayloads "cuts-long-payloads" "SES-L0-005"
        "A payload ends after 65535 bytes."
    TrimsOwners "trims-owners" "SES-L0-006"
        "Blanks around an owner are lost."
    CutsLabelsAtEmoji "cuts-labels-at-emoji" "SES-L0-007"
        "A label ends before its first character of four bytes."
    TakesEmptyTextForNone "takes-empty-text-for-none" "SES-L0-008"
        "An empty owner or label comes back as none."
    ForgetsTimeouts "forgets-timeouts" "SES-L0-009"
        "A session's own idle limit is not kept."
    RoundsTimes "rounds-times" "SES-L0-010"
        "Times of beginning and use are kept in whole seconds."
    RoundsVersions "rounds-versions" "SES-L0-011"
        "Versions go through a float, which holds 53 of their 64 bits."
    FoldsKeys "folds-keys" "SES-L0-012"
        "Keys that differ in the case of a letter are one key."
    CutsKeysAtNul "cuts-keys-at-nul" "SES-L0-013"
        "A key ends at its first zero byte."
    UpdatesThePayloadAlone "updates-the-payload-alone" "SES-L0-014"
        "An update writes payload, times and version, but no owner, label or timeout."
    CannotTakeFieldsAway "cannot-take-fields-away" "SES-L0-015"
        "An update with no owner, label or timeout leaves the former one."
    RenamesLoseTheOwner "renames-lose-the-owner" "SES-L0-016"
        "A renamed session has no owner."
    WritesBehind "writes-behind" "SES-L0-017"
        "A new record is written with the handle's next call; other handles do not see it before."
    CachesPerHandle "caches-per-handle" "SES-L0-018"
        "A handle keeps what it has read, and does not see what another handle changes."
    DeletesNothing "deletes-nothing" "SES-L0-019"
        "A delete is answered and not done."
    DeleteFailsOnAbsent "delete-fails-on-absent" "SES-L0-020"
        "To delete what is not there is an error."
    DeletesNeighbours "deletes-neighbours" "SES-L0-021"
        "A delete takes along every session whose key begins with the same bytes."
    PrintsRecords "prints-records" "SES-L0-022"
        "The store's `Debug` shows keys, owners and payloads."
    InterpretsPayloads "interprets-payloads" "SES-L0-023"
        "A payload that reads `null` comes back empty, and one in quotes without them."
    HidesItsIndex "hides-its-index" "SES-L0-024"
        "The store has an index of owners, and says that it has none."
    CachesWhatItWrites "caches-what-it-writes" "SES-L0-025"
        "A handle keeps what it has written, and does not see what another handle changes."

    // Time.
    RoundsTheClockUp "rounds-the-clock-up" "SES-L1-001"
        "The clock is read in whole seconds, rounded up: a session ends up to a second before its deadline."
    IgnoresDeadlines "ignores-deadlines" "SES-L1-002"
        "A record that has expired is still found."
    OneTickLate "one-tick-late" "SES-L1-002"
        "A record is still found at its deadline."
    EndsTheEndless "ends-the-endless" "SES-L1-003"
        "A record without a deadline ends two weeks after it began."
    UpdatesTheExpired "updates-the-expired" "SES-L1-004"
        "An update brings an expired session back."
    TouchesTheExpired "touches-the-expired" "SES-L1-005"
        "A touch brings an expired session back."
    RenamesTheExpired "renames-the-expired" "SES-L1-006"
        "A rename brings an expired session back."
    ExpiredKeysStayTaken "expired-keys-stay-taken" "SES-L1-007"
        "An expired record that was not purged yet keeps its key taken."
    TouchLeavesTheDeadline "touch-leaves-the-deadline" "SES-L1-008"
        "A touch does not move the deadline."
    TouchShortens "touch-shortens" "SES-L1-009"
        "A touch sets the deadline asked for, though it is the earlier one."
    TouchKeepsADeadline "touch-keeps-a-deadline" "SES-L1-010"
        "A touch without a deadline leaves the former one."
    TouchGivesADeadline "touch-gives-a-deadline" "SES-L1-011"
        "A touch gives a deadline to a session that never expires."
    TouchDropsThePayload "touch-drops-the-payload" "SES-L1-012"
        "A touch writes the whole record, without a payload."
    TouchLeavesUsed "touch-leaves-used" "SES-L1-013"
        "A touch does not move the time of use."
    TouchMovesUsedBack "touch-moves-used-back" "SES-L1-014"
        "A touch from a clock that is behind moves the time of use back."
    TouchCreates "touch-creates" "SES-L1-015"
        "A touch of an unknown key makes a session."
    UpdateNeverShortens "update-never-shortens" "SES-L1-016"
        "An update with an earlier deadline leaves the later one."
    UpdateLeavesTheDeadline "update-leaves-the-deadline" "SES-L1-017"
        "An update does not move the deadline."
    RenameLeavesTheDeadline "rename-leaves-the-deadline" "SES-L1-018"
        "A rename does not move the deadline."
    RoundsDeadlines "rounds-deadlines" "SES-L1-019"
        "Deadlines are kept in whole seconds."
    PurgesNothing "purges-nothing" "SES-L1-020"
        "A purge is answered and not done."
    PurgesTheLive "purges-the-live" "SES-L1-021"
        "A purge reads its date in another time zone, and removes what would have lived two hours more."
    PurgesTheDateItself "purges-the-date-itself" "SES-L1-022"
        "A purge removes what expires at its date, not only what expired before."
    PurgesWithoutLimit "purges-without-limit" "SES-L1-023"
        "A purge removes everything at once, whatever its limit."
    PurgeCountsForEver "purge-counts-for-ever" "SES-L1-024"
        "A purge says that it removed one when there was nothing to remove."
    PurgeForgetsTouches "purge-forgets-touches" "SES-L1-025"
        "A purge goes by the deadline that was written last, and not by the one that a touch set."
    PurgeForgetsShortening "purge-forgets-shortening" "SES-L1-026"
        "A purge goes by the latest deadline that a session ever had."
    PurgesTheEndless "purges-the-endless" "SES-L1-027"
        "A purge takes no deadline for the earliest of all."
    PurgesMovedKeys "purges-moved-keys" "SES-L1-028"
        "A purge forgets where sessions have moved, though it was just now."
    EndsASecondEarly "ends-a-second-early" "SES-L1-029"
        "In the last second of a session no write finds it."
    PurgesAllRemains "purges-all-remains" "SES-L1-030"
        "A purge removes all that renames have left behind at once, whatever its limit."

    // Compare-and-set.
    CreateReplaces "create-replaces" "SES-L2-001"
        "To create is to write, whoever has the key."
    RefusedCreateWrites "refused-create-writes" "SES-L2-002"
        "A create that finds its key taken sets the deadline of the session that has it."
    CreateConflictsWithItself "create-conflicts-with-itself" "SES-L2-003"
        "A create that arrives twice is refused the second time."
    UpdateKeepsTheVersion "update-keeps-the-version" "SES-L2-004"
        "An update leaves the version that it expected: the next one is refused."
    IgnoresVersions "ignores-versions" "SES-L2-005"
        "The last update wins, whatever version it expected."
    ConflictShowsTheLoser "conflict-shows-the-loser" "SES-L2-006"
        "A conflict hands back the record that lost."
    ConflictWritesAnyway "conflict-writes-anyway" "SES-L2-007"
        "An update that is answered with a conflict is written all the same."
    UpdateCreates "update-creates" "SES-L2-008"
        "An update of an unknown key makes a session."
    UpdateRevives "update-revives" "SES-L2-009"
        "An update brings a deleted session back."
    UpdateConflictsWithItself "update-conflicts-with-itself" "SES-L2-010"
        "An update that arrives twice loses to itself."
    TouchRevives "touch-revives" "SES-L2-011"
        "A touch brings a deleted session back."
    TouchChangesTheVersion "touch-changes-the-version" "SES-L2-012"
        "A touch is a write that the next update loses to."
    OrdersVersions "orders-versions" "SES-L2-013"
        "An update is done if its own version is the greater one."
    CountsVersions "counts-versions" "SES-L2-014"
        "What is compared is a count of writes, which begins anew with a session that is made anew."
    RenameKeepsNeither "rename-keeps-neither" "SES-L2-015"
        "A rename ends the old key and does not make the new one."
    RenameKeepsBoth "rename-keeps-both" "SES-L2-016"
        "A rename makes the new key and leaves the old one in use."
    ForgetsMovedKeys "forgets-moved-keys" "SES-L2-016"
        "Nothing tells that a key was renamed."
    ForgetsMovedKeysTooSoon "forgets-moved-keys-too-soon" "SES-L2-017"
        "That a key was renamed is forgotten after half a minute."
    HidesTheOwnerOfTheMoved "hides-the-owner-of-the-moved" "SES-L2-018"
        "A key that was renamed does not tell the owner of what it became."
    ForgetsOlderKeys "forgets-older-keys" "SES-L2-019"
        "A second rename makes the store forget the key before."
    MovedOutlivesTheEnd "moved-outlives-the-end" "SES-L2-020"
        "A key reads as renamed though what it became was deleted."
    RenameIgnoresVersions "rename-ignores-versions" "SES-L2-021"
        "A rename is done whatever version it expected."
    RenameCreates "rename-creates" "SES-L2-022"
        "A rename of an unknown key makes a session."
    RenameRevives "rename-revives" "SES-L2-023"
        "A rename brings a deleted session back."
    RenameFailsItsReplay "rename-fails-its-replay" "SES-L2-024"
        "A rename that arrives twice is an error the second time."
    RenameReplaces "rename-replaces" "SES-L2-025"
        "A rename overwrites whatever session has the new key."
    UpdateFollowsTheMoved "update-follows-the-moved" "SES-L2-026"
        "An update under an old key reaches the renamed session."
    TouchFollowsTheMoved "touch-follows-the-moved" "SES-L2-027"
        "A touch under an old key reaches the renamed session."
    RenameFollowsTheMoved "rename-follows-the-moved" "SES-L2-028"
        "A rename of an old key renames the session again."
    CreateTakesMovedKeys "create-takes-moved-keys" "SES-L2-029"
        "A key that was just renamed is free for another session."
    DeleteLeavesTheMoved "delete-leaves-the-moved" "SES-L2-030"
        "A delete with a key that was renamed leaves what it became."
    DeleteGoesOneStep "delete-goes-one-step" "SES-L2-031"
        "A delete finds what its key became after one rename, and not after two."
    MovedOutlivesTheDeadline "moved-outlives-the-deadline" "SES-L2-032"
        "A key reads as renamed though what it became has expired."
    AppliesLateUpdates "applies-late-updates" "SES-L2-033"
        "An update that arrives again after others is applied again."
    AppliesLateRenames "applies-late-renames" "SES-L2-034"
        "A rename that arrives again after others is applied again."
    AppliesLateCreates "applies-late-creates" "SES-L2-035"
        "A create that arrives again after others is applied again."
    MovedLeadsToAnother "moved-leads-to-another" "SES-L2-037"
        "A key that was renamed leads to whatever session has the new key later."
    MovedEndsWithTheOld "moved-ends-with-the-old" "SES-L2-038"
        "That a key was renamed is forgotten when its record would have expired."
    MovedEndsWithTheNew "moved-ends-with-the-new" "SES-L2-038"
        "That a key was renamed is forgotten at the deadline that the rename set, though a touch has moved it since."
    OldKeysComeBack "old-keys-come-back" "SES-L2-039"
        "A rename leaves the old record behind the note that it moved: a minute later the old key is good again."
    CreateUndoesTouches "create-undoes-touches" "SES-L2-040"
        "A create that arrives twice takes back what a touch has set in between."
    UpdateUndoesTouches "update-undoes-touches" "SES-L2-040"
        "An update that arrives twice takes back what a touch has set in between."
    RenameUndoesTouches "rename-undoes-touches" "SES-L2-040"
        "A rename that arrives twice takes back what a touch has set in between."
    RenameReplayRevives "rename-replay-revives" "SES-L2-041"
        "A rename that arrives again after its session was deleted makes the new key anew."
    KnowsThreeOldKeys "knows-three-old-keys" "SES-L2-042"
        "The store remembers three earlier keys of a session, and no more."
    SkipsEqualPayloads "skips-equal-payloads" "SES-L2-043"
        "An update whose payload is what is kept is answered and not done."
    CreateTakesMovedKeysTooSoon "create-takes-moved-keys-too-soon" "SES-L2-044"
        "A key that was renamed is free for another session after half a minute."

    // Concurrency.
    ReadsThenCreates "reads-then-creates" "SES-L3-001"
        "Create looks whether the key is free, then writes."
    ReadsThenUpdates "reads-then-updates" "SES-L3-002"
        "Update compares the version, then writes."
    AppliesUpdatesTwice "applies-updates-twice" "SES-L3-003"
        "The driver sends an update again, though the first was applied."
    LocksPerHandle "locks-per-handle" "SES-L3-004"
        "Updates take turns in one handle, and not between handles."
    ReadsThenRenames "reads-then-renames" "SES-L3-005"
        "Rename compares the version, then writes."
    RenameDeletesFirst "rename-deletes-first" "SES-L3-006"
        "Rename ends the old key before it makes the new one: for a moment there is no session."
    RenameCreatesFirst "rename-creates-first" "SES-L3-007"
        "Rename makes the new key before it ends the old one: for a moment both are in use."
    UpdateRacesDelete "update-races-delete" "SES-L3-008"
        "An update that overlaps a delete writes the session back."
    TouchRacesDelete "touch-races-delete" "SES-L3-009"
        "A touch that overlaps a delete writes the session back."
    RenameRacesDelete "rename-races-delete" "SES-L3-010"
        "A rename that overlaps a delete makes the new key all the same."
    WritesInHalves "writes-in-halves" "SES-L3-011"
        "An update writes the payload, then the rest."
    TouchTakesWritesBack "touch-takes-writes-back" "SES-L3-012"
        "A touch reads the record and writes it back, over whatever came in between."
    PurgeRacesTouch "purge-races-touch" "SES-L3-013"
        "A purge looks for what has expired, then removes it, though it was touched in between."
    TakesItsTwinForARival "takes-its-twin-for-a-rival" "SES-L3-014"
        "Of an update that is sent twice at once the second reports a conflict with the first."
    PutsOutTheOldest "puts-out-the-oldest" "SES-L3-015"
        "A store that is full puts out the session that was used longest ago."
    ReadsFromAReplica "reads-from-a-replica" "SES-L3-016"
        "Loads are answered by a copy that is one load behind."

    // Owners.
    ListsOneOfAnOwner "lists-one-of-an-owner" "SES-L4-001"
        "The index holds one session of each owner."
    ListForgetsLabels "list-forgets-labels" "SES-L4-002"
        "A list shows no labels."
    ListFailsOnNobody "list-fails-on-nobody" "SES-L4-003"
        "To list an owner without sessions is an error."
    FoldsOwners "folds-owners" "SES-L4-004"
        "Owners that differ in the case of a letter are one owner."
    ListMatchesPatterns "list-matches-patterns" "SES-L4-004"
        "A percent sign or an underscore in an owner matches the sessions of others."
    ListsTheExpired "lists-the-expired" "SES-L4-005"
        "A list shows sessions that have expired."
    ListsTheDeleted "lists-the-deleted" "SES-L4-006"
        "A list shows sessions that were deleted."
    ListsTheRenamedTwice "lists-the-renamed-twice" "SES-L4-007"
        "A list shows a renamed session under its old key too."
    ListMissesUpdates "list-misses-updates" "SES-L4-008"
        "A session that gets its owner by an update is not listed."
    ListKeepsFormerOwners "list-keeps-former-owners" "SES-L4-009"
        "A session that changes its owner stays in the former one's list."
    ListKeepsTheSignedOut "list-keeps-the-signed-out" "SES-L4-010"
        "A session that loses its owner stays in the list."
    ListMissesRenames "list-misses-renames" "SES-L4-011"
        "A session that gets its owner by a rename is not listed."
    TouchUnlists "touch-unlists" "SES-L4-012"
        "A touch does not move the deadline in the index: the session leaves the list before it ends."
    ListForgetsTouches "list-forgets-touches" "SES-L4-013"
        "A list shows when a session was last written, and not when it was touched."
    RevokesTheFirst "revokes-the-first" "SES-L4-014"
        "A revocation ends one session and leaves the rest."
    RevokeCountsOne "revoke-counts-one" "SES-L4-015"
        "A revocation tells whether it ended any, as 0 or 1."
    RevokesByPrefix "revokes-by-prefix" "SES-L4-016"
        "A revocation ends the sessions of every owner whose name begins alike."
    RevokesTheExcepted "revokes-the-excepted" "SES-L4-017"
        "A revocation ends the session that was to stay."
    RevokesWhatTheExceptedBecame "revokes-what-the-excepted-became" "SES-L4-018"
        "A revocation ends the session that was to stay, if it was renamed meanwhile."
    RevokeFailsOnNobody "revoke-fails-on-nobody" "SES-L4-019"
        "To revoke an owner without sessions is an error."
    RevivesTheRevoked "revives-the-revoked" "SES-L4-020"
        "An update brings a revoked session back."
    RevokeMissesTheRenamed "revoke-misses-the-renamed" "SES-L4-021"
        "A revocation ends only sessions that were never renamed."
    RevokeRacesRename "revoke-races-rename" "SES-L4-022"
        "A revocation reads the list, then ends what still has a key of it: a renamed session stays."
    ListsInTwoSteps "lists-in-two-steps" "SES-L4-024"
        "A rename puts the new key on the list, then takes the old one off."
    PurgeLeavesTheList "purge-leaves-the-list" "SES-L4-025"
        "A purged session stays in the index, and a revocation counts it."
    ListsPerHandle "lists-per-handle" "SES-L4-026"
        "A handle lists the sessions that it has written itself."
    CutsOwnersAtColon "cuts-owners-at-colon" "SES-L4-027"
        "An owner ends at the first colon, where the index joins its keys."
    ListsOnePage "lists-one-page" "SES-L4-028"
        "A list ends after a hundred sessions."
    RefusedCreateLists "refused-create-lists" "SES-L4-031"
        "A create that finds its key taken is on its owner's list all the same."
    RefusedUpdateLists "refused-update-lists" "SES-L4-031"
        "An update that is answered with a conflict is on its owner's list all the same."
    RefusedRenameLists "refused-rename-lists" "SES-L4-031"
        "A rename that is answered with a conflict is on its owner's list all the same."
    CreateLeavesTheFormerLine "create-leaves-the-former-line" "SES-L4-032"
        "A session that is made under the key of an expired one leaves that one's line in the index."
    RevokesForFormerOwners "revokes-for-former-owners" "SES-L4-033"
        "A session that changes its owner leaves the former one's list, and is still ended by a revocation of that one."
    RevokeLeavesCaches "revoke-leaves-caches" "SES-L4-034"
        "Handles keep what they have read, and are told of every change but a revocation."
    RevokeLeavesTheEndless "revoke-leaves-the-endless" "SES-L4-035"
        "A revocation leaves sessions without a deadline."
    UpdateUnlists "update-unlists" "SES-L4-036"
        "An update does not move the deadline in the index: the session leaves the list before it ends."
    RenameUnlists "rename-unlists" "SES-L4-036"
        "A rename does not move the deadline in the index: the session leaves the list before it ends."

    // Faults.
    CreateSetsTheDeadlineLater "create-sets-the-deadline-later" "SES-L5-001"
        "Create writes the record, then its deadline: dropped in between, the session never ends."
    UpdateClearsFirst "update-clears-first" "SES-L5-002"
        "Update removes the record, then writes the new one: dropped in between, the session is lost."
    RenamesThenWrites "renames-then-writes" "SES-L5-003"
        "Rename moves the record as it was, then writes the new one: dropped in between, the old one stays."
    TouchesInTwoSteps "touches-in-two-steps" "SES-L5-004"
        "Touch moves the deadline, then the time of use."
    DeleteEmptiesFirst "delete-empties-first" "SES-L5-005"
        "Delete empties the record, then removes it: dropped in between, an empty session stays."
    RevokesOneByOne "revokes-one-by-one" "SES-L5-006"
        "A revocation ends one session after the other: dropped in between, some stay."
    LeaksConnections "leaks-connections" "SES-L5-007"
        "A call that is dropped never gives its connection back to the pool."
    TakesTwoConnections "takes-two-connections" "SES-L5-009"
        "A call takes a second connection while it holds the first: when all hold one, none gets another."
    TakesAnOutageForAnAnswer "takes-an-outage-for-an-answer" "SES-L5-010"
        "A load that cannot reach the database finds nothing."
    HangsInOutages "hangs-in-outages" "SES-L5-011"
        "A call that cannot reach the database waits for ever."
    ErrorsTellTheRecord "errors-tell-the-record" "SES-L5-012"
        "An error shows what the failed statement was given."
    StaysDownAfterAnOutage "stays-down-after-an-outage" "SES-L5-013"
        "A handle that has seen an outage never connects again."
    LosesRecordsInAnOutage "loses-records-in-an-outage" "SES-L5-014"
        "An outage costs all sessions."
    LosesRecordsAtARestart "loses-records-at-a-restart" "SES-L5-015"
        "A restart costs all sessions."
    ForgetsMovedKeysAtARestart "forgets-moved-keys-at-a-restart" "SES-L5-016"
        "A restart makes the store forget which keys were renamed."
    ForgetsOwnersAtARestart "forgets-owners-at-a-restart" "SES-L5-017"
        "A restart costs the index of owners."
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// A variant's name in kebab case.
    fn kebab(variant: &str) -> String {
        let mut name = String::new();
        for letter in variant.chars() {
            if letter.is_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.extend(letter.to_lowercase());
        }
        name
    }

    #[test]
    fn a_flaw_is_called_as_its_variant_is() {
        for flaw in Flaw::ALL {
            assert_eq!(flaw.name(), kebab(&format!("{flaw:?}")));
        }
    }

    #[test]
    fn flaws_stand_in_the_order_of_their_rules_and_each_is_said_once() {
        assert!(Flaw::ALL.is_sorted_by_key(|flaw| flaw.rule()));
        let sentences: BTreeSet<&str> = Flaw::ALL.iter().map(|flaw| flaw.what()).collect();
        assert_eq!(sentences.len(), Flaw::ALL.len());
    }
}

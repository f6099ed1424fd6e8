//! Who had which flaw in the wild.

use super::flaw::Flaw;

/// What is said where nobody is known to have had it.
const NONE: &str = "none known; the kind of slip that one line makes";
const PLAIN_DEADLINE: &str = "none known; the kind of slip that a plain `set expires = ?` is";
const NULLS: &str = "none known; the kind of slip that SQL's `null` invites, which `max`, `<` and `coalesce` each take otherwise";
const RETRY: &str =
    "none known; the hazard of every driver that sends a write again when its answer was lost";
const MOVED: &str = "none known: no library is known to tell where a renamed session went";
const NO_VERSION: &str = "none known: few libraries compare versions at all";
const PAGES: &str =
    "none known; the kind of slip that paging by an offset or by a column that changes invites";
const LENGTH: &str = "none known; the way of MySQL without strict mode";
const BRIEF: &str = "none known; the kind of slip that a second statement for the same call invites";
const INDEX: &str = "none known; the kind of slip that an index beside the records invites";

impl Flaw {
    /// Who had it in the wild: a library, an issue, an advisory. Where nobody is known to, it says so.
    #[must_use]
    pub const fn victim(self) -> &'static str {
        match self {
            Self::AdoptsUnknownKeys => {
                "gofiber (CVE-2024-38513); rocket-session-store 0.2 and axum_session 0.22"
            }
            Self::CutsPayloadsAtNul => "phalcon/incubator#961: a text column of PostgreSQL",
            Self::DecodesPayloads => "none known; the kind of slip that a text column invites",
            Self::TakesEmptyForNothing => {
                "pyramid_session_redis 1.8, which removes a session that a request leaves empty"
            }
            Self::CutsLongPayloads => {
                "symfony/symfony#14647, pantheon-systems/wp-native-php-sessions#193: a `BLOB` of MySQL"
            }
            Self::TrimsOwners => "none known; the kind of slip that the cleaning of a form's input is",
            Self::CutsLabelsAtEmoji => {
                "chill117/express-mysql-session#49: `utf8` of MySQL has three bytes a character"
            }
            Self::TakesEmptyTextForNone => "none known; the way of Oracle's database with empty text",
            Self::ForgetsTimeouts => "tower-sessions#174: `set_expiry` is not stored",
            Self::RoundsTimes => "pyramid_session_redis 1.8, on purpose",
            Self::RoundsVersions => "none known; the way of numbers in JavaScript, Lua and much JSON",
            Self::FoldsKeys => {
                "alexedwards/scs#226; the MySQL store of tower-sessions: the default collation"
            }
            Self::CutsKeysAtNul => "none known; the way of strings in C",
            Self::WritesBehind => "axum_session 0.22, where memory comes first and the database after it",
            Self::CachesPerHandle => {
                "axum_session 0.22: who logs out on one node stays logged in on the other"
            }
            Self::CachesWhatItWrites => {
                "axum_session 0.22, where the memory of the process that wrote comes before the database"
            }
            Self::DeletesNothing => {
                "axum_session 0.22: after a request that was cancelled, `destroy` does nothing"
            }
            Self::DeleteFailsOnAbsent => "kleydon/prisma-session-store#91",
            Self::PrintsRecords => "Spring Session (CVE-2023-20866): ids on standard output",
            Self::InterpretsPayloads => "none known; the kind of slip that encoding twice invites",

            Self::IgnoresDeadlines => {
                "tower-sessions#82; pallets-eco/flask-session#240: DynamoDB removes late"
            }
            Self::OneTickLate => "Pyramid and pyramid_session_redis, which compare with `>`",
            Self::EndsTheEndless => {
                "tower-sessions 0.15: the row of a session without an expiry lives two weeks"
            }
            Self::UpdatesTheExpired => "tower-sessions 0.15: a save is an upsert",
            Self::TouchesTheExpired => "expressjs/session#624",
            Self::ExpiredKeysStayTaken => "none known; the kind of slip that a plain `insert` is",
            Self::TouchLeavesTheDeadline => "actix-extras#231: sliding sessions lost with a release",
            Self::TouchShortens => "none known; the way of `EXPIRE` of Redis",
            Self::TouchCreates => "balor/connect-memcached#27: `touch` was another name for `set`",
            Self::TouchDropsThePayload => "none known; the kind of slip that `touch` as a name for `set` is",
            Self::TouchMovesUsedBack => "none known; two machines and two clocks are enough",
            Self::RoundsDeadlines => {
                "pyramid_session_redis 1.8; ca98am79/connect-dynamodb#39: whole seconds only"
            }
            Self::PurgesNothing => {
                "CubicWeb 5; gravitational/teleport#566; tower-sessions, where the first error ends the task"
            }
            Self::PurgesTheLive => "tower-sessions-stores#9: times compared as text; SVMP/svmp-server#7",
            Self::PurgesWithoutLimit => {
                "scs, connect-pg-simple; keycloak/keycloak#20073, where it stopped all log-ins"
            }

            Self::CreateReplaces => "tower-sessions#180: one session could take over another",
            Self::IgnoresVersions => "tower-sessions#35; expressjs/session#361; nearly every library",
            Self::UpdateCreates => {
                "actix-session 0.11 on Redis: an update that finds nothing saves a new session"
            }
            Self::UpdateRevives => {
                "rack-session (CVE-2025-46336), rack (CVE-2025-32441); tj/connect-redis#328"
            }
            Self::TouchRevives => "connect-redis before tj/connect-redis#285, which touched with `SETEX`",
            Self::CountsVersions => "none known; the hazard of every counter that begins at one",
            Self::RenameKeepsNeither => "tower-sessions 0.15: `cycle_id`, then an answer with status 500",
            Self::RenameKeepsBoth => "async-session 3: `regenerate` leaves the old row",
            Self::ForgetsMovedKeys => "expressjs/session#923: the parallel request is signed out",
            Self::RenameReplaces => "tower-sessions#188: `cycle_id` passed the check for collisions by",

            Self::ReadsThenCreates => "tower-sessions on PostgreSQL and axum_session: a look, then a write",
            Self::ReadsThenUpdates => "valery-barysok/session-file-store#55",
            Self::LocksPerHandle => "axum_session 0.22: updates are safe within one node",
            Self::ReadsThenRenames => "expressjs/session#923: two requests regenerate one session",
            Self::RenameCreatesFirst => "Django: `cycle_key` creates, then deletes",
            Self::UpdateRacesDelete => {
                "pyramid_redis_sessions 1.0 and CubicWeb 5: who logged out is logged in again"
            }
            Self::TouchRacesDelete => "valery-barysok/session-file-store#55: a touch rolls a sign-out back",
            Self::WritesInHalves => "ruts 0.13: a row for each field, written one by one",
            Self::TouchTakesWritesBack => "pyramid_session_redis 1.8; balor/connect-memcached#33",
            Self::PutsOutTheOldest => "Redis with a `maxmemory-policy` of `allkeys-lru`",

            Self::FoldsOwners => "none known; the default collation of MySQL",
            Self::ListMatchesPatterns => {
                "azuqua/jwt-redis-session#24: `SCAN MATCH` with the owner in the pattern"
            }
            Self::ListsTheExpired => "spring-projects/spring-security#4243",
            Self::ListsTheDeleted => "spring-projects/spring-session#367: the index keeps what was deleted",
            Self::ListsTheRenamedTwice => "spring-projects/spring-session#1914",
            Self::ListKeepsFormerOwners => "spring-projects/spring-session#343",
            Self::ListMissesRenames => {
                "redis-store/redis-actionpack#32: the id that was listed is renewed by the log-in"
            }
            Self::RevivesTheRevoked => "tj/connect-redis#288: sessions that were deleted come back at once",
            Self::PurgeLeavesTheList => "spring-projects/spring-session#1118, #2614: the index only grows",
            Self::ListsOnePage => "azuqua/jwt-redis-session#24: the first page of a `SCAN`",
            Self::CutsOwnersAtColon => "none known; the kind of slip that keys joined by `:` invite",

            Self::CreateSetsTheDeadlineLater => {
                "AscendingCreations/AxumSession#70; spring-projects/spring-session#2469"
            }
            Self::UpdateClearsFirst => "none known; the kind of slip that `delete`, then `insert` is",
            Self::RenamesThenWrites => "none known; the way of `RENAME`, then `SET`, in Redis",
            Self::ReadsFromAReplica => "none known, but every set-up that reads from replicas",
            Self::RenameDeletesFirst => "tower-sessions 0.15, actix-session 0.11, poem 3",
            Self::LeaksConnections => "sqlx#83: a pool that lost connections",
            Self::TakesTwoConnections => "bungle/lua-resty-session#185",
            Self::TakesAnOutageForAnAnswer => {
                "CubicWeb 5; axum_session 0.22, which then writes over the good row"
            }
            Self::HangsInOutages => "tj/connect-redis#373",
            Self::ErrorsTellTheRecord => {
                "rust-lang/blog.rust-lang.org#1564: session cookies in error reports"
            }
            Self::StaysDownAfterAnOutage => "robinfehr/sessionstore#49",
            Self::LosesRecordsInAnOutage | Self::LosesRecordsAtARestart => {
                "none known, but every store in memory, as it says; Redis without persistence"
            }

            Self::UpdateNeverShortens
            | Self::UpdateLeavesTheDeadline
            | Self::RenameNeverShortens
            | Self::RenameLeavesTheDeadline => PLAIN_DEADLINE,
            Self::UpdateKeepsLaterTimes | Self::RenameKeepsLaterTimes | Self::ListKeepsLaterTimes => {
                "none known; the kind of slip that `greatest`, which a touch needs, is in another write"
            }
            Self::BriefTouchDoesNothing
            | Self::BriefTouchFindsNothing
            | Self::BriefTouchNeverSucceeds
            | Self::BriefTouchRevives
            | Self::BriefTouchFollowsTheMoved => BRIEF,
            Self::CannotTakeFieldsAway
            | Self::TouchKeepsADeadline
            | Self::TouchGivesADeadline
            | Self::PurgesTheEndless
            | Self::RenameCannotTakeFieldsAway
            | Self::CreateReplacesTheEndless
            | Self::CreateKeepsFormerFields
            | Self::TouchLimitsTheEndless
            | Self::PurgeForgetsEndlessTouches
            | Self::PurgeMissesNewDeadlines
            | Self::EndlessTouchUnlists
            | Self::RevokeLeavesTheEndless => NULLS,
            Self::CreateConflictsWithItself
            | Self::UpdateConflictsWithItself
            | Self::RenameFailsItsReplay
            | Self::TakesItsTwinForARival
            | Self::AppliesLateUpdates
            | Self::AppliesLateRenames
            | Self::AppliesLateCreates
            | Self::CreateUndoesTouches
            | Self::UpdateUndoesTouches
            | Self::RenameUndoesTouches
            | Self::RenameReplayRevives
            | Self::AppliesUpdatesTwice => RETRY,
            Self::PurgesMovedKeys
            | Self::ForgetsMovedKeysTooSoon
            | Self::HidesTheOwnerOfTheMoved
            | Self::ForgetsOlderKeys
            | Self::MovedOutlivesTheEnd
            | Self::MovedLeadsToAnother
            | Self::UpdateFollowsTheMoved
            | Self::TouchFollowsTheMoved
            | Self::RenameFollowsTheMoved
            | Self::CreateTakesMovedKeys
            | Self::DeleteLeavesTheMoved
            | Self::DeleteGoesOneStep
            | Self::MovedOutlivesTheDeadline
            | Self::DeleteRacesRename
            | Self::RevokeRacesTheExcepted
            | Self::PurgesAllRemains
            | Self::MovedEndsWithTheOld
            | Self::MovedEndsWithTheNew
            | Self::OldKeysComeBack
            | Self::KnowsThreeOldKeys
            | Self::CreateTakesMovedKeysTooSoon
            | Self::DeleteForgetsAllMarkers
            | Self::PurgeForgetsAllMarkers
            | Self::PurgesRemainsBesides
            | Self::ForgetsMovedKeysAtTheMinute
            | Self::OlderKeysOutliveTheEnd
            | Self::EndlessTouchFollowsTheMoved
            | Self::DeleteMissesMiddleKeys
            | Self::OlderKeysOutliveTheDeadline
            | Self::DeleteLeavesMarkers
            | Self::RevokeLeavesMarkers
            | Self::PurgeLeavesMarkers
            | Self::ReusesNumbers
            | Self::CreateTakesMovedKeysAtTheMinute
            | Self::KnowsMovedKeysForEver
            | Self::ForgottenKeysStayTaken
            | Self::RenameTakesMovedKeys
            | Self::CreateLeavesTheMarker
            | Self::FirstMarkerStays
            | Self::RenameMarksLater
            | Self::ForgetsMovedKeysAtARestart => MOVED,
            Self::ConflictShowsTheLoser
            | Self::ConflictWritesAnyway
            | Self::TouchChangesTheVersion
            | Self::OrdersVersions
            | Self::UpdateConflictsWithTheExpired
            | Self::RenameConflictsWithTheExpired
            | Self::ConflictHidesLabels
            | Self::RenameConflictHidesLabels
            | Self::RenameIgnoresVersions => NO_VERSION,
            Self::PurgeForgetsTouches
            | Self::PurgeForgetsShortening
            | Self::ListsOneOfAnOwner
            | Self::ListForgetsLabels
            | Self::ListMissesUpdates
            | Self::ListKeepsTheSignedOut
            | Self::TouchUnlists
            | Self::ListForgetsTouches
            | Self::RevokeRacesRename
            | Self::RevokeMissesTheRenamed
            | Self::ListsInTwoSteps
            | Self::ListsPerHandle
            | Self::RevokeRemovesTheList
            | Self::RevokeComparesVersions
            | Self::CreateListsLater
            | Self::UpdateListsLater
            | Self::RenameListsLater
            | Self::RefusedCreateLists
            | Self::RefusedUpdateLists
            | Self::RefusedRenameLists
            | Self::CreateLeavesTheFormerLine
            | Self::RevokesForFormerOwners
            | Self::UpdateUnlists
            | Self::RenameUnlists
            | Self::PurgesInShortBatches
            | Self::PurgeForgetsRenames
            | Self::PurgeForgetsNewRecords
            | Self::PurgeForgetsSecondTouches
            | Self::RevokeUnlistsFirst
            | Self::RenameListsFirst
            | Self::ForgetsOwnersAtARestart => INDEX,
            Self::DeletesNeighbours
            | Self::MixesUpTimes
            | Self::EndsASecondEarly
            | Self::UpdateKeepsTheVersion
            | Self::UpdatesThePayloadAlone
            | Self::RenamesLoseTheOwner
            | Self::RoundsTheClockUp
            | Self::RenamesTheExpired
            | Self::TouchLeavesUsed
            | Self::PurgesTheDateItself
            | Self::PurgeCountsForEver
            | Self::RefusedCreateWrites
            | Self::RenameCreates
            | Self::RenameRevives
            | Self::RenameRacesDelete
            | Self::PurgeRacesTouch
            | Self::ListFailsOnNobody
            | Self::RevokesTheFirst
            | Self::RevokeCountsOne
            | Self::RevokesByPrefix
            | Self::RevokesTheExcepted
            | Self::RevokesWhatTheExceptedBecame
            | Self::RevokeFailsOnNobody
            | Self::TouchesInTwoSteps
            | Self::DeleteEmptiesFirst
            | Self::RevokesOneByOne
            | Self::PurgeRacesRename
            | Self::UpdateRacesRevoke
            | Self::TouchRacesRevoke
            | Self::UpdateMissesTheRenamed
            | Self::DropsATrailingNul
            | Self::CutsTimeouts
            | Self::UpdateAddsNoFields
            | Self::UpdateCutsPayloads
            | Self::RenameCutsOwners
            | Self::CreateCutsLabels
            | Self::RefusesWhatItKeeps
            | Self::CapsTimes
            | Self::EndlessTouchLeavesUsed
            | Self::TakesNegativeForNever
            | Self::TakesLateForNever
            | Self::EndlessTouchRevives
            | Self::CutsOwnersAtNul
            | Self::ListEndsASecondEarly
            | Self::RevokeLeavesTheExpired
            | Self::LeaksConnectionsOfLists
            | Self::HidesItsIndex => NONE,
            Self::CutsLargePayloads | Self::CutsLargeOwners | Self::CutsLargeLabels => LENGTH,
            Self::CursorSkipsOne
            | Self::ListsWithoutLimit
            | Self::EndsBeforeAFullPage
            | Self::PagesGoRound
            | Self::PagesByKey
            | Self::PagesByUse
            | Self::PagesByOffset
            | Self::LaterPagesShowTheExpired
            | Self::RenameListsInFront => PAGES,
            Self::CreateLooksLater => {
                "none known; the kind of slip that `insert … on conflict do nothing`, then a look, invites"
            }
            Self::SkipsEqualPayloads => {
                "none known; the kind of slip that saving only what has changed invites"
            }
            Self::CachesAbsence | Self::RevokeLeavesCaches => {
                "none known; the kind of slip that a cache in each process invites"
            }
        }
    }

    /// Whether somebody is known to have had it.
    #[must_use]
    pub fn is_of_the_wild(self) -> bool {
        !self.victim().starts_with("none known")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_thirty_flaws_are_of_the_wild() {
        assert!(Flaw::ALL.iter().filter(|flaw| flaw.is_of_the_wild()).count() >= 34);
    }
}

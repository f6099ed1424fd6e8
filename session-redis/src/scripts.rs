//! The scripts. Nothing else runs on the server meanwhile, but an error in the middle undoes nothing.

use std::fmt::Write as _;
use std::sync::LazyLock;

use bytes::Bytes;
use sha1::{Digest as _, Sha1};

use crate::layout::value::INDEX_GRACE;

/// A script. A server that does not know it yet is sent its text.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) text: Bytes,
    /// The hash of the text, by which servers that know the script find it.
    pub(crate) hash: Bytes,
    /// Tells whether the script only reads, so that it may be sent again.
    pub(crate) is_read: bool,
}

const CURRENT: &str = include_str!("scripts/current.lua");
const TIME: &str = include_str!("scripts/time.lua");
const EACH: &str = include_str!("scripts/each.lua");
const ENTER: &str = include_str!("scripts/enter.lua");

/// Creates a session.
pub(crate) static CREATE: LazyLock<Script> =
    LazyLock::new(|| Script::of(&[TIME, ENTER, include_str!("scripts/create.lua")], false));
/// Updates sessions.
pub(crate) static UPDATE: LazyLock<Script> =
    LazyLock::new(|| Script::of(&[TIME, ENTER, EACH, include_str!("scripts/update.lua")], false));
/// Touches sessions.
pub(crate) static TOUCH: LazyLock<Script> =
    LazyLock::new(|| Script::of(&[TIME, ENTER, EACH, include_str!("scripts/touch.lua")], false));
/// Renames a session.
pub(crate) static RENAME: LazyLock<Script> =
    LazyLock::new(|| Script::of(&[TIME, ENTER, include_str!("scripts/rename.lua")], false));
/// Deletes the session that a key leads to.
pub(crate) static DELETE: LazyLock<Script> =
    LazyLock::new(|| Script::of(&[CURRENT, include_str!("scripts/delete.lua")], false));
/// Finds the sessions that keys lead to.
pub(crate) static FOLLOW: LazyLock<Script> =
    LazyLock::new(|| Script::of(&[CURRENT, include_str!("scripts/follow.lua")], true));
/// Ends the sessions of an owner.
pub(crate) static END: LazyLock<Script> =
    LazyLock::new(|| Script::of(&[CURRENT, include_str!("scripts/end.lua")], false));
/// Enters a session in the index of its owner.
pub(crate) static ENTER_ONE: LazyLock<Script> =
    LazyLock::new(|| Script::of(&[ENTER, include_str!("scripts/enter_one.lua")], false));

impl Script {
    /// Makes a script of its parts.
    fn of(parts: &[&str], is_read: bool) -> Self {
        let text = format!("local INDEX_GRACE = {INDEX_GRACE}\n{}", parts.concat());
        let hash = Sha1::digest(text.as_bytes()).iter().fold(String::new(), |mut hash, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hash, "{byte:02x}");
            hash
        });
        Self { text: text.into(), hash: hash.into(), is_read }
    }
}

//! The table of words that are not used in prose.

/// Each phrase in small letters, with what to write instead.
pub(super) const BANNED: &[(&str, &str)] = &[
    ("log in", "write \"sign in\""),
    ("log-in", "write \"sign-in\""),
    ("login", "write \"sign-in\""),
    ("log out", "write \"sign out\""),
    ("log-out", "write \"sign-out\""),
    ("logout", "write \"sign-out\""),
    ("the answer is", "say what is returned: \"Returns …\""),
    ("is answered", "say what is returned or sent, and by whom"),
    ("lost comparison", "write \"version conflict\""),
    ("told by", "write \"identified by\""),
    ("what became of", "name the thing, such as \"the renamed session\""),
    ("what it became", "name the thing, such as \"the renamed session\""),
    ("whoever", "write \"anyone who\""),
    ("by lot", "write \"randomly\""),
    ("so many", "name the number"),
    ("sessionid", "write \"session ID\""),
];

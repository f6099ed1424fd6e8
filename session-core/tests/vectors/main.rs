//! Python's answers against ours: what Pyramid, webob and CubicWeb made of a case, and what this library makes of it.
//!
//! The cases are data: `signed_cookie.json`, `cwsession_cookie.json` and `set_cookie.json`, made by running the Python packages with
//! a frozen clock. `SESSION_VECTORS` names another folder with documents of the same form.
//!
//! Compared are the signature in both directions, the cookie's body as JSON, the verdict and the times of loading, when a cookie is
//! due, and Set-Cookie by what its attributes mean. Not compared are the values that Pyramid keeps in its cookie, and what is in a row.
//! Where we differ on purpose the table says why. A case is recognised by its data, and what we do instead is asserted too.

mod actions;
mod comparison;
mod cwsession_cookie;
mod document;
mod header;
mod load;
mod parameters;
mod set_cookie;
mod signed_cookie;
mod site;
mod visit;

use comparison::Tally;

/// Where we differ from Python on purpose. A case that shows one of these asserts what we do instead.
const EXCEPTIONS: &[Row] = &[
    Row {
        exception: Exception::HashNotBuilt,
        name: "a hash that this build does not have",
        why: "MD5 is broken, and is there by the feature `md5` alone",
        defect: None,
    },
    Row {
        exception: Exception::RefusedParameter,
        name: "a parameter is refused at start-up",
        why: "no browser takes such a cookie, and no duration is negative; Python fails with each response, or never",
        defect: None,
    },
    Row {
        exception: Exception::Crash,
        name: "what crashes Python is no cookie",
        why: "an error page is no answer to what a browser sends",
        defect: Some(20),
    },
    Row {
        exception: Exception::OtherNumbers,
        name: "a cookie with a number that is not finite is no cookie",
        why: "it would never time out, and no JSON holds such a number",
        defect: None,
    },
    Row {
        exception: Exception::LooseBase64,
        name: "base64 that no encoder writes is refused",
        why: "one cookie would have many texts",
        defect: Some(14),
    },
    Row {
        exception: Exception::Pickle,
        name: "a pickled cookie is refused",
        why: "to read a pickle is to run what it says",
        defect: Some(8),
    },
    Row {
        exception: Exception::TwoCookies,
        name: "two cookies of one name: the one sent last wins",
        why: "a cookie that another host has planted beside ours must not hide it",
        defect: None,
    },
    Row {
        exception: Exception::HalfRead,
        name: "a refused cookie leaves nothing behind",
        why: "Python keeps one of its times, and may answer with a cookie for a session that was only read",
        defect: None,
    },
    Row {
        exception: Exception::TimedOut,
        name: "a session that has timed out is new",
        why: "Python empties it and keeps its age and its id, so that it can live for ever",
        defect: Some(21),
    },
    Row {
        exception: Exception::Millisecond,
        name: "the timeout is a matter of parts of a millisecond",
        why: "whole milliseconds are counted",
        defect: None,
    },
    Row {
        exception: Exception::LaterResponse,
        name: "the clock moves after the last use",
        why: "our cookie says when the response was made, Python's when the session was last used",
        defect: None,
    },
    Row {
        exception: Exception::StateInCookie,
        name: "a write sends no cookie before its time",
        why: "what is written is in a store, and not in the cookie",
        defect: None,
    },
    Row {
        exception: Exception::ChangedAlone,
        name: "a session that is not asked for sends no cookie",
        why: "`changed()` is about values in the cookie, and ours are in a store",
        defect: None,
    },
    Row {
        exception: Exception::LongState,
        name: "values that are too long for a cookie are kept",
        why: "they are in a store; Python fails when the handler is done",
        defect: Some(19),
    },
    Row {
        exception: Exception::Invalidated,
        name: "an ended session is gone, with its id and its cookie",
        why: "Python empties it and lets it go on under its id",
        defect: Some(5),
    },
    Row {
        exception: Exception::TokenRenewed,
        name: "a new token comes with a new id",
        why: "the token is made of the id, which Python never changes",
        defect: Some(5),
    },
    Row {
        exception: Exception::LeftEmpty,
        name: "a new session with nothing in it costs nothing",
        why: "whoever sends no cookie back would leave a row with each request",
        defect: Some(3),
    },
    Row {
        exception: Exception::NamesNothing,
        name: "a cookie that names no session is no cookie",
        why: "Python keeps a row for it that no cookie names",
        defect: Some(3),
    },
    Row {
        exception: Exception::RowVanished,
        name: "a session whose record is gone is new",
        why: "Python makes another row with each request, and the cookie names none of them",
        defect: Some(6),
    },
    Row {
        exception: Exception::ConcurrentWrite,
        name: "two requests at once both take effect",
        why: "in Python the later one undoes the other, though it only read",
        defect: Some(2),
    },
    Row {
        exception: Exception::StoreDown,
        name: "an outage is an error",
        why: "Python answers as if nothing were lost",
        defect: Some(7),
    },
    Row {
        exception: Exception::Comment,
        name: "no comment is sent",
        why: "no browser reads it, and RFC 6265 does not have it",
        defect: None,
    },
    Row {
        exception: Exception::BeyondLatin1,
        name: "a path or a domain beyond Latin-1 is sent in UTF-8",
        why: "Python fails with each response",
        defect: None,
    },
    Row {
        exception: Exception::LastDate,
        name: "an age beyond the year 9999 ends there",
        why: "Python fails with each response",
        defect: None,
    },
    Row {
        exception: Exception::NewAttribute,
        name: "no cookie is called Partitioned",
        why: "it is an attribute by now",
        defect: None,
    },
];

/// Where this library differs from Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Exception {
    HashNotBuilt,
    RefusedParameter,
    Crash,
    OtherNumbers,
    LooseBase64,
    Pickle,
    TwoCookies,
    HalfRead,
    TimedOut,
    Millisecond,
    LaterResponse,
    StateInCookie,
    ChangedAlone,
    LongState,
    Invalidated,
    TokenRenewed,
    LeftEmpty,
    NamesNothing,
    RowVanished,
    ConcurrentWrite,
    StoreDown,
    Comment,
    BeyondLatin1,
    LastDate,
    NewAttribute,
}

/// A row of the table.
struct Row {
    exception: Exception,
    /// What we do, or what the case shows, in a few words.
    name: &'static str,
    /// Why we do not do the same.
    why: &'static str,
    /// The number that this has in docs/python-defects.md, if it is a defect.
    defect: Option<u8>,
}

#[tokio::test]
async fn signed_cookie_vectors_hold() {
    let cases = document::cases("signed_cookie");
    let mut tally = Tally::new("signed_cookie");
    for case in &cases {
        tally.add(case, signed_cookie::compare(case).await);
    }
    tally.close(cases.len());
}

#[tokio::test]
async fn cwsession_cookie_vectors_hold() {
    let cases = document::cases("cwsession_cookie");
    let mut tally = Tally::new("cwsession_cookie");
    for case in &cases {
        tally.add(case, cwsession_cookie::compare(case).await);
    }
    tally.close(cases.len());
}

#[tokio::test]
async fn set_cookie_vectors_hold() {
    let cases = document::cases("set_cookie");
    let mut tally = Tally::new("set_cookie");
    for case in &cases {
        tally.add(case, set_cookie::compare(case));
    }
    tally.close(cases.len());
}

//! The comparison with Python: the results of Pyramid, webob and CubicWeb for each case, and those of this
//! library.
//!
//! The cases are data: `signed_cookie.json`, `cwsession_cookie.json` and `set_cookie.json`, made by running
//! the Python packages with a frozen clock. `SESSION_VECTORS` names another folder with documents of the same
//! form.
//!
//! The tests compare the signature in both directions, the cookie's body as JSON, the verdict and the times
//! of loading, the time at which a cookie is due, and Set-Cookie by the meaning of its attributes. They do
//! not compare the values that Pyramid keeps in its cookie, nor the content of a row. The table states where
//! this library differs on purpose, and why. A case that shows such an exception is recognised by its data,
//! and the library's own behaviour is asserted instead.

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

/// The exceptions: where this library differs from Python on purpose. A case that shows one asserts the
/// library's own behaviour.
const EXCEPTIONS: &[Row] = &[
    Row {
        exception: Exception::HashNotBuilt,
        name: "a hash that this build does not have",
        why: "MD5 is broken, so only the feature `md5` includes it",
        defect: None,
    },
    Row {
        exception: Exception::RefusedParameter,
        name: "a parameter is refused at start-up",
        why: "browsers refuse such a cookie, and a duration cannot be negative; Python fails with each response, or never",
        defect: None,
    },
    Row {
        exception: Exception::CookieDropped,
        name: "an option with which browsers drop the cookie is refused",
        why: "Python sends such a cookie with each response, and it never comes back",
        defect: None,
    },
    Row {
        exception: Exception::Crash,
        name: "a cookie that crashes Python is ignored",
        why: "a cookie from a browser must not cause an error page",
        defect: Some(20),
    },
    Row {
        exception: Exception::OtherNumbers,
        name: "a cookie with a number that is not finite is ignored",
        why: "it would never time out, and JSON has no such number",
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
        why: "reading a pickle runs the code that it names",
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
        why: "Python keeps one of its times, and may send a cookie for a session that was only read",
        defect: None,
    },
    Row {
        exception: Exception::TimedOut,
        name: "a session that has timed out is new",
        why: "Python empties it and keeps its age and its ID, so that it can live for ever",
        defect: Some(21),
    },
    Row {
        exception: Exception::ClockAhead,
        name: "a time of a clock that was ahead counts as now",
        why: "Python's session does not time out until the clock gets there, which may be never",
        defect: None,
    },
    Row {
        exception: Exception::Millisecond,
        name: "the timeout depends on parts of a millisecond",
        why: "this library counts whole milliseconds",
        defect: None,
    },
    Row {
        exception: Exception::LaterResponse,
        name: "the clock moves after the last use",
        why: "our cookie holds the time of the response, Python's that of the last use",
        defect: None,
    },
    Row {
        exception: Exception::StateInCookie,
        name: "a write sends no cookie before its time",
        why: "the data is in a store, and not in the cookie",
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
        name: "an ended session is gone, with its ID and its cookie",
        why: "Python empties it and keeps it under its ID",
        defect: Some(5),
    },
    Row {
        exception: Exception::TokenRenewed,
        name: "a new token comes with a new ID",
        why: "the token is derived from the ID, which Python never changes",
        defect: Some(5),
    },
    Row {
        exception: Exception::LeftEmpty,
        name: "a new session with nothing in it is not stored",
        why: "a client that sends no cookie back would leave a row with each request",
        defect: Some(3),
    },
    Row {
        exception: Exception::NamesNothing,
        name: "a cookie that names no session is ignored",
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
        why: "in Python the later one undoes the other, even if it only read",
        defect: Some(2),
    },
    Row {
        exception: Exception::StoreDown,
        name: "an outage is an error",
        why: "Python responds as if nothing were lost",
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
        why: "it is now the name of an attribute",
        defect: None,
    },
];

/// An intended difference between this library and Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Exception {
    HashNotBuilt,
    RefusedParameter,
    CookieDropped,
    Crash,
    OtherNumbers,
    LooseBase64,
    Pickle,
    TwoCookies,
    HalfRead,
    TimedOut,
    ClockAhead,
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
    /// The library's behaviour, or the content of the case, in a few words.
    name: &'static str,
    /// The reason why the library does not do the same as Python.
    why: &'static str,
    /// The number of Python's defect in docs/python-defects.md, if it is one.
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

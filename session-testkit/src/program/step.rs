//! Programs: what some browsers do, one thing after another.

use std::fmt::{self, Display};
use std::time::Duration;

/// What some browsers do to a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    pub(crate) steps: Vec<Step>,
}

/// One thing that happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A browser sends a request, whose handler does these deeds to the session that it asked for.
    Request { browser: Browser, cookie: Cookie, deeds: Vec<Deed> },
    /// A browser logs out, at a handler that does not load the session.
    LogOut { browser: Browser, cookie: Cookie },
    /// Time passes.
    Wait(Duration),
    /// What has expired is purged.
    Purge,
}

/// Which browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Browser(pub(crate) usize);

/// How many browsers there are.
pub(crate) const BROWSERS: usize = 2;

/// Which cookie a browser sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cookie {
    /// The one that it has, if it has one.
    Own,
    /// One of those that any browser was ever sent: an old one, or a stolen one. Its own, if there are not so many.
    Any(usize),
}

/// The name of a value in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    A,
    B,
}

impl Name {
    pub(crate) const ALL: [Self; 2] = [Self::A, Self::B];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }
}

/// Who signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum User {
    Alice,
    Bob,
}

impl User {
    pub(crate) const ALL: [Self; 2] = [Self::Alice, Self::Bob];
}

/// What a handler does to its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Get(Name),
    Insert(Name, u32),
    Remove(Name),
    /// Adds one, by an update.
    Count(Name),
    Clear,
    Flash(u32),
    PopFlash,
    Renew,
    SignIn(User),
    Invalidate,
    /// Sets the session's own timeout in seconds, or takes it away.
    SetTimeout(Option<u32>),
    RevokeOthers,
}

impl Program {
    /// The programs that lack one step of this one, or one deed.
    pub(crate) fn without_one_part(&self) -> Vec<Self> {
        let mut shorter = Vec::new();
        for (number, step) in self.steps.iter().enumerate() {
            let mut without = self.clone();
            without.steps.remove(number);
            shorter.push(without);
            let Step::Request { deeds, .. } = step else { continue };
            for deed in 0..deeds.len() {
                let mut without = self.clone();
                if let Step::Request { deeds, .. } = &mut without.steps[number] {
                    deeds.remove(deed);
                }
                shorter.push(without);
            }
        }
        shorter
    }
}

impl Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.steps.iter().zip(1..).try_for_each(|(step, number)| writeln!(f, "{number:>4}  {step}"))
    }
}

impl Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request { browser, cookie, deeds } => {
                write!(f, "{browser}{cookie}: ")?;
                if deeds.is_empty() {
                    return f.write_str("visit");
                }
                let deeds: Vec<String> = deeds.iter().map(ToString::to_string).collect();
                f.write_str(&deeds.join(", "))
            }
            Self::LogOut { browser, cookie } => write!(f, "{browser}{cookie}: log out, unloaded"),
            Self::Wait(time) => write!(f, "wait {time:?}"),
            Self::Purge => f.write_str("purge"),
        }
    }
}

impl Display for Browser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "browser {}", self.0 + 1)
    }
}

impl Display for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own => Ok(()),
            Self::Any(number) => write!(f, " with cookie {}", number + 1),
        }
    }
}

impl Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Alice => "alice",
            Self::Bob => "bob",
        })
    }
}

impl Display for Deed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Get(name) => write!(f, "get {name}"),
            Self::Insert(name, value) => write!(f, "insert {name} = {value}"),
            Self::Remove(name) => write!(f, "remove {name}"),
            Self::Count(name) => write!(f, "count {name}"),
            Self::Clear => f.write_str("clear"),
            Self::Flash(message) => write!(f, "flash {message}"),
            Self::PopFlash => f.write_str("pop flash"),
            Self::Renew => f.write_str("renew"),
            Self::SignIn(user) => write!(f, "sign in {user}"),
            Self::Invalidate => f.write_str("invalidate"),
            Self::SetTimeout(Some(secs)) => write!(f, "set timeout {secs}s"),
            Self::SetTimeout(None) => f.write_str("set no timeout"),
            Self::RevokeOthers => f.write_str("revoke others"),
        }
    }
}

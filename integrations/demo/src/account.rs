//! Signing in and out.

use std::str::FromStr;

use askama::Template;
use serde::Deserialize;
use session_core::{Error, Owner, Session, UnloadedSession};

use crate::agent;
use crate::answer::Answer;
use crate::forms::Guarded;
use crate::frame::{Frame, Message};
use crate::refusals;
use crate::site::{MONTH, Site};

const SIGN_IN: &str = "/sign-in";
const SIGNED_OUT: &str = "/signed-out";
const LONGEST_NAME: usize = 40;

/// The name of a visitor: 1 to 40 characters.
#[derive(Debug, PartialEq, Eq)]
struct Name(String);

impl FromStr for Name {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.trim();
        match name.chars().count() {
            0 => Err("Please enter your name."),
            1..=LONGEST_NAME if name.chars().any(char::is_control) => {
                Err("A name cannot contain control characters.")
            }
            1..=LONGEST_NAME => Ok(Self(name.to_owned())),
            _ => Err("A name can have at most 40 characters."),
        }
    }
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    frame: Frame,
    csrf: String,
    longest: usize,
}

/// Renders the sign-in form. The form contains the CSRF token of the session, so this page starts a session
/// for a visitor who has none.
pub(crate) fn sign_in_page(site: &Site, session: &Session) -> Result<Answer, Error> {
    let frame = Frame::new(site, session, SIGN_IN)?;
    Ok(Answer::page(&SignInPage { frame, csrf: session.csrf_token()?, longest: LONGEST_NAME }))
}

/// The fields of the sign-in form.
#[derive(Debug, Deserialize)]
pub(crate) struct Credentials {
    #[serde(default)]
    name: String,
    /// Present if the box "Stay signed in" is ticked.
    remember: Option<String>,
}

/// Signs the visitor in. The session gets a new ID, so anyone who knew the old ID has no access to it.
pub(crate) fn sign_in(
    site: &Site,
    session: &Session,
    form: Guarded<Credentials>,
    user_agent: Option<&str>,
) -> Result<Answer, Error> {
    let Some(credentials) = form.open(session) else { return refusals::forged(site, session, SIGN_IN) };
    match credentials.name.parse() {
        Ok(Name(name)) => {
            session.sign_in(Owner::from(&name))?;
            session.set_label(agent::short(user_agent).as_str())?;
            session.set_timeout(credentials.remember.map(|_| MONTH))?;
            Message::good(session, format!("You are signed in as {name}. Your session has a new ID."))?;
            Ok(Answer::SeeOther("/"))
        }
        Err(problem) => {
            Message::bad(session, problem)?;
            Ok(Answer::SeeOther(SIGN_IN))
        }
    }
}

/// Signs the visitor out with a single store call, which deletes the session without reading it.
///
/// The form has no CSRF token, because checking one would mean loading the session. It needs no token either:
/// the cookie is SameSite=Lax, so a form on another site is sent without the cookie and cannot end a session.
pub(crate) fn sign_out(session: &UnloadedSession) -> Result<Answer, Error> {
    session.invalidate()?;
    Ok(Answer::SeeOther(SIGNED_OUT))
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOutPage {
    frame: Frame,
}

/// Renders the page shown after a sign-out. No session is left that could carry a message, so the page itself
/// is the message.
pub(crate) fn signed_out_page(site: &Site, session: &Session) -> Result<Answer, Error> {
    Ok(Answer::page(&SignedOutPage { frame: Frame::new(site, session, SIGNED_OUT)? }))
}

/// Redirects to the page shown after a sign-out.
pub(crate) const fn signed_out() -> Answer {
    Answer::SeeOther(SIGNED_OUT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_and_has_1_to_40_characters() {
        assert_eq!(" Ada Lovelace\n".parse(), Ok(Name("Ada Lovelace".to_owned())));
        assert!("ä".repeat(40).parse::<Name>().is_ok());
        for wrong in ["", " \t", &"a".repeat(41), "a\u{0}b", "a\nb"] {
            assert!(wrong.parse::<Name>().is_err(), "{wrong:?}");
        }
    }
}

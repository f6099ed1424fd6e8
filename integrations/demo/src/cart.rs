//! The cart's page and its forms: changes that count in two tabs at once.

use askama::Template;
use serde::Deserialize;
use session_core::{Error, Session};

use crate::answer::Answer;
use crate::catalogue::{self, CATALOGUE, Cents, Item};
use crate::contents::{CART, Cart, Line};
use crate::forms::Guarded;
use crate::frame::{Frame, Message};
use crate::refusals;
use crate::site::Site;

const HERE: &str = "/cart";

#[derive(Template)]
#[template(path = "cart.html")]
struct Page {
    frame: Frame,
    csrf: String,
    lines: Vec<Line>,
    total: Cents,
    catalogue: &'static [Item],
}

/// The cart and the shop. Its forms carry the session's token, so a visitor without a session gets one here.
pub(crate) fn page(site: &Site, session: &Session) -> Result<Answer, Error> {
    let frame = Frame::new(site, session, HERE)?;
    let lines = session.get(CART)?.unwrap_or_default().lines();
    let total = Cents(lines.iter().map(|line| line.price.0).sum());
    Ok(Answer::page(&Page { frame, csrf: session.csrf_token()?, lines, total, catalogue: &CATALOGUE }))
}

/// What the cart's forms say: which thing.
#[derive(Debug, Deserialize)]
pub(crate) struct Choice {
    #[serde(default)]
    item: String,
}

/// Puts one into the cart.
pub(crate) fn add(site: &Site, session: &Session, form: Guarded<Choice>) -> Result<Answer, Error> {
    let Some(choice) = form.open(session) else { return refusals::forged(site, session, HERE) };
    change(session, &choice, Cart::with, "is in your cart.")
}

/// Takes one out of the cart.
pub(crate) fn remove(site: &Site, session: &Session, form: Guarded<Choice>) -> Result<Answer, Error> {
    let Some(choice) = form.open(session) else { return refusals::forged(site, session, HERE) };
    change(session, &choice, Cart::without, "was taken out of your cart.")
}

fn change(
    session: &Session,
    choice: &Choice,
    change: fn(Cart, &str) -> Cart,
    done: &str,
) -> Result<Answer, Error> {
    match catalogue::find(&choice.item) {
        Some(item) => {
            // Not `get` and `insert`: if another tab changes the cart meanwhile, this runs again on what it made.
            session.update(CART, move |cart| change(cart.unwrap_or_default(), item.code))?;
            Message::good(session, format!("{} {done}", item.name))?;
        }
        None => Message::bad(session, "There is no such thing in the shop.")?,
    }
    Ok(Answer::SeeOther(HERE))
}

//! The page of the cart and its forms. Changes from two tabs at once are all kept.

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

/// Renders the cart and the shop. The forms contain the CSRF token of the session, so this page starts a
/// session for a visitor who has none.
pub(crate) fn page(site: &Site, session: &Session) -> Result<Answer, Error> {
    let frame = Frame::new(site, session, HERE)?;
    let lines = session.get(CART)?.unwrap_or_default().lines();
    let total = Cents(lines.iter().map(|line| line.price.0).sum());
    Ok(Answer::page(&Page { frame, csrf: session.csrf_token()?, lines, total, catalogue: &CATALOGUE }))
}

/// The field of the cart's forms: the code of an item.
#[derive(Debug, Deserialize)]
pub(crate) struct Choice {
    #[serde(default)]
    item: String,
}

/// Adds one of an item to the cart.
pub(crate) fn add(site: &Site, session: &Session, form: Guarded<Choice>) -> Result<Answer, Error> {
    let Some(choice) = form.open(session) else { return refusals::forged(site, session, HERE) };
    change(session, &choice, Cart::with, "is in your cart.")
}

/// Removes one of an item from the cart.
pub(crate) fn remove(site: &Site, session: &Session, form: Guarded<Choice>) -> Result<Answer, Error> {
    let Some(choice) = form.open(session) else { return refusals::forged(site, session, HERE) };
    change(session, &choice, Cart::without, "was removed from your cart.")
}

fn change(
    session: &Session,
    choice: &Choice,
    change: fn(Cart, &str) -> Cart,
    done: &str,
) -> Result<Answer, Error> {
    match catalogue::find(&choice.item) {
        Some(item) => {
            // `update` instead of `get` and `insert`: if another tab changes the cart first, the closure runs
            // again on the new cart.
            session.update(CART, move |cart| change(cart.unwrap_or_default(), item.code))?;
            Message::good(session, format!("{} {done}", item.name))?;
        }
        None => Message::bad(session, "That item is not in the shop.")?,
    }
    Ok(Answer::SeeOther(HERE))
}

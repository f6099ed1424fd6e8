//! The cart: a value of a type of its own, changed so that two tabs both count.

use std::collections::BTreeMap;

use askama::Template;
use serde::{Deserialize, Serialize};
use session_core::{Error, Key, Session};

use crate::answer::Answer;
use crate::catalogue::{self, CATALOGUE, Cents, Item};
use crate::forms::Guarded;
use crate::frame::{Frame, Message};
use crate::refusals;
use crate::site::Site;

const HERE: &str = "/cart";
const MOST_OF_ONE: u32 = 99;

/// The cart's name in the session, and its type.
pub(crate) const CART: Key<Cart> = Key::new("cart");

/// How many there are of each thing, by code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Cart(BTreeMap<String, u32>);

impl Cart {
    /// How many things there are.
    pub(crate) fn items(&self) -> u32 {
        self.0.values().sum()
    }

    fn with(mut self, code: &str) -> Self {
        let count = self.0.entry(code.to_owned()).or_default();
        *count = MOST_OF_ONE.min(*count + 1);
        self
    }

    fn without(mut self, code: &str) -> Self {
        match self.0.get_mut(code) {
            Some(count) if *count > 1 => *count -= 1,
            Some(_) | None => drop(self.0.remove(code)),
        }
        self
    }

    fn lines(&self) -> Vec<Line> {
        let line = |(code, count): (&String, &u32)| {
            let item = catalogue::find(code)?;
            Some(Line { item, count: *count, price: Cents(item.price.0 * count) })
        };
        self.0.iter().filter_map(line).collect()
    }
}

struct Line {
    item: &'static Item,
    count: u32,
    price: Cents,
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cart_counts_what_is_put_in_and_taken_out() {
        let cart = Cart::default().with("tea").with("cup").with("tea");
        assert_eq!(cart.items(), 3);
        assert_eq!(cart.lines()[1].price, Cents(2500));
        assert_eq!(cart.without("tea").without("tea").without("tea").items(), 1);
    }

    #[test]
    fn there_are_never_too_many_of_one_thing() {
        let cart = (0..1000).fold(Cart::default(), |cart, _| cart.with("lamp"));
        assert_eq!(cart.items(), MOST_OF_ONE);
    }
}

//! What is in a cart: a value with a type of its own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use session_core::ValueKey;

use crate::catalogue::{self, Cents, Item};

const MOST_OF_ONE: u32 = 99;

/// The cart's name in the session, and its type.
pub(crate) const CART: ValueKey<Cart> = ValueKey::new("cart");

/// How many there are of each thing, by code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Cart(BTreeMap<String, u32>);

impl Cart {
    /// How many things there are.
    pub(crate) fn items(&self) -> u32 {
        self.0.values().sum()
    }

    /// With one more of a thing.
    pub(crate) fn with(mut self, code: &str) -> Self {
        let count = self.0.entry(code.to_owned()).or_default();
        *count = MOST_OF_ONE.min(*count + 1);
        self
    }

    /// With one less of a thing.
    pub(crate) fn without(mut self, code: &str) -> Self {
        match self.0.get_mut(code) {
            Some(count) if *count > 1 => *count -= 1,
            Some(_) | None => drop(self.0.remove(code)),
        }
        self
    }

    /// What there is, with its price.
    pub(crate) fn lines(&self) -> Vec<Line> {
        let line = |(code, count): (&String, &u32)| {
            let item = catalogue::find(code)?;
            Some(Line { item, count: *count, price: Cents(item.price.0 * count) })
        };
        self.0.iter().filter_map(line).collect()
    }
}

/// So many of one thing.
pub(crate) struct Line {
    pub(crate) item: &'static Item,
    pub(crate) count: u32,
    pub(crate) price: Cents,
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

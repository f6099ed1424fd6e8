//! The contents of a cart, stored in the session as a value of their own type.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use session_core::ValueKey;

use crate::catalogue::{self, Cents, Item};

/// The highest quantity of one item.
const MOST_OF_ONE: u32 = 99;

/// The name and the type of the cart in the session.
pub(crate) const CART: ValueKey<Cart> = ValueKey::new("cart");

/// The quantity of each item, by the item's code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Cart(BTreeMap<String, u32>);

impl Cart {
    /// Returns the total quantity of all items.
    pub(crate) fn items(&self) -> u32 {
        self.0.values().sum()
    }

    /// Adds one of an item, up to 99.
    pub(crate) fn with(mut self, code: &str) -> Self {
        let count = self.0.entry(code.to_owned()).or_default();
        *count = MOST_OF_ONE.min(*count + 1);
        self
    }

    /// Removes one of an item.
    pub(crate) fn without(mut self, code: &str) -> Self {
        match self.0.get_mut(code) {
            Some(count) if *count > 1 => *count -= 1,
            Some(_) | None => drop(self.0.remove(code)),
        }
        self
    }

    /// Returns a line for each item in the cart that the shop sells.
    pub(crate) fn lines(&self) -> Vec<Line> {
        let line = |(code, count): (&String, &u32)| {
            let item = catalogue::find(code)?;
            Some(Line { item, count: *count, price: Cents(item.price.0 * count) })
        };
        self.0.iter().filter_map(line).collect()
    }
}

/// A line of the cart: an item, its quantity, and the price of that quantity.
pub(crate) struct Line {
    pub(crate) item: &'static Item,
    pub(crate) count: u32,
    pub(crate) price: Cents,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cart_counts_added_and_removed_items() {
        let cart = Cart::default().with("tea").with("cup").with("tea");
        assert_eq!(cart.items(), 3);
        assert_eq!(cart.lines()[1].price, Cents(2500));
        assert_eq!(cart.without("tea").without("tea").without("tea").items(), 1);
    }

    #[test]
    fn the_quantity_of_an_item_is_limited() {
        let cart = (0..1000).fold(Cart::default(), |cart, _| cart.with("lamp"));
        assert_eq!(cart.items(), MOST_OF_ONE);
    }
}

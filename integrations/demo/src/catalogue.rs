//! The items that the shop sells.

use std::fmt;

/// An item in the shop.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// The short name of the item in forms and carts.
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) price: Cents,
}

/// An amount of money in euro cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cents(pub(crate) u32);

impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "€\u{a0}{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// All items of the shop.
pub(crate) const CATALOGUE: [Item; 6] = [
    item("tea", "Green tea", "Sencha, 100 g, from the first harvest", 1250),
    item("cup", "Stoneware cup", "Holds a quarter of a litre", 1800),
    item("notebook", "Notebook", "A5, dotted, lies flat", 990),
    item("pencil", "Pencil", "Cedar, soft, unvarnished", 220),
    item("lamp", "Reading lamp", "Warm light, brass, one switch", 7400),
    item("wool", "Wool blanket", "Undyed, 130 × 180 cm", 11_900),
];

/// Returns the item with this code, or `None` if there is no such item.
pub(crate) fn find(code: &str) -> Option<&'static Item> {
    CATALOGUE.iter().find(|item| item.code == code)
}

const fn item(code: &'static str, name: &'static str, about: &'static str, cents: u32) -> Item {
    Item { code, name, about, price: Cents(cents) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_found_by_its_code() {
        assert!(CATALOGUE.iter().all(|item| find(item.code) == Some(item)));
        assert_eq!(find("yacht"), None);
    }

    #[test]
    fn a_price_has_two_decimal_places() {
        assert_eq!(Cents(1205).to_string(), "€\u{a0}12.05");
    }
}

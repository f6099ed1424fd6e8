//! The rules, level by level.
//!
//! The file `list.rs` has them all; a [`Suite`](crate::Suite) and [`conformance!`](crate::conformance) both expand it. So a rule is in both by
//! being in the list.

mod comparison;
mod concurrency;
mod faults;
mod list;
mod owners;
mod records;
mod time;

use crate::rule::Rule;

/// The levels, in their order.
pub(crate) static LEVELS: [&[Rule]; 6] =
    [records::RULES, time::RULES, comparison::RULES, concurrency::RULES, owners::RULES, faults::RULES];

/// All rules, in their order.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    LEVELS.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_ids_of_a_level_count_from_one_and_no_name_is_used_twice() {
        let mut names = HashSet::new();
        for (level, rules) in LEVELS.iter().enumerate() {
            for (number, rule) in rules.iter().enumerate() {
                assert_eq!(rule.id, format!("SES-L{level}-{:03}", number + 1));
                assert_eq!(rule.level.to_string(), format!("L{level}"));
                assert!(names.insert(rule.name), "{}", rule.name);
            }
        }
    }

    #[test]
    fn every_rule_is_a_sentence_with_a_reason() {
        for rule in all() {
            assert!(rule.sentence.ends_with('.') && rule.sentence.len() > 20, "{}", rule.id);
            assert!(rule.reason.ends_with('.') && rule.reason.len() > 15, "{}", rule.id);
        }
    }
}

//! The seed of the random choices that rules make.

/// The variable that fixes it.
pub(crate) const SEED: &str = "SESSION_TESTKIT_SEED";

/// The seed of the variable, or a new one.
///
/// # Panics
///
/// If the variable is set and is no whole number of 64 bits.
pub(crate) fn seed() -> u64 {
    let text = std::env::var(SEED).unwrap_or_default();
    parsed(&text).unwrap_or_else(|refusal| panic!("{refusal}"))
}

fn parsed(text: &str) -> Result<u64, String> {
    match text.trim() {
        "" => Ok(rand::random()),
        text => text.parse().map_err(|_| {
            format!("{SEED} is {text:?}; it takes a whole number from 0 to {}, or nothing for a new one each time", u64::MAX)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_whole_number_or_nothing() {
        assert_eq!(parsed(" 7 "), Ok(7));
        assert!(parsed("").is_ok());
        for text in ["abc", "-1", "0x10", "1.5"] {
            assert!(parsed(text).is_err_and(|refusal| refusal.contains(text)), "{text}");
        }
    }
}

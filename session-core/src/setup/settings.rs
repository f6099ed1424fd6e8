//! The checked options of a session factory.

use std::sync::Arc;
use std::time::Duration;

use crate::id::SessionId;
use crate::protocol::expiry::Limits;
use crate::protocol::sizes::Sizes;
use crate::pyramid::set_cookie::CookieAttributes;
use crate::pyramid::signer::Signer;
use crate::serializer::Serializer;
use crate::setup::checks::MAX_AGE;
use crate::setup::options::SessionOptions;
use crate::setup::options_error::OptionsError;
use crate::store::size_limits::SizeLimits;
use crate::ticket::Ticket;
use crate::time::UnixTime;

/// The longest cookie that browsers accept, in bytes of name and value together (RFC 6265bis, 5.6).
const COOKIE_BYTES: usize = 4096;

impl SessionOptions {
    /// Checks the options and brings them into the form in which they are used.
    pub(crate) fn check(self) -> Result<Settings, OptionsError> {
        self.check_values()?;
        let settings = self.into_settings()?;
        settings.check_size()?;
        Ok(settings)
    }

    fn into_settings(self) -> Result<Settings, OptionsError> {
        let name = self.cookie_name.parse().map_err(|_| {
            OptionsError::new(
                "cookie_name",
                "this is not a valid name for a cookie",
                "use letters, digits, - and _, and not the name of an attribute",
            )
        })?;
        Ok(Settings {
            signer: Signer::new(&self.secret, &self.previous_secrets, &self.salt, self.hashalg),
            cookie: CookieAttributes {
                name,
                path: self.path,
                domain: self.domain,
                max_age: self.max_age.map(whole_secs),
                secure: self.secure,
                httponly: self.httponly,
                samesite: self.samesite,
                partitioned: self.partitioned,
            },
            limits: Limits {
                timeout: self.timeout,
                lifetime: self.lifetime,
                reissue_time: self.reissue_time,
            },
            set_on_exception: self.set_on_exception,
            serializer: self.serializer,
            data_serializer: self.data_serializer,
            conflict_timeout: self.conflict_timeout,
            fail_on_dropped_changes: self.fail_on_dropped_changes,
            sizes: Sizes { max_payload: self.max_payload, store: SizeLimits::UNLIMITED },
        })
    }
}

/// The checked options, in the form in which the rest of the library uses them.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) signer: Signer,
    pub(crate) cookie: CookieAttributes,
    pub(crate) limits: Limits,
    pub(crate) set_on_exception: bool,
    pub(crate) serializer: Arc<dyn Serializer>,
    pub(crate) data_serializer: Arc<dyn Serializer>,
    pub(crate) conflict_timeout: Duration,
    pub(crate) fail_on_dropped_changes: bool,
    pub(crate) sizes: Sizes,
}

impl Settings {
    /// Returns the text of Set-Cookie for a cookie with this value. The cookie of a session with a timeout of
    /// its own lasts as long as that timeout, so that it outlasts the browser's window.
    pub(crate) fn set_cookie(&self, value: &str, own_timeout: Option<Duration>, now: UnixTime) -> String {
        match own_timeout {
            None => self.cookie.set(value, now),
            Some(_) => {
                let max_age = self.max_age(own_timeout);
                CookieAttributes { max_age, ..self.cookie.clone() }.set(value, now)
            }
        }
    }

    /// Returns the time at which the browser drops a cookie that was sent at `issued_at`, or `None` if it
    /// keeps the cookie until it is closed.
    pub(crate) fn cookie_end(&self, own_timeout: Option<Duration>, issued_at: UnixTime) -> Option<UnixTime> {
        let max_age = self.max_age(own_timeout)?;
        Some(issued_at + Duration::from_secs(max_age.unsigned_abs()))
    }

    /// Returns the Max-Age of a cookie, in seconds.
    fn max_age(&self, own_timeout: Option<Duration>) -> Option<i64> {
        own_timeout.map(|own| whole_secs(own.min(MAX_AGE))).or(self.cookie.max_age)
    }

    /// Makes the longest possible cookie, measures it, and reads it back.
    fn check_size(&self) -> Result<(), OptionsError> {
        let at = UnixTime::from_millis(9_999_999_999_999);
        let name = self.cookie.name.as_str();
        let id = SessionId::from_random([0xFF; 18]);
        let ticket =
            Ticket { issued_at: at, created: at, id, key: id.store_key(name), timeout: Some(MAX_AGE) };
        let refused = |problem| {
            OptionsError::new(
                "serializer",
                problem,
                "check how it writes and reads an array, a number and an object",
            )
        };
        let value = ticket
            .seal(&self.signer, self.serializer.as_ref())
            .map_err(|_| refused("it cannot write the cookie's body"))?;
        if name.len() + value.len() > COOKIE_BYTES {
            let problem = "browsers refuse a cookie whose name and value together exceed 4096 bytes";
            return Err(OptionsError::new(
                "cookie_name",
                problem,
                "shorten the name, or use a serializer that writes less",
            ));
        }
        match Ticket::open(&value, name, &self.signer, self.serializer.as_ref()) {
            Some(read) if read.id == ticket.id => Ok(()),
            Some(_) | None => Err(refused("it cannot read the cookie's body that it wrote")),
        }
    }
}

fn whole_secs(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serializer::{JsonSerializer, SerializerError};
    use serde_json::Value;

    const SECRET: &str = "a secret of more than thirty-two bytes";

    #[test]
    fn a_name_may_be_as_long_as_the_longest_cookie_leaves_room_for() {
        let settings = SessionOptions::new(SECRET).check().unwrap();
        let at = UnixTime::from_millis(9_999_999_999_999);
        let id = SessionId::from_random([0xFF; 18]);
        let ticket =
            Ticket { issued_at: at, created: at, id, key: id.store_key("s"), timeout: Some(MAX_AGE) };
        let value = ticket.seal(&settings.signer, &JsonSerializer).unwrap();
        let mut options = SessionOptions::new(SECRET);
        options.cookie_name = "s".repeat(COOKIE_BYTES - value.len());
        assert!(options.clone().check().is_ok());
        options.cookie_name.push('s');
        assert_eq!(options.check().unwrap_err().parameter(), "cookie_name");
    }

    #[test]
    fn a_max_age_is_sent_to_the_browser_in_whole_seconds() {
        let mut options = SessionOptions::new(SECRET);
        options.max_age = Some(Duration::from_millis(60_900));
        let settings = options.check().unwrap();
        assert!(settings.set_cookie("v", None, UnixTime::from_secs(0)).contains("Max-Age=60;"));
    }

    /// A serializer that always writes the same bytes.
    #[derive(Debug)]
    struct Forgetful(&'static str);

    impl Serializer for Forgetful {
        fn serialize(&self, _: &Value) -> Result<Vec<u8>, SerializerError> {
            Ok(self.0.into())
        }

        fn deserialize(&self, bytes: &[u8]) -> Result<Value, SerializerError> {
            JsonSerializer.deserialize(bytes)
        }
    }

    #[test]
    fn a_serializer_that_cannot_read_its_own_output_is_refused() {
        for body in ["[1, 2, {}]", r#"[1, 2, {"sessioneid": "AbCdEfGhIjKlMnOpQrStUvWx"}]"#] {
            let mut options = SessionOptions::new(SECRET);
            options.serializer = Arc::new(Forgetful(body));
            let error = options.check().unwrap_err().to_string();
            assert!(error.contains("it cannot read the cookie's body that it wrote"), "{error}");
        }
    }

    #[test]
    fn a_timeout_of_its_own_outlives_the_browsers_window() {
        let settings = SessionOptions::new(SECRET).check().unwrap();
        let now = UnixTime::from_secs(0);
        assert!(!settings.set_cookie("v", None, now).contains("Max-Age"));
        assert!(settings.set_cookie("v", Some(Duration::from_secs(60)), now).contains("Max-Age=60"));
        assert!(settings.set_cookie("v", Some(MAX_AGE * 2), now).contains("Max-Age=34560000"));
    }
}

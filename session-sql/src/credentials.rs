//! Credentials that change while a service runs.

use std::error::Error as StdError;
use std::fmt;

use session_core::store::async_trait;

/// A user of the database, with its password. `Debug` does not show the password.
#[derive(Clone)]
pub struct Credentials {
    /// The name of the user.
    pub user: String,
    /// The password of the user.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

/// A source of credentials that expire, such as the tokens of a cloud.
///
/// Tokens that MySQL's servers of a cloud take as a password need the driver's option
/// `MySqlConnectOptions::enable_cleartext_plugin(true)`, and TLS, since they are sent as they are. Set both
/// on the options of a pool and use `MySqlStore::with_options_of`.
///
/// A store asks it for each connection that it opens. Connections that are open stay open until the time in
/// the option `max_lifetime` has passed.
///
/// ```
/// use session_sql::{CredentialSource, Credentials};
/// use std::sync::Arc;
///
/// struct PasswordFile;
///
/// #[session_core::store::async_trait]
/// impl CredentialSource for PasswordFile {
///     async fn credentials(&self) -> Result<Credentials, Box<dyn std::error::Error + Send + Sync>> {
///         let password = std::fs::read_to_string("/run/secrets/database")?;
///         Ok(Credentials { user: "web".to_owned(), password: password.trim_end().to_owned() })
///     }
/// }
///
/// // The field `credentials` of `PostgresOptions` and `MySqlOptions` takes it.
/// let source: Arc<dyn CredentialSource> = Arc::new(PasswordFile);
/// ```
#[async_trait]
pub trait CredentialSource: Send + Sync {
    /// Returns the credentials for a new connection.
    ///
    /// # Errors
    ///
    /// Fails if there are none at the moment. The text of the error must contain no password, because errors
    /// end up in logs.
    ///
    /// # Cancellation
    ///
    /// The future is dropped if the call that needs the connection is dropped or out of time.
    async fn credentials(&self) -> Result<Credentials, Box<dyn StdError + Send + Sync>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        let credentials = Credentials { user: "web".to_owned(), password: "hush".to_owned() };
        assert_eq!(format!("{credentials:?}"), "Credentials { user: \"web\", .. }");
    }
}

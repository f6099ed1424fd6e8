//! The stores that `--store` can name.

use std::error::Error as _;
use std::pin::Pin;
use std::sync::Arc;

use session_core::MemoryStore;
use session_core::store::{SessionStore, StoreError};
use session_sql::{MySqlStore, PostgresStore, SqliteStore};

use crate::terminal::with_causes;

type Opened = Result<Arc<dyn SessionStore>, StoreError>;
type Opening<'u> = Pin<Box<dyn Future<Output = Opened> + Send + 'u>>;

/// A kind of store. To add one, write an entry in [`KINDS`] and the function that opens it.
struct Kind {
    schemes: &'static [&'static str],
    form: &'static str,
    what: &'static str,
    open: fn(&str) -> Opening<'_>,
}

const KINDS: [Kind; 4] = [
    Kind {
        schemes: &["sqlite"],
        form: "sqlite:FILE",
        what: "in a SQLite database",
        open: |url| Box::pin(sqlite(url)),
    },
    Kind {
        schemes: &["postgres", "postgresql"],
        form: "postgres://USER:PASSWORD@HOST/DATABASE",
        what: "in a PostgreSQL database",
        open: |url| Box::pin(postgres(url)),
    },
    Kind {
        schemes: &["mysql", "mariadb"],
        form: "mysql://USER:PASSWORD@HOST/DATABASE",
        what: "in a MariaDB or MySQL database",
        open: |url| Box::pin(mysql(url)),
    },
    Kind {
        schemes: &["memory"],
        form: "memory",
        what: "in this process, until it ends",
        open: |_| Box::pin(memory()),
    },
];

/// Opens the store that `url` names.
///
/// # Errors
///
/// Fails if no store has this name, if `url` has the wrong form, or if the store cannot be opened.
pub(crate) async fn open(url: &str) -> Result<Arc<dyn SessionStore>, StoreUrlError> {
    let scheme = scheme(url);
    let Some(kind) = KINDS.iter().find(|kind| kind.schemes.contains(&scheme)) else {
        return Err(StoreUrlError::Unknown(scheme.to_owned()));
    };
    let names_a_place = url.split_once(':').is_some_and(|(_, place)| !place.is_empty());
    if names_a_place != kind.form.contains(':') {
        return Err(StoreUrlError::Form { url: without_password(url), form: kind.form });
    }
    let failed = |error: StoreError| StoreUrlError::Failed {
        url: without_password(url),
        why: error.source().map_or_else(|| error.to_string(), with_causes),
        form: kind.form,
    };
    (kind.open)(url).await.map_err(failed)
}

/// Returns the help text of `--store`, with one line for each store.
pub(crate) fn help() -> String {
    let lines = KINDS.iter().map(|kind| format!("\n  {:<40}{}", kind.form, kind.what));
    format!("Store that keeps the sessions:\n{}", lines.collect::<String>())
}

/// Returns the URL without its user name and password, so that it can be shown.
pub(crate) fn without_password(url: &str) -> String {
    match url.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?.1))) {
        Some((scheme, rest)) => format!("{scheme}://…@{rest}"),
        None => url.to_owned(),
    }
}

async fn sqlite(url: &str) -> Opened {
    let store = SqliteStore::connect(url).await?;
    store.migrate().await?;
    Ok(Arc::new(store))
}

async fn postgres(url: &str) -> Opened {
    let store = PostgresStore::connect(url).await?;
    store.migrate().await?;
    Ok(Arc::new(store))
}

async fn mysql(url: &str) -> Opened {
    let store = MySqlStore::connect(url).await?;
    store.migrate().await?;
    Ok(Arc::new(store))
}

async fn memory() -> Opened {
    Ok(Arc::new(MemoryStore::new()))
}

fn scheme(url: &str) -> &str {
    url.split(':').next().unwrap_or_default()
}

fn forms() -> String {
    KINDS.iter().map(|kind| kind.form).collect::<Vec<_>>().join(" or ")
}

/// An error about `--store`. Its text says what to do, and never contains a password.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreUrlError {
    #[error("there is no store called `{0}`; use --store {forms}", forms = forms())]
    Unknown(String),
    #[error("the store {url} is not valid; use the form --store {form}")]
    Form { url: String, form: &'static str },
    #[error("cannot open the store {url}: {why}; check the value of --store {form}")]
    Failed { url: String, why: String, form: &'static str },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_its_password() {
        assert_eq!(without_password("sqlite:sessions.db"), "sqlite:sessions.db");
        assert_eq!(without_password("postgres://me:p@ss@host/db"), "postgres://…@host/db");
    }
}

//! The stores that `--store` can name.

use std::error::Error as _;
use std::pin::Pin;
use std::sync::Arc;

use session_core::MemoryStore;
use session_core::store::{SessionStore, StoreError};
use session_redis::RedisStore;
use session_sql::{MySqlStore, PostgresStore, SqliteStore};

use crate::terminal::with_causes;
use crate::trial;

type Opened = Result<Arc<dyn SessionStore>, StoreError>;
type Opening<'u> = Pin<Box<dyn Future<Output = Opened> + Send + 'u>>;

/// A form of a store's URL. To add a store, write an entry in [`KINDS`] and the function that opens it.
struct Kind {
    schemes: &'static [&'static str],
    form: &'static str,
    what: &'static str,
    open: fn(&str) -> Opening<'_>,
}

const KINDS: [Kind; 8] = [
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
        schemes: &["redis", "rediss", "valkey", "valkeys"],
        form: "redis://USER:PASSWORD@HOST",
        what: "in Redis or Valkey; with TLS: rediss",
        open: |url| Box::pin(redis(url)),
    },
    Kind {
        schemes: &["redis-sentinel", "rediss-sentinel", "valkey-sentinel", "valkeys-sentinel"],
        form: "redis-sentinel://USER:PASSWORD@HOST?sentinelServiceName=NAME",
        what: "the same, found by sentinels",
        open: |url| Box::pin(redis(url)),
    },
    Kind {
        schemes: &["redis-cluster", "rediss-cluster", "valkey-cluster", "valkeys-cluster"],
        form: "redis-cluster://USER:PASSWORD@HOST",
        what: "in a cluster of Redis or Valkey",
        open: |url| Box::pin(redis(url)),
    },
    Kind {
        schemes: &["redis+unix", "valkey+unix"],
        form: "redis+unix:///SOCKET",
        what: "in Redis or Valkey on this machine",
        open: |url| Box::pin(redis(url)),
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
        why: error.source().map_or_else(|| error.to_string(), with_causes).trim_end_matches('.').to_owned(),
        form: kind.form,
    };
    (kind.open)(url).await.map_err(failed)
}

/// Returns the help text of `--store`, with one line for each store.
pub(crate) fn help() -> String {
    let width = KINDS.iter().map(|kind| kind.form.len()).max().unwrap_or_default();
    let lines = KINDS.iter().map(|kind| format!("\n  {:<width$}  {}", kind.form, kind.what));
    format!("Store that keeps the sessions:\n{}", lines.collect::<String>())
}

/// Returns the URL without its user name, password and query, so that it can be shown. The query can contain
/// a password, too.
pub(crate) fn without_password(url: &str) -> String {
    let scheme = scheme(url);
    if scheme == "sqlite" {
        return url.to_owned();
    }
    let begin = if url[scheme.len()..].starts_with("://") { "://" } else { ":" };
    let Some(rest) = url.get(scheme.len() + begin.len()..) else { return url.to_owned() };
    let place = match rest.rsplit_once('@') {
        // Either the `@` is in the query, or the `?` in a password. Any part of the rest may be secret.
        Some((before, _)) if before.contains('?') => "…".to_owned(),
        Some((_, place)) => format!("…@{place}"),
        None => rest.to_owned(),
    };
    match place.split_once(['?', '#']) {
        Some((place, _)) => format!("{scheme}{begin}{place}?…"),
        None => format!("{scheme}{begin}{place}"),
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

async fn redis(url: &str) -> Opened {
    let store = RedisStore::connect(url).await?;
    trial::run(&store).await?;
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
        for url in ["memory", "sqlite:sessions.db", "sqlite:me@home.db?mode=rw", "redis+unix:///run/redis"] {
            assert_eq!(without_password(url), url);
        }
        for (url, shown) in [
            ("postgres://me:p@ss@host/db", "postgres://…@host/db"),
            ("redis://:pass@host:6379/1", "redis://…@host:6379/1"),
            ("redis://:pa/ss@host", "redis://…@host"),
            ("redis://:pa#ss@host", "redis://…@host"),
            ("redis:me:pass@host", "redis:…@host"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }

    #[test]
    fn a_url_is_shown_without_a_password_in_its_query() {
        let query = "sentinelServiceName=shop&sentinelPassword=pass";
        for (url, shown) in [
            (format!("redis-sentinel://:pass@host:1?{query}"), "redis-sentinel://…@host:1?…"),
            (format!("redis-sentinel://host:1?{query}@pass"), "redis-sentinel://…"),
            (format!("redis-sentinel://host:1?{query}#pass"), "redis-sentinel://host:1?…"),
            ("redis://:pa?pass@host".to_owned(), "redis://…"),
            ("postgres://host/db?password=pass".to_owned(), "postgres://host/db?…"),
        ] {
            assert_eq!(without_password(&url), shown);
        }
    }
}

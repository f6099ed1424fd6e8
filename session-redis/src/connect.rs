//! The ways to open a store.

use fred::clients::Client;
use session_core::store::StoreError;
use tokio::time::Instant;

use crate::check::check;
use crate::driver::fred::Fred;
use crate::error::Failure;
use crate::options::RedisOptions;
use crate::store::RedisStore;
use crate::trace;

/// The length up to which a prefix costs no memory: Redis allocates keys of up to 44 bytes in one size.
const LONGEST_FREE: usize = 6;

impl RedisStore {
    /// Connects to a server, a sentinel group or a cluster.
    ///
    /// `url` has one of the forms that the driver takes:
    ///
    /// * `redis://user:password@host:6379` for one server; `/number` at the end selects a database, and needs
    ///   the right `+select`,
    /// * `redis-sentinel://user:password@host:26379?sentinelServiceName=name&node=host:port` for a sentinel
    ///   group,
    /// * `redis-cluster://user:password@host:6379?node=host:port` for a cluster,
    /// * `redis+unix:///path/to/socket`, with the feature `unix-sockets`.
    ///
    /// `rediss`, `rediss-sentinel` and `rediss-cluster` connect with TLS, and need the feature
    /// `enable-rustls-ring` or `enable-rustls`.
    ///
    /// # Errors
    ///
    /// Fails if the URL is not valid or needs a feature that is not enabled, if no server can be reached or
    /// used, and if the server is a replica, or a node of a cluster although the URL is not one of a cluster.
    /// It does not wait for a server that is down.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, the connection is closed.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::connect_with(url, RedisOptions::default()).await
    }

    /// Connects like [`connect`](Self::connect), with other options than the default ones.
    ///
    /// # Errors
    ///
    /// Fails like [`connect`](Self::connect).
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, the connection is closed.
    pub async fn connect_with(url: &str, options: RedisOptions) -> Result<Self, StoreError> {
        let driver = Fred::connect(url, options.call_timeout()).await.map_err(Failure::store_error)?;
        Self::checked(driver, &options).await
    }

    /// Creates a store on a client of the application. Call the client's `init` first.
    ///
    /// # Errors
    ///
    /// Fails if the server cannot be reached, and if the client has settings with which the store would not
    /// keep its promises: if it follows the redirections of a cluster, waits for replies without end, or does
    /// not connect again. The error names the remedy.
    ///
    /// # Cancellation
    ///
    /// Nothing happens if the future is dropped.
    pub async fn from_client(client: Client, options: RedisOptions) -> Result<Self, StoreError> {
        Self::checked(Fred::of(client).map_err(Failure::store_error)?, &options).await
    }

    /// Creates a store, if its server is fit for it.
    async fn checked(driver: Fred, options: &RedisOptions) -> Result<Self, StoreError> {
        if options.prefix.as_str().len() > LONGEST_FREE {
            trace::warning(
                "a prefix of more than 6 bytes takes more memory for each session",
                options.prefix.as_str(),
            );
        }
        let until = Instant::now() + options.call_timeout();
        check(&driver, until).await.map_err(Failure::store_error)?;
        Ok(Self::of(driver, options))
    }
}

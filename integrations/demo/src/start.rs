//! The start of the site from its command line.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use session_core::adapter::SystemClock;
use session_core::{OptionsError, SessionFactory};
use session_sql::PurgeTask;
use tokio::net::TcpListener;

use crate::args::Args;
use crate::launch::{Announcement, Launch};
use crate::secret::{self, Origin, SecretError};
use crate::signals::Signals;
use crate::site::{CookieNameError, Site, Transport};
use crate::stores::{self, StoreUrlError};

/// The interval between purges. Expired sessions are absent at once; a purge also removes them from the disk.
const PURGE_EVERY: Duration = Duration::from_secs(600);

/// Runs the site until a signal stops the process.
///
/// # Errors
///
/// Fails if the site cannot start, or if its server fails.
pub(crate) async fn run(args: Args) -> Result<(), StartError> {
    // This comes first, so that no signal is missed, however soon after the start it is sent.
    let signals = Signals::listen().map_err(StartError::Serve)?;
    let transport = if args.https { Transport::BehindTls } else { Transport::PlainHttp };
    let cookie_name = transport.cookie_name(args.cookie_name)?;
    let listener = listen(&args.listen).await?;
    let store = stores::open(&args.store).await?;
    // The secret comes after the listener and the store: if one of those failed after the secret was made,
    // nothing would tell the user about the new file.
    let secret = secret::read_or_make(&args.secret_file)?;
    let site = Site { transport, cookie_name, store: store.name(), framework: args.framework.name };
    let _purge = PurgeTask::spawn(Arc::clone(&store), Arc::new(SystemClock), PURGE_EVERY);
    let sessions = SessionFactory::new(site.options(secret.secret), store)?;
    let announcement = Announcement([
        format!("listening on http://{}", listener.local_addr().map_err(StartError::Serve)?),
        format!("sessions in {}", stores::without_password(&args.store)),
        secret_line(&args.secret_file, secret.origin),
    ]);
    let launch = Launch { site, sessions: sessions.clone(), listener, signals, announcement };
    let served = (args.framework.serve)(launch).await;
    sessions.wait_for_saves().await;
    served.map_err(StartError::Serve)
}

async fn listen(address: &str) -> Result<TcpListener, StartError> {
    let failed = |source| StartError::Listen { address: address.to_owned(), source };
    TcpListener::bind(address).await.map_err(failed)
}

fn secret_line(path: &Path, origin: Origin) -> String {
    match origin {
        Origin::Found => format!("secret from {}", path.display()),
        Origin::Made => {
            format!(
                "secret from {}, made just now: keep this file, without it all existing cookies become invalid",
                path.display()
            )
        }
    }
}

/// An error of the start or of the server. Its text names the problem and the remedy.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Store(#[from] StoreUrlError),
    #[error(transparent)]
    CookieName(#[from] CookieNameError),
    #[error(transparent)]
    Options(#[from] OptionsError),
    #[error("cannot listen on {address}: {source}; name another address with --listen ADDRESS:PORT")]
    Listen { address: String, source: io::Error },
    #[error("the server stopped: {0}")]
    Serve(io::Error),
}

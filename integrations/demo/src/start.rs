//! From the command line to a site that answers.

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
use crate::site::{Site, Transport};
use crate::stores::{self, StoreUrlError};

/// Expired sessions are absent at once; this is how often they also leave the disk.
const PURGE_EVERY: Duration = Duration::from_secs(600);

/// Runs the site until the process is to stop.
pub(crate) async fn run(args: Args) -> Result<(), StartError> {
    // First of all, so that no signal is missed by whoever starts and stops the site quickly.
    let signals = Signals::listen().map_err(StartError::Serve)?;
    let listener = listen(&args.listen).await?;
    let store = stores::open(&args.store).await?;
    // The secret comes last: a start that fails after it was made would never say so.
    let secret = secret::read_or_make(&args.secret_file)?;
    let transport = if args.https { Transport::BehindTls } else { Transport::PlainHttp };
    let site = Site { transport, store: store.name(), framework: args.framework.name };
    let _purge = PurgeTask::spawn(Arc::clone(&store), Arc::new(SystemClock), PURGE_EVERY);
    let sessions = SessionFactory::new(transport.options(secret.secret), store)?;
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
            format!("secret from {}, made just now: keep it, the cookies hang on it", path.display())
        }
    }
}

/// Why the site does not start. It names the thing and the remedy.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Store(#[from] StoreUrlError),
    #[error(transparent)]
    Options(#[from] OptionsError),
    #[error("cannot listen on {address}: {source}; name another address with --listen ADDRESS:PORT")]
    Listen { address: String, source: io::Error },
    #[error("the server stopped: {0}")]
    Serve(io::Error),
}

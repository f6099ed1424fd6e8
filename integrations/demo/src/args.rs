//! The command line.

use std::path::PathBuf;

use clap::Parser;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};

use crate::frameworks::{self, Framework};
use crate::stores;

const EXAMPLES: &str = "\
Examples:
  session-demo                                  listen on http://127.0.0.1:8080, keep sessions in sessions.db
  session-demo --store memory                   keep sessions in memory until the process ends
  session-demo --store redis://localhost        keep sessions in Redis or Valkey, on port 6379
  session-demo --listen 0.0.0.0:8000 --https    run behind a proxy that terminates TLS
  session-demo --listen 127.0.0.1:8081          run a second process on the same sessions
  session-demo --cookie-name shop               run beside another site on this host, each with its own cookie
  session-demo --framework rocket               serve the same site and the same sessions with Rocket

In the workspace, run it with `cargo run -- --store memory`. Ctrl-C or SIGTERM stops it. If it cannot start, it
prints the reason on one line and exits with code 2.";

/// A small site that shows what the sessions do: a visit counter, a cart, messages, forms with CSRF tokens,
/// and a list of your devices.
#[derive(Debug, Parser)]
#[command(name = "session-demo", version, after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Store that keeps the sessions
    #[arg(long, value_name = "STORE", default_value = "sqlite:sessions.db", long_help = stores::help())]
    pub(crate) store: String,

    /// Framework that serves the site
    #[arg(long, value_name = "FRAMEWORK", default_value = "axum", value_parser = framework())]
    pub(crate) framework: Framework,

    /// Address to listen on: an IP address or a host name, and a port (0 for any free port)
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) listen: String,

    /// File with the secret that signs the cookies: at least 32 bytes, readable by its owner only; created on
    /// the first run
    #[arg(long, value_name = "FILE", default_value = "session.secret")]
    pub(crate) secret_file: PathBuf,

    /// Browsers reach the site over HTTPS, through a proxy that terminates TLS: the cookie is
    /// `__Host-session`, Secure
    #[arg(long)]
    pub(crate) https: bool,

    /// Name of the cookie, instead of `session`, or `__Host-session` with --https. Cookies know no ports, so
    /// each program on a host needs a name of its own
    #[arg(long, value_name = "NAME")]
    pub(crate) cookie_name: Option<String>,
}

fn framework() -> impl clap::builder::TypedValueParser<Value = Framework> {
    PossibleValuesParser::new(frameworks::names())
        .map(|name| frameworks::find(&name).expect("clap accepts only names from the table"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory as _;
        Args::command().debug_assert();
    }
}

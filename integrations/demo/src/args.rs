//! The command line.

use std::path::PathBuf;

use clap::Parser;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};

use crate::frameworks::{self, Framework};
use crate::stores;

const EXAMPLES: &str = "\
Examples:
  session-demo                                  on http://127.0.0.1:8080, sessions in sessions.db
  session-demo --store memory                   sessions end with the process
  session-demo --listen 0.0.0.0:8000 --https    behind a proxy that ends TLS
  session-demo --listen 127.0.0.1:8081          a second process on the same sessions
  session-demo --framework rocket               the same site, the same sessions, served by Rocket

In the workspace `cargo run -- --store memory` does the same. Ctrl-C or SIGTERM stops it; a start that cannot succeed says why in
one line and ends with exit code 2.";

/// A small site that shows what the sessions do: a visit counter, a cart, messages, guarded forms, and the list of your devices.
#[derive(Debug, Parser)]
#[command(name = "session-demo", version, after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Where the sessions are kept
    #[arg(long, value_name = "STORE", default_value = "sqlite:sessions.db", long_help = stores::help())]
    pub(crate) store: String,

    /// Which framework serves the site
    #[arg(long, value_name = "FRAMEWORK", default_value = "axum", value_parser = framework())]
    pub(crate) framework: Framework,

    /// Where to listen: an address, or a name, and a port (0: any free one)
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) listen: String,

    /// What the cookies are signed with: a file of 32 bytes or more that nobody else may read, made on the first run
    #[arg(long, value_name = "FILE", default_value = "session.secret")]
    pub(crate) secret_file: PathBuf,

    /// Browsers come by https, through a proxy that ends TLS: the cookie is `__Host-session`, Secure
    #[arg(long)]
    pub(crate) https: bool,
}

fn framework() -> impl clap::builder::TypedValueParser<Value = Framework> {
    PossibleValuesParser::new(frameworks::names())
        .map(|name| frameworks::find(&name).expect("only names of the table pass"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_made() {
        use clap::CommandFactory as _;
        Args::command().debug_assert();
    }
}

//! The settings of a Redis server.

use std::fmt::Write as _;

use super::client::SOCKET;
use crate::error::Error;
use crate::folder::Folder;
use crate::port;
use crate::random::random;

/// The settings of a server with data. Each change is written to the disk before the reply.
const DATA: &str = "\
    appendonly yes\n\
    appendfsync always\n\
    save \"\"\n\
    repl-diskless-sync-delay 0\n";

/// The kind of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A server with data.
    Plain,
    /// A server with data that takes connections with TLS only.
    Tls,
    /// A sentinel, which has no data and watches servers.
    Sentinel,
}

impl Kind {
    /// Returns the arguments of the program after the file of settings.
    pub(crate) const fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Plain | Self::Tls => &[],
            Self::Sentinel => &["--sentinel"],
        }
    }
}

/// A server that is to be made.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) kind: Kind,
    pub(crate) port: u16,
    pub(crate) password: String,
    /// Lines of settings, which override ours.
    pub(crate) settings: String,
    /// The files that the server needs: names and texts.
    pub(crate) files: Vec<(&'a str, &'a str)>,
}

impl Plan<'_> {
    /// Chooses a port and a password for a server with our settings.
    pub(crate) fn new() -> Result<Self, Error> {
        let port = port::free().map_err(Error::machine("find a free port"))?;
        let password = format!("{:016x}", random());
        Ok(Self { kind: Kind::Plain, port, password, settings: String::new(), files: Vec::new() })
    }

    /// Returns the text of the file of settings of a server in a folder.
    pub(crate) fn text(&self, folder: &Folder) -> String {
        let path = |name: &str| folder.join(name).display().to_string();
        let Self { kind, port, password, settings, .. } = self;
        let mut text = format!(
            "bind 127.0.0.1\n\
             dir \"{}\"\n\
             unixsocket \"{}\"\n\
             requirepass {password}\n",
            folder.path().display(),
            path(SOCKET)
        );
        let of_kind = match kind {
            Kind::Plain => format!("port {port}\nmasterauth {password}\n{DATA}"),
            Kind::Tls => format!(
                "port 0\ntls-port {port}\ntls-auth-clients no\n\
                 tls-cert-file \"{}\"\ntls-key-file \"{}\"\n{DATA}",
                path("server.crt"),
                path("server.key")
            ),
            Kind::Sentinel => format!("port {port}\n"),
        };
        // A string takes everything.
        let _ = write!(text, "{of_kind}{settings}");
        text
    }
}

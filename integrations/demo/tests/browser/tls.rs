//! A TLS proxy in front of a site that serves plain HTTP.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, LazyLock};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// Host names of this machine. To a browser they are different sites, although both are below `localhost`.
pub(crate) const SHOP: &str = "shop.localhost";
pub(crate) const FOREIGN: &str = "foreign.localhost";

/// The self-signed certificate for both names.
static TLS: LazyLock<TlsAcceptor> = LazyLock::new(|| {
    let names = [SHOP, FOREIGN].map(str::to_owned);
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
});

/// Accepts TLS connections on a free port, forwards them to `site`, and returns that port.
pub(crate) async fn before(site: SocketAddr) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((outside, _)) = listener.accept().await {
            tokio::spawn(pass_on(outside, site));
        }
    });
    port
}

/// Forwards one connection. Errors are ignored, because the browser notices a broken connection.
async fn pass_on(outside: TcpStream, site: SocketAddr) -> Option<()> {
    outside.set_nodelay(true).ok()?;
    let mut outside = TLS.accept(outside).await.ok()?;
    let mut inside = TcpStream::connect(site).await.ok()?;
    inside.set_nodelay(true).ok()?;
    copy_bidirectional(&mut outside, &mut inside).await.ok().map(drop)
}

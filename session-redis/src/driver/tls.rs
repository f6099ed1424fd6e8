//! TLS to the servers, with the certificates that the system trusts.

use std::sync::Arc;

use fred::rustls::crypto::CryptoProvider;
#[cfg(not(feature = "enable-rustls-ring"))]
use fred::rustls::crypto::aws_lc_rs as preferred;
#[cfg(feature = "enable-rustls-ring")]
use fred::rustls::crypto::ring as preferred;
use fred::rustls::{ClientConfig, RootCertStore};
use fred::types::config::{TlsConfig, TlsConnector};

use crate::error::Failure;

/// Makes the settings of a URL with TLS.
///
/// The driver's own would panic in a program in which two crates have enabled different providers of rustls.
pub(super) fn config() -> Result<TlsConfig, Failure> {
    let mut roots = RootCertStore::empty();
    // One that cannot be read is as good as missing, and the error of a connection that needs it says so.
    roots.add_parsable_certificates(fred::rustls_native_certs::load_native_certs().certs);
    let provider = CryptoProvider::get_default();
    let provider = provider.map_or_else(|| Arc::new(preferred::default_provider()), Arc::clone);
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::Other(error.to_string().into()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(config).into())
}

//! TLS to the servers, with the certificates that the system trusts.

use fred::types::config::{TlsConfig, TlsConnector};

use crate::error::Failure;

/// Makes the settings of a URL with TLS.
///
/// The driver's own would panic in a program in which two crates have enabled different providers of rustls.
#[cfg(any(feature = "enable-rustls", feature = "enable-rustls-ring"))]
pub(super) fn config() -> Result<TlsConfig, Failure> {
    use std::sync::Arc;

    use fred::rustls::crypto::CryptoProvider;
    use fred::rustls::{ClientConfig, RootCertStore};

    #[cfg(not(feature = "enable-rustls-ring"))]
    use fred::rustls::crypto::aws_lc_rs as preferred;
    #[cfg(feature = "enable-rustls-ring")]
    use fred::rustls::crypto::ring as preferred;

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

/// Makes the settings of a URL with TLS.
#[cfg(not(any(feature = "enable-rustls", feature = "enable-rustls-ring")))]
pub(super) fn config() -> Result<TlsConfig, Failure> {
    let connector = TlsConnector::default_native_tls();
    connector.map(TlsConfig::from).map_err(|error| Failure::Other(error.details().into()))
}

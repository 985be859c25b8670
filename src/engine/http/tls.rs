use std::path::Path;
use std::sync::{Arc, OnceLock};

use thiserror::Error;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use super::tls_error;

/// Of a file of certificates: many times those of a whole system.
const LARGEST: u64 = 10_000_000;

/// Whom `https://` trusts: the certificate authorities of the system and those
/// added here. Cheap to clone; the system's are read when first needed.
#[derive(Clone, Debug, Default)]
pub struct Tls(Arc<Trust>);

#[derive(Default)]
struct Trust {
    added: Vec<CertificateDer<'static>>,
    is_blind: bool,
    connector: OnceLock<Result<TlsConnector, String>>,
}

/// Why a file of certificates cannot be used.
#[derive(Debug, Error)]
pub enum TlsError {
    #[error("{file}: {cause}")]
    Unreadable { file: String, cause: String },
    #[error("{0} holds no certificate; it should have lines -----BEGIN CERTIFICATE-----")]
    Empty(String),
    #[error("a certificate in {file} cannot be used: {cause}")]
    Unusable { file: String, cause: String },
}

impl Tls {
    /// `added`: a PEM file with certificates of authorities, trusted beside the
    /// system's. `is_blind`: no certificate is verified at all.
    pub fn new(added: Option<&Path>, is_blind: bool) -> Result<Self, TlsError> {
        let added = added.map_or(Ok(Vec::new()), authorities)?;
        Ok(Self(Arc::new(Trust { added, is_blind, connector: OnceLock::new() })))
    }

    /// Whether it takes any certificate for good.
    pub fn is_blind(&self) -> bool {
        self.0.is_blind
    }

    /// The error is for a person.
    pub(super) async fn connect(
        &self,
        host: &str,
        stream: TcpStream,
    ) -> Result<TlsStream<TcpStream>, String> {
        let connector = self.0.connector.get_or_init(|| self.0.connector()).as_ref()?;
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| format!("{host} is no name that a certificate could be for"))?;
        connector.connect(name, stream).await.map_err(|error| tls_error::describe(&error, host))
    }
}

impl Trust {
    fn connector(&self) -> Result<TlsConnector, String> {
        let provider = Arc::new(ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        let mut config = if self.is_blind {
            let verifier = Arc::new(Blind(provider));
            config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
        } else {
            config.with_root_certificates(self.roots()?).with_no_client_auth()
        };
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsConnector::from(Arc::new(config)))
    }

    fn roots(&self) -> Result<RootCertStore, String> {
        let system = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(system.certs);
        roots.add_parsable_certificates(self.added.iter().cloned());
        if roots.is_empty() {
            let cause = system.errors.first().map(|error| format!(" ({error})"));
            return Err(format!(
                "this system has no certificate authorities{}; name one with --ca-cert FILE",
                cause.unwrap_or_default()
            ));
        }
        Ok(roots)
    }
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trust")
            .field("added", &self.added.len())
            .field("is_blind", &self.is_blind)
            .finish_non_exhaustive()
    }
}

fn authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let file = path.display().to_string();
    let text = crate::files::read(path, LARGEST)
        .map_err(|error| TlsError::Unreadable { file: file.clone(), cause: error.to_string() })?;
    let mut found = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let unusable = |cause: String| TlsError::Unusable { file: file.clone(), cause };
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        let mut check = RootCertStore::empty();
        check.add(certificate.clone()).map_err(|error| unusable(error.to_string()))?;
        found.push(certificate);
    }
    if found.is_empty() { Err(TlsError::Empty(file)) } else { Ok(found) }
}

/// Takes every certificate, for whoever asked for that in so many words.
#[derive(Debug)]
struct Blind(Arc<CryptoProvider>);

impl ServerCertVerifier for Blind {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

use std::path::Path;
use std::sync::{Arc, OnceLock};

use thiserror::Error;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::client::{WebPkiServerVerifier, verify_server_name};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
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
    identity: Option<Identity>,
    is_blind: bool,
    connector: OnceLock<Result<TlsConnector, String>>,
}

/// What a client shows of itself to a service that wants to know: a certificate, those
/// that it was issued by, and its private key.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
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
    #[error(
        "{0} holds no private key; it should have lines -----BEGIN PRIVATE KEY-----, and no \
         password"
    )]
    NoKey(String),
    #[error("the private key in {key} is not that of the certificate in {certificate}: {cause}")]
    OtherKey { key: String, certificate: String, cause: String },
}

impl Tls {
    /// `added`: a PEM file with certificates of authorities, trusted beside the
    /// system's. `identity`: for services that want to know who asks. `is_blind`: no
    /// certificate is verified at all.
    pub fn new(
        added: Option<&Path>,
        identity: Option<Identity>,
        is_blind: bool,
    ) -> Result<Self, TlsError> {
        let added = added.map_or(Ok(Vec::new()), authorities)?;
        Ok(Self(Arc::new(Trust { added, identity, is_blind, connector: OnceLock::new() })))
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
        let verifier: Arc<dyn ServerCertVerifier> = match self.is_blind {
            true => Arc::new(Blind(provider)),
            false => {
                let roots = Arc::new(self.roots()?);
                let inner = WebPkiServerVerifier::builder_with_provider(roots, provider).build();
                let inner = inner.map_err(|error| error.to_string())?;
                Arc::new(Trusting { inner, own: self.added.clone() })
            }
        };
        let config = config.dangerous().with_custom_certificate_verifier(verifier);
        let mut config = match &self.identity {
            None => config.with_no_client_auth(),
            Some(Identity { chain, key }) => config
                .with_client_auth_cert(chain.clone(), key.clone_key())
                .map_err(|error| format!("the client certificate cannot be used: {error}"))?,
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

/// Nothing of the key.
impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("chain", &self.chain.len()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trust")
            .field("added", &self.added.len())
            .field("identity", &self.identity.as_ref().map(|identity| identity.chain.len()))
            .field("is_blind", &self.is_blind)
            .finish_non_exhaustive()
    }
}

impl Identity {
    /// Of PEM files. `key`: where it is in a file of its own.
    pub fn read(certificate: &Path, key: Option<&Path>) -> Result<Self, TlsError> {
        let chain = certificates(certificate)?;
        let key = key.unwrap_or(certificate);
        let file = key.display().to_string();
        // Its errors may quote what it has read.
        let found = PrivateKeyDer::from_pem_slice(&text(key)?);
        let found = found.map_err(|_| TlsError::NoKey(file.clone()))?;
        let identity = Self { chain, key: found };
        identity.check().map_err(|error| TlsError::OtherKey {
            key: file,
            certificate: certificate.display().to_string(),
            cause: error.to_string(),
        })?;
        Ok(identity)
    }

    fn check(&self) -> Result<(), Error> {
        let key = ring::default_provider().key_provider.load_private_key(self.key.clone_key())?;
        CertifiedKey::new(self.chain.clone(), key).keys_match()
    }
}

fn text(path: &Path) -> Result<Vec<u8>, TlsError> {
    crate::files::read(path, LARGEST).map_err(|error| TlsError::Unreadable {
        file: path.display().to_string(),
        cause: error.to_string(),
    })
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let file = path.display().to_string();
    let unusable =
        |error: pem::Error| TlsError::Unusable { file: file.clone(), cause: error.to_string() };
    let text = text(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let found = found.map_err(unusable)?;
    if found.is_empty() { Err(TlsError::Empty(file)) } else { Ok(found) }
}

fn authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found = certificates(path)?;
    for certificate in &found {
        let mut check = RootCertStore::empty();
        check.add(certificate.clone()).map_err(|error| TlsError::Unusable {
            file: path.display().to_string(),
            cause: error.to_string(),
        })?;
    }
    Ok(found)
}

/// Trusts authorities, as is usual, and a service that presents one of these
/// certificates itself: what `openssl req -x509` makes is an authority's, and whoever
/// names it with `--ca-cert` means the service. curl takes it as well.
#[derive(Debug)]
struct Trusting {
    inner: Arc<WebPkiServerVerifier>,
    own: Vec<CertificateDer<'static>>,
}

impl Trusting {
    /// Names and times hold for it as for any other.
    fn verify_own(
        &self,
        certificate: &CertificateDer<'_>,
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
        let invalid = |fault| Error::InvalidCertificate(fault);
        let (_, parsed) = x509_parser::parse_x509_certificate(certificate)
            .map_err(|_| invalid(CertificateError::BadEncoding))?;
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let validity = parsed.validity();
        if now < validity.not_before.timestamp() {
            return Err(invalid(CertificateError::NotValidYet));
        }
        if now > validity.not_after.timestamp() {
            return Err(invalid(CertificateError::Expired));
        }
        Ok(ServerCertVerified::assertion())
    }
}

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.inner.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match verified {
            Err(error) if is_of_authority(&error) && self.own.contains(end_entity) => {
                self.verify_own(end_entity, server_name, now)
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Whether a service has presented the certificate of an authority.
pub(super) fn is_of_authority(error: &Error) -> bool {
    match error {
        Error::InvalidCertificate(CertificateError::Other(cause)) => {
            cause.to_string().contains("CaUsedAsEndEntity")
        }
        _ => false,
    }
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

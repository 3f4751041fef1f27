//! Servers that play a recorded dialogue over a real socket, and certificates good and bad. For tests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};

use super::Deadlines;

/// Long enough on a busy machine, short enough for a test that waits for one to pass.
pub(crate) const SHORT: Deadlines = Deadlines {
    connect: Duration::from_secs(5),
    tls: Duration::from_secs(5),
    greeting: Duration::from_secs(5),
    idle: Duration::from_secs(5),
    after_mail: Duration::from_secs(5),
};

/// For tests of silence.
pub(crate) const HASTY: Deadlines = Deadlines {
    connect: Duration::from_secs(5),
    tls: Duration::from_millis(150),
    greeting: Duration::from_millis(150),
    idle: Duration::from_millis(150),
    after_mail: Duration::from_millis(150),
};

/// One turn of the server.
#[derive(Clone)]
pub(crate) enum Turn {
    /// Sends bytes. `{tag}` stands for the first word of the line heard last.
    Say(Vec<u8>),
    /// Hears a line that must contain this.
    Hear(&'static str),
    /// Reads the first bytes of the client's handshake. TLS cannot be taken up after it.
    Hello,
    /// TLS begins.
    Tls(Arc<ServerConfig>),
    /// Says nothing more until the client has gone.
    Silence,
}

/// Says text; lines end with CRLF by themselves where they end at all.
pub(crate) fn say(text: &str) -> Turn {
    Turn::Say(text.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes())
}

/// Hears a line that contains this.
pub(crate) const fn hear(part: &'static str) -> Turn {
    Turn::Hear(part)
}

/// A server that takes one connection and plays its part. After the last turn it closes.
pub(crate) struct Scripted {
    pub(crate) port: u16,
    task: JoinHandle<String>,
    wire: Arc<Mutex<Vec<u8>>>,
}

impl Scripted {
    pub(crate) async fn plays(turns: Vec<Turn>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let wire = Arc::default();
        let seen = Arc::clone(&wire);
        let task = tokio::spawn(async move {
            let (tcp, _) = listener.accept().await.unwrap();
            play(Tapped { tcp, seen }, turns).await
        });
        Self { port, task, wire }
    }

    /// Everything that the server heard, once it is done. Panics when the client did not keep to the script.
    pub(crate) async fn heard(self) -> String {
        self.task.await.unwrap()
    }

    /// The same, and the bytes themselves as everybody on the way could see them.
    pub(crate) async fn overheard(self) -> (String, Vec<u8>) {
        let heard = self.task.await.unwrap();
        (heard, std::mem::take(&mut self.wire.lock().unwrap()))
    }
}

/// Whether any eight characters of a secret stand in what was overheard: as they are, or in base64 wherever the
/// secret may begin within a message.
pub(crate) fn leaks(wire: &[u8], secret: &str) -> bool {
    let encoded = ["", "a", "ab"].map(|before| STANDARD.encode(format!("{before}{secret}")));
    let inner = encoded.iter().map(|text| &text[4..text.len() - 4]);
    inner
        .chain([secret])
        .any(|text| text.as_bytes().windows(8).any(|part| wire.windows(8).any(|seen| seen == part)))
}

/// A connection whose received bytes are kept as they came, under TLS too.
struct Tapped {
    tcp: TcpStream,
    seen: Arc<Mutex<Vec<u8>>>,
}

impl AsyncRead for Tapped {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.tcp).poll_read(cx, buf))?;
        self.seen.lock().unwrap().extend_from_slice(&buf.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tapped {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

trait Io: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

async fn play(tapped: Tapped, turns: Vec<Turn>) -> String {
    let mut io: Box<dyn Io> = Box::new(tapped);
    let mut heard = String::new();
    let mut tag = String::new();
    for turn in turns {
        match turn {
            Turn::Say(bytes) => {
                let bytes = put_tag(&bytes, &tag);
                if io.write_all(&bytes).await.is_err() || io.flush().await.is_err() {
                    return heard;
                }
            }
            Turn::Hear(part) => {
                let Some(line) = line(&mut io).await else { return heard };
                assert!(line.contains(part), "heard {line:?} instead of {part:?}");
                line.split(' ').next().unwrap_or_default().clone_into(&mut tag);
                heard.push_str(&line);
                heard.push('\n');
            }
            Turn::Hello => {
                let mut first = [0; 5];
                if io.read_exact(&mut first).await.is_err() {
                    return heard;
                }
            }
            Turn::Tls(config) => match TlsAcceptor::from(config).accept(io).await {
                Ok(tls) => io = Box::new(tls),
                Err(_) => return heard,
            },
            Turn::Silence => {
                while let Some(line) = line(&mut io).await {
                    heard.push_str(&line);
                    heard.push('\n');
                }
            }
        }
    }
    // What still comes is heard too: a test asserts that no secret was sent.
    let _ = io.shutdown().await;
    while let Some(line) = line(&mut io).await {
        heard.push_str(&line);
        heard.push('\n');
    }
    heard
}

fn put_tag(bytes: &[u8], tag: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.windows(5).position(|window| window == b"{tag}") {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(tag.as_bytes());
        rest = &rest[at + 5..];
    }
    out.extend_from_slice(rest);
    out
}

async fn line(io: &mut Box<dyn Io>) -> Option<String> {
    let mut line = Vec::new();
    loop {
        match io.read_u8().await {
            Ok(b'\n') => return Some(String::from_utf8_lossy(&line).trim_end().to_owned()),
            Ok(byte) => line.push(byte),
            Err(_) if line.is_empty() => return None,
            Err(_) => return Some(String::from_utf8_lossy(&line).into_owned()),
        }
    }
}

/// A certificate authority of the test's own.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// What a client is given to trust it.
    pub(crate) pem: String,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        Self::made_of(params)
    }

    /// One that an organisation runs among others.
    pub(crate) fn of(name: &str, organisation: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.distinguished_name.push(DnType::OrganizationName, organisation);
        Self::made_of(params)
    }

    fn made_of(mut params: CertificateParams) -> Self {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A server with a certificate for these names, good until the start of that year.
    pub(crate) fn server(&self, names: &[&str], until: i32) -> Arc<ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let certificate = leaf(names, until).signed_by(&key, &self.issuer).unwrap();
        config(certificate.der().to_vec(), &key)
    }
}

/// A server whose certificate vouches for itself, and that certificate as PEM.
pub(crate) fn self_signed(names: &[&str], until: i32, authority: bool) -> (Arc<ServerConfig>, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = leaf(names, until);
    if authority {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    let certificate = params.self_signed(&key).unwrap();
    (config(certificate.der().to_vec(), &key), certificate.pem())
}

/// A server that shows a certificate of which it has no key, and that certificate's DER.
pub(crate) fn without_the_key(names: &[&str]) -> (Arc<ServerConfig>, Vec<u8>) {
    let certificate = leaf(names, 2045).self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec();
    let provider = aws_lc_rs::default_provider();
    let other = PrivateKeyDer::Pkcs8(KeyPair::generate().unwrap().serialize_der().into());
    let key = provider.key_provider.load_private_key(other).unwrap();
    let shown = Arc::new(CertifiedKey::new(vec![certificate.clone().into()], key));
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(shown)));
    (Arc::new(config), certificate)
}

fn leaf(names: &[&str], until: i32) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    params.distinguished_name.push(DnType::CommonName, "mail server");
    params
}

fn config(certificate: Vec<u8>, key: &KeyPair) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.into()], key)
        .unwrap();
    Arc::new(config)
}

//! A connection to a server, plain or under TLS, that counts and never waits for ever.

use super::{Counters, Deadlines, Stage, Terms, Watch, dial, tls};
use crate::model::{Cause, Certificate, Failure};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls;

/// How many of the first bytes are kept, to tell what answered when TLS fails.
const FIRST: usize = 16;

/// TCP, counted, with an idle time.
#[derive(Debug)]
pub(super) struct Wire {
    tcp: TcpStream,
    counters: Arc<Counters>,
    idle: Duration,
    timer: Pin<Box<Sleep>>,
    ticking: bool,
    wrote: bool,
    pub(super) first: Vec<u8>,
}

impl Wire {
    /// Out of time when nothing has moved since the first wait.
    fn out_of_time(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.ticking {
            self.ticking = true;
            let end = Instant::now() + self.idle;
            self.timer.as_mut().reset(end);
        }
        self.timer.as_mut().poll(cx).is_ready()
    }

    fn timed_out() -> io::Error {
        io::Error::new(ErrorKind::TimedOut, "the server fell silent")
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        if let Poll::Ready(result) = Pin::new(&mut self.tcp).poll_read(cx, buf) {
            self.ticking = false;
            let fresh = &buf.filled()[before..];
            let missing = FIRST.saturating_sub(self.first.len());
            self.first.extend_from_slice(&fresh[..missing.min(fresh.len())]);
            self.counters.received(fresh.len());
            if self.wrote && !fresh.is_empty() {
                self.wrote = false;
                self.counters.turned();
            }
            return Poll::Ready(result);
        }
        if self.out_of_time(cx) { Poll::Ready(Err(Self::timed_out())) } else { Poll::Pending }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if let Poll::Ready(result) = Pin::new(&mut self.tcp).poll_write(cx, buf) {
            self.ticking = false;
            if let Ok(written) = result {
                self.wrote = true;
                self.counters.sent(written);
            }
            return Poll::Ready(result);
        }
        if self.out_of_time(cx) { Poll::Ready(Err(Self::timed_out())) } else { Poll::Pending }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

#[derive(Debug)]
enum Layer {
    Plain(Wire),
    Tls(Box<TlsStream<Wire>>),
}

/// A connection to a server.
#[derive(Debug)]
pub struct Stream {
    layer: Layer,
    peer: SocketAddr,
    certificate: Option<Certificate>,
    voucher: Option<tls::Voucher>,
}

impl Stream {
    pub(super) fn new(tcp: TcpStream, peer: SocketAddr, counters: Arc<Counters>, idle: Duration) -> Self {
        // Commands are written whole; waiting to fill a segment would only add a delay.
        let _ = tcp.set_nodelay(true);
        counters.turned();
        let timer = Box::pin(sleep(idle));
        let wire = Wire { tcp, counters, idle, timer, ticking: false, wrote: false, first: Vec::new() };
        Self { layer: Layer::Plain(wire), peer, certificate: None, voucher: None }
    }

    /// The address that answered; the proxy's, where one stands between.
    pub const fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Whether TLS stands.
    pub const fn is_secure(&self) -> bool {
        matches!(self.layer, Layer::Tls(_))
    }

    /// What the server's certificate says, where TLS stands.
    pub const fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// Who vouches for the server ([`Certificate::issuer`]), when the system's authorities or a certificate
    /// that was handed over said so. `None` without TLS, and for a certificate that only the person trusts: what
    /// its issuer says of itself proves nothing. This is what [`Terms::known_issuer`] is learned from.
    pub fn verified_issuer(&self) -> Option<&str> {
        let certificate = self.certificate.as_ref()?;
        (self.voucher == Some(tls::Voucher::Authority)).then_some(certificate.issuer.as_str())
    }

    /// What comes from here on is the server's: a proxy has had its say.
    pub(super) fn begin(&mut self, idle: Duration) {
        if let Layer::Plain(wire) = &mut self.layer {
            wire.first.clear();
        }
        self.set_idle(idle);
    }

    /// The longest silence from here on.
    pub fn set_idle(&mut self, idle: Duration) {
        let wire = match &mut self.layer {
            Layer::Plain(wire) => wire,
            Layer::Tls(tls) => tls.get_mut().0,
        };
        wire.idle = idle;
        wire.ticking = false;
    }

    /// Puts TLS (1.2 or later) on the stream. `host` is the name that the certificate must be for. With
    /// `after_starttls`, bytes that are not TLS can only have been slipped in between.
    pub async fn secure(
        self,
        host: &str,
        terms: &Terms,
        deadlines: &Deadlines,
        after_starttls: bool,
        watch: Watch<'_>,
    ) -> Result<Self, Failure> {
        let Layer::Plain(wire) = self.layer else {
            return Ok(self);
        };
        let host = dial::ascii_host(host).ok_or(Failure::of(Cause::HostNotFound))?;
        let tls::Secured { tls, certificate, voucher } =
            tls::handshake(wire, &host, terms, deadlines.tls, after_starttls, &mut *watch).await?;
        watch(Stage::Secured);
        Ok(Self { layer: Layer::Tls(Box::new(tls)), peer: self.peer, certificate, voucher })
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.layer {
            Layer::Plain(wire) => Pin::new(wire).poll_read(cx, buf),
            Layer::Tls(tls) => match ready!(Pin::new(tls.as_mut()).poll_read(cx, buf)) {
                // Many servers end without a close_notify. Whether an answer was complete is judged above.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => Poll::Ready(Ok(())),
                other => Poll::Ready(other),
            },
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.layer {
            Layer::Plain(wire) => Pin::new(wire).poll_write(cx, buf),
            Layer::Tls(tls) => Pin::new(tls.as_mut()).poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.layer {
            Layer::Plain(wire) => Pin::new(wire).poll_flush(cx),
            Layer::Tls(tls) => Pin::new(tls.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.layer {
            Layer::Plain(wire) => Pin::new(wire).poll_shutdown(cx),
            Layer::Tls(tls) => Pin::new(tls.as_mut()).poll_shutdown(cx),
        }
    }
}

/// Why a connection that stood broke off. A server that closes in the middle no longer answers, so that is
/// `timed_out` as well: it is tried again soon, unlike a server that asked for time.
pub fn failure_of(error: &io::Error) -> Failure {
    if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        let cause = match tls {
            rustls::Error::AlertReceived(_) => Cause::TimedOut,
            _ => Cause::StandsInBetween,
        };
        return Failure::said(cause, tls.to_string());
    }
    let cause = match error.kind() {
        ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown | ErrorKind::HostUnreachable
            if !dial::has_route() =>
        {
            Cause::Offline
        }
        _ => Cause::TimedOut,
    };
    Failure::said(cause, error.to_string())
}

/// Whether it was the other side that ended the connection, and neither the network nor a deadline.
pub fn hung_up(error: &io::Error) -> bool {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(tls, Some(rustls::Error::AlertReceived(_)))
        || matches!(
            error.kind(),
            ErrorKind::UnexpectedEof
                | ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::BrokenPipe
        )
}

//! A web server on loopback, over TLS, for several hosts.

use crate::net::scripted::Authority;
use futures::stream;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::{CONTENT_TYPE, HOST, LOCATION};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What lies under a host and path.
#[derive(Clone)]
pub(super) enum Page {
    /// These bytes, called a web page whatever they are.
    Bytes(Vec<u8>),
    /// Somewhere else.
    Redirect(String),
    /// This status and nothing more.
    Status(u16),
    /// Letters without end.
    Endless,
}

pub(super) fn file(text: &str) -> Page {
    Page::Bytes(text.as_bytes().to_vec())
}

pub(super) struct Web {
    pub(super) address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Web {
    /// Serves these pages by host and path (the query left out), with a certificate for these names.
    pub(super) async fn serves(authority: &Authority, names: &[&str], pages: Vec<(&str, Page)>) -> Self {
        let pages: Arc<Vec<(String, Page)>> =
            Arc::new(pages.into_iter().map(|(place, page)| (place.to_owned(), page)).collect());
        let acceptor = TlsAcceptor::from(authority.server(names, 2045));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            loop {
                let (tcp, _) = listener.accept().await.unwrap();
                let (acceptor, pages, heard) = (acceptor.clone(), Arc::clone(&pages), Arc::clone(&heard));
                tokio::spawn(async move {
                    let Ok(tls) = acceptor.accept(tcp).await else { return };
                    let service = service_fn(move |request| {
                        let response = respond(&request, &pages, &heard);
                        async move { Ok::<_, Infallible>(response) }
                    });
                    let builder = hyper::server::conn::http1::Builder::new();
                    let _ = builder.serve_connection(TokioIo::new(tls), service).await;
                });
            }
        });
        Self { address, asked, task }
    }

    /// Host, path and query of every request, sorted.
    pub(super) fn asked(&self) -> Vec<String> {
        let mut asked = self.asked.lock().unwrap().clone();
        asked.sort();
        asked
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn respond(
    request: &Request<Incoming>,
    pages: &[(String, Page)],
    heard: &Mutex<Vec<String>>,
) -> Response<BoxBody<Bytes, Infallible>> {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    heard.lock().unwrap().push(format!("{host}{}", request.uri()));
    let place = format!("{host}{}", request.uri().path());
    let page = pages.iter().find(|(known, _)| *known == place).map(|(_, page)| page.clone());
    let response = Response::builder().header(CONTENT_TYPE, "text/html");
    let (response, body) = match page.unwrap_or(Page::Status(404)) {
        Page::Bytes(bytes) => (response, Full::new(Bytes::from(bytes)).boxed()),
        Page::Redirect(to) => (response.status(302).header(LOCATION, to), Full::default().boxed()),
        Page::Status(status) => (response.status(status), Full::default().boxed()),
        Page::Endless => {
            let letters = stream::repeat_with(|| Ok(Frame::data(Bytes::from_static(&[b'x'; 4096]))));
            (response, BodyExt::boxed(StreamBody::new(letters)))
        }
    };
    response.body(body).unwrap()
}

/// An HTTP proxy that leads every CONNECT to one place, and the hosts that it was asked for.
pub(super) async fn proxy(to: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let heard = Arc::clone(&heard);
            tokio::spawn(async move {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    request.push(client.read_u8().await.unwrap());
                }
                let line = String::from_utf8(request).unwrap();
                heard.lock().unwrap().extend(line.split(' ').nth(1).map(str::to_owned));
                client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
                let mut server = TcpStream::connect(to).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    (address, asked)
}

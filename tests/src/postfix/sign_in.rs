//! What stands between Postfix and Dovecot when somebody signs in: it passes on what both say, and turns a yes into a
//! no where the test wants the outgoing server alone to refuse a password that the mailbox takes.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::trouble::Outcome;

pub(super) struct SignIns {
    port: u16,
    refuse: Arc<AtomicBool>,
    ended: Arc<AtomicBool>,
}

impl SignIns {
    /// Passes on to the port on which Dovecot answers.
    pub(super) fn start(dovecot: u16) -> Outcome<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let own = Self { port, refuse: Arc::default(), ended: Arc::default() };
        let (refuse, ended) = (Arc::clone(&own.refuse), Arc::clone(&own.ended));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                let refuse = Arc::clone(&refuse);
                // Ends when one of both hangs up, as Postfix does in the end.
                std::thread::spawn(move || pass(&stream, dovecot, &refuse));
            }
        });
        Ok(own)
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn refuse(&self, on: bool) {
        self.refuse.store(on, Ordering::Relaxed);
    }
}

impl Drop for SignIns {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // Wakes the listener.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

fn pass(postfix: &TcpStream, dovecot: u16, refuse: &AtomicBool) {
    let Ok(dovecot) = TcpStream::connect((Ipv4Addr::LOCALHOST, dovecot)) else { return };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let _ = std::io::copy(&mut { postfix }, &mut { &dovecot });
            let _ = dovecot.shutdown(Shutdown::Both);
        });
        for line in BufReader::new(&dovecot).split(b'\n') {
            let Ok(line) = line else { break };
            let line = if refuse.load(Ordering::Relaxed) { refused(line) } else { line };
            if { postfix }.write_all(&[&line[..], b"\n"].concat()).is_err() {
                break;
            }
        }
        let _ = postfix.shutdown(Shutdown::Both);
    });
}

/// `OK`, the request's number and what is known of the user become `FAIL` and the number.
fn refused(line: Vec<u8>) -> Vec<u8> {
    let text = String::from_utf8_lossy(&line);
    let mut parts = text.split('\t');
    match (parts.next(), parts.next()) {
        (Some("OK"), Some(number)) => format!("FAIL\t{number}").into_bytes(),
        _ => line,
    }
}

//! What Postfix asks at MAIL and RCPT (`SMTPD_POLICY_README`), answered from what the test has said about an address.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::trouble::Outcome;

#[derive(Default)]
struct Book {
    recipients: BTreeMap<String, Refusal>,
    senders: BTreeMap<String, String>,
    offered: BTreeMap<String, usize>,
}

struct Refusal {
    words: String,
    /// How many more times; `None` is for ever.
    left: Option<u32>,
}

/// The server that is asked.
pub(super) struct Policy {
    port: u16,
    book: Arc<Mutex<Book>>,
}

impl Policy {
    pub(super) fn start() -> Outcome<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let policy = Self { port: listener.local_addr()?.port(), book: Arc::default() };
        let book = Arc::downgrade(&policy.book);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (Some(book), Ok(stream)) = (book.upgrade(), stream) else { return };
                // Ends when Postfix hangs up.
                std::thread::spawn(move || answer(&stream, &book));
            }
        });
        Ok(policy)
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn refuse(&self, recipient: &str, words: &str, left: Option<u32>) {
        lock(&self.book)
            .recipients
            .insert(recipient.to_lowercase(), Refusal { words: words.to_owned(), left });
    }

    pub(super) fn refuse_sender(&self, sender: &str, words: &str) {
        lock(&self.book).senders.insert(sender.to_lowercase(), words.to_owned());
    }

    pub(super) fn accept(&self, address: &str) {
        let mut book = lock(&self.book);
        book.recipients.remove(&address.to_lowercase());
        book.senders.remove(&address.to_lowercase());
    }

    pub(super) fn offered(&self, recipient: &str) -> usize {
        lock(&self.book).offered.get(&recipient.to_lowercase()).copied().unwrap_or_default()
    }
}

impl Drop for Policy {
    fn drop(&mut self) {
        // Wakes the listener, which then finds the book gone.
        self.book = Arc::default();
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

fn lock(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One connection: lines `name=value`, an empty line, and the answer.
fn answer(stream: &TcpStream, book: &Mutex<Book>) {
    let mut asked = BTreeMap::new();
    let mut writer = stream;
    for line in BufReader::new(stream).lines() {
        let Ok(line) = line else { return };
        if let Some((name, value)) = line.split_once('=') {
            asked.insert(name.to_owned(), value.to_lowercase());
            continue;
        }
        let action = decide(&asked, &mut lock(book));
        asked.clear();
        if writer.write_all(format!("action={action}\n\n").as_bytes()).is_err() {
            return;
        }
    }
}

fn decide(asked: &BTreeMap<String, String>, book: &mut Book) -> String {
    let of = |name: &str| asked.get(name).map(String::as_str).unwrap_or_default();
    let go_on = "DUNNO".to_owned();
    match of("protocol_state") {
        "mail" => book.senders.get(of("sender")).cloned().unwrap_or(go_on),
        "rcpt" => {
            let recipient = of("recipient");
            *book.offered.entry(recipient.to_owned()).or_default() += 1;
            let Some(refusal) = book.recipients.get_mut(recipient) else { return go_on };
            match &mut refusal.left {
                Some(0) => return go_on,
                Some(left) => *left -= 1,
                None => {}
            }
            refusal.words.clone()
        }
        _ => go_on,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_is_refused_as_often_as_was_said_and_a_sender_at_mail() {
        let mut book = Book::default();
        book.recipients.insert("a@x.example".into(), Refusal { words: "450 later".into(), left: Some(1) });
        book.senders.insert("me@x.example".into(), "553 no".into());
        let mut ask = |state: &str, sender: &str, recipient: &str| {
            let asked = [("protocol_state", state), ("sender", sender), ("recipient", recipient)];
            decide(&asked.map(|(name, value)| (name.to_owned(), value.to_owned())).into(), &mut book)
        };
        assert_eq!(ask("mail", "me@x.example", ""), "553 no");
        assert_eq!(ask("mail", "you@x.example", ""), "DUNNO");
        assert_eq!(ask("rcpt", "you@x.example", "a@x.example"), "450 later");
        assert_eq!(ask("rcpt", "you@x.example", "a@x.example"), "DUNNO");
        assert_eq!(book.offered["a@x.example"], 2);
    }
}

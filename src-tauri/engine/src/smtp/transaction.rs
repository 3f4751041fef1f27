//! One mail transaction (RFC 5321, section 3.3): MAIL, RCPT one by one, DATA, the mail, its final dot.

use super::causes_sending::{self, At};
use super::connection::{Connection, silent};
use super::dots::Dots;
use super::path::{needs_utf8, path};
use super::reply::Reply;
use super::send::{Follow, Mail, NotSent, Receipt};
use crate::model::{Address, Cause, Envelope, Failure};
use crate::net::{PIECE, read_ahead, unreadable};
use std::io::Read;
use std::time::Duration;
use tokio::time::timeout;

/// What a server has to say when a mail cannot be written is not waited for longer than this.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The addresses of an envelope, fit to stand in commands.
#[derive(Debug)]
pub(super) struct Paths {
    from: String,
    to: Vec<String>,
}

impl Paths {
    /// An address that cannot stand in a command, or an envelope without a recipient, goes nowhere.
    pub(super) fn of(envelope: &Envelope) -> Result<Self, NotSent> {
        let words = "The address holds what no address can hold.";
        let from = path(&envelope.from);
        let from = from.ok_or_else(|| NotSent::refused(Failure::said(Cause::SenderRefused, words)))?;
        let refused = Failure::said(Cause::RecipientRefused, words);
        let bad = envelope.to.iter().filter(|address| path(address).is_none());
        let recipients: Vec<_> = bad.map(|address| (address.clone(), refused.clone())).collect();
        if !recipients.is_empty() {
            return Err(NotSent::Refused { failure: refused, recipients });
        }
        if envelope.to.is_empty() {
            let failure = Failure::said(Cause::RecipientRefused, "There is no recipient.");
            return Err(NotSent::refused(failure));
        }
        Ok(Self { from, to: envelope.to.iter().filter_map(path).collect() })
    }
}

impl Connection {
    /// The parameters of MAIL, when the server can take such a mail.
    pub(super) fn can_take(
        &self,
        envelope: &Envelope,
        size: u64,
        utf8_header: bool,
    ) -> Result<String, NotSent> {
        if let Some(most) = self.offers.largest().filter(|most| size > *most) {
            let words = format!("The server takes {most} bytes; the mail has {size}.");
            return Err(NotSent::refused(Failure::said(Cause::MessageTooLarge, words)));
        }
        let sized = if self.offers.has("SIZE") { format!(" SIZE={size}") } else { String::new() };
        let beyond: Vec<&Address> = envelope.to.iter().filter(|address| needs_utf8(address)).collect();
        if !utf8_header && beyond.is_empty() && !needs_utf8(&envelope.from) {
            return Ok(sized);
        }
        if !self.offers.has("SMTPUTF8") {
            let words = "SMTPUTF8 is not among what the server offers.";
            let failure = Failure::said(Cause::Utf8NotOffered, words);
            let recipients = beyond.into_iter().map(|address| (address.clone(), failure.clone())).collect();
            return Err(NotSent::Refused { failure, recipients });
        }
        // A UTF-8 header is eight bits wide (RFC 6531, section 3.6).
        let wide = if self.offers.has("8BITMIME") { " BODY=8BITMIME" } else { "" };
        Ok(format!("{sized}{wide} SMTPUTF8"))
    }

    pub(super) async fn transact<R: Read + Send + 'static>(
        &mut self,
        envelope: &Envelope,
        paths: &Paths,
        parameters: &str,
        mail: Mail<R>,
        after_mail: Duration,
        follow: &mut impl Follow,
    ) -> Result<Receipt, NotSent> {
        let from = format!("MAIL FROM:{}{parameters}", paths.from);
        self.ask(&from, At::Sender).await.map_err(NotSent::refused)?;
        let (accepted, refused) = self.recipients(envelope, paths).await?;
        let ready = self.hand_over(mail, follow).await;
        ready.map_err(|failure| NotSent::Refused { failure, recipients: refused.clone() })?;
        match self.final_dot(after_mail).await.map_err(NotSent::Uncertain)? {
            reply if reply.code < 300 => Ok(Receipt { accepted, refused, server_said: reply.words(&[]) }),
            reply => Err(NotSent::Refused { failure: refusal(&reply, At::Text), recipients: refused }),
        }
    }

    /// Asks for each recipient. Some are enough. The reason for none is one that passes, if there is any; else one
    /// that is not about a recipient alone.
    async fn recipients(&mut self, envelope: &Envelope, paths: &Paths) -> Result<Asked, NotSent> {
        let (mut accepted, mut refused) = (Vec::new(), Vec::<(Address, Failure)>::new());
        for (address, path) in envelope.to.iter().zip(&paths.to) {
            match self.ask(&format!("RCPT TO:{path}"), At::Recipient).await {
                Ok(()) => accepted.push(address.clone()),
                // It has left, or what it says is none of SMTP.
                Err(failure) if !self.between_commands => {
                    return Err(NotSent::Refused { failure, recipients: refused });
                }
                Err(failure) => refused.push((address.clone(), failure)),
            }
        }
        if !accepted.is_empty() {
            return Ok((accepted, refused));
        }
        let failures = || refused.iter().map(|(_, failure)| failure);
        let passing = failures().find(|failure| failure.cause.retried());
        let general = || failures().find(|failure| failure.cause != Cause::RecipientRefused);
        let failure = passing.or_else(general).or_else(|| failures().next()).cloned();
        Err(NotSent::Refused { failure: failure.unwrap_or(Failure::of(Cause::Unknown)), recipients: refused })
    }

    /// DATA and the mail, up to where the dot is due.
    async fn hand_over<R: Read + Send + 'static>(
        &mut self,
        mail: Mail<R>,
        follow: &mut impl Follow,
    ) -> Result<(), Failure> {
        let reply = self.command("DATA").await?;
        if reply.code != 354 {
            return Err(self.refused(&reply, At::Text));
        }
        self.between_commands = false;
        self.body(mail, follow).await?;
        // Nothing was asked, so nothing can have been said: a server that speaks or leaves now has not taken it.
        self.still_listens().await?;
        follow.before_dot().await?;
        self.still_listens().await
    }

    async fn body<R: Read + Send + 'static>(
        &mut self,
        mail: Mail<R>,
        follow: &mut impl Follow,
    ) -> Result<(), Failure> {
        let mut pieces = read_ahead(mail.bytes);
        let (mut dots, mut wire, mut read) = (Dots::new(), Vec::with_capacity(2 * PIECE), 0_u64);
        while let Some(piece) = pieces.recv().await {
            let piece = piece.map_err(|error| unreadable(&error.to_string()))?;
            read = read.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            if read > mail.size {
                break;
            }
            dots.put(&piece, &mut wire);
            self.write(&wire).await?;
            wire.clear();
            follow.sent(read);
        }
        if read != mail.size {
            return Err(unreadable("It is not as long as it was."));
        }
        dots.end(&mut wire);
        self.write(&wire).await
    }

    /// The dot and its answer. Whatever goes wrong here, the dot may have left.
    async fn final_dot(&mut self, after_mail: Duration) -> Result<Reply, Failure> {
        self.lines.set_idle(after_mail);
        let asked = async {
            self.lines.send(".").await?;
            Reply::read(&mut self.lines).await
        };
        let reply = timeout(after_mail, asked).await.map_err(|_| silent())??;
        match reply.code {
            200..=299 | 400..=599 => {
                self.between_commands = reply.code != 421;
                Ok(reply)
            }
            _ => Err(Failure::said(Cause::NotAMailServer, reply.words(&[]))),
        }
    }

    /// Says a command that 2xx answers well.
    async fn ask(&mut self, command: &str, at: At) -> Result<(), Failure> {
        let reply = self.command(command).await?;
        if reply.code < 300 { Ok(()) } else { Err(self.refused(&reply, at)) }
    }

    async fn command(&mut self, command: &str) -> Result<Reply, Failure> {
        let asked = async {
            self.lines.send(command).await?;
            Reply::read(&mut self.lines).await
        };
        let reply = timeout(self.patience, asked).await.map_err(|_| silent()).flatten();
        self.between_commands = reply.is_ok();
        reply
    }

    fn refused(&mut self, reply: &Reply, at: At) -> Failure {
        self.between_commands = reply.code >= 400 && reply.code != 421;
        refusal(reply, at)
    }

    /// Writes a piece of the mail. A server that has had enough says why before it leaves.
    async fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let written = timeout(self.patience, self.lines.write(bytes)).await.map_err(|_| silent()).flatten();
        let Err(failure) = written else { return Ok(()) };
        match timeout(LAST_WORDS, Reply::read(&mut self.lines)).await {
            Ok(Ok(reply)) if reply.code >= 400 => Err(refusal(&reply, At::Text)),
            _ => Err(failure),
        }
    }

    async fn still_listens(&mut self) -> Result<(), Failure> {
        if !self.lines.has_more().await? {
            return Ok(());
        }
        let reply = timeout(self.patience, Reply::read(&mut self.lines)).await.map_err(|_| silent())??;
        Err(refusal(&reply, At::Text))
    }
}

/// Those that were taken, and those that were not.
type Asked = (Vec<Address>, Vec<(Address, Failure)>);

fn refusal(reply: &Reply, at: At) -> Failure {
    Failure::said(causes_sending::refused(reply.code, &reply.text(), at), reply.words(&[]))
}

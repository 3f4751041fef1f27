//! The live checklist: server found, secure connection, signed in, folders read, sending works, saved.

use super::providers::Table;
use crate::imap::Connection;
use crate::model::{Cause, Endpoint, Failure, FailureView, Security};
use crate::net::{Counters, Deadlines, Stage, Terms};
use crate::secrets::Credentials;
use crate::smtp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Instant;

/// A line of the checklist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum CheckName {
    /// The host has an address and takes a connection.
    ServerFound,
    /// TLS, with a certificate that verifies.
    SecureConnection,
    /// The server took user name and password.
    SignedIn,
    /// The folders were listed and the inbox opened.
    FoldersRead,
    /// The outgoing server took user name and password too.
    SendingWorks,
    /// The keychain took the password.
    Saved,
}

/// How a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Not begun.
    Todo,
    /// At it.
    Running,
    /// Green.
    Done,
    /// Red.
    Failed,
    /// Does not apply.
    Skipped,
}

/// One line with what was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct CheckStep {
    /// Which.
    pub name: CheckName,
    /// How it stands.
    pub state: StepState,
    /// The fact behind it: a host, a date, folder names.
    pub detail: Option<String>,
    /// How long it took.
    pub milliseconds: Option<u32>,
    /// Why it failed.
    pub failure: Option<FailureView>,
}

impl CheckStep {
    /// With the page of the provider that helps, where the step failed.
    #[must_use]
    pub fn with_page(mut self, table: &Table, provider: &str) -> Self {
        if let Some(failure) = &mut self.failure {
            failure.page = table.page(provider, failure.cause);
        }
        self
    }
}

/// What is checked.
pub struct Request {
    /// Incoming server.
    pub incoming: Endpoint,
    /// Outgoing server, if there is one.
    pub outgoing: Option<Endpoint>,
    /// On which terms the incoming server is connected to.
    pub terms: Terms,
    /// And the outgoing one.
    pub outgoing_terms: Terms,
    /// User name.
    pub username: String,
    /// What it signs in with.
    pub credentials: Credentials,
    /// A browser sign-in brought somebody else: who, and whose mailbox this is.
    pub signed_in_as: Option<(String, String)>,
    /// How often this server refused this user name's password before, in a row.
    pub refused_before: u32,
}

/// What a run saw that is worth knowing next time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Servers whose certificate verified, and who vouched for it.
    pub issuers: Vec<(String, String)>,
    /// The outgoing server, and the largest mail it takes, in bytes.
    pub largest: Option<(String, u64)>,
}

/// So many refusals in a row, and the host may begin to block.
const MANY_REFUSALS: u32 = 3;
const MAY_BLOCK: &str = "It was refused three times now, and the mail host may block this computer for a while. \
                         Check the password on your provider’s own website before you try again.";

struct Checklist<F: FnMut(&[CheckStep]) + Send> {
    steps: Vec<CheckStep>,
    at: usize,
    since: Instant,
    tell: F,
}

impl<F: FnMut(&[CheckStep]) + Send> Checklist<F> {
    fn new(tell: F) -> Self {
        use CheckName::{FoldersRead, Saved, SecureConnection, SendingWorks, ServerFound, SignedIn};
        let steps = [ServerFound, SecureConnection, SignedIn, FoldersRead, SendingWorks, Saved].map(|name| {
            CheckStep { name, state: StepState::Todo, detail: None, milliseconds: None, failure: None }
        });
        let mut list = Self { steps: steps.to_vec(), at: 0, since: Instant::now(), tell };
        list.begin(0);
        list
    }

    fn begin(&mut self, at: usize) {
        self.at = at;
        self.since = Instant::now();
        if let Some(step) = self.steps.get_mut(at) {
            step.state = StepState::Running;
        }
        (self.tell)(&self.steps);
    }

    fn end(&mut self, state: StepState, detail: Option<String>, failure: Option<&Failure>) {
        let took = u32::try_from(self.since.elapsed().as_millis()).unwrap_or(u32::MAX);
        if let Some(step) = self.steps.get_mut(self.at) {
            step.state = state;
            step.detail = detail;
            step.milliseconds = (state != StepState::Skipped).then_some(took);
            step.failure = failure.cloned().map(FailureView::from);
        }
    }

    fn done(&mut self, detail: Option<String>) {
        self.end(StepState::Done, detail, None);
        self.begin(self.at + 1);
    }

    fn skipped(&mut self, detail: &str) {
        self.end(StepState::Skipped, Some(detail.to_owned()), None);
        self.begin(self.at + 1);
    }

    fn failed(&mut self, failure: Failure) -> Failure {
        self.end(StepState::Failed, None, Some(&failure));
        (self.tell)(&self.steps);
        failure
    }

    /// A refused sign-in. The person is told when they signed in as somebody else, and warned before the host blocks
    /// them.
    fn refused(&mut self, failure: Failure, request: &Request) -> Failure {
        self.end(StepState::Failed, None, Some(&failure));
        if let Some(shown) = self.steps.get_mut(self.at).and_then(|step| step.failure.as_mut()) {
            match (failure.cause, &request.signed_in_as) {
                (Cause::SignInExpired, Some((who, wanted))) => {
                    shown.sentence = format!("You signed in as {who}, and this is the mailbox of {wanted}.");
                    shown.remedy = format!("Go back and sign in as {wanted}.");
                }
                (Cause::WrongPassword, _) if request.refused_before + 1 >= MANY_REFUSALS => {
                    MAY_BLOCK.clone_into(&mut shown.remedy);
                }
                _ => {}
            }
        }
        (self.tell)(&self.steps);
        failure
    }
}

/// Runs the checklist; `tell` hears every step as it moves on. `save` is run only when every line before is green,
/// so that nothing is stored until it worked; it is given what the run saw. (A mailbox whose organisation has switched
/// off sending can be read all the same: that line fails, and the list goes on.)
pub async fn check<S, F>(
    request: &Request,
    deadlines: &Deadlines,
    tell: impl FnMut(&[CheckStep]) + Send,
    save: S,
) -> Result<(), Failure>
where
    S: FnOnce(Seen) -> F + Send,
    F: Future<Output = Result<(), Failure>> + Send,
{
    let mut list = Checklist::new(tell);
    let mut seen = Seen::default();
    let counters = Arc::new(Counters::default());
    let connection = connect(&mut list, &request.incoming, &request.terms, deadlines, &counters).await?;
    seen.issuers.extend(verified(&request.incoming, connection.verified_issuer()));
    let mut session = match connection.sign_in(&request.username, &request.credentials).await {
        Ok(session) => session,
        Err(failure) => return Err(list.refused(failure, request)),
    };
    list.done(None);
    let read = async {
        let folders = session.list(false).await?;
        let inbox = folders.iter().find(|folder| folder.raw_name.eq_ignore_ascii_case("inbox"));
        session.examine(inbox.map_or("INBOX", |folder| folder.raw_name.as_str())).await?;
        Ok(folders
            .into_iter()
            .filter(|folder| folder.selectable)
            .map(|folder| folder.name)
            .collect::<Vec<_>>())
    };
    match read.await {
        Ok(names) => list.done(Some(named(&names))),
        Err(failure) => return Err(list.failed(failure)),
    }
    session.logout().await;
    match &request.outgoing {
        None => list.skipped("No outgoing server was given"),
        Some(outgoing) => {
            let (username, credentials) = (&request.username, &request.credentials);
            let sent =
                smtp::verify(outgoing, &request.outgoing_terms, username, credentials, counters, deadlines)
                    .await;
            match sent {
                Ok(server) => {
                    seen.issuers.extend(verified(outgoing, server.issuer.as_deref()));
                    seen.largest = server.largest.map(|bytes| (outgoing.host.clone(), bytes));
                    list.done(Some(outgoing.host.clone()));
                }
                Err(failure) if failure.cause == Cause::SendingOff => {
                    list.end(StepState::Failed, None, Some(&failure));
                    list.begin(list.at + 1);
                }
                Err(failure) => return Err(list.refused(failure, request)),
            }
        }
    }
    match save(seen).await {
        Ok(()) => {
            list.done(None);
            Ok(())
        }
        Err(failure) => Err(list.failed(failure)),
    }
}

/// The first two lines alone: server and certificate. No secret is read or sent.
pub async fn look(
    incoming: &Endpoint,
    terms: &Terms,
    deadlines: &Deadlines,
    tell: impl FnMut(&[CheckStep]) + Send,
) -> Result<(), Failure> {
    let mut list = Checklist::new(tell);
    connect(&mut list, incoming, terms, deadlines, &Arc::default()).await.map(drop)
}

async fn connect<F: FnMut(&[CheckStep]) + Send>(
    list: &mut Checklist<F>,
    incoming: &Endpoint,
    terms: &Terms,
    deadlines: &Deadlines,
    counters: &Arc<Counters>,
) -> Result<Connection, Failure> {
    let host = incoming.host.clone();
    let mut certificate = None;
    let opened =
        Connection::open_watched(
            incoming,
            terms,
            Arc::clone(counters),
            deadlines,
            &mut |stage| match stage {
                Stage::Connected(_) if list.at == 0 => list.done(Some(host.clone())),
                Stage::CertificateShown(facts) => certificate = Some(valid_until(facts.not_after)),
                _ => {}
            },
        )
        .await;
    let connection = opened.map_err(|failure| list.failed(failure))?;
    if incoming.security == Security::Plaintext {
        list.skipped("On this computer, no encryption is needed");
    } else {
        list.done(certificate);
    }
    Ok(connection)
}

fn verified(endpoint: &Endpoint, issuer: Option<&str>) -> Option<(String, String)> {
    issuer.map(|issuer| (endpoint.host.clone(), issuer.to_owned()))
}

fn named(names: &[String]) -> String {
    const SHOWN: usize = 4;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn valid_until(at: crate::model::Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0)
        .map(|at| {
            at.to_zoned(jiff::tz::TimeZone::system()).strftime("Certificate valid until %B %Y").to_string()
        })
        .unwrap_or_default()
}

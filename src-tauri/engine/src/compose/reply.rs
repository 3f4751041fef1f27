//! What an answer says in its header: From, To, Cc, Subject, In-Reply-To, References. Pure.

use crate::model::{AccountId, Address, Mailbox};

/// The message that is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    /// It was sent by the user: an answer follows it up.
    pub outgoing: bool,
    /// Its author.
    pub from: Mailbox,
    /// Where it wants answers; mostly empty.
    pub reply_to: Vec<Mailbox>,
    /// To.
    pub to: Vec<Mailbox>,
    /// Cc.
    pub cc: Vec<Mailbox>,
    /// The topmost Delivered-To.
    pub delivered_to: Option<Address>,
    /// Subject.
    pub subject: String,
    /// Message-ID, without brackets; may be empty.
    pub message_id: String,
    /// In-Reply-To.
    pub in_reply_to: Vec<String>,
    /// References.
    pub references: Vec<String>,
}

/// An account with its address and known aliases, the address first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// Which.
    pub account: AccountId,
    /// Its addresses.
    pub addresses: Vec<Address>,
}

/// The header of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// From; `None`: there is no account.
    pub from: Option<(AccountId, Address)>,
    /// To.
    pub to: Vec<Mailbox>,
    /// Cc.
    pub cc: Vec<Mailbox>,
    /// Subject.
    pub subject: String,
    /// In-Reply-To; empty where the original has no id.
    pub in_reply_to: String,
    /// References.
    pub references: Vec<String>,
}

/// The answer to a message that came to these accounts; to everybody in it with `all`.
pub fn answer(original: &Original, own: &[Own], came_to: &[AccountId], all: bool) -> Answer {
    let is_own = |mailbox: &Mailbox| {
        Address::parse(&mailbox.address).is_ok_and(|address| owner(own, &address).is_some())
    };
    let target: Vec<Mailbox> = if original.outgoing {
        original.to.clone()
    } else if original.reply_to.is_empty() || original.reply_to.iter().all(is_own) {
        vec![original.from.clone()]
    } else {
        original.reply_to.clone()
    };
    let mut seen: Vec<String> = Vec::new();
    let mut fresh = |mailbox: &&Mailbox| {
        let key = Address::parse(&mailbox.address)
            .map_or_else(|_| mailbox.address.to_lowercase(), |address| address.to_string());
        let new = !key.is_empty() && !seen.contains(&key);
        seen.push(key);
        new
    };
    // Whoever is answered is written to, also when that is an address of one's own.
    let mut to: Vec<Mailbox> = target.iter().filter(&mut fresh).cloned().collect();
    let mut cc = Vec::new();
    if all {
        to.extend(original.to.iter().filter(|mailbox| !is_own(mailbox)).filter(&mut fresh).cloned());
        cc.extend(original.cc.iter().filter(|mailbox| !is_own(mailbox)).filter(&mut fresh).cloned());
    }
    Answer {
        from: from(original, own, came_to),
        to,
        cc,
        subject: subject(&original.subject),
        in_reply_to: original.message_id.clone(),
        references: references(original),
    }
}

fn owner(own: &[Own], address: &Address) -> Option<AccountId> {
    own.iter().find(|own| own.addresses.contains(address)).map(|own| own.account)
}

/// The address that the message was written to, of the account that it came to; what was sent is followed up from where
/// it was sent.
fn from(original: &Original, own: &[Own], came_to: &[AccountId]) -> Option<(AccountId, Address)> {
    let parsed = |mailbox: &Mailbox| Address::parse(&mailbox.address).ok();
    let written_to: Vec<Address> = if original.outgoing {
        parsed(&original.from).into_iter().collect()
    } else {
        let header = original.to.iter().chain(&original.cc).filter_map(parsed);
        header.chain(original.delivered_to.clone()).collect()
    };
    let theirs = |account: &&Own| came_to.contains(&account.account);
    let named = |account: &Own| {
        let address = written_to.iter().find(|address| account.addresses.contains(address))?;
        Some((account.account, address.clone()))
    };
    let itself = |account: &Own| Some((account.account, account.addresses.first()?.clone()));
    own.iter()
        .filter(theirs)
        .find_map(named)
        .or_else(|| own.iter().filter(theirs).find_map(itself))
        .or_else(|| own.iter().find_map(named))
        .or_else(|| own.iter().find_map(itself))
}

/// What mail programs of many countries put before the subject of an answer.
const ANSWERS: &[&str] = &[
    "re",
    "aw",
    "antw",
    "antwort",
    "sv",
    "vs",
    "vá",
    "odp",
    "ynt",
    "res",
    "rif",
    "r",
    "ref",
    "ats",
    "atb",
    "bls",
    "σχετ",
    "отв",
    "ответ",
    "回复",
    "回覆",
    "答复",
    "답장",
    "返信",
];

/// "Re: " before the subject, once.
pub fn subject(original: &str) -> String {
    let trimmed = original.trim();
    if is_answer(trimmed) { trimmed.to_owned() } else { format!("Re: {trimmed}").trim_end().to_owned() }
}

fn is_answer(subject: &str) -> bool {
    let Some((before, _)) = subject.split_once([':', '：']) else { return false };
    // "Re[2]:", "Re (3):", and the space before a French colon.
    let word = before.split(['[', '(']).next().unwrap_or_default().trim().to_lowercase();
    ANSWERS.contains(&word.as_str())
}

/// RFC 5322, 3.6.4: its References, else its In-Reply-To when that is one id, and its own id. What is too long is cut where the header is written.
fn references(original: &Original) -> Vec<String> {
    let mut ids = original.references.clone();
    if ids.is_empty()
        && let [only] = original.in_reply_to.as_slice()
    {
        ids.push(only.clone());
    }
    ids.retain(|id| *id != original.message_id);
    if !original.message_id.is_empty() {
        ids.push(original.message_id.clone());
    }
    ids
}

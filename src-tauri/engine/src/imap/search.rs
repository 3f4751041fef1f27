//! Searches on the server, built from typed values.

use super::UidSet;
use super::command::{Command, LONGEST};
use super::dialogue::Ending;
use super::session::Session;
use crate::model::{Address, Cause, Failure, Timestamp};
use imap_proto::{MailboxDatum, Response};

/// What a search command may use for UIDs and for terms, so that the whole stays below the longest line.
const UIDS_AT_MOST: usize = 2500;
const TERMS_AT_MOST: usize = LONGEST - UIDS_AT_MOST - 500;
const DAY: i64 = 86_400_000;

/// Where a text is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// The From header.
    From,
    /// The To header.
    To,
    /// The Cc header.
    Cc,
    /// The Bcc header.
    Bcc,
    /// The subject.
    Subject,
    /// Another header, by its name.
    Header(String),
}

/// A text in a header. Servers find it anywhere in the header (some: whole words only), without case; so a hit
/// is checked against the header itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Where.
    pub field: Field,
    /// What; never empty.
    pub text: String,
    /// What must be in the same header too.
    pub also: Option<String>,
}

impl Term {
    /// An address: its local part and its domain, both in the header. Looked for as one text it would be missed
    /// where comments, spaces, folds or quotes stand between. The domain as A-label, and where it is
    /// international as UTF-8 too.
    pub fn address(field: &Field, address: &Address) -> Vec<Self> {
        let mut domains = vec![address.domain().to_owned()];
        let display = address.display();
        if let Some((_, domain)) = display.rsplit_once('@')
            && domain != domains[0]
        {
            domains.push(domain.to_owned());
        }
        let term =
            |domain| Self { field: field.clone(), text: address.local().to_owned(), also: Some(domain) };
        domains.into_iter().map(term).collect()
    }

    fn texts(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.text).chain(&self.also)
    }
}

/// What is looked for in the opened folder: messages that meet all of it. An empty search finds every message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// At least one of these; none asked for when empty.
    pub any_of: Vec<Term>,
    /// INTERNALDATE at or after. The server compares days of its own, so a day more is asked for: check the answer.
    pub since: Option<Timestamp>,
    /// INTERNALDATE at or before, as widely.
    pub until: Option<Timestamp>,
    /// Only among these.
    pub uids: Option<UidSet>,
}

impl Session {
    /// The UIDs of the messages that the server finds in the opened folder, sorted, each once.
    pub async fn search(&mut self, search: &Search) -> Result<Vec<u32>, Failure> {
        self.must_be_open()?;
        if search.uids.as_ref().is_some_and(UidSet::is_empty) {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        let (plain, other): (Vec<&Term>, Vec<&Term>) =
            search.any_of.iter().partition(|t| t.texts().all(|text| text.is_ascii()));
        for part in parts(&plain, search.any_of.is_empty()) {
            for uids in search.uid_texts() {
                let command = self.searching(search, &part, uids.as_deref(), "")?;
                let (ending, failure) = self.hits(&command, &mut found).await?;
                if ending != Ending::Ok {
                    return Err(failure);
                }
            }
        }
        for part in parts(&other, false) {
            for uids in search.uid_texts() {
                self.search_beyond_ascii(search, &part, uids.as_deref(), &mut found).await?;
            }
        }
        found.sort_unstable();
        found.dedup();
        if let Some(uids) = &search.uids {
            found.retain(|uid| uids.contains(*uid));
        }
        Ok(found)
    }

    /// Which of these messages are still in the opened folder.
    pub async fn existing(&mut self, uids: &UidSet) -> Result<Vec<u32>, Failure> {
        self.search(&Search { uids: Some(uids.clone()), ..Search::default() }).await
    }

    /// A server that does not know UTF-8 is asked once more without naming it. One that then still refuses
    /// cannot find such text at all, which is no failure of the folder.
    async fn search_beyond_ascii(
        &mut self,
        search: &Search,
        part: &[&Term],
        uids: Option<&str>,
        found: &mut Vec<u32>,
    ) -> Result<(), Failure> {
        let command = self.searching(search, part, uids, "CHARSET UTF-8 ")?;
        let (ending, failure) = self.hits(&command, found).await?;
        let unknown_charset = ending == Ending::Bad
            || failure.server_said.as_deref().is_some_and(|words| words.contains("[BADCHARSET"));
        match ending {
            Ending::Ok => Ok(()),
            _ if unknown_charset => {
                let command = self.searching(search, part, uids, "")?;
                self.hits(&command, found).await.map(drop)
            }
            _ => Err(failure),
        }
    }

    async fn hits(&mut self, command: &Command, found: &mut Vec<u32>) -> Result<(Ending, Failure), Failure> {
        let mut hits = Vec::new();
        let reply = self.run(command, |response| {
            if let Response::MailboxData(MailboxDatum::Search(part)) = response {
                hits.extend_from_slice(part);
            }
        });
        let reply = reply.await?;
        let failure = self.check(&reply).err().unwrap_or(Failure::of(Cause::Unknown));
        if reply.is_ok() {
            found.append(&mut hits);
        }
        Ok((reply.ending, failure))
    }

    fn searching(
        &self,
        search: &Search,
        terms: &[&Term],
        uids: Option<&str>,
        charset: &str,
    ) -> Result<Command, Failure> {
        let mut command = self.command("UID SEARCH ");
        command.words(charset);
        let mut keys = Vec::new();
        keys.extend(uids.map(|uids| format!("UID {uids}")));
        keys.extend(search.since.map(|time| format!("SINCE {}", time.search_day_before())));
        // BEFORE leaves its day out; the day asked for lies two days on, so that a whole one is to spare.
        keys.extend(search.until.map(|time| format!("BEFORE {}", time.plus(3 * DAY).search_day_before())));
        if keys.is_empty() && terms.is_empty() {
            keys.push("ALL".to_owned());
        }
        command.words(&keys.join(" "));
        if !terms.is_empty() {
            if !keys.is_empty() {
                command.words(" ");
            }
            put_any(&mut command, terms)?;
        }
        Ok(command)
    }
}

impl Search {
    fn uid_texts(&self) -> Vec<Option<String>> {
        match &self.uids {
            None => vec![None],
            Some(uids) => {
                let room = if self.any_of.is_empty() { LONGEST - 500 } else { UIDS_AT_MOST };
                uids.texts(room).into_iter().map(Some).collect()
            }
        }
    }
}

/// The terms, so many at a time as one command holds. With `once`, one command without terms.
fn parts<'t>(terms: &[&'t Term], once: bool) -> Vec<Vec<&'t Term>> {
    let mut parts: Vec<Vec<&Term>> = Vec::new();
    let mut length = 0;
    for &term in terms {
        let name = if let Field::Header(name) = &term.field { name.len() } else { 0 };
        let size: usize = term.texts().map(|text| 40 + name + 2 * text.len()).sum();
        match parts.last_mut() {
            Some(part) if length + size <= TERMS_AT_MOST => part.push(term),
            _ => {
                parts.push(vec![term]);
                length = 0;
            }
        }
        length += size;
    }
    if once && parts.is_empty() {
        parts.push(Vec::new());
    }
    parts
}

/// `OR a OR b c` as a balanced tree: servers that recurse go only as deep as its logarithm.
fn put_any(command: &mut Command, terms: &[&Term]) -> Result<(), Failure> {
    match terms {
        [] => Ok(()),
        [one] => put_term(command, one),
        _ => {
            let (left, right) = terms.split_at(terms.len() / 2);
            command.words("OR ");
            put_any(command, left)?;
            command.words(" ");
            put_any(command, right)
        }
    }
}

fn put_term(command: &mut Command, term: &Term) -> Result<(), Failure> {
    let Some(also) = &term.also else { return put_text(command, &term.field, &term.text) };
    command.words("(");
    put_text(command, &term.field, &term.text)?;
    command.words(" ");
    put_text(command, &term.field, also)?;
    command.words(")");
    Ok(())
}

fn put_text(command: &mut Command, field: &Field, text: &str) -> Result<(), Failure> {
    if text.is_empty() {
        return Err(Failure::said(Cause::Unknown, "A search for nothing would find everything."));
    }
    match field {
        Field::From => command.words("FROM "),
        Field::To => command.words("TO "),
        Field::Cc => command.words("CC "),
        Field::Bcc => command.words("BCC "),
        Field::Subject => command.words("SUBJECT "),
        Field::Header(name) => {
            command.words("HEADER ");
            command.string(name)?;
            command.words(" ");
        }
    }
    command.string(text)
}

#[cfg(test)]
mod tests {
    use super::super::Capabilities;
    use super::*;

    fn from(text: &str) -> Term {
        Term { field: Field::From, text: text.to_owned(), also: None }
    }

    #[test]
    fn terms_become_a_balanced_tree() {
        let terms = ["a", "b", "c", "d"].map(from);
        let mut command = Command::new("", &Capabilities::default());
        put_any(&mut command, &terms.iter().collect::<Vec<_>>()).unwrap();
        let line = String::from_utf8(command.pieces("H1").concat()).unwrap();
        assert_eq!(line, "H1 OR OR FROM \"a\" FROM \"b\" OR FROM \"c\" FROM \"d\"\r\n");
        let many: Vec<Term> = (0..1000).map(|n| from(&n.to_string())).collect();
        let mut command = Command::new("", &Capabilities::default());
        put_any(&mut command, &many.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(String::from_utf8(command.pieces("H1").concat()).unwrap().matches("OR ").count(), 999);
    }

    #[test]
    fn long_searches_are_cut_below_eight_kilobytes() {
        let terms: Vec<Term> =
            (0..500).map(|n| from(&format!("{n}{}@example.com", "\"".repeat(50)))).collect();
        let cut = parts(&terms.iter().collect::<Vec<_>>(), false);
        assert_eq!(cut.iter().map(Vec::len).sum::<usize>(), 500);
        for part in cut {
            let mut command = Command::new("UID SEARCH ", &Capabilities::default());
            put_any(&mut command, &part).unwrap();
            assert!(command.len() + UIDS_AT_MOST < LONGEST, "{}", command.len());
        }
    }

    #[test]
    fn an_international_address_is_asked_for_in_both_forms() {
        let address = Address::parse("anna@müller.example").unwrap();
        let terms = Term::address(&Field::To, &address);
        assert!(terms.iter().all(|term| term.text == "anna"));
        let domains: Vec<String> = terms.into_iter().filter_map(|term| term.also).collect();
        assert_eq!(domains, ["xn--mller-kva.example", "müller.example"]);
        let plain = Address::parse("anna@example.com").unwrap();
        assert_eq!(Term::address(&Field::To, &plain).len(), 1);
    }
}

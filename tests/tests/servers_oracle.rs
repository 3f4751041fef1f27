//! The program and the oracle see the same changes, in an order that a seed decides; after each they must hold the
//! same mail, each once. HATSTAND_LONG makes many more.

use std::collections::{BTreeMap, BTreeSet};

use hatstand_tests::cli::{self, Cli};
use hatstand_tests::dovecot::{Dovecot, DovecotOptions};
use hatstand_tests::keychain::Keychain;
use hatstand_tests::mailgen::Random;
use hatstand_tests::mailgen::tricky::{Cast, tricky};
use hatstand_tests::oracle::{Backfill, Identity, Oracle};
use hatstand_tests::trouble::{Doing, Outcome};
use jiff::{Timestamp, ToSpan};

const USER: &str = "nora";

struct Play {
    cli: Cli,
    server: Dovecot,
    oracle: Oracle,
    random: Random,
    cast: Cast,
    /// The ids of contacts by address.
    contacts: BTreeMap<String, String>,
    folders: Vec<String>,
    made: usize,
}

impl Play {
    fn save(&mut self, address: &str, backfill: Backfill) -> Outcome<()> {
        let wanted = if backfill == Backfill::All { "all" } else { "none" };
        let added = self.cli.done(&[
            "contact",
            "add",
            "--name",
            address,
            "--email",
            address,
            "--backfill",
            wanted,
        ])?;
        let saved_at = added["emails"][0]["saved_at"].as_str().doing("reading saved_at")?.parse()?;
        self.oracle.save(address, saved_at, backfill);
        self.contacts.insert(address.to_owned(), cli::id(&added));
        Ok(())
    }

    /// A person's address: a contact's, or a stranger's who may become one.
    fn somebody(&mut self) -> String {
        let cast = [self.cast.contact.clone(), self.cast.idn.clone(), self.cast.stranger.clone()];
        self.random.pick(&cast).clone()
    }

    fn folder(&mut self) -> String {
        self.random.pick(&self.folders).clone()
    }

    /// A few tricky mails come into a folder, received now or long ago.
    fn arrive(&mut self, count: usize) -> Outcome<String> {
        let now = Timestamp::now();
        let all = tricky(&self.cast, now, self.random.bits());
        let days = i64::try_from(*self.random.pick(&[0_usize, 0, 3, 400]))?;
        let folder = self.folder();
        let at = now.checked_sub((days * 24).hours())?;
        let start = self.random.below(all.len());
        let mut labels = Vec::new();
        for mail in all.iter().cycle().skip(start).take(count) {
            self.server.append(USER, &folder, &mail.bytes, Some(at))?;
            labels.push(mail.label);
        }
        Ok(format!("mail received {days} days ago in {folder}: {}", labels.join(", ")))
    }

    /// A message of a folder that is not empty, if the dice find one.
    fn message(&mut self) -> Outcome<Option<(String, u32)>> {
        for _ in 0..5 {
            let folder = self.folder();
            let all = self.server.fetch_all(USER, &folder)?;
            if !all.is_empty() {
                return Ok(Some((folder, self.random.pick(&all).uid)));
            }
        }
        Ok(None)
    }

    /// One change, told in words.
    fn change(&mut self) -> Outcome<String> {
        self.made += 1;
        let n = self.made;
        match self.random.below(11) {
            0 | 1 => return self.arrive(3),
            2 => {
                if let Some((folder, uid)) = self.message()? {
                    let to = self.folder();
                    if to != folder {
                        self.server.move_message(USER, &folder, uid, &to)?;
                        return Ok(format!("{uid} of {folder} is moved to {to}"));
                    }
                }
            }
            3 => {
                if let Some((folder, uid)) = self.message()? {
                    self.server.expunge(USER, &folder, uid)?;
                    return Ok(format!("{uid} of {folder} is removed"));
                }
            }
            4 => {
                let folder = format!("Hochzeit Müller {n}");
                self.server.create_folder(USER, &folder)?;
                self.folders.push(folder.clone());
                let told = self.arrive(2)?;
                return Ok(format!("{folder} is made, and {told}"));
            }
            5 | 6 if self.folders.len() > 3 => {
                let folder = self.folders.swap_remove(3 + self.random.below(self.folders.len() - 3));
                if self.random.chance(50) {
                    self.server.delete_folder(USER, &folder)?;
                    return Ok(format!("{folder} is deleted"));
                }
                let name = format!("Fertig {n}");
                self.server.rename_folder(USER, &folder, &name)?;
                self.folders.push(name.clone());
                return Ok(format!("{folder} becomes {name}"));
            }
            7 => {
                let address = self.somebody();
                if let Some(id) = self.contacts.remove(&address) {
                    self.cli.done(&["contact", "delete", &id, "--keep-mail"])?;
                    self.oracle.remove(&address);
                    return Ok(format!("{address} is no contact any more"));
                }
                let backfill = *self.random.pick(&[Backfill::None, Backfill::All]);
                self.save(&address, backfill)?;
                return Ok(format!("{address} is saved, backfill {backfill:?}"));
            }
            8 => {
                let folder = self.folder();
                self.server.change_uidvalidity(USER, &folder)?;
                return Ok(format!("{folder} has another UIDVALIDITY"));
            }
            9 => {
                let title = format!("Project {n}");
                self.cli.done(&["project", "add", "--title", &title])?;
                return Ok(format!("{title} is made"));
            }
            _ => {
                let to = self.somebody();
                let mail = format!(
                    "From: {}\r\nTo: \"{}\" <x@y.example>\r\nCc: {to}\r\nSubject: Sent {n}\r\nMessage-ID: <s{n}@m>\r\n\r\nHi\r\n",
                    self.cast.own, self.cast.contact
                );
                self.server.append_flagged(USER, "Sent", "\\Seen", mail.as_bytes(), None)?;
                return Ok(format!("a mail to {to} is sent"));
            }
        }
        Ok("nothing".to_owned())
    }

    /// A cycle on both sides; then they must agree, and the server must not have noticed.
    fn compare(&mut self, story: &[String]) -> Outcome<()> {
        let before = self.server.snapshot(USER)?;
        self.oracle.look(&self.server, USER)?;
        self.cli.sync()?;
        let changed = before.differences(&self.server.snapshot(USER)?);
        assert_eq!(changed, "", "the cycle changed the server, after {story:#?}");

        let mut held: BTreeMap<Identity, Vec<BTreeSet<String>>> = BTreeMap::new();
        let messages = self.cli.done(&["messages", "--limit", "100000"])?;
        for message in messages.as_array().into_iter().flatten() {
            let folders = message["locations"].as_array().into_iter().flatten();
            let folders = folders.filter_map(|place| place["folder"].as_str()).map(str::to_owned).collect();
            held.entry(Identity::of(&self.cli.raw(&cli::id(message))?)).or_default().push(folders);
        }
        for (identity, copies) in &held {
            assert_eq!(copies.len(), 1, "stored more than once: {identity:?}, after {story:#?}");
            assert!(
                self.oracle.held.contains_key(identity),
                "should not be here: {identity:?}, after {story:#?}"
            );
        }
        for (identity, folders) in &self.oracle.held {
            let copies = held.get(identity);
            assert!(copies.is_some(), "is missing: {identity:?} of {folders:?}, after {story:#?}");
            assert_eq!(
                copies.map(|copies| &copies[0]),
                Some(folders),
                "where is {identity:?}? after {story:#?}"
            );
        }
        Ok(())
    }
}

fn play(seed: u64, changes: usize) -> Outcome<()> {
    let keychain = Keychain::start()?;
    let server = Dovecot::start(DovecotOptions::with_user(USER, "secret"))?;
    let cli = Cli::fresh(&keychain)?;
    let cast = Cast::default();
    cli.connect(&server, USER, &cast.own, "secret")?.done()?;
    let folders = vec!["INBOX".to_owned(), "Archive".to_owned(), "Junk".to_owned()];
    let random = Random::new(seed);
    let mut play = Play {
        cli,
        server,
        oracle: Oracle::default(),
        random,
        cast,
        contacts: BTreeMap::new(),
        folders,
        made: 0,
    };
    let mut story = vec![format!("seed {seed}")];

    // Every tricky mail at once, to two contacts that want all of it: the first sync.
    for mail in tricky(&play.cast, Timestamp::now(), seed) {
        play.server.append(USER, "INBOX", &mail.bytes, None)?;
    }
    let (contact, idn) = (play.cast.contact.clone(), play.cast.idn.clone());
    play.save(&contact, Backfill::All)?;
    play.save(&idn, Backfill::All)?;
    play.compare(&story)?;
    for _ in 0..changes {
        let told = play.change()?;
        story.push(told);
        play.compare(&story)?;
    }
    Ok(())
}

#[test]
fn after_every_change_both_hold_the_same_mail() -> Outcome<()> {
    let (seeds, changes) = if std::env::var_os("HATSTAND_LONG").is_some() { (20, 60) } else { (2, 15) };
    (1..=seeds).try_for_each(|seed| play(seed, changes))
}

//! Contacts and their addresses.

use super::{Engine, Topic};
use crate::model::{
    AccountId, Address, AddressId, Backfill, Contact, ContactId, ContactKind, MessageId, ProjectId, Refusal,
    Timestamp,
};
use crate::store::{StoreError, accounts, contacts, lists, messages};
use crate::sync::{count_earlier, refile_to_sort};
use crate::view::{
    ContactDetail, ContactRow, DeleteFacts, MessageRow, Page, contact_detail, contact_row, message_rows,
};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What a person types for a contact.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize, specta::Type)]
pub struct ContactInput {
    /// Name.
    pub name: String,
    /// Company.
    pub company: String,
    /// What the person is to the user.
    pub kind: ContactKind,
    /// Telephone.
    pub phone: String,
    /// Notes.
    pub notes: String,
    /// Addresses, as typed.
    pub addresses: Vec<String>,
    /// Where mail goes when several projects could have it.
    pub default_project_id: Option<ProjectId>,
}

/// Earlier messages of an address that the servers hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct EmailCount {
    /// Address.
    pub address: String,
    /// How many.
    pub count: u32,
    /// Arrival of the oldest.
    pub since: Option<Timestamp>,
}

impl ContactInput {
    fn read(self, id: ContactId) -> Result<(Contact, Vec<Address>), Refusal> {
        let name = self.name.trim().to_owned();
        if name.is_empty() {
            return Err(Refusal::about("name", "empty_name", "Give the contact a name."));
        }
        let mut addresses = Vec::new();
        for typed in &self.addresses {
            let address = Address::parse(typed).map_err(|error| {
                Refusal::about("addresses", "bad_address", format!("“{}”: {error}", typed.trim()))
            })?;
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() {
            let sentence = "A contact needs an email address: by it Hatstand knows their mail.";
            return Err(Refusal::about("addresses", "no_address", sentence));
        }
        let contact = Contact {
            id,
            name,
            kind: self.kind,
            company: self.company.trim().to_owned(),
            phone: self.phone.trim().to_owned(),
            notes: self.notes,
            default_project_id: self.default_project_id,
            addresses: Vec::new(),
        };
        Ok((contact, addresses))
    }
}

impl Engine {
    /// Contacts by name, those that match every word of `query`; the token is the last name and id.
    pub async fn contacts(&self, query: String, after: Option<String>) -> Result<Page<ContactRow>, Refusal> {
        self.read(move |db| {
            let words: Vec<String> = query.split_whitespace().map(crate::mail::normalise).collect();
            let skip: usize = after.as_deref().and_then(|token| token.parse().ok()).unwrap_or(0);
            let page = super::mail::PAGE as usize;
            let mut rows = Vec::new();
            let mut matched = 0;
            for id in contacts::ids(db)? {
                if !words.is_empty() {
                    let contact = contacts::get(db, id)?;
                    let addresses = contact.addresses.iter().map(|entry| entry.address.display());
                    let text =
                        [contact.name, contact.company].into_iter().chain(addresses).collect::<Vec<_>>();
                    let text = crate::mail::normalise(&text.join(" "));
                    if !words.iter().all(|word| text.contains(word.as_str())) {
                        continue;
                    }
                }
                matched += 1;
                if matched > skip + page {
                    break;
                }
                if matched > skip {
                    rows.push(contact_row(db, id)?);
                }
            }
            let next = (matched > skip + page).then(|| (skip + page).to_string());
            Ok(Page { rows, next })
        })
        .await
    }

    /// Every contact as it is stored.
    pub async fn all_contacts(&self) -> Result<Vec<Contact>, Refusal> {
        self.read(|db| contacts::ids(db)?.into_iter().map(|id| contacts::get(db, id)).collect()).await
    }

    /// One contact as it is stored.
    pub async fn contact(&self, id: ContactId) -> Result<Contact, Refusal> {
        self.read(move |db| contacts::get(db, id)).await
    }

    /// A contact's page.
    pub async fn contact_page(&self, id: ContactId) -> Result<ContactDetail, Refusal> {
        self.read(move |db| contact_detail(db, id)).await
    }

    /// A contact's mail, newest first.
    pub async fn contact_messages(
        &self,
        id: ContactId,
        after: Option<String>,
    ) -> Result<Page<MessageRow>, Refusal> {
        self.read(move |db| {
            let after = lists::After::from_token(after.as_deref());
            let found = lists::of_contact(db, id, after, super::mail::PAGE)?;
            let next = super::mail::next_token(found.last(), found.len());
            Ok(Page { rows: message_rows(db, found)?, next })
        })
        .await
    }

    /// Saves a contact. Its mail comes in from now on; `backfill` says how much earlier mail is wanted. Made from a
    /// message, that message is here already or comes in with the next cycle.
    pub async fn add_contact(
        &self,
        input: ContactInput,
        backfill: Backfill,
        from_message: Option<MessageId>,
    ) -> Result<ContactId, Refusal> {
        let (contact, addresses) = input.read(ContactId(0))?;
        let now = self.now();
        let id = self
            .write(move |tx| {
                if let Some(message) = from_message {
                    messages::thread_of(tx, message)?;
                }
                let id = contacts::insert(tx, &contact, now)?;
                for address in &addresses {
                    contacts::add_address(tx, id, address, now, backfill)?;
                }
                refile_to_sort(tx)?;
                Ok(id)
            })
            .await?;
        self.contacts_changed();
        self.ask_for_all().await;
        Ok(id)
    }

    /// Makes a contact of somebody who wrote in a thread; that mail comes in with the next cycle.
    pub async fn add_stranger(&self, stranger: i64, name: String) -> Result<ContactId, Refusal> {
        let found = self.read(move |db| contacts::stranger(db, stranger)).await?;
        let input =
            ContactInput { name, addresses: vec![found.address.to_string()], ..ContactInput::default() };
        self.add_contact(input, Backfill::Since(found.date), None).await
    }

    /// Changes a contact; addresses that are new are saved from now on, those that are missing are removed.
    pub async fn edit_contact(&self, id: ContactId, input: ContactInput) -> Result<(), Refusal> {
        let (contact, addresses) = input.read(id)?;
        let now = self.now();
        self.write(move |tx| {
            contacts::update(tx, &contact)?;
            let known = contacts::addresses(tx, id)?;
            for entry in known.iter().filter(|entry| !addresses.contains(&entry.address)) {
                contacts::remove_address(tx, entry.id)?;
            }
            for address in addresses.iter().filter(|a| !known.iter().any(|entry| entry.address == **a)) {
                contacts::add_address(tx, id, address, now, Backfill::None)?;
            }
            refile_to_sort(tx)
        })
        .await?;
        self.contacts_changed();
        self.ask_for_all().await;
        Ok(())
    }

    /// Saves one more address of a contact.
    pub async fn add_address(
        &self,
        id: ContactId,
        typed: String,
        backfill: Backfill,
    ) -> Result<AddressId, Refusal> {
        let address = Address::parse(&typed)
            .map_err(|error| Refusal::about("addresses", "bad_address", error.to_string()))?;
        let now = self.now();
        let saved = self
            .write(move |tx| {
                contacts::get(tx, id)?;
                let saved = contacts::add_address(tx, id, &address, now, backfill)?;
                refile_to_sort(tx)?;
                Ok(saved)
            })
            .await?;
        self.contacts_changed();
        self.ask_for_all().await;
        Ok(saved)
    }

    /// Removes an address of a contact; its messages stay.
    pub async fn remove_address(&self, id: ContactId, typed: String) -> Result<(), Refusal> {
        let address = Address::parse(&typed)
            .map_err(|error| Refusal::about("addresses", "bad_address", error.to_string()))?;
        self.write(move |tx| {
            let known = contacts::addresses(tx, id)?;
            if known.len() == 1 {
                let sentence = "It is the only address of this contact: by it Hatstand knows their mail.";
                return Err(Refusal::about("addresses", "last_address", sentence).into());
            }
            let entry = known
                .into_iter()
                .find(|entry| entry.address == address)
                .ok_or_else(|| Refusal::not_found("address"))?;
            contacts::remove_address(tx, entry.id)?;
            refile_to_sort(tx)
        })
        .await?;
        self.contacts_changed();
        Ok(())
    }

    /// Sets how much earlier mail of an address comes in.
    pub async fn set_backfill(&self, id: AddressId, backfill: Backfill) -> Result<(), Refusal> {
        self.write(move |tx| contacts::set_backfill(tx, id, backfill)).await?;
        self.contacts_changed();
        self.ask_for_all().await;
        Ok(())
    }

    /// Asks every account that can be reached how many earlier messages of a contact it holds.
    pub async fn count_earlier(&self, id: ContactId) -> Result<Vec<EmailCount>, Refusal> {
        let (known, all) =
            self.read(move |db| Ok((contacts::get(db, id)?.addresses, accounts::all(db)?))).await?;
        let mut failed = None;
        for account in all.into_iter().filter(|account| !account.paused) {
            // It signs in: in its turn, and a refusal is remembered like any other.
            let _turn = self.scheduler().turn(account.id).await;
            if self.secret_refused(account.id).await? {
                continue;
            }
            let _guard = self.scheduler().cycle_guard().await?;
            let counted = match count_earlier(self.context(), &account, &known).await {
                Ok(counted) => counted,
                Err(failure) => {
                    if crate::sync::retry::secret_was_refused(failure.cause) {
                        self.scheduler().note_failure(account.id, failure.clone()).await?;
                        self.tell(Topic::Accounts);
                    }
                    failed = Some(failure);
                    continue;
                }
            };
            self.store_earlier(account.id, counted).await?;
        }
        let counts = self
            .read(move |db| {
                let mut counts = Vec::new();
                for entry in known {
                    if let Some((count, since)) = contacts::earlier(db, entry.id)? {
                        counts.push(EmailCount { address: entry.address.display(), count, since });
                    }
                }
                Ok(counts)
            })
            .await?;
        match failed {
            Some(failure) if counts.is_empty() => Err(failure.into()),
            _ => {
                self.tell(Topic::Contacts);
                Ok(counts)
            }
        }
    }

    async fn store_earlier(
        &self,
        account: AccountId,
        counted: HashMap<AddressId, (u32, Option<Timestamp>)>,
    ) -> Result<(), Refusal> {
        self.write(move |tx| {
            for (address, (count, oldest)) in counted {
                contacts::set_earlier(tx, address, account, count, oldest)?;
            }
            Ok(())
        })
        .await
    }

    /// What becomes of a contact's mail.
    pub async fn delete_facts_of_contact(&self, id: ContactId) -> Result<DeleteFacts, Refusal> {
        let only = self.read(move |db| lists::only_of_contact(db, id)).await?;
        let messages = u32::try_from(only.len()).unwrap_or(u32::MAX);
        let sentence = match messages {
            0 => "New mail of theirs no longer comes in.".into(),
            1 => "New mail of theirs no longer comes in. The 1 message that is here is kept.".into(),
            n => format!("New mail of theirs no longer comes in. The {n} messages that are here are kept."),
        };
        Ok(DeleteFacts { messages, sentence })
    }

    /// Deletes a contact; its mail is kept, or deleted here where no other contact has a part in it.
    pub async fn delete_contact(&self, id: ContactId, keep_mail: bool) -> Result<(), Refusal> {
        self.write(move |tx: &rusqlite::Transaction<'_>| {
            contacts::get(tx, id)?;
            delete(tx, id, keep_mail)?;
            refile_to_sort(tx)
        })
        .await?;
        self.contacts_changed();
        Ok(())
    }

    fn contacts_changed(&self) {
        for topic in [Topic::Contacts, Topic::Projects, Topic::Messages] {
            self.tell(topic);
        }
    }

    /// Asks for a cycle of every account: what is wanted has changed.
    async fn ask_for_all(&self) {
        for account in self.read(accounts::all).await.unwrap_or_default() {
            self.scheduler().ask(account.id);
        }
    }
}

fn delete(tx: &Connection, id: ContactId, keep_mail: bool) -> Result<(), StoreError> {
    if !keep_mail {
        messages::delete(tx, &lists::only_of_contact(tx, id)?)?;
    }
    contacts::delete(tx, id)
}

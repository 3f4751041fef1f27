//! Counting the earlier messages of a contact that a server holds.

use super::cycle::{Context, sign_in};
use super::matching::{Book, Seen, Time};
use super::scan::terms;
use crate::imap::{Search, UidSet};
use crate::mail::{DECIDING_FIELDS, Deciding};
use crate::model::{Account, AddressId, ContactAddress, Failure, FolderRole, Timestamp};
use crate::net::Counters;
use crate::secrets::Prompt;
use crate::store::{accounts, folders, locations};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// How many messages of each address the account's watched folders hold that are not here and not in any range,
/// and when the oldest arrived.
pub async fn count_earlier(
    context: &Context,
    account: &Account,
    addresses: &[ContactAddress],
) -> Result<HashMap<AddressId, (u32, Option<Timestamp>)>, Failure> {
    let counters = Arc::new(Counters::default());
    let mut session = sign_in(context, account, Prompt::Never, &counters).await?;
    let gmail = session.capabilities().gmail();
    let id = account.id;
    let (watched, own) = context
        .store
        .read(move |db| {
            let mut watched = Vec::new();
            for known in folders::all(db, id)?.into_iter().filter(|known| known.folder.watched) {
                let here: HashSet<u32> =
                    locations::known_uids(db, known.folder.id)?.into_iter().map(|(uid, _)| uid).collect();
                watched.push((known, here));
            }
            Ok((watched, accounts::own_addresses(db)?))
        })
        .await
        .map_err(|error| error.failure())?;
    let book = Book::new(addresses.to_vec(), own);
    let mut counts: HashMap<AddressId, (u32, Option<Timestamp>)> =
        addresses.iter().map(|address| (address.id, (0, None))).collect();
    for (known, here) in watched {
        let examined = session.examine(&known.folder.raw_name).await?;
        let sent = known.folder.role == FolderRole::Sent;
        let search = Search { any_of: terms(addresses, sent, gmail), ..Search::default() };
        let hits: UidSet =
            session.search(&search).await?.into_iter().filter(|uid| !here.contains(uid)).collect();
        if hits.is_empty() {
            continue;
        }
        let mut headers = session.fetch_headers(&hits, DECIDING_FIELDS, gmail)?;
        while let Some(item) = headers.next().await? {
            let label = |name: &str| gmail && item.gmail_labels.iter().any(|l| l.eq_ignore_ascii_case(name));
            let header = Deciding::read(&item.header);
            let seen = Seen {
                outgoing: sent || label("\\Sent"),
                internal_date: item.internal_date.or(header.date).unwrap_or(Timestamp(0)),
                uid: item.uid,
                uid_validity: examined.uid_validity,
            };
            let found = book.find(&header, seen, &HashMap::new());
            if let Some(found) = found.filter(|found| found.time == Time::Earlier && !item.flags.draft()) {
                let count = counts.entry(found.address).or_default();
                count.0 += 1;
                count.1 = Some(count.1.map_or(seen.internal_date, |oldest| oldest.min(seen.internal_date)));
            }
        }
    }
    session.logout().await;
    Ok(counts)
}

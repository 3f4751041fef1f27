//! One message by hand: looked for where cycles do not bring mail in from (Junk), and brought in when a person says so.

use super::cycle::{Context, sign_in};
use super::fetch::{Brought, Fetching};
use super::report::Progress;
use super::scan::name_folder;
use crate::imap::{Search, UidSet};
use crate::mail::{self, DECIDING_FIELDS, Deciding};
use crate::model::{Account, AddressId, Cause, Failure, Folder, FolderId, FolderRole, Timestamp};
use crate::net::Counters;
use crate::secrets::Prompt;
use crate::store::coverage::{self, Wanted};
use crate::store::folders;
use std::sync::Arc;

/// A message on the server. Only its deciding fields and its subject were looked at; nothing of it is stored.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Where.
    pub folder: FolderId,
    /// That folder's name for people.
    pub folder_name: String,
    /// That folder is Junk.
    pub junk: bool,
    /// Cycles look into that folder.
    pub watched: bool,
    /// UIDVALIDITY under which the UID holds.
    pub uid_validity: u32,
    /// UID.
    pub uid: u32,
    /// RFC822.SIZE.
    pub size: u32,
    /// INTERNALDATE, else Date.
    pub received: Timestamp,
    /// \Seen.
    pub seen: bool,
    /// X-GM-MSGID.
    pub gmail_id: Option<u64>,
    /// Its deciding fields.
    pub header: Deciding,
    /// Its subject, decoded.
    pub subject: String,
}

/// What a look found.
#[derive(Clone, Debug, Default)]
pub struct Looked {
    /// What the search finds. A server's search finds more than was meant: whoever asks checks each.
    pub hits: Vec<Hit>,
    /// No folder refused to be looked into.
    pub whole: bool,
}

/// Looks into every folder of the account, but not into sent mail and drafts, for what a search finds.
pub async fn find(context: &Context, account: &Account, search: &Search) -> Result<Looked, Failure> {
    let counters = Arc::new(Counters::default());
    let mut session = sign_in(context, account, Prompt::Never, &counters).await?;
    let gmail = session.capabilities().gmail();
    let id = account.id;
    let known = context.store.read(move |db| folders::all(db, id)).await.map_err(|error| error.failure())?;
    let known: Vec<Folder> = known.into_iter().map(|known| known.folder).collect();
    // Where All Mail is watched, the other folders show the same mail under further names.
    let all_mail = known.iter().any(|folder| folder.role == FolderRole::All && folder.watched);
    let looked_into = known.into_iter().filter(|folder| match folder.role {
        FolderRole::Junk | FolderRole::Trash => true,
        FolderRole::Sent | FolderRole::Drafts => false,
        _ => folder.watched || !all_mail,
    });
    let fields: Vec<&str> = DECIDING_FIELDS.iter().copied().chain(["Subject"]).collect();
    let (mut hits, mut whole) = (Vec::new(), true);
    for folder in looked_into {
        let examined = match session.examine(&folder.raw_name).await {
            Ok(examined) => examined,
            // One folder that refuses does not keep the others from being looked into.
            Err(failure) if matches!(failure.cause, Cause::FolderRefused | Cause::FolderGone) => {
                whole = false;
                if session.is_over() {
                    break;
                }
                continue;
            }
            Err(failure) => return Err(failure),
        };
        let uids: UidSet = session.search(search).await?.into_iter().collect();
        if uids.is_empty() {
            continue;
        }
        let mut headers = session.fetch_headers(&uids, &fields, gmail)?;
        while let Some(item) = headers.next().await? {
            let sent = gmail && item.gmail_labels.iter().any(|label| label.eq_ignore_ascii_case("\\Sent"));
            if sent || item.flags.draft() {
                continue;
            }
            let header = Deciding::read(&item.header);
            hits.push(Hit {
                folder: folder.id,
                folder_name: folder.name.clone(),
                junk: folder.role == FolderRole::Junk,
                watched: folder.watched,
                uid_validity: examined.uid_validity,
                uid: item.uid,
                size: item.size,
                received: item.internal_date.or(header.date).unwrap_or(Timestamp(0)),
                seen: item.flags.seen(),
                gmail_id: item.gmail_message_id,
                subject: mail::parse(&item.header).subject,
                header,
            });
        }
    }
    session.logout().await;
    Ok(Looked { hits, whole })
}

/// Brings one message in, from whatever folder, as mail of a contact's address. The folder is only read.
pub async fn bring_in(
    context: &Context,
    account: &Account,
    hit: &Hit,
    address: AddressId,
) -> Result<(), Failure> {
    let wanted = Wanted {
        folder: hit.folder,
        uid_validity: hit.uid_validity,
        uid: hit.uid,
        address,
        size: hit.size,
        internal_date: hit.received,
        seen: hit.seen,
        outgoing: false,
        gmail_id: hit.gmail_id,
        backfilled: false,
        known_only: false,
        ask: false,
    };
    let (id, folder) = (account.id, hit.folder);
    let known = context
        .store
        .write(move |tx| {
            coverage::want(tx, &wanted)?;
            Ok(folders::all(tx, id)?.into_iter().find(|known| known.folder.id == folder))
        })
        .await
        .map_err(|error| error.failure())?
        .ok_or_else(|| Failure::of(Cause::FolderGone))?;
    let counters = Arc::new(Counters::default());
    let mut session = sign_in(context, account, Prompt::Never, &counters).await?;
    let (progress, mut brought) = (Progress::default(), Brought::default());
    let mut fetching = Fetching {
        session: &mut session,
        store: &context.store,
        account,
        size_limit: context.size_limit,
        now: (context.now)(),
        progress: &progress,
        brought: &mut brought,
    };
    let result = fetching.fetch(&known).await;
    result.map_err(|failure| name_folder(failure, &known.folder.name))?;
    session.logout().await;
    Ok(())
}

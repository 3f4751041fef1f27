//! What must be right before a mail goes into the outbox. Pure.

use crate::model::{Account, Address, Mailbox, Refusal};
use crate::store::outgoing::{File, Recipient, Role};

/// The recipients with comparable addresses, each once (To before Cc before Bcc), or the field that is wrong.
pub fn recipients(typed: &[Recipient]) -> Result<Vec<(Role, Mailbox)>, Refusal> {
    let mut all: Vec<(Role, Mailbox)> = Vec::new();
    for (role, field) in [(Role::To, "to"), (Role::Cc, "cc"), (Role::Bcc, "bcc")] {
        for recipient in typed.iter().filter(|recipient| recipient.role == role) {
            let text = &recipient.mailbox.address;
            let address = Address::parse(text).map_err(|error| {
                Refusal::about(field, "bad_address", format!("“{}”: {error}", text.trim()))
            })?;
            if all.iter().any(|(_, other)| other.address == address.as_str()) {
                continue;
            }
            let name = recipient.mailbox.name.trim().to_owned();
            all.push((role, Mailbox { name, address: address.to_string() }));
        }
    }
    if all.is_empty() {
        return Err(Refusal::about("to", "no_recipient", "Say who this mail is for."));
    }
    Ok(all)
}

/// The account that sends, with From as its address; or why it cannot.
pub fn sender(from: &str, account: Option<&Account>) -> Result<Address, Refusal> {
    let Some(account) = account else {
        return Err(Refusal::about("from", "no_account", "Choose the address that this mail is sent from."));
    };
    let address =
        Address::parse(from).map_err(|error| Refusal::about("from", "bad_address", error.to_string()))?;
    if address != account.email && !account.aliases.contains(&address) {
        let sentence =
            format!("{} is no address of yours any more. Choose another under From.", address.display());
        return Err(Refusal::about("from", "not_yours", sentence));
    }
    if account.outgoing.is_none() {
        let sentence = format!(
            "{} has no outgoing server. Choose another address, or add one under Email settings.",
            account.email.display()
        );
        return Err(Refusal::about("from", "no_outgoing_server", sentence));
    }
    Ok(address)
}

/// About how large a mail with these files is: base64 in lines, and the text around it.
pub fn estimate(files: &[File], html: &str) -> u64 {
    let files: u64 = files.iter().map(|file| file.size.div_ceil(57).saturating_mul(78) + 512).sum();
    files + 3 * html.len() as u64 + 2048
}

/// A sentence when a mail of this size is over what the outgoing server takes.
pub fn too_large(size: u64, limit: Option<u64>) -> Option<String> {
    let limit = limit.filter(|limit| *limit > 0 && size > *limit)?;
    Some(format!(
        "This mail would be {}; your mail server takes at most {}. Send a link instead of the largest file.",
        megabytes(size),
        megabytes(limit)
    ))
}

/// "12.4 MB", as people and providers count.
fn megabytes(bytes: u64) -> String {
    let tenths = bytes.div_ceil(100_000);
    if tenths >= 1000 { format!("{} MB", tenths / 10) } else { format!("{}.{} MB", tenths / 10, tenths % 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(role: Role, address: &str) -> Recipient {
        Recipient::new(role, Mailbox { name: " Anna ".into(), address: address.into() })
    }

    #[test]
    fn each_recipient_once_and_the_wrong_one_named() {
        let all = recipients(&[
            typed(Role::Bcc, "b@x.example"),
            typed(Role::To, " A@X.example"),
            typed(Role::Cc, "a@x.example"),
        ])
        .unwrap();
        let shown: Vec<_> = all.iter().map(|(role, mailbox)| (*role, mailbox.address.as_str())).collect();
        assert_eq!(shown, [(Role::To, "a@x.example"), (Role::Bcc, "b@x.example")]);
        assert_eq!(all[0].1.name, "Anna");

        let refused = recipients(&[typed(Role::To, "a@x.example"), typed(Role::Cc, "anna@")]).unwrap_err();
        assert_eq!((refused.field.as_deref(), refused.code.as_str()), (Some("cc"), "bad_address"));
        assert!(refused.sentence.starts_with("“anna@”"), "{}", refused.sentence);
        assert_eq!(recipients(&[]).unwrap_err().code, "no_recipient");
        let injected = typed(Role::To, "a@x.example\r\nBcc: b@x.example");
        assert_eq!(recipients(&[injected]).unwrap_err().field.as_deref(), Some("to"));
    }

    #[test]
    fn both_sizes_are_said() {
        assert_eq!(too_large(10, None), None);
        assert_eq!(too_large(10_000_000, Some(10_000_000)), None);
        let sentence = too_large(27_340_000, Some(10_240_000)).unwrap();
        assert!(sentence.contains("27.4 MB") && sentence.contains("10.3 MB"), "{sentence}");
        let file = File {
            id: crate::model::OutgoingFileId(1),
            name: String::new(),
            media_type: String::new(),
            size: 20_000_000,
            hash: Vec::new(),
        };
        assert!(estimate(&[file], "") > 27_000_000);
    }
}

//! Which folders are watched, and which hold sent mail: product.md, "Which mail comes in", 1 and 2.

use crate::imap::ListedFolder;
use crate::model::FolderRole;
use crate::store::folders::Listed;

/// The usual names, where the server names no special use. Lower case, last part of the path.
const USUAL: &[(FolderRole, &[&str])] = &[
    (
        FolderRole::Sent,
        &[
            "sent",
            "sent items",
            "sent mail",
            "sent messages",
            "gesendet",
            "gesendete elemente",
            "gesendete objekte",
            "gesendete nachrichten",
            "envoyés",
            "messages envoyés",
            "éléments envoyés",
            "courrier envoyé",
            "enviados",
            "elementos enviados",
            "mensajes enviados",
            "correo enviado",
            "inviata",
            "posta inviata",
            "inviati",
            "itens enviados",
            "mensagens enviadas",
            "verzonden",
            "verzonden items",
            "verzonden berichten",
            "wysłane",
            "elementy wysłane",
            "skickat",
            "skickade",
            "sendt",
            "sendte elementer",
            "lähetetyt",
            "odeslané",
            "odeslaná pošta",
            "elküldött",
            "trimise",
            "отправленные",
            "надіслані",
            "gönderilmiş öğeler",
            "gönderilenler",
            "送信済み",
            "送信済みアイテム",
            "已发送",
            "已发送邮件",
            "寄件備份",
            "보낸편지함",
            "보낸 편지함",
        ],
    ),
    (
        FolderRole::Junk,
        &[
            "junk",
            "spam",
            "junk e-mail",
            "junk email",
            "junk mail",
            "bulk mail",
            "spamverdacht",
            "unerwünscht",
            "courrier indésirable",
            "indésirables",
            "pourriel",
            "correo no deseado",
            "no deseado",
            "posta indesiderata",
            "lixo eletrônico",
            "lixo electrónico",
            "ongewenste e-mail",
            "ongewenst",
            "wiadomości-śmieci",
            "skräppost",
            "søppelpost",
            "uønsket e-mail",
            "roskaposti",
            "nevyžádaná pošta",
            "levélszemét",
            "спам",
            "нежелательная почта",
            "gereksiz",
            "迷惑メール",
            "垃圾邮件",
            "垃圾郵件",
            "스팸편지함",
        ],
    ),
    (
        FolderRole::Trash,
        &[
            "trash",
            "deleted",
            "deleted items",
            "deleted messages",
            "bin",
            "papierkorb",
            "gelöscht",
            "gelöschte elemente",
            "gelöschte objekte",
            "corbeille",
            "éléments supprimés",
            "papelera",
            "elementos eliminados",
            "cestino",
            "posta eliminata",
            "lixeira",
            "itens excluídos",
            "prullenbak",
            "verwijderde items",
            "kosz",
            "elementy usunięte",
            "papperskorgen",
            "borttaget",
            "papirkurv",
            "slettede elementer",
            "roskakori",
            "koš",
            "odstraněná pošta",
            "lomtár",
            "корзина",
            "удаленные",
            "кошик",
            "çöp kutusu",
            "ごみ箱",
            "已删除",
            "已删除邮件",
            "垃圾桶",
            "휴지통",
        ],
    ),
    (
        FolderRole::Drafts,
        &[
            "drafts",
            "draft",
            "entwürfe",
            "brouillons",
            "borradores",
            "bozze",
            "rascunhos",
            "concepten",
            "wersje robocze",
            "szkice",
            "utkast",
            "kladder",
            "luonnokset",
            "koncepty",
            "rozepsané",
            "piszkozatok",
            "черновики",
            "чернетки",
            "taslaklar",
            "下書き",
            "草稿",
            "草稿箱",
            "임시보관함",
        ],
    ),
];

/// A folder's last part: `INBOX.Sent` with delimiter `.` is `sent`.
fn last_part(folder: &ListedFolder) -> String {
    let name = match folder.delimiter {
        Some(delimiter) => folder.name.rsplit(delimiter).next().unwrap_or(&folder.name),
        None => &folder.name,
    };
    name.to_lowercase()
}

/// Near the top: `Sent`, `INBOX.Sent` or `[Gmail]/Sent`, but not `Clients/Meyer/Sent`.
fn near_the_top(folder: &ListedFolder) -> bool {
    let Some(delimiter) = folder.delimiter else { return true };
    let parts: Vec<&str> = folder.name.split(delimiter).collect();
    match parts.as_slice() {
        [_] => true,
        [parent, _] => parent.eq_ignore_ascii_case("inbox") || parent.starts_with('['),
        _ => false,
    }
}

/// What each folder is for: by special-use, else by its usual name.
fn role(folder: &ListedFolder, all: &[ListedFolder]) -> FolderRole {
    if folder.raw_name.eq_ignore_ascii_case("inbox") {
        return FolderRole::Inbox;
    }
    if let Some(role) = folder.special_use {
        return role;
    }
    let name = last_part(folder);
    USUAL
        .iter()
        .find(|(role, names)| {
            near_the_top(folder)
                && names.contains(&name.as_str())
                && !all.iter().any(|other| other.selectable && other.special_use == Some(*role))
        })
        .map_or(FolderRole::Other, |(role, _)| *role)
}

/// What follows from a server's listing: the folders that can be selected, each with its role and whether it is
/// watched unless the user chose otherwise. The second value: Gmail hides All Mail from IMAP.
pub fn folders(listed: &[ListedFolder], gmail: bool) -> (Vec<Listed>, bool) {
    let all_mail =
        listed.iter().any(|folder| folder.selectable && folder.special_use == Some(FolderRole::All));
    let one_is_all = gmail && all_mail;
    let folders = listed
        .iter()
        .filter(|folder| folder.selectable)
        .map(|folder| {
            let role = role(folder, listed);
            let watched = if one_is_all {
                role == FolderRole::All
            } else {
                !matches!(role, FolderRole::Junk | FolderRole::Trash | FolderRole::Drafts | FolderRole::All)
            };
            Listed { raw_name: folder.raw_name.clone(), name: folder.name.clone(), role, watched }
        })
        .collect();
    (folders, gmail && !all_mail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(name: &str, special_use: Option<FolderRole>) -> ListedFolder {
        ListedFolder {
            raw_name: name.into(),
            name: name.into(),
            delimiter: Some('/'),
            selectable: true,
            special_use,
            status: None,
        }
    }

    fn watched(folders: &[ListedFolder], gmail: bool) -> Vec<(String, FolderRole, bool)> {
        super::folders(folders, gmail).0.into_iter().map(|f| (f.name, f.role, f.watched)).collect()
    }

    #[test]
    fn every_folder_but_junk_trash_and_drafts() {
        let folders = [
            listed("INBOX", None),
            listed("Gesendet", None),
            listed("Entwürfe", None),
            listed("Spam", None),
            listed("Papierkorb", None),
            listed("Clients/Meyer/Sent", None),
            listed("Everything", Some(FolderRole::All)),
        ];
        assert_eq!(
            watched(&folders, false),
            [
                ("INBOX".into(), FolderRole::Inbox, true),
                ("Gesendet".into(), FolderRole::Sent, true),
                ("Entwürfe".into(), FolderRole::Drafts, false),
                ("Spam".into(), FolderRole::Junk, false),
                ("Papierkorb".into(), FolderRole::Trash, false),
                ("Clients/Meyer/Sent".into(), FolderRole::Other, true),
                ("Everything".into(), FolderRole::All, false),
            ]
        );
    }

    #[test]
    fn special_use_outweighs_a_name() {
        let folders = [listed("Out", Some(FolderRole::Sent)), listed("Sent", None)];
        assert_eq!(
            watched(&folders, false),
            [("Out".into(), FolderRole::Sent, true), ("Sent".into(), FolderRole::Other, true)]
        );
    }

    #[test]
    fn gmail_is_all_mail_alone_or_else_the_ordinary_folders() {
        let sent = listed("[Gmail]/Sent Mail", Some(FolderRole::Sent));
        let all = listed("[Gmail]/All Mail", Some(FolderRole::All));
        let (folders, hidden) = super::folders(&[listed("INBOX", None), sent.clone(), all], true);
        assert_eq!(
            folders.iter().filter(|f| f.watched).map(|f| f.role).collect::<Vec<_>>(),
            [FolderRole::All]
        );
        assert!(!hidden);
        let (folders, hidden) = super::folders(&[listed("INBOX", None), sent], true);
        assert_eq!(folders.iter().filter(|f| f.watched).count(), 2);
        assert!(hidden, "its page says so");
    }
}

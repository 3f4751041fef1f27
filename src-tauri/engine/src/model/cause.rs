//! The closed set of reasons why connecting, syncing or sending failed.

use super::{AccountState, Certificate};
use serde::{Deserialize, Serialize};

/// What a cause does to its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeadsTo {
    /// This state, when it is the latest failure.
    State(AccountState),
    /// The sending line or a note; the state stays.
    Nothing,
    /// It was no failure.
    NoFailure,
}

macro_rules! causes {
    ($($(#[$doc:meta])* $name:ident, $code:literal, $leads:expr, $retried:literal, $sentence:literal, $remedy:expr;)*) => {
        /// Why something failed. `code()` is its stable name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
        #[serde(rename_all = "snake_case")]
        pub enum Cause { $($(#[$doc])* $name,)* }

        impl Cause {
            /// Every cause, in the order of product.md's table.
            pub const ALL: &'static [Cause] = &[$(Cause::$name,)*];

            /// The stable name, in `snake_case`.
            pub const fn code(self) -> &'static str {
                match self { $(Cause::$name => $code,)* }
            }

            /// From its stable name.
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Cause::$name),)* _ => None }
            }

            /// What it does to the account.
            pub const fn leads_to(self) -> LeadsTo {
                match self { $(Cause::$name => $leads,)* }
            }

            /// Whether Hatstand tries again by itself.
            pub const fn retried(self) -> bool {
                match self { $(Cause::$name => $retried,)* }
            }

            /// One plain sentence for the person.
            pub const fn sentence(self) -> &'static str {
                match self { $(Cause::$name => $sentence,)* }
            }

            /// What to do now.
            pub const fn remedy(self) -> &'static str {
                match self { $(Cause::$name => $remedy,)* }
            }
        }
    };
}

const RECONNECT: LeadsTo = LeadsTo::State(AccountState::NeedsReconnecting);
const UNREACHABLE: LeadsTo = LeadsTo::State(AccountState::Unreachable);
const HELD_UP: LeadsTo = LeadsTo::State(AccountState::HeldUp);

/// What to do about the keychain on Linux, macOS and Windows.
const fn keychain(linux: &'static str, macos: &'static str, windows: &'static str) -> &'static str {
    if cfg!(windows) {
        windows
    } else if cfg!(target_os = "macos") {
        macos
    } else {
        linux
    }
}

causes! {
    /// The server refused user name and password.
    WrongPassword, "wrong_password", RECONNECT, false,
        "The mail server does not accept the password.", "Type the current password.";
    /// The provider takes app passwords only.
    AppPasswordNeeded, "app_password_needed", RECONNECT, false,
        "Your provider wants an app password here, not your usual one.", "Make an app password at your provider and type it here.";
    /// The provider takes no password at all.
    PasswordSignInOff, "password_sign_in_off", RECONNECT, false,
        "Your provider has switched off signing in with a password.", "Sign in through the browser.";
    /// A token expired or was revoked.
    SignInExpired, "sign_in_expired", RECONNECT, false,
        "The saved sign-in has expired or was withdrawn.", "Sign in again.";
    /// The organisation's administrator must approve.
    ApprovalNeeded, "approval_needed", RECONNECT, false,
        "Your organisation has to approve Hatstand first.", "Ask the person who looks after your organisation's mail.";
    /// IMAP is switched off for this mailbox.
    ImapOff, "imap_off", RECONNECT, false,
        "Access for mail apps is switched off for this mailbox.", "Switch on IMAP in your provider's settings, then reconnect.";
    /// The mailbox does not exist any more or is disabled.
    MailboxGone, "mailbox_gone", RECONNECT, false,
        "The provider says that this mailbox is closed or switched off.", "Ask your provider, or connect another mailbox.";
    /// The keychain works but holds no entry for the account.
    KeychainNoEntry, "keychain_no_entry", RECONNECT, false,
        "This computer has no password for this mailbox.", "Type the password once more.";
    /// The certificate is past its time.
    CertificateExpired, "certificate_expired", RECONNECT, true,
        "The mail server's certificate has expired, so Hatstand sent it no password.", "Tell your provider; it is tried again by itself.";
    /// The certificate is for another host.
    CertificateWrongName, "certificate_wrong_name", RECONNECT, true,
        "The mail server's certificate is for another name, so Hatstand sent it no password.", "Check the server's name.";
    /// The issuer is not trusted.
    CertificateUnknownIssuer, "certificate_unknown_issuer", RECONNECT, true,
        "Nobody this computer trusts vouches for the mail server, so Hatstand sent it no password.", "Check the server's name, or ask your provider.";
    /// The certificate signed itself.
    CertificateSelfSigned, "certificate_self_signed", RECONNECT, true,
        "The mail server vouches only for itself, so Hatstand sent it no password.", "Check the server's name, or ask your provider.";
    /// No network; said only after a dial failed.
    Offline, "offline", UNREACHABLE, true,
        "This computer is offline.", "Nothing to do: it goes on by itself when the network is back.";
    /// The name has no address.
    HostNotFound, "host_not_found", UNREACHABLE, true,
        "No mail server was found under this name.", "Check the server's name.";
    /// Nothing listens there.
    ConnectionRefused, "connection_refused", UNREACHABLE, true,
        "The mail server refuses the connection.", "It is tried again by itself. If it stays so, check server and port.";
    /// No answer in time.
    TimedOut, "timed_out", UNREACHABLE, true,
        "The mail server does not answer.", "It is tried again by itself.";
    /// Something else than a mail server answered.
    NotAMailServer, "not_a_mail_server", UNREACHABLE, true,
        "What answers there is not a mail server.", "Check server and port.";
    /// The server has no TLS where it must.
    TlsNotOffered, "tls_not_offered", UNREACHABLE, true,
        "The mail server offers no secure connection there, so Hatstand sent it no password.", "Check port and security.";
    /// The server's limit of connections.
    TooManyConnections, "too_many_connections", UNREACHABLE, true,
        "Too many programs are connected to this mailbox at once.", "It is tried again by itself.";
    /// Connections are refused after sign-ins were refused.
    PerhapsBanned, "perhaps_banned", UNREACHABLE, true,
        "The mail server has stopped answering after refused sign-ins; it may block this computer for a while.", "Wait an hour, then try again.";
    /// The server says to come back later.
    TryLater, "try_later", UNREACHABLE, true,
        "The mail server asks to try again later.", "Nothing to do: it is tried again by itself.";
    /// A proxy, a virus scanner or a foreign network answers in the server's place.
    StandsInBetween, "stands_in_between", UNREACHABLE, true,
        "This network, or a virus scanner, stands between you and your mail.", "Try another network, or ask who looks after this one.";
    /// The proxy cannot be reached, or refuses.
    ProxyFailed, "proxy_failed", UNREACHABLE, true,
        "The proxy does not let Hatstand through.", "Check the proxy under Settings, Advanced.";
    /// The keychain is locked.
    KeychainLocked, "keychain_locked", HELD_UP, true,
        "This computer’s keychain is locked.", keychain(
            "Unlock it, then sync.",
            "Unlock your login keychain (in Keychain Access), then sync.",
            "Sign in to Windows again, then sync.",
        );
    /// There is no keychain service.
    KeychainAbsent, "keychain_absent", HELD_UP, true,
        "This computer has no keychain that Hatstand can reach.", keychain(
            "Start or install GNOME Keyring or KWallet. Hatstand goes on by itself then.",
            "Open Keychain Access and see whether your login keychain is there. Hatstand goes on by itself then.",
            "Start the service “Credential Manager”. Hatstand goes on by itself then.",
        );
    /// The keychain refused access.
    KeychainRefused, "keychain_refused", HELD_UP, true,
        "The keychain refused Hatstand access.", keychain(
            "Allow it in your keychain’s settings, then sync.",
            "Choose Always Allow when macOS asks, then sync.",
            "See whether your organisation lets programs use Credential Manager, then sync.",
        );
    /// This program is not known to the issuer of a browser sign-in (any more).
    ClientIdNeeded, "client_id_needed", HELD_UP, true,
        "Hatstand’s client id for this sign-in is missing, or not accepted.", "Look at it under Settings, Advanced.";
    /// One folder cannot be opened.
    FolderRefused, "folder_refused", HELD_UP, true,
        "The mail server does not let Hatstand read one folder.", "Check the folder's permissions, or stop watching it.";
    /// A watched folder went away in the middle.
    FolderGone, "folder_gone", HELD_UP, true,
        "A folder has gone from the mail server.", "It is looked at again by itself.";
    /// The server answered OVERQUOTA.
    OverQuota, "over_quota", HELD_UP, true,
        "The mailbox is full.", "Make room at your provider.";
    /// The disk is full.
    DiskFull, "disk_full", HELD_UP, true,
        "This computer's disk is full.", "Make room; it goes on by itself.";
    /// Another program holds the database.
    DatabaseBusy, "database_busy", HELD_UP, true,
        "Another program holds Hatstand's data.", "Close it, then sync.";
    /// The database is damaged.
    DatabaseDamaged, "database_damaged", HELD_UP, true,
        "Hatstand's data on this computer is damaged.", "Put back a copy.";
    /// The database was written by a newer version.
    DatabaseNewer, "database_newer", HELD_UP, true,
        "Hatstand's data was written by a newer version.", "Install the newer version.";
    /// Anything that none of the others names.
    Unknown, "unknown", HELD_UP, true,
        "Something unexpected happened.", "It is tried again by itself. The details say more.";
    /// The organisation has switched off sending.
    SendingOff, "sending_off", LeadsTo::Nothing, true,
        "Sending from mail apps is switched off for this mailbox.", "Ask the person who looks after your organisation's mail.";
    /// Over the server's limit.
    MessageTooLarge, "message_too_large", LeadsTo::Nothing, false,
        "The message is larger than the server takes.", "Send a link instead of the file.";
    /// The server takes mail, but not for this recipient.
    RecipientRefused, "recipient_refused", LeadsTo::Nothing, false,
        "The mail server does not take mail for this address.", "Check the address.";
    /// The server does not let this account send as this address.
    SenderRefused, "sender_refused", LeadsTo::Nothing, false,
        "The mail server does not let you send from this address.", "Choose another address under From.";
    /// The server refused the mail itself.
    MailRefused, "mail_refused", LeadsTo::Nothing, false,
        "The mail server refuses this mail.", "The details say why. Change the mail, or ask your provider.";
    /// An address in letters of its own, and a server without SMTPUTF8 (RFC 6531).
    Utf8NotOffered, "utf8_not_offered", LeadsTo::Nothing, false,
        "Your mail server cannot send to addresses with letters like ü before the @.", "Ask for another address.";
    /// The user stopped it.
    Cancelled, "cancelled", LeadsTo::NoFailure, false,
        "Stopped.", "";
}

impl Cause {
    /// The state it leads to, if any.
    pub const fn state(self) -> Option<AccountState> {
        match self.leads_to() {
            LeadsTo::State(state) => Some(state),
            LeadsTo::Nothing | LeadsTo::NoFailure => None,
        }
    }

    /// One of the four certificate causes.
    pub const fn is_of_certificates(self) -> bool {
        matches!(
            self,
            Self::CertificateExpired
                | Self::CertificateWrongName
                | Self::CertificateUnknownIssuer
                | Self::CertificateSelfSigned
        )
    }

    /// A sign-in or certificate that must not be tried with the stored secret again by itself.
    pub const fn is_refused_sign_in(self) -> bool {
        matches!(self.leads_to(), LeadsTo::State(AccountState::NeedsReconnecting)) && !self.retried()
    }
}

/// A cause with what was seen of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Why.
    pub cause: Cause,
    /// The server's own words, without secrets; for "Details".
    pub server_said: Option<String>,
    /// The folder, where one folder is the trouble.
    pub folder: Option<String>,
    /// The certificate that could not be verified. Not stored: it is looked at live.
    pub certificate: Option<Box<Certificate>>,
}

impl Failure {
    /// A cause by itself.
    pub const fn of(cause: Cause) -> Self {
        Self { cause, server_said: None, folder: None, certificate: None }
    }

    /// A cause with the server's (or system's) own words.
    pub fn said(cause: Cause, words: impl Into<String>) -> Self {
        Self { cause, server_said: Some(words.into()), folder: None, certificate: None }
    }

    /// The same, naming a folder.
    #[must_use]
    pub fn in_folder(mut self, folder: impl Into<String>) -> Self {
        self.folder = Some(folder.into());
        self
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.cause.sentence())?;
        if let Some(folder) = &self.folder {
            write!(f, " ({folder})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

/// A page of a provider that helps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct PageLink {
    /// By which it is opened.
    pub id: String,
    /// The words of the button.
    pub label: String,
}

/// A failure as a person reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename = "Failure")]
pub struct FailureView {
    /// Its cause.
    pub cause: Cause,
    /// One plain sentence.
    pub sentence: String,
    /// What to do now.
    pub remedy: String,
    /// Whether Hatstand tries again by itself.
    pub retried: bool,
    /// The server's own words.
    pub server_said: Option<String>,
    /// The folder, where one is the trouble.
    pub folder: Option<String>,
    /// The provider's own page that helps.
    pub page: Option<PageLink>,
    /// The certificate that could not be verified, of a live look alone.
    pub certificate: Option<Certificate>,
}

impl From<Failure> for FailureView {
    fn from(failure: Failure) -> Self {
        Self {
            sentence: failure.to_string(),
            remedy: failure.cause.remedy().into(),
            retried: failure.cause.retried(),
            cause: failure.cause,
            server_said: failure.server_said,
            folder: failure.folder,
            page: None,
            certificate: failure.certificate.map(|certificate| *certificate),
        }
    }
}

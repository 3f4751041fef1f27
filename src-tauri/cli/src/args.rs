//! Commands and options. The names are a contract: docs/cli.md.

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use hatstand_engine::model::{
    AccountId, ContactId, ContactKind, MessageId, ProjectId, ProjectStatus, Security, TestRunId,
};
use std::path::PathBuf;

/// Hatstand from a terminal.
#[derive(Parser)]
#[command(
    name = "hatstand-cli",
    version,
    about = "Contacts, projects and the mail of clients, from a terminal"
)]
pub(crate) struct Args {
    /// The data folder (else HATSTAND_DATA_DIR, else the app's own)
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Print one JSON value
    #[arg(long, global = true)]
    pub json: bool,
    /// Say on standard error what goes on
    #[arg(short, long, global = true)]
    pub verbose: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Mailbox connections
    #[command(subcommand)]
    Account(AccountCommand),
    /// People
    #[command(subcommand)]
    Contact(ContactCommand),
    /// Jobs
    #[command(subcommand)]
    Project(ProjectCommand),
    /// Run one cycle
    Sync {
        /// Of this account only
        #[arg(long, value_name = "ID")]
        account: Option<AccountId>,
    },
    /// List messages, newest first
    Messages(Which),
    /// One message
    #[command(subcommand)]
    Message(MessageCommand),
    /// Send a test email, and follow its reply home
    #[command(subcommand)]
    TestEmail(TestEmailCommand),
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum SecurityArg {
    Tls,
    Starttls,
    Plaintext,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutgoingSecurityArg {
    Tls,
    Starttls,
    Plaintext,
    None,
}

impl From<SecurityArg> for Security {
    fn from(arg: SecurityArg) -> Self {
        match arg {
            SecurityArg::Tls => Self::Tls,
            SecurityArg::Starttls => Self::Starttls,
            SecurityArg::Plaintext => Self::Plaintext,
        }
    }
}

impl OutgoingSecurityArg {
    /// `None`: there is no outgoing server.
    pub(crate) const fn security(self) -> Option<Security> {
        match self {
            Self::Tls => Some(Security::Tls),
            Self::Starttls => Some(Security::Starttls),
            Self::Plaintext => Some(Security::Plaintext),
            Self::None => None,
        }
    }
}

#[derive(ClapArgs)]
pub(crate) struct Connect {
    /// The mailbox's address
    #[arg(long)]
    pub email: String,
    /// A further address that it sends and receives for
    #[arg(long)]
    pub alias: Vec<String>,
    /// The user name, when it is not the address
    #[arg(long)]
    pub username: Option<String>,
    #[arg(long)]
    pub imap_host: Option<String>,
    #[arg(long, requires = "imap_host")]
    pub imap_port: Option<u16>,
    #[arg(long, value_enum, requires = "imap_host")]
    pub imap_security: Option<SecurityArg>,
    #[arg(long)]
    pub smtp_host: Option<String>,
    #[arg(long, requires = "smtp_host")]
    pub smtp_port: Option<u16>,
    /// `none`: the account has no outgoing server
    #[arg(long, value_enum)]
    pub smtp_security: Option<OutgoingSecurityArg>,
    /// A private CA to trust for this account
    #[arg(long, value_name = "PEM")]
    pub ca_file: Option<PathBuf>,
    /// Read the password from standard input
    #[arg(long, required = true)]
    pub password_stdin: bool,
}

#[derive(Subcommand)]
pub(crate) enum AccountCommand {
    /// Connect a mailbox: nothing is saved until every check is green
    Connect(Box<Connect>),
    /// List accounts
    List,
    /// Show one account
    Show { id: AccountId },
    /// Change an account's aliases
    Edit {
        id: AccountId,
        #[arg(long)]
        alias: Vec<String>,
    },
    /// Give an account its new password, and sync
    Reconnect {
        id: AccountId,
        /// Read the password from standard input
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Pause an account
    Pause { id: AccountId },
    /// End a pause
    Resume { id: AccountId },
    /// Delete an account here; the mail server is not touched
    Delete {
        id: AccountId,
        #[command(flatten)]
        mail: KeepMail,
    },
}

#[derive(ClapArgs)]
#[group(multiple = false)]
pub(crate) struct KeepMail {
    /// Keep the mail that is here (the default)
    #[arg(long)]
    pub keep_mail: bool,
    /// Delete the mail here too
    #[arg(long)]
    pub delete_mail: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum KindArg {
    Lead,
    Client,
    Prospect,
    Other,
}

impl From<KindArg> for ContactKind {
    fn from(arg: KindArg) -> Self {
        match arg {
            KindArg::Lead => Self::Lead,
            KindArg::Client => Self::Client,
            KindArg::Prospect => Self::Prospect,
            KindArg::Other => Self::Other,
        }
    }
}

#[derive(Subcommand)]
pub(crate) enum ContactCommand {
    /// Save a contact: its mail comes in from now on
    Add {
        #[arg(long)]
        name: String,
        #[arg(long, required = true)]
        email: Vec<String>,
        #[arg(long, value_enum)]
        kind: Option<KindArg>,
        #[arg(long)]
        company: Option<String>,
        /// Earlier mail to bring in: none, all, or since a day (YYYY-MM-DD)
        #[arg(long, default_value = "none")]
        backfill: String,
    },
    /// List contacts
    List,
    /// Show one contact
    Show { id: ContactId },
    /// Change what a contact is called and is
    Edit {
        id: ContactId,
        #[arg(long)]
        name: Option<String>,
        #[arg(long, value_enum)]
        kind: Option<KindArg>,
        #[arg(long)]
        company: Option<String>,
        #[arg(long)]
        phone: Option<String>,
        #[arg(long)]
        notes: Option<String>,
        /// Where mail goes when several projects could have it (0: none)
        #[arg(long, value_name = "ID")]
        default_project: Option<ProjectId>,
    },
    /// Save one more address
    AddEmail {
        id: ContactId,
        email: String,
        #[arg(long, default_value = "none")]
        backfill: String,
    },
    /// Remove an address; its messages stay
    RemoveEmail { id: ContactId, email: String },
    /// Delete a contact
    Delete {
        id: ContactId,
        #[command(flatten)]
        mail: KeepMail,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum StatusArg {
    Active,
    Completed,
    Archived,
}

impl From<StatusArg> for ProjectStatus {
    fn from(arg: StatusArg) -> Self {
        match arg {
            StatusArg::Active => Self::Active,
            StatusArg::Completed => Self::Completed,
            StatusArg::Archived => Self::Archived,
        }
    }
}

#[derive(Subcommand)]
pub(crate) enum ProjectCommand {
    /// Make a project
    Add {
        #[arg(long)]
        title: String,
        #[arg(long, value_name = "ID")]
        contact: Vec<ContactId>,
    },
    /// List projects
    List,
    /// Show one project
    Show { id: ProjectId },
    /// Change a project
    Edit {
        id: ProjectId,
        #[arg(long)]
        title: Option<String>,
        #[arg(long, value_enum)]
        status: Option<StatusArg>,
        /// Who it is for; replaces the contacts it has
        #[arg(long, value_name = "ID")]
        contact: Vec<ContactId>,
    },
}

#[derive(ClapArgs)]
pub(crate) struct Which {
    /// Of a project
    #[arg(long, value_name = "ID", group = "which")]
    pub project: Option<ProjectId>,
    /// To sort
    #[arg(long, group = "which")]
    pub to_sort: bool,
    /// Of a contact
    #[arg(long, value_name = "ID", group = "which")]
    pub contact: Option<ContactId>,
    /// At most so many
    #[arg(long, default_value_t = 100)]
    pub limit: u32,
    /// Pass over so many
    #[arg(long, default_value_t = 0)]
    pub offset: u32,
}

#[derive(ClapArgs)]
#[group(multiple = false)]
pub(crate) struct Form {
    /// Its text
    #[arg(long)]
    pub text: bool,
    /// Its cleaned HTML
    #[arg(long)]
    pub html: bool,
    /// The original bytes and nothing else
    #[arg(long)]
    pub raw: bool,
}

#[derive(Subcommand)]
pub(crate) enum MessageCommand {
    /// Show a message
    Show {
        id: MessageId,
        #[command(flatten)]
        form: Form,
    },
    /// Move a message to a project
    Move {
        id: MessageId,
        #[arg(long, value_name = "ID")]
        project: ProjectId,
        /// Its thread too, from this message on
        #[arg(long)]
        thread: bool,
    },
}

#[derive(Subcommand)]
pub(crate) enum TestEmailCommand {
    /// Send a test: its reply is waited for, 45 minutes at most
    Start {
        /// The account that is tested
        #[arg(long, value_name = "ID")]
        account: AccountId,
        /// Who replies: a contact with an address of your own that is not connected
        #[arg(long, value_name = "ID")]
        contact: ContactId,
    },
    /// How a test stands; while it waits, a cycle is run first
    Status {
        #[arg(value_name = "RUN")]
        run: TestRunId,
    },
}

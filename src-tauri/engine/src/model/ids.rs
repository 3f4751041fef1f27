//! Row ids as newtypes, so that an account can never be passed where a contact is meant.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, specta::Type,
        )]
        #[serde(transparent)]
        #[specta(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map(Self)
            }
        }
    };
}

id!(
    /// One mailbox connection.
    AccountId
);
id!(
    /// One address of a contact; a new id when an address is saved again.
    AddressId
);
id!(
    /// A person.
    ContactId
);
id!(
    /// One pass over every watched folder of one account.
    CycleId
);
id!(
    /// A folder of an account.
    FolderId
);
id!(
    /// One mail of the profile, whatever number of places it lies in.
    MessageId
);
id!(
    /// A mail that is being written, or waits to be sent, or was sent from here.
    OutgoingId
);
id!(
    /// A file attached to a mail that is being written.
    OutgoingFileId
);
id!(
    /// A job.
    ProjectId
);
id!(
    /// Words to begin a mail with.
    TemplateId
);
id!(
    /// One guided test email.
    TestRunId
);
id!(
    /// A recipient that a delivery report names.
    UndeliveredId
);
id!(
    /// Messages joined by their ids.
    ThreadId
);

//! Messages written straight into a user's Maildir: how a big mailbox is made in seconds.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use crate::trouble::{Doing, Outcome, Trouble};
use crate::wire::modified_utf7;

/// The user whose processes serve the mail: us, or `nobody` when we are root, since Dovecot refuses to be root.
#[derive(Clone, Debug)]
pub struct Owner {
    /// User name.
    pub user: String,
    /// Group name.
    pub group: String,
    ids: Option<(u32, u32)>,
}

impl Owner {
    /// Finds out whom servers should run as.
    pub fn of_servers() -> Outcome<Self> {
        if id(&["-u"])? != "0" {
            return Ok(Self { user: id(&["-un"])?, group: id(&["-gn"])?, ids: None });
        }
        let user = "nobody".to_owned();
        let ids = (id(&["-u", &user])?.parse()?, id(&["-g", &user])?.parse()?);
        Ok(Self { group: id(&["-gn", &user])?, user, ids: Some(ids) })
    }

    /// Gives a file or folder to that user.
    pub fn own(&self, path: &Path) -> Outcome<()> {
        match self.ids {
            Some((user, group)) => {
                chown(path, Some(user), Some(group)).doing("giving a file to the server's user")
            }
            None => Ok(()),
        }
    }
}

fn id(args: &[&str]) -> Outcome<String> {
    let output = Command::new("id").args(args).output().doing("asking who we are")?;
    if !output.status.success() {
        return Err(Trouble::new(format!("id {} failed", args.join(" "))));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Writes messages into the folders of one user's Maildir, before the server has looked at them.
pub struct MaildirWriter {
    root: PathBuf,
    owner: Owner,
    folders: BTreeMap<String, PathBuf>,
    count: u64,
}

impl MaildirWriter {
    /// For `home`, the user's folder, which holds or will hold `Maildir`.
    pub fn new(home: &Path, owner: Owner) -> Outcome<Self> {
        let root = home.join("Maildir");
        if !root.exists() {
            fs::create_dir_all(&root)?;
            owner.own(home)?;
            owner.own(&root)?;
        }
        Ok(Self { root, owner, folders: BTreeMap::new(), count: 0 })
    }

    /// Writes one message. `received` becomes INTERNALDATE (the file's time), `seen` the flag `\Seen`.
    pub fn write(&mut self, folder: &str, bytes: &[u8], received: Timestamp, seen: bool) -> Outcome<()> {
        let cur = self.cur(folder)?;
        self.count += 1;
        let seconds = received.as_second();
        // Dovecot numbers unknown files by name; S= saves it a look at the size.
        let name = format!(
            "{seconds}.M{:09}.hatstand,S={}:2,{}",
            self.count,
            bytes.len(),
            if seen { "S" } else { "" }
        );
        let path = cur.join(name);
        let mut file = File::create(&path)?;
        file.write_all(bytes)?;
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds)?))?;
        self.owner.own(&path)
    }

    fn cur(&mut self, folder: &str) -> Outcome<PathBuf> {
        if let Some(cur) = self.folders.get(folder) {
            return Ok(cur.clone());
        }
        // Maildir++: the inbox is the root, `A/B` is the folder `.A.B` in it.
        let path = if folder.eq_ignore_ascii_case("INBOX") {
            self.root.clone()
        } else {
            self.root.join(format!(".{}", modified_utf7(folder).replace('/', ".")))
        };
        for part in [path.clone(), path.join("cur"), path.join("new"), path.join("tmp")] {
            if !part.exists() {
                fs::create_dir(&part)?;
                self.owner.own(&part)?;
            }
        }
        let cur = path.join("cur");
        self.folders.insert(folder.to_owned(), cur.clone());
        Ok(cur)
    }
}

//! A stand-in for the system's browser: where the app opens a page, the page's address is written down instead.
//!
//! On Linux the app asks `xdg-open` first, so a program of that name stands ahead of all others on its PATH.
//! A [`Person`](crate::person::Person) then walks the link.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::programs::PAUSE;
use crate::trouble::{Doing, Outcome, Trouble};

const PATIENCE: Duration = Duration::from_secs(20);

/// A browser that shows nothing and remembers what it was asked for.
pub struct Browser {
    folder: tempfile::TempDir,
    bin: PathBuf,
    taken: Mutex<usize>,
}

impl Browser {
    /// A browser that was not opened yet.
    pub fn new() -> Outcome<Self> {
        let folder = tempfile::Builder::new().prefix("hatstand-browser-").tempdir()?;
        fs::write(folder.path().join("links"), "")?;
        let bin = folder.path().join("bin");
        fs::create_dir(&bin)?;
        let program = bin.join("xdg-open");
        // One write, so that a line is there as a whole.
        fs::write(&program, "#!/bin/sh\nprintf '%s\\n' \"$1\" >> \"${0%/*}/../links\"\n")?;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
        Ok(Self { folder, bin, taken: Mutex::new(0) })
    }

    /// The folder that must come first on the app's PATH.
    pub fn path_entry(&self) -> &Path {
        &self.bin
    }

    /// PATH with this browser in front, for the environment of the app.
    pub fn env(&self) -> Outcome<(String, String)> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.path_entry().to_owned()).chain(std::env::split_paths(&path));
        let joined: OsString = std::env::join_paths(folders)?;
        Ok(("PATH".to_owned(), joined.into_string().ok().doing("a PATH that is no UTF-8")?))
    }

    /// Every page that was opened so far.
    pub fn links(&self) -> Outcome<Vec<String>> {
        let text = fs::read_to_string(self.folder.path().join("links"))?;
        // A line without its end is still being written.
        Ok(text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')).map(str::to_owned).collect())
    }

    /// The next page that was opened and not yet asked for; waits for it.
    pub fn next_link(&self) -> Outcome<String> {
        let mut taken = self.taken.lock().map_err(|_| Trouble::new("another test broke off here"))?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(link) = self.links()?.into_iter().nth(*taken) {
                *taken += 1;
                return Ok(link);
            }
            if Instant::now() > deadline {
                return Err(Trouble::new("the app opened no page in the browser"));
            }
            std::thread::sleep(PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn what_is_opened_is_written_down_in_order() -> Outcome<()> {
        let browser = Browser::new()?;
        let links = ["http://127.0.0.1:1/auth?a=1&b=%20%22'$HOME", "https://example.org/two words"];
        let open = |link: &str| -> Outcome<()> {
            let mut opening = Command::new("sh");
            opening.args(["-c", "exec xdg-open \"$1\"", "app", link]).envs([browser.env()?]);
            assert!(opening.status()?.success());
            Ok(())
        };
        open(links[0])?;
        assert_eq!(browser.next_link()?, links[0]);
        open(links[1])?;
        assert_eq!(browser.next_link()?, links[1]);
        assert_eq!(browser.links()?, links);
        Ok(())
    }
}

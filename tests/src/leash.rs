//! Stops what was started, also when the starter is interrupted or killed.
//!
//! `Drop` does not run when a process dies of a signal. So every group of processes gets a leash: a shell that
//! waits on a pipe from us. When we end without having let go, for whatever reason, the pipe closes, and the shell
//! stops the group and removes its folder. This file uses the standard library alone: `xtask` includes it too.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// `$1` is the process group, `$2` a folder to remove, or empty. A line on standard input means: let go.
const WATCH: &str = r#"
trap '' INT TERM HUP
if read -r word; then exit 0; fi
kill -s TERM -- "-$1" 2>/dev/null
tries=0
while kill -s 0 -- "-$1" 2>/dev/null && [ "$tries" -lt 30 ]; do sleep 0.1; tries=$((tries + 1)); done
kill -s KILL -- "-$1" 2>/dev/null
if [ -n "$2" ]; then rm -rf -- "$2"; fi
"#;

/// A process group that will not outlive this process.
pub struct Leash {
    watcher: Child,
}

impl Leash {
    /// Ties the process group `group` to this process. `folder` is removed with it when this process dies.
    pub fn tie(group: u32, folder: Option<&Path>) -> io::Result<Self> {
        let watcher = Command::new("/bin/sh")
            .arg("-c")
            .arg(WATCH)
            .arg("leash")
            .arg(group.to_string())
            .arg(folder.unwrap_or_else(|| Path::new("")))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A group of its own: what interrupts us must not take the watcher along.
            .process_group(0)
            .spawn()?;
        Ok(Self { watcher })
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        if let Some(mut pipe) = self.watcher.stdin.take() {
            let _ = pipe.write_all(b"done\n");
        }
        let _ = self.watcher.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper() -> io::Result<Child> {
        Command::new("sleep").arg("30").process_group(0).spawn()
    }

    #[test]
    fn what_is_on_a_leash_ends_when_its_holder_is_gone() -> io::Result<()> {
        let folder = std::env::temp_dir().join(format!("hatstand-leash-{}", std::process::id()));
        std::fs::create_dir(&folder)?;
        let mut child = sleeper()?;
        let mut leash = Leash::tie(child.id(), Some(&folder))?;
        // As the kernel does when we die: the pipe closes without a word.
        drop(leash.watcher.stdin.take());
        assert!(!child.wait()?.success());
        leash.watcher.wait()?;
        assert!(!folder.exists());
        Ok(())
    }

    #[test]
    fn letting_go_leaves_it_alone() -> io::Result<()> {
        let mut child = sleeper()?;
        drop(Leash::tie(child.id(), None)?);
        assert!(child.try_wait()?.is_none());
        child.kill()?;
        child.wait()?;
        Ok(())
    }
}

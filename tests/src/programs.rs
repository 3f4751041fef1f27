//! Finding, starting and stopping the programs that the rig uses.

use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use crate::trouble::{Outcome, Trouble};

/// Between two looks at something that is waited for.
pub const PAUSE: Duration = Duration::from_millis(10);

/// The full path of a program. Debian keeps servers in `sbin`, which ordinary users have not in their PATH.
pub fn find(name: &str) -> Outcome<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders =
        std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from));
    folders.map(|folder| folder.join(name)).find(|candidate| candidate.is_file()).ok_or_else(|| {
        Trouble::new(format!("the program {name} is not installed; cargo xtask test installs it"))
    })
}

/// A program of this workspace: the environment variable `variable` if it is set, else the one beside this test
/// in the target folder.
pub fn built(name: &str, variable: &str) -> Outcome<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        return Ok(PathBuf::from(path));
    }
    let own = std::env::current_exe()?;
    // target/debug/deps/test-1234 or target/debug/hatstand-demo
    let candidates = own.ancestors().skip(1).take(2).map(|folder| folder.join(name));
    candidates.into_iter().find(|path| path.is_file()).ok_or_else(|| {
        Trouble::new(format!("{name} is not built (cargo build --package {name}), and {variable} is not set"))
    })
}

/// The repository's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Ends the process group that `child` leads: SIGTERM, and SIGKILL after `patience`.
pub fn stop_group(child: &mut Child, patience: Duration) {
    use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
    let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else { return };
    let deadline = Instant::now() + patience;
    let mut signal = Signal::TERM;
    let _ = kill_process_group(group, signal);
    loop {
        // The leader must be reaped before the group can be empty.
        let gone = child.try_wait().is_ok_and(|status| status.is_some());
        if gone && test_kill_process_group(group).is_err() {
            return;
        }
        if Instant::now() > deadline && signal == Signal::TERM {
            signal = Signal::KILL;
            let _ = kill_process_group(group, signal);
        } else if Instant::now() > deadline + Duration::from_secs(5) {
            return;
        }
        std::thread::sleep(PAUSE);
    }
}

//! The window's content must be built before the shell that embeds it.

use std::fs;
use std::time::SystemTime;

use crate::all;
use crate::command::{Step, npm, root};

/// Gets the packages if the lock file asks for others than are there.
pub fn install() -> Option<Step> {
    let ui = root().join("ui");
    let time = |name: &str| fs::metadata(ui.join(name)).and_then(|facts| facts.modified()).ok();
    // npm writes this file last.
    let there: Option<SystemTime> = time("node_modules/.package-lock.json");
    let fresh = matches!((there, time("package-lock.json")), (Some(there), Some(lock)) if there >= lock);
    (!fresh).then(|| npm(&["ci", "--no-audit", "--no-fund"]))
}

/// Installs what the UI needs and builds it.
pub fn build() -> bool {
    let steps: Vec<Step> = install().into_iter().chain([npm(&["run", "build"])]).collect();
    all(&steps)
}

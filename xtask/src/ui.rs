//! The window's content must be built before the shell that embeds it.

use std::fs;
use std::time::SystemTime;

use crate::all;
use crate::command::{Step, npm, root};

/// The folder of the window's content.
pub const UI: &str = "ui";
/// The folder of the OpenID provider that the tests sign in at.
pub const PROVIDER: &str = "tests/oidc";

/// Gets a folder's packages if its lock file asks for others than are there.
pub fn install(folder: &str) -> Option<Step> {
    let within = root().join(folder);
    let time = |name: &str| fs::metadata(within.join(name)).and_then(|facts| facts.modified()).ok();
    // npm writes this file last.
    let there: Option<SystemTime> = time("node_modules/.package-lock.json");
    let fresh = matches!((there, time("package-lock.json")), (Some(there), Some(lock)) if there >= lock);
    (!fresh).then(|| npm(folder, &["ci", "--no-audit", "--no-fund"]))
}

/// Installs what the UI needs and builds it.
pub fn build() -> bool {
    let steps: Vec<Step> = install(UI).into_iter().chain([npm(UI, &["run", "build"])]).collect();
    all(&steps)
}

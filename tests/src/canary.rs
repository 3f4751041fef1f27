//! Secrets that are looked for where they must not be: in files, in what is printed, in what processes are told.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::trouble::Outcome;

/// Secrets in every form in which one may slip out: as it is, and as base64 at each alignment, as SASL would have it.
pub struct Canary {
    forms: Vec<(String, Vec<u8>)>,
}

/// What a process was started with.
#[derive(Clone, Debug)]
pub struct Started {
    /// Its arguments, the program first.
    pub arguments: Vec<String>,
    /// Both as they lie in `/proc`.
    pub bytes: Vec<u8>,
}

impl Canary {
    /// These secrets. Each must be long enough not to appear by chance.
    pub fn of(secrets: &[impl AsRef<str>]) -> Self {
        let mut forms = Vec::new();
        for secret in secrets.iter().map(AsRef::as_ref) {
            forms.push((secret.to_owned(), secret.as_bytes().to_vec()));
            for skip in 0..3 {
                let coded = STANDARD_NO_PAD.encode([&b"..."[..skip], secret.as_bytes()].concat());
                // The ends depend on the neighbours.
                if let Some(middle) = coded.as_bytes().get(4..coded.len().saturating_sub(4))
                    && middle.len() >= 6
                {
                    forms.push((format!("{secret} in base64"), middle.to_vec()));
                }
            }
        }
        Self { forms }
    }

    /// The secret that is in there, if one is.
    pub fn in_bytes(&self, bytes: &[u8]) -> Option<&str> {
        let inside = |form: &[u8]| bytes.windows(form.len()).any(|window| window == form);
        self.forms.iter().find(|(_, form)| inside(form)).map(|(name, _)| name.as_str())
    }
}

/// Every file below a folder. What goes away meanwhile is left out.
pub fn files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            all.extend(files(&entry.path())?);
        } else if kind.is_file() {
            all.push(entry.path());
        }
    }
    Ok(all)
}

/// The processes in whose environment `marker` stands: an app with its children, known by its profile's folder.
pub fn processes(marker: &str) -> Outcome<Vec<Started>> {
    let mut all = Vec::new();
    for entry in fs::read_dir("/proc")?.filter_map(Result::ok) {
        let read = |name: &str| fs::read(entry.path().join(name)).unwrap_or_default();
        let environment = read("environ");
        if !environment.windows(marker.len()).any(|window| window == marker.as_bytes()) {
            continue;
        }
        let told = read("cmdline");
        let arguments = String::from_utf8_lossy(&told).split_terminator('\0').map(str::to_owned).collect();
        all.push(Started { arguments, bytes: [told, environment].concat() });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::programs::PAUSE;

    #[test]
    fn a_secret_is_seen_as_it_is_and_within_base64() {
        let canary = Canary::of(&["kanari-7Q2-vogel"]);
        assert_eq!(canary.in_bytes(b"password=kanari-7Q2-vogel\n"), Some("kanari-7Q2-vogel"));
        for before in ["", "a", "ab", "\0nora\0"] {
            let sasl = STANDARD_NO_PAD.encode(format!("{before}kanari-7Q2-vogel\x01\x01"));
            assert_eq!(canary.in_bytes(sasl.as_bytes()), Some("kanari-7Q2-vogel in base64"), "{before:?}");
        }
        assert_eq!(canary.in_bytes(b"kanari-7Q2"), None);
    }

    #[test]
    fn what_a_process_was_started_with_is_seen() -> Outcome<()> {
        let marker = format!("HATSTAND_MARKER={}", std::process::id());
        assert!(processes(&marker)?.is_empty());
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .env("HATSTAND_MARKER", std::process::id().to_string())
            .spawn()?;
        // A program that was just started shows its environment a moment after `spawn` has returned.
        let deadline = Instant::now() + Duration::from_secs(30);
        let seen = loop {
            let seen = processes(&marker);
            if !seen.as_ref().is_ok_and(Vec::is_empty) || Instant::now() > deadline {
                break seen;
            }
            std::thread::sleep(PAUSE);
        };
        child.kill()?;
        child.wait()?;
        let seen = seen?;
        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0].arguments, ["sleep", "60"]);
        Ok(())
    }
}

//! Running programs: before the developer's eyes, or counted and on a leash.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::count::Count;

/// One program with its arguments, its folder and its variables.
pub struct Step {
    program: OsString,
    args: Vec<String>,
    folder: PathBuf,
    variables: Vec<(String, String)>,
}

/// The repository's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// The cargo that runs us.
pub fn cargo(args: &[&str]) -> Step {
    Step::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), args)
}

/// A program of the workspace that is built already. `cargo run` would choose other features, and build again.
pub fn built(profile: &str, name: &str) -> Step {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    Step::new(root().join(target).join(profile).join(name).into_os_string(), &[])
}

/// npm, in a folder of the repository.
pub fn npm(folder: &str, args: &[&str]) -> Step {
    let mut step = Step::new(if cfg!(windows) { "npm.cmd" } else { "npm" }.into(), args);
    step.folder = root().join(folder);
    step
}

impl Step {
    fn new(program: OsString, args: &[&str]) -> Self {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        Self { program, args, folder: root().to_owned(), variables: Vec::new() }
    }

    /// With more arguments.
    pub fn with(mut self, args: &[&str]) -> Self {
        self.args.extend(args.iter().map(|arg| (*arg).to_owned()));
        self
    }

    /// With a variable in its environment.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args).current_dir(&self.folder).envs(self.variables.iter().cloned());
        command
    }

    /// As the developer would type it.
    pub fn line(&self) -> String {
        let name =
            Path::new(&self.program).file_stem().unwrap_or(&self.program).to_string_lossy().into_owned();
        format!("{name} {}", self.args.join(" "))
    }

    /// Runs it on this terminal; answers whether it succeeded.
    pub fn interactive(&self) -> bool {
        match self.command().status() {
            Ok(status) => status.success(),
            Err(error) => {
                eprintln!("{} cannot be started: {error}", self.line());
                false
            }
        }
    }

    /// Runs it in a process group that ends with us, shows what it prints, and counts the tests in it.
    /// A failure that counts no failed test counts as one.
    pub fn counted(&self) -> Count {
        println!("$ {}", self.line());
        let mut count = Count::default();
        let succeeded = self.watched(&mut count);
        if let Err(error) = &succeeded {
            eprintln!("{}: {error}", self.line());
        }
        if !matches!(succeeded, Ok(true)) && count.failed == 0 {
            count.failed = 1;
        }
        count
    }

    fn watched(&self, count: &mut Count) -> std::io::Result<bool> {
        let mut command = self.command();
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn()?;
        // An interrupt ends us alone; the leash then ends the group.
        #[cfg(unix)]
        let _leash = crate::leash::Leash::tie(child.id(), None)?;
        if let Some(output) = child.stdout.take() {
            for line in BufReader::new(output).split(b'\n') {
                let line = line?;
                let line = String::from_utf8_lossy(&line);
                println!("{line}");
                count.read(&line);
            }
        }
        Ok(child.wait()?.success())
    }
}

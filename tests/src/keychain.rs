//! A keychain of our own: a private session bus and gnome-keyring, with nobody to ask for a password.
//!
//! Only the programs that get [`Keychain::env`] see it, so a test can never touch the entries of the person who runs
//! it. Bus and keyring are started by us, not by each other, and are stopped with the value or with the process.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::leash::Leash;
use crate::programs::{self, PAUSE};
use crate::trouble::{Doing, Outcome, Trouble};

const PASSWORD: &str = "test";
const PATIENCE: Duration = Duration::from_secs(20);
/// No `servicedir`: the bus starts nothing by itself.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=@DIR@/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// A session bus with, or without, a Secret Service on it.
pub struct Keychain {
    // Stopped before the bus, and both before the folder goes.
    keyring: Option<Group>,
    _bus: Group,
    folder: tempfile::TempDir,
}

struct Group {
    child: Child,
    _leash: Leash,
}

impl Group {
    fn start(command: &mut Command, folder: &Path) -> Outcome<Self> {
        let child = command.process_group(0).spawn().doing("starting the keychain")?;
        let leash = Leash::tie(child.id(), Some(folder))?;
        Ok(Self { child, _leash: leash })
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        programs::stop_group(&mut self.child, PATIENCE);
    }
}

impl Keychain {
    /// Starts a bus and an unlocked keyring.
    pub fn start() -> Outcome<Self> {
        let mut keychain = Self::without_service()?;
        keychain.start_service()?;
        Ok(keychain)
    }

    /// Starts a bus on which nothing keeps secrets, as on a desktop without a keyring.
    pub fn without_service() -> Outcome<Self> {
        let folder = tempfile::Builder::new().prefix("hatstand-bus-").tempdir()?;
        let dir = folder.path();
        for name in ["home", "runtime", "data", "config", "cache"] {
            fs::create_dir(dir.join(name))?;
            fs::set_permissions(dir.join(name), fs::Permissions::from_mode(0o700))?;
        }
        let path = dir.to_str().doing("the temporary folder's name is no UTF-8")?;
        fs::write(dir.join("bus.conf"), BUS.replace("@DIR@", path))?;
        let mut command = Command::new(programs::find("dbus-daemon")?);
        command
            .arg(format!("--config-file={path}/bus.conf"))
            .args(["--nofork", "--nopidfile", "--nosyslog"])
            .envs(env(dir))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(dir.join("bus.log"))?);
        let bus = Group::start(&mut command, dir)?;
        let keychain = Self { keyring: None, _bus: bus, folder };
        keychain.wait("the bus", || UnixStream::connect(keychain.dir().join("bus")).is_ok())?;
        Ok(keychain)
    }

    /// Puts an unlocked keyring on the bus, if there is none.
    pub fn start_service(&mut self) -> Outcome<()> {
        if self.keyring.is_some() {
            return Ok(());
        }
        let mut command = Command::new(programs::find("gnome-keyring-daemon")?);
        command
            .args(["--foreground", "--unlock", "--components=secrets"])
            .envs(self.env())
            .env_remove("DISPLAY")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(fs::File::create(self.dir().join("keyring.log"))?);
        let mut keyring = Group::start(&mut command, self.dir())?;
        // Dropped at once: the daemon reads the password until the end.
        keyring.child.stdin.take().doing("talking to the keyring")?.write_all(PASSWORD.as_bytes())?;
        self.keyring = Some(keyring);
        self.wait("the keyring", || self.locked().is_ok_and(|locked| !locked))
    }

    /// Takes the keyring off the bus. What it holds is there again after [`start_service`](Self::start_service).
    pub fn stop_service(&mut self) {
        self.keyring = None;
    }

    /// The folder of bus and keyring, which is also the home of those who use them.
    pub fn dir(&self) -> &Path {
        self.folder.path()
    }

    /// What a program needs in its environment to use this keychain: the bus, and a home of its own.
    pub fn env(&self) -> Vec<(String, String)> {
        env(self.dir())
    }

    /// Locks the keyring, as the screen lock of some desktops does.
    pub fn lock(&self) -> Outcome<()> {
        let args = [
            "--session",
            "--print-reply=literal",
            "--dest=org.freedesktop.secrets",
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service.Lock",
            "array:objpath:/org/freedesktop/secrets/collection/login",
        ];
        success("locking the keyring", &self.run("dbus-send", &args, b"")?)?;
        self.wait("the lock", || self.locked().unwrap_or(false))
    }

    /// Unlocks it without a prompt, in the way the login does: over the daemon's control socket.
    pub fn unlock(&self) -> Outcome<()> {
        const UNLOCK: u32 = 1;
        let mut stream = UnixStream::connect(self.dir().join("runtime/keyring/control"))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        // One byte that carries our credentials, then length, operation, and the password with its length.
        let length = u32::try_from(12 + PASSWORD.len())?;
        let mut request = vec![0];
        for number in [length, UNLOCK, u32::try_from(PASSWORD.len())?] {
            request.extend_from_slice(&number.to_be_bytes());
        }
        request.extend_from_slice(PASSWORD.as_bytes());
        stream.write_all(&request)?;
        let mut answer = [0; 8];
        stream.read_exact(&mut answer)?;
        if answer != [0, 0, 0, 8, 0, 0, 0, 0] {
            return Err(Trouble::new(format!("the keyring did not unlock: {answer:?}")));
        }
        self.wait("the unlocking", || self.locked().is_ok_and(|locked| !locked))
    }

    /// Whether the keyring is locked; a trouble when there is none.
    pub fn locked(&self) -> Outcome<bool> {
        Ok(self.property("Locked")?.contains("true"))
    }

    fn property(&self, name: &str) -> Outcome<String> {
        let args = [
            "--session",
            "--print-reply=literal",
            "--dest=org.freedesktop.secrets",
            "/org/freedesktop/secrets/collection/login",
            "org.freedesktop.DBus.Properties.Get",
            "string:org.freedesktop.Secret.Collection",
            &format!("string:{name}"),
        ];
        success(&format!("asking the keyring for {name}"), &self.run("dbus-send", &args, b"")?)
    }

    /// What `secret-tool search --all` shows of a service: attributes and, unless locked, secrets.
    pub fn search(&self, service: &str) -> Outcome<String> {
        let output = self.run("secret-tool", &["search", "--all", "service", service], b"")?;
        // The secrets go to standard output, the attributes to standard error.
        Ok(format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
    }

    /// Stores an entry by `secret-tool`, with the attributes that the app uses.
    pub fn store(&self, service: &str, username: &str, secret: &str) -> Outcome<()> {
        let args = ["store", "--label", service, "service", service, "username", username];
        success("secret-tool store", &self.run("secret-tool", &args, secret.as_bytes())?).map(|_| ())
    }

    /// Removes every entry of a service.
    pub fn clear(&self, service: &str) -> Outcome<()> {
        success("secret-tool clear", &self.run("secret-tool", &["clear", "service", service], b"")?)
            .map(|_| ())
    }

    /// Removes one entry, as a person does in the keychain's own window.
    pub fn remove(&self, service: &str, username: &str) -> Outcome<()> {
        let args = ["clear", "service", service, "username", username];
        success("secret-tool clear", &self.run("secret-tool", &args, b"")?).map(|_| ())
    }

    /// The user names of a service's entries, sorted, whether locked or not; a trouble when there is no keyring.
    pub fn usernames(&self, service: &str) -> Outcome<Vec<String>> {
        // `secret-tool` finds nothing where nothing can be asked, too.
        self.locked()?;
        let found = self.search(service)?;
        let mut names: Vec<String> = found
            .lines()
            .filter_map(|line| line.strip_prefix("attribute.username = "))
            .map(str::to_owned)
            .collect();
        names.sort();
        Ok(names)
    }

    /// How many entries the keyring holds, of whatever service, locked or not.
    pub fn count(&self) -> Outcome<usize> {
        let items = self.property("Items")?;
        Ok(items.matches("/org/freedesktop/secrets/collection/login/").count())
    }

    fn run(&self, program: &str, args: &[&str], stdin: &[u8]) -> Outcome<Output> {
        let mut child = Command::new(programs::find(program)?)
            .args(args)
            .envs(self.env())
            .env_remove("DISPLAY")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        child.stdin.take().doing("talking to a program")?.write_all(stdin)?;
        Ok(child.wait_with_output()?)
    }

    fn wait(&self, what: &str, done: impl Fn() -> bool) -> Outcome<()> {
        let deadline = Instant::now() + PATIENCE;
        while !done() {
            if Instant::now() > deadline {
                let log = |name: &str| fs::read_to_string(self.dir().join(name)).unwrap_or_default();
                return Err(Trouble::new(format!(
                    "{what} did not come: {}{}",
                    log("bus.log"),
                    log("keyring.log")
                )));
            }
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }
}

fn env(dir: &Path) -> Vec<(String, String)> {
    let under = |name: &str| dir.join(name).display().to_string();
    vec![
        ("DBUS_SESSION_BUS_ADDRESS".to_owned(), format!("unix:path={}", under("bus"))),
        ("HOME".to_owned(), under("home")),
        ("XDG_RUNTIME_DIR".to_owned(), under("runtime")),
        ("XDG_DATA_HOME".to_owned(), under("data")),
        ("XDG_CONFIG_HOME".to_owned(), under("config")),
        ("XDG_CACHE_HOME".to_owned(), under("cache")),
    ]
}

fn success(what: &str, output: &Output) -> Outcome<String> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(Trouble::new(format!("{what}: {}", String::from_utf8_lossy(&output.stderr).trim())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: &str = "hatstand.test";

    #[test]
    fn it_stores_locks_and_unlocks() -> Outcome<()> {
        let mut keychain = Keychain::start()?;
        keychain.store(SERVICE, "nora", "a secret of mine")?;
        assert!(keychain.search(SERVICE)?.contains("secret = a secret of mine"));
        keychain.lock()?;
        let locked = keychain.search(SERVICE)?;
        assert!(!locked.contains("a secret of mine"), "{locked}");
        assert!(locked.contains("attribute.username = nora"), "{locked}");
        keychain.unlock()?;
        assert!(keychain.search(SERVICE)?.contains("secret = a secret of mine"));

        keychain.stop_service();
        assert!(keychain.locked().is_err(), "nobody should answer");
        keychain.start_service()?;
        assert!(keychain.search(SERVICE)?.contains("secret = a secret of mine"));
        keychain.clear(SERVICE)?;
        assert_eq!(keychain.search(SERVICE)?, "");
        Ok(())
    }

    #[test]
    fn a_bus_without_a_service_stays_without() -> Outcome<()> {
        let keychain = Keychain::without_service()?;
        assert!(keychain.locked().is_err());
        assert!(keychain.store(SERVICE, "nora", "x").is_err());
        Ok(())
    }

    #[test]
    fn a_service_that_was_absent_comes_goes_and_is_back_on_the_same_bus() -> Outcome<()> {
        let mut keychain = Keychain::without_service()?;
        let address = keychain.env();
        keychain.start_service()?;
        assert_eq!(keychain.count()?, 0);
        keychain.store(SERVICE, "nora", "first")?;
        keychain.store(SERVICE, "anna", "second")?;
        keychain.store("another.app", "nora", "third")?;
        keychain.lock()?;
        assert_eq!(
            (keychain.usernames(SERVICE)?, keychain.count()?),
            (vec!["anna".into(), "nora".into()], 3)
        );
        keychain.stop_service();
        assert!(keychain.usernames(SERVICE).is_err() && keychain.count().is_err());
        keychain.start_service()?;
        assert_eq!(keychain.env(), address);
        keychain.remove(SERVICE, "nora")?;
        assert_eq!(keychain.usernames(SERVICE)?, ["anna"]);
        keychain.clear(SERVICE)?;
        assert_eq!((keychain.usernames(SERVICE)?.len(), keychain.count()?), (0, 1));
        Ok(())
    }

    #[test]
    fn two_keychains_do_not_see_each_other() -> Outcome<()> {
        let (one, two) = (Keychain::start()?, Keychain::start()?);
        one.store(SERVICE, "nora", "first")?;
        assert_eq!(two.search(SERVICE)?, "");
        Ok(())
    }
}

//! What this machine must have beside cargo and node, and how it gets it.

use std::io::Write;
use std::process::{Command, Stdio};

/// Debian and Ubuntu packages with their purpose.
pub struct Group {
    purpose: &'static str,
    names: &'static [&'static str],
}

/// To build the app.
pub const BUILD: Group = Group {
    purpose: "to build the app",
    names: &[
        "build-essential",
        "pkg-config",
        "libwebkit2gtk-4.1-dev",
        "libayatana-appindicator3-dev",
        "librsvg2-dev",
        "libxdo-dev",
    ],
};

/// To test it with a real mail server, keychain and window.
pub const TEST: Group = Group {
    purpose: "to run it against a real mail server, keychain and window",
    names: &[
        "dovecot-imapd",
        "dovecot-lmtpd",
        "postfix",
        "dbus",
        "gnome-keyring",
        "libsecret-tools",
        "webkit2gtk-driver",
        "xdotool",
        "xvfb",
        "fonts-noto-cjk",
    ],
};

/// To measure beside another program.
pub const BENCH: Group = Group { purpose: "to measure beside mbsync", names: &["isync"] };

/// Installs what is missing of `groups`. False only when that was tried and failed; where nobody knows how to
/// install, it says what is needed and goes on.
pub fn get(groups: &[Group]) -> bool {
    if !has("npm", "--version") {
        eprintln!("Node 20 or newer with npm is needed: https://nodejs.org");
        return false;
    }
    if cfg!(target_os = "macos") {
        println!("On macOS Hatstand needs the Xcode command line tools (xcode-select --install).");
        return true;
    }
    if cfg!(windows) {
        println!(
            "On Windows Hatstand needs the C++ Build Tools of Visual Studio, and WebView2, which Windows 11 has."
        );
        return true;
    }
    if !has("apt-get", "--version") {
        println!("This is no Debian or Ubuntu, so nothing is installed. What is needed, by its names there:");
        for group in groups {
            println!("  {}: {}", group.purpose, group.names.join(" "));
        }
        return true;
    }
    let missing: Vec<&str> =
        groups.iter().flat_map(|group| group.names).copied().filter(|name| !installed(name)).collect();
    missing.is_empty() || install(groups, &missing)
}

fn install(groups: &[Group], missing: &[&str]) -> bool {
    println!("Missing on this machine: {}", missing.join(" "));
    for group in groups.iter().filter(|group| group.names.iter().any(|name| missing.contains(name))) {
        println!("  {} are {}", group.names.join(", "), group.purpose);
    }
    let root = output("id", &["-u"]).is_some_and(|id| id.trim() == "0");
    if !root && !has("sudo", "--version") {
        eprintln!(
            "They can be installed by root: apt-get install -y --no-install-recommends {}",
            missing.join(" ")
        );
        return false;
    }
    let by_root = |program: &str| {
        let mut command = Command::new(if root { "env" } else { "sudo" });
        if !root {
            command.arg("env");
        }
        command.args(["DEBIAN_FRONTEND=noninteractive", program]);
        command
    };
    let apt = |args: &[&str]| {
        let mut command = by_root("apt-get");
        command.args(args);
        println!("Running{} apt-get {}", if root { "" } else { " sudo" }, args.join(" "));
        command.status().is_ok_and(|status| status.success())
    };
    // Without a configuration the system's own Postfix is not started; the tests start one of theirs.
    if missing.contains(&"postfix")
        && !fed(
            &mut by_root("debconf-set-selections"),
            "postfix postfix/main_mailer_type select No configuration\n",
        )
    {
        eprintln!("Postfix is not installed: it could not be told to leave this system's mail alone.");
        return false;
    }
    // Nor may it push out the mail server that somebody has chosen.
    let wanted: Vec<&str> =
        ["install", "-y", "--no-install-recommends", "--no-remove"].iter().chain(missing).copied().collect();
    // Stale lists still often do; and a machine whose lists cannot be renewed may have what it takes.
    apt(&["update"]);
    apt(&wanted)
}

/// Runs a command with this on its standard input; answers whether it succeeded.
fn fed(command: &mut Command, text: &str) -> bool {
    let Ok(mut child) = command.stdin(Stdio::piped()).spawn() else { return false };
    let written = child.stdin.take().is_some_and(|mut pipe| pipe.write_all(text.as_bytes()).is_ok());
    child.wait().is_ok_and(|status| status.success()) && written
}

fn installed(name: &str) -> bool {
    output("dpkg-query", &["--show", "--showformat=${db:Status-Status}", name])
        .is_some_and(|it| it == "installed")
}

fn has(program: &str, argument: &str) -> bool {
    let program = if cfg!(windows) && program == "npm" { "npm.cmd" } else { program };
    let mut command = Command::new(program);
    command.arg(argument).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn output(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

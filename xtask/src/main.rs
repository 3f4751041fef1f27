//! What a developer runs: `cargo xtask run | demo | test | bench`.
//!
//! It uses the standard library alone, so it is built in seconds on a machine that has nothing but cargo and node,
//! and then gets the rest.

mod command;
mod count;
#[cfg(unix)]
#[path = "../../tests/src/leash.rs"]
mod leash;
mod packages;
mod suite;
mod ui;

use std::process::ExitCode;
use std::time::Instant;

use command::{Step, built, cargo};
use packages::{BENCH, BUILD, TEST};

const USAGE: &str = "\
cargo xtask run              builds the app and opens it
cargo xtask demo             opens the app with a sample mailbox, from a server of its own; without a display it
                             walks through the screens and leaves pictures in ./screenshots
cargo xtask test [--long]    everything that can be checked on this machine
cargo xtask bench [--smoke]  measures a first sync beside a raw socket and mbsync

Each first installs what is missing, and says so.";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args[..] {
        ["run", ref rest @ ..] => run(rest),
        ["demo", ref rest @ ..] => demo(rest),
        ["test"] => suite::run(false),
        ["test", "--long"] => suite::run(true),
        ["bench", ref rest @ ..] => bench(rest),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            true
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    if done { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn run(rest: &[&str]) -> bool {
    let named = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if cfg!(target_os = "linux") && !named("DISPLAY") && !named("WAYLAND_DISPLAY") {
        println!("There is no display to open the window on. cargo xtask demo shows the app without one.");
        return false;
    }
    packages::get(&[BUILD])
        && ui::build()
        && cargo(&["run", "--package", "hatstand", "--"]).with(rest).interactive()
}

fn demo(rest: &[&str]) -> bool {
    if !cfg!(target_os = "linux") {
        println!(
            "The demo brings its own mail server, Dovecot, which is there for Linux. cargo xtask run works here."
        );
        return false;
    }
    packages::get(&[BUILD, TEST])
        && ui::build()
        && cargo(&["build", "--workspace", "--bins"]).interactive()
        && built("debug", "hatstand-demo").with(rest).interactive()
}

fn bench(rest: &[&str]) -> bool {
    let started = Instant::now();
    let ready = packages::get(&[BUILD, TEST, BENCH])
        && cargo(&[
            "build",
            "--release",
            "--package",
            "hatstand-cli",
            "--package",
            "hatstand-tests",
            "--bins",
        ])
        .interactive();
    if ready {
        println!("built in {:.0} s", started.elapsed().as_secs_f64());
    }
    ready && built("release", "hatstand-bench").with(rest).interactive()
}

/// Runs steps until one fails.
fn all(steps: &[Step]) -> bool {
    steps.iter().all(Step::interactive)
}

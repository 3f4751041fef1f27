//! `cargo xtask test`: every stage runs, also after one that failed; the last line has the sums.

use std::time::Instant;

use crate::command::{Step, cargo, npm};
use crate::count::Count;
use crate::packages::{self, BENCH, BUILD, TEST};
use crate::ui;

/// Runs all stages; answers whether nothing failed.
pub fn run(long: bool) -> bool {
    let started = Instant::now();
    let mut total = Count::default();
    let mut times = Vec::new();
    let mut stage = |name: &str, work: &mut dyn FnMut() -> Count| {
        println!("\n== {name}");
        let begun = Instant::now();
        let count = work();
        let seconds = begun.elapsed().as_secs_f64();
        println!("== {name}: {seconds:.1} s, {} passed, {} failed", count.passed, count.failed);
        times.push(format!("{name} {seconds:.0} s"));
        total.add(count);
    };

    stage("packages", &mut || {
        let got = packages::get(&[BUILD, TEST, BENCH]);
        let mut count = counted(ui::install(ui::PROVIDER).filter(|_| cfg!(target_os = "linux")));
        count.add(Count { passed: 0, failed: u32::from(!got) });
        count
    });
    // Before any Rust that embeds it.
    let script = |name: &str| npm(ui::UI, &["run", name]).variable("NO_COLOR", "1").variable("CI", "1");
    stage("user interface", &mut || {
        let steps = ui::install(ui::UI).into_iter();
        counted(steps.chain([script("check"), script("test"), script("build")]))
    });
    stage("format and lints", &mut || {
        let clippy = ["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"];
        counted([cargo(&["fmt", "--all", "--check"]), cargo(&clippy)])
    });
    // Always `--workspace`: another choice of packages would mean other features, and a second build.
    // And `--all-targets`, since dev-dependencies add features too; the tests then build nothing anew.
    stage("build", &mut || counted([cargo(&["build", "--workspace", "--all-targets"])]));
    let test = |what: &[&str]| {
        let step = cargo(&["test", "--workspace", "--no-fail-fast"]).with(what);
        let step = step.variable("CARGO_TERM_COLOR", "never");
        if long { step.variable("HATSTAND_LONG", "1") } else { step }
    };
    stage("engine and rules", &mut || counted([test(&["--lib", "--bins"]), test(&["--doc"])]));
    if cfg!(target_os = "linux") {
        stage("real servers", &mut || counted([test(&["--test", "servers_*"])]));
        stage("real window", &mut || counted([test(&["--test", "window_*"])]));
    } else {
        println!("\nReal servers and the real window are tested on Linux alone.");
    }
    stage("licences", &mut || counted([test(&["--test", "licences"])]));

    println!("\n{}; {:.0} s in all", times.join(", "), started.elapsed().as_secs_f64());
    println!("{} passed, {} failed", total.passed, total.failed);
    total.failed == 0
}

fn counted(steps: impl IntoIterator<Item = Step>) -> Count {
    let mut sum = Count::default();
    for step in steps {
        sum.add(step.counted());
    }
    sum
}

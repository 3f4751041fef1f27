//! `cargo xtask bench`: a first sync of a big mailbox, measured. `--smoke` runs it small.

use hatstand_tests::bench::{self, BenchOptions};
use hatstand_tests::trouble::{Outcome, Trouble};

fn main() -> Outcome<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let options = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => BenchOptions::full(),
        ["--smoke"] => BenchOptions::smoke(),
        _ => return Err(Trouble::new("usage: hatstand-bench [--smoke]")),
    };
    let bench = bench::run(&options, &|what| eprintln!("{what}"))?;
    println!("{bench}");
    Ok(())
}

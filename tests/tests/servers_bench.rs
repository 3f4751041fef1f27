//! The bench itself, small: its figures must be those of the mailbox that it wrote.

use hatstand_tests::bench::{self, BenchOptions};
use hatstand_tests::trouble::Outcome;

#[test]
fn a_small_bench_finds_what_is_in_the_mailbox() -> Outcome<()> {
    let bench = bench::run(&BenchOptions::smoke(), &|_| ())?;
    let round = &bench.rounds[0];
    assert_eq!(round.raw.messages, bench.mailbox.theirs);
    assert_eq!(round.first_cycle["new"], bench.mailbox.theirs, "{}", round.first_cycle);
    assert_eq!(round.again_cycle["new"], 0, "{}", round.again_cycle);
    let bytes_in = round.first_cycle["bytes_in"].as_u64().unwrap_or(u64::MAX);
    assert!(bytes_in >= bench.mailbox.their_bytes, "{bytes_in} bytes cannot hold the bodies");
    assert!(bytes_in < bench.mailbox.bytes / 2, "{bytes_in} bytes: bodies of other mail were fetched");
    assert!(bench.to_string().contains("Hatstand, first sync"));
    Ok(())
}

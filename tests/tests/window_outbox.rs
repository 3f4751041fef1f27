//! The outbox when things go wrong in the middle: the app killed at every step of the dialogue, a large file on a
//! slow line, a server with a limit, a provider that saves what is sent by itself.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use hatstand_tests::pair::{ANNA, NORA};
use hatstand_tests::programs::root;
use hatstand_tests::smtp_sink::{Act, SinkOptions, Step};
use hatstand_tests::trouble::{Doing, Outcome};
use hatstand_tests::window::{PROJECT, SinkStudio, Window};

const A_MINUTE: Duration = Duration::from_mins(1);
const MEGABYTE: usize = 1024 * 1024;
/// Far more than what packing, reading ahead and the window may take.
const LARGE: usize = 60 * MEGABYTE;

fn picture(name: &str) -> PathBuf {
    root().join("screenshots").join(format!("{name}.png"))
}

/// A picture, and a look at the accessibility of what it shows.
fn see(window: &Window, name: &str) -> Outcome<()> {
    window.screenshot(&picture(name))?;
    assert_eq!(window.axe()?, [], "{name}");
    Ok(())
}

#[test]
fn killed_at_each_step_nothing_is_lost_and_nothing_goes_twice() -> Outcome<()> {
    let bench = SinkStudio::set(|_| SinkOptions::default())?;
    let mut window = bench.window()?;
    window.click("button", "Settings")?;
    window.click_id("undo-seconds-0")?;
    window.click("button", PROJECT)?;
    let steps = [
        (Step::Greeting, "greeting"),
        (Step::Ehlo, "hello"),
        (Step::Auth, "sign-in"),
        (Step::Mail, "sender"),
        (Step::Rcpt, "recipient"),
        (Step::Data, "data"),
        (Step::Dot, "dot"),
        (Step::Answer, "answer"),
    ];
    for (step, name) in steps {
        let subject = format!("Killed at the {name}");
        bench.sink.forget();
        bench.sink.at(step, Act::Hold);
        window.begin_mail(&subject)?;
        window.click_id("send")?;
        bench.sink.wait_for(step)?;
        window.kill()?;
        bench.sink.cut();
        bench.sink.behave();
        window = bench.window()?;
        if matches!(step, Step::Dot | Step::Answer) {
            // The dot had left: only the person can say what becomes of it.
            window.wait_for_outgoing(&subject, "uncertain")?;
            let taken = usize::from(step == Step::Answer);
            assert_eq!(bench.sink.messages().len(), taken, "{name}: it went again by itself");
            assert_eq!(bench.in_project(&subject)?, 0);
            let answer = if taken == 1 { "It arrived" } else { "Send again" };
            if taken == 1 {
                see(&window, "outgoing-uncertain")?;
            }
            window.click("button", &format!("{answer}: {subject}"))?;
        }
        bench.sink.wait_for_messages(1)?;
        window.until_within(A_MINUTE, &format!("“{subject}” in the project"), |_| {
            Ok(bench.in_project(&subject)? == 1)
        })?;
        window.until("the outbox to be done with it", |window| Ok(window.outgoing(&subject)?.is_none()))?;
        let sent = bench.sink.messages();
        assert_eq!(sent.len(), 1, "{name}");
        assert_eq!(sent.first().map(|mail| mail.to.clone()), Some(vec![ANNA.to_owned()]), "{name}");
        assert_eq!(bench.sink.troubles(), [] as [String; 0], "{name}");
    }
    window.close()
}

/// Chooses a file in the system's dialog and waits until it is attached.
fn attach(window: &Window, file: &std::path::Path, name: &str) -> Outcome<()> {
    window.click("button", "Attach files")?;
    window.choose_file(file)?;
    window.until_within(A_MINUTE, "the file to be attached", |window| {
        Ok(window.texts("[data-testid=attached]")?.iter().any(|text| text.contains(name)))
    })
}

/// The most memory that the app's own process ever held, in bytes.
fn most_memory(window: &Window) -> Outcome<usize> {
    let status = fs::read_to_string(format!("/proc/{}/status", window.app_process()?))?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).doing("no VmHWM")?;
    let kilobytes: usize = line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).doing(line)?;
    Ok(kilobytes * 1024)
}

#[test]
fn a_large_file_goes_with_a_bar_in_flat_memory_and_survives_a_kill() -> Outcome<()> {
    let bench = SinkStudio::set(|_| SinkOptions::default())?;
    let window = bench.window()?;
    let file = bench.cli.data_dir().with_file_name("album.bin");
    let mut seed = 1_u32;
    let bytes: Vec<u8> = std::iter::repeat_with(|| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    })
    .take(LARGE)
    .collect();
    fs::write(&file, &bytes)?;
    window.begin_mail("The album")?;
    // The system's dialog takes memory of its own: it is opened once for a small file.
    let note = bench.cli.data_dir().with_file_name("note.txt");
    fs::write(&note, "A note.")?;
    attach(&window, &note, "note.txt")?;
    let before = most_memory(&window)?;
    attach(&window, &file, "album.bin")?;
    let attached = most_memory(&window)?.saturating_sub(before);
    bench.sink.at(Step::Body(LARGE / 2), Act::Hold);
    window.click_id("send")?;
    window.click("button", "Send now: The album")?;
    bench.sink.wait_for(Step::Body(LARGE / 2))?;
    window.wait_for_outgoing("The album", "sending")?;
    window.find("progressbar", "Sending The album")?;
    see(&window, "outgoing-sending")?;

    let grown = most_memory(&window)?.saturating_sub(before);
    println!(
        "memory grew by {} MB at most while {} MB were attached, by {} MB until half of it had left",
        attached / MEGABYTE,
        LARGE / MEGABYTE,
        grown / MEGABYTE
    );
    assert!(grown < LARGE / 2, "{grown}: the mail was held whole");

    // Killed in the middle, before the dot: it goes again by itself, and once.
    window.kill()?;
    bench.sink.cut();
    bench.sink.behave();
    let window = bench.window()?;
    bench.sink.wait_for_messages(1)?;
    let nora = bench.pair.client("nora")?;
    let copy = nora.wait_for("Sent", "The album")?;
    window.until_within(A_MINUTE, "the album in the project", |_| Ok(bench.in_project("The album")? == 1))?;
    let parts = copy.parts()?;
    let enclosed = parts.iter().find(|part| part.name == "album.bin").doing("no file")?;
    assert!(enclosed.bytes == bytes, "the file is another over there");
    window.close()
}

#[test]
fn a_mail_over_the_servers_limit_is_said_before_it_is_sent() -> Outcome<()> {
    let bench =
        SinkStudio::set(|_| SinkOptions { size: Some(2 * MEGABYTE as u64), ..SinkOptions::default() })?;
    let window = bench.window()?;
    window.click("button", "Settings")?;
    window.click_id("undo-seconds-0")?;
    window.click("button", PROJECT)?;
    // The first mail learns the limit.
    window.begin_mail("A first word")?;
    window.click_id("send")?;
    bench.sink.wait_for_messages(1)?;
    let file = bench.cli.data_dir().with_file_name("film.bin");
    fs::write(&file, vec![7_u8; 3 * MEGABYTE])?;
    window.begin_mail("The film")?;
    window.click("button", "Attach files")?;
    window.choose_file(&file)?;
    let said = window.wait_for_id("too-large")?;
    assert!(said.contains("MB"), "{said}");
    see(&window, "compose-too-large")?;
    window.click_id("send")?;
    window.find("dialog", "New mail")?;
    assert_eq!(bench.sink.messages().len(), 1, "nothing was tried");
    window.click("button", "Remove film.bin")?;
    window.click_id("send")?;
    bench.sink.wait_for_messages(2)?;
    window.close()
}

#[test]
fn a_provider_that_saves_by_itself_leaves_one_copy() -> Outcome<()> {
    let bench = SinkStudio::set(|pair| SinkOptions::default().saving_sent(&pair.dovecot, "nora"))?;
    let window = bench.window()?;
    window.click("button", "Settings")?;
    window.click_id("undo-seconds-0")?;
    window.click("button", PROJECT)?;
    window.begin_mail("Saved over there")?;
    window.click_id("send")?;
    bench.sink.wait_for_messages(1)?;
    let nora = bench.pair.client("nora")?;
    nora.wait_for("Sent", "Saved over there")?;
    // The copy is seen by the next cycle as a place of the same mail; by then it has been looked for.
    window.click("button", "Settings")?;
    window.account_menu(NORA, "Sync now")?;
    window.wait_for_green(NORA)?;
    window.until_within(A_MINUTE, "the copy's place", |_| {
        let all = bench.cli.done(&["messages", "--project", &bench.project])?;
        let mails: Vec<_> = all.as_array().into_iter().flatten().collect();
        assert!(mails.len() <= 1, "{all}");
        Ok(mails.iter().any(|mail| mail["locations"].as_array().is_some_and(|at| at.len() == 1)))
    })?;
    assert_eq!(nora.with_subject("Sent", "Saved over there")?.len(), 1, "one copy, not two");
    window.close()
}

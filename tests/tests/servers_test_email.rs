//! `hatstand-cli test-email` as docs/cli.md says: out through a real server, back by a client's real answer, and what
//! is left when either goes wrong or the program dies in the middle.

use std::process::Stdio;

use hatstand_tests::cli::{Cli, Run, exit, id};
use hatstand_tests::keychain::Keychain;
use hatstand_tests::pair::{ANNA, ANNA_NAME, BOUNCED, NORA, PASSWORD, Pair, REFUSED, TOM};
use hatstand_tests::smtp_sink::{Act, Sink, SinkOptions, Step};
use hatstand_tests::trouble::{Doing, Outcome};
use serde_json::Value;

/// The names of the steps in their order.
const STEPS: [&str; 7] =
    ["sent", "accepted", "copy_in_sent", "reply_seen", "contact_matched", "filed", "on_dashboard"];

/// Nora's mailbox here, and Anna as a contact.
struct Bench {
    cli: Cli,
    account: String,
    contact: String,
    pair: Pair,
    _keychain: Keychain,
}

impl Bench {
    fn set(connect: impl FnOnce(&Cli, &Pair) -> Outcome<String>) -> Outcome<Self> {
        let (pair, keychain) = (Pair::start()?, Keychain::start()?);
        let cli = Cli::fresh(&keychain)?;
        let account = connect(&cli, &pair)?;
        let contact = contact(&cli, ANNA_NAME, ANNA)?;
        Ok(Self { cli, account, contact, pair, _keychain: keychain })
    }

    fn sending() -> Outcome<Self> {
        Self::set(|cli, pair| pair.connect(cli, "nora"))
    }

    fn start(&self, contact: &str) -> Outcome<Run> {
        self.cli.json(&["test-email", "start", "--account", &self.account, "--contact", contact], "")
    }

    /// It exits 0 whenever the run exists.
    fn status(&self, run: &str) -> Outcome<Value> {
        self.cli.done(&["test-email", "status", run])
    }

    /// Subjects of the mail in a project.
    fn in_project(&self, run: &Value) -> Outcome<Vec<String>> {
        let project = run["project_id"].to_string();
        let mail = self.cli.done(&["messages", "--project", &project])?;
        let mail = mail.as_array().doing("messages did not answer a list")?;
        Ok(mail.iter().map(|mail| mail["subject"].as_str().unwrap_or_default().to_owned()).collect())
    }
}

fn contact(cli: &Cli, name: &str, email: &str) -> Outcome<String> {
    Ok(id(&cli.done(&["contact", "add", "--name", name, "--email", email])?))
}

/// State and detail of a step.
fn step<'v>(run: &'v Value, name: &str) -> (&'v str, &'v str) {
    let steps = run["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
    let step = steps.iter().find(|step| step["name"] == name).unwrap_or(&Value::Null);
    (step["state"].as_str().unwrap_or_default(), step["detail"].as_str().unwrap_or_default())
}

fn names(run: &Value) -> Vec<&str> {
    let steps = run["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
    steps.iter().filter_map(|step| step["name"].as_str()).collect()
}

fn code(run: &Value) -> &str {
    run["diagnosis"]["code"].as_str().unwrap_or_default()
}

fn text<'v>(run: &'v Value, field: &str) -> &'v str {
    run[field].as_str().unwrap_or_default()
}

#[test]
fn a_test_goes_out_and_comes_home() -> Outcome<()> {
    let bench = Bench::sending()?;
    let began = bench.start(&bench.contact)?;
    assert_eq!(began.code, exit::DONE, "{began:?}");
    let run = began.value;
    assert_eq!(names(&run), STEPS);
    assert_eq!((text(&run, "state"), &run["diagnosis"]), ("waiting", &Value::Null), "{run}");
    assert_eq!((step(&run, "sent").0, step(&run, "accepted").0), ("done", "done"), "{run}");
    assert_eq!(step(&run, "copy_in_sent").0, "done", "{run}");
    let token = text(&run, "token");
    assert!(token.len() == 8 && token.chars().all(|c| matches!(c, 'A'..='Z' | '2'..='7')), "{token}");
    assert!(text(&run, "subject").contains(token));
    assert_eq!(
        (text(&run, "address"), &run["by_hand"], &run["ended_at"]),
        (ANNA, &false.into(), &Value::Null)
    );
    assert_eq!(
        (run["account_id"].to_string(), run["contact_id"].to_string()),
        (bench.account.clone(), bench.contact.clone())
    );
    for name in ["id", "project_id"] {
        assert!(run[name].is_u64(), "{name} in {run}");
    }
    assert!(text(&run, "started_at").ends_with('Z') && run["checks"].is_array(), "{run}");
    for field in ["title", "milliseconds", "at", "detail"] {
        assert!(run["steps"][0].get(field).is_some(), "{field} in {run}");
    }

    let (anna, nora) = (bench.pair.client("anna")?, bench.pair.client("nora")?);
    let mail = anna.wait_for_subject(token)?;
    assert_eq!((mail.from().as_str(), mail.header("X-Hatstand-Test").as_str()), (NORA, token));
    assert_eq!(nora.with_subject("Sent", token)?.len(), 1, "one copy in Sent");

    let number = id(&run);
    let waiting = bench.status(&number)?;
    assert_eq!(
        (text(&waiting, "state"), step(&waiting, "reply_seen").0),
        ("waiting", "running"),
        "{waiting}"
    );
    anna.answer(&mail, "It works over here.\n")?;
    nora.wait_for_subject(&format!("Re: Hatstand test {token}"))?;
    let done = bench.status(&number)?;
    assert_eq!((text(&done, "state"), &done["diagnosis"]), ("done", &Value::Null), "{done}");
    assert_eq!(names(&done), STEPS);
    for name in STEPS {
        assert_eq!(step(&done, name).0, "done", "{name} in {done}");
    }
    assert!(done["ended_at"].is_string() && done["thread_id"].is_u64(), "{done}");
    assert_eq!(bench.in_project(&done)?.len(), 2, "the test and its reply");
    assert_eq!(bench.status(&number)?, done, "what is done stays as it is");
    assert_eq!(anna.with_subject("INBOX", token)?.len(), 1, "it went out once");
    Ok(())
}

#[test]
fn what_does_not_count_leaves_it_waiting_and_is_named() -> Outcome<()> {
    let bench = Bench::sending()?;
    let run = bench.start(&bench.contact)?.done()?;
    let number = id(&run);
    let (anna, nora) = (bench.pair.client("anna")?, bench.pair.client("nora")?);
    let mail = anna.wait_for_subject(text(&run, "token"))?;

    anna.auto_reply(&mail).subject("Away until Monday").send()?;
    nora.wait_for_subject("Away until Monday")?;
    let run = bench.status(&number)?;
    assert_eq!((text(&run, "state"), code(&run)), ("waiting", "automatic_reply"), "{run}");
    let (state, detail) = step(&run, "reply_seen");
    assert!(state == "running" && detail.contains("automatic reply"), "{run}");

    // What a person wrote counts before what a machine wrote.
    anna.reply(&mail).text("Do you see me?\n").arrives_in("Junk")?;
    let run = bench.status(&number)?;
    assert_eq!((text(&run, "state"), code(&run)), ("waiting", "junk"), "{run}");
    let (state, detail) = step(&run, "reply_seen");
    assert!(state == "running" && detail.to_lowercase().contains("junk"), "{run}");
    assert!(
        bench.in_project(&run)?.iter().all(|subject| !subject.starts_with("Re:")),
        "Junk stays where it is"
    );

    // The account is paused: still code 0, and said.
    bench.cli.done(&["account", "pause", &bench.account])?;
    let run = bench.status(&number)?;
    assert_eq!((text(&run, "state"), code(&run)), ("waiting", "paused"), "{run}");
    bench.cli.done(&["account", "resume", &bench.account])?;

    anna.answer(&mail, "And now?\n")?;
    nora.wait_for_subject("Re: Hatstand test")?;
    assert_eq!(text(&bench.status(&number)?, "state"), "done");
    Ok(())
}

#[test]
fn what_is_refused_or_comes_back_ends_the_run() -> Outcome<()> {
    let bench = Bench::sending()?;
    let nobody = contact(&bench.cli, "Nobody", REFUSED)?;
    let refused = bench.start(&nobody)?;
    // Nothing is wrong with the account: "anything else".
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("Nobody here has that name"), "{refused:?}");
    let run = refused.value;
    assert_eq!((text(&run, "state"), code(&run)), ("failed", "recipient_refused"), "{run}");
    assert!(text(&run["diagnosis"], "server_said").contains("Nobody here has that name"), "{run}");
    assert_eq!((step(&run, "sent").0, step(&run, "accepted").0), ("done", "failed"), "{run}");
    assert_eq!(bench.status(&id(&run))?, run, "its status is no failure, and changes nothing");

    let gone = contact(&bench.cli, "Gone", BOUNCED)?;
    let run = bench.start(&gone)?.done()?;
    assert_eq!(step(&run, "accepted").0, "done", "{run}");
    bench.pair.client("nora")?.wait_for_subject("Undelivered Mail")?;
    let run = bench.status(&id(&run))?;
    assert_eq!((text(&run, "state"), code(&run)), ("failed", "bounced"), "{run}");
    assert!(text(&run["diagnosis"], "sentence").contains(BOUNCED), "{run}");
    Ok(())
}

#[test]
fn a_password_that_the_outgoing_server_refuses_is_asked_for() -> Outcome<()> {
    let bench = Bench::sending()?;
    bench.pair.postfix.refuse_sign_ins(true);
    let refused = bench.start(&bench.contact)?;
    assert_eq!(refused.code, exit::NEEDS_RECONNECTING, "{refused:?}");
    let run = refused.value;
    assert_eq!((text(&run, "state"), code(&run)), ("failed", "wrong_password"), "{run}");
    assert_eq!((step(&run, "sent").0, step(&run, "accepted").0), ("failed", "failed"), "{run}");

    bench.pair.postfix.refuse_sign_ins(false);
    assert_eq!(
        bench.start(&bench.contact)?.code,
        exit::NEEDS_RECONNECTING,
        "it is not tried by itself again"
    );
    bench
        .cli
        .json(&["account", "reconnect", &bench.account, "--password-stdin"], &format!("{PASSWORD}\n"))?
        .done()?;
    let run = bench.start(&bench.contact)?.done()?;
    let anna = bench.pair.client("anna")?;
    anna.wait_for_subject(text(&run, "token"))?;
    assert_eq!(
        anna.with_subject("INBOX", "Hatstand test")?.len(),
        1,
        "what failed did not wait in the outbox"
    );
    Ok(())
}

#[test]
fn what_cannot_be_tested_is_refused() -> Outcome<()> {
    let bench = Bench::sending()?;
    let tom = contact(&bench.cli, "Tom", TOM)?;
    bench.pair.connect(&bench.cli, "tom")?;
    let own = bench.start(&tom)?;
    assert_eq!((own.code, own.cause()), (exit::REFUSED, "own_address"), "{own:?}");
    let unknown = bench.start("99")?;
    assert_eq!((unknown.code, unknown.cause()), (exit::REFUSED, "not_found"), "{unknown:?}");
    let args = ["test-email", "start", "--account", "99", "--contact", &bench.contact];
    let unknown = bench.cli.json(&args, "")?;
    assert_eq!((unknown.code, unknown.cause()), (exit::REFUSED, "not_found"), "{unknown:?}");
    let unknown = bench.cli.json(&["test-email", "status", "99"], "")?;
    assert_eq!((unknown.code, unknown.cause()), (exit::REFUSED, "not_found"), "{unknown:?}");
    bench.cli.done(&["account", "pause", &bench.account])?;
    let paused = bench.start(&bench.contact)?;
    assert_eq!((paused.code, paused.cause()), (exit::REFUSED, "paused"), "{paused:?}");
    assert_eq!(bench.pair.client("tom")?.with_subject("INBOX", "Hatstand test")?.len(), 0);
    assert_eq!(bench.pair.client("anna")?.with_subject("INBOX", "Hatstand test")?.len(), 0);
    Ok(())
}

#[test]
fn killed_at_each_step_a_run_goes_on_and_nothing_goes_twice() -> Outcome<()> {
    let sink = Sink::start(SinkOptions::default())?;
    let bench = Bench::set(|cli, pair| {
        let run = cli.connect_sending(&pair.dovecot, "nora", NORA, PASSWORD, sink.outgoing())?;
        Ok(id(&run.done()?))
    })?;
    let (anna, nora) = (bench.pair.client("anna")?, bench.pair.client("nora")?);
    let steps = [Step::Greeting, Step::Mail, Step::Data, Step::Dot, Step::Answer];
    for (at, number) in steps.into_iter().zip(1_u32..) {
        sink.forget();
        sink.at(at, Act::Hold);
        let mut start = bench
            .cli
            .command()
            .args(["test-email", "start", "--account", &bench.account, "--contact", &bench.contact])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        sink.wait_for(at)?;
        start.kill()?;
        start.wait()?;
        sink.cut();
        sink.behave();

        let number = number.to_string();
        let run = bench.status(&number)?;
        let token = text(&run, "token");
        assert_eq!(text(&run, "state"), "waiting", "{at:?}: {run}");
        assert_eq!(step(&run, "sent").0, "done", "{at:?}: {run}");
        let handed_over = matches!(at, Step::Dot | Step::Answer);
        if handed_over {
            let (state, detail) = step(&run, "accepted");
            assert!(state == "running" && detail.contains("may have arrived"), "{at:?}: {run}");
        } else {
            assert_eq!(
                (step(&run, "accepted").0, step(&run, "copy_in_sent").0),
                ("done", "done"),
                "{at:?}: {run}"
            );
        }
        let again = bench.status(&number)?;
        assert_eq!(text(&again, "state"), "waiting", "{at:?}: {again}");
        let arrived = sink.messages();
        assert_eq!(arrived.len(), usize::from(at != Step::Dot), "{at:?}: it is not sent again by itself");
        assert!(
            arrived.iter().all(|mail| mail.header("X-Hatstand-Test").as_deref() == Some(token)),
            "{at:?}"
        );
        let copies = nora.with_subject("Sent", token)?.len();
        assert_eq!(copies, usize::from(!handed_over), "{at:?}: copies in Sent");

        // A reply proves that it arrived.
        anna.write(&format!("Re: Hatstand test {token}")).send()?;
        nora.wait_for_subject(token)?;
        let done = bench.status(&number)?;
        assert_eq!(step(&done, "accepted").0, "done", "{at:?}: {done}");
        assert_eq!(step(&done, "reply_seen").0, "done", "{at:?}: {done}");
        assert_eq!(text(&done, "state"), "done", "{at:?}: {done}");
    }
    assert_eq!(sink.troubles(), [] as [String; 0]);
    Ok(())
}

#[test]
fn a_mailbox_that_does_not_send_waits_for_a_mail_written_by_hand() -> Outcome<()> {
    let bench =
        Bench::set(|cli, pair| Ok(id(&cli.connect(&pair.dovecot, "nora", NORA, PASSWORD)?.done()?)))?;
    let run = bench.start(&bench.contact)?.done()?;
    assert_eq!((text(&run, "state"), &run["by_hand"]), ("waiting", &true.into()), "{run}");
    for name in &STEPS[..3] {
        assert_eq!(step(&run, name).0, "skipped", "{name} in {run}");
    }
    assert_eq!(step(&run, "reply_seen").0, "running", "{run}");
    let token = text(&run, "token").to_owned();
    bench.pair.client("anna")?.write(&format!("hatstand TEST {}", token.to_lowercase())).send()?;
    bench.pair.client("nora")?.wait_for_subject(&token)?;
    let done = bench.status(&id(&run))?;
    assert_eq!(text(&done, "state"), "done", "{done}");
    for (at, name) in STEPS.into_iter().enumerate() {
        assert_eq!(step(&done, name).0, if at < 3 { "skipped" } else { "done" }, "{name} in {done}");
    }
    Ok(())
}

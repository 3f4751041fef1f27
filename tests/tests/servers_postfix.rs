//! The rig's own SMTP: what a client sends really arrives and is really answered, every refusal is what it is called,
//! and an account that is connected here can send.

use std::process::{Command, Stdio};

use hatstand_tests::cli::Cli;
use hatstand_tests::keychain::Keychain;
use hatstand_tests::pair::{
    ANNA, ANNA_PRIVATE, BOUNCED, GREYLISTED, NORA, NORA_STUDIO, PASSWORD, Pair, PairOptions, REFUSED, TOM,
};
use hatstand_tests::postfix::PostfixOptions;
use hatstand_tests::smtp::Smtp;
use hatstand_tests::smtp_sink::{Act, Sink, SinkOptions, SinkTls, Step};
use hatstand_tests::trouble::{Doing, Outcome};

fn mail(subject: &str) -> Vec<u8> {
    format!("From: {NORA}\r\nTo: {ANNA}\r\nMessage-ID: <{subject}@noralind.example>\r\nSubject: {subject}\r\n\r\nHi.\r\n")
        .into_bytes()
}

#[test]
fn a_mail_reaches_anna_through_both_ports_and_her_answer_reaches_nora() -> Outcome<()> {
    let pair = Pair::start()?;
    let tls = || pair.dovecot.authority().client_config();
    let (nora, anna) = (pair.client("nora")?, pair.client("anna")?);
    for (subject, mut smtp) in [
        ("implicit", Smtp::tls(pair.postfix.submissions, tls()?)?),
        ("starttls", Smtp::starttls(pair.postfix.submission, tls()?)?),
    ] {
        assert_eq!(smtp.mail(NORA, "")?.code, 250);
        assert_eq!(smtp.rcpt(ANNA)?.code, 554, "{subject}: only who has signed in may send");
        smtp.command("RSET")?.done()?;
        assert_eq!(smtp.sign_in("nora", "wrong")?.code, 535);
        smtp.sign_in(NORA, PASSWORD)?.done()?;
        smtp.send(NORA, ANNA, &mail(subject))?;

        let received = anna.wait_for_subject(subject)?;
        assert!(received.raw.ends_with(&mail(subject)), "{}", String::from_utf8_lossy(&received.raw));
        let id = anna.answer(&received, "Yes, gladly. Grüße!\n")?;
        let answer = nora.wait_for_subject(&format!("Re: {subject}"))?;
        assert_eq!(answer.header("message-id"), id);
        assert_eq!(answer.header("in-reply-to"), format!("<{subject}@noralind.example>"));
        assert_eq!(answer.header("references"), format!("<{subject}@noralind.example>"));
        assert_eq!(answer.from(), ANNA);
        assert!(answer.body().contains("Yes, gladly."), "{}", answer.body());
    }
    let mut smtp = Smtp::plain(pair.postfix.submission)?;
    assert_eq!(smtp.sign_in("nora", PASSWORD)?.code, 530, "no password in the clear");

    pair.postfix.refuse_sign_ins(true);
    let mut smtp = Smtp::tls(pair.postfix.submissions, tls()?)?;
    assert_eq!(smtp.sign_in("nora", PASSWORD)?.code, 535);
    assert!(pair.dovecot.wire("nora").is_ok(), "the mailbox still takes it");
    pair.postfix.refuse_sign_ins(false);
    smtp.sign_in("nora", PASSWORD)?.done()?;
    Ok(())
}

#[test]
fn answers_of_every_kind_arrive_where_they_should() -> Outcome<()> {
    let pair = Pair::start()?;
    pair.signed_in("nora")?.send(NORA, ANNA, &mail("Dates"))?;
    let (nora, anna) = (pair.client("nora")?, pair.client("anna")?);
    let received = anna.wait_for_subject("Dates")?;

    anna.auto_reply(&received).subject("Away").send()?;
    assert_eq!(nora.wait_for_subject("Away")?.header("auto-submitted"), "auto-replied");
    anna.reply(&received).from(ANNA_PRIVATE).to(NORA_STUDIO).subject("Elsewhere").send()?;
    let elsewhere = nora.wait_for_subject("Elsewhere")?;
    assert_eq!((elsewhere.from().as_str(), elsewhere.header("to").as_str()), (ANNA_PRIVATE, NORA_STUDIO));
    let id = anna.reply(&received).arrives_in("Junk")?;
    assert_eq!(nora.wait_for("Junk", "Re: Dates")?.header("message-id"), id);
    assert!(nora.with_subject("INBOX", "Re: Dates")?.is_empty());
    anna.reply(&received).unthreaded().subject("Müller & Söhne").send()?;
    assert_eq!(nora.wait_for_subject("Müller & Söhne")?.header("in-reply-to"), "");
    // Nora answers from her phone: it is in Anna's inbox and in Sent.
    nora.reply(&elsewhere).saved_in("Sent").send()?;
    assert_eq!(anna.wait_for_subject("Re: Elsewhere")?.from(), NORA);
    assert_eq!(nora.with_subject("Sent", "Re: Elsewhere")?.len(), 1);
    Ok(())
}

#[test]
fn who_is_refused_put_off_or_bounced_is_told_so() -> Outcome<()> {
    let pair = Pair::start()?;
    let (nora, later) = (pair.client("nora")?, pair.client("later")?);
    let mut smtp = pair.signed_in("nora")?;
    smtp.mail(NORA, "")?.done()?;
    let refused = smtp.rcpt(REFUSED)?;
    assert_eq!(refused.code, 550);
    assert!(refused.text.contains("Nobody here has that name"), "{refused}");
    assert_eq!(smtp.rcpt(GREYLISTED)?.code, 450);
    // Of several, the good one gets it.
    smtp.rcpt(ANNA)?.done()?;
    smtp.data(&mail("several"))?.done()?;
    pair.client("anna")?.wait_for_subject("several")?;

    pair.postfix.greylist(GREYLISTED, Some(1));
    smtp.mail(NORA, "")?.done()?;
    assert_eq!(smtp.rcpt(GREYLISTED)?.code, 450);
    smtp.rcpt(GREYLISTED)?.done()?;
    smtp.data(&mail("greylisted"))?.done()?;
    later.wait_for_subject("greylisted")?;
    pair.postfix.greylist(GREYLISTED, None);
    smtp.mail(NORA, "")?.done()?;
    for _ in 0..3 {
        assert_eq!(smtp.rcpt(GREYLISTED)?.code, 450);
    }
    pair.postfix.accept(GREYLISTED);
    smtp.rcpt(GREYLISTED)?.done()?;
    assert_eq!(pair.postfix.offered(GREYLISTED), 7);

    pair.signed_in("nora")?.send(NORA, BOUNCED, &mail("bounced"))?;
    let report = nora.wait_for_subject("Undelivered Mail")?;
    assert!(report.header("content-type").contains("report-type=delivery-status"));
    for part in ["Status: 5.1.1", BOUNCED, "Action: failed", "Message-ID: <bounced@noralind.example>"] {
        assert!(report.body().contains(part), "{part} in {}", report.body());
    }

    pair.postfix.refuse_sender(TOM, "553 5.7.1 This address is not yours");
    let refused = pair.signed_in("nora")?.mail(TOM, "")?;
    assert_eq!(refused.code, 553);
    assert!(refused.text.contains("not yours"), "{refused}");
    Ok(())
}

#[test]
fn a_size_is_announced_and_held_to() -> Outcome<()> {
    let outgoing = PostfixOptions { size: 20_000, ..PostfixOptions::default() };
    let pair = Pair::with(PairOptions { outgoing, ..PairOptions::default() })?;
    let mut smtp = pair.signed_in("nora")?;
    assert!(smtp.offers().contains(&"SIZE 20000".to_owned()), "{:?}", smtp.offers());
    assert_eq!(smtp.mail(NORA, "SIZE=30000")?.code, 552);
    // Postfix remembers the size until it is told to forget.
    smtp.command("RSET")?.done()?;
    smtp.mail(NORA, "")?.done()?;
    smtp.rcpt(ANNA)?.done()?;
    let big = [mail("big"), b"0123456789\r\n".repeat(3_000)].concat();
    assert_eq!(smtp.data(&big)?.code, 552);
    Ok(())
}

#[test]
fn an_account_is_connected_that_can_send_here_and_into_each_kind_of_sink() -> Outcome<()> {
    let pair = Pair::start()?;
    let keychain = Keychain::start()?;
    let account = pair.connect(&Cli::fresh(&keychain)?, "nora")?;
    assert!(!account.is_empty());

    let authority = pair.dovecot.authority();
    let issue = || authority.issue(hatstand_tests::ca::Certificate::Good);
    for tls in [None, Some(SinkTls::Starttls(issue()?)), Some(SinkTls::Implicit(issue()?))] {
        let options = SinkOptions { tls, password: Some(PASSWORD.to_owned()), ..SinkOptions::default() };
        let sink = Sink::start(options)?;
        let cli = Cli::fresh(&keychain)?;
        cli.connect_sending(&pair.dovecot, "nora", NORA, PASSWORD, sink.outgoing())?
            .done()
            .doing(sink.outgoing().security)?;
        assert_eq!(sink.reached(Step::Auth), 1, "{:?}", sink.commands());
    }
    // One that takes no password: nothing is saved.
    let sink = Sink::start(SinkOptions::default())?;
    sink.always(Step::Auth, Act::Say("535 5.7.8 Not with that password"));
    let run =
        Cli::fresh(&keychain)?.connect_sending(&pair.dovecot, "nora", NORA, PASSWORD, sink.outgoing())?;
    assert_ne!(run.code, 0, "{run:?}");
    Ok(())
}

#[test]
fn a_sink_saves_what_is_sent_as_some_providers_do() -> Outcome<()> {
    let pair = Pair::start()?;
    let sink = Sink::start(SinkOptions::default().saving_sent(&pair.dovecot, "nora"))?;
    sink.at(Step::Answer, Act::Cut);
    let mut smtp = Smtp::plain(sink.port)?;
    smtp.sign_in("nora", PASSWORD)?.done()?;
    assert!(smtp.send(NORA, ANNA, &mail("saved")).is_err(), "taken, and nobody was told");
    sink.wait_for(Step::Answer)?;
    assert_eq!(sink.troubles(), Vec::<String>::new());
    assert_eq!(sink.count("saved@noralind.example"), 1);
    assert_eq!(pair.client("nora")?.with_subject("Sent", "saved")?[0].raw, mail("saved"));
    Ok(())
}

/// Run by the test below in a process of its own, which is then killed.
#[test]
#[ignore = "it waits to be killed"]
fn a_pair_that_waits_to_be_killed() -> Outcome<()> {
    let pair = Pair::start()?;
    println!("pid {} {}", pair.postfix.pid()?, pair.postfix.dir().display());
    std::thread::sleep(std::time::Duration::from_mins(2));
    Ok(())
}

#[test]
fn nothing_is_left_of_a_pair_whose_starter_is_killed() -> Outcome<()> {
    use std::io::{BufRead, BufReader};
    let mut starter = Command::new(std::env::current_exe()?)
        .args(["--ignored", "--exact", "--nocapture", "a_pair_that_waits_to_be_killed"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let lines = BufReader::new(starter.stdout.take().doing("reading from the starter")?).lines();
    let mut told = None;
    for line in lines {
        // The runner's own words may stand before it.
        if let Some((_, found)) = line?.split_once("pid ") {
            told = found.split_once(' ').map(|(pid, dir)| (pid.to_owned(), dir.to_owned()));
            break;
        }
    }
    let (pid, dir) = told.doing("waiting for the starter's servers")?;
    assert!(std::path::Path::new(&dir).exists());
    starter.kill()?;
    starter.wait()?;
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    let alive =
        || std::fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.contains(&dir));
    while alive() || std::path::Path::new(&dir).exists() {
        assert!(std::time::Instant::now() < deadline, "{pid} or {dir} is still there");
        std::thread::sleep(hatstand_tests::programs::PAUSE);
    }
    Ok(())
}

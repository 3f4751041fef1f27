use super::*;
use crate::ca::{Authority, Certificate};
use crate::smtp::Smtp;

const MAIL: &[u8] = b"Message-ID: <one@rig.example>\r\nSubject: A dot\r\n\r\n.hidden\r\n..\r\nend\r\n";

fn ready(sink: &Sink) -> Outcome<Smtp> {
    let mut smtp = Smtp::plain(sink.port)?;
    smtp.sign_in("nora", "secret")?.done()?;
    smtp.mail("nora@rig.example", "")?.done()?;
    smtp.rcpt("anna@rig.example")?.done()?;
    Ok(smtp)
}

#[test]
fn a_message_is_kept_as_it_came() -> Outcome<()> {
    let sink = Sink::start(SinkOptions::default())?;
    let mut smtp = ready(&sink)?;
    smtp.rcpt("tom@rig.example")?.done()?;
    smtp.data(MAIL)?.done()?;
    let messages = sink.wait_for_messages(1)?;
    let wanted = Message {
        from: "nora@rig.example".into(),
        parameters: String::new(),
        to: vec!["anna@rig.example".into(), "tom@rig.example".into()],
        bytes: MAIL.to_vec(),
        bare: false,
        user: Some("nora".into()),
        tls: false,
    };
    assert_eq!(messages, [wanted]);
    assert_eq!(sink.count("<one@rig.example>"), 1);
    assert_eq!(sink.count("two@rig.example"), 0);
    assert!(sink.commands().contains(&"AUTH PLAIN".to_owned()), "{:?}", sink.commands());
    Ok(())
}

#[test]
fn what_does_not_end_a_line_is_noticed_and_ends_no_message() -> Outcome<()> {
    let sink = Sink::start(SinkOptions::default())?;
    let mut smtp = ready(&sink)?;
    assert_eq!(smtp.command("DATA")?.code, 354);
    smtp.write(b"Subject: x\r\n\r\na\n.\nMAIL FROM:<x@y.example>\r\n.\n.\r\rb\r\n.\r\n")?;
    assert_eq!(smtp.reply()?.code, 250);
    let messages = sink.messages();
    assert_eq!(messages.len(), 1);
    assert!(messages[0].bare);
    Ok(())
}

#[test]
fn at_each_step_it_cuts_says_something_else_or_waits() -> Outcome<()> {
    let sink = Sink::start(SinkOptions::default())?;
    for (step, taken) in [(Step::Body(20), 0), (Step::Dot, 0), (Step::Answer, 1)] {
        sink.forget();
        sink.at(step, Act::Cut);
        assert!(ready(&sink)?.data(MAIL).is_err(), "{step:?}");
        sink.wait_for(step)?;
        assert_eq!(sink.count("one@rig.example"), taken, "{step:?}");
    }
    sink.at(Step::Greeting, Act::Cut);
    assert!(Smtp::plain(sink.port).is_err());
    sink.at(Step::Ehlo, Act::Say("421 4.3.2 Closing"));
    assert!(Smtp::plain(sink.port).is_err());
    sink.at(Step::Rcpt, Act::Say("451 4.3.0 Out of order"));
    assert!(ready(&sink).is_err());
    sink.at(Step::Mail, Act::Say("553 5.7.1 Not yours"));
    assert!(ready(&sink).is_err());

    sink.forget();
    sink.at(Step::Dot, Act::Hold);
    let mut held = ready(&sink)?;
    let waiting = std::thread::spawn(move || held.data(MAIL));
    sink.wait_for(Step::Dot)?;
    assert!(sink.messages().is_empty());
    assert!(!waiting.is_finished());
    sink.release();
    let answered = waiting.join().map_err(|_| Trouble::new("the client's thread panicked"))?;
    assert_eq!(answered?.code, 250);
    assert_eq!(sink.messages().len(), 1);
    Ok(())
}

#[test]
fn sizes_passwords_recipients_and_utf8_are_insisted_on() -> Outcome<()> {
    let options = SinkOptions {
        size: Some(200),
        smtputf8: false,
        password: Some("right".into()),
        ..SinkOptions::default()
    };
    let sink = Sink::start(options)?;
    sink.refuse("gone@rig.example", "550 5.1.1 Nobody of that name");
    let mut smtp = Smtp::plain(sink.port)?;
    assert!(smtp.offers().contains(&"SIZE 200".to_owned()));
    assert!(!smtp.offers().contains(&"SMTPUTF8".to_owned()));
    assert_eq!(smtp.sign_in("nora", "wrong")?.code, 535);
    assert_eq!(smtp.mail("nora@rig.example", "")?.code, 530);
    smtp.sign_in("nora", "right")?.done()?;
    assert_eq!(smtp.mail("nora@rig.example", "SIZE=201")?.code, 552);
    assert_eq!(smtp.mail("nora@rig.example", "SMTPUTF8")?.code, 555);
    smtp.mail("nora@rig.example", "SIZE=10")?.done()?;
    assert_eq!(smtp.rcpt("gone@rig.example")?.code, 550);
    assert_eq!(smtp.rcpt("jörg@rig.example")?.code, 553);
    smtp.rcpt("anna@rig.example")?.done()?;
    assert_eq!(smtp.data(&[b'x'; 300])?.code, 552);
    assert!(sink.messages().is_empty());
    Ok(())
}

#[test]
fn it_speaks_tls_from_the_first_byte_or_after_starttls() -> Outcome<()> {
    let authority = Authority::new()?;
    let tls = |tls| Sink::start(SinkOptions { tls: Some(tls), ..SinkOptions::default() });
    let implicit = tls(SinkTls::Implicit(authority.issue(Certificate::Good)?))?;
    let later = tls(SinkTls::Starttls(authority.issue(Certificate::Good)?))?;
    for (sink, mut smtp) in [
        (&implicit, Smtp::tls(implicit.port, authority.client_config()?)?),
        (&later, Smtp::starttls(later.port, authority.client_config()?)?),
    ] {
        smtp.sign_in("nora", "secret")?.done()?;
        smtp.send("nora@rig.example", "anna@rig.example", MAIL)?;
        assert!(sink.wait_for_messages(1)?[0].tls);
    }
    Ok(())
}

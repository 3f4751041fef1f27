use super::{DeliveryReport, Unreached, delivery_report};

fn read(mail: &str) -> Option<DeliveryReport> {
    delivery_report(mail.replace('\n', "\r\n").as_bytes())
}

fn unreached(address: &str, status: &str, server_said: &str) -> Unreached {
    Unreached { address: address.to_owned(), status: status.to_owned(), server_said: server_said.to_owned() }
}

/// Asserts what a report says.
fn says(mail: &str, names: &[&str], failed: &[Unreached]) {
    let report = read(mail).unwrap();
    assert_eq!(report.names, names);
    assert_eq!(report.failed, failed);
}

/// A multipart/report from this sender with these status blocks, and the returned part.
fn report(from: &str, status: &str, returned: &str) -> String {
    format!(
        "From: {from}\nTo: jo@studio.example\nSubject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"b\"\n\n--b\n\
         Content-Type: text/plain; charset=us-ascii\n\nThis is for people.\n\n--b\n\
         Content-Type: message/delivery-status\n\n{status}\n--b\n{returned}\n--b--\n"
    )
}

#[test]
fn postfix() {
    let mail = report(
        "MAILER-DAEMON@mx.studio.example (Mail Delivery System)",
        "Reporting-MTA: dns; mx.studio.example\nX-Postfix-Queue-ID: 4F2A1\nX-Postfix-Sender: rfc822; jo@studio.example\n\
         Arrival-Date: Sun,  1 Mar 2026 09:30:00 +0000 (UTC)\n\n\
         Final-Recipient: rfc822; anna@client.example\nOriginal-Recipient: rfc822;anna@client.example\n\
         Action: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.client.example\n\
         Diagnostic-Code: smtp; 550 5.1.1 <anna@client.example>: Recipient address\n    rejected: User unknown\n\n\
         Final-Recipient: rfc822; ben@client.example\nAction: relayed\nStatus: 2.0.0\n\n\
         Final-Recipient: rfc822; cleo@client.example\nAction: delayed\nStatus: 4.4.1\n",
        "Content-Type: text/rfc822-headers\n\nReturn-Path: <jo@studio.example>\nFrom: jo@studio.example\n\
         Message-ID: <sent.1@studio.example>\nIn-Reply-To: <older@client.example>",
    );
    says(
        &mail,
        &["sent.1@studio.example"],
        &[unreached(
            "anna@client.example",
            "5.1.1",
            "550 5.1.1 <anna@client.example>: Recipient address rejected: User unknown",
        )],
    );
}

#[test]
fn exim_new_and_old() {
    let status = "Reporting-MTA: dns; exim.host.example\n\nAction: failed\nFinal-Recipient: rfc822;anna@client.example\n\
                  Status: 5.0.0\nRemote-MTA: dns; mx.client.example\nDiagnostic-Code: smtp; 550 No such user here\n";
    let mail = report(
        "Mail Delivery System <Mailer-Daemon@exim.host.example>",
        status,
        "Content-type: message/rfc822\n\nMessage-ID: <sent.2@studio.example>\nSubject: x\n\nbody\nMessage-ID: <no@x>",
    );
    says(
        &mail,
        &["sent.2@studio.example"],
        &[unreached("anna@client.example", "5.0.0", "550 No such user here")],
    );

    let old = "Return-path: <>\nX-Failed-Recipients: anna@client.example,\n  ben@client.example\nAuto-Submitted: auto-replied\n\
         From: Mail Delivery System <Mailer-Daemon@exim.host.example>\nTo: jo@studio.example\n\
         Subject: Mail delivery failed: returning message to sender\n\n\
         This message was created automatically by mail delivery software.\n\n\
         A message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. \
         The following address(es) failed:\n\n  anna@client.example\n    SMTP error from remote mail server after RCPT TO:<anna@client.example>:\n\
         \x20   host mx.client.example [192.0.2.1]: 550 5.1.1 unknown user\n  ben@client.example\n    mailbox is full\n\n\
         ------ This is a copy of the message, including all the headers. ------\n\n\
         Return-path: <jo@studio.example>\nMessage-ID: <sent.3@studio.example>\nTo: other@client.example\n\nHello\n";
    says(
        old,
        &["sent.3@studio.example"],
        &[
            unreached(
                "anna@client.example",
                "5.1.1",
                "SMTP error from remote mail server after RCPT TO:<anna@client.example>: host mx.client.example \
                 [192.0.2.1]: 550 5.1.1 unknown user",
            ),
            unreached("ben@client.example", "", "mailbox is full"),
        ],
    );
    let warning = "From: Mail Delivery System <Mailer-Daemon@exim.host.example>\nSubject: Warning: message 1x delayed 24 hours\n\n\
         This message was created automatically by mail delivery software.\nA message that you sent has not yet been \
         delivered to one or more of its\nrecipients after more than 24 hours on the queue.\n\n  anna@client.example\n";
    assert_eq!(read(warning), None);
}

#[test]
fn qmail() {
    let mail = "Return-Path: <>\nFrom: MAILER-DAEMON@qmail.host.example\nTo: jo@studio.example\nSubject: failure notice\n\n\
         Hi. This is the qmail-send program at qmail.host.example.\n\
         I'm afraid I wasn't able to deliver your message to the following addresses.\n\
         This is a permanent error; I've given up. Sorry it didn't work out.\n\n\
         <anna@client.example>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.7.1 Blocked\x07 by policy\n\
         Giving up on 192.0.2.1.\n\n<ben@client.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n\
         --- Below this line is a copy of the message.\n\nReturn-Path: <jo@studio.example>\n\
         Received: (qmail 1 invoked by uid 1); 1 Mar 2026 09:30:00 -0000\nMessage-Id: <sent.4@studio.example>\n\nHello\n";
    says(
        mail,
        &["sent.4@studio.example"],
        &[
            unreached(
                "anna@client.example",
                "5.7.1",
                "192.0.2.1 does not like recipient. Remote host said: 550 5.7.1 Blocked by policy Giving up on 192.0.2.1.",
            ),
            unreached("ben@client.example", "5.1.1", "Sorry, no mailbox here by that name. (#5.1.1)"),
        ],
    );
}

#[test]
fn exchange_new_and_old() {
    let mail = report(
        "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@client.example>",
        "Reporting-MTA: dns;AM0PR01.eurprd01.example\nReceived-From-MTA: dns;mx.studio.example\n\n\
         Final-Recipient: rfc822;anna@client.example\nAction: failed\nStatus: 5.1.10\n\
         Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup\n",
        "Content-Type: message/rfc822\n\nReceived: from a by b\nMessage-ID:\n <sent.5@studio.example>\n\nHello",
    );
    let mail = mail.replace("MIME-Version", "In-Reply-To: <sent.5@studio.example>\nReferences: <root@x.example> <sent.5@studio.example>\nMIME-Version");
    says(
        &mail,
        &["sent.5@studio.example", "root@x.example"],
        &[unreached(
            "anna@client.example",
            "5.1.10",
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
        )],
    );
    let old = "From: System Administrator <postmaster@client.example>\nTo: Jo <jo@studio.example>\nSubject: Undeliverable: Offer\n\
         In-Reply-To: <sent.6@studio.example>\n\n\
         Your message did not reach some or all of the intended recipients.\n\n      Subject:\tOffer\n\
         \x20     Sent:\t3/1/2026 9:30 AM\n\nThe following recipient(s) could not be reached:\n\n\
         \x20     anna@client.example on 3/1/2026 9:31 AM\n            The e-mail account does not exist at the organization.\n\
         \x20           <mail.client.example #5.1.1>\n";
    says(
        old,
        &["sent.6@studio.example"],
        &[unreached(
            "anna@client.example",
            "5.1.1",
            "The e-mail account does not exist at the organization. <mail.client.example #5.1.1>",
        )],
    );
}

#[test]
fn gmail_with_its_picture() {
    let mail = "Return-Path: <>\nFrom: Mail Delivery Subsystem <mailer-daemon@googlemail.example>\nTo: jo@studio.example\n\
         Auto-Submitted: auto-replied\nSubject: Delivery Status Notification (Failure)\n\
         References: <sent.7@studio.example>\nIn-Reply-To: <sent.7@studio.example>\nX-Failed-Recipients: anna@client.example\n\
         Content-Type: multipart/report; boundary=\"o\"; report-type=delivery-status\n\n--o\n\
         Content-Type: multipart/related; boundary=\"r\"\n\n--r\nContent-Type: multipart/alternative; boundary=\"a\"\n\n--a\n\
         Content-Type: text/plain; charset=\"UTF-8\"\n\n** Address not found **\n\nYour message wasn't delivered to anna@client.example \
         because the address couldn't be found.\n\n--a\nContent-Type: text/html\n\n<p>x</p>\n--a--\n--r\nContent-Type: image/png\n\
         Content-Transfer-Encoding: base64\n\niVBO\n--r--\n--o\nContent-Type: message/delivery-status\n\n\
         Reporting-MTA: dns; googlemail.example\nArrival-Date: Sun, 01 Mar 2026 01:30:00 -0800 (PST)\nX-Original-Message-ID: <sent.7@studio.example>\n\n\
         Final-Recipient: rfc822; anna@client.example\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.client.example. (192.0.2.1, the server for the domain.)\n\
         Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.\n 550 5.1.1 NoSuchUser\n\
         Last-Attempt-Date: Sun, 01 Mar 2026 01:30:01 -0800 (PST)\n\n--o\nContent-Type: message/rfc822\n\n\
         MIME-Version: 1.0\nMessage-ID: <sent.7@studio.example>\nSubject: Offer\n\nHello\n--o--\n";
    says(
        mail,
        &["sent.7@studio.example"],
        &[unreached(
            "anna@client.example",
            "5.1.1",
            "550-5.1.1 The email account that you tried to reach does not exist. 550 5.1.1 NoSuchUser",
        )],
    );
}

#[test]
fn sendmail_of_old() {
    let mail = "From: Mail Delivery Subsystem <MAILER-DAEMON@old.host.example>\nSubject: Returned mail: see transcript for details\n\
         Content-Type: multipart/mixed; boundary=b\n\n--b\n\n   ----- The following addresses had permanent fatal errors -----\n\
         <anna@client.example>\n    (reason: 550 5.1.1 User unknown)\n\n   ----- Transcript of session follows -----\n... while talking to mx\n\
         --b\nContent-Type: message/rfc822\n\nMessage-ID: <sent.8@studio.example>\n\nHello\n--b--\n";
    says(
        mail,
        &["sent.8@studio.example"],
        &[unreached("anna@client.example", "5.1.1", "(reason: 550 5.1.1 User unknown)")],
    );
}

#[test]
fn blocks_as_they_come() {
    let told = |status: &str| {
        let mail = report("x@client.example", status, "Content-Type: text/plain\n\nx");
        read(&mail).unwrap().failed
    };
    for (status, failed) in [
        (
            "Reporting-MTA: dns; x\n\nOriginal-Recipient: rfc822;a@x.example\nAction: FAILED (gave up)\nStatus: 4.4.7 (expired)",
            vec![unreached("a@x.example", "4.4.7", "")],
        ),
        (
            "Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822;<a@x.example>\nStatus: 5.2.2",
            vec![unreached("a@x.example", "5.2.2", "")],
        ),
        ("Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822;a@x.example\nStatus: 4.2.2", vec![]),
        (
            "Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822;a@x.example\nAction: delivered\nStatus: 2.0.0",
            vec![],
        ),
        ("Reporting-MTA: dns; x\n\nAction: failed", vec![unreached("", "", "")]),
        (
            "Reporting-MTA: dns; x\nFinal-Recipient: a@x.example\nAction: failed\nDiagnostic-Code: smtp; 554 5.7.1 no\u{1b}[31m\u{202e}",
            vec![unreached("a@x.example", "5.7.1", "554 5.7.1 no [31m")],
        ),
        ("Reporting-MTA: dns; x", vec![]),
        ("", vec![]),
    ] {
        assert_eq!(told(status), failed, "{status:?}");
    }
}

#[test]
fn other_mail_is_no_report() {
    let body = "Hi. This is the qmail-send program at x.\n\n<anna@client.example>:\nNo mailbox. (#5.1.1)\n";
    let status = "Final-Recipient: rfc822; anna@client.example\nAction: failed\nStatus: 5.1.1\n";
    let receipt = report("x@y.example", status, "")
        .replace("report-type=delivery-status", "report-type=disposition-notification");
    let forwarded = format!(
        "From: anna@client.example\nContent-Type: multipart/mixed; boundary=m\n\n--m\n\nsee\n--m\nContent-Type: message/rfc822\n\n{}--m--\n",
        report("MAILER-DAEMON@x.example", status, "")
    );
    for mail in [
        format!("From: anna@client.example\n\n{body}"),
        format!("From: Mailer-Daemon <anna@client.example>\n\n{body}"),
        "From: MAILER-DAEMON@x.example\n\nThe server is down on Sunday.\nanna@client.example\n".to_owned(),
        "Return-Path: <>\nFrom: anna@client.example\n\nI am on holiday until Monday.\n".to_owned(),
        format!("From: anna@client.example\nX-Failed-Recipients: jo@x.example\n\n{body}"),
        receipt,
        forwarded,
        "From: anna@client.example\nContent-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@x.example\nAction: failed\n--m--\n".to_owned(),
        String::new(),
    ] {
        assert_eq!(read(&mail), None, "{mail}");
    }
    assert!(read(&format!("From: MAILER-DAEMON@x.example\n\n{body}")).is_some());
    assert!(read(&format!("Return-Path: <>\nFrom: x@y.example\n\n{body}")).is_some());
}

#[test]
fn hostile_reports_cost_their_length() {
    let many = 10_000;
    for status in [
        "Final-Recipient: rfc822; a@x.example\nAction: failed\n\n".repeat(many),
        "\n".repeat(10 * many),
        "Action: failed\n".repeat(many),
        format!(
            "Final-Recipient: {}\nAction: failed\nDiagnostic-Code: {}\n",
            ";<".repeat(many),
            "=?a?q?".repeat(many)
        ),
        format!("Final-Recipient: x\nAction: failed\nStatus: {}\n", "5.".repeat(many)),
    ] {
        let mail = report("x@y.example", &status, "");
        let report = read(&mail).unwrap();
        assert!(report.failed.len() <= 500);
        for found in &report.failed {
            assert!(found.address.chars().count() <= 320 && found.server_said.chars().count() <= 1_000);
        }
        // Cut anywhere.
        for end in (0..mail.len()).step_by(1 + mail.len() / 20).filter(|&end| mail.is_char_boundary(end)) {
            let _ = delivery_report(&mail.as_bytes()[..end]);
        }
    }
    for lines in [
        "<a@x.example>:\n".repeat(many),
        (0..many).fold(String::new(), |all, n| all + &format!("<{n}@x.example>:\nwords\n\n")),
        format!("<a@x.example>:\n{}", "words and more words\n".repeat(many)),
        "(".repeat(many),
        "x ".repeat(10 * many),
        "a@x.example (a@x.example)\n".repeat(many),
    ] {
        let mail = format!("From: MAILER-DAEMON@x.example\n\nHi. This is the qmail-send program\n\n{lines}");
        for found in read(&mail).map(|report| report.failed).unwrap_or_default() {
            assert!(found.server_said.chars().count() <= 1_000);
        }
    }
    let references = (0..many).fold(String::new(), |all, n| all + &format!("<{n}@x>\n "));
    let mail = report("x@y.example", "", "")
        .replace("MIME-Version", &format!("References: {references}\nMIME-Version"));
    assert_eq!(read(&mail).unwrap().names.len(), 100);
}

//! A mail with everything that mails try: its text and its own picture are shown, nothing is asked of the network,
//! nothing of it runs, and its links lead to the browser.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use hatstand_tests::cli::id;
use hatstand_tests::mailgen::sample::png;
use hatstand_tests::mailgen::{Charset, Transfer};
use hatstand_tests::programs::root;
use hatstand_tests::trouble::Outcome;
use hatstand_tests::window::{Desk, Tone, Window, letter};
use serde_json::json;

const EMAIL: &str = "nora@noralind.example";
const AMARA: (&str, &str) = ("Amara Okafor", "amara@okafor.example");

fn body(remote: u16) -> String {
    format!(
        "<html><head><link rel=preconnect href=\"http://127.0.0.1:{remote}/\">\
         <style>body{{background:url(http://127.0.0.1:{remote}/style.png)}}</style></head>\
         <body background=\"http://127.0.0.1:{remote}/body.png\" onload=\"parent.document.title='taken'\">\
         <p>We moved the ceremony to <b>half past three</b>.</p>\
         <p><a href=\"https://okafor.example/plan?day=1&amp;x=2\">The plan of the day</a></p>\
         <p><img src=\"cid:garden@okafor.example\" alt=\"The garden\" width=\"320\"></p>\
         <img src=\"http://127.0.0.1:{remote}/logo.png\" alt=\"Okafor &amp; Sons\" width=\"120\" height=\"40\">\
         <img src=\"http://127.0.0.1:{remote}/o.gif\" width=\"1\" height=\"1\" alt=\"\">\
         <script>document.title='taken'</script><iframe src=\"http://127.0.0.1:{remote}/frame\"></iframe>\
         <p style=\"background:url('http://127.0.0.1:{remote}/p.png')\">See you in the garden</p></body></html>"
    )
}

#[test]
fn an_html_mail_is_shown_with_its_own_picture_and_without_the_network() -> Outcome<()> {
    let elsewhere = TcpListener::bind("127.0.0.1:0")?;
    elsewhere.set_nonblocking(true)?;
    let desk = Desk::set(&[("nora", "secret")])?;
    desk.cli.connect(&desk.server, "nora", EMAIL, "secret")?.done()?;
    let amara = id(&desk.cli.done(&["contact", "add", "--name", AMARA.0, "--email", AMARA.1])?);
    desk.cli.done(&["project", "add", "--title", "Okafor wedding", "--contact", &amara])?;
    let mail = letter(AMARA, "nora", "Timeline for the day")
        .text("We moved the ceremony.\n", Charset::Utf8, Transfer::QuotedPrintable)
        .html(&body(elsewhere.local_addr()?.port()), Charset::Utf8, Transfer::QuotedPrintable)
        .inline("garden@okafor.example", "garden.png", "image/png", &png(640, 360, 40))
        .attach("timeline.pdf", "application/pdf", b"%PDF-1.4\n");
    desk.server.deliver_lmtp("nora", &mail.build())?;
    desk.cli.sync()?;

    let (folder, opened) = browser(desk.keychain.dir())?;
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    let window = desk.window_with(&[("PATH".to_owned(), path)])?;
    let title = window.script("return document.title", &[])?;
    window.click("button", "Okafor wedding")?;
    window.click("button", "Timeline for the day")?;
    window.wait_for_mail("half past three")?;
    window.wait_for_mail("See you in the garden")?;
    window.wait_for("remote images not loaded")?;
    window.wait_for("timeline.pdf")?;
    assert!(!window.text()?.contains("garden.png"), "a picture that is shown is no file beside the mail");
    the_picture_is_shown(&window)?;
    the_frame_holds_all_of_it(&window)?;
    window.screenshot(&root().join("screenshots/html-mail.png"))?;

    window.click_in_mail("The plan of the day")?;
    window.until("the browser to open", |_| Ok(opened.exists()))?;
    assert_eq!(fs::read_to_string(&opened)?.trim(), "https://okafor.example/plan?day=1&x=2");
    // The app is still there, and hears keys.
    window.press("Escape")?;
    window.wait_for("Timeline for the day")?;
    assert_eq!(window.script("return document.title", &[])?, title, "nothing of the mail has run");
    assert_eq!(window.axe()?, []);
    window.close()?;
    let asked = elsewhere.accept().err().map(|error| error.kind());
    assert_eq!(asked, Some(std::io::ErrorKind::WouldBlock), "nobody is asked for anything");
    Ok(())
}

/// A browser that only writes down what it is to open.
fn browser(dir: &Path) -> Outcome<(std::path::PathBuf, std::path::PathBuf)> {
    let (folder, opened) = (dir.join("bin"), dir.join("opened"));
    fs::create_dir(&folder)?;
    let program = folder.join("xdg-open");
    fs::write(&program, format!("#!/bin/sh\necho \"$1\" > {0}.new && mv {0}.new {0}\n", opened.display()))?;
    fs::set_permissions(program, fs::Permissions::from_mode(0o755))?;
    Ok((folder, opened))
}

fn the_picture_is_shown(window: &Window) -> Outcome<()> {
    let script =
        "const [img] = document.querySelector('iframe').contentDocument.querySelectorAll('img[src]');
        return img?.complete ? [img.naturalWidth, img.alt] : null";
    window.until("the mail's own picture", |window| {
        Ok(window.script(script, &[])? == json!([640, "The garden"]))
    })
}

fn the_frame_holds_all_of_it(window: &Window) -> Outcome<()> {
    let script = "const frame = document.querySelector('iframe');
        return frame.getBoundingClientRect().height >= frame.contentDocument.documentElement.scrollHeight";
    window.until_within(Duration::from_secs(20), "the frame to be as high as the mail", |window| {
        Ok(window.script(script, &[])?.as_bool() == Some(true))
    })
}

#[test]
fn a_mail_that_only_has_text_looks_like_the_app_by_day_and_by_night() -> Outcome<()> {
    let desk = Desk::set(&[("nora", "secret")])?;
    desk.cli.connect(&desk.server, "nora", EMAIL, "secret")?.done()?;
    let amara = id(&desk.cli.done(&["contact", "add", "--name", AMARA.0, "--email", AMARA.1])?);
    desk.cli.done(&["project", "add", "--title", "Okafor wedding", "--contact", &amara])?;
    desk.deliver("nora", AMARA, "Plain", "Hello Nora,\n\nsee https://okafor.example/a?b=1\n\nAmara\n")?;
    let window = desk.window()?;
    window.click("button", "Settings")?;
    window.wait_for_state(EMAIL, "circle-check", Tone::Green, "copied 1 message", Duration::from_mins(1))?;
    for theme in ["Light", "Dark"] {
        window.click("button", "Settings")?;
        window.click("radio", theme)?;
        window.click("button", "Okafor wedding")?;
        window.click("button", "Plain")?;
        window.wait_for_mail("Hello Nora,")?;
        let colours = "const frame = document.querySelector('iframe'), body = frame.contentDocument.body;
            return getComputedStyle(body).color === getComputedStyle(frame.parentElement).color";
        window.until("the mail in the app's own ink", |window| {
            Ok(window.script(colours, &[])?.as_bool() == Some(true))
        })?;
        assert_eq!(window.axe()?, [], "{theme}");
        window.screenshot(&root().join(format!("screenshots/plain-mail-{}.png", theme.to_lowercase())))?;
    }
    window.close()
}

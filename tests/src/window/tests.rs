use std::fs;
use std::path::{Path, PathBuf};

use super::{Window, WindowOptions};
use crate::trouble::{Doing, Outcome};

const PAGE: &str = r#"<!doctype html><html lang="en"><title>Test</title><body>
<main><h1>Connect</h1>
<label for=email>Email address</label><input id=email type=email>
<label>Notes <textarea></textarea></label>
<button aria-label="Close the window" onclick="document.querySelector('p').textContent='Closed'">x</button>
<button hidden>Connect hidden</button>
<button onclick="setTimeout(() => document.querySelector('p').textContent = 'Hello ' + email.value, 200)">
  <svg aria-hidden=true></svg><span>Connect</span> account</button>
<p></p></main>
<script>addEventListener('keydown', e => { if (e.ctrlKey && e.key === 'k') { e.preventDefault(); document.title = 'Found'; email.focus() } })</script>
"#;

/// The small browser that comes with `WebKitGTK` stands in for the app: the same engine, driven the same way.
fn browser() -> Outcome<PathBuf> {
    let lib = fs::read_dir("/usr/lib")?.filter_map(Result::ok).map(|entry| entry.path());
    let candidates = lib.map(|folder| folder.join("webkit2gtk-4.1/MiniBrowser"));
    candidates.into_iter().find(|path| path.is_file()).doing("looking for MiniBrowser")
}

#[test]
fn a_page_is_seen_clicked_typed_into_and_photographed() -> Outcome<()> {
    let keychain = crate::keychain::Keychain::start()?;
    let page = keychain.dir().join("page.html");
    fs::write(&page, PAGE)?;
    let options = WindowOptions {
        program: browser()?,
        args: vec!["--automation".to_owned()],
        env: keychain.env(),
        size: (900, 600),
        page: Some(format!("file://{}", page.display())),
    };
    let window = Window::open(options)?;

    assert_eq!(window.all("button", "connect")?.len(), 1, "the hidden one is not there for anybody");
    assert_eq!(window.all("heading", "Connect")?.len(), 1);
    window.fill("Email address", "jörg@müller.example")?;
    window.fill("notes", "Grüße")?;
    window.click("button", "Connect account")?;
    window.wait_for("Hello jörg@müller.example")?;
    window.click("button", "Close the window")?;
    window.wait_gone("Hello")?;
    window.press("Control+k")?;
    assert_eq!(window.script("return document.title", &[])?, "Found");
    assert!(!window.overflows()?);
    let picture = keychain.dir().join("pictures/page.png");
    window.screenshot(&picture)?;
    assert!(is_png(&picture)?);
    window.close()
}

fn is_png(file: &Path) -> Outcome<bool> {
    Ok(fs::read(file)?.starts_with(b"\x89PNG"))
}

//! Where the window may go: nowhere. It shows the app's own page, and mails in `about:srcdoc` frames.

use crate::shell::Shell;
use hatstand_engine::model::MessageId;
use std::sync::atomic::{AtomicBool, Ordering};
use tauri::{AppHandle, Manager, Url};
use tauri_plugin_opener::OpenerExt;

/// What becomes of a navigation.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    /// Go on.
    Allow,
    /// A link of a mail: its number is looked up and opened in the browser.
    Open(MessageId, u32),
    /// No.
    Deny,
}

/// `loaded`: the app's own page has been shown; from then on nothing may replace it.
fn judge(url: &Url, loaded: bool) -> Verdict {
    if url.as_str() == "about:srcdoc" {
        return Verdict::Allow;
    }
    if url.scheme() == "open" {
        return link(url.path()).map_or(Verdict::Deny, |(id, number)| Verdict::Open(id, number));
    }
    let own = match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        // Windows serves the app's own page like this.
        "http" | "https" => url.host_str() == Some("tauri.localhost"),
        _ => false,
    };
    if own && !loaded && matches!(url.path(), "" | "/") { Verdict::Allow } else { Verdict::Deny }
}

/// `17.3`: the third link of message 17.
fn link(text: &str) -> Option<(MessageId, u32)> {
    let (id, number) = text.split_once('.')?;
    Some((MessageId(id.parse().ok()?), number.parse().ok()?))
}

/// Judges the window's navigations.
pub(crate) struct Gate {
    loaded: AtomicBool,
}

impl Gate {
    pub(crate) const fn new() -> Self {
        Self { loaded: AtomicBool::new(false) }
    }

    /// The first page has loaded.
    pub(crate) fn close(&self) {
        self.loaded.store(true, Ordering::Relaxed);
    }

    /// Whether the window may go there; a mail's link is opened in the browser instead.
    pub(crate) fn allows(&self, app: &AppHandle, url: &Url) -> bool {
        match judge(url, self.loaded.load(Ordering::Relaxed)) {
            Verdict::Allow => true,
            Verdict::Deny => false,
            Verdict::Open(id, number) => {
                let app = app.clone();
                tauri::async_runtime::spawn(async move { open(&app, id, number).await });
                false
            }
        }
    }
}

async fn open(app: &AppHandle, id: MessageId, number: u32) {
    let Ok(engine) = app.state::<Shell>().engine().cloned() else { return };
    if let Ok(address) = engine.link(id, number).await
        && let Err(error) = app.opener().open_url(address, None::<&str>)
    {
        tracing::warn!("the browser could not be opened: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_replaces_the_app() {
        let at = |text: &str, loaded| judge(&Url::parse(text).unwrap(), loaded);
        assert_eq!(at("tauri://localhost", false), Verdict::Allow);
        assert_eq!(at("tauri://localhost/", false), Verdict::Allow);
        assert_eq!(at("tauri://localhost/", true), Verdict::Deny);
        assert_eq!(at("tauri://localhost/other", false), Verdict::Deny);
        assert_eq!(at("about:srcdoc", true), Verdict::Allow);
        for hostile in [
            "about:blank",
            "https://example.com/",
            "http://tauri.localhost.example.com/",
            "file:///etc/passwd",
            "data:text/html,x",
            "javascript:alert(1)",
            "open:17",
            "open:x.y",
        ] {
            assert_eq!(at(hostile, true), Verdict::Deny, "{hostile}");
        }
        assert_eq!(at("open:17.3", true), Verdict::Open(MessageId(17), 3));
    }
}

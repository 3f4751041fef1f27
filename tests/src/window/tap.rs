//! What passes between the window and the rest of the app: every command with its answer, and every event.

use serde_json::json;

use super::Window;
use crate::programs::root;
use crate::trouble::{Doing, Outcome, Trouble};

/// A command is a `fetch` of the page; an event is a call of a listener.
const TAP: &str = r#"
const [events, done] = arguments;
const { invoke, transformCallback } = window.__TAURI_INTERNALS__;
const tapped = (window.tapped = { sent: [], received: [] });
const plain = (body) => (typeof body === "string" ? body : body ? new TextDecoder().decode(body) : "");
const fetched = window.fetch;
window.fetch = async (url, options) => {
    tapped.sent.push([decodeURIComponent(String(url)).split("/").pop(), plain(options?.body)]);
    const response = await fetched(url, options);
    tapped.received.push([String(url), await response.clone().text()]);
    return response;
};
Promise.all(events.map((event) => invoke("plugin:event|listen", {
    event,
    target: { kind: "Any" },
    handler: transformCallback((heard) => tapped.received.push([event, JSON.stringify(heard)])),
}))).then(() => done(true), (error) => done(String(error)));"#;

/// Also what the page itself holds: its source, what stands in its fields, what it stores.
const TAPPED: &str = r#"
const fields = [...document.querySelectorAll("input, textarea")].map((field) => ["a field", field.value]);
const page = [["the page", document.documentElement.outerHTML]];
const stored = [localStorage, sessionStorage].map((storage) => ["what is stored", JSON.stringify({ ...storage })]);
return { sent: window.tapped.sent, received: window.tapped.received, page: [...page, ...fields, ...stored] };"#;

/// What was heard so far: pairs of a name and a text.
#[derive(Clone, Debug, Default)]
pub struct Tapped {
    /// What the window sent: a command's name and its arguments.
    pub sent: Vec<(String, String)>,
    /// What the window was told: the answers to commands, and events.
    pub received: Vec<(String, String)>,
    /// What the page holds.
    pub page: Vec<(String, String)>,
}

impl Window {
    /// Listens from now on.
    pub fn tap(&self) -> Outcome<()> {
        let bindings = std::fs::read_to_string(root().join("ui/src/lib/bindings.ts"))?;
        let names = bindings.split("makeEvent<").skip(1).filter_map(|rest| {
            let (_, named) = rest.lines().next()?.split_once(">(\"")?;
            named.split('"').next()
        });
        let names: Vec<&str> = names.collect();
        if names.is_empty() {
            return Err(Trouble::new("no event has a name"));
        }
        let client = self.client()?;
        match self.runtime.block_on(client.execute_async(TAP, vec![json!(names)]))?.as_bool() {
            Some(true) => Ok(()),
            _ => Err(Trouble::new("the window cannot be listened to")),
        }
    }

    /// What was heard since.
    pub fn tapped(&self) -> Outcome<Tapped> {
        let tapped = self.script(TAPPED, &[])?;
        let pairs = |name: &str| -> Outcome<Vec<(String, String)>> {
            let list = tapped[name].as_array().doing("the window is not listened to")?;
            let text = |of: &serde_json::Value| of.as_str().unwrap_or_default().to_owned();
            Ok(list.iter().map(|pair| (text(&pair[0]), text(&pair[1]))).collect())
        };
        Ok(Tapped { sent: pairs("sent")?, received: pairs("received")?, page: pairs("page")? })
    }
}

//! Email settings and the wizards of connecting, as a person uses them: an account's menu, its row, the live checklist.

use std::time::Duration;

use serde_json::json;

use super::{AccountLook, Tone, Window};
use crate::trouble::{Doing, Outcome};

/// The role and name of what has the focus, as a screen reader says them.
const FOCUS: &str = r#"
const at = document.activeElement;
if (!at || at === document.body) return null;
const by = at.getAttribute("aria-labelledby")?.split(/\s+/).map(id => document.getElementById(id)?.textContent ?? "");
const labels = [...(at.labels ?? [])].map(label => label.textContent);
// What only holds others is not called by all that they say.
const own = at.matches("main, section, div, form") ? "" : at.textContent;
return [at.getAttribute("aria-label"), by?.join(" "), labels.join(" "), own]
    .find(name => name?.trim())?.replace(/\s+/g, " ").trim() ?? "";"#;

const BUTTON: &str = r#"
const rows = [...document.querySelectorAll("[data-testid=account-row]")];
const row = rows.find(row => [...row.querySelectorAll("b")].some(b => b.textContent === arguments[0]));
return [...row?.querySelectorAll("button") ?? []].find(it => it.innerText.trim() === arguments[1]) ?? null;"#;

impl Window {
    /// Chooses an item of an account's menu in Email settings.
    pub fn account_menu(&self, email: &str, item: &str) -> Outcome<()> {
        self.click("button", &format!("More for {email}"))?;
        self.click("menuitem", item)
    }

    /// Clicks a button of an account's own row in Email settings.
    pub fn click_in_account(&self, email: &str, button: &str) -> Outcome<()> {
        self.click_found(&format!("a button “{button}” in the row of {email}"), |window| {
            let found = window.script(BUTTON, &[json!(email), json!(button)])?;
            window.element(&found)
        })
    }

    /// Waits until an account is green and has been synced. A cycle may run for as long as a busy machine needs.
    pub fn wait_for_green(&self, email: &str) -> Outcome<AccountLook> {
        self.wait_for_state(email, "circle-check", Tone::Green, "Last synced", Duration::from_mins(1))
    }

    /// Waits until an account is red, and its row says `sentence`.
    pub fn wait_for_red(&self, email: &str, sentence: &str) -> Outcome<AccountLook> {
        self.wait_for_state(email, "circle-x", Tone::Red, sentence, Duration::from_mins(1))
    }

    /// The lines of the live checklist that are in this state: `todo`, `running`, `done`, `failed`, `skipped`.
    pub fn checks(&self, state: &str) -> Outcome<Vec<String>> {
        self.texts(&format!("[data-testid=checklist] > [data-state={state}] > .w > b"))
    }

    /// Waits until a line of the checklist is red, and answers the lines that are.
    pub fn wait_for_failed_check(&self) -> Outcome<Vec<String>> {
        self.until("a line of the checklist to fail", |window| Ok(!window.checks("failed")?.is_empty()))?;
        self.checks("failed")
    }

    /// The notices that an account turned red.
    pub fn red_notices(&self) -> Outcome<Vec<String>> {
        self.texts("[data-testid=turned-red]")
    }

    /// Presses Tab until what is called `name` has the focus.
    pub fn tab_to(&self, name: &str) -> Outcome<()> {
        self.until(&format!("Tab to come to “{name}”"), |window| {
            if window.focused()?.is_some_and(|now| now.contains(name)) {
                return Ok(true);
            }
            window.press("Tab")?;
            Ok(false)
        })
    }

    /// What has the focus, by its accessible name; `None`: nothing has.
    pub fn focused(&self) -> Outcome<Option<String>> {
        Ok(self.script(FOCUS, &[])?.as_str().map(str::to_owned))
    }

    /// Waits until what is called `name` has the focus.
    pub fn wait_for_focus(&self, name: &str) -> Outcome<()> {
        let mut last = None;
        let waited = self.until(&format!("the focus at “{name}”"), |window| {
            last = window.focused()?;
            Ok(last.as_ref().is_some_and(|now| now.contains(name)))
        });
        waited.doing(&format!("the focus is at {last:?}"))
    }

    /// Types over what stands where the focus is.
    pub fn type_over(&self, text: &str) -> Outcome<()> {
        self.press("Control+a")?;
        self.type_text(text)
    }

    /// Types where the focus is.
    pub fn type_text(&self, text: &str) -> Outcome<()> {
        let client = self.client()?;
        Ok(self.runtime.block_on(async { client.active_element().await?.send_keys(text).await })?)
    }

    /// Clicks what has this `data-testid`, for the few things whose name many share.
    pub fn click_id(&self, id: &str) -> Outcome<()> {
        let selector = format!("[data-testid={id}]");
        let what = format!("{selector} that can be clicked");
        self.until(&what, |window| {
            let client = window.client()?;
            window
                .runtime
                .block_on(async { client.find(fantoccini::Locator::Css(&selector)).await?.click().await })?;
            Ok(true)
        })
    }

    /// Whether something with this `data-testid` can be seen.
    pub fn shows(&self, id: &str) -> Outcome<bool> {
        let script =
            "return !!document.querySelector(`[data-testid=\"${arguments[0]}\"]`)?.getClientRects().length";
        Ok(self.script(script, &[json!(id)])?.as_bool() == Some(true))
    }

    /// Waits until something with this `data-testid` can be seen, and answers its text.
    pub fn wait_for_id(&self, id: &str) -> Outcome<String> {
        self.until(&format!("data-testid={id}"), |window| window.shows(id))?;
        Ok(self.texts(&format!("[data-testid=\"{id}\"]"))?.into_iter().next().unwrap_or_default())
    }
}

//! What a person sees of the things that have no text alone: an account's state, an opened mail.

use std::path::Path;
use std::time::Duration;

use fantoccini::Locator;
use serde_json::json;

use super::Window;
use crate::trouble::{Outcome, Trouble};

const ACCOUNT: &str = r#"
const rows = [...document.querySelectorAll("[data-testid=account-row]")];
const row = rows.find(row => [...row.querySelectorAll("b")].some(b => b.textContent === arguments[0]));
const state = row?.querySelector("[data-testid=account-state]");
if (!state) return null;
const probe = document.body.appendChild(document.createElement("i"));
const tones = Object.fromEntries(["good", "bad", "warn", "ink-2"].map(tone => {
    probe.style.color = `var(--${tone})`;
    return [getComputedStyle(probe).color, tone];
}));
probe.remove();
const icon = state.querySelector("svg");
return {
    shape: icon.getAttribute("class").match(/lucide-(?!icon)([\w-]+)/)?.[1] ?? "",
    tone: tones[getComputedStyle(icon).color] ?? "",
    words: state.innerText.replace(/\s+/g, " ").trim(),
    row: row.innerText,
};"#;

/// The page reads what it has put into its frame, which is of the same origin and runs no script.
const FRAMES: &str = r#"
return [...document.querySelectorAll("iframe")].map(frame => {
    const body = frame.contentDocument?.body;
    if (!body || frame.getBoundingClientRect().height < 10) return "";
    return body.innerText;
}).join("\n");"#;

/// What is hidden for the eye on purpose, or shortened with dots, is not cut off.
const CUT_OFF: &str = r#"
const { innerWidth, innerHeight } = window;
const told = element => `${element.localName}.${element.className?.baseVal ?? element.className} "${
    element.innerText?.trim().slice(0, 40) ?? ""}"`;
const cut = [];
for (const element of document.body.querySelectorAll("*")) {
    if (element.closest("svg, .sr, [aria-hidden=true]") || element.getClientRects().length === 0) continue;
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    if (box.width <= 1 || style.visibility !== "visible") continue;
    if (box.right > innerWidth + 1 || box.left < -1) cut.push(`beyond the window: ${told(element)}`);
    if (element.getAttribute("role") === "dialog" && (box.bottom > innerHeight + 1 || box.top < -1))
        cut.push(`higher than the window: ${told(element)}`);
    const dots = style.textOverflow === "ellipsis" || style.webkitLineClamp !== "none";
    if (style.overflowX !== "visible" && !dots && element.scrollWidth > element.clientWidth + 1
        && !["input", "textarea", "iframe"].includes(element.localName))
        cut.push(`wider than its place: ${told(element)}`);
}
return cut;"#;

/// The colour of a state's icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// All is well.
    Green,
    /// Only the person can mend it.
    Red,
    /// Something stops it.
    Amber,
    /// Nothing to worry about.
    Grey,
}

/// A theme and a size of the window.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// As Appearance calls it.
    pub theme: &'static str,
    /// Width and height in CSS pixels.
    pub size: (u32, u32),
}

/// What every screen must be fit for: by day and by night, on a laptop and in the smallest window.
pub const LOOKS: &[Look] = &[
    Look { theme: "Light", size: (1280, 880) },
    Look { theme: "Dark", size: (1280, 880) },
    Look { theme: "Light", size: (900, 600) },
    Look { theme: "Dark", size: (900, 600) },
];

impl Look {
    /// `light-1280x880`: a folder's name.
    pub fn name(&self) -> String {
        format!("{}-{}x{}", self.theme.to_lowercase(), self.size.0, self.size.1)
    }
}

/// An account's row in Email settings.
#[derive(Clone, Debug)]
pub struct AccountLook {
    /// The icon's shape, by its name in the icon set.
    pub shape: String,
    /// Its colour.
    pub tone: Tone,
    /// The state's words.
    pub words: String,
    /// All that the row says.
    pub row: String,
}

impl Window {
    /// The account's row, when Email settings are shown and no cycle runs.
    pub fn account(&self, email: &str) -> Outcome<Option<AccountLook>> {
        let seen = self.script(ACCOUNT, &[json!(email)])?;
        if seen.is_null() {
            return Ok(None);
        }
        let text = |name: &str| seen[name].as_str().unwrap_or_default().to_owned();
        let tone = match seen["tone"].as_str().unwrap_or_default() {
            "good" => Tone::Green,
            "bad" => Tone::Red,
            "warn" => Tone::Amber,
            "ink-2" => Tone::Grey,
            _ => return Err(Trouble::new(format!("the state's icon has a colour of its own: {seen}"))),
        };
        Ok(Some(AccountLook { shape: text("shape"), tone, words: text("words"), row: text("row") }))
    }

    /// Waits until the account's icon has this shape and colour and its row says `words`.
    pub fn wait_for_state(
        &self,
        email: &str,
        shape: &str,
        tone: Tone,
        words: &str,
        patience: Duration,
    ) -> Outcome<AccountLook> {
        let mut last = None;
        let what = format!("a {tone:?} {shape} that says “{words}” at {email}");
        let waited = self.until_within(patience, &what, |window| {
            last = window.account(email)?;
            let right =
                |look: &AccountLook| look.shape == shape && look.tone == tone && look.row.contains(words);
            Ok(last.as_ref().is_some_and(right))
        });
        waited.map_err(|trouble| Trouble::new(format!("{trouble}\nthe row: {last:?}")))?;
        last.ok_or_else(|| Trouble::new(what))
    }

    /// Gives the window a size, and a theme through Email settings, which are shown then.
    pub fn wear(&self, look: &Look) -> Outcome<()> {
        self.resize(look.size.0, look.size.1)?;
        self.click("button", "Settings")?;
        self.click("radio", look.theme)?;
        // It is stored first, and shown then.
        self.until(&format!("the theme {}", look.theme), |window| {
            let shown = window.script("return document.documentElement.dataset.theme ?? ''", &[])?;
            Ok(shown.as_str() == Some(look.theme.to_lowercase().as_str()))
        })
    }

    /// Takes a picture into `file`, and answers what is wrong with what is shown: breaches of the accessibility
    /// rules and what is cut off.
    pub fn inspect(&self, file: &Path) -> Outcome<Vec<String>> {
        self.screenshot(file)?;
        let mut found: Vec<String> = self.axe()?.iter().map(|breach| format!("{breach:?}")).collect();
        found.extend(self.cut_off()?);
        Ok(found)
    }

    /// What reaches beyond the window or is wider than its place, each in words; empty is right.
    pub fn cut_off(&self) -> Outcome<Vec<String>> {
        let cut = self.script(CUT_OFF, &[])?;
        Ok(cut.as_array().into_iter().flatten().filter_map(|one| one.as_str()).map(str::to_owned).collect())
    }

    /// What can be read inside the frames of the opened mails.
    pub fn mail_text(&self) -> Outcome<String> {
        Ok(self.script(FRAMES, &[])?.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until `text` can be read in an opened mail.
    pub fn wait_for_mail(&self, text: &str) -> Outcome<()> {
        self.until(&format!("a mail that says “{text}”"), |window| Ok(window.mail_text()?.contains(text)))
    }

    /// Clicks a link of the opened mail, as a person does.
    pub fn click_in_mail(&self, link: &str) -> Outcome<()> {
        let client = self.client()?;
        self.runtime.block_on(async {
            client.enter_frame(0).await?;
            let clicked = match client.find(Locator::LinkText(link)).await {
                Ok(found) => found.click().await,
                Err(error) => Err(error),
            };
            client.enter_parent_frame().await?;
            clicked
        })?;
        Ok(())
    }

    /// The visible texts of all elements that a CSS selector finds.
    pub fn texts(&self, selector: &str) -> Outcome<Vec<String>> {
        let script = "return [...document.querySelectorAll(arguments[0])].map(e => e.innerText)";
        let texts = self.script(script, &[json!(selector)])?;
        let texts = texts.as_array().cloned().unwrap_or_default();
        Ok(texts.iter().map(|text| text.as_str().unwrap_or_default().to_owned()).collect())
    }

    /// What stands in the text field with this name.
    pub fn value(&self, name: &str) -> Outcome<String> {
        let field = self.find("textbox", name)?;
        let value = self.runtime.block_on(field.prop("value"))?;
        Ok(value.unwrap_or_default())
    }
}

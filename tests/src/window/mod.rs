//! The app itself, in a real window on a display of its own, driven as a person would: by what is seen and said.
//!
//! `WebKitWebDriver` starts the app, so no other program is in between. Elements are found by their role and
//! accessible name, which is also what a screen reader finds; nothing depends on class names.

mod accounts;
mod desk;
mod display;
mod hands;
mod keys;
mod looks;
mod studio;
mod tap;

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::elements::{Element, ElementRef};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::leash::Leash;
use crate::ports::free_port;
use crate::programs::{self, root};
use crate::trouble::{Doing, Outcome, Trouble};

pub use desk::{Desk, letter};
pub use display::Display;
pub use looks::{AccountLook, LOOKS, Look, Tone};
pub use studio::{Berg, PROJECT, SinkStudio, Studio};
pub use tap::Tapped;

const FIND: &str = include_str!("find.js");
/// How long a person would wait for a screen on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(50);
/// Spinners turn for ever and are not waited for.
const SETTLE: &str = "const done = arguments[0];
    const moving = document.getAnimations().filter(it => it.effect?.getComputedTiming().endTime !== Infinity);
    Promise.allSettled(moving.map(it => it.finished))
        .then(() => requestAnimationFrame(() => requestAnimationFrame(() => done(true))));";
/// The key under which `WebDriver` hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// What to open.
pub struct WindowOptions {
    /// The program; [`WindowOptions::app`] finds the app.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Variables for its environment: a keychain's, a profile's folder.
    pub env: Vec<(String, String)>,
    /// Width and height in CSS pixels.
    pub size: (u32, u32),
    /// A page to load first; the app brings its own.
    pub page: Option<String>,
}

impl WindowOptions {
    /// The app with the profile in `data` and a keychain's environment.
    pub fn app(data: &Path, mut env: Vec<(String, String)>) -> Outcome<Self> {
        env.push(("HATSTAND_DATA_DIR".to_owned(), data.display().to_string()));
        let program = programs::built("hatstand", "HATSTAND_APP")?;
        Ok(Self { program, args: Vec::new(), env, size: (1280, 800), page: None })
    }
}

/// A breach of the accessibility rules, as axe-core tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule, such as `color-contrast`.
    pub rule: String,
    /// minor, moderate, serious, critical.
    pub impact: String,
    /// What it says.
    pub help: String,
    /// Where, as CSS selectors.
    pub places: Vec<String>,
}

/// An open window.
pub struct Window {
    client: Option<Client>,
    runtime: Runtime,
    // Ends the app too: both are in one process group.
    driver: Driver,
    display: Display,
}

struct Driver {
    child: Child,
    _leash: Leash,
    log: tempfile::NamedTempFile,
}

impl Drop for Driver {
    fn drop(&mut self) {
        programs::stop_group(&mut self.child, PATIENCE);
    }
}

impl Window {
    /// Opens the program on a display of its own and waits for its first paint.
    pub fn open(options: WindowOptions) -> Outcome<Self> {
        let display = Display::start()?;
        let port = free_port()?;
        let log = tempfile::NamedTempFile::new()?;
        let mut command = Command::new(programs::find("WebKitWebDriver")?);
        command
            .arg(format!("--port={port}"))
            .arg("--host=127.0.0.1")
            .envs(options.env)
            // Without these two creating a session never answers.
            .envs([("TAURI_AUTOMATION", "true"), ("TAURI_WEBVIEW_AUTOMATION", "true")])
            .envs([("DISPLAY", display.name()), ("GDK_BACKEND", "x11"), ("NO_AT_BRIDGE", "1")])
            .env_remove("WAYLAND_DISPLAY")
            .stdin(Stdio::null())
            .stdout(log.reopen()?)
            .stderr(log.reopen()?)
            .process_group(0);
        let child = command.spawn()?;
        let leash = Leash::tie(child.id(), None)?;
        let driver = Driver { child, _leash: leash, log };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let mut window = Self { client: None, runtime, driver, display };
        let browser = json!({ "binary": options.program, "args": options.args });
        window.client = Some(window.session(port, &browser)?);
        window.resize(options.size.0, options.size.1)?;
        if let Some(page) = &options.page {
            window.go(page)?;
        }
        // The title answers before anything is painted; an element does not.
        window.until("the first paint", |window| {
            Ok(window.script("return !!document.body && document.body.children.length > 0", &[])?.as_bool()
                == Some(true))
        })?;
        Ok(window)
    }

    fn session(&mut self, port: u16, browser: &Value) -> Outcome<Client> {
        let deadline = Instant::now() + PATIENCE;
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            if Instant::now() > deadline || self.driver.child.try_wait()?.is_some() {
                return Err(Trouble::new(format!("WebKitWebDriver did not start: {}", self.log())));
            }
            std::thread::sleep(PAUSE);
        }
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let mut capabilities = serde_json::Map::new();
        capabilities.insert("webkitgtk:browserOptions".to_owned(), browser.clone());
        builder.capabilities(capabilities);
        let url = format!("http://127.0.0.1:{port}");
        let connecting = async { tokio::time::timeout(PATIENCE, builder.connect(&url)).await };
        match self.runtime.block_on(connecting) {
            Ok(Ok(client)) => Ok(client),
            Ok(Err(error)) => Err(Trouble::new(format!("the window did not open: {error}; {}", self.log()))),
            Err(_) => Err(Trouble::new(format!("the window did not open in time: {}", self.log()))),
        }
    }

    /// What the driver and the app printed.
    pub fn log(&self) -> String {
        fs::read_to_string(self.driver.log.path()).unwrap_or_default()
    }

    fn client(&self) -> Outcome<&Client> {
        self.client.as_ref().doing("the window is closed")
    }

    /// Runs JavaScript in the page; the script is a function's body.
    pub fn script(&self, script: &str, args: &[Value]) -> Outcome<Value> {
        Ok(self.runtime.block_on(self.client()?.execute(script, args.to_vec()))?)
    }

    /// Loads a page. Of use for pages of our own; the app refuses to be led away.
    pub fn go(&self, url: &str) -> Outcome<()> {
        Ok(self.runtime.block_on(self.client()?.goto(url))?)
    }

    /// The visible elements with this role whose accessible name contains `name`, whatever its case.
    pub fn all(&self, role: &str, name: &str) -> Outcome<Vec<Element>> {
        self.found(&[json!(role), json!(name)])
    }

    fn found(&self, args: &[Value]) -> Outcome<Vec<Element>> {
        let found = self.script(FIND, args)?;
        let elements = found.as_array().into_iter().flatten();
        elements.filter_map(|element| self.element(element).transpose()).collect()
    }

    /// What a script answered, if that was an element.
    fn element(&self, answered: &Value) -> Outcome<Option<Element>> {
        let Some(id) = answered[ELEMENT].as_str() else { return Ok(None) };
        let reference = ElementRef::from(id.to_owned());
        Ok(Some(Element::from_element_id(self.client()?.clone(), reference)))
    }

    /// The first such element, as soon as there is one.
    pub fn find(&self, role: &str, name: &str) -> Outcome<Element> {
        let mut found = None;
        self.until(&format!("a {role} named “{name}”"), |window| {
            found = window.all(role, name)?.into_iter().next();
            Ok(found.is_some())
        })?;
        found.doing("finding an element")
    }

    /// Clicks it. Waits for it first, and tries again while something moves over it.
    pub fn click(&self, role: &str, name: &str) -> Outcome<()> {
        let what = format!("a {role} named “{name}”");
        self.click_found(&what, |window| Ok(window.all(role, name)?.into_iter().next()))
    }

    /// Clicks an element that stands in another, such as a button of a row.
    pub fn click_in(&self, outer: &str, outer_name: &str, role: &str, name: &str) -> Outcome<()> {
        let what = format!("a {role} named “{name}” in the {outer} “{outer_name}”");
        self.click_found(&what, |window| {
            let Some(outer) = window.all(outer, outer_name)?.into_iter().next() else { return Ok(None) };
            let args = [json!(role), json!(name), serde_json::to_value(outer)?];
            Ok(window.found(&args)?.into_iter().next())
        })
    }

    fn click_found(
        &self,
        what: &str,
        mut find: impl FnMut(&Self) -> Outcome<Option<Element>>,
    ) -> Outcome<()> {
        let mut last = String::new();
        let clicked = self.until(&format!("{what} that can be clicked"), |window| {
            let Some(element) = find(window)? else { return Ok(false) };
            // A click on what still moves can miss it.
            window.settle()?;
            match window.runtime.block_on(element.click()) {
                Ok(()) => Ok(true),
                Err(error) => {
                    last = error.to_string();
                    Ok(false)
                }
            }
        });
        clicked.map_err(|trouble| Trouble::new(format!("{trouble} {last}")))
    }

    /// Replaces what stands in the text field with this name.
    pub fn fill(&self, name: &str, text: &str) -> Outcome<()> {
        let element = self.find("textbox", name)?;
        self.runtime.block_on(async {
            element.clear().await?;
            element.send_keys(text).await
        })?;
        Ok(())
    }

    /// Presses keys where the focus is, such as `Control+k`, `Escape`, `ArrowDown`, or `a`.
    pub fn press(&self, chord: &str) -> Outcome<()> {
        let actions = keys::chord(chord)?;
        Ok(self.runtime.block_on(self.client()?.perform_actions(actions))?)
    }

    /// The text that can be seen, in all of the window.
    pub fn text(&self) -> Outcome<String> {
        let text = self.script("return document.body ? document.body.innerText : ''", &[])?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until `text` can be seen.
    pub fn wait_for(&self, text: &str) -> Outcome<()> {
        self.until(&format!("the text “{text}”"), |window| Ok(window.text()?.contains(text)))
    }

    /// Waits until `text` can no longer be seen.
    pub fn wait_gone(&self, text: &str) -> Outcome<()> {
        self.until(&format!("the text “{text}” to go"), |window| Ok(!window.text()?.contains(text)))
    }

    /// Waits until `done`, and otherwise says what the window showed instead.
    pub fn until(&self, what: &str, done: impl FnMut(&Self) -> Outcome<bool>) -> Outcome<()> {
        self.until_within(PATIENCE, what, done)
    }

    /// As [`until`](Self::until), for what may take longer than a screen does.
    pub fn until_within(
        &self,
        patience: Duration,
        what: &str,
        mut done: impl FnMut(&Self) -> Outcome<bool>,
    ) -> Outcome<()> {
        let deadline = Instant::now() + patience;
        loop {
            let looked = done(self);
            if let Ok(true) = looked {
                return Ok(());
            }
            if Instant::now() > deadline {
                let error = looked.err().map(|trouble| format!("{trouble}; ")).unwrap_or_default();
                let shown = self.text().unwrap_or_default();
                return Err(Trouble::new(format!(
                    "waited in vain for {what}; {error}the window shows:\n{shown}"
                )));
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Waits until the window stands still: what the page says is painted a frame or two later, and what moves is
    /// not yet where it will be.
    fn settle(&self) -> Outcome<()> {
        self.runtime.block_on(self.client()?.execute_async(SETTLE, Vec::new()))?;
        Ok(())
    }

    /// Writes a picture of the window to `file`, PNG, once it stands still.
    pub fn screenshot(&self, file: &Path) -> Outcome<()> {
        self.settle()?;
        let png = self.runtime.block_on(self.client()?.screenshot())?;
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(fs::write(file, png)?)
    }

    /// Gives the window a size in CSS pixels.
    pub fn resize(&self, width: u32, height: u32) -> Outcome<()> {
        Ok(self.runtime.block_on(self.client()?.set_window_size(width, height))?)
    }

    /// Whether anything reaches beyond the window's right edge.
    pub fn overflows(&self) -> Outcome<bool> {
        let wide = "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
        Ok(self.script(wide, &[])?.as_bool() == Some(true))
    }

    /// Checks what is shown with axe-core, which `npm ci` in `ui/` brings.
    pub fn axe(&self) -> Outcome<Vec<Violation>> {
        let file = root().join("ui/node_modules/axe-core/axe.min.js");
        let source = fs::read_to_string(&file).doing("reading axe-core (npm ci in ui/ brings it)")?;
        if self.script("return typeof window.axe", &[])? != "object" {
            self.script(&source, &[])?;
        }
        // What fades in has the wrong contrast for a moment.
        self.settle()?;
        let run = "const done = arguments[arguments.length - 1];
            window.axe.run(document, { resultTypes: ['violations'] })
                .then(result => done(result.violations), error => done(String(error)));";
        let result = self.runtime.block_on(self.client()?.execute_async(run, Vec::new()))?;
        let list = result.as_array().doing(&format!("axe-core answered {result}"))?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let violation = |found: &Value| Violation {
            rule: text(&found["id"]),
            impact: text(&found["impact"]),
            help: text(&found["help"]),
            places: found["nodes"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|node| node["target"].to_string())
                .collect(),
        };
        Ok(list.iter().map(violation).collect())
    }

    /// The element that a CSS selector finds, for the few things without a role.
    pub fn css(&self, selector: &str) -> Outcome<Element> {
        Ok(self.runtime.block_on(self.client()?.find(Locator::Css(selector)))?)
    }

    /// Closes the window and waits until the app has ended.
    pub fn close(mut self) -> Outcome<()> {
        match self.client.take() {
            Some(client) => Ok(self.runtime.block_on(client.close())?),
            None => Ok(()),
        }
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            // The driver asks the app to end; if it does not, the group's end does.
            let _ = self
                .runtime
                .block_on(async { tokio::time::timeout(Duration::from_secs(5), client.close()).await });
        }
    }
}

#[cfg(test)]
mod tests;

//! Settings of the profile.

use super::{Engine, Topic};
use crate::model::Refusal;
use crate::store::meta;
use serde::{Deserialize, Serialize};

/// Light or dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the system.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// What the user can set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
pub struct Settings {
    /// "Show emails on the dashboard".
    pub show_mail_on_dashboard: bool,
    /// Minutes between cycles, 1 to 30.
    pub cycle_minutes: u32,
    /// Seconds in which a mail can be taken back after Send: 0, 5, 10, 20 or 30.
    pub undo_seconds: u32,
    /// Appearance.
    pub theme: Theme,
}

impl Default for Settings {
    fn default() -> Self {
        Self { show_mail_on_dashboard: true, cycle_minutes: 10, undo_seconds: 10, theme: Theme::System }
    }
}

/// What was stored by an older version lacks what came later.
fn over_defaults(stored: &str) -> Option<Settings> {
    let mut value = serde_json::to_value(Settings::default()).ok()?;
    let stored: serde_json::Map<String, serde_json::Value> = serde_json::from_str(stored).ok()?;
    value.as_object_mut()?.extend(stored);
    serde_json::from_value(value).ok()
}

const KEY: &str = "settings";

impl Engine {
    /// The settings.
    pub async fn settings(&self) -> Result<Settings, Refusal> {
        let stored = self.read(|db| meta::get(db, KEY)).await?;
        Ok(stored.and_then(|text| over_defaults(&text)).unwrap_or_default())
    }

    /// Stores the settings; the interval is kept between 1 and 30 minutes.
    pub async fn set_settings(&self, settings: Settings) -> Result<(), Refusal> {
        let settings = Settings {
            cycle_minutes: settings.cycle_minutes.clamp(1, 30),
            undo_seconds: settings.undo_seconds.min(30),
            ..settings
        };
        self.write(move |tx| meta::set(tx, KEY, &serde_json::to_string(&settings)?)).await?;
        self.tell(Topic::Settings);
        self.tell(Topic::Messages);
        Ok(())
    }

    /// Milliseconds between cycles.
    pub(super) async fn interval_ms(&self) -> i64 {
        i64::from(self.settings().await.unwrap_or_default().cycle_minutes) * 60_000
    }
}

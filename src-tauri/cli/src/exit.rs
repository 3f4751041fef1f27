//! Exit codes, and how an error is said.

use crate::Output;
use hatstand_engine::model::{AccountState, Cause, Failure, Refusal};
use serde_json::json;

/// What the program ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Code {
    /// Done.
    Done = 0,
    /// Anything else.
    Failed = 1,
    /// Bad input, or not found.
    Refused = 3,
    /// Needs reconnecting.
    NeedsReconnecting = 4,
    /// Unreachable.
    Unreachable = 5,
    /// Held up.
    HeldUp = 6,
    /// The app is open and syncing.
    Busy = 7,
}

impl Code {
    /// By the state that a failure leads to.
    pub(crate) const fn of_state(state: AccountState) -> Self {
        match state {
            AccountState::NeedsReconnecting => Self::NeedsReconnecting,
            AccountState::Unreachable => Self::Unreachable,
            AccountState::HeldUp => Self::HeldUp,
            AccountState::Paused | AccountState::Waiting | AccountState::Late | AccountState::Connected => {
                Self::Done
            }
        }
    }

    /// Of several accounts the worst counts: 4, 6, 5, 1.
    pub(crate) const fn rank(self) -> u8 {
        match self {
            Self::NeedsReconnecting => 5,
            Self::HeldUp => 4,
            Self::Unreachable => 3,
            Self::Busy | Self::Refused => 2,
            Self::Failed => 1,
            Self::Done => 0,
        }
    }
}

/// Why a command ended early.
#[derive(Debug)]
pub(crate) struct Stop {
    pub code: Code,
    name: String,
    sentence: String,
    server_said: Option<String>,
}

impl Stop {
    pub(crate) fn failed(words: &str) -> Self {
        Self { code: Code::Failed, name: "unknown".into(), sentence: words.to_owned(), server_said: None }
    }

    pub(crate) fn refused(name: &str, sentence: &str) -> Self {
        Self { code: Code::Refused, name: name.into(), sentence: sentence.to_owned(), server_said: None }
    }

    /// To standard error: a sentence, or with `--json` an object.
    pub(crate) fn print(&self, output: Output) {
        if output == Output::Json {
            let error =
                json!({"code": self.name, "sentence": self.sentence, "server_said": self.server_said});
            eprintln!("{}", json!({ "error": error }));
        } else {
            eprintln!("{}", self.sentence);
            if let Some(words) = &self.server_said {
                eprintln!("  {words}");
            }
        }
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        let code = match Cause::from_code(&refusal.code) {
            Some(cause) => cause.state().map_or(Code::Failed, Code::of_state),
            None if refusal.code == "busy" => Code::Busy,
            None => Code::Refused,
        };
        Self { code, name: refusal.code, sentence: refusal.sentence, server_said: refusal.server_said }
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::from(Refusal::from(failure))
    }
}

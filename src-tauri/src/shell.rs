//! What every command reaches for.

use hatstand_engine::Engine;
use hatstand_engine::model::Refusal;

/// The engine, or why there is none: the window opens all the same and says so.
pub(crate) struct Shell {
    engine: Result<Engine, Refusal>,
}

impl Shell {
    pub(crate) const fn new(engine: Result<Engine, Refusal>) -> Self {
        Self { engine }
    }

    /// The engine, or the refusal that every command then answers with.
    pub(crate) fn engine(&self) -> Result<&Engine, Refusal> {
        self.engine.as_ref().map_err(Clone::clone)
    }
}

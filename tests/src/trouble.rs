//! The one error of the rig: a sentence and the place where it arose.

use std::fmt;
use std::panic::Location;

/// What went wrong in the rig, and where. Made from any error by `?`.
pub struct Trouble {
    sentence: String,
    place: &'static Location<'static>,
}

/// What the rig's functions answer.
pub type Outcome<T> = Result<T, Trouble>;

impl Trouble {
    /// A trouble told in own words.
    #[track_caller]
    pub fn new(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), place: Location::caller() }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl fmt::Debug for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}:{})", self.sentence, self.place.file(), self.place.line())
    }
}

// `Trouble` itself is no `std::error::Error`: otherwise this could not stand beside the reflexive `From`.
impl<E: std::error::Error> From<E> for Trouble {
    #[track_caller]
    fn from(error: E) -> Self {
        Self::new(error.to_string())
    }
}

/// Says what was being done when something failed.
pub trait Doing<T> {
    /// Puts `what` before the error's own sentence.
    #[track_caller]
    fn doing(self, what: &str) -> Outcome<T>;
}

impl<T, E: fmt::Display> Doing<T> for Result<T, E> {
    #[track_caller]
    fn doing(self, what: &str) -> Outcome<T> {
        // `map_err` with a closure would lose the caller's place.
        match self {
            Ok(value) => Ok(value),
            Err(error) => Err(Trouble::new(format!("{what}: {error}"))),
        }
    }
}

impl<T> Doing<T> for Option<T> {
    #[track_caller]
    fn doing(self, what: &str) -> Outcome<T> {
        match self {
            Some(value) => Ok(value),
            None => Err(Trouble::new(format!("{what}: nothing there"))),
        }
    }
}

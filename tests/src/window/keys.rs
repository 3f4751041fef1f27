//! Chords of keys, as people write them, in `WebDriver`'s code points.

use fantoccini::actions::{InputSource, KeyAction, KeyActions};

use crate::trouble::{Outcome, Trouble};

/// `Control+Shift+k`: all are pressed in order, and let go the other way round.
pub fn chord(text: &str) -> Outcome<KeyActions> {
    let keys = text.split('+').map(key).collect::<Outcome<Vec<char>>>()?;
    let mut actions = KeyActions::new("keyboard".to_owned());
    for key in &keys {
        actions = actions.then(KeyAction::Down { value: *key });
    }
    for key in keys.iter().rev() {
        actions = actions.then(KeyAction::Up { value: *key });
    }
    Ok(actions)
}

/// `WebDriver`, section 17.4.2: the normalised keys' code points.
fn key(name: &str) -> Outcome<char> {
    let mut characters = name.chars();
    if let (Some(single), None) = (characters.next(), characters.next()) {
        return Ok(single);
    }
    Ok(match name {
        "Backspace" => '\u{e003}',
        "Tab" => '\u{e004}',
        "Enter" => '\u{e007}',
        "Shift" => '\u{e008}',
        "Control" => '\u{e009}',
        "Alt" => '\u{e00a}',
        "Escape" => '\u{e00c}',
        "Space" => ' ',
        "PageUp" => '\u{e00e}',
        "PageDown" => '\u{e00f}',
        "End" => '\u{e010}',
        "Home" => '\u{e011}',
        "ArrowLeft" => '\u{e012}',
        "ArrowUp" => '\u{e013}',
        "ArrowRight" => '\u{e014}',
        "ArrowDown" => '\u{e015}',
        "Delete" => '\u{e017}',
        "F1" => '\u{e031}',
        _ => return Err(Trouble::new(format!("no key is called {name}"))),
    })
}

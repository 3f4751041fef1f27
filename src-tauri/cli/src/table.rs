//! Tables for people.

use crate::Output;
use serde_json::Value;
use std::io::Write;

/// Prints a list: an array with `--json`, else a table. Each row is its JSON and its cells.
pub(crate) fn list(output: Output, head: &[&str], rows: Vec<(Value, Vec<String>)>) {
    if output == Output::Json {
        say(&Value::Array(rows.into_iter().map(|(value, _)| value).collect()).to_string());
        return;
    }
    let cells: Vec<Vec<String>> = rows.into_iter().map(|(_, cells)| cells).collect();
    print(head, &cells);
}

/// Prints one thing: an object with `--json`, else its names and values.
pub(crate) fn one(output: Output, value: &Value) {
    if output == Output::Json {
        say(&value.to_string());
        return;
    }
    let Value::Object(fields) = value else { return };
    let width = fields.keys().map(String::len).max().unwrap_or(0);
    for (name, value) in fields {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => safe(text),
            other => other.to_string(),
        };
        say(&format!("{name:width$}  {text}"));
    }
}

/// Prints a line. A reader that has seen enough (`| head`) ends the program, quietly.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// Words of a stranger may hold escape sequences: on a terminal they are dropped.
pub(crate) fn safe(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn print(head: &[&str], rows: &[Vec<String>]) {
    const WIDEST: usize = 60;
    let cut = |cell: &str| -> String {
        let cell = safe(cell);
        if cell.chars().count() > WIDEST {
            cell.chars().take(WIDEST - 1).chain(['…']).collect()
        } else {
            cell
        }
    };
    let cells: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| cut(cell)).collect()).collect();
    let width = |column: usize| {
        let widest = cells.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
        widest.unwrap_or(0).max(head.get(column).map_or(0, |name| name.len()))
    };
    let line = |row: &mut dyn Iterator<Item = &str>| {
        let mut text = String::new();
        for (column, cell) in row.enumerate() {
            text.push_str(cell);
            text.extend(std::iter::repeat_n(' ', (width(column) + 2).saturating_sub(cell.chars().count())));
        }
        say(text.trim_end());
    };
    line(&mut head.iter().copied());
    for row in &cells {
        line(&mut row.iter().map(String::as_str));
    }
}

//! The first words of a mail that its author wrote: without quotes, the line above them, and signatures.

/// How much a list shows.
const LENGTH: usize = 140;

/// About 140 characters of new text, white space folded. Of a mail that only quotes, the quote.
pub(super) fn preview(text: &str) -> String {
    let new = folded(new_lines(text).into_iter());
    if new.is_empty() { folded(text.lines().map(unquoted)) } else { new }
}

/// The lines up to the signature or the mail that is being answered, quoted lines left out.
fn new_lines(text: &str) -> Vec<&str> {
    let mut kept: Vec<&str> = Vec::new();
    let mut length = 0;
    for line in text.lines() {
        let trimmed = line.trim();
        if line.trim_end_matches('\r') == "-- " || trimmed == "--" || begins_an_old_mail(trimmed) {
            break;
        }
        if trimmed.starts_with('>') {
            // The line above, as far as it says who wrote this ("On Monday Anna wrote:"), belongs to it.
            while kept.last().is_some_and(|last| last.trim().is_empty()) {
                kept.pop();
            }
            if kept.last().is_some_and(|last| last.trim().ends_with(':')) {
                kept.pop();
                // Long ones are wrapped: "On Monday, 2 March 2026 at 10:12, Anna <anna@…>" / "wrote:".
                if kept.last().is_some_and(|last| is_attribution_start(last.trim())) {
                    kept.pop();
                }
            }
            continue;
        }
        length += trimmed.len();
        kept.push(line);
        // Enough, with room for what later quotes may take away.
        if length > 20 * LENGTH {
            break;
        }
    }
    kept
}

fn is_attribution_start(line: &str) -> bool {
    const BEGINNINGS: [&str; 8] = ["On ", "Am ", "Le ", "El ", "Il ", "Op ", "Em ", "Den "];
    BEGINNINGS.iter().any(|b| line.starts_with(b)) && line.chars().any(|c| c.is_ascii_digit())
}

/// "-----Original Message-----" and its kind, and the rule that Outlook draws.
fn begins_an_old_mail(line: &str) -> bool {
    let dashes = line.starts_with("-----") && line.ends_with("-----") && line.contains(char::is_alphabetic);
    dashes || (line.len() >= 32 && line.chars().all(|c| c == '_'))
}

fn unquoted(line: &str) -> &str {
    line.trim_start_matches(['>', ' '])
}

/// White space folded, invisible characters out, cut at [`LENGTH`] characters, at a word where one is near.
fn folded<'t>(lines: impl Iterator<Item = &'t str>) -> String {
    let mut out = String::new();
    let mut count = 0;
    for word in lines.flat_map(str::split_whitespace) {
        let word: String = word.chars().filter(|&c| !is_invisible(c)).collect();
        if word.is_empty() {
            continue;
        }
        let length = word.chars().count();
        let room = LENGTH.saturating_sub(count);
        if length + usize::from(count > 0) > room {
            if room > 30 {
                if count > 0 {
                    out.push(' ');
                }
                out.extend(word.chars().take(room - 1));
            }
            if !out.is_empty() {
                out.push('…');
            }
            break;
        }
        if count > 0 {
            out.push(' ');
            count += 1;
        }
        out.push_str(&word);
        count += length;
    }
    out
}

/// What newsletters fill their hidden first line with, and what reorders letters. The joiner of emoji stays.
fn is_invisible(c: char) -> bool {
    super::words::deceives(c) || c.is_control() || matches!(c, '\u{200c}' | '\u{34f}' | '\u{ad}')
}

#[cfg(test)]
mod tests {
    use super::preview;

    #[test]
    fn new_words_first() {
        for (text, shown) in [
            ("Dear Jo,\r\n\r\n  thank you.\r\n", "Dear Jo, thank you."),
            ("Yes!\n\nOn 1 Mar 2026, Anna wrote:\n> Are you there?\n> A", "Yes!"),
            ("Yes!\n\nOn Sun, 1 Mar 2026 at 10:00, Anna Meyer <a@x>\nwrote:\n\n> Are you there?", "Yes!"),
            ("> Are you there?\nYes.", "Yes."),
            ("Hi\n-- \nAnna\nPhotographer", "Hi"),
            ("Hi\n-----Original Message-----\nFrom: x", "Hi"),
            ("Hi\n________________________________\nVon: x", "Hi"),
            ("> only a\n>> quote", "only a quote"),
            ("", ""),
            ("a\u{200b}\u{200c}\u{34f} \u{200c} b", "a b"),
        ] {
            assert_eq!(preview(text), shown, "{text:?}");
        }
    }

    #[test]
    fn long_texts_are_cut() {
        let shown = preview(&"word ".repeat(10_000));
        assert!(shown.chars().count() <= 141 && shown.ends_with("word…"), "{shown}");
        let shown = preview(&"字".repeat(10_000));
        assert_eq!(shown.chars().count(), 140);
    }
}

//! Plain text for the same frame that shows HTML: quotes and the signature marked, links found.

use super::html::{CleanHtml, Links, escape_into};
use crate::model::Address;

/// Quotes inside one another that are drawn.
const MAX_QUOTES: usize = 15;

/// Text as HTML for the message frame, with links written as [`super::clean`] writes them.
pub fn text_to_html(text: &str) -> CleanHtml {
    let mut writer = Writer::default();
    for line in text.lines() {
        writer.line(line);
    }
    writer.depth_to(0);
    writer.end_run();
    CleanHtml { html: writer.out, links: writer.links.addresses, ..CleanHtml::default() }
}

#[derive(Default)]
struct Writer {
    out: String,
    links: Links,
    /// Quotes that are open.
    depth: usize,
    /// Inside the element that keeps line ends.
    run: bool,
    /// That element is the signature.
    signature: bool,
}

impl Writer {
    fn line(&mut self, line: &str) {
        let (depth, text) = quote_depth(line);
        if depth != self.depth {
            self.depth_to(depth);
        }
        let begins_signature = matches!(text.trim_end_matches('\r'), "-- ");
        if begins_signature && !self.signature {
            self.end_run();
            self.signature = true;
        }
        if self.run {
            self.out.push('\n');
        } else {
            self.out.push_str(if self.signature {
                "<div style=\"white-space:pre-wrap;opacity:0.6\">"
            } else {
                "<div style=\"white-space:pre-wrap\">"
            });
            self.run = true;
        }
        self.words(text);
    }

    fn depth_to(&mut self, depth: usize) {
        self.end_run();
        while self.depth > depth {
            self.out.push_str("</blockquote>");
            self.depth -= 1;
        }
        while self.depth < depth {
            self.out.push_str("<blockquote>");
            self.depth += 1;
        }
    }

    fn end_run(&mut self) {
        if std::mem::take(&mut self.run) {
            self.out.push_str("</div>");
        }
        self.signature = false;
    }

    /// The text of a line, white space kept, with its links.
    fn words(&mut self, text: &str) {
        for piece in text.split_inclusive(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"')) {
            let end = piece.char_indices().next_back().map_or(0, |(at, _)| at);
            let (word, last) = piece.split_at(end);
            // The last piece of a line may end without a separator.
            if last.starts_with(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"')) {
                self.word(word);
                escape_into(last, &mut self.out);
            } else {
                self.word(piece);
            }
        }
    }

    fn word(&mut self, word: &str) {
        if let Some((from, to, href)) = link_in(word)
            && let Some(attributes) = self.links.attributes(&href)
        {
            escape_into(word.get(..from).unwrap_or_default(), &mut self.out);
            self.out.push_str("<a");
            self.out.push_str(&attributes);
            self.out.push('>');
            escape_into(word.get(from..to).unwrap_or_default(), &mut self.out);
            self.out.push_str("</a>");
            escape_into(word.get(to..).unwrap_or_default(), &mut self.out);
        } else {
            escape_into(word, &mut self.out);
        }
    }
}

/// How deep a line is quoted, and what stands behind the marks.
fn quote_depth(line: &str) -> (usize, &str) {
    let mut depth = 0;
    let mut rest = line;
    while let Some(after) = rest.strip_prefix('>').or_else(|| {
        // "> > text": a space between marks, but not before the first.
        (depth > 0).then(|| rest.strip_prefix(" >")).flatten()
    }) {
        depth += 1;
        rest = after;
        if depth == MAX_QUOTES {
            break;
        }
    }
    (depth, if depth > 0 { rest.strip_prefix(' ').unwrap_or(rest) } else { rest })
}

/// The one link of a word: where it stands, and its address. Brackets and punctuation around it are text.
fn link_in(word: &str) -> Option<(usize, usize, String)> {
    if word.len() < 6 || !word.contains([':', '@', '.']) {
        return None;
    }
    // ASCII alone is folded, so that places in one are places in the other.
    let lower = word.to_ascii_lowercase();
    for start in ["https://", "http://", "mailto:", "www."] {
        let Some(from) = lower.find(start) else { continue };
        let before = word.get(..from).and_then(|head| head.chars().next_back());
        if before.is_some_and(char::is_alphanumeric) {
            continue;
        }
        let to = from + trimmed(word.get(from..)?);
        let found = word.get(from..to)?;
        let rest = found.get(start.len()..).unwrap_or_default();
        let good = match start {
            "mailto:" => Address::parse(rest.split('?').next().unwrap_or_default()).is_ok(),
            "www." => rest.contains('.') && rest.starts_with(char::is_alphanumeric),
            _ => rest.starts_with(|c: char| c.is_alphanumeric() || c == '['),
        };
        if good {
            return Some((from, to, found.to_owned()));
        }
    }
    if word.contains('@') && word.len() <= 300 {
        let from = word.find(|c: char| c.is_alphanumeric() || c == '_')?;
        let to = from + trimmed(word.get(from..)?);
        let found = word.get(from..to)?;
        if found.is_ascii() && Address::parse(found).is_ok() {
            return Some((from, to, format!("mailto:{found}")));
        }
    }
    None
}

/// The length of a link without the punctuation of the sentence around it. A closing bracket belongs to the
/// link when it was opened in it.
fn trimmed(link: &str) -> usize {
    let mut link = link;
    let opened =
        |link: &str, open: char, close: char| link.matches(open).count() >= link.matches(close).count();
    // A word with thousands of brackets at its end is no link; the bound keeps the counting linear.
    for _ in 0..20 {
        let Some(last) = link.chars().next_back() else { break };
        let keep = match last {
            ')' => opened(link, '(', ')'),
            ']' => opened(link, '[', ']'),
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '}' | '…' | '“' | '”' | '’' | '»' => {
                false
            }
            _ => true,
        };
        if keep {
            break;
        }
        link = link.get(..link.len() - last.len_utf8()).unwrap_or_default();
    }
    link.len()
}

#[cfg(test)]
mod tests {
    use super::text_to_html;

    const RUN: &str = "<div style=\"white-space:pre-wrap\">";

    #[test]
    fn text_quotes_and_signature() {
        for (text, html) in [
            ("a < b & c", format!("{RUN}a &lt; b &amp; c</div>")),
            ("one\n  two", format!("{RUN}one\n  two</div>")),
            (
                "yes\n> old\n>> older\n\nme",
                format!(
                    "{RUN}yes</div><blockquote>{RUN}old</div><blockquote>{RUN}older</div></blockquote></blockquote>\
                     {RUN}\nme</div>"
                ),
            ),
            (
                "hi\n-- \nAnna",
                format!("{RUN}hi</div><div style=\"white-space:pre-wrap;opacity:0.6\">-- \nAnna</div>"),
            ),
            ("<script>alert(1)</script>", format!("{RUN}&lt;script&gt;alert(1)&lt;/script&gt;</div>")),
            ("", String::new()),
        ] {
            assert_eq!(text_to_html(text).html, html, "{text:?}");
        }
    }

    #[test]
    fn links_are_found_with_care() {
        for (text, links) in [
            ("see https://x.example/a?b=1&c=2.", &["https://x.example/a?b=1&c=2"][..]),
            ("(https://x.example/a_(b))", &["https://x.example/a_(b)"]),
            ("<https://x.example>, www.y.example!", &["https://x.example/", "http://www.y.example/"]),
            ("write to anna@studio.example.", &["mailto:anna@studio.example"]),
            ("mailto:anna@studio.example", &["mailto:anna@studio.example"]),
            ("**https://x.example/**", &["https://x.example/"]),
            ("javascript:alert(1) file:///etc/passwd data:x", &[]),
            ("http:// https://[::1/x www. a@b @anna x@", &[]),
            ("e.g. 12:30 and.so.on", &[]),
        ] {
            assert_eq!(text_to_html(text).links, links, "{text:?}");
        }
        assert_eq!(
            text_to_html("x https://a.example y").html,
            format!(
                "{RUN}x <a href=\"open:0\" target=\"_top\" title=\"https://a.example/\">https://a.example</a> y</div>"
            )
        );
    }

    #[test]
    fn deep_quotes_and_long_words_cost_little() {
        let deep = ">".repeat(100_000) + " x";
        assert!(text_to_html(&deep).html.matches("<blockquote>").count() <= 15);
        let long = format!("https://x.example/{}", ")".repeat(500_000));
        let _ = text_to_html(&long);
    }
}

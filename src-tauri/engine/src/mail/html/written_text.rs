//! The plain form of what was written.

use super::tokens::{Token, Tokens};
use super::{entities, escape_into, html_to_text};

/// Cleaned HTML as the text that goes out beside it: links with their addresses behind them, the signature below
/// `-- ` (RFC 3676, 4.3), quotes behind `> ` without gaps.
pub fn written_text(html: &str) -> String {
    let mut writer = Writer::default();
    for token in Tokens::new(html) {
        match token {
            Token::Text(text) => writer.text(text),
            Token::Start(tag) => {
                if is_block(&tag.name) {
                    let class = tag.attribute("class");
                    if writer.depth == 0 && tag.name == "div" && class == Some("signature") {
                        writer.finish();
                        writer.signature = true;
                    }
                    writer.depth += 1;
                }
                if tag.name == "a" {
                    writer.link = tag.attribute("href").map(|href| (href.to_owned(), String::new()));
                }
                writer.part.push_str(&format!("<{}>", tag.name));
            }
            Token::End(name) => writer.end(&name),
        }
    }
    writer.finish();
    without_gaps(&writer.out)
}

#[derive(Default)]
struct Writer {
    /// Finished text.
    out: String,
    /// HTML that is not text yet.
    part: String,
    /// The part is the signature.
    signature: bool,
    /// Blocks that are open.
    depth: usize,
    /// The link being passed: its address and its text.
    link: Option<(String, String)>,
}

impl Writer {
    fn text(&mut self, text: &str) {
        if let Some((_, shown)) = &mut self.link {
            shown.push_str(&entities::decode(text));
        }
        self.part.push_str(&text.replace('<', "&lt;"));
    }

    fn end(&mut self, name: &str) {
        if name == "a"
            && let Some((address, shown)) = self.link.take()
            && bare(&address) != bare(&shown)
        {
            let readable = ["mailto:", "tel:"].iter().find_map(|scheme| address.strip_prefix(scheme));
            self.part.push_str(" &lt;");
            escape_into(readable.unwrap_or(&address), &mut self.part);
            self.part.push_str("&gt;");
        }
        self.part.push_str(&format!("</{name}>"));
        if is_block(name) {
            self.depth = self.depth.saturating_sub(1);
            if self.depth == 0 && self.signature {
                self.finish();
            }
        }
    }

    /// Makes text of the part.
    fn finish(&mut self) {
        let signature = std::mem::take(&mut self.signature);
        let text = html_to_text(&std::mem::take(&mut self.part));
        if text.is_empty() {
            return;
        }
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        if signature && !text.starts_with("--") {
            self.out.push_str("-- \n");
        }
        self.out.push_str(&text);
    }
}

fn is_block(name: &str) -> bool {
    matches!(name, "div" | "blockquote" | "ul" | "ol" | "li")
}

/// An address without what people leave out when they write one.
fn bare(text: &str) -> String {
    let text: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')'))
        .collect::<String>()
        .to_lowercase();
    let mut text = text.as_str();
    for start in ["https://", "http://", "mailto:", "tel:", "www."] {
        text = text.strip_prefix(start).unwrap_or(text);
    }
    text.trim_end_matches('/').to_owned()
}

/// An empty line between two lines of a quote belongs to it.
fn without_gaps(text: &str) -> String {
    let depth = |line: &str| line.len() - line.trim_start_matches('>').len();
    let mut out = String::with_capacity(text.len());
    let mut before = 0;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.is_empty() {
            let marks = before.min(lines.peek().map_or(0, |next| depth(next)));
            out.extend(std::iter::repeat_n('>', marks));
        } else {
            before = depth(line);
            out.push_str(line);
        }
        out.push('\n');
    }
    out
}

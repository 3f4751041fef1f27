//! HTML as plain text: for reading, searching and previews.

use super::entities;
use super::tokens::{Tag, Token, Tokens};

/// Quote marks at the start of a line, at most.
const MAX_QUOTES: usize = 12;

/// The text of an HTML document: blocks on lines of their own, lists marked, quotes behind `> `.
pub fn html_to_text(html: &str) -> String {
    let mut writer = Writer::default();
    let mut dropped: Option<(String, u32)> = None;
    for token in Tokens::new(html) {
        match (token, &mut dropped) {
            (Token::Start(tag), Some((name, depth))) if tag.name == *name => *depth += 1,
            (Token::End(end), Some((name, depth))) if end == *name => {
                *depth -= 1;
                if *depth == 0 {
                    dropped = None;
                }
            }
            (_, Some(_)) => {}
            (Token::Text(text), None) => writer.text(&entities::decode(text)),
            (Token::Start(tag), None)
                if matches!(tag.name.as_str(), "svg" | "math" | "template" | "select") =>
            {
                dropped = Some((tag.name, 1));
            }
            (Token::Start(tag), None) => writer.start(&tag),
            (Token::End(name), None) => writer.end(&name),
        }
    }
    writer.out.truncate(writer.out.trim_end().len());
    if !writer.out.is_empty() {
        writer.out.push('\n');
    }
    writer.out
}

#[derive(Default)]
struct Writer {
    out: String,
    /// Line ends owed before the next text.
    breaks: usize,
    /// A space is owed before the next text of this line.
    space: bool,
    /// Something stands on this line.
    line_open: bool,
    quotes: usize,
    pre: usize,
    /// For each open list the number of the next item, or `None` for marks.
    lists: Vec<Option<u32>>,
}

impl Writer {
    fn text(&mut self, text: &str) {
        if self.pre > 0 {
            for (index, line) in text.split('\n').enumerate() {
                if index > 0 {
                    self.line_break();
                }
                let line = line.trim_end_matches('\r');
                if !line.is_empty() {
                    self.put(line);
                }
            }
            return;
        }
        let mut rest = text;
        loop {
            let trimmed = rest.trim_start_matches(is_space);
            if trimmed.len() < rest.len() {
                self.space = self.line_open && self.breaks == 0;
            }
            if trimmed.is_empty() {
                return;
            }
            let end = trimmed.find(is_space).unwrap_or(trimmed.len());
            let (word, after) = trimmed.split_at(end);
            self.put(word);
            rest = after;
        }
    }

    /// Writes a word, after the line ends and the space that are owed.
    fn put(&mut self, word: &str) {
        if self.breaks > 0 {
            if !self.out.is_empty() {
                for _ in 0..self.breaks {
                    self.out.push('\n');
                }
            }
            (self.breaks, self.line_open) = (0, false);
        }
        if !self.line_open {
            for _ in 0..self.quotes.min(MAX_QUOTES) {
                self.out.push('>');
            }
            if self.quotes > 0 {
                self.out.push(' ');
            }
            (self.line_open, self.space) = (true, false);
        }
        if std::mem::take(&mut self.space) {
            self.out.push(' ');
        }
        self.out.push_str(word);
    }

    /// `<br>`: one more line end, as many as are asked for.
    fn line_break(&mut self) {
        self.breaks = if self.line_open || self.breaks > 0 { (self.breaks + 1).min(3) } else { 0 };
    }

    /// The start or end of a block: on a line of its own, after `blank` empty lines.
    fn block(&mut self, blank: usize) {
        if self.line_open || self.breaks > 0 {
            self.breaks = self.breaks.max(1 + blank);
        }
    }

    fn start(&mut self, tag: &Tag) {
        match tag.name.as_str() {
            "br" => self.line_break(),
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.block(1),
            "ul" | "ol" => {
                self.block(usize::from(self.lists.is_empty()));
                if self.lists.len() < 50 {
                    let first = tag.attribute("start").and_then(|n| n.trim().parse().ok()).unwrap_or(1);
                    self.lists.push((tag.name == "ol").then_some(first));
                }
            }
            "li" => {
                self.block(0);
                match self.lists.last_mut() {
                    Some(Some(number)) => {
                        let mark = format!("{number}.");
                        *number = number.saturating_add(1);
                        self.put(&mark);
                    }
                    _ => self.put("-"),
                }
                self.space = true;
            }
            "blockquote" => {
                self.block(1);
                self.quotes += 1;
            }
            "pre" => {
                self.block(1);
                self.pre += 1;
            }
            "hr" => {
                self.block(0);
                self.put("---");
                self.block(0);
            }
            "td" | "th" => self.space |= self.line_open,
            "img" => {
                if let Some(alt) = tag.attribute("alt") {
                    self.text(alt);
                }
            }
            name if is_block(name) => self.block(0),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.block(1),
            "ul" | "ol" => {
                self.lists.pop();
                self.block(usize::from(self.lists.is_empty()));
            }
            "blockquote" => {
                self.block(1);
                self.quotes = self.quotes.saturating_sub(1);
            }
            "pre" => {
                self.pre = self.pre.saturating_sub(1);
                self.block(1);
            }
            "td" | "th" => self.space |= self.line_open,
            name if is_block(name) => self.block(0),
            _ => {}
        }
    }
}

/// White space that HTML folds; a no-break space is shown as a space.
const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{c}' | '\u{a0}')
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "div"
            | "table"
            | "tr"
            | "caption"
            | "thead"
            | "tbody"
            | "tfoot"
            | "dl"
            | "dt"
            | "dd"
            | "address"
            | "center"
            | "section"
            | "article"
            | "header"
            | "footer"
            | "main"
            | "aside"
            | "nav"
            | "figure"
            | "figcaption"
            | "form"
            | "fieldset"
            | "body"
    )
}

#[cfg(test)]
mod tests {
    use super::html_to_text;

    #[test]
    fn documents_become_text() {
        for (html, text) in [
            ("<p>Dear Jo,</p><p>thank\n you.</p>", "Dear Jo,\n\nthank you.\n"),
            ("one<br>two<br><br>three", "one\ntwo\n\nthree\n"),
            ("<div>a</div><div>b</div>", "a\nb\n"),
            ("<ul><li>x<li>y</ul><ol><li>1st<li>2nd</ol>", "- x\n- y\n\n1. 1st\n2. 2nd\n"),
            ("yes<blockquote>are you <b>there</b>?<br>A</blockquote>", "yes\n\n> are you there?\n> A\n"),
            ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</table>", "a b\nc\n"),
            ("<pre>  a\n  b</pre>", "  a\n  b\n"),
            ("<style>p{}</style><script>x</script><title>t</title>a&nbsp;&amp;&lt;b", "a &<b\n"),
            ("a<!-- <b>no</b> -->b", "ab\n"),
            ("<img alt='a cat' src=x>", "a cat\n"),
            ("1 < 2 <3", "1 < 2 <3\n"),
            ("", ""),
        ] {
            assert_eq!(html_to_text(html), text, "{html:?}");
        }
    }
}

//! HTML that is written here: what an editor hands over, signatures, templates, quoted mail.
//!
//! What comes out is simple: blocks inside blocks, and inside a block one run of text in which few elements stand,
//! each closed where it should be. So it is the same after a second cleaning.

use super::elements::{breaks_out, is_dropped_with_content};
use super::links::readable;
use super::tokens::{Tag, Token, Tokens};
use super::{entities, escape_into, html_to_text};
use ammonia::{Builder, UrlRelative};
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

#[cfg(test)]
mod tests;

/// Blocks inside one another; chains of answers nest deep.
const MAX_DEPTH: usize = 200;
/// Elements that one text comes out with; beyond them only text is kept.
const MAX_ELEMENTS: u32 = 50_000;

/// The second lock, with the same lists.
static LOCK: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut lock = Builder::empty();
    lock.tags(HashSet::from(["p", "br", "div", "b", "i", "u", "ul", "ol", "li", "a", "blockquote"]))
        .tag_attributes(HashMap::from([("a", HashSet::from(["href"]))]))
        .allowed_classes(HashMap::from([("div", HashSet::from(["signature", "quote"]))]))
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel"]))
        .url_relative(UrlRelative::Deny)
        .link_rel(None)
        .strip_comments(true);
    lock
});

/// Cleans what was written: paragraphs, breaks, bold, italic, underline, lists, links (http, https, mailto, tel),
/// quotes, and `<div class="signature">`, `<div class="quote">`. Everything else loses its tags, scripts and styles
/// their text too. Other blocks become paragraphs.
pub fn clean_written(html: &str) -> String {
    rewritten(html, true)
}

/// A received mail made ready to be quoted: `html` if it has one, else the text. No images, no styles, no forms.
pub fn quotable(html: Option<&str>, text: &str) -> String {
    // Somebody else's signature and quote are plain text here.
    let rich = html.map(|html| rewritten(html, false)).filter(|rich| !html_to_text(rich).trim().is_empty());
    rich.unwrap_or_else(|| rewritten(&from_text(text), false))
}

fn rewritten(html: &str, own: bool) -> String {
    let mut writer = Writer { own, ..Writer::default() };
    for token in Tokens::new(html) {
        match token {
            Token::Text(text) => writer.text(text),
            Token::Start(tag) => writer.start(&tag),
            Token::End(name) => writer.end(&name),
        }
    }
    writer.close_to(0);
    writer.end_run();
    LOCK.clean(&writer.out).to_string()
}

/// Plain text as HTML: an empty line parts paragraphs, `>` marks quotes.
fn from_text(text: &str) -> String {
    let mut out = String::new();
    let (mut depth, mut open) = (0, false);
    for line in text.lines() {
        let mut rest = line;
        let mut quotes = 0;
        while let Some(after) = rest.strip_prefix('>') {
            quotes += 1;
            rest = after.strip_prefix(' ').filter(|after| after.starts_with('>')).unwrap_or(after);
        }
        let quotes = quotes.min(MAX_DEPTH / 2);
        if quotes != depth || rest.trim().is_empty() {
            out.push_str(if open { "</p>" } else { "" });
            open = false;
        }
        (depth..quotes).for_each(|_| out.push_str("<blockquote>"));
        (quotes..depth).for_each(|_| out.push_str("</blockquote>"));
        depth = quotes;
        if !rest.trim().is_empty() {
            out.push_str(if open { "<br>" } else { "<p>" });
            open = true;
            escape_into(rest.strip_prefix(' ').filter(|_| depth > 0).unwrap_or(rest), &mut out);
        }
    }
    out
}

/// A block that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    Paragraph,
    /// A div of a known class.
    Named(&'static str),
    /// A div of none: only a line of its own.
    Div,
    /// Any other block: the same.
    Other,
    Quote,
    Bullets,
    Numbers,
    Item,
}

impl Block {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "p" => Self::Paragraph,
            "div" => Self::Div,
            "blockquote" => Self::Quote,
            "ul" | "menu" | "dir" => Self::Bullets,
            "ol" => Self::Numbers,
            "li" => Self::Item,
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "pre" | "table" | "tr" | "caption" | "dl" | "dt"
            | "dd" | "address" | "center" | "section" | "article" | "header" | "footer" | "main"
            | "aside" | "nav" | "figure" | "figcaption" | "form" | "fieldset" | "legend" | "details"
            | "summary" | "body" => Self::Other,
            _ => return None,
        })
    }

    /// The element it is written as; `None`: it only parts paragraphs.
    const fn element(self) -> Option<&'static str> {
        Some(match self {
            Self::Paragraph => "p",
            Self::Named(_) => "div",
            Self::Quote => "blockquote",
            Self::Bullets => "ul",
            Self::Numbers => "ol",
            Self::Item => "li",
            Self::Div | Self::Other => return None,
        })
    }

    const fn is_list(self) -> bool {
        matches!(self, Self::Bullets | Self::Numbers)
    }

    /// Both are ended by the same end tag.
    fn ends_with(self, other: Self) -> bool {
        let plain = |block| if matches!(block, Self::Named(_)) { Self::Div } else { block };
        plain(self) == plain(other)
    }
}

/// The element for a run of text.
fn inline_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "b" | "strong" => "b",
        "i" | "em" => "i",
        "u" => "u",
        "a" => "a",
        _ => return None,
    })
}

#[derive(Default)]
struct Writer {
    /// Classes are kept.
    own: bool,
    out: String,
    blocks: Vec<Block>,
    /// Start tags left out for a bound, so that their end tags close nothing else.
    left_out: [u32; 8],
    /// What the text is to be in, and what is open for it; the second is a beginning of the first.
    wanted: Vec<(&'static str, String)>,
    open: usize,
    /// Something stands in this run of text.
    run: bool,
    /// The next text begins a paragraph.
    parted: bool,
    /// `pre` elements around.
    pre: u32,
    elements: u32,
    /// Inside an element that is dropped with its content: its name and how often it is open.
    dropping: Option<(String, u32)>,
}

impl Writer {
    fn text(&mut self, text: &str) {
        if self.dropping.is_some() {
            return;
        }
        let text = entities::decode(text).replace("\r\n", "\n").replace('\r', "\n");
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 && self.pre > 0 {
                self.line_break();
            } else if index > 0 && self.run {
                self.out.push('\n');
            }
            let line = line.replace(|c: char| c.is_control() && c != '\t', "");
            if line.is_empty() || (!self.run && line.bytes().all(|b| b.is_ascii_whitespace())) {
                continue;
            }
            self.begin_run();
            escape_into(&line, &mut self.out);
        }
    }

    fn line_break(&mut self) {
        self.begin_run();
        if self.elements < MAX_ELEMENTS {
            self.elements += 1;
            self.out.push_str("<br>");
        } else {
            self.out.push(' ');
        }
    }

    /// Opens what the next text stands in.
    fn begin_run(&mut self) {
        if self.in_list() {
            self.open_block(Block::Item);
        }
        if std::mem::take(&mut self.parted) {
            self.open_block(Block::Paragraph);
        }
        for (name, attributes) in self.wanted.iter().skip(self.open) {
            if self.elements < MAX_ELEMENTS {
                // Writing to a String cannot fail.
                let _ = write!(self.out, "<{name}{attributes}>");
                self.elements += 1;
                self.open += 1;
            }
        }
        self.run = true;
    }

    /// The innermost block that is written is a list, where only items may stand.
    fn in_list(&self) -> bool {
        self.blocks.iter().rev().find(|block| block.element().is_some()).is_some_and(|block| block.is_list())
    }

    /// Closes the elements of the text until so many are open.
    fn shut_to(&mut self, length: usize) {
        for (name, _) in self.wanted.iter().take(self.open).skip(length).rev() {
            let _ = write!(self.out, "</{name}>");
        }
        self.open = self.open.min(length);
    }

    fn end_run(&mut self) {
        self.shut_to(0);
        self.run = false;
    }

    fn start(&mut self, tag: &Tag) {
        if let Some((name, depth)) = &mut self.dropping {
            if *name == tag.name {
                *depth += 1;
                return;
            }
            if name == "template" || !breaks_out(&tag.name) {
                return;
            }
            self.dropping = None;
        }
        if is_dropped_with_content(&tag.name) {
            self.dropping = Some((tag.name.clone(), 1));
            return;
        }
        if let Some(block) = Block::of(&tag.name) {
            self.start_block(block, tag);
        } else {
            match tag.name.as_str() {
                "br" => self.line_break(),
                "hr" => {
                    self.part();
                    self.parted = true;
                }
                // Cells of a row are words of a line.
                "td" | "th" if self.run => self.out.push(' '),
                name => {
                    if let Some(name) = inline_of(name) {
                        self.start_inline(name, tag);
                    }
                }
            }
        }
    }

    fn start_inline(&mut self, name: &'static str, tag: &Tag) {
        if name == "a" {
            self.end_inline("a");
        }
        if self.wanted.iter().any(|(known, _)| *known == name) {
            return;
        }
        let mut attributes = String::new();
        if name == "a" {
            let Some(address) = tag.attribute("href").and_then(readable) else { return };
            attributes.push_str(" href=\"");
            escape_into(&address, &mut attributes);
            attributes.push('"');
        }
        self.wanted.push((name, attributes));
    }

    fn end_inline(&mut self, name: &str) {
        if let Some(at) = self.wanted.iter().position(|(known, _)| *known == name) {
            self.shut_to(at);
            self.wanted.remove(at);
        }
    }

    fn start_block(&mut self, block: Block, tag: &Tag) {
        self.part();
        let block = match tag.attribute("class") {
            Some(class) if block == Block::Div && self.own => {
                let known = |name: &&str| class.split_ascii_whitespace().any(|word| word == *name);
                ["signature", "quote"].into_iter().find(known).map_or(block, Block::Named)
            }
            _ => block,
        };
        if block == Block::Item {
            self.make_room_for_item();
        } else if block.element().is_some() && !block.is_list() && self.in_list() {
            self.open_block(Block::Item);
        }
        if self.open_block(block) {
            self.pre += u32::from(tag.name == "pre");
        } else {
            if let Some(count) = self.left_out.get_mut(place(block)) {
                *count += 1;
            }
            self.parted = true;
        }
    }

    /// Ends the item before, and goes back to the list, or begins one.
    fn make_room_for_item(&mut self) {
        let list = self.blocks.iter().rposition(|block| block.is_list());
        match self.blocks.iter().rposition(|block| *block == Block::Item) {
            Some(item) if list < Some(item) => self.close_to(item),
            _ => {}
        }
        if !self.blocks.last().is_some_and(|block| block.is_list()) {
            match list {
                Some(list) => self.close_to(list + 1),
                None => _ = self.open_block(Block::Bullets),
            }
        }
    }

    /// Opens a block, unless a bound is reached.
    fn open_block(&mut self, block: Block) -> bool {
        if !self.has_room() {
            return false;
        }
        self.parted = false;
        match (block, block.element()) {
            (Block::Named(class), _) => {
                let _ = write!(self.out, "<div class=\"{class}\">");
            }
            (_, Some(name)) => {
                let _ = write!(self.out, "<{name}>");
            }
            // The first line of an item needs no paragraph.
            (_, None) => self.parted = !self.out.ends_with("<li>"),
        }
        self.elements += u32::from(block.element().is_some());
        self.blocks.push(block);
        true
    }

    fn has_room(&self) -> bool {
        self.blocks.len() < MAX_DEPTH && self.elements < MAX_ELEMENTS
    }

    /// Ends a line and its paragraph; where no other may begin, a space stands for that.
    fn part(&mut self) {
        if self.run && !self.has_room() {
            self.out.push(' ');
        }
        self.end_run();
        self.leave_paragraph();
    }

    /// A paragraph ends where another block begins.
    fn leave_paragraph(&mut self) {
        if self.blocks.last() == Some(&Block::Paragraph) {
            self.close_to(self.blocks.len() - 1);
        }
    }

    fn end(&mut self, name: &str) {
        if let Some((dropped, depth)) = &mut self.dropping {
            if dropped == name {
                *depth -= 1;
                if *depth == 0 {
                    self.dropping = None;
                }
            }
            return;
        }
        if let Some(name) = inline_of(name) {
            self.end_inline(name);
            return;
        }
        let Some(block) = Block::of(name) else {
            // Browsers read </br> as a line break.
            if name == "br" {
                self.line_break();
            }
            return;
        };
        if let Some(count) = self.left_out.get_mut(place(block)).filter(|count| **count > 0) {
            *count -= 1;
            self.part();
            self.parted = true;
            return;
        }
        self.pre = self.pre.saturating_sub(u32::from(name == "pre"));
        let list = self.blocks.iter().rposition(|b| b.is_list());
        let found = self.blocks.iter().rposition(|open| open.ends_with(block));
        match found {
            // The end of an item closes no list around it.
            Some(at) if block != Block::Item || list < Some(at) => self.close_to(at),
            _ => {}
        }
    }

    /// Closes blocks until so many are open.
    fn close_to(&mut self, length: usize) {
        while self.blocks.len() > length {
            self.end_run();
            let Some(block) = self.blocks.pop() else { return };
            match block.element() {
                Some(name) => {
                    let _ = write!(self.out, "</{name}>");
                    self.parted = false;
                }
                None => self.parted = true,
            }
        }
    }
}

/// Where starts of this block that were left out are counted.
const fn place(block: Block) -> usize {
    match block {
        Block::Paragraph => 0,
        Block::Named(_) | Block::Div => 1,
        Block::Other => 2,
        Block::Quote => 3,
        Block::Bullets => 4,
        Block::Numbers => 5,
        Block::Item => 6,
    }
}

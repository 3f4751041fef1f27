//! The allow-list that a mail's HTML passes before it is shown.
//!
//! Two locks, one behind the other. First the document is written anew from its tokens: known elements and
//! attributes only, links as numbers, images by Content-ID, tags balanced and nesting bounded, so that what
//! comes out is small and well formed whatever went in. Then ammonia parses that as a browser does and
//! applies the same lists once more; it alone would take quadratic time on some hostile documents.

use super::attributes;
use super::elements::{self, Element, Kind};
use super::links::{Links, percent_decoded};
use super::style::{PROPERTIES, is_remote};
use super::tokens::{Tag, Token, Tokens};
use super::{CleanHtml, escape_into};
use ammonia::{Builder, UrlRelative};
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// Elements inside one another. Chains of answers nest deep; `WebKit` itself stops at 512.
const MAX_DEPTH: usize = 200;
/// Formatting elements inside one another: a parser opens every unclosed one again in each block.
const MAX_FORMATTING: usize = 8;
/// Elements of one mail; beyond them only text is kept.
const MAX_ELEMENTS: u32 = 50_000;

/// Attributes that each element may have. Their values are checked where they are written.
const ATTRIBUTES: &[&str] = &[
    "align",
    "alt",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "colspan",
    "data-cid",
    "dir",
    "height",
    "href",
    "lang",
    "nowrap",
    "rowspan",
    "src",
    "start",
    "style",
    "target",
    "title",
    "type",
    "valign",
    "value",
    "width",
];

const TAGS: &[&str] = &[
    "a",
    "abbr",
    "address",
    "b",
    "bdi",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
    "var",
    "wbr",
];

/// The second lock.
static LOCK: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut lock = Builder::empty();
    lock.tags(TAGS.iter().copied().collect())
        .generic_attributes(
            ATTRIBUTES
                .iter()
                .copied()
                .filter(|a| !["href", "src", "target", "data-cid"].contains(a))
                .collect(),
        )
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href", "target"])),
            ("img", HashSet::from(["src", "data-cid"])),
        ]))
        .url_schemes(HashSet::from(["open", "data"]))
        .url_relative(UrlRelative::Deny)
        .filter_style_properties(PROPERTIES.iter().copied().collect())
        .link_rel(None)
        .strip_comments(true);
    lock
});

/// Makes HTML safe for the message frame. Linear, and bounded in depth, on any input.
pub fn clean(html: &str) -> CleanHtml {
    let mut writer = Writer::default();
    for token in Tokens::new(html) {
        match token {
            Token::Text(text) => writer.text(text),
            Token::Start(tag) => writer.start(&tag),
            Token::End(name) => writer.end(&name),
        }
    }
    writer.close_to(0);
    CleanHtml {
        html: LOCK.clean(&writer.out).to_string(),
        links: writer.links.addresses,
        remote_images: writer.remote,
        content_ids: writer.content_ids,
    }
}

#[derive(Default)]
struct Writer {
    out: String,
    stack: Vec<Element>,
    /// Indices into the stack of elements whose end tag came while a block inside them was open: they end with it.
    ended: Vec<usize>,
    /// Start tags left out for a bound, so that their end tags close nothing else.
    left_out: HashMap<&'static str, u32>,
    elements: u32,
    formatting: usize,
    links: Links,
    remote: u32,
    content_ids: Vec<String>,
    seen_ids: HashSet<String>,
    /// Inside an element that is dropped with its content: its name and how often it is open.
    dropping: Option<(String, u32)>,
}

impl Writer {
    fn text(&mut self, text: &str) {
        if self.dropping.is_some() {
            return;
        }
        if !text.trim().is_empty() {
            self.enter_cell();
        } else if self.in_table_frame() {
            return;
        }
        // Character references stay as they are; a `<` that began no tag must not begin one now.
        for piece in text.split('\0') {
            for (index, part) in piece.split('<').enumerate() {
                if index > 0 {
                    self.out.push_str("&lt;");
                }
                self.out.push_str(part);
            }
        }
    }

    fn start(&mut self, tag: &Tag) {
        if let Some((name, depth)) = &mut self.dropping {
            if tag.name == "image" {
                let source = tag.attribute("href").or_else(|| tag.attribute("xlink:href"));
                self.remote += u32::from(source.is_some_and(is_remote));
            }
            if *name == tag.name {
                *depth += 1;
                return;
            }
            if name == "template" || !elements::breaks_out(&tag.name) {
                return;
            }
            self.dropping = None;
        }
        if elements::is_dropped_with_content(&tag.name) {
            self.dropping = Some((tag.name.clone(), 1));
            return;
        }
        for name in ["background", "poster"] {
            self.remote += u32::from(tag.attribute(name).is_some_and(is_remote));
        }
        if tag.name == "input" {
            self.remote += u32::from(tag.attribute("src").is_some_and(is_remote));
        }
        let Some(element) = elements::of(&tag.name) else { return };
        self.elements += 1;
        if self.elements > MAX_ELEMENTS {
            return;
        }
        self.make_room(element);
        if !self.fits(element) {
            if element.kind != Kind::Void {
                *self.left_out.entry(element.name).or_default() += 1;
            }
            return;
        }
        self.open(element, tag);
    }

    /// Closes what the new element implies the end of, and opens what it needs around it.
    fn make_room(&mut self, element: Element) {
        match element.kind {
            Kind::Table | Kind::Block | Kind::Inline | Kind::Formatting | Kind::Void => self.enter_cell(),
            Kind::TablePart | Kind::RowGroup => self.close_inside_table(&[]),
            Kind::Row => self.close_inside_table(&["thead", "tbody", "tfoot"]),
            Kind::Cell => {
                self.close_inside_table(&["thead", "tbody", "tfoot", "tr"]);
                if self.in_table_frame() && self.stack.last().is_some_and(|e| e.name != "tr") {
                    self.open_bare("tr", Kind::Row);
                }
            }
        }
        // A paragraph ends where a block begins; left open, its end tag would make an empty one.
        let block = matches!(element.kind, Kind::Block | Kind::Table) || element.name == "hr";
        if block && self.stack.last().is_some_and(|e| e.name == "p") {
            self.close_to(self.stack.len() - 1);
        }
        match element.name {
            "p" => self.close_nearest(&["p"], |e| e.kind != Kind::Block || e.name == "p"),
            "li" => self.close_nearest(&["li"], |e| !matches!(e.name, "ul" | "ol")),
            "dt" | "dd" => self.close_nearest(&["dt", "dd"], |e| e.name != "dl"),
            "a" => self.close_nearest(&["a"], |e| matches!(e.kind, Kind::Inline | Kind::Formatting)),
            _ => {}
        }
    }

    /// Closes the nearest of `names`, looking no further than `within` holds and never out of a cell.
    fn close_nearest(&mut self, names: &[&str], within: impl Fn(&Element) -> bool) {
        let found = self
            .stack
            .iter()
            .rposition(|e| names.contains(&e.name) || e.kind == Kind::Cell || !within(e))
            .filter(|&at| self.stack.get(at).is_some_and(|e| names.contains(&e.name)));
        if let Some(at) = found {
            self.close_to(at);
        }
    }

    /// Closes everything inside the innermost table except the given frame parts.
    fn close_inside_table(&mut self, keep: &[&str]) {
        if let Some(table) = self.stack.iter().rposition(|e| e.kind == Kind::Table) {
            let mut length = table + 1;
            while self.stack.get(length).is_some_and(|e| keep.contains(&e.name)) {
                length += 1;
            }
            self.close_to(length);
        }
    }

    /// Directly inside a table's frame, where only its own parts may stand.
    fn in_table_frame(&self) -> bool {
        self.stack.last().is_some_and(|e| matches!(e.kind, Kind::Table | Kind::RowGroup | Kind::Row))
    }

    /// Text and other elements in a table's frame get a cell of their own, where browsers would move them out.
    fn enter_cell(&mut self) {
        if self.in_table_frame() && self.stack.len() + 2 <= MAX_DEPTH {
            if self.stack.last().is_some_and(|e| e.name != "tr") {
                self.open_bare("tr", Kind::Row);
            }
            self.open_bare("td", Kind::Cell);
        }
    }

    fn open_bare(&mut self, name: &'static str, kind: Kind) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push('>');
        self.stack.push(Element { name, kind, style: "" });
    }

    /// Whether the element may stand here.
    fn fits(&self, element: Element) -> bool {
        let in_table = self.in_table_frame();
        match element.kind {
            Kind::Void => !in_table,
            Kind::Row | Kind::RowGroup | Kind::Cell | Kind::TablePart if !in_table => false,
            Kind::Formatting if self.formatting >= MAX_FORMATTING => false,
            _ if element.name == "a" && self.stack.iter().any(|e| e.name == "a") => false,
            Kind::Block | Kind::Table | Kind::Inline | Kind::Formatting if in_table => false,
            // Room for the cell that a table may need.
            _ => self.stack.len() + 4 <= MAX_DEPTH,
        }
    }

    fn open(&mut self, element: Element, tag: &Tag) {
        self.out.push('<');
        self.out.push_str(element.name);
        match element.name {
            "a" => {
                if let Some(attributes) = tag.attribute("href").and_then(|href| self.links.attributes(href)) {
                    self.out.push_str(&attributes);
                }
            }
            "img" => self.image_source(tag),
            _ => attributes::text(tag, "title", &mut self.out),
        }
        attributes::presentation(tag, &mut self.out);
        attributes::style(element, tag, &mut self.out, &mut self.remote);
        self.out.push('>');
        if element.kind != Kind::Void {
            self.formatting += usize::from(element.kind == Kind::Formatting);
            self.stack.push(element);
        }
    }

    /// Never a source that is elsewhere; the text in its place stays.
    fn image_source(&mut self, tag: &Tag) {
        let source = tag.attribute("src").unwrap_or_default().trim();
        let scheme = source.get(..4).unwrap_or_default().to_ascii_lowercase();
        if scheme == "cid:" {
            let id = percent_decoded(source.get(4..).unwrap_or_default());
            let id = id.trim_matches(['<', '>', ' ']);
            if !id.is_empty() && id.len() <= 998 && !id.contains(char::is_control) {
                self.out.push_str(" data-cid=\"");
                escape_into(id, &mut self.out);
                self.out.push('"');
                if self.seen_ids.insert(id.to_owned()) {
                    self.content_ids.push(id.to_owned());
                }
            }
        } else if let Some(data) = attributes::raster_data(source) {
            self.out.push_str(" src=\"");
            self.out.push_str(&data);
            self.out.push('"');
        } else {
            let elsewhere = ["src", "srcset", "data-src", "xlink:href", "href"]
                .iter()
                .any(|name| tag.attribute(name).is_some_and(|value| value.split(',').any(is_remote)));
            self.remote += u32::from(elsewhere);
        }
        attributes::text(tag, "alt", &mut self.out);
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
        // Browsers read </br> as a line break.
        if name == "br" {
            self.enter_cell();
            self.out.push_str("<br>");
            return;
        }
        let Some(element) = elements::of(name) else { return };
        if let Some(count) = self.left_out.get_mut(element.name).filter(|count| **count > 0) {
            *count -= 1;
            return;
        }
        // An end tag reaches out of no cell, unless it is a table's own; and one that runs in the text closes
        // no block: it ends with the block around it.
        let stops = |e: &Element| match element.kind {
            Kind::Table => false,
            Kind::Row | Kind::RowGroup | Kind::Cell | Kind::TablePart => e.kind == Kind::Table,
            Kind::Inline | Kind::Formatting => !matches!(e.kind, Kind::Inline | Kind::Formatting),
            Kind::Block | Kind::Void => matches!(e.kind, Kind::Cell | Kind::Table),
        };
        let found = self.stack.iter().rposition(|e| e.name == element.name || stops(e));
        let Some(at) = found else { return };
        if self.stack.get(at).is_some_and(|e| e.name == element.name) {
            self.close_to(at);
        } else if matches!(element.kind, Kind::Inline | Kind::Formatting) {
            let below = self.stack.iter().rposition(|e| e.name == element.name || e.kind == Kind::Cell);
            let same = |at: &usize| self.stack.get(*at).is_some_and(|e| e.name == element.name);
            self.ended.extend(below.filter(same).filter(|at| !self.ended.contains(at)));
        }
    }

    /// Closes elements until `length` are open, and those that ended already and now stand last.
    fn close_to(&mut self, length: usize) {
        loop {
            let ended = self.ended.last().is_some_and(|at| at + 1 == self.stack.len());
            if self.stack.len() <= length && !ended {
                return;
            }
            let Some(element) = self.stack.pop() else { return };
            while self.ended.last().is_some_and(|at| *at >= self.stack.len()) {
                self.ended.pop();
            }
            self.formatting -= usize::from(element.kind == Kind::Formatting);
            self.out.push_str("</");
            self.out.push_str(element.name);
            self.out.push('>');
        }
    }
}

#[cfg(test)]
mod lists {
    use super::{ATTRIBUTES, TAGS};

    #[test]
    fn the_lists_are_in_order_and_hold_nothing_that_acts() {
        assert!(TAGS.is_sorted() && ATTRIBUTES.is_sorted());
        for name in ["script", "style", "link", "base", "meta", "form", "input", "iframe", "object", "svg"] {
            assert!(!TAGS.contains(&name));
        }
    }
}

//! The elements that a mail may have in the message frame, and where they may stand.

/// How an element behaves in the structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Begins a new line.
    Block,
    /// Runs in the text.
    Inline,
    /// Runs in the text, and parsers reopen it where it was not closed in its place.
    Formatting,
    /// Has no content.
    Void,
    /// A table.
    Table,
    /// thead, tbody, tfoot.
    RowGroup,
    /// A table's row.
    Row,
    /// td, th.
    Cell,
    /// A table's caption.
    TablePart,
}

/// An element as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element {
    /// The name it is written under.
    pub name: &'static str,
    /// How it behaves.
    pub kind: Kind,
    /// A style that the written name does not imply.
    pub style: &'static str,
}

const fn element(name: &'static str, kind: Kind, style: &'static str) -> Element {
    Element { name, kind, style }
}

/// What an element of a mail becomes; `None`: its tags are left out, its content stays.
pub fn of(name: &str) -> Option<Element> {
    use Kind::{Block, Cell, Formatting, Inline, Row, RowGroup, Table, TablePart, Void};
    macro_rules! same {
        ($kind:expr; $($tag:literal)*) => {
            match name { $($tag => return Some(element($tag, $kind, "")),)* _ => {} }
        };
    }
    same!(Block; "div" "p" "h1" "h2" "h3" "h4" "h5" "h6" "blockquote" "pre" "ul" "ol" "li" "dl" "dt" "dd"
        "address");
    same!(Inline; "span" "sub" "sup" "kbd" "samp" "var" "cite" "q" "abbr" "del" "ins" "mark" "bdi");
    same!(Formatting; "a" "b" "i" "u" "s" "em" "strong" "small" "code");
    same!(Void; "br" "hr" "img" "wbr");
    same!(Table; "table");
    same!(RowGroup; "thead" "tbody" "tfoot");
    same!(Row; "tr");
    same!(Cell; "td" "th");
    same!(TablePart; "caption");
    Some(match name {
        // Written by their modern names; the colours of the body must not be lost with it.
        "body" | "section" | "article" | "header" | "footer" | "main" | "aside" | "nav" | "figure"
        | "figcaption" | "details" | "summary" | "fieldset" | "legend" | "hgroup" | "dir" | "menu" => {
            element("div", Block, "")
        }
        "center" => element("div", Block, "text-align:center;"),
        "font" | "label" | "time" | "data" | "nobr" | "acronym" => element("span", Inline, ""),
        "big" => element("span", Inline, "font-size:larger;"),
        "tt" => element("code", Formatting, ""),
        "strike" => element("s", Formatting, ""),
        "image" => element("img", Void, ""),
        _ => return None,
    })
}

/// Elements whose whole content is left out. Their content is not HTML, or is shown by nobody.
pub fn is_dropped_with_content(name: &str) -> bool {
    matches!(name, "svg" | "math" | "template" | "select" | "datalist" | "applet")
}

/// An HTML start tag that ends foreign content where it is met (HTML, 13.2.6.5).
pub fn breaks_out(name: &str) -> bool {
    matches!(
        name,
        "b" | "blockquote"
            | "body"
            | "br"
            | "center"
            | "code"
            | "dd"
            | "div"
            | "dl"
            | "dt"
            | "em"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "head"
            | "hr"
            | "i"
            | "img"
            | "li"
            | "ol"
            | "p"
            | "pre"
            | "small"
            | "span"
            | "strong"
            | "sub"
            | "sup"
            | "table"
            | "tt"
            | "u"
            | "ul"
            | "td"
            | "tr"
    )
}

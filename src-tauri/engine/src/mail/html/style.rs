//! Inline styles, kept where they only say how something looks.

/// The properties that may stay. None of them loads anything, takes its element out of the flow, or draws
/// over what is beside it.
pub const PROPERTIES: &[&str] = &[
    "background-color",
    "border",
    "border-bottom",
    "border-bottom-color",
    "border-bottom-style",
    "border-bottom-width",
    "border-collapse",
    "border-color",
    "border-left",
    "border-left-color",
    "border-left-style",
    "border-left-width",
    "border-radius",
    "border-right",
    "border-right-color",
    "border-right-style",
    "border-right-width",
    "border-spacing",
    "border-style",
    "border-top",
    "border-top-color",
    "border-top-style",
    "border-top-width",
    "border-width",
    "box-sizing",
    "clear",
    "color",
    "direction",
    "display",
    "float",
    "font",
    "font-family",
    "font-size",
    "font-style",
    "font-variant",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "list-style-type",
    "margin",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "max-height",
    "max-width",
    "min-height",
    "min-width",
    "opacity",
    "overflow",
    "overflow-wrap",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "table-layout",
    "text-align",
    "text-decoration",
    "text-indent",
    "text-transform",
    "vertical-align",
    "visibility",
    "white-space",
    "width",
    "word-break",
    "word-spacing",
    "word-wrap",
];

/// A declaration's value is short; a longer one is dropped.
const MAX_VALUE: usize = 300;
/// Declarations of one attribute.
const MAX_DECLARATIONS: usize = 100;

/// Filters a `style` attribute. Each declaration is judged alone and written anew, so that no quote or bracket
/// reaches over a semicolon. Counts the images on other machines that were asked for.
pub fn filter(style: &str, remote: &mut u32) -> String {
    let style = without_comments(style);
    let mut out = String::new();
    for declaration in style.split(';').take(MAX_DECLARATIONS) {
        let Some((property, value)) = declaration.split_once(':') else { continue };
        let property = property.trim().to_ascii_lowercase();
        let value = value.trim();
        if asks_for_an_image(value) {
            *remote = remote.saturating_add(1);
        }
        // The short form is let through when all it names is a colour.
        let property = if property == "background" && !value.contains(char::is_whitespace) {
            "background-color"
        } else {
            property.as_str()
        };
        if PROPERTIES.binary_search(&property).is_ok() && is_plain(property, value) {
            out.push_str(property);
            out.push(':');
            out.push_str(value);
            out.push(';');
        }
    }
    out
}

fn without_comments(style: &str) -> String {
    let mut out = String::with_capacity(style.len());
    let mut rest = style;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    out
}

/// `url(` with an address on another machine.
fn asks_for_an_image(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    lower
        .split("url(")
        .skip(1)
        .any(|rest| is_remote(rest.trim_start_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'')))
}

/// An address that would be fetched from another machine.
pub fn is_remote(address: &str) -> bool {
    let address = address.trim_start_matches(|c: char| c.is_whitespace() || c.is_control());
    ["http:", "https:", "ftp:", "//", "\\\\", "/\\", "\\/"]
        .iter()
        .any(|start| address.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)))
}

/// Words, numbers, colours and quoted names; no escapes, no functions but those of colours, no units of the
/// window's size (a frame that is as high as its content would grow for ever).
fn is_plain(property: &str, value: &str) -> bool {
    if value.is_empty() || value.len() > MAX_VALUE {
        return false;
    }
    let allowed = |c: char| c.is_alphanumeric() || " \t\r\n#%.,+-!_'\"()/".contains(c);
    if !value.chars().all(allowed) {
        return false;
    }
    let lower = value.to_ascii_lowercase();
    let balanced = ['"', '\''].iter().all(|&quote| lower.matches(quote).count() % 2 == 0);
    let mixed = lower.contains('"') && lower.contains('\'');
    if !balanced || mixed || !only_colour_functions(&lower) {
        return false;
    }
    let of_the_window = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_digit())
            && ["vh", "vw", "vmin", "vmax", "vi", "vb"].iter().any(|unit| word.ends_with(unit))
    };
    if lower.split(|c: char| !c.is_ascii_alphanumeric()).any(of_the_window) {
        return false;
    }
    let word = lower.trim_end_matches("!important").trim();
    match property {
        "display" => matches!(
            word,
            "none"
                | "block"
                | "inline"
                | "inline-block"
                | "list-item"
                | "table"
                | "inline-table"
                | "table-row"
                | "table-cell"
                | "table-row-group"
                | "table-header-group"
                | "table-footer-group"
                | "table-column"
                | "table-column-group"
                | "table-caption"
        ),
        "overflow" => matches!(word, "hidden" | "visible" | "auto"),
        // A negative margin or indent draws over the neighbours.
        _ if property.starts_with("margin") || property == "text-indent" => !word.contains('-'),
        _ => true,
    }
}

/// Every opening bracket follows `rgb`, `rgba`, `hsl` or `hsla`, and is closed before the next.
fn only_colour_functions(value: &str) -> bool {
    let mut rest = value;
    while let Some(open) = rest.find('(') {
        let (before, after) =
            (rest.get(..open).unwrap_or_default(), rest.get(open + 1..).unwrap_or_default());
        let name = before.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_').next();
        if !matches!(name, Some("rgb" | "rgba" | "hsl" | "hsla")) || before.contains(')') {
            return false;
        }
        let Some((inside, tail)) = after.split_once(')') else { return false };
        if !inside.chars().all(|c| c.is_ascii_digit() || " .,%/+-deg".contains(c)) {
            return false;
        }
        rest = tail;
    }
    !rest.contains(')')
}

#[cfg(test)]
mod tests {
    use super::{PROPERTIES, filter};

    #[test]
    fn the_list_can_be_searched() {
        assert!(PROPERTIES.is_sorted());
    }

    #[test]
    fn looks_stay_and_tricks_go() {
        for (style, kept, remote) in [
            ("color: red; font-size: 14px", "color:red;font-size:14px;", 0),
            ("COLOR:#fff!important", "color:#fff!important;", 0),
            ("color:rgb(1, 2, 3)", "color:rgb(1, 2, 3);", 0),
            ("font-family:'Segoe UI',Arial", "font-family:'Segoe UI',Arial;", 0),
            ("background:#eee", "background-color:#eee;", 0),
            ("background:url(https://x/a.png) #eee", "", 1),
            ("background-image:url('//x/a.png')", "", 1),
            ("background:url(cid:a)", "", 0),
            ("color:red;background:u\\72l(https://x)", "color:red;", 0),
            ("width:expression(alert(1))", "", 0),
            ("position:fixed;top:0;left:0", "", 0),
            ("font-family:'a;position:fixed;color:red'", "", 0),
            ("/*x*/color/**/:/*;*/red", "color:red;", 0),
            ("height:100vh;width:50%", "width:50%;", 0),
            ("margin:-100px;margin-top:0 auto", "margin-top:0 auto;", 0),
            ("display:flex;display:none", "display:none;", 0),
            ("color:var(--x);width:calc(1px + 2px)", "", 0),
            ("color:rgb(url(x))", "", 0),
            ("behavior:url(x);-moz-binding:url(x)", "", 0),
            ("color:red}</style><script>", "", 0),
        ] {
            let mut count = 0;
            assert_eq!(filter(style, &mut count), kept, "{style:?}");
            assert_eq!(count, remote, "{style:?}");
        }
    }
}

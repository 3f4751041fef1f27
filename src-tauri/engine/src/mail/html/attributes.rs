//! The attributes that say how something looks, each written only in the form its value must have.

use super::elements::Element;
use super::escape_into;
use super::style::filter;
use super::tokens::Tag;

/// A picture inside the HTML itself, encoded.
const MAX_DATA_IMAGE: usize = 3 * 1024 * 1024;

fn write(name: &str, value: &str, out: &mut String) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    escape_into(value, out);
    out.push('"');
}

/// An attribute that is text for people.
pub fn text(tag: &Tag, name: &str, out: &mut String) {
    if let Some(value) = tag.attribute(name) {
        let short: String = value.chars().take(1_000).collect();
        write(name, &short, out);
    }
}

/// The attributes of old HTML.
pub fn presentation(tag: &Tag, out: &mut String) {
    for name in ["width", "height", "border", "cellpadding", "cellspacing"] {
        if let Some(value) = tag.attribute(name).map(str::trim).filter(|v| is_length(v)) {
            write(name, value, out);
        }
    }
    for (name, most) in [("colspan", 200), ("rowspan", 1_000), ("start", 1_000_000), ("value", 1_000_000)] {
        if let Some(number) = tag.attribute(name).and_then(|v| v.trim().parse::<u32>().ok()) {
            write(name, &number.min(most).to_string(), out);
        }
    }
    for name in ["align", "valign", "dir", "type", "lang"] {
        let word = |v: &&str| v.len() <= 35 && v.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if let Some(value) = tag.attribute(name).map(str::trim).filter(word) {
            write(name, value, out);
        }
    }
    if let Some(colour) = tag.attribute("bgcolor").and_then(colour) {
        write("bgcolor", &colour, out);
    }
    if tag.attribute("nowrap").is_some() {
        write("nowrap", "", out);
    }
}

/// The style that the element's old name meant, what `<font>` and `<body>` say in attributes, and its own.
/// Counts the images on other machines that it asked for.
pub fn style(element: Element, tag: &Tag, out: &mut String, remote: &mut u32) {
    let mut style = element.style.to_owned();
    let mut say = |property: &str, value: &str| {
        style.push_str(property);
        style.push(':');
        style.push_str(value);
        style.push(';');
    };
    let attribute_colour = |name| tag.attribute(name).and_then(colour);
    match tag.name.as_str() {
        "font" => {
            if let Some(colour) = attribute_colour("color") {
                say("color", &colour);
            }
            let size = match tag.attribute("size").map(str::trim) {
                Some("1" | "-2") => "x-small",
                Some("2" | "-1") => "small",
                Some("4" | "+1") => "large",
                Some("5" | "+2") => "x-large",
                Some("6" | "7" | "+3" | "+4") => "xx-large",
                _ => "",
            };
            if !size.is_empty() {
                say("font-size", size);
            }
            if let Some(face) = tag.attribute("face") {
                style.push_str(&filter(&format!("font-family:{face}"), remote));
            }
        }
        "body" => {
            if let Some(colour) = attribute_colour("text") {
                say("color", &colour);
            }
            if let Some(colour) = attribute_colour("bgcolor") {
                say("background-color", &colour);
            }
        }
        _ => {}
    }
    if let Some(own) = tag.attribute("style") {
        style.push_str(&filter(own, remote));
    }
    if !style.is_empty() {
        write("style", &style, out);
    }
}

/// A picture written into the HTML, when it is of a kind that only holds pixels.
pub fn raster_data(source: &str) -> Option<String> {
    let head = source.get(..5)?;
    if !head.eq_ignore_ascii_case("data:") || source.len() > MAX_DATA_IMAGE {
        return None;
    }
    let (meta, data) = source.get(5..)?.split_once(',')?;
    let meta = meta.to_ascii_lowercase();
    let mut words = meta.split(';').map(str::trim);
    let kind = words.next()?;
    if !matches!(kind, "image/png" | "image/jpeg" | "image/jpg" | "image/gif" | "image/webp" | "image/bmp")
        || words.next_back() != Some("base64")
    {
        return None;
    }
    let data: String = data.chars().filter(|c| !c.is_whitespace()).collect();
    let good = data.chars().all(|c| c.is_ascii_alphanumeric() || "+/=".contains(c));
    (good && !data.is_empty()).then(|| format!("data:{kind};base64,{data}"))
}

/// Pixels or percent.
fn is_length(value: &str) -> bool {
    let digits = value.trim_end_matches('%').trim_end_matches("px");
    !digits.is_empty()
        && digits.len() <= 6
        && value.len() <= 8
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
}

/// A colour of old HTML: a name, or hexadecimal digits with or without `#`.
fn colour(value: &str) -> Option<String> {
    let value = value.trim();
    let digits = value.strip_prefix('#').unwrap_or(value);
    if matches!(digits.len(), 3 | 6) && digits.chars().all(|c| c.is_ascii_hexdigit()) {
        return Some(format!("#{digits}"));
    }
    let named = !value.is_empty() && value.len() <= 24 && value.chars().all(|c| c.is_ascii_alphabetic());
    named.then(|| value.to_ascii_lowercase())
}

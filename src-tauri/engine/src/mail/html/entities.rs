//! Character references (HTML, 13.2.5.72 and on).

use html5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};
use std::borrow::Cow;

/// The longest named reference is 31 bytes, without its `&`.
const MAX_NAME: usize = 32;

/// Undoes the character references of a text or an attribute's value.
pub fn decode(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find('&') else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    out.push_str(text.get(..first).unwrap_or_default());
    let mut rest = text.get(first..).unwrap_or_default();
    while let Some(at) = rest.find('&') {
        out.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + 1..).unwrap_or_default();
        match reference(rest, &mut out) {
            0 => out.push('&'),
            used => rest = rest.get(used..).unwrap_or_default(),
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Writes the character of the reference after `&`; answers how many bytes it took, 0 when it is none.
fn reference(rest: &str, out: &mut String) -> usize {
    if let Some(number) = rest.strip_prefix('#') {
        return numeric(number, out).map_or(0, |used| used + 1);
    }
    let bytes = rest.as_bytes();
    let length = bytes.iter().take(MAX_NAME).take_while(|b| b.is_ascii_alphanumeric()).count();
    let closed = usize::from(bytes.get(length) == Some(&b';'));
    // The longest name first; the old ones are known without a semicolon too.
    for end in (2..=length + closed).rev() {
        let Some(&(one, two)) = rest.get(..end).and_then(|name| NAMED_ENTITIES.get(name)) else { continue };
        let Some(first) = char::from_u32(one).filter(|&c| c != '\0') else { continue };
        // In `?a=1&copy=2` nobody means ©.
        if end < length + closed || (closed == 0 && bytes.get(length) == Some(&b'=')) {
            let next = bytes.get(end).copied().unwrap_or(b' ');
            if next == b'=' || next.is_ascii_alphanumeric() {
                continue;
            }
        }
        out.push(first);
        out.extend(char::from_u32(two).filter(|&c| c != '\0'));
        return end;
    }
    0
}

/// `#` was read: digits, or `x` and hexadecimal digits, and perhaps a semicolon.
fn numeric(text: &str, out: &mut String) -> Option<usize> {
    let (digits, radix, skipped) = match text.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16, 1),
        None => (text, 10, 0),
    };
    let length = digits.chars().take_while(|c| c.is_digit(radix)).count();
    if length == 0 {
        return None;
    }
    // Any number of leading zeros is allowed; a value too large is no character.
    let code = u32::from_str_radix(digits.get(..length)?, radix).unwrap_or(u32::MAX);
    let replaced = code
        .checked_sub(0x80)
        .and_then(|index| C1_REPLACEMENTS.get(usize::try_from(index).ok()?).copied().flatten());
    match replaced.or_else(|| char::from_u32(code)) {
        Some('\0') | None => out.push('\u{fffd}'),
        Some(c) => out.push(c),
    }
    let semicolon = usize::from(digits.as_bytes().get(length) == Some(&b';'));
    Some(skipped + length + semicolon)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn references_are_undone() {
        for (text, plain) in [
            ("a &amp; b", "a & b"),
            ("&lt;b&gt;", "<b>"),
            ("Gr&uuml;&szlig;e&nbsp;!", "Grüße\u{a0}!"),
            ("caf&eacute", "café"),
            ("?a=1&copy=2&amp;b=3", "?a=1&copy=2&b=3"),
            ("&#228;&#xE4;&#x80;&#0000228", "ää€ä"),
            ("&#x110000;&#0;&#99999999999;", "\u{fffd}\u{fffd}\u{fffd}"),
            ("java&Tab;script&colon;x&NewLine;", "java\tscript:x\n"),
            ("&unknown; &; &# &#x; &", "&unknown; &; &# &#x; &"),
            ("&notit;", "&notit;"),
        ] {
            assert_eq!(decode(text), plain, "{text:?}");
        }
    }
}

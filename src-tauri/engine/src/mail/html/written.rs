//! HTML that is written here: what an editor hands over, signatures, templates, quoted mail.

/// Cleans what was written: paragraphs, breaks, bold, italic, underline, lists, links (http, https, mailto, tel),
/// quotes, and `<div class="signature">`, `<div class="quote">`. Everything else loses its tags, scripts and styles
/// their text too.
pub fn clean_written(_html: &str) -> String {
    String::new()
}

/// A received mail made ready to be quoted: `html` if it has one, else the text. No images, no styles, no forms.
pub fn quotable(_html: Option<&str>, _text: &str) -> String {
    String::new()
}

//! HTML that a stranger wrote: made safe to show, and made into text.

mod attributes;
mod clean;
mod elements;
mod entities;
mod links;
mod style;
mod to_text;
mod tokens;
mod written;
mod written_text;

#[cfg(test)]
mod tests;

pub use clean::clean;
pub use to_text::html_to_text;
pub use written::{clean_written, quotable};
pub(super) use written_text::written_text;

pub(super) use entities::decode as decode_entities;
pub(super) use links::{Links, percent_decoded};

/// HTML for the message frame. Nothing in it loads, runs, submits or navigates by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CleanHtml {
    /// What goes into the frame's body. Links are `<a href="open:N" target="_top" title="the real address">`,
    /// images of the mail itself `<img data-cid="…">` without a source.
    pub html: String,
    /// The real addresses; N of `open:N` is the index here. Schemes: http, https, mailto, tel.
    pub links: Vec<String>,
    /// How many images on other machines the mail asked for.
    pub remote_images: u32,
    /// The Content-IDs of the `data-cid` images, each once, without brackets.
    pub content_ids: Vec<String>,
}

/// Appends text so that it is text, also between quotes.
pub(super) fn escape_into(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\0' => {}
            c => out.push(c),
        }
    }
}

//! Bytes to model and back: headers, addresses, MIME, text, safe HTML, search text.
//!
//! Everything here is a pure function over bytes that a stranger wrote. None of it panics, none recurses
//! deeper than a fixed bound, and all of it takes time linear in its input.

pub mod address_list;
mod body;
pub mod build;
mod codec;
mod date;
pub mod deciding;
mod file_name;
mod header;
pub mod html;
mod message_ids;
mod mime;
mod mime_fields;
pub mod parse;
mod preview;
pub mod report;
pub mod search_text;
pub mod text_html;
mod words;

pub use address_list::{Entry, address_list};
pub use deciding::{DECIDING_FIELDS, Deciding, FromField, reply_to};
pub use html::{CleanHtml, clean, clean_written, html_to_text, quotable};
pub use parse::{Parsed, attachment, inline_image, parse};
pub use search_text::{SearchText, match_expression, normalise};
pub use text_html::text_to_html;

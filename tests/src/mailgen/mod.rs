//! Mail made by hand: bytes as RFC 5322 and MIME have them, or as real senders get them wrong.

mod builder;
pub mod bulk;
mod random;
pub mod sample;
pub mod tricky;

pub use builder::{Charset, MessageBuilder, Transfer, encoded_words, quoted_printable, rfc_date};
pub use random::Random;

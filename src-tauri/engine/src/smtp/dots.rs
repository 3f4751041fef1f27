//! What stands between DATA and the final dot (RFC 5321, section 4.5.2), made from a mail piece by piece.

/// Doubles the dot that begins a line, and lets no line end but CRLF through: a CR or an LF by itself becomes one.
/// A server that took a bare one for a line end would else see an end of the mail, and commands after it, where
/// none are. How the mail is cut into pieces changes nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dots {
    /// A line begins here.
    start: bool,
    /// The last byte was a CR. Its line end has been written; an LF belongs to it.
    after_cr: bool,
}

impl Dots {
    /// Before a mail's first byte, which begins a line.
    pub(super) const fn new() -> Self {
        Self { start: true, after_cr: false }
    }

    /// Adds the next piece, as it goes over the wire.
    pub(super) fn put(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        let mut rest = piece;
        while let Some(&first) = rest.first() {
            match first {
                b'\r' => self.end_line(true, out),
                b'\n' if self.after_cr => self.after_cr = false,
                b'\n' => self.end_line(false, out),
                _ => {
                    let end = rest.iter().position(|b| matches!(b, b'\r' | b'\n')).unwrap_or(rest.len());
                    let (text, after) = rest.split_at(end);
                    if self.start && first == b'.' {
                        out.push(b'.');
                    }
                    out.extend_from_slice(text);
                    *self = Self { start: false, after_cr: false };
                    rest = after;
                    continue;
                }
            }
            rest = &rest[1..];
        }
    }

    /// Ends a last line that has no end: the dot that follows must begin one.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        if !self.start {
            self.end_line(false, out);
        }
    }

    fn end_line(&mut self, by_cr: bool, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\r\n");
        *self = Self { start: true, after_cr: by_cr };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_pieces<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> Vec<u8> {
        let (mut dots, mut out) = (Dots::new(), Vec::new());
        for piece in pieces {
            dots.put(piece, &mut out);
        }
        dots.end(&mut out);
        out
    }

    #[test]
    fn dots_are_doubled_and_line_ends_are_whole() {
        for (mail, wire) in [
            ("", ""),
            ("a", "a\r\n"),
            ("a\r\n", "a\r\n"),
            (".", "..\r\n"),
            (".\r\n", "..\r\n"),
            ("..\r\n.a\r\na.\r\n", "...\r\n..a\r\na.\r\n"),
            ("a\n.\nb", "a\r\n..\r\nb\r\n"),
            ("a\r.\rb", "a\r\n..\r\nb\r\n"),
            ("a\n.\r\nb\r\n", "a\r\n..\r\nb\r\n"),
            ("a\r\n.\nb\r\n", "a\r\n..\r\nb\r\n"),
            ("a\r\r\n\n.\r", "a\r\n\r\n\r\n..\r\n"),
            ("a\0b\r\n", "a\0b\r\n"),
            ("\r\n.\r\nQUIT\r\n", "\r\n..\r\nQUIT\r\n"),
        ] {
            assert_eq!(in_pieces([mail.as_bytes()]), wire.as_bytes(), "{mail:?}");
        }
    }

    /// Every text of up to seven of the bytes that matter, cut at every place.
    #[test]
    fn how_it_is_cut_changes_nothing_and_no_line_is_a_dot() {
        const BYTES: [u8; 4] = *b"\r\n.a";
        for length in 1..=7_u32 {
            for number in 0..4_usize.pow(length) {
                let mail: Vec<u8> = (0..length).map(|at| BYTES[number / 4_usize.pow(at) % 4]).collect();
                let whole = in_pieces([&mail[..]]);
                assert_eq!(in_pieces(mail.chunks(1)), whole, "{mail:?}");
                for cut in 1..mail.len() {
                    assert_eq!(in_pieces([&mail[..cut], &mail[cut..]]), whole, "{mail:?} at {cut}");
                }
                let text = String::from_utf8(whole).unwrap();
                let lines: Vec<&str> = text.split("\r\n").collect();
                assert_eq!(lines.last(), Some(&""), "{mail:?}");
                assert!(lines.iter().all(|line| !line.contains(['\r', '\n']) && *line != "."), "{mail:?}");
                let undone: Vec<&str> =
                    lines.iter().map(|line| line.strip_prefix('.').unwrap_or(line)).collect();
                let mail = String::from_utf8(mail).unwrap();
                let mut expected = mail.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n");
                if !expected.ends_with("\r\n") {
                    expected.push_str("\r\n");
                }
                assert_eq!(undone.join("\r\n"), expected, "{mail:?}");
            }
        }
    }
}

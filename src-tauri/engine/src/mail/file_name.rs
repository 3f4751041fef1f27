//! Names of attachments, made safe to save under on every system.

use super::words::deceives;

/// File systems take 255 bytes; this leaves room for " (12)" and a `.part`.
const MAX_BYTES: usize = 180;

/// A safe file name from what the mail calls the part, else from its media type. Never empty, no path, no
/// control or bidirectional characters, no name that Windows keeps for devices.
pub(super) fn safe(name: Option<&str>, media_type: &str, index: u32) -> String {
    name.map(tidy)
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| format!("attachment-{}{}", index + 1, extension(media_type)))
}

fn tidy(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).find(|part| !part.trim_matches(['.', ' ']).is_empty());
    let mut clean = String::new();
    for c in last.unwrap_or_default().chars().take(4 * MAX_BYTES) {
        match c {
            '<' | '>' | ':' | '"' | '|' | '?' | '*' => clean.push('_'),
            c if c.is_control() || deceives(c) => {}
            c if c.is_whitespace() => {
                if !clean.ends_with(' ') {
                    clean.push(' ');
                }
            }
            c => clean.push(c),
        }
    }
    // Leading dots hide a file; Windows drops dots and spaces at the end.
    let clean = clean.trim_start_matches(['.', ' ']).trim_end_matches(['.', ' ']);
    let clean = shortened(clean);
    if is_reserved(&clean) { format!("_{clean}") } else { clean }
}

/// Cut to [`MAX_BYTES`], keeping a short extension.
fn shortened(name: &str) -> String {
    if name.len() <= MAX_BYTES {
        return name.to_owned();
    }
    let (stem, end) = match name.rsplit_once('.') {
        Some((stem, end)) if !end.is_empty() && end.len() <= 16 => (stem, format!(".{end}")),
        _ => (name, String::new()),
    };
    let mut length = (MAX_BYTES - end.len()).min(stem.len());
    while !stem.is_char_boundary(length) {
        length -= 1;
    }
    format!("{}{end}", stem.get(..length).unwrap_or_default().trim_end_matches(['.', ' ']))
}

/// Device names of Windows, with any extension.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    if matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$") {
        return true;
    }
    let mut rest = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT")).unwrap_or_default().chars();
    matches!((rest.next(), rest.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
}

fn extension(media_type: &str) -> &'static str {
    match media_type {
        "application/pdf" => ".pdf",
        "application/zip" => ".zip",
        "application/pgp-signature" => ".asc",
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => ".p7s",
        "image/jpeg" | "image/jpg" => ".jpg",
        "image/png" => ".png",
        "image/gif" => ".gif",
        "image/webp" => ".webp",
        "image/heic" => ".heic",
        "image/tiff" => ".tif",
        "image/svg+xml" => ".svg",
        "audio/mpeg" => ".mp3",
        "video/mp4" => ".mp4",
        "text/plain" | "message/delivery-status" | "text/rfc822-headers" => ".txt",
        "text/html" => ".html",
        "text/calendar" => ".ics",
        "text/vcard" | "text/x-vcard" => ".vcf",
        "text/csv" => ".csv",
        "message/rfc822" | "message/global" => ".eml",
        _ => "",
    }
}

/// The name of a mail that is attached to a mail.
pub(super) fn of_message(subject: &str) -> Option<String> {
    let subject = subject.replace(['/', '\\'], "_");
    (!subject.trim().is_empty()).then(|| format!("{}.eml", subject.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_everywhere() {
        for (name, safe_name) in [
            ("invoice.pdf", "invoice.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\anna\\a.pdf", "a.pdf"),
            ("/", "attachment-3.pdf"),
            ("..", "attachment-3.pdf"),
            (" ... ", "attachment-3.pdf"),
            ("", "attachment-3.pdf"),
            ("\u{202e}\u{200b}", "attachment-3.pdf"),
            (".bashrc", "bashrc"),
            ("evil\u{202e}fdp.exe", "evilfdp.exe"),
            ("a\0b\nc.txt", "abc.txt"),
            ("a<b>:c?.txt", "a_b__c_.txt"),
            ("CON", "_CON"),
            ("nul.txt", "_nul.txt"),
            ("Com1.tar.gz", "_Com1.tar.gz"),
            ("lpt².x", "_lpt².x"),
            ("company.txt", "company.txt"),
            ("trailing. .", "trailing"),
            ("Grüße  \u{a0} aus.pdf", "Grüße aus.pdf"),
            ("写真.jpg", "写真.jpg"),
        ] {
            assert_eq!(safe(Some(name), "application/pdf", 2), safe_name, "{name:?}");
        }
        assert_eq!(safe(None, "application/x-odd", 0), "attachment-1");
    }

    #[test]
    fn long_names_keep_their_extension() {
        let name = safe(Some(&format!("{}.pdf", "ü".repeat(500))), "", 0);
        assert!(name.len() <= MAX_BYTES && name.ends_with("ü.pdf"), "{name}");
        assert!(safe(Some(&"x".repeat(100_000)), "", 0).len() <= MAX_BYTES);
    }
}

//! Small files to attach: a page of PDF, a picture, an appointment.

use std::fmt::Write as _;

/// A PDF of one page with `lines` on it.
pub fn pdf(lines: &[&str]) -> Vec<u8> {
    let mut page = String::from("BT /F1 16 Tf 60 780 Td 24 TL\n");
    for line in lines {
        let safe: String = line.chars().filter(char::is_ascii).collect();
        let _ =
            writeln!(page, "({}) Tj T*", safe.replace('\\', "\\\\").replace('(', "\\(").replace(')', "\\)"));
    }
    page.push_str("ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{page}\nendstream", page.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut out = String::from("%PDF-1.4\n");
    let mut offsets = Vec::new();
    for (n, object) in objects.iter().enumerate() {
        offsets.push(out.len());
        let _ = write!(out, "{} 0 obj\n{object}\nendobj\n", n + 1);
    }
    let table = out.len();
    let _ = write!(out, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for offset in offsets {
        let _ = writeln!(out, "{offset:010} 00000 n ");
    }
    let _ = write!(out, "trailer << /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n", objects.len() + 1);
    out.into_bytes()
}

/// A picture in PNG: an evening sky whose colour depends on `tint`.
pub fn png(width: u32, height: u32, tint: u8) -> Vec<u8> {
    let mut rows = Vec::new();
    for y in 0..height {
        // No filter on this row.
        rows.push(0);
        for x in 0..width {
            let down = u8::try_from(y * 120 / height.max(1)).unwrap_or(u8::MAX);
            let across = u8::try_from(x * 60 / width.max(1)).unwrap_or(u8::MAX);
            rows.extend_from_slice(&[90 + down, 60 + down / 2 + across, 160 - down / 2 + tint % 90]);
        }
    }
    let mut header = Vec::new();
    header.extend_from_slice(&width.to_be_bytes());
    header.extend_from_slice(&height.to_be_bytes());
    // Eight bits, RGB, the only compression and filter methods there are, not interlaced.
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", header), (b"IDAT", zlib_stored(&rows)), (b"IEND", Vec::new())] {
        let body = [kind.as_slice(), &data].concat();
        out.extend_from_slice(&u32::try_from(data.len()).unwrap_or(0).to_be_bytes());
        out.extend_from_slice(&body);
        out.extend_from_slice(&crc32(&body).to_be_bytes());
    }
    out
}

/// An invitation (RFC 5545). `start` and `end` as `20260614T133000Z`.
pub fn ics(uid: &str, summary: &str, place: &str, start: &str, end: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Example//Calendar//EN\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:{uid}\n\
         DTSTAMP:{start}\nDTSTART:{start}\nDTEND:{end}\nSUMMARY:{summary}\nLOCATION:{place}\nEND:VEVENT\n\
         END:VCALENDAR\n"
    )
}

/// A zlib stream of stored blocks (RFC 1950, RFC 1951).
fn zlib_stored(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let blocks = data.chunks(65_535).count();
    for (n, block) in data.chunks(65_535).enumerate() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(n + 1 == blocks));
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(block);
    }
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in data {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    out.extend_from_slice(&(b << 16 | a).to_be_bytes());
    out
}

fn crc32(data: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in data {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_values_of_the_standards() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(&zlib_stored(b"Wikipedia")[16..], 0x11e6_0398_u32.to_be_bytes());
    }
}

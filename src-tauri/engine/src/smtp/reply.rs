//! Replies of a server (RFC 5321, section 4.2), read where every byte is in view.

use crate::model::{Cause, Failure};
use crate::net::{Lines, clean, not_a_mail_server};

/// More lines in one reply are an attack.
const MOST_LINES: usize = 100;

/// One reply of one line or several.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) code: u16,
    pub(super) lines: Vec<String>,
}

impl Reply {
    /// The next reply. What has no code of three digits is no SMTP.
    pub(super) async fn read(lines: &mut Lines) -> Result<Self, Failure> {
        let mut texts = Vec::new();
        loop {
            let line = lines.line().await?;
            let (code, rest) = line.split_at_checked(3).ok_or_else(|| not_a_mail_server(line.as_bytes()))?;
            let code: u16 = match code.parse() {
                Ok(code @ 200..=599) if rest.is_empty() || rest.starts_with([' ', '-']) => code,
                _ => return Err(not_a_mail_server(line.as_bytes())),
            };
            texts.push(rest.get(1..).unwrap_or_default().to_owned());
            if !rest.starts_with('-') {
                return Ok(Self { code, lines: texts });
            }
            if texts.len() > MOST_LINES {
                return Err(Failure::said(Cause::NotAMailServer, "The server's answer does not end."));
            }
        }
    }

    /// The text of all lines. An enhanced code (RFC 2034) that every line repeats is said once.
    pub(super) fn text(&self) -> String {
        let Some((first, rest)) = self.lines.split_first() else { return String::new() };
        let enhanced = first.split(' ').next().filter(|word| is_enhanced(word));
        let mut text = first.clone();
        for line in rest {
            let repeated =
                enhanced.and_then(|code| line.strip_prefix(code)).and_then(|l| l.strip_prefix(' '));
            text.push(' ');
            text.push_str(repeated.unwrap_or(line));
        }
        text
    }

    /// Code and text, fit to be shown under "Details".
    pub(super) fn words(&self, secrets: &[String]) -> String {
        let secrets: Vec<&str> = secrets.iter().map(String::as_str).collect();
        clean(&format!("{} {}", self.code, self.text()), &secrets)
    }
}

fn is_enhanced(word: &str) -> bool {
    let mut parts = word.split('.');
    let digits = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    parts.by_ref().take(3).filter(|part| digits(part)).count() == 3 && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enhanced_code_is_said_once() {
        for (lines, text) in [
            (
                &["5.7.9 Application-specific password required.", "5.7.9  See the help"][..],
                "5.7.9 Application-specific password required.  See the help",
            ),
            (&["5.7.2 one", "5.7.25 two"], "5.7.2 one 5.7.25 two"),
            (&["mail.example.com", "AUTH PLAIN"], "mail.example.com AUTH PLAIN"),
            (&[""], ""),
        ] {
            let reply = Reply { code: 535, lines: lines.iter().map(|line| (*line).to_owned()).collect() };
            assert_eq!(reply.text(), text);
        }
    }
}

//! The configuration for the version that is installed.

use std::fs;
use std::process::Command;

use super::Dovecot;
use crate::programs;
use crate::trouble::{Doing, Outcome, Trouble};

const CONF_2_3: &str = include_str!("../../servers/dovecot-2.3.conf");
const CONF_2_4: &str = include_str!("../../servers/dovecot-2.4.conf");

impl Dovecot {
    /// Writes `dovecot.conf`, and beside it what 2.3 reads about tokens.
    pub(super) fn write_configuration(&self) -> Outcome<()> {
        let new = is_2_4()?;
        let dir = self.dir().to_str().doing("the temporary folder's name is no UTF-8")?;
        let mut extra = self.options.quota.map(|limit| quota(limit, new)).unwrap_or_default();
        let (mut mechanisms, mut passwords) = ("", "");
        if let Some(url) = &self.options.introspection {
            mechanisms = " xoauth2 oauthbearer";
            // Otherwise a token would be looked up as a password too.
            passwords = if new { "mechanisms_filter = plain login" } else { "mechanisms = plain login" };
            extra.push_str(&tokens(url, dir, new));
            // In 2.4 the same lines stand in the configuration itself.
            fs::write(self.dir().join("oauth2.conf.ext"), introspection(url))?;
        }
        let mut userdb = "";
        if let Some(port) = self.sasl {
            let listener = format!("service auth {{\n  inet_listener sasl {{\n    port = {port}\n  }}\n}}\n");
            extra.push_str(&listener);
            // Otherwise a delivery would look the user up among the passwords, where those with tokens are not.
            if self.options.introspection.is_some() {
                userdb = if new { "userdb_static_allow_all_users = yes" } else { " allow_all_users=yes" };
            }
        }
        let text = if new { CONF_2_4 } else { CONF_2_3 }
            .replace("@DIR@", dir)
            .replace("@USER@", &self.owner.user)
            .replace("@GROUP@", &self.owner.group)
            .replace("@IMAP@", &self.imap.to_string())
            .replace("@IMAPS@", &self.imaps.to_string())
            .replace("@LMTP@", &self.lmtp.to_string())
            .replace("@CONNECTIONS@", &self.options.connections.to_string())
            .replace("@MECHANISMS@", mechanisms)
            .replace("@PASSWORDS@", passwords)
            .replace("@USERDB@", userdb)
            .replace("@EXTRA@", &extra);
        Ok(fs::write(self.dir().join("dovecot.conf"), text)?)
    }
}

fn quota(limit: u32, new: bool) -> String {
    if new {
        format!(
            "mail_plugins {{\n  quota = yes\n}}\nprotocol imap {{\n  mail_plugins {{\n    imap_quota = yes\n  }}\n}}\n\
             quota \"User quota\" {{\n  quota_storage_size = {limit}K\n}}\nquota_storage_grace = 0\n"
        )
    } else {
        format!(
            "mail_plugins = quota\nprotocol imap {{\n  mail_plugins = quota imap_quota\n}}\nplugin {{\n  \
             quota = count:User quota\n  quota_vsizes = yes\n  quota_rule = *:storage={limit}K\n  \
             quota_grace = 0\n}}\n"
        )
    }
}

/// The answer's user name is compared with what `auth_username_format` has left of the one that signs in.
fn introspection(url: &str) -> String {
    format!(
        "introspection_mode = post\nintrospection_url = {url}\nusername_attribute = username\n\
         active_attribute = active\nactive_value = true\n"
    )
}

fn tokens(url: &str, dir: &str, new: bool) -> String {
    if new {
        let lines = introspection(url);
        format!("oauth2 {{\n{lines}}}\npassdb oauth2 {{\n  mechanisms_filter = xoauth2 oauthbearer\n}}\n")
    } else {
        format!(
            "passdb {{\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = {dir}/oauth2.conf.ext\n}}\n"
        )
    }
}

fn is_2_4() -> Outcome<bool> {
    let output = Command::new(programs::find("dovecot")?).arg("--version").output()?;
    let version = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut parts = version.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse::<u32>().ok());
    match (parts.next(), parts.next()) {
        (Some(2), Some(3)) => Ok(false),
        (Some(major), Some(minor)) if (major, minor) >= (2, 4) => Ok(true),
        _ => Err(Trouble::new(format!("Dovecot {} is not supported; 2.3 and 2.4 are", version.trim()))),
    }
}

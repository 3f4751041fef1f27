//! Delivery reports (RFC 3464), and what servers without them write.

/// A recipient that was not reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreached {
    /// Final-Recipient, else Original-Recipient; may be empty.
    pub address: String,
    /// Status (RFC 3463), such as `5.1.1`; may be empty.
    pub status: String,
    /// The server's own words (Diagnostic-Code), without control characters; may be empty.
    pub server_said: String,
}

/// What a report says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryReport {
    /// Message-IDs that the report names, without brackets: of the returned header, References, In-Reply-To.
    pub names: Vec<String>,
    /// Whom the mail did not reach for good. A delay is none.
    pub failed: Vec<Unreached>,
}

/// Reads a report; `None`: it is none.
pub fn delivery_report(_bytes: &[u8]) -> Option<DeliveryReport> {
    None
}

//! When an account is tried again by itself.

use crate::model::{Cause, Failure, Timestamp};

const MINUTE: i64 = 60 * 1000;
const HOUR: i64 = 60 * MINUTE;
/// The first pause after a failure.
const FIRST: i64 = 30 * 1000;

/// What the next try follows from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The user paused it.
    pub paused: bool,
    /// When the latest ended cycle ended; `None`: there was none.
    pub last_ended: Option<Timestamp>,
    /// The failure that counts of that cycle, if it failed.
    pub failure: Option<Failure>,
    /// How many cycles failed in a row.
    pub failed_in_a_row: u32,
    /// The user's interval.
    pub interval_ms: i64,
    /// Spreads the tries of many accounts; any number that stays the same between two tries.
    pub seed: u64,
}

/// Whether a secret was refused: it is never sent again to find out. (An entry that is missing from the keychain
/// may come back; looking for it sends nothing.)
pub const fn secret_was_refused(cause: Cause) -> bool {
    cause.is_refused_sign_in() && !matches!(cause, Cause::KeychainNoEntry)
}

/// When the account is tried by itself; `None`: only when the user does something.
pub fn next_try(facts: &Facts, now: Timestamp) -> Option<Timestamp> {
    if facts.paused {
        return None;
    }
    let Some(last) = facts.last_ended else { return Some(now) };
    let Some(failure) = &facts.failure else { return Some(last.plus(facts.interval_ms)) };
    if secret_was_refused(failure.cause) {
        return None;
    }
    let pause =
        match failure.cause {
            // The host asked for patience, or guards against guessing.
            Cause::TryLater | Cause::PerhapsBanned | Cause::TooManyConnections => {
                if facts.failed_in_a_row <= 1 { 15 * MINUTE } else { HOUR }
            }
            _ => (FIRST << facts.failed_in_a_row.saturating_sub(1).min(10)).min(facts.interval_ms),
        };
    Some(last.plus(jittered(pause, facts.seed)))
}

/// The pause, a tenth shorter or longer.
pub fn jittered(pause: i64, seed: u64) -> i64 {
    let spread = pause / 5;
    if spread == 0 {
        return pause;
    }
    // SplitMix64's finaliser: neighbouring ids land far apart.
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let at = i64::try_from((z ^ (z >> 31)) % spread.unsigned_abs()).unwrap_or(0);
    pause - spread / 2 + at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(cause: Option<Cause>, failed_in_a_row: u32) -> Facts {
        Facts {
            paused: false,
            last_ended: Some(Timestamp(0)),
            failure: cause.map(Failure::of),
            failed_in_a_row,
            interval_ms: 10 * MINUTE,
            seed: 7,
        }
    }

    #[test]
    fn each_cause_waits_its_own_time() {
        let within = |facts: &Facts, pause: i64| {
            let at = next_try(facts, Timestamp(0)).unwrap().0;
            assert!(at >= pause * 9 / 10 && at <= pause * 11 / 10, "{facts:?}: {at}");
        };
        assert_eq!(next_try(&facts(None, 0), Timestamp(0)), Some(Timestamp(10 * MINUTE)));
        within(&facts(Some(Cause::TimedOut), 1), FIRST);
        within(&facts(Some(Cause::TimedOut), 3), 4 * FIRST);
        within(&facts(Some(Cause::TimedOut), 40), 10 * MINUTE);
        within(&facts(Some(Cause::TryLater), 1), 15 * MINUTE);
        within(&facts(Some(Cause::TryLater), 2), HOUR);
        within(&facts(Some(Cause::KeychainNoEntry), 1), FIRST);
        within(&facts(Some(Cause::CertificateExpired), 1), FIRST);
        assert_eq!(
            next_try(&facts(Some(Cause::WrongPassword), 1), Timestamp(0)),
            None,
            "a host may ban the address"
        );
        assert_eq!(next_try(&Facts { paused: true, ..facts(None, 0) }, Timestamp(0)), None);
        assert_eq!(next_try(&Facts { last_ended: None, ..facts(None, 0) }, Timestamp(5)), Some(Timestamp(5)));
    }

    #[test]
    fn the_pauses_are_spread() {
        let tries: std::collections::HashSet<_> = (0..50)
            .map(|seed| next_try(&Facts { seed, ..facts(Some(Cause::TimedOut), 5) }, Timestamp(0)))
            .collect();
        assert!(tries.len() > 40);
    }
}

//! What follows from a try that led nowhere. Pure: time comes in.

use crate::model::{Cause, OutgoingId, Timestamp};
use crate::sync::retry::{jittered, secret_was_refused};

const MINUTE: i64 = 60 * 1000;
/// Pauses after the first, second, … try; the last one again and again.
const PAUSES: [i64; 4] = [MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE];
/// What nobody can name is not tried for ever.
const UNKNOWN_TRIES: u32 = 8;
/// How often Sent is looked into for a copy.
pub const COPY_TRIES: u32 = 5;

/// What becomes of a mail that no server took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It goes again by itself at that moment.
    Again(Timestamp),
    /// The person decides.
    Fail,
}

fn pause(tries: u32, id: OutgoingId) -> i64 {
    let at = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX).min(PAUSES.len() - 1);
    let seed = id.0.cast_unsigned().wrapping_mul(31).wrapping_add(u64::from(tries));
    jittered(PAUSES.get(at).copied().unwrap_or(MINUTE), seed)
}

/// After so many tries, the last of which met this cause. A network or server that is away, or asks for patience, is
/// waited for as long as it takes; a refused secret is never sent again to find out.
pub fn after(cause: Cause, tries: u32, id: OutgoingId, now: Timestamp) -> Next {
    let given_up = match cause {
        // An organisation that switched sending off does not switch it on by being asked again.
        Cause::SendingOff => true,
        Cause::Unknown => tries >= UNKNOWN_TRIES,
        Cause::Cancelled => return Next::Again(now),
        cause => !cause.retried(),
    };
    if given_up { Next::Fail } else { Next::Again(now.plus(pause(tries, id))) }
}

/// Whether the outgoing server's answer speaks against the account, not against the mail: its row says so until it is
/// mended, and no other mail of it is tried meanwhile.
pub const fn is_of_the_account(cause: Cause) -> bool {
    matches!(cause, Cause::SendingOff) || secret_was_refused(cause)
}

/// When the copy of a sent mail (or an uncertain mail) is looked for again, after so many looks that reached Sent;
/// `None`: not any more.
pub fn look_again(looks: u32, id: OutgoingId, now: Timestamp) -> Option<Timestamp> {
    (looks < COPY_TRIES).then(|| now.plus(pause(looks, id)))
}

/// When it is looked for again, after so many tries that did not reach Sent: however long that lasts.
pub fn look_later(failed: u32, id: OutgoingId, now: Timestamp) -> Timestamp {
    now.plus(pause(failed, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: OutgoingId = OutgoingId(7);

    #[test]
    fn the_pauses_grow_to_an_hour_and_stay_there() {
        for (tries, minutes) in [(1, 1), (2, 5), (3, 15), (4, 60), (5, 60), (400, 60)] {
            let Next::Again(at) = after(Cause::Offline, tries, ID, Timestamp(0)) else { panic!("{tries}") };
            let wanted = minutes * MINUTE;
            assert!(at.0 >= wanted * 9 / 10 && at.0 <= wanted * 11 / 10, "{tries}: {}", at.0);
        }
    }

    #[test]
    fn what_each_cause_leads_to() {
        for cause in Cause::ALL {
            let again = !matches!(after(*cause, 1, ID, Timestamp(0)), Next::Fail);
            let expected = match cause {
                Cause::Cancelled => true,
                Cause::SendingOff => false,
                cause => cause.retried(),
            };
            assert_eq!(again, expected, "{cause:?}");
        }
        assert_eq!(after(Cause::WrongPassword, 1, ID, Timestamp(0)), Next::Fail);
        assert_eq!(after(Cause::Unknown, UNKNOWN_TRIES, ID, Timestamp(0)), Next::Fail);
        assert_eq!(after(Cause::Cancelled, 3, ID, Timestamp(5)), Next::Again(Timestamp(5)));
    }

    #[test]
    fn a_refused_sign_in_speaks_against_the_account_and_a_refused_mail_does_not() {
        assert!(is_of_the_account(Cause::WrongPassword) && is_of_the_account(Cause::SendingOff));
        for cause in [Cause::KeychainNoEntry, Cause::MailRefused, Cause::RecipientRefused, Cause::TryLater] {
            assert!(!is_of_the_account(cause), "{cause:?}");
        }
    }

    #[test]
    fn a_copy_is_looked_for_five_times() {
        assert!(look_again(4, ID, Timestamp(0)).is_some());
        assert_eq!(look_again(5, ID, Timestamp(0)), None);
        let hour = look_later(5000, ID, Timestamp(0)).0;
        assert!(
            (54 * MINUTE..=66 * MINUTE).contains(&hour),
            "one that reached nobody is never the last: {hour}"
        );
    }
}

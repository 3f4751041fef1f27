//! An account's state, derived from facts: product.md, "An account's state". The first row that applies.

use crate::model::{AccountState, Cause, Failure, LeadsTo, Timestamp};

/// No success for so long, in which the app ran and the machine was awake, is late.
pub const LATE_AFTER_MS: i64 = 60 * 60 * 1000;

/// What the state is derived from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The user paused it.
    pub paused: bool,
    /// The last success.
    pub last_success: Option<Timestamp>,
    /// The failures of the latest cycle that was not cancelled, if it is newer than the last success.
    pub failures: Vec<Failure>,
    /// Milliseconds since the last success in which the app ran and the machine was awake.
    pub awake_since_success: i64,
    /// How long something stands in between, and in how many networks.
    pub between: Between,
}

/// Since when a server is met that does not show the certificate it should.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Between {
    /// Milliseconds since the first cycle in a row that met it.
    pub for_ms: i64,
    /// How many networks those cycles ran in.
    pub networks: usize,
}

/// Something that stands in between for so long is no passing network any more.
pub const BETWEEN_TOO_LONG_MS: i64 = 24 * 60 * 60 * 1000;

/// The state that a failure leads to. Something in between is a matter of the network, until it has lasted a day or
/// was met in a second network.
pub fn leads_to(cause: Cause, between: Between) -> LeadsTo {
    if cause == Cause::StandsInBetween && (between.for_ms >= BETWEEN_TOO_LONG_MS || between.networks >= 2) {
        return LeadsTo::State(AccountState::NeedsReconnecting);
    }
    cause.leads_to()
}

/// How far up in the table a state stands; of several failures the highest counts.
const fn height(state: AccountState) -> u8 {
    match state {
        AccountState::Paused => 6,
        AccountState::NeedsReconnecting => 5,
        AccountState::HeldUp => 4,
        AccountState::Unreachable => 3,
        AccountState::Waiting => 2,
        AccountState::Late => 1,
        AccountState::Connected => 0,
    }
}

/// The failure that counts: the one whose state stands highest, of equals the first.
pub fn worst(failures: &[Failure], between: Between) -> Option<(AccountState, &Failure)> {
    let mut worst: Option<(AccountState, &Failure)> = None;
    for failure in failures {
        let LeadsTo::State(state) = leads_to(failure.cause, between) else { continue };
        if worst.is_none_or(|(highest, _)| height(state) > height(highest)) {
            worst = Some((state, failure));
        }
    }
    worst
}

/// The state, and the failure it comes from.
pub fn derive(facts: &Facts) -> (AccountState, Option<&Failure>) {
    if facts.paused {
        return (AccountState::Paused, None);
    }
    if let Some((state, failure)) = worst(&facts.failures, facts.between) {
        return (state, Some(failure));
    }
    if facts.last_success.is_none() {
        return (AccountState::Waiting, None);
    }
    if facts.awake_since_success > LATE_AFTER_MS {
        return (AccountState::Late, None);
    }
    (AccountState::Connected, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    /// Product.md's table, read a second time: a list of states with when each applies.
    fn by_the_table(facts: &Facts) -> Vec<AccountState> {
        let lasts = facts.between.for_ms >= 86_400_000 || facts.between.networks > 1;
        let state_of = |cause: Cause| match cause {
            Cause::StandsInBetween if lasts => Some(AccountState::NeedsReconnecting),
            _ => cause.state(),
        };
        let any = |state| facts.failures.iter().any(|f| state_of(f.cause) == Some(state));
        let rows = [
            (AccountState::Paused, facts.paused),
            (AccountState::NeedsReconnecting, any(AccountState::NeedsReconnecting)),
            (AccountState::HeldUp, any(AccountState::HeldUp)),
            (AccountState::Unreachable, any(AccountState::Unreachable)),
            (AccountState::Waiting, facts.last_success.is_none()),
            (AccountState::Late, facts.awake_since_success > 3_600_000),
            (AccountState::Connected, true),
        ];
        rows.into_iter().filter(|(_, applies)| *applies).map(|(state, _)| state).collect()
    }

    #[test]
    fn every_combination_of_facts_has_exactly_one_state() {
        let mut combinations = 0;
        let mut causes: Vec<Vec<Cause>> = vec![vec![]];
        causes.extend(Cause::ALL.iter().map(|cause| vec![*cause]));
        causes.extend(Cause::ALL.iter().flat_map(|a| Cause::ALL.iter().map(|b| vec![*a, *b])));
        let betweens = [(0, 0), (BETWEEN_TOO_LONG_MS - 1, 1), (BETWEEN_TOO_LONG_MS, 1), (1, 2)]
            .map(|(for_ms, networks)| Between { for_ms, networks });
        for paused in [false, true] {
            for last_success in [None, Some(Timestamp(1))] {
                for awake in [0, LATE_AFTER_MS, LATE_AFTER_MS + 1] {
                    for between in betweens {
                        for causes in &causes {
                            let facts = Facts {
                                paused,
                                last_success,
                                failures: causes.iter().map(|cause| Failure::of(*cause)).collect(),
                                awake_since_success: awake,
                                between,
                            };
                            let (state, failure) = derive(&facts);
                            assert_eq!(Some(&state), by_the_table(&facts).first(), "{facts:?}");
                            assert_eq!(failure.and_then(|f| f.cause.state()).is_some(), failure.is_some());
                            combinations += 1;
                        }
                    }
                }
            }
        }
        assert_eq!(combinations, 2 * 2 * 3 * 4 * (1 + Cause::ALL.len() + Cause::ALL.len().pow(2)));
    }

    #[test]
    fn never_red_for_a_missing_network_never_green_for_a_failure() {
        for cause in [Cause::Offline, Cause::HostNotFound, Cause::ConnectionRefused, Cause::TimedOut] {
            let facts = Facts {
                last_success: Some(Timestamp(1)),
                failures: vec![Failure::of(cause)],
                ..Facts::default()
            };
            assert_eq!(derive(&facts).0, AccountState::Unreachable);
        }
        for cause in Cause::ALL {
            let of_sending = matches!(
                cause,
                Cause::SendingOff
                    | Cause::MessageTooLarge
                    | Cause::RecipientRefused
                    | Cause::SenderRefused
                    | Cause::MailRefused
                    | Cause::Utf8NotOffered
            );
            if of_sending || *cause == Cause::Cancelled {
                continue;
            }
            let facts = Facts {
                last_success: Some(Timestamp(1)),
                failures: vec![Failure::of(*cause)],
                ..Facts::default()
            };
            assert_ne!(derive(&facts).0, AccountState::Connected, "{cause:?}");
        }
    }
}

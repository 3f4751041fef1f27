//! Addresses that are nearly the same: a slip of the finger.

use crate::model::{Address, ContactAddress};

/// So many slips still make the same address.
const SLIPS: usize = 2;

/// The address among these that is nearly, but not wholly, `address`.
pub(super) fn nearest<'a>(address: &Address, among: &'a [ContactAddress]) -> Option<&'a ContactAddress> {
    among
        .iter()
        .filter_map(|entry| Some((slips(address, &entry.address)?, entry)))
        .min_by_key(|(slips, entry)| (*slips, entry.id))
        .map(|(_, entry)| entry)
}

/// Whether one is the other with a slip or two: a letter too many, missing, wrong, or two exchanged.
pub fn nearly(a: &Address, b: &Address) -> bool {
    slips(a, b).is_some()
}

/// How many slips lie between two addresses; `None`: none, or too many.
fn slips(a: &Address, b: &Address) -> Option<usize> {
    // Two short names at the same domain are two people: anna@ and hanna@ may be, al@ and jo@ surely are.
    let shorter = a.local().chars().count().min(b.local().chars().count());
    let allowed = if shorter < 5 { 1 } else { SLIPS };
    let slips = distance(a.local(), b.local(), allowed)? + distance(a.domain(), b.domain(), allowed)?;
    (slips > 0 && slips <= allowed && !(shorter < 3 && a.local() != b.local())).then_some(slips)
}

/// The optimal string alignment distance, in characters; `None`: more than `most`.
fn distance(a: &str, b: &str, most: usize) -> Option<usize> {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    // Three rows of the table are enough: an exchange looks two back.
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, right) in b.iter().enumerate() {
            let mut fewest = (last[j] + usize::from(left != right)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *left == b[j - 1] && a[i - 1] == *right {
                fewest = fewest.min(before[j - 1] + 1);
            }
            row.push(fewest);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|distance| *distance <= most)
}

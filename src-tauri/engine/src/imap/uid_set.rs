//! Sets of UIDs (RFC 9051, sequence-set).

use std::fmt::Write as _;

/// The end of a range that goes on to the newest message.
const STAR: u32 = u32::MAX;

/// UIDs as sorted ranges that neither touch nor overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UidSet {
    ranges: Vec<(u32, u32)>,
}

impl UidSet {
    /// From this UID on, to the newest: `n:*`. Messages below `n` are not part of it, though a server answers
    /// `n:*` with the newest message even when that lies below.
    pub fn from_uid(first: u32) -> Self {
        Self { ranges: vec![(first.max(1), STAR)] }
    }

    /// Every UID.
    pub fn all() -> Self {
        Self::from_uid(1)
    }

    /// Both ends included; empty when `last` lies below `first`. 0 is no UID.
    pub fn range(first: u32, last: u32) -> Self {
        let first = first.max(1);
        Self { ranges: if first <= last { vec![(first, last)] } else { Vec::new() } }
    }

    /// Nothing in it.
    pub const fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether the UID is in it.
    pub fn contains(&self, uid: u32) -> bool {
        let after = self.ranges.partition_point(|(first, _)| *first <= uid);
        after > 0 && self.ranges[after - 1].1 >= uid
    }

    /// The set as texts of at most about `longest` bytes each, none of them empty.
    pub(super) fn texts(&self, longest: usize) -> Vec<String> {
        let mut texts = Vec::new();
        let mut text = String::new();
        for &(first, last) in &self.ranges {
            if text.len() + 22 > longest && !text.is_empty() {
                texts.push(std::mem::take(&mut text));
            }
            if !text.is_empty() {
                text.push(',');
            }
            let _ = match (first == last, last == STAR) {
                (true, _) => write!(text, "{first}"),
                (false, true) => write!(text, "{first}:*"),
                (false, false) => write!(text, "{first}:{last}"),
            };
        }
        if !text.is_empty() {
            texts.push(text);
        }
        texts
    }
}

impl FromIterator<u32> for UidSet {
    fn from_iter<I: IntoIterator<Item = u32>>(uids: I) -> Self {
        let mut uids: Vec<u32> = uids.into_iter().filter(|uid| *uid != 0).collect();
        uids.sort_unstable();
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for uid in uids {
            match ranges.last_mut() {
                Some((_, last)) if uid <= last.saturating_add(1) => *last = uid.max(*last),
                _ => ranges.push((uid, uid)),
            }
        }
        Self { ranges }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_become_ranges() {
        let set: UidSet = [9, 1, 2, 3, 3, 7, 0, 8].into_iter().collect();
        assert_eq!(set.texts(100), ["1:3,7:9"]);
        assert!(set.contains(2) && set.contains(7) && !set.contains(4) && !set.contains(0));
        assert_eq!(UidSet::from_uid(0).texts(100), ["1:*"]);
        assert_eq!(UidSet::range(5, 4).texts(100), Vec::<String>::new());
        assert!(UidSet::range(0, 0).is_empty());
        assert_eq!(UidSet::range(4, 4).texts(100), ["4"]);
    }

    #[test]
    fn a_long_set_is_cut_into_lines() {
        let set: UidSet = (1..10_000).map(|n| n * 2).collect();
        let texts = set.texts(8000);
        assert!(texts.len() > 1 && texts.iter().all(|text| text.len() <= 8000));
        assert_eq!(texts.iter().map(|text| text.split(',').count()).sum::<usize>(), 9_999);
    }
}

//! The totals of a flat list, always those of the entries that stand in it.

use formwork_model::documents::{Flat, FlatSource};

/// The list with its totals.
#[must_use]
pub fn count(mut flat: Flat) -> Flat {
    let sum = |approved: bool, of: fn(&FlatSource) -> usize| -> u64 {
        let entries = flat.sources.iter();
        let sum: usize = entries
            .filter(|source| source.approved == approved)
            .map(of)
            .sum();
        u64::try_from(sum).unwrap_or(u64::MAX)
    };
    let (proposed, approved) = (sum(false, |_| 1), sum(true, |_| 1));
    let binaries = |source: &FlatSource| source.binaries.len();
    let (proposed_binaries, approved_binaries) = (sum(false, binaries), sum(true, binaries));
    flat.proposed = proposed;
    flat.approved = approved;
    flat.total = proposed + approved;
    flat.proposed_binaries = proposed_binaries;
    flat.approved_binaries = approved_binaries;
    flat.total_binaries = proposed_binaries + approved_binaries;
    flat
}

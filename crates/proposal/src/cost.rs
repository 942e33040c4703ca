//! What the packages of a list cost those who care for them and those who install them.

use std::collections::BTreeSet;

use formwork_model::documents::{Cost, Flat};

use crate::policy::interpreter;

/// What a proposal adds to the approved list, and which interpreters it brings onto the target.
#[must_use]
pub fn of_list(flat: &Flat) -> Cost {
    let mut cost = Cost::default();
    let mut interpreters: BTreeSet<&str> = BTreeSet::new();
    for source in &flat.sources {
        cost.new_sources += u64::from(!source.approved);
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for binary in &source.packages {
            // What only the approved list names is not brought by this proposal.
            let pulled = !binary.architectures.is_empty();
            if !source.build_only && pulled {
                interpreters.extend(interpreter(&binary.name));
            }
            let new = !source.approved || source.new_binaries.contains(&binary.name);
            if new && seen.insert(&binary.name) {
                cost.new_binaries += 1;
                cost.size += binary.size;
                cost.installed_size += binary.installed_size;
            }
        }
    }
    cost.interpreters = interpreters.into_iter().map(str::to_owned).collect();
    cost
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flat::tests::toy;

    #[test]
    fn only_what_is_new_costs_and_the_approved_list_brings_nothing() {
        // fail2ban, libpkgconf3, pkgconf, python3, tpm2-tools, libtss2 and the new binary acl.
        for all in [true, false] {
            let cost = of_list(&toy(all));
            assert_eq!(cost.new_sources, 5);
            assert_eq!((cost.new_binaries, cost.size), (7, 7000));
            assert_eq!(cost.interpreters, ["python3"]);
        }
    }
}

//! Who still needs a source that a proposal takes off the approved list.

use std::collections::BTreeMap;

use formwork_model::lock::Lock;
use formwork_model::proposal::{Package, Proposal, State};
use formwork_proposal::policy::Need;

use super::chains::Chains;
use crate::context::Context;
use crate::propose::Loaded;
use crate::{Error, approved};

/// All needs, by source.
pub(super) fn needed(
    context: &Context,
    loaded: &Loaded,
    proposal: &Proposal,
) -> Result<BTreeMap<String, Vec<Need>>, Error> {
    let removed: Vec<&Package> = proposal
        .packages
        .iter()
        .filter(|package| package.state == State::Remove)
        .collect();
    let mut needed = BTreeMap::new();
    if removed.is_empty() {
        return Ok(needed);
    }
    let lock = loaded.project.lock()?.map(|loaded| loaded.lock);
    for package in removed {
        let mut needs = Vec::new();
        if let Some(lock) = &lock {
            needs.extend(images(context, loaded, lock, package));
        }
        needs.extend(proposals(loaded, proposal, package)?);
        needs.sort();
        needs.dedup();
        needed.insert(package.source.text.clone(), needs);
    }
    Ok(needed)
}

/// The images whose locked closures have the source.
fn images(context: &Context, loaded: &Loaded, lock: &Lock, package: &Package) -> Vec<Need> {
    let mut needs = Vec::new();
    for closure in &lock.closures {
        if !package.is_for_suite(&closure.suite) {
            continue;
        }
        let shipped = closure.shipped().into_iter();
        let mut packages = shipped.filter_map(|key| lock.package(key));
        let Some(found) = packages.find(|locked| locked.source == package.source.text) else {
            continue;
        };
        let chains = Chains::of(context, &loaded.project, lock, closure);
        needs.push(Need {
            who: format!(
                "the image {} ({} {})",
                closure.image, closure.suite, closure.architecture
            ),
            chain: chains.to(&found.name),
        });
    }
    needs
}

/// The other proposals that want the source, or whose frozen lists have it.
fn proposals(loaded: &Loaded, own: &Proposal, package: &Package) -> Result<Vec<Need>, Error> {
    let source = package.source.as_str();
    let mut needs = Vec::new();
    let who = |other: &Proposal| format!("proposal {} ({})", other.id, other.title);
    for frozen in approved::frozen(loaded)? {
        let Some(other) = loaded
            .proposals
            .iter()
            .find(|one| one.proposal.id == frozen.proposal)
        else {
            continue;
        };
        let lists = frozen
            .lists
            .iter()
            .filter(|list| package.is_for_suite(&list.suite));
        for found in lists.flat_map(|list| &list.sources) {
            // What a proposal wants itself is what is being taken back; what it needs is in the way.
            if other.proposal.id != own.id && found.name == source && found.chain.len() > 1 {
                needs.push(Need {
                    who: who(&other.proposal),
                    chain: found.chain.clone(),
                });
            }
        }
    }
    for other in &loaded.proposals {
        let other = &other.proposal;
        let open = other.id != own.id && !other.status.is_closed();
        let wants = other
            .package(source)
            .is_some_and(|one| one.state.is_wanted());
        if open && wants {
            needs.push(Need {
                who: who(other),
                chain: Vec::new(),
            });
        }
    }
    Ok(needs)
}

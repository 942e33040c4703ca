//! `propose list` and `propose show`: what the files say, and how each proposal stands.

use formwork_deb::time::Timestamp;
use formwork_model::documents::{
    self, ProposalAlternative, ProposalDeferred, ProposalList, ProposalPackage, ProposalProvider,
    ProposalReview, ProposalShown, ProposalSummary,
};
use formwork_model::proposal::{Binary, Package, Placed, Proposal, Review, Verdict};
use formwork_model::requirement::{Catalogue, order};
use formwork_model::review::{self, Missing, Rejection, Rules};

use super::{Loaded, load};
use crate::Error;
use crate::context::Context;

const DAY: i64 = 86_400;

/// Answers `propose list`: every proposal with its due date, open comments and missing verdicts.
pub fn list(context: &Context, today: Timestamp) -> Result<ProposalList, Error> {
    let loaded = load(context)?;
    let rules = &loaded.project.project.review;
    let all = loaded.proposals.iter();
    Ok(ProposalList {
        format: documents::FORMAT,
        inputs: Vec::new(),
        today: today.date(),
        proposals: all
            .map(|one| summary(&one.proposal, rules, today))
            .collect(),
    })
}

/// Answers `propose show`: one proposal in full.
pub fn show(
    context: &Context,
    name: Option<&str>,
    today: Timestamp,
) -> Result<ProposalShown, Error> {
    let loaded = load(context)?;
    let proposal = &loaded.meant_or_newest(name)?.proposal;
    let rules = &loaded.project.project.review;
    let packages = proposal.packages.iter();
    let reviews = proposal.reviews.iter().zip(1..);
    Ok(ProposalShown {
        format: documents::FORMAT,
        inputs: Vec::new(),
        today: today.date(),
        proposal: summary(proposal, rules, today),
        supersedes: proposal.supersedes.iter().map(|older| older.id).collect(),
        notes: proposal.notes.clone(),
        packages: packages
            .map(|package| shown_package(package, &loaded.catalogue))
            .collect(),
        reviews: reviews
            .map(|(review, number)| shown_review(review, number, proposal))
            .collect(),
    })
}

impl Loaded {
    /// The proposal of this name; without one the only open one, or the only one there is.
    fn meant_or_newest(&self, name: Option<&str>) -> Result<&super::LoadedProposal, Error> {
        match (name, self.proposals.as_slice()) {
            (None, [only]) => Ok(only),
            _ => self.meant(name),
        }
    }
}

/// A proposal in a few words.
pub(super) fn summary(proposal: &Proposal, rules: &Rules, today: Timestamp) -> ProposalSummary {
    let closed = proposal.status.is_closed();
    let standing = review::standing(proposal, rules);
    let wanted = proposal.packages.iter();
    let wanted = wanted.filter(|package| package.state.is_reviewed()).count();
    let days_left = proposal
        .due
        .map(|due| (due.0 - today.0).div_euclid(DAY))
        .filter(|_| !closed);
    let missing = standing.missing.iter().filter(|_| !closed);
    let rejections = standing.rejections.iter().filter(|_| !closed);
    ProposalSummary {
        id: proposal.id,
        file: proposal.file.clone(),
        title: proposal.title.clone(),
        proposer: proposal.proposer.text.clone(),
        revision: proposal.revision,
        status: proposal.status.as_str().to_owned(),
        due: proposal.due.map(Timestamp::date),
        days_left,
        closed: proposal.closed.map(Timestamp::date),
        suites: texts(&proposal.suites),
        architectures: texts(&proposal.architectures),
        packages: wanted as u64,
        aside: (proposal.packages.len() - wanted) as u64,
        open_comments: proposal.open_comments().count() as u64,
        missing: missing.map(missing_words).collect(),
        rejections: rejections.map(rejection_words).collect(),
    }
}

/// A missing approval in words.
pub(super) fn missing_words(missing: &Missing) -> String {
    let of = match missing.packages.as_slice() {
        [] => String::new(),
        some => format!(" of {}", some.join(", ")),
    };
    format!(
        "{} has given {} of {} approvals{of}",
        missing.who, missing.have, missing.need
    )
}

/// A rejection in words.
pub(super) fn rejection_words(rejection: &Rejection) -> String {
    let what = rejection.package.as_deref().unwrap_or("the whole");
    format!("{} rejects {what}: {}", rejection.who, rejection.comment)
}

fn texts(list: &[Placed]) -> Vec<String> {
    list.iter().map(|one| one.text.clone()).collect()
}

/// The requirements that a package serves, by itself and by its capabilities, in the standard's
/// order and each once.
#[must_use]
pub fn served(package: &Package, catalogue: &Catalogue) -> Vec<String> {
    let by_capability = package
        .capabilities
        .iter()
        .filter_map(|name| catalogue.capabilities.get(&name.text))
        .flat_map(|capability| capability.requirements.iter().cloned());
    let own = package.requirements.iter().map(|id| id.text.clone());
    let mut all: Vec<String> = own.chain(by_capability).collect();
    all.sort_by(|left, right| order(left, right));
    all.dedup();
    all
}

pub(super) fn shown_package(package: &Package, catalogue: &Catalogue) -> ProposalPackage {
    let alternatives = package.alternatives.iter().map(|one| ProposalAlternative {
        package: one.package.text.clone(),
        why_not: one.why_not.clone(),
    });
    let providers = package.providers.iter().map(|one| ProposalProvider {
        of: one.of.text.clone(),
        package: one.package.text.clone(),
    });
    ProposalPackage {
        source: package.source.text.clone(),
        binaries: package.binaries.iter().map(binary).collect(),
        suites: texts(&package.suites),
        architectures: texts(&package.architectures),
        state: package.state.as_str().to_owned(),
        on_target: package.on_target,
        reason: package.reason.clone(),
        capabilities: texts(&package.capabilities),
        requirements: served(package, catalogue),
        needs: package.needs.as_deref().map(texts),
        alternatives: alternatives.collect(),
        providers: providers.collect(),
        security_tags: package.security_tags.clone(),
        replaces: package.replaces.as_ref().map(|name| name.text.clone()),
        deferred: package.deferred.as_ref().map(|one| ProposalDeferred {
            revision: one.revision,
            reason: one.reason.clone(),
            first: one.first.clone(),
        }),
        notes: package.notes.clone(),
        line: package.source.spot.line,
    }
}

/// A binary with its restriction.
fn binary(binary: &Binary) -> String {
    let words = [binary.suites.as_slice(), &binary.architectures].concat();
    match words.as_slice() {
        [] => binary.name.text.clone(),
        some => format!("{} [{}]", binary.name, some.join(" ")),
    }
}

fn shown_review(review: &Review, number: u64, proposal: &Proposal) -> ProposalReview {
    let verdict = review.verdict != Verdict::Comment && review.revision == proposal.revision;
    ProposalReview {
        number,
        who: review.who.text.clone(),
        when: review.when.date(),
        revision: review.revision,
        verdict: review.verdict.as_str().to_owned(),
        package: review.package.as_ref().map(|name| name.text.clone()),
        comment: review.comment.clone(),
        answer: review.answer.clone(),
        counts: verdict || review.is_open(),
    }
}

//! What must hold within a proposal, between proposals, and with the catalogue and the rules.

use std::collections::{BTreeMap, BTreeSet};

use super::{Package, Placed, Proposal, Review, State, Status, Verdict};
use crate::nearest::nearest;
use crate::requirement::{Catalogue, normalised};
use crate::review::Rules;
use crate::source::{FileError, Spot};

/// An error at a place.
fn error(spot: &Spot, message: String, hint: impl Into<String>) -> FileError {
    FileError {
        spot: spot.clone(),
        message,
        hint: Some(hint.into()),
    }
}

/// The hint for a name that nobody knows.
fn meant<'a>(name: &str, known: impl IntoIterator<Item = &'a str>, otherwise: &str) -> String {
    match nearest(name, known, 1).first() {
        Some(near) => format!("did you mean `{near}`?"),
        None => otherwise.to_owned(),
    }
}

impl Proposal {
    /// What the file must be in itself.
    pub(super) fn check(&self) -> Result<(), FileError> {
        self.check_dates()?;
        let mut seen: BTreeMap<&str, Vec<&Package>> = BTreeMap::new();
        for package in &self.packages {
            self.check_package(package)?;
            let same = seen.entry(&package.source.text).or_default();
            if let Some(other) = same.iter().find(|other| overlap(other, package)) {
                return Err(error(
                    &package.source.spot,
                    format!("the source `{}` is here twice", package.source),
                    format!("it stands in line {} already", other.source.spot.line),
                ));
            }
            same.push(package);
        }
        self.check_reviews()
    }

    fn check_dates(&self) -> Result<(), FileError> {
        let spot = &self.status_spot;
        let needs = |key: &str| {
            error(
                spot,
                format!(
                    "a proposal that is {} needs the key `{key}`",
                    self.status.as_str()
                ),
                format!("{key} = \"2026-12-31\""),
            )
        };
        if self.status == Status::InReview && self.due.is_none() {
            return Err(needs("due"));
        }
        if self.status.is_closed() && self.closed.is_none() {
            return Err(needs("closed"));
        }
        if !self.status.is_closed() && self.closed.is_some() {
            return Err(error(
                spot,
                format!("a proposal that is {} is not closed", self.status.as_str()),
                "take the key `closed` away",
            ));
        }
        if let (Some(opened), Some(due)) = (self.opened, self.due)
            && due < opened
        {
            return Err(error(
                spot,
                format!(
                    "due on {}, before it was opened on {}",
                    due.date(),
                    opened.date()
                ),
                "correct one of the two dates",
            ));
        }
        Ok(())
    }

    fn check_package(&self, package: &Package) -> Result<(), FileError> {
        let source = &package.source;
        for (own, all, what) in [
            (&package.suites, &self.suites, "suite"),
            (&package.architectures, &self.architectures, "architecture"),
        ] {
            let known = |one: &&Placed| !all.iter().any(|other| other.text == one.text);
            if let Some(bad) = own.iter().find(known) {
                return Err(error(
                    &bad.spot,
                    format!("`{bad}` is no {what} of this proposal"),
                    format!("name it in `{what}s` at the head of the file, too"),
                ));
            }
        }
        if (package.state == State::Deferred) != package.deferred.is_some() {
            return Err(error(
                &source.spot,
                format!("`{source}` has only one of state = \"deferred\" and `deferred`"),
                "deferred = { revision = 1, reason = \"…\", first = \"…\" }",
            ));
        }
        if package.state.is_wanted() && package.binaries.is_empty() {
            return Err(error(
                &source.spot,
                format!("`{source}` names no binary"),
                "binaries = [\"…\"]",
            ));
        }
        if package.state == State::Optional && package.needs.as_ref().is_none_or(Vec::is_empty) {
            return Err(error(
                &source.spot,
                format!("`{source}` is optional, but no feature says when it is wanted"),
                "needs = [\"tpm2\"]",
            ));
        }
        if let Some(deferred) = &package.deferred
            && deferred.revision > self.revision
        {
            return Err(error(
                &source.spot,
                format!(
                    "`{source}` was deferred in revision {}, which is still to come",
                    deferred.revision
                ),
                format!("the file is revision {}", self.revision),
            ));
        }
        if let Some(replaced) = &package.replaces
            && replaced.text == source.text
        {
            return Err(error(
                &replaced.spot,
                format!("`{source}` cannot replace itself"),
                "name the source whose place it takes",
            ));
        }
        Ok(())
    }

    fn check_reviews(&self) -> Result<(), FileError> {
        let mut given: BTreeMap<(&str, u32, Option<&str>), &Review> = BTreeMap::new();
        for review in &self.reviews {
            if review.revision > self.revision {
                return Err(error(
                    &review.spot,
                    format!(
                        "a review of revision {}, but the file is revision {}",
                        review.revision, self.revision
                    ),
                    "a review names the revision that was read",
                ));
            }
            if review.verdict != Verdict::Approve && review.comment.is_empty() {
                return Err(error(
                    &review.spot,
                    format!(
                        "`{}` says {} without a word",
                        review.who,
                        review.verdict.as_str()
                    ),
                    "comment = \"…\"",
                ));
            }
            let package = review.package.as_ref().map(Placed::as_str);
            // A package of an earlier revision may have gone since.
            if review.revision == self.revision
                && let Some(named) = &review.package
                && self.package(&named.text).is_none()
            {
                let known = self.packages.iter().map(|one| one.source.as_str());
                return Err(error(
                    &named.spot,
                    format!("the proposal has no package `{named}`"),
                    meant(
                        &named.text,
                        known,
                        "a review names a source package of the proposal",
                    ),
                ));
            }
            if review.verdict == Verdict::Comment {
                continue;
            }
            let key = (review.who.as_str(), review.revision, package);
            if let Some(other) = given.insert(key, review) {
                return Err(error(
                    &review.spot,
                    format!(
                        "`{}` gives two verdicts on {} of revision {}",
                        review.who,
                        package.unwrap_or("the whole"),
                        review.revision
                    ),
                    format!(
                        "`{}` stands in line {}; keep one",
                        other.verdict.as_str(),
                        other.spot.line
                    ),
                ));
            }
        }
        Ok(())
    }
}

/// Whether two entries of one source speak of one suite and architecture.
fn overlap(left: &Package, right: &Package) -> bool {
    let meet = |left: &[Placed], right: &[Placed]| {
        left.is_empty()
            || right.is_empty()
            || left
                .iter()
                .any(|one| right.iter().any(|other| other.text == one.text))
    };
    meet(&left.suites, &right.suites) && meet(&left.architectures, &right.architectures)
}

/// What must hold between the proposals of a project: numbers that are used once, and a
/// succession without gaps and cycles.
pub fn check_together(proposals: &[&Proposal]) -> Result<(), FileError> {
    let mut by_id: BTreeMap<u32, &Proposal> = BTreeMap::new();
    for proposal in proposals {
        if let Some(other) = by_id.insert(proposal.id, proposal) {
            return Err(error(
                &proposal.id_spot,
                format!("the number {} is taken", proposal.id),
                format!("by {}; give this one the next free number", other.file),
            ));
        }
    }
    for proposal in by_id.values() {
        for older in &proposal.supersedes {
            if !by_id.contains_key(&older.id) {
                return Err(error(
                    &older.spot,
                    format!("there is no proposal {}", older.id),
                    "`supersedes` names numbers of proposals",
                ));
            }
            check_cycle(&by_id, proposal.id, &older.spot, older.id)?;
        }
        let superseded = |other: &&&Proposal| {
            other.status == Status::Approved || other.status == Status::Superseded
        };
        let named = by_id
            .values()
            .filter(superseded)
            .any(|other| other.supersedes.iter().any(|older| older.id == proposal.id));
        if proposal.status == Status::Superseded && !named {
            return Err(error(
                &proposal.status_spot,
                format!("no approved proposal supersedes {}", proposal.id),
                "the one that does says supersedes = […]",
            ));
        }
    }
    Ok(())
}

/// Follows the succession from an older proposal; it must not lead back.
fn check_cycle(
    by_id: &BTreeMap<u32, &Proposal>,
    start: u32,
    spot: &Spot,
    older: u32,
) -> Result<(), FileError> {
    let mut waiting = vec![vec![start, older]];
    let mut seen = BTreeSet::new();
    while let Some(path) = waiting.pop() {
        let last = path.last().copied().unwrap_or(start);
        if last == start {
            let path: Vec<String> = path.iter().map(u32::to_string).collect();
            return Err(error(
                spot,
                format!(
                    "proposals supersede each other in a circle: {}",
                    path.join(" → ")
                ),
                "take one of them out of `supersedes`",
            ));
        }
        if !seen.insert(last) {
            continue;
        }
        for next in by_id.get(&last).iter().flat_map(|one| &one.supersedes) {
            let mut longer = path.clone();
            longer.push(next.id);
            waiting.push(longer);
        }
    }
    Ok(())
}

/// Every requirement, capability and feature that a proposal names must be known; requirements
/// are then written as the catalogue writes them.
pub fn check_catalogue(proposal: &mut Proposal, catalogue: &Catalogue) -> Result<(), FileError> {
    for package in &mut proposal.packages {
        for requirement in &mut package.requirements {
            let id = normalised(&requirement.text);
            if !catalogue.requirements.contains_key(&id) {
                let known = catalogue.requirements.keys().map(String::as_str);
                return Err(error(
                    &requirement.spot,
                    format!("no requirement `{requirement}`"),
                    meant(
                        &id,
                        known,
                        "formwork trace or requirements/*.toml tell which there are",
                    ),
                ));
            }
            requirement.text = id;
        }
        for capability in &package.capabilities {
            if !catalogue.capabilities.contains_key(&capability.text) {
                let known = catalogue.capabilities.keys().map(String::as_str);
                return Err(error(
                    &capability.spot,
                    format!("no capability `{capability}`"),
                    meant(
                        &capability.text,
                        known,
                        "describe it in requirements/*.toml",
                    ),
                ));
            }
        }
        for need in package.needs.iter().flatten() {
            if !catalogue.features.contains_key(&need.text) {
                let known = catalogue.features.keys().map(String::as_str);
                return Err(error(
                    &need.spot,
                    format!("no feature `{need}`"),
                    meant(
                        &need.text,
                        known,
                        "describe it as [features.NAME] in requirements/*.toml",
                    ),
                ));
            }
        }
    }
    Ok(())
}

/// Everybody who proposes or reviews must be known to `[review]`, if there is one.
pub fn check_rules(proposal: &Proposal, rules: &Rules) -> Result<(), FileError> {
    if rules.is_empty() {
        return Ok(());
    }
    if !rules.is_known(&proposal.proposer.text) {
        return Err(error(
            &proposal.proposer.spot,
            format!("`{}` is neither a group nor a member", proposal.proposer),
            meant(
                &proposal.proposer.text,
                rules.names(),
                "see [review] in formwork.toml",
            ),
        ));
    }
    for review in &proposal.reviews {
        if !rules.is_member(&review.who.text) {
            return Err(error(
                &review.who.spot,
                format!("`{}` is no member of any group", review.who),
                meant(
                    &review.who.text,
                    rules.members(),
                    "see [review] in formwork.toml",
                ),
            ));
        }
    }
    Ok(())
}

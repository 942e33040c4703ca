//! Whose verdicts a proposal needs, and how it stands.
//!
//! `[review]` of `formwork.toml` has `least_days` (from opening a review to its due date),
//! `required` (the groups and members without whose approval nothing is closed; every group if it
//! is left out), and `[review.groups.NAME]` with `members` and `quorum` (how many of them must
//! approve; more than half if it is left out). Without `[review]` one approval by anybody is
//! needed: nothing comes onto the approved list unseen.
//!
//! A verdict on the whole counts for each package on which the same person says nothing else.

use std::collections::BTreeMap;

use formwork_deb::time::Timestamp;

use crate::keys::Keys;
use crate::name::{self, Kind};
use crate::nearest::nearest;
use crate::proposal::{Package, Placed, Proposal, Review, Verdict};
use crate::source::{FileError, Source};

const DAY: i64 = 86_400;

/// The rules of `[review]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// How many days a review lasts at least.
    pub least_days: u32,
    /// The groups and members whose approval is needed.
    pub required: Vec<String>,
    /// The groups, by name.
    pub groups: BTreeMap<String, Group>,
}

/// People who decide together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Their names, in the order written.
    pub members: Vec<String>,
    /// How many of them must approve.
    pub quorum: usize,
}

impl Rules {
    /// Reads the table `[review]`.
    pub(crate) fn read(source: Source<'_>, mut keys: Keys<'_>) -> Result<Rules, FileError> {
        let least_days = match keys.integer("least_days")? {
            None => 0,
            Some(number) => u32::try_from(*number.get_ref()).map_err(|_| {
                source
                    .error(&number.span(), "`least_days` is a number of days")
                    .hint("least_days = 14")
            })?,
        };
        let required = keys.strings("required")?;
        let mut groups = BTreeMap::new();
        if let Some(table) = keys.table("groups", "[review.groups]")? {
            for (name, value) in table.entries() {
                if !name::is_valid(Kind::Set, &name.get_ref().to_lowercase()) {
                    let message = format!("`{}` cannot be the name of a group", name.get_ref());
                    return Err(source.error(&name.span(), message));
                }
                let group = Group::read(source, Keys::of(source, "a group", value)?)?;
                groups.insert(name.into_inner(), group);
            }
        }
        keys.finish()?;
        let mut rules = Rules {
            least_days,
            required: groups.keys().cloned().collect(),
            groups,
        };
        if rules.groups.is_empty() {
            let error = keys.error("[review] names no group");
            return Err(error.hint("write [review.groups.NAME] and below it members = [\"…\"]"));
        }
        if let Some(list) = required {
            if let Some(bad) = list.iter().find(|text| !rules.is_known(text.get_ref())) {
                let message = format!("`{}` is neither a group nor a member", bad.get_ref());
                let near = nearest(bad.get_ref(), rules.names(), 1);
                let error = source.error(&bad.span(), message);
                return Err(match near.first() {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error.hint("describe it as [review.groups.NAME]"),
                });
            }
            rules.required = list.into_iter().map(|text| text.into_inner()).collect();
        }
        Ok(rules)
    }

    /// Whether the project has no such rules.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The names of all members, some perhaps more than once.
    pub fn members(&self) -> impl Iterator<Item = &str> {
        let all = self.groups.values().flat_map(|group| &group.members);
        all.map(String::as_str)
    }

    /// The names of all groups and members.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.groups.keys().map(String::as_str).chain(self.members())
    }

    /// Whether somebody is a member of a group.
    #[must_use]
    pub fn is_member(&self, name: &str) -> bool {
        self.members().any(|member| member == name)
    }

    /// Whether a name is that of a group or a member.
    #[must_use]
    pub fn is_known(&self, name: &str) -> bool {
        self.names().any(|known| known == name)
    }

    /// The first day on which a review that opens on a day may end.
    #[must_use]
    pub fn earliest_due(&self, opened: Timestamp) -> Timestamp {
        Timestamp(opened.0 + i64::from(self.least_days) * DAY)
    }
}

impl Group {
    fn read(source: Source<'_>, mut keys: Keys<'_>) -> Result<Group, FileError> {
        let mut members: Vec<String> = Vec::new();
        let list = keys.strings("members")?.unwrap_or_default();
        for text in list {
            if text.get_ref().trim().is_empty() || members.contains(text.get_ref()) {
                let message = format!("`{}` is empty or stands here twice", text.get_ref());
                return Err(source.error(&text.span(), message));
            }
            members.push(text.into_inner());
        }
        let quorum = keys.integer("quorum")?;
        keys.finish()?;
        if members.is_empty() {
            return Err(keys.missing("members").hint("members = [\"…\"]"));
        }
        let quorum = match quorum {
            None => members.len() / 2 + 1,
            Some(number) => usize::try_from(*number.get_ref())
                .ok()
                .filter(|quorum| (1..=members.len()).contains(quorum))
                .ok_or_else(|| {
                    let message = format!(
                        "a quorum of {} among {} members",
                        number.get_ref(),
                        members.len()
                    );
                    let error = source.error(&number.span(), message);
                    error.hint("at least 1, at most all")
                })?,
        };
        Ok(Group { members, quorum })
    }
}

/// How a proposal's present revision stands with its reviewers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whose approval is still missing.
    pub missing: Vec<Missing>,
    /// Verdicts that say no.
    pub rejections: Vec<Rejection>,
}

/// An approval that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The group or member; `anybody` without rules.
    pub who: String,
    /// How many approvals there are.
    pub have: usize,
    /// How many are needed.
    pub need: usize,
    /// The packages that lack it; empty: all of them.
    pub packages: Vec<String>,
}

/// A verdict that says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Who.
    pub who: String,
    /// The package; `None`: the whole.
    pub package: Option<String>,
    /// Why.
    pub comment: String,
}

impl Standing {
    /// Whether nothing is missing and nobody says no.
    #[must_use]
    pub fn is_approved(&self) -> bool {
        self.missing.is_empty() && self.rejections.is_empty()
    }
}

/// Counts the verdicts on the present revision of a proposal.
#[must_use]
pub fn standing(proposal: &Proposal, rules: &Rules) -> Standing {
    let counted: Vec<&Review> = proposal
        .reviews
        .iter()
        .filter(|review| review.revision == proposal.revision)
        .collect();
    let rejections = counted
        .iter()
        .filter(|review| review.verdict == Verdict::Reject)
        .map(|review| Rejection {
            who: review.who.text.clone(),
            package: review.package.as_ref().map(|name| name.text.clone()),
            comment: review.comment.clone(),
        });
    let mut missing = Vec::new();
    for (who, members, need) in wanted(rules) {
        let packages: Vec<(&Package, usize)> = proposal
            .packages
            .iter()
            .filter(|package| package.state.is_reviewed())
            .map(|package| {
                (
                    package,
                    approvals(&counted, members.as_deref(), Some(package)),
                )
            })
            .collect();
        let lacking: Vec<&(&Package, usize)> =
            packages.iter().filter(|(_, have)| *have < need).collect();
        let whole = approvals(&counted, members.as_deref(), None);
        let least = lacking.iter().map(|(_, have)| *have).min();
        if let Some(have) = least.or((packages.is_empty() && whole < need).then_some(whole)) {
            let all = lacking.len() == packages.len();
            let names = lacking
                .iter()
                .map(|(package, _)| package.source.text.clone());
            missing.push(Missing {
                who,
                have,
                need,
                packages: if all { Vec::new() } else { names.collect() },
            });
        }
    }
    Standing {
        missing,
        rejections: rejections.collect(),
    }
}

/// Whose approval is needed: a name, the people who can give it, and how many of them must.
fn wanted(rules: &Rules) -> Vec<(String, Option<Vec<&str>>, usize)> {
    if rules.is_empty() {
        return vec![("anybody".to_owned(), None, 1)];
    }
    let required = rules.required.iter();
    required
        .map(|name| match rules.groups.get(name) {
            Some(group) => {
                let members = group.members.iter().map(String::as_str).collect();
                (name.clone(), Some(members), group.quorum)
            }
            None => (name.clone(), Some(vec![name.as_str()]), 1),
        })
        .collect()
}

/// How many of some people approve a package, or the whole.
fn approvals(reviews: &[&Review], members: Option<&[&str]>, package: Option<&Package>) -> usize {
    let mut said: BTreeMap<&str, (Option<Verdict>, Option<Verdict>)> = BTreeMap::new();
    for review in reviews {
        let who = review.who.as_str();
        let counts = members.is_none_or(|members| members.contains(&who));
        if !counts || review.verdict == Verdict::Comment {
            continue;
        }
        let entry = said.entry(who).or_default();
        match review.package.as_ref().map(Placed::as_str) {
            None => entry.0 = Some(review.verdict),
            Some(name) if package.is_some_and(|package| package.source.text == name) => {
                entry.1 = Some(review.verdict);
            }
            Some(_) => {}
        }
    }
    said.values()
        .filter(|(whole, own)| own.or(*whole) == Some(Verdict::Approve))
        .count()
}

#[cfg(test)]
#[path = "review_tests.rs"]
mod tests;

//! `migrate`: what becomes of the approved list and of every image in another suite, what that
//! costs, and a draft proposal that says so.

mod draft;
mod images;

use std::collections::{BTreeMap, BTreeSet};

use formwork_model::documents::{self, Migration, MigrationChange, MigrationList};
use formwork_model::migration::Change;
use formwork_model::source::FileError;
use formwork_proposal::migrate::{Suites, shipped};
use formwork_proposal::policy::dates;

use crate::Error;
use crate::approved;
use crate::context::Context;
use crate::project::ProjectError;
use crate::propose::{Loaded, ProposeError};
use crate::query::{Opened, Want, open_suite};

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The suite that is gone to.
    pub to: String,
    /// The suite that is left; without it the newest of the project before that one.
    pub from: Option<String>,
    /// Whether the draft is written into the project.
    pub write: bool,
    /// Who proposes it; found by git's name of the person if it is left out.
    pub proposer: Option<String>,
}

/// What the steps need.
struct Journey<'a> {
    context: &'a Context,
    loaded: &'a Loaded,
    from: String,
    to: String,
    changes: Vec<Change>,
}

/// The archives of both suites on one architecture.
struct Both {
    architecture: String,
    old: Opened,
    new: Opened,
}

/// Looks at the approved list and at every image of the suite that is left.
pub fn migrate(context: &Context, loaded: &Loaded, asked: &Asked) -> Result<Migration, Error> {
    let from = match &asked.from {
        Some(from) => from.clone(),
        None => previous(loaded, &asked.to)?,
    };
    let fault = |error: FileError| Error::from(ProjectError::from(error));
    let journey = Journey {
        context,
        loaded,
        changes: shipped(&from, &asked.to).map_err(fault)?,
        from,
        to: asked.to.clone(),
    };
    let mut opened: BTreeMap<String, Both> = BTreeMap::new();
    for architecture in journey.architectures() {
        let both = journey.open(&architecture)?;
        opened.insert(architecture, both);
    }
    let mut answer = Migration {
        format: documents::FORMAT,
        from: journey.from.clone(),
        to: journey.to.clone(),
        ..Migration::default()
    };
    for both in opened.values() {
        answer.inputs.extend(both.old.inputs.iter().cloned());
        answer.inputs.extend(both.new.inputs.iter().cloned());
    }
    answer.inputs.sort();
    answer.inputs.dedup();
    answer.approved = journey.approved(&opened)?;
    answer.images = images::lists(&journey, &opened)?;
    draft::draft(&journey, &opened, asked, &mut answer)?;
    Ok(answer)
}

/// The suites that the project speaks of: of its images and of its approved lists.
fn suites(loaded: &Loaded) -> Result<BTreeSet<String>, Error> {
    let mut suites: BTreeSet<String> = approved::lists(loaded)?.into_keys().collect();
    let plans = loaded.project.project.plans();
    suites.extend(plans.into_iter().map(|plan| plan.suite));
    Ok(suites)
}

/// The newest suite of the project before another, by the numbers of Debian's releases.
fn previous(loaded: &Loaded, to: &str) -> Result<String, Error> {
    let number = |suite: &str| -> Option<u32> {
        let version = dates(suite)?.version;
        version.split('.').next()?.parse().ok()
    };
    let suites = suites(loaded)?;
    let goal = number(to);
    let older = suites
        .iter()
        .filter(|suite| *suite != to)
        .filter(|suite| goal.is_none() || number(suite) < goal);
    let newest = older.max_by_key(|suite| number(suite));
    newest.cloned().ok_or_else(|| {
        let known: Vec<&str> = suites.iter().map(String::as_str).collect();
        let hint = match known.is_empty() {
            true => "describe an image, or close a proposal, for the suite of today".to_owned(),
            false => format!("name one: --from {}", known.join(" or ")),
        };
        ProposeError::Value {
            what: format!("the project has nothing in a suite before {to}"),
            hint,
        }
        .into()
    })
}

impl Journey<'_> {
    /// The architectures of what is looked at.
    fn architectures(&self) -> BTreeSet<String> {
        let plans = self.loaded.project.project.plans();
        let images = plans
            .into_iter()
            .filter(|plan| plan.suite == self.from)
            .map(|plan| plan.architecture);
        let proposals = self.loaded.approved().flat_map(|one| {
            let own = one
                .proposal
                .suites
                .iter()
                .any(|suite| suite.text == self.from);
            let all = one.proposal.architectures.iter();
            all.filter(move |_| own).map(|one| one.text.clone())
        });
        images.chain(proposals).collect()
    }

    /// The archives of both suites.
    fn open(&self, architecture: &str) -> Result<Both, Error> {
        let open = |suite: &str| {
            let place = (suite, architecture);
            open_suite(self.context, &self.loaded.project, place, Want::default())
        };
        Ok(Both {
            architecture: architecture.to_owned(),
            old: open(&self.from)?,
            new: open(&self.to)?,
        })
    }

    /// The two suites, ready for questions.
    fn suites<'a>(&'a self, both: &'a Both) -> Suites<'a> {
        Suites::new(both.old.universe(), both.new.universe(), &self.changes)
    }

    /// What becomes of the approved list, by the first architecture that there is.
    fn approved(&self, opened: &BTreeMap<String, Both>) -> Result<Option<MigrationList>, Error> {
        let lists = approved::lists(self.loaded)?;
        let (Some(list), Some(both)) = (lists.get(&self.from), opened.values().next()) else {
            return Ok(None);
        };
        let wished = self.wished(&both.architecture);
        let suites = self.suites(both);
        let mut found = MigrationList {
            name: "approved".to_owned(),
            architecture: both.architecture.clone(),
            ..MigrationList::default()
        };
        for (source, binary, _) in list.entries() {
            match suites.fate(binary, Some(source)) {
                None => found.stays += 1,
                Some(change) => found.changes.push(MigrationChange {
                    wished: wished.contains(binary),
                    ..change
                }),
            }
        }
        found
            .changes
            .sort_by(|left, right| left.name.cmp(&right.name));
        Ok(Some(found))
    }

    /// The binaries that approved proposals name.
    fn wished(&self, architecture: &str) -> BTreeSet<String> {
        let approved = self.loaded.approved();
        let packages = approved.flat_map(|one| one.proposal.wanted(&self.from));
        let binaries = packages.flat_map(|package| package.binaries_for(&self.from, architecture));
        binaries.map(|binary| binary.name.text.clone()).collect()
    }
}

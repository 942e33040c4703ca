//! What the archive says of a source package that somebody is about to propose: its binaries, what
//! it would add to the approved list, and which virtual dependencies leave a choice.

use std::collections::{BTreeMap, BTreeSet};

use formwork_deb::universe::{PackageId, Universe};
use formwork_model::approved::ApprovedList;
use formwork_model::nearest::nearest;
use formwork_resolve::{Reason, Request, Wish};

use super::{Loaded, ProposeError};
use crate::Error;
use crate::context::Context;
use crate::query::{Opened, Want, open_suite};

/// How many names that are much like a mistyped one are offered.
const NEAREST: usize = 3;

/// The archive of each suite, opened.
pub struct Archives {
    suites: Vec<(String, Opened)>,
}

/// What the archive says of a source package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFacts {
    /// The source package.
    pub source: String,
    /// The suites that have it, in the order asked.
    pub suites: Vec<SuiteFacts>,
    /// The suites that do not.
    pub missing: Vec<String>,
}

/// A source package in one suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuiteFacts {
    /// The suite.
    pub suite: String,
    /// The version of the source.
    pub version: String,
    /// Its binaries, sorted by name.
    pub binaries: Vec<BinaryFacts>,
}

/// A binary package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BinaryFacts {
    /// Its name.
    pub name: String,
    /// The first line of its description.
    pub description: String,
}

/// What some binaries would bring to one suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostFacts {
    /// The sources of the closure that are not approved.
    pub new_sources: Vec<String>,
    /// The binaries of the closure that are not approved.
    pub new_binaries: Vec<String>,
    /// How many sources the closure has.
    pub sources: usize,
    /// The bytes that the new binaries take when installed.
    pub installed_size: u64,
    /// Virtual names that more than one package could serve.
    pub choices: Vec<VirtualChoice>,
}

/// A virtual name that more than one package could serve.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct VirtualChoice {
    /// The virtual name.
    pub name: String,
    /// The package that needs it.
    pub needed_by: String,
    /// The package that is taken unless somebody says otherwise.
    pub taken: String,
    /// All that could serve, sorted.
    pub providers: Vec<String>,
}

impl Archives {
    /// Opens the archive of each suite.
    pub fn open(
        context: &Context,
        loaded: &Loaded,
        suites: &[String],
        architecture: &str,
    ) -> Result<Archives, Error> {
        let mut opened = Vec::new();
        for suite in suites {
            let place = (suite.as_str(), architecture);
            let one = open_suite(context, &loaded.project, place, Want::default())?;
            opened.push((suite.clone(), one));
        }
        Ok(Archives { suites: opened })
    }

    /// What the suites say of a source package; the name of a binary stands for its source.
    pub fn source(&self, name: &str) -> Result<SourceFacts, Error> {
        let source = self.source_of(name)?;
        let mut facts = SourceFacts {
            source,
            suites: Vec::new(),
            missing: Vec::new(),
        };
        for (suite, opened) in &self.suites {
            match suite_facts(suite, &opened.universe(), &facts.source) {
                Some(found) => facts.suites.push(found),
                None => facts.missing.push(suite.clone()),
            }
        }
        Ok(facts)
    }

    /// The source that a person means: one of this name, else the one that a binary is built from.
    fn source_of(&self, name: &str) -> Result<String, Error> {
        let mut of_binary = None;
        let mut known = BTreeSet::new();
        for (_, opened) in &self.suites {
            let universe = opened.universe();
            for id in universe.ids() {
                let package = universe.package(id);
                if package.is_source() {
                    continue;
                }
                if package.source() == name {
                    return Ok(name.to_owned());
                }
                if package.name() == name && of_binary.is_none() {
                    of_binary = Some(package.source().to_owned());
                }
                known.insert(package.source());
            }
        }
        of_binary.ok_or_else(|| {
            let near = nearest(name, known.iter().copied(), NEAREST);
            let hint = match near.as_slice() {
                [] => "formwork search finds packages by words".to_owned(),
                some => format!("did you mean: {}?", some.join(", ")),
            };
            let what = format!("no source package '{name}' in {}", self.place());
            ProposeError::Value { what, hint }.into()
        })
    }

    /// Where was asked, in a person's words.
    fn place(&self) -> String {
        let places: Vec<String> = self.suites.iter().map(|(_, one)| one.place()).collect();
        places.join("; ")
    }

    /// What some binaries bring to a suite beside what is approved there; `None` if they cannot be
    /// installed together.
    pub fn cost(
        &self,
        suite: &str,
        binaries: &[String],
        approved: Option<&ApprovedList>,
    ) -> Result<Option<CostFacts>, Error> {
        let Some((_, opened)) = self.suites.iter().find(|(name, _)| name == suite) else {
            return Ok(None);
        };
        let universe = opened.universe();
        let wishes = binaries.iter().map(|name| Wish::parse(name));
        let request = Request {
            wishes: wishes.collect::<Result<_, _>>()?,
            ..Request::default()
        };
        let solution = match formwork_resolve::solve(&universe, &request) {
            Ok(solution) => solution,
            Err(formwork_resolve::Failure::Conflict(_)) => return Ok(None),
            Err(formwork_resolve::Failure::Wishes(errors)) => {
                let place = opened.place();
                return Err(Error::Wishes { errors, place });
            }
        };
        Ok(Some(cost(&universe, &solution, approved)))
    }
}

/// A source in one suite, with the binaries that apt would take.
fn suite_facts(suite: &str, universe: &Universe<'_>, source: &str) -> Option<SuiteFacts> {
    let mut version = "";
    let mut binaries = BTreeSet::new();
    for id in universe.ids() {
        let package = universe.package(id);
        if package.is_source() || package.source() != source || !package.is_candidate() {
            continue;
        }
        if version.is_empty()
            || formwork_deb::version::compare(package.source_version(), version).is_gt()
        {
            version = package.source_version();
        }
        binaries.insert(BinaryFacts {
            name: package.name().to_owned(),
            description: package.description().to_owned(),
        });
    }
    (!binaries.is_empty()).then(|| SuiteFacts {
        suite: suite.to_owned(),
        version: version.to_owned(),
        binaries: binaries.into_iter().collect(),
    })
}

/// What a closure brings beside what is approved.
fn cost(
    universe: &Universe<'_>,
    solution: &formwork_resolve::Solution,
    approved: Option<&ApprovedList>,
) -> CostFacts {
    let mut sources = BTreeSet::new();
    let mut new_sources = BTreeSet::new();
    let mut new_binaries = BTreeSet::new();
    let mut installed_size = 0;
    let mut choices: BTreeMap<String, VirtualChoice> = BTreeMap::new();
    for (&id, reasons) in &solution.reasons(universe) {
        let package = universe.package(id);
        sources.insert(package.source());
        let known = approved.and_then(|list| list.sources.get(package.source()));
        if known.is_none() {
            new_sources.insert(package.source().to_owned());
        }
        if known.is_none_or(|source| !source.binaries.contains_key(package.name())) {
            new_binaries.insert(package.name().to_owned());
            installed_size += package.installed_size();
        }
        for reason in reasons {
            if let Some(choice) = choice(universe, id, reason) {
                choices.entry(choice.name.clone()).or_insert(choice);
            }
        }
    }
    CostFacts {
        sources: sources.len(),
        new_sources: new_sources.into_iter().collect(),
        new_binaries: new_binaries.into_iter().collect(),
        installed_size,
        choices: choices.into_values().collect(),
    }
}

/// The choice that a reason leaves, if its relation names a virtual package that several provide.
fn choice(universe: &Universe<'_>, taken: PackageId, reason: &Reason) -> Option<VirtualChoice> {
    let Reason::Needed {
        by,
        provider_of: Some(name),
        ..
    } = reason
    else {
        return None;
    };
    let id = universe.find(name)?;
    // A name that a package bears itself is served by that package: nobody has to choose.
    if universe.packages_named(id).next().is_some() {
        return None;
    }
    let providers = universe.providers(id);
    let names: BTreeSet<String> = providers
        .map(|provider| universe.package(provider.package).name().to_owned())
        .collect();
    (names.len() > 1).then(|| VirtualChoice {
        name: name.clone(),
        needed_by: universe.package(*by).name().to_owned(),
        taken: universe.package(taken).name().to_owned(),
        providers: names.into_iter().collect(),
    })
}

//! `propose check`: one proposal under the rules.

use std::collections::{BTreeMap, BTreeSet};

use formwork_deb::time::Timestamp;
use formwork_model::approved::ApprovedList;
use formwork_model::documents::{Conflict, Finding, FindingState, Findings, Input};
use formwork_model::event::Event;
use formwork_model::policy::Rule;
use formwork_model::proposal::Proposal;
use formwork_model::source::FileError;
use formwork_proposal::flat::Closed;
use formwork_proposal::policy::{self, Cost, SuiteFacts, World};

use super::{needed, vulnerabilities};
use crate::context::Context;
use crate::package_facts::{self, Asked};
use crate::project::ProjectError;
use crate::propose::{self, Loaded, LoadedProposal};
use crate::query::Answer;
use crate::{Error, approved};

/// Answers `propose check`: what the rules find in a proposal on a day.
pub fn proposal(
    context: &Context,
    name: Option<&str>,
    today: Timestamp,
) -> Result<Findings, Error> {
    let loaded = propose::load(context)?;
    let one = loaded.meant(name)?;
    look_at(context, &loaded, one, today)
}

/// Applies the rules to a loaded proposal.
pub fn look_at(
    context: &Context,
    loaded: &Loaded,
    one: &LoadedProposal,
    today: Timestamp,
) -> Result<Findings, Error> {
    let proposal = &one.proposal;
    let rules = &loaded.project.project.policy;
    let lists = approved::before(loaded, proposal)?;
    let mut looked = Looked::default();
    for suite in &proposal.suites {
        let place = Place {
            context,
            loaded,
            proposal,
            suite: suite.as_str(),
            approved: lists.get(suite.as_str()),
        };
        place.look(&mut looked)?;
    }
    let data = vulnerabilities::load(&loaded.project, &sources(proposal))?;
    let world = World {
        policy: rules,
        catalogue: &loaded.catalogue,
        approved: loaded.approved().map(|one| &one.proposal).collect(),
        lists: &lists,
        suites: looked.suites,
        needed: needed::needed(context, loaded, proposal)?,
        vulnerabilities: data.as_ref(),
        today,
    };
    let mut findings = policy::check(&world, proposal);
    if let Some(severity) = policy::severity(rules.level(Rule::Available)) {
        for (suite, fault) in looked.faults {
            findings.push(Finding {
                rule: Rule::Available.as_str().to_owned(),
                severity,
                state: FindingState::Found,
                package: None,
                suites: vec![suite],
                image: None,
                file: fault.spot.file.clone(),
                line: fault.spot.line,
                message: fault.message,
                satisfy: fault.hint,
                waiver: None,
                chain: Vec::new(),
            });
        }
    }
    let mut inputs = looked.inputs;
    inputs.sort();
    inputs.dedup();
    let subject = proposal.file.clone();
    Ok(Findings::new(inputs, subject, today.date(), findings))
}

/// Why the rules deny a proposal, each in one line; empty if they do not.
pub fn denials(
    context: &Context,
    loaded: &Loaded,
    one: &LoadedProposal,
    today: Timestamp,
) -> Result<Vec<String>, Error> {
    let findings = look_at(context, loaded, one, today)?.findings;
    let denied = findings.iter().filter(|finding| finding.denies());
    let told = denied.map(|finding| {
        let package = finding.package.as_deref().unwrap_or("the proposal");
        let (rule, line) = (&finding.rule, finding.line);
        format!(
            "[policy] {rule} denies {package} (line {line}): {}",
            finding.message
        )
    });
    Ok(told.collect())
}

/// What looking at all suites has brought.
#[derive(Default)]
struct Looked {
    inputs: Vec<Input>,
    suites: BTreeMap<String, SuiteFacts>,
    /// What the archive says against the file, each with its suite.
    faults: Vec<(String, FileError)>,
}

/// One suite of a proposal.
struct Place<'a> {
    context: &'a Context,
    loaded: &'a Loaded,
    proposal: &'a Proposal,
    suite: &'a str,
    approved: Option<&'a ApprovedList>,
}

impl Place<'_> {
    /// Looks at a suite; one that cannot be asked stays unknown, with a warning that says why.
    fn look(&self, looked: &mut Looked) -> Result<(), Error> {
        match self.facts(looked) {
            Ok(facts) => {
                looked.suites.insert(self.suite.to_owned(), facts);
                Ok(())
            }
            Err(Error::Archive(formwork_archive::Error::Interrupted) | Error::Interrupted) => {
                Err(Error::Interrupted)
            }
            Err(error @ (Error::Archive(_) | Error::UnknownSuite { .. })) => {
                let text = format!("{}: its packages stay unknown: {error}", self.suite);
                (self.context.settings.events)(Event::Warning(text));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn facts(&self, looked: &mut Looked) -> Result<SuiteFacts, Error> {
        let mut facts = SuiteFacts::default();
        let mut architectures = self.proposal.architectures.iter();
        let Some(first) = architectures.next() else {
            return Ok(facts);
        };
        let asked = self.open(first.as_str())?;
        looked.inputs.extend(asked.inputs.iter().cloned());
        facts.sources = package_facts::sources(&asked, &sources(self.proposal));
        let binaries = self.binaries(first.as_str());
        facts.binaries = package_facts::binaries(self.context, &asked, &binaries);
        self.note_missing(&asked, first.as_str(), &mut facts);
        for other in architectures {
            let asked = self.open(other.as_str())?;
            looked.inputs.extend(asked.inputs.iter().cloned());
            self.note_missing(&asked, other.as_str(), &mut facts);
        }
        // The resolver complains of what is missing, which is told already.
        if facts.missing.is_empty() {
            self.costs(first.as_str(), &mut facts, looked)?;
        }
        Ok(facts)
    }

    fn open(&self, architecture: &str) -> Result<Asked, Error> {
        let place = (self.suite, architecture);
        package_facts::open(self.context, &self.loaded.project, place, true)
    }

    /// The binaries that are wanted here.
    fn binaries<'s>(&'s self, architecture: &'s str) -> BTreeSet<&'s str> {
        let wanted = self.proposal.wanted(self.suite);
        wanted
            .flat_map(|package| package.binaries_for(self.suite, architecture))
            .map(|binary| binary.name.as_str())
            .collect()
    }

    /// Notes the wanted binaries that an architecture does not have.
    fn note_missing(&self, asked: &Asked, architecture: &str, facts: &mut SuiteFacts) {
        for name in self.binaries(architecture) {
            if !package_facts::has(asked, name) {
                let missing = (name.to_owned(), architecture.to_owned());
                facts.missing.push(missing);
            }
        }
    }

    /// What each source brings along.
    fn costs(
        &self,
        architecture: &str,
        facts: &mut SuiteFacts,
        looked: &mut Looked,
    ) -> Result<(), Error> {
        let architectures = [architecture.to_owned()];
        let place = (self.suite, architectures.as_slice());
        let closures = propose::flat::closures(self.context, self.loaded, self.proposal, place);
        let wanted = self.proposal.wanted(self.suite);
        let sources = wanted.map(|package| package.source.as_str());
        match closures {
            Ok(Answer::Yes(found)) => {
                for source in sources {
                    if let Some(cost) = self.cost(&found.closures, source) {
                        facts.costs.insert(source.to_owned(), cost);
                    }
                }
            }
            Ok(Answer::No(contradiction)) => {
                for source in sources {
                    if let Some(conflict) = self.conflict(source, &contradiction.conflict) {
                        facts.costs.insert(source.to_owned(), conflict);
                    }
                }
            }
            Err(Error::Project(ProjectError::File(fault))) => {
                looked.faults.push((self.suite.to_owned(), *fault));
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn cost(&self, closures: &[Closed], source: &str) -> Option<Cost> {
        let mut closures = closures.iter();
        closures.find_map(|closed| policy::cost_of(closed, self.approved, source))
    }

    /// The cost of a source whose binaries are among those that cannot be installed.
    fn conflict(&self, source: &str, conflict: &Conflict) -> Option<Cost> {
        let package = self.proposal.package(source)?;
        let mut binaries = package.binaries.iter();
        let concerned = binaries.any(|binary| conflict.wishes.contains(&binary.name.text));
        concerned.then(|| Cost {
            conflict: Some(conflict.wishes.join(" and ")),
            ..Cost::default()
        })
    }
}

/// The sources of a proposal.
fn sources(proposal: &Proposal) -> BTreeSet<&str> {
    let packages = proposal.packages.iter();
    packages.map(|package| package.source.as_str()).collect()
}

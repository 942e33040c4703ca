//! The draft: what the approved proposals and the images want, under the names of the new suite.
//! What is gone without a successor stands in it as under discussion and says so.

use std::collections::{BTreeMap, BTreeSet};

use formwork_deb::universe::Universe;
use formwork_model::documents::{Migration, MigrationChange, MigrationKind};
use formwork_model::proposal::edit::{NewPackage, NewProposal, add_package, template};
use formwork_model::proposal::{Package, Placed, Proposal, State};
use formwork_model::source::Source;
use formwork_proposal::cost;
use formwork_proposal::migrate::Suites;

use super::{Asked, Both, Journey};
use crate::Error;
use crate::project::ProjectError;
use crate::propose::{self, Beginning, ProposeError, flat};
use crate::query::Answer;

/// The entries of the draft by source.
type Entries = BTreeMap<String, NewPackage>;

/// Makes the draft, resolves it, and writes it if that is asked.
pub(super) fn draft(
    journey: &Journey<'_>,
    opened: &BTreeMap<String, Both>,
    asked: &Asked,
    answer: &mut Migration,
) -> Result<(), Error> {
    let Some(both) = opened.values().next() else {
        return Ok(());
    };
    let entries = entries(journey, both);
    if entries.is_empty() {
        return Ok(());
    }
    let packages: Vec<NewPackage> = entries.into_values().collect();
    let loaded = journey.loaded;
    let title = format!("Migration from {} to {}", journey.from, journey.to);
    let head = NewProposal {
        id: loaded.next_id(),
        title: title.clone(),
        proposer: loaded
            .proposer(asked.proposer.as_deref())
            .unwrap_or_else(|_| "unknown".to_owned()),
        revision: 1,
        suites: vec![journey.to.clone()],
        architectures: opened.keys().cloned().collect(),
        due: None,
        supersedes: Vec::new(),
        notes: notes(journey, answer),
    };
    let mut text = template(&head);
    for package in &packages {
        text = add_package(&text, package).map_err(|error| ProposeError::Value {
            what: format!("the draft cannot be written: {error}"),
            hint: "please report it; nothing was written".to_owned(),
        })?;
    }
    price(journey, &head, &text, answer)?;
    answer.draft = Some(text);
    if asked.write {
        let beginning = Beginning {
            title: Some(title),
            slug: Some(format!("{}-to-{}", journey.from, journey.to)),
            proposer: asked.proposer.clone(),
            suites: head.suites.clone(),
            architectures: head.architectures.clone(),
            notes: head.notes.clone(),
            ..Beginning::default()
        };
        let written = propose::new(loaded, &beginning, &packages)?;
        answer.written = written.files.into_iter().next();
    }
    Ok(())
}

/// What the draft pulls in, and what it costs.
fn price(
    journey: &Journey<'_>,
    head: &NewProposal,
    text: &str,
    answer: &mut Migration,
) -> Result<(), Error> {
    let file = format!("proposals/{:04}-migration.toml", head.id);
    let proposal = Proposal::read(Source::new(&file, text)).map_err(ProjectError::from)?;
    let asked = flat::Asked::default();
    match flat::flat(journey.context, journey.loaded, &proposal, &asked) {
        Ok(Answer::Yes(lists)) => {
            if let Some(list) = lists.first() {
                answer.cost = Some(cost::of_list(list));
                answer.sources = Some(list.total);
            }
        }
        Ok(Answer::No(contradiction)) => {
            answer.conflict = Some(format!(
                "{} cannot be installed together",
                contradiction.conflict.wishes.join(" and ")
            ));
        }
        // A name that only one of the architectures has: the draft is for a person to finish.
        Err(Error::Project(ProjectError::File(fault))) => {
            answer.conflict = Some(fault.message.clone());
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

/// What the draft says of itself.
fn notes(journey: &Journey<'_>, answer: &Migration) -> String {
    let lists = answer.approved.iter().chain(&answer.images);
    let mut kinds: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for change in lists.flat_map(|list| &list.changes) {
        let names = kinds.entry(change.kind.as_str()).or_default();
        names.insert(&change.name);
    }
    let told: Vec<String> = kinds
        .iter()
        .map(|(kind, names)| format!("{} {kind}", names.len()))
        .collect();
    match told.is_empty() {
        true => format!("Every name of {} is there in {}.", journey.from, journey.to),
        false => format!(
            "From {} to {}: {}. formwork migrate tells each.",
            journey.from,
            journey.to,
            told.join(", ")
        ),
    }
}

/// What the approved proposals and the images want, under the names and sources of the new suite.
fn entries(journey: &Journey<'_>, both: &Both) -> Entries {
    let suites = journey.suites(both);
    let universe = both.new.universe();
    let mut draft = Draft {
        suites: &suites,
        universe: &universe,
        entries: Entries::new(),
    };
    for one in journey.loaded.approved() {
        for package in one.proposal.wanted(&journey.from) {
            for binary in package.binaries_for(&journey.from, &both.architecture) {
                draft.add(binary.name.as_str(), Some(package));
            }
        }
    }
    for plan in journey.loaded.project.project.plans() {
        let own = plan.suite == journey.from && plan.architecture == both.architecture;
        for planned in plan.wishes.iter().filter(|_| own) {
            draft.add(&planned.wish.name, None);
        }
    }
    draft.entries
}

/// The draft while it grows.
struct Draft<'a> {
    suites: &'a Suites<'a>,
    universe: &'a Universe<'a>,
    entries: Entries,
}

impl Draft<'_> {
    /// Adds what becomes of a binary; `written` is the entry that asked for it.
    fn add(&mut self, name: &str, written: Option<&Package>) {
        let known = written.map(|package| package.source.as_str());
        let change = self.suites.fate(name, known);
        let names = match &change {
            None => vec![name.to_owned()],
            Some(change) => change.to.clone(),
        };
        if let Some(change) = change
            .as_ref()
            .filter(|one| one.kind == MigrationKind::Gone)
        {
            self.gone(change, written);
        }
        for new in names {
            let Some(source) = self.source(&new) else {
                continue;
            };
            let entry = self
                .entries
                .entry(source.clone())
                .or_insert_with(|| NewPackage {
                    source,
                    ..NewPackage::default()
                });
            // What was only said to be gone is wanted after all, under another name.
            if entry.state == State::UnderDiscussion {
                entry.state = State::Proposed;
            }
            if !entry.binaries.contains(&new) {
                entry.binaries.push(new.clone());
                entry.binaries.sort();
            }
            if let Some(package) = written {
                take_over(entry, package);
            }
            let told = change.as_ref().map(|change| {
                format!(
                    "{name} of before: {} ({}).",
                    change.kind.as_str(),
                    change.basis
                )
            });
            note(entry, told.as_deref());
        }
    }

    /// Says of a name that it is gone.
    fn gone(&mut self, change: &MigrationChange, written: Option<&Package>) {
        let source = match (&*change.source, written) {
            ("", Some(package)) => package.source.text.clone(),
            ("", None) => change.name.clone(),
            (source, _) => source.to_owned(),
        };
        let entry = self
            .entries
            .entry(source.clone())
            .or_insert_with(|| NewPackage {
                source,
                state: State::UnderDiscussion,
                ..NewPackage::default()
            });
        if let Some(package) = written {
            take_over(entry, package);
        }
        note(
            entry,
            Some(&format!("{} is gone: {}.", change.name, change.basis)),
        );
    }

    /// The source of a binary of the new suite.
    fn source(&self, name: &str) -> Option<String> {
        let mut ids = self.universe.packages_named(self.universe.find(name)?);
        let id = ids.find(|&id| !self.universe.package(id).is_source())?;
        Some(self.universe.package(id).source().to_owned())
    }
}

/// Takes over what people wrote about a package.
fn take_over(entry: &mut NewPackage, package: &Package) {
    let texts =
        |placed: &[Placed]| -> Vec<String> { placed.iter().map(|one| one.text.clone()).collect() };
    if entry.reason.is_empty() {
        entry.reason.clone_from(&package.reason);
    }
    unite(&mut entry.capabilities, texts(&package.capabilities));
    unite(&mut entry.requirements, texts(&package.requirements));
    unite(&mut entry.security_tags, package.security_tags.clone());
    if let Some(needs) = &package.needs {
        unite(entry.needs.get_or_insert_default(), texts(needs));
    }
    entry.build_only = !package.on_target;
    if package.state == State::Optional && entry.state == State::Proposed {
        entry.state = State::Optional;
    }
}

fn unite(list: &mut Vec<String>, more: Vec<String>) {
    for one in more {
        if !list.contains(&one) {
            list.push(one);
        }
    }
}

/// Adds a sentence to the notes of an entry, once.
fn note(entry: &mut NewPackage, text: Option<&str>) {
    let Some(text) = text else { return };
    if !entry.notes.contains(text) {
        if !entry.notes.is_empty() {
            entry.notes.push(' ');
        }
        entry.notes.push_str(text);
    }
}

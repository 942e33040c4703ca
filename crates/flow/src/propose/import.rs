//! `propose import`: a draft proposal from a list that came by mail or from a machine.

use std::collections::BTreeMap;
use std::path::Path;

use formwork_model::documents::{Flat, FlatAside, FlatSource, ProposalWritten};
use formwork_model::proposal::State;
use formwork_model::proposal::edit::NewPackage;
use formwork_model::requirement::normalised;
use formwork_model::source::Source;
use formwork_proposal::import;

use super::{Beginning, Loaded, new};
use crate::project::{self, ProjectError};
use crate::{Error, approved};

/// Writes a draft from a file: YAML by its ending, else a pkglist. What the person says wins over
/// what the file says.
pub fn import(
    loaded: &Loaded,
    file: &Path,
    beginning: Beginning,
) -> Result<ProposalWritten, Error> {
    let name = file.display().to_string();
    let yaml = file
        .extension()
        .is_some_and(|ending| ending == "yml" || ending == "yaml");
    let stem = file
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    let mut beginning = beginning;
    let packages = if yaml {
        let text = project::read_text(file, &name)?;
        let list = import::yaml(Source::new(&name, &text)).map_err(ProjectError::from)?;
        fill(&mut beginning, &list);
        of_yaml(loaded, &list)
    } else {
        of_pkglist(file)?
    };
    if beginning.title.is_none() {
        beginning.title = stem;
    }
    new(loaded, &beginning, &packages)
}

/// Takes from the file what the person did not say.
fn fill(beginning: &mut Beginning, list: &Flat) {
    let own = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    if beginning.title.is_none() {
        beginning.title = own(&list.title);
    }
    if beginning.proposer.is_none() {
        beginning.proposer = own(&list.proposer);
    }
    if beginning.suites.is_empty() {
        beginning.suites.extend(own(&list.suite));
    }
    if beginning.architectures.is_empty() {
        beginning.architectures.clone_from(&list.architectures);
    }
}

/// The entries of a list: those that it wishes; what only others need comes by itself.
fn of_yaml(loaded: &Loaded, list: &Flat) -> Vec<NewPackage> {
    let wished = list.sources.iter().filter(|source| source.wished);
    let mut packages: Vec<NewPackage> = wished.map(|source| package(loaded, source)).collect();
    packages.extend(list.under_discussion.iter().map(|aside| NewPackage {
        state: State::UnderDiscussion,
        ..self::aside(aside)
    }));
    packages.extend(list.deferred.iter().map(|aside| NewPackage {
        state: State::Deferred,
        reason: String::new(),
        deferred: Some((1, said(&aside.reason), said(&aside.first))),
        ..self::aside(aside)
    }));
    for removed in &list.removed {
        let (source, binary) = match removed.split_once('/') {
            Some((source, binary)) => (source, vec![binary.to_owned()]),
            None => (removed.as_str(), Vec::new()),
        };
        packages.push(NewPackage {
            source: source.to_owned(),
            binaries: binary,
            state: State::Remove,
            ..NewPackage::default()
        });
    }
    packages
}

/// What must be said and was not.
fn said(text: &str) -> String {
    match text {
        "" => "the imported list does not say".to_owned(),
        text => text.to_owned(),
    }
}

/// A wished source of a list. What the catalogue does not know is kept as a note.
fn package(loaded: &Loaded, source: &FlatSource) -> NewPackage {
    let named: Vec<String> = source
        .packages
        .iter()
        .filter(|binary| binary.wished)
        .map(|binary| binary.name.clone())
        .collect();
    let mut binaries = if named.is_empty() {
        source.binaries.clone()
    } else {
        named
    };
    binaries.dedup();
    let mut lost: Vec<String> = Vec::new();
    let mut keep = |list: &[String], known: &dyn Fn(&str) -> bool| -> Vec<String> {
        let (kept, other): (Vec<String>, Vec<String>) =
            list.iter().cloned().partition(|one| known(one));
        lost.extend(other);
        kept
    };
    let catalogue = &loaded.catalogue;
    let requirements = keep(&source.requirements, &|one| {
        catalogue.requirements.contains_key(&normalised(one))
    });
    let capabilities = keep(&source.capabilities, &|one| {
        catalogue.capabilities.contains_key(one)
    });
    let needs = keep(&source.needs, &|one| catalogue.features.contains_key(one));
    let mut notes = source.notes.clone();
    if !lost.is_empty() {
        let blank = if notes.is_empty() { "" } else { " " };
        notes.push_str(&format!(
            "{blank}Imported, but not in the catalogue: {}.",
            lost.join(", ")
        ));
    }
    NewPackage {
        source: source.source.clone(),
        binaries,
        build_only: source.build_only,
        reason: source.reason.clone(),
        capabilities,
        requirements,
        state: match source.optional && !needs.is_empty() {
            true => State::Optional,
            false => State::Proposed,
        },
        needs: (!needs.is_empty()).then_some(needs),
        security_tags: source.security_tags.clone(),
        notes,
        ..NewPackage::default()
    }
}

fn aside(aside: &FlatAside) -> NewPackage {
    NewPackage {
        source: aside.source.clone(),
        binaries: aside.binaries.clone(),
        reason: aside.reason.clone(),
        ..NewPackage::default()
    }
}

/// Every source of a pkglist with its binaries.
fn of_pkglist(file: &Path) -> Result<Vec<NewPackage>, Error> {
    let mut sources: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for one in approved::read_list(file)? {
        let binaries = sources.entry(one.source).or_default();
        if !binaries.contains(&one.binary) {
            binaries.push(one.binary);
        }
    }
    let package = |(source, binaries)| NewPackage {
        source,
        binaries,
        ..NewPackage::default()
    };
    Ok(sources.into_iter().map(package).collect())
}

//! From the entries of a proposal to wishes that the resolver can read, each checked against the
//! archive so that a fault is told at its line.

use formwork_deb::universe::{PackageId, Universe};
use formwork_model::proposal::{Binary, Package, Proposal, Provider, State};
use formwork_model::source::{FileError, Spot};
use formwork_proposal::flat::Wished;
use formwork_resolve::nearest_names;

use crate::Error;
use crate::project::ProjectError;
use crate::query::Opened;

/// What one entry of a proposal wishes.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// How.
    pub(super) wished: Wished,
    /// The binaries.
    pub(super) binaries: Vec<String>,
    /// The packages that are to serve virtual names for it.
    pub(super) providers: Vec<String>,
}

/// The wishes of a proposal for the suite and architecture of an archive; those for the target,
/// or those that are needed to build only.
pub(super) fn wishes(
    opened: &Opened,
    proposal: &Proposal,
    suite: &str,
    on_target: bool,
) -> Result<Vec<Entry>, Error> {
    let universe = opened.universe();
    let mut entries = Vec::new();
    for package in proposal.wanted(suite) {
        if package.on_target != on_target {
            continue;
        }
        let binaries: Vec<&Binary> = package.binaries_for(suite, universe.native()).collect();
        if binaries.is_empty() {
            continue;
        }
        for binary in &binaries {
            check(opened, &universe, package, binary)?;
        }
        for provider in &package.providers {
            check_provider(opened, &universe, provider)?;
        }
        entries.push(Entry {
            wished: match package.state {
                State::Optional => Wished::Optional,
                _ => Wished::Always,
            },
            binaries: binaries.iter().map(|one| one.name.text.clone()).collect(),
            providers: package
                .providers
                .iter()
                .map(|provider| provider.package.text.clone())
                .collect(),
        });
    }
    Ok(entries)
}

/// An error at a place of the proposal.
fn fault(spot: &Spot, message: String, hint: Option<String>) -> Error {
    ProjectError::from(FileError {
        spot: spot.clone(),
        message,
        hint,
    })
    .into()
}

/// The packages of exactly this name that the native architecture can install.
fn named<'a>(universe: &'a Universe<'_>, name: &str) -> impl Iterator<Item = PackageId> + use<'a> {
    let universe = *universe;
    let found = universe.find(name).into_iter();
    found
        .flat_map(move |name| universe.packages_named(name))
        .filter(move |&id| {
            let architecture = universe.package(id).architecture();
            architecture == "all" || architecture == universe.native()
        })
}

/// The hint for a name that nobody bears.
fn meant(universe: &Universe<'_>, name: &str) -> Option<String> {
    let nearest = nearest_names(universe, name);
    (!nearest.is_empty()).then(|| format!("did you mean: {}?", nearest.join(", ")))
}

/// A wished binary must be there, and built from the source that the entry names.
fn check(
    opened: &Opened,
    universe: &Universe<'_>,
    package: &Package,
    binary: &Binary,
) -> Result<(), Error> {
    let (name, place) = (binary.name.as_str(), opened.place());
    let mut sources: Vec<&str> = Vec::new();
    for id in named(universe, name) {
        let source = universe.package(id).source();
        if source == package.source.text {
            return Ok(());
        }
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    if sources.is_empty() {
        let message = format!("no package '{name}' in {place}");
        return Err(fault(&binary.name.spot, message, meant(universe, name)));
    }
    let message = format!(
        "'{name}' is built from the source {} in {place}, not from {}",
        sources.join(" or "),
        package.source
    );
    let hint = "correct the source, or say for which suites the binary is: \"NAME [SUITE]\"";
    Err(fault(&binary.name.spot, message, Some(hint.to_owned())))
}

/// A chosen provider must be there and provide what it is chosen for.
fn check_provider(
    opened: &Opened,
    universe: &Universe<'_>,
    provider: &Provider,
) -> Result<(), Error> {
    let (name, spot) = (provider.package.as_str(), &provider.package.spot);
    if named(universe, name).next().is_none() {
        let message = format!("no package '{name}' in {}", opened.place());
        return Err(fault(spot, message, meant(universe, name)));
    }
    // Older tools wrote `<python3:any>`.
    let wanted = provider.of.text.trim_matches(['<', '>']);
    let wanted = wanted.split(':').next().unwrap_or(wanted);
    let provides = universe.find(wanted).is_some_and(|of| {
        universe
            .providers(of)
            .any(|one| universe.package(one.package).name() == name)
    });
    if name == wanted || provides {
        return Ok(());
    }
    let message = format!("'{name}' does not provide '{wanted}' in {}", opened.place());
    let hint = format!("formwork show {wanted} tells who does");
    Err(fault(spot, message, Some(hint)))
}

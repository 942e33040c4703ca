//! One package for a proposal: what the options say, what the archive says, and what is asked.

use std::collections::BTreeMap;

use formwork_flow::propose::{Archives, CostFacts, Loaded, SourceFacts};
use formwork_model::approved::ApprovedList;
use formwork_model::proposal::State;
use formwork_model::proposal::edit::NewPackage;

use super::options::PackageOptions;
use super::requirements;
use crate::failure::Failure;
use crate::terminal::dialog::Dialog;
use crate::terminal::number;

/// How many binaries are shown of a source that has very many.
const MOST: usize = 30;

/// What is needed to find out about a package.
pub(super) struct Interview<'a> {
    /// The project.
    pub(super) loaded: &'a Loaded,
    /// The archives of the proposal's suites.
    pub(super) archives: &'a Archives,
    /// The person, if there is one to be asked.
    pub(super) dialog: Option<&'a Dialog>,
}

impl Interview<'_> {
    /// The package, with everything that the options leave out asked or found.
    pub(super) fn package(
        &self,
        name: &str,
        options: &PackageOptions,
    ) -> Result<NewPackage, Failure> {
        let facts = self.archives.source(name)?;
        let mut package = options.package(&facts.source)?;
        if let Some(dialog) = self.dialog {
            tell(dialog, &facts);
        }
        if package.state == State::Remove {
            if let (Some(dialog), true) = (self.dialog, package.reason.is_empty()) {
                package.reason = dialog.insist("Why is it taken off the list?")?;
            }
            return Ok(package);
        }
        package.binaries = self.binaries(name, &facts, &package.binaries)?;
        if !facts.missing.is_empty() {
            package.suites = facts.suites.iter().map(|one| one.suite.clone()).collect();
        }
        self.costs(&facts, &mut package)?;
        let Some(dialog) = self.dialog else {
            return Ok(package);
        };
        if !options.build_only {
            package.build_only = !dialog.yes("On the target?")?;
        }
        if package.reason.is_empty() {
            package.reason = dialog.insist("What does it do for the product?")?;
        }
        if package.requirements.is_empty() && package.capabilities.is_empty() {
            requirements::ask(dialog, &self.loaded.catalogue, &mut package)?;
        }
        if package.needs.is_none() {
            package.needs = Some(self.needs(dialog)?);
        }
        if package.alternatives.is_empty() {
            package.alternatives = alternatives(dialog)?;
        }
        Ok(package)
    }

    /// The binaries that are wanted, each with the suites that have it if not all do.
    fn binaries(
        &self,
        typed: &str,
        facts: &SourceFacts,
        named: &[String],
    ) -> Result<Vec<String>, Failure> {
        let known = by_suite(facts);
        let names: Vec<String> = known.keys().map(|name| (*name).to_owned()).collect();
        // Whoever names a binary means that one.
        let first = [typed, &facts.source];
        let usual = usual(&first, &names);
        let chosen = match (named, self.dialog) {
            ([], Some(dialog)) => {
                if names.len() == 1 {
                    usual
                } else {
                    dialog.choose("Which of them, by number or name?", &names, &usual)?
                }
            }
            ([], None) => match usual.as_slice() {
                [one] => vec![one.clone()],
                _ => {
                    return Err(Failure::Usage {
                        message: format!("{} has several binaries", facts.source),
                        hint: format!("choose with --binary: {}", few(&names)),
                    });
                }
            },
            (named, _) => {
                let bare = |name: &String| name.split(['[', ' ']).next().map(str::to_owned);
                let unknown = named
                    .iter()
                    .filter_map(bare)
                    .find(|name| !known.contains_key(name.as_str()));
                if let Some(unknown) = unknown {
                    return Err(Failure::Usage {
                        message: format!("{} has no binary {unknown}", facts.source),
                        hint: format!("it has {}", few(&names)),
                    });
                }
                named.to_vec()
            }
        };
        Ok(chosen
            .into_iter()
            .map(|name| match known.get(name.as_str()) {
                Some(suites) if suites.len() < facts.suites.len() => {
                    format!("{name} [{}]", suites.join(" "))
                }
                _ => name,
            })
            .collect())
    }

    /// Tells what the binaries bring to each suite and asks for providers of virtual packages.
    fn costs(&self, facts: &SourceFacts, package: &mut NewPackage) -> Result<(), Failure> {
        let approved = formwork_flow::approved::lists(self.loaded)?;
        let mut asked: Vec<String> = package
            .providers
            .iter()
            .map(|(name, _)| name.clone())
            .collect();
        for suite in &facts.suites {
            let here: Vec<String> = package
                .binaries
                .iter()
                .filter_map(|text| wanted_in(text, &suite.suite))
                .collect();
            let list = approved.get(&suite.suite);
            let Some(cost) = self.archives.cost(&suite.suite, &here, list)? else {
                if let Some(dialog) = self.dialog {
                    dialog.say(&format!(
                        "  {}: cannot be installed; formwork closure says why",
                        suite.suite
                    ));
                }
                continue;
            };
            let Some(dialog) = self.dialog else { continue };
            dialog.say(&format!("  {}: {}", suite.suite, told(&cost, list)));
            for choice in cost.choices {
                if asked.contains(&choice.name) {
                    continue;
                }
                asked.push(choice.name.clone());
                dialog.say(&format!(
                    "{} needs {}, which several packages provide: {}",
                    choice.needed_by,
                    choice.name,
                    choice.providers.join(", ")
                ));
                let usual = [choice.taken.clone()];
                let chosen = dialog.choose("Which one?", &choice.providers, &usual)?;
                let chosen = chosen.into_iter().next().unwrap_or(choice.taken);
                package.providers.push((choice.name, chosen));
            }
        }
        Ok(())
    }

    /// The hardware and network features that are needed.
    fn needs(&self, dialog: &Dialog) -> Result<Vec<String>, Failure> {
        let features = &self.loaded.catalogue.features;
        let mut names: Vec<String> = features.keys().cloned().collect();
        names.push("none".to_owned());
        let question = format!("Does it need hardware or a network? ({})", few(&names));
        let chosen = dialog.choose(&question, &names, &["none".to_owned()])?;
        Ok(chosen.into_iter().filter(|name| name != "none").collect())
    }
}

/// What else was considered; nothing said ends it.
fn alternatives(dialog: &Dialog) -> Result<Vec<(String, String)>, Failure> {
    let mut found = Vec::new();
    loop {
        let question = match found.is_empty() {
            true => "What else was considered? (a package, or nothing)",
            false => "What else? (a package, or nothing)",
        };
        let package = dialog.ask(question)?;
        if package.is_empty() {
            return Ok(found);
        }
        found.push((package, dialog.insist("Why not?")?));
    }
}

/// The binaries of a source, each with the suites that have it.
fn by_suite(facts: &SourceFacts) -> BTreeMap<&str, Vec<&str>> {
    let mut known: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for suite in &facts.suites {
        for binary in &suite.binaries {
            known.entry(&binary.name).or_default().push(&suite.suite);
        }
    }
    known
}

/// What is wanted unless somebody says otherwise: the first binary of these names, or the only one
/// there is.
fn usual(first: &[&str], names: &[String]) -> Vec<String> {
    let named = first
        .iter()
        .find(|name| names.iter().any(|known| known == *name));
    match (named, names) {
        (Some(name), _) => vec![(*name).to_owned()],
        (None, [only]) => vec![only.clone()],
        _ => Vec::new(),
    }
}

/// Names in a sentence, not more than one can look through.
fn few(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().map(String::as_str).take(MOST).collect();
    match names.len() - shown.len() {
        0 => shown.join(", "),
        more => format!(
            "{} and {} more",
            shown.join(", "),
            number::count(more as u64)
        ),
    }
}

/// The name of a binary, if its restriction allows a suite.
fn wanted_in(text: &str, suite: &str) -> Option<String> {
    match text.split_once('[') {
        None => Some(text.trim().to_owned()),
        Some((name, rest)) => {
            let mut words = rest.trim_end_matches(']').split_whitespace();
            words
                .any(|word| word == suite)
                .then(|| name.trim().to_owned())
        }
    }
}

/// Shows a source: its version in each suite, and its binaries by number.
fn tell(dialog: &Dialog, facts: &SourceFacts) {
    let versions: Vec<String> = facts
        .suites
        .iter()
        .map(|one| format!("{} ({})", one.version, one.suite))
        .collect();
    dialog.head(&format!("{} {}", facts.source, versions.join(", ")));
    if !facts.missing.is_empty() {
        dialog.say(&format!("  not in {}", facts.missing.join(", ")));
    }
    let binaries = by_suite(facts);
    for (name, number) in binaries.keys().zip(1..).take(MOST) {
        let all = facts.suites.iter().flat_map(|suite| &suite.binaries);
        let description = all
            .filter(|binary| binary.name == *name)
            .map(|binary| binary.description.as_str())
            .next();
        dialog.say(&format!(
            "  {number:>3}  {name:<24} {}",
            description.unwrap_or_default()
        ));
    }
    let more = binaries.len().saturating_sub(MOST);
    if more > 0 {
        dialog.say(&format!(
            "       and {}, to be chosen by name",
            number::counted(more as u64, "other")
        ));
    }
}

/// What a closure brings, in one line.
fn told(cost: &CostFacts, approved: Option<&ApprovedList>) -> String {
    let sources = number::counted(cost.new_sources.len() as u64, "source");
    let binaries = cost.new_binaries.len() as u64;
    let binaries = match binaries {
        1 => "1 binary".to_owned(),
        many => format!("{} binaries", number::count(many)),
    };
    let known = cost.sources - cost.new_sources.len();
    let size = number::size(cost.installed_size);
    match approved {
        Some(_) => format!(
            "adds {sources} and {binaries}, {size} installed ({known} of {} sources already approved)",
            cost.sources
        ),
        None => format!("brings {sources} and {binaries}, {size} installed"),
    }
}

//! `formwork closure`: what a set of names needs, at which version, and why.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use clap::{Args, ValueEnum};
use formwork_flow::query::{self, Answer};
use formwork_model::documents::{self, ClosurePackage, Why, package_list};

use super::{common, conflict};
use crate::arguments::{ChoiceOptions, QueryOptions};
use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::number;
use crate::terminal::style::Ink;
use crate::terminal::table::{Align, Cell, Table};

/// Show everything the named packages need, and why
///
/// The answer is what `apt-get --no-install-recommends install NAME…` would add to an empty
/// system: Essential packages come only as dependencies or by --variant. A virtual name is
/// taken when exactly one package provides it. Exit code 1 and an explanation if the names
/// cannot be installed together.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork closure fail2ban --suite bookworm
  formwork closure openssh-server nftables --variant minbase --arch arm64
  formwork closure nginx --suite trixie --suite trixie-security --json
  formwork closure nginx --format pkglist
  formwork closure --builds fail2ban --suite bookworm")]
pub(crate) struct Closure {
    /// Packages wanted: NAME, NAME:ARCH, NAME=VERSION or NAME/SUITE
    #[arg(required = true, value_name = "NAME")]
    wishes: Vec<String>,
    /// How to print the answer
    #[arg(long, value_enum, value_name = "FORMAT", conflicts_with = "json")]
    format: Option<Format>,
    #[command(flatten)]
    choice: ChoiceOptions,
    #[command(flatten)]
    query: QueryOptions,
}

/// The forms in which a closure can be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table for people
    Text,
    /// The document described in docs/json.md
    Json,
    /// Lines of source,binary,version, as the Debian LTS and ELTS sponsors send them
    Pkglist,
}

impl Closure {
    /// Asks and prints.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        session.options.json |= self.format == Some(Format::Json);
        let context = session.context()?;
        let closure = match query::closure(
            &context,
            &self.query.scope()?,
            self.choice.choice(),
            &self.wishes,
        )? {
            Answer::No(contradiction) => return conflict::show(session, &contradiction),
            Answer::Yes(closure) => closure,
        };
        common::tell_waivers(session, &closure.inputs);
        if session.options.json {
            session.output.json(&closure)?;
        } else if self.format == Some(Format::Pkglist) {
            session.output.text(&pkglist(&closure))?;
        } else {
            self.show(session, &closure)?;
        }
        Ok(Outcome::Fine)
    }

    /// Prints the closure for people: a sentence, then a line a package.
    fn show(&self, session: &mut Session, closure: &documents::Closure) -> Result<(), Failure> {
        let headline = headline(closure);
        session.output.line(&if self.choice.builds {
            format!("Building {headline}")
        } else {
            headline
        })?;
        if !self.choice.builds {
            for line in served_by_others(closure) {
                session.output.line(&line)?;
            }
        }
        let wide = session.output.width().is_none();
        let tell = |why: &Why, name: &str| match wide {
            true => common::reason(why),
            false => common::reason_in_short(why, name),
        };
        let mut table = Table::new(&[Align::Left, Align::Left, Align::Left]).indented(2);
        for (package, why) in in_order(closure) {
            let ink = if matches!(why, Some(Why::Wish { .. })) {
                Ink::Strong
            } else {
                Ink::Plain
            };
            table.row([
                Cell::new(ink, reference(package, &closure.architecture)),
                Cell::plain(&package.version),
                Cell::new(
                    Ink::Faint,
                    why.map(|why| tell(why, &package.name)).unwrap_or_default(),
                ),
            ]);
        }
        let text = table.render(session.output.style(), session.output.width());
        Ok(session.output.text(&text)?)
    }
}

/// The wishes that another package than the one of that name serves.
fn served_by_others(closure: &documents::Closure) -> Vec<String> {
    let mut lines = Vec::new();
    for package in &closure.packages {
        for why in &package.why {
            let Why::Wish { wish } = why else { continue };
            let name = wish.split([':', '=', '/']).next().unwrap_or(wish);
            if name != package.name {
                let provider = reference(package, &closure.architecture);
                lines.push(format!("{wish} is served by {provider}, which provides it"));
            }
        }
    }
    lines
}

/// The closure as lines of `source,binary,version`.
fn pkglist(closure: &documents::Closure) -> String {
    let packages = closure.packages.iter();
    package_list(packages.map(|package| {
        (
            package.source.as_str(),
            package.name.as_str(),
            package.version.as_str(),
        )
    }))
}

/// What the closure amounts to, in one sentence.
fn headline(closure: &documents::Closure) -> String {
    let packages = &closure.packages;
    let sources: BTreeSet<&str> = packages
        .iter()
        .map(|package| package.source.as_str())
        .collect();
    format!(
        "{} {} {} ({}, {} to fetch, {} installed)",
        common::names_in_short(&closure.wishes),
        common::need(&closure.wishes),
        number::counted(packages.len() as u64, "package"),
        number::counted(sources.len() as u64, "source"),
        number::size(packages.iter().map(|package| package.size).sum()),
        number::size(packages.iter().map(|package| package.installed_size).sum()),
    )
}

/// The packages from the wishes outward, each with the reason by which it is first reached.
fn in_order(closure: &documents::Closure) -> Vec<(&ClosurePackage, Option<&Why>)> {
    let mut needed_by: BTreeMap<&str, Vec<(usize, &Why)>> = BTreeMap::new();
    let mut queue: VecDeque<(usize, Option<&Why>)> = VecDeque::new();
    for (position, package) in closure.packages.iter().enumerate() {
        for why in &package.why {
            if let Why::Relation { by, .. } = why {
                needed_by.entry(by).or_default().push((position, why));
            }
        }
    }
    for rank in [0, 1] {
        let begin = closure.packages.iter().enumerate();
        queue.extend(begin.filter_map(|(position, package)| {
            let why = package
                .why
                .iter()
                .find(|why| start_rank(why) == Some(rank))?;
            Some((position, Some(why)))
        }));
    }
    let mut told = BTreeSet::new();
    let mut order = Vec::new();
    while let Some((position, why)) = queue.pop_front() {
        if !told.insert(position) {
            continue;
        }
        let package = &closure.packages[position];
        order.push((package, why));
        let name = reference(package, &closure.architecture);
        queue.extend(
            needed_by
                .get(name.as_str())
                .into_iter()
                .flatten()
                .map(|&(next, why)| (next, Some(why))),
        );
    }
    let rest = closure
        .packages
        .iter()
        .enumerate()
        .filter(|(position, _)| !told.contains(position));
    order.extend(rest.map(|(_, package)| (package, package.why.first())));
    order
}

/// Where a reason stands that begins a chain: wishes first, then the base set.
fn start_rank(why: &Why) -> Option<u8> {
    match why {
        Why::Wish { .. } => Some(0),
        Why::Variant { .. } | Why::Beside { .. } => Some(1),
        Why::Relation { by, .. } => by.starts_with("src:").then_some(0),
    }
}

/// The name by which the document refers to a package: with its architecture if it is foreign.
fn reference(package: &ClosurePackage, native: &str) -> String {
    if package.architecture == native || package.architecture == "all" {
        package.name.clone()
    } else {
        format!("{}:{}", package.name, package.architecture)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, why: Vec<Why>) -> ClosurePackage {
        ClosurePackage {
            name: name.to_owned(),
            version: "1.0".to_owned(),
            architecture: "amd64".to_owned(),
            source: "toy".to_owned(),
            source_version: "1.0".to_owned(),
            size: 1000,
            installed_size: 2048,
            sha256: String::new(),
            filename: String::new(),
            repository: "debian".to_owned(),
            why,
        }
    }

    fn needed(by: &str) -> Why {
        Why::Relation {
            by: by.to_owned(),
            field: "Depends".to_owned(),
            relation: "x".to_owned(),
            provider_of: None,
            alternatives: Vec::new(),
        }
    }

    fn closure(packages: Vec<ClosurePackage>) -> documents::Closure {
        documents::Closure {
            format: documents::FORMAT,
            inputs: Vec::new(),
            suites: vec!["bookworm".to_owned()],
            architecture: "amd64".to_owned(),
            wishes: vec!["z".to_owned()],
            packages,
        }
    }

    #[test]
    fn packages_are_told_from_the_wish_outward() {
        let closure = closure(vec![
            package("a", vec![needed("b")]),
            package("b", vec![needed("z"), needed("a")]),
            package(
                "base",
                vec![Why::Variant {
                    variant: "minbase".to_owned(),
                }],
            ),
            package(
                "z",
                vec![Why::Wish {
                    wish: "z".to_owned(),
                }],
            ),
        ]);
        let names: Vec<&str> = in_order(&closure)
            .iter()
            .map(|(package, _)| package.name.as_str())
            .collect();
        assert_eq!(names, ["z", "base", "b", "a"]);
        assert_eq!(
            headline(&closure),
            "z needs 4 packages (1 source, 4.0 kB to fetch, 8.2 kB installed)"
        );
        assert_eq!(pkglist(&closure).lines().next(), Some("toy,a,1.0"));
    }

    #[test]
    fn a_package_that_nothing_leads_to_is_still_told() {
        let closure = closure(vec![package("a", vec![needed("nobody")])]);
        assert_eq!(in_order(&closure).len(), 1);
    }
}

//! `propose new`, `propose add` and `propose remove`: packages come into a proposal and leave it.

use formwork_deb::time::Timestamp;
use formwork_model::documents::ProposalWritten;
use formwork_model::name::{self, Kind};
use formwork_model::proposal::State;
use formwork_model::proposal::edit::{self, NewPackage, NewProposal};

use super::load::PROPOSALS;
use super::save::{Change, no_edit, require_unjudged};
use super::{Loaded, ProposeError, store};
use crate::Error;

/// What is needed for a new proposal; what is left out is found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beginning {
    /// What it is about; made from the sources if it is left out.
    pub title: Option<String>,
    /// The part of the file's name behind the number; made from the title if it is left out.
    pub slug: Option<String>,
    /// Who proposes it; found by git's name of the person if it is left out.
    pub proposer: Option<String>,
    /// The suites; those of the project's images if there are none.
    pub suites: Vec<String>,
    /// The architectures; those of the project's images if there are none.
    pub architectures: Vec<String>,
    /// The day until which it is to be reviewed.
    pub due: Option<Timestamp>,
    /// The proposals whose place it takes.
    pub supersedes: Vec<u32>,
    /// Notes on the whole.
    pub notes: String,
}

/// Writes a new proposal with some packages.
pub fn new(
    loaded: &Loaded,
    beginning: &Beginning,
    packages: &[NewPackage],
) -> Result<ProposalWritten, Error> {
    let id = loaded.next_id();
    let sources: Vec<&str> = packages.iter().map(|one| one.source.as_str()).collect();
    let title = match &beginning.title {
        Some(title) => title.clone(),
        None if sources.is_empty() => {
            return Err(ProposeError::Value {
                what: "a proposal without packages needs a title".to_owned(),
                hint: "--title \"Security packages\"".to_owned(),
            }
            .into());
        }
        None => sources.join(", "),
    };
    let slug = match &beginning.slug {
        Some(slug) => checked_slug(slug)?,
        None => slug_of(&title),
    };
    let head = NewProposal {
        id,
        title,
        proposer: loaded.proposer(beginning.proposer.as_deref())?,
        revision: 1,
        suites: loaded.suites_or(&beginning.suites)?,
        architectures: loaded.architectures_or(&beginning.architectures)?,
        due: beginning.due.map(Timestamp::date),
        supersedes: beginning.supersedes.clone(),
        notes: beginning.notes.clone(),
    };
    let mut text = edit::template(&head);
    for package in packages {
        text = edit::add_package(&text, package).map_err(no_edit)?;
    }
    loaded.save(Change {
        file: format!("{PROPOSALS}/{id:04}-{slug}.toml"),
        text,
        done: vec![format!("proposal {id} begun: {}", head.title)],
    })
}

/// Adds packages to a proposal.
pub fn add(
    loaded: &Loaded,
    name: Option<&str>,
    packages: &[NewPackage],
) -> Result<ProposalWritten, Error> {
    let one = loaded.meant(name)?;
    require_unjudged(&one.proposal)?;
    let mut text = one.text.clone();
    let mut done = Vec::new();
    for package in packages {
        text = edit::add_package(&text, package).map_err(no_edit)?;
        done.push(format!("{} added", package.source));
    }
    loaded.save(Change {
        file: one.proposal.file.clone(),
        text,
        done,
    })
}

/// What becomes of a package that leaves a proposal's review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// It is taken out of the file.
    Gone,
    /// It stays at the bottom, outside this review.
    UnderDiscussion,
    /// It is put off, with why and what must change first.
    Deferred {
        /// Why.
        reason: String,
        /// What must change before it comes back.
        first: String,
    },
}

/// Takes a package out of a proposal, or out of its review.
pub fn remove(
    loaded: &Loaded,
    name: Option<&str>,
    source: &str,
    leaving: &Leaving,
) -> Result<ProposalWritten, Error> {
    let one = loaded.meant(name)?;
    require_unjudged(&one.proposal)?;
    let text = &one.text;
    let (text, done) = match leaving {
        Leaving::Gone => (edit::remove_package(text, source), "removed"),
        Leaving::UnderDiscussion => (
            edit::set_state(text, source, State::UnderDiscussion, None),
            "is under discussion, outside this review",
        ),
        Leaving::Deferred { reason, first } => {
            let details = (one.proposal.revision, reason.as_str(), first.as_str());
            (
                edit::set_state(text, source, State::Deferred, Some(details)),
                "deferred",
            )
        }
    };
    loaded.save(Change {
        file: one.proposal.file.clone(),
        text: text.map_err(no_edit)?,
        done: vec![format!("{source} {done}")],
    })
}

impl Loaded {
    /// The next free number.
    #[must_use]
    pub fn next_id(&self) -> u32 {
        let last = self.proposals.last().map_or(0, |one| one.proposal.id);
        last.saturating_add(1)
    }

    /// The suites that are named, else those of the project's images.
    pub fn suites_or(&self, named: &[String]) -> Result<Vec<String>, Error> {
        let plans = self.project.project.plans();
        or_all(
            named,
            plans.into_iter().map(|plan| plan.suite),
            "--suite bookworm",
        )
    }

    /// The architectures that are named, else those of the project's images.
    pub fn architectures_or(&self, named: &[String]) -> Result<Vec<String>, Error> {
        let plans = self.project.project.plans();
        or_all(
            named,
            plans.into_iter().map(|plan| plan.architecture),
            "--arch amd64",
        )
    }

    /// Who proposes: the name that is given, else the group of the person whom git knows here, else
    /// that person.
    pub fn proposer(&self, named: Option<&str>) -> Result<String, Error> {
        if let Some(name) = named {
            return Ok(name.to_owned());
        }
        let rules = &self.project.project.review;
        let person = self.reviewer(None)?;
        let groups = rules.groups.iter();
        let group = groups
            .filter(|(_, group)| group.members.contains(&person))
            .map(|(name, _)| name.clone())
            .next();
        Ok(group.unwrap_or(person))
    }

    /// Who acts: the name that is given, else the one that git knows here.
    pub fn reviewer(&self, named: Option<&str>) -> Result<String, Error> {
        if let Some(name) = named {
            return Ok(name.to_owned());
        }
        store::own_name(&self.project.directory)?.ok_or_else(|| {
            ProposeError::Value {
                what: "git does not know your name here".to_owned(),
                hint: "name yourself with the option, or: git config user.name NAME".to_owned(),
            }
            .into()
        })
    }
}

/// The names that are given, else all others, each once; an error if there are none at all.
fn or_all(
    named: &[String],
    others: impl Iterator<Item = String>,
    example: &str,
) -> Result<Vec<String>, Error> {
    let mut found: Vec<String> = named.to_vec();
    if found.is_empty() {
        for other in others {
            if !found.contains(&other) {
                found.push(other);
            }
        }
    }
    if found.is_empty() {
        return Err(ProposeError::Value {
            what: "the project has no image from which this could be taken".to_owned(),
            hint: format!("name one: {example}"),
        }
        .into());
    }
    Ok(found)
}

/// A slug that somebody typed.
fn checked_slug(slug: &str) -> Result<String, Error> {
    if name::is_valid(Kind::Image, slug) {
        return Ok(slug.to_owned());
    }
    Err(ProposeError::Value {
        what: format!("--slug {slug} cannot be part of a file's name"),
        hint: format!("it is made of {}", Kind::Image.alphabet()),
    }
    .into())
}

/// The words of a title as part of a file's name.
fn slug_of(title: &str) -> String {
    let plain: String = title
        .to_lowercase()
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '-'
            }
        })
        .collect();
    let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
    let mut slug = words.join("-");
    slug.truncate(48);
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() {
        "proposal".to_owned()
    } else {
        slug.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::slug_of;

    #[test]
    fn a_title_gives_the_file_its_name() {
        let table = [
            ("Security packages", "security-packages"),
            ("fail2ban", "fail2ban"),
            ("libstdc++6, g++", "libstdc-6-g"),
            ("Größe", "gr-e"),
            ("…", "proposal"),
        ];
        for (title, slug) in table {
            assert_eq!(slug_of(title), slug);
        }
        assert!(slug_of(&"long ".repeat(40)).len() <= 48);
    }
}

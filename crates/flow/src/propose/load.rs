//! Loads the proposals of a project with all they speak of: the requirement catalogue and the
//! boards, those that come with Formwork and the project's own.
//!
//! What is returned holds together: numbers are used once, every requirement, capability, feature
//! and reviewer is known, and no succession goes in a circle. Packages are not looked up here;
//! that needs an archive.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use formwork_model::board::Board;
use formwork_model::proposal::{self, Proposal, Status};
use formwork_model::requirement::Catalogue;
use formwork_model::source::Source;

use super::ProposeError;
use crate::Error;
use crate::context::Context;
use crate::project::{self, LoadedProject, ProjectError};

/// The directory of the proposals.
pub const PROPOSALS: &str = "proposals";
/// The directory of a project's own requirements.
pub const REQUIREMENTS: &str = "requirements";
/// The directory of a project's own boards.
pub const BOARDS: &str = "boards";
/// How the name of a frozen flat list ends.
pub const FROZEN: &str = ".flat.toml";

/// The catalogues that come with Formwork.
const SHIPPED_REQUIREMENTS: &[(&str, &str)] = &[(
    "formwork's requirements/iec62443-4-2.toml",
    include_str!("../../../../data/requirements/iec62443-4-2.toml"),
)];

/// The boards that come with Formwork.
const SHIPPED_BOARDS: &[(&str, &str)] = &[
    (
        "beaglebone-black",
        include_str!("../../../../data/boards/beaglebone-black.toml"),
    ),
    (
        "generic-x86-uefi",
        include_str!("../../../../data/boards/generic-x86-uefi.toml"),
    ),
    (
        "qemu-amd64",
        include_str!("../../../../data/boards/qemu-amd64.toml"),
    ),
    (
        "qemu-arm64",
        include_str!("../../../../data/boards/qemu-arm64.toml"),
    ),
    (
        "qemu-armhf",
        include_str!("../../../../data/boards/qemu-armhf.toml"),
    ),
    ("rzg2m", include_str!("../../../../data/boards/rzg2m.toml")),
];

/// A project with its proposals and what they speak of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The project.
    pub project: LoadedProject,
    /// Its proposals, sorted by number.
    pub proposals: Vec<LoadedProposal>,
    /// All requirements, capabilities, features and tests.
    pub catalogue: Catalogue,
    /// All boards, by name.
    pub boards: BTreeMap<String, Board>,
}

/// A proposal with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedProposal {
    /// What it says.
    pub proposal: Proposal,
    /// Where its file is.
    pub path: PathBuf,
    /// The text of its file.
    pub text: String,
    /// The text of its frozen flat list, if it was closed with one.
    pub frozen: Option<String>,
}

/// Loads the project that the settings mean, with its proposals.
pub fn load(context: &Context) -> Result<Loaded, Error> {
    load_project(project::open(context)?)
}

/// Loads the proposals of a project.
pub fn load_project(project: LoadedProject) -> Result<Loaded, Error> {
    let directory = project.directory.clone();
    let catalogue = catalogue(&directory)?;
    let boards = boards(&directory, &catalogue)?;
    let mut proposals = Vec::new();
    for name in project::names_in(&directory.join(PROPOSALS), ".toml")? {
        if name.ends_with(FROZEN.trim_end_matches(".toml")) {
            continue;
        }
        let mut read = proposal(&directory, &name)?;
        proposal::check_catalogue(&mut read.proposal, &catalogue).map_err(ProjectError::from)?;
        proposal::check_rules(&read.proposal, &project.project.review)
            .map_err(ProjectError::from)?;
        proposals.push(read);
    }
    let all: Vec<&Proposal> = proposals.iter().map(|one| &one.proposal).collect();
    proposal::check_together(&all).map_err(ProjectError::from)?;
    proposals.sort_by_key(|one| one.proposal.id);
    Ok(Loaded {
        project,
        proposals,
        catalogue,
        boards,
    })
}

/// Reads the proposal of this name, without its ending.
fn proposal(directory: &Path, name: &str) -> Result<LoadedProposal, Error> {
    let file = format!("{PROPOSALS}/{name}.toml");
    let path = directory.join(&file);
    let text = project::read_text(&path, &file)?;
    let proposal = Proposal::read(Source::new(&file, &text)).map_err(ProjectError::from)?;
    let frozen_file = format!("{PROPOSALS}/{name}{FROZEN}");
    let frozen_path = directory.join(&frozen_file);
    let frozen = match frozen_path.exists() {
        true => Some(project::read_text(&frozen_path, &frozen_file)?),
        false => None,
    };
    Ok(LoadedProposal {
        proposal,
        path,
        text,
        frozen,
    })
}

/// The catalogue: what comes with Formwork, and the files of `requirements/`.
pub fn catalogue(directory: &Path) -> Result<Catalogue, Error> {
    let mut catalogue = Catalogue::default();
    let mut add = |file: &str, text: &str| catalogue.add(Source::new(file, text));
    for (file, text) in SHIPPED_REQUIREMENTS {
        add(file, text).map_err(ProjectError::from)?;
    }
    for name in project::names_in(&directory.join(REQUIREMENTS), ".toml")? {
        let file = format!("{REQUIREMENTS}/{name}.toml");
        let text = project::read_text(&directory.join(&file), &file)?;
        add(&file, &text).map_err(ProjectError::from)?;
    }
    catalogue.check().map_err(ProjectError::from)?;
    Ok(catalogue)
}

/// The boards: those that come with Formwork, and the files of `boards/`, which win.
fn boards(directory: &Path, catalogue: &Catalogue) -> Result<BTreeMap<String, Board>, Error> {
    let mut boards = BTreeMap::new();
    for (name, text) in SHIPPED_BOARDS {
        let file = format!("formwork's boards/{name}.toml");
        let board = Board::read(name, Source::new(&file, text), catalogue);
        boards.insert((*name).to_owned(), board.map_err(ProjectError::from)?);
    }
    for name in project::names_in(&directory.join(BOARDS), ".toml")? {
        let file = format!("{BOARDS}/{name}.toml");
        let text = project::read_text(&directory.join(&file), &file)?;
        let board = Board::read(&name, Source::new(&file, &text), catalogue);
        boards.insert(name, board.map_err(ProjectError::from)?);
    }
    Ok(boards)
}

impl Loaded {
    /// The proposal that a person means by `2`, `0002`, `security`, `0002-security` or its file.
    pub fn find(&self, name: &str) -> Result<&LoadedProposal, Error> {
        let bare = name.rsplit('/').next().unwrap_or(name);
        let bare = bare.strip_suffix(".toml").unwrap_or(bare);
        let fits = |one: &&LoadedProposal| {
            let proposal = &one.proposal;
            bare.parse() == Ok(proposal.id) || bare == proposal.slug || bare == proposal.name()
        };
        let found: Vec<&LoadedProposal> = self.proposals.iter().filter(fits).collect();
        match found.as_slice() {
            [one] => Ok(one),
            [] => Err(ProposeError::NoProposal {
                name: name.to_owned(),
                known: self.names(|_| true),
            }
            .into()),
            several => Err(ProposeError::WhichProposal {
                known: several.iter().map(|one| one.proposal.name()).collect(),
            }
            .into()),
        }
    }

    /// The proposal of this name; without one the only one in draft or in review.
    pub fn meant(&self, name: Option<&str>) -> Result<&LoadedProposal, Error> {
        if let Some(name) = name {
            return self.find(name);
        }
        let is_open = |proposal: &Proposal| !proposal.status.is_closed();
        let mut open = self.proposals.iter().filter(|one| is_open(&one.proposal));
        match (open.next(), open.next()) {
            (Some(one), None) => Ok(one),
            _ => Err(ProposeError::WhichProposal {
                known: self.names(is_open),
            }
            .into()),
        }
    }

    /// The proposals that make the approved list, sorted by number.
    pub fn approved(&self) -> impl Iterator<Item = &LoadedProposal> {
        let approved = |one: &&LoadedProposal| one.proposal.status == Status::Approved;
        self.proposals.iter().filter(approved)
    }

    /// The names of the proposals of a kind.
    fn names(&self, kind: impl Fn(&Proposal) -> bool) -> Vec<String> {
        let all = self.proposals.iter().map(|one| &one.proposal);
        all.filter(|one| kind(one)).map(Proposal::name).collect()
    }
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;

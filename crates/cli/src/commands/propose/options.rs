//! The options that describe a package, shared by `propose new` and `propose add`.

use clap::{ArgAction, Args, ValueEnum};
use formwork_flow::Timestamp;
use formwork_model::proposal::State;
use formwork_model::proposal::edit::NewPackage;

use crate::failure::Failure;

/// What is said of the package; what is left out is asked at a terminal.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "The package")]
pub(crate) struct PackageOptions {
    /// Want this binary (may be repeated); perhaps for some suites: `libssl1.1 [bullseye]`
    #[arg(long = "binary", value_name = "NAME", action = ArgAction::Append)]
    pub(crate) binaries: Vec<String>,
    /// It is needed to build only and never goes onto the target
    #[arg(long)]
    pub(crate) build_only: bool,
    /// What it does for the product
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// It serves this capability (may be repeated), for example secure-key-storage
    #[arg(long = "capability", value_name = "NAME", action = ArgAction::Append)]
    pub(crate) capabilities: Vec<String>,
    /// It serves this requirement (may be repeated), for example "CR 1.5"
    #[arg(long = "requirement", value_name = "ID", action = ArgAction::Append)]
    pub(crate) requirements: Vec<String>,
    /// It needs this of the hardware or network (may be repeated), for example tpm2; or none
    #[arg(long = "needs", value_name = "FEATURE", action = ArgAction::Append)]
    pub(crate) needs: Vec<String>,
    /// This was considered, too (may be repeated): "PACKAGE: why not"
    #[arg(long = "alternative", value_name = "TEXT", action = ArgAction::Append)]
    pub(crate) alternatives: Vec<String>,
    /// This package serves a virtual name (may be repeated): mail-transport-agent=msmtp-mta
    #[arg(long = "provider", value_name = "NAME=PACKAGE", action = ArgAction::Append)]
    pub(crate) providers: Vec<String>,
    /// A word by which the security group sorts packages (may be repeated)
    #[arg(long = "security-tag", value_name = "WORD", action = ArgAction::Append)]
    pub(crate) security_tags: Vec<String>,
    /// A further note
    #[arg(long, value_name = "TEXT")]
    pub(crate) notes: Option<String>,
    /// How it stands
    #[arg(long, value_name = "STATE", value_enum)]
    pub(crate) state: Option<StateChoice>,
    /// The source whose place it takes
    #[arg(long, value_name = "SOURCE")]
    pub(crate) replaces: Option<String>,
}

/// The states in which a package can come into a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StateChoice {
    /// Wanted
    Proposed,
    /// Wanted where the hardware has what it needs
    Optional,
    /// Not part of this review
    UnderDiscussion,
    /// To be taken off the approved list
    Remove,
}

impl PackageOptions {
    /// The package as far as the options describe it.
    pub(crate) fn package(&self, source: &str) -> Result<NewPackage, Failure> {
        let state = match self.state {
            None | Some(StateChoice::Proposed) => State::Proposed,
            Some(StateChoice::Optional) => State::Optional,
            Some(StateChoice::UnderDiscussion) => State::UnderDiscussion,
            Some(StateChoice::Remove) => State::Remove,
        };
        Ok(NewPackage {
            source: source.to_owned(),
            binaries: self.binaries.clone(),
            build_only: self.build_only,
            reason: self.reason.clone().unwrap_or_default(),
            capabilities: self.capabilities.clone(),
            requirements: self.requirements.clone(),
            needs: self.needs(),
            alternatives: pairs(&self.alternatives, ':', "--alternative \"iptables: older\"")?,
            providers: pairs(
                &self.providers,
                '=',
                "--provider mail-transport-agent=msmtp-mta",
            )?,
            security_tags: self.security_tags.clone(),
            notes: self.notes.clone().unwrap_or_default(),
            state,
            replaces: self.replaces.clone().unwrap_or_default(),
            ..NewPackage::default()
        })
    }

    /// The needs that are named; `none` says that there are none.
    fn needs(&self) -> Option<Vec<String>> {
        match self.needs.as_slice() {
            [] => None,
            [one] if one == "none" => Some(Vec::new()),
            some => Some(some.to_vec()),
        }
    }
}

/// Texts of two parts.
fn pairs(texts: &[String], mark: char, example: &str) -> Result<Vec<(String, String)>, Failure> {
    let pair = |text: &String| {
        let (first, second) = text.split_once(mark)?;
        let (first, second) = (first.trim(), second.trim());
        (!first.is_empty() && !second.is_empty()).then(|| (first.to_owned(), second.to_owned()))
    };
    texts
        .iter()
        .map(|text| {
            pair(text).ok_or_else(|| Failure::Usage {
                message: format!("'{text}' does not have two parts with `{mark}` between them"),
                hint: example.to_owned(),
            })
        })
        .collect()
}

/// A day that somebody typed.
pub(crate) fn day(option: &str, text: &str) -> Result<Timestamp, Failure> {
    Timestamp::parse_date(text).map_err(|_| Failure::Usage {
        message: format!("{option} {text} is not a date"),
        hint: "write it as in 2026-12-31".to_owned(),
    })
}

//! `formwork propose new`: a new proposal, asked for at a terminal or given by options.

use clap::{ArgAction, Args};
use formwork_flow::context::Context;
use formwork_flow::propose::{self, Archives, Beginning, Loaded};

use super::interview::Interview;
use super::options::{PackageOptions, day};
use super::written;
use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::dialog::Dialog;

/// Begin a proposal; what is not given as an option is asked for at a terminal
///
/// The archive is asked which binaries the source has and what they would bring. The file can be
/// edited afterwards; its comments survive all commands.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork propose new
  formwork propose new fail2ban --reason \"locks out addresses after failed log-ins\" \\
      --requirement \"CR 1.11\" --needs lan
  formwork propose new --title \"Security packages\" --proposer SecurityWG --due 2026-12-11")]
pub(crate) struct New {
    /// The source package, or one of its binaries
    #[arg(value_name = "SOURCE")]
    source: Option<String>,
    /// What the proposal is about; without it the name of the source
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// The part of the file's name behind the number; without it made from the title
    #[arg(long, value_name = "NAME")]
    slug: Option<String>,
    /// The group or member that proposes it; without it found by git's user.name
    #[arg(long, value_name = "NAME")]
    proposer: Option<String>,
    /// Propose it for this suite (may be repeated); without it for all suites of the images
    #[arg(short, long = "suite", value_name = "SUITE", action = ArgAction::Append)]
    suites: Vec<String>,
    /// Propose it for this architecture (may be repeated); without it for all of the images
    #[arg(short, long = "arch", value_name = "ARCH", action = ArgAction::Append)]
    architectures: Vec<String>,
    /// The day until which it is to be reviewed
    #[arg(long, value_name = "DATE")]
    due: Option<String>,
    /// The number of a proposal whose place it takes (may be repeated)
    #[arg(long = "supersedes", value_name = "NUMBER", action = ArgAction::Append)]
    supersedes: Vec<u32>,
    #[command(flatten)]
    package: PackageOptions,
}

impl New {
    /// Asks what is missing and writes the file.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let loaded = propose::load(&context)?;
        let dialog = Dialog::at_terminal();
        let source = match (&self.source, &self.title, &dialog) {
            (Some(source), ..) => Some(source.clone()),
            // A title alone begins a proposal that is still empty.
            (None, Some(_), _) => None,
            (None, None, Some(dialog)) => Some(dialog.insist("Source package:")?),
            (None, None, None) => {
                return Err(Failure::Usage {
                    message: "which source package is proposed?".to_owned(),
                    hint: "formwork propose new SOURCE, or --title TEXT to begin without one"
                        .to_owned(),
                });
            }
        };
        let beginning = Beginning {
            title: self.title.clone(),
            slug: self.slug.clone(),
            proposer: self.proposer.clone(),
            suites: loaded.suites_or(&self.suites)?,
            architectures: loaded.architectures_or(&self.architectures)?,
            due: self
                .due
                .as_deref()
                .map(|due| day("--due", due))
                .transpose()?,
            supersedes: self.supersedes.clone(),
            notes: String::new(),
        };
        // Who proposes is found before anybody answers questions in vain.
        loaded.proposer(self.proposer.as_deref())?;
        let mut packages = Vec::new();
        if let Some(source) = source {
            let archives = archives(&context, &loaded, &beginning)?;
            let interview = Interview {
                loaded: &loaded,
                archives: &archives,
                dialog: dialog.as_ref(),
            };
            packages.push(interview.package(&source, &self.package)?);
        }
        let done = propose::new(&loaded, &beginning, &packages)?;
        let next = match packages.is_empty() {
            true => format!("formwork propose add SOURCE --to {}", done.proposal),
            false => format!("formwork propose check {}", done.proposal),
        };
        written::show(session, &done, &next)
    }
}

/// The archives of the suites that a new proposal is for, on its first architecture.
fn archives(
    context: &Context,
    loaded: &Loaded,
    beginning: &Beginning,
) -> Result<Archives, Failure> {
    let first = beginning.architectures.first();
    let architecture = first.map(String::as_str).unwrap_or_default();
    Ok(Archives::open(
        context,
        loaded,
        &beginning.suites,
        architecture,
    )?)
}

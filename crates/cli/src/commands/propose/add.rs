//! `formwork propose add`: one more package comes into a proposal.

use clap::Args;
use formwork_flow::propose::{self, Archives};

use super::interview::Interview;
use super::options::PackageOptions;
use super::written;
use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::dialog::Dialog;

/// Add a package to a proposal; what is not given as an option is asked for at a terminal
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork propose add openssl --to 2
  formwork propose add tpm2-tools --state optional --needs tpm2 --capability secure-key-storage")]
pub(crate) struct Add {
    /// The source package, or one of its binaries
    #[arg(value_name = "SOURCE")]
    source: Option<String>,
    /// The number, name or file of the proposal; without it the only one that is open
    #[arg(long, value_name = "PROPOSAL")]
    to: Option<String>,
    #[command(flatten)]
    package: PackageOptions,
}

impl Add {
    /// Asks what is missing and edits the file.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let loaded = propose::load(&context)?;
        let proposal = &loaded.meant(self.to.as_deref())?.proposal;
        let dialog = Dialog::at_terminal();
        let source = match (&self.source, &dialog) {
            (Some(source), _) => source.clone(),
            (None, Some(dialog)) => dialog.insist("Source package:")?,
            (None, None) => {
                return Err(Failure::Usage {
                    message: "which source package is added?".to_owned(),
                    hint: "formwork propose add SOURCE".to_owned(),
                });
            }
        };
        let suites: Vec<String> = proposal.suites.iter().map(|one| one.text.clone()).collect();
        let first = proposal.architectures.first();
        let architecture = first.map(|one| one.text.as_str()).unwrap_or_default();
        let archives = Archives::open(&context, &loaded, &suites, architecture)?;
        let interview = Interview {
            loaded: &loaded,
            archives: &archives,
            dialog: dialog.as_ref(),
        };
        let package = interview.package(&source, &self.package)?;
        let done = propose::add(&loaded, self.to.as_deref(), &[package])?;
        let next = format!("formwork propose check {}", done.proposal);
        written::show(session, &done, &next)
    }
}

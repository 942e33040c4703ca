//! `formwork propose import`: a draft from a list that came by mail or from a machine.

use std::path::PathBuf;

use clap::Args;
use formwork_flow::propose::{Beginning, import, load};

use super::written;
use crate::failure::{Failure, Outcome};
use crate::session::Session;

/// Begin a proposal from a list: YAML as export writes it, or a pkglist of a machine
///
/// What the options say wins over what the file says. Packages that only others need are left
/// out: they come by themselves.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork propose import proposal_SecurityWG_rev03.yml
  formwork propose import gateway.pkglist --suite bookworm --proposer base --title \"Gateway\"")]
pub(crate) struct Import {
    /// The file; its ending tells YAML (.yml, .yaml) from a pkglist
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What it is about
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// The part of the file's name behind the number
    #[arg(long, value_name = "WORD")]
    slug: Option<String>,
    /// The group or member that proposes it
    #[arg(long, value_name = "NAME")]
    proposer: Option<String>,
    /// A suite it is for (may be repeated)
    #[arg(short, long = "suite", value_name = "SUITE")]
    suites: Vec<String>,
    /// An architecture it is for (may be repeated)
    #[arg(short, long = "arch", value_name = "ARCH")]
    architectures: Vec<String>,
}

impl Import {
    /// Writes the draft and tells where it is.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let loaded = load(&context)?;
        let beginning = Beginning {
            title: self.title.clone(),
            slug: self.slug.clone(),
            proposer: self.proposer.clone(),
            suites: self.suites.clone(),
            architectures: self.architectures.clone(),
            ..Beginning::default()
        };
        let answer = import(&loaded, &self.file, beginning)?;
        let next = format!("formwork propose check {}", answer.proposal);
        written::show(session, &answer, &next)
    }
}

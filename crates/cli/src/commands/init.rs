//! `formwork init`: a new project.

use std::path::PathBuf;

use clap::Args;
use formwork_flow::init::{self, NewProject};
use formwork_flow::machine;

use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::printable;

/// Begin a project: a formwork.toml with comments, one image, and a .gitignore
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork init ~/my-gateway --extends minimal
  formwork init --suite trixie --arch arm64 my-sensor")]
pub(crate) struct Init {
    /// Where to begin it; made if it is not there
    #[arg(default_value = ".", value_name = "DIR")]
    directory: PathBuf,
    /// The suite the project is made for; without it the one this machine runs
    #[arg(short, long, value_name = "SUITE")]
    suite: Option<String>,
    /// The architecture it is made for; without it this machine's
    #[arg(short, long, value_name = "ARCH")]
    arch: Option<String>,
    /// The profile that its image is made from: minimal (a disk that boots to a login), security or
    /// tiny; without it the image is a root file system
    #[arg(short, long, value_name = "PROFILE")]
    extends: Option<String>,
}

impl Init {
    /// Writes the project and says which files.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let suite = match &self.suite {
            Some(suite) => suite.clone(),
            None => machine::suite(&context)?,
        };
        let files = init::init(&NewProject {
            directory: self.directory.clone(),
            suites: vec![suite],
            architectures: vec![self.arch.clone().unwrap_or_else(machine::architecture)],
            extends: self.extends.clone(),
        })?;
        for file in &files {
            let shown = file.strip_prefix(".").unwrap_or(file).display().to_string();
            session
                .output
                .line(&format!("Written: {}", printable(&shown)))?;
        }
        session.tell(match self.extends {
            Some(_) => "Next: formwork build           make the disk; formwork run boots it",
            None => "Next: formwork lock            resolve the image and write formwork.lock",
        });
        Ok(Outcome::Fine)
    }
}

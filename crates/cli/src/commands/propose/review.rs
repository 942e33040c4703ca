//! `formwork propose review`: what a reviewer says.

use clap::{ArgAction, Args};
use formwork_flow::propose::{self, Saying};
use formwork_model::proposal::Verdict;

use super::written;
use crate::arguments::TodayOption;
use crate::failure::{Failure, Outcome};
use crate::session::Session;

/// Give a verdict or a comment on a proposal's present revision, or answer a comment
///
/// A verdict counts for the revision it is given for and for no other. Who thinks again says it
/// again: the newer verdict takes the place of the older one.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork propose review 2 --approve
  formwork propose review 2 --reject \"brings Python to the target\" --package fail2ban
  formwork propose review 2 --comment \"why not systemd-timesyncd?\" --package chrony
  formwork propose review 2 --answer 3 --text \"chrony also serves the time\"")]
#[command(group = clap::ArgGroup::new("saying").required(true))]
pub(crate) struct Review {
    /// The number, name or file of the proposal; without it the only one that is open
    #[arg(value_name = "PROPOSAL")]
    proposal: Option<String>,
    /// Say yes, perhaps with a comment
    #[arg(long, group = "saying", value_name = "COMMENT", num_args = 0..=1, default_missing_value = "")]
    approve: Option<String>,
    /// Say no, and why
    #[arg(long, group = "saying", value_name = "COMMENT")]
    reject: Option<String>,
    /// Say something that is to be answered
    #[arg(long, group = "saying", value_name = "COMMENT")]
    comment: Option<String>,
    /// Answer the comment of this number, as `propose show` tells it
    #[arg(long, group = "saying", value_name = "NUMBER", requires = "text")]
    answer: Option<usize>,
    /// The answer
    #[arg(long, value_name = "TEXT", requires = "answer")]
    text: Option<String>,
    /// It is about this source package only (may be repeated)
    #[arg(long = "package", value_name = "SOURCE", action = ArgAction::Append)]
    packages: Vec<String>,
    /// Who says it; without it the name that git knows here
    #[arg(long = "as", value_name = "NAME")]
    who: Option<String>,
    #[command(flatten)]
    today: TodayOption,
}

impl Review {
    /// Edits the file.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let loaded = propose::load(&context)?;
        let today = self.today.day(&context)?;
        let name = self.proposal.as_deref();
        let done = propose::review(&loaded, name, self.who.as_deref(), &self.saying(), today)?;
        written::show(session, &done, "commit it, so that the others see it")
    }

    /// What is said.
    fn saying(&self) -> Saying {
        if let (Some(number), Some(text)) = (self.answer, &self.text) {
            let text = text.clone();
            return Saying::Answer { number, text };
        }
        let (verdict, comment) = match (&self.approve, &self.reject) {
            (Some(comment), _) => (Verdict::Approve, Some(comment)),
            (_, Some(comment)) => (Verdict::Reject, Some(comment)),
            _ => (Verdict::Comment, self.comment.as_ref()),
        };
        Saying::Verdict {
            verdict,
            packages: self.packages.clone(),
            comment: comment.cloned().unwrap_or_default(),
        }
    }
}

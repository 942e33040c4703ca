//! `propose review`: a verdict, a comment or an answer goes into the proposal's file.

use formwork_deb::time::Timestamp;
use formwork_model::documents::ProposalWritten;
use formwork_model::nearest::nearest;
use formwork_model::proposal::edit::{self, NewReview};
use formwork_model::proposal::{Proposal, Status, Verdict};

use super::save::{Change, no_edit, require_open};
use super::{Loaded, ProposeError};
use crate::Error;

/// What a reviewer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saying {
    /// A verdict or a comment.
    Verdict {
        /// Which.
        verdict: Verdict,
        /// The source packages it is about; none: the whole.
        packages: Vec<String>,
        /// The comment; may be empty for an approval.
        comment: String,
    },
    /// The answer to a comment, by its number as `propose show` tells it.
    Answer {
        /// The number, from 1.
        number: usize,
        /// The answer.
        text: String,
    },
}

/// Writes what a reviewer says of the present revision.
pub fn review(
    loaded: &Loaded,
    name: Option<&str>,
    who: Option<&str>,
    saying: &Saying,
    today: Timestamp,
) -> Result<ProposalWritten, Error> {
    let one = loaded.meant(name)?;
    let proposal = &one.proposal;
    require_open(proposal)?;
    let (text, done) = match saying {
        Saying::Answer { number, text } => (
            edit::answer(&one.text, *number, text).map_err(no_edit)?,
            vec![format!("review {number} answered")],
        ),
        Saying::Verdict {
            verdict,
            packages,
            comment,
        } => {
            require_review(proposal, *verdict)?;
            let who = loaded.reviewer(who)?;
            let new = NewReview {
                who,
                when: today.date(),
                revision: proposal.revision,
                verdict: *verdict,
                package: None,
                comment: comment.clone(),
            };
            say(proposal, &one.text, new, packages)?
        }
    };
    loaded.save(Change {
        file: proposal.file.clone(),
        text,
        done,
    })
}

/// A verdict is given on what is laid before the reviewers; a comment is welcome any time.
fn require_review(proposal: &Proposal, verdict: Verdict) -> Result<(), Error> {
    if proposal.status == Status::InReview || verdict == Verdict::Comment {
        return Ok(());
    }
    Err(ProposeError::State {
        what: format!("proposal {} is not in review yet", proposal.id),
        hint: format!(
            "formwork propose submit {}, or say it with --comment",
            proposal.id
        ),
    }
    .into())
}

/// Writes one review, or one for each package.
fn say(
    proposal: &Proposal,
    text: &str,
    new: NewReview,
    packages: &[String],
) -> Result<(String, Vec<String>), Error> {
    if let Some(unknown) = packages
        .iter()
        .find(|name| proposal.package(name).is_none())
    {
        let known = proposal.packages.iter().map(|one| one.source.as_str());
        let near = nearest(unknown, known, 1);
        return Err(ProposeError::Value {
            what: format!("proposal {} has no package '{unknown}'", proposal.id),
            hint: match near.first() {
                Some(near) => format!("did you mean {near}?"),
                None => format!("formwork propose show {} tells which it has", proposal.id),
            },
        }
        .into());
    }
    let about: Vec<Option<String>> = match packages {
        [] => vec![None],
        some => some.iter().cloned().map(Some).collect(),
    };
    let mut text = text.to_owned();
    let mut done = Vec::new();
    for package in about {
        let what = package.clone().unwrap_or_else(|| "the whole".to_owned());
        let verb = match new.verdict {
            Verdict::Approve => "approves",
            Verdict::Reject => "rejects",
            Verdict::Comment => "comments on",
        };
        done.push(format!(
            "{} {verb} {what} of revision {}",
            new.who, new.revision
        ));
        let review = NewReview {
            package,
            ..new.clone()
        };
        text = edit::add_review(&text, &review).map_err(no_edit)?;
    }
    Ok((text, done))
}

//! What can be wrong with what is asked of a proposal.

use thiserror::Error;

/// Why something cannot be done with a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProposeError {
    /// The project has no proposal of this number or name.
    #[error("there is no proposal '{name}'")]
    NoProposal {
        /// What was typed.
        name: String,
        /// The names of those there are.
        known: Vec<String>,
    },
    /// No proposal was named, and there is not exactly one that could be meant.
    #[error("which proposal is meant?")]
    WhichProposal {
        /// The names of those that may be meant.
        known: Vec<String>,
    },
    /// A value that was given is not what it must be.
    #[error("{what}")]
    Value {
        /// What is wrong.
        what: String,
        /// What to do.
        hint: String,
    },
    /// The state of the proposal forbids it.
    #[error("{what}")]
    State {
        /// What is wrong.
        what: String,
        /// What to do first.
        hint: String,
    },
    /// Git does not know the project.
    #[error("{0} is not kept in git")]
    NoGit(String),
    /// Git does not do as asked.
    #[error("git {command}: {message}")]
    Git {
        /// What it was asked.
        command: String,
        /// Its last line.
        message: String,
    },
    /// A program of the host.
    #[error("{0}")]
    Command(String),
}

impl ProposeError {
    /// What to try.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            ProposeError::NoProposal { known, .. } if known.is_empty() => {
                Some("begin one: formwork propose new".to_owned())
            }
            ProposeError::NoProposal { known, .. } => {
                Some(format!("there are: {}", known.join(", ")))
            }
            ProposeError::WhichProposal { known } if known.is_empty() => Some(
                "there is none in draft or in review; formwork propose list tells all".to_owned(),
            ),
            ProposeError::WhichProposal { known } => {
                Some(format!("name one of: {}", known.join(", ")))
            }
            ProposeError::Value { hint, .. } | ProposeError::State { hint, .. } => {
                Some(hint.clone())
            }
            ProposeError::NoGit(_) => Some("git init, git add and git commit first".to_owned()),
            ProposeError::Git { .. } => None,
            ProposeError::Command(_) => Some("sudo apt-get install git".to_owned()),
        }
    }

    /// Whether it is the person's words or files that are wrong, not the world outside.
    #[must_use]
    pub fn is_input(&self) -> bool {
        !matches!(self, ProposeError::Git { .. } | ProposeError::Command(_))
    }
}

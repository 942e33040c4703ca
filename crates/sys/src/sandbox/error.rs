//! What can go wrong with the sandbox itself, or with a program that passes a limit.

use std::io;
use std::time::Duration;

/// Why the sandbox gave no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// A step of setting up, or of keeping it running, failed.
    #[error("the sandbox cannot {step}: {source}")]
    Step {
        /// What was tried, as a verb with its object.
        step: String,
        /// The system's answer.
        source: io::Error,
    },
    /// This machine lacks something; the text says what to install or to set.
    #[error("{why}{}", try_this(help))]
    Unable {
        /// The reason, in a sentence without a stop.
        why: String,
        /// What to do about it, one line each.
        help: Vec<String>,
    },
    /// The inside ended before its work was done.
    #[error("the sandbox ended early ({how}){}", after(tail))]
    Died {
        /// How it ended: `signal 9`.
        how: String,
        /// The last lines that it wrote.
        tail: String,
    },
    /// The inside panicked: a fault of ours.
    #[error("the sandbox panicked: {message}")]
    Panicked {
        /// What the panic said, and where.
        message: String,
    },
    /// The person asked us to stop.
    #[error("interrupted")]
    Interrupted,
    /// A program of the tree could not be started.
    #[error("cannot start {program} in the tree: {source}")]
    NotStarted {
        /// Its path or name.
        program: String,
        /// The system's answer.
        source: io::Error,
    },
    /// A program of the tree ran longer than it may.
    #[error("{program} was stopped after {} s{}", limit.as_secs(), after(tail))]
    TimedOut {
        /// Its path or name.
        program: String,
        /// The limit.
        limit: Duration,
        /// The last lines that it wrote.
        tail: String,
    },
    /// A program of the tree wrote nothing for longer than it may.
    #[error("{program} was stopped after {} s without a word{}", limit.as_secs(), after(tail))]
    Silent {
        /// Its path or name.
        program: String,
        /// The limit.
        limit: Duration,
        /// The last lines that it wrote.
        tail: String,
    },
    /// A program of the tree wrote more than it may.
    #[error(
        "{program} was stopped: it wrote more than {limit} bytes{}",
        after(tail)
    )]
    TooMuchOutput {
        /// Its path or name.
        program: String,
        /// The limit in bytes.
        limit: u64,
        /// The last lines that it wrote.
        tail: String,
    },
}

impl SandboxError {
    /// Puts the step to an answer of the system.
    pub(super) fn step(step: impl Into<String>, source: impl Into<io::Error>) -> SandboxError {
        SandboxError::Step {
            step: step.into(),
            source: source.into(),
        }
    }
}

/// The last lines of output as the end of a message.
fn after(tail: &str) -> String {
    let tail = tail.trim_end();
    if tail.is_empty() {
        String::new()
    } else {
        format!("; its last lines:\n{tail}")
    }
}

/// What to do about it as the end of a message.
fn try_this(help: &[String]) -> String {
    let lines = help.iter().map(|line| format!("\n  {line}"));
    match help {
        [] => String::new(),
        _ => format!("; what helps:{}", lines.collect::<String>()),
    }
}

/// Lets a call of the system say what it was for.
pub(super) trait Step<T> {
    /// Names the step.
    fn step(self, step: &str) -> Result<T, SandboxError>;
}

impl<T, E: Into<io::Error>> Step<T> for Result<T, E> {
    fn step(self, step: &str) -> Result<T, SandboxError> {
        self.map_err(|source| SandboxError::step(step, source))
    }
}

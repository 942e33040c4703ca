//! Why an image could not be tried out.

use std::path::PathBuf;
use std::time::Duration;

/// What went wrong, with what helps.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrialError {
    /// A program or a file that a Debian package brings is not there.
    #[error("{what} is not installed")]
    Missing {
        /// What it is.
        what: String,
        /// The package that has it.
        package: &'static str,
    },
    /// There are no machines of this kind.
    #[error("no virtual machine is known for {0}; amd64, arm64 and armhf are")]
    Architecture(String),
    /// A file or directory.
    #[error(transparent)]
    System(#[from] formwork_sys::Error),
    /// The image is not what can be run.
    #[error("{}: {reason}", path.display())]
    Image {
        /// The image.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// What to try.
        hint: Option<String>,
    },
    /// A port of this machine is used by somebody else.
    #[error("port {0} of this machine is taken")]
    PortTaken(u16),
    /// Kernel and initial RAM disk do not fit into the memory of the machine.
    #[error("kernel and initial RAM disk have {parts} MiB, too much for {memory} MiB of memory")]
    Memory {
        /// What they have, in MiB.
        parts: u64,
        /// What the machine has, in MiB.
        memory: u64,
    },
    /// QEMU could not be started, or ended with a complaint.
    #[error("{program} failed: {message}")]
    Machine {
        /// The program.
        program: String,
        /// What it said.
        message: String,
    },
    /// The guest did not do what it was to do.
    #[error("{reason}")]
    Guest {
        /// What happened.
        reason: String,
        /// What may have caused it.
        hint: Option<String>,
        /// The last lines of its console.
        console: Vec<String>,
    },
    /// What comes from the guest could not be handed on.
    #[error("cannot hand on what the guest says: {0}")]
    Output(std::io::Error),
    /// The person asked us to stop.
    #[error("interrupted")]
    Interrupted,
}

impl TrialError {
    /// The guest has passed its limit of time.
    pub(crate) fn late(
        waiting_for: &str,
        limit: Duration,
        hint: Option<&str>,
        console: Vec<String>,
    ) -> TrialError {
        TrialError::Guest {
            reason: format!(
                "the guest was stopped after {} s, while we waited for {waiting_for}",
                limit.as_secs()
            ),
            hint: Some(
                hint.unwrap_or("--timeout SECONDS gives it more time")
                    .to_owned(),
            ),
            console,
        }
    }
}

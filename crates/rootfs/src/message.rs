//! What the inside tells the outside while it works.

use serde::{Deserialize, Serialize};

/// One thing that happened inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Message {
    /// The tree is begun; it will have so many packages.
    Started {
        /// How many packages are configured in the end.
        packages: u64,
    },
    /// Something is being done.
    Advanced {
        /// What, for people: `configuring openssh-server`.
        item: String,
        /// How many packages were begun.
        done: u64,
        /// Of how many.
        total: u64,
    },
    /// Something that a person should look at.
    Warning(String),
}

impl Message {
    /// The beginning.
    pub(crate) fn started(packages: usize) -> Message {
        Message::Started {
            packages: packages as u64,
        }
    }

    /// A package is configured.
    pub(crate) fn configuring(package: &str, done: usize, total: usize) -> Message {
        Message::Advanced {
            item: format!("configuring {package}"),
            done: done as u64,
            total: total as u64,
        }
    }
}

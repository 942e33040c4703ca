//! Why a fetch failed, and whether trying again may help.

use std::time::Duration;

use crate::url::Url;

/// A failed fetch; no message shows a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The server has no such file.
    #[error("{url}: not found")]
    NotFound {
        /// What was asked for.
        url: Url,
    },
    /// The server wants a login, or refuses the one we have.
    #[error("{url}: the server answers {status}: {}", login_hint(url))]
    Denied {
        /// What was asked for.
        url: Url,
        /// 401, 403 or 407.
        status: u16,
    },
    /// The server answers with a status that is no success.
    #[error("{url}: the server answers {status}")]
    Status {
        /// What was asked for.
        url: Url,
        /// The status.
        status: u16,
        /// How long the server asks us to wait.
        retry_after: Option<Duration>,
    },
    /// The server could not be reached, or the connection broke.
    #[error("{url}: {reason}")]
    Connection {
        /// What was asked for.
        url: Url,
        /// What happened.
        reason: String,
        /// How many bytes of the body had arrived.
        progress: u64,
    },
    /// The server's certificate is not trusted, or no encrypted connection can be made.
    #[error(
        "{url}: {reason}; if your network has its own certificate authority, name its file in FORMWORK_CA_FILE"
    )]
    Certificate {
        /// What was asked for.
        url: Url,
        /// What is wrong with it.
        reason: String,
    },
    /// The body is longer than it may be.
    #[error("{url}: the answer is longer than the {limit} bytes it may have")]
    TooLong {
        /// What was asked for.
        url: Url,
        /// How long it may be.
        limit: u64,
    },
    /// The server announces another length than the file has.
    #[error("{url}: the server has a file of {found} bytes instead of {expected}")]
    WrongLength {
        /// What was asked for.
        url: Url,
        /// What was signed.
        expected: u64,
        /// What the server announces.
        found: u64,
    },
    /// The server cannot send the part of the file that is missing.
    #[error("{url}: the server cannot continue the file where it was cut off")]
    BadRange {
        /// What was asked for.
        url: Url,
    },
    /// A file of this machine, named by a `file:` address, cannot be read.
    #[error("{url}: {reason}")]
    Unreadable {
        /// What was asked for.
        url: Url,
        /// What the system says.
        reason: String,
    },
    /// A redirect that is not followed.
    #[error("{url}: {reason}")]
    Redirect {
        /// What was asked for.
        url: Url,
        /// Why not.
        reason: String,
    },
    /// The bytes are not those that were signed, twice in a row.
    #[error("{url}: wrong content: {reason}")]
    WrongContent {
        /// What was asked for.
        url: Url,
        /// How it differs.
        reason: String,
    },
    /// A file of our own could not be read or written.
    #[error(transparent)]
    File(#[from] formwork_sys::Error),
    /// A proxy or CA setting cannot be used.
    #[error("{setting}: {reason}")]
    Setting {
        /// The variable or file.
        setting: String,
        /// What is wrong.
        reason: String,
    },
    /// Somebody asked us to stop.
    #[error("interrupted")]
    Interrupted,
}

impl HttpError {
    /// Tells whether the same request may succeed a little later.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            HttpError::Connection { .. } => true,
            HttpError::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500..=599),
            _ => false,
        }
    }

    /// How many bytes of the body had arrived.
    #[must_use]
    pub fn progress(&self) -> u64 {
        match self {
            HttpError::Connection { progress, .. } => *progress,
            _ => 0,
        }
    }

    /// What went wrong, without the address.
    #[must_use]
    pub fn reason(&self) -> String {
        let text = self.to_string();
        match self.url() {
            Some(url) => match text.strip_prefix(&format!("{url}: ")) {
                Some(reason) => reason.to_owned(),
                None => text,
            },
            None => text,
        }
    }

    fn url(&self) -> Option<&Url> {
        match self {
            HttpError::NotFound { url }
            | HttpError::Denied { url, .. }
            | HttpError::Status { url, .. }
            | HttpError::Connection { url, .. }
            | HttpError::Certificate { url, .. }
            | HttpError::TooLong { url, .. }
            | HttpError::WrongLength { url, .. }
            | HttpError::BadRange { url }
            | HttpError::Unreadable { url, .. }
            | HttpError::Redirect { url, .. }
            | HttpError::WrongContent { url, .. } => Some(url),
            HttpError::File(_) | HttpError::Setting { .. } | HttpError::Interrupted => None,
        }
    }
}

fn login_hint(url: &Url) -> &'static str {
    match url.credentials() {
        Some(_) => "it refuses our user name and password",
        None => "it wants a user name and a password (apt's auth.conf, or in the address)",
    }
}

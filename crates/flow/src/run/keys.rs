//! Keys for the secure shell of one run: made for it, and gone with it.

use std::path::{Path, PathBuf};

use formwork_sys::command::{Command as HostProgram, CommandError};
use formwork_sys::fs::Scratch;
use formwork_trial::TrialError;
use formwork_trial::access::Keys;

use crate::Error;

/// The directory where a client finds what it needs, for as long as it lives.
pub(super) struct KeyFiles {
    directory: Scratch,
    keys: Keys,
}

impl KeyFiles {
    /// Makes a key for the guest and one for who comes.
    pub(super) fn make() -> Result<KeyFiles, Error> {
        let directory = Scratch::create("formwork-run-")?;
        let host = key(&directory.path().join("host"))?;
        let user = key(&directory.path().join("key"))?;
        let keys = Keys {
            host: host.0,
            user: user.1,
        };
        let known = format!("formwork {}", host.1);
        formwork_sys::fs::replace(&directory.path().join("known_hosts"), known.as_bytes())?;
        Ok(KeyFiles { directory, keys })
    }

    /// What the guest is given.
    pub(super) fn keys(&self) -> Keys {
        self.keys.clone()
    }

    /// What a person types to get in.
    pub(super) fn command(&self, port: u16) -> String {
        let directory = self.directory.path().display();
        format!(
            "ssh -p {port} -i {directory}/key -o IdentitiesOnly=yes \
             -o HostKeyAlias=formwork -o UserKnownHostsFile={directory}/known_hosts root@127.0.0.1"
        )
    }
}

/// A new key in a file, and its public half.
fn key(path: &Path) -> Result<(String, String), Error> {
    let words = ["-q", "-t", "ed25519", "-N", "", "-C", "formwork-run", "-f"];
    let made = HostProgram::new("ssh-keygen")
        .args(words)
        .args([path])
        .run();
    let failed = |message: String| TrialError::Machine {
        program: "ssh-keygen".to_owned(),
        message,
    };
    match made {
        Ok(finished) if finished.success() => {}
        Ok(finished) => {
            let said = String::from_utf8_lossy(&finished.stderr).trim().to_owned();
            return Err(failed(said).into());
        }
        Err(CommandError::Missing { program }) => {
            return Err(TrialError::Missing {
                what: program,
                package: "openssh-client",
            }
            .into());
        }
        Err(error) => return Err(failed(error.to_string()).into()),
    }
    let public = PathBuf::from(format!("{}.pub", path.display()));
    Ok((text(path)?, text(&public)?))
}

fn text(path: &Path) -> Result<String, Error> {
    let bytes = formwork_sys::fs::read_limited(path, 64 << 10)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

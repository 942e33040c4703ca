//! A directory of our own for as long as something runs.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::Error;

/// A directory that nobody else may look into; dropping it removes it with all it holds.
#[derive(Debug)]
pub struct Scratch(tempfile::TempDir);

impl Scratch {
    /// Makes one where temporary files belong.
    ///
    /// # Errors
    /// If that is not possible.
    pub fn create(prefix: &str) -> Result<Scratch, Error> {
        let made = tempfile::Builder::new()
            .prefix(prefix)
            .permissions(Permissions::from_mode(0o700))
            .tempdir();
        let place = std::env::temp_dir();
        made.map(Scratch)
            .map_err(|source| Error::io("make a directory in", &place, source))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_private_and_goes_away() {
        let scratch = Scratch::create("formwork-test-").unwrap();
        let path = scratch.path().to_owned();
        std::fs::write(path.join("a"), "x").unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        drop(scratch);
        assert!(!path.exists());
    }
}

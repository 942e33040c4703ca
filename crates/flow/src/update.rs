//! `formwork update`: newer versions into the lock, and what that changes.

use crate::Error;
use crate::context::Context;
use crate::lock::keep::Keep;
use crate::lock::{self, Locked};
use crate::project::{self, ProjectError};

/// Brings the lock to the newest allowed versions. With names, only these packages may move,
/// each together with all that its source builds, and whatever must move with them.
///
/// The mirror is always asked, however fresh the cache is.
pub fn update(context: &Context, names: &[String]) -> Result<Locked, Error> {
    let loaded = project::open(context)?;
    lock::guard::hold(context, &loaded.directory, || {
        let old = loaded.lock()?;
        let keep = match &old {
            _ if names.is_empty() => Keep::Nothing,
            Some(current) => Keep::all_but(&current.lock, names)?,
            None => return Err(ProjectError::NoLock.into()),
        };
        lock::relock(context, &loaded, old.as_ref(), &keep)
    })
}

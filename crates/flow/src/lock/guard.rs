//! One process at a time writes the lock of a project.

use std::path::Path;
use std::time::Duration;

use formwork_model::event::Event;
use formwork_sys::fs::{Lock, Mode, Waiting};

use crate::Error;
use crate::context::{self, Context};

/// The file that is locked; it is gone when nobody holds it.
const FILE_NAME: &str = ".formwork.lock.busy";
/// After how long a person is told for whom we wait.
const PATIENCE: Duration = Duration::from_millis(500);

/// Runs some work while no other process writes the lock of this project.
pub(crate) fn hold<T>(
    context: &Context,
    directory: &Path,
    work: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    let what = format!("the lock of {}", directory.display());
    alone(context, &directory.join(FILE_NAME), &what, work)
}

/// Runs some work while no other process holds this file; `what` it stands for is told to whoever
/// waits.
pub(crate) fn alone<T>(
    context: &Context,
    file: &Path,
    what: &str,
    work: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    let tell = |holder: Option<u32>| {
        let by = holder.map_or_else(String::new, |number| {
            format!(", which process {number} writes")
        });
        let what = format!("{what}{by}");
        (context.settings.events)(Event::Waiting { what });
    };
    let waiting = Waiting {
        patience: PATIENCE,
        tell: &tell,
        give_up: &context::interrupted,
    };
    let held = Lock::wait(file, Mode::Exclusive, &waiting)?;
    let held = held.ok_or(Error::Interrupted)?;
    let result = work();
    held.release_and_remove();
    result
}

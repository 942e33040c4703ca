//! The vulnerability data that a project names, if it names any.

use std::collections::BTreeSet;

use formwork_model::source::{FileError, Source};
use formwork_proposal::policy::Vulnerabilities;
use formwork_sys::fs;

use crate::Error;
use crate::project::{LoadedProject, ProjectError};

/// No data are larger.
const MAX_BYTES: u64 = 1 << 30;

/// Loads what the data say of some sources.
pub(super) fn load(
    project: &LoadedProject,
    sources: &BTreeSet<&str>,
) -> Result<Option<Vulnerabilities>, Error> {
    let Some(file) = &project.project.policy.vulnerability_data else {
        return Ok(None);
    };
    let bytes = fs::read_limited(&project.directory.join(file), MAX_BYTES)?;
    match Vulnerabilities::read(&bytes, sources) {
        Ok(data) => Ok(Some(data)),
        Err(reason) => {
            // The data are one long line: it is not shown.
            let fault = FileError {
                message: format!("this is not the security tracker's data: {reason}"),
                hint: Some("take a new copy of its data/json".to_owned()),
                spot: Source::new(file, "").spot(&(0..0)),
            };
            Err(ProjectError::from(fault).into())
        }
    }
}

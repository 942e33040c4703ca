//! The image's scripts: the last resort, run inside the tree.
//!
//! Each runs as root in the root directory, without a network, within the limits of a maintainer
//! script, and in the order written. Its file is there while it runs and gone afterwards.

use formwork_model::settings::{Content, Script};
use formwork_sys::tree::Tree;

use super::{About, bytes, wrong};
use crate::error::{Blame, Error, Failure};
use crate::program::{Program, Run};

/// Where a script lies while it runs.
const PLACE: &str = ".formwork-script";

/// Runs all scripts.
pub(super) fn run(
    tree: &Tree,
    scripts: &[Script],
    about: About<'_>,
    run: &mut dyn Run,
) -> Result<(), Error> {
    for script in scripts {
        let content = bytes(&Content::File(script.file.clone()))?;
        if !content.starts_with(b"#!") {
            let message = format!(
                "{} does not begin with #!, as in #!/bin/sh",
                script.file.path
            );
            return Err(wrong(&script.file.at, message));
        }
        tree.write(PLACE, &content, 0o700)?;
        let program = Program::new([format!("/{PLACE}")])
            .variable("FORMWORK_SUITE", about.suite)
            .variable("FORMWORK_ARCHITECTURE", about.architecture)
            .variable("SOURCE_DATE_EPOCH", &about.date.to_string());
        let ended = run.run(&program, &mut |_| {});
        tree.remove(PLACE)?;
        let ended = ended?;
        if !ended.success() {
            return Err(Error::Program(Failure {
                blame: Blame::Outside,
                message: format!(
                    "{}: the script {} failed: {}",
                    script.file.at,
                    script.file.path,
                    ended.how()
                ),
                output: ended.tail,
                kept: None,
            }));
        }
    }
    Ok(())
}

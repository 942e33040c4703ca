//! The inside: makes the tree step by step.

use std::path::Path;

use formwork_sys::tree::Tree;

use crate::error::{Error, Failure};
use crate::job::Job;
use crate::message::Message;
use crate::program::Run;
use crate::report::Report;
use crate::spine::{self, Context};

/// Makes the tree of a job in `work`, an empty directory of the host, with `run` to run programs
/// of the tree `work/tree`.
///
/// # Errors
/// If a package, a program of it, or the machine stands in the way.
pub fn make(
    job: &Job,
    work: &Path,
    run: &mut dyn Run,
    tell: &mut dyn FnMut(Message),
) -> Result<Report, Failure> {
    let mut context = Context {
        job,
        run,
        tell,
        steps: Vec::new(),
    };
    stages(&mut context, work).map_err(Failure::from)?;
    Ok(Report {
        steps: context.steps,
        ..Report::default()
    })
}

fn stages(context: &mut Context<'_>, work: &Path) -> Result<(), Error> {
    let home = Tree::open(work)?;
    for name in ["tree", "stage"] {
        home.create_directory(name, 0o755)?;
    }
    let tree = Tree::open(&work.join("tree"))?;
    let stage = Tree::open(&work.join("stage"))?;
    spine::prepare(&tree)?;
    spine::install(context, &tree, &stage)?;
    home.remove_all("stage")?;
    Ok(())
}

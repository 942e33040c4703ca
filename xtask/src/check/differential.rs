//! Random universes: Formwork's verdicts are apt's and dose's.

use super::Findings;
use super::documents::formwork;
use crate::differential;

/// Few enough for a quarter of a minute; `cargo xtask differential --toy N` asks for more.
const UNIVERSES: usize = 6;

pub(super) fn check() -> Findings {
    let program = formwork()?;
    let directory = program.with_file_name("differential");
    differential::sample(program, directory, UNIVERSES)
}

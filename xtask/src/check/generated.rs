//! Pages that the program, its structures and its measurements make: they must be what would be
//! made now.

use std::fs;

use super::Findings;
use super::documents::formwork;
use crate::{figures, source};

const COMMANDS: &str = "docs/commands.md";
const SCHEMAS: &str = "docs/schema";

pub(super) fn check() -> Findings {
    let pages = pages()?;
    let mut findings: Vec<String> = pages
        .iter()
        .filter(|(path, text)| source::read(path).ok().as_ref() != Some(text))
        .map(|(path, _)| format!("{path} is not current: cargo xtask docs"))
        .collect();
    let stale = |path: &&String| {
        path.starts_with(SCHEMAS) && !pages.iter().any(|(current, _)| current == *path)
    };
    let files = source::files()?;
    findings.extend(
        files
            .iter()
            .filter(stale)
            .map(|path| format!("{path} belongs to no document: remove it")),
    );
    Ok(findings)
}

/// Writes the pages anew.
pub(crate) fn write() -> Result<(), String> {
    let directory = source::root().join(SCHEMAS);
    fs::create_dir_all(&directory).map_err(|error| format!("{SCHEMAS}: {error}"))?;
    for (path, text) in pages()? {
        fs::write(source::root().join(&path), text).map_err(|error| format!("{path}: {error}"))?;
    }
    Ok(())
}

/// Path and text of every page.
fn pages() -> Result<Vec<(String, String)>, String> {
    let program = formwork()?;
    let reference = source::output(&program.to_string_lossy(), &["self", "reference"])?;
    let schemas = formwork_model::documents::schemas();
    let schemas = schemas
        .into_iter()
        .map(|(name, text)| (format!("{SCHEMAS}/{name}.json"), text));
    let fixed = [(COMMANDS.to_owned(), reference), figures::page()?];
    Ok(fixed.into_iter().chain(schemas).collect())
}

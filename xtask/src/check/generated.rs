//! Pages the program itself makes: the command reference must be what the program prints now.

use super::Findings;
use super::documents::formwork;
use crate::source;

const COMMANDS: &str = "docs/commands.md";

pub(super) fn check() -> Findings {
    let current = reference()?;
    Ok(match source::read(COMMANDS) {
        Ok(text) if text == current => Vec::new(),
        _ => vec![format!(
            "{COMMANDS} is not what `formwork self reference` prints: cargo xtask docs"
        )],
    })
}

/// Writes the pages anew.
pub(crate) fn write() -> Result<(), String> {
    let path = source::root().join(COMMANDS);
    std::fs::write(path, reference()?).map_err(|error| format!("{COMMANDS}: {error}"))
}

fn reference() -> Result<String, String> {
    let program = formwork()?;
    source::output(&program.to_string_lossy(), &["self", "reference"])
}

//! Comma-separated values after RFC 4180, a row for each source package.

use formwork_model::documents::FlatSource;

use super::{chain, state};

/// The columns.
const COLUMNS: [&str; 13] = [
    "source",
    "version",
    "binaries",
    "state",
    "wished",
    "build_only",
    "reason",
    "chain",
    "capabilities",
    "requirements",
    "needs",
    "security_tags",
    "installed_size",
];

/// The table of some sources, with a row of headings.
#[must_use]
pub fn csv(sources: &[FlatSource]) -> String {
    let mut text = row(COLUMNS);
    for source in sources {
        let installed: u64 = source.packages.iter().map(|one| one.installed_size).sum();
        text.push_str(&row([
            source.source.as_str(),
            &source.version,
            &source.binaries.join(" "),
            state(source),
            truth(source.wished),
            truth(source.build_only),
            &source.reason,
            &chain(source),
            &source.capabilities.join("; "),
            &source.requirements.join("; "),
            &source.needs.join("; "),
            &source.security_tags.join("; "),
            &installed.to_string(),
        ]));
    }
    text
}

fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// One row with its line end.
#[must_use]
pub fn row<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: Vec<String> = cells.into_iter().map(cell).collect();
    format!("{}\r\n", cells.join(","))
}

/// One value. A text that a spreadsheet would take for a formula gets an apostrophe in front.
#[must_use]
pub fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let safe = if formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    match safe.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", safe.replace('"', "\"\"")),
        false => safe,
    }
}

//! The full flat list as YAML, with the keys that proposal files had when a script made them:
//! `proposal`, and `source_packages` with a mapping for each source. Every text is in double
//! quotes, so that `no`, `1.0` and `2020-02-21` stay texts for every reader.

use formwork_model::documents::{Flat, FlatAside, FlatSource};

use super::one_line;

/// The list as YAML.
#[must_use]
pub fn yaml(flat: &Flat) -> String {
    let mut out = Yaml::default();
    out.line(0, "format: 1");
    out.line(0, "proposal:");
    out.line(2, &format!("id: {}", flat.proposal));
    out.text(2, "title", &flat.title);
    out.text(2, "proposer", &flat.proposer);
    out.line(2, &format!("revision: {}", flat.revision));
    out.text(2, "debian", &flat.suite);
    out.list(2, "architectures", &flat.architectures);
    let counts = [
        ("proposed", flat.proposed),
        ("approved", flat.approved),
        ("total", flat.total),
    ];
    for (key, count) in counts {
        out.line(2, &format!("{key}: {count}"));
    }
    out.open(0, "inputs", flat.inputs.is_empty());
    for input in &flat.inputs {
        out.line(2, &format!("- repository: {}", quoted(&input.repository)));
        out.text(4, "suite", &input.suite);
        out.text(4, "date", &input.date);
        out.text(4, "release_sha256", &input.release_sha256);
    }
    match flat.sources.is_empty() {
        true => out.line(0, "source_packages: {}"),
        false => out.line(0, "source_packages:"),
    }
    for source in &flat.sources {
        package(&mut out, source);
    }
    out.list(0, "removed", &flat.removed);
    asides(&mut out, "under_discussion", &flat.under_discussion);
    asides(&mut out, "deferred", &flat.deferred);
    out.list(0, "notes", &flat.notes);
    out.0
}

/// A source package.
fn package(out: &mut Yaml, source: &FlatSource) {
    out.line(2, &format!("{}:", quoted(&source.source)));
    out.list(4, "binary_packages", &source.binaries);
    out.line(4, &format!("approved: {}", source.approved));
    if !source.approved_by.is_empty() {
        let numbers: Vec<String> = source.approved_by.iter().map(u32::to_string).collect();
        out.line(4, &format!("approved_by: [{}]", numbers.join(", ")));
    }
    out.line(4, &format!("wished: {}", source.wished));
    out.line(4, &format!("in_target: {}", !source.build_only));
    if source.optional {
        out.line(4, "optional: true");
    }
    out.text(4, "reason", &source.reason);
    out.list(4, "chain", &source.chain);
    out.list(4, "relations", &source.relations);
    out.list(4, "security_tag", &source.security_tags);
    out.list(4, "capabilities", &source.capabilities);
    out.list(4, "requirements", &source.requirements);
    out.list(4, "needs", &source.needs);
    if !source.new_binaries.is_empty() {
        out.list(4, "new_binaries", &source.new_binaries);
    }
    if !source.notes.is_empty() {
        out.text(4, "notes", &source.notes);
    }
    out.text(4, "version", &source.version);
    out.open(4, "packages", source.packages.is_empty());
    for binary in &source.packages {
        out.line(6, &format!("- name: {}", quoted(&binary.name)));
        out.text(8, "version", &binary.version);
        out.list(8, "architectures", &binary.architectures);
        out.line(8, &format!("size: {}", binary.size));
        out.line(8, &format!("installed_size: {}", binary.installed_size));
        out.line(8, &format!("wished: {}", binary.wished));
        out.list(8, "chain", &binary.chain);
    }
}

/// Packages that are in no total.
fn asides(out: &mut Yaml, key: &str, asides: &[FlatAside]) {
    out.open(0, key, asides.is_empty());
    for aside in asides {
        out.line(2, &format!("- source: {}", quoted(&aside.source)));
        out.list(4, "binary_packages", &aside.binaries);
        out.text(4, "reason", &aside.reason);
        out.line(4, &format!("revision: {}", aside.revision));
        out.text(4, "first", &aside.first);
    }
}

/// Lines with their indents.
#[derive(Default)]
struct Yaml(String);

impl Yaml {
    fn line(&mut self, indent: usize, text: &str) {
        self.0.push_str(&" ".repeat(indent));
        self.0.push_str(text);
        self.0.push('\n');
    }

    fn text(&mut self, indent: usize, key: &str, value: &str) {
        self.line(indent, &format!("{key}: {}", quoted(value)));
    }

    fn list(&mut self, indent: usize, key: &str, values: &[String]) {
        let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
        self.line(indent, &format!("{key}: [{}]", values.join(", ")));
    }

    /// Begins a block, which YAML cannot leave empty.
    fn open(&mut self, indent: usize, key: &str, empty: bool) {
        let rest = if empty { " []" } else { "" };
        self.line(indent, &format!("{key}:{rest}"));
    }
}

/// A text in double quotes, in the subset that YAML and JSON share.
#[must_use]
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            // What no reader of YAML takes, and line ends that some count and some do not.
            letter
                if letter.is_control()
                    || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}')
                    || matches!(letter, '\u{fffe}' | '\u{ffff}') =>
            {
                quoted.push_str(&format!("\\u{:04X}", u32::from(letter)));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// A comment line of YAML.
#[must_use]
pub fn comment(text: &str) -> String {
    format!("# {}\n", one_line(text))
}

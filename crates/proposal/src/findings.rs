//! How findings are told in Markdown, for a mail or a comment on a change.

use std::fmt::Write as _;

use formwork_model::documents::{Finding, FindingState, Findings, Severity};

/// The word in front of a finding.
#[must_use]
pub fn word(finding: &Finding) -> &'static str {
    match (finding.state, finding.severity) {
        (FindingState::Fine, _) => "fine",
        (FindingState::Waived, _) => "waived",
        (_, Severity::Deny) => "deny",
        (FindingState::Unknown, Severity::Warn) => "unknown",
        (FindingState::Found, Severity::Warn) => "warn",
    }
}

/// The message, with the suites and the image it is about in front.
#[must_use]
pub fn message(finding: &Finding) -> String {
    let place = match &finding.image {
        Some(image) => format!("{image}: "),
        None if finding.suites.is_empty() || names_suites(finding) => String::new(),
        None => format!("{}: ", finding.suites.join(", ")),
    };
    format!("{place}{}", finding.message)
}

/// Whether the message names its suites already.
fn names_suites(finding: &Finding) -> bool {
    let message = &finding.message;
    finding.suites.iter().all(|suite| message.contains(suite))
}

/// What is let through and why, in a few words.
#[must_use]
pub fn waiver(finding: &Finding) -> Option<String> {
    let waiver = finding.waiver.as_ref()?;
    Some(format!("until {}: {}", waiver.until, waiver.reason))
}

/// How many there are of each kind, in one line.
#[must_use]
pub fn summary(findings: &Findings) -> String {
    let counts = [
        (findings.denied, "denied", "denied"),
        (findings.warnings, "warning", "warnings"),
        (findings.unknown, "unknown", "unknown"),
        (findings.waived, "waived", "waived"),
        (findings.fine, "fine", "fine"),
    ];
    let told: Vec<String> = counts
        .into_iter()
        .filter(|(count, word, _)| *count > 0 || matches!(*word, "denied" | "fine"))
        .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
        .collect();
    told.join(", ")
}

/// All findings as Markdown: a table of what is not kept, and the rest as a number.
#[must_use]
pub fn markdown(findings: &Findings) -> String {
    let mut text = format!("# {}\n\n", cell(&findings.subject));
    // Writing to a String cannot fail.
    let _ = writeln!(text, "As of {}: {}.\n", findings.today, summary(findings));
    let open: Vec<&Finding> = findings
        .findings
        .iter()
        .filter(|finding| finding.state != FindingState::Fine)
        .collect();
    if open.is_empty() {
        text.push_str("Every rule is kept.\n");
        return text;
    }
    text.push_str("| | rule | package | finding | what would satisfy it | line |\n|---|---|---|---|---|---|\n");
    for finding in open {
        let help = waiver(finding).or_else(|| finding.satisfy.clone());
        let _ = writeln!(
            text,
            "| {} | `{}` | {} | {} | {} | {}:{} |",
            word(finding),
            finding.rule,
            cell(finding.package.as_deref().unwrap_or_default()),
            cell(&message(finding)),
            cell(&help.unwrap_or_default()),
            cell(&finding.file),
            finding.line
        );
    }
    text
}

/// A text that cannot break out of a cell or become markup.
fn cell(text: &str) -> String {
    let mut safe = String::new();
    for letter in text.chars() {
        match letter {
            '|' | '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' => {
                safe.push('\\');
                safe.push(letter);
            }
            letter if letter.is_control() => safe.push(' '),
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(state: FindingState, severity: Severity) -> Finding {
        Finding {
            rule: "services".to_owned(),
            severity,
            state,
            package: Some("chrony".to_owned()),
            suites: vec!["bookworm".to_owned()],
            image: None,
            file: "proposals/0002-x.toml".to_owned(),
            line: 9,
            message: "ships services: a|b <script>".to_owned(),
            satisfy: Some("waive".to_owned()),
            waiver: None,
            chain: Vec::new(),
        }
    }

    fn all() -> Findings {
        let findings = vec![
            finding(FindingState::Found, Severity::Warn),
            finding(FindingState::Unknown, Severity::Deny),
            finding(FindingState::Fine, Severity::Deny),
        ];
        Findings::new(
            Vec::new(),
            "x".to_owned(),
            "2026-11-22".to_owned(),
            findings,
        )
    }

    #[test]
    fn a_table_cannot_be_broken_out_of() {
        let text = markdown(&all());
        assert!(
            text.contains("bookworm: ships services: a\\|b \\<script\\>"),
            "{text}"
        );
        assert!(
            text.contains("As of 2026-11-22: 1 denied, 1 warning, 1 fine."),
            "{text}"
        );
        assert_eq!(text.matches("| deny |").count(), 1);
    }

    #[test]
    fn nothing_open_is_said_in_words() {
        let none = Findings::new(Vec::new(), "x".to_owned(), "d".to_owned(), Vec::new());
        assert!(markdown(&none).ends_with("Every rule is kept.\n"));
        assert_eq!(summary(&none), "0 denied, 0 fine");
    }
}

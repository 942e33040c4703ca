//! Size budget: a file stays under 1,000 lines, a function within 100, a test with its table within 200.
//!
//! The sources are formatted, so a function ends at the first line that is its closing brace at the
//! depth of its first line: no parser is needed.

use super::Findings;
use crate::source;

const MOST_LINES_OF_FILE: usize = 999;
const MOST_LINES_OF_FUNCTION: usize = 100;
const MOST_LINES_OF_TEST: usize = 200;

pub(super) fn check() -> Findings {
    let mut findings = Vec::new();
    for (path, text) in source::rust_files()? {
        let lines: Vec<&str> = text.lines().collect();
        if lines.len() > MOST_LINES_OF_FILE {
            findings.push(format!(
                "{path}: {} lines, at most {MOST_LINES_OF_FILE}",
                lines.len()
            ));
        }
        for (at, length) in functions(&lines) {
            let is_test = at > 0 && lines[at - 1].trim() == "#[test]";
            let most = if is_test {
                MOST_LINES_OF_TEST
            } else {
                MOST_LINES_OF_FUNCTION
            };
            if length > most {
                let head = lines[at].trim();
                findings.push(format!(
                    "{path}:{}: {length} lines, at most {most}: {head}",
                    at + 1
                ));
            }
        }
    }
    Ok(findings)
}

/// First line and length of each function of formatted source.
fn functions(lines: &[&str]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let first_words = code.split('(').next().unwrap_or_default();
        // A name follows; the type of a function has none.
        let mut words = first_words.split_whitespace().rev().skip(1);
        let is_function =
            words.any(|word| word == "fn") && !code.starts_with("//") && !first_words.contains('"');
        if !is_function {
            continue;
        }
        let end = format!("{}}}", &line[..line.len() - code.len()]);
        let length = lines[at..].iter().position(|line| *line == end);
        let one_line = code.ends_with('}') || code.ends_with(';');
        if let (Some(length), false) = (length, one_line) {
            found.push((at, length + 1));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::functions;

    #[test]
    fn finds_functions_and_their_length() {
        let text = "fn a() {\n    1\n}\n\nimpl B {\n    pub fn b(\n        &self,\n    ) {\n    }\n    fn c();\n}\n// fn d() {\nstruct E {\n    f: fn() -> G,\n}\n";
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(functions(&lines), [(0, 3), (5, 4)]);
    }
}

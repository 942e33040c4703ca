//! What only one room may do: unsafe code, children and file writes in `sys`, printing in `cli`.
//!
//! Only code that ships is looked at: a `tests` directory and all below `#[cfg(test)]` may do anything.

use super::Findings;
use crate::source;

/// What is looked for, where it is allowed, and what it is called.
const WALLS: &[(&[&str], &str, &str)] = &[
    (
        &["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern"],
        "crates/sys/",
        "unsafe code",
    ),
    (
        &["Command::new(", "process::Command"],
        "crates/sys/",
        "a child process",
    ),
    (
        &[
            "fs::write(",
            "File::create(",
            "File::create_new(",
            "OpenOptions::new(",
            "fs::rename(",
            "fs::copy(",
            "fs::hard_link(",
            "fs::remove_file(",
            "fs::remove_dir(",
            "fs::remove_dir_all(",
            "fs::create_dir(",
            "fs::create_dir_all(",
            "fs::set_permissions(",
        ],
        "crates/sys/",
        "a change of files",
    ),
    (
        &[
            "println!(",
            "print!(",
            "eprintln!(",
            "eprint!(",
            "io::stdout()",
            "io::stderr()",
        ],
        "crates/cli/",
        "printing",
    ),
];

pub(super) fn check() -> Findings {
    let mut findings = Vec::new();
    for (path, text) in source::rust_files()? {
        if ships(&path) {
            findings.extend(check_file(&path, &text));
        }
    }
    Ok(findings)
}

/// Whether a file is part of what users run.
fn ships(path: &str) -> bool {
    let beside = path.starts_with("crates/testkit/")
        || path.contains("/tests/")
        || path.contains("/benches/")
        || path.contains("/examples/")
        || path.ends_with("/tests.rs")
        || path.ends_with("_tests.rs")
        // What a crate's build script prints, cargo reads.
        || (path.ends_with("/build.rs") && !path.contains("/src/"));
    path.starts_with("crates/") && !beside
}

fn check_file(path: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("#[cfg(test)]") {
            break;
        }
        let code = line.trim_start();
        if code.starts_with("//") {
            continue;
        }
        for (words, home, what) in WALLS {
            if !path.starts_with(home) && words.iter().any(|word| has(code, word)) {
                let room = home.trim_end_matches('/').trim_start_matches("crates/");
                findings.push(format!("{path}:{}: {what} belongs into {room}", number + 1));
            }
        }
    }
    findings
}

/// Whether a line has a word of the list that is not the end of a longer name.
fn has(code: &str, word: &str) -> bool {
    let inner = |before: char| before.is_alphanumeric() || before == '_';
    code.match_indices(word)
        .any(|(at, _)| !code[..at].ends_with(inner))
}

#[cfg(test)]
mod tests {
    use super::{check_file, ships};

    #[test]
    fn a_room_that_reaches_over_its_wall_is_found() {
        let text = "fn a() {\n    squashfs::write(x);\n    std::fs::write(x, y);\n    // println!()\n}\n#[cfg(test)]\nunsafe {";
        assert_eq!(
            check_file("crates/deb/src/a.rs", text),
            ["crates/deb/src/a.rs:3: a change of files belongs into sys"]
        );
        assert_eq!(
            check_file("crates/sys/src/a.rs", text),
            Vec::<String>::new()
        );
    }

    #[test]
    fn tests_may_do_anything() {
        assert!(ships("crates/deb/src/version.rs"));
        assert!(!ships("crates/deb/tests/version.rs"));
        assert!(!ships("crates/testkit/src/server.rs"));
    }
}

//! README and docs as tests: each fenced block of `console` is run, line by line.
//!
//! A block says where it is at home: ```` ```console toy ```` runs against a tiny signed archive and its
//! output, within a project, must be what is shown; ```` ```console live ```` runs against the real archive by this machine's
//! mirror (only with `--system`), where versions change, so that its commands must only succeed and
//! print something. In a shown output `…` stands for any text of a line, a line of `…` for any lines.
//! The blocks of one page share a home and a working directory. A block with neither word fails.

use std::path::PathBuf;

use formwork_testkit::env::Home;
use serde_json::Value;

use super::{Findings, showcase};
use crate::source;

/// One fenced block.
struct Block {
    line: usize,
    place: Place,
    commands: Vec<Command>,
}

#[derive(Debug, PartialEq, Eq)]
enum Place {
    Toy,
    Live,
    Unmarked,
}

/// A command and the output shown for it.
struct Command {
    text: String,
    shown: Vec<String>,
}

pub(super) fn check() -> Findings {
    let archive = showcase::archive();
    run_pages(&Place::Toy, |home| {
        home.set("FORMWORK_MIRROR", &archive.url());
        home.write("formwork.toml", &showcase::project(&archive));
        home.write("images/minimal.toml", showcase::IMAGE);
    })
}

pub(super) fn check_live() -> Findings {
    run_pages(&Place::Live, |home| home.set("FORMWORK_ROOT", "/"))
}

/// The program under test, built when it is not current.
pub(crate) fn formwork() -> Result<PathBuf, String> {
    source::output(
        "cargo",
        &["build", "--quiet", "--locked", "--package", "formwork"],
    )?;
    let text = source::output("cargo", &["metadata", "--no-deps", "--format-version", "1"])?;
    let metadata: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let target = metadata["target_directory"]
        .as_str()
        .ok_or("cargo names no target directory")?;
    Ok(PathBuf::from(target).join("debug/formwork"))
}

fn run_pages(place: &Place, prepare: impl Fn(&mut Home)) -> Findings {
    let program = formwork()?;
    let directory = program
        .parent()
        .map(|path| path.display().to_string())
        .unwrap_or_default();
    let mut findings = Vec::new();
    for page in source::files()?.iter().filter(|path| is_page(path)) {
        let mut home = Home::new();
        prepare(&mut home);
        if *place == Place::Toy {
            // So that no page shows how the archive is fetched for the first time.
            home.run(&program, &["show", "libc6", "--quiet"]).exits(0);
        }
        home.set(
            "PATH",
            &format!("{directory}:/usr/sbin:/usr/bin:/sbin:/bin"),
        );
        for block in blocks(&source::read(page)?) {
            if block.place == Place::Unmarked {
                findings.push(format!(
                    "{page}:{}: console block without toy or live",
                    block.line
                ));
            } else if block.place == *place {
                let found = block
                    .commands
                    .iter()
                    .filter_map(|command| run(&home, command, place));
                findings.extend(found.map(|found| format!("{page}:{}: {found}", block.line)));
            }
        }
    }
    Ok(findings)
}

fn is_page(path: &str) -> bool {
    path == "README.md" || (path.starts_with("docs/") && path.ends_with(".md"))
}

fn run(home: &Home, command: &Command, place: &Place) -> Option<String> {
    let result = home.run("sh", &["-c", &format!("exec 2>&1\n{}", command.text)]);
    let lines: Vec<&str> = result.stdout.lines().map(str::trim_end).collect();
    let shown: Vec<&str> = command.shown.iter().map(String::as_str).collect();
    let as_shown = match place {
        Place::Live => shown.is_empty() || !lines.is_empty(),
        _ => lines_match(&shown, &lines),
    };
    if result.status == 0 && as_shown {
        return None;
    }
    let printed = lines.join("\n    ");
    Some(format!(
        "`{}` exits {} and prints\n    {printed}",
        command.text, result.status
    ))
}

/// Whether the output is as shown; a shown line of `…` stands for any number of lines.
fn lines_match(shown: &[&str], lines: &[&str]) -> bool {
    match shown.split_first() {
        None => lines.is_empty(),
        Some((first, rest)) if first.trim() == "…" => {
            (0..=lines.len()).any(|skip| lines_match(rest, &lines[skip..]))
        }
        Some((first, rest)) => lines
            .split_first()
            .is_some_and(|(line, others)| line_matches(first, line) && lines_match(rest, others)),
    }
}

/// Whether a line is as shown; `…` stands for any text.
fn line_matches(shown: &str, line: &str) -> bool {
    match shown.split_once('…') {
        None => shown == line,
        Some((start, rest)) => line.strip_prefix(start).is_some_and(|line| {
            let mut ends = line.char_indices().map(|(at, _)| at).chain([line.len()]);
            ends.any(|at| line_matches(rest, &line[at..]))
        }),
    }
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut current: Option<Block> = None;
    for (number, line) in page.lines().enumerate() {
        match &mut current {
            None => {
                if let Some(info) = line.strip_prefix("```console") {
                    let place = match info.trim() {
                        "toy" => Place::Toy,
                        "live" => Place::Live,
                        _ => Place::Unmarked,
                    };
                    current = Some(Block {
                        line: number + 1,
                        place,
                        commands: Vec::new(),
                    });
                }
            }
            Some(_) if line.starts_with("```") => blocks.extend(current.take()),
            Some(block) => {
                if let Some(text) = line.strip_prefix("$ ") {
                    let text = text.to_owned();
                    block.commands.push(Command {
                        text,
                        shown: Vec::new(),
                    });
                } else if let Some(command) = block.commands.last_mut() {
                    command.shown.push(line.trim_end().to_owned());
                }
            }
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::{Place, blocks, lines_match};

    #[test]
    fn shown_output_may_leave_things_open() {
        for (shown, printed, expected) in [
            ("a\nb", "a\nb", true),
            ("a\nb", "a", false),
            ("a\n…\nd", "a\nb\nc\nd", true),
            ("a\n…\nd", "a\nd", true),
            ("a\n…\nd", "a\nb", false),
            ("locked in … s", "locked in 1.9 s", true),
            ("… of …", "3 of 4 of 5", true),
            ("… of 6", "3 of 4 of 5", false),
        ] {
            let shown: Vec<&str> = shown.lines().collect();
            let printed: Vec<&str> = printed.lines().collect();
            assert_eq!(lines_match(&shown, &printed), expected, "{shown:?}");
        }
    }

    #[test]
    fn blocks_are_found_with_their_commands() {
        let page = "x\n```console toy\n$ a b\nout\n\nmore\n$ c\n```\n```toml\n$ no\n```\n```console\n```\n";
        let found = blocks(page);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].line, 2);
        assert_eq!(found[0].commands[0].text, "a b");
        assert_eq!(found[0].commands[0].shown, ["out", "", "more"]);
        assert_eq!(found[0].commands[1].text, "c");
        assert_eq!(found[1].place, Place::Unmarked);
    }
}

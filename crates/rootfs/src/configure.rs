//! One run of the target's own dpkg: `dpkg --configure`, its progress and its failures.
//!
//! With `--status-fd` dpkg tells what it does in lines such as `processing: configure: bash`,
//! `status: bash: installed` and `status: bash : error : MESSAGE`; see dpkg(1). They come on
//! standard output, between what the scripts print. dpkg closes that descriptor for its
//! children, so it gets a copy of standard output under another number.

use std::collections::VecDeque;

use crate::error::{Blame, Error, Failure};
use crate::program::{Program, Run};
use crate::unpack::control::Control;

/// How many lines of a failing script are shown.
const SHOWN: usize = 20;

/// Configures the packages named, or all that are unpacked, with their triggers.
///
/// `on_package` hears which package is being worked on.
pub(crate) fn configure(
    names: &[String],
    controls: &[Control],
    run: &mut dyn Run,
    on_package: &mut dyn FnMut(&str),
) -> Result<(), Error> {
    let shell = ["/bin/sh", "-c", "exec dpkg \"$@\" 3>&1", "dpkg"];
    let dpkg = ["--status-fd", "3", "--configure"];
    let mut arguments: Vec<String> = shell
        .iter()
        .chain(&dpkg)
        .map(|one| (*one).to_owned())
        .collect();
    match names.is_empty() {
        true => arguments.push("-a".to_owned()),
        false => arguments.extend(names.iter().cloned()),
    }
    let mut told = Told::default();
    let program = Program {
        scripts: controls.len() as u64,
        ..Program::new(arguments)
    };
    let ended = run.run(&program, &mut |line| {
        if let Some(package) = told.hear(line) {
            on_package(package);
        }
    })?;
    if ended.success() && told.errors.is_empty() {
        return Ok(());
    }
    let (message, output) = match told.errors.into_iter().next() {
        Some((package, message, output)) => (failure(&package, &message, controls), output),
        None => {
            let at = match told.at.is_empty() {
                true => String::new(),
                false => format!(" while configuring {}", label(&told.at, controls)),
            };
            let output = match told.lines.is_empty() {
                true => ended.tail.clone(),
                false => told.lines.into_iter().collect(),
            };
            (format!("dpkg failed{at}: {}", ended.how()), output)
        }
    };
    Err(Error::Program(Failure {
        blame: Blame::Outside,
        message,
        output,
        kept: None,
    }))
}

/// What dpkg has told so far.
#[derive(Debug, Default)]
struct Told {
    /// The package it is at.
    at: String,
    /// What its script has printed, the last lines.
    lines: VecDeque<String>,
    /// Package, message and the last lines of each failure.
    errors: Vec<(String, String, Vec<String>)>,
}

impl Told {
    /// Takes in a line; gives the package if work on one begins.
    fn hear(&mut self, line: &str) -> Option<&str> {
        if let Some(rest) = line.strip_prefix("processing: ") {
            let (_, package) = rest.split_once(": ")?;
            package.trim().clone_into(&mut self.at);
            self.lines.clear();
            return Some(&self.at);
        }
        if let Some(rest) = line.strip_prefix("status: ") {
            if let Some((package, message)) = rest.split_once(" : error : ") {
                let lines = self.lines.iter().cloned().collect();
                self.errors
                    .push((package.to_owned(), message.to_owned(), lines));
            }
            return None;
        }
        if self.lines.len() == SHOWN {
            self.lines.pop_front();
        }
        self.lines.push_back(line.to_owned());
        None
    }
}

/// Says which script of which package failed, and how.
fn failure(package: &str, message: &str, controls: &[Control]) -> String {
    const SCRIPTS: [(&str, &str); 3] = [
        ("post-installation script", "postinst"),
        ("pre-installation script", "preinst"),
        ("pre-removal script", "prerm"),
    ];
    let label = label(package, controls);
    let script = SCRIPTS.iter().find(|(words, _)| message.contains(words));
    let how = ["returned error ", "was killed by "]
        .iter()
        .find_map(|words| message.split_once(words).map(|(_, rest)| rest));
    match (script, how) {
        (Some((_, script)), Some(how)) => format!("package {label}: {script} failed: {how}"),
        _ => format!("package {label} cannot be configured: {message}"),
    }
}

/// Name and version of a package that dpkg speaks of.
fn label(package: &str, controls: &[Control]) -> String {
    let name = package.split(':').next().unwrap_or(package);
    controls
        .iter()
        .find(|control| control.package.name == name)
        .map_or_else(|| package.to_owned(), Control::label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::Ended;

    /// Plays a dpkg that prints these lines and ends so.
    struct Said(&'static str, Ended);

    impl Run for Said {
        fn run(
            &mut self,
            program: &Program,
            on_line: &mut dyn FnMut(&str),
        ) -> Result<Ended, Error> {
            assert!(program.arguments.ends_with(&["-a".to_owned()]));
            self.0.lines().for_each(on_line);
            Ok(self.1.clone())
        }
    }

    fn run(text: &'static str, ended: Ended) -> (Vec<String>, Result<(), Error>) {
        let mut packages = Vec::new();
        let result = configure(&[], &[], &mut Said(text, ended), &mut |package| {
            packages.push(package.to_owned());
        });
        (packages, result)
    }

    fn exit(code: i32) -> Ended {
        Ended {
            code,
            ..Ended::default()
        }
    }

    fn failure(result: Result<(), Error>) -> Failure {
        match result.unwrap_err() {
            Error::Program(failure) => failure,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn progress_is_heard_between_what_scripts_print() {
        let text = "processing: configure: a:amd64\nstatus: a:amd64: half-configured\n\
                    Setting up a (1) ...\nstatus: a:amd64: installed\n\
                    processing: configure: b\nprocessing: trigproc: a:amd64\n";
        let (packages, result) = run(text, exit(0));
        assert!(result.is_ok());
        assert_eq!(packages, ["a:amd64", "b", "a:amd64"]);
    }

    #[test]
    fn a_failing_script_is_named_with_its_own_lines() {
        let text = "processing: configure: a\nof another\nprocessing: configure: b\nlast words\n\
                    status: b : error : installed b package post-installation script subprocess \
                    returned error exit status 7\nprocessing: configure: c\nlater\n";
        let (_, result) = run(text, exit(1));
        let failure = failure(result);
        assert_eq!(failure.message, "package b: postinst failed: exit status 7");
        assert_eq!(failure.output, ["last words"]);
        assert_eq!(failure.blame, Blame::Outside);
    }

    #[test]
    fn one_that_hangs_or_prints_without_end_is_named_too() {
        let stopped = Ended {
            code: 1,
            stopped: Some("stopped after 9 s without a word".to_owned()),
            tail: Vec::new(),
        };
        let (_, result) = run("processing: configure: b\nwaiting\n", stopped);
        let failure = failure(result);
        let expected = "dpkg failed while configuring b: stopped after 9 s without a word";
        assert_eq!(failure.message, expected);
        assert_eq!(failure.output, ["waiting"]);
    }

    #[test]
    fn other_errors_of_dpkg_are_passed_on() {
        let text = "status: b : error : dependency problems - leaving unconfigured\n";
        let (_, result) = run(text, exit(1));
        let expected = "package b cannot be configured: dependency problems - leaving unconfigured";
        assert_eq!(failure(result).message, expected);
        let (_, result) = run("dpkg: no\n", exit(2));
        let failure = failure(result);
        assert_eq!(failure.message, "dpkg failed: exit status 2");
        assert_eq!(failure.output, ["dpkg: no"]);
    }
}

//! Questions to a person: one line each, on standard error, answered on standard input.
//!
//! Only a person at a terminal is asked; a program that runs unattended gets an error that names
//! the option instead.

use std::io::{self, BufRead, IsTerminal, Write};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::printable;
use super::style::{self, Ink, Style};
use crate::failure::Failure;

/// How long a wait for an answer lasts before we look whether the person wants to stop.
const PAUSE: Duration = Duration::from_millis(100);

/// A person who can be asked.
pub(crate) struct Dialog {
    style: Style,
}

impl Dialog {
    /// The person at this terminal, if there is one.
    pub(crate) fn at_terminal() -> Option<Dialog> {
        let present = io::stdin().is_terminal() && io::stderr().is_terminal();
        present.then(|| Dialog {
            style: Style::new(style::wanted(true)),
        })
    }

    /// Says something between two questions.
    pub(crate) fn say(&self, text: &str) {
        // Nobody is left to be told that standard error cannot be written.
        let _ = writeln!(io::stderr().lock(), "{}", printable(text));
    }

    /// Says a heading.
    pub(crate) fn head(&self, text: &str) {
        let text = self.style.paint(Ink::Strong, printable(text));
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Asks for a line; an empty one is an answer, too.
    pub(crate) fn ask(&self, question: &str) -> Result<String, Failure> {
        let question = self.style.paint(Ink::Strong, printable(question));
        let mut stderr = io::stderr().lock();
        let _ = write!(stderr, "{question} ");
        let _ = stderr.flush();
        drop(stderr);
        read_line()
    }

    /// Asks until something is said.
    pub(crate) fn insist(&self, question: &str) -> Result<String, Failure> {
        loop {
            let answer = self.ask(question)?;
            if !answer.is_empty() {
                return Ok(answer);
            }
        }
    }

    /// Asks for yes or no; nothing said means yes.
    pub(crate) fn yes(&self, question: &str) -> Result<bool, Failure> {
        loop {
            let answer = self.ask(&format!("{question} [Y/n]"))?;
            match answer.to_lowercase().as_str() {
                "" | "y" | "yes" => return Ok(true),
                "n" | "no" => return Ok(false),
                _ => self.say("  y or n"),
            }
        }
    }

    /// Lets the person choose from a list, by number or name, several apart by commas or blanks.
    pub(crate) fn choose(
        &self,
        question: &str,
        list: &[String],
        usual: &[String],
    ) -> Result<Vec<String>, Failure> {
        loop {
            let answer = match usual {
                [] => self.insist(question)?,
                some => self.ask(&format!("{question} [{}]", some.join(", ")))?,
            };
            if answer.is_empty() {
                return Ok(usual.to_vec());
            }
            match chosen(&answer, list) {
                Ok(found) => return Ok(found),
                Err(word) => self.say(&format!("  there is no {word}")),
            }
        }
    }
}

/// What an answer chooses from a list; the word that is not in it otherwise.
pub(crate) fn chosen(answer: &str, list: &[String]) -> Result<Vec<String>, String> {
    let mut found: Vec<String> = Vec::new();
    for word in answer.split([',', ' ']).filter(|word| !word.is_empty()) {
        let by_number = word.parse::<usize>().ok();
        let by_number = by_number.and_then(|number| list.get(number.checked_sub(1)?));
        let one = list.iter().find(|name| *name == word).or(by_number);
        let Some(one) = one else {
            return Err(word.to_owned());
        };
        if !found.contains(one) {
            found.push(one.clone());
        }
    }
    Ok(found)
}

/// Reads a line, without its blanks at both ends.
fn read_line() -> Result<String, Failure> {
    let stdin = io::stdin();
    let pause = Timespec {
        tv_sec: 0,
        tv_nsec: i64::from(PAUSE.subsec_nanos()),
    };
    loop {
        let mut waiting = [PollFd::new(&stdin, PollFlags::IN)];
        let ready = poll(&mut waiting, Some(&pause));
        if formwork_flow::context::interrupted() {
            let _ = writeln!(io::stderr().lock());
            return Err(formwork_flow::Error::Interrupted.into());
        }
        // What poll cannot say, reading will.
        if ready != Ok(0) {
            break;
        }
    }
    let mut line = String::new();
    let failed = |error: io::Error| Failure::Usage {
        message: format!("the answer could not be read: {error}"),
        hint: "give it as an option; --help names them".to_owned(),
    };
    if stdin.lock().read_line(&mut line).map_err(failed)? == 0 {
        return Err(Failure::Usage {
            message: "the input ended before all was answered; nothing was written".to_owned(),
            hint: "give the rest as options; --help names them".to_owned(),
        });
    }
    Ok(line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_made_by_number_or_name() {
        let list: Vec<String> = ["openssl", "libssl3", "2"].map(str::to_owned).into();
        let table: [(&str, Result<&[&str], &str>); 6] = [
            ("1", Ok(&["openssl"])),
            ("1,libssl3", Ok(&["openssl", "libssl3"])),
            ("libssl3 1 1", Ok(&["libssl3", "openssl"])),
            // A name counts before a number.
            ("2", Ok(&["2"])),
            ("4", Err("4")),
            ("0", Err("0")),
        ];
        for (answer, expected) in table {
            let expected = expected.map(|list| list.iter().map(|one| (*one).to_owned()).collect());
            assert_eq!(
                chosen(answer, &list),
                expected.map_err(str::to_owned),
                "{answer}"
            );
        }
    }
}

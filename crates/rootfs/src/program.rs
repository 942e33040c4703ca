//! Programs of the tree, as the steps ask for them.
//!
//! A step knows nothing of the sandbox: it is given something that runs a program in the tree.

use std::time::Duration;

use crate::error::Error;

/// A program to run in the tree, in its root directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// The program and its arguments.
    pub arguments: Vec<String>,
    /// Variables of the environment besides those that every program gets.
    pub environment: Vec<(String, String)>,
    /// What it reads on its standard input.
    pub input: Vec<u8>,
    /// How many scripts it may run one after the other; each has the time that one may take.
    pub scripts: u64,
}

impl Program {
    /// A program with its arguments.
    pub fn new<S: Into<String>>(arguments: impl IntoIterator<Item = S>) -> Program {
        Program {
            arguments: arguments.into_iter().map(Into::into).collect(),
            scripts: 1,
            ..Program::default()
        }
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Program {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// How a program ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code; 128 and the number of the signal that ended it.
    pub code: i32,
    /// Why it was stopped, if it was: too slow, too loud.
    pub stopped: Option<String>,
    /// The last lines that it printed.
    pub tail: Vec<String>,
}

impl Ended {
    /// Tells whether it ended well.
    #[must_use]
    pub fn success(&self) -> bool {
        self.code == 0 && self.stopped.is_none()
    }

    /// How it ended, in words: `exit status 1`.
    #[must_use]
    pub fn how(&self) -> String {
        match (&self.stopped, self.code) {
            (Some(reason), _) => reason.clone(),
            (None, code) if code > 128 => format!("killed by signal {}", code - 128),
            (None, code) => format!("exit status {code}"),
        }
    }
}

/// Whatever runs programs of the tree.
pub trait Run {
    /// Runs a program to its end; `on_line` sees each line that it prints.
    ///
    /// # Errors
    /// If it cannot be run at all. A program that fails or is stopped is a result.
    fn run(&mut self, program: &Program, on_line: &mut dyn FnMut(&str)) -> Result<Ended, Error>;

    /// The processor time that programs have taken so far, where that is known.
    fn taken(&self) -> Duration {
        Duration::ZERO
    }
}

//! Child programs of the host, with a fixed environment, a time limit and an output limit.
//!
//! This is for helpers such as `git`, by their name and with arguments that no shell reads.
//! Programs of a tree that is being built run in the sandbox instead.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as StdCommand, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long we sleep between two looks at a child.
const PAUSE: Duration = Duration::from_millis(2);
/// What a child sees unless told otherwise.
pub(crate) const PASSED_ON: [&str; 4] = ["PATH", "HOME", "TMPDIR", "XDG_CONFIG_HOME"];

/// A program to run, and its limits.
#[derive(Clone, Debug)]
pub struct Command {
    program: OsString,
    arguments: Vec<OsString>,
    directory: Option<PathBuf>,
    variables: Vec<(OsString, OsString)>,
    input: Vec<u8>,
    time: Duration,
    output: usize,
}

/// What a program left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Its exit code, or 128 and the number of the signal that ended it.
    pub code: i32,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: Vec<u8>,
}

impl Finished {
    /// Tells whether it ended with exit code 0.
    #[must_use]
    pub fn success(&self) -> bool {
        self.code == 0
    }
}

/// Why a program gave no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// There is no such program.
    #[error("the program {program} is not installed")]
    Missing {
        /// Its name.
        program: String,
    },
    /// It could not be started, or talked to.
    #[error("cannot run {program}: {source}")]
    Failed {
        /// Its name.
        program: String,
        /// The system's answer.
        source: io::Error,
    },
    /// It ran longer than it may.
    #[error("{program} was stopped after {} s", limit.as_secs())]
    TimedOut {
        /// Its name.
        program: String,
        /// The limit.
        limit: Duration,
    },
    /// It wrote more than it may.
    #[error("{program} was stopped: it wrote more than {limit} bytes")]
    TooMuchOutput {
        /// Its name.
        program: String,
        /// The limit in bytes.
        limit: usize,
    },
}

impl Command {
    /// A program by its name or path, with no arguments, a minute of time and 16 MiB of output.
    pub fn new(program: impl AsRef<OsStr>) -> Command {
        Command {
            program: program.as_ref().to_owned(),
            arguments: Vec::new(),
            directory: None,
            variables: Vec::new(),
            input: Vec::new(),
            time: Duration::from_secs(60),
            output: 16 * 1024 * 1024,
        }
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<S: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = S>) -> Command {
        let owned = arguments.into_iter().map(|one| one.as_ref().to_owned());
        self.arguments.extend(owned);
        self
    }

    /// Sets the directory it starts in.
    #[must_use]
    pub fn directory(mut self, directory: &Path) -> Command {
        self.directory = Some(directory.to_owned());
        self
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn variable(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Command {
        let pair = (name.as_ref().to_owned(), value.as_ref().to_owned());
        self.variables.push(pair);
        self
    }

    /// Gives it bytes on standard input; without them it reads nothing.
    #[must_use]
    pub fn input(mut self, input: Vec<u8>) -> Command {
        self.input = input;
        self
    }

    /// Sets how long it may run.
    #[must_use]
    pub fn time(mut self, time: Duration) -> Command {
        self.time = time;
        self
    }

    /// Sets how many bytes it may write to each of its outputs.
    #[must_use]
    pub fn output(mut self, output: usize) -> Command {
        self.output = output;
        self
    }

    /// Runs it to its end. A code other than 0 is a result, not an error.
    ///
    /// # Errors
    /// If it cannot be started, or passes a limit; it is killed then.
    pub fn run(&self) -> Result<Finished, CommandError> {
        let mut child = self.start()?;
        let input = child.stdin.take();
        let stdout = child.stdout.take();
        let stderr = child.stderr.take();
        thread::scope(|scope| {
            // One that does not read its input is no failure.
            scope.spawn(|| input.map(|mut pipe| pipe.write_all(&self.input)));
            let stdout = scope.spawn(|| self.drain(stdout));
            let stderr = scope.spawn(|| self.drain(stderr));
            let status = self.wait(&mut child);
            let stdout = self.collected(stdout.join());
            let stderr = self.collected(stderr.join());
            let status = status?;
            Ok(Finished {
                code: code_of(status),
                stdout: stdout?,
                stderr: stderr?,
            })
        })
    }

    fn start(&self) -> Result<Child, CommandError> {
        let mut command = StdCommand::new(&self.program);
        command
            .args(&self.arguments)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for name in PASSED_ON {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.env("LC_ALL", "C.UTF-8");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        if let Some(directory) = &self.directory {
            command.current_dir(directory);
        }
        command.spawn().map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => CommandError::Missing {
                program: self.name(),
            },
            _ => self.failed(source),
        })
    }

    /// Reads all of a pipe, or one byte more than allowed.
    fn drain(&self, pipe: Option<impl Read>) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        if let Some(pipe) = pipe {
            let most = u64::try_from(self.output).unwrap_or(u64::MAX);
            pipe.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
        }
        Ok(bytes)
    }

    fn collected(
        &self,
        result: thread::Result<io::Result<Vec<u8>>>,
    ) -> Result<Vec<u8>, CommandError> {
        let bytes = result
            .unwrap_or_else(|_| Err(io::Error::other("a reading thread ended early")))
            .map_err(|source| self.failed(source))?;
        if bytes.len() > self.output {
            return Err(CommandError::TooMuchOutput {
                program: self.name(),
                limit: self.output,
            });
        }
        Ok(bytes)
    }

    /// Waits for the end, until the time is up.
    fn wait(&self, child: &mut Child) -> Result<ExitStatus, CommandError> {
        let start = Instant::now();
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return Ok(status),
                Ok(None) if start.elapsed() < self.time => thread::sleep(PAUSE),
                Ok(None) => {
                    stop(child);
                    return Err(CommandError::TimedOut {
                        program: self.name(),
                        limit: self.time,
                    });
                }
                Err(source) => {
                    stop(child);
                    return Err(self.failed(source));
                }
            }
        }
    }

    fn name(&self) -> String {
        self.program.to_string_lossy().into_owned()
    }

    fn failed(&self, source: io::Error) -> CommandError {
        CommandError::Failed {
            program: self.name(),
            source,
        }
    }
}

/// Kills a child and takes its end; one that is gone already is what we want.
fn stop(child: &mut Child) {
    let _gone = child.kill();
    let _reaped = child.wait();
}

pub(crate) fn code_of(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status
        .code()
        .unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_gets_its_input_and_gives_its_output_and_code() {
        let finished = Command::new("sh")
            .args(["-c", "cat; echo trouble >&2; exit 3"])
            .input(b"hello".to_vec())
            .run()
            .unwrap();
        assert_eq!(finished.stdout, b"hello");
        assert_eq!(finished.stderr, b"trouble\n");
        assert_eq!(finished.code, 3);
    }

    #[test]
    fn the_environment_is_ours() {
        let finished = Command::new("env").variable("COLOUR", "red").run().unwrap();
        let text = String::from_utf8(finished.stdout).unwrap();
        assert!(text.contains("LC_ALL=C.UTF-8\n") && text.contains("COLOUR=red\n"));
        assert!(!text.contains("CARGO"), "{text}");
    }

    #[test]
    fn limits_end_a_program() {
        let slow = Command::new("sleep").args(["60"]);
        let error = slow.time(Duration::from_millis(50)).run().unwrap_err();
        assert!(matches!(error, CommandError::TimedOut { .. }), "{error}");
        let loud = Command::new("yes")
            .output(1000)
            .time(Duration::from_secs(20));
        let error = loud.run().unwrap_err();
        assert!(
            matches!(error, CommandError::TooMuchOutput { .. }),
            "{error}"
        );
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = Command::new("no-such-program-here").run().unwrap_err();
        assert_eq!(
            error.to_string(),
            "the program no-such-program-here is not installed"
        );
    }
}

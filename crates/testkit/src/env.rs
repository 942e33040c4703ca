//! A home of one's own for the `formwork` program in tests: nothing of the host leaks in.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A temporary home with its own XDG directories and an empty working directory.
#[derive(Debug)]
pub struct Home {
    directory: TempDir,
    variables: Vec<(String, String)>,
}

impl Home {
    /// An empty home.
    #[must_use]
    pub fn new() -> Self {
        let directory = TempDir::new().expect("a temporary home");
        for name in ["cache", "state", "config", "work", "tmp", "root"] {
            fs::create_dir(directory.path().join(name)).expect("a directory in the home");
        }
        Self {
            directory,
            variables: Vec::new(),
        }
    }

    /// The home directory itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Where commands run: an empty directory unless the test puts a project there.
    #[must_use]
    pub fn work(&self) -> PathBuf {
        self.path().join("work")
    }

    /// `XDG_CACHE_HOME`.
    #[must_use]
    pub fn cache(&self) -> PathBuf {
        self.path().join("cache")
    }

    /// `XDG_STATE_HOME`.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.path().join("state")
    }

    /// What stands for `/` when the program reads this machine's settings; empty at first.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.path().join("root")
    }

    /// Sets a variable for all commands to come, such as `FORMWORK_MIRROR`.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// Writes a file below the working directory.
    pub fn write(&self, path: &str, content: &str) {
        let path = self.work().join(path);
        let parent = path.parent().expect("a path with a directory");
        fs::create_dir_all(parent).expect("a directory in the work directory");
        fs::write(path, content).expect("a file in the work directory");
    }

    /// Reads a file below the working directory.
    ///
    /// # Panics
    /// If it is not there or not text.
    #[must_use]
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.work().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// `program` with exactly this home's environment.
    #[must_use]
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .current_dir(self.work())
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", self.path())
            .env("XDG_CACHE_HOME", self.cache())
            .env("XDG_STATE_HOME", self.state())
            .env("XDG_CONFIG_HOME", self.path().join("config"))
            .env("TMPDIR", self.path().join("tmp"))
            .env("FORMWORK_ROOT", self.path().join("root"))
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .env("COLUMNS", "100");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs `program` with arguments and returns what came of it.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn run(&self, program: impl AsRef<OsStr>, arguments: &[&str]) -> Run {
        let output = self
            .command(program)
            .args(arguments)
            .output()
            .expect("a program that starts");
        Run::from(output)
    }
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

/// What a command did.
#[derive(Debug)]
pub struct Run {
    /// Exit status; -1 when a signal ended it.
    pub status: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Run {
    /// Fails the test unless the exit status is `status`; shows all that was printed.
    ///
    /// # Panics
    /// If it is another one.
    #[track_caller]
    pub fn exits(self, status: i32) -> Self {
        assert!(
            self.status == status,
            "exit {} instead of {status}\n--- stdout\n{}\n--- stderr\n{}",
            self.status,
            self.stdout,
            self.stderr
        );
        self
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

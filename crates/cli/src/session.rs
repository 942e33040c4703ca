//! What every command works with: the options, standard output, and the settings of `flow`.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use formwork_flow::Timestamp;
use formwork_flow::context::{Context, Settings};

use crate::arguments::GlobalOptions;
use crate::failure::Failure;
use crate::terminal::output::Output;
use crate::terminal::progress::{self, Talk};

/// One run of the program.
pub(crate) struct Session {
    /// Where results go.
    pub(crate) output: Output,
    /// Options every command takes.
    pub(crate) options: GlobalOptions,
}

impl Session {
    /// Begins a run with these options.
    pub(crate) fn new(options: GlobalOptions) -> Self {
        Session {
            output: Output::standard(),
            options,
        }
    }

    /// The settings that all flows take, from the command line, the environment and the clock.
    pub(crate) fn context(&self) -> Result<Context, Failure> {
        Ok(Context::new(Settings {
            directory: self.directory()?,
            project_named: self.options.project.is_some(),
            mirror: self
                .options
                .mirror
                .clone()
                .or_else(|| variable("FORMWORK_MIRROR")),
            offline: self.options.offline,
            refresh: self.options.refresh,
            allow_older: self.options.allow_older,
            jobs: self.options.jobs.map(usize::from),
            now: now(),
            events: progress::sink(self.talk()),
        })?)
    }

    /// Whether there is a project here, or one is named.
    pub(crate) fn has_project(&self) -> Result<bool, Failure> {
        let there = formwork_flow::project::is_there(&self.directory()?);
        Ok(there || self.options.project.is_some())
    }

    /// Says something on standard error that a person should look at.
    pub(crate) fn warn(&self, text: &str) {
        progress::warn(text);
    }

    /// Says on standard error what a person may want to do next; a quiet person is spared.
    pub(crate) fn tell(&mut self, text: &str) {
        if self.talk() > Talk::Quiet {
            // The results come first; what cannot be written now is reported at the end.
            let _ = self.output.finish();
            progress::tell(text);
        }
    }

    /// How much the person wants to be told.
    pub(crate) fn talk(&self) -> Talk {
        match (self.options.quiet, self.options.verbose) {
            (true, _) => Talk::Quiet,
            (_, true) => Talk::Verbose,
            _ => Talk::Normal,
        }
    }

    /// The directory where a project is looked for.
    fn directory(&self) -> Result<PathBuf, Failure> {
        match &self.options.project {
            Some(directory) => Ok(directory.clone()),
            None => std::env::current_dir().map_err(|error| Failure::Usage {
                message: format!("the current directory cannot be used: {error}"),
                hint: "change to a directory that exists, or give --project DIR".to_owned(),
            }),
        }
    }
}

/// A variable of the environment that is set and not empty.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The time by this machine's clock; a clock before 1970 counts as 1970, when nothing is valid yet.
fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

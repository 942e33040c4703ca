//! A program of the tree, what it may use, and how it ended.

use std::path::PathBuf;
use std::time::Duration;

use super::frame::{Packer, Unpacker};

/// A program to run in a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its path in the tree (or a name that is sought in the `PATH` of the environment), and its arguments.
    pub argv: Vec<String>,
    /// All variables that it sees.
    pub environment: Vec<(String, String)>,
    /// The directory of the tree that it starts in.
    pub directory: PathBuf,
    /// What it reads on standard input; nothing if empty.
    pub input: Vec<u8>,
    /// How much it may use.
    pub limits: Limits,
    /// Directories or files of the inside that it sees, read-only, at a path of the tree that
    /// exists; a path below `/dev`, which is the program's own, is made for a file.
    pub read_only_binds: Vec<(PathBuf, PathBuf)>,
    /// The host name that it sees.
    pub hostname: String,
    /// The permission bits that its new files do not get.
    pub umask: u32,
}

impl Program {
    /// A program with its arguments, an empty environment and input, in `/`, within the default limits.
    pub fn new<S: Into<String>>(argv: impl IntoIterator<Item = S>) -> Program {
        Program {
            argv: argv.into_iter().map(Into::into).collect(),
            environment: Vec::new(),
            directory: PathBuf::from("/"),
            input: Vec::new(),
            limits: Limits::default(),
            read_only_binds: Vec::new(),
            hostname: "localhost".to_owned(),
            umask: 0o022,
        }
    }

    /// Its name in messages.
    pub(super) fn name(&self) -> String {
        self.argv.first().cloned().unwrap_or_default()
    }

    /// What the process that starts it needs to know.
    pub(super) fn pack(&self) -> Vec<u8> {
        let mut packer = Packer::default();
        packer.number(self.argv.len() as u64);
        self.argv.iter().for_each(|word| {
            packer.text(word);
        });
        packer.number(self.environment.len() as u64);
        for (name, value) in &self.environment {
            packer.text(name).text(value);
        }
        packer.text(self.directory.as_os_str().as_encoded_bytes());
        packer.text(&self.hostname);
        packer.number(self.umask.into());
        packer.number(self.read_only_binds.len() as u64);
        for (_, place) in &self.read_only_binds {
            packer.text(place.as_os_str().as_encoded_bytes());
        }
        packer.finish()
    }
}

/// How much a program may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long it may run.
    pub time: Duration,
    /// How long it may go without writing anything.
    pub silence: Duration,
    /// How many bytes it may write to its outputs together.
    pub output: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            time: Duration::from_secs(3600),
            silence: Duration::from_secs(600),
            output: 64 << 20,
        }
    }
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code, or 128 and the number of the signal that ended it.
    pub code: i32,
    /// The last lines that it wrote.
    pub tail: String,
    /// The processes that it left running, by their command lines; they were killed.
    pub strays: Vec<String>,
}

/// A program as it arrives at the process that starts it.
pub(super) struct Unpacked {
    pub(super) argv: Vec<String>,
    pub(super) environment: Vec<(String, String)>,
    pub(super) directory: PathBuf,
    pub(super) hostname: String,
    pub(super) umask: u32,
    pub(super) places: Vec<PathBuf>,
}

impl Unpacked {
    /// Reads what [`Program::pack`] wrote.
    pub(super) fn read(bytes: &[u8]) -> Option<Unpacked> {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let mut unpacker = Unpacker(bytes);
        let path = |bytes: &[u8]| PathBuf::from(OsStr::from_bytes(bytes));
        let mut argv = Vec::new();
        for _ in 0..unpacker.number()? {
            argv.push(unpacker.words()?);
        }
        let mut environment = Vec::new();
        for _ in 0..unpacker.number()? {
            environment.push((unpacker.words()?, unpacker.words()?));
        }
        let directory = path(unpacker.text()?);
        let hostname = unpacker.words()?;
        let umask = u32::try_from(unpacker.number()?).ok()?;
        let mut places = Vec::new();
        for _ in 0..unpacker.number()? {
            places.push(path(unpacker.text()?));
        }
        Some(Unpacked {
            argv,
            environment,
            directory,
            hostname,
            umask,
            places,
        })
    }
}

/// What the process that watched a program says at its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Report {
    /// It ran.
    Ended {
        /// Its exit code, or 128 and its signal.
        code: i32,
        /// What it left running.
        strays: Vec<String>,
    },
    /// It was not there, or nothing that can be run.
    NotStarted(i32),
    /// A step of setting up failed.
    Failed(String, i32),
}

impl Report {
    /// Writes it as a packet.
    pub(super) fn pack(&self) -> Vec<u8> {
        let mut packer = Packer::default();
        match self {
            Report::Ended { code, strays } => {
                packer.number(0).number(u64::from(code.unsigned_abs()));
                packer.number(strays.len() as u64);
                strays.iter().for_each(|name| {
                    packer.text(name);
                });
            }
            Report::NotStarted(errno) => {
                packer.number(1).number(u64::from(errno.unsigned_abs()));
            }
            Report::Failed(step, errno) => {
                packer.number(2).text(step);
                packer.number(u64::from(errno.unsigned_abs()));
            }
        }
        packer.finish()
    }

    /// Reads what [`Report::pack`] wrote; a program may have tampered with it.
    pub(super) fn read(bytes: &[u8]) -> Option<Report> {
        let mut unpacker = Unpacker(bytes);
        let small = |number: u64| i32::try_from(number).ok();
        Some(match unpacker.number()? {
            0 => {
                let code = small(unpacker.number()?)?;
                let mut strays = Vec::new();
                for _ in 0..unpacker.number()? {
                    strays.push(unpacker.words()?);
                }
                Report::Ended { code, strays }
            }
            1 => Report::NotStarted(small(unpacker.number()?)?),
            2 => Report::Failed(unpacker.words()?, small(unpacker.number()?)?),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_crosses_unchanged() {
        let mut program = Program::new(["/bin/sh", "-c", "echo ü"]);
        program.environment = vec![("A".into(), String::new()), ("B".into(), "b c".into())];
        program.directory = "/var/lib".into();
        program.read_only_binds = vec![("/host".into(), "/in/tree".into())];
        let read = Unpacked::read(&program.pack()).unwrap();
        assert_eq!(read.argv, program.argv);
        assert_eq!(read.environment, program.environment);
        assert_eq!(read.directory, program.directory);
        assert_eq!(read.hostname, "localhost");
        assert_eq!(read.umask, 0o022);
        assert_eq!(read.places, [PathBuf::from("/in/tree")]);
    }

    #[test]
    fn reports_cross_unchanged_and_forged_ones_are_refused() {
        let reports = [
            Report::Ended {
                code: 137,
                strays: vec!["sleep 60".into()],
            },
            Report::NotStarted(libc::ENOENT),
            Report::Failed("mount /proc".into(), libc::EPERM),
        ];
        for report in reports {
            let bytes = report.pack();
            assert_eq!(Report::read(&bytes), Some(report));
            assert_eq!(Report::read(&bytes[..bytes.len() - 1]), None);
        }
        assert_eq!(Report::read(&[255; 64]), None);
    }
}

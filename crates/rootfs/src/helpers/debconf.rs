//! debconf without its program: the frontend of the tree is Perl, starts anew for each script
//! that may ask something, and reads and writes all questions each time.
//!
//! While a program of the tree runs, a small script lies in the place of the frontend. It runs
//! the scripts of the package, whose standard input and output are pipes that end in this
//! process; here [`session`] answers what they say, and [`store`] keeps the files as the
//! original would. The line of the stand-in itself begins with a byte that no script writes.
//!
//! The original is left to do it wherever anything but the plain case is met before a script has
//! run. What is met later, and is not understood, ends the build with an error that names the
//! way out.

mod database;
mod session;
mod store;
mod templates;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use formwork_deb::sha256::{Hasher, Sha256};
use formwork_sys::sandbox::Program;
use formwork_sys::tree::{Kind, Tree};

use super::usrmerge;
use crate::error::Error;
use database::Text;
use session::{Session, Talk};
use store::Store;

/// The frontend in a tree.
const FRONTEND: &str = "usr/share/debconf/frontend";
/// Where the stand-in finds its pipes, and the original.
const PLACE: &str = "/dev/formwork/debconf";
const ORIGINAL: &str = "/dev/formwork/originals/frontend";
/// The stand-in.
const STAND_IN: &str = include_str!("debconf-frontend.sh");
/// Where it all lies in the scratch of the sandbox.
const HOME: &str = "debconf";
/// What begins a line of the stand-in.
const MARK: u8 = 1;
/// No line of a script is longer.
const LONGEST: u64 = 1 << 20;

/// The files of the original that decide what it does, besides the frontend.
const FILES: [&str; 30] = [
    "usr/share/debconf/confmodule",
    "usr/share/perl5/Debconf/AutoSelect.pm",
    "usr/share/perl5/Debconf/Base.pm",
    "usr/share/perl5/Debconf/ConfModule.pm",
    "usr/share/perl5/Debconf/Config.pm",
    "usr/share/perl5/Debconf/Db.pm",
    "usr/share/perl5/Debconf/DbDriver.pm",
    "usr/share/perl5/Debconf/DbDriver/Cache.pm",
    "usr/share/perl5/Debconf/DbDriver/Copy.pm",
    "usr/share/perl5/Debconf/DbDriver/File.pm",
    "usr/share/perl5/Debconf/DbDriver/Stack.pm",
    "usr/share/perl5/Debconf/Element.pm",
    "usr/share/perl5/Debconf/Element/Noninteractive.pm",
    "usr/share/perl5/Debconf/Element/Noninteractive/Boolean.pm",
    "usr/share/perl5/Debconf/Element/Noninteractive/Error.pm",
    "usr/share/perl5/Debconf/Element/Noninteractive/Multiselect.pm",
    "usr/share/perl5/Debconf/Element/Noninteractive/Note.pm",
    "usr/share/perl5/Debconf/Element/Noninteractive/Password.pm",
    "usr/share/perl5/Debconf/Element/Noninteractive/Progress.pm",
    "usr/share/perl5/Debconf/Element/Noninteractive/Select.pm",
    "usr/share/perl5/Debconf/Element/Noninteractive/String.pm",
    "usr/share/perl5/Debconf/Element/Noninteractive/Text.pm",
    "usr/share/perl5/Debconf/Encoding.pm",
    "usr/share/perl5/Debconf/Format/822.pm",
    "usr/share/perl5/Debconf/FrontEnd.pm",
    "usr/share/perl5/Debconf/FrontEnd/Noninteractive.pm",
    "usr/share/perl5/Debconf/Priority.pm",
    "usr/share/perl5/Debconf/Question.pm",
    "usr/share/perl5/Debconf/Template.pm",
    "etc/debconf.conf",
];
/// The digests over the frontend and these files that [`session`] was compared with.
const KNOWN: [&str; 2] = [
    // 1.5.82
    "4c5a1b15f09bb65540935be872b483e8e5e8a41cb75fac96e83adf24a00e4d9c",
    // 1.5.91
    "12aab92a85fefea20167f211139c857ed3318e9e545729705a791bddd1057846",
];
/// Programs and modules that would make the original do more.
const MORE: [&str; 4] = [
    "root/.debconfrc",
    "usr/bin/mail",
    "usr/bin/Mail",
    "usr/share/perl5/Text/WrapI18N.pm",
];

/// What is not done here, or an error of the tree.
#[derive(Debug)]
enum Trouble {
    Unsupported(&'static str),
    Tree(Error),
}

type Done<T> = Result<T, Trouble>;

fn unsupported<T>(what: &'static str) -> Done<T> {
    Err(Trouble::Unsupported(what))
}

impl From<formwork_sys::Error> for Trouble {
    fn from(error: formwork_sys::Error) -> Trouble {
        Trouble::Tree(error.into())
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        Trouble::Tree(error)
    }
}

/// Lays out the stand-in and its pipes.
pub(super) fn prepare(scratch: &Tree) -> Result<(), Error> {
    scratch.create_directory(HOME, 0o755)?;
    let home = scratch.directory(HOME)?;
    home.write("frontend".as_ref(), STAND_IN.as_bytes(), 0o755)?;
    for name in ["requests", "replies", "answers"] {
        home.create_fifo(name.as_ref(), 0o600)?;
    }
    Ok(())
}

/// Lets a program of the tree find the stand-in, if the tree has an original that is known.
pub(super) fn offer(program: &mut Program, scratch: &Path, tree: &Tree) -> bool {
    // One that cannot be read is none that we know.
    if !is_known(tree).unwrap_or(false) {
        return false;
    }
    let mut bind = |from: PathBuf, to: String| program.read_only_binds.push((from, to.into()));
    bind(tree.path().join(FRONTEND), ORIGINAL.to_owned());
    let stand_in = scratch.join(HOME).join("frontend");
    bind(stand_in, format!("/{FRONTEND}"));
    true
}

/// Lets a program of the tree find the pipes.
pub(super) fn offer_line(program: &mut Program, scratch: &Path) {
    for name in ["requests", "replies", "answers"] {
        let place = format!("{PLACE}/{name}");
        let pipe = scratch.join(HOME).join(name);
        program.read_only_binds.push((pipe, place.into()));
    }
}

fn is_known(tree: &Tree) -> Result<bool, Error> {
    let found = tree.metadata(FRONTEND)?;
    if found.is_none_or(|found| found.kind != Kind::File) {
        return Ok(false);
    }
    for path in MORE {
        if tree.exists(path)? {
            return Ok(false);
        }
    }
    let mut hasher = Hasher::new();
    for path in [FRONTEND].iter().chain(&FILES) {
        let Some(bytes) = tree.read_if_there(path)? else {
            return Ok(false);
        };
        hasher.update(Sha256::of(&bytes).as_bytes());
    }
    Ok(KNOWN.contains(&hasher.finish().to_string().as_str()))
}

/// The other end of the pipes.
pub(super) struct Server {
    requests: BufReader<File>,
    replies: File,
    answers: File,
    /// The program has ended.
    closed: bool,
    /// What went wrong with a tree that was to be merged.
    failed: Option<Error>,
}

impl Server {
    /// Opens the pipes.
    pub(super) fn open(scratch: &Path) -> Result<Server, Error> {
        let home = Tree::open(&scratch.join(HOME))?.directory("")?;
        Ok(Server {
            requests: BufReader::new(home.open_fifo("requests".as_ref(), true)?),
            replies: home.open_fifo("replies".as_ref(), false)?,
            answers: home.open_fifo("answers".as_ref(), false)?,
            closed: false,
            failed: None,
        })
    }

    /// Has [`Server::serve`] end.
    pub(super) fn close(scratch: &Path) -> Result<(), Error> {
        let home = Tree::open(&scratch.join(HOME))?.directory("")?;
        let mut requests = home.open_fifo("requests".as_ref(), false)?;
        requests
            .write_all(b"\x01close\n")
            .map_err(|error| broken(&error))
    }

    /// Serves the scripts of one program of the tree after the other.
    pub(super) fn serve(&mut self, tree: &Tree) -> Result<(), Error> {
        let mut trouble = None;
        while let Some(script) = self.begun(tree)? {
            let outcome = match begin(tree, &script) {
                Ok(Some(session)) => self.talk(tree, session, &script),
                Ok(None) | Err(Trouble::Unsupported(_)) => {
                    self.answer("original").map_err(Trouble::Tree)
                }
                Err(error) => self
                    .answer("original")
                    .map_err(Trouble::Tree)
                    .and(Err(error)),
            };
            if let Err(error) = outcome {
                trouble = trouble.or(Some(error));
            }
        }
        match trouble {
            None => self.failed.take().map_or(Ok(()), Err),
            Some(Trouble::Tree(error)) => Err(error),
            Some(Trouble::Unsupported(what)) => Err(Error::Job(format!(
                "a script of a package asks debconf for what its stand-in does not do: {what}; \
                 build with --no-native-helpers"
            ))),
        }
    }

    /// Waits for the next script; `None` at the end.
    fn begun(&mut self, tree: &Tree) -> Result<Option<String>, Error> {
        while !self.closed {
            // What a program has left in the pipe is nobody's.
            let (_, own) = self.line()?;
            let own = own.unwrap_or_default();
            if let Some(("begin", script)) = own.split_once(' ') {
                return Ok(Some(script.to_owned()));
            }
            if own.starts_with("convert-") {
                let done = usrmerge::serve(tree, &own);
                let word = if matches!(done, Ok(true)) {
                    "ended"
                } else {
                    "original"
                };
                self.answer(word)?;
                if let Err(error) = done {
                    self.failed.get_or_insert(error);
                }
            }
        }
        Ok(None)
    }

    /// A line: what a script has said, and what the stand-in has.
    fn line(&mut self) -> Result<(Text, Option<String>), Error> {
        let mut line = Vec::new();
        let mut limited = (&mut self.requests).take(LONGEST);
        limited
            .read_until(b'\n', &mut line)
            .map_err(|error| broken(&error))?;
        line.pop_if(|last| *last == b'\n');
        let mark = line.iter().position(|byte| *byte == MARK);
        let own = mark.map(|at| String::from_utf8_lossy(&line[at + 1..]).into_owned());
        line.truncate(mark.unwrap_or(line.len()));
        self.closed |= own.as_deref() == Some("close");
        Ok((line, own))
    }

    fn answer(&mut self, word: &str) -> Result<(), Error> {
        let line = format!("{word}\n");
        self.answers
            .write_all(line.as_bytes())
            .map_err(|error| broken(&error))
    }

    /// Runs through all that the scripts of one call say.
    fn talk(&mut self, tree: &Tree, mut session: Session<'_>, script: &str) -> Done<()> {
        session.store.create(tree)?;
        let mut trouble = None;
        if let Some(config) = config(tree, script)? {
            self.answer(&format!("config {config}"))?;
            let code = self.one(&mut session, &mut trouble)?;
            self.answer("ended")?;
            if code != "0" || trouble.is_some() {
                return trouble.map_or(Ok(()), Err);
            }
        } else {
            self.answer("run")?;
        }
        self.one(&mut session, &mut trouble)?;
        // The files must be there before whatever comes next.
        let saved = session.store.save(tree);
        self.answer("ended")?;
        saved?;
        trouble.map_or(Ok(()), Err)
    }

    /// Listens to one script to its end; gives its exit code.
    fn one(
        &mut self,
        session: &mut Session<'_>,
        trouble: &mut Option<Trouble>,
    ) -> Result<String, Error> {
        let mut talk = Talk::default();
        let code = loop {
            let (said, own) = self.line()?;
            if own.is_some() && said.is_empty() {
                break own.unwrap_or_default();
            }
            match session.hear(&mut talk, &said) {
                Ok(Some(reply)) => self.reply(&reply)?,
                Ok(None) => {}
                Err(error) => {
                    trouble.get_or_insert(error);
                    self.reply(b"100 not done here")?;
                }
            }
            if let Some(own) = own {
                break own;
            }
        };
        session.end(talk);
        // What was answered and not read is not for the next script.
        let mut rest = [0; 4096];
        while self.replies.read(&mut rest).is_ok_and(|count| count > 0) {}
        let code = code.strip_prefix("end ").unwrap_or("1");
        Ok(code.to_owned())
    }

    fn reply(&mut self, reply: &[u8]) -> Result<(), Error> {
        let line = [reply, b"\n"].concat();
        self.replies
            .write_all(&line)
            .map_err(|error| broken(&error))
    }
}

fn broken(error: &std::io::Error) -> Error {
    Error::Sandbox(format!(
        "cannot talk to a script that uses debconf: {error}"
    ))
}

/// What is known when a script begins; `None` where the original had better do it. Nothing is
/// changed.
fn begin<'t>(tree: &'t Tree, script: &str) -> Done<Option<Session<'t>>> {
    let owner = match script.strip_prefix("/var/lib/dpkg/tmp.ci/") {
        Some(_) => {
            let control = tree.read_if_there("var/lib/dpkg/tmp.ci/control")?;
            let control = control.unwrap_or_default();
            let mut lines = control.split(|byte| *byte == b'\n');
            lines
                .find_map(|line| line.strip_prefix(b"Package: "))
                .map(<[u8]>::to_vec)
        }
        None => {
            let name = script.rsplit('/').next().unwrap_or_default();
            let mut endings = [".postinst", ".prerm", ".postrm"].iter();
            let package = endings.find_map(|ending| name.strip_suffix(ending));
            package.map(|package| package.as_bytes().to_vec())
        }
    };
    let owner = owner.filter(|owner| !owner.is_empty());
    let (Some(owner), Some(store)) = (owner, Store::read(tree)?) else {
        return Ok(None);
    };
    let mut session = Session::new(tree, store, owner);
    if let Some(bytes) = tree.read_if_there(beside(script, "templates"))? {
        let Some(templates) = templates::parse(&bytes) else {
            return Ok(None);
        };
        let owner = session.owner.clone();
        session.store.load(templates, &owner)?;
    }
    Ok(Some(session))
}

/// A file that lies beside a script of a package.
fn beside(script: &str, name: &str) -> String {
    let base = script.trim_end_matches(|sign: char| !"./".contains(sign));
    format!("{}{name}", base.trim_start_matches('/'))
}

/// The script that asks the questions of a package, where it is run first.
fn config(tree: &Tree, script: &str) -> Result<Option<String>, Error> {
    if !script.ends_with("postinst") && !script.ends_with("preinst") {
        return Ok(None);
    }
    let path = beside(script, "config");
    Ok(tree.exists(&path)?.then(|| format!("/{path}")))
}

//! `formwork run`: an image in a virtual machine.
//!
//! Read from top to bottom: find the image, see what this machine can do for it, take out what
//! boots, give the guest what it needs for this run, and follow it.

mod find;
mod keys;

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use formwork_deb::sha256::Sha256;
use formwork_model::documents::{self, ImageRecord, Ran, RanEnd};
use formwork_model::event::Event;
use formwork_sys::fs::{self, Fresh};
use formwork_sys::terminal::Raw;
use formwork_trial::access::Command;
use formwork_trial::machine::Kind;
use formwork_trial::parts::Parts;
use formwork_trial::run::{Boot, End, Finished, Order, Streams, Task};
use formwork_trial::{firmware, parts};

pub use formwork_trial::TrialError;
pub use formwork_trial::machine::Bus;
pub use formwork_trial::run::Seat;

use crate::Error;
use crate::context::Context;
use crate::machine;
use keys::KeyFiles;

/// Where Debian keeps firmware.
const SHARE: &str = "usr/share";
/// The largest record of an image.
const MOST_RECORD: u64 = 16 << 20;
/// The largest kernel or initial RAM disk.
const MOST_PART: u64 = 1 << 30;
/// How long a command and all before it may take.
const COMMAND: Duration = Duration::from_secs(1800);
/// How long a guest may take to say what is expected.
const EXPECT: Duration = Duration::from_secs(600);
/// What a guest says when it wants somebody to log in.
pub const LOGIN: &str = "login: ";

/// What a person wants to see run, and how.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The image: a name in the project, or the path of a disk; without it the project's only one.
    pub image: Option<String>,
    /// The suite of the project's image; without it its first.
    pub suite: Option<String>,
    /// Options of the project's image.
    pub with: Vec<String>,
    /// The architecture; without it what the image's record says.
    pub architecture: Option<String>,
    /// What the guest is to do.
    pub what: What,
    /// Whether it boots by its firmware, with nothing given to it.
    pub as_shipped: bool,
    /// What its disk hangs on.
    pub bus: Bus,
    /// Files that are further disks.
    pub further: Vec<PathBuf>,
    /// What is added to the kernel command line.
    pub append: Option<String>,
    /// Whether what it writes stays.
    pub keep: bool,
    /// Its memory in MiB.
    pub memory: u64,
    /// How many processors it has.
    pub processors: u32,
    /// The port of this machine for its secure shell; 0 for any that is free.
    pub secure_shell: Option<u16>,
    /// How long all of it may take.
    pub time: Option<Duration>,
    /// Where the console goes too.
    pub console_log: Option<PathBuf>,
}

/// What the guest is to do.
#[derive(Clone, Debug)]
pub enum What {
    /// To be there for whoever sits at its console.
    Console(Seat),
    /// To run a command as root.
    Command {
        /// The program and its arguments.
        words: Vec<String>,
        /// The unit that must be up before.
        after: String,
        /// Whether it gets what we are given on standard input.
        input: bool,
    },
    /// To say this on its console.
    Expect(String),
}

/// Where what the guest says goes.
pub struct Outlets<'a> {
    /// The console, if somebody wants to see it as it comes.
    pub console: Option<&'a mut dyn Write>,
    /// What the command writes to standard output.
    pub output: &'a mut dyn Write,
    /// What the command writes to standard error.
    pub errors: &'a mut dyn Write,
    /// Told what a person needs to know before the guest comes up.
    pub told: &'a mut dyn FnMut(&str),
}

/// Runs an image until it has done what it is to do.
pub fn run(context: &Context, wish: &Wish, outlets: Outlets<'_>) -> Result<Ran, Error> {
    let image = find::image(context, wish)?;
    let kind = Kind::of(&image.architecture)?;
    let accelerated = is_accelerated(context, kind);
    let secure_shell = match wish.secure_shell {
        Some(wanted) => Some((free_port(wanted)?, KeyFiles::make()?)),
        None => None,
    };
    let order = Order {
        kind,
        program: kind.program.into(),
        accelerated,
        memory: wish.memory,
        processors: wish.processors,
        boot: boot(context, wish, &image.disk, kind)?,
        disk: image.disk.clone(),
        bus: wish.bus,
        further: further(&wish.further)?,
        keep: wish.keep,
        task: task(wish, kind)?,
        secure_shell: secure_shell
            .as_ref()
            .map(|(port, files)| (*port, files.keys())),
        time: wish.time.or(match wish.what {
            What::Console(_) => None,
            What::Command { .. } => Some(COMMAND),
            What::Expect(_) => Some(EXPECT),
        }),
    };
    if let Some((port, files)) = &secure_shell {
        (outlets.told)(&files.command(*port));
    }
    if wish.keep {
        let text =
            "what the guest writes stays: the disk's digest in its record will not fit any more";
        (context.settings.events)(Event::Warning(text.to_owned()));
    }
    // From here on every key belongs to the guest.
    let raw = match wish.what {
        What::Console(Seat::Person { .. }) => Some(raw()?),
        _ => None,
    };
    let streams = Streams {
        console: outlets.console,
        output: outlets.output,
        errors: outlets.errors,
        log: wish.console_log.as_deref().map(log).transpose()?,
    };
    let finished = formwork_trial::run::run(&order, streams, &context.settings.events);
    drop(raw);
    Ok(ran(wish, &image, &order, &finished?))
}

/// Whether this machine's own processor can run the guest; says why not where it might.
fn is_accelerated(context: &Context, kind: &Kind) -> bool {
    if machine::architecture() != kind.architecture {
        return false;
    }
    match formwork_sys::kvm::probe() {
        Ok(()) => true,
        Err(reason) => {
            let text = format!("the processor is emulated, as KVM does not work: {reason}");
            (context.settings.events)(Event::Note(text));
            false
        }
    }
}

/// How the guest begins.
fn boot(context: &Context, wish: &Wish, disk: &Path, kind: &Kind) -> Result<Boot, Error> {
    if wish.as_shipped {
        let share = context.root.join(SHARE);
        return Ok(Boot::Firmware(firmware::find(kind.architecture, &share)?));
    }
    Ok(Boot::Kernel {
        parts: match beside(disk)? {
            Some(parts) => parts,
            None => parts::read(disk)?,
        },
        append: wish.append.clone(),
    })
}

/// Further disks, by their whole paths.
fn further(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let one = |path: &PathBuf| {
        if !path.is_file() {
            return Err(find::wrong(
                path,
                "there is no such file",
                Some("truncate --size 1G FILE makes an empty disk".to_owned()),
            ));
        }
        Ok(std::path::absolute(path).unwrap_or_else(|_| path.clone()))
    };
    paths.iter().map(one).collect()
}

/// What boots an image whose loader is nothing of ours: it lies beside its disk, as its record says.
fn beside(disk: &Path) -> Result<Option<Parts>, Error> {
    let path = disk.with_extension("image.json");
    if !path.exists() {
        return Ok(None);
    }
    let bytes = fs::read_limited(&path, MOST_RECORD)?;
    let record = serde_json::from_slice::<ImageRecord>(&bytes).ok();
    let Some(boot) = record.and_then(|record| record.boot) else {
        return Ok(None);
    };
    if boot.loader != "none" {
        return Ok(None);
    }
    let read = |name: &str| -> Result<Vec<u8>, Error> {
        let path = disk.with_extension(name);
        let bytes = fs::read_limited(&path, MOST_PART)?;
        let part = boot.parts.iter().find(|part| part.name == name);
        if part.is_none_or(|part| part.sha256 != Sha256::of(&bytes).to_string()) {
            return Err(TrialError::Image {
                path,
                reason: "this is not what the record of the image names".to_owned(),
                hint: Some("formwork build makes all of it anew".to_owned()),
            }
            .into());
        }
        Ok(bytes)
    };
    Ok(Some(Parts {
        kernel: read("kernel")?,
        initrd: read("initrd")?,
        command_line: boot.command_line.clone(),
    }))
}

/// What the guest is to do, with all that it needs for it.
fn task(wish: &Wish, kind: &Kind) -> Result<Task, Error> {
    Ok(match &wish.what {
        What::Console(seat) => Task::Console(seat.clone()),
        What::Expect(text) => Task::Expect(text.clone()),
        What::Command {
            words,
            after,
            input,
        } => Task::Command(Command {
            words: words.clone(),
            after: after.clone(),
            end: unguessable()?,
            input: *input,
            lines: kind.lines().iter().map(|line| (*line).to_owned()).collect(),
        }),
    })
}

/// A word that nobody can guess.
fn unguessable() -> Result<String, Error> {
    let path = Path::new("/dev/urandom");
    let mut bytes = [0; 16];
    File::open(path)
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(|source| formwork_sys::Error::io("read", path, source))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The port that is wanted, if it is free; any free one for 0.
fn free_port(wanted: u16) -> Result<u16, Error> {
    let listener = TcpListener::bind(("127.0.0.1", wanted));
    let address = listener.and_then(|listener| listener.local_addr());
    Ok(address.map_err(|_| TrialError::PortTaken(wanted))?.port())
}

fn raw() -> Result<Raw, Error> {
    let fail =
        |source| formwork_sys::Error::io("use the terminal at", Path::new("/dev/tty"), source);
    Ok(Raw::enter().map_err(fail)?)
}

/// A new file for the console; one that is there is replaced.
fn log(path: &Path) -> Result<Fresh, Error> {
    formwork_sys::fs::remove(path)?;
    Ok(Fresh::create(path)?)
}

/// The record of the run.
fn ran(wish: &Wish, image: &find::Image, order: &Order, finished: &Finished) -> Ran {
    let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let (end, exit_code) = match finished.end {
        End::Exited(code) => (RanEnd::Exited, Some(code)),
        End::Seen => (RanEnd::Seen, None),
        End::Down => (RanEnd::Down, None),
        End::Left => (RanEnd::Left, None),
    };
    Ran {
        format: documents::FORMAT,
        image: image.title.clone(),
        disk: image.disk.display().to_string(),
        architecture: image.architecture.clone(),
        accelerated: order.accelerated,
        as_shipped: wish.as_shipped,
        end,
        exit_code,
        stdout: None,
        stderr: None,
        ready_milliseconds: finished.ready.map(milliseconds),
        total_milliseconds: milliseconds(finished.took),
    }
}

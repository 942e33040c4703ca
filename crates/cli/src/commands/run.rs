//! `formwork run`: an image in a virtual machine, to look at it or to ask it something.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use formwork_flow::run::{self, Bus, LOGIN, Outlets, Seat, What, Wish};
use formwork_model::documents::{Ran, RanEnd};

use super::build::size;
use crate::failure::{Failure, Outcome};
use crate::session::Session;
use crate::terminal::progress::{self, Talk};

/// Run an image in a virtual machine
///
/// Boots the disk that `formwork build` made in QEMU and gives you its console as root. What
/// the guest writes is thrown away at the end (--keep keeps it), and so is the access: it is
/// given to this run alone, by files behind the initial RAM disk, and no bit of the image
/// changes. Ctrl-A X leaves.
///
/// With a COMMAND behind `--` the guest runs it as root and goes down again; output and exit
/// code are the command's, and 125 means that Formwork or the guest failed.
///
/// KVM is used where it works, which is tried out; else the processor is emulated.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  formwork run
  formwork run gateway --ssh
  formwork run gateway --arch arm64 -- systemctl is-system-running --wait
  formwork run gateway --as-shipped --until login
  formwork run build/gateway/amd64/gateway.img -- sh -c 'cat /proc/cmdline'")]
pub(crate) struct Run {
    /// The image, or the path of a disk; without it the project's only image
    #[arg(value_name = "IMAGE")]
    image: Option<String>,
    /// What root runs in the guest, with its arguments
    #[arg(value_name = "COMMAND", last = true)]
    command: Vec<String>,
    /// Run the image with these options, with commas between them (may be repeated)
    #[arg(long, value_name = "OPTION,…", value_delimiter = ',')]
    with: Vec<String>,
    /// Run the image for this architecture; without it this machine's, or the image's first
    #[arg(short, long, value_name = "ARCH")]
    arch: Option<String>,
    /// Run the image for this suite; without it the image's first
    #[arg(short, long, value_name = "SUITE")]
    suite: Option<String>,
    /// Boot by the firmware and the disk's own boot loader, and give no access
    #[arg(long, conflicts_with_all = ["command", "ssh"])]
    as_shipped: bool,
    /// End as soon as the guest has come so far
    #[arg(long, value_name = "STATE", value_enum, conflicts_with = "command")]
    until: Option<Until>,
    /// End as soon as the guest says this on its console
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["command", "until"])]
    expect: Option<String>,
    /// Run COMMAND when this unit is up
    #[arg(long, value_name = "UNIT", default_value = "multi-user.target")]
    after: String,
    /// Give standard input to COMMAND; without this it gets none
    #[arg(long, requires = "command")]
    stdin: bool,
    /// Let the guest write to the disk itself
    #[arg(long)]
    keep: bool,
    /// Hang the disk on this bus
    #[arg(long, value_name = "BUS", value_enum, default_value_t = OnBus::Virtio)]
    bus: OnBus,
    /// Give the guest this file as a further disk (may be repeated)
    #[arg(long, value_name = "FILE")]
    disk: Vec<PathBuf>,
    /// Add these words to the kernel command line
    #[arg(
        long,
        value_name = "WORDS",
        allow_hyphen_values = true,
        conflicts_with = "as_shipped"
    )]
    append: Option<String>,
    /// Give the guest so much memory
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "1G")]
    memory: u64,
    /// Give the guest so many processors
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    cpus: u32,
    /// Let a secure shell in, by a key made for this run: at this port of 127.0.0.1, or at a free one
    #[arg(long, value_name = "PORT", num_args = 0..=1, require_equals = true, default_missing_value = "0")]
    ssh: Option<u16>,
    /// Stop the guest after so many seconds [default: 1800 with COMMAND, 600 with --until or --expect]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=604_800))]
    timeout: Option<u64>,
    /// Write all that the guest says on its console to this file too
    #[arg(long, value_name = "FILE")]
    console_log: Option<PathBuf>,
}

/// What a disk can hang on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OnBus {
    /// A disk of virtio
    Virtio,
    /// An NVMe drive
    Nvme,
    /// A SATA disk at an AHCI controller
    Ahci,
    /// A USB stick
    Usb,
}

/// How far a guest can be asked to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Until {
    /// It wants somebody to log in
    Login,
}

impl Run {
    /// Runs the image, and ends as its command does.
    pub(crate) fn run(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let ran = self.ran(session);
        if self.command.is_empty() {
            return ran;
        }
        ran.map_err(|failure| Failure::Guest(Box::new(failure)))
    }

    fn ran(&self, session: &mut Session) -> Result<Outcome, Failure> {
        let context = session.context()?;
        let wish = self.wish(session)?;
        let (json, talk) = (session.options.json, session.talk());
        if matches!(wish.what, What::Console(Seat::Person { .. })) {
            session.tell("Ctrl-A X leaves the guest.");
        }
        let (mut output, mut errors) = (Vec::new(), Vec::new());
        let (mut stderr, mut beside) = (io::stderr(), io::stderr());
        let watched = talk == Talk::Verbose;
        let seen = watched.then_some(&mut beside as &mut dyn Write);
        let mut outlets = Outlets {
            console: seen,
            output: &mut output,
            errors: &mut errors,
            told: &mut |text| progress::tell(text),
        };
        match &wish.what {
            What::Console(_) => outlets.console = Some(session.output.bytes()),
            What::Command { .. } if !json => {
                outlets.output = session.output.bytes();
                outlets.errors = &mut stderr;
            }
            _ => {}
        }
        let ran = run::run(&context, &wish, outlets)?;
        if json {
            let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
            let is_command = ran.end == RanEnd::Exited;
            session.output.json(&Ran {
                stdout: is_command.then(|| text(output)),
                stderr: is_command.then(|| text(errors)),
                ..ran.clone()
            })?;
        }
        Ok(ran.exit_code.map_or(Outcome::Fine, Outcome::Guest))
    }

    /// What the command line asks for.
    fn wish(&self, session: &Session) -> Result<Wish, Failure> {
        let memory = self.memory >> 20;
        if memory == 0 {
            return Err(Failure::Usage {
                message: "--memory must be at least 1M".to_owned(),
                hint: "a Debian system needs 256M or more".to_owned(),
            });
        }
        Ok(Wish {
            image: self.image.clone(),
            suite: self.suite.clone(),
            with: self.with.clone(),
            architecture: self.arch.clone(),
            what: self.what(session),
            as_shipped: self.as_shipped,
            bus: match self.bus {
                OnBus::Virtio => Bus::Virtio,
                OnBus::Nvme => Bus::Nvme,
                OnBus::Ahci => Bus::Ahci,
                OnBus::Usb => Bus::Usb,
            },
            further: self.disk.clone(),
            append: self.append.clone(),
            keep: self.keep,
            memory,
            processors: self.cpus,
            secure_shell: self.ssh,
            time: self.timeout.map(Duration::from_secs),
            console_log: self.console_log.clone(),
        })
    }

    fn what(&self, session: &Session) -> What {
        if !self.command.is_empty() {
            return What::Command {
                words: self.command.clone(),
                after: self.after.clone(),
                input: self.stdin,
            };
        }
        if let Some(text) = &self.expect {
            return What::Expect(text.clone());
        }
        if self.until == Some(Until::Login) {
            return What::Expect(LOGIN.to_owned());
        }
        let attended = io::stdin().is_terminal() && session.output.is_terminal();
        What::Console(if attended {
            let terminal = std::env::var("TERM").unwrap_or_else(|_| "vt100".to_owned());
            Seat::Person { terminal }
        } else {
            Seat::Program
        })
    }
}

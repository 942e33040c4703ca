//! One run: QEMU is started, the guest is listened to, and what it was to do is awaited.
//!
//! One thread reads each way out of the guest and hands what it reads to the one loop here,
//! which alone decides. When QEMU ends, all ways end, and so do the threads.

mod keys;
mod stream;

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use formwork_model::event::{Event, Phase, Sink, Unit};
use formwork_sys::command::CommandError;
use formwork_sys::fs::Fresh;
use formwork_sys::machine::{Program, Running};

use crate::access::{Access, Command, Console as Shell, Keys, PORTS, SECURE_SHELL};
use crate::console::Console;
use crate::error::TrialError;
use crate::firmware::Firmware;
use crate::machine::{Bus, Kind, Machine, Port, Start};
use crate::parts::Parts;
use keys::Listening;
use stream::Stream;

/// How often we look whether something has happened that nobody tells us.
const TICK: Duration = Duration::from_millis(100);
/// How long a guest in trouble may go on talking, so that its last lines are whole.
const LAST_WORDS: Duration = Duration::from_secs(3);
/// How long outputs may take to end when the command has ended.
const DRAIN: Duration = Duration::from_secs(10);
/// How long a guest whose disk is kept may take to go down.
const SHUTDOWN: Duration = Duration::from_secs(120);
/// How long QEMU may take to end when asked to.
const PATIENCE: Duration = Duration::from_secs(5);
/// Memory that a kernel needs besides itself and its initial RAM disk, in MiB.
const BESIDES: u64 = 32;

/// What is to be run, and how.
#[derive(Debug)]
pub struct Order {
    /// The kind of machine.
    pub kind: &'static Kind,
    /// The QEMU that is it: a name, or a path.
    pub program: PathBuf,
    /// Whether this machine's own processor runs the guest.
    pub accelerated: bool,
    /// Its memory in MiB.
    pub memory: u64,
    /// How many processors it has.
    pub processors: u32,
    /// The disk.
    pub disk: PathBuf,
    /// What it hangs on.
    pub bus: Bus,
    /// Further disks.
    pub further: Vec<PathBuf>,
    /// Whether what the guest writes goes to the disks themselves.
    pub keep: bool,
    /// How it begins.
    pub boot: Boot,
    /// What it is to do.
    pub task: Task,
    /// A port of this machine for the guest's secure shell, and the keys.
    pub secure_shell: Option<(u16, Keys)>,
    /// How long all of it may take.
    pub time: Option<Duration>,
}

/// How a guest begins.
#[derive(Debug)]
pub enum Boot {
    /// With this kernel, and with access for this run.
    Kernel {
        /// The kernel, its initial RAM disk and its command line.
        parts: Parts,
        /// What this run adds to the command line.
        append: Option<String>,
    },
    /// By its firmware, as it would anywhere.
    Firmware(Firmware),
}

/// What a guest is to do.
#[derive(Clone, Debug)]
pub enum Task {
    /// To be there for whoever sits at its console.
    Console(Seat),
    /// To run a command.
    Command(Command),
    /// To say this on its console.
    Expect(String),
}

/// Who sits at the console.
#[derive(Clone, Debug)]
pub enum Seat {
    /// A person at a terminal of this kind.
    Person {
        /// The terminal.
        terminal: String,
    },
    /// A program, or nobody.
    Program,
}

/// Where what the guest says goes.
pub struct Streams<'a> {
    /// The console, if somebody wants to see it as it comes.
    pub console: Option<&'a mut dyn Write>,
    /// What the command writes to standard output.
    pub output: &'a mut dyn Write,
    /// What the command writes to standard error.
    pub errors: &'a mut dyn Write,
    /// The console once more, for a file.
    pub log: Option<Fresh>,
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// How it ended.
    pub end: End,
    /// When the guest had come so far that its task began, or was done.
    pub ready: Option<Duration>,
    /// How long all of it took.
    pub took: Duration,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The command ended with this code.
    Exited(u8),
    /// What was expected has been seen.
    Seen,
    /// The guest went down by itself.
    Down,
    /// The person left it.
    Left,
}

/// One thing that was heard.
enum Heard {
    Console(Vec<u8>),
    Control(Vec<u8>),
    Output(Vec<u8>),
    Errors(Vec<u8>),
}

/// From which way it was heard.
type Hear = fn(Vec<u8>) -> Heard;

/// Runs a guest until it has done what it is to do.
///
/// # Errors
/// If the machine cannot be started, or the guest does not do it.
pub fn run(order: &Order, streams: Streams<'_>, events: &Sink) -> Result<Finished, TrialError> {
    check_memory(order)?;
    let mut program = Program::new(&order.program);
    let (console, descriptor) = program.channel().map_err(|error| failed(order, &error))?;
    let (machine, ways) =
        plug(order, &mut program, descriptor).map_err(|error| failed(order, &error))?;
    program.arguments(machine.arguments());
    let running = program.start().map_err(|error| not_started(order, error))?;
    let (left, over) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|scope| {
        let (sender, heard) = sync_channel(64);
        for (way, hear) in ways.outward {
            let sender = sender.clone();
            scope.spawn(move || listen(way, hear, &sender));
        }
        let keyboard = console.try_clone().map_err(|error| failed(order, &error))?;
        scope.spawn(move || listen(console, Heard::Console, &sender));
        match (&order.task, ways.input) {
            (Task::Console(seat), _) => {
                let escapes = matches!(seat, Seat::Person { .. });
                let listening = Listening::new(&left, &over);
                scope.spawn(move || keys::pass(keyboard, &listening.escaping(escapes)));
            }
            (Task::Command(command), Some(input)) if command.input => {
                let listening = Listening::new(&left, &over);
                scope.spawn(move || keys::pass(input, &listening.ending()));
            }
            _ => {}
        }
        // Dropping it ends QEMU, and so the threads.
        let finished = Session::new(order, running, streams, events, &left).go(&heard);
        over.store(true, Ordering::Relaxed);
        drop(heard);
        finished
    })
}

/// The ways between us and the guest besides the console.
#[derive(Default)]
struct Ways {
    outward: Vec<(UnixStream, Hear)>,
    input: Option<UnixStream>,
}

/// Plugs together the machine: everything that QEMU gets of us, by its numbers there.
fn plug(order: &Order, program: &mut Program, console: i32) -> io::Result<(Machine, Ways)> {
    let mut ways = Ways::default();
    let mut ports = Vec::new();
    if let Task::Command(_) = order.task {
        let kinds: [Option<Hear>; 4] = [
            Some(Heard::Control),
            Some(Heard::Output),
            Some(Heard::Errors),
            None,
        ];
        for (place, (name, kind)) in PORTS.into_iter().zip(kinds).enumerate() {
            let (way, descriptor) = program.channel()?;
            let mut port = Port {
                name,
                descriptor,
                line: None,
            };
            match kind {
                Some(hear) => {
                    ways.outward.push((way, hear));
                    if place < order.kind.lines().len() {
                        let (way, descriptor) = program.channel()?;
                        port.line = Some(descriptor);
                        ways.outward.push((way, hear));
                    }
                }
                None => ways.input = Some(way),
            }
            ports.push(port);
        }
    }
    let machine = Machine {
        kind: order.kind,
        accelerated: order.accelerated,
        memory: order.memory,
        processors: order.processors,
        disk: order.disk.display().to_string(),
        bus: order.bus,
        further: order
            .further
            .iter()
            .map(|path| path.display().to_string())
            .collect(),
        keep: order.keep,
        start: start(order, program)?,
        console,
        ports,
        forward: order
            .secure_shell
            .as_ref()
            .map(|(port, _)| (*port, SECURE_SHELL)),
    };
    Ok((machine, ways))
}

/// What the machine begins with, as files that QEMU alone can see.
fn start(order: &Order, program: &mut Program) -> io::Result<Start> {
    match &order.boot {
        Boot::Kernel { parts, append } => {
            let padding = [0; 4];
            let odd = parts.initrd.len() % 4;
            let archive = access(order).map_or(Ok(Vec::new()), |access| access.archive())?;
            Ok(Start::Kernel {
                kernel: program.memory_file("kernel", &[&parts.kernel])?,
                initrd: program.memory_file(
                    "initrd",
                    // The kernel looks for a further archive at multiples of four bytes.
                    &[&parts.initrd, &padding[..(4 - odd) % 4], &archive],
                )?,
                command_line: command_line(order, &parts.command_line, append.as_deref()),
            })
        }
        Boot::Firmware(firmware) => {
            let variables = std::fs::read(&firmware.variables)?;
            Ok(Start::Firmware {
                code: firmware.code.display().to_string(),
                variables: program.memory_file("variables", &[&variables])?,
            })
        }
    }
}

/// What the guest is given, if anything.
fn access(order: &Order) -> Option<Access> {
    let mut access = Access {
        secure_shell: order.secure_shell.as_ref().map(|(_, keys)| keys.clone()),
        ..Access::default()
    };
    match &order.task {
        Task::Console(seat) => {
            let (size, terminal) = match seat {
                Seat::Person { terminal } => (formwork_sys::terminal::size(), terminal.clone()),
                Seat::Program => (None, "dumb".to_owned()),
            };
            access.console = Some(Shell {
                line: order.kind.console.to_owned(),
                size,
                terminal,
            });
        }
        Task::Command(command) => access.command = Some(command.clone()),
        Task::Expect(_) if access.secure_shell.is_none() => return None,
        Task::Expect(_) => {}
    }
    Some(access)
}

/// The image's own command line, what the person adds, and what makes a run end that nobody watches.
fn command_line(order: &Order, own: &str, append: Option<&str>) -> String {
    let own = match append {
        Some(words) => format!("{own} {words}"),
        None => own.to_owned(),
    };
    let mut line = own.clone();
    let has = |name: &str| own.split_whitespace().any(|word| word.starts_with(name));
    let console = format!("console={}", order.kind.console);
    if !has(&console) {
        line.push_str(&format!(" {console},115200"));
    }
    if !matches!(order.task, Task::Console(_)) && !has("panic=") {
        line.push_str(" panic=-1");
    }
    // Where the processor is emulated and this machine is busy the ticks may come late, and the
    // kernel would take its clock for broken.
    if order.kind.architecture == "amd64" && !order.accelerated {
        line.push_str(" no_timer_check");
    }
    line.trim().to_owned()
}

fn check_memory(order: &Order) -> Result<(), TrialError> {
    let Boot::Kernel { parts, .. } = &order.boot else {
        return Ok(());
    };
    let size = (parts.kernel.len() + parts.initrd.len()) as u64 >> 20;
    if size + BESIDES > order.memory {
        return Err(TrialError::Memory {
            parts: size,
            memory: order.memory,
        });
    }
    Ok(())
}

fn failed(order: &Order, error: &io::Error) -> TrialError {
    TrialError::Machine {
        program: order.program.display().to_string(),
        message: error.to_string(),
    }
}

fn not_started(order: &Order, error: CommandError) -> TrialError {
    match error {
        CommandError::Missing { program } => TrialError::Missing {
            what: program,
            package: order.kind.package,
        },
        other => TrialError::Machine {
            program: order.program.display().to_string(),
            message: other.to_string(),
        },
    }
}

/// Hands on what comes out of a way until it ends.
fn listen(mut way: UnixStream, hear: Hear, sender: &SyncSender<Heard>) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = way.read(&mut buffer) {
        if sender.send(hear(buffer[..count].to_vec())).is_err() {
            return;
        }
    }
}

/// A run under way.
struct Session<'a, 's> {
    order: &'a Order,
    running: Running,
    streams: Streams<'s>,
    events: &'a Sink,
    left: &'a AtomicBool,
    begun: Instant,
    ready: Option<Duration>,
    console: Console,
    control: Vec<u8>,
    output: Stream,
    errors: Stream,
    /// The code of the command, and when it was told.
    code: Option<(u8, Instant)>,
    failed: Option<String>,
    seen: bool,
    /// When we noticed that the guest is in trouble.
    trouble: Option<Instant>,
    told: Instant,
    warned: bool,
}

impl<'a, 's> Session<'a, 's> {
    fn new(
        order: &'a Order,
        running: Running,
        streams: Streams<'s>,
        events: &'a Sink,
        left: &'a AtomicBool,
    ) -> Session<'a, 's> {
        let end = match &order.task {
            Task::Command(command) => command.end.as_str(),
            _ => "",
        };
        Session {
            order,
            running,
            streams,
            events,
            left,
            begun: Instant::now(),
            ready: None,
            console: Console::default(),
            control: Vec::new(),
            output: Stream::new(end),
            errors: Stream::new(end),
            code: None,
            failed: None,
            seen: false,
            trouble: None,
            told: Instant::now(),
            warned: false,
        }
    }

    /// Listens until the task is done, or cannot be done any more.
    fn go(&mut self, heard: &Receiver<Heard>) -> Result<Finished, TrialError> {
        self.tell(Event::Started {
            phase: Phase::Boot,
            unit: Unit::Items,
            total: None,
        });
        let end = self.follow(heard);
        let took = self.begun.elapsed();
        let patience = if self.order.keep { SHUTDOWN } else { PATIENCE };
        match &end {
            // Its disk is thrown away, so nobody has to close it with care.
            Ok(End::Exited(_) | End::Seen) if !self.order.keep => {}
            _ => self.running.end(patience),
        }
        if let Some(log) = self.streams.log.take() {
            log.finish()?;
        }
        let end = end?;
        Ok(Finished {
            end,
            ready: self.ready,
            took,
        })
    }

    fn follow(&mut self, heard: &Receiver<Heard>) -> Result<End, TrialError> {
        loop {
            match heard.recv_timeout(TICK) {
                Ok(Heard::Console(bytes)) => self.hear_console(&bytes)?,
                Ok(Heard::Control(bytes)) => self.hear_control(&bytes),
                Ok(Heard::Output(bytes)) => {
                    self.output
                        .take(&bytes, self.streams.output)
                        .map_err(TrialError::Output)?;
                }
                Ok(Heard::Errors(bytes)) => {
                    self.errors
                        .take(&bytes, self.streams.errors)
                        .map_err(TrialError::Output)?;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.over(),
            }
            if let Some(end) = self.done()? {
                return Ok(end);
            }
        }
    }

    /// Whether it is time to end.
    fn done(&mut self) -> Result<Option<End>, TrialError> {
        if formwork_sys::signal::interrupted() {
            return Err(TrialError::Interrupted);
        }
        if self.left.load(Ordering::Relaxed) {
            return Ok(Some(End::Left));
        }
        if self.seen {
            return Ok(Some(End::Seen));
        }
        if matches!(self.order.task, Task::Command(_)) && self.console.has_said("no-way") {
            let reason = "the guest cannot run a command: its init is none that we know";
            return Err(self.guest(reason.to_owned()));
        }
        if let Some(reason) = self.failed.take() {
            return Err(self.guest(format!("the guest cannot run the command: {reason}")));
        }
        if let Some((code, when)) = self.code {
            let drained = self.output.is_over() && self.errors.is_over();
            let waits = self.order.keep && when.elapsed() < SHUTDOWN;
            if (drained || when.elapsed() > DRAIN) && !waits {
                return Ok(Some(End::Exited(code)));
            }
            return Ok(None);
        }
        let watched = matches!(self.order.task, Task::Console(_));
        if !watched
            && self
                .trouble
                .is_some_and(|since| since.elapsed() > LAST_WORDS)
        {
            return Err(self.guest(String::new()));
        }
        match self.order.time {
            Some(limit) if self.begun.elapsed() > limit => {
                let console = self.console.last();
                Err(TrialError::late(
                    self.waiting_for(),
                    limit,
                    self.no_access(),
                    console,
                ))
            }
            _ => Ok(None),
        }
    }

    /// QEMU has ended, and with it all that could be heard.
    fn over(&mut self) -> Result<End, TrialError> {
        let code = loop {
            match self.running.ended() {
                Ok(Some(code)) => break code,
                Ok(None) => thread::sleep(TICK),
                Err(_) => break 0,
            }
        };
        if code != 0 {
            return Err(self.broken());
        }
        match (&self.order.task, self.code) {
            (Task::Console(_), _) => Ok(End::Down),
            (_, Some((code, _))) => Ok(End::Exited(code)),
            _ => Err(self.guest(format!(
                "the guest went down while we waited for {}",
                self.waiting_for()
            ))),
        }
    }

    /// QEMU itself has failed.
    fn broken(&self) -> TrialError {
        let errors = self.running.errors();
        if errors.contains("Could not set up host forwarding")
            && let Some((port, _)) = &self.order.secure_shell
        {
            return TrialError::PortTaken(*port);
        }
        let name = self.running.name();
        let lines = errors.lines().filter(|line| !line.trim().is_empty());
        let lines: Vec<&str> = lines
            .map(|line| line.strip_prefix(&format!("{name}: ")).unwrap_or(line))
            .collect();
        TrialError::Machine {
            program: name.to_owned(),
            message: lines.join("; "),
        }
    }

    /// The guest has failed: by the reason that its console tells, else by this one.
    fn guest(&self, otherwise: String) -> TrialError {
        let trouble = self.console.trouble();
        TrialError::Guest {
            reason: trouble.map_or(otherwise, |trouble| trouble.reason.to_owned()),
            hint: match trouble {
                Some(trouble) => trouble.hint.map(str::to_owned),
                None => self.no_access().map(str::to_owned),
            },
            console: self.console.last(),
        }
    }

    /// Why a command cannot begin, if the initial RAM disk has not taken it.
    fn no_access(&self) -> Option<&'static str> {
        let missing = matches!(self.order.task, Task::Command(_))
            && self.ready.is_none()
            && !self.console.has_said("access");
        missing.then_some(
            "its initial RAM disk did not take what this run gave it; that of initramfs-tools does",
        )
    }

    fn waiting_for(&self) -> &str {
        match &self.order.task {
            Task::Console(_) => "you",
            Task::Command(_) if self.ready.is_none() => "its system to come up",
            Task::Command(_) => "the command to end",
            Task::Expect(text) => text.trim(),
        }
    }

    fn hear_console(&mut self, bytes: &[u8]) -> Result<(), TrialError> {
        if let Some(log) = &mut self.streams.log {
            let written = log.write_all(bytes).and_then(|()| log.flush());
            written.map_err(TrialError::Output)?;
        }
        if let Some(console) = &mut self.streams.console {
            let written = console.write_all(bytes).and_then(|()| console.flush());
            written.map_err(TrialError::Output)?;
        }
        let text = match &self.order.task {
            Task::Expect(text) => Some(text.as_str()),
            _ => None,
        };
        if self.console.take(bytes, text) && !self.seen {
            self.seen = true;
            let what = if text == Some("login: ") {
                "login prompt"
            } else {
                "the expected text"
            };
            self.is_ready(what);
        }
        if self.order.secure_shell.is_some() && !self.warned && self.console.has_said("no-sshd") {
            self.warned = true;
            let text = "the image has no sshd, so nobody can get in by --ssh";
            (self.events)(Event::Warning(text.to_owned()));
        }
        if self.trouble.is_none() && self.console.trouble().is_some() {
            self.trouble = Some(Instant::now());
        }
        if self.ready.is_none() && self.told.elapsed() >= TICK {
            self.told = Instant::now();
            self.tell(Event::Advanced {
                phase: Phase::Boot,
                item: self.console.latest().to_owned(),
                done: self.begun.elapsed().as_secs(),
                total: None,
            });
        }
        Ok(())
    }

    fn hear_control(&mut self, bytes: &[u8]) {
        self.control.extend(bytes);
        while let Some(end) = self.control.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.control.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            match line.trim().split_once(' ').unwrap_or((line.trim(), "")) {
                ("ready", _) => self.is_ready("system is up"),
                ("exit", code) => {
                    let code = code.parse().unwrap_or(u8::MAX);
                    self.code = Some((code, Instant::now()));
                }
                ("failed", reason) => self.failed = Some(reason.to_owned()),
                _ => {}
            }
        }
    }

    fn is_ready(&mut self, what: &str) {
        self.ready = Some(self.begun.elapsed());
        let own = if self.order.accelerated {
            "own CPU"
        } else {
            "emulated CPU"
        };
        self.tell(Event::Finished {
            phase: Phase::Boot,
            summary: format!("{what} ({own})"),
        });
    }

    /// Tells how far we are, except to somebody who sees the console itself.
    fn tell(&self, event: Event) {
        if self.streams.console.is_none() {
            (self.events)(event);
        }
    }
}

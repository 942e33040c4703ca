//! However it ends, nothing is left: no process, no mount, no file.

use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use formwork_sys::sandbox::{self, Inside, Order, Program, SandboxError};

use crate::{Test, trees};

pub(crate) const TESTS: &[Test] = &[
    (
        "kill_9_at_any_moment_leaves_nothing",
        kill_9_at_any_moment_leaves_nothing,
    ),
    ("ctrl_c_ends_it_cleanly", ctrl_c_ends_it_cleanly),
    (
        "the_death_of_any_part_is_noticed",
        the_death_of_any_part_is_noticed,
    ),
    (
        "a_panic_outside_takes_the_inside_along",
        a_panic_outside_takes_the_inside_along,
    ),
];

/// How long all may take to be gone.
const PATIENCE: Duration = Duration::from_secs(20);

/// A room that always has something running.
pub(crate) fn busy(inside: &Inside, input: Vec<u8>) -> Result<Vec<u8>, Vec<u8>> {
    let text = String::from_utf8(input).unwrap();
    let (tree, token) = text.split_once(' ').unwrap();
    inside
        .tmpfs(&inside.scratch().join("busy"), 1 << 20)
        .unwrap();
    inside.send(b"begun");
    let script =
        format!("trap '' INT TERM HUP; sleep 4{token} & setsid sleep 5{token} & sleep 0.02");
    let program = Program::new(["/bin/sh", "-c", &script]);
    for _ in 0..10_000 {
        inside
            .run(Path::new(tree), &program, &mut |_| {})
            .map_err(|error| error.to_string().into_bytes())?;
        inside.send(b"once");
    }
    Ok(Vec::new())
}

/// What this program does as the victim of one of these tests.
pub(crate) fn begin(words: &[String]) {
    let [word, tree, token, how] = words else {
        return;
    };
    if word != "--victim" {
        return;
    }
    if how == "listening" {
        formwork_sys::signal::listen();
    }
    let order = Order {
        room: "busy",
        input: format!("{tree} {token}").into_bytes(),
    };
    let mut said = false;
    let answer = sandbox::run(&order, &mut |_| {
        if !said {
            println!("begun");
            said = true;
        }
    });
    println!("{answer:?}");
    let code = match answer {
        Err(SandboxError::Interrupted) => 130,
        Err(_) => 3,
        Ok(_) => 0,
    };
    std::process::exit(code);
}

/// A number of seconds that no other test sleeps.
fn token(number: u32) -> String {
    format!("{:05}.{number:03}", std::process::id() % 100_000)
}

fn victim(token: &str, how: &str) -> Child {
    victim_in(&std::env::temp_dir(), token, how)
}

fn victim_in(temporary: &Path, token: &str, how: &str) -> Child {
    Command::new("env")
        .env("TMPDIR", temporary)
        .env(
            "PATH",
            format!("{}:{}", std::env::var("PATH").unwrap(), mark(token)),
        )
        .arg("--default-signal=INT")
        .arg(std::env::current_exe().unwrap())
        .args(["--victim", trees::shared().to_str().unwrap(), token, how])
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap()
}

/// Waits until the victim's first program runs.
fn wait_until_begun(child: &mut Child) {
    use std::io::Read;
    let mut word = [0; 6];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut word)
        .unwrap();
}

/// A directory that is nowhere; in its PATH an inside bears the mark of its outside.
fn mark(token: &str) -> String {
    format!("/nowhere/{token}")
}

/// The processes that belong to a victim: its insides by their mark, its programs by their token.
fn left(victim: u32, token: &str) -> Vec<(i32, String)> {
    let victim = i32::try_from(victim).unwrap();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(process) = entry.file_name().to_string_lossy().parse::<i32>() else {
            continue;
        };
        let read = |name: &str| {
            let bytes = fs::read(entry.path().join(name)).unwrap_or_default();
            String::from_utf8_lossy(&bytes).replace('\0', " ")
        };
        let line = read("cmdline");
        let inside = line.contains("__inside busy") && read("environ").contains(&mark(token));
        let program = [4, 5].map(|number| format!("sleep {number}{token}"));
        if process != victim && (inside || program.iter().any(|one| line.contains(one))) {
            found.push((process, line));
        }
    }
    found
}

fn assert_nothing_is_left(victim: u32, token: &str) {
    let start = Instant::now();
    loop {
        let left = left(victim, token);
        if left.is_empty() {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "left: {left:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn mounts() -> String {
    fs::read_to_string("/proc/self/mountinfo").unwrap()
}

/// How many files and directories there are below one.
fn files(directory: &Path) -> usize {
    let entries = fs::read_dir(directory).unwrap().flatten();
    let below = |entry: fs::DirEntry| match entry.file_type().unwrap().is_dir() {
        true => 1 + files(&entry.path()),
        false => 1,
    };
    entries.map(below).sum()
}

fn end(mut child: Child) -> (ExitStatus, String) {
    use std::io::Read;
    let start = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(5)),
        }
        assert!(start.elapsed() < PATIENCE, "the victim does not end");
    };
    let mut output = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut output)
        .unwrap();
    (status, output)
}

fn kill_9_at_any_moment_leaves_nothing() {
    let before = (mounts(), files(trees::shared()));
    let temporary = tempfile::tempdir().unwrap();
    let mut seed = 20_261_122_u64;
    for number in 0..50 {
        // A step of a generator (Knuth's numbers): the same moments in every run.
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let moment = Duration::from_micros((seed >> 33) % 80_000);
        let token = token(number);
        let mut child = victim_in(temporary.path(), &token, "deaf");
        std::thread::sleep(moment);
        child.kill().unwrap();
        let status = child.wait().unwrap();
        assert_eq!(
            status.signal(),
            Some(9),
            "after {moment:?} it had ended by itself"
        );
        assert_nothing_is_left(child.id(), &token);
    }
    assert_eq!((mounts(), files(trees::shared())), before);
    assert_eq!(files(temporary.path()), 0);
}

fn ctrl_c_ends_it_cleanly() {
    // Early ones hit it while it is being set up, each a little later.
    for number in 100..=120 {
        let early = number > 100;
        let moment = Duration::from_millis(u64::from(number - 100) * 3);
        let token = token(number);
        let mut child = victim(&token, "listening");
        if early {
            std::thread::sleep(moment);
        } else {
            wait_until_begun(&mut child);
        }
        let group = rustix::process::Pid::from_child(&child);
        if !early {
            // Holder, inside and starter, so that what follows says something.
            assert!(left(child.id(), &token).len() >= 3);
        }
        rustix::process::kill_process_group(group, rustix::process::Signal::INT).unwrap();
        let id = child.id();
        let (status, output) = end(child);
        // Before it listens the signal has its default effect, which is as clean.
        let clean = status.code() == Some(130) && output.ends_with("Err(Interrupted)\n");
        assert!(
            clean || (early && status.signal() == Some(2)),
            "{status} {output}"
        );
        // Nothing is left at the very moment of its end.
        if clean {
            assert_eq!(left(id, &token), []);
        }
        assert_nothing_is_left(id, &token);
    }
}

/// The children of a process.
fn children(process: i32) -> Vec<i32> {
    let path = format!("/proc/{process}/task/{process}/children");
    let text = fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace()
        .map(|word| word.parse().unwrap())
        .collect()
}

fn the_death_of_any_part_is_noticed() {
    // The holder, the inside, the starter, the first process of a program.
    for depth in 1..=4 {
        let token = token(200 + depth);
        let mut child = victim(&token, "deaf");
        wait_until_begun(&mut child);
        let mut process = i32::try_from(child.id()).unwrap();
        let start = Instant::now();
        let mut down = 0;
        while down < depth {
            match children(process).first() {
                Some(next) => {
                    process = *next;
                    down += 1;
                }
                // Between two programs the starter has no child.
                None => assert!(start.elapsed() < PATIENCE, "no child at depth {down}"),
            }
        }
        let killed = rustix::process::kill_process(
            rustix::process::Pid::from_raw(process).unwrap(),
            rustix::process::Signal::KILL,
        );
        // Only a program's first process may have ended in that moment.
        assert!(killed.is_ok() || depth == 4);
        let id = child.id();
        if killed.is_err() {
            child.kill().unwrap();
            child.wait().unwrap();
        } else {
            let (status, output) = end(child);
            // The death of the first two ends the sandbox; a room hears of that of the others.
            let expected = if depth <= 2 { "Err(Died" } else { "Ok(Err(" };
            assert!(output.contains(expected), "{depth}: {status} {output}");
        }
        assert_nothing_is_left(id, &token);
    }
}

fn a_panic_outside_takes_the_inside_along() {
    let token = token(300);
    let before = children(i32::try_from(std::process::id()).unwrap());
    let order = Order {
        room: "busy",
        input: format!("{} {token}", trees::shared().display()).into_bytes(),
    };
    std::panic::set_hook(Box::new(|_| {}));
    let panicked = std::panic::catch_unwind(|| {
        let _answer = sandbox::run(&order, &mut |message| assert_eq!(message, b"begun"));
    });
    let _ours = std::panic::take_hook();
    assert!(panicked.is_err());
    assert_eq!(left(0, &token), []);
    assert_eq!(children(i32::try_from(std::process::id()).unwrap()), before);
}

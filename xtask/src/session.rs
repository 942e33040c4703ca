//! `cargo xtask session`: records a newcomer's first proposal for `docs/proposals-session.md`.
//!
//! The program runs on a terminal of its own, which `script` gives it. A typist answers: a pause
//! to read and think before each answer, then one letter after another at the pace of a slow hand.
//! The times in the record are those of the clock.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::process::Stdio;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use formwork_testkit::env::Home;

use crate::check::{documents, showcase};
use crate::source;

/// Where the record goes.
const PAGE: &str = "docs/proposals-session.md";
/// What a newcomer types, in the order of the questions.
const ANSWERS: &[&str] = &[
    "fail2ban",
    "y",
    "locks out addresses after repeated wrong log-ins",
    "login",
    "1",
    "",
    "lan",
    "",
];
/// How long a newcomer reads and thinks before an answer.
const THINKING: Duration = Duration::from_secs(5);
/// How long a slow hand takes for a letter.
const LETTER: Duration = Duration::from_millis(200);
/// How long the program is silent when it waits for an answer.
const SILENCE: Duration = Duration::from_millis(600);
/// What the record must stay below.
const LIMIT: Duration = Duration::from_secs(120);

/// Records the session and writes the page.
pub(crate) fn record() -> Result<bool, String> {
    let program = documents::formwork()?.display().to_string();
    let archive = showcase::archive();
    let mut home = Home::new();
    home.set("FORMWORK_MIRROR", &archive.url());
    home.set("TERM", "dumb");
    let rules = "\n[review.groups.core]\nmembers = [\"anna\"]\n";
    home.write("formwork.toml", &(showcase::project(&archive) + rules));
    home.write("images/minimal.toml", showcase::IMAGE);
    let _ = home.run(&program, &["show", "libc6", "--quiet"]).exits(0);
    let _ = home.run("git", &["init", "--quiet"]).exits(0);
    let _ = home.run("git", &["config", "user.name", "anna"]).exits(0);
    let start = Instant::now();
    let lines = converse(&home, &format!("{program} propose new"), start)?;
    let took = start.elapsed();
    if took > LIMIT {
        return Err(format!("it took {} s", took.as_secs()));
    }
    let file = home.read("proposals/0001-fail2ban.toml");
    let page = page(&lines, took, &file);
    let path = source::root().join(PAGE);
    std::fs::write(&path, page).map_err(|error| format!("{PAGE}: {error}"))?;
    println!("{PAGE}: {} s", took.as_secs());
    Ok(true)
}

/// Lets the typist answer, and returns what was seen, each line with its second.
fn converse(home: &Home, command: &str, start: Instant) -> Result<Vec<(u64, String)>, String> {
    let mut child = home
        .command("script")
        .args(["-qefc", command, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("script: {error}"))?;
    let mut keyboard = child.stdin.take().ok_or("no keyboard")?;
    let screen = watch(child.stdout.take().ok_or("no screen")?);
    let mut seen = Seen::default();
    for answer in ANSWERS {
        seen.until_silent(&screen, start);
        thread::sleep(THINKING);
        for letter in answer.chars().chain(['\n']) {
            let mut bytes = [0; 4];
            let typed = keyboard.write_all(letter.encode_utf8(&mut bytes).as_bytes());
            typed
                .and_then(|()| keyboard.flush())
                .map_err(|error| format!("the program went away: {error}"))?;
            thread::sleep(LETTER);
        }
    }
    while let Ok(text) = screen.recv() {
        seen.add(&text, start);
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    if status.success() {
        Ok(seen.lines)
    } else {
        Err(format!("{status}:\n{:?}", seen.lines))
    }
}

/// Hands on what a terminal shows as it comes.
fn watch(mut screen: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(length @ 1..) = screen.read(&mut bytes) {
            let text = String::from_utf8_lossy(&bytes[..length]).replace('\r', "");
            if sender.send(text).is_err() {
                break;
            }
        }
    });
    receiver
}

/// What the terminal has shown.
#[derive(Default)]
struct Seen {
    lines: Vec<(u64, String)>,
    begun: bool,
}

impl Seen {
    /// Takes what comes until nothing more does.
    fn until_silent(&mut self, screen: &Receiver<String>, start: Instant) {
        while let Ok(text) = screen.recv_timeout(SILENCE) {
            self.add(&text, start);
        }
    }

    /// Adds what was shown just now; a line bears the second in which it began.
    fn add(&mut self, text: &str, start: Instant) {
        for part in text.split_inclusive('\n') {
            if !self.begun {
                self.lines.push((start.elapsed().as_secs(), String::new()));
            }
            if let Some((_, line)) = self.lines.last_mut() {
                line.push_str(part.trim_end_matches('\n'));
            }
            self.begun = !part.ends_with('\n');
        }
    }
}

/// The page with the record.
fn page(lines: &[(u64, String)], took: Duration, file: &str) -> String {
    let mut text = format!(
        "# A first proposal, recorded\n\n\
         A newcomer proposes one package without having read a page: {} seconds on a real terminal, \
         with five seconds of thought before each answer and five letters a second. The seconds stand \
         in front. `cargo xtask session` records it anew, on the small archive that all pages of \
         `docs` use.\n\n```text\n      $ formwork propose new\n",
        took.as_secs()
    );
    for (second, line) in lines {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", format!("{second:>3} s  {line}").trim_end());
    }
    let _ = write!(
        text,
        "```\n\nWhat was written:\n\n```toml\n{file}```\n\nWhat comes next: [proposals.md](proposals.md).\n"
    );
    text
}

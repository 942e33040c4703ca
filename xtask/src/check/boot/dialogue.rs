//! A talk with a guest over its console: one waits for what it says and types an answer.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::rootfs::place::succeed;

/// A guest at whose console we sit.
pub(super) struct Dialogue {
    child: Child,
    heard: Receiver<Vec<u8>>,
    text: String,
    /// Up to here all has been looked at.
    read: usize,
}

impl Dialogue {
    /// Starts a program that gives us a console by its standard streams.
    pub(super) fn start(command: &mut Command) -> Result<Dialogue, String> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .map_err(|error| format!("cannot start a guest: {error}"))?;
        let mut console = child.stdout.take().ok_or("the guest has no console")?;
        let (sender, heard) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = console.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Ok(Dialogue {
            child,
            heard,
            text: String::new(),
            read: 0,
        })
    }

    /// Waits until the guest says this; gives what it said before.
    pub(super) fn expect(&mut self, what: &str, time: Duration) -> Result<String, String> {
        let begun = Instant::now();
        loop {
            if let Some(place) = self.text[self.read..].find(what) {
                let before = self.text[self.read..self.read + place].to_owned();
                self.read += place + what.len();
                return Ok(before);
            }
            let left = time.checked_sub(begun.elapsed()).unwrap_or_default();
            match self.heard.recv_timeout(left) {
                Ok(bytes) => self.text.push_str(&String::from_utf8_lossy(&bytes)),
                Err(_) => {
                    let lines: Vec<&str> = self.text.lines().collect();
                    let last = lines[lines.len().saturating_sub(20)..].join("\n  ");
                    return Err(format!("the guest did not say {what:?}:\n  {last}"));
                }
            }
        }
    }

    /// Does as Ctrl-C does where no terminal hands it to the guest; gives the exit code.
    pub(super) fn interrupt(&mut self) -> Result<i32, String> {
        let number = self.child.id().to_string();
        succeed(Command::new("kill").args(["-s", "INT", &number]))?;
        let status = self.child.wait().map_err(|error| error.to_string())?;
        Ok(status.code().unwrap_or(-1))
    }

    /// Types a line.
    pub(super) fn say(&mut self, line: &str) -> Result<(), String> {
        let keyboard = self.child.stdin.as_mut().ok_or("the guest hears nothing")?;
        writeln!(keyboard, "{line}")
            .and_then(|()| keyboard.flush())
            .map_err(|error| format!("the guest does not hear: {error}"))
    }
}

impl Drop for Dialogue {
    fn drop(&mut self) {
        // A guest that went down by itself cannot be ended, and need not be.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

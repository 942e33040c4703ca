//! Watching a program from the inside: its output, its input, its limits and its end.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::process::Signal;

use super::error::Step;
use super::program::Report;
use super::starter::Running;
use super::{Ended, Program, SandboxError, descriptors};

/// How much of the end of the output is kept.
const TAIL_BYTES: usize = 8 << 10;
const TAIL_LINES: usize = 40;

/// Which limit a program has passed.
#[derive(Clone, Copy)]
enum Limit {
    Time,
    Silence,
    Output,
}

/// A program under watch.
struct Watch<'a> {
    program: &'a Program,
    output: Option<OwnedFd>,
    input: Option<OwnedFd>,
    process: OwnedFd,
    written: usize,
    seen: u64,
    tail: Vec<u8>,
    start: Instant,
    heard: Instant,
    passed: Option<Limit>,
}

/// Waits until a program and all that it started have ended.
pub(super) fn to_the_end(
    running: Running,
    program: &Program,
    on_output: &mut dyn FnMut(&[u8]),
) -> Result<Ended, SandboxError> {
    let now = Instant::now();
    let mut watch = Watch {
        program,
        output: Some(running.output),
        input: running.input,
        process: running.process,
        written: 0,
        seen: 0,
        tail: Vec::new(),
        start: now,
        heard: now,
        passed: None,
    };
    watch.look_on(on_output).step("watch a program")?;
    // All who could write to it have ended: it is there, or it never comes.
    let (word, _) = descriptors::receive(&running.report).step("watch a program")?;
    watch.judge(Report::read(&word))
}

impl Watch<'_> {
    /// Moves bytes until the process has ended and all its output is read.
    fn look_on(&mut self, on_output: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        let mut buffer = vec![0; 64 << 10];
        let mut ended = false;
        while !ended || self.output.is_some() {
            self.judge_time()?;
            let (mut output, mut input) = (false, false);
            let mut polled = vec![PollFd::new(&self.process, PollFlags::IN)];
            if let Some(pipe) = &self.output {
                polled.push(PollFd::new(pipe, PollFlags::IN));
            }
            if let Some(pipe) = &self.input {
                polled.push(PollFd::new(pipe, PollFlags::OUT));
            }
            let left = (!ended).then(|| self.left());
            match rustix::event::poll(&mut polled, left.as_ref()) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            let mut answers = polled.iter().map(|one| !one.revents().is_empty());
            ended |= answers.next().unwrap_or(false);
            if self.output.is_some() {
                output = answers.next().unwrap_or(false);
            }
            if self.input.is_some() {
                input = answers.next().unwrap_or(false);
            }
            drop(polled);
            if output {
                self.read(&mut buffer, on_output)?;
            }
            if input {
                self.write();
            }
        }
        Ok(())
    }

    /// How long until a limit may be passed.
    fn left(&self) -> Timespec {
        let limits = &self.program.limits;
        let total = limits.time.saturating_sub(self.start.elapsed());
        let silent = limits.silence.saturating_sub(self.heard.elapsed());
        let left = if self.passed.is_some() {
            Duration::from_secs(1)
        } else {
            total.min(silent)
        };
        let left = left.min(Duration::from_secs(3600)) + Duration::from_millis(1);
        Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(3600),
            tv_nsec: left.subsec_nanos().into(),
        }
    }

    fn judge_time(&mut self) -> io::Result<()> {
        let limits = &self.program.limits;
        if self.start.elapsed() >= limits.time {
            self.stop(Limit::Time)?;
        } else if self.heard.elapsed() >= limits.silence {
            self.stop(Limit::Silence)?;
        }
        Ok(())
    }

    /// Kills the program and all that it started, for the first limit that it passes.
    fn stop(&mut self, limit: Limit) -> io::Result<()> {
        if self.passed.is_some() {
            return Ok(());
        }
        self.passed = Some(limit);
        match rustix::process::pidfd_send_signal(&self.process, Signal::KILL) {
            // It has just ended by itself.
            Ok(()) | Err(Errno::SRCH) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn read(&mut self, buffer: &mut [u8], on_output: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        let Some(pipe) = &self.output else {
            return Ok(());
        };
        let count = match rustix::io::read(pipe.as_fd(), &mut *buffer) {
            Ok(count) => count,
            Err(Errno::INTR | Errno::AGAIN) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        if count == 0 {
            self.output = None;
            return Ok(());
        }
        if self.passed.is_some() {
            return Ok(());
        }
        self.heard = Instant::now();
        let allowed = self.program.limits.output.saturating_sub(self.seen);
        let allowed = usize::try_from(allowed).unwrap_or(usize::MAX).min(count);
        let bytes = &buffer[..allowed];
        self.seen += count as u64;
        self.tail.extend_from_slice(bytes);
        if self.tail.len() > 2 * TAIL_BYTES {
            self.tail.drain(..self.tail.len() - TAIL_BYTES);
        }
        on_output(bytes);
        if allowed < count {
            self.stop(Limit::Output)?;
        }
        Ok(())
    }

    /// Writes what the program will take of its input.
    fn write(&mut self) {
        let rest = &self.program.input[self.written..];
        let Some(pipe) = &self.input else {
            return;
        };
        match rustix::io::write(pipe, rest) {
            Ok(count) if count < rest.len() => self.written += count,
            Err(Errno::INTR | Errno::AGAIN) => {}
            // All is written, or the program reads no more: no failure.
            Ok(_) | Err(_) => self.input = None,
        }
    }

    /// Says how it went.
    fn judge(self, report: Option<Report>) -> Result<Ended, SandboxError> {
        let tail = last_lines(&self.tail);
        let program = self.program.name();
        let limits = &self.program.limits;
        match self.passed {
            Some(Limit::Time) => {
                return Err(SandboxError::TimedOut {
                    program,
                    limit: limits.time,
                    tail,
                });
            }
            Some(Limit::Silence) => {
                return Err(SandboxError::Silent {
                    program,
                    limit: limits.silence,
                    tail,
                });
            }
            Some(Limit::Output) => {
                return Err(SandboxError::TooMuchOutput {
                    program,
                    limit: limits.output,
                    tail,
                });
            }
            None => {}
        }
        match report {
            Some(Report::Ended { code, strays }) => Ok(Ended { code, tail, strays }),
            Some(Report::NotStarted(errno)) => Err(SandboxError::NotStarted {
                program,
                source: io::Error::from_raw_os_error(errno),
            }),
            Some(Report::Failed(step, errno)) => Err(SandboxError::Step {
                step,
                source: io::Error::from_raw_os_error(errno),
            }),
            None => Err(SandboxError::Died {
                how: format!("while {program} ran in it; was memory short?"),
                tail,
            }),
        }
    }
}

/// The last lines of what a program wrote, as text.
pub(super) fn last_lines(bytes: &[u8]) -> String {
    let from = bytes.len().saturating_sub(TAIL_BYTES);
    let text = String::from_utf8_lossy(&bytes[from..]);
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.len().saturating_sub(TAIL_LINES);
    lines[from..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_the_last_lines() {
        assert_eq!(last_lines(b""), "");
        assert_eq!(last_lines(b"one\ntwo\n"), "one\ntwo");
        let many: String = (0..1000).map(|number| format!("line {number}\n")).collect();
        let tail = last_lines(many.as_bytes());
        assert_eq!(tail.lines().count(), TAIL_LINES);
        assert!(
            tail.starts_with("line 960\n") && tail.ends_with("line 999"),
            "{tail}"
        );
        assert!(last_lines(&[0xff; 100_000]).len() <= 3 * TAIL_BYTES);
    }
}

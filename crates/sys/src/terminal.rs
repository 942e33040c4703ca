//! The terminal that a person sits at, while it belongs to a guest: every key goes there as it is.

use std::io;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

/// A terminal in raw mode; dropping it brings back what was.
#[derive(Debug)]
pub struct Raw {
    before: Termios,
}

/// What came of waiting for input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// So many bytes were read.
    Bytes(usize),
    /// Nothing came in time.
    Nothing,
    /// Nothing will ever come.
    End,
}

impl Raw {
    /// Puts the terminal at standard input into raw mode.
    ///
    /// # Errors
    /// If standard input is no terminal.
    pub fn enter() -> io::Result<Raw> {
        let before = tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        // What we say ourselves shall still begin at the left.
        raw.output_modes = before.output_modes;
        tcsetattr(io::stdin(), OptionalActions::Drain, &raw)?;
        Ok(Raw { before })
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // Nothing helps if the terminal has gone away.
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.before);
    }
}

/// Rows and columns of the terminal at standard input, if it is one and knows.
#[must_use]
pub fn size() -> Option<(u16, u16)> {
    let size = tcgetwinsize(io::stdin()).ok()?;
    (size.ws_row > 0 && size.ws_col > 0).then_some((size.ws_row, size.ws_col))
}

/// Waits a while for standard input and reads what is there.
///
/// # Errors
/// If it cannot be read.
pub fn read_input(buffer: &mut [u8], patience: Duration) -> io::Result<Input> {
    let input = io::stdin();
    let wait = Timespec::try_from(patience).unwrap_or(Timespec {
        tv_sec: 1,
        tv_nsec: 0,
    });
    let mut watched = [PollFd::new(&input, PollFlags::IN)];
    match poll(&mut watched, Some(&wait)) {
        Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(Input::Nothing),
        Ok(_) => {}
        Err(error) => return Err(error.into()),
    }
    match rustix::io::read(input, buffer) {
        Ok(0) => Ok(Input::End),
        Ok(count) => Ok(Input::Bytes(count)),
        Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => Ok(Input::Nothing),
        // A terminal that was hung up, or that we may not read from the background.
        Err(rustix::io::Errno::IO) => Ok(Input::End),
        Err(error) => Err(error.into()),
    }
}

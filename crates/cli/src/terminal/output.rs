//! Results go to standard output through one writer that may fail.
//!
//! `println!` panics when the reader has closed the pipe (`formwork … | head`). Here a closed
//! pipe is a quiet end, and any other failure (a full disk) is an error with its own words.

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};

use serde::Serialize;

use super::style::{self, Style};

/// Why a result could not be written.
#[derive(Debug)]
pub(crate) enum OutputError {
    /// The reader has gone away: nothing more to do, and nothing to complain of.
    Closed,
    /// The result could not be written.
    Failed(io::Error),
}

impl From<io::Error> for OutputError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            OutputError::Closed
        } else {
            OutputError::Failed(error)
        }
    }
}

/// Standard output, buffered.
pub(crate) struct Output {
    writer: BufWriter<StdoutLock<'static>>,
    style: Style,
    width: Option<usize>,
}

impl Output {
    /// Opens standard output and finds out whether a terminal reads it.
    pub(crate) fn standard() -> Self {
        let stdout = io::stdout();
        let terminal = stdout.is_terminal();
        Output {
            width: terminal.then(|| super::width_of(&stdout).unwrap_or(80)),
            style: Style::new(style::wanted(terminal)),
            writer: BufWriter::with_capacity(64 * 1024, stdout.lock()),
        }
    }

    /// The colours of this stream, if it has any.
    pub(crate) fn style(&self) -> Style {
        self.style
    }

    /// Whether a terminal reads it.
    pub(crate) fn is_terminal(&self) -> bool {
        self.width.is_some()
    }

    /// Takes bytes that are no text of ours, such as what a guest says.
    pub(crate) fn bytes(&mut self) -> &mut dyn Write {
        &mut self.writer
    }

    /// The terminal's width; none for a pipe or file, which gets everything in full.
    pub(crate) fn width(&self) -> Option<usize> {
        self.width
    }

    /// Writes one line.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), OutputError> {
        self.writer.write_all(text.as_bytes())?;
        self.writer.write_all(b"\n")?;
        Ok(())
    }

    /// Writes text that brings its own line ends.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), OutputError> {
        Ok(self.writer.write_all(text.as_bytes())?)
    }

    /// Writes one document as JSON, two spaces a level, with a line end.
    pub(crate) fn json(&mut self, document: &impl Serialize) -> Result<(), OutputError> {
        serde_json::to_writer_pretty(&mut self.writer, document).map_err(io::Error::from)?;
        Ok(self.writer.write_all(b"\n")?)
    }

    /// Hands everything to the reader; what this returns decides how the program ends.
    pub(crate) fn finish(&mut self) -> Result<(), OutputError> {
        Ok(self.writer.flush()?)
    }
}

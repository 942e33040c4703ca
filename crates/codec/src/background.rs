//! A reader that works ahead in a thread of its own.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

/// How much is handed over at once; small enough to stay in a processor's own cache.
const CHUNK: usize = 128 * 1024;
/// How many chunks may wait.
const AHEAD: usize = 8;

/// What the thread has read, in order.
pub(super) struct Background {
    chunks: Receiver<io::Result<Vec<u8>>>,
    /// Where memory that has been read goes back to.
    spare: Sender<Vec<u8>>,
    current: Vec<u8>,
    position: usize,
    ended: bool,
}

impl Background {
    /// Begins to read ahead.
    pub(super) fn start(reader: impl Read + Send + 'static) -> Self {
        let (sender, chunks) = sync_channel(AHEAD);
        let (spare, spares) = channel();
        std::thread::spawn(move || read_ahead(reader, &sender, &spares));
        Self {
            chunks,
            spare,
            current: Vec::new(),
            position: 0,
            ended: false,
        }
    }
}

fn read_ahead(
    mut reader: impl Read,
    sender: &SyncSender<io::Result<Vec<u8>>>,
    spares: &Receiver<Vec<u8>>,
) {
    loop {
        let mut chunk = spares.try_recv().unwrap_or_default();
        chunk.clear();
        chunk.reserve(CHUNK);
        let result = (&mut reader).take(CHUNK as u64).read_to_end(&mut chunk);
        let last = chunk.is_empty() || result.is_err();
        // What came before a failure goes out first. Nobody listening means: stop.
        let gone = (!chunk.is_empty() || result.is_ok()) && sender.send(Ok(chunk)).is_err();
        if let Err(error) = result {
            let _ = sender.send(Err(error));
        }
        if last || gone {
            return;
        }
    }
}

impl Read for Background {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position == self.current.len() {
            if self.ended {
                return Ok(0);
            }
            // A thread that ended without a last word has panicked.
            let lost = || Err(io::Error::other("the unpacking thread ended early"));
            match self.chunks.recv().unwrap_or_else(|_| lost()) {
                Ok(chunk) => {
                    // At the end nobody wants it any more.
                    let _ = self.spare.send(std::mem::replace(&mut self.current, chunk));
                }
                Err(error) => {
                    self.ended = true;
                    self.current = Vec::new();
                    self.position = 0;
                    return Err(error);
                }
            }
            self.position = 0;
            self.ended = self.current.is_empty();
        }
        let rest = &self.current[self.position..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.position += count;
        Ok(count)
    }
}

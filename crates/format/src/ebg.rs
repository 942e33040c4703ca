//! The environment of EFI Boot Guard: what a configuration partition says of what to start.
//!
//! `BGENV.DAT` is one packed structure of little-endian numbers: the path of the kernel and its
//! parameters (255 UTF-16 units each), whether an update is being written, the state of the
//! update, the seconds of the watchdog, the revision, 128 KiB of variables of the user, and a
//! CRC-32 over all before it. The loader takes the valid one with the highest revision.
//! `EFILABEL` beside it holds the name, in UTF-16, by which a path `C:NAME:FILE` means the
//! partition.

/// The file of the environment.
pub const FILE: &str = "BGENV.DAT";
/// The file of the name of the partition.
pub const LABEL_FILE: &str = "EFILABEL";
/// Bytes of an environment.
pub const SIZE: usize = 132_104;

const UNITS: usize = 255;
const PARAMETERS: usize = 2 * UNITS;
const IN_PROGRESS: usize = 4 * UNITS;
const STATE: usize = IN_PROGRESS + 1;
const WATCHDOG: usize = STATE + 1;
const REVISION: usize = WATCHDOG + 2;
const SUM: usize = SIZE - 4;

/// How far an update has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is confirmed.
    Ok,
    /// It is written and was never started.
    Installed,
    /// It was started and is not confirmed.
    Testing,
    /// It did not start.
    Failed,
    /// Nobody knows.
    Unknown,
}

/// What a configuration partition says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// The kernel, as `C:LABEL:FILE`.
    pub kernel: String,
    /// Its parameters; a unified kernel image has its own.
    pub parameters: String,
    /// Whether an update is being written.
    pub in_progress: bool,
    /// How far the last update has come.
    pub state: State,
    /// Seconds until the watchdog resets; 0 for never.
    pub watchdog: u16,
    /// The higher one is started.
    pub revision: u32,
}

/// What is wrong with an environment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EbgError {
    /// A text is too long.
    #[error("`{0}` is longer than the 254 characters that EFI Boot Guard has room for")]
    TooLong(String),
    /// It has another size.
    #[error("an environment of EFI Boot Guard has 132104 bytes, not {0}")]
    Size(usize),
    /// Its sum does not fit.
    #[error("the checksum of the environment does not fit")]
    Checksum,
}

impl Environment {
    /// The bytes of `BGENV.DAT`.
    ///
    /// # Errors
    /// If a text is too long.
    pub fn encode(&self) -> Result<Vec<u8>, EbgError> {
        let mut bytes = vec![0; SIZE];
        for (at, text) in [(0, &self.kernel), (PARAMETERS, &self.parameters)] {
            let units = label(text);
            // The last unit is the end.
            if units.len() > 2 * (UNITS - 1) {
                return Err(EbgError::TooLong(text.clone()));
            }
            bytes[at..at + units.len()].copy_from_slice(&units);
        }
        bytes[IN_PROGRESS] = u8::from(self.in_progress);
        bytes[STATE] = match self.state {
            State::Ok => 0,
            State::Installed => 1,
            State::Testing => 2,
            State::Failed => 3,
            State::Unknown => 4,
        };
        bytes[WATCHDOG..REVISION].copy_from_slice(&self.watchdog.to_le_bytes());
        bytes[REVISION..REVISION + 4].copy_from_slice(&self.revision.to_le_bytes());
        let sum = crc32fast::hash(&bytes[..SUM]);
        bytes[SUM..].copy_from_slice(&sum.to_le_bytes());
        Ok(bytes)
    }

    /// Reads `BGENV.DAT`.
    ///
    /// # Errors
    /// If it has another size or a wrong sum.
    pub fn decode(bytes: &[u8]) -> Result<Environment, EbgError> {
        if bytes.len() != SIZE {
            return Err(EbgError::Size(bytes.len()));
        }
        let number = |at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        if crc32fast::hash(&bytes[..SUM]) != number(SUM) {
            return Err(EbgError::Checksum);
        }
        Ok(Environment {
            kernel: text(&bytes[..PARAMETERS]),
            parameters: text(&bytes[PARAMETERS..IN_PROGRESS]),
            in_progress: bytes[IN_PROGRESS] != 0,
            state: match bytes[STATE] {
                0 => State::Ok,
                1 => State::Installed,
                2 => State::Testing,
                3 => State::Failed,
                _ => State::Unknown,
            },
            watchdog: u16::from_le_bytes([bytes[WATCHDOG], bytes[WATCHDOG + 1]]),
            revision: number(REVISION),
        })
    }
}

/// A text in UTF-16, as `EFILABEL` holds it: without an end.
#[must_use]
pub fn label(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A text in UTF-16 up to its end.
pub(crate) fn text(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2);
    let units: Vec<u16> = units
        .map(|unit| u16::from_le_bytes([unit[0], unit[1]]))
        .take_while(|unit| *unit != 0)
        .collect();
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> Environment {
        Environment {
            kernel: "C:BOOT0:linux.efi".to_owned(),
            parameters: String::new(),
            in_progress: false,
            state: State::Ok,
            watchdog: 40,
            revision: 2,
        }
    }

    #[test]
    fn the_bytes_are_those_of_the_usual_tool() {
        let bytes = environment().encode().unwrap();
        assert_eq!(bytes.len(), SIZE);
        // As `bg_setenv -f BGENV.DAT -k C:BOOT0:linux.efi -r 2 -w 40 -s OK` wrote them.
        assert_eq!(bytes[..6], *b"C\0:\0B\0");
        assert_eq!(bytes[1020..1028], [0, 0, 40, 0, 2, 0, 0, 0]);
        assert_eq!(bytes[132_100..], [0x8d, 0x00, 0xa7, 0x20]);
        assert_eq!(label("BOOT0"), b"B\0O\0O\0T\x000\0");
    }

    #[test]
    fn what_is_written_is_read_again_and_damage_is_seen() {
        for state in [
            State::Ok,
            State::Installed,
            State::Testing,
            State::Failed,
            State::Unknown,
        ] {
            let written = Environment {
                state,
                parameters: "quiet".to_owned(),
                in_progress: true,
                ..environment()
            };
            let mut bytes = written.encode().unwrap();
            assert_eq!(Environment::decode(&bytes).unwrap(), written);
            bytes[2000] = 1;
            assert_eq!(Environment::decode(&bytes), Err(EbgError::Checksum));
            assert_eq!(
                Environment::decode(&bytes[1..]),
                Err(EbgError::Size(SIZE - 1))
            );
        }
        let long = Environment {
            kernel: "x".repeat(255),
            ..environment()
        };
        assert!(matches!(long.encode(), Err(EbgError::TooLong(_))));
    }
}

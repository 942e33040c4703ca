//! What a guest says on its console: lines for people, what we wait for, and signs of trouble.

/// How many of the last lines are kept.
const LINES: usize = 20;
/// A line is cut at this many bytes.
const LINE: usize = 400;
/// What is kept of the stream to look for a text in, beside the text itself.
const WINDOW: usize = 256;

/// What shows that a guest will not come any further, and what it means.
const TROUBLE: [(&str, &str, Option<&str>); 7] = [
    (
        "Initramfs unpacking failed: write error",
        "the initial RAM disk does not fit into the guest's memory",
        Some("--memory SIZE gives it more"),
    ),
    (
        "System is deadlocked on memory",
        "the guest has too little memory",
        Some("--memory SIZE gives it more"),
    ),
    (
        "IO-APIC + timer doesn't work",
        "this machine is too busy: the ticks of the guest's clock came too late for its kernel",
        Some("run it again, when less else is running"),
    ),
    (
        "Kernel panic - not syncing",
        "the guest's kernel panicked",
        None,
    ),
    (
        "Dropping to a shell!",
        "the guest's initial RAM disk did not find its root file system",
        None,
    ),
    (
        "No bootable option or device was found",
        "the firmware found nothing to boot",
        None,
    ),
    (
        "UEFI Interactive Shell",
        "the firmware found nothing to boot",
        None,
    ),
];

/// A sign of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// What has happened.
    pub(crate) reason: &'static str,
    /// What helps.
    pub(crate) hint: Option<&'static str>,
}

/// The console of a guest as far as we have seen it.
#[derive(Debug, Default)]
pub(crate) struct Console {
    lines: Vec<String>,
    current: Vec<u8>,
    /// The end of the stream, for texts that are sought.
    tail: Vec<u8>,
    trouble: Option<Trouble>,
    /// The line that told of the first trouble, which much may follow.
    sign: Option<String>,
    /// What our own script in the initial RAM disk has said.
    said: Vec<String>,
}

impl Console {
    /// Takes more of what the guest says; tells whether `text` was in it.
    pub(crate) fn take(&mut self, bytes: &[u8], text: Option<&str>) -> bool {
        for byte in bytes {
            match byte {
                b'\n' => self.end_line(),
                _ if self.current.len() < LINE => self.current.push(*byte),
                _ => {}
            }
        }
        self.tail.extend(bytes);
        let recent = plain(&self.tail);
        self.notice(&recent);
        let found = text.is_some_and(|text| recent.contains(text));
        let keep = WINDOW + text.map_or(0, str::len);
        self.tail.drain(..self.tail.len().saturating_sub(keep));
        found
    }

    /// The last lines, those without a word left out.
    pub(crate) fn last(&self) -> Vec<String> {
        let mut lines = self.lines.clone();
        if let Some(sign) = self.sign.as_ref().filter(|sign| !lines.contains(sign)) {
            lines.splice(..0, [sign.clone(), "…".to_owned()]);
        }
        lines.extend(Some(plain(&self.current)).filter(|line| !line.trim().is_empty()));
        lines
    }

    /// The line that the guest is at.
    pub(crate) fn latest(&self) -> &str {
        self.lines.last().map_or("", String::as_str)
    }

    /// The first sign of trouble.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.trouble
    }

    /// Whether our script in the guest's initial RAM disk has said something that begins so.
    pub(crate) fn has_said(&self, word: &str) -> bool {
        self.said.iter().any(|line| line.starts_with(word))
    }

    fn end_line(&mut self) {
        let line = plain(&self.current);
        self.current.clear();
        if line.trim().is_empty() {
            return;
        }
        if let Some(word) = line.strip_prefix("formwork: ")
            && self.said.len() < LINES
        {
            self.said.push(word.trim_end().to_owned());
        }
        if self.sign.is_none() && TROUBLE.iter().any(|known| line.contains(known.0)) {
            self.sign = Some(line.trim_end().to_owned());
        }
        if self.lines.len() == LINES {
            self.lines.remove(0);
        }
        self.lines.push(line.trim_end().to_owned());
    }

    fn notice(&mut self, recent: &str) {
        // Of a panic the reason may come a little later than the word.
        if self.trouble.is_some_and(|trouble| trouble.hint.is_some()) {
            return;
        }
        let found = TROUBLE.iter().find(|known| recent.contains(known.0));
        let found = found.map(|(_, reason, hint)| Trouble {
            reason,
            hint: *hint,
        });
        if self.trouble.is_none() || found.is_some_and(|found| found.hint.is_some()) {
            self.trouble = found;
        }
    }
}

/// The text without control characters and the sequences of terminals.
fn plain(bytes: &[u8]) -> String {
    let mut text = String::new();
    let decoded = String::from_utf8_lossy(bytes);
    let mut letters = decoded.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\u{1b}' => skip_sequence(&mut letters),
            '\t' => text.push(' '),
            '\n' => text.push('\n'),
            letter if letter.is_control() => {}
            letter => text.push(letter),
        }
    }
    text
}

/// Skips what follows an escape: `[` up to a letter, `]` up to a bell, or one character.
fn skip_sequence(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match letters.next() {
        Some('[') => {
            for letter in letters.by_ref() {
                if ('@'..='~').contains(&letter) {
                    return;
                }
            }
        }
        Some(']') => {
            for letter in letters.by_ref() {
                if letter == '\u{7}' || letter == '\\' {
                    return;
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_across_pieces_and_sequences() {
        let mut console = Console::default();
        assert!(!console.take(b"host lo", Some("login: ")));
        assert!(console.take(b"gin: ", Some("login: ")));
        let mut console = Console::default();
        assert!(console.take(b"\x1b[1mlo\x1b[0mgin: ", Some("login: ")));
        let mut console = Console::default();
        console.take(&b"x".repeat(100_000), Some("login: "));
        assert!(console.tail.len() < 2 * WINDOW);
    }

    #[test]
    fn the_last_lines_are_kept_as_people_read_them() {
        let mut console = Console::default();
        for number in 0..30 {
            console.take(
                format!("\x1b[32mline {number}\x1b[0m\r\n\r\n").as_bytes(),
                None,
            );
        }
        console.take(b"half", None);
        let last = console.last();
        assert_eq!(last.len(), LINES + 1);
        assert_eq!(
            (last[0].as_str(), last[LINES].as_str()),
            ("line 10", "half")
        );
        assert_eq!(console.latest(), "line 29");
    }

    #[test]
    fn signs_of_trouble_are_explained() {
        for (sign, reason, _) in TROUBLE {
            let mut console = Console::default();
            let (front, back) = sign.split_at(sign.len() / 2);
            console.take(format!("[    1.2] {front}").as_bytes(), None);
            assert_eq!(console.trouble(), None, "{sign}");
            console.take(format!("{back}: more\r\n").as_bytes(), None);
            assert_eq!(
                console.trouble().map(|trouble| trouble.reason),
                Some(reason)
            );
        }
        let mut console = Console::default();
        console.take(b"Kernel panic - not syncing: ", None);
        console.take(b"System is deadlocked on memory\r\n", None);
        assert!(
            console
                .trouble()
                .is_some_and(|trouble| trouble.hint.is_some())
        );
        console.take(&b"a call trace\r\n".repeat(40), None);
        let last = console.last();
        assert_eq!(
            last[0],
            "Kernel panic - not syncing: System is deadlocked on memory"
        );
        assert_eq!(last.len(), LINES + 2);
        let mut console = Console::default();
        console.take(b"formwork: no-sshd\r\nformwork: access\r\n", None);
        assert!(console.has_said("no-sshd") && !console.has_said("sshd"));
    }
}

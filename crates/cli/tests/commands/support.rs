//! A toy archive, a home to run in, and snapshots of what is printed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use formwork_testkit::archive::{Archive, Suite};
use formwork_testkit::env::{Home, Run};
use formwork_testkit::package::{Package, Source};

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_formwork");

/// A machine and the mirror it uses.
pub(crate) struct World {
    pub(crate) archive: Arc<Archive>,
    pub(crate) home: Home,
}

impl World {
    /// A machine whose mirror has the suite `bookworm`; all such machines share one mirror.
    pub(crate) fn new() -> World {
        static MIRROR: OnceLock<Arc<Archive>> = OnceLock::new();
        let archive = MIRROR.get_or_init(|| {
            let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mirror/archive");
            let _ = fs::remove_dir_all(&root);
            let archive = Archive::at(&root);
            archive.write(&bookworm());
            Arc::new(archive)
        });
        World {
            archive: Arc::clone(archive),
            home: Home::new(),
        }
    }

    /// A machine with a mirror of its own, which the test may change, with a security archive beside it.
    pub(crate) fn own() -> World {
        let world = World {
            archive: Arc::new(Archive::new()),
            home: Home::new(),
        };
        world.archive.write(&bookworm());
        Archive::at(&world.archive.root().with_file_name("archive-security")).write(&security());
        world
    }

    /// Runs the program with this world's mirror and keys.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let (mirror, keyring) = (self.archive.url(), self.archive.keyring());
        let keyring = keyring.display().to_string();
        let mut all = arguments.to_vec();
        all.extend(["--mirror", &mirror, "--keyring", &keyring]);
        self.home.run(PROGRAM, &all)
    }

    /// Runs the program and compares code, results and messages with the snapshot of this name.
    pub(crate) fn shows(&self, name: &str, arguments: &[&str]) {
        let run = self.run(arguments);
        compare(name, &self.text(arguments, &run));
    }

    /// A run as text in which nothing depends on the machine.
    pub(crate) fn text(&self, arguments: &[&str], run: &Run) -> String {
        let mut text = format!(
            "$ formwork {}\n(exit {})\n",
            arguments.join(" "),
            run.status
        );
        for (title, part) in [("results", &run.stdout), ("messages", &run.stderr)] {
            if !part.is_empty() {
                text.push_str(&format!("--- {title}\n{part}"));
            }
        }
        let places = [
            (self.archive.url(), "ARCHIVE"),
            (self.archive.root().display().to_string(), "ARCHIVE"),
            (self.home.path().display().to_string(), "HOME"),
        ];
        for (place, word) in places {
            text = text.replace(&place, word);
        }
        redact(&text)
    }
}

/// Replaces digests, sizes of files in an archive and times taken, which are not what is tested.
fn redact(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let line = replace_digests(line);
        let quiet = ["\"size\": ", "sync ", "verify ", "fetch "];
        if let Some(key) = quiet
            .iter()
            .find(|key| line.trim_start().starts_with(**key))
        {
            let indent = line.len() - line.trim_start().len();
            let end = if line.ends_with(',') { "," } else { "" };
            return format!("{}{key}…{end}", " ".repeat(indent));
        }
        line
    });
    lines.map(|line| line + "\n").collect()
}

/// Replaces each run of 64 hexadecimal digits.
fn replace_digests(line: &str) -> String {
    let mut text = String::new();
    let mut run = String::new();
    for character in line.chars().chain(['\n']) {
        if character.is_ascii_hexdigit() {
            run.push(character);
            continue;
        }
        text.push_str(if run.len() == 64 { "SHA256" } else { &run });
        run.clear();
        text.push(character);
    }
    text.pop();
    text
}

/// Compares a text with the snapshot of this name, or writes it if asked.
#[track_caller]
pub(crate) fn compare(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/commands/snapshots")
        .join(format!("{name}.txt"));
    let asked = std::env::var_os("UPDATE").is_some() && std::env::var_os("CI").is_none();
    if asked {
        fs::write(&path, text).expect("a snapshot that can be written");
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        text == expected,
        "{name} is not as in {}\n--- expected\n{expected}\n--- found\n{text}\n(UPDATE=1 cargo test writes it anew)",
        path.display()
    );
}

/// A suite with a virtual package, a clash, a choice, a foreign architecture, a broken package.
fn bookworm() -> Suite {
    let amd64 = |name: &str, version: &str| Package::new(name, version, "amd64");
    let all = |name: &str, version: &str| Package::new(name, version, "all");
    Suite::new("bookworm")
        .field("Version", "12.14")
        .components(&["main", "contrib"])
        .architectures(&["amd64", "arm64"])
        .packages([
            all("fail2ban", "1.0.2-2")
                .field("Section", "net")
                .field(
                    "Description",
                    "ban hosts that cause multiple authentication errors",
                )
                .field("Depends", "python3:any")
                .field("Recommends", "whois, nftables | iptables"),
            amd64("python3", "3.11.2-1+b1")
                .field("Source", "python3-defaults (3.11.2-1)")
                .field("Multi-Arch", "allowed")
                .field("Pre-Depends", "python3-minimal (= 3.11.2-1+b1)")
                .field("Depends", "libpython3-stdlib (= 3.11.2-1+b1)"),
            amd64("python3-minimal", "3.11.2-1+b1").field("Source", "python3-defaults (3.11.2-1)"),
            amd64("libpython3-stdlib", "3.11.2-1+b1")
                .field("Source", "python3-defaults (3.11.2-1)")
                .field("Depends", "libsqlite3-0 (>= 3.36.0)"),
            amd64("libsqlite3-0", "3.40.1-2")
                .field("Source", "sqlite3")
                .field("Multi-Arch", "same")
                .field("Depends", "libc6 (>= 2.36)"),
            Package::new("libsqlite3-0", "3.40.1-2", "arm64")
                .field("Source", "sqlite3")
                .field("Multi-Arch", "same"),
            amd64("sqlite3", "3.40.1-2")
                .field("Description", "command line interface for SQLite 3")
                .field("Depends", "libsqlite3-0 (= 3.40.1-2)"),
            amd64("libc6", "2.36-9")
                .field("Source", "glibc")
                .field("Multi-Arch", "same"),
            amd64("whois", "5.5.17"),
            amd64("nftables", "1.0.6-2"),
            amd64("iptables", "1.8.9-2"),
            amd64("base-files", "12.4")
                .field("Essential", "yes")
                .field("Pre-Depends", "awk"),
            amd64("mawk", "1.3.4")
                .field("Provides", "awk")
                .field("Priority", "required"),
            amd64("gawk", "5.2.1").field("Provides", "awk"),
            amd64("exim4", "4.96")
                .field("Provides", "mail-transport-agent")
                .field("Conflicts", "postfix"),
            amd64("postfix", "3.7.6").field("Provides", "mail-transport-agent"),
            amd64("cron", "3.0").field("Depends", "mail-transport-agent"),
            amd64("nginx", "1.22.1").field("Provides", "httpd (= 1.22.1)"),
            amd64("build-essential", "12.9"),
            amd64("broken", "1.0").field("Depends", "not-there (>= 2)"),
            amd64("hostile", "1.0").field("Description", "a \u{1b}[31mred\u{7} description"),
            amd64("fonts", "1.0").component("contrib"),
        ])
        .source(
            Source::new("sqlite3", "3.40.1-2", "sqlite3, libsqlite3-0")
                .field("Build-Depends", "libc6"),
        )
        .source(
            Source::new("unbuildable", "1.0", "nothing")
                .field("Build-Depends", "libc6, not-there <!nocheck>"),
        )
}

/// A newer library of the security archive.
fn security() -> Suite {
    Suite::new("bookworm-security")
        .components(&["main"])
        .packages([
            Package::new("libsqlite3-0", "3.40.1-2+deb12u1", "amd64").field("Source", "sqlite3")
        ])
}

//! The life of the proposal in `examples/security-wg`, from a flat list to the approved list:
//! the same steps on a toy archive and on the real one.

use std::fs;
use std::path::Path;

use crate::env::{Home, Run};

/// The suites of the example.
pub const SUITES: [&str; 3] = ["bullseye", "bookworm", "trixie"];
/// The proposal that is walked through.
const PROPOSAL: &str = "proposals/0002-security-packages.toml";

/// A copy of the example in a home of its own, kept in git.
pub struct Example<'a> {
    home: &'a Home,
    program: String,
}

impl<'a> Example<'a> {
    /// Copies a project into the working directory of a home and commits it.
    ///
    /// # Panics
    /// If the project cannot be copied, or git is not there.
    #[must_use]
    pub fn new(home: &'a Home, program: &str, project: &Path) -> Self {
        copy(project, &home.work());
        let example = Example {
            home,
            program: program.to_owned(),
        };
        example.git(&["init", "--quiet", "--initial-branch=main"]);
        example.git(&["config", "user.name", "emi"]);
        example.git(&["config", "user.email", "emi@mail.example"]);
        example.commit("the example");
        example
    }

    /// Runs the program in the project.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.home.run(&self.program, arguments)
    }

    /// Commits everything.
    ///
    /// # Panics
    /// If git refuses.
    pub fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    fn git(&self, arguments: &[&str]) {
        let _ = self.home.run("git", arguments).exits(0);
    }

    /// Replaces a text in a file of the project.
    ///
    /// # Panics
    /// If it is not there.
    pub fn edit(&self, file: &str, from: &str, to: &str) {
        let text = self.home.read(file);
        assert!(text.contains(from), "{file} lacks {from}");
        self.home.write(file, &text.replacen(from, to, 1));
    }

    /// Goes the whole way: flatten, export, revise, review, close.
    ///
    /// # Panics
    /// If a step does not do what it must.
    pub fn walk(&self) {
        self.lists();
        self.exports();
        self.is_checked();
        self.revises();
        self.reviews_and_closes();
        self.is_approved();
    }

    /// The two text lists of each suite.
    fn lists(&self) {
        for suite in SUITES {
            let flat = [
                "propose", "flat", "2", "--suite", suite, "--format", "src-bin",
            ];
            let own = self.run(&flat).exits(0).stdout;
            check_list(&own, suite);
            let all = self.run(&[&flat[..], &["--all"]].concat()).exits(0).stdout;
            check_list(&all, suite);
            assert!(own.contains("\nfail2ban: fail2ban\n"), "{own}");
            assert!(!own.contains("\n["), "only what is added:\n{own}");
            assert!(all.contains("\n[dpkg: dpkg]\n"), "{all}");
            // Named again by the proposal, and in brackets all the same.
            assert!(all.contains("\n[pam: "), "{all}");
            assert!(!all.contains("\nrsyslog:"), "not in this review:\n{all}");
            let json = [&flat[..5], &["--json"]].concat();
            let json = self.run(&json).exits(0).stdout;
            assert!(json.contains("python3:any"), "why there is Python:\n{json}");
        }
    }

    /// The review packet, twice the same.
    fn exports(&self) {
        for directory in ["packet", "again"] {
            let _ = self
                .run(&["propose", "export", directory, "--of", "2"])
                .exits(0);
        }
        let first = tree(&self.home.work().join("packet"));
        assert_eq!(first, tree(&self.home.work().join("again")));
        let names: Vec<&str> = first.iter().map(|(name, _)| name.as_str()).collect();
        for part in ["SecurityWG_rev03.yml", ".xlsx", "mail.txt", "index.html"] {
            assert!(
                names.iter().any(|name| name.ends_with(part)),
                "{part} in {names:?}"
            );
        }
        for directory in ["packet", "again"] {
            fs::remove_dir_all(self.home.work().join(directory)).expect("the packet removed");
        }
    }

    /// The rules of the example let it through, and say what they look at.
    fn is_checked(&self) {
        let check = ["propose", "check", "2", "--today", "2026-11-22"];
        let found = self.run(&check).exits(0).stdout;
        assert!(found.contains("0 denied"), "{found}");
        assert!(
            found.contains("proposals/0002-security-packages.toml"),
            "{found}"
        );
        // Without a reason the rules deny, at the line of the package.
        self.edit(
            PROPOSAL,
            "reason = \"encrypts the partitions with data\"\n",
            "",
        );
        let denied = self.run(&check).exits(1).stdout;
        assert!(
            denied.contains("cryptsetup") && denied.contains("1 denied"),
            "{denied}"
        );
        let changed = self.home.read(PROPOSAL);
        let whole = changed.replacen(
            "binaries = [\"cryptsetup\"]\n",
            "binaries = [\"cryptsetup\"]\nreason = \"encrypts the partitions with data\"\n",
            1,
        );
        self.home.write(PROPOSAL, &whole);
    }

    /// A revision must be in git before the next one begins, and comments survive.
    fn revises(&self) {
        self.edit(PROPOSAL, "# Talked about, ", "# Talked about already, ");
        let revise = ["propose", "revise", "2", "--today", "2026-12-01"];
        let refused = self.run(&revise).exits(2).stderr;
        assert!(refused.contains("revision 3"), "{refused}");
        self.commit("proposal 2, revision 3");
        let _ = self.run(&revise).exits(0);
        let text = self.home.read(PROPOSAL);
        assert!(text.contains("\nrevision = 4\n"), "{text}");
        assert!(
            text.contains("# Wanted only where there is a TPM"),
            "{text}"
        );
        assert!(text.contains("due = \"2026-12-15\""), "{text}");
        let remove = [
            "propose",
            "remove",
            "util-linux",
            "--from",
            "2",
            "--discuss",
        ];
        let _ = self.run(&remove).exits(0);
        let diff = ["propose", "diff", "3", "--of", "2"];
        let diff = self.run(&diff).exits(0).stdout;
        assert!(diff.contains("uuid-runtime"), "{diff}");
        self.commit("proposal 2, revision 4");
    }

    /// Nothing is closed before its time and without its verdicts.
    fn reviews_and_closes(&self) {
        let approve = |who: &str, day: &str| {
            let review = [
                "propose",
                "review",
                "2",
                "--approve",
                "--as",
                who,
                "--today",
                day,
            ];
            let _ = self.run(&review).exits(0);
        };
        let close = |day: &str| self.run(&["propose", "close", "2", "--today", day]);
        let refused = close("2026-12-16").exits(1).stdout;
        assert!(
            refused.contains("core has given 0 of 2 approvals"),
            "{refused}"
        );
        approve("anna", "2026-12-02");
        approve("boris", "2026-12-03");
        let refused = close("2026-12-15").exits(1).stdout;
        assert!(refused.contains("until the end of 2026-12-15"), "{refused}");
        let reject = [
            "propose",
            "review",
            "2",
            "--reject",
            "too much Python",
            "--package",
            "fail2ban",
            "--as",
            "chika",
            "--today",
            "2026-12-04",
        ];
        let _ = self.run(&reject).exits(0);
        let refused = close("2026-12-16").exits(1).stdout;
        assert!(refused.contains("chika rejects fail2ban"), "{refused}");
        let again = [
            "propose",
            "review",
            "2",
            "--approve",
            "--package",
            "fail2ban",
            "--as",
            "chika",
            "--today",
            "2026-12-05",
        ];
        let _ = self.run(&again).exits(0);
        let closed = close("2026-12-16").exits(0).stdout;
        assert!(
            closed.contains("proposal 2, revision 4, is approved"),
            "{closed}"
        );
        let again = close("2026-12-17").exits(2).stderr;
        assert!(again.contains("does not change any more"), "{again}");
        self.commit("proposal 2 closed");
    }

    /// What was frozen is on the approved list.
    fn is_approved(&self) {
        for suite in SUITES {
            let list = ["approved", "--suite", suite, "--format", "src-bin"];
            let list = self.run(&list).exits(0).stdout;
            for source in ["dpkg", "fail2ban", "openssl", "tpm2-tools"] {
                let line = format!("\n{source}: ");
                let line = list.contains(&line) || list.contains(&format!("\n[{source}: "));
                assert!(line, "{source} in {suite}:\n{list}");
            }
            assert!(!list.contains("uuid-runtime"), "{list}");
        }
    }
}

/// A text list: sorted by source, one line each, and a head whose counts are those of its lines.
fn check_list(list: &str, suite: &str) {
    let mut lines = list.lines();
    let head = lines.next().expect("a first line");
    assert!(
        head.starts_with("# Package Proposal #2 (Security packages), rev03, ")
            && head.contains(suite),
        "{head}"
    );
    let lines: Vec<&str> = lines.filter(|line| !line.starts_with('#')).collect();
    let names: Vec<&str> = lines
        .iter()
        .map(|line| line.trim_start_matches('['))
        .map(|line| line.split(':').next().unwrap_or_default())
        .collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(names, sorted, "{suite}");
    let total = format!("{} source packages", lines.len());
    assert!(head.contains(&total), "{head}: {total}");
    let approved = lines.iter().filter(|line| line.starts_with('[')).count();
    let proposed = format!(" {} proposed", lines.len() - approved);
    assert!(head.contains(&proposed), "{head}: {proposed}");
}

/// Copies a directory with all it holds.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for (name, content) in tree(from) {
        let path = to.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, content).expect("a file");
    }
}

/// Every file below a directory with its content, sorted by name.
fn tree(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut waiting = vec![directory.to_owned()];
    while let Some(here) = waiting.pop() {
        for entry in fs::read_dir(&here).expect("a directory that can be read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                waiting.push(path);
                continue;
            }
            let name = path.strip_prefix(directory).expect("a path below");
            found.push((name.display().to_string(), fs::read(&path).expect("a file")));
        }
    }
    found.sort();
    found
}

//! What `./try` and `./check` do on machines that lack something, played with stand-ins for the tools.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use formwork_testkit::env::{Home, Run};

/// A machine whose only commands are stand-ins and the plainest tools.
struct Machine {
    home: Home,
}

impl Machine {
    fn new(uid: u32) -> Self {
        let machine = Self { home: Home::new() };
        fs::create_dir(machine.home.path().join("bin")).expect("a directory");
        for tool in ["cut", "sed", "sort", "head", "ls"] {
            let place = ["/usr/bin", "/bin"].map(|directory| Path::new(directory).join(tool));
            let real = place
                .iter()
                .find(|path| path.exists())
                .expect("a plain tool");
            std::os::unix::fs::symlink(real, machine.home.path().join("bin").join(tool))
                .expect("a link");
        }
        machine.tool("id", &format!("echo {uid}"));
        machine.tool("dpkg-query", "[ \"$4\" = gcc ] && printf installed");
        machine.tool("apt-get", "echo \"apt-get ran: $*\"");
        machine
    }

    /// Adds a command that is this piece of shell.
    fn tool(&self, name: &str, body: &str) {
        let path = self.home.path().join("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{body}\n")).expect("a stand-in");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a stand-in");
    }

    /// Runs a piece of shell after `.ci/prepare.sh` in the repository's root.
    fn run(&self, body: &str) -> Run {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .expect("a workspace");
        let output = Command::new("/bin/sh")
            .args(["-euc", &format!(". .ci/prepare.sh\n{body}")])
            .env_clear()
            .env("PATH", self.home.path().join("bin"))
            .env("HOME", self.home.path())
            .current_dir(root)
            .output()
            .expect("a shell");
        Run::from(output)
    }
}

const INSTALL: &str = "apt-get install --yes --no-install-recommends xz-utils";

#[test]
fn nothing_happens_when_nothing_is_missing() {
    let run = Machine::new(1000).run("need_packages gcc").exits(0);
    assert_eq!(run.stdout, "");
}

#[test]
fn root_installs_only_what_is_missing() {
    let run = Machine::new(0).run("need_packages gcc xz-utils").exits(0);
    assert!(
        run.stdout.contains(&format!("  {INSTALL}\n")),
        "{}",
        run.stdout
    );
    let done = "apt-get ran: install --yes --no-install-recommends xz-utils\n";
    assert!(run.stdout.ends_with(done), "{}", run.stdout);
}

#[test]
fn others_use_sudo() {
    let machine = Machine::new(1000);
    machine.tool("sudo", "echo sudo; exec \"$@\"");
    let run = machine.run("need_packages xz-utils").exits(0);
    assert!(
        run.stdout.contains(&format!("  sudo {INSTALL}\n")),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout.contains("sudo\napt-get ran: install"),
        "{}",
        run.stdout
    );
}

#[test]
fn without_root_and_sudo_the_line_is_printed_and_nothing_else_happens() {
    let run = Machine::new(1000)
        .run("need_packages xz-utils\necho went on")
        .exits(3);
    assert!(run.stderr.contains(INSTALL), "{}", run.stderr);
    assert!(
        !run.stdout.contains("ran") && !run.stdout.contains("went on"),
        "{}",
        run.stdout
    );
}

#[test]
fn aged_package_lists_are_renewed() {
    let machine = Machine::new(0);
    let fails_before_update =
        "case $1 in update) : >\"$HOME/renewed\" ;; *) [ -e \"$HOME/renewed\" ] ;; esac";
    machine.tool("apt-get", fails_before_update);
    let run = machine.run("need_packages xz-utils\necho went on").exits(0);
    assert!(
        run.stdout.ends_with("  apt-get update\nwent on\n"),
        "{}",
        run.stdout
    );
}

#[test]
fn a_failing_installation_ends_it() {
    let machine = Machine::new(0);
    machine.tool("apt-get", "exit 100");
    machine.run("need_packages xz-utils\necho went on").exits(3);
}

#[test]
fn an_old_rust_is_named_and_a_new_one_taken() {
    let machine = Machine::new(1000);
    machine.tool("cargo", "exit 0");
    for (version, status) in [
        ("1.85.0", 3),
        ("1.9.0", 3),
        ("1.89.0", 0),
        ("1.95.0", 0),
        ("2.0.0", 0),
    ] {
        machine.tool(
            "rustc",
            &format!("echo 'rustc {version} (0123456 2026-01-01)'"),
        );
        let run = machine.run("need_rust").exits(status);
        assert_eq!(
            run.stderr.contains(&format!("has {version}")),
            status == 3,
            "{}",
            run.stderr
        );
    }
    let nothing = Machine::new(1000).run("need_rust").exits(3);
    assert!(nothing.stderr.contains("has none"), "{}", nothing.stderr);
}

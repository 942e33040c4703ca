//! `formwork run` as people see it, with a stand-in for QEMU: what ends it, and what is left behind.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use formwork_testkit::env::Home;
use serde_json::Value;

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_formwork");
/// Finds the console among the arguments, and says who it is.
const PROLOGUE: &str = r#"#!/bin/bash
PATH=/usr/bin:/bin
echo $$ >"${0%/*}/process"
for word; do
    case $word in
    socket,id=console,fd=*) console=${word##*=} ;;
    if=pflash*unit=1,file=*) variables=${word##*=} ;;
    esac
done
say() { printf '%s\r\n' "$@" >&"$console"; }
"#;

/// A machine with a disk, with firmware, and with a QEMU that does this.
fn machine(script: &str) -> Home {
    let mut home = Home::new();
    home.write("x.img", "a disk");
    let programs = home.path().join("programs");
    fs::create_dir(&programs).expect("works in a test");
    let program = programs.join("qemu-system-x86_64");
    fs::write(&program, format!("{PROLOGUE}{script}")).expect("works in a test");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("works in a test");
    home.set("PATH", &programs.display().to_string());
    firmware(&home);
    home
}

fn firmware(home: &Home) {
    let share = home.root().join("usr/share/OVMF");
    fs::create_dir_all(&share).expect("works in a test");
    fs::write(share.join("OVMF_CODE_4M.fd"), "code").expect("works in a test");
    fs::write(share.join("OVMF_VARS_4M.fd"), "variables").expect("works in a test");
}

/// The arguments that boot the disk by its firmware, and more.
fn shipped<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec!["run", "./x.img", "--arch", "amd64", "--as-shipped"];
    all.extend(more);
    all
}

/// Whether the stand-in that this machine has begun is gone, at the latest in a while.
fn is_gone(home: &Home) -> bool {
    let number = fs::read_to_string(home.path().join("programs/process")).expect("works in a test");
    let process = PathBuf::from("/proc").join(number.trim());
    within(|| !process.exists() || is_dead(&process))
}

/// Whether nobody has taken note yet of a process that has ended.
fn is_dead(process: &Path) -> bool {
    let stat = fs::read_to_string(process.join("stat")).unwrap_or_default();
    stat.contains(") Z ")
}

fn within(mut holds: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(60) {
        if holds() {
            return true;
        }
        thread::sleep(Duration::from_millis(20));
    }
    false
}

#[test]
fn a_login_prompt_is_waited_for() {
    let home = machine(
        r#"cp "$variables" "${0%/*}/copy"
        say 'Booting' ; printf 'localhost login: ' >&"$console"
        read -r forever <&"$console""#,
    );
    let run = home
        .run(
            PROGRAM,
            &shipped(&["--until", "login", "--console-log", "log"]),
        )
        .exits(0);
    assert!(
        run.stderr.starts_with("boot      login prompt ("),
        "{}",
        run.stderr
    );
    assert_eq!(run.stdout, "");
    assert_eq!(home.read("log"), "Booting\r\nlocalhost login: ");
    let copy = fs::read_to_string(home.path().join("programs/copy")).expect("works in a test");
    assert_eq!(copy, "variables", "a copy of its own");
    assert!(is_gone(&home));
}

#[test]
fn the_answer_as_json_says_what_was_run_and_how_it_ended() {
    let home = machine("say 'it works'; read -r forever <&\"$console\"");
    let run = home
        .run(PROGRAM, &shipped(&["--expect", "it works", "--json"]))
        .exits(0);
    let answer: Value = serde_json::from_str(&run.stdout).expect("works in a test");
    assert_eq!(answer["end"], "seen");
    assert_eq!(answer["architecture"], "amd64");
    assert_eq!(answer["as_shipped"], true);
    assert_eq!(answer["exit_code"], Value::Null);
}

#[test]
fn without_a_terminal_the_console_is_the_result() {
    let home = machine(r#"printf 'password? ' >&"$console"; sleep 0.1; say ok"#);
    let run = home.run(PROGRAM, &shipped(&[])).exits(0);
    assert_eq!(run.stdout, "password? ok\r\n");
    assert_eq!(run.stderr, "");
}

#[test]
fn what_is_missing_is_named_with_its_package() {
    let mut home = machine("");
    home.set("PATH", "/nonexistent");
    let run = home.run(PROGRAM, &shipped(&["--until", "login"])).exits(3);
    assert_eq!(
        run.stderr,
        "error: qemu-system-x86_64 is not installed\n  \
         sudo apt-get install --no-install-recommends qemu-system-x86\n"
    );
    let home = machine("");
    fs::remove_dir_all(home.root().join("usr")).expect("works in a test");
    let run = home.run(PROGRAM, &shipped(&["--until", "login"])).exits(3);
    assert_eq!(
        run.stderr,
        "error: UEFI firmware for amd64 is not installed\n  \
         sudo apt-get install --no-install-recommends ovmf\n"
    );
}

#[test]
fn a_guest_that_hangs_is_stopped_and_its_last_lines_shown() {
    let home = machine("say 'one' 'A start job is running'; read -r forever <&\"$console\"");
    let run = home
        .run(PROGRAM, &shipped(&["--until", "login", "--timeout", "1"]))
        .exits(3);
    assert_eq!(
        run.stderr,
        "error: the guest was stopped after 1 s, while we waited for login:\n  \
         --timeout SECONDS gives it more time\n  \
         last lines of its console:\n    one\n    A start job is running\n"
    );
    assert!(is_gone(&home));
}

#[test]
fn a_panic_is_told() {
    let home = machine("say 'Kernel panic - not syncing: no init'");
    let run = home.run(PROGRAM, &shipped(&["--until", "login"])).exits(3);
    assert!(
        run.stderr
            .starts_with("error: the guest's kernel panicked\n"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_is_no_disk_of_ours_is_refused() {
    let home = machine("");
    let table: [(&[&str], i32, &str); 5] = [
        (
            &["run", "./y.img", "--arch", "amd64"],
            2,
            "./y.img: there is no such file",
        ),
        (
            &["run", "./x.img"],
            2,
            "no record lies beside it that tells its architecture",
        ),
        (
            &["run", "./x.img", "--arch", "m68k"],
            2,
            "no virtual machine is known for m68k",
        ),
        (
            &["run", "./x.img", "--arch", "amd64"],
            2,
            "this is no disk that we can read",
        ),
        (
            &["run", "./x.img", "--arch", "amd64", "--", "true"],
            125,
            "this is no disk",
        ),
    ];
    for (arguments, code, message) in table {
        let run = home.run(PROGRAM, arguments).exits(code);
        assert!(
            run.stderr.contains(message),
            "{arguments:?}: {}",
            run.stderr
        );
    }
    home.write("x.image.json", "{}");
    let run = home.run(PROGRAM, &["run", "./x.img"]).exits(2);
    assert!(
        run.stderr.contains("this is no record of an image"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_port_that_is_taken_is_told() {
    let home = machine("");
    let taken = TcpListener::bind("127.0.0.1:0").expect("works in a test");
    let port = taken.local_addr().expect("works in a test").port();
    let option = format!("--ssh={port}");
    let run = home
        .run(PROGRAM, &["run", "./x.img", "--arch", "amd64", &option])
        .exits(3);
    assert_eq!(
        run.stderr,
        format!(
            "error: port {port} of this machine is taken\n  \
             --ssh without a port takes one that is free\n"
        )
    );
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    let home = machine("");
    let table: [&[&str]; 4] = [
        &["run", "x", "--as-shipped", "--", "true"],
        &["run", "x", "--as-shipped", "--ssh"],
        &["run", "x", "--until", "login", "--expect", "y"],
        &["run", "x", "--stdin"],
    ];
    for arguments in table {
        home.run(PROGRAM, arguments).exits(2);
    }
}

/// Begins a run of a guest that never ends, and waits until it is there.
fn begin(home: &Home) -> Child {
    let child = home
        .command(PROGRAM)
        .args(shipped(&["--until", "login"]))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("works in a test");
    let begun = home.path().join("programs/begun");
    assert!(within(|| begun.exists()));
    child
}

/// Sends a signal.
fn signal(child: &Child, name: &str) {
    let number = child.id().to_string();
    let mut kill = std::process::Command::new("kill");
    assert!(
        kill.args(["-s", name, &number])
            .status()
            .expect("works in a test")
            .success()
    );
}

#[test]
fn ctrl_c_ends_the_machine_and_leaves_nothing() {
    let home = machine("echo >\"${0%/*}/begun\"; read -r forever <&\"$console\"");
    let child = begin(&home);
    signal(&child, "INT");
    let output = child.wait_with_output().expect("works in a test");
    assert_eq!(output.status.code(), Some(130));
    assert!(is_gone(&home));
    assert_eq!(
        fs::read_dir(home.path().join("tmp"))
            .expect("works in a test")
            .count(),
        0
    );
}

#[test]
fn a_machine_does_not_outlive_us_whatever_we_die_of() {
    let home = machine("echo >\"${0%/*}/begun\"; read -r forever <&\"$console\"");
    let mut child = begin(&home);
    child.kill().expect("works in a test");
    child.wait().expect("works in a test");
    assert!(is_gone(&home));
    assert_eq!(
        fs::read_dir(home.path().join("tmp"))
            .expect("works in a test")
            .count(),
        0
    );
}

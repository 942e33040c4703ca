//! The same tests once more as an ordinary user, and what such a user is told who lacks something.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use formwork_sys::sandbox::{self, Privilege};

use crate::Test;

pub(crate) const TESTS: &[Test] = &[
    ("all_the_same_without_root", all_the_same_without_root),
    (
        "what_an_ordinary_user_lacks_is_named",
        what_an_ordinary_user_lacks_is_named,
    ),
    (
        "namespaces_switched_off_are_named",
        namespaces_switched_off_are_named,
    ),
];

/// The first word of a test program that was started as an ordinary user.
const WORD: &str = "--as-ordinary-user";

/// What the test program does when it was started as an ordinary user for one of these tests.
pub(crate) fn begin(words: &mut Vec<String>) {
    if words.first().map(String::as_str) != Some(WORD) {
        return;
    }
    words.remove(0);
    assert!(!rustix::process::geteuid().is_root(), "still root");
    if words.first().map(String::as_str) == Some("privilege") {
        match sandbox::privilege() {
            Ok(Privilege::User(user)) => {
                println!("{} {:?} {:?}", user.name, user.users, user.groups)
            }
            Ok(Privilege::Root) => println!("root"),
            Err(error) => println!("{error:?}"),
        }
        std::process::exit(0);
    }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.ci/as-ordinary-user")
}

/// The copy of a program that an ordinary user finds in its home.
fn local(program: &Path) -> String {
    format!("./{}", program.file_name().unwrap().to_str().unwrap())
}

/// Starts this test program as an ordinary user. Only root can become one.
fn as_ordinary_user(options: &[&str], words: &[&str]) -> Output {
    let own = std::env::current_exe().unwrap();
    Command::new(script())
        .arg("--with")
        .arg(&own)
        .args(options)
        .arg(local(&own))
        .arg(WORD)
        .args(words)
        .output()
        .unwrap()
}

/// A kernel on which namespaces are switched off, by a user namespace whose own limit is none.
fn namespaces_switched_off_are_named() {
    if !is_root() {
        return;
    }
    let own = std::env::current_exe().unwrap();
    let inner = "echo 0 >/proc/sys/user/max_user_namespaces; exec \"$@\"";
    let mut child = Command::new("unshare")
        .args([
            "--user",
            "sh",
            "-c",
            "echo made; read go; exec sh -c \"$@\"",
            "sh",
        ])
        .args([inner, "sh"])
        .arg(script())
        .arg("--with")
        .arg(&own)
        .arg(local(&own))
        .args([WORD, "privilege"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut made = [0; 5];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut made)
        .unwrap();
    for map in ["uid_map", "gid_map"] {
        std::fs::write(format!("/proc/{}/{map}", child.id()), "0 0 65536").unwrap();
    }
    child.stdin.take().unwrap().write_all(b"go\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(
        text.contains("sudo sysctl user.max_user_namespaces=15000")
            && text.contains("does not let an ordinary user make a user namespace"),
        "{text}{complaints}"
    );
}

/// Whether these tests say anything: an ordinary user has run all others as such already.
fn is_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        println!("run by an ordinary user: the other tests were rootless");
    }
    root
}

fn all_the_same_without_root() {
    if !is_root() {
        return;
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let whole = words.iter().all(|word| !word.contains("without_root"));
    let output = as_ordinary_user(&[], if whole { &words } else { &[] });
    let text = String::from_utf8_lossy(&output.stdout);
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{complaints}");
    text.lines()
        .for_each(|line| println!("    rootless: {line}"));
}

fn what_an_ordinary_user_lacks_is_named() {
    if !is_root() {
        return;
    }
    let cases: [(&str, &[&str], &str); 7] = [
        (
            "by name",
            &[],
            "ordinary [Range { first: 700000, count: 65535 }]",
        ),
        (
            "by number",
            &["--subid", "4711:700000:65536"],
            "ordinary [Range",
        ),
        (
            "two ranges, one of them twice",
            &[
                "--subid",
                r"ordinary:700000:40000\n4711:800000:40000\n4711:700000:40000",
            ],
            "count: 40000 }, Range { first: 800000, count: 25535 }]",
        ),
        (
            "none",
            &["--subid", "other:200000:65536"],
            "sudo usermod --add-subuids 265536-331071 --add-subgids 265536-331071 ordinary",
        ),
        (
            "too few",
            &["--subid", "ordinary:700000:1000"],
            "/etc/subuid lends 1000",
        ),
        (
            "no uidmap",
            &["env", "PATH=/nowhere"],
            "sudo apt-get install uidmap",
        ),
        (
            "newuidmap is not set-user-id",
            &["setpriv", "--no-new-privs"],
            "sudo apt-get install --reinstall uidmap",
        ),
    ];
    for (case, options, expected) in cases {
        let output = as_ordinary_user(options, &["privilege"]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert!(text.contains(expected), "{case}: {text}{complaints}");
    }
}

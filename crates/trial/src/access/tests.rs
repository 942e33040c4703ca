//! What is put behind the initial RAM disk, and that a shell can read it.

use std::io::Write;
use std::process::{Command as Process, Stdio};

use super::*;
use formwork_format::cpio::members;

fn full() -> Access {
    Access {
        console: Some(Console {
            line: "ttyS0".to_owned(),
            size: Some((50, 132)),
            terminal: "xterm".to_owned(),
        }),
        command: Some(Command {
            words: ["echo", "it's", "", "$HOME", "two words", "new\nline", "-n"]
                .map(str::to_owned)
                .to_vec(),
            after: "basic.target".to_owned(),
            end: "abc".to_owned(),
            input: true,
            lines: vec!["ttyS1".to_owned(), "ttyS2".to_owned()],
        }),
        secure_shell: Some(Keys {
            host: "host key\n".to_owned(),
            user: "user key\n".to_owned(),
        }),
    }
}

#[test]
fn a_run_gets_what_it_needs_and_no_more() {
    let names = |access: &Access| {
        let archive = access.archive().unwrap();
        let (members, _) = members(&archive).unwrap();
        let names = members
            .iter()
            .map(|member| String::from_utf8_lossy(member.name).into_owned());
        names
            .filter(|name| name.starts_with("formwork/"))
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&Access::default()), ["formwork/install"]);
    let command = Access {
        command: full().command,
        ..Access::default()
    };
    assert_eq!(
        names(&command),
        [
            "formwork/install",
            "formwork/command",
            "formwork/command.settings",
            "formwork/formwork-command.service"
        ]
    );
    assert!(names(&full()).contains(&"formwork/ssh_host_key".to_owned()));
}

/// Has a shell do something, and gives what it says.
fn shell(arguments: &[&str], script: &str) -> String {
    let mut child = Process::new("sh")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(script.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{script}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_script_is_one_that_a_shell_understands() {
    for script in [HOOK, INSTALL, COMMAND, CONSOLE, NETWORK] {
        shell(&["-n"], script);
    }
}

#[test]
fn words_reach_the_command_as_they_are() {
    let settings = full().command.unwrap().settings();
    let script = format!("{settings}printf '<%s>' \"$end\" \"$input\" \"$lines\" \"$@\"\n");
    assert_eq!(
        shell(&["-s"], &script),
        "<abc><yes><ttyS1 ttyS2><echo><it's><><$HOME><two words><new\nline><-n>"
    );
}

#[test]
fn the_unit_waits_for_what_it_is_told_to_wait_for() {
    let unit = full().command.unwrap().unit();
    assert!(
        unit.contains("\nWants=basic.target\nAfter=basic.target\n"),
        "{unit}"
    );
    // Else the target that pulls it in would wait for it, and it for the target.
    assert!(unit.contains("\nDefaultDependencies=no\n"), "{unit}");
}

#[test]
fn the_hook_puts_our_script_before_the_others() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let path = |name: &str| root.join(name);
    std::fs::create_dir_all(path("formwork")).unwrap();
    std::fs::write(path("formwork/install"), "").unwrap();
    let hook = ["/formwork", "/scripts"]
        .into_iter()
        .fold(HOOK.to_owned(), |text, place| {
            text.replace(place, &format!("{}{place}", root.display()))
        });
    let order = path("scripts/init-bottom/ORDER");
    let ours = format!("sh {}/formwork/install\n", root.display());
    shell(&["-s"], &hook);
    assert_eq!(
        std::fs::read_to_string(&order).unwrap(),
        format!("{ours}:\n")
    );
    std::fs::write(&order, "/scripts/init-bottom/udev \"$@\"\n").unwrap();
    shell(&["-s"], &hook);
    assert_eq!(
        std::fs::read_to_string(&order).unwrap(),
        format!("{ours}/scripts/init-bottom/udev \"$@\"\n")
    );
}

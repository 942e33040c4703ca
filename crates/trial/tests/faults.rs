//! Runs of every kind, with a stand-in for QEMU that does what a guest might do.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use formwork_model::event::silent;
use formwork_trial::TrialError;
use formwork_trial::access::Command;
use formwork_trial::machine::{Bus, Kind};
use formwork_trial::parts::Parts;
use formwork_trial::run::{Boot, End, Order, Streams, Task, run};

/// Reads from its arguments which descriptor is what, as shell variables of the same names, and
/// from the initial RAM disk the word that ends the outputs.
const PROLOGUE: &str = r#"#!/bin/bash
while [ $# -gt 0 ]; do
    case $1 in
    socket,id=*,fd=*)
        name=${1#socket,id=}
        declare "${name%%,*}=${1##*fd=}"
        ;;
    -initrd) initrd=$2 ;;
    -append) append=$2 ;;
    esac
    shift
done
end=$(grep -a -o "end='[0-9a-f]*'" "$initrd" | cut -d "'" -f 2)
say() { printf '%s\r\n' "$@" >&"$console"; }
"#;

/// A directory with a stand-in that does this.
struct StandIn {
    directory: tempfile::TempDir,
}

impl StandIn {
    fn new(script: &str) -> StandIn {
        let directory = tempfile::tempdir().expect("works in a test");
        let path = directory.path().join("qemu");
        fs::write(&path, format!("{PROLOGUE}{script}")).expect("works in a test");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("works in a test");
        StandIn { directory }
    }

    fn program(&self) -> PathBuf {
        self.directory.path().join("qemu")
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.directory.path().join(name)).unwrap_or_default()
    }
}

fn order(stand_in: &Path, task: Task) -> Order {
    Order {
        kind: Kind::of("amd64").expect("works in a test"),
        program: stand_in.to_owned(),
        accelerated: false,
        memory: 256,
        processors: 1,
        disk: PathBuf::from("/nonexistent/disk.img"),
        bus: Bus::Virtio,
        further: Vec::new(),
        keep: false,
        boot: Boot::Kernel {
            parts: Parts {
                kernel: b"kernel".to_vec(),
                initrd: b"initrd".to_vec(),
                command_line: "root=/dev/vda2 ro quiet".to_owned(),
            },
            append: None,
        },
        task,
        secure_shell: None,
        time: Some(Duration::from_secs(60)),
    }
}

fn command() -> Task {
    Task::Command(Command {
        words: vec!["true".to_owned()],
        after: "multi-user.target".to_owned(),
        end: "0123456789abcdef".to_owned(),
        input: false,
        lines: Vec::new(),
    })
}

/// What came of a run, and both outputs of its command.
fn come(order: &Order) -> (Result<End, TrialError>, String, String) {
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let streams = Streams {
        console: None,
        output: &mut output,
        errors: &mut errors,
        log: None,
    };
    let finished = run(order, streams, &silent()).map(|finished| finished.end);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("works in a test");
    (finished, text(output), text(errors))
}

/// The reason, the hint and the last lines of a guest that failed.
fn guest(result: Result<End, TrialError>) -> (String, Option<String>, Vec<String>) {
    match result {
        Err(TrialError::Guest {
            reason,
            hint,
            console,
        }) => (reason, hint, console),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_command_gives_its_outputs_and_its_code_and_ends_the_machine() {
    let stand_in = StandIn::new(
        r#"say 'formwork: access through systemd'
        echo ready >&"$control"
        printf 'one\ntwo' >&"$output"
        printf 'a complaint' >&"$errors"
        printf '%sleft over' "$end" >&"$output"
        printf %s "$end" >&"$errors"
        echo exit 7 >&"$control"
        read -r forever <&"$console""#,
    );
    let begun = Instant::now();
    let (result, output, errors) = come(&order(&stand_in.program(), command()));
    assert_eq!(result.expect("works in a test"), End::Exited(7));
    assert_eq!(
        (output.as_str(), errors.as_str()),
        ("one\ntwo", "a complaint")
    );
    assert!(
        begun.elapsed() < Duration::from_secs(8),
        "nobody waits for a disk that is thrown away"
    );
}

#[test]
fn serial_lines_stand_in_for_ports() {
    let stand_in = StandIn::new(
        r#"echo ready >&"$ttyS1"
        printf 'one%s' "$end" >&"$ttyS2"
        printf %s "$end" >&"$ttyS3"
        echo exit 0 >&"$ttyS1"
        read -r forever <&"$console""#,
    );
    let (result, output, _) = come(&order(&stand_in.program(), command()));
    assert_eq!(
        (result.expect("works in a test"), output.as_str()),
        (End::Exited(0), "one")
    );
}

#[test]
fn a_guest_whose_disk_is_kept_goes_down_by_itself() {
    let stand_in = StandIn::new(
        r#"printf %s "$end" >&"$output"
        printf %s "$end" >&"$errors"
        echo exit 3 >&"$control"
        sleep 0.3
        echo down >"${0%/*}/down""#,
    );
    let kept = Order {
        keep: true,
        ..order(&stand_in.program(), command())
    };
    assert_eq!(come(&kept).0.expect("works in a test"), End::Exited(3));
    assert_eq!(stand_in.file("down"), "down\n");
}

#[test]
fn a_panic_is_told_with_the_last_lines() {
    let stand_in = StandIn::new(
        r#"say 'booting' '[ 1.0] Kernel panic - not syncing: VFS: Unable to mount root fs' 'the end'
        read -r forever <&"$console""#,
    );
    let (reason, _, console) = guest(come(&order(&stand_in.program(), command())).0);
    assert_eq!(reason, "the guest's kernel panicked");
    assert_eq!(console.first().map(String::as_str), Some("booting"));
    assert_eq!(console.last().map(String::as_str), Some("the end"));
}

#[test]
fn a_guest_that_hangs_is_stopped_in_time() {
    let stand_in = StandIn::new(
        r#"say 'formwork: access through systemd' 'A start job is running'
        read -r forever <&"$console""#,
    );
    let short = Order {
        time: Some(Duration::from_secs(1)),
        ..order(&stand_in.program(), command())
    };
    let (reason, hint, console) = guest(come(&short).0);
    assert_eq!(
        reason,
        "the guest was stopped after 1 s, while we waited for its system to come up"
    );
    assert_eq!(
        hint.as_deref(),
        Some("--timeout SECONDS gives it more time")
    );
    assert_eq!(
        console.last().map(String::as_str),
        Some("A start job is running")
    );
}

#[test]
fn an_initial_ram_disk_that_takes_nothing_is_recognised() {
    let stand_in = StandIn::new("say 'localhost login: '\n");
    let (reason, hint, _) = guest(come(&order(&stand_in.program(), command())).0);
    assert!(reason.contains("went down"), "{reason}");
    assert!(hint.expect("works in a test").contains("initramfs-tools"));
}

#[test]
fn too_little_memory_is_told_before_and_while_it_happens() {
    let mut small = order(Path::new("/nonexistent"), command());
    small.memory = 16;
    assert!(matches!(
        come(&small).0,
        Err(TrialError::Memory { memory: 16, .. })
    ));
    let stand_in = StandIn::new("say 'Initramfs unpacking failed: write error'\n");
    let (reason, hint, _) = guest(come(&order(&stand_in.program(), command())).0);
    assert!(reason.contains("does not fit"), "{reason}");
    assert_eq!(hint.as_deref(), Some("--memory SIZE gives it more"));
}

#[test]
fn what_is_expected_is_seen_or_missed() {
    let login = || Task::Expect("login: ".to_owned());
    let stand_in = StandIn::new(
        r#"printf 'localhost log' >&"$console"
        sleep 0.1
        printf 'in: ' >&"$console"
        read -r forever <&"$console""#,
    );
    assert_eq!(
        come(&order(&stand_in.program(), login()))
            .0
            .expect("works in a test"),
        End::Seen
    );
    let stand_in = StandIn::new("say 'something else'\n");
    let (reason, _, console) = guest(come(&order(&stand_in.program(), login())).0);
    assert_eq!(reason, "the guest went down while we waited for login:");
    assert_eq!(console, ["something else"]);
}

#[test]
fn the_command_line_is_the_images_and_what_the_run_adds() {
    // (architecture, accelerated, added, what the kernel is told)
    let table = [
        (
            "amd64",
            false,
            None,
            "root=/dev/vda2 ro quiet console=ttyS0,115200 panic=-1 no_timer_check",
        ),
        (
            "amd64",
            true,
            None,
            "root=/dev/vda2 ro quiet console=ttyS0,115200 panic=-1",
        ),
        (
            "arm64",
            false,
            Some("root=/dev/vdb panic=5"),
            "root=/dev/vda2 ro quiet root=/dev/vdb panic=5 console=ttyAMA0,115200",
        ),
    ];
    let stand_in = StandIn::new("say \"$append\"\n");
    for (architecture, accelerated, added, expected) in table {
        let mut order = order(&stand_in.program(), command());
        order.kind = Kind::of(architecture).expect("works in a test");
        order.accelerated = accelerated;
        if let Boot::Kernel { append, .. } = &mut order.boot {
            *append = added.map(str::to_owned);
        }
        order.task = Task::Expect(format!("{expected}\n"));
        let end = come(&order).0.expect("the line is as expected");
        assert_eq!(end, End::Seen, "{architecture} {accelerated} {added:?}");
    }
}

#[test]
fn a_machine_that_does_not_start_says_why() {
    let stand_in = StandIn::new("echo \"qemu: no such thing\" >&2; exit 1\n");
    match come(&order(&stand_in.program(), command())).0 {
        Err(TrialError::Machine { message, .. }) => {
            assert!(message.contains("no such thing"), "{message}");
        }
        other => panic!("{other:?}"),
    }
    match come(&order(Path::new("/nonexistent/qemu"), command())).0 {
        Err(TrialError::Missing { package, .. }) => assert_eq!(package, "qemu-system-x86"),
        other => panic!("{other:?}"),
    }
}

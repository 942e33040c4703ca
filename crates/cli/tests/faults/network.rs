//! A bad network: each fault ends in time with a message, or is mended without one.

use super::PROGRAM;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use formwork_testkit::archive::Suite;
use formwork_testkit::bytes::Compression;
use formwork_testkit::package::Package;
use formwork_testkit::project::Project;
use formwork_testkit::server::Fault;

const INRELEASE: &str = "/dists/bookworm/InRelease";

fn project() -> Project {
    let content: Vec<u8> = (0..75_000_u32)
        .flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes())
        .collect();
    let hello = Package::new("hello", "1.0", "amd64")
        .field("Essential", "yes")
        .compression(Compression::None)
        .file("usr/share/hello", &content);
    Project::new(PROGRAM, &Suite::new("bookworm").package(hello), "\"hello\"")
}

fn pool() -> String {
    "/pool/main/h/hello/hello_1.0_amd64.deb".to_owned()
}

#[test]
fn short_troubles_are_mended() {
    for fault in [
        Fault::Status(503, vec!["Retry-After: 0".to_owned()]),
        Fault::Status(500, Vec::new()),
        Fault::DropAfter(10),
    ] {
        let project = project();
        println!("{fault:?}");
        project.server.fault_times(INRELEASE, fault.clone(), 1);
        project.server.fault_times(&pool(), fault, 1);
        project.run(&["lock"]).exits(0);
        project.run(&["fetch"]).exits(0);
    }
}

#[test]
fn a_dropped_download_is_resumed() {
    let project = project();
    project.run(&["lock"]).exits(0);
    project
        .server
        .fault_times(&pool(), Fault::DropAfter(100_000), 1);
    project.run(&["fetch"]).exits(0);
    let log = project.server.log();
    let resumed = log
        .iter()
        .any(|request| request.path == pool() && request.range.as_deref() == Some("bytes=100000-"));
    assert!(resumed, "{log:?}");
}

#[test]
fn lasting_troubles_end_with_a_message() {
    for (fault, word) in [
        (Fault::Status(500, Vec::new()), "500"),
        (Fault::Status(404, Vec::new()), "no suite `bookworm`"),
        (Fault::RedirectLoop, "redirect"),
        (Fault::WrongBytes, "bookworm"),
        (Fault::Endless, "bookworm"),
    ] {
        println!("{fault:?}");
        let project = project();
        project.server.fault("/dists/*", fault);
        let run = project.run(&["lock"]);
        assert!(matches!(run.status, 2 | 3), "{run:?}");
        assert!(run.stderr.contains(word), "{}", run.stderr);
        let place = [project.server.url(), "repository `debian`".to_owned()];
        assert!(
            place.iter().any(|place| run.stderr.contains(place)),
            "where: {}",
            run.stderr
        );
        assert!(!project.has_lock());
    }
}

#[test]
fn wrong_bytes_of_a_package_are_refused_and_not_kept() {
    let project = project();
    project.run(&["lock"]).exits(0);
    project.server.fault(&pool(), Fault::WrongBytes);
    let run = project.run(&["fetch"]).exits(3);
    assert!(run.stderr.contains("hello"), "{}", run.stderr);
    project.server.heal();
    project.run(&["fetch"]).exits(0);
    project.run(&["cache", "verify"]).exits(0);
}

#[test]
fn an_endless_package_is_cut_at_its_size() {
    let project = project();
    project.run(&["lock"]).exits(0);
    project.server.fault(&pool(), Fault::Endless);
    let start = Instant::now();
    project.run(&["fetch"]).exits(3);
    assert!(
        start.elapsed() < Duration::from_secs(60),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn offline_says_what_it_lacks_and_asks_nobody() {
    let project = project();
    let run = project.run(&["lock", "--offline"]).exits(3);
    assert!(
        run.stderr.contains("bookworm") && run.stderr.contains("offline"),
        "{}",
        run.stderr
    );
    project.run(&["lock"]).exits(0);
    project.server.clear_log();
    project.run(&["lock", "--check", "--offline"]).exits(0);
    let run = project.run(&["fetch", "--offline"]).exits(3);
    assert!(run.stderr.contains("hello"), "{}", run.stderr);
    assert_eq!(project.server.log(), []);
}

#[test]
fn a_second_question_does_not_touch_the_network() {
    let project = project();
    project.run(&["closure", "hello"]).exits(0);
    project.server.clear_log();
    project.run(&["closure", "hello"]).exits(0);
    assert_eq!(project.server.log(), []);
}

#[test]
fn credentials_come_from_auth_conf_and_are_never_shown() {
    let project = project();
    project.server.require_login("somebody", "hunter2");
    let run = project.run(&["lock"]).exits(3);
    assert!(run.stderr.contains("401"), "{}", run.stderr);
    let address = project.server.url().replace("http://", "");
    let entry = format!("machine http://{address} login somebody password hunter2\n");
    project.home.write("../root/etc/apt/auth.conf", &entry);
    let run = project.run(&["lock", "--verbose"]).exits(0);
    let all = [run.stdout, run.stderr, project.lock()].concat();
    assert!(
        !all.contains("hunter2") && !all.contains("somebody"),
        "{all}"
    );
}

#[test]
fn interrupted_downloads_leave_nothing_half_written() {
    let project = project();
    project.run(&["lock"]).exits(0);
    project.server.fault(&pool(), Fault::Slow(50));
    // Whoever runs the tests may have SIGINT ignored, which formwork would respect.
    let mut child = project
        .home
        .command("env")
        .args(["--default-signal=INT", PROGRAM, "fetch"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a program that starts");
    let start = Instant::now();
    while project.server.count(&pool()) == 0 && start.elapsed() < Duration::from_secs(20) {
        thread::sleep(Duration::from_millis(20));
    }
    thread::sleep(Duration::from_millis(100));
    let pid = child.id().to_string();
    let sent = std::process::Command::new("/bin/kill")
        .args(["-INT", &pid])
        .status();
    assert!(sent.is_ok_and(|status| status.success()));
    let status = child.wait().expect("a program that ends");
    assert_eq!(status.code(), Some(130));
    project.server.heal();
    project.run(&["cache", "verify"]).exits(0);
    project.run(&["fetch"]).exits(0);
}

#[test]
fn two_processes_may_lock_at_once() {
    let project = project();
    project.server.fault_times(INRELEASE, Fault::Slow(200), 2);
    let children: Vec<_> = (0..3)
        .map(|_| {
            project
                .command(&["lock"])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("a program that starts")
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().expect("a program that ends");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    project.run(&["lock", "--check"]).exits(0);
}

#[test]
fn a_full_disk_is_said_and_nothing_is_half_written() {
    let project = project();
    project.run(&["lock"]).exits(0);
    // A limit on the size of files (in blocks of 512 bytes) is the full disk of an unprivileged test.
    let script = format!("trap '' XFSZ; ulimit -f 200; exec {PROGRAM} fetch");
    let run = project.home.run("sh", &["-c", &script]).exits(3);
    assert!(
        run.stderr.contains("hello") || run.stderr.contains("cache"),
        "{}",
        run.stderr
    );
    project.run(&["fetch"]).exits(0);
    project.run(&["cache", "verify"]).exits(0);
    let run = project.home.run(
        "sh",
        &["-c", &format!("exec {PROGRAM} closure hello >/dev/full")],
    );
    assert_eq!(run.status, 3, "{}", run.stderr);
}

#[test]
fn a_closed_pipe_is_a_quiet_end() {
    let project = project();
    project.run(&["lock"]).exits(0);
    let script = format!("{PROGRAM} closure hello | true; {PROGRAM} closure hello | head -n 1");
    let run = project
        .home
        .run("bash", &["-o", "pipefail", "-c", &script])
        .exits(0);
    assert!(
        !run.stderr.contains("panic") && !run.stderr.contains("error"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_corrupt_cache_heals_itself() {
    let project = project();
    project.run(&["lock"]).exits(0);
    project.run(&["fetch"]).exits(0);
    let mut spoiled = 0;
    let mut open = vec![project.home.cache()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).expect("a directory").flatten() {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let mut content = std::fs::read(&path).expect("a file");
                content.iter_mut().for_each(|byte| *byte ^= 0x55);
                let _ = std::fs::remove_file(&path);
                std::fs::write(&path, content).expect("a file");
                spoiled += 1;
            }
        }
    }
    assert!(spoiled > 2, "nothing in the cache");
    project.run(&["cache", "verify"]).exits(1);
    project.run(&["lock"]).exits(0);
    project.run(&["fetch"]).exits(0);
    project.run(&["cache", "verify"]).exits(0);
}

//! A process that listens notices the first signal and dies of the second.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// Not a test by itself: what the child process of the test below does.
fn child(patient: bool) -> ! {
    formwork_sys::signal::listen();
    println!("listening");
    while patient || !formwork_sys::signal::interrupted() {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::process::exit(130)
}

fn run(patient: &str, signals: &[Signal]) -> std::process::ExitStatus {
    // Whoever runs the tests may have SIGINT ignored, which `listen` would respect.
    let mut child = Command::new("env")
        .arg("--default-signal=INT")
        .arg(std::env::current_exe().unwrap())
        .args([
            "the_first_signal_sets_the_flag_and_the_second_kills",
            "--exact",
            "--nocapture",
        ])
        .env("FORMWORK_TEST_CHILD", patient)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut lines = lines.map_while(Result::ok);
    assert!(lines.any(|line| line.contains("listening")));
    for signal in signals {
        kill_process(Pid::from_child(&child), *signal).unwrap();
        std::thread::sleep(Duration::from_millis(50));
    }
    child.wait().unwrap()
}

#[test]
fn the_first_signal_sets_the_flag_and_the_second_kills() {
    use std::os::unix::process::ExitStatusExt;
    if let Ok(patient) = std::env::var("FORMWORK_TEST_CHILD") {
        child(patient == "patient");
    }
    for signal in [Signal::INT, Signal::TERM] {
        assert_eq!(run("prompt", &[signal]).code(), Some(130));
        assert_eq!(
            run("patient", &[signal, signal]).signal(),
            Some(signal.as_raw())
        );
    }
}

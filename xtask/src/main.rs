//! Tasks of this repository: `cargo xtask check`, `cargo xtask differential`, `cargo xtask docs`,
//! `cargo xtask bench`, `cargo xtask rootfs`, `cargo xtask rebuild`,
//! `cargo xtask figures`, `cargo xtask boot`, `cargo xtask session`.

use std::process::ExitCode;

mod bench;
mod check;
mod differential;
mod figures;
mod rebuild;
mod rootfs;
mod session;
mod source;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (task, rest) = match arguments.split_first() {
        Some((task, rest)) => (task.as_str(), rest),
        None => ("", arguments.as_slice()),
    };
    let outcome = match task {
        "check" => check::run(rest),
        "docs" => check::generated::write().map(|()| true),
        "differential" => differential::run(rest),
        "bench" => bench::run(rest),
        "rootfs" => rootfs::run(rest),
        "figures" => figures::run(rest),
        "rebuild" => rebuild::run(rest),
        "boot" => check::boot::run(rest),
        "session" => session::record(),
        _ => Err(
            "tasks: check [--system] [NAME…], docs, differential, bench, rootfs, rebuild, \
             figures, boot, session"
                .to_owned(),
        ),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

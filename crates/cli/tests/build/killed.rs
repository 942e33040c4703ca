//! A build that is killed in the middle of writing a disk.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use formwork_testkit::package::Package;

use super::PROGRAM;
use super::bootable::{DISK, bootable, kernel};
use super::support::{built, digest, names};

/// How often a build is killed.
const ROUNDS: u64 = 6;

/// What is in a package that takes a while to be written: bytes that nothing packs.
pub(super) fn large() -> Vec<u8> {
    let mut random = 0x2026_1122_u64;
    let mut bytes = Vec::new();
    while bytes.len() < 10 << 20 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        bytes.extend_from_slice(&random.to_le_bytes());
    }
    bytes
}

/// Waits until a build has so much of a file in this directory; false if it ended before.
pub(super) fn is_writing(child: &mut Child, directory: &Path, least: u64) -> bool {
    let open = format!("/proc/{}/fd", child.id());
    while child.try_wait().expect("works in a test").is_none() {
        let files = fs::read_dir(&open).into_iter().flatten().flatten();
        for file in files {
            let ours = fs::read_link(file.path()).is_ok_and(|path| path.starts_with(directory));
            // Through the link, as the file may have no name yet.
            let size = fs::metadata(file.path()).map_or(0, |found| found.len());
            if ours && size >= least {
                return true;
            }
        }
        thread::sleep(Duration::from_millis(1));
    }
    false
}

#[test]
fn a_disk_has_its_name_only_when_it_is_whole() {
    let large = Package::new("large", "1.0", "amd64")
        .field("Depends", "toybox")
        .file("srv/large", &large());
    let Some(project) = bootable(&[kernel("6.1.0-1"), large], DISK) else {
        return;
    };
    project.run(&["lock"]).exits(0);
    project.run(&["build"]).exits(0);
    let disk = built(&project, "minimal.img");
    let (expected, files) = (digest(&disk), names(&project));
    let directory = disk.parent().expect("a directory").to_owned();
    let mut cut = 0;
    for round in 0..ROUNDS {
        fs::remove_dir_all(&directory).expect("what was built");
        let mut child = project
            .home
            .command(PROGRAM)
            .arg("build")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program");
        // From the first bytes to nearly all of them.
        is_writing(&mut child, &directory, 1 + ((round * 2) << 20));
        child.kill().expect("a kill");
        let ended = child.wait().expect("an end");
        let there = names(&project);
        if ended.signal() == Some(9) {
            cut += u32::from(!disk.exists());
        }
        // What is hidden has no name that anybody uses, and the next build takes it away.
        let harmless = |name: &String| name.starts_with('.') || name.ends_with(".log.json");
        for name in there.iter().filter(|name| !harmless(name)) {
            assert!(files.contains(name), "{round}: {name} is left");
        }
        if disk.exists() {
            assert_eq!(digest(&disk), expected, "{round}");
        }
    }
    assert!(cut >= 2, "only {cut} of {ROUNDS} were killed in the middle");
    project.run(&["build"]).exits(0);
    assert_eq!(digest(&disk), expected);
    assert_eq!(names(&project), files);
}

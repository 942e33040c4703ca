//! The tree's own `mkinitramfs`, run in the sandbox.
//!
//! What it writes follows from the tree but for two things of the machine: the table of swap
//! areas, from which it guesses where a suspended system lies, and the devices that
//! `MODULES=dep` looks at. The guess is dropped, `MODULES=dep` is refused.

use formwork_sys::tree::Tree;

use super::InitramfsError;
use super::archive::Archive;
use crate::error::{Blame, Error, Failure};
use crate::program::{Program, Run};
use crate::report::Kernel;

/// The program.
pub(super) const PROGRAM: &str = "usr/sbin/mkinitramfs";
/// A directory of the tree for all that it writes, gone when it has ended.
const PLACE: &str = ".formwork-initramfs";
/// Where it says which swap area of this machine it found.
const GUESS: &str = "conf/conf.d/zz-resume-auto";
/// The directories of configuration; a file of a later one wins.
const CONFIGURATION: [&str; 2] = [
    "usr/share/initramfs-tools/conf.d",
    "etc/initramfs-tools/conf.d",
];

/// Makes the initial RAM disk of a kernel.
pub(super) fn make(tree: &Tree, kernel: &Kernel, run: &mut dyn Run) -> Result<Archive, Error> {
    check(tree)?;
    tree.remove_all(PLACE)?;
    tree.create_directory(PLACE, 0o700)?;
    let written = written(tree, kernel, run);
    tree.remove_all(PLACE)?;
    let mut archive = Archive::read(&written?)?;
    archive.remove(GUESS);
    Ok(archive)
}

/// Runs the program; what it packs is unpacked at once, so as little as possible is packed.
fn written(tree: &Tree, kernel: &Kernel, run: &mut dyn Run) -> Result<Vec<u8>, Error> {
    let output = format!("{PLACE}/initrd");
    let arguments = ["-c", "gzip", "-o", &format!("/{output}"), &kernel.version];
    let mut program = Program::new([&format!("/{PROGRAM}")].into_iter().cloned());
    program.arguments.extend(arguments.map(str::to_owned));
    // Tells packages' hooks that one is wanted, unlike while packages are installed.
    let program = program
        .variable("INITRD", "Yes")
        .variable("GZIP", "-1")
        .variable("TMPDIR", &format!("/{PLACE}"));
    let ended = run.run(&program, &mut |_| {})?;
    if !ended.success() {
        return Err(Error::Program(Failure {
            blame: Blame::Outside,
            message: format!(
                "the initial RAM disk of the kernel {} could not be made by mkinitramfs: {}",
                kernel.version,
                ended.how()
            ),
            output: ended.tail,
            kept: None,
        }));
    }
    Ok(tree.read(&output)?)
}

/// Refuses what would depend on the machine that builds.
fn check(tree: &Tree) -> Result<(), Error> {
    for place in places(tree)? {
        let text = tree.read_if_there(&place)?.unwrap_or_default();
        for line in String::from_utf8_lossy(&text).lines() {
            let value = line.trim().strip_prefix("MODULES=").unwrap_or_default();
            if value.trim_matches(['"', '\'']) == "dep" {
                let (place, value) = (format!("/{place}"), "dep".to_owned());
                return Err(InitramfsError::Modules { place, value }.into());
            }
        }
    }
    Ok(())
}

/// The files of configuration.
fn places(tree: &Tree) -> Result<Vec<String>, Error> {
    let mut places = vec!["etc/initramfs-tools/initramfs.conf".to_owned()];
    for directory in CONFIGURATION {
        if tree.exists(directory)? {
            for (name, _) in tree.list(directory)? {
                places.push(format!("{directory}/{}", name.to_string_lossy()));
            }
        }
    }
    Ok(places)
}

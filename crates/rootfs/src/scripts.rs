//! Preinst scripts, run as dpkg runs them: before a package is unpacked.
//!
//! The control part lies in `/var/lib/dpkg/tmp.ci` meanwhile, where debconf finds the templates,
//! and the script is `/var/lib/dpkg/tmp.ci/preinst install`.

use std::collections::VecDeque;

use formwork_sys::tree::Tree;

use crate::error::{Blame, Error, Failure};
use crate::program::{Program, Run};
use crate::unpack::control::Control;

/// Where the control part of a package lies while it is unpacked.
const HOME: &str = "var/lib/dpkg/tmp.ci";
/// How many lines of a failing script are shown.
const SHOWN: usize = 20;

/// Runs the preinst of a package, if it has one; tells whether it has.
///
/// `dpkg_version` is the version of the tree's dpkg, which scripts can ask for.
pub(crate) fn preinst(
    control: &Control,
    dpkg_version: &str,
    tree: &Tree,
    run: &mut dyn Run,
) -> Result<bool, Error> {
    if control.file("preinst").is_none() {
        return Ok(false);
    }
    tree.remove_all(HOME)?;
    tree.create_directory(HOME, 0o755)?;
    let home = tree.directory(HOME)?;
    for file in &control.files {
        let mode = match file.name.as_str() {
            "preinst" => 0o755,
            _ => file.mode & 0o7777,
        };
        home.write(file.name.as_ref(), &file.content, mode)?;
    }
    let program = Program::new([&format!("/{HOME}/preinst"), "install"])
        .variable("DPKG_MAINTSCRIPT_PACKAGE", &control.package.name)
        .variable("DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT", "1")
        .variable("DPKG_MAINTSCRIPT_ARCH", &control.package.architecture)
        .variable("DPKG_MAINTSCRIPT_NAME", "preinst")
        .variable("DPKG_MAINTSCRIPT_DEBUG", "0")
        .variable("DPKG_RUNNING_VERSION", dpkg_version)
        .variable("DPKG_ADMINDIR", "/var/lib/dpkg")
        .variable("DPKG_ROOT", "");
    let mut lines = VecDeque::new();
    let ended = run.run(&program, &mut |line| {
        if lines.len() == SHOWN {
            lines.pop_front();
        }
        lines.push_back(line.to_owned());
    })?;
    tree.remove_all(HOME)?;
    match ended.success() {
        true => Ok(true),
        false => Err(Error::Program(Failure {
            blame: Blame::Outside,
            message: format!(
                "package {}: preinst failed: {}",
                control.label(),
                ended.how()
            ),
            output: lines.into(),
            kept: None,
        })),
    }
}

//! Stand-ins for the helpers of packages that take most of the time of their scripts.
//!
//! `deb-systemd-helper` is Perl and takes 30 ms a call, `dpkg-maintscript-helper` starts three
//! programs to find that there is nothing to do. A stand-in does what the original would do in
//! the calls that first installations make, with nothing but the shell, and hands over to the
//! original in all others, before it has changed anything. It is found first in `PATH`, in a
//! directory that only the sandbox has; the tree keeps its own.
//!
//! [`debconf`] and [`usrmerge`] stand in for programs that lie elsewhere, and in another way: they
//! talk to this process, which does the work.
//!
//! A stand-in is offered only beside an original whose digest is known, as it was compared with
//! that very text. Tests run both on the same directories.

mod debconf;
mod usrmerge;

use formwork_deb::sha256::Sha256;
use formwork_sys::sandbox::{Inside, Program};
use formwork_sys::tree::Tree;

use crate::error::Error;
use crate::job::Job;
use crate::variation::Variation;

/// Where programs of the tree find them.
const DIRECTORY: &str = "/dev/formwork/helpers";

/// One helper.
struct Helper {
    /// Its name in `PATH`.
    name: &'static str,
    /// The original in the tree.
    original: &'static str,
    /// The digests of the originals that it can stand in for.
    known: &'static [&'static str],
    /// The stand-in.
    text: &'static str,
}

const HELPERS: [Helper; 2] = [
    Helper {
        name: "deb-systemd-helper",
        original: "usr/bin/deb-systemd-helper",
        known: &[
            // 1.65.2+deb12u1 and 1.69~deb13u1
            "a895d5f077651960b6ca4ed9c53f8b36eae422ae170f61c972d0c6579e9f8732",
        ],
        text: include_str!("helpers/deb-systemd-helper.sh"),
    },
    Helper {
        name: "dpkg-maintscript-helper",
        original: "usr/bin/dpkg-maintscript-helper",
        known: &[
            // 1.20.13
            "83fe1d199874d2a1e332a13111bc38210e61eeb375ab4a1795b9e7a110783701",
            // 1.21.22
            "aa4036297b2b85b7dce70653e3f41437f771c1b5c78f8d3646914a2333e6d32e",
            // 1.21.23
            "ab44bb8f3454a2ef0991dcfd832c99e89747f6a9624ffc7095786530f627e2ff",
            // 1.22.22
            "164ae6cd468674eea2f5dd7208f9ebac191b20bb0c0ac726560eb313b798d577",
        ],
        text: include_str!("helpers/dpkg-maintscript-helper.sh"),
    },
];

/// Lays them out, once for each tree.
pub(crate) fn prepare(inside: &Inside, job: &Job) -> Result<(), Error> {
    if job.vary.contains(&Variation::Helpers) {
        return Ok(());
    }
    let scratch = Tree::open(inside.scratch())?;
    for helper in &HELPERS {
        scratch.write(helper.name, helper.text.as_bytes(), 0o755)?;
    }
    usrmerge::prepare(&scratch)?;
    debconf::prepare(&scratch)
}

/// Runs a program of the tree so that it finds those whose originals are known.
///
/// # Errors
/// If a stand-in fails; how the program ended is `run`'s affair.
pub(crate) fn with<R>(
    program: &mut Program,
    inside: &Inside,
    job: &Job,
    tree: &Tree,
    run: impl FnOnce(&Program) -> R,
) -> Result<R, Error> {
    if job.vary.contains(&Variation::Helpers) {
        return Ok(run(program));
    }
    offer(program, inside, tree);
    let scratch = inside.scratch();
    let asks = debconf::offer(program, scratch, tree);
    let merges = usrmerge::offer(program, scratch, tree);
    if !asks && !merges {
        return Ok(run(program));
    }
    debconf::offer_line(program, scratch);
    let mut server = debconf::Server::open(scratch)?;
    let (served, result) = std::thread::scope(|scope| {
        let serving = scope.spawn(|| server.serve(tree));
        let result = run(program);
        let closed = debconf::Server::close(scratch);
        let served = serving.join().unwrap_or_else(|_| {
            let reason = "a stand-in ended in a fault of Formwork";
            Err(Error::Job(reason.to_owned()))
        });
        (served.and(closed), result)
    });
    served.map(|()| result)
}

/// Lets a program of the tree find the scripts among them.
fn offer(program: &mut Program, inside: &Inside, tree: &Tree) {
    let mut any = false;
    for helper in &HELPERS {
        if helper.is_known(tree) {
            let place = format!("{DIRECTORY}/{}", helper.name);
            let stand_in = inside.scratch().join(helper.name);
            program.read_only_binds.push((stand_in, place.into()));
            any = true;
        }
    }
    let path = program.environment.iter_mut();
    for (_, path) in path.filter(|(name, _)| any && name == "PATH") {
        *path = format!("{DIRECTORY}:{path}");
    }
}

impl Helper {
    /// Whether the tree has an original that this is the same as.
    fn is_known(&self, tree: &Tree) -> bool {
        // One that cannot be read is none that we know.
        let original = tree.read_if_there(self.original).ok().flatten();
        let digest = original.map(|original| Sha256::of(&original).to_string());
        digest.is_some_and(|digest| self.known.contains(&digest.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_known_original_has_a_stand_in() {
        let directory = tempfile::tempdir().unwrap();
        let tree = Tree::open(directory.path()).unwrap();
        for helper in &HELPERS {
            assert!(!helper.is_known(&tree), "there is none");
            std::fs::create_dir_all(directory.path().join("usr/bin")).unwrap();
            let original = directory.path().join(helper.original);
            std::fs::create_dir(&original).unwrap();
            assert!(!helper.is_known(&tree), "it is no file");
            std::fs::remove_dir(&original).unwrap();
            std::fs::write(&original, helper.text).unwrap();
            assert!(!helper.is_known(&tree), "it is another");
            let digest = Sha256::of(helper.text.as_bytes()).to_string();
            let known: &'static [&'static str] = Vec::leak(vec![&*digest.leak()]);
            let helper = Helper { known, ..*helper };
            assert!(helper.is_known(&tree));
        }
    }
}

//! What cannot be proved today, by no fault of ours, and is left out aloud.
//!
//! A mirror between two states of the archive may for days serve a signed Release without the
//! index that this lists. Nothing can then be proved of that suite and architecture. The program
//! under test is not believed in this: apt is asked for the very same index, and only what apt
//! cannot have either is left out.

use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use super::{Findings, documents};
use crate::rootfs::place::{succeed, write};

/// How the program says that a mirror lacks an index.
const COMPLAINT: &str = "an index that a signed Release lists cannot be had";

/// What was left out in this run.
static LEFT_OUT: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Says at once that something is left out, and keeps it for the end.
pub(super) fn leave_out(what: String) {
    println!("left out: {what}");
    let mut list = LEFT_OUT.lock().unwrap_or_else(PoisonError::into_inner);
    list.push(what);
}

/// What was left out, in the order of the run.
pub(super) fn left_out() -> Vec<String> {
    let list = LEFT_OUT.lock().unwrap_or_else(PoisonError::into_inner);
    list.clone()
}

/// Leaves out what could not even be tried, if that is for want of an index that apt cannot have
/// either.
pub(super) fn is_left_out(what: &str, findings: &Findings) -> bool {
    let complaint = findings.as_ref().err().and_then(|error| lacking(error));
    if let Some(complaint) = &complaint {
        leave_out(format!(
            "{what}: the mirror lacks what it lists, apt too says {complaint}"
        ));
    }
    complaint.is_some()
}

/// What apt says of the index that a message of the program is about, if apt cannot have it.
fn lacking(message: &str) -> Option<String> {
    if !message.contains(COMPLAINT) {
        return None;
    }
    let index = message.split_whitespace().find_map(Index::parse)?;
    index.complaint(&documents::formwork().ok()?.with_file_name("apt"))
}

/// An index of packages on a mirror.
#[derive(Debug, PartialEq)]
struct Index<'a> {
    mirror: &'a str,
    suite: &'a str,
    component: &'a str,
    architecture: &'a str,
}

impl<'a> Index<'a> {
    fn parse(url: &'a str) -> Option<Index<'a>> {
        let (mirror, rest) = url.split_once("/dists/")?;
        let (place, file) = rest.split_once("/binary-")?;
        let (suite, component) = place.rsplit_once('/')?;
        let (architecture, _) = file.split_once('/')?;
        Some(Index {
            mirror,
            suite,
            component,
            architecture,
        })
    }

    /// What apt complains of when it fetches this index alone into `place`, which is its own.
    fn complaint(&self, place: &Path) -> Option<String> {
        let Index {
            mirror,
            suite,
            component,
            architecture,
        } = self;
        let _ = std::fs::remove_dir_all(place);
        let source = format!("deb [arch={architecture}] {mirror} {suite} {component}\n");
        write(&place.join("sources.list"), &source).ok()?;
        write(&place.join("status"), "").ok()?;
        let mut apt = Command::new("apt-get");
        apt.env("LC_ALL", "C").args(["--quiet", "update"]);
        let path = place.display();
        for option in [
            format!("Dir::Etc::SourceList={path}/sources.list"),
            "Dir::Etc::SourceParts=/dev/null".to_owned(),
            format!("Dir::State={path}"),
            format!("Dir::State::status={path}/status"),
            format!("Dir::Cache={path}/cache"),
            format!("APT::Architecture={architecture}"),
            format!("APT::Architectures={architecture}"),
            "APT::Sandbox::User=".to_owned(),
            "APT::Update::Error-Mode=any".to_owned(),
            "Acquire::Languages=none".to_owned(),
        ] {
            apt.args(["-o", &option]);
        }
        let said = succeed(&mut apt).err();
        let _ = std::fs::remove_dir_all(place);
        let wanted = format!("/dists/{suite}/{component}/binary-{architecture}/");
        let said = said?;
        let line = said.lines().find(|line| line.contains(&wanted))?;
        Some(line.trim().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_read_from_its_url() {
        let expected = Index {
            mirror: "http://archive.example/debian",
            suite: "bookworm/updates",
            component: "main",
            architecture: "armhf",
        };
        let url = "http://archive.example/debian/dists/bookworm/updates/main/binary-armhf/by-hash/SHA256/00:";
        assert_eq!(Index::parse(url), Some(expected));
        assert_eq!(Index::parse("http://archive.example/debian/pool/"), None);
    }

    #[test]
    fn other_trouble_is_never_excused() {
        let message = "error: http://archive.example/debian/dists/trixie/main/binary-armhf/Packages.xz: HTTP status 500";
        assert_eq!(lacking(message), None);
    }
}

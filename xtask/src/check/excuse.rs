//! What cannot be proved today, by no fault of ours, and is left out aloud.
//!
//! A mirror between two states of the archive may for days serve a signed Release without the
//! index that this lists. Nothing can then be proved of that suite and architecture. The program
//! under test is not believed in this: apt is asked for the very same index, and only what apt
//! cannot have either is left out.

use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

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

/// What a check of `what` found, without that of which the archive lacks the index.
pub(super) fn unless_lacking(what: &str, findings: super::Findings) -> super::Findings {
    let Err(message) = findings else {
        return findings;
    };
    match lacking(&message)? {
        Some(reason) => {
            leave_out(format!("{what}: {reason}"));
            Ok(Vec::new())
        }
        None => Err(message),
    }
}

/// What apt says of the index that a message of the program is about, if apt cannot have it.
pub(super) fn lacking(message: &str) -> Result<Option<String>, String> {
    if !message.contains(COMPLAINT) {
        return Ok(None);
    }
    let Some(index) = message.split_whitespace().find_map(Index::parse) else {
        return Ok(None);
    };
    index.ask_apt()
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

    /// What apt complains of when it fetches this index alone, into a place of its own.
    fn ask_apt(&self) -> Result<Option<String>, String> {
        let place = super::documents::formwork()?.with_file_name("apt");
        let _ = std::fs::remove_dir_all(&place);
        for directory in ["lists/partial", "cache/archives/partial"] {
            write_in(&place.join(directory), "", None)?;
        }
        let Index {
            mirror,
            suite,
            component,
            architecture,
        } = self;
        let source = format!("deb [arch={architecture}] {mirror} {suite} {component}\n");
        write_in(&place, "sources.list", Some(&source))?;
        write_in(&place, "status", Some(""))?;
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
            apt.arg("-o").arg(option);
        }
        let output = apt
            .output()
            .map_err(|error| format!("cannot run apt-get: {error}"))?;
        let _ = std::fs::remove_dir_all(&place);
        let said = String::from_utf8_lossy(&output.stderr);
        let wanted = format!("/dists/{suite}/{component}/binary-{architecture}/");
        let complaint = said.lines().find(|line| line.contains(&wanted));
        Ok(complaint
            .filter(|_| !output.status.success())
            .map(|line| format!("the mirror does not have what it lists, apt too says {line}")))
    }
}

/// Makes a directory, and a file in it if there is a text.
fn write_in(directory: &Path, name: &str, text: Option<&str>) -> Result<(), String> {
    std::fs::create_dir_all(directory)
        .and_then(|()| match text {
            Some(text) => std::fs::write(directory.join(name), text),
            None => Ok(()),
        })
        .map_err(|error| format!("{}: {error}", directory.display()))
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
        assert_eq!(lacking(message), Ok(None));
    }
}

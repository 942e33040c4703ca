//! Who wrote a path: the package that owns it, or whose script speaks of it.
//!
//! dpkg keeps the scripts of all packages in the tree; one that writes a file usually names it,
//! or the directory that it lies in. The longest name that is found decides.

use std::collections::BTreeMap;

use formwork_image::tree::Tree;

/// The directory of dpkg's own files.
const INFO: &str = "var/lib/dpkg/info/";
/// The scripts that run while a tree is built, the likelier writers first.
const SCRIPTS: [&str; 3] = ["postinst", "preinst", "triggers"];
/// Directories that say nothing of who writes into them.
const COMMON: [&str; 22] = [
    "/etc",
    "/etc/default",
    "/etc/init.d",
    "/etc/ssl",
    "/etc/ssl/certs",
    "/etc/systemd",
    "/etc/systemd/system",
    "/opt",
    "/srv",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/local",
    "/usr/sbin",
    "/usr/share",
    "/usr/share/doc",
    "/var",
    "/var/cache",
    "/var/lib",
    "/var/lib/dpkg",
    "/var/lib/systemd",
    "/var/log",
];
/// Paths that everybody knows, and the package that makes them.
const KNOWN: [(&str, &str); 5] = [
    ("/etc/machine-id", "systemd"),
    ("/etc/ld.so.cache", "libc-bin"),
    ("/var/cache/ldconfig", "libc-bin"),
    ("/var/log/dpkg.log", "dpkg"),
    ("/var/log/alternatives.log", "dpkg"),
];

/// Who wrote a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Writer {
    /// The package.
    pub(super) package: Option<String>,
    /// Its script, or the file of the image's own.
    pub(super) by: String,
}

/// The scripts that may have written something.
#[derive(Debug, Default)]
pub(super) struct Scripts {
    /// Package and kind of script, with the text.
    scripts: BTreeMap<(String, &'static str), String>,
    /// The image's own scripts by their path in the project.
    own: BTreeMap<String, String>,
}

impl Scripts {
    /// The scripts of a tree, and those of the project by their paths.
    pub(super) fn new(tree: &Tree<'_>, own: BTreeMap<String, String>) -> Scripts {
        let mut scripts = BTreeMap::new();
        for (index, node) in tree.nodes().nodes().iter().enumerate() {
            let path = String::from_utf8_lossy(&node.path);
            let Some((package, kind)) = path
                .strip_prefix(INFO)
                .and_then(|name| name.rsplit_once('.'))
            else {
                continue;
            };
            if let Some(kind) = SCRIPTS.iter().find(|known| **known == kind) {
                let name = package.split(':').next().unwrap_or(package).to_owned();
                let text = String::from_utf8_lossy(tree.content(index)).into_owned();
                scripts.insert((name, *kind), text);
            }
        }
        Scripts { scripts, own }
    }

    /// Who wrote a path, which a package may own.
    pub(super) fn writer(&self, path: &str, owner: Option<&str>) -> Writer {
        if let Some((score, by)) = best(self.own.iter(), path)
            && score == path.len()
        {
            return Writer {
                package: None,
                by: by.clone(),
            };
        }
        let scripts = self.scripts.iter();
        let of_owner = scripts
            .clone()
            .filter(|((name, _), _)| owner.is_none_or(|own| own == name));
        if let Some((_, (package, script))) = best(of_owner, path) {
            return Writer {
                package: Some(package.clone()),
                by: (*script).to_owned(),
            };
        }
        let known = KNOWN.iter().find(|(known, _)| path.starts_with(known));
        if let Some(package) = owner.or(known.map(|(_, package)| *package)) {
            return Writer {
                package: Some(package.to_owned()),
                by: String::new(),
            };
        }
        let by = best(self.own.iter(), path).map_or_else(String::new, |(_, name)| name.clone());
        Writer { package: None, by }
    }
}

/// The text that names the path, or the longest part of it, with how long that is.
fn best<'a, K: Named + 'a>(
    texts: impl Iterator<Item = (&'a K, &'a String)>,
    path: &str,
) -> Option<(usize, &'a K)> {
    let names = names(path);
    let mut found: Option<((usize, bool), &K)> = None;
    for (key, text) in texts {
        let Some(name) = names.iter().find(|name| speaks_of(text, name)) else {
            continue;
        };
        // Of two that name the same, the one whose package the path is named after.
        let score = (name.len(), key.is_in(path));
        if found.is_none_or(|(best, _)| score > best) {
            found = Some((score, key));
        }
    }
    found.map(|((length, _), key)| (length, key))
}

/// Something whose name may stand in a path.
trait Named {
    fn is_in(&self, path: &str) -> bool;
}

impl Named for String {
    fn is_in(&self, _path: &str) -> bool {
        false
    }
}

impl Named for (String, &'static str) {
    fn is_in(&self, path: &str) -> bool {
        path.split(['/', '.', '-', '_']).any(|name| name == self.0)
            || path.split('/').any(|name| name == self.0)
    }
}

/// A path and the directories above it that say something, longest first.
fn names(path: &str) -> Vec<&str> {
    let mut names = vec![path];
    let mut rest = path;
    while let Some((above, _)) = rest.rsplit_once('/') {
        if above.is_empty() || COMMON.contains(&above) {
            break;
        }
        names.push(above);
        rest = above;
    }
    names
}

/// Whether a text has a path in it, and not merely one that begins like it.
fn speaks_of(text: &str, path: &str) -> bool {
    let ends = |rest: &str| {
        let next = rest.chars().next();
        next.is_none_or(|letter| !letter.is_alphanumeric() && !matches!(letter, '-' | '_' | '.'))
            || rest.starts_with(". ")
    };
    text.match_indices(path)
        .any(|(at, found)| ends(&text[at + found.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scripts() -> Scripts {
        let script =
            |package: &str, kind, text: &str| ((package.to_owned(), kind), text.to_owned());
        Scripts {
            scripts: BTreeMap::from([
                script("foo", "postinst", "date > /var/lib/foo/stamp\n"),
                script("bar", "postinst", "touch /var/lib/foo/deep/x\n"),
                script("baz", "preinst", "mkdir -p /var/cache/baz\n"),
                script(
                    "ssh",
                    "postinst",
                    "ssh-keygen -f /etc/ssh/ssh_host_rsa_key\n",
                ),
            ]),
            own: BTreeMap::from([("scripts/own".to_owned(), "echo > /etc/own\n".to_owned())]),
        }
    }

    #[test]
    fn the_script_that_names_a_path_wrote_it() {
        let table = [
            ("/var/lib/foo/stamp", None, Some("foo"), "postinst"),
            ("/var/lib/foo/other", None, Some("foo"), "postinst"),
            ("/var/lib/foo/deep/y", None, Some("bar"), "postinst"),
            ("/var/cache/baz/a/b", None, Some("baz"), "preinst"),
            ("/etc/ssh/ssh_host_rsa_key", None, Some("ssh"), "postinst"),
            ("/etc/own", None, None, "scripts/own"),
            ("/etc/machine-id", None, Some("systemd"), ""),
            ("/usr/lib/qux/a", Some("qux"), Some("qux"), ""),
            ("/var/lib/nobody/x", None, None, ""),
        ];
        for (path, owner, package, by) in table {
            let writer = scripts().writer(path, owner);
            assert_eq!(
                (writer.package.as_deref(), writer.by.as_str()),
                (package, by),
                "{path}"
            );
        }
    }
}

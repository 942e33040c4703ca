//! The configuration of initramfs-tools, as far as it is assignments; it is shell, and what is
//! more than that cannot be read without running it.

use std::collections::BTreeMap;

use formwork_sys::tree::Kind;

use super::Refusal;
use crate::error::Error;
use crate::initramfs::view::View;

/// Where the person's own configuration is, and that of packages.
const OWN: &str = "etc/initramfs-tools";
const SHARED: &str = "usr/share/initramfs-tools";

/// The variables, and the files to copy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    variables: BTreeMap<String, String>,
    /// Files that the device reads too.
    pub(super) extra: Vec<String>,
}

impl Settings {
    /// Reads all files in the order of `mkinitramfs`.
    pub(super) fn read(tree: &View<'_>) -> Result<Result<Settings, Refusal>, Error> {
        let mut settings = Settings::default();
        let mut files = vec![(format!("{OWN}/initramfs.conf"), false)];
        let own = names(tree, &format!("{OWN}/conf.d"))?;
        for name in names(tree, &format!("{SHARED}/conf.d"))? {
            if !own.contains(&name) {
                files.push((format!("{SHARED}/conf.d/{name}"), true));
            }
        }
        files.extend(
            own.into_iter()
                .map(|name| (format!("{OWN}/conf.d/{name}"), true)),
        );
        files.retain(|(path, extra)| !extra || is_taken(path));
        for name in names(tree, &format!("{SHARED}/conf-hooks.d"))? {
            files.push((format!("{SHARED}/conf-hooks.d/{name}"), false));
        }
        for (path, extra) in files {
            let text = tree.read_if_there(&path)?.unwrap_or_default();
            if let Err(line) = settings.assign(&String::from_utf8_lossy(&text)) {
                return Ok(Err(Refusal(format!(
                    "/{path}, line {line}, is no plain assignment"
                ))));
            }
            if extra {
                settings.extra.push(path);
            }
        }
        Ok(Ok(settings))
    }

    /// Takes the assignments of one file over; else says in which line something else stands.
    fn assign(&mut self, text: &str) -> Result<(), usize> {
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let line = line.strip_prefix("export ").unwrap_or(line);
            let (name, value) = line.split_once('=').ok_or(number + 1)?;
            let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            let quoted = [('"', '"'), ('\'', '\'')]
                .into_iter()
                .find_map(|(open, close)| value.strip_prefix(open)?.strip_suffix(close));
            let bare = quoted.unwrap_or(value);
            let special = [
                '$', '`', '\\', '"', '\'', ';', '&', '|', '(', ')', '<', '>', '#',
            ];
            let is_plain =
                !bare.contains(special) && (quoted.is_some() || !bare.contains([' ', '\t']));
            if name.is_empty() || !name.bytes().all(is_name) || !is_plain {
                return Err(number + 1);
            }
            self.variables.insert(name.to_owned(), bare.to_owned());
        }
        Ok(())
    }

    /// A variable; empty where nobody sets it.
    pub(super) fn get(&self, name: &str) -> &str {
        self.variables.get(name).map_or("", String::as_str)
    }

    /// Whether busybox is there and wanted.
    pub(super) fn busybox(&self) -> bool {
        self.get("BUSYBOX") != "n" && !self.get("BUSYBOXDIR").is_empty()
    }
}

/// Whether `mkinitramfs` reads a file of this name.
fn is_taken(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphanumeric())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        && !name.contains(".dpkg-")
}

/// The names of the files in a directory, sorted; none where there is no directory.
pub(super) fn names(tree: &View<'_>, directory: &str) -> Result<Vec<String>, Error> {
    if !tree.exists(directory)? {
        return Ok(Vec::new());
    }
    let entries = tree.list(directory)?.into_iter();
    let mut names: Vec<String> = entries
        .filter(|(_, kind)| *kind != Kind::Directory)
        .filter_map(|(name, _)| name.into_string().ok())
        .collect();
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments_are_read_and_anything_else_is_refused() {
        let mut settings = Settings::default();
        let text = "# comment\nMODULES=most\nKEYMAP='n'\n\n export BUSYBOX=\"auto\"\nA=\"b c\"\n";
        settings.assign(text).unwrap();
        for (name, value) in [
            ("MODULES", "most"),
            ("KEYMAP", "n"),
            ("BUSYBOX", "auto"),
            ("A", "b c"),
        ] {
            assert_eq!(settings.get(name), value);
        }
        for wrong in [
            "if true",
            "A=$B",
            "A=`ls`",
            "A=b c",
            "A=b; ls",
            "rm -rf x=y",
            "A=\"b\"c",
        ] {
            assert_eq!(settings.assign(&format!("\n{wrong}\n")), Err(2), "{wrong}");
        }
        assert!(is_taken("etc/conf.d/resume") && !is_taken("etc/conf.d/.x"));
        assert!(!is_taken("etc/conf.d/resume.dpkg-old"));
    }
}

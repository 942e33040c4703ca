//! Host name, locale, time zone, identity; units; what the kernel is told.

use super::dropins::UNITS;
use super::read::{list, place, placed, text};
use super::{Content, File, Placed, Rights, Services, System};
use crate::project::node::{Entry, Node, Table, Value, at};
use crate::source::{FileError, Spot};

/// `[system]`.
pub(super) fn system(table: Option<&Table>) -> Result<System, FileError> {
    let mut system = System::default();
    let Some(table) = table else {
        return Ok(system);
    };
    if let Some((name, node)) = text(table, "hostname") {
        let label = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
        };
        if name.len() > 64 || !name.split('.').all(label) {
            let error = node.error(format!("`{name}` is no host name"));
            return Err(error.hint("letters, digits and `-`, at most 63 between two dots"));
        }
        system.hostname = Some(name.to_owned());
    }
    if let Some((locale, node)) = text(table, "locale") {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-.@".contains(letter);
        if locale.is_empty() || !locale.chars().all(plain) {
            let error = node.error(format!("`{locale}` is no locale"));
            return Err(error.hint("as in de_DE.UTF-8, or C.UTF-8, which is always there"));
        }
        system.locale = Some(placed(node));
    }
    if let Some((zone, node)) = text(table, "timezone") {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-+/".contains(letter);
        if !zone.chars().all(plain) || !formwork_deb::path::is_inside(zone) {
            let error = node.error(format!("`{zone}` is no time zone"));
            return Err(error.hint("as in Europe/Berlin or Etc/UTC"));
        }
        system.timezone = Some(placed(node));
    }
    if let Some((id, node)) = text(table, "machine_id")
        && id != "first-boot"
    {
        let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if id.len() != 32 || !id.bytes().all(hexadecimal) || id.bytes().all(|byte| byte == b'0') {
            let error = node.error(format!("`{id}` is no machine ID"));
            return Err(error.hint("\"first-boot\" (the default), or 32 hexadecimal digits"));
        }
        system.machine_id = Some(id.to_owned());
    }
    Ok(system)
}

/// `[services]`.
pub(super) fn services(table: Option<&Table>) -> Result<Services, FileError> {
    let Some(table) = table else {
        return Ok(Services::default());
    };
    let mut seen: Vec<(String, &'static str, Spot)> = Vec::new();
    let mut units = |key: &'static str| -> Result<Vec<Placed>, FileError> {
        let mut units = Vec::new();
        for node in list(table, key) {
            let unit = Placed {
                text: unit_name(node)?,
                ..placed(node)
            };
            let known = seen.iter().find(|(name, ..)| *name == unit.text);
            match known {
                Some((_, other, _)) if *other == key => continue,
                Some((name, other, spot)) => {
                    let message = format!(
                        "`{name}` stands under `{other}` ({spot}) and under `{key}` ({})",
                        node.spot
                    );
                    let error = node.error(message);
                    return Err(
                        error.hint(format!("take one out: \"-{name}\" where it is inherited"))
                    );
                }
                None => {}
            }
            seen.push((unit.text.clone(), key, node.spot.clone()));
            units.push(unit);
        }
        Ok(units)
    };
    Ok(Services {
        enable: units("enable")?,
        disable: units("disable")?,
        mask: units("mask")?,
    })
}

/// The whole name of a unit: a service where no type is written.
fn unit_name(node: &Node) -> Result<String, FileError> {
    let written = node.text().unwrap_or_default();
    let plain = |letter: char| letter.is_ascii_alphanumeric() || ":-_.\\@".contains(letter);
    if written.is_empty() || written.len() > 200 || !written.chars().all(plain) {
        let error = node.error(format!("`{written}` is no name of a unit"));
        return Err(error.hint("as in ssh.service, or ssh for short"));
    }
    let typed = written
        .rsplit_once('.')
        .is_some_and(|(_, kind)| UNITS.contains(&kind));
    Ok(if typed {
        written.to_owned()
    } else {
        format!("{written}.service")
    })
}

/// `[kernel]` and `[sysctl]` as files, each with the place that asks for it.
pub(super) fn kernel<'a>(
    table: Option<&'a Table>,
    sysctl: Option<&'a Entry>,
) -> Result<Vec<(File, &'a Spot)>, FileError> {
    let mut files = Vec::new();
    let lists = table.map_or((&[][..], &[][..]), |table| {
        (list(table, "modules"), list(table, "blacklist"))
    });
    let (load, never) = lists;
    for node in load.iter().chain(never) {
        check_module(node)?;
    }
    if let Some(both) = load.iter().find(|node| {
        never
            .iter()
            .any(|other| same_module(other.text(), node.text()))
    }) {
        let name = both.text().unwrap_or_default();
        return Err(both.error(format!("the module `{name}` is both loaded and kept out")));
    }
    if let Some(first) = load.first() {
        let names: Vec<&str> = load.iter().filter_map(Node::text).collect();
        let text = names.join("\n") + "\n";
        files.push((
            file("/etc/modules-load.d/image.conf", text, &first.spot),
            &first.spot,
        ));
    }
    if let Some(first) = never.first() {
        let text: String = never
            .iter()
            .filter_map(Node::text)
            // `blacklist` alone leaves loading by name possible.
            .map(|name| format!("blacklist {name}\ninstall {name} /bin/false\n"))
            .collect();
        files.push((
            file("/etc/modprobe.d/image.conf", text, &first.spot),
            &first.spot,
        ));
    }
    if let Some(entry) = sysctl {
        let mut text = String::new();
        for (name, value) in entry.node.table().into_iter().flatten() {
            text.push_str(&format!("{name} = {}\n", sysctl_value(name, value)?));
        }
        if !text.is_empty() {
            files.push((
                file("/etc/sysctl.d/90-image.conf", text, &entry.key),
                &entry.key,
            ));
        }
    }
    Ok(files)
}

/// A file for everybody to read.
fn file(path: &str, text: String, spot: &Spot) -> File {
    File {
        path: path.to_owned(),
        content: Content::Text(text),
        rights: Rights::default(),
        at: place(spot),
    }
}

/// The value of a kernel parameter.
fn sysctl_value(name: &str, entry: &Entry) -> Result<String, FileError> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "._-*/:".contains(letter);
    if name.is_empty() || !name.chars().all(plain) {
        return Err(at(&entry.key, format!("`{name}` is no kernel parameter")));
    }
    match &entry.node.value {
        Value::Integer(number) => Ok(number.to_string()),
        Value::Text(text) if !text.contains('\n') && !text.trim().is_empty() => Ok(text.clone()),
        _ => Err(entry
            .node
            .error(format!("`{name}` must be a number or one line of text"))),
    }
}

/// A kernel module by its name.
fn check_module(node: &Node) -> Result<(), FileError> {
    let name = node.text().unwrap_or_default();
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-".contains(letter);
    if !name.is_empty() && name.chars().all(plain) {
        return Ok(());
    }
    let error = node.error(format!("`{name}` is no kernel module"));
    Err(error.hint("as in dm_verity, without a path and without .ko"))
}

/// The kernel does not tell `-` from `_`.
fn same_module(left: Option<&str>, right: Option<&str>) -> bool {
    let plain = |name: Option<&str>| name.unwrap_or_default().replace('-', "_");
    plain(left) == plain(right)
}

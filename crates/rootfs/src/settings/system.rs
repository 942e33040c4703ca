//! Host name, locale, time zone and identity.

use std::ffi::OsStr;

use formwork_model::settings::{Placed, System};
use formwork_sys::tree::{Kind, Tree};

use super::wrong;
use crate::error::Error;
use crate::program::{Program, Run};

/// What `/etc/hosts` begins with where no package brings it.
const HOSTS: &str = "127.0.0.1\tlocalhost\n::1\t\tlocalhost ip6-localhost ip6-loopback\n\
                     ff02::1\t\tip6-allnodes\nff02::2\t\tip6-allrouters\n";
/// Locales that the C library has built in.
const BUILT_IN: [&str; 4] = ["C", "POSIX", "C.UTF-8", "C.utf8"];

/// Applies `[system]`.
pub(super) fn apply(tree: &Tree, system: &System, run: &mut dyn Run) -> Result<(), Error> {
    if let Some(name) = &system.hostname {
        hostname(tree, name)?;
    }
    if let Some(zone) = &system.timezone {
        timezone(tree, zone)?;
    }
    if let Some(id) = &system.machine_id {
        tree.write("etc/machine-id", format!("{id}\n").as_bytes(), 0o444)?;
    }
    match &system.locale {
        Some(locale) => set_locale(tree, locale, run),
        None => Ok(()),
    }
}

/// The host's name, and the address by which it finds itself.
fn hostname(tree: &Tree, name: &str) -> Result<(), Error> {
    tree.write("etc/hostname", format!("{name}\n").as_bytes(), 0o644)?;
    let old = tree.read_if_there("etc/hosts")?;
    let old = old.map_or_else(
        || HOSTS.to_owned(),
        |bytes| String::from_utf8_lossy(&bytes).into_owned(),
    );
    let own = match name.split_once('.') {
        Some((short, _)) => format!("127.0.1.1\t{name} {short}"),
        None => format!("127.0.1.1\t{name}"),
    };
    let mut lines: Vec<&str> = old
        .lines()
        .filter(|line| !line.starts_with("127.0.1.1"))
        .collect();
    let after = lines.iter().position(|line| line.starts_with("127."));
    lines.insert(after.map_or(0, |at| at + 1), &own);
    Ok(tree.rewrite("etc/hosts", (lines.join("\n") + "\n").as_bytes())?)
}

/// The time zone as a link, which is what everything reads.
fn timezone(tree: &Tree, zone: &Placed) -> Result<(), Error> {
    let name = &zone.text;
    let file = format!("usr/share/zoneinfo/{name}");
    if tree.open_file(&file).is_err() {
        let message = if tree.exists("usr/share/zoneinfo")? {
            format!("there is no time zone {name}; tzdata-legacy may have it")
        } else {
            "no time zones are in the image; add tzdata to `packages`".to_owned()
        };
        return Err(wrong(&zone.at, message));
    }
    tree.remove("etc/localtime")?;
    tree.symbolic_link(OsStr::new(&format!("/{file}")), "etc/localtime")?;
    if tree.exists("etc/timezone")? {
        tree.rewrite("etc/timezone", format!("{name}\n").as_bytes())?;
    }
    Ok(())
}

/// The locale of programs, made by `locale-gen` where it is not there.
fn set_locale(tree: &Tree, locale: &Placed, run: &mut dyn Run) -> Result<(), Error> {
    let name = &locale.text;
    if !BUILT_IN.contains(&name.as_str()) && !is_compiled(tree, name)? {
        generate(tree, locale, run)?;
    }
    let link = tree.metadata("etc/default/locale")?;
    let linked = link.is_some_and(|found| found.kind == Kind::SymbolicLink);
    let path = if linked || tree.exists("etc/locale.conf")? {
        "etc/locale.conf"
    } else {
        "etc/default/locale"
    };
    tree.create_directories("etc/default")?;
    Ok(tree.write(path, format!("LANG={name}\n").as_bytes(), 0o644)?)
}

/// Whether a package brings the locale ready made, as locales-all does.
fn is_compiled(tree: &Tree, name: &str) -> Result<bool, Error> {
    let directory = match name.split_once('.') {
        Some((language, set)) => {
            format!("{language}.{}", set.to_lowercase().replace('-', ""))
        }
        None => name.to_owned(),
    };
    Ok(tree.exists(format!("usr/lib/locale/{directory}"))?)
}

/// Has `locale-gen` make the locale, as an administrator would.
fn generate(tree: &Tree, locale: &Placed, run: &mut dyn Run) -> Result<(), Error> {
    let name = &locale.text;
    let Some(supported) = tree.read_if_there("usr/share/i18n/SUPPORTED")? else {
        let message = format!("the image cannot make the locale {name}; add locales to `packages`");
        return Err(wrong(&locale.at, message));
    };
    let supported = String::from_utf8_lossy(&supported).into_owned();
    let known = |line: &&str| line.split_whitespace().next() == Some(name);
    let Some(line) = supported.lines().find(known) else {
        let names = supported
            .lines()
            .filter_map(|line| line.split_whitespace().next());
        let near = super::meant(name, names);
        return Err(wrong(
            &locale.at,
            format!("there is no locale {name}{near}"),
        ));
    };
    let old = tree.read_if_there("etc/locale.gen")?.unwrap_or_default();
    let old = String::from_utf8_lossy(&old).into_owned();
    if !old.lines().any(|known| known.trim() == line.trim()) {
        let text = format!("{old}{}\n", line.trim());
        tree.rewrite("etc/locale.gen", text.as_bytes())?;
    }
    let program = Program::new(["/usr/sbin/locale-gen"]);
    let ended = run.run(&program, &mut |_| {})?;
    if !ended.success() {
        let message = format!("locale-gen: {}\n  {}", ended.how(), ended.tail.join("\n  "));
        return Err(wrong(&locale.at, message));
    }
    Ok(())
}

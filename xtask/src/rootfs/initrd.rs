//! Initial RAM disks made natively beside those that the tree's own `mkinitramfs` makes: one
//! project with two images of the same packages for each suite and set, laid beside each other
//! name for name and byte for byte. What may differ is listed here; the reasons stand in
//! `docs/initrd.md`, where the table that this prints stands too.
//!
//! Ours is shown and unpacked besides by `lsinitramfs` and `unmkinitramfs` of the suite: they must
//! find every file in it, whatever archives it is a row of.

mod account;
mod unknown;
mod unpacked;

use super::place::{document, succeed, wishes, write};
use super::{Options, SUITES};
use crate::{differential::isolate, source};
use account::Account;
use formwork_codec::{Compression, Limits, decoder};
use formwork_format::cpio;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What every set has.
const BASE: &str = "systemd-sysv udev dbus iproute2 openssh-server initramfs-tools";
/// The sets, with what each has more.
const SETS: [(&str, &str); 2] = [
    ("small", "ifupdown ca-certificates"),
    ("storage", "cryptsetup-initramfs lvm2 busybox e2fsprogs"),
];
/// A boot script of each image's own, which goes into an archive of its own.
const OWN: &str = r#"
[files."/etc/initramfs-tools/scripts/init-premount/own"]
mode = "0755"
content = '''
#!/bin/sh
PREREQ=""
prereqs()
{
    echo "$PREREQ"
}
case "$1" in
prereqs) prereqs; exit 0 ;;
esac
'''
"#;
/// What only `mkinitramfs` puts in.
const LEFT_OUT: [&str; 1] = ["etc/ld.so.cache"];
/// The list in which the order of what a module needs may differ.
const ORDER: &str = "modules.dep";
/// How binary lists begin; where their nodes lie may differ, as from kmod 34 on.
const INDEX: [u8; 4] = [0xb0, 0x07, 0xf4, 0x57];

/// Compares all suites asked for; `Ok(false)` is a difference that is not listed.
pub(super) fn run(options: &Options) -> Result<bool, String> {
    let mut equal = true;
    let mut table = vec![account::HEAD.to_owned()];
    for suite in SUITES
        .iter()
        .filter(|suite| options.suites.iter().any(|one| one == *suite))
    {
        let industrial = wishes(&source::read("bench/industrial.txt")?, suite).join(" ");
        for (set, more) in SETS.into_iter().chain([("industrial", &industrial[..])]) {
            let compared = compare(options, suite, set, more)?;
            let (found, [ours, theirs]) = (&compared.differences, compared.seconds);
            println!(
                "{suite} {set}: {} differences; made in {ours:.2} s, by mkinitramfs in {theirs:.2} s",
                found.len()
            );
            for line in found {
                println!("  {line}");
            }
            equal &= found.is_empty();
            table.push(compared.account.row(suite, &options.architecture, set));
        }
    }
    println!("\n{}", table.join("\n"));
    Ok(equal)
}

/// For the list of checks: one set of one suite, and a hook that nobody knows.
pub(crate) fn sample(options: &Options, suite: &str) -> Result<Vec<String>, String> {
    let (set, more) = SETS[1];
    let compared = compare(options, suite, set, more)?;
    let mut findings = compared.differences;
    findings.extend(unknown::findings(options, suite)?);
    Ok(findings)
}

/// Both of one set.
struct Compared {
    /// What differs and is not listed.
    differences: Vec<String>,
    /// What is in ours.
    account: Account,
    /// How long it took to make ours, and theirs.
    seconds: [f64; 2],
}

/// Builds both.
fn compare(options: &Options, suite: &str, set: &str, more: &str) -> Result<Compared, String> {
    let project = Project::new(options, suite, set)?;
    for (image, maker) in [("ours", "native"), ("theirs", "initramfs-tools")] {
        project.image(image, more, maker)?;
    }
    project.lock()?;
    let read = |image: &str| {
        succeed(&mut project.build(image))?;
        Content::read(&project.built(image, "initrd"))
    };
    let (ours, theirs) = (read("ours")?, read("theirs")?);
    let mut found = differences(&ours, &theirs);
    let cache = project.home.join("cache/formwork");
    let tools = unpacked::Tools::of(&project.directory, &cache, options, suite)?;
    if let Some(tools) = tools {
        found.extend(tools.differences(&project.built("ours", "initrd"), &ours)?);
    }
    Ok(Compared {
        differences: found,
        account: Account::of(&ours, &theirs),
        seconds: [
            seconds(&project.built("ours", "log.json"))?,
            seconds(&project.built("theirs", "log.json"))?,
        ],
    })
}

/// A project whose images are initial RAM disks.
struct Project<'a> {
    options: &'a Options,
    directory: PathBuf,
    home: PathBuf,
}

impl<'a> Project<'a> {
    fn new(options: &'a Options, suite: &str, set: &str) -> Result<Project<'a>, String> {
        let architecture = &options.architecture;
        let name = format!("initrd-{suite}-{architecture}-{set}");
        let directory = options.data.join(name);
        let home = options.data.join("home");
        write(&home.join("work"), "")?;
        let text = format!(
            "[project]\nname = \"initrd\"\nsuites = [\"{suite}\"]\narchitectures = \
             [\"{architecture}\"]\n\n[repositories.debian]\nsuite = \"{suite}\"\n"
        );
        write(&directory.join("formwork.toml"), &text)?;
        Ok(Project {
            options,
            directory,
            home,
        })
    }

    /// Writes an image with some packages more.
    fn image(&self, name: &str, more: &str, maker: &str) -> Result<(), String> {
        let kernel = format!("linux-image-{}", self.options.architecture);
        let packages: Vec<&str> = [BASE, more, &kernel]
            .iter()
            .flat_map(|words| words.split(' '))
            .collect();
        let text = format!(
            "packages = {packages:?}\nvariant = \"minbase\"\nrecommends = false\n\
             forms = [\"initrd\"]\n[boot]\ninitrd = \"{maker}\"\n{OWN}"
        );
        write(&self.directory.join(format!("images/{name}.toml")), &text)
    }

    fn lock(&self) -> Result<Vec<u8>, String> {
        succeed(self.formwork().args(["--quiet", "lock"]))
    }

    /// Builds an image; what is kept would be taken, and nothing made.
    fn build(&self, image: &str) -> Command {
        let mut command = self.formwork();
        command.args(["--quiet", "build", image, "--no-stages", "--rebuild"]);
        command
    }

    fn formwork(&self) -> Command {
        let mut command = Command::new(&self.options.formwork);
        isolate(&mut command, &self.home);
        command.current_dir(&self.directory);
        command
    }

    /// A file that a build has made.
    fn built(&self, image: &str, ending: &str) -> PathBuf {
        let architecture = &self.options.architecture;
        let path = format!("build/{image}/{architecture}/{image}.{ending}");
        self.directory.join(path)
    }
}

/// How long the step took that makes the initial RAM disk, by the log of a build.
fn seconds(log: &Path) -> Result<f64, String> {
    let log = document(log)?;
    let steps = log["steps"].as_array().ok_or("the log has no steps")?;
    let step = steps.iter().find(|step| step["name"] == "initrd");
    let milliseconds = step.and_then(|step| step["milliseconds"].as_f64());
    Ok(milliseconds.ok_or("the log has no such step")? / 1000.0)
}

/// The files of an initial RAM disk by name: mode, owner, group, content.
#[derive(Debug, Default, PartialEq, Eq)]
struct Content(BTreeMap<String, (u32, u32, u32, Vec<u8>)>);

impl Content {
    fn read(path: &Path) -> Result<Content, String> {
        let trouble = |error: std::io::Error| format!("{}: {error}", path.display());
        let file = std::fs::read(path).map_err(trouble)?;
        let mut content = Content::default();
        let mut rest = &file[..];
        while rest.starts_with(b"0707") {
            rest = &rest[content.take(rest)?..];
            rest = &rest[rest.iter().take_while(|byte| **byte == 0).count()..];
        }
        let mut plain = Vec::new();
        decoder(Compression::Zstd, rest, &Limits::unsigned())
            .and_then(|mut reader| reader.read_to_end(&mut plain))
            .map_err(trouble)?;
        content.take(&plain)?;
        Ok(content)
    }

    /// Takes one archive over; says where it ends.
    fn take(&mut self, archive: &[u8]) -> Result<usize, String> {
        let (members, end) = cpio::members(archive).map_err(|error| error.to_string())?;
        let mut files: BTreeMap<(u32, u32, u32), Vec<u8>> = BTreeMap::new();
        for member in members.iter().filter(|member| !member.content.is_empty()) {
            files.insert(member.file, member.content.to_vec());
        }
        for member in members {
            let name = String::from_utf8_lossy(member.name).into_owned();
            let entry = member.entry;
            let content = files.get(&member.file).cloned().unwrap_or_default();
            self.0
                .insert(name, (entry.mode, entry.owner, entry.group, content));
        }
        Ok(end)
    }
}

/// What differs and is not listed.
fn differences(ours: &Content, theirs: &Content) -> Vec<String> {
    let mut found = Vec::new();
    for (name, there) in &theirs.0 {
        match ours.0.get(name) {
            None if LEFT_OUT.contains(&name.as_str()) => {}
            None => found.push(format!("{name}: only in theirs")),
            Some(here) if here == there || is_other_order(name, &here.3, &there.3) => {}
            Some(_) => found.push(format!("{name}: mode, owner or content")),
        }
    }
    for name in LEFT_OUT.iter().filter(|name| ours.0.contains_key(**name)) {
        found.push(format!("{name}: no longer left out"));
    }
    let more = ours.0.keys().filter(|name| !theirs.0.contains_key(*name));
    found.extend(more.map(|name| format!("{name}: only in ours")));
    found
}

/// Whether two lists say the same in another order.
fn is_other_order(path: &str, ours: &[u8], theirs: &[u8]) -> bool {
    if ours.starts_with(&INDEX) {
        let found = index(ours);
        return found.is_some() && found == index(theirs);
    }
    let lines = |list: &[u8]| -> Vec<Vec<u8>> {
        list.split(|byte| *byte == b'\n')
            .map(sorted_words)
            .collect()
    };
    path.rsplit('/').next() == Some(ORDER) && lines(ours) == lines(theirs)
}

fn sorted_words(line: &[u8]) -> Vec<u8> {
    let mut words: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    words.sort_unstable();
    words.join(&b' ')
}

/// A key of a binary list with its values: the priority and the words of each.
type Pair = (Vec<u8>, Vec<(u32, Vec<u8>)>);

/// All keys of a binary list, read as the device reads it; `None` if it cannot be.
fn index(file: &[u8]) -> Option<Vec<Pair>> {
    let mut pairs = Vec::new();
    let root = number(file, 8)?;
    node(file, root, Vec::new(), &mut pairs)?;
    Some(pairs)
}

fn node(file: &[u8], offset: u32, mut key: Vec<u8>, pairs: &mut Vec<Pair>) -> Option<()> {
    let mut at = (offset & 0x0fff_ffff) as usize;
    let text = |at: usize| file.get(at..)?.split(|byte| *byte == 0).next();
    if offset & 0x8000_0000 != 0 {
        let prefix = text(at)?;
        key.extend(prefix);
        at += prefix.len() + 1;
    }
    let mut children = Vec::new();
    if offset & 0x2000_0000 != 0 {
        let (first, last) = (*file.get(at)?, *file.get(at + 1)?);
        at += 2;
        for letter in first..=last {
            children.push((letter, number(file, at)?));
            at += 4;
        }
    }
    if offset & 0x4000_0000 != 0 {
        let mut values = Vec::new();
        let count = number(file, at)?;
        at += 4;
        for _ in 0..count {
            let value = text(at + 4)?;
            values.push((number(file, at)?, sorted_words(value)));
            at += 4 + value.len() + 1;
        }
        pairs.push((key.clone(), values));
    }
    for (letter, child) in children.into_iter().filter(|(_, child)| *child != 0) {
        node(file, child, [&key[..], &[letter]].concat(), pairs)?;
    }
    Some(())
}

fn number(file: &[u8], at: usize) -> Option<u32> {
    let bytes = file.get(at..at + 4)?.try_into().ok()?;
    Some(u32::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(files: &[(&str, &str)]) -> Content {
        let files = files.iter().map(|(name, text)| {
            (
                (*name).to_owned(),
                (0o100_644, 0, 0, text.as_bytes().to_vec()),
            )
        });
        Content(files.collect())
    }

    #[test]
    fn only_what_is_listed_may_differ() {
        let theirs = content(&[
            ("etc/ld.so.cache", "x"),
            ("lib/modules.dep", "a: b c\nd:\n"),
            ("init", "1"),
        ]);
        let ours = content(&[("lib/modules.dep", "a: c b\nd:\n"), ("init", "1")]);
        assert_eq!(differences(&ours, &theirs), Vec::<String>::new());
        let ours = content(&[
            ("lib/modules.dep", "a: c\nd: b\n"),
            ("init", "2"),
            ("more", ""),
        ]);
        assert_eq!(
            differences(&ours, &theirs),
            [
                "init: mode, owner or content",
                "lib/modules.dep: mode, owner or content",
                "more: only in ours",
            ]
        );
        assert_eq!(
            differences(&theirs, &theirs),
            ["etc/ld.so.cache: no longer left out"]
        );
    }
}

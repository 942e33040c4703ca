//! The initial RAM disk made here, of the tree's own files and without its programs: what
//! `mkinitramfs` would put into it with `MODULES=most` or `MODULES=list`.
//!
//! Only what is understood is made here. A version of initramfs-tools, a hook of a package or a
//! configuration that is not known is a [`Refusal`], upon which the tree's own program does it;
//! nothing is left out in silence. How the result differs from the program's stands in
//! `docs/initrd.md`.

mod depmod;
mod elf;
mod glob;
pub(super) mod hooks;
mod kmod;
mod known;
mod libraries;
mod most;
mod root;
mod settings;
pub(super) mod sort;

use std::collections::BTreeSet;
use std::io::Read;

use formwork_codec::{Compression, Limits, decoder};
use formwork_deb::sha256::Sha256;
use formwork_sys::tree::Kind;

use super::archive::Archive;
use super::view::View;
use crate::error::Error;
use crate::job::Job;
use crate::program::Run;
use crate::report::Kernel;
use hooks::Workshop;
use kmod::Kmod;
use known::Generation;
use root::Root;
use settings::{Settings, names};

/// Where initramfs-tools lies, and the person's own additions.
const SHARED: &str = "usr/share/initramfs-tools";
pub(super) const OWN: &str = "etc/initramfs-tools";

/// Why an initial RAM disk cannot be made here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) String);

/// Makes an initial RAM disk, or says why that must be left to the tree's own program.
pub(super) fn make(
    tree: &View<'_>,
    job: &Job,
    kernel: &Kernel,
    run: &mut dyn Run,
) -> Result<Result<Archive, Refusal>, Error> {
    let digest = |path: &str| -> Result<String, Error> {
        let bytes = tree.read_if_there(path)?.unwrap_or_default();
        Ok(Sha256::of(&bytes).to_string())
    };
    let program = digest("usr/sbin/mkinitramfs")?;
    let functions = digest(&format!("{SHARED}/hook-functions"))?;
    let Some(generation) = known::generation(&program, &functions) else {
        return Ok(Err(Refusal(
            "this version of initramfs-tools is not known".to_owned(),
        )));
    };
    let settings = match Settings::read(tree)? {
        Ok(settings) => settings,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Some(refusal) = unusual(tree, &settings)? {
        return Ok(Err(refusal));
    }
    let mut shop = Workshop {
        root: Root::new(tree, job.date)?,
        kmod: Kmod::read(tree, &kernel.version)?,
        settings,
        generation,
        version: &kernel.version,
        architecture: &job.architecture,
        run,
    };
    base(&mut shop)?;
    if let Err(refusal) = run_hooks(&mut shop)? {
        return Ok(Err(refusal));
    }
    most::choose_hidden(&mut shop.kmod);
    if let Err(refusal) = orders(&mut shop)? {
        return Ok(Err(refusal));
    }
    modules(&mut shop)?;
    firmware(&mut shop)?;
    Ok(Ok(shop.root.archive))
}

/// Settings that are rare enough to be left to the program.
fn unusual(tree: &View<'_>, settings: &Settings) -> Result<Option<Refusal>, Error> {
    let refuse = |reason: String| Ok(Some(Refusal(reason)));
    match settings.get("MODULES") {
        "most" | "list" => {}
        other => return refuse(format!("MODULES={other} is not made here")),
    }
    for name in ["UMASK", "ROOT"] {
        if !settings.get(name).is_empty() {
            return refuse(format!(
                "{name} is set in the configuration of initramfs-tools"
            ));
        }
    }
    if tree.exists(format!("{OWN}/DSDT.aml"))? {
        return refuse(format!("/{OWN}/DSDT.aml is there"));
    }
    if settings.get("BUSYBOX") == "y" && settings.get("BUSYBOXDIR").is_empty() {
        return refuse("BUSYBOX=y, but busybox is not there".to_owned());
    }
    Ok(None)
}

/// What every initial RAM disk has.
fn base(shop: &mut Workshop<'_>) -> Result<(), Error> {
    let home = format!("lib/modules/{}", shop.version);
    for directory in ["conf/conf.d", "etc", "run", "scripts", &home] {
        shop.root.directory(directory);
    }
    for list in [
        "modules.builtin",
        "modules.builtin.bin",
        "modules.builtin.modinfo",
        "modules.order",
    ] {
        if list != "modules.builtin.modinfo" || shop.generation > Generation::Bullseye {
            let path = format!("{home}/{list}");
            shop.root.put(&path, &path)?;
        }
    }
    forced(shop)?;
    if shop.settings.get("MODULES") == "most" {
        shop.most();
    }
    shop.root.put(&format!("{SHARED}/init"), "init")?;
    scripts(shop, SHARED, usize::MAX)?;
    scripts(shop, OWN, 2)?;
    let architecture = format!("DPKG_ARCH={}\n", shop.architecture);
    shop.root.write("conf/arch.conf", architecture);
    shop.root
        .put(&format!("{OWN}/initramfs.conf"), "conf/initramfs.conf")?;
    for path in shop.settings.extra.clone() {
        shop.root.copy_file(&path, "conf/conf.d/")?;
    }
    shop.root.write("etc/fstab", "");
    shop.root.link("/proc/mounts", "etc/mtab");
    shop.root.copy_program("sbin/modprobe", "sbin")?;
    shop.root.copy_program("sbin/rmmod", "sbin")?;
    for directory in ["etc/modprobe.d", "lib/modprobe.d"] {
        shop.root.directory(directory);
        for name in names(shop.root.tree, directory)? {
            if name.ends_with(".conf") {
                shop.root.copy_file(&format!("{directory}/{name}"), "")?;
            }
        }
    }
    for (name, kind) in shop.root.tree.list_like("etc", &["ld.so.conf"])? {
        let name = name.to_string_lossy();
        if kind != Kind::Directory {
            shop.root
                .put_as_is(&format!("etc/{name}"), &format!("etc/{name}"))?;
        }
    }
    for name in names(shop.root.tree, "etc/ld.so.conf.d")? {
        let path = format!("etc/ld.so.conf.d/{name}");
        shop.root.put_as_is(&path, &path)?;
    }
    Ok(())
}

/// Modules that the configuration names, which the device loads in any case.
fn forced(shop: &mut Workshop<'_>) -> Result<(), Error> {
    let mut files = vec![format!("{OWN}/modules")];
    for name in names(shop.root.tree, &format!("{SHARED}/modules.d"))? {
        files.push(format!("{SHARED}/modules.d/{name}"));
    }
    let mut list = String::new();
    for file in files {
        let text = shop.root.tree.read_if_there(file)?.unwrap_or_default();
        for line in String::from_utf8_lossy(&text).lines() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (module, options) = line.split_once([' ', '\t']).unwrap_or((line, ""));
            shop.kmod.choose(module);
            list.push_str(&format!("{module} {}\n", options.trim()));
        }
    }
    if !list.is_empty() {
        shop.root.write("conf/modules", list);
    }
    Ok(())
}

/// The scripts that the device runs.
fn scripts(shop: &mut Workshop<'_>, home: &str, depth: usize) -> Result<(), Error> {
    let home = format!("{home}/scripts");
    let tree = shop.root.tree;
    if !tree.exists(&home)? {
        return Ok(());
    }
    for (path, seen) in tree.below(&home)? {
        if seen.kind != Kind::File {
            continue;
        }
        let below = path
            .strip_prefix(&home)
            .unwrap_or(&path)
            .trim_start_matches('/');
        let is_hidden = depth < usize::MAX && below.split('/').any(|part| part.starts_with('.'));
        let name = below.rsplit('/').next().unwrap_or(below);
        if is_plain(name) && !is_hidden && below.split('/').count() <= depth {
            shop.root.put(&path, &format!("scripts/{below}"))?;
        }
    }
    Ok(())
}

/// Whether initramfs-tools takes a script of this name.
fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// Whether a script would be run: its name is plain and somebody may run it.
fn is_script(tree: &View<'_>, path: &str) -> Result<bool, Error> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let metadata = tree.metadata(path)?;
    let may =
        metadata.is_some_and(|found| found.kind != Kind::Directory && found.mode & 0o111 != 0);
    Ok(may && is_plain(name))
}

/// Does what all hooks do, in their order.
fn run_hooks(shop: &mut Workshop<'_>) -> Result<Result<(), Refusal>, Error> {
    let tree = shop.root.tree;
    let mut hooks = Vec::new();
    for home in [SHARED, OWN] {
        for name in names(tree, &format!("{home}/hooks"))? {
            let path = format!("{home}/hooks/{name}");
            if !is_script(tree, &path)? {
                continue;
            }
            let digest = Sha256::of(&tree.read(&path)?).to_string();
            if home == OWN || !known::is_known(&name, &digest) {
                return Ok(Err(Refusal(format!("the hook /{path} is not known"))));
            }
            hooks.push(name);
        }
    }
    let mut pairs = Vec::new();
    for name in &hooks {
        pairs.push((name.clone(), name.clone()));
        for need in hooks::needs(name, &shop.settings, &hooks, shop.generation) {
            pairs.push((need, name.clone()));
        }
    }
    for name in sort::sort(&pairs).unwrap_or_default() {
        if hooks.contains(&name)
            && let Err(refusal) = hooks::apply(&name, shop)?
        {
            return Ok(Err(refusal));
        }
    }
    Ok(Ok(()))
}

/// Writes down in which order the device runs the scripts of each directory.
fn orders(shop: &mut Workshop<'_>) -> Result<Result<(), Refusal>, Error> {
    let directories: Vec<String> = shop.root.archive.directories_below("scripts");
    let tree = shop.root.tree;
    for directory in directories {
        let mut pairs = Vec::new();
        let here = shop.root.archive.files_in(&directory);
        for name in &here {
            let own = format!("{OWN}/{directory}/{name}");
            let path = match tree.exists(&own)? {
                true => own,
                false => format!("{SHARED}/{directory}/{name}"),
            };
            if !is_script(tree, &path)? {
                continue;
            }
            let Some(needs) = tree.needs(&path)? else {
                let reason = format!("what the script /{path} needs before it is not plain");
                return Ok(Err(Refusal(reason)));
            };
            pairs.push((name.clone(), name.clone()));
            let needs = match needs {
                sort::Needs::These(needs) => needs,
                sort::Needs::Others => {
                    let others = here.iter().filter(|other| *other != name);
                    others.cloned().collect()
                }
            };
            pairs.extend(needs.into_iter().map(|need| (need, name.clone())));
        }
        let Some(sorted) = sort::sort(&pairs) else {
            return Ok(Err(Refusal(format!(
                "the scripts in /{directory} wait for each other"
            ))));
        };
        let mut order = String::new();
        for name in sorted.into_iter().filter(|name| here.contains(name)) {
            order.push_str(&format!("/{directory}/{name} \"$@\"\n"));
            order.push_str("[ -e /conf/param.conf ] && . /conf/param.conf\n");
        }
        shop.root.write(&format!("{directory}/ORDER"), order);
    }
    Ok(Ok(()))
}

/// Puts the chosen modules in, with their lists.
fn modules(shop: &mut Workshop<'_>) -> Result<(), Error> {
    let home = format!("lib/modules/{}", shop.version);
    let tree = shop.root.tree;
    let paths: Vec<String> = shop
        .kmod
        .chosen()
        .map(|module| module.path.clone())
        .collect();
    for path in paths {
        let path = format!("{home}/{path}");
        shop.root.put(&path, &path)?;
    }
    let mut trouble = None;
    let mut text = |list: &str| match tree.read_if_there(format!("{home}/{list}")) {
        Ok(bytes) => bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) => {
            trouble = Some(error);
            None
        }
    };
    let lists = depmod::lists(&shop.kmod, &mut text);
    if let Some(error) = trouble {
        return Err(error);
    }
    for (list, bytes) in lists {
        shop.root.write(&format!("{home}/{list}"), bytes);
    }
    let built_in = format!("{home}/modules.builtin.alias.bin");
    match tree.metadata(&built_in)? {
        Some(found) if found.size > 0 => {
            shop.root.put(&built_in, &built_in)?;
        }
        // Older versions of depmod write nothing, which no program can read.
        _ => shop.root.write(&built_in, depmod::Index::default().bytes()),
    }
    Ok(())
}

/// The firmware that the chosen modules name, and what is built into the kernel, as far as the
/// tree has it.
fn firmware(shop: &mut Workshop<'_>) -> Result<(), Error> {
    let tree = shop.root.tree;
    let Some(home) = shop.root.real("lib/firmware")? else {
        return Ok(());
    };
    if tree.list(&home)?.is_empty() {
        return Ok(());
    }
    let version = shop.version;
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    let facts = tree.read_if_there(format!("lib/modules/{version}/modules.builtin.modinfo"))?;
    for fact in facts.unwrap_or_default().split(|byte| *byte == 0) {
        let fact = String::from_utf8_lossy(fact);
        if let Some((module, name)) = fact.split_once(".firmware=")
            && !module.contains('=')
        {
            wanted.insert(name.to_owned());
        }
    }
    for module in shop.kmod.chosen() {
        let bytes = tree.read(format!("lib/modules/{version}/{}", module.path))?;
        let mut plain = Vec::new();
        let compression = Compression::of_name(&module.path);
        // A module that cannot be unpacked could not be loaded either.
        if decoder(compression, &bytes[..], &Limits::unsigned())
            .and_then(|mut reader| reader.read_to_end(&mut plain))
            .is_ok()
        {
            wanted.extend(elf::firmware(&plain).unwrap_or_default());
        }
    }
    for name in wanted {
        'found: for ending in ["", ".zst", ".xz"] {
            for home in [
                format!("updates/{version}"),
                "updates".to_owned(),
                version.to_owned(),
                String::new(),
            ] {
                let path = root::joined(
                    &root::joined("lib/firmware", &home),
                    &format!("{name}{ending}"),
                );
                if shop.root.copy_file(&path, "")? != root::Copied::Missing {
                    break 'found;
                }
            }
        }
    }
    Ok(())
}

//! `[partitions.NAME]`: those that people write, and those that every disk has.

use super::packing;
use super::read::{size, word};
use super::{FileSystem, Layout, Loader, Partition, Role};
use crate::project::node::{Entry, Node, Table, at};
use crate::settings::files::check_path;
use crate::settings::read::{list, named, place, text};
use crate::source::FileError;

/// Bytes that stay free on a file system that can be written to, unless the image says more.
const FREE: u64 = 64 << 20;
/// The size of a configuration partition of EFI Boot Guard.
const CONFIG_SIZE: u64 = 64 << 20;
/// No partition is smaller.
const SMALLEST: u64 = 1 << 20;
/// The longest name: ext4 has 16 bytes for a label.
const LONGEST_NAME: usize = 16;
/// EROFS ends its label with a zero.
const LONGEST_EROFS_LABEL: usize = 15;
/// The longest label of FAT.
const LONGEST_FAT_LABEL: usize = 11;
/// Directories that must be there before anything is mounted.
const EARLY: [&str; 6] = ["/etc", "/usr", "/bin", "/sbin", "/lib", "/lib64"];

/// Fills in the partitions, in the order of the disk.
pub(super) fn fill(layout: &mut Layout, values: &Table, suite: &str) -> Result<(), FileError> {
    let loader = layout.boot.as_ref().map_or(Loader::Uki, |boot| boot.loader);
    let mut all: Vec<Partition> = Vec::new();
    for (name, entry) in named(values, "partitions") {
        let partition = partition(name, entry, (loader, suite))?;
        let other = all.iter().find(|other| other.mount == partition.mount);
        if let (Some(other), Some(mount)) = (other, &partition.mount) {
            let message = format!("`{}` and `{name}` are both mounted at {mount}", other.name);
            return Err(at_key(entry, message).hint("choose another place for one of the two"));
        }
        all.push(partition);
    }
    let at = layout.boot.as_ref().map(|boot| boot.at.clone());
    let at = at.unwrap_or_default();
    for (name, role) in usual(loader) {
        if !all.iter().any(|known| known.name == *name) {
            all.push(default(name, *role, at.clone()));
        }
    }
    let is_read_only = |partition: &Partition| {
        partition.role == Role::Root && partition.filesystem.is_some_and(FileSystem::is_read_only)
    };
    layout.state &= all.iter().any(is_read_only);
    let holds_var = |partition: &Partition| partition.mount.as_deref() == Some("/var");
    if layout.state && !all.iter().any(holds_var) {
        if let Some((_, entry)) = named(values, "partitions").find(|(name, _)| *name == "var") {
            let message = "a root that is read only needs `var` mounted at /var";
            let error = at_key(entry, message.to_owned());
            return Err(error.hint("mount = \"/var\"; or [disk] state = false"));
        }
        let var = default("var", Role::Data, at);
        all.push(Partition {
            mount: Some("/var".to_owned()),
            ..var
        });
    }
    all.sort_by(|left, right| (rank(left), &left.name).cmp(&(rank(right), &right.name)));
    layout.partitions = all;
    Ok(())
}

/// The partitions that every disk has.
fn usual(loader: Loader) -> &'static [(&'static str, Role)] {
    match loader {
        Loader::Uki => &[("esp", Role::Esp), ("root", Role::Root)],
        Loader::EfiBootGuard => &[
            ("esp", Role::Esp),
            ("boot0", Role::Config),
            ("boot1", Role::Config),
            ("root", Role::Root),
        ],
        Loader::None => &[("root", Role::Root)],
    }
}

/// What a partition of this name is for.
fn role(name: &str, loader: Loader) -> Role {
    match name {
        "esp" => Role::Esp,
        "root" => Role::Root,
        "boot0" | "boot1" if loader == Loader::EfiBootGuard => Role::Config,
        _ => Role::Data,
    }
}

/// Where a partition stands on the disk.
fn rank(partition: &Partition) -> u8 {
    match partition.role {
        Role::Esp => 0,
        Role::Config => 1,
        Role::Root => 2,
        Role::Data => 3,
    }
}

/// A partition of which nothing is written.
fn default(name: &str, role: Role, at: String) -> Partition {
    let filesystem = match role {
        Role::Esp | Role::Config => FileSystem::Vfat,
        Role::Root | Role::Data => FileSystem::Ext4,
    };
    Partition {
        name: name.to_owned(),
        role,
        filesystem: Some(filesystem),
        label: None,
        size: (role == Role::Config).then_some(CONFIG_SIZE),
        free: if filesystem == FileSystem::Ext4 {
            FREE
        } else {
            0
        },
        packing: None,
        mount: (role == Role::Root).then(|| "/".to_owned()),
        options: Vec::new(),
        at,
    }
}

/// One partition as it is written.
fn partition(
    name: &str,
    entry: &Entry,
    (loader, suite): (Loader, &str),
) -> Result<Partition, FileError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let inner = |byte: u8| plain(byte) || byte == b'-' || byte == b'_';
    if !name.bytes().all(inner) || !name.bytes().next().is_some_and(plain) {
        let error = at_key(entry, format!("`{name}` cannot be the name of a partition"));
        return Err(error.hint("small letters, digits, `-` and `_`"));
    }
    if name.len() > LONGEST_NAME {
        let error = at_key(entry, format!("`{name}` is too long for a partition"));
        return Err(error.hint(format!("at most {LONGEST_NAME} characters")));
    }
    let empty = Table::new();
    let table = entry.node.table().unwrap_or(&empty);
    let usual = default(name, role(name, loader), place(&entry.key));
    let filesystem = match text(table, "filesystem") {
        Some((_, node)) => file_system(node, &usual)?,
        None => usual.filesystem,
    };
    let size = size_of(table)?.or(usual.size);
    if filesystem.is_none() && size.is_none() {
        let error = at_key(entry, format!("`{name}` is empty and has no size"));
        return Err(error.hint("size = \"512M\""));
    }
    Ok(Partition {
        label: label(table, filesystem)?,
        size,
        free: free(table, filesystem)?,
        packing: packing::read(table, filesystem, suite)?,
        mount: mount(table, &usual, filesystem)?,
        options: options(table)?,
        filesystem,
        ..usual
    })
}

/// The file system, among those that the role allows.
fn file_system(node: &Node, partition: &Partition) -> Result<Option<FileSystem>, FileError> {
    let all = [
        ("ext4", Some(FileSystem::Ext4)),
        ("squashfs", Some(FileSystem::Squashfs)),
        ("erofs", Some(FileSystem::Erofs)),
        ("none", None),
        ("vfat", Some(FileSystem::Vfat)),
    ];
    let allowed = match partition.role {
        Role::Esp | Role::Config => &all[4..],
        Role::Root => &all[..3],
        Role::Data => &all[..4],
    };
    let found = word(node, "file system", &all)?;
    if !allowed.iter().any(|(_, known)| *known == found) {
        let words: Vec<&str> = allowed.iter().map(|(word, _)| *word).collect();
        let error = node.error(format!(
            "`{}` cannot be the file system of `{}`",
            node.text().unwrap_or_default(),
            partition.name
        ));
        return Err(error.hint(words.join(", ")));
    }
    Ok(found)
}

/// `size`, which holds something.
fn size_of(table: &Table) -> Result<Option<u64>, FileError> {
    let found = size(table, "size")?;
    if let (Some(bytes), Some(entry)) = (found, table.get("size"))
        && bytes < SMALLEST
    {
        let error = entry.node.error(format!("{bytes} bytes are no partition"));
        return Err(error.hint("at least \"1M\""));
    }
    Ok(found)
}

/// `free`, for a file system that can be written to.
fn free(table: &Table, filesystem: Option<FileSystem>) -> Result<u64, FileError> {
    let usual = match filesystem {
        Some(FileSystem::Ext4) => FREE,
        _ => 0,
    };
    let Some(entry) = table.get("free") else {
        return Ok(usual);
    };
    if filesystem.is_none_or(FileSystem::is_read_only) {
        let message = "`free` has no meaning where nothing can be written";
        return Err(entry.node.error(message).hint("take it out"));
    }
    Ok(size(table, "free")?.unwrap_or(usual))
}

/// `label`, as long as the file system has room for.
fn label(table: &Table, filesystem: Option<FileSystem>) -> Result<Option<String>, FileError> {
    let Some((label, node)) = text(table, "label") else {
        return Ok(None);
    };
    let longest = match filesystem {
        Some(FileSystem::Ext4) => LONGEST_NAME,
        Some(FileSystem::Erofs) => LONGEST_EROFS_LABEL,
        Some(FileSystem::Vfat) => LONGEST_FAT_LABEL,
        Some(FileSystem::Squashfs) | None => {
            let error = node.error("there is no file system here that has a label");
            return Err(error.hint("take it out"));
        }
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if label.is_empty() || label.len() > longest || !label.bytes().all(plain) {
        let error = node.error(format!("`{label}` is no label for this file system"));
        return Err(error.hint(format!(
            "at most {longest} letters, digits, `-`, `_` and `.`"
        )));
    }
    Ok(Some(label.to_owned()))
}

/// `mount`, which the root and the configuration of EFI Boot Guard cannot choose.
fn mount(
    table: &Table,
    usual: &Partition,
    filesystem: Option<FileSystem>,
) -> Result<Option<String>, FileError> {
    let Some((path, node)) = text(table, "mount") else {
        return Ok(usual.mount.clone());
    };
    match usual.role {
        Role::Root if path == "/" => return Ok(usual.mount.clone()),
        Role::Root | Role::Config => {
            let error = node.error(format!("`{}` is not mounted elsewhere", usual.name));
            return Err(error.hint("take `mount` out"));
        }
        Role::Esp | Role::Data => check_path(path, node)?,
    }
    if filesystem.is_none() {
        let error = node.error(format!("`{}` has no file system to mount", usual.name));
        return Err(error.hint("filesystem = \"ext4\""));
    }
    let odd = |letter: char| letter.is_whitespace() || letter.is_control() || letter == '\\';
    let inside = |rest: &str| rest.is_empty() || rest.starts_with('/');
    let mut early = EARLY.iter();
    if let Some(early) = early.find(|early| path.strip_prefix(**early).is_some_and(inside)) {
        let error = node.error(format!("`{path}` cannot be a partition of its own"));
        return Err(error.hint(format!("{early} must be there before anything is mounted")));
    }
    if path.contains(odd) {
        let error = node.error(format!("`{path}` is no place for a mount"));
        return Err(error.hint("a path without blanks and backslashes"));
    }
    Ok(Some(path.to_owned()))
}

/// `options` of the mount.
fn options(table: &Table) -> Result<Vec<String>, FileError> {
    let mut options = Vec::new();
    for node in list(table, "options") {
        let option = node.text().unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_graphic() && !b",#\\".contains(&byte);
        if option.is_empty() || !option.bytes().all(plain) {
            let error = node.error(format!("{option:?} is no option of a mount"));
            return Err(error.hint("one an entry, as in options = [\"nosuid\", \"nodev\"]"));
        }
        options.push(option.to_owned());
    }
    Ok(options)
}

/// An error at a key.
fn at_key(entry: &Entry, message: String) -> FileError {
    at(&entry.key, message)
}

//! The same file system by another writer, which has all of it in memory.

use mkext4::{FsBuilder, InodeCount, InodeHandle, Meta, ROOT, SpecialKind};

use super::super::*;
use crate::acl;

/// Writes the tree as [`write`] does.
pub(super) fn write(
    sink: impl mkext4::RegionSink,
    tree: &Tree<'_>,
    options: &Options,
) -> mkext4::Result<()> {
    let nodes = tree.nodes().nodes();
    let mut settings = mkext4::Options::new(options.size, options.id, options.time);
    settings.label = Some(options.label.clone());
    let inodes = nodes.len() as u64 + 16 + options.size / 16384;
    settings.inodes = InodeCount::Exact(inodes as u32);
    let mut builder = FsBuilder::new(settings)?;
    let mut handles: Vec<Option<InodeHandle>> = vec![None; nodes.len()];
    for (index, node) in nodes.iter().enumerate() {
        if matches!(node.kind, Kind::Link(_)) {
            continue;
        }
        let above = handles[tree.nodes().parent(index)].unwrap_or(ROOT);
        let handle = declare(&mut builder, above, node)?;
        for (name, value) in &node.attributes {
            let value = match acl::NAMES.contains(&&name[..]) {
                true => acl::stored(value).unwrap(),
                false => value.clone(),
            };
            builder.set_xattr(handle, std::str::from_utf8(name).unwrap(), &value)?;
        }
        handles[index] = Some(handle);
    }
    for (index, node) in nodes.iter().enumerate() {
        if matches!(node.kind, Kind::Link(_)) {
            let above = handles[tree.nodes().parent(index)].unwrap();
            let target = handles[tree.nodes().target(index)].unwrap();
            builder.hardlink(above, std::str::from_utf8(node.name()).unwrap(), target)?;
        }
    }
    let layout = builder.seal()?;
    let mut writer = layout.writer(sink)?;
    for (index, node) in nodes.iter().enumerate() {
        if let (Kind::File(1..), Some(handle)) = (&node.kind, handles[index]) {
            writer.fill(handle, &mut tree.content(index))?;
        }
    }
    writer.finish().map(|_| ())
}

fn declare(
    builder: &mut FsBuilder,
    above: InodeHandle,
    node: &Node,
) -> mkext4::Result<InodeHandle> {
    let meta = Meta::new(node.mode, node.owner, node.group, (node.time.into(), 0));
    if node.path.is_empty() {
        builder.set_meta(ROOT, meta)?;
        return Ok(ROOT);
    }
    let name = std::str::from_utf8(node.name()).unwrap();
    let special = match &node.kind {
        Kind::File(size) => return builder.file(above, name, meta, *size),
        Kind::Directory => return builder.mkdir(above, name, meta),
        Kind::Symlink(target) => {
            return builder.symlink(above, name, std::str::from_utf8(target).unwrap(), meta);
        }
        Kind::Character(major, minor) => SpecialKind::Char {
            major: *major,
            minor: *minor,
        },
        Kind::Block(major, minor) => SpecialKind::Block {
            major: *major,
            minor: *minor,
        },
        Kind::Fifo | Kind::Link(_) => SpecialKind::Fifo,
        Kind::Socket => SpecialKind::Socket,
    };
    builder.mknod(above, name, meta, special)
}

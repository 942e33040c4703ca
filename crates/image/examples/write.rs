//! Writes one image of a tar archive, for `cargo xtask bench disk`: `write ARCHIVE OUT KIND
//! [BLOCKS]`, where KIND is `ext4`, `squashfs`, `erofs`, `erofs-lz4`, `erofs-none` or `disk`, and
//! BLOCKS the directory of packed blocks.

use std::path::Path;

use formwork_deb::sha256::Sha256;
use formwork_image::blocks::Aids;
use formwork_image::cache::{BlockCache, USUAL_LIMIT};
use formwork_image::make::{self, DiskOrder, FileSystemOrder};
use formwork_image::tree::Tree;
use formwork_model::layout::{FileSystem, Layout, Packer, Packing, Partition, Role};
use formwork_sys::fs::{MappedFile, Sparse};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [archive, out, kind, rest @ ..] = &arguments[..] else {
        return Err("write ARCHIVE OUT KIND [BLOCKS]".into());
    };
    let blocks = rest.first().map(|place| BlockCache::open(Path::new(place)));
    let archive = MappedFile::open(Path::new(archive))?;
    let tree = Tree::open(&archive)?;
    archive.let_go();
    let aids = Aids {
        blocks: blocks.as_ref(),
        mapped: &[&archive],
    };
    write(&tree, Path::new(out), kind, aids)?;
    if let Some(blocks) = blocks {
        blocks.finish(USUAL_LIMIT);
    }
    Ok(())
}

fn write(tree: &Tree<'_>, out: &Path, kind: &str, aids: Aids<'_>) -> Outcome {
    let create = |size| Sparse::create(out, size).map_err(std::io::Error::other);
    let packed = |packer, level| Some(Packing { packer, level });
    let (filesystem, packing) = match kind {
        "ext4" => (FileSystem::Ext4, None),
        "squashfs" => (FileSystem::Squashfs, packed(Packer::Zstd, 3)),
        "erofs" | "disk" => (FileSystem::Erofs, packed(Packer::Zstd, 3)),
        "erofs-lz4" => (FileSystem::Erofs, packed(Packer::Lz4, 4)),
        "erofs-none" => (FileSystem::Erofs, None),
        _ => return Err(format!("no kind of image: {kind}").into()),
    };
    let root = Partition {
        name: "root".to_owned(),
        role: Role::Root,
        filesystem: Some(filesystem),
        label: None,
        size: None,
        free: 64 << 20,
        packing,
        mount: Some("/".to_owned()),
        options: Vec::new(),
        at: String::new(),
    };
    let layout = Layout {
        block_map: true,
        partitions: vec![root],
        ..Layout::default()
    };
    let (seed, time) = (Sha256::of(b"bench"), 1_700_000_000);
    if kind == "disk" {
        let order = DiskOrder {
            layout: &layout,
            tree,
            kernel: None,
            initrd: None,
            stub: None,
            loader: None,
            blobs: &[],
            seed,
            time,
            architecture: "amd64",
            aids,
        };
        let made = make::disk(&order, create)?;
        let map = made.map.unwrap_or_default();
        formwork_sys::fs::replace(&out.with_extension("bmap"), map.as_bytes())?;
        made.place.publish()?;
        return Ok(());
    }
    let order = FileSystemOrder {
        kind: filesystem,
        layout: &layout,
        tree,
        seed,
        time,
        aids,
    };
    make::file_system(&order, create)?.place.publish()?;
    Ok(())
}

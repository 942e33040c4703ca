//! Writes one image of a tar archive, for `cargo xtask bench disk`: `write ARCHIVE OUT KIND
//! [BLOCKS]`, where KIND is `ext4`, `squashfs`, `erofs`, `erofs-lz4`, `erofs-none` or `disk`, and
//! BLOCKS the directory of packed blocks. `write ARCHIVE MEGABYTES` makes up an archive.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use formwork_deb::container::tar::{Entry, Kind, Writer};

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
    if let [archive, megabytes] = &arguments[..] {
        return make_up(Path::new(archive), megabytes.parse()?);
    }
    let [archive, out, kind, rest @ ..] = &arguments[..] else {
        return Err("write ARCHIVE OUT KIND [BLOCKS]".into());
    };
    let blocks = rest.first().map(|place| BlockCache::open(Path::new(place)));
    let archive = MappedFile::open(Path::new(archive))?;
    let aids = Aids {
        blocks: blocks.as_ref(),
        mapped: &[&archive],
    };
    let tree = aids.bounded(|| Tree::open_over(&archive, &[], &aids))?;
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

/// Numbers that look random and are always the same.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        let (factor, step) = (6_364_136_223_846_793_005, 1_442_695_040_888_963_407);
        self.0 = self.0.wrapping_mul(factor).wrapping_add(step);
        (self.0 >> 33) % limit
    }
}

/// Makes up a tree of so many megabytes: many small files and few large ones, of which about
/// half can be packed away.
fn make_up(path: &Path, megabytes: u64) -> Outcome {
    let mut numbers = Numbers(1);
    let words: Vec<Vec<u8>> = (0..4000)
        .map(|_| {
            (0..2 + numbers.below(9))
                .map(|_| b'a' + numbers.below(26) as u8)
                .collect()
        })
        .collect();
    let mut pool: Vec<u8> = Vec::new();
    while pool.len() < 96 << 20 {
        match numbers.below(120) {
            0 => pool.extend((0..400).map(|_| numbers.below(256) as u8)),
            _ => pool.extend(words[numbers.below(4000) as usize].iter().chain(b" ")),
        }
    }
    let mut archive = Writer::new(BufWriter::with_capacity(1 << 20, File::create(path)?));
    let mut entry = |path: String, kind: Kind, size: u64, content: &mut &[u8]| {
        let entry = Entry {
            mode: if kind == Kind::File { 0o644 } else { 0o755 },
            size,
            modified: 1_700_000_000,
            ..Entry::new(path.into_bytes(), kind)
        };
        archive.append(&entry, content)
    };
    entry("./".to_owned(), Kind::Directory, 0, &mut &[][..])?;
    let (mut made, mut count) = (0, 0);
    while made < megabytes << 20 {
        if count % 200 == 0 {
            entry(
                format!("./{:05}/", count / 200),
                Kind::Directory,
                0,
                &mut &[][..],
            )?;
        }
        let size = match numbers.below(1000) {
            0 => numbers.below(16 << 20),
            1..100 => numbers.below(256 << 10),
            _ => numbers.below(16 << 10),
        };
        let start = numbers.below(pool.len() as u64 - size) as usize;
        let mut content = &pool[start..start + size as usize];
        let path = format!("./{:05}/file-{count}", count / 200);
        entry(path, Kind::File, size, &mut content)?;
        made += size;
        count += 1;
    }
    archive.finish()?;
    Ok(())
}

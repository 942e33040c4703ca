use super::extents::Extents;
use super::layout::{Layout, PER_GROUP, Run};
use super::*;

const GIB: u64 = 1 << 30;

#[test]
fn names_have_the_hashes_that_debugfs_tells() {
    let seed = [
        0xde, 0xad, 0xbe, 0xef, 0xde, 0xad, 0x4e, 0xad, 0x8e, 0xad, 0xde, 0xad, 0xbe, 0xef, 0, 0,
    ];
    for (name, expected) in [
        ("a", (0x5538_916c, 0x34a2_9fa3)),
        ("hello.txt", (0x093b_83d6, 0x33e0_ca61)),
        // Here the kernel differs: the end of a directory has the hash 0xffff_fffe.
        ("x000302507887", (0xffff_fffc, 0x44ff_085b)),
    ] {
        assert_eq!(hash::of(name.as_bytes(), &seed), expected, "{name}");
    }
}

#[test]
fn copies_of_the_superblock_stand_in_few_groups() {
    let layout = Layout::new(64 * GIB, 100_000).unwrap();
    let heads: Vec<u32> = layout.heads().map(|(group, _)| group).collect();
    assert_eq!(heads, [0, 1, 3, 5, 7, 9, 25, 27, 49, 81, 125, 243, 343]);
    assert_eq!(layout.descriptors, 4);
}

#[test]
fn sizes_that_are_none() {
    for size in [0, 4096, (16 << 20) - 4096, (16 << 20) + 1, 1 << 44] {
        assert_eq!(Layout::new(size, 100), Err(Ext4Error::Size(size)));
    }
    assert!(Layout::new(16 << 20, 100).is_ok());
    // A last group that has no room for its copy of the superblock.
    let blocks = PER_GROUP + 1;
    assert_eq!(Layout::new(blocks * 4096, 100), Err(Ext4Error::Full));
}

#[test]
fn tables_of_inodes_stand_beside_copies_of_the_superblock() {
    // Sixteen full tables reach beyond the second group's beginning.
    let layout = Layout::new(2 * GIB, 16 << 15).unwrap();
    let mut runs: Vec<Run> = layout.heads().map(|(_, head)| head).collect();
    for group in &layout.groups {
        for (start, length) in [
            (group.blocks, 1),
            (group.inodes, 1),
            (group.table, layout.table_blocks()),
        ] {
            runs.push(Run { start, length });
        }
    }
    runs.sort_by_key(|run| run.start);
    assert!(runs.is_sorted_by(|left, right| left.end() <= right.start));
    let used: u64 = runs.iter().map(|run| run.length).sum();
    assert_eq!(layout.free(0), layout.blocks - used);
    assert_eq!(used + layout.journal, layout.overhead());
    // What is handed out is what is no longer free, and nothing of that is used otherwise.
    let mut cursor = layout.cursor(0);
    let taken = cursor.take(100_000, 7000).unwrap();
    for one in &taken {
        let meets = |run: &Run| run.start < one.end() && one.start < run.end();
        assert!(!runs.iter().any(meets), "{one:?}");
    }
    assert_eq!(layout.free(cursor.at()), layout.blocks - used - 100_000);
}

#[test]
fn all_blocks_can_be_taken_and_no_more() {
    for size in [16 << 20, 130 << 20, 3 * GIB] {
        let layout = Layout::new(size, 20_000).unwrap();
        let free = layout.free(0);
        let mut cursor = layout.cursor(0);
        let runs = cursor.take(free, 1000).unwrap();
        assert_eq!(runs.iter().map(|run| run.length).sum::<u64>(), free);
        assert!(runs.iter().all(|run| run.end() <= layout.blocks));
        assert_eq!(layout.free(cursor.at()), 0);
        assert_eq!(cursor.take(1, 1), Err(Ext4Error::Full));
    }
}

/// The number at a place.
fn word(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word).into()
}

/// What a node of a tree of runs leads to: first blocks of the file, and places.
fn entries(node: &[u8]) -> (u64, Vec<(u64, u64)>) {
    let (count, depth) = (word(node, 0) >> 16, word(node, 4) >> 16);
    let at = if depth == 0 { 8 } else { 4 };
    let entry = |place| (word(node, place * 12), word(node, place * 12 + at));
    (depth, (1..=count as usize).map(entry).collect())
}

#[test]
fn large_files_have_trees_of_runs() {
    let layout = Layout::new(8 << 40, 1 << 20).unwrap();
    for (blocks, expected) in [
        (0, 0),
        (30_000, 0),
        (200_000, 1),
        (40_000_000, 1),
        (1_500_000_000, 2),
    ] {
        let extents = Extents::take(&mut layout.cursor(0), blocks).unwrap();
        let mut nodes = std::collections::BTreeMap::new();
        let collect = |place, bytes: &[u8]| {
            nodes.insert(place, bytes.to_vec());
            Ok(())
        };
        extents.tree(7, 12, collect).unwrap();
        assert_eq!(extents.sectors(), (blocks + nodes.len() as u64) * 8);
        let (depth, mut found) = entries(&extents.root());
        assert_eq!(depth, expected, "{blocks}");
        assert!(found.len() <= 4);
        for below in (0..depth).rev() {
            let lower = found.iter().flat_map(|(logical, place)| {
                let (depth, lower) = entries(&nodes[place]);
                assert_eq!((depth, lower[0].0), (below, *logical));
                lower
            });
            found = lower.collect();
        }
        let mut logical = 0;
        let runs = extents.runs().iter().map(|run| {
            logical += run.length;
            (logical - run.length, run.start)
        });
        assert_eq!(found, runs.collect::<Vec<_>>(), "{blocks}");
        assert_eq!(logical, blocks);
    }
}

use super::*;

fn key(number: u32) -> Key {
    BlockCache::key(Packer::Zstd(3), &number.to_le_bytes())
}

/// A cache with the blocks of these numbers, each its own number as bytes.
fn filled(directory: &Path, numbers: std::ops::Range<u32>) -> Use {
    let cache = BlockCache::open(directory);
    for number in numbers {
        match cache.get(&key(number)) {
            Some(found) => assert_eq!(found, Some(&number.to_le_bytes()[..])),
            None => cache.put(&key(number), Some(&number.to_le_bytes())),
        }
    }
    cache.finish(USUAL_LIMIT)
}

#[test]
fn blocks_are_found_again_and_counted() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("blocks");
    assert_eq!(
        filled(&place, 0..100),
        Use {
            found: 0,
            packed: 100
        }
    );
    assert_eq!(
        filled(&place, 50..110),
        Use {
            found: 50,
            packed: 10
        }
    );
    assert_eq!(list(&place).len(), 2);
    let cache = BlockCache::open(&place);
    cache.put(&key(500), None);
    cache.put(&key(500), None);
    cache.finish(USUAL_LIMIT);
    let cache = BlockCache::open(&place);
    assert_eq!(
        cache.get(&key(500)),
        Some(None),
        "it would not become smaller"
    );
    assert_eq!(cache.get(&key(501)), None);
}

#[test]
fn what_was_used_stays_rather_than_what_is_new() {
    let directory = tempfile::tempdir().unwrap();
    filled(directory.path(), 0..100);
    let before = list(directory.path());
    let cache = BlockCache::open(directory.path());
    assert!(cache.get(&key(1)).is_some());
    for number in 100..150 {
        cache.put(&key(number), Some(&number.to_le_bytes()));
    }
    cache.finish(before[0].size);
    let paths = |packs: Vec<PackFile>| packs.into_iter().map(|pack| pack.path).collect::<Vec<_>>();
    assert_eq!(paths(list(directory.path())), paths(before));
}

#[test]
fn how_a_block_is_packed_is_part_of_its_key() {
    let packers = [
        Packer::Zstd(3),
        Packer::Zstd(4),
        Packer::Xz(3),
        Packer::Zlib(3),
        Packer::Lz4(3),
    ];
    let mut keys: Vec<Key> = packers
        .iter()
        .map(|packer| BlockCache::key(*packer, b"block"))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), packers.len());
}

#[test]
fn what_is_damaged_is_not_there() {
    let directory = tempfile::tempdir().unwrap();
    filled(directory.path(), 0..100);
    let path = list(directory.path())[0].path.clone();
    let whole = fs::read(&path).unwrap();
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        fs::remove_file(&path).unwrap();
        fs::write(&path, &damaged).unwrap();
        let cache = BlockCache::open(directory.path());
        let found = (0..100).filter(|number| {
            let found = cache.get(&key(*number));
            assert!(found.is_none() || found == Some(Some(&number.to_le_bytes()[..])));
            found.is_some()
        });
        assert!(found.count() < 100, "byte {at}");
    }
    assert_eq!(verify(directory.path()), (1, vec![path]));
    assert!(list(directory.path()).is_empty());
    for length in [0, 7, FOOTER, FOOTER + 1] {
        fs::write(directory.path().join("x.pack"), vec![0xff; length]).unwrap();
        assert_eq!(BlockCache::open(directory.path()).get(&key(1)), None);
    }
}

#[test]
fn small_packs_become_one_and_old_ones_go() {
    let directory = tempfile::tempdir().unwrap();
    for number in 0..9 {
        filled(directory.path(), number * 10..number * 10 + 10);
    }
    let files = list(directory.path());
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(filled(directory.path(), 0..90).packed, 0);
    filled(directory.path(), 100..110);
    let size = list(directory.path())[0].size;
    let older = SystemTime::now() - std::time::Duration::from_secs(9);
    formwork_sys::fs::set_modified(&files[0].path, older).unwrap();
    assert_eq!(trim(directory.path(), size, None).0, 1);
    assert_eq!(list(directory.path()).len(), 1);
    assert_eq!(
        filled(directory.path(), 100..110).packed,
        0,
        "the newer one stayed"
    );
    assert_eq!(trim(directory.path(), u64::MAX, Some(older)).0, 0);
    assert_eq!(trim(directory.path(), 0, None).0, 1);
}

#[test]
fn a_place_that_cannot_be_written_to_is_no_cache() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "x").unwrap();
    assert_eq!(filled(&file.join("blocks"), 0..5).packed, 5);
}

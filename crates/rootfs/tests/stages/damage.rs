//! Stages that are not what was kept are noticed, told of, and made again.

use std::fs;
use std::path::PathBuf;

use formwork_model::stage::StageIndex;
use formwork_rootfs::stage::verify;

use crate::world::World;

/// Finds a text in bytes.
fn find(bytes: &[u8], text: &[u8]) -> usize {
    bytes
        .windows(text.len())
        .position(|one| one == text)
        .unwrap()
}

/// What can happen to a stage: which file, how it is changed, and what is said of it.
type Damage = (&'static str, fn(&mut Vec<u8>), &'static str);

/// Writes the index anew, changed, with a good digest behind it.
fn reindexed(bytes: &mut Vec<u8>, change: fn(&mut StageIndex)) {
    let mut index = StageIndex::read(bytes).unwrap();
    change(&mut index);
    *bytes = index.text();
}

const DAMAGES: [Damage; 13] = [
    (
        "tar",
        |bytes| bytes.truncate(bytes.len() - 512),
        "another size",
    ),
    ("tar", |bytes| bytes.clear(), "another size"),
    (
        "tar",
        |bytes| *bytes.last_mut().unwrap() = 1,
        "other entries",
    ),
    (
        "tar",
        |bytes| {
            let at = find(bytes, &[7; 512]);
            bytes[at + 100] = 8;
        },
        "not what was kept",
    ),
    (
        "tar",
        |bytes| {
            // The name of an entry, with the sum of its header made good again.
            let at = find(bytes, b"./usr/share/base/one");
            bytes.swap(at + 17, at + 18);
        },
        "other entries",
    ),
    ("json", |bytes| bytes[40] ^= 1, "index is not whole"),
    ("json", |bytes| bytes.truncate(10), "index is not whole"),
    ("json", |bytes| bytes.fill(0xff), "index is not whole"),
    (
        "json",
        |bytes| reindexed(bytes, |index| index.key = "another".to_owned()),
        "index is not whole",
    ),
    (
        "json",
        |bytes| reindexed(bytes, |index| index.format -= 1),
        "index is not whole",
    ),
    (
        "json",
        |bytes| reindexed(bytes, |index| drop(index.checks.pop())),
        "lacks a digest",
    ),
    (
        "json",
        |bytes| reindexed(bytes, |index| index.files[0].truncate(5)),
        "lacks a digest",
    ),
    (
        "json",
        |bytes| reindexed(bytes, |index| index.archive = "none.tar".to_owned()),
        "No such file",
    ),
];

#[test]
fn a_damaged_stage_is_noticed_and_made_again() {
    let Some(world) = World::new() else { return };
    let job = world.job();
    let good = world.staged(&job).output("tar");
    for (ending, damage, said) in DAMAGES {
        let kept = world.kept();
        assert_eq!(kept.len(), 2, "{kept:?}");
        let is_meant = |path: &&PathBuf| path.extension().is_some_and(|one| one == ending);
        let path = kept.iter().find(is_meant).unwrap();
        let mut bytes = fs::read(path).unwrap();
        damage(&mut bytes);
        fs::write(path, bytes).unwrap();
        let made = world.staged(&job);
        assert!(!made.restored() && made.configured > 0, "{said}");
        assert!(made.output("tar") == good, "{said}");
        let warning = made.warnings.join("\n");
        assert!(warning.contains(said), "{said}: {warning}");
        let again = world.staged(&job);
        assert!(again.restored() && again.warnings.is_empty(), "{said}");
    }
}

#[test]
fn all_stages_are_compared_when_somebody_asks() {
    let Some(world) = World::new() else { return };
    assert_eq!(verify(&world.cache()).unwrap(), (0, Vec::new()));
    world.staged(&world.job());
    let sound = world.kept();
    let contents: Vec<Vec<u8>> = sound.iter().map(|path| fs::read(path).unwrap()).collect();
    assert_eq!(verify(&world.cache()).unwrap(), (1, Vec::new()));
    // What another program has kept is no damage.
    let foreign = |damage: &Damage| {
        let mut bytes = contents[1].clone();
        damage.0 == "json" && {
            damage.1(&mut bytes);
            StageIndex::is_whole(&bytes) && StageIndex::read(&bytes).is_none()
        }
    };
    for damage in &DAMAGES {
        let (ending, change, said) = damage;
        let index = usize::from(*ending == "json");
        assert_eq!(sound[index].extension().unwrap(), *ending);
        let mut bytes = contents[index].clone();
        change(&mut bytes);
        fs::write(&sound[index], bytes).unwrap();
        let (checked, found) = verify(&world.cache()).unwrap();
        assert_eq!((checked, found.is_empty()), (1, foreign(damage)), "{said}");
        for one in found {
            assert!(sound.contains(&one.file) || *said == "No such file");
            assert!(!one.reason.is_empty());
        }
        fs::write(&sound[index], &contents[index]).unwrap();
    }
}

#[test]
fn a_stage_without_its_archive_is_made_again() {
    let Some(world) = World::new() else { return };
    let job = world.job();
    world.staged(&job);
    let kept = world.kept();
    let archive = kept.iter().find(|path| path.extension().unwrap() == "tar");
    fs::remove_file(archive.unwrap()).unwrap();
    let made = world.staged(&job);
    assert_eq!((made.restored(), made.warnings.len()), (false, 1));
    assert!(world.staged(&job).restored());
}

#[test]
fn a_stage_that_cannot_be_kept_is_no_obstacle() {
    let Some(world) = World::new() else { return };
    fs::create_dir_all(world.cache().parent().unwrap()).unwrap();
    fs::write(world.cache(), "a file").unwrap();
    let job = world.job();
    let made = world.staged(&job);
    assert!(made.report.stage.is_none());
    assert!(made.warnings[0].contains("not kept"), "{:?}", made.warnings);
    assert!(made.output("tar") == world.cold(&job).output("tar"));
    // All of it is there, as nothing lies elsewhere.
    assert_eq!(made.output("delta"), made.output("tar"));
}

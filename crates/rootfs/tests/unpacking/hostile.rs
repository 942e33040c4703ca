//! Packages that mean harm: refused by name, and nothing outside of the tree is touched.

use std::fs;

use formwork_rootfs::job::Job;
use formwork_testkit::bytes::Compression;

use super::world::{
    Before, Deb, Raw, World, deb, directory, file, hard_link, header, raw, symlink, tar,
};

#[track_caller]
fn refused(debs: &[Deb], words: &[&str]) {
    let Some(world) = World::new() else {
        return;
    };
    let job = world.job(debs);
    says(&world, &job, words);
}

#[track_caller]
fn says(world: &World, job: &Job, words: &[&str]) {
    fs::write(world.path("outside"), "untouched").unwrap();
    let failure = world.ours(job, &Before::default()).unwrap_err();
    let message = failure.to_string();
    for word in words {
        assert!(message.contains(word), "{word}: {message}");
    }
    assert_eq!(fs::read(world.path("outside")).unwrap(), b"untouched");
}

fn evil(entries: &[Raw]) -> Deb {
    deb("evil", &[&[directory("./", 0o755)], entries].concat())
}

#[test]
fn entries_that_no_package_may_ship() {
    let long = format!("./{}", "n".repeat(300));
    let table: [(&[Raw], &str); 11] = [
        (&[file("../../outside", b"x", 0o644)], "climbs out"),
        (&[file("/outside", b"x", 0o644)], "absolute"),
        (
            &[symlink("./a", "/etc"), file("./a/passwd", b"x", 0o644)],
            "symbolic link a",
        ),
        (
            &[symlink("./a", "../../.."), directory("./a/b/", 0o755)],
            "symbolic link a",
        ),
        (&[hard_link("./h", "/etc/passwd")], "absolute"),
        (&[hard_link("./h", "../../../outside")], "climbs out"),
        (&[hard_link("./h", "./etc/nothing")], "hard link"),
        (&[raw(b"./null", b'3', b"", b"", 0o666)], "device node"),
        (
            &[raw(b"./line\nbreak", b'0', b"", b"", 0o644)],
            "line break",
        ),
        (&[file(&long, b"", 0o644)], "too long"),
        (
            &[file("./twice", b"1", 0o644), file("./twice", b"2", 0o644)],
            "twice",
        ),
    ];
    for (entries, reason) in table {
        refused(&[evil(entries)], &["package evil 1.0", reason]);
    }
}

#[test]
fn a_link_of_another_package_leads_nowhere_outside() {
    let Some(world) = World::new() else {
        return;
    };
    let outside = world.path("host");
    fs::create_dir(&outside).unwrap();
    let links = deb(
        "a-link",
        &[
            directory("./", 0o755),
            directory("./usr/", 0o755),
            symlink("./usr/climbs", "../../../../../.."),
            symlink("./usr/host", outside.to_str().unwrap()),
        ],
    );
    let climbs = deb("b-file", &[file("./usr/climbs/x", b"x", 0o644)]);
    let job = world.job(&[links.clone(), climbs]);
    let root = world.ours(&job, &Before::default()).unwrap();
    assert_eq!(fs::read(root.join("x")).unwrap(), b"x");
    let host = deb("b-file", &[file("./usr/host/x", b"x", 0o644)]);
    let job = world.job(&[links, host]);
    let _ = world.ours(&job, &Before::default());
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
}

#[test]
fn bombs_are_refused() {
    // 8 GiB of zeroes: the header says so, and 80 MB of them come.
    let mut huge = header(&raw(b"./zeroes", b'0', b"", b"", 0o644), 0o77777777777);
    huge.resize(80 << 20, 0);
    for compression in [Compression::Gzip, Compression::Xz, Compression::Zstd] {
        let mut package = evil(&[]);
        package.data.clone_from(&huge);
        package.compression = compression;
        refused(&[package], &["package evil 1.0", "it unpacks to more than"]);
    }
    let mut cut = evil(&[]);
    cut.data = tar(&[file("./x", &[b'x'; 5000], 0o644)]);
    cut.data.truncate(3000);
    refused(&[cut], &["package evil 1.0", "ends too early"]);
}

#[test]
fn a_file_that_is_not_the_locked_one() {
    let Some(world) = World::new() else {
        return;
    };
    let mut job = world.job(&[evil(&[file("./x", b"x", 0o644)])]);
    let place = job
        .packages
        .iter()
        .position(|one| one.name == "evil")
        .unwrap();
    let right = fs::read(&job.packages[place].file).unwrap();
    let mut flipped = right.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let longer = [right.as_slice(), b"more"].concat();
    let cut = &right[..right.len() - 1];
    for bytes in [&flipped, &longer, cut] {
        fs::write(&job.packages[place].file, bytes).unwrap();
        says(
            &world,
            &job,
            &["package evil 1.0", "locked", "cache verify"],
        );
        assert!(!world.path("ours/tree/x").exists());
    }
    fs::write(&job.packages[place].file, &right).unwrap();
    job.packages[place].version = "2.0".to_owned();
    says(
        &world,
        &job,
        &["package evil 2.0", "it says that it is evil 1.0 amd64"],
    );
}

#[test]
fn packages_that_are_none() {
    let Some(world) = World::new() else {
        return;
    };
    let job = world.job(&[evil(&[])]);
    let package = job.packages.iter().find(|one| one.name == "evil").unwrap();
    for bytes in [b"".as_slice(), b"!<arch>\n", b"no archive at all"] {
        let mut job = job.clone();
        fs::write(&package.file, bytes).unwrap();
        for one in &mut job.packages {
            if one.name == "evil" {
                one.size = bytes.len() as u64;
                one.sha256 = formwork_testkit::bytes::sha256(bytes);
            }
        }
        says(&world, &job, &["package evil 1.0"]);
    }
    let odd = evil(&[]).control("triggers", "interest ../../x\n");
    refused(&[odd], &["package evil 1.0", "triggers"]);
    let odd = evil(&[]).control("conffiles", "etc/relative\n");
    refused(&[odd], &["package evil 1.0", "conffiles"]);
}

//! What we unpack is what dpkg unpacks, or both refuse.

use super::world::{
    Before, Deb, Raw, World, contents, deb, directory, file, hard_link, path, raw, symlink,
};

/// Unpacks both ways; returns what our failure says, if both fail.
#[track_caller]
fn same(debs: &[Deb], before: &Before) -> Option<String> {
    let world = World::new()?;
    let job = world.job(debs);
    let ours = world.ours(&job, before);
    let dpkg = world.dpkg(&job, before);
    match (ours, dpkg) {
        (Ok(ours), Ok(dpkg)) => {
            let (ours, dpkg) = (contents(&ours), contents(&dpkg));
            for (path, what) in &dpkg {
                assert_eq!(ours.get(path), Some(what), "{}", path.display());
            }
            let more: Vec<_> = ours
                .keys()
                .filter(|path| !dpkg.contains_key(*path))
                .collect();
            assert!(more.is_empty(), "only ours: {more:?}");
            None
        }
        (Err(ours), Err(_)) => Some(ours.to_string()),
        (Ok(_), Err(dpkg)) => panic!("only dpkg refuses: {dpkg}"),
        (Err(ours), Ok(_)) => panic!("only we refuse: {ours}"),
    }
}

#[track_caller]
fn same_tree(debs: &[Deb]) {
    assert_eq!(same(debs, &Before::default()), None);
}

/// Both refuse, and our message has these words.
#[track_caller]
fn both_refuse(debs: &[Deb], words: &[&str]) {
    if World::new().is_none() {
        return;
    }
    let message = same(debs, &Before::default()).expect("both unpack it");
    for word in words {
        assert!(message.contains(word), "{word}: {message}");
    }
}

fn top() -> Raw {
    directory("./", 0o755)
}

fn usr() -> [Raw; 2] {
    [top(), directory("./usr/", 0o755)]
}

fn with_usr(name: &str, entries: &[Raw]) -> Deb {
    deb(name, &[usr().as_slice(), entries].concat())
}

#[test]
fn kinds_modes_owners_and_links() {
    let mut owned = file("./usr/owned", b"o", 0o2640);
    owned.owner = (7, 42);
    let mut own_directory = directory("./usr/mail/", 0o2775);
    own_directory.owner = (0, 8);
    let mut own_link = symlink("./usr/l2", "nowhere");
    own_link.owner = (3, 4);
    same_tree(&[with_usr(
        "a",
        &[
            file("./usr/plain", b"text", 0o644),
            file("./usr/setuid", b"program", 0o4755),
            file("./usr/secret", b"", 0o000),
            owned,
            own_directory,
            directory("./usr/sticky/", 0o1777),
            symlink("./usr/link", "plain"),
            own_link,
            hard_link("./usr/second", "./usr/setuid"),
            raw(b"./usr/pipe", b'6', b"", b"", 0o620),
            raw(b"./usr/\xff\xfe odd", b'0', b"", b"x", 0o644),
        ],
    )]);
}

#[test]
fn directories_are_shared_and_the_first_mode_stays() {
    same_tree(&[
        with_usr(
            "a",
            &[directory("./usr/d/", 0o700), file("./usr/d/a", b"a", 0o644)],
        ),
        with_usr(
            "b",
            &[directory("./usr/d/", 0o755), file("./usr/d/b", b"b", 0o644)],
        ),
    ]);
}

#[test]
fn a_file_of_two_packages_is_refused_unless_replaced() {
    let a = with_usr(
        "a",
        &[file("./usr/x", b"a", 0o644), file("./usr/a", b"a", 0o644)],
    );
    let b = with_usr("b", &[file("./usr/x", b"b", 0o600)]);
    both_refuse(
        &[a.clone(), b.clone()],
        &["a 1.0", "b 1.0", "/usr/x", "Replaces"],
    );
    same_tree(&[a.clone(), b.clone().field("Replaces", "a")]);
    same_tree(&[a.clone().field("Replaces", "b"), b.clone()]);
    same_tree(&[a.clone(), b.clone().field("Replaces", "a (<< 2)")]);
    both_refuse(
        &[a.clone(), b.clone().field("Replaces", "a (<< 1.0)")],
        &["/usr/x"],
    );
    let link = with_usr("b", &[symlink("./usr/x", "a")]);
    both_refuse(&[a.clone(), link.clone()], &["/usr/x"]);
    same_tree(&[a, link.field("Replaces", "a")]);
}

#[test]
fn links_to_directories_and_directories_stay() {
    let dir = with_usr(
        "a",
        &[directory("./usr/d/", 0o755), directory("./usr/e/", 0o755)],
    );
    same_tree(&[dir.clone(), with_usr("b", &[symlink("./usr/d", "e")])]);
    let link = with_usr(
        "a",
        &[directory("./usr/e/", 0o755), symlink("./usr/d", "e")],
    );
    same_tree(&[
        link.clone(),
        with_usr(
            "b",
            &[directory("./usr/d/", 0o755), file("./usr/d/x", b"x", 0o644)],
        ),
    ]);
    same_tree(&[link.clone(), with_usr("b", &[symlink("./usr/d", "e")])]);
    same_tree(&[
        link.clone(),
        with_usr("b", &[symlink("./usr/d", "../usr/e")]),
    ]);
    both_refuse(
        &[link, with_usr("b", &[symlink("./usr/d", "f")])],
        &["/usr/d"],
    );
    both_refuse(
        &[dir, with_usr("b", &[file("./usr/d", b"x", 0o644)])],
        &["/usr/d", "a 1.0"],
    );
}

#[test]
fn a_directory_where_another_has_a_file() {
    let a = with_usr(
        "a",
        &[file("./usr/a", b"a", 0o644), file("./usr/d", b"x", 0o644)],
    );
    let b = with_usr(
        "b",
        &[directory("./usr/d/", 0o755), file("./usr/d/x", b"x", 0o644)],
    );
    both_refuse(&[a.clone(), b.clone()], &["/usr/d"]);
    same_tree(&[a, b.field("Replaces", "a")]);
}

#[test]
fn configuration_files_wait() {
    let text = "/etc/one\n/etc/deep/two\nremove-on-upgrade /etc/old\n";
    let entries = [
        top(),
        directory("./etc/", 0o755),
        file("./etc/one", b"1", 0o640),
        directory("./etc/deep/", 0o755),
        file("./etc/deep/two", b"2", 0o644),
        file("./etc/plain", b"3", 0o644),
    ];
    same_tree(&[deb("a", &entries).control("conffiles", text)]);
}

#[test]
fn diversions_and_overrides_are_honoured() {
    let before = Before {
        files: vec![
            (
                "var/lib/dpkg/diversions",
                "/usr/x\n/usr/x.real\nbase\n/usr/y\n/usr/y.own\na\n/usr/z\n/usr/z.local\n:\n",
            ),
            (
                "var/lib/dpkg/statoverride",
                "#7 #8 4750 /usr/s\n#1 #2 0700 /usr/d\n",
            ),
        ],
        ..Before::default()
    };
    let a = with_usr(
        "a",
        &[
            file("./usr/x", b"x", 0o644),
            file("./usr/y", b"y", 0o644),
            file("./usr/z", b"z", 0o644),
            file("./usr/s", b"s", 0o644),
            directory("./usr/d/", 0o755),
            hard_link("./usr/xx", "./usr/x"),
        ],
    );
    assert_eq!(same(std::slice::from_ref(&a), &before), None);
    let b = with_usr("b", &[file("./usr/y", b"other", 0o644)]);
    assert_eq!(same(&[a.clone(), b], &before), None);
    if World::new().is_some() {
        let b = with_usr("b", &[file("./usr/x.real", b"b", 0o644)]);
        let message = same(&[a, b], &before).expect("both unpack it");
        assert!(message.contains("/usr/x"), "{message}");
    }
}

#[test]
fn one_package_for_two_architectures() {
    let of = |architecture: &str, content: &[u8]| {
        let own = format!("./usr/{architecture}");
        let entries = [
            file("./usr/shared", content, 0o644),
            file(&own, b"own", 0o644),
        ];
        let package = with_usr("a", &entries).architecture(architecture);
        package.field("Multi-Arch", "same")
    };
    same_tree(&[of("amd64", b"same"), of("i386", b"same")]);
    both_refuse(
        &[of("amd64", b"same"), of("i386", b"other")],
        &["/usr/shared", "i386"],
    );
}

#[test]
fn the_database_is_what_dpkg_writes() {
    let a = with_usr(
        "a",
        &[
            file("./usr/a", b"a", 0o644),
            hard_link("./usr/aa", "./usr/a"),
        ],
    )
    .control(
        "triggers",
        "interest-noawait /usr/share/x\ninterest /usr/lib\nactivate y\n",
    )
    .control("postinst", "#!/bin/sh\n")
    .control("with.dot", "passed over")
    .control("shlibs", "liba 1 a\n");
    let b = with_usr("b", &[])
        .control("triggers", "interest-await /usr/share/x\n")
        .control("md5sums", "0  x\n");
    same_tree(&[a, b]);
}

#[test]
fn names_of_owners_count_once_there_are_accounts() {
    let before = Before {
        files: vec![("etc/group", "root:x:0:\nmade:x:321:\n")],
        ..Before::default()
    };
    let mut owned = file("./usr/x", b"x", 0o2755);
    owned.group_name = "made";
    owned.owner = (0, 5);
    let Some(world) = World::new() else {
        return;
    };
    let job = world.job(&[with_usr("a", &[owned])]);
    let root = world.ours(&job, &before).unwrap();
    let found = contents(&root);
    let what = &found[&path(b"usr/x")];
    assert!(what.starts_with("file 2755 0:321 "), "{what}");
}

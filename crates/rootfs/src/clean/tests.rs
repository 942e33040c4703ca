use super::*;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A tree that has something for every rule.
fn tree() -> (tempfile::TempDir, Tree) {
    let directory = tempfile::tempdir().unwrap();
    let files = [
        ("etc/aliases.db", "x"),
        ("etc/bind/rndc.key", "secret"),
        ("etc/machine-id", "0123456789abcdef0123456789abcdef\n"),
        (
            "etc/iscsi/initiatorname.iscsi",
            "InitiatorName=iqn.1993-08.org.debian:01:4711\n",
        ),
        ("etc/passwd", "root:x:0:0::/root:/bin/sh\n"),
        ("etc/passwd-", "earlier"),
        ("etc/ssh/ssh_host_rsa_key", "secret"),
        ("etc/ssh/ssh_host_rsa_key.pub", "public"),
        ("etc/ssh/sshd_config", "kept"),
        ("etc/ssl/certs/other.pem", "kept"),
        ("etc/ssl/certs/ssl-cert-snakeoil.pem", "certificate"),
        ("etc/ssl/private/ssl-cert-snakeoil.key", "secret"),
        ("run/lock/left", "x"),
        ("tmp/left", "x"),
        ("usr/lib/systemd/systemd", "program"),
        ("var/backups/dpkg.status.0", "x"),
        ("var/cache/apt/archives/curl.deb", "x"),
        ("var/cache/apt/archives/partial/left", "x"),
        ("var/cache/apt/pkgcache.bin", "x"),
        ("var/cache/fontconfig/0.cache-8", "x"),
        ("var/cache/ldconfig/aux-cache", "x"),
        ("var/lib/apt/extended_states", "kept"),
        ("var/lib/apt/lists/mirror_InRelease", "x"),
        ("var/lib/apt/lists/partial/left", "x"),
        (
            "var/lib/dbus/machine-id",
            "0123456789abcdef0123456789abcdef\n",
        ),
        ("var/lib/dpkg/status", "kept"),
        ("var/lib/dpkg/status-old", "x"),
        ("var/lib/systemd/random-seed", "x"),
        ("var/lib/ucf/hashfile", "kept"),
        ("var/lib/ucf/hashfile.1", "x"),
        ("var/log/dpkg.log", "x"),
        ("var/log/journal/4711/system.journal", "x"),
        ("var/log/nginx/access.log", "x"),
    ];
    for (path, text) in files {
        let path = directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let hash = directory.path().join("etc/ssl/certs/62742064.0");
    std::os::unix::fs::symlink("ssl-cert-snakeoil.pem", hash).unwrap();
    let tree = Tree::open(directory.path()).unwrap();
    (directory, tree)
}

/// Every file and link with its content.
fn files(tree: &Tree) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut look = |visited: &Visited<'_>| {
        let path = visited.path.to_owned();
        match visited.metadata.kind {
            Kind::File => found.insert(path.clone(), String::from_utf8(tree.read(&path)?).unwrap()),
            Kind::SymbolicLink => {
                found.insert(path, format!("-> {}", visited.read_link()?.display()))
            }
            _ => None,
        };
        Ok::<(), Error>(())
    };
    tree.walk("", &mut look).unwrap();
    found
}

const OFF: Clean = Clean {
    apt_lists: false,
    apt_cache: false,
    logs: false,
    temporary: false,
    backups: false,
    caches: false,
    machine_id: false,
    host_keys: false,
    certificates: false,
    seeds: false,
};

#[test]
fn each_switch_touches_what_it_says_and_nothing_else() {
    type Switch = (Clean, &'static [&'static str]);
    let switches: [Switch; 10] = [
        (
            Clean {
                apt_lists: true,
                ..OFF
            },
            &[
                "var/lib/apt/lists/mirror_InRelease",
                "var/lib/apt/lists/partial/left",
            ],
        ),
        (
            Clean {
                apt_cache: true,
                ..OFF
            },
            &[
                "var/cache/apt/archives/curl.deb",
                "var/cache/apt/archives/partial/left",
                "var/cache/apt/pkgcache.bin",
            ],
        ),
        (
            Clean { logs: true, ..OFF },
            &[
                "var/log/dpkg.log",
                "var/log/journal/4711/system.journal",
                "var/log/nginx/access.log=",
            ],
        ),
        (
            Clean {
                temporary: true,
                ..OFF
            },
            &["run/lock/left", "tmp/left"],
        ),
        (
            Clean {
                backups: true,
                ..OFF
            },
            &[
                "etc/passwd-",
                "var/backups/dpkg.status.0",
                "var/lib/dpkg/status-old",
                "var/lib/ucf/hashfile.1",
            ],
        ),
        (
            Clean {
                caches: true,
                ..OFF
            },
            &[
                "+etc/systemd/system/make-mail-aliases.service",
                "+etc/systemd/system/sysinit.target.wants/make-mail-aliases.service",
                "etc/aliases.db",
                "var/cache/fontconfig/0.cache-8",
                "var/cache/ldconfig/aux-cache",
            ],
        ),
        (
            Clean {
                machine_id: true,
                ..OFF
            },
            &[
                "etc/machine-id=",
                "var/lib/dbus/machine-id=-> /etc/machine-id",
            ],
        ),
        (
            Clean {
                host_keys: true,
                ..OFF
            },
            &[
                "+etc/systemd/system/make-ssh-host-keys.service",
                "+etc/systemd/system/sysinit.target.wants/make-ssh-host-keys.service",
                "etc/ssh/ssh_host_rsa_key",
                "etc/ssh/ssh_host_rsa_key.pub",
            ],
        ),
        (
            Clean {
                certificates: true,
                ..OFF
            },
            &[
                "+etc/systemd/system/make-snakeoil-certificate.service",
                "+etc/systemd/system/sysinit.target.wants/make-snakeoil-certificate.service",
                "etc/ssl/certs/62742064.0",
                "etc/ssl/certs/ssl-cert-snakeoil.pem",
                "etc/ssl/private/ssl-cert-snakeoil.key",
            ],
        ),
        (
            Clean { seeds: true, ..OFF },
            &[
                "+etc/systemd/system/make-rndc-key.service",
                "+etc/systemd/system/sysinit.target.wants/make-rndc-key.service",
                "etc/bind/rndc.key",
                "etc/iscsi/initiatorname.iscsi=GenerateName=yes\n",
                "var/lib/systemd/random-seed",
            ],
        ),
    ];
    for (clean, expected) in switches {
        let (_directory, tree) = tree();
        let before = files(&tree);
        apply(&tree, &clean).unwrap();
        let after = files(&tree);
        let mut changes = Vec::new();
        for (path, text) in &before {
            match after.get(path) {
                None => changes.push(path.display().to_string()),
                Some(new) if new != text => changes.push(format!("{}={new}", path.display())),
                Some(_) => {}
            }
        }
        let new = after.keys().filter(|path| !before.contains_key(*path));
        changes.extend(new.map(|path| format!("+{}", path.display())));
        changes.sort();
        assert_eq!(changes, expected, "{clean:?}");
    }
}

#[test]
fn a_clean_tree_stays_as_it_is() {
    let (_directory, tree) = tree();
    apply(&tree, &Clean::default()).unwrap();
    let once = files(&tree);
    apply(&tree, &Clean::default()).unwrap();
    assert_eq!(files(&tree), once);
}

#[test]
fn without_systemd_no_unit_is_written() {
    let (_directory, tree) = tree();
    tree.remove("usr/lib/systemd/systemd").unwrap();
    apply(&tree, &Clean::default()).unwrap();
    assert!(!tree.exists("etc/systemd").unwrap());
    assert!(!tree.exists("etc/ssh/ssh_host_rsa_key").unwrap());
}

#[test]
fn an_empty_tree_is_no_trouble() {
    let directory = tempfile::tempdir().unwrap();
    let tree = Tree::open(directory.path()).unwrap();
    apply(&tree, &Clean::default()).unwrap();
    assert!(files(&tree).is_empty());
}

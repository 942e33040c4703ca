//! Attacks on an archive: each must be refused, and give no trust.
#![allow(clippy::unwrap_used)]

mod toy;

use formwork_archive::repository::Floor;
use formwork_archive::{Error, LockedFile};
use formwork_deb::sha256::Sha256;
use formwork_testkit::archive::{Suite, archive_key};
use formwork_testkit::keys::{Key, sign_inline};
use formwork_testkit::package::Package;
use formwork_testkit::server::Fault;

use toy::{Toy, amd64, bookworm, date};

const IN_RELEASE: &str = "dists/bookworm/InRelease";

fn newer() -> Suite {
    bookworm()
        .date("2026-11-08")
        .package(Package::new("news", "2.0", "amd64"))
}

/// Nothing of what was refused may be used by a later call.
fn nothing_is_trusted(toy: &mut Toy) {
    toy.options.offline = true;
    let error = toy.open().sync(&[toy.repository()], &amd64());
    assert!(matches!(error, Err(Error::Offline { .. })), "{error:?}");
}

#[test]
fn replay_of_an_older_release() {
    let mut toy = Toy::new(&newer());
    toy.sync(&toy.repository()).unwrap();
    toy.archive.write(&bookworm());
    let error = toy.refused(&toy.repository());
    assert!(
        error.contains("2026-11-01") && error.contains("older than one seen before"),
        "{error}"
    );
    // Cleaning the cache forgets nothing.
    std::fs::remove_dir_all(&toy.options.cache_dir).unwrap();
    assert!(matches!(
        toy.sync(&toy.repository()),
        Err(Error::Older { .. })
    ));
    toy.options.allow_older = true;
    toy.sync(&toy.repository()).unwrap();
    toy.options.allow_older = false;
    assert!(
        matches!(toy.sync(&toy.repository()), Err(Error::Older { .. })),
        "asking once is for once"
    );
    toy.archive.write(&newer());
    toy.sync(&toy.repository()).unwrap();
}

#[test]
fn replay_of_a_release_older_than_the_locks() {
    let mut toy = Toy::new(&bookworm());
    let floor = |suite: &str| Floor {
        repository: "toy".to_owned(),
        suite: suite.to_owned(),
        date: date("2026-11-08"),
    };
    toy.options.floors = vec![floor("trixie")];
    toy.sync(&toy.repository()).unwrap();
    toy.options.floors = vec![floor("bookworm")];
    let error = toy.refused(&toy.repository());
    assert!(error.contains("older than the lock's"), "{error}");
}

#[test]
fn freeze_at_an_expired_release() {
    let mut toy = Toy::new(&bookworm().valid_until("2026-11-05"));
    assert!(matches!(
        toy.sync(&toy.repository()),
        Err(Error::Expired { .. })
    ));
    nothing_is_trusted(&mut toy);
}

#[test]
fn a_mix_of_two_releases() {
    let toy = Toy::new(&bookworm().by_hash(false));
    let old = std::fs::read(toy.archive.suite("bookworm").join("InRelease")).unwrap();
    toy.archive.write(&newer().by_hash(false));
    toy.archive.overwrite(IN_RELEASE, &old);
    let error = toy.sync(&toy.repository()).unwrap_err();
    assert!(matches!(error, Error::Inconsistent { .. }), "{error}");
    let asked = toy
        .requests()
        .iter()
        .filter(|path| path.ends_with("InRelease"))
        .count();
    assert_eq!(asked, 2, "the Release is fetched once more, and no further");
}

#[test]
fn a_mirror_that_is_just_being_updated() {
    let toy = Toy::new(&bookworm().by_hash(false));
    let old = std::fs::read(toy.archive.suite("bookworm").join("InRelease")).unwrap();
    toy.archive.write(&newer().by_hash(false));
    // The first answer is the old Release, with the new indices already in place.
    toy.server
        .fault_times("/dists/bookworm/InRelease", Fault::Replace(old), 1);
    let snapshot = toy.sync(&toy.repository()).unwrap();
    assert!(
        toy.packages(&snapshot)
            .unwrap()
            .contains(&"news 2.0".to_owned())
    );
}

#[test]
fn a_wrong_key() {
    let wrong = Key::new("Wrong <wrong@mirror.example>");
    let mut toy = Toy::new(&bookworm().keys(&[&wrong]));
    let error = toy.refused(&toy.repository());
    assert!(
        error.contains("in none of the keyrings") && error.contains(&wrong.fingerprint()),
        "{error}"
    );
    nothing_is_trusted(&mut toy);
}

#[test]
fn a_key_that_only_a_foreign_keyring_holds() {
    // The key lies beside ours and even in apt's own directory; the repository does not name it.
    let foreign = Key::new("Foreign <foreign@mirror.example>");
    let toy = Toy::new(&bookworm().keys(&[&foreign]));
    let _ = toy.archive.write_keyring("foreign.gpg", &[&foreign]);
    let trusted = toy.options.root.join("etc/apt/trusted.gpg.d");
    std::fs::create_dir_all(&trusted).unwrap();
    std::fs::write(trusted.join("foreign.gpg"), foreign.public()).unwrap();
    assert!(matches!(
        toy.sync(&toy.repository()),
        Err(Error::Untrusted { .. })
    ));
}

#[test]
fn a_signature_from_the_future() {
    let toy = Toy::new(&bookworm().signed_at("2026-11-20"));
    assert!(toy.refused(&toy.repository()).contains("in the future"));
    let toy = Toy::new(&bookworm().date("2026-11-20").signed_at("2026-11-09"));
    assert!(matches!(
        toy.sync(&toy.repository()),
        Err(Error::FromFuture { .. })
    ));
}

#[test]
fn another_suites_release() {
    let toy = Toy::new(&bookworm());
    toy.archive
        .write(&Suite::new("bookworm-security").package(Package::new("fix", "9", "amd64")));
    let other = std::fs::read(toy.archive.suite("bookworm-security").join("InRelease")).unwrap();
    toy.archive.overwrite(IN_RELEASE, &other);
    let error = toy.refused(&toy.repository());
    assert!(
        error.contains("asked for the suite `bookworm`") && error.contains("bookworm-security"),
        "{error}"
    );
}

#[test]
fn tampered_or_wrapped_in_releases() {
    let toy = Toy::new(&bookworm());
    let good =
        String::from_utf8(std::fs::read(toy.archive.suite("bookworm").join("InRelease")).unwrap())
            .unwrap();
    let evil = toy.archive.release_text("bookworm").replace("Toy", "Evil");
    let second = sign_inline(&[&archive_key()], &evil, date("2026-11-01").0);
    let foreign = sign_inline(
        &[&Key::new("Evil <evil@mirror.example>")],
        &evil,
        date("2026-11-01").0,
    );
    let cases = [
        ("tampered", good.replace("Origin: Toy", "Origin: Eve")),
        ("text before", format!("{evil}\n{good}")),
        ("text after", format!("{good}\n{evil}")),
        (
            "a second message of the same key",
            format!("{good}{second}"),
        ),
        ("a foreign message first", format!("{foreign}{good}")),
        ("a foreign message after", format!("{good}{foreign}")),
        ("a NUL", good.replace("Origin: Toy", "Origin:\0Toy")),
        ("no signature", toy.archive.release_text("bookworm")),
        ("cut off", good[..good.len() / 2].to_owned()),
        ("nothing", String::new()),
        ("garbage", "\u{7}".repeat(1000)),
        (
            "a web page",
            "<html><body>Please log in</body></html>".to_owned(),
        ),
    ];
    for (name, text) in cases {
        toy.archive.overwrite(IN_RELEASE, text.as_bytes());
        let error = toy.sync(&toy.repository());
        assert!(
            matches!(error, Err(Error::Untrusted { .. })),
            "{name}: {error:?}"
        );
    }
    toy.archive.overwrite(IN_RELEASE, good.as_bytes());
    toy.sync(&toy.repository()).unwrap();
}

#[test]
fn a_detached_signature_of_another_text() {
    let toy = Toy::new(&Suite::archived("bookworm").package(Package::new("hello", "1.0", "amd64")));
    let text = toy.archive.release_text("bookworm");
    toy.archive.overwrite(
        "dists/bookworm/Release",
        text.replace("Toy", "Eve").as_bytes(),
    );
    assert!(matches!(
        toy.sync(&toy.repository()),
        Err(Error::Untrusted { .. })
    ));
}

#[test]
fn endless_data() {
    let toy = Toy::new(&bookworm());
    toy.server.fault("/dists/bookworm/main/*", Fault::Endless);
    let error = toy.refused(&toy.repository());
    assert!(
        error.contains("longer than") || error.contains("bytes"),
        "{error}"
    );
    toy.server.heal();
    toy.server
        .fault("/dists/bookworm/InRelease", Fault::Endless);
    let error = toy.refused(&toy.repository());
    assert!(error.contains("longer than"), "{error}");
}

#[test]
fn an_index_swapped_for_anothers() {
    let toy = Toy::new(
        &bookworm()
            .components(&["main", "contrib"])
            .by_hash(false)
            .package(Package::new("other", "1.0", "amd64").component("contrib")),
    );
    let other = std::fs::read(
        toy.archive
            .suite("bookworm")
            .join("contrib/binary-amd64/Packages.xz"),
    )
    .unwrap();
    toy.archive
        .overwrite("dists/bookworm/main/binary-amd64/Packages.xz", &other);
    let error = toy.refused(&toy.repository());
    assert!(
        error.contains("swapped") && error.contains("main/binary-amd64/Packages.xz"),
        "{error}"
    );
}

#[test]
fn an_index_whose_plain_form_differs() {
    // The packed file is what the Release lists; what comes out of it is not.
    let toy = Toy::new(&bookworm());
    let text = toy.archive.release_text("bookworm");
    let line = text
        .lines()
        .find(|line| line.ends_with("main/binary-amd64/Packages"))
        .unwrap();
    let digest = line.split_whitespace().next().unwrap();
    let forged = text.replace(digest, &Sha256::of(b"something else").to_string());
    toy.archive.write_release(&bookworm(), &forged);
    let snapshot = toy.sync(&toy.repository()).unwrap();
    let error = toy.packages(&snapshot).unwrap_err().to_string();
    assert!(
        error.contains("unpacked content is not what was signed"),
        "{error}"
    );
}

#[test]
fn a_package_swapped() {
    let toy = Toy::new(&bookworm());
    let hello = Package::new("hello", "1.0", "amd64").field("Depends", "libhello");
    let deb = hello.deb();
    let evil = Package::new("hello", "1.0", "amd64")
        .field("Depends", "evil")
        .deb();
    toy.archive.overwrite(&hello.pool_path(), &evil);
    let file = LockedFile {
        label: "hello 1.0".to_owned(),
        repository: "toy".to_owned(),
        path: hello.pool_path(),
        size: deb.len() as u64,
        sha256: Sha256::of(&deb),
    };
    let fetched = toy
        .open()
        .fetch(&[file], &[toy.repository()], date("2026-11-01"));
    let error = fetched.unwrap_err().to_string();
    assert!(
        error.contains("hello 1.0") && error.contains(&toy.server.url()),
        "{error}"
    );
}

#[test]
fn paths_that_lead_out_of_the_repository() {
    for path in [
        "../../etc/passwd",
        "/etc/passwd",
        "pool/../../x.deb",
        "a\tb/../../x",
    ] {
        let hello = Package::new("hello", "1.0", "amd64").index_field("Filename", Some(path));
        let toy = Toy::new(&Suite::new("bookworm").package(hello));
        let snapshot = toy.sync(&toy.repository()).unwrap();
        let error = toy.packages(&snapshot).unwrap_err().to_string();
        assert!(
            error.contains("Filename") && error.contains("line "),
            "{path}: {error}"
        );
        let file = LockedFile {
            label: "hello 1.0".to_owned(),
            repository: "toy".to_owned(),
            path: path.to_owned(),
            size: 1,
            sha256: Sha256::of(b"x"),
        };
        let fetched = toy
            .open()
            .fetch(&[file], &[toy.repository()], date("2026-11-01"));
        assert!(
            fetched.unwrap_err().to_string().contains("leads out"),
            "{path}"
        );
    }
    let toy = Toy::new(&bookworm());
    let text = toy.archive.release_text("bookworm");
    let forged = text.replace(
        "main/binary-amd64/Packages.xz",
        "../../main/binary-amd64/Packages.xz",
    );
    toy.archive.write_release(&bookworm(), &forged);
    assert!(matches!(
        toy.sync(&toy.repository()),
        Err(Error::BadRelease { .. })
    ));
}

#[test]
fn garbage_that_is_signed() {
    let toy = Toy::new(&bookworm());
    let text = toy.archive.release_text("bookworm");
    for forged in [
        text.replace("Date:", "Datum:"),
        text.replace("SHA256:", "MD5Sum:"),
        text.replace("Date: ", "Date: someday "),
        "no colon here\n".to_owned(),
    ] {
        toy.archive.write_release(&bookworm(), &forged);
        let error = toy.sync(&toy.repository()).unwrap_err();
        assert!(matches!(error, Error::BadRelease { .. }), "{error}");
        assert!(error.to_string().contains("line "), "{error}");
    }
    let broken = Package::new("hello", "1.0", "amd64").index_field("Version", None);
    let toy = Toy::new(&Suite::new("bookworm").package(broken));
    let snapshot = toy.sync(&toy.repository()).unwrap();
    let error = toy.packages(&snapshot).unwrap_err().to_string();
    assert!(
        error.contains("main/binary-amd64/Packages") && error.contains("Version"),
        "{error}"
    );
}

//! Attacks on an archive and broken archives: each is refused, says what and where, and leaves nothing.

use super::PROGRAM;
use std::fs;

use formwork_testkit::archive::{Signatures, Suite, archive_key};
use formwork_testkit::bytes::sha256;
use formwork_testkit::clock::seconds;
use formwork_testkit::env::Run;
use formwork_testkit::keys::Key;
use formwork_testkit::package::Package;
use formwork_testkit::project::Project;

fn hello(version: &str) -> Package {
    Package::new("hello", version, "amd64")
        .field("Depends", "libhello1")
        .field("Essential", "yes")
}

fn library() -> Package {
    Package::new("libhello1", "1.0", "amd64")
}

fn suite() -> Suite {
    Suite::new("bookworm")
        .date("2026-11-01")
        .package(hello("1.0"))
        .package(library())
}

fn project(suite: &Suite) -> Project {
    Project::new(PROGRAM, suite, "\"hello\"")
}

/// Locking must end with this code and words, and write no lock.
#[track_caller]
fn refuses(project: &Project, status: i32, words: &[&str]) -> Run {
    let before = project.has_lock().then(|| project.lock());
    let run = project.run(&["lock", "--refresh"]).exits(status);
    for word in words {
        assert!(
            run.stderr.contains(word),
            "{word:?} is not in:\n{}",
            run.stderr
        );
    }
    let after = project.has_lock().then(|| project.lock());
    assert_eq!(before, after, "a refused archive changed the lock");
    run
}

#[test]
fn the_archive_itself_is_fine() {
    let project = project(&suite());
    project.run(&["lock"]).exits(0);
    assert!(
        project.lock().contains("name = \"libhello1\""),
        "{}",
        project.lock()
    );
    project.run(&["lock", "--check"]).exits(0);
    project.run(&["fetch"]).exits(0);
}

#[test]
fn another_key_is_refused() {
    let other = Key::new("Somebody Else <else@mirror.example>");
    refuses(
        &project(&suite().keys(&[&other])),
        3,
        &["bookworm", &other.fingerprint()[24..]],
    );
}

#[test]
fn a_key_in_a_foreign_keyring_gives_no_trust() {
    // The vendor's key signs the vendor's repository; Debian's repository names another keyring.
    let vendor = Key::new("A Vendor <vendor@mirror.example>");
    let project = project(&suite().keys(&[&vendor]));
    let keyring = project.archive.write_keyring("vendor.gpg", &[&vendor]);
    let project_text = project.home.read("formwork.toml")
        + &format!(
            "\n[repositories.vendor]\nurl = \"{}\"\nsuites = [\"bookworm\"]\nkeyrings = [\"{}\"]\n\
             serves = [\"bookworm\"]\n",
            project.server.url(),
            keyring.display()
        );
    project.home.write("formwork.toml", &project_text);
    refuses(&project, 3, &["debian"]);
}

#[test]
fn bad_keys_and_signatures_are_refused() {
    let expired = Key::expiring("Expired", seconds("2020-01-01"));
    let future = suite().signed_at("2099-01-01");
    for (name, suite, keys) in [
        ("an expired key", suite().keys(&[&expired]), vec![&expired]),
        ("a signature from the future", future, vec![]),
        (
            "no signature",
            suite().signatures(Signatures::Missing),
            vec![],
        ),
    ] {
        println!("{name}");
        let project = project(&suite);
        let own = archive_key();
        let keys = if keys.is_empty() { vec![&own] } else { keys };
        let keyring = project.archive.write_keyring("these.gpg", &keys);
        project.write_repository_with(&format!("[\"{}\"]", keyring.display()), "");
        refuses(&project, 3, &["bookworm"]);
    }
}

#[test]
fn altered_signed_text_is_refused() {
    let project = project(&suite());
    let path = "dists/bookworm/InRelease";
    let text = fs::read_to_string(project.archive.root().join(path)).expect("InRelease");
    project
        .archive
        .overwrite(path, text.replace("Label: Toy", "Label: Ill").as_bytes());
    refuses(&project, 3, &["bookworm"]);
    // Text around the signed part must not be taken for signed.
    project
        .archive
        .overwrite(path, format!("Origin: Evil\n\n{text}").as_bytes());
    refuses(&project, 3, &["bookworm"]);
}

#[test]
fn an_expired_release_is_refused_unless_allowed_in_writing() {
    let project = project(&suite().date("2026-01-01").valid_until("2026-01-08"));
    refuses(&project, 3, &["2026-01-08", "allow_expired"]);
    project.write_repository("allow_expired = { until = \"2098-12-31\", reason = \"a test\" }");
    let run = project.run(&["lock"]).exits(0);
    assert!(
        run.stderr.contains("a test"),
        "an answer must say so: {}",
        run.stderr
    );
    project.write_repository("allow_expired = { until = \"2026-02-01\", reason = \"too short\" }");
    refuses(&project, 3, &["2026-02-01"]);
}

#[test]
fn a_replayed_release_is_refused_unless_asked() {
    let project = project(&suite());
    project.run(&["lock"]).exits(0);
    project.archive.write(&suite().date("2026-10-01"));
    refuses(&project, 3, &["2026-10-01", "2026-11-01"]);
    // What was seen is not forgotten with the cache.
    fs::remove_dir_all(project.home.cache()).expect("a cache to remove");
    fs::remove_file(project.home.work().join("formwork.lock")).expect("a lock to remove");
    refuses(&project, 3, &["2026-10-01"]);
    project
        .run(&["lock", "--refresh", "--allow-older"])
        .exits(0);
}

#[test]
fn a_release_older_than_the_lock_is_refused() {
    let project = project(&suite());
    project.run(&["lock"]).exits(0);
    // Another machine: no state, no cache, but the same lock.
    fs::remove_dir_all(project.home.cache()).expect("a cache to remove");
    fs::remove_dir_all(project.home.state()).expect("a state to remove");
    project.archive.write(&suite().date("2026-10-01"));
    refuses(&project, 3, &["2026-10-01"]);
}

#[test]
fn a_mix_of_two_releases_is_refused() {
    let project = project(&suite().by_hash(false));
    let index = "dists/bookworm/main/binary-amd64/Packages";
    let older: Vec<(String, Vec<u8>)> = [".xz", ".gz"]
        .map(|ending| format!("{index}{ending}"))
        .into_iter()
        .map(|path| {
            let content = fs::read(project.archive.root().join(&path)).expect("an index");
            (path, content)
        })
        .collect();
    let newer = suite()
        .by_hash(false)
        .date("2026-11-02")
        .package(hello("2.0"));
    project.archive.write(&newer);
    for (path, content) in older {
        project.archive.overwrite(&path, &content);
    }
    refuses(&project, 3, &["Packages"]);
}

#[test]
fn an_index_swapped_for_another_is_refused() {
    let suite = suite().by_hash(false).architectures(&["amd64", "arm64"]);
    let project = project(&suite);
    for ending in [".xz", ".gz"] {
        let other = format!("dists/bookworm/main/binary-arm64/Packages{ending}");
        let content = fs::read(project.archive.root().join(other)).expect("an index");
        let path = format!("dists/bookworm/main/binary-amd64/Packages{ending}");
        project.archive.overwrite(&path, &content);
    }
    refuses(&project, 3, &["binary-amd64/Packages"]);
}

#[test]
fn a_truncated_or_garbage_index_is_refused() {
    for content in [
        &b""[..],
        b"garbage",
        &[0xfd, b'7', b'z', b'X', b'Z', 0, 0, 4],
    ] {
        let project = project(&suite().by_hash(false));
        for ending in [".xz", ".gz"] {
            let path = format!("dists/bookworm/main/binary-amd64/Packages{ending}");
            project.archive.overwrite(&path, content);
        }
        refuses(&project, 3, &["Packages"]);
    }
}

/// Signs an index whose plain text is `text` as the suite's only one.
fn with_index(text: &str) -> Project {
    let suite = suite().by_hash(false);
    let project = project(&suite);
    let packed = formwork_testkit::bytes::Compression::Gzip.pack(text.as_bytes());
    for ending in ["", ".gz", ".xz"] {
        let path = project
            .archive
            .root()
            .join(format!("dists/bookworm/main/binary-amd64/Packages{ending}"));
        let _ = fs::remove_file(path);
    }
    project
        .archive
        .overwrite("dists/bookworm/main/binary-amd64/Packages.gz", &packed);
    let release = project.archive.release_text("bookworm");
    let (head, _) = release.split_once("SHA256:\n").expect("a list");
    let release = format!(
        "{head}SHA256:\n {} {} main/binary-amd64/Packages\n {} {} main/binary-amd64/Packages.gz\n",
        sha256(text.as_bytes()),
        text.len(),
        sha256(&packed),
        packed.len()
    );
    project.archive.write_release(&suite, &release);
    project
}

#[test]
fn malformed_stanzas_name_file_and_line() {
    let good = "Package: hello\nVersion: 1.0\nArchitecture: amd64\nFilename: pool/hello.deb\nSize: 10\n\
                SHA256: 0000000000000000000000000000000000000000000000000000000000000000\n";
    let cases = [
        (
            "a line without a colon",
            format!("{good}this is no field\n\n"),
            "line 7",
        ),
        ("no version", good.replace("Version: 1.0\n", ""), "Version"),
        ("no name", good.replace("Package: hello\n", ""), "Package"),
        (
            "no digest",
            good.split("SHA256").next().expect("text").to_owned(),
            "SHA256",
        ),
        ("a short digest", good.replace("0000\n", "\n"), "SHA256"),
        (
            "a size that is no number",
            good.replace("Size: 10", "Size: ten"),
            "Size",
        ),
        (
            "a version with a space",
            good.replace("1.0", "1 0"),
            "Version",
        ),
        (
            "a broken relation",
            format!("{good}Depends: libc6 (>> 2\n"),
            "Depends",
        ),
        (
            "a relation with a strange operator",
            format!("{good}Depends: libc6 (!= 2)\n"),
            "Depends",
        ),
        (
            "a path that leaves the repository",
            good.replace("pool/", "../../"),
            "Filename",
        ),
        (
            "an absolute path",
            good.replace("pool/", "/etc/"),
            "Filename",
        ),
    ];
    for (name, text, word) in cases {
        println!("{name}");
        let project = with_index(&text);
        refuses(&project, 3, &["Packages", word]);
    }
}

#[test]
fn a_swapped_or_altered_package_is_refused() {
    let project = project(&suite());
    project.run(&["lock"]).exits(0);
    let other = project.archive.root().join(library().pool_path());
    let other = fs::read(other).expect("a package");
    project.archive.overwrite(&hello("1.0").pool_path(), &other);
    let run = project.run(&["fetch"]).exits(3);
    assert!(run.stderr.contains("hello"), "{}", run.stderr);
    // The same size, other bytes.
    let mut altered = hello("1.0").deb();
    if let Some(byte) = altered.last_mut() {
        *byte ^= 1;
    }
    project
        .archive
        .overwrite(&hello("1.0").pool_path(), &altered);
    project.run(&["fetch"]).exits(3);
    project
        .archive
        .overwrite(&hello("1.0").pool_path(), &hello("1.0").deb());
    project.run(&["fetch"]).exits(0);
}

#[test]
fn a_locked_package_that_the_mirror_dropped_is_still_had() {
    let project = project(&suite());
    project.run(&["lock"]).exits(0);
    project.run(&["fetch"]).exits(0);
    project.archive.remove(&hello("1.0").pool_path());
    project.run(&["fetch"]).exits(0);
    // On another machine, without the cache, one message says what is missing and where it was sought.
    fs::remove_dir_all(project.home.cache()).expect("a cache to remove");
    project.archive.remove(&library().pool_path());
    let run = project.run(&["fetch"]).exits(3);
    for word in ["hello", "libhello1", &project.server.url()] {
        assert!(run.stderr.contains(word), "{word} is not in {}", run.stderr);
    }
}

#[test]
fn a_dropped_package_comes_from_the_snapshot_at_the_locks_date() {
    let project = project(&suite());
    let template = format!("{}/snapshot/{{at}}", project.server.url());
    project.write_repository(&format!("snapshot = \"{template}\""));
    project.run(&["lock"]).exits(0);
    let then = formwork_testkit::archive::Archive::new();
    then.write(&suite());
    project
        .server
        .mount("/snapshot/20261101T000000Z", then.root());
    project.archive.remove(&hello("1.0").pool_path());
    project.run(&["fetch"]).exits(0);
    let taken = format!("/snapshot/20261101T000000Z/{}", hello("1.0").pool_path());
    assert_eq!(project.server.count(&taken), 1);
}

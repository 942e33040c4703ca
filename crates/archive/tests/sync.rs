//! Syncing toy archives: what is believed, what is fetched, what is remembered.
#![allow(clippy::unwrap_used)]

mod toy;

use formwork_archive::repository::{AllowExpired, Refresh, Repository, RepositoryKind, Want};
use formwork_archive::trust::KeyringSource;
use formwork_archive::url::Url;
use formwork_archive::{Error, LockedFile};
use formwork_deb::sha256::Sha256;
use formwork_deb::time::Timestamp;
use formwork_model::event::{Event, Phase};
use formwork_testkit::archive::{Archive as ToyArchive, Signatures, Suite};
use formwork_testkit::bytes::Compression;
use formwork_testkit::keys::Key;
use formwork_testkit::package::{Package, Source};
use formwork_testkit::server::Server;

use toy::{NOW, Toy, amd64, bookworm, date};

#[test]
fn a_sync_verifies_and_tells_what_it_verified() {
    let toy = Toy::new(
        &bookworm()
            .field("Version", "12.14")
            .valid_until("2026-11-20"),
    );
    let repository = toy.repository();
    let snapshot = toy.sync(&repository).unwrap();
    let release = snapshot.releases().next().unwrap();
    assert_eq!(release.date, date("2026-11-01"));
    assert_eq!(release.version.as_deref(), Some("12.14"));
    assert_eq!(release.valid_until, Some(date("2026-11-20")));
    assert_eq!(release.expired_waiver, None);
    assert_eq!(release.signers.len(), 1);
    assert!(release.signers[0].user_id.contains("Toy Archive Key"));
    let plain = toy.archive.release_text("bookworm");
    assert_eq!(release.release_sha256, Sha256::of(plain.as_bytes()));
    assert_eq!(
        toy.packages(&snapshot).unwrap(),
        ["hello 1.0", "libhello 1.0"]
    );
    let events = toy.events.lock().unwrap();
    assert!(events.iter().any(|event| matches!(
        event,
        Event::Finished {
            phase: Phase::Sync,
            ..
        }
    )));
}

#[test]
fn indices_are_fetched_by_their_digest_in_the_best_form() {
    let toy = Toy::new(&bookworm());
    toy.sync(&toy.repository()).unwrap();
    let requests = toy.requests();
    assert_eq!(requests[0], "/dists/bookworm/InRelease");
    assert_eq!(requests.len(), 2, "{requests:?}");
    assert!(requests[1].starts_with("/dists/bookworm/main/binary-amd64/by-hash/SHA256/"));
}

#[test]
fn every_form_of_index_is_read() {
    for compression in [
        Compression::None,
        Compression::Gzip,
        Compression::Xz,
        Compression::Zstd,
    ] {
        let toy = Toy::new(&bookworm().compressions(&[compression]));
        let alone = format!("main/binary-amd64/Packages{}", compression.extension());
        let text = toy.archive.release_text("bookworm");
        // The plain form is always listed, and on the mirror only when it is the form in question.
        assert!(text.contains(&alone));
        let snapshot = toy.sync(&toy.repository()).unwrap();
        assert_eq!(toy.packages(&snapshot).unwrap().len(), 2, "{compression:?}");
    }
}

#[test]
fn a_form_that_the_mirror_lacks_is_replaced_by_the_next() {
    let forms = [Compression::Xz, Compression::Gzip];
    for lacking in [&forms[..1], &forms[..]] {
        let toy = Toy::new(&bookworm().compressions(&forms));
        let index = toy.archive.suite("bookworm").join("main/binary-amd64");
        std::fs::remove_dir_all(index.join("by-hash")).unwrap();
        for form in lacking {
            std::fs::remove_file(index.join(format!("Packages{}", form.extension()))).unwrap();
        }
        match toy.sync(&toy.repository()) {
            Ok(snapshot) => assert_eq!(toy.packages(&snapshot).unwrap().len(), 2),
            Err(error) => {
                assert!(matches!(error, Error::Inconsistent { .. }) && lacking.len() == 2)
            }
        }
    }
}

#[test]
fn archives_of_old_have_a_detached_signature_and_no_by_hash() {
    let toy = Toy::new(&Suite::archived("bookworm").package(Package::new("hello", "1.0", "amd64")));
    let snapshot = toy.sync(&toy.repository()).unwrap();
    assert_eq!(toy.packages(&snapshot).unwrap(), ["hello 1.0"]);
    let requests = toy.requests();
    let expected = [
        "InRelease",
        "Release",
        "Release.gpg",
        "main/binary-amd64/Packages.gz",
    ];
    let expected = expected.map(|name| format!("/dists/bookworm/{name}"));
    assert_eq!(requests, expected);
}

#[test]
fn by_hash_falls_back_to_the_plain_path() {
    let toy = Toy::new(&bookworm());
    std::fs::remove_dir_all(
        toy.archive
            .suite("bookworm")
            .join("main/binary-amd64/by-hash"),
    )
    .unwrap();
    let snapshot = toy.sync(&toy.repository()).unwrap();
    assert_eq!(toy.packages(&snapshot).unwrap().len(), 2);
}

#[test]
fn file_repositories_work_offline() {
    let mut toy = Toy::new(&bookworm());
    toy.options.offline = true;
    let local = Repository {
        url: Url::parse(&toy.archive.url()).unwrap(),
        ..toy.repository()
    };
    let snapshot = toy.sync(&local).unwrap();
    assert_eq!(toy.packages(&snapshot).unwrap().len(), 2);
}

#[test]
fn a_recent_sync_is_taken_from_its_record_without_a_request() {
    let mut toy = Toy::new(
        &bookworm()
            .valid_until("2026-11-20")
            .field("Version", "12.14"),
    );
    let first = toy.sync(&toy.repository()).unwrap();
    toy.packages(&first).unwrap();
    toy.requests();
    toy.options.refresh = Refresh::IfOlder(3600);
    toy.options.now = Timestamp(date(NOW).0 + 3600);
    assert_eq!(toy.sync(&toy.repository()).unwrap(), first);
    assert_eq!(toy.packages(&first).unwrap().len(), 2);
    assert_eq!(toy.requests(), Vec::<String>::new());
    toy.options.now = Timestamp(date(NOW).0 + 3601);
    toy.sync(&toy.repository()).unwrap();
    assert_eq!(
        toy.requests(),
        ["/dists/bookworm/InRelease"],
        "the index is still in the store"
    );
    toy.options.now = date(NOW);
    toy.sync(&toy.repository()).unwrap();
    assert_eq!(
        toy.requests().len(),
        1,
        "a record from the future is not recent"
    );
}

#[test]
fn a_record_expires_with_its_release() {
    let mut toy = Toy::new(&bookworm().valid_until("2026-11-20"));
    toy.sync(&toy.repository()).unwrap();
    toy.options.refresh = Refresh::Never;
    toy.options.now = date("2026-11-21");
    assert!(
        toy.refused(&toy.repository())
            .contains("expired on 2026-11-20")
    );
    toy.options.offline = true;
    assert!(
        toy.refused(&toy.repository())
            .contains("expired on 2026-11-20")
    );
}

#[test]
fn a_record_depends_on_the_keyring_and_the_choice_of_indices() {
    let mut toy = Toy::new(&bookworm());
    toy.sync(&toy.repository()).unwrap();
    toy.requests();
    toy.options.refresh = Refresh::Never;
    let other = Key::new("Other <other@mirror.example>");
    let keyring = toy.archive.write_keyring("other.gpg", &[&other]);
    let distrustful = Repository {
        keyrings: vec![KeyringSource::File(keyring)],
        ..toy.repository()
    };
    assert!(matches!(
        toy.sync(&distrustful),
        Err(Error::Untrusted { .. })
    ));
    let more = Want {
        sources: true,
        ..amd64()
    };
    toy.open().sync(&[toy.repository()], &more).unwrap();
    assert_eq!(
        toy.requests()
            .iter()
            .filter(|path| path.ends_with("InRelease"))
            .count(),
        2
    );
}

#[test]
fn offline_says_all_that_is_lacking() {
    let mut toy = Toy::new(&bookworm());
    toy.options.offline = true;
    let security = Repository {
        name: "security".to_owned(),
        ..toy.repository()
    };
    let error = toy
        .open()
        .sync(&[toy.repository(), security], &amd64())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("`toy`") && error.contains("`security`"),
        "{error}"
    );
    assert_eq!(toy.requests(), Vec::<String>::new());
    toy.options.offline = false;
    toy.sync(&toy.repository()).unwrap();
    toy.options.offline = true;
    assert!(toy.sync(&toy.repository()).is_ok());
}

#[test]
fn components_and_architectures_must_be_offered() {
    let toy = Toy::new(
        &bookworm()
            .components(&["main", "contrib"])
            .architectures(&["amd64", "arm64"]),
    );
    let both = Repository {
        components: vec!["main".to_owned(), "contrib".to_owned()],
        ..toy.repository()
    };
    assert!(toy.sync(&both).is_ok());
    let unknown = Repository {
        components: vec!["universe".to_owned()],
        ..toy.repository()
    };
    let error = toy.refused(&unknown);
    assert!(
        error.contains("no component `universe`") && error.contains("main contrib"),
        "{error}"
    );
    let want = Want {
        architectures: vec!["riscv64".to_owned()],
        sources: false,
    };
    let error = toy
        .open()
        .sync(&[toy.repository()], &want)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("no architecture `riscv64`") && error.contains("amd64 arm64"),
        "{error}"
    );
    let missing = Repository {
        suite: "trixie".to_owned(),
        ..toy.repository()
    };
    let error = toy.refused(&missing);
    assert!(
        error.contains("has no suite `trixie`") && error.contains("/dists/trixie/"),
        "{error}"
    );
}

#[test]
fn a_repository_may_be_closed_to_some_architectures() {
    let toy = Toy::new(&bookworm());
    let want = Want {
        architectures: vec!["amd64".to_owned(), "arm64".to_owned()],
        sources: false,
    };
    let only = vec!["amd64".to_owned()];
    let closed = Repository {
        architectures: only,
        ..toy.repository()
    };
    let snapshot = toy.open().sync(&[closed], &want).unwrap();
    assert_eq!(toy.packages(&snapshot).unwrap().len(), 2);
    assert!(toy.open().sync(&[toy.repository()], &want).is_err());
}

#[test]
fn the_index_of_all_is_read_where_it_stands_alone() {
    let suite = bookworm()
        .architectures(&["all", "amd64"])
        .package(Package::new("docs", "1.0", "all"));
    let toy = Toy::new(&suite);
    toy.sync(&toy.repository()).unwrap();
    assert_eq!(
        toy.requests()
            .iter()
            .filter(|path| path.contains("binary-all"))
            .count(),
        1
    );
    let toy = Toy::new(&suite.field("No-Support-for-Architecture-all", "Packages"));
    let snapshot = toy.sync(&toy.repository()).unwrap();
    assert_eq!(
        toy.requests()
            .iter()
            .filter(|path| path.contains("binary-all"))
            .count(),
        0
    );
    assert_eq!(
        toy.packages(&snapshot).unwrap(),
        ["docs 1.0", "hello 1.0", "libhello 1.0"]
    );
}

#[test]
fn components_of_old_security_suites_carry_a_prefix() {
    let toy = Toy::new(&bookworm());
    let text = toy
        .archive
        .release_text("bookworm")
        .replace("Components: main", "Components: updates/main");
    toy.archive.write_release(&bookworm(), &text);
    assert!(toy.sync(&toy.repository()).is_ok());
}

#[test]
fn sources_are_read_when_wanted() {
    let toy = Toy::new(&bookworm().source(Source::new("hello", "1.0", "hello")));
    let want = Want {
        sources: true,
        ..amd64()
    };
    let snapshot = toy.open().sync(&[toy.repository()], &want).unwrap();
    let mapped = toy
        .open()
        .universe(&snapshot, "amd64", &[], Some(&[]))
        .unwrap();
    let universe = mapped.get();
    assert!(universe.ids().any(|id| universe.package(id).is_source()));
    let without = toy.open().universe(&snapshot, "amd64", &[], None).unwrap();
    assert_eq!(without.get().len(), universe.len() - 1);
}

#[test]
fn a_damaged_universe_is_built_anew() {
    let toy = Toy::new(&bookworm());
    let snapshot = toy.sync(&toy.repository()).unwrap();
    toy.packages(&snapshot).unwrap();
    let directory = toy.options.cache_dir.join("universe");
    for content in [&b"garbage"[..], b""] {
        for entry in std::fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            std::fs::remove_file(&path).unwrap();
            std::fs::write(&path, content).unwrap();
        }
        assert_eq!(toy.packages(&snapshot).unwrap().len(), 2);
    }
}

#[test]
fn many_at_once_share_one_cache() {
    let toy = Toy::new(&bookworm());
    std::thread::scope(|scope| {
        let work = || {
            let snapshot = toy.sync(&toy.repository()).unwrap();
            toy.packages(&snapshot).unwrap()
        };
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap().len(), 2);
        }
    });
    let partial = std::fs::read_dir(toy.options.cache_dir.join("partial")).unwrap();
    assert_eq!(partial.count(), 0, "no lock is left behind");
}

#[test]
fn a_lost_or_damaged_index_is_fetched_again() {
    let toy = Toy::new(&bookworm());
    let snapshot = toy.sync(&toy.repository()).unwrap();
    std::fs::remove_dir_all(toy.options.cache_dir.join("blobs")).unwrap();
    assert_eq!(toy.packages(&snapshot).unwrap().len(), 2, "cleaned away");
    std::fs::remove_dir_all(toy.options.cache_dir.join("universe")).unwrap();
    let blob = find_file(&toy.options.cache_dir.join("blobs"));
    let mut bytes = std::fs::read(&blob).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::remove_file(&blob).unwrap();
    std::fs::write(&blob, bytes).unwrap();
    let error = toy.packages(&snapshot).unwrap_err().to_string();
    assert!(error.contains("not what was signed"), "{error}");
    assert_eq!(
        toy.packages(&snapshot).unwrap().len(),
        2,
        "the wrong one was thrown away"
    );
}

fn find_file(directory: &std::path::Path) -> std::path::PathBuf {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            return path;
        }
        let found = find_file(&path);
        if found.is_file() {
            return found;
        }
    }
    directory.to_owned()
}

#[test]
fn expired_releases_need_a_written_permission_that_the_answer_repeats() {
    let toy = Toy::new(&bookworm().valid_until("2026-11-05"));
    let mut repository = toy.repository();
    let error = toy.refused(&repository);
    assert!(
        error.contains("expired on 2026-11-05") && error.contains("allow_expired"),
        "{error}"
    );
    let reason = "the mirror's copy is stale".to_owned();
    repository.allow_expired = Some(AllowExpired {
        until: date(NOW),
        reason: reason.clone(),
    });
    let snapshot = toy.sync(&repository).unwrap();
    let waiver = snapshot
        .releases()
        .next()
        .unwrap()
        .expired_waiver
        .clone()
        .unwrap();
    assert_eq!(
        (waiver.valid_until, waiver.reason),
        (Some(date("2026-11-05")), reason.clone())
    );
    repository.allow_expired = Some(AllowExpired {
        until: date("2026-11-09"),
        reason,
    });
    let error = toy.refused(&repository);
    assert!(error.contains("held until 2026-11-09"), "{error}");
}

#[test]
fn keys_that_have_expired_since_need_permission_and_a_named_keyring() {
    let key = Key::expiring("Old <old@mirror.example>", date("2026-11-05").0);
    let toy = Toy::new(&bookworm().keys(&[&key]));
    let keyring = toy.archive.write_keyring("old.gpg", &[&key]);
    let mut repository = Repository {
        keyrings: vec![KeyringSource::File(keyring)],
        ..toy.repository()
    };
    assert!(
        toy.refused(&repository)
            .contains("the key expired on 2026-11-05")
    );
    repository.allow_expired = Some(AllowExpired {
        until: date("2026-12-31"),
        reason: "retired".to_owned(),
    });
    let snapshot = toy.sync(&repository).unwrap();
    let waiver = snapshot
        .releases()
        .next()
        .unwrap()
        .expired_waiver
        .clone()
        .unwrap();
    assert_eq!(waiver.expired_keys, [key.fingerprint()]);
    // The record of that sync is worth nothing without the permission.
    let mut later = toy;
    later.options.refresh = Refresh::Never;
    assert!(later.sync(&repository).is_ok());
    repository.allow_expired = None;
    assert!(later.sync(&repository).is_err());
}

#[test]
fn time_travel_by_template_reaches_two_dates() {
    let (first, second) = (ToyArchive::new(), ToyArchive::new());
    let hello = |version: &str| Package::new("hello", version, "amd64");
    first.write(
        &Suite::new("bookworm")
            .date("2026-09-01")
            .valid_until("2026-09-08")
            .package(hello("1.0")),
    );
    second.write(
        &Suite::new("bookworm")
            .date("2026-10-01")
            .valid_until("2026-10-08")
            .package(hello("2.0")),
    );
    let toy = Toy::new(&bookworm());
    let server = Server::empty();
    server.mount("/archive/debian/20260902T000000Z", first.root());
    server.mount("/archive/debian/20261002T000000Z", second.root());
    let at = |text: &str| Repository {
        url: Url::parse("http://127.0.0.1:1/debian").unwrap(),
        at: Some(Timestamp::parse_snapshot(text).unwrap()),
        snapshot_template: Some(format!("{}/archive/{{archive}}/{{at}}/", server.url())),
        ..toy.repository()
    };
    for (date, expected) in [
        ("20260902T000000Z", "hello 1.0"),
        ("20261002T000000Z", "hello 2.0"),
        ("20260902T000000Z", "hello 1.0"),
    ] {
        let snapshot = toy.sync(&at(date)).unwrap();
        assert_eq!(toy.packages(&snapshot).unwrap(), [expected], "{date}");
    }
    server.mount("/archive/debian/20261030T000000Z", second.root());
    let error = toy.refused(&at("20261030T000000Z"));
    assert!(
        error.contains("expired on 2026-10-08"),
        "expired on the asked date: {error}"
    );
    server.mount("/archive/debian/20260903T000000Z", second.root());
    let error = toy.refused(&at("20260903T000000Z"));
    assert!(error.contains("newer than the asked date"), "{error}");
}

#[test]
fn time_travel_by_the_signed_field_of_the_release() {
    let past = ToyArchive::new();
    past.write(
        &Suite::new("bookworm")
            .date("2026-09-01")
            .package(Package::new("hello", "0.9", "amd64")),
    );
    let server = Server::empty();
    server.mount("/archive/toy/20260902T000000Z", past.root());
    let field = format!("{}/archive/toy/@SNAPSHOTID@/", server.url());
    let toy = Toy::new(&bookworm().field("Snapshots", &field));
    let at = Some(Timestamp::parse_snapshot("20260902T000000Z").unwrap());
    let repository = Repository {
        at,
        ..toy.repository()
    };
    let snapshot = toy.sync(&repository).unwrap();
    assert_eq!(toy.packages(&snapshot).unwrap(), ["hello 0.9"]);
    let without = Toy::new(&bookworm());
    let error = without.refused(&Repository {
        at,
        ..without.repository()
    });
    assert!(error.contains("snapshot = "), "{error}");
}

#[test]
fn credentials_reach_the_server_and_no_message() {
    let toy = Toy::new(&bookworm());
    toy.server.require_login("me", "geheim");
    let error = toy.refused(&toy.repository());
    assert!(error.contains("401"), "{error}");
    let apt = toy.options.root.join("etc/apt");
    std::fs::create_dir_all(&apt).unwrap();
    let machine = toy.server.url();
    std::fs::write(
        apt.join("auth.conf"),
        format!("machine {machine} login me password geheim\n"),
    )
    .unwrap();
    toy.sync(&toy.repository()).unwrap();
    std::fs::remove_file(apt.join("auth.conf")).unwrap();
    let with_login = toy.server.url().replace("http://", "http://me:geheim@");
    let repository = Repository {
        url: Url::parse(&with_login).unwrap(),
        ..toy.repository()
    };
    toy.sync(&repository).unwrap();
    let wrong = toy.server.url().replace("http://", "http://me:geheim2@");
    let repository = Repository {
        url: Url::parse(&wrong).unwrap(),
        ..toy.repository()
    };
    let error = toy.refused(&repository);
    assert!(!error.contains("geheim"), "{error}");
    for entry in walk(toy.home.path()) {
        let content = std::fs::read(&entry).unwrap();
        let shown = String::from_utf8_lossy(&content);
        assert!(!shown.contains("geheim"), "{}", entry.display());
    }
}

fn walk(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walk(&path))
        } else {
            found.push(path)
        }
    }
    found
}

#[test]
fn flat_repositories_have_no_components() {
    let toy = Toy::new(&bookworm());
    let flat = toy.archive.root().join("flat");
    std::fs::create_dir_all(&flat).unwrap();
    let package = Package::new("vendor", "3", "amd64");
    let text = package.stanza();
    std::fs::write(flat.join("Packages"), &text).unwrap();
    let release = format!(
        "Date: Sun, 01 Nov 2026 00:00:00 UTC\nSHA256:\n {} {} Packages\n",
        Sha256::of(text.as_bytes()),
        text.len()
    );
    let signed =
        formwork_testkit::archive::archive_key().sign_inline(&release, date("2026-11-01").0);
    std::fs::write(flat.join("InRelease"), signed).unwrap();
    let repository = Repository {
        suite: "./flat/".to_owned(),
        components: vec![],
        ..toy.repository()
    };
    let snapshot = toy.sync(&repository).unwrap();
    assert_eq!(toy.packages(&snapshot).unwrap(), ["vendor 3"]);
}

#[test]
fn a_locked_package_that_the_mirror_dropped_comes_from_elsewhere() {
    let mut toy = Toy::new(&bookworm());
    let hello = Package::new("hello", "1.0", "amd64").field("Depends", "libhello");
    let deb = hello.deb();
    let file = LockedFile {
        label: "hello 1.0".to_owned(),
        repository: "toy".to_owned(),
        path: hello.pool_path(),
        size: deb.len() as u64,
        sha256: Sha256::of(&deb),
    };
    let day = Timestamp::parse_snapshot("20261101T000000Z").unwrap();
    let obtain = |toy: &Toy, repositories: &[Repository]| {
        toy.open()
            .fetch(std::slice::from_ref(&file), repositories, day)
    };
    // The mirror has moved on.
    toy.archive.remove(&hello.pool_path());
    let error = obtain(&toy, &[toy.repository()]).unwrap_err().to_string();
    assert!(
        error.contains("hello 1.0") && error.contains(&toy.server.url()),
        "{error}"
    );
    // Its snapshot at the lock's date still has it.
    let past = ToyArchive::new();
    past.overwrite(&hello.pool_path(), &deb);
    let server = Server::empty();
    server.mount("/snap/20261101T000000Z", past.root());
    let template = Some(format!("{}/snap/{{at}}/", server.url()));
    let travelling = Repository {
        snapshot_template: template,
        ..toy.repository()
    };
    assert_eq!(
        obtain(&toy, &[travelling]).unwrap()[0].sha256(),
        &file.sha256
    );
    // Then the cache has it, even offline.
    toy.options.offline = true;
    assert!(obtain(&toy, &[toy.repository()]).is_ok());
    // A copy in a plain directory serves too.
    std::fs::remove_dir_all(toy.options.cache_dir.join("blobs")).unwrap();
    let directory = toy.home.path().join("debs");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("hello_1.0_amd64.deb"), &deb).unwrap();
    let copies = Repository {
        name: "own".to_owned(),
        url: Url::from_file_path(&directory),
        kind: RepositoryKind::Directory,
        ..toy.repository()
    };
    assert!(obtain(&toy, &[toy.repository(), copies]).is_ok());
}

#[test]
fn further_signatures_that_do_not_count_are_told() {
    let stranger = Key::new("Stranger <stranger@mirror.example>");
    let ours = formwork_testkit::archive::archive_key();
    let toy = Toy::new(&bookworm().keys(&[&stranger, &ours]));
    let snapshot = toy.sync(&toy.repository()).unwrap();
    assert_eq!(snapshot.releases().next().unwrap().signers.len(), 1);
    let events = toy.events.lock().unwrap();
    let told = |event: &Event| matches!(event, Event::Note(text) if text.contains(&stranger.fingerprint()));
    assert!(events.iter().any(told), "{events:?}");
}

#[test]
fn a_bare_release_is_not_enough() {
    let toy = Toy::new(&bookworm().signatures(Signatures::Missing));
    let error = toy.refused(&toy.repository());
    assert!(error.contains("is not signed"), "{error}");
}

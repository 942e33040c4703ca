//! The lock's promises, each as a test.

use proptest::prelude::*;

use super::*;
use crate::source::Source;

/// The sample of format 1 that is kept for ever.
const FORMAT_1: &str = include_str!("../../tests/data/format-1.lock");
/// The sample of format 2 that is kept for ever.
const FORMAT_2: &str = include_str!("../../tests/data/format-2.lock");

fn digest(text: &str) -> Sha256 {
    Sha256::of(text.as_bytes())
}

fn package(name: &str, version: &str, content: &str) -> LockedPackage {
    LockedPackage {
        name: name.into(),
        version: version.into(),
        architecture: "amd64".into(),
        source: name.into(),
        source_version: version.into(),
        size: 10,
        sha256: digest(content),
        repository: "debian".into(),
        path: format!("pool/{name}_{content}.deb"),
    }
}

fn closure(image: &str, packages: &[LockedPackage]) -> LockedClosure {
    LockedClosure {
        image: image.into(),
        options: vec![],
        suite: "bookworm".into(),
        architecture: "amd64".into(),
        foreign: vec!["i386".into()],
        variant: Variant::Minbase,
        recommends: false,
        plan_sha256: digest(image),
        packages_sha256: super::digest(
            &packages.iter().map(LockedPackage::key).collect::<Vec<_>>(),
            &[],
        ),
        packages: packages.iter().map(LockedPackage::key).collect(),
        beside: vec![],
    }
}

fn release(suite: Option<&str>, seconds: i64) -> LockedRelease {
    LockedRelease {
        repository: "debian".into(),
        suite: suite.map(str::to_owned),
        version: suite.map(|_| "12.14".to_owned()),
        date: Timestamp(seconds),
        release_sha256: digest("release"),
        at: None,
    }
}

fn read(text: &str) -> Result<Lock, crate::source::FileError> {
    Lock::read(Source::new(FILE_NAME, text))
}

#[test]
fn the_sample_of_format_1_opens_and_prints_back_byte_for_byte() {
    let lock = read(FORMAT_1).expect("the sample must open for ever");
    assert_eq!(lock.to_string(), FORMAT_1);
    assert_eq!(
        lock.date().map(|date| date.to_string()).as_deref(),
        Some("2026-11-21T20:15:00Z")
    );
    assert_eq!(lock.closures.len(), 2);
    assert_eq!(lock.packages.len(), 5);
    let gateway = lock
        .closure("gateway", "bookworm", "amd64")
        .expect("closure");
    assert_eq!(gateway.packages.len(), 4);
    for closure in &lock.closures {
        assert_eq!(
            closure.packages_sha256,
            super::digest(&closure.packages, &[])
        );
    }
    let release = lock.release("debian", Some("bookworm")).expect("release");
    assert_eq!(release.version.as_deref(), Some("12.14"));
    assert!(lock.release("own", None).is_some());
}

#[test]
fn the_sample_of_format_2_opens_and_prints_back_byte_for_byte() {
    let lock = read(FORMAT_2).expect("the sample must open for ever");
    assert_eq!(lock.to_string(), FORMAT_2);
    let beside = |closure: &LockedClosure| -> Vec<String> {
        closure.beside.iter().map(plain_reference).collect()
    };
    assert_eq!(
        beside(&lock.closures[0]),
        ["systemd-boot-efi:amd64=252.39-1~deb12u1"]
    );
    assert!(lock.closures[1].beside.is_empty());
    for closure in &lock.closures {
        let found = super::digest(&closure.packages, &closure.beside);
        assert_eq!(closure.packages_sha256, found);
    }
    let shipped = lock.closures[0].shipped();
    assert_eq!(shipped.len(), lock.closures[0].packages.len() + 1);
}

#[test]
fn packages_beside_are_what_makes_a_lock_of_format_2() {
    let packages = vec![package("a", "1.0", "x"), package("b", "2", "z")];
    let plain = closure("gateway", &packages[..1]);
    let with = |beside: &[LockedPackage]| {
        let mut closure = plain.clone();
        closure.beside = beside.iter().map(LockedPackage::key).collect();
        Lock::new(vec![], vec![closure], packages.clone()).expect("lock")
    };
    let without = with(&[]).to_string();
    assert!(without.contains("format = 1\n") && !without.contains("beside"));
    let lock = with(&packages[1..]);
    assert_eq!(lock.packages.len(), 2, "what is beside is kept");
    let text = lock.to_string();
    assert!(text.contains("format = 2\n"), "{text}");
    assert!(
        text.contains("]\nbeside = [\n  \"b:amd64=2\",\n]\n"),
        "{text}"
    );
    assert_eq!(read(&text).expect("reads"), lock);
    let old =
        read(&text.replace("format = 2", "format = 1")).expect_err("format 1 has no such key");
    assert!(old.to_string().contains("beside"), "{old}");
    let gone = lock_without(&text, "b");
    assert!(read(&gone).is_err(), "a dangling reference");
    assert_ne!(
        super::digest(&lock.closures[0].packages, &lock.closures[0].beside),
        super::digest(&lock.closures[0].packages, &[]),
    );
}

/// A lock's text without the entry of one package.
fn lock_without(text: &str, name: &str) -> String {
    let entry = format!("\n[[package]]\nname = \"{name}\"\n");
    let start = text.find(&entry).expect("the entry");
    let end = text[start + 1..]
        .find("\n[[package]]")
        .map_or(text.len(), |at| start + 1 + at);
    format!("{}{}", &text[..start], &text[end..])
}

#[test]
fn an_image_has_a_closure_for_each_choice_of_options() {
    let packages = vec![package("a", "1.0", "x"), package("b", "2", "z")];
    let mut debug = closure("gateway", &packages);
    debug.options = vec!["debug".into(), "lab".into()];
    let closures = vec![debug.clone(), closure("gateway", &packages[..1])];
    let lock = Lock::new(vec![], closures, packages).expect("lock");
    let text = lock.to_string();
    assert!(
        text.contains("image = \"gateway\"\noptions = [\"debug\", \"lab\"]\nsuite"),
        "{text}"
    );
    let back = read(&text).expect("reads");
    assert_eq!(back, lock);
    assert_eq!(back.closures[1].title(), "gateway+debug+lab bookworm amd64");
    let plain = back.closure("gateway", "bookworm", "amd64").expect("plain");
    assert_eq!(plain.packages.len(), 1);
    assert_eq!(back.closure_at(debug.place()), Some(&back.closures[1]));
}

#[test]
fn the_order_in_which_things_are_found_does_not_matter() {
    let packages = vec![
        package("a", "1.0", "x"),
        package("a", "1.0~rc1", "y"),
        package("b", "2", "z"),
    ];
    let closures = vec![closure("one", &packages), closure("two", &packages[..2])];
    let releases = vec![
        release(Some("bookworm"), 5),
        release(Some("bookworm-updates"), 7),
    ];
    let forward = Lock::new(releases.clone(), closures.clone(), packages.clone()).expect("lock");
    let turn = |list: &[LockedPackage]| list.iter().rev().cloned().collect::<Vec<_>>();
    let mut turned: Vec<LockedClosure> = closures.into_iter().rev().collect();
    for closure in &mut turned {
        closure.packages.reverse();
    }
    let backward = Lock::new(
        releases.into_iter().rev().collect(),
        turned,
        turn(&packages),
    )
    .expect("lock");
    assert_eq!(forward.to_string(), backward.to_string());
    assert_eq!(
        forward.packages[0].version, "1.0~rc1",
        "dpkg's order, not the alphabet's"
    );
}

#[test]
fn one_file_offered_twice_is_one_entry_and_unused_ones_go() {
    let kept = package("a", "1", "x");
    let other = LockedPackage {
        repository: "another".into(),
        ..kept.clone()
    };
    let unused = package("z", "1", "z");
    let lock = Lock::new(
        vec![],
        vec![closure("one", std::slice::from_ref(&kept))],
        vec![kept, other, unused],
    );
    let lock = lock.expect("lock");
    assert_eq!(lock.packages.len(), 1);
    assert_eq!(
        lock.packages[0].repository, "another",
        "the first by name, whatever came first"
    );
}

#[test]
fn different_files_of_one_version_are_told_apart_by_digest() {
    let packages = vec![package("a", "1", "x"), package("a", "1", "y")];
    let lock = Lock::new(
        vec![],
        vec![
            closure("one", &packages[..1]),
            closure("two", &packages[1..]),
        ],
        packages,
    )
    .expect("lock");
    let text = lock.to_string();
    assert!(text.contains("\"a:amd64=1#"), "{text}");
    assert_eq!(read(&text).expect("reads back"), lock);
}

#[test]
fn contradictions_and_dangling_references_are_refused() {
    let one = package("a", "1", "x");
    let bigger = LockedPackage {
        size: 11,
        ..one.clone()
    };
    let chosen = closure("one", std::slice::from_ref(&one));
    let contradiction = Lock::new(vec![], vec![chosen.clone()], vec![one.clone(), bigger]);
    assert_eq!(
        contradiction,
        Err(LockError::Contradiction("a:amd64=1".into()))
    );
    assert!(matches!(
        Lock::new(vec![], vec![chosen], vec![]),
        Err(LockError::Dangling { .. })
    ));
    let escaping = LockedPackage {
        path: "../x.deb".into(),
        ..one.clone()
    };
    assert!(matches!(
        Lock::new(vec![], vec![], vec![escaping]),
        Err(LockError::Invalid { .. })
    ));
    let strange = LockedPackage {
        version: "1\n2".into(),
        ..one
    };
    assert!(matches!(
        Lock::new(vec![], vec![], vec![strange]),
        Err(LockError::Invalid { .. })
    ));
}

#[test]
fn every_fault_of_a_file_has_its_line_and_a_way_out() {
    let broken = |from: &str, to: &str| {
        let text = FORMAT_1.replacen(from, to, 1);
        assert_ne!(text, FORMAT_1, "{from} is not in the sample");
        let error = read(&text).expect_err(to);
        assert!(error.hint.is_some(), "{error}");
        format!("{}: {}", error.spot.line, error.message)
    };
    let table = [
        (
            "format = 1",
            "format = 3",
            "2: this lock has format 3; this Formwork reads formats up to 2",
        ),
        ("format = 1", "format = -1", "2: there is no format -1"),
        ("format = 1", "", "1: a lock needs the key `format`"),
        (
            "size = 89512",
            "size = -1",
            "64: `size` must not be negative",
        ),
        (
            "size = 89512",
            "size = \"1\"",
            "64: `size` must be a whole number, not a string",
        ),
        (
            "size = 89512",
            "sise = 1",
            "58: a package needs the key `size`",
        ),
        (
            "path = \"pool",
            "path = \"../pool",
            "67: this path leaves its repository",
        ),
        (
            "  \"adduser:all=3.134\",",
            "  \"adduser:all=3.135\",",
            "39: the lock lists no package adduser:all=3.135",
        ),
        (
            "variant = \"minbase\"",
            "variant = \"mini\"",
            "49: unknown variant `mini`",
        ),
        (
            "image = \"tiny\"",
            "image = \"gateway\"",
            "45: a second closure of gateway bookworm amd64",
        ),
        (
            "date = \"2026-11-21T20:15:00Z\"",
            "date = \"yesterday\"",
            "",
        ),
        (
            "\nformat = 1\n",
            "\nformat = 1\nextra = 1\n",
            "3: unknown key `extra`",
        ),
        (
            "[[package]]",
            "<<<<<<< ours\n[[package]]",
            "58: unresolved merge conflict in this file",
        ),
        ("[[package]]", "[[package", "58: this is not TOML"),
    ];
    for (from, to, expected) in table {
        let said = broken(from, to);
        assert!(said.starts_with(expected), "{to}: {said}");
    }
}

#[test]
fn repeated_entries_are_refused() {
    let block_start = FORMAT_1.find("[[package]]").expect("package");
    let block_end = FORMAT_1[block_start + 5..]
        .find("[[package]]")
        .expect("second")
        + block_start
        + 5;
    let text = format!("{FORMAT_1}\n{}", &FORMAT_1[block_start..block_end]);
    let message = read(&text).expect_err("twice").message;
    assert!(message.starts_with("a second entry for"), "{message}");
}

prop_compose! {
    fn any_package()(
        name in "[a-z][a-z0-9+.-]{1,8}",
        version in "([0-9]:)?[0-9][A-Za-z0-9.+~-]{0,8}",
        architecture in prop_oneof![Just("amd64"), Just("all"), Just("arm64")],
        size in 0_u64..1_000_000_000,
        content in 0_u8..20,
        repository in "[a-z]{1,5}",
    ) -> LockedPackage {
        LockedPackage {
            architecture: architecture.into(),
            source: format!("{name}-source"),
            source_version: version.clone(),
            size,
            sha256: Sha256::of(&[content]),
            repository,
            path: format!("pool/{name}_{version}.deb"),
            name,
            version,
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        packages in prop::collection::vec(any_package(), 0..30),
        dates in prop::collection::vec(0_i64..4_000_000_000, 0..4),
    ) {
        let releases = dates
            .iter()
            .enumerate()
            .map(|(number, date)| release(Some(&format!("suite{number}")), *date))
            .collect();
        let half = packages.len() / 2;
        let closures = vec![closure("one", &packages), closure("two", &packages[..half])];
        // Two entries for one digest may contradict each other; then there is no lock to test.
        if let Ok(lock) = Lock::new(releases, closures, packages) {
            let text = lock.to_string();
            let again = read(&text);
            prop_assert_eq!(again.as_ref(), Ok(&lock), "{}", text);
            prop_assert_eq!(again.map(|lock| lock.to_string()), Ok(text));
        }
    }

    #[test]
    fn garbage_is_an_error_and_never_a_panic(
        at in 0_usize..3000,
        length in 0_usize..40,
        junk in "\\PC{0,12}",
    ) {
        let mut text = FORMAT_1.to_owned();
        let start = at.min(text.len());
        let end = (start + length).min(text.len());
        if text.is_char_boundary(start) && text.is_char_boundary(end) {
            text.replace_range(start..end, &junk);
            let _ = read(&text);
        }
    }
}

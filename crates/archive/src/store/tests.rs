use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use formwork_deb::time::Timestamp;

use super::*;

fn open(cache: &Path) -> Store {
    Store::open(cache, &formwork_model::event::silent()).unwrap()
}

fn overwrite(path: &Path, bytes: &[u8]) {
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

fn now() -> Timestamp {
    Timestamp(
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_secs() as i64,
    )
}

fn days_ago(days: u64) -> SystemTime {
    SystemTime::now() - Duration::from_secs(days * 86_400)
}

#[test]
fn what_is_put_is_found_by_its_hash() {
    let cache = tempfile::tempdir().unwrap();
    let store = open(cache.path());
    let sha256 = Sha256::of(b"abc");
    assert!(!store.has(&sha256, 3));
    let file = store.put(b"abc").unwrap();
    assert_eq!(file.path(), store.path(&sha256));
    assert_eq!(
        store.put(b"abc").unwrap(),
        file,
        "a second time is the same file"
    );
    assert!(store.has(&sha256, 3) && !store.has(&sha256, 4));
    assert_eq!(store.get(&sha256, None).unwrap(), Some(file));
    assert!(store.remove(&sha256).unwrap() && !store.remove(&sha256).unwrap());
    assert_eq!(store.get(&sha256, Some(3)).unwrap(), None);
}

#[test]
fn a_damaged_entry_is_noticed_and_removed() {
    let cache = tempfile::tempdir().unwrap();
    let store = open(cache.path());
    for damage in [&b"abd"[..], b"ab", b"abcd", b""] {
        let file = store.put(b"abc").unwrap();
        overwrite(file.path(), damage);
        assert_eq!(
            store.get(file.sha256(), Some(3)).unwrap(),
            None,
            "{damage:?}"
        );
        assert!(!file.path().exists());
    }
    let file = store.put(b"abc").unwrap();
    overwrite(file.path(), b"abd");
    assert_eq!(store.put(b"abc").unwrap(), file, "putting heals");
    assert_eq!(fs::read(file.path()).unwrap(), b"abc");
}

#[test]
fn leftovers_of_killed_processes_are_swept_when_they_are_old() {
    let cache = tempfile::tempdir().unwrap();
    open(cache.path());
    let name = Sha256::of(b"abc").to_string();
    let cases = [
        (format!("{name}.tmp-1-1"), 2, false),
        (format!("{name}.tmp-1-2"), 0, true),
        (format!("{name}.lock"), 2, false),
        (format!("{name}.from"), 2, true),
        (name.clone(), 2, true),
        (format!("1{}", &name[1..]), 20, false),
    ];
    for (name, days, _) in &cases {
        let path = cache.path().join("partial").join(name);
        fs::write(&path, b"x").unwrap();
        formwork_sys::fs::set_modified(&path, days_ago(*days)).unwrap();
    }
    open(cache.path());
    for (name, days, kept) in &cases {
        assert_eq!(
            cache.path().join("partial").join(name).exists(),
            *kept,
            "{name} {days}"
        );
    }
}

#[test]
fn a_lock_that_is_held_is_not_swept() {
    let cache = tempfile::tempdir().unwrap();
    let store = open(cache.path());
    let path = store.partial(&Sha256::of(b"abc"), ".lock");
    let _held = Lock::exclusive(&path).unwrap();
    formwork_sys::fs::set_modified(&path, days_ago(3)).unwrap();
    open(cache.path());
    assert!(path.exists());
}

#[test]
fn use_is_noted() {
    let cache = tempfile::tempdir().unwrap();
    let store = open(cache.path());
    let file = store.put(b"abc").unwrap();
    formwork_sys::fs::set_modified(file.path(), days_ago(40)).unwrap();
    store.get(file.sha256(), None).unwrap();
    let age = fs::metadata(file.path())
        .unwrap()
        .modified()
        .unwrap()
        .elapsed()
        .unwrap();
    assert!(age < Duration::from_secs(60));
}

fn download(store: &Store, sha256: &Sha256, size: u64) -> Box<Download> {
    let events = formwork_model::event::silent();
    match store.begin((sha256, size, "a 1"), &events).unwrap() {
        Begun::Download(download) => download,
        _ => panic!("nobody else fetches it"),
    }
}

#[test]
fn a_download_is_continued_by_the_next_process() {
    let cache = tempfile::tempdir().unwrap();
    let sha256 = Sha256::of(b"abcdef");
    let origin = Origin {
        address: Sha256::of(b"http://h.example/"),
        validator: "\"tag 1\"".to_owned(),
    };
    let store = open(cache.path());
    let mut first = download(&store, &sha256, 6);
    first.set_origin(Some(&origin)).unwrap();
    first.write(b"abc").unwrap();
    drop(first);
    let mut second = download(&open(cache.path()), &sha256, 6);
    assert_eq!((second.have(), second.origin()), (3, Some(origin)));
    second.write(b"def").unwrap();
    assert!(second.is_complete());
    let Ok(Ok(file)) = second.publish() else {
        panic!("it is right")
    };
    assert_eq!(fs::read(file.path()).unwrap(), b"abcdef");
    assert_eq!(
        fs::read_dir(cache.path().join("partial")).unwrap().count(),
        0,
        "nothing is left behind"
    );
}

#[test]
fn a_wrong_download_begins_anew_under_the_same_lock() {
    let cache = tempfile::tempdir().unwrap();
    let store = open(cache.path());
    let sha256 = Sha256::of(b"abc");
    let mut wrong = download(&store, &sha256, 3);
    wrong.write(b"abd").unwrap();
    let Ok(Err((mut again, error))) = wrong.publish() else {
        panic!("it is wrong")
    };
    assert!(error.is_mismatch());
    assert!(!store.has(&sha256, 3));
    assert_eq!(again.have(), 0);
    again.write(b"abc").unwrap();
    assert!(matches!(again.publish(), Ok(Ok(_))));
}

#[test]
fn a_second_process_waits_and_takes_what_the_first_has_fetched() {
    let cache = tempfile::tempdir().unwrap();
    let (first, second) = (open(cache.path()), open(cache.path()));
    let sha256 = Sha256::of(b"abc");
    let mut ours = download(&first, &sha256, 3);
    let told = Arc::new(Mutex::new(Vec::new()));
    let theirs = Arc::clone(&told);
    let events: Sink = Arc::new(move |event| theirs.lock().unwrap().push(event));
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| second.begin((&sha256, 3, "a 1"), &events).unwrap());
        std::thread::sleep(Duration::from_millis(700));
        ours.write(b"abc").unwrap();
        assert!(matches!(ours.publish(), Ok(Ok(_))));
        assert!(matches!(waiter.join().unwrap(), Begun::Have(_)));
    });
    let expected = format!(
        "a 1, which is being fetched (process {})",
        std::process::id()
    );
    assert_eq!(*told.lock().unwrap(), [Event::Waiting { what: expected }]);
}

#[test]
fn a_second_process_does_not_wait_for_one_that_stands_still() {
    let cache = tempfile::tempdir().unwrap();
    let (first, second) = (open(cache.path()), open(cache.path()));
    let sha256 = Sha256::of(b"abc");
    let mut stuck = download(&first, &sha256, 3);
    stuck.write(b"a").unwrap();
    let events = formwork_model::event::silent();
    let begun = second.begin_with(
        (&sha256, 3, "a 1"),
        &events,
        Duration::from_millis(50),
        &|| false,
    );
    let Begun::Download(mut own) = begun.unwrap() else {
        panic!("it is not there")
    };
    assert_eq!(own.have(), 0, "the other's part is left alone");
    own.write(b"abc").unwrap();
    assert!(matches!(own.publish(), Ok(Ok(_))));
    stuck.write(b"bc").unwrap();
    assert!(matches!(stuck.publish(), Ok(Ok(_))), "both may end");
    assert!(second.has(&sha256, 3));
}

#[test]
fn waiting_can_be_interrupted() {
    let cache = tempfile::tempdir().unwrap();
    let (first, second) = (open(cache.path()), open(cache.path()));
    let sha256 = Sha256::of(b"abc");
    let _ours = download(&first, &sha256, 3);
    let events = formwork_model::event::silent();
    let begun = second.begin_with(
        (&sha256, 3, "a 1"),
        &events,
        Duration::from_secs(60),
        &|| true,
    );
    assert!(matches!(begun.unwrap(), Begun::Interrupted));
}

#[test]
fn info_counts_each_kind() {
    let cache = tempfile::tempdir().unwrap();
    assert_eq!(info(&cache.path().join("none")).unwrap().kinds, []);
    let store = open(cache.path());
    let package = store.put(b"!<arch>\ndebian-binary").unwrap();
    store.put(b"Package: a\n").unwrap();
    store.put(b"x").unwrap();
    drop(
        store
            .begin(
                (&Sha256::of(b"abc"), 3, "a"),
                &formwork_model::event::silent(),
            )
            .unwrap(),
    );
    fs::create_dir(cache.path().join("universe")).unwrap();
    fs::write(cache.path().join("universe/u"), b"12345").unwrap();
    formwork_sys::fs::set_modified(
        package.path(),
        SystemTime::UNIX_EPOCH + Duration::from_secs(86_400),
    )
    .unwrap();
    let info = info(cache.path()).unwrap();
    let kinds: Vec<_> = info
        .kinds
        .iter()
        .map(|kind| (kind.kind, kind.files, kind.bytes))
        .collect();
    let expected = [
        (Kind::Package, 1, 21),
        (Kind::Index, 2, 12),
        (Kind::Partial, 1, 0),
        (Kind::Derived, 1, 5),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(info.oldest, Some(Timestamp(86_400)));
    assert!(info.newest.unwrap().0 > 1_700_000_000);
}

#[test]
fn cleaning_everything_leaves_only_what_is_not_ours() {
    let cache = tempfile::tempdir().unwrap();
    let store = open(cache.path());
    store.put(b"abc").unwrap();
    fs::write(cache.path().join("state"), b"precious").unwrap();
    drop(store);
    let events = formwork_model::event::silent();
    let cleaned = clean(cache.path(), Clean::All, &BTreeSet::new(), now(), &events)
        .unwrap()
        .unwrap();
    assert_eq!(
        cleaned,
        Cleaned {
            files: 1,
            bytes: 3,
            kept: 0
        }
    );
    assert_eq!(fs::read(cache.path().join("state")).unwrap(), b"precious");
    assert_eq!(info(cache.path()).unwrap().kinds, []);
    let store = open(cache.path());
    store.put(b"abc").unwrap();
}

#[test]
fn a_directory_without_our_tag_is_not_cleaned() {
    let other = tempfile::tempdir().unwrap();
    fs::create_dir(other.path().join("blobs")).unwrap();
    fs::write(other.path().join("blobs/holiday.jpg"), b"precious").unwrap();
    let events = formwork_model::event::silent();
    let cleaned = clean(other.path(), Clean::All, &BTreeSet::new(), now(), &events)
        .unwrap()
        .unwrap();
    assert_eq!(cleaned, Cleaned::default());
    assert!(other.path().join("blobs/holiday.jpg").exists());
}

#[test]
fn cleaning_by_age_leaves_what_was_used() {
    let cache = tempfile::tempdir().unwrap();
    let store = open(cache.path());
    let (old, used) = (store.put(b"old").unwrap(), store.put(b"used").unwrap());
    for file in [&old, &used] {
        formwork_sys::fs::set_modified(file.path(), days_ago(31)).unwrap();
    }
    store.get(used.sha256(), None).unwrap();
    drop(store);
    let events = formwork_model::event::silent();
    let cleaned = clean(
        cache.path(),
        Clean::UnusedFor(30),
        &BTreeSet::new(),
        now(),
        &events,
    )
    .unwrap()
    .unwrap();
    assert_eq!(
        cleaned,
        Cleaned {
            files: 1,
            bytes: 3,
            kept: 0
        }
    );
    assert!(used.path().exists() && !old.path().exists());
}

#[test]
fn cleaning_leaves_what_is_to_be_kept() {
    let cache = tempfile::tempdir().unwrap();
    let events = formwork_model::event::silent();
    for what in [Clean::UnusedFor(30), Clean::All] {
        let store = open(cache.path());
        let (kept, other) = (store.put(b"kept").unwrap(), store.put(b"abc").unwrap());
        for file in [&kept, &other] {
            formwork_sys::fs::set_modified(file.path(), days_ago(31)).unwrap();
        }
        drop(store);
        let keep = BTreeSet::from([*kept.sha256()]);
        let cleaned = clean(cache.path(), what, &keep, now(), &events)
            .unwrap()
            .unwrap();
        assert_eq!(
            cleaned,
            Cleaned {
                files: 1,
                bytes: 3,
                kept: 1
            }
        );
        assert!(kept.path().exists() && !other.path().exists());
    }
}

#[test]
fn cleaning_waits_until_nobody_uses_the_cache() {
    let cache = tempfile::tempdir().unwrap();
    let store = open(cache.path());
    let file = store.put(b"abc").unwrap();
    let in_use = RefCell::new(Some(store));
    let events = formwork_model::event::silent();
    std::thread::scope(|scope| {
        let cleaner = scope
            .spawn(|| clean(cache.path(), Clean::All, &BTreeSet::new(), now(), &events).unwrap());
        std::thread::sleep(Duration::from_millis(150));
        assert!(file.path().exists(), "not while it is in use");
        drop(in_use.take());
        assert_eq!(
            cleaner.join().unwrap(),
            Some(Cleaned {
                files: 1,
                bytes: 3,
                kept: 0
            })
        );
    });
}

#[test]
fn verifying_removes_what_is_wrong() {
    let cache = tempfile::tempdir().unwrap();
    let store = open(cache.path());
    let (good, bad) = (store.put(b"good").unwrap(), store.put(b"bad").unwrap());
    overwrite(bad.path(), b"bat");
    let stray = bad.path().with_file_name("stray");
    fs::write(&stray, b"x").unwrap();
    let events = formwork_model::event::silent();
    let verified = verify(cache.path(), 3, &events).unwrap().unwrap();
    assert_eq!((verified.files, verified.bytes), (3, 8));
    let mut expected = [bad.path().to_owned(), stray];
    expected.sort();
    assert_eq!(verified.corrupt, expected);
    assert!(good.path().exists() && !bad.path().exists());
    assert_eq!(
        verify(cache.path(), 3, &events).unwrap().unwrap().corrupt,
        Vec::<PathBuf>::new()
    );
}

#[test]
fn a_cache_that_can_only_be_read_still_serves() {
    use std::os::unix::fs::PermissionsExt;
    let cache = tempfile::tempdir().unwrap();
    let file = open(cache.path()).put(b"abc").unwrap();
    let mode = |mode| fs::set_permissions(cache.path(), fs::Permissions::from_mode(mode)).unwrap();
    fs::remove_file(cache.path().join("cache.lock")).unwrap();
    mode(0o555);
    let found = open(cache.path()).get(file.sha256(), Some(3)).unwrap();
    mode(0o755);
    assert_eq!(found, Some(file));
}

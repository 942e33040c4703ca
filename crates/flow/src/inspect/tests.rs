//! Records and images written by hand: what fits, what does not, and what is no record at all.

use std::fs;
use std::path::Path;

use formwork_deb::sha256::Sha256;
use formwork_deb::time::Timestamp;
use formwork_format::gpt::{Partition, Table, kind};
use formwork_format::guid::Guid;
use formwork_model::event::silent;
use serde_json::{Value, json};

use super::{Looked, Wish, inspect, pkglist, write_page};
use crate::Error;
use crate::context::{Context, Settings};

const SECTORS: u64 = 4096;
const ROOT: std::ops::Range<usize> = 1024 * 512..2048 * 512;

/// A directory with an image and its records.
struct Toy(tempfile::TempDir);

impl Toy {
    /// Records and disk that fit each other.
    fn new() -> Toy {
        let toy = Toy(tempfile::tempdir().expect("a directory"));
        let disk = disk();
        fs::write(toy.path("toy.img"), &disk).expect("a disk");
        toy.write("toy.tree.json", &tree());
        toy.write("toy.packages.json", &packages());
        toy.write(
            "toy.image.json",
            &image(&disk, &toy.digest("toy.tree.json")),
        );
        toy.seal();
        toy
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, value: &Value) {
        fs::write(self.path(name), value.to_string()).expect("a record");
    }

    fn read(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.path(name)).expect("a file")).expect("JSON")
    }

    fn digest(&self, name: &str) -> String {
        Sha256::of(&fs::read(self.path(name)).expect("a file")).to_string()
    }

    /// Writes the build record as it fits what is there.
    fn seal(&self) {
        let files = [
            ("disk", "toy.img"),
            ("tree", "toy.tree.json"),
            ("image", "toy.image.json"),
            ("packages", "toy.packages.json"),
        ];
        let files: Vec<Value> = files
            .iter()
            .map(|(kind, name)| {
                let size = fs::metadata(self.path(name)).expect("a file").len();
                json!({"kind": kind, "path": name, "size": size, "sha256": self.digest(name)})
            })
            .collect();
        let packages = self.read("toy.packages.json")["packages"].clone();
        let record = json!({
            "format": 1, "inputs": [], "formwork": "0.0.0", "image": "toy", "suite": "bookworm",
            "architecture": "amd64", "variant": "essential", "until": "finished",
            "lock_sha256": "00", "date": "2026-11-01T09:00:00Z", "packages": packages,
            "steps": [], "files": files,
        });
        self.write("toy.buildinfo.json", &record);
    }

    fn look(&self, name: &str, verify: bool) -> Result<Looked, Error> {
        let wish = Wish {
            image: Some(self.path(name).display().to_string()),
            depth: 2,
            verify,
            ..Wish::default()
        };
        inspect(&context(self.0.path()), &wish)
    }

    /// What does not fit, as `WHERE: WHAT`.
    fn differences(&self, verify: bool) -> Vec<String> {
        let looked = self.look("toy.img", verify).expect("an answer");
        let differences = looked.inspected.differences.iter();
        differences
            .map(|one| {
                let place = one.place.rsplit('/').next().unwrap_or_default();
                format!("{place}: {}", one.what)
            })
            .collect()
    }

    /// Changes a record and seals it anew.
    fn change(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let mut value = self.read(name);
        change(&mut value);
        self.write(name, &value);
        self.seal();
    }
}

fn context(directory: &Path) -> Context {
    let settings = Settings {
        directory: directory.to_owned(),
        project_named: false,
        mirror: None,
        offline: true,
        refresh: false,
        allow_older: false,
        jobs: None,
        now: Timestamp(0),
        events: silent(),
    };
    Context {
        settings,
        cache: directory.join("cache"),
        state: directory.join("state"),
        root: directory.to_owned(),
    }
}

/// A disk with one partition and a blob.
fn disk() -> Vec<u8> {
    let table = Table {
        disk: Guid::from_digest(&[1; 32]),
        sectors: SECTORS,
        partitions: vec![Partition {
            kind: kind::LINUX,
            id: Guid::from_digest(&[2; 32]),
            first: 1024,
            last: 2047,
            attributes: 0,
            name: "root".to_owned(),
        }],
    };
    let mut disk = vec![0; SECTORS as usize * 512];
    let primary = table.primary().expect("a table");
    let backup = table.backup().expect("a table");
    let backup_start = disk.len() - backup.len();
    disk[..primary.len()].copy_from_slice(&primary);
    disk[backup_start..].copy_from_slice(&backup);
    disk[ROOT].fill(b'r');
    disk[512 * 200..512 * 201].fill(b'b');
    disk
}

fn image(disk: &[u8], tree: &str) -> Value {
    let digest = |bytes: &[u8]| Sha256::of(bytes).to_string();
    json!({
        "format": 1, "image": "toy", "suite": "bookworm", "architecture": "amd64",
        "tree_sha256": tree,
        "disk": {
            "file": "toy.img", "size": disk.len(), "sha256": digest(disk),
            "guid": Guid::from_digest(&[1; 32]).to_string(),
            "partitions": [{
                "number": 1, "name": "root", "role": "root", "kind": kind::LINUX.to_string(),
                "guid": Guid::from_digest(&[2; 32]).to_string(), "start": ROOT.start,
                "size": ROOT.len(), "sha256": digest(&disk[ROOT]), "mount": "/",
                "filesystem": {
                    "kind": "ext4", "label": "root", "uuid": "x", "file": null,
                    "size": ROOT.len(), "used": 4096,
                },
            }],
            "blobs": [{
                "name": "u-boot", "offset": 512 * 200, "size": 512,
                "sha256": digest(&disk[512 * 200..512 * 201]),
            }],
        },
        "filesystems": [],
        "boot": {"loader": "none", "kernel_version": "6.1", "command_line": "ro", "parts": []},
    })
}

fn tree() -> Value {
    let file = |path: &str, size: u64, package: Option<&str>| json!({"path": path, "type": "file", "size": size, "package": package});
    json!({
        "format": 1, "suite": "bookworm", "architecture": "amd64", "date": 0,
        "entries": [
            {"path": "/", "type": "dir"},
            file("/etc/passwd", 100, None),
            file("/usr/bin/hello", 3000, Some("hello")),
            {"path": "/usr/bin/hi", "type": "hard", "target": "/usr/bin/hello", "package": "hello"},
            file("/usr/share/doc/hello/copyright", 500, Some("hello")),
        ],
    })
}

fn packages() -> Value {
    let package = |name: &str, installed: bool| {
        json!({
            "name": name, "version": "1.0", "architecture": "amd64", "source": "source",
            "source_version": "1.0", "size": 1, "sha256": "00", "repository": "debian",
            "path": "pool/x.deb", "installed": installed,
        })
    };
    json!({
        "format": 1, "inputs": [], "image": "toy", "suite": "bookworm", "architecture": "amd64",
        "packages": [package("hello", true), package("stub", false)],
    })
}

#[test]
fn an_image_that_fits_its_records_is_told_of() {
    let toy = Toy::new();
    assert_eq!(toy.differences(true), Vec::<String>::new());
    let looked = toy.look("toy.tree.json", false).expect("an answer");
    let inspected = &looked.inspected;
    assert_eq!((inspected.files, inspected.bytes), (3, 3600));
    assert_eq!((inspected.unowned_files, inspected.unowned_bytes), (1, 100));
    let sizes: Vec<(&str, u64)> = inspected
        .packages
        .iter()
        .map(|one| (one.name.as_str(), one.bytes))
        .collect();
    assert_eq!(sizes, [("hello", 3500), ("stub", 0)]);
    let directories: Vec<(&str, u64)> = inspected
        .directories
        .iter()
        .map(|one| (one.path.as_str(), one.bytes))
        .collect();
    let expected = [
        ("/", 3600),
        ("/usr", 3500),
        ("/usr/bin", 3000),
        ("/usr/share", 500),
        ("/etc", 100),
    ];
    assert_eq!(directories, expected);
    assert_eq!(pkglist(&looked), "source,hello,1.0\nsource,stub,1.0\n");
    let page = toy.path("page.html");
    write_page(&looked, &page).expect("a page");
    assert!(fs::read_to_string(page).expect("a page").contains("<svg"));
}

#[test]
fn every_bit_of_the_disk_counts() {
    // In which byte a bit is turned, and what is found by it besides the whole.
    let table: [(usize, &[&str]); 5] = [
        (ROOT.start + 7, &["partition 1 (root): sha256"]),
        (512 * 200, &["blob u-boot: sha256"]),
        (512 + 60, &["partition table: table"]),
        (
            512 * (SECTORS as usize - 1) + 60,
            &["second partition table: table"],
        ),
        (512 * 100, &[]),
    ];
    for (at, expected) in table {
        let toy = Toy::new();
        let mut disk = disk();
        disk[at] ^= 1;
        fs::write(toy.path("toy.img"), disk).expect("a disk");
        assert_eq!(toy.differences(false), Vec::<String>::new(), "not read");
        let mut found = toy.differences(true);
        let whole = found.iter().position(|one| one == "toy.img: sha256");
        found.remove(whole.expect("the whole differs"));
        assert_eq!(found, expected, "byte {at}");
    }
}

#[test]
fn a_disk_that_is_gone_or_cut_off_is_noticed() {
    let toy = Toy::new();
    let disk = disk();
    fs::write(toy.path("toy.img"), &disk[..ROOT.start + 512]).expect("a disk");
    assert_eq!(toy.differences(false), ["toy.img: size"]);
    let found = toy.differences(true);
    for expected in [
        "toy.img: size",
        "toy.img: sha256",
        "partition 1 (root): sha256",
        "second partition table: table",
    ] {
        assert!(
            found.iter().any(|one| one == expected),
            "{expected}: {found:?}"
        );
    }
    fs::remove_file(toy.path("toy.img")).expect("a file");
    assert_eq!(toy.differences(false), Vec::<String>::new());
    assert_eq!(toy.differences(true), ["toy.img: file"]);
}

#[test]
fn records_that_contradict_each_other_are_found() {
    type Change = fn(&mut Value);
    let table: [(&str, Change, &[&str]); 7] = [
        (
            "toy.tree.json",
            |tree| tree["entries"][1]["size"] = json!(101),
            &["toy.tree.json: sha256 in the image record"],
        ),
        (
            "toy.packages.json",
            |list| list["suite"] = json!("trixie"),
            &["toy.packages.json: suite"],
        ),
        (
            "toy.packages.json",
            |list| list["packages"][0]["name"] = json!("other"),
            &["toy.tree.json: owner of files"],
        ),
        (
            "toy.image.json",
            |image| image["disk"]["size"] = json!(1_u64 << 40),
            &["toy.img: size in the image record"],
        ),
        (
            "toy.image.json",
            |image| image["disk"]["file"] = json!("other.img"),
            &["other.img: record"],
        ),
        (
            "toy.image.json",
            |image| image["disk"]["partitions"][0]["start"] = json!(u64::MAX),
            &["partition 1 (root): end"],
        ),
        (
            "toy.image.json",
            |image| image["disk"]["blobs"][0]["offset"] = json!(ROOT.start),
            &["blob u-boot: place"],
        ),
    ];
    for (name, change, expected) in table {
        let toy = Toy::new();
        toy.change(name, change);
        assert_eq!(toy.differences(false), expected, "{name}");
    }
    let toy = Toy::new();
    let mut list = toy.read("toy.packages.json");
    list["packages"][0]["version"] = json!("2.0");
    toy.write("toy.packages.json", &list);
    let found = toy.differences(false);
    assert_eq!(
        found,
        ["toy.packages.json: sha256", "toy.packages.json: packages"]
    );
}

#[test]
fn a_table_that_says_something_else_than_the_record_is_found() {
    type Change = fn(&mut Value);
    let table: [(Change, &str); 4] = [
        (|disk| disk["guid"] = json!("x"), "guid"),
        (|disk| disk["partitions"][0]["name"] = json!("x"), "name"),
        (|disk| disk["partitions"][0]["kind"] = json!("x"), "kind"),
        (|disk| disk["partitions"][0]["size"] = json!(512), "size"),
    ];
    for (change, what) in table {
        let toy = Toy::new();
        toy.change("toy.image.json", |image| change(&mut image["disk"]));
        let found = toy.differences(true);
        let both = found
            .iter()
            .filter(|one| one.contains("table") && one.ends_with(what));
        assert_eq!(both.count(), 2, "{what}: {found:?}");
    }
}

#[test]
fn records_that_are_missing_or_of_another_time_are_refused() {
    for name in ["buildinfo", "packages", "tree"] {
        let toy = Toy::new();
        fs::remove_file(toy.path(&format!("toy.{name}.json"))).expect("a record");
        let error = toy
            .look("toy.img", false)
            .expect_err("no answer")
            .to_string();
        assert!(
            error.contains("lies without the records of its build"),
            "{error}"
        );
        assert!(
            error.contains(&format!("toy.{name}.json is not there")),
            "{error}"
        );
    }
    let table = [
        (
            r#"{"format": 2, "new": true}"#,
            "is of format 2; this version of Formwork reads format 1",
        ),
        (
            r#"{"format": 1}"#,
            "cannot be read as a record: missing field",
        ),
        ("", "cannot be read as a record: EOF"),
        (
            "\u{1b}[2J",
            "cannot be read as a record: expected value at line 1",
        ),
        (
            r#"{"format": 99999999999999999999}"#,
            "cannot be read as a record",
        ),
    ];
    for name in ["buildinfo", "packages", "tree", "image"] {
        for (text, expected) in table {
            let toy = Toy::new();
            fs::write(toy.path(&format!("toy.{name}.json")), text).expect("a record");
            let error = toy
                .look("toy.img", false)
                .expect_err("no answer")
                .to_string();
            assert!(error.contains(expected), "{name}: {error}");
        }
    }
}

#[test]
fn a_hostile_record_reads_no_file_of_others_and_breaks_no_page() {
    let toy = Toy::new();
    toy.change("toy.tree.json", |tree| {
        tree["entries"][1]["path"] = json!("/<script>\u{1b}[2J\u{202e}/\"'>");
        tree["entries"][1]["size"] = json!(u64::MAX);
        tree["entries"][2]["size"] = json!(u64::MAX);
    });
    let mut record = toy.read("toy.buildinfo.json");
    record["files"][0]["path"] = json!("../../../../etc/passwd");
    record["image"] = json!("<script>x");
    toy.write("toy.buildinfo.json", &record);
    let looked = toy.look("toy.img", true).expect("an answer");
    let found = &looked.inspected.differences;
    assert!(found.iter().any(|one| one.what == "name"), "{found:?}");
    assert!(!looked.inspected.outputs[0].present);
    assert_eq!(looked.inspected.bytes, u64::MAX);
    let page = toy.path("page.html");
    write_page(&looked, &page).expect("a page");
    let page = fs::read_to_string(page).expect("a page");
    assert_eq!(page.matches("<script").count(), 1, "our own");
    assert!(!page.contains('\u{1b}'), "no control character");
}

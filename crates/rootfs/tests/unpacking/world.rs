//! Small made packages, a tree made of them by us, and one made by dpkg.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use formwork_rootfs::error::{Error, Failure};
use formwork_rootfs::inside;
use formwork_rootfs::job::{Job, Limits, Package, Stage};
use formwork_rootfs::program::{Ended, Program, Run};
use formwork_testkit::bytes::{Compression, sha256};
use formwork_testkit::deb_file;

/// One entry of an archive, as bare as it is written.
#[derive(Clone)]
pub(crate) struct Raw {
    pub(crate) name: Vec<u8>,
    pub(crate) kind: u8,
    pub(crate) link: Vec<u8>,
    pub(crate) content: Vec<u8>,
    pub(crate) mode: u32,
    pub(crate) owner: (u32, u32),
    pub(crate) group_name: &'static str,
}

pub(crate) fn file(name: &str, content: &[u8], mode: u32) -> Raw {
    raw(name.as_bytes(), b'0', b"", content, mode)
}

pub(crate) fn directory(name: &str, mode: u32) -> Raw {
    raw(name.as_bytes(), b'5', b"", b"", mode)
}

pub(crate) fn symlink(name: &str, target: &str) -> Raw {
    raw(name.as_bytes(), b'2', target.as_bytes(), b"", 0o777)
}

pub(crate) fn hard_link(name: &str, target: &str) -> Raw {
    raw(name.as_bytes(), b'1', target.as_bytes(), b"", 0o644)
}

pub(crate) fn raw(name: &[u8], kind: u8, link: &[u8], content: &[u8], mode: u32) -> Raw {
    Raw {
        name: name.to_vec(),
        kind,
        link: link.to_vec(),
        content: content.to_vec(),
        mode,
        owner: (0, 0),
        group_name: "",
    }
}

/// A package.
#[derive(Clone)]
pub(crate) struct Deb {
    pub(crate) name: String,
    pub(crate) architecture: String,
    pub(crate) fields: String,
    pub(crate) control: Vec<(String, String)>,
    pub(crate) data: Vec<u8>,
    pub(crate) compression: Compression,
}

pub(crate) fn deb(name: &str, entries: &[Raw]) -> Deb {
    Deb {
        name: name.to_owned(),
        architecture: "amd64".to_owned(),
        fields: String::new(),
        control: Vec::new(),
        data: tar(entries),
        compression: Compression::Gzip,
    }
}

impl Deb {
    pub(crate) fn field(mut self, name: &str, value: &str) -> Deb {
        self.fields.push_str(&format!("{name}: {value}\n"));
        self
    }

    pub(crate) fn control(mut self, name: &str, content: &str) -> Deb {
        self.control.push((name.to_owned(), content.to_owned()));
        self
    }

    pub(crate) fn architecture(mut self, architecture: &str) -> Deb {
        self.architecture = architecture.to_owned();
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let text = format!(
            "Package: {}\nVersion: 1.0\nArchitecture: {}\nMaintainer: a <a@mail.example>\n\
             {}Description: made\n",
            self.name, self.architecture, self.fields
        );
        let mut control = vec![
            directory("./", 0o755),
            file("./control", text.as_bytes(), 0o644),
        ];
        for (name, content) in &self.control {
            let mode = if name.ends_with("inst") { 0o755 } else { 0o644 };
            control.push(file(&format!("./{name}"), content.as_bytes(), mode));
        }
        let ending = self.compression.extension();
        deb_file::ar(&[
            ("debian-binary".to_owned(), b"2.0\n".to_vec()),
            (
                format!("control.tar{ending}"),
                self.compression.pack(&tar(&control)),
            ),
            (
                format!("data.tar{ending}"),
                self.compression.pack(&self.data),
            ),
        ])
    }
}

pub(crate) fn tar(entries: &[Raw]) -> Vec<u8> {
    let mut out = Vec::new();
    for entry in entries {
        if entry.name.len() > 100 {
            out.extend(header(
                &raw(b"././@LongLink", b'L', b"", b"", 0),
                entry.name.len() + 1,
            ));
            out.extend_from_slice(&entry.name);
            out.push(0);
            out.resize(out.len().next_multiple_of(512), 0);
        }
        out.extend(header(entry, entry.content.len()));
        out.extend_from_slice(&entry.content);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

/// A header of 512 bytes, see tar(5).
pub(crate) fn header(entry: &Raw, size: usize) -> Vec<u8> {
    let mut header = vec![0_u8; 512];
    let mut put = |at: usize, text: &[u8]| header[at..at + text.len()].copy_from_slice(text);
    put(0, &entry.name[..entry.name.len().min(100)]);
    put(100, format!("{:07o}", entry.mode).as_bytes());
    put(108, format!("{:07o}", entry.owner.0).as_bytes());
    put(116, format!("{:07o}", entry.owner.1).as_bytes());
    put(124, format!("{size:011o}").as_bytes());
    put(136, format!("{:011o}", 1_262_304_000).as_bytes());
    put(148, b"        ");
    put(156, &[entry.kind]);
    put(157, &entry.link);
    put(257, b"ustar\x0000");
    put(297, entry.group_name.as_bytes());
    put(329, b"0000001");
    put(337, b"0000003");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

/// What stands in the tree before the packages under test come.
#[derive(Clone, Default)]
pub(crate) struct Before {
    pub(crate) files: Vec<(&'static str, &'static str)>,
    /// How every preinst ends.
    pub(crate) preinst: Ended,
}

/// A tree as it can be compared: each path with what is there.
pub(crate) type Tree = BTreeMap<PathBuf, String>;

pub(crate) struct World {
    home: tempfile::TempDir,
}

impl World {
    /// A place to work in; nothing where owners cannot be changed.
    pub(crate) fn new() -> Option<World> {
        let root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
        if !root {
            eprintln!("skipped: this test needs root");
            return None;
        }
        Some(World {
            home: tempfile::tempdir().unwrap(),
        })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn write(&self, deb: &Deb) -> PathBuf {
        let path = self.path(&format!("{}_{}.deb", deb.name, deb.architecture));
        fs::write(&path, deb.bytes()).unwrap();
        path
    }

    pub(crate) fn job(&self, debs: &[Deb]) -> Job {
        let entries = [
            directory("./", 0o755),
            directory("./etc", 0o755),
            file("./etc/base", b"", 0o644),
        ];
        let base = deb("base", &entries).field("Essential", "yes");
        let mut packages: Vec<Package> = [&base]
            .into_iter()
            .chain(debs)
            .map(|deb| {
                let file = self.write(deb);
                let bytes = fs::read(&file).unwrap();
                Package {
                    name: deb.name.clone(),
                    version: "1.0".to_owned(),
                    architecture: deb.architecture.clone(),
                    size: bytes.len() as u64,
                    sha256: sha256(&bytes),
                    file,
                    wished: true,
                    own: false,
                }
            })
            .collect();
        packages.sort_by(|a, b| (&a.name, &a.architecture).cmp(&(&b.name, &b.architecture)));
        Job {
            architecture: "amd64".to_owned(),
            foreign: vec!["i386".to_owned()],
            suite: "toy".to_owned(),
            date: 1_700_000_000,
            packages,
            limits: Limits {
                script_seconds: 10,
                output_bytes: 1 << 20,
                tree_bytes: 1 << 30,
            },
            outputs: Vec::new(),
            until: Stage::Scripts,
            keep: None,
            ..serde_json::from_str(TEMPLATE).unwrap()
        }
    }

    /// Unpacks with our own code.
    pub(crate) fn ours(&self, job: &Job, before: &Before) -> Result<PathBuf, Failure> {
        self.watched(job, before).0
    }

    /// Unpacks with our own code; tells what was run, in its order.
    pub(crate) fn watched(
        &self,
        job: &Job,
        before: &Before,
    ) -> (Result<PathBuf, Failure>, Vec<String>) {
        let work = self.path("ours");
        let _ = fs::remove_dir_all(&work);
        fs::create_dir(&work).unwrap();
        let root = work.join("tree");
        let mut run = Stand {
            root: root.clone(),
            before: Some(before.clone()),
            preinst: before.preinst.clone(),
            seen: Vec::new(),
        };
        let made = inside::make(job, &work, &mut run, &mut |_| {});
        (made.map(|_| root), run.seen)
    }

    /// Unpacks with dpkg, a package after the other.
    pub(crate) fn dpkg(&self, job: &Job, before: &Before) -> Result<PathBuf, String> {
        let root = self.path("dpkg");
        let _ = fs::remove_dir_all(&root);
        for name in [
            "var/lib/dpkg/info",
            "var/lib/dpkg/updates",
            "var/lib/dpkg/triggers",
        ] {
            fs::create_dir_all(root.join(name)).unwrap();
        }
        fs::write(root.join("var/lib/dpkg/status"), "").unwrap();
        fs::write(root.join("var/lib/dpkg/arch"), "amd64\ni386\n").unwrap();
        dpkg(&root, "--install", &self.path("base_amd64.deb"))?;
        put(&root, before);
        for package in job.packages.iter().filter(|package| package.name != "base") {
            dpkg(&root, "--unpack", &package.file)?;
        }
        Ok(root)
    }
}

const TEMPLATE: &str = r#"{"architecture": "", "foreign": [], "suite": "", "date": 0, "packages": [],
    "limits": {"script_seconds": 0, "output_bytes": 0, "tree_bytes": 0}, "outputs": [],
    "until": "scripts", "keep": null}"#;

fn dpkg(root: &Path, action: &str, deb: &Path) -> Result<(), String> {
    let output = Command::new("dpkg")
        .arg(format!("--root={}", root.display()))
        .arg("--log=/dev/null")
        .args([
            "--force-depends",
            "--force-script-chrootless",
            "--force-unsafe-io",
        ])
        .arg(action)
        .arg(deb)
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap();
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

fn put(root: &Path, before: &Before) {
    for (path, content) in &before.files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

/// Plays the programs of the tree: dpkg configures, but for the packages that are compared with
/// those that dpkg has unpacked: they are left as they are.
struct Stand {
    root: PathBuf,
    before: Option<Before>,
    preinst: Ended,
    seen: Vec<String>,
}

impl Run for Stand {
    fn run(&mut self, program: &Program, on_line: &mut dyn FnMut(&str)) -> Result<Ended, Error> {
        let arguments = &program.arguments;
        let Some(at) = arguments.iter().position(|one| one == "--configure") else {
            let is_package = |pair: &&(String, String)| pair.0 == "DPKG_MAINTSCRIPT_PACKAGE";
            let package = program.environment.iter().find(is_package).unwrap();
            self.seen
                .push(format!("{} of {}", arguments.join(" "), package.1));
            assert!(self.root.join("var/lib/dpkg/tmp.ci/control").exists());
            on_line("said by the script");
            return Ok(self.preinst.clone());
        };
        let names = &arguments[at + 1..];
        self.seen.push(format!("configure {}", names.join(" ")));
        let path = self.root.join("var/lib/dpkg/status");
        let status = fs::read_to_string(&path).unwrap();
        let configured = status.split_inclusive("\n\n").map(|stanza| {
            let meant = |name: &String| stanza.starts_with(&format!("Package: {name}\n"));
            match names == ["-a"] || names.iter().any(meant) {
                true => stanza.replace("install ok unpacked", "install ok installed"),
                false => stanza.to_owned(),
            }
        });
        let configured: String = configured.collect();
        fs::write(path, configured).unwrap();
        if let Some(before) = self.before.take() {
            put(&self.root, &before);
        }
        Ok(Ended::default())
    }
}

/// All that is in a tree and should be the same, whoever unpacked it.
pub(crate) fn contents(root: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            let relative = path.strip_prefix(root).unwrap().to_owned();
            if metadata.is_dir() {
                open.push(path.clone());
            }
            if compared(&relative) {
                tree.insert(relative, describe(&path, &metadata));
            }
        }
    }
    tree
}

/// The rest is made by us alone or by dpkg alone, or is compared by its meaning.
fn compared(path: &Path) -> bool {
    const OWN: [&str; 12] = [
        "tmp",
        "var/tmp",
        "etc/fstab",
        "usr",
        "usr/sbin",
        "var",
        "var/lib",
        "var/lib/apt",
        "var/lib/dpkg/updates",
        "var/lib/dpkg/alternatives",
        "var/lib/dpkg/arch",
        "var/lib/dpkg/info/format",
    ];
    let bytes = path.as_os_str().as_bytes();
    let database = bytes.starts_with(b"var/lib/dpkg");
    let shared = bytes.starts_with(b"var/lib/dpkg/info/")
        || bytes.starts_with(b"var/lib/dpkg/triggers/File");
    !OWN.iter().any(|own| own.as_bytes() == bytes) && (!database || shared)
}

fn describe(path: &Path, metadata: &fs::Metadata) -> String {
    let owner = format!(
        "{:o} {}:{}",
        metadata.mode() & 0o7777,
        metadata.uid(),
        metadata.gid()
    );
    if metadata.is_symlink() {
        format!("link {}", fs::read_link(path).unwrap().display())
    } else if metadata.is_dir() {
        format!("directory {owner}")
    } else if metadata.file_type().is_fifo() {
        format!("pipe {owner}")
    } else {
        let content = fs::read(path).unwrap();
        let links = metadata.nlink();
        format!("file {owner} {links} {}", content.escape_ascii())
    }
}

/// Bytes as a path.
pub(crate) fn path(bytes: &[u8]) -> PathBuf {
    PathBuf::from(std::ffi::OsString::from_vec(bytes.to_vec()))
}

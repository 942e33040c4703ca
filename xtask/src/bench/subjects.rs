//! The subjects that are measured, and the goal of each.

use super::broken;
use super::measure::{Side, brief_in_turns, in_turns, median, ratio};
use super::table;
use crate::differential::isolate;
use formwork_testkit::archive::{Archive, Suite};
use formwork_testkit::bytes::sha256;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A subject: measures, prints, and says whether its goals are met.
pub(crate) type Subject = fn(&Bench) -> Result<bool, String>;

/// All subjects by name.
pub(crate) const ALL: [(&str, Subject); 6] = [
    ("installable-bookworm", |bench| {
        bench.installable("bookworm", "amd64", None)
    }),
    ("installable-trixie", |bench| {
        bench.installable("trixie", "arm64", None)
    }),
    ("installable-sid", |bench| {
        bench.installable("sid", "amd64", Some("bench/sid"))
    }),
    ("builds", Bench::builds),
    ("closure", Bench::closure),
    ("start", Bench::start),
];

/// A package whose closure has about 30 members in bookworm.
const WISH: &str = "curl";

/// Where the data and the program are.
pub(crate) struct Bench {
    data: PathBuf,
    formwork: PathBuf,
    rounds: usize,
    /// Formwork's own home, and a place for records.
    home: PathBuf,
}

impl Bench {
    /// Prepares the homes under `data`.
    pub(crate) fn new(data: &Path, formwork: &Path, rounds: usize) -> Result<Self, String> {
        let failure = |error: std::io::Error| format!("{}: {error}", data.display());
        let data = std::path::absolute(data).map_err(failure)?;
        let home = data.join("bench-home");
        fs::create_dir_all(&home).map_err(failure)?;
        let formwork = fs::canonicalize(formwork)
            .map_err(|error| format!("{}: {error}", formwork.display()))?;
        Ok(Self {
            data,
            formwork,
            rounds,
            home,
        })
    }

    /// Whole-archive installability beside installcheck and dose: on the same text, or on the
    /// mirror's compressed index where a project is named, whose leave for expiry is needed.
    fn installable(&self, suite: &str, arch: &str, project: Option<&str>) -> Result<bool, String> {
        let packages = self.indices(suite, arch).join("Packages");
        let plain = self.plain_archive(suite, arch)?;
        let ask = || {
            let question = ["--suite", suite, "--arch", arch];
            if project.is_some() {
                let mut command = self.formwork("installable", &self.mirror(), &question);
                self.in_project(&mut command, project);
                return command;
            }
            let mut command = self.formwork("installable", plain.root(), &question);
            command.arg("--keyring").arg(plain.keyring());
            command
        };
        let sides = [
            self.cold("formwork, cold", ask),
            self.warm("formwork, warm", ask),
            Side {
                label: "installcheck",
                prepare: Box::new(|| Ok(())),
                command: Box::new(|| program("installcheck", &[arch], &[&packages])),
            },
            Side {
                label: "dose-debcheck",
                prepare: Box::new(|| Ok(())),
                command: Box::new(|| {
                    let native = format!("--deb-native-arch={arch}");
                    program(
                        "dose-debcheck",
                        &["--quiet", "--failures", &native],
                        &[&packages],
                    )
                }),
            },
        ];
        let samples = in_turns(&sides, self.rounds, &self.home)?;
        table::print(
            &format!("installable: all of {suite} main {arch}"),
            &sides,
            &samples,
        );
        let [cold, warm, installcheck, dose] = &samples[..] else {
            return Ok(false);
        };
        let text = fs::read_to_string(&packages).map_err(|error| error.to_string())?;
        let (by_dose, by_installcheck) = (
            broken::dose(&dose.output),
            broken::installcheck(&installcheck.output, &text),
        );
        let peers = [("dose", &by_dose), ("installcheck", &by_installcheck)];
        for line in broken::between(&peers) {
            println!("  the peers differ: {line}");
        }
        let mut met = true;
        for (kind, ours) in [("cold", cold), ("warm", warm)] {
            let differing = broken::differing(&broken::formwork(&ours.output)?, &peers);
            met &= table::verdict(&format!("verdict of each package, {kind}"), &differing);
            met &= table::goal(
                &format!("{kind}: memory of installcheck's"),
                ratio(&ours.memory, &installcheck.memory),
                2.0,
            );
        }
        met &= table::goal(
            "cold: time of installcheck's",
            ratio(&cold.wall, &installcheck.wall),
            0.5,
        );
        met &= table::goal(
            "warm: time of installcheck's",
            ratio(&warm.wall, &installcheck.wall),
            0.125,
        );
        met &= table::goal("warm: time of dose's", ratio(&warm.wall, &dose.wall), 0.025);
        Ok(met)
    }

    /// Build dependencies of all sources beside dose.
    fn builds(&self) -> Result<bool, String> {
        let indices = self.indices("bookworm", "amd64");
        let files = [indices.join("Packages"), indices.join("Sources")];
        let arguments = ["--suite", "bookworm", "--arch", "amd64", "--builds"];
        let sides = [
            self.warm("formwork, warm", || {
                self.formwork("installable", &self.mirror(), &arguments)
            }),
            Side {
                label: "dose-builddebcheck",
                prepare: Box::new(|| Ok(())),
                command: Box::new(|| {
                    let options = ["--quiet", "--failures", "--deb-native-arch=amd64"];
                    program("dose-builddebcheck", &options, &[&files[0], &files[1]])
                }),
            },
        ];
        let samples = in_turns(&sides, self.rounds, &self.home)?;
        table::print(
            "installable --builds: all sources of bookworm main",
            &sides,
            &samples,
        );
        let [ours, dose] = &samples[..] else {
            return Ok(false);
        };
        let by_dose = broken::dose(&dose.output);
        let differing = broken::differing(&broken::formwork(&ours.output)?, &[("dose", &by_dose)]);
        let same = table::verdict("verdict of each source", &differing);
        Ok(same & table::goal("time of dose's", ratio(&ours.wall, &dose.wall), 1.0 / 40.0))
    }

    /// One closure, warm beside apt-get, cold beside xz and apt-cache.
    fn closure(&self) -> Result<bool, String> {
        let root = self.data.join("root/bookworm-amd64");
        let packed = self.indices("bookworm", "amd64").join("Packages.xz");
        let question = ["--suite", "bookworm", "--arch", "amd64", WISH];
        let ask = || self.formwork("closure", &self.mirror(), &question);
        let warm = [
            self.warm("formwork, warm", ask),
            Side {
                label: "apt-get --simulate",
                prepare: Box::new(|| Ok(())),
                command: Box::new(|| {
                    let options = [
                        "-qq",
                        "--simulate",
                        "--no-install-recommends",
                        "install",
                        WISH,
                    ];
                    apt("apt-get", &root, &options)
                }),
            },
        ];
        let cold = [
            self.cold("formwork, cold", ask),
            Side {
                label: "xz + apt-cache gencaches",
                prepare: Box::new(|| remove_apt_caches(&root)),
                command: Box::new(|| {
                    let script = "xz -dc \"$0\" >/dev/null && apt-cache gencaches -q >/dev/null";
                    let mut command = apt("sh", &root, &["-c", script]);
                    command.arg(&packed);
                    command
                }),
            },
        ];
        let warm_samples = brief_in_turns(&warm, self.rounds * 7, &self.home)?;
        table::print(&format!("closure {WISH}, warm"), &warm, &warm_samples);
        let [ours, theirs] = &warm_samples[..] else {
            return Ok(false);
        };
        let mut met = table::goal("time of apt-get's", ratio(&ours.wall, &theirs.wall), 0.05);
        let cold_samples = in_turns(&cold, self.rounds, &self.home)?;
        table::print(
            &format!("closure {WISH}, cold from Packages.xz"),
            &cold,
            &cold_samples,
        );
        let [ours, theirs] = &cold_samples[..] else {
            return Ok(false);
        };
        met &= table::goal(
            "CPU of xz and apt-cache gencaches",
            ratio(&ours.cpu, &theirs.cpu),
            1.0,
        );
        Ok(met)
    }

    /// Warm start of a query on three suites.
    fn start(&self) -> Result<bool, String> {
        let root = self.data.join("root/bookworm+updates+security-amd64");
        let suites = ["bookworm", "bookworm-updates", "bookworm-security"];
        let ask = |name: &str, arguments: &[&str]| {
            let mut command = self.formwork(name, &self.mirror(), &["--arch", "amd64"]);
            command.args(suites.iter().flat_map(|suite| ["--suite", suite]));
            command.args(arguments);
            self.in_project(&mut command, Some("bench/bookworm"));
            command
        };
        let sides = [
            self.warm("formwork show", || ask("show", &["bash"])),
            self.warm("formwork why", || {
                ask("why", &["libtinfo6", "--from", "bash"])
            }),
            self.warm("formwork closure", || ask("closure", &[WISH])),
            self.warm("formwork rdepends", || ask("rdepends", &["libtinfo6"])),
            self.warm("formwork search", || ask("search", &["shell"])),
            Side {
                label: "apt-cache show",
                prepare: Box::new(|| Ok(())),
                command: Box::new(|| apt("apt-cache", &root, &["show", "bash"])),
            },
        ];
        let samples = brief_in_turns(&sides, self.rounds * 7, &self.home)?;
        table::print(
            "warm start on bookworm, updates and security",
            &sides,
            &samples,
        );
        let (theirs, ours) = samples.split_last().ok_or("no samples")?;
        let limit = (median(&theirs.wall) / 10.0).max(0.015);
        let mut met = true;
        for (side, kept) in sides.iter().zip(ours) {
            met &= table::goal(
                &format!("{}: of {:.1} ms", side.label, limit * 1000.0),
                median(&kept.wall) / limit,
                1.0,
            );
        }
        Ok(met)
    }

    /// A side whose cache is emptied before each run.
    fn cold<'a>(&'a self, label: &'static str, ask: impl Fn() -> Command + 'a) -> Side<'a> {
        let cache = self.home.join("cache");
        let prepare = move || match fs::remove_dir_all(&cache) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.to_string()),
            _ => Ok(()),
        };
        Side {
            label,
            prepare: Box::new(prepare),
            command: Box::new(ask),
        }
    }

    /// A side that is asked once before each run, so that its cache is filled.
    fn warm<'a>(&'a self, label: &'static str, ask: impl Fn() -> Command + Copy + 'a) -> Side<'a> {
        let prepare = move || {
            ask()
                .output()
                .map(|_| ())
                .map_err(|error| error.to_string())
        };
        Side {
            label,
            prepare: Box::new(prepare),
            command: Box::new(ask),
        }
    }

    fn formwork(&self, name: &str, mirror: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.formwork);
        command
            .arg(name)
            .arg("--json")
            .arg("--mirror")
            .arg(format!("file://{}", mirror.display()));
        command.args(arguments);
        isolate(&mut command, &self.home);
        command
    }

    fn in_project(&self, command: &mut Command, project: Option<&str>) {
        if let Some(project) = project
            && let Ok(project) = std::path::absolute(project)
        {
            command.arg("--project").arg(project);
        }
    }

    fn indices(&self, suite: &str, arch: &str) -> PathBuf {
        self.data.join("indices").join(format!("{suite}-{arch}"))
    }

    fn mirror(&self) -> PathBuf {
        self.data.join("mirror/debian")
    }

    /// An archive of our own that holds nothing but the text which the peers read, signed.
    fn plain_archive(&self, suite: &str, arch: &str) -> Result<Archive, String> {
        let packages = self.indices(suite, arch).join("Packages");
        let text =
            fs::read(&packages).map_err(|error| format!("{}: {error}", packages.display()))?;
        let archive = Archive::at(&self.data.join(format!("plain/{suite}-{arch}")));
        let path = format!("main/binary-{arch}/Packages");
        archive.overwrite(&format!("dists/{suite}/{path}"), &text);
        let release = format!(
            "Origin: Plain\nSuite: {suite}\nCodename: {suite}\nArchitectures: {arch}\n\
             Components: main\nDate: Sun, 01 Nov 2026 00:00:00 UTC\nSHA256:\n {} {} {path}\n",
            sha256(&text),
            text.len()
        );
        archive.write_release(&Suite::new(suite), &release);
        Ok(archive)
    }
}

fn program(name: &str, options: &[&str], files: &[&Path]) -> Command {
    let mut command = Command::new(name);
    command.args(options).args(files);
    command
}

fn apt(name: &str, root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command
        .env("APT_CONFIG", root.join("apt.conf"))
        .env("LC_ALL", "C")
        .args(arguments);
    command
}

fn remove_apt_caches(root: &Path) -> Result<(), String> {
    for name in ["pkgcache.bin", "srcpkgcache.bin"] {
        let path = root.join("cache").join(name);
        if path.exists() {
            fs::remove_file(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    Ok(())
}

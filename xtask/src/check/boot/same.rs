//! The same image once more, as a user who is not root, with a home in memory that holds nothing
//! but the project, its lock, the packages and the program.

use std::process::Command;

use formwork_model::lock::Lock;
use formwork_model::source::Source;

use super::desk::{Desk, Image, ended, which};
use crate::check::Findings;
use crate::rootfs::place::{is_root, succeed};
use crate::source;

/// What the other user does: the digests come on standard output.
const BUILD: &str = "tar -xf files.tar; rm files.tar; \
    export XDG_CACHE_HOME=$PWD/cache XDG_STATE_HOME=$PWD/state XDG_CONFIG_HOME=$PWD/config; \
    umask 077; cd project; stem=$1; shift; ../program/formwork --quiet build \"$@\" --kind disk >&2; \
    cd \"$stem\"; sha256sum ./*.img ./*.image.json ./*.tree.json ./*.packages.json";
/// What both builds write: the build record also names what else was built.
const ENDINGS: [&str; 4] = ["image.json", "img", "packages.json", "tree.json"];

/// Whose digests differ.
pub(super) fn findings(desk: &Desk, image: &Image) -> Findings {
    desk.build(image, &["--kind", "disk"])?;
    if !is_root() {
        println!("  run by an ordinary user, this build is theirs already");
        return Ok(Vec::new());
    }
    lay_out(desk, image)?;
    let stem = format!("build/{}/{}", image.title, image.architecture);
    let mut command = Command::new(source::root().join(".ci/as-ordinary-user"));
    command.arg("--with").arg(desk.data.join("files.tar"));
    command
        .args(["sh", "-euc", BUILD, "sh", &stem])
        .args(which(image));
    command
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("TZ", "Pacific/Kiritimati");
    let told = String::from_utf8_lossy(&succeed(&mut command)?).into_owned();
    let _ = std::fs::remove_file(desk.data.join("files.tar"));
    let mut findings = Vec::new();
    for ending in ENDINGS {
        let path = desk.file(image, ending);
        let own = succeed(Command::new("sha256sum").arg(&path))?;
        let own: String = String::from_utf8_lossy(&own).chars().take(64).collect();
        let name = format!("./{}.{ending}", image.title);
        let mut lines = told.lines().filter_map(|line| line.split_once("  "));
        match lines.find(|(_, file)| *file == name) {
            Some((digest, _)) if digest == own => println!("  {own}  {name} twice"),
            Some((digest, _)) => findings.push(format!("{name}: {own} by root, else {digest}")),
            None => findings.push(format!("{name} was not built by the other user")),
        }
    }
    Ok(findings)
}

/// Whether `formwork repro`, which builds once more without root and in another environment,
/// finds a difference.
pub(super) fn again(desk: &Desk, image: &Image) -> Findings {
    let mut command = desk.formwork(image);
    command.args(["--quiet", "repro"]).args(which(image));
    let ran = ended(&mut command)?;
    Ok(match ran.status {
        0 => Vec::new(),
        other => vec![format!("repro: exit {other}: {}{}", ran.stdout, ran.last())],
    })
}

/// Packs the project, the packages of its lock and the program.
fn lay_out(desk: &Desk, image: &Image) -> Result<(), String> {
    let base = desk.data.join("other");
    let trouble = |error: std::io::Error| format!("{}: {error}", base.display());
    let blobs = base.join("cache/formwork/blobs/sha256");
    for directory in [&base.join("project"), &base.join("program"), &blobs] {
        std::fs::create_dir_all(directory).map_err(trouble)?;
    }
    let project = desk.project(image);
    for name in ["formwork.toml", "formwork.lock", "images"] {
        let (from, to) = (project.join(name), base.join("project"));
        succeed(Command::new("cp").arg("-r").arg(from).arg(to))?;
    }
    succeed(
        Command::new("cp")
            .arg(&desk.program)
            .arg(base.join("program")),
    )?;
    let text = std::fs::read_to_string(project.join("formwork.lock")).map_err(trouble)?;
    let lock = Lock::read(Source::new("formwork.lock", &text)).map_err(|error| error.message)?;
    let is_meant = |name: &str| name == image.architecture || name == "all";
    for package in lock
        .packages
        .iter()
        .filter(|one| is_meant(&one.architecture))
    {
        let digest = package.sha256.to_string();
        let (from, to) = (desk.blobs().join(&digest[..2]), blobs.join(&digest[..2]));
        // Of packages for other images nothing may have been fetched.
        if from.join(&digest).exists() {
            std::fs::create_dir_all(&to).map_err(trouble)?;
            std::fs::hard_link(from.join(&digest), to.join(&digest))
                .or_else(|_| std::fs::copy(from.join(&digest), to.join(&digest)).map(drop))
                .map_err(trouble)?;
        }
    }
    let mut command = Command::new("tar");
    command
        .arg("-cf")
        .arg(desk.data.join("files.tar"))
        .arg("-C")
        .arg(&base);
    succeed(command.args(["project", "program", "cache"]))?;
    std::fs::remove_dir_all(&base).map_err(trouble)
}

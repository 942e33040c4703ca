//! The project's own files that an image's settings name: found, read, and named by digest.
//!
//! What goes into a tree is a function of the order, so each file is in it with its SHA-256; the
//! sandbox reads the file again and checks it. A path that leaves the project, also by a
//! symbolic link, is refused. Of the modes of copied files only the executable bit counts, which
//! is all that git keeps.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use formwork_deb::sha256::Sha256;
use formwork_model::layout::Layout;
use formwork_model::settings::{
    Content, Directory, Member, MemberKind, ProjectFile, Settings, is_ssh_key,
};
use formwork_sys::fs;

use crate::Error;
use crate::project::ProjectError;

/// No file of a project that goes into a tree is larger.
const MAX_FILE: u64 = 512 << 20;
/// No copied directory holds more.
const MAX_MEMBERS: usize = 100_000;

/// Fills in what the settings need to know of the project's files.
pub(crate) fn load(directory: &Path, mut settings: Settings) -> Result<Settings, Error> {
    if settings.is_empty() {
        return Ok(settings);
    }
    let root = std::fs::canonicalize(directory)
        .map_err(|error| formwork_sys::Error::io("find", directory, error))?;
    for directory in &mut settings.directories {
        if directory.source.is_some() {
            directory.members = members(&root, directory)?;
        }
    }
    for file in settings.project_files() {
        fill(&root, file)?;
    }
    check_keys(&settings)?;
    for script in &settings.scripts {
        let start = read(&script.file)?;
        if !start.starts_with(b"#!") {
            let message = format!("{} does not begin with #!", script.file.path);
            return Err(wrong(&script.file.at, message, "as in #!/bin/sh"));
        }
    }
    Ok(settings)
}

/// Fills in what a layout needs to know of the project's files.
pub(crate) fn load_layout(directory: &Path, mut layout: Layout) -> Result<Layout, Error> {
    let files = layout.project_files();
    if !files.is_empty() {
        let root = std::fs::canonicalize(directory)
            .map_err(|error| formwork_sys::Error::io("find", directory, error))?;
        for file in files {
            fill(&root, file)?;
        }
    }
    Ok(layout)
}

/// Size and digest of one file.
fn fill(root: &Path, file: &mut ProjectFile) -> Result<(), Error> {
    file.host = inside(root, &file.path, &file.at)?;
    let found = std::fs::metadata(&file.host)
        .map_err(|error| formwork_sys::Error::io("read", &file.host, error))?;
    if !found.is_file() {
        let hint = "to copy a directory: [directories.\"/PATH\"] with source";
        return Err(wrong(&file.at, format!("{} is no file", file.path), hint));
    }
    let content = read(file)?;
    file.size = content.len() as u64;
    file.sha256 = Sha256::of(&content).to_string();
    Ok(())
}

/// The content of a file that was found.
fn read(file: &ProjectFile) -> Result<Vec<u8>, Error> {
    Ok(fs::read_limited(&file.host, MAX_FILE)?)
}

/// The real place of a path of the project, which must lie in it.
fn inside(root: &Path, path: &str, at: &str) -> Result<PathBuf, Error> {
    let full = match std::fs::canonicalize(root.join(path)) {
        Ok(full) => full,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let hint = "paths are relative to the directory of formwork.toml";
            return Err(wrong(at, format!("the project has no {path}"), hint));
        }
        Err(error) => return Err(formwork_sys::Error::io("find", &root.join(path), error).into()),
    };
    if full.starts_with(root) {
        return Ok(full);
    }
    let message = format!("{path} leads out of the project");
    Err(wrong(at, message, "copy it into the project"))
}

/// Everything in a directory of the project, sorted by path.
fn members(root: &Path, directory: &Directory) -> Result<Vec<Member>, Error> {
    let source = directory.source.as_deref().unwrap_or_default();
    let start = inside(root, source, &directory.at)?;
    if !start.is_dir() {
        return Err(wrong(
            &directory.at,
            format!("{source} is no directory"),
            "to copy a file: [files.\"/PATH\"] with source",
        ));
    }
    let mut members = Vec::new();
    let mut open = vec![String::new()];
    while let Some(below) = open.pop() {
        for (name, kind) in entries(&start.join(&below), &directory.at)? {
            let path = if below.is_empty() {
                name
            } else {
                format!("{below}/{name}")
            };
            let host = start.join(&path);
            let file = || ProjectFile {
                path: format!("{source}/{path}"),
                at: directory.at.clone(),
                ..ProjectFile::default()
            };
            let kind = if kind.is_dir() {
                open.push(path.clone());
                MemberKind::Directory
            } else if kind.is_symlink() {
                MemberKind::Link(link(&host, &directory.at)?)
            } else if kind.is_file() {
                let mode = std::fs::metadata(&host).map(|found| found.permissions().mode());
                match mode.unwrap_or(0) & 0o100 {
                    0 => MemberKind::File(file()),
                    _ => MemberKind::Executable(file()),
                }
            } else {
                let message =
                    format!("{source}/{path} is neither a file nor a directory nor a link");
                return Err(wrong(&directory.at, message, "take it out"));
            };
            members.push(Member { path, kind });
        }
        if members.len() > MAX_MEMBERS {
            let message = format!("{source} holds more than {MAX_MEMBERS} files");
            return Err(wrong(&directory.at, message, "put them into a package"));
        }
    }
    members.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(members)
}

/// The entries of a directory of the project.
fn entries(directory: &Path, at: &str) -> Result<Vec<(String, std::fs::FileType)>, Error> {
    let fail = |error| Error::from(formwork_sys::Error::io("read", directory, error));
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let name = entry.file_name().into_string().map_err(|name| {
            let message = format!("the name {} is not UTF-8", name.to_string_lossy());
            wrong(at, message, "give the file another name")
        })?;
        entries.push((name, entry.file_type().map_err(fail)?));
    }
    Ok(entries)
}

/// What a symbolic link of the project says; in the tree it says the same.
fn link(host: &Path, at: &str) -> Result<String, Error> {
    let target =
        std::fs::read_link(host).map_err(|error| formwork_sys::Error::io("read", host, error))?;
    target.into_os_string().into_string().map_err(|_| {
        let message = format!("the link {} is not UTF-8", host.display());
        wrong(at, message, "give the file another name")
    })
}

/// Files of SSH keys hold public keys and nothing else.
fn check_keys(settings: &Settings) -> Result<(), Error> {
    for content in settings.users.iter().flat_map(|user| &user.ssh_keys) {
        let Content::File(file) = content else {
            continue;
        };
        let text = String::from_utf8_lossy(&read(file)?).into_owned();
        if text.contains("PRIVATE KEY") {
            let message = format!("{} holds a private key", file.path);
            return Err(wrong(
                &file.at,
                message,
                "give the public one, and take this one out of the project",
            ));
        }
        let mut lines = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        if let Some(bad) = lines.clone().position(|line| !is_ssh_key(line)) {
            let message = format!("key {} of {} is no public key of SSH", bad + 1, file.path);
            return Err(wrong(
                &file.at,
                message,
                "a line as in ~/.ssh/id_ed25519.pub",
            ));
        }
        if lines.next().is_none() {
            return Err(wrong(
                &file.at,
                format!("{} holds no key", file.path),
                "take it out",
            ));
        }
    }
    Ok(())
}

/// An error about a setting, with its place.
fn wrong(at: &str, message: impl Into<String>, hint: &str) -> Error {
    ProjectError::Setting {
        at: at.to_owned(),
        message: message.into(),
        hint: hint.to_owned(),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// The settings of an image of this text in a project with these files, loaded.
    fn loaded(image: &str, files: &[(&str, &str)]) -> Result<Settings, String> {
        let home = tempfile::tempdir().expect("a directory");
        let project = home.path().join("project");
        let write = |path: &str, text: &str| {
            let path = project.join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            std::fs::write(path, text).expect("a file");
        };
        std::fs::create_dir_all(home.path().join("outside")).expect("a directory");
        write(
            "formwork.toml",
            "[project]\nname = \"x\"\nsuites = [\"bookworm\"]\narchitectures = [\"amd64\"]\n\
             [repositories.debian]\nsuite = \"bookworm\"\n",
        );
        write("images/gateway.toml", image);
        for (path, text) in files {
            write(path, text);
        }
        symlink("../outside", project.join("way-out")).expect("a link");
        let found = crate::project::load(&project).expect("loads");
        let settings = found.project.builds()[0].settings.clone();
        load(&found.directory, settings).map_err(|error| error.to_string())
    }

    #[test]
    fn files_are_named_by_their_digest_and_directories_are_listed() {
        let image = "scripts = [\"run.sh\"]\n[files.\"/etc/motd\"]\nsource = \"files/motd\"\n\
                     [directories.\"/opt/app\"]\nsource = \"app\"\n";
        let files = [
            ("files/motd", "hello\n"),
            ("run.sh", "#!/bin/sh\n"),
            ("app/z", ""),
            ("app/bin/tool", "x"),
        ];
        let settings = loaded(image, &files).expect("loads");
        let Content::File(motd) = &settings.files[0].content else {
            panic!("a file")
        };
        assert_eq!(motd.size, 6);
        assert_eq!(motd.sha256, Sha256::of(b"hello\n").to_string());
        let members: Vec<&str> = settings.directories[0]
            .members
            .iter()
            .map(|member| member.path.as_str())
            .collect();
        assert_eq!(members, ["bin", "bin/tool", "z"]);
        let text = serde_json::to_string(&settings.bare()).expect("JSON");
        assert!(!text.contains("/project/"), "{text}");
    }

    #[test]
    fn what_leaves_the_project_or_is_no_such_thing_is_refused() {
        let table = [
            (
                "[files.\"/a\"]\nsource = \"gone\"",
                "images/gateway.toml:2: the project has no gone",
            ),
            (
                "[files.\"/a\"]\nsource = \"way-out\"",
                "images/gateway.toml:2: way-out leads out of the project",
            ),
            (
                "[files.\"/a\"]\nsource = \"app\"",
                "images/gateway.toml:2: app is no file",
            ),
            (
                "[directories.\"/a\"]\nsource = \"app/x\"",
                "images/gateway.toml:1: app/x is no directory",
            ),
            (
                "[directories.\"/a\"]\nsource = \"way-out\"",
                "images/gateway.toml:1: way-out leads out of the project",
            ),
            (
                "scripts = [\"app/x\"]",
                "images/gateway.toml:1: app/x does not begin with #!",
            ),
            (
                "[users.a]\nssh_keys = [\"key\"]",
                "images/gateway.toml:2: key holds a private key",
            ),
            (
                "[users.a]\nssh_keys = [\"app/x\"]",
                "images/gateway.toml:2: key 2 of app/x is no public key of SSH",
            ),
        ];
        for (image, expected) in table {
            let files = [
                ("app/x", "# keys\nssh-rsa AAAA x\nnothing\n"),
                ("key", "-----BEGIN OPENSSH PRIVATE KEY-----\n"),
            ];
            assert_eq!(loaded(image, &files).expect_err(image), expected);
        }
    }
}

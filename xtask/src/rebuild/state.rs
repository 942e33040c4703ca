//! A project that is edited: what its image says, as data, and how it is written down.

use crate::rootfs::place::write;
use formwork_testkit::package::Package;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// A unit of the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    /// What it says of itself.
    pub(super) description: u64,
    /// Whether it is started at boot.
    pub(super) enabled: bool,
}

/// A package of the project's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Own {
    /// The number behind the dot of its version.
    pub(super) version: u64,
    /// What its file holds.
    pub(super) content: u64,
}

/// All that edits change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// Files of the image by their paths, as the seed and the size of their content.
    pub(super) files: BTreeMap<String, (u64, usize)>,
    /// Kernel parameters and their values.
    pub(super) parameters: BTreeMap<String, u64>,
    /// The host name's number.
    pub(super) host: u64,
    /// Whether a module is loaded at boot.
    pub(super) module: bool,
    /// The number in the options of a module, from one on.
    pub(super) options: u64,
    /// Users, with what their comments say.
    pub(super) users: BTreeMap<String, u64>,
    /// Units by name.
    pub(super) units: BTreeMap<String, Unit>,
    /// Own packages by name.
    pub(super) packages: BTreeMap<String, Own>,
}

impl State {
    /// Writes the image, its files and the own packages; what is no longer meant goes.
    pub(super) fn write(&self, project: &Path, wishes: &[String]) -> Result<(), String> {
        for name in ["files", "packages"] {
            // What an edit took away must not stay behind; it is no error that there is nothing.
            let _nothing = std::fs::remove_dir_all(project.join(name));
        }
        for (path, (seed, size)) in &self.files {
            let content = text(*seed, *size);
            write(&project.join(format!("files{path}")), &content)?;
        }
        for (name, own) in &self.packages {
            let path = project.join(format!("packages/{name}_1.{}_all.deb", own.version));
            write(&path, "")?;
            std::fs::write(&path, package(name, own).deb())
                .map_err(|error| format!("{}: {error}", path.display()))?;
        }
        write(&project.join("images/rebuild.toml"), &self.image(wishes))
    }

    /// The image as TOML.
    fn image(&self, wishes: &[String]) -> String {
        let mut packages = wishes.to_vec();
        packages.extend(self.packages.keys().cloned());
        let mut text = format!(
            "packages = {packages:?}\nvariant = \"minbase\"\nrecommends = false\n\
             forms = [\"disk\"]\n\n[boot]\n\n[partitions.root]\nfilesystem = \"erofs\"\n\n\
             [system]\nhostname = \"device-{}\"\n",
            self.host
        );
        // Writing into a string cannot fail.
        let mut put = |line: String| {
            let _written = writeln!(text, "{line}");
        };
        if self.module {
            put("\n[kernel]\nmodules = [\"dm_verity\"]".to_owned());
        }
        if self.options > 0 {
            put(format!(
                "\n[files.\"/etc/modprobe.d/edited.conf\"]\n\
                 content = \"options loop max_loop={}\\n\"",
                self.options
            ));
        }
        for path in self.files.keys() {
            put(format!("\n[files.{path:?}]\nsource = \"files{path}\""));
        }
        for (name, unit) in &self.units {
            put(format!(
                "\n[files.\"/etc/systemd/system/{name}.service\"]\ncontent = \"\"\"\n[Unit]\n\
                 Description=Number {}\n[Service]\nExecStart=/bin/true\n[Install]\n\
                 WantedBy=multi-user.target\n\"\"\"",
                unit.description
            ));
        }
        let enabled = self.units.iter().filter(|(_, unit)| unit.enabled);
        let enabled: Vec<&String> = enabled.map(|(name, _)| name).collect();
        if !enabled.is_empty() {
            put(format!("\n[services]\nenable = {enabled:?}"));
        }
        for (name, comment) in &self.users {
            put(format!(
                "\n[users.{name}]\nlocked = true\ncomment = \"Number {comment}\""
            ));
        }
        if !self.parameters.is_empty() {
            put("\n[sysctl]".to_owned());
        }
        for (name, value) in &self.parameters {
            put(format!("{name:?} = {value}"));
        }
        text
    }
}

/// An own package: a file, a configuration file, and a script that leaves its mark.
fn package(name: &str, own: &Own) -> Package {
    let script = format!(
        "#!/bin/sh\nset -e\nmkdir -p /var/lib/{name}\necho \"$1 {}\" > /var/lib/{name}/mark\n",
        own.content
    );
    Package::new(name, &format!("1.{}", own.version), "all")
        .field("Depends", "libc6")
        .file(
            &format!("usr/share/{name}/data"),
            text(own.content, 4_000).as_bytes(),
        )
        .file(&format!("etc/{name}.conf"), b"key = value\n")
        .script("postinst", &script)
}

/// A text of a size that follows from a seed.
fn text(seed: u64, size: usize) -> String {
    let mut random = crate::differential::random::Random::new(seed, "text");
    let mut text = String::with_capacity(size + 20);
    while text.len() < size {
        let _written = write!(text, "{:x} ", random.next());
    }
    text.truncate(size);
    text
}

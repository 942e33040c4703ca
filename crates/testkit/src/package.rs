//! Packages and sources of a toy archive, as a test declares them.

use crate::bytes::{Compression, sha256};
use crate::deb_file::{FileEntry, deb};

/// One binary package: fields as text, files, and lies for the index where a test needs them.
#[derive(Debug, Clone)]
pub struct Package {
    /// Package name.
    pub name: String,
    /// Version, as written.
    pub version: String,
    /// Architecture, or `all`.
    pub architecture: String,
    /// Component of the archive it belongs to; `main` unless said.
    pub component: String,
    fields: Vec<(String, String)>,
    files: Vec<FileEntry>,
    scripts: Vec<FileEntry>,
    compression: Compression,
    index_overrides: Vec<(String, Option<String>)>,
}

impl Package {
    /// A package without dependencies and files.
    #[must_use]
    pub fn new(name: &str, version: &str, architecture: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            architecture: architecture.to_owned(),
            component: "main".to_owned(),
            fields: Vec::new(),
            files: Vec::new(),
            scripts: Vec::new(),
            compression: Compression::Xz,
            index_overrides: Vec::new(),
        }
    }

    /// Adds a control field, such as `("Depends", "libc6 (>= 2.36)")`.
    #[must_use]
    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a regular file of mode 0644 to the data part.
    #[must_use]
    pub fn file(mut self, path: &str, content: &[u8]) -> Self {
        self.files.push(FileEntry {
            path: path.to_owned(),
            content: content.to_vec(),
            mode: 0o644,
        });
        self
    }

    /// Adds a regular file of mode 0755 to the data part.
    #[must_use]
    pub fn program(mut self, path: &str, content: &[u8]) -> Self {
        self.files.push(FileEntry {
            path: path.to_owned(),
            content: content.to_vec(),
            mode: 0o755,
        });
        self
    }

    /// Adds a maintainer script, such as `postinst`, of mode 0755.
    #[must_use]
    pub fn script(mut self, name: &str, content: &str) -> Self {
        self.scripts.push(FileEntry {
            path: name.to_owned(),
            content: content.as_bytes().to_vec(),
            mode: 0o755,
        });
        self
    }

    /// Puts the package into another component.
    #[must_use]
    pub fn component(mut self, component: &str) -> Self {
        component.clone_into(&mut self.component);
        self
    }

    /// Packs the members of the `.deb` in another way than xz.
    #[must_use]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Writes another value into the index than what is true, or none: for tests of attacks.
    #[must_use]
    pub fn index_field(mut self, name: &str, value: Option<&str>) -> Self {
        self.index_overrides
            .push((name.to_owned(), value.map(str::to_owned)));
        self
    }

    /// Where the file lies below the archive's root.
    #[must_use]
    pub fn pool_path(&self) -> String {
        let version = self
            .version
            .split_once(':')
            .map_or(self.version.as_str(), |(_, rest)| rest);
        format!(
            "pool/{}/{}/{}/{}_{version}_{}.deb",
            self.component,
            pool_prefix(&self.name),
            self.name,
            self.name,
            self.architecture
        )
    }

    /// The bytes of the `.deb`.
    #[must_use]
    pub fn deb(&self) -> Vec<u8> {
        deb(
            &self.control(),
            &self.scripts,
            &self.files,
            self.compression,
        )
    }

    /// The stanza of the `Packages` file, ending with an empty line.
    #[must_use]
    pub fn stanza(&self) -> String {
        let file = self.deb();
        let mut fields = self.all_fields();
        fields.push(("Filename".to_owned(), self.pool_path()));
        fields.push(("Size".to_owned(), file.len().to_string()));
        fields.push(("SHA256".to_owned(), sha256(&file)));
        for (name, value) in &self.index_overrides {
            fields.retain(|(known, _)| known != name);
            if let Some(value) = value {
                fields.push((name.clone(), value.clone()));
            }
        }
        stanza(&fields) + "\n"
    }

    fn control(&self) -> String {
        stanza(&self.all_fields())
    }

    fn all_fields(&self) -> Vec<(String, String)> {
        let mut fields = vec![
            ("Package".to_owned(), self.name.clone()),
            ("Version".to_owned(), self.version.clone()),
            ("Architecture".to_owned(), self.architecture.clone()),
        ];
        let defaults = [
            ("Maintainer", "Toy Archive <toy@mirror.example>"),
            ("Installed-Size", "12"),
            ("Description", "toy package for tests"),
        ];
        for (name, value) in defaults {
            if !self.fields.iter().any(|(known, _)| known == name) {
                fields.push((name.to_owned(), value.to_owned()));
            }
        }
        fields.extend(self.fields.iter().cloned());
        fields
    }
}

/// One source package: its stanza in `Sources`, a `.dsc` and a tiny tar archive.
#[derive(Debug, Clone)]
pub struct Source {
    /// Source package name.
    pub name: String,
    /// Version, as written.
    pub version: String,
    /// Component of the archive it belongs to; `main` unless said.
    pub component: String,
    fields: Vec<(String, String)>,
}

impl Source {
    /// A source that builds the binaries named, without build dependencies.
    #[must_use]
    pub fn new(name: &str, version: &str, binaries: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            component: "main".to_owned(),
            fields: vec![("Binary".to_owned(), binaries.to_owned())],
        }
    }

    /// Adds a field, such as `("Build-Depends", "debhelper (>= 12)")`.
    #[must_use]
    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The directory below the archive's root.
    #[must_use]
    pub fn directory(&self) -> String {
        format!(
            "pool/{}/{}/{}",
            self.component,
            pool_prefix(&self.name),
            self.name
        )
    }

    /// The files of the source: name and content.
    #[must_use]
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let tarball = Compression::Xz.pack(&crate::deb_file::tar(&[]));
        let tarball_name = format!("{}_{}.tar.xz", self.name, self.version);
        let mut fields = vec![
            ("Format".to_owned(), "3.0 (native)".to_owned()),
            ("Source".to_owned(), self.name.clone()),
        ];
        fields.extend(self.described());
        fields.push(checksums(&[(tarball_name.clone(), tarball.clone())]));
        vec![
            (
                format!("{}_{}.dsc", self.name, self.version),
                stanza(&fields).into_bytes(),
            ),
            (tarball_name, tarball),
        ]
    }

    /// The stanza of the `Sources` file, ending with an empty line.
    #[must_use]
    pub fn stanza(&self) -> String {
        let mut fields = vec![("Package".to_owned(), self.name.clone())];
        fields.extend(self.described());
        fields.push(("Directory".to_owned(), self.directory()));
        fields.push(checksums(&self.files()));
        stanza(&fields) + "\n"
    }

    fn described(&self) -> Vec<(String, String)> {
        let mut fields = vec![("Version".to_owned(), self.version.clone())];
        if !self.fields.iter().any(|(name, _)| name == "Architecture") {
            fields.push(("Architecture".to_owned(), "any".to_owned()));
        }
        fields.extend(self.fields.iter().cloned());
        fields
    }
}

fn checksums(files: &[(String, Vec<u8>)]) -> (String, String) {
    let lines: String = files
        .iter()
        .map(|(name, content)| format!("\n {} {} {name}", sha256(content), content.len()))
        .collect();
    ("Checksums-Sha256".to_owned(), lines)
}

fn stanza(fields: &[(String, String)]) -> String {
    fields
        .iter()
        .map(|(name, value)| match value.starts_with('\n') {
            true => format!("{name}:{value}\n"),
            false => format!("{name}: {value}\n"),
        })
        .collect()
}

/// `h` for hello, `libh` for libhello: Debian's own pool layout.
fn pool_prefix(name: &str) -> &str {
    let length = if name.starts_with("lib") && name.len() > 3 {
        4
    } else {
        1
    };
    &name[..length.min(name.len())]
}

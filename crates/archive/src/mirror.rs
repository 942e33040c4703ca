//! Which mirror serves a suite: by default the one that this machine's own apt uses.
//!
//! For an ordinary suite that is the apt source that carries the suite itself, else any Debian
//! source of the machine, since one Debian mirror carries all suites. A suite `…-security` (or
//! `…/updates`, as of old) lives in an archive of its own: there it is the source that carries
//! it, else any security source, else the sibling of the machine's Debian source.
//!
//! A Debian source has the component `main` and an address whose last part is `debian`
//! (`debian-security` for security); an address of another form counts only for the very suites
//! it lists. Whatever is found must still be signed by Debian's keys.
//!
//! For an address given by `--mirror` the security archive is its sibling: `…/debian` becomes
//! `…/debian-security`, and any other address gets `-security` at its end.

mod one_line;
mod paragraphs;

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::trust::KeyringSource;
use crate::url::Url;

/// The most that one file of sources may hold.
const MAX_BYTES: u64 = 4 << 20;

/// One source of apt: where, and what it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AptSource {
    /// Its addresses, in order of preference.
    pub urls: Vec<Url>,
    /// The suites as written.
    pub suites: Vec<String>,
    /// The components.
    pub components: Vec<String>,
    /// The keyrings that it names.
    pub signed_by: Vec<KeyringSource>,
}

/// All the sources of a machine's apt.
#[derive(Clone, Debug, Default)]
pub struct AptSources {
    /// The sources of binary or source packages that are enabled, in apt's order.
    pub sources: Vec<AptSource>,
    /// The files that were read.
    pub files: Vec<String>,
    /// What could not be understood, for people.
    pub notes: Vec<String>,
}

/// A mirror for a suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// The directory above `dists/`.
    pub url: Url,
    /// The keyrings that the apt source names; empty where none is named or the mirror was given.
    pub signed_by: Vec<KeyringSource>,
}

impl AptSources {
    /// Reads the sources of the machine whose files are below `root`.
    #[must_use]
    pub fn read(root: &Path) -> AptSources {
        let mut all = AptSources::default();
        for path in source_files(root) {
            let Ok(bytes) = formwork_sys::fs::read_limited(&path, MAX_BYTES) else {
                continue;
            };
            let text = String::from_utf8_lossy(&bytes);
            let mut reader = Reader {
                root,
                file: shown(&path, root),
                all: &mut all,
            };
            if path
                .extension()
                .is_some_and(|extension| extension == "sources")
            {
                paragraphs::read(&text, &mut reader);
            } else {
                one_line::read(&text, &mut reader);
            }
            all.files.push(shown(&path, root));
        }
        all
    }

    /// The mirror for a suite, if the machine knows one.
    #[must_use]
    pub fn find(&self, suite: &str) -> Option<Mirror> {
        if is_security(suite) {
            return self
                .best(suite, "debian-security", is_security)
                .or_else(|| {
                    let main = self.best(suite, "debian", |_| true)?;
                    Some(Mirror {
                        url: security_sibling(&main.url),
                        ..main
                    })
                });
        }
        self.best(suite, "debian", |_| true)
    }

    /// The source with the lowest rank; the first of equals.
    fn best(&self, suite: &str, archive: &str, kin: impl Fn(&str) -> bool) -> Option<Mirror> {
        let ranked = self.sources.iter().filter_map(|source| {
            let rank = source.rank(suite, archive, &kin)?;
            let mirror = Mirror {
                url: source.urls.first()?.clone(),
                signed_by: source.signed_by.clone(),
            };
            Some((rank, mirror))
        });
        ranked
            .min_by_key(|(rank, _)| *rank)
            .map(|(_, mirror)| mirror)
    }
}

impl AptSource {
    fn rank(&self, suite: &str, archive: &str, kin: &impl Fn(&str) -> bool) -> Option<u8> {
        if !self
            .components
            .iter()
            .any(|one| one == "main" || one == "updates/main")
        {
            return None;
        }
        let listed = self.suites.iter().any(|one| one == suite);
        let path = self.urls.first()?.path();
        let last = path
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or_default();
        let debian = last == archive && self.suites.iter().any(|one| kin(one));
        match (listed, debian) {
            (true, true) => Some(0),
            (false, true) => Some(1),
            (true, false) => Some(2),
            // A security archive at the root of its own host.
            (false, false)
                if archive == "debian-security" && self.suites.iter().all(|one| kin(one)) =>
            {
                Some(3)
            }
            (false, false) => None,
        }
    }
}

/// The mirror for a suite: the given one, else the machine's, else an error that teaches.
pub fn mirror_for(suite: &str, given: Option<&Url>, root: &Path) -> Result<Mirror, Error> {
    if let Some(url) = given {
        let url = if is_security(suite) {
            security_sibling(url)
        } else {
            url.clone()
        };
        return Ok(Mirror {
            url,
            signed_by: Vec::new(),
        });
    }
    let machine = AptSources::read(root);
    let AptSources { files, notes, .. } = &machine;
    machine.find(suite).ok_or_else(|| Error::NoMirror {
        suite: suite.to_owned(),
        sources: files.clone(),
        notes: notes.clone(),
    })
}

/// Whether a suite lives in the security archive.
#[must_use]
pub fn is_security(suite: &str) -> bool {
    suite.ends_with("-security")
        || suite.ends_with("/updates")
        || suite.ends_with("-security/updates")
}

/// The security archive that stands beside an archive.
#[must_use]
pub fn security_sibling(url: &Url) -> Url {
    url.extended("-security")
}

/// What both formats of sources need while they are read.
struct Reader<'a> {
    root: &'a Path,
    file: String,
    all: &'a mut AptSources,
}

/// One source as either format writes it.
#[derive(Default)]
struct Written<'a> {
    uris: Vec<&'a str>,
    suites: Vec<&'a str>,
    components: Vec<&'a str>,
    signed_by: &'a str,
}

impl Reader<'_> {
    fn note(&mut self, line: u64, text: &str) {
        self.all.notes.push(format!("{}:{line}: {text}", self.file));
    }

    fn add(&mut self, line: u64, written: &Written<'_>) {
        let mut urls = Vec::new();
        for uri in &written.uris {
            match self.addresses(uri) {
                Ok(mut found) => urls.append(&mut found),
                Err(reason) => self.note(line, &reason),
            }
        }
        if urls.is_empty() || written.suites.is_empty() {
            return;
        }
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let signed_by = self.keyrings(written.signed_by);
        self.all.sources.push(AptSource {
            urls,
            suites: owned(&written.suites),
            components: owned(&written.components),
            signed_by,
        });
    }

    /// The addresses behind a URI: itself, or those in the file of a `mirror+file:` list.
    fn addresses(&self, uri: &str) -> Result<Vec<Url>, String> {
        let Some(list) = uri.strip_prefix("mirror+file:") else {
            return Url::parse(uri)
                .map(|url| vec![url])
                .map_err(|error| error.to_string());
        };
        let path = below(self.root, list.trim_start_matches("//"));
        let bytes =
            formwork_sys::fs::read_limited(&path, MAX_BYTES).map_err(|error| error.to_string())?;
        Ok(mirror_list(&String::from_utf8_lossy(&bytes)))
    }

    /// The files of `Signed-By`, or the key that stands there; fingerprints name no file.
    fn keyrings(&self, value: &str) -> Vec<KeyringSource> {
        if value.contains("-----BEGIN PGP") {
            return vec![KeyringSource::Embedded(value.to_owned())];
        }
        value
            .split([',', ' ', '\t', '\n'])
            .filter(|word| word.starts_with('/'))
            .map(|word| KeyringSource::File(below(self.root, word)))
            .collect()
    }
}

/// The addresses of a mirror list, by their priority; lines without one come last.
fn mirror_list(text: &str) -> Vec<Url> {
    let mut found: Vec<(u32, Url)> = Vec::new();
    for line in text.lines().map(without_comment) {
        let mut words = line.split_ascii_whitespace();
        let Some(Ok(url)) = words.next().map(Url::parse) else {
            continue;
        };
        let priority = words.find_map(|word| word.strip_prefix("priority:")?.parse().ok());
        found.push((priority.unwrap_or(u32::MAX), url));
    }
    found.sort_by_key(|(priority, _)| *priority);
    found.into_iter().map(|(_, url)| url).collect()
}

/// The files that apt reads, in its order: the main list, then the others by name.
fn source_files(root: &Path) -> Vec<PathBuf> {
    let mut files = vec![root.join("etc/apt/sources.list")];
    let directory = std::fs::read_dir(root.join("etc/apt/sources.list.d"));
    let mut parts: Vec<PathBuf> = directory
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| is_source_file(path))
        .collect();
    parts.sort();
    files.append(&mut parts);
    files.retain(|path| path.is_file());
    files
}

/// apt passes over names with other characters, such as those of editors' backups.
fn is_source_file(path: &Path) -> bool {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let plain = |one: char| one.is_ascii_alphanumeric() || matches!(one, '_' | '-' | '.');
    (name.ends_with(".list") || name.ends_with(".sources")) && name.chars().all(plain)
}

fn below(root: &Path, absolute: &str) -> PathBuf {
    root.join(absolute.trim_start_matches('/'))
}

fn shown(path: &Path, root: &Path) -> String {
    let relative = path.strip_prefix(root).unwrap_or(path);
    format!(
        "/{}",
        relative.display().to_string().trim_start_matches('/')
    )
}

fn without_comment(line: &str) -> &str {
    line.split('#').next().unwrap_or_default()
}

#[cfg(test)]
mod tests;

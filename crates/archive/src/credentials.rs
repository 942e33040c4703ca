//! Credentials of private repositories: apt's `auth.conf`, and the environment.
//!
//! `/etc/apt/auth.conf` and `auth.conf.d/*.conf` hold words separated by blanks or line ends,
//! as in a netrc file: `machine HOST login USER password WORD`. The host may carry a scheme, a
//! port and a path that the address must begin with. Without a scheme an entry serves `https`
//! only (see apt_auth.conf(5)). `FORMWORK_CREDENTIALS_NAME=user:password` serves the repository
//! of that name, upper-cased, with `_` for whatever is no letter or digit, and wins.

use std::fmt;
use std::path::Path;

use crate::url::{Scheme, Url};

/// The most that a file of credentials may hold.
const MAX_BYTES: u64 = 1 << 20;

/// All credentials that this user may read. `Debug` shows none of them.
#[derive(Clone, Default)]
pub struct Credentials {
    entries: Vec<Entry>,
    environment: Vec<(String, String)>,
}

#[derive(Clone, Default)]
struct Entry {
    machine: String,
    login: String,
    password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "Credentials({} entries)",
            self.entries.len() + self.environment.len()
        )
    }
}

impl Credentials {
    /// Reads apt's files below `root` and the given environment.
    ///
    /// Files that this user may not read are passed over, as apt does: they are often root's.
    #[must_use]
    pub fn load(root: &Path, environment: impl Iterator<Item = (String, String)>) -> Credentials {
        let mut entries = Vec::new();
        for path in files(root) {
            if let Ok(bytes) = formwork_sys::fs::read_limited(&path, MAX_BYTES) {
                parse(&String::from_utf8_lossy(&bytes), &mut entries);
            }
        }
        let environment = environment
            .filter_map(|(name, value)| {
                Some((
                    name.strip_prefix("FORMWORK_CREDENTIALS_")?.to_owned(),
                    value,
                ))
            })
            .collect();
        Credentials {
            entries,
            environment,
        }
    }

    /// The address with the credentials for it, if there are any and it carries none.
    ///
    /// `repository` names whose credentials in the environment may go there.
    #[must_use]
    pub fn apply(&self, repository: Option<&String>, url: &Url) -> Url {
        if url.credentials().is_some() || url.scheme() == Scheme::File {
            return url.clone();
        }
        let wanted = repository.map(|name| variable_part(name));
        let named = self
            .environment
            .iter()
            .find(|(name, _)| Some(name) == wanted.as_ref());
        if let Some((_, value)) = named {
            let (user, password) = value.split_once(':').unwrap_or((value, ""));
            return url.clone().with_credentials(user, password);
        }
        match self.entries.iter().find(|entry| entry.serves(url)) {
            Some(entry) => url.clone().with_credentials(&entry.login, &entry.password),
            None => url.clone(),
        }
    }
}

impl Entry {
    fn serves(&self, url: &Url) -> bool {
        let machine = match self.machine.split_once("://") {
            Some((scheme, rest)) if scheme == url.scheme().word() => rest,
            Some(_) => return false,
            None if url.scheme() == Scheme::Https => &self.machine,
            None => return false,
        };
        let origin = url.origin();
        let with_port = origin.split_once("://").map_or("", |(_, rest)| rest);
        if machine.contains('/') {
            return format!("{with_port}{}", url.path()).starts_with(machine);
        }
        machine == with_port || machine == url.host()
    }
}

/// The end of the environment variable for a repository of this name.
fn variable_part(repository: &str) -> String {
    let word = |one: char| {
        if one.is_ascii_alphanumeric() {
            one.to_ascii_uppercase()
        } else {
            '_'
        }
    };
    repository.chars().map(word).collect()
}

fn files(root: &Path) -> Vec<std::path::PathBuf> {
    let mut found = vec![root.join("etc/apt/auth.conf")];
    let directory = std::fs::read_dir(root.join("etc/apt/auth.conf.d"));
    let mut parts: Vec<_> = directory
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "conf")
        })
        .collect();
    parts.sort();
    found.append(&mut parts);
    found
}

fn parse(text: &str, entries: &mut Vec<Entry>) {
    let without_comments = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .collect::<Vec<_>>()
        .join("\n");
    let mut words = without_comments.split_ascii_whitespace();
    let mut current: Option<Entry> = None;
    while let Some(word) = words.next() {
        match (word, &mut current) {
            ("machine", _) => {
                let machine = words.next().unwrap_or_default().to_owned();
                entries.extend(current.replace(Entry {
                    machine,
                    ..Entry::default()
                }));
            }
            ("login", Some(entry)) => entry.login = words.next().unwrap_or_default().to_owned(),
            ("password", Some(entry)) => {
                entry.password = words.next().unwrap_or_default().to_owned();
            }
            _ => {}
        }
    }
    entries.extend(current);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(auth: &str, environment: &[(&str, &str)]) -> Credentials {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("etc/apt/auth.conf.d")).unwrap();
        std::fs::write(root.path().join("etc/apt/auth.conf"), auth).unwrap();
        let part = "machine part.example login p password q\n";
        std::fs::write(root.path().join("etc/apt/auth.conf.d/a.conf"), part).unwrap();
        std::fs::write(
            root.path().join("etc/apt/auth.conf.d/b.bak"),
            "machine bak.example login x password y",
        )
        .unwrap();
        let pairs = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Credentials::load(root.path(), pairs)
    }

    #[test]
    fn entries_serve_the_addresses_that_apt_serves() {
        let credentials = load(
            "# machine off.example login no password no\nmachine m.example login one password geheim\n\
             machine http://open.example\n login two\n password geheim\n\
             machine port.example:8443 login three password geheim\n\
             machine path.example/deb login four password geheim\n",
            &[],
        );
        let cases = [
            ("https://m.example/debian", Some("one")),
            ("https://m.example:444/debian", Some("one")),
            ("http://m.example/debian", None),
            ("http://open.example/x", Some("two")),
            ("https://open.example/x", None),
            ("https://port.example:8443/x", Some("three")),
            ("https://port.example/x", None),
            ("https://path.example/deb/dists", Some("four")),
            ("https://path.example/debian", Some("four")),
            ("https://path.example/other", None),
            ("https://off.example/", None),
            ("https://part.example/", Some("p")),
            ("https://bak.example/", None),
            ("https://xm.example/", None),
        ];
        for (address, user) in cases {
            let url = credentials.apply(None, &Url::parse(address).unwrap());
            assert_eq!(url.credentials().map(|(user, _)| user), user, "{address}");
            assert!(!url.to_string().contains("geheim"));
        }
    }

    #[test]
    fn the_environment_wins_and_nothing_shows() {
        let credentials = load(
            "machine m.example login one password geheim",
            &[
                ("FORMWORK_CREDENTIALS_MY_REPO_2", "env:ge:heim"),
                ("HOME", "/root"),
            ],
        );
        let url = Url::parse("https://m.example/").unwrap();
        let ours = "my-repo.2".to_owned();
        assert_eq!(
            credentials.apply(Some(&ours), &url).credentials(),
            Some(("env", "ge:heim"))
        );
        assert_eq!(
            credentials.apply(None, &url).credentials(),
            Some(("one", "geheim"))
        );
        let own = Url::parse("https://me:mine@m.example/").unwrap();
        assert_eq!(
            credentials.apply(Some(&ours), &own).credentials(),
            Some(("me", "mine"))
        );
        assert_eq!(format!("{credentials:?}"), "Credentials(3 entries)");
    }
}

//! Addresses of repositories and files, with secrets that hide themselves.
//!
//! A [`Url`] is `http://`, `https://` or `file:`. Its `Display` and `Debug` never show a
//! password, a token in place of the user name, or a query: logs, errors and documents may
//! print it as it is. Paths are kept percent-encoded, as they travel.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The way an address is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// `http://`
    Http,
    /// `https://`
    Https,
    /// `file:`
    File,
}

impl Scheme {
    /// The word before the colon.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
            Scheme::File => "file",
        }
    }

    /// The port that is meant when none is written.
    fn default_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
            Scheme::File => 0,
        }
    }
}

/// What is wrong with an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// The text has no scheme or one that is not served.
    #[error("the address `{0}` does not begin with http://, https:// or file:")]
    Scheme(String),
    /// The host is missing or malformed.
    #[error("the address `{0}` has no usable host name")]
    Host(String),
    /// The port is not a number from 1 to 65535.
    #[error("the address `{0}` has an unusable port")]
    Port(String),
    /// A character that no address may hold, or a broken percent escape.
    #[error("the address `{0}` has a character that is not allowed in it")]
    Character(String),
    /// A path that would leave the directory it is joined to.
    #[error("the path `{0}` leads out of its repository")]
    Escape(String),
}

/// A user name and a password, which are never printed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Credentials {
    user: String,
    password: Option<String>,
}

/// An address that prints no secret.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Url {
    scheme: Scheme,
    host: String,
    port: Option<u16>,
    path: String,
    query: Option<String>,
    credentials: Option<Credentials>,
}

impl Url {
    /// Reads an address as people write it.
    ///
    /// # Errors
    /// If the scheme is not served, or a part is malformed. The error shows no secret.
    pub fn parse(text: &str) -> Result<Url, UrlError> {
        let text = text.trim();
        let hidden = || hide(text);
        if text.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return Err(UrlError::Character(hidden()));
        }
        let (word, rest) = text
            .split_once(':')
            .ok_or_else(|| UrlError::Scheme(hidden()))?;
        let scheme = match word.to_ascii_lowercase().as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            "file" => Scheme::File,
            _ => return Err(UrlError::Scheme(hidden())),
        };
        let rest = rest.split('#').next().unwrap_or(rest);
        match (scheme, rest.strip_prefix("//")) {
            (_, Some(rest)) => Self::with_authority(scheme, rest, &hidden),
            (Scheme::File, None) if rest.starts_with('/') => Self::build(scheme, rest, &hidden),
            _ => Err(UrlError::Host(hidden())),
        }
    }

    fn with_authority(
        scheme: Scheme,
        rest: &str,
        hidden: &dyn Fn() -> String,
    ) -> Result<Url, UrlError> {
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let mut url = Self::build(scheme, path, hidden)?;
        let host_and_port = match authority.rsplit_once('@') {
            Some((user_info, host)) => {
                url.credentials = Some(read_user_info(user_info, hidden)?);
                host
            }
            None => authority,
        };
        if scheme == Scheme::File {
            let local = host_and_port.is_empty() || host_and_port == "localhost";
            return if local && url.credentials.is_none() {
                Ok(url)
            } else {
                Err(UrlError::Host(hidden()))
            };
        }
        let (host, port) = split_port(host_and_port);
        url.host = host.to_ascii_lowercase();
        if url.host.is_empty() || !url.host.bytes().all(is_host_byte) {
            return Err(UrlError::Host(hidden()));
        }
        if let Some(port) = port.filter(|port| !port.is_empty()) {
            let number = port.parse().ok().filter(|number| *number != 0);
            let number = number.ok_or_else(|| UrlError::Port(hidden()))?;
            url.port = Some(number).filter(|number| *number != scheme.default_port());
        }
        Ok(url)
    }

    /// Makes an address without host from a path with an optional query.
    fn build(scheme: Scheme, path: &str, hidden: &dyn Fn() -> String) -> Result<Url, UrlError> {
        let (path, query) = match path.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (path, None),
        };
        decode(path).ok_or_else(|| UrlError::Character(hidden()))?;
        let path = encode_unsafe(path);
        let path = if path.is_empty() {
            "/".to_owned()
        } else {
            path
        };
        let query = query.map(|query| encode_unsafe(&query));
        Ok(Url {
            scheme,
            host: String::new(),
            port: None,
            path,
            query,
            credentials: None,
        })
    }

    /// An address for a file or directory of this machine, by its absolute path.
    #[must_use]
    pub fn from_file_path(path: &std::path::Path) -> Url {
        use std::os::unix::ffi::OsStrExt;
        let path = encode(path.as_os_str().as_bytes());
        Url {
            scheme: Scheme::File,
            host: String::new(),
            port: None,
            path,
            query: None,
            credentials: None,
        }
    }

    /// How the address is reached.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host name, in lower case; empty for `file:`.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port that is written or meant.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(self.scheme.default_port())
    }

    /// The percent-encoded path, which begins with `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The last part of the path, decoded, for messages.
    #[must_use]
    pub fn file_name(&self) -> String {
        let last = self.path.rsplit('/').next().unwrap_or_default();
        let bytes = decode(last).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The path in the file system, for a `file:` address.
    #[must_use]
    pub fn to_file_path(&self) -> Option<PathBuf> {
        use std::os::unix::ffi::OsStringExt;
        if self.scheme != Scheme::File {
            return None;
        }
        decode(&self.path).map(|bytes| PathBuf::from(std::ffi::OsString::from_vec(bytes)))
    }

    /// The same address with `suffix` at the end of the last part of its path.
    #[must_use]
    pub fn extended(&self, suffix: &str) -> Url {
        let (path, slash) = match self.path.strip_suffix('/') {
            Some(path) if !path.is_empty() => (path, "/"),
            _ => (self.path.as_str(), ""),
        };
        let path = format!("{path}{}{slash}", encode(suffix.as_bytes()));
        Url { path, ..self.clone() }
    }

    /// The user name and the password, if any.
    #[must_use]
    pub fn credentials(&self) -> Option<(&str, &str)> {
        let found = self.credentials.as_ref()?;
        Some((&found.user, found.password.as_deref().unwrap_or_default()))
    }

    /// The same address with these credentials.
    #[must_use]
    pub fn with_credentials(mut self, user: &str, password: &str) -> Url {
        self.credentials = Some(Credentials {
            user: user.to_owned(),
            password: Some(password.to_owned()),
        });
        self
    }

    /// The same address without credentials.
    #[must_use]
    pub fn without_credentials(mut self) -> Url {
        self.credentials = None;
        self
    }

    /// The whole address as it is sent, without credentials but with the query.
    ///
    /// For the transport only: the query may hold a token.
    #[must_use]
    pub fn as_sent(&self) -> String {
        let mut text = self.origin();
        text.push_str(&self.path);
        if let Some(query) = &self.query {
            text.push('?');
            text.push_str(query);
        }
        text
    }

    /// Scheme, host and port as in `https://host:8443`, without credentials.
    #[must_use]
    pub fn origin(&self) -> String {
        match (self.scheme, self.port) {
            (Scheme::File, _) => "file://".to_owned(),
            (scheme, Some(port)) => format!("{}://{}:{port}", scheme.word(), self.host),
            (scheme, None) => format!("{}://{}", scheme.word(), self.host),
        }
    }

    /// Tells whether two addresses have the same scheme, host and port.
    #[must_use]
    pub fn same_origin(&self, other: &Url) -> bool {
        self.scheme == other.scheme && self.host == other.host && self.port() == other.port()
    }

    /// The address of a file below this directory; `relative` is as in `Filename:`, not encoded.
    ///
    /// # Errors
    /// If `relative` is absolute or has a `..` part: an index must not lead out of its repository.
    pub fn join(&self, relative: &str) -> Result<Url, UrlError> {
        let bad = relative.starts_with('/')
            || relative.bytes().any(|byte| byte < b' ' || byte == 0x7f)
            || relative.split('/').any(|part| part == "..");
        if bad {
            return Err(UrlError::Escape(relative.to_owned()));
        }
        let mut path = self.path.trim_end_matches('/').to_owned();
        for part in relative
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".")
        {
            path.push('/');
            path.push_str(&encode(part.as_bytes()));
        }
        if relative.ends_with('/') || path.is_empty() {
            path.push('/');
        }
        Ok(Url {
            path,
            ..self.clone()
        })
    }

    /// The address that a redirect from this one points to, by RFC 3986.
    ///
    /// Credentials go along only within the same scheme, host and port.
    ///
    /// # Errors
    /// If the target is not an address that is served.
    pub fn redirect(&self, location: &str) -> Result<Url, UrlError> {
        let location = location.trim().split('#').next().unwrap_or_default();
        let has_scheme = location.split_once(':').is_some_and(|(word, _)| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
        let mut target = if has_scheme {
            Url::parse(location)?
        } else if let Some(rest) = location.strip_prefix("//") {
            Url::parse(&format!("{}://{rest}", self.scheme.word()))?
        } else {
            let directory = self
                .path
                .rsplit_once('/')
                .map_or("", |(directory, _)| directory);
            let path = match location.as_bytes().first() {
                Some(b'/') => location.to_owned(),
                Some(b'?') | None => format!("{}{location}", self.path),
                _ => format!("{directory}/{location}"),
            };
            let built = Self::build(self.scheme, &path, &|| hide(location))?;
            Url {
                host: self.host.clone(),
                port: self.port,
                ..built
            }
        };
        target.path = without_dots(&target.path);
        if target.credentials.is_none() && self.same_origin(&target) {
            target.credentials.clone_from(&self.credentials);
        }
        Ok(target)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}://", self.scheme.word())?;
        match &self.credentials {
            Some(Credentials {
                user,
                password: Some(_),
            }) => write!(out, "{}:****@", encode(user.as_bytes()))?,
            Some(Credentials { password: None, .. }) => out.write_str("****@")?,
            None => {}
        }
        out.write_str(&self.host)?;
        if let Some(port) = self.port {
            write!(out, ":{port}")?;
        }
        out.write_str(&self.path)?;
        if self.query.is_some() {
            out.write_str("?****")
        } else {
            Ok(())
        }
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Url({self})")
    }
}

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Url, UrlError> {
        Url::parse(text)
    }
}

/// Hides what may be secret in a text that could not be read as an address.
fn hide(text: &str) -> String {
    let text = text.split('?').next().unwrap_or(text);
    let clean: String = text
        .chars()
        .map(|character| {
            if character.is_control() {
                '\u{fffd}'
            } else {
                character
            }
        })
        .collect();
    match clean.rsplit_once('@') {
        Some((before, after)) => {
            let start = before.find("//").map_or(0, |position| position + 2);
            format!("{}****@{after}", &before[..start])
        }
        None => clean,
    }
}

fn read_user_info(text: &str, hidden: &dyn Fn() -> String) -> Result<Credentials, UrlError> {
    let plain = |part: &str| {
        let bytes = decode(part).ok_or_else(|| UrlError::Character(hidden()))?;
        String::from_utf8(bytes).map_err(|_| UrlError::Character(hidden()))
    };
    let (user, password) = match text.split_once(':') {
        Some((user, password)) => (plain(user)?, Some(plain(password)?)),
        None => (plain(text)?, None),
    };
    Ok(Credentials { user, password })
}

/// Splits `host:port`; the host may be a bracketed IPv6 address.
fn split_port(text: &str) -> (&str, Option<&str>) {
    let after_bracket = text.rfind(']').map_or(0, |position| position + 1);
    match text[after_bracket..].rfind(':') {
        Some(position) => (
            &text[..after_bracket + position],
            Some(&text[after_bracket + position + 1..]),
        ),
        None => (text, None),
    }
}

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'[' | b']' | b':')
}

/// Percent-encodes all but what may stand in a path.
///
/// `+` is encoded, as apt does: object stores read a plain one as a space.
fn encode(bytes: &[u8]) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/:@!$&'()*,;=".contains(&byte);
    encode_unless(bytes, keep)
}

/// Percent-encodes only what can never stand in an address, in a text already encoded.
fn encode_unsafe(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    encode_unless(text.as_bytes(), keep)
}

fn encode_unless(bytes: &[u8], keep: impl Fn(u8) -> bool) -> String {
    use fmt::Write;
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        if keep(byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// Undoes percent-encoding; `None` if an escape is broken or hides a NUL.
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = std::str::from_utf8(after.get(..2)?).ok()?;
        let value = u8::from_str_radix(digits, 16)
            .ok()
            .filter(|value| *value != 0)?;
        bytes.push(value);
        rest = &after[2..];
    }
    Some(bytes)
}

/// Removes `.` and `..` parts (RFC 3986, section 5.2.4).
fn without_dots(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').skip(1) {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn prints_no_secret() {
        let cases = [
            (
                "http://mirror.example/debian",
                "http://mirror.example/debian",
            ),
            (
                "HTTP://Mirror.Example:80/debian/",
                "http://mirror.example/debian/",
            ),
            (
                "https://mirror.example:8443",
                "https://mirror.example:8443/",
            ),
            (
                "https://anna:geheim@mirror.example/x",
                "https://anna:****@mirror.example/x",
            ),
            (
                "https://geheim@mirror.example/x",
                "https://****@mirror.example/x",
            ),
            (
                "https://a%40b:ge%3Aheim@mirror.example/",
                "https://a@b:****@mirror.example/",
            ),
            (
                "https://anna:ge@heim@mirror.example/",
                "https://anna:****@mirror.example/",
            ),
            (
                "https://mirror.example/x?token=geheim",
                "https://mirror.example/x?****",
            ),
            ("http://[::1]:8080/a", "http://[::1]:8080/a"),
            ("file:/srv/debs", "file:///srv/debs"),
            ("file:///srv/debs", "file:///srv/debs"),
            ("file://localhost/srv", "file:///srv"),
        ];
        for (text, shown) in cases {
            assert_eq!(url(text).to_string(), shown);
            assert!(!format!("{:?}", url(text)).contains("heim"), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_address_without_telling_secrets() {
        let cases = [
            "mirror.example/debian",
            "ftp://anna:geheim@mirror.example/",
            "https://anna:geheim@/debian",
            "https://anna:geheim@mirror.example:port/",
            "https://anna:geheim@mirror.example:0/",
            "https://anna:ge%heim@mirror.example/",
            "https://anna:geheim@mirror example/",
            "http://mirror.example/%00",
            "http://mirror.example/%zz",
            "file://other.example/srv",
            "file:srv",
            "http:/mirror.example",
        ];
        for text in cases {
            let message = Url::parse(text).unwrap_err().to_string();
            assert!(!message.contains("heim"), "{message}");
        }
    }

    #[test]
    fn credentials_are_decoded_for_use() {
        assert_eq!(
            url("http://a%40b:c%3ad@h.example/").credentials(),
            Some(("a@b", "c:d"))
        );
        assert_eq!(
            url("http://token@h.example/").credentials(),
            Some(("token", ""))
        );
        assert_eq!(url("http://h.example/").credentials(), None);
        assert_eq!(
            url("http://u:p@h.example/x?q=1").as_sent(),
            "http://h.example/x?q=1"
        );
    }

    #[test]
    fn joins_paths_as_written_in_an_index() {
        let base = url("http://mirror.example/debian/");
        let cases = [
            (
                "pool/main/g/g++/g++_12.2.0-3_amd64.deb",
                "/debian/pool/main/g/g%2B%2B/g%2B%2B_12.2.0-3_amd64.deb",
            ),
            ("./a b%3a1.deb", "/debian/a%20b%253a1.deb"),
            (
                "dists/bookworm//InRelease",
                "/debian/dists/bookworm/InRelease",
            ),
            ("pool/x~y:z/", "/debian/pool/x~y:z/"),
        ];
        for (relative, path) in cases {
            assert_eq!(base.join(relative).unwrap().path(), path);
        }
        for relative in [
            "../x",
            "pool/../../etc/passwd",
            "/etc/passwd",
            "pool/..",
            "a\nb",
        ] {
            assert_eq!(
                base.join(relative),
                Err(UrlError::Escape(relative.to_owned()))
            );
        }
    }

    #[test]
    fn a_file_address_leads_back_to_its_path() {
        let path = std::path::Path::new("/srv/my debs/50%/x+y");
        assert_eq!(
            Url::from_file_path(path).to_file_path().as_deref(),
            Some(path)
        );
        assert_eq!(
            url(&Url::from_file_path(path).to_string())
                .to_file_path()
                .as_deref(),
            Some(path)
        );
        assert_eq!(url("http://h.example/").to_file_path(), None);
    }

    #[test]
    fn redirects_resolve_and_keep_credentials_at_home() {
        let from = url("https://u:p@h.example/a/b/c");
        let cases = [
            ("/x", "https://u:****@h.example/x"),
            ("d", "https://u:****@h.example/a/b/d"),
            ("../d/./e", "https://u:****@h.example/a/d/e"),
            ("https://h.example:443/y", "https://u:****@h.example/y"),
            ("https://other.example/y", "https://other.example/y"),
            ("http://h.example/y", "http://h.example/y"),
            ("//other.example/z", "https://other.example/z"),
            ("https://h.example:444/y", "https://h.example:444/y"),
        ];
        for (location, target) in cases {
            assert_eq!(from.redirect(location).unwrap().to_string(), target);
        }
        assert!(from.redirect("gopher://h.example/").is_err());
    }
}

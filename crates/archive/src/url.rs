//! Addresses of repositories and files, with secrets that hide themselves.
//!
//! A [`Url`] is `http://`, `https://` or `file:`. Its `Display` and `Debug` never show a
//! password, a token in place of the user name, or a query: logs, errors and documents may
//! print it as it is. Paths are kept percent-encoded, as they travel.

mod encoding;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use encoding::{decode, encode, encode_unsafe, without_dots};

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

/// An address that prints no secret; a copy of it is cheap.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Url(Arc<Parts>);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Parts {
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
            (Scheme::File, None) if rest.starts_with('/') => {
                Self::build(scheme, rest, &hidden).map(Self::from_parts)
            }
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
        let mut parts = Self::build(scheme, path, hidden)?;
        let host_and_port = match authority.rsplit_once('@') {
            Some((user_info, host)) => {
                parts.credentials = Some(read_user_info(user_info, hidden)?);
                host
            }
            None => authority,
        };
        if scheme == Scheme::File {
            let local = host_and_port.is_empty() || host_and_port == "localhost";
            return if local && parts.credentials.is_none() {
                Ok(Self::from_parts(parts))
            } else {
                Err(UrlError::Host(hidden()))
            };
        }
        let (host, port) = split_port(host_and_port);
        parts.host = host.to_ascii_lowercase();
        if parts.host.is_empty() || !parts.host.bytes().all(is_host_byte) {
            return Err(UrlError::Host(hidden()));
        }
        if let Some(port) = port {
            let number = port.parse().ok().filter(|number| *number != 0);
            let number = number.ok_or_else(|| UrlError::Port(hidden()))?;
            parts.port = Some(number).filter(|number| *number != scheme.default_port());
        }
        Ok(Self::from_parts(parts))
    }

    fn from_parts(parts: Parts) -> Url {
        Url(Arc::new(parts))
    }

    /// The same address with some parts changed.
    fn changed(&self, change: impl FnOnce(&mut Parts)) -> Url {
        let mut parts = Parts::clone(&self.0);
        change(&mut parts);
        Self::from_parts(parts)
    }

    /// Reads the parts of an address without host from a path with an optional query.
    fn build(scheme: Scheme, path: &str, hidden: &dyn Fn() -> String) -> Result<Parts, UrlError> {
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
        Ok(Parts {
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
        Self::from_parts(Parts {
            scheme: Scheme::File,
            host: String::new(),
            port: None,
            path,
            query: None,
            credentials: None,
        })
    }

    /// How the address is reached.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.0.scheme
    }

    /// The host name, in lower case; empty for `file:`.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.0.host
    }

    /// The port that is written or meant.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port.unwrap_or(self.0.scheme.default_port())
    }

    /// The percent-encoded path, which begins with `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// The path in the file system, for a `file:` address.
    #[must_use]
    pub fn to_file_path(&self) -> Option<PathBuf> {
        use std::os::unix::ffi::OsStringExt;
        if self.0.scheme != Scheme::File {
            return None;
        }
        decode(&self.0.path).map(|bytes| PathBuf::from(std::ffi::OsString::from_vec(bytes)))
    }

    /// The same address with `suffix` at the end of the last part of its path.
    #[must_use]
    pub fn extended(&self, suffix: &str) -> Url {
        let (path, slash) = match self.0.path.strip_suffix('/') {
            Some(path) if !path.is_empty() => (path, "/"),
            _ => (self.0.path.as_str(), ""),
        };
        let path = format!("{path}{}{slash}", encode(suffix.as_bytes()));
        self.changed(|parts| parts.path = path)
    }

    /// The user name and the password, if any.
    #[must_use]
    pub fn credentials(&self) -> Option<(&str, &str)> {
        let found = self.0.credentials.as_ref()?;
        Some((&found.user, found.password.as_deref().unwrap_or_default()))
    }

    /// The same address with these credentials.
    #[must_use]
    pub fn with_credentials(self, user: &str, password: &str) -> Url {
        let (user, password) = (user.to_owned(), Some(password.to_owned()));
        self.changed(|parts| parts.credentials = Some(Credentials { user, password }))
    }

    /// The same address without credentials.
    #[must_use]
    pub fn without_credentials(self) -> Url {
        self.changed(|parts| parts.credentials = None)
    }

    /// The whole address as it is sent, without credentials but with the query.
    ///
    /// For the transport only: the query may hold a token.
    #[must_use]
    pub fn as_sent(&self) -> String {
        let mut text = self.origin();
        text.push_str(&self.0.path);
        if let Some(query) = &self.0.query {
            text.push('?');
            text.push_str(query);
        }
        text
    }

    /// Scheme, host and port as in `https://host:8443`, without credentials.
    #[must_use]
    pub fn origin(&self) -> String {
        match (self.0.scheme, self.0.port) {
            (Scheme::File, _) => "file://".to_owned(),
            (scheme, Some(port)) => format!("{}://{}:{port}", scheme.word(), self.0.host),
            (scheme, None) => format!("{}://{}", scheme.word(), self.0.host),
        }
    }

    /// Tells whether two addresses have the same scheme, host and port.
    #[must_use]
    pub fn same_origin(&self, other: &Url) -> bool {
        self.0.scheme == other.0.scheme
            && self.0.host == other.0.host
            && self.port() == other.port()
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
        let mut path = self.0.path.trim_end_matches('/').to_owned();
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
        Ok(self.changed(|parts| parts.path = path))
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
        let target = if has_scheme {
            Url::parse(location)?
        } else if let Some(rest) = location.strip_prefix("//") {
            Url::parse(&format!("{}://{rest}", self.0.scheme.word()))?
        } else {
            let directory = self
                .path()
                .rsplit_once('/')
                .map_or("", |(directory, _)| directory);
            let path = match location.as_bytes().first() {
                Some(b'/') => location.to_owned(),
                Some(b'?') | None => format!("{}{location}", self.0.path),
                _ => format!("{directory}/{location}"),
            };
            let built = Self::build(self.0.scheme, &path, &|| hide(location))?;
            Self::from_parts(Parts {
                host: self.0.host.clone(),
                port: self.0.port,
                ..built
            })
        };
        let at_home = self.same_origin(&target);
        Ok(target.changed(|parts| {
            parts.path = without_dots(&parts.path);
            if parts.credentials.is_none() && at_home {
                parts.credentials.clone_from(&self.0.credentials);
            }
        }))
    }
}

impl fmt::Display for Url {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}://", self.0.scheme.word())?;
        match &self.0.credentials {
            Some(Credentials {
                user,
                password: Some(_),
            }) => write!(out, "{}:****@", encode(user.as_bytes()))?,
            Some(Credentials { password: None, .. }) => out.write_str("****@")?,
            None => {}
        }
        out.write_str(&self.0.host)?;
        if let Some(port) = self.0.port {
            write!(out, ":{port}")?;
        }
        out.write_str(&self.0.path)?;
        if self.0.query.is_some() {
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
    let visible = |character: char| {
        if character.is_control() {
            '\u{fffd}'
        } else {
            character
        }
    };
    let without_query = |text: &str| {
        text.split('?')
            .next()
            .unwrap_or(text)
            .chars()
            .map(visible)
            .collect::<String>()
    };
    // The user's part first: a stray `?` in a password must not save it from being hidden.
    match text.rsplit_once('@') {
        Some((before, after)) => {
            let start = before.find("//").map_or(0, |position| position + 2);
            format!("{}****@{}", &before[..start], without_query(after))
        }
        None => without_query(text),
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

#[cfg(test)]
mod tests;

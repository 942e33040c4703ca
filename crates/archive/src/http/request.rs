//! One try: a request, its redirects, and the header of the answer.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::time::SystemTime;

use formwork_deb::time::Timestamp;
use ureq::http::{self, HeaderMap, header};

use super::retry::retry_after;
use super::{Client, HttpError};
use crate::url::{Scheme, Url};

/// A body that we do not want is read up to this size, so that its connection can be used again,
const DRAIN: usize = 16 * 1024;
/// and with so many reads at most, so that a server that drips cannot hold us.
const DRAIN_READS: u32 = 4;

/// What to ask for.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The address.
    pub url: &'a Url,
    /// From which byte on.
    pub from: u64,
    /// A part is wanted only if the file is still the one that this names (`If-Range`).
    pub if_range: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// Asks for a whole file.
    #[must_use]
    pub fn whole(url: &'a Url) -> Request<'a> {
        Request {
            url,
            from: 0,
            if_range: None,
        }
    }
}

/// An answer whose body has not been read.
pub struct Response {
    /// The address that was asked for, before redirects.
    pub url: Url,
    /// The byte that the body begins with: 0 if the server sends the whole file.
    pub from: u64,
    /// The size of the whole file, if the server tells it.
    pub size: Option<u64>,
    /// What names this version of the file in `If-Range`: a strong ETag or a date.
    pub validator: Option<String>,
    pub(super) body: Box<dyn Read + Send>,
}

impl Client {
    /// Sends a request and reads the header of the answer; redirects are followed.
    ///
    /// # Errors
    /// If there is no answer, or not one with the file.
    pub fn open(&self, request: &Request<'_>) -> Result<Response, HttpError> {
        let mut url = request.url.clone();
        if url.scheme() == Scheme::File {
            return open_file(request);
        }
        for _ in 0..=self.options.redirects {
            let answer = self.send(&url, request)?;
            let (parts, body) = answer.into_parts();
            match parts.status.as_u16() {
                200 => return Ok(whole(request, &parts.headers, body)),
                206 => return part(request, &parts.headers, body),
                301 | 302 | 303 | 307 | 308 => {
                    drain(body);
                    url = follow(request.url, &url, &parts.headers)?;
                }
                status => {
                    drain(body);
                    return Err(refusal(request.url, status, &parts.headers));
                }
            }
        }
        let reason = format!("it redirects more than {} times", self.options.redirects);
        Err(HttpError::Redirect {
            url: request.url.clone(),
            reason,
        })
    }

    /// Sends one request, with each set of certificate authorities until one knows the server.
    fn send(
        &self,
        url: &Url,
        request: &Request<'_>,
    ) -> Result<http::Response<ureq::Body>, HttpError> {
        let (agents, proxy_authorization) = self.agents.of(url);
        let mut failure = HttpError::Interrupted;
        for agent in agents {
            let mut builder = agent.get(url.as_sent());
            if let Some((user, password)) = url.credentials() {
                builder = builder.header(header::AUTHORIZATION, basic(user, password));
            }
            if let Some(value) = proxy_authorization {
                builder = builder.header(header::PROXY_AUTHORIZATION, value);
            }
            if request.from > 0 {
                builder = builder.header(header::RANGE, format!("bytes={}-", request.from));
                if let Some(validator) = request.if_range {
                    builder = builder.header(header::IF_RANGE, validator);
                }
            }
            match builder.call() {
                Ok(answer) => return Ok(answer),
                Err(error) => failure = self.explain(request.url, error, 0),
            }
            if !matches!(failure, HttpError::Certificate { .. }) {
                break;
            }
        }
        Err(failure)
    }

    /// Turns a failure of the library into one of ours.
    pub(super) fn explain(&self, url: &Url, error: ureq::Error, progress: u64) -> HttpError {
        let (timeouts, url) = (&self.options.timeouts, url.clone());
        let reason = match error {
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
                let reason = format!("no trusted connection: {error}");
                return HttpError::Certificate { url, reason };
            }
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                "the server closed the connection too early".to_owned()
            }
            ureq::Error::Io(error) => plain(&error),
            ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect) => {
                format!("no connection within {:?}", timeouts.connect)
            }
            ureq::Error::Timeout(_) => format!("the server sent nothing for {:?}", timeouts.idle),
            ureq::Error::HostNotFound => "the host is not known".to_owned(),
            ureq::Error::ConnectProxyFailed(status) => format!("the proxy refuses: {status}"),
            ureq::Error::Protocol(error) => format!("the answer is no HTTP: {error}"),
            other @ (ureq::Error::Rustls(_) | ureq::Error::Tls(_)) => {
                let reason = format!("no trusted connection: {other}");
                return HttpError::Certificate { url, reason };
            }
            other => other.to_string(),
        };
        HttpError::Connection {
            url,
            reason,
            progress,
        }
    }
}

/// The system's message without Rust's ` (os error 111)`.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((message, _)) => message.to_owned(),
        None => text,
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .map(str::trim)
}

/// A weak ETag names no bytes, so it cannot be used to continue a file.
fn validator(headers: &HeaderMap) -> Option<String> {
    let tag = text(headers, &header::ETAG).filter(|tag| !tag.starts_with("W/"));
    tag.or_else(|| text(headers, &header::LAST_MODIFIED))
        .map(str::to_owned)
}

fn whole(request: &Request<'_>, headers: &HeaderMap, body: ureq::Body) -> Response {
    Response {
        url: request.url.clone(),
        from: 0,
        size: body.content_length(),
        validator: validator(headers),
        body: Box::new(body.into_reader()),
    }
}

fn part(
    request: &Request<'_>,
    headers: &HeaderMap,
    body: ureq::Body,
) -> Result<Response, HttpError> {
    let bad = || HttpError::BadRange {
        url: request.url.clone(),
    };
    let range =
        text(headers, &header::CONTENT_RANGE).and_then(|value| value.strip_prefix("bytes "));
    let (bytes, size) = range
        .and_then(|range| range.split_once('/'))
        .ok_or_else(bad)?;
    let from = bytes
        .split_once('-')
        .and_then(|(from, _)| from.parse().ok())
        .ok_or_else(bad)?;
    if from != request.from {
        return Err(bad());
    }
    Ok(Response {
        from,
        size: size.parse().ok(),
        ..whole(request, headers, body)
    })
}

/// The address that a redirect leads to, if it may be followed.
fn follow(asked: &Url, from: &Url, headers: &HeaderMap) -> Result<Url, HttpError> {
    let refuse = |reason: &str| {
        Err(HttpError::Redirect {
            url: asked.clone(),
            reason: reason.to_owned(),
        })
    };
    let Some(location) = text(headers, &header::LOCATION) else {
        return refuse("it redirects to nowhere");
    };
    let target = match from.redirect(location) {
        Ok(target) => target,
        Err(error) => return refuse(&format!("it redirects to an unusable address: {error}")),
    };
    match (from.scheme(), target.scheme()) {
        (_, Scheme::File) => refuse("it redirects to a file of this machine"),
        (Scheme::Https, Scheme::Http) => refuse("it redirects from https to http"),
        _ => Ok(target),
    }
}

fn refusal(url: &Url, status: u16, headers: &HeaderMap) -> HttpError {
    let url = url.clone();
    match status {
        404 | 410 => HttpError::NotFound { url },
        401 | 403 | 407 => HttpError::Denied { url, status },
        416 => HttpError::BadRange { url },
        status => {
            let date =
                text(headers, &header::DATE).and_then(|date| Timestamp::parse_rfc2822(date).ok());
            let now = date.unwrap_or_else(now);
            let retry_after =
                text(headers, &header::RETRY_AFTER).and_then(|value| retry_after(value, now));
            HttpError::Status {
                url,
                status,
                retry_after,
            }
        }
    }
}

/// Only for servers that give a date to come back at but not their own time.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Timestamp(since.map_or(0, |since| {
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    }))
}

/// Reads a short body to its end, so that the connection can serve the next request.
fn drain(body: ureq::Body) {
    if body
        .content_length()
        .is_none_or(|length| length > DRAIN as u64)
    {
        return;
    }
    let mut reader = body.into_reader();
    let mut buffer = [0; DRAIN];
    for _ in 0..DRAIN_READS {
        // If it fails or takes longer, the connection is simply not used again.
        if !matches!(reader.read(&mut buffer), Ok(1..)) {
            return;
        }
    }
}

fn open_file(request: &Request<'_>) -> Result<Response, HttpError> {
    let url = request.url;
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => HttpError::NotFound { url: url.clone() },
        _ => HttpError::Unreadable {
            url: url.clone(),
            reason: plain(&error),
        },
    };
    let path = url.to_file_path().unwrap_or_default();
    let mut file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(HttpError::NotFound { url: url.clone() });
    }
    file.seek(SeekFrom::Start(request.from))
        .map_err(unreadable)?;
    Ok(Response {
        url: url.clone(),
        from: request.from,
        size: Some(metadata.len()),
        validator: None,
        body: Box::new(file),
    })
}

/// The value of an `Authorization` header (RFC 7617).
pub(super) fn basic(user: &str, password: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut value = "Basic ".to_owned();
    for group in format!("{user}:{password}").as_bytes().chunks(3) {
        let byte = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for index in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * index)) as usize & 63];
            value.push(if index <= group.len() {
                char::from(digit)
            } else {
                '='
            });
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_every_length() {
        let cases = [
            ("", "", "Og=="),
            ("u", "", "dTo="),
            ("u", "p", "dTpw"),
            ("Aladdin", "open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            ("ü", "?~", "w7w6P34="),
        ];
        for (user, password, encoded) in cases {
            assert_eq!(basic(user, password), format!("Basic {encoded}"));
        }
    }

    #[test]
    fn a_weak_tag_gives_way_to_the_date() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::LAST_MODIFIED,
            http::HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT"),
        );
        headers.insert(header::ETAG, http::HeaderValue::from_static("W/\"a\""));
        assert_eq!(
            validator(&headers).as_deref(),
            Some("Sun, 06 Nov 1994 08:49:37 GMT")
        );
        headers.insert(header::ETAG, http::HeaderValue::from_static("\"a\""));
        assert_eq!(validator(&headers).as_deref(), Some("\"a\""));
    }
}

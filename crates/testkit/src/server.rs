//! A small HTTP/1.1 server on 127.0.0.1 that can misbehave in every way a mirror does.
//!
//! Directories are mounted by prefix (two snapshot dates are two mounts). Files are served with
//! `Range`, `If-Range`, `ETag` and keep-alive; each request is logged. As a proxy it answers requests
//! in absolute form from the same mounts. A fault belongs to a path and may wear off after some requests.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::bytes::sha256;

/// How a path misbehaves.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Accepts the request and never answers.
    Stall,
    /// Sends the header and this many bytes of the body, then nothing more.
    StallAfter(usize),
    /// Sends the header and this many bytes of the body, then closes the connection.
    DropAfter(usize),
    /// Redirects to the same path for ever.
    RedirectLoop,
    /// Redirects to another address.
    Redirect(String),
    /// Answers with a status and further header lines, such as `Retry-After: 1`.
    Status(u16, Vec<String>),
    /// A body without length and without end.
    Endless,
    /// The file with every byte altered, of the same length.
    WrongBytes,
    /// Other bytes than the file's.
    Replace(Vec<u8>),
    /// The file in small pieces, this many bytes every ten milliseconds.
    Slow(usize),
    /// Ignores `Range` and sends the whole file with status 200.
    NoRange,
}

/// One request, as the log keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET` or `HEAD`.
    pub method: String,
    /// Path without scheme and host, percent-encoding as sent.
    pub path: String,
    /// The host of a request in absolute form, as proxies get them.
    pub proxied_host: Option<String>,
    /// The `Range` header.
    pub range: Option<String>,
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
}

struct Rule {
    path: String,
    fault: Fault,
    remaining: Option<usize>,
}

#[derive(Default)]
struct State {
    mounts: Vec<(String, PathBuf)>,
    rules: Vec<Rule>,
    authorization: Option<String>,
    log: Vec<Request>,
}

struct Shared {
    state: Mutex<State>,
    stopped: AtomicBool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

/// The server; it stops when it is dropped.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Server {
    /// Serves `directory` at `/`.
    #[must_use]
    pub fn new(directory: &Path) -> Self {
        let server = Self::empty();
        server.mount("", directory);
        server
    }

    /// Serves nothing until something is mounted.
    #[must_use]
    pub fn empty() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port on 127.0.0.1");
        let address = listener.local_addr().expect("a port on 127.0.0.1");
        let shared = Arc::new(Shared {
            state: Mutex::new(State::default()),
            stopped: AtomicBool::new(false),
        });
        let for_thread = Arc::clone(&shared);
        thread::spawn(move || accept(&listener, &for_thread));
        Self { address, shared }
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Serves `directory` below `prefix`, such as `/archive/debian/20260901T000000Z`; the longest wins.
    pub fn mount(&self, prefix: &str, directory: &Path) {
        let mut state = self.shared.state();
        let prefix = prefix.trim_end_matches('/').to_owned();
        state.mounts.retain(|(known, _)| *known != prefix);
        state.mounts.push((prefix, directory.to_owned()));
        state
            .mounts
            .sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
    }

    /// Makes a path misbehave from now on; a `*` at its end stands for anything.
    pub fn fault(&self, path: &str, fault: Fault) {
        self.add_rule(path, fault, None);
    }

    /// Makes a path misbehave for the next `times` requests.
    pub fn fault_times(&self, path: &str, fault: Fault, times: usize) {
        self.add_rule(path, fault, Some(times));
    }

    /// Lets every path behave again.
    pub fn heal(&self) {
        self.shared.state().rules.clear();
    }

    /// Asks for this user and password (Basic) on every path.
    pub fn require_login(&self, user: &str, password: &str) {
        let token = base64(format!("{user}:{password}").as_bytes());
        self.shared.state().authorization = Some(format!("Basic {token}"));
    }

    /// All requests so far, oldest first.
    #[must_use]
    pub fn log(&self) -> Vec<Request> {
        self.shared.state().log.clone()
    }

    /// The number of requests for a path so far.
    #[must_use]
    pub fn count(&self, path: &str) -> usize {
        self.shared
            .state()
            .log
            .iter()
            .filter(|request| request.path == path)
            .count()
    }

    /// Forgets the requests so far.
    pub fn clear_log(&self) {
        self.shared.state().log.clear();
    }

    fn add_rule(&self, path: &str, fault: Fault, remaining: Option<usize>) {
        let rule = Rule {
            path: path.to_owned(),
            fault,
            remaining,
        };
        self.shared.state().rules.push(rule);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        // Wakes the thread that waits in accept.
        let _ = TcpStream::connect(self.address);
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.stopped() {
            return;
        }
        let Ok(stream) = stream else { continue };
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            // A client that goes away is no fault of the server.
            let _ = Connection {
                stream,
                shared: &shared,
            }
            .serve();
        });
    }
}

/// What `serve` does after an answer.
enum Next {
    Keep,
    Close,
}

struct Connection<'a> {
    stream: TcpStream,
    shared: &'a Shared,
}

/// What to send, and how.
struct Answer {
    status: u16,
    header: Vec<String>,
    body: Vec<u8>,
    pace: Pace,
}

/// In which way the body goes out.
enum Pace {
    AtOnce,
    Slow(usize),
    DropAfter(usize),
    StallAfter(usize),
    Endless,
    Never,
}

impl Answer {
    fn status(status: u16, header: Vec<String>) -> Self {
        let body = format!("{status}\n").into_bytes();
        Self {
            status,
            header,
            body,
            pace: Pace::AtOnce,
        }
    }
}

impl Connection<'_> {
    fn serve(&mut self) -> std::io::Result<()> {
        let mut reader = BufReader::new(self.stream.try_clone()?);
        while !self.shared.stopped() {
            let Some((request, if_range)) = read_request(&mut reader)? else {
                return Ok(());
            };
            let answer = self.answer(&request, if_range.as_deref());
            self.shared.state().log.push(request.clone());
            if let Next::Close = self.send(&answer, request.method == "HEAD")? {
                return Ok(());
            }
        }
        Ok(())
    }

    fn answer(&self, request: &Request, if_range: Option<&str>) -> Answer {
        let (file, fault, allowed) = {
            let mut state = self.shared.state();
            let allowed =
                state.authorization.is_none() || state.authorization == request.authorization;
            let fault = state.take_fault(&request.path);
            (state.locate(&request.path), fault, allowed)
        };
        if !allowed {
            return Answer::status(
                401,
                vec!["WWW-Authenticate: Basic realm=\"toy\"".to_owned()],
            );
        }
        match fault {
            Some(Fault::RedirectLoop) => redirect(&request.path),
            Some(Fault::Redirect(target)) => redirect(&target),
            Some(Fault::Status(status, header)) => Answer::status(status, header),
            Some(Fault::Replace(body)) => whole(body, Pace::AtOnce),
            Some(Fault::Endless) => whole(Vec::new(), Pace::Endless),
            Some(Fault::Stall) => whole(Vec::new(), Pace::Never),
            other => match file.and_then(|path| fs::read(path).ok()) {
                Some(content) => from_file(content, other.as_ref(), request, if_range),
                None => Answer::status(404, Vec::new()),
            },
        }
    }

    fn send(&mut self, answer: &Answer, head_only: bool) -> std::io::Result<Next> {
        if let Pace::Never = answer.pace {
            return self.wait();
        }
        let mut text = format!("HTTP/1.1 {} {}\r\n", answer.status, reason(answer.status));
        match answer.pace {
            Pace::Endless => text += "Connection: close\r\n",
            _ => text += &format!("Content-Length: {}\r\n", answer.body.len()),
        }
        for line in &answer.header {
            text += line;
            text += "\r\n";
        }
        self.stream.write_all((text + "\r\n").as_bytes())?;
        if head_only {
            Ok(Next::Keep)
        } else {
            self.send_body(answer)
        }
    }

    fn send_body(&mut self, answer: &Answer) -> std::io::Result<Next> {
        match answer.pace {
            Pace::AtOnce => self.stream.write_all(&answer.body)?,
            Pace::Slow(piece) => {
                for part in answer.body.chunks(piece.max(1)) {
                    if self.shared.stopped() {
                        return Ok(Next::Close);
                    }
                    self.stream.write_all(part)?;
                    thread::sleep(Duration::from_millis(10));
                }
            }
            Pace::DropAfter(count) => {
                self.stream
                    .write_all(&answer.body[..count.min(answer.body.len())])?;
                return Ok(Next::Close);
            }
            Pace::StallAfter(count) => {
                self.stream
                    .write_all(&answer.body[..count.min(answer.body.len())])?;
                return self.wait();
            }
            Pace::Endless => {
                while !self.shared.stopped() {
                    self.stream.write_all(&[b'x'; 65_536])?;
                }
                return Ok(Next::Close);
            }
            Pace::Never => {}
        }
        Ok(Next::Keep)
    }

    fn wait(&self) -> std::io::Result<Next> {
        while !self.shared.stopped() {
            thread::sleep(Duration::from_millis(20));
        }
        Ok(Next::Close)
    }
}

impl State {
    fn take_fault(&mut self, path: &str) -> Option<Fault> {
        let rule = self.rules.iter_mut().rev().find(|rule| {
            let fits = match rule.path.strip_suffix('*') {
                Some(start) => path.starts_with(start),
                None => rule.path == path,
            };
            fits && rule.remaining != Some(0)
        })?;
        if let Some(remaining) = &mut rule.remaining {
            *remaining -= 1;
        }
        Some(rule.fault.clone())
    }

    fn locate(&self, path: &str) -> Option<PathBuf> {
        let path = percent_decode(path);
        self.mounts.iter().find_map(|(prefix, directory)| {
            let rest = path.strip_prefix(prefix.as_str())?.strip_prefix('/')?;
            let inside = Path::new(rest);
            inside
                .components()
                .all(|part| matches!(part, Component::Normal(_)))
                .then(|| directory.join(inside))
        })
    }
}

fn read_request(
    reader: &mut BufReader<TcpStream>,
) -> std::io::Result<Option<(Request, Option<String>)>> {
    let mut first = String::new();
    if reader.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut words = first.split_whitespace();
    let (method, target) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let (proxied_host, path) = match target.strip_prefix("http://") {
        Some(rest) => {
            let at = rest.find('/').unwrap_or(rest.len());
            (Some(rest[..at].to_owned()), rest[at..].to_owned())
        }
        None => (None, target.to_owned()),
    };
    let mut request = Request {
        method: method.to_owned(),
        path,
        proxied_host,
        range: None,
        authorization: None,
        user_agent: None,
    };
    let mut if_range = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim_end().is_empty() {
            return Ok(Some((request, if_range)));
        }
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let value = Some(value.trim().to_owned());
        match name.to_ascii_lowercase().as_str() {
            "range" => request.range = value,
            "if-range" => if_range = value,
            "authorization" => request.authorization = value,
            "user-agent" => request.user_agent = value,
            _ => {}
        }
    }
}

fn redirect(target: &str) -> Answer {
    Answer::status(302, vec![format!("Location: {target}")])
}

fn whole(body: Vec<u8>, pace: Pace) -> Answer {
    Answer {
        status: 200,
        header: Vec::new(),
        body,
        pace,
    }
}

fn from_file(
    mut content: Vec<u8>,
    fault: Option<&Fault>,
    request: &Request,
    if_range: Option<&str>,
) -> Answer {
    let tag = format!("\"{}\"", &sha256(&content)[..16]);
    let header = vec![format!("ETag: {tag}"), "Accept-Ranges: bytes".to_owned()];
    if let Some(Fault::WrongBytes) = fault {
        content.iter_mut().for_each(|byte| *byte = !*byte);
    }
    let pace = match fault {
        Some(Fault::StallAfter(count)) => Pace::StallAfter(*count),
        Some(Fault::DropAfter(count)) => Pace::DropAfter(*count),
        Some(Fault::Slow(piece)) => Pace::Slow(*piece),
        _ => Pace::AtOnce,
    };
    let wanted = match fault {
        Some(Fault::NoRange) => None,
        _ if if_range.is_some_and(|wanted| wanted != tag) => None,
        _ => request
            .range
            .as_deref()
            .map(|range| parse_range(range, content.len())),
    };
    match wanted {
        None => Answer {
            status: 200,
            header,
            body: content,
            pace,
        },
        Some(None) => Answer::status(
            416,
            vec![format!("Content-Range: bytes */{}", content.len())],
        ),
        Some(Some((from, to))) => {
            let range = format!("Content-Range: bytes {from}-{}/{}", to - 1, content.len());
            let header = [header, vec![range]].concat();
            Answer {
                status: 206,
                header,
                body: content[from..to].to_vec(),
                pace,
            }
        }
    }
}

/// The half-open range of `bytes=FROM-[TO]`; nothing if it begins behind the end.
fn parse_range(range: &str, length: usize) -> Option<(usize, usize)> {
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    let from: usize = from.parse().ok()?;
    let to = if to.is_empty() {
        length
    } else {
        to.parse::<usize>().ok()?.saturating_add(1)
    };
    (from < length).then(|| (from, to.min(length)))
}

fn percent_decode(path: &str) -> String {
    let mut out = Vec::new();
    let bytes = path.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let code = path
            .get(at + 1..at + 3)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (bytes[at], code) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn base64(data: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    data.chunks(3)
        .map(|part| {
            let byte = |at: usize| u32::from(part.get(at).copied().unwrap_or(0));
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            (0..4)
                .map(|digit| match digit <= part.len() {
                    true => char::from(DIGITS[(bits >> (18 - 6 * digit)) as usize & 63]),
                    false => '=',
                })
                .collect::<String>()
        })
        .collect()
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        206 => "Partial Content",
        302 => "Found",
        401 => "Unauthorized",
        404 => "Not Found",
        416 => "Range Not Satisfiable",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Status",
    }
}

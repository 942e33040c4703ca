//! The server serves and misbehaves as told: seen by a client of a few lines that trusts nothing.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use formwork_testkit::server::{Fault, Server};
use tempfile::TempDir;

fn served() -> (TempDir, Server) {
    let directory = TempDir::new().expect("a directory");
    fs::write(directory.path().join("file"), b"0123456789").expect("a file");
    let server = Server::new(directory.path());
    (directory, server)
}

/// Sends one request on a connection of its own and returns all that comes within half a second.
fn ask(server: &Server, target: &str, header: &str) -> String {
    let address = server.url().replace("http://", "");
    let mut stream = TcpStream::connect(address).expect("a connection");
    let timeout = Some(Duration::from_millis(500));
    stream.set_read_timeout(timeout).expect("a time limit");
    let request = format!("GET {target} HTTP/1.1\r\nHost: toy\r\n{header}\r\n");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while answer.len() < 100_000 {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(count) => answer.extend_from_slice(&buffer[..count]),
        }
        let text = String::from_utf8_lossy(&answer);
        // Stop at the end of a complete answer: the connection stays open for the next request.
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.split("Content-Length: ").nth(1).and_then(|rest| {
                rest.split("\r\n")
                    .next()
                    .and_then(|digits| digits.parse::<usize>().ok())
            });
            if length.is_some_and(|length| body.len() >= length) {
                break;
            }
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

#[test]
fn serves_files_and_ranges() {
    let (_directory, server) = served();
    let answer = ask(&server, "/file", "");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(body(&answer), "0123456789");
    let tag = answer
        .split("ETag: ")
        .nth(1)
        .and_then(|rest| rest.split("\r\n").next());
    let tag = tag.expect("an ETag").to_owned();
    for (header, status, expected) in [
        ("Range: bytes=4-\r\n".to_owned(), 206, "456789"),
        ("Range: bytes=4-5\r\n".to_owned(), 206, "45"),
        (
            format!("Range: bytes=4-\r\nIf-Range: {tag}\r\n"),
            206,
            "456789",
        ),
        (
            "Range: bytes=4-\r\nIf-Range: \"other\"\r\n".to_owned(),
            200,
            "0123456789",
        ),
        ("Range: bytes=10-\r\n".to_owned(), 416, "416\n"),
    ] {
        let answer = ask(&server, "/file", &header);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{header}{answer}"
        );
        assert_eq!(body(&answer), expected, "{header}");
    }
}

#[test]
fn misbehaves_as_told() {
    let (_directory, server) = served();
    let cases = [
        (
            Fault::Status(503, vec!["Retry-After: 1".to_owned()]),
            "HTTP/1.1 503",
            "503\n",
        ),
        (Fault::RedirectLoop, "HTTP/1.1 302", "302\n"),
        (
            Fault::Redirect("/other".to_owned()),
            "HTTP/1.1 302",
            "302\n",
        ),
        (Fault::DropAfter(3), "HTTP/1.1 200", "012"),
        (Fault::StallAfter(3), "HTTP/1.1 200", "012"),
        (Fault::Replace(b"abc".to_vec()), "HTTP/1.1 200", "abc"),
        (Fault::Slow(4), "HTTP/1.1 200", "0123456789"),
        (Fault::Stall, "", ""),
    ];
    for (fault, start, expected) in cases {
        server.heal();
        server.fault("/file", fault.clone());
        let answer = ask(&server, "/file", "");
        assert!(answer.starts_with(start), "{fault:?}: {answer}");
        assert_eq!(body(&answer), expected, "{fault:?}");
    }
    server.heal();
    server.fault("/file", Fault::Endless);
    assert!(ask(&server, "/file", "").len() >= 100_000);
    server.heal();
    server.fault_times("/f*", Fault::Status(500, Vec::new()), 1);
    assert!(ask(&server, "/file", "").starts_with("HTTP/1.1 500"));
    assert!(ask(&server, "/file", "").starts_with("HTTP/1.1 200"));
}

#[test]
fn asks_for_a_login_and_keeps_a_log() {
    let (_directory, server) = served();
    server.require_login("user", "pass");
    assert!(ask(&server, "/file", "").starts_with("HTTP/1.1 401"));
    // base64 of user:pass
    let login = "Authorization: Basic dXNlcjpwYXNz\r\n";
    assert_eq!(body(&ask(&server, "/file", login)), "0123456789");
    assert_eq!(server.count("/file"), 2);
    assert!(server.log()[1].authorization.is_some());
}

#[test]
fn stays_inside_its_directories_and_serves_as_a_proxy() {
    let (directory, server) = served();
    let other = TempDir::new().expect("a directory");
    fs::write(other.path().join("file"), b"other").expect("a file");
    server.mount("/snapshot/20260901T000000Z/", other.path());
    assert_eq!(
        body(&ask(&server, "/snapshot/20260901T000000Z/file", "")),
        "other"
    );
    let outside = format!("/../{}/file", directory.path().display());
    assert!(ask(&server, &outside, "").starts_with("HTTP/1.1 404"));
    assert!(ask(&server, "/%2e%2e/x", "").starts_with("HTTP/1.1 404"));
    assert_eq!(
        body(&ask(&server, "http://mirror.example/file", "")),
        "0123456789"
    );
    let log = server.log();
    let last = log.last().expect("a request");
    assert_eq!(last.proxied_host.as_deref(), Some("mirror.example"));
}

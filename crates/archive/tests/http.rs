//! The downloader against a server that misbehaves in every way it can.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::{World, content, url};
use formwork_archive::http::{Client, ClientOptions, HttpError, Proxies};
use formwork_testkit::server::{Fault, Server};

const LIMIT: u64 = 1 << 20;

#[test]
fn a_file_is_fetched_with_our_name() {
    let world = World::new();
    world.serve("dists/InRelease", b"hello");
    assert_eq!(
        world
            .client()
            .get(&world.at("dists/InRelease"), LIMIT)
            .unwrap(),
        b"hello"
    );
    let agent = world.server.log()[0].user_agent.clone().unwrap();
    assert_eq!(agent, "formwork/0.0.0");
}

#[test]
fn faults_that_do_not_pass_are_reported_at_once() {
    let world = World::new();
    world.serve("a", b"hello");
    let client = world.client();
    let get = |fault: Fault| {
        world.server.heal();
        world.server.clear_log();
        world.server.fault("/a", fault);
        let error = client.get(&world.at("a"), LIMIT).unwrap_err();
        (error, world.server.log().len())
    };
    assert!(matches!(
        get(Fault::Status(404, vec![])),
        (HttpError::NotFound { .. }, 1)
    ));
    assert!(matches!(
        get(Fault::Status(410, vec![])),
        (HttpError::NotFound { .. }, 1)
    ));
    assert!(matches!(
        get(Fault::Status(403, vec![])),
        (HttpError::Denied { status: 403, .. }, 1)
    ));
    assert!(matches!(
        get(Fault::Status(418, vec![])),
        (HttpError::Status { status: 418, .. }, 1)
    ));
    let (error, requests) = get(Fault::RedirectLoop);
    assert!(
        error.to_string().contains("redirects more than 8 times"),
        "{error}"
    );
    assert_eq!(requests, 9);
    let (error, _) = get(Fault::Redirect("file:///etc/passwd".to_owned()));
    assert!(
        error.to_string().contains("a file of this machine"),
        "{error}"
    );
    let (error, _) = get(Fault::Redirect("ftp://h.example/".to_owned()));
    assert!(error.to_string().contains("unusable address"), "{error}");
    assert!(world.retries().is_empty());
}

#[test]
fn faults_that_may_pass_are_tried_again_and_then_reported() {
    let world = World::new();
    world.serve("a", &content(5000, 1));
    let client = world.client();
    let faults = [
        (Fault::Status(500, vec![]), "answers 500"),
        (Fault::Status(503, vec![]), "answers 503"),
        (Fault::Status(429, vec![]), "answers 429"),
        (Fault::Status(408, vec![]), "answers 408"),
        (Fault::Stall, "sent nothing for 700ms"),
        (Fault::StallAfter(0), "sent nothing for 700ms"),
        (Fault::DropAfter(0), "closed the connection too early"),
    ];
    for (fault, reason) in faults {
        world.server.heal();
        world.server.clear_log();
        world.server.fault("/a", fault.clone());
        let error = client.get(&world.at("a"), LIMIT).unwrap_err();
        assert!(
            error.is_passing() && error.to_string().contains(reason),
            "{fault:?}: {error}"
        );
        let requests = world.server.log().len();
        // The first two files show that the host is in trouble; after them one try must do.
        assert!(requests == 3 || requests == 1, "{fault:?}: {requests}");
    }
}

#[test]
fn a_fault_that_passes_does_no_harm() {
    let faults = [
        Fault::Status(500, vec![]),
        Fault::Stall,
        Fault::StallAfter(100),
        Fault::DropAfter(100),
    ];
    for fault in faults {
        let world = World::new();
        let bytes = content(5000, 1);
        world.serve("a", &bytes);
        world.server.fault_times("/a", fault.clone(), 2);
        assert!(
            world.client().get(&world.at("a"), LIMIT).unwrap() == bytes,
            "{fault:?}"
        );
        assert_eq!(world.retries().len(), 2, "{fault:?}");
    }
}

#[test]
fn retry_after_is_obeyed_within_reason() {
    let world = World::new();
    world.serve("a", b"hello");
    world.server.fault_times(
        "/a",
        Fault::Status(503, vec!["Retry-After: 1".to_owned()]),
        1,
    );
    let start = Instant::now();
    assert_eq!(world.client().get(&world.at("a"), LIMIT).unwrap(), b"hello");
    assert!(start.elapsed() >= Duration::from_secs(1));

    // The second form, with the server's own clock, which is years behind ours.
    let dates = [
        "Date: Sun, 06 Nov 1994 08:49:37 GMT",
        "Retry-After: Sun, 06 Nov 1994 08:49:38 GMT",
    ];
    world.server.fault_times(
        "/a",
        Fault::Status(429, dates.map(str::to_owned).to_vec()),
        1,
    );
    let start = Instant::now();
    assert_eq!(world.client().get(&world.at("a"), LIMIT).unwrap(), b"hello");
    assert!(start.elapsed() >= Duration::from_secs(1));

    world.server.fault(
        "/a",
        Fault::Status(503, vec!["Retry-After: 3600".to_owned()]),
    );
    let start = Instant::now();
    assert!(world.client().get(&world.at("a"), LIMIT).is_err());
    assert!(
        start.elapsed() < Duration::from_secs(1),
        "nobody waits an hour"
    );
}

#[test]
fn data_without_end_is_cut_off() {
    let world = World::new();
    world.serve("a", &content(5000, 1));
    world.server.fault("/a", Fault::Endless);
    let client = world.client();
    assert!(matches!(
        client.get(&world.at("a"), LIMIT),
        Err(HttpError::TooLong { limit: LIMIT, .. })
    ));
    world.server.heal();
    assert!(matches!(
        client.get(&world.at("a"), 4999),
        Err(HttpError::TooLong { .. })
    ));
    assert_eq!(client.get(&world.at("a"), 5000).unwrap().len(), 5000);
}

#[test]
fn a_server_that_only_drips_is_given_up() {
    let mut world = World::new();
    world.serve("a", &content(100_000, 1));
    world.server.fault("/a", Fault::Slow(10));
    world.options.timeouts.window = Duration::from_millis(200);
    world.options.timeouts.slowest = 5000;
    world.options.attempts = 1;
    let error = world.client().get(&world.at("a"), LIMIT).unwrap_err();
    assert!(
        error.to_string().contains("less than 5000 bytes a second"),
        "{error}"
    );
    world.options.timeouts.slowest = 100;
    world.server.fault("/a", Fault::Slow(5000));
    assert!(world.client().get(&world.at("a"), LIMIT).is_ok());
}

#[test]
fn credentials_are_sent_and_stay_at_home() {
    let world = World::new();
    world.serve("a", b"hello");
    world.server.require_login("anna", "geheim");
    let address = world.server.url().replace("http://", "");
    let with = url(&format!("http://anna:geheim@{address}/a"));
    let wrong = url(&format!("http://anna:gehein@{address}/a"));
    let client = world.client();
    assert_eq!(client.get(&with, LIMIT).unwrap(), b"hello");

    let error = client.get(&world.at("a"), LIMIT).unwrap_err().to_string();
    assert!(error.contains("401: it wants a user name"), "{error}");
    let error = client.get(&wrong, LIMIT).unwrap_err().to_string();
    assert!(
        error.contains("refuses our user name") && !error.contains("gehein"),
        "{error}"
    );

    let other = Server::new(world.directory.path());
    world
        .server
        .fault("/a", Fault::Redirect(format!("{}/a", other.url())));
    assert_eq!(client.get(&with, LIMIT).unwrap(), b"hello");
    assert_eq!(
        other.log()[0].authorization,
        None,
        "another host learns nothing"
    );

    world.server.heal();
    world.serve("b", b"moved");
    world.server.fault("/a", Fault::Redirect("/b".to_owned()));
    assert_eq!(client.get(&with, LIMIT).unwrap(), b"moved");
    assert!(!format!("{:?}", world.events.lock().unwrap()).contains("geheim"));
}

#[test]
fn an_unreachable_server_is_an_error_that_says_so() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let world = World::new();
    let error = world
        .client()
        .get(&url(&format!("http://{closed}/a")), LIMIT)
        .unwrap_err();
    assert!(error.to_string().contains("Connection refused"), "{error}");
    assert_eq!(world.retries().len(), 2);
}

#[test]
fn a_file_address_is_read() {
    let world = World::new();
    let path = world.serve("a b", b"hello");
    let client = world.client();
    let address = formwork_archive::url::Url::from_file_path(&path);
    assert_eq!(client.get(&address, LIMIT).unwrap(), b"hello");
    assert!(matches!(
        client.get(&address, 4),
        Err(HttpError::TooLong { .. })
    ));
    assert!(matches!(
        client.get(&address.extended("x"), LIMIT),
        Err(HttpError::NotFound { .. })
    ));
    let directory = formwork_archive::url::Url::from_file_path(world.directory.path());
    assert!(matches!(
        client.get(&directory, LIMIT),
        Err(HttpError::NotFound { .. })
    ));
}

#[test]
fn an_interruption_ends_a_stalled_request_within_a_second() {
    let mut world = World::new();
    world.serve("a", b"hello");
    world.server.fault("/a", Fault::Stall);
    world.options.timeouts.idle = Duration::from_secs(30);
    world.options.timeouts.response = Duration::from_secs(30);
    let client = Arc::new(world.client());
    let (theirs, address) = (Arc::clone(&client), world.at("a"));
    let flag = Arc::clone(&world.interrupted);
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        flag.store(true, Ordering::Relaxed);
    });
    let start = Instant::now();
    let result = client.in_parallel(2, 1, &|| {}, move |_| theirs.get(&address, LIMIT));
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
    assert!(result.is_none_or(|list| matches!(list[0], Err(HttpError::Interrupted))));
}

/// A server that answers every request with `ok` and notes connections and request heads.
fn plain_server() -> (String, Arc<Mutex<Vec<Vec<String>>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let heads: Arc<Mutex<Vec<Vec<String>>>> = Arc::default();
    let noted = Arc::clone(&heads);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            noted.lock().unwrap().push(Vec::new());
            let noted = Arc::clone(&noted);
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut head = String::new();
                while reader.read_line(&mut head).is_ok_and(|count| count > 0) {
                    if head.ends_with("\r\n\r\n") {
                        noted
                            .lock()
                            .unwrap()
                            .last_mut()
                            .unwrap()
                            .push(std::mem::take(&mut head));
                        let _ =
                            (&stream).write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                    }
                }
            });
        }
    });
    (address, heads)
}

#[test]
fn one_connection_serves_many_requests() {
    let world = World::new();
    let (address, heads) = plain_server();
    let client = world.client();
    for number in 0..5 {
        client
            .get(&url(&format!("http://{address}/{number}")), LIMIT)
            .unwrap();
    }
    let heads = heads.lock().unwrap();
    assert_eq!(heads.len(), 1, "connections");
    assert_eq!(heads[0].len(), 5, "requests");
    assert!(heads[0][4].starts_with("GET /4 HTTP/1.1\r\n"));
}

fn with_proxy(settings: &[(&str, String)]) -> ClientOptions {
    let lookup = |name: &str| {
        let found = settings.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.clone())
    };
    ClientOptions {
        proxies: Proxies::from_variables(&lookup),
        ..common::impatient()
    }
}

#[test]
fn plain_http_goes_through_a_proxy_in_absolute_form() {
    let world = World::new();
    world.serve("debian/a", b"hello");
    let settings = [
        ("http_proxy", world.server.url()),
        ("no_proxy", "127.0.0.1".to_owned()),
    ];
    let client = Client::new(with_proxy(&settings), world.sink()).unwrap();
    assert_eq!(
        client
            .get(&url("http://mirror.example/debian/a"), LIMIT)
            .unwrap(),
        b"hello"
    );
    assert_eq!(
        client
            .get(&url("http://mirror.example/debian/a"), LIMIT)
            .unwrap(),
        b"hello"
    );
    assert_eq!(client.get(&world.at("debian/a"), LIMIT).unwrap(), b"hello");
    let hosts: Vec<_> = world
        .server
        .log()
        .into_iter()
        .map(|request| request.proxied_host)
        .collect();
    let proxied = Some("mirror.example".to_owned());
    assert_eq!(
        hosts,
        [proxied.clone(), proxied, None],
        "no_proxy goes directly"
    );
}

#[test]
fn a_proxy_gets_its_own_credentials_and_the_host_its_own() {
    let world = World::new();
    let (address, heads) = plain_server();
    let settings = [("http_proxy", format!("http://anna:geheim@{address}"))];
    let client = Client::new(with_proxy(&settings), world.sink()).unwrap();
    client
        .get(&url("http://u:p@mirror.example:8080/a?b"), LIMIT)
        .unwrap();
    let head = heads.lock().unwrap()[0][0].to_ascii_lowercase();
    assert!(
        head.starts_with("get http://mirror.example:8080/a?b http/1.1\r\n"),
        "{head}"
    );
    assert!(head.contains("\r\nhost: mirror.example:8080\r\n"), "{head}");
    assert!(
        head.contains("\r\nproxy-authorization: basic yw5uytpnzwhlaw0=\r\n"),
        "{head}"
    );
    assert!(head.contains("\r\nauthorization: basic dtpw\r\n"), "{head}");
}

#[test]
fn https_goes_through_a_tunnel() {
    let world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let settings = [(
        "https_proxy",
        format!("http://{}", listener.local_addr().unwrap()),
    )];
    let client = Client::new(with_proxy(&settings), world.sink()).unwrap();
    let proxy = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = [0; 16];
        stream.read_exact(&mut head).unwrap();
        stream.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").unwrap();
        String::from_utf8_lossy(&head).into_owned()
    });
    assert!(client.get(&url("https://mirror.example/a"), LIMIT).is_err());
    assert_eq!(proxy.join().unwrap(), "CONNECT mirror.e");
}

#[test]
fn settings_that_cannot_be_used_are_errors_that_name_them() {
    for address in ["http://anna:geheim@:x", "gopher://anna:geheim@h.example"] {
        let options = with_proxy(&[("http_proxy", address.to_owned())]);
        let error = Client::new(options, formwork_model::event::silent())
            .err()
            .unwrap();
        assert!(error.to_string().starts_with("http_proxy: "), "{error}");
        assert!(!error.to_string().contains("geheim"), "{error}");
    }
    let empty = tempfile::NamedTempFile::new().unwrap();
    let options = |path: &std::path::Path| ClientOptions {
        ca_files: vec![path.to_owned()],
        ..common::impatient()
    };
    let error = Client::new(options(empty.path()), formwork_model::event::silent())
        .err()
        .unwrap();
    assert!(
        error.to_string().contains("holds no certificate"),
        "{error}"
    );
    let missing = std::path::Path::new("/nonexistent.pem");
    let error = Client::new(options(missing), formwork_model::event::silent())
        .err()
        .unwrap();
    assert!(error.to_string().contains("/nonexistent.pem"), "{error}");
}

//! Whom the downloader trusts: the usual authorities, and those of the files it is given.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::{impatient, url};
use formwork_archive::http::{Client, ClientOptions, HttpError};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

/// A server that answers each connection once, with these header lines and a body of `ok`.
fn tls_server(header: &'static str) -> u16 {
    let certificate = CertificateDer::from_pem_file(data("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(data("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for socket in listener.incoming().map_while(Result::ok) {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = BufReader::new(StreamOwned::new(connection, socket));
            let mut line = String::new();
            while stream.read_line(&mut line).is_ok_and(|count| count > 2) {
                line.clear();
            }
            let answer = format!("HTTP/1.1 {header}Content-Length: 2\r\n\r\nok");
            let _ = stream.get_mut().write_all(answer.as_bytes());
            let _ = stream.get_mut().flush();
        }
    });
    port
}

fn client(ca_files: Vec<PathBuf>) -> Client {
    let options = ClientOptions {
        ca_files,
        ..impatient()
    };
    Client::new(options, formwork_model::event::silent()).unwrap()
}

#[test]
fn a_server_is_trusted_by_the_authority_of_a_file_and_by_nothing_less() {
    let port = tls_server("200 OK\r\n");
    let with = client(vec![data("authority.pem")]);
    for host in ["localhost", "127.0.0.1"] {
        assert_eq!(
            with.get(&url(&format!("https://{host}:{port}/")), 10)
                .unwrap(),
            b"ok"
        );
    }
    let error = client(Vec::new())
        .get(&url(&format!("https://localhost:{port}/")), 10)
        .unwrap_err();
    assert!(matches!(error, HttpError::Certificate { .. }), "{error}");
    assert!(error.to_string().contains("FORMWORK_CA_FILE"), "{error}");
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    let port = tls_server("200 OK\r\n");
    // The same machine by a name that the certificate does not hold.
    let address = url(&format!("https://127.0.0.2:{port}/"));
    let error = client(vec![data("authority.pem")])
        .get(&address, 10)
        .unwrap_err();
    assert!(matches!(error, HttpError::Certificate { .. }), "{error}");
}

#[test]
fn a_redirect_to_plain_http_is_refused() {
    let port = tls_server("302 Found\r\nLocation: http://mirror.example/\r\n");
    let error = client(vec![data("authority.pem")])
        .get(&url(&format!("https://localhost:{port}/")), 10)
        .unwrap_err();
    assert!(error.to_string().contains("from https to http"), "{error}");
}

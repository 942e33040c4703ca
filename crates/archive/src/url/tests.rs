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

#[test]
fn no_damage_makes_an_address_panic_or_talk() {
    let whole = "https://anna:geheim@mirror.example:80/debian?token#x";
    let secret = whole.find("geheim").unwrap();
    for position in 0..whole.len() {
        let _ = Url::parse(&whole[..position]);
        for wrong in [
            ":", "@", "/", "//", "%", "?", "#", "[", "]", " ", "\n", "é", "",
        ] {
            let text = format!("{}{wrong}{}", &whole[..position], &whole[position + 1..]);
            let shown = match Url::parse(&text) {
                Ok(url) => format!("{url} {url:?}"),
                Err(error) => error.to_string(),
            };
            // Without its `@`, or with a `/` before its colon, it is a host and a path like any other.
            if position >= secret && text[secret..].contains('@') {
                assert!(
                    !shown.contains("geh") && !shown.contains("heim"),
                    "{text}: {shown}"
                );
            }
        }
    }
}

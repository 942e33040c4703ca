//! Which proxy an address takes, by the variables that curl and apt know.
//!
//! `http_proxy` for http, `https_proxy` for https, `all_proxy` for what has none of its own;
//! the upper-case names too. `no_proxy` lists hosts that are reached directly: names, which
//! stand for their sub-domains as well, IP addresses, each with an optional port, or `*`.

use crate::url::{Scheme, Url};

/// Which proxies to use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    http: Option<Proxy>,
    https: Option<Proxy>,
    direct: Vec<String>,
}

/// A proxy's address, and the variable that named it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Proxy {
    pub(super) variable: &'static str,
    pub(super) address: String,
}

impl std::fmt::Debug for Proxy {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The address may hold a password.
        write!(out, "Proxy({})", self.variable)
    }
}

impl Proxies {
    /// Reads the settings through a function that looks variables up.
    #[must_use]
    pub fn from_variables(variable: &dyn Fn(&str) -> Option<String>) -> Proxies {
        let first = |names: [&'static str; 4]| {
            let found = names
                .into_iter()
                .find_map(|name| Some((name, variable(name)?)));
            found.map(|(variable, address)| Proxy { variable, address })
        };
        let direct = variable("no_proxy")
            .or_else(|| variable("NO_PROXY"))
            .unwrap_or_default();
        Proxies {
            http: first(["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]),
            https: first(["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
            direct: direct
                .split([',', ' '])
                .map(|entry| entry.trim().to_ascii_lowercase())
                .filter(|entry| !entry.is_empty())
                .collect(),
        }
    }

    /// The proxy for addresses of this scheme.
    pub(super) fn of_scheme(&self, scheme: Scheme) -> Option<&Proxy> {
        match scheme {
            Scheme::Http => self.http.as_ref(),
            Scheme::Https => self.https.as_ref(),
            Scheme::File => None,
        }
    }

    /// Tells whether this address goes through the proxy of its scheme.
    pub(super) fn serves(&self, url: &Url) -> bool {
        let excluded = |entry: &String| is_excluded(entry, url.host(), url.port());
        self.of_scheme(url.scheme()).is_some() && !self.direct.iter().any(excluded)
    }
}

fn is_excluded(entry: &str, host: &str, port: u16) -> bool {
    if entry == "*" {
        return true;
    }
    let (name, wanted_port) = match entry.rsplit_once(':') {
        // More than one colon is an IPv6 address without port.
        Some((name, digits)) if !name.contains(':') || name.ends_with(']') => {
            (name, digits.parse().ok())
        }
        _ => (entry, None),
    };
    if wanted_port.is_some_and(|wanted: u16| wanted != port) {
        return false;
    }
    let bare = |text: &'static str| move |character: char| text.contains(character);
    let name = name
        .trim_start_matches("*.")
        .trim_start_matches('.')
        .trim_matches(bare("[]"));
    let host = host.trim_matches(bare("[]"));
    host == name
        || host
            .strip_suffix(name)
            .is_some_and(|front| front.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(settings: &[(&str, &str)]) -> Proxies {
        Proxies::from_variables(&|name| {
            let found = settings.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn each_scheme_takes_its_own_variable() {
        type Case<'a> = (&'a [(&'a str, &'a str)], Option<&'a str>, Option<&'a str>);
        let cases: [Case<'_>; 4] = [
            (
                &[
                    ("http_proxy", "a"),
                    ("https_proxy", "b"),
                    ("all_proxy", "c"),
                ],
                Some("a"),
                Some("b"),
            ),
            (
                &[("HTTP_PROXY", "a"), ("ALL_PROXY", "c")],
                Some("a"),
                Some("c"),
            ),
            (&[("https_proxy", "b")], None, Some("b")),
            (&[], None, None),
        ];
        for (settings, http, https) in cases {
            let proxies = proxies(settings);
            let address = |scheme| {
                proxies
                    .of_scheme(scheme)
                    .map(|proxy| proxy.address.as_str())
            };
            assert_eq!(
                (address(Scheme::Http), address(Scheme::Https)),
                (http, https)
            );
        }
    }

    #[test]
    fn excluded_hosts_are_reached_directly() {
        let cases = [
            ("mirror.example", "http://mirror.example/", false),
            ("mirror.example", "http://a.mirror.example/", false),
            (".mirror.example", "http://a.mirror.example/", false),
            ("*.mirror.example", "http://a.mirror.example/", false),
            ("mirror.example", "http://othermirror.example/", true),
            ("Mirror.Example", "http://mirror.example/", false),
            ("mirror.example:8080", "http://mirror.example/", true),
            ("mirror.example:8080", "http://mirror.example:8080/", false),
            ("x, 127.0.0.1", "http://127.0.0.1:9/", false),
            ("::1", "http://[::1]/", false),
            ("[::1]:80", "http://[::1]/", false),
            ("*", "http://mirror.example/", false),
            ("", "http://mirror.example/", true),
            ("", "file:///srv", false),
        ];
        for (excluded, url, served) in cases {
            let proxies = proxies(&[("http_proxy", "p"), ("no_proxy", excluded)]);
            assert_eq!(
                proxies.serves(&Url::parse(url).unwrap()),
                served,
                "{excluded} {url}"
            );
        }
    }

    #[test]
    fn a_password_of_a_proxy_is_not_printed() {
        let proxies = proxies(&[("http_proxy", "http://u:geheim@p.example:3128")]);
        assert!(!format!("{proxies:?}").contains("geheim"));
    }
}

//! The connections: one pool for each way to a host (directly, or by a proxy) and each set of
//! certificate authorities.
//!
//! The library trusts either its compiled-in authorities or a list, not both together. With
//! CA files set we ask with the files first and, if they do not know the server, with the
//! compiled-in ones: a server is trusted if either knows it.

use std::path::Path;

use ureq::Agent;
use ureq::http::Uri;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};
use ureq::unversioned::transport::{Connector, DefaultConnector};

use super::forward::{AbsoluteForm, ToProxy};
use super::options::ClientOptions;
use super::proxy::{Proxies, Proxy};
use super::{HttpError, Timeouts};
use crate::url::{Scheme, Url};

/// The name that we tell servers.
const USER_AGENT: &str = concat!("formwork/", env!("CARGO_PKG_VERSION"));

/// All pools; the list has one for each set of authorities, in the order to try.
pub(super) struct Agents {
    direct: Vec<Agent>,
    http_proxy: Vec<Agent>,
    https_proxy: Vec<Agent>,
    proxies: Proxies,
    /// What the http proxy wants to hear from us.
    proxy_authorization: Option<String>,
}

impl Agents {
    pub(super) fn new(options: &ClientOptions) -> Result<Agents, HttpError> {
        let roots = trusted_roots(options)?;
        let of = |scheme| options.proxies.of_scheme(scheme);
        let mut agents = Agents {
            direct: Vec::new(),
            http_proxy: Vec::new(),
            https_proxy: Vec::new(),
            proxies: options.proxies.clone(),
            proxy_authorization: None,
        };
        for root in roots {
            let make = Maker {
                timeouts: options.timeouts,
                root,
            };
            agents
                .direct
                .push(Agent::new_with_config(make.config(None)));
            if let Some(proxy) = of(Scheme::Http) {
                let (agent, authorization) = make.for_http(proxy)?;
                agents.http_proxy.push(agent);
                agents.proxy_authorization = authorization;
            }
            if let Some(proxy) = of(Scheme::Https) {
                let tunnel = read_proxy(proxy)?;
                agents
                    .https_proxy
                    .push(Agent::new_with_config(make.config(Some(tunnel))));
            }
        }
        Ok(agents)
    }

    /// The pools for an address, and the header that its proxy wants.
    pub(super) fn of(&self, url: &Url) -> (&[Agent], Option<&str>) {
        match (self.proxies.serves(url), url.scheme()) {
            (true, Scheme::Http) => (&self.http_proxy, self.proxy_authorization.as_deref()),
            (true, Scheme::Https) => (&self.https_proxy, None),
            _ => (&self.direct, None),
        }
    }

    /// Breaks all connections.
    pub(super) fn stop(&self) {
        let all = [&self.direct, &self.http_proxy, &self.https_proxy];
        all.into_iter()
            .flatten()
            .for_each(|agent| agent.clone().shutdown());
    }
}

/// What all pools of one set of authorities have in common.
struct Maker {
    timeouts: Timeouts,
    root: RootCerts,
}

impl Maker {
    fn config(&self, proxy: Option<ureq::Proxy>) -> ureq::config::Config {
        Agent::config_builder()
            .proxy(proxy)
            .user_agent(USER_AGENT)
            .accept_encoding("identity")
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_resolve(Some(self.timeouts.connect))
            .timeout_connect(Some(self.timeouts.connect))
            .timeout_send_request(Some(self.timeouts.response))
            .timeout_recv_response(Some(self.timeouts.response))
            .timeout_per_read(Some(self.timeouts.idle))
            .max_idle_connections_per_host(8)
            .tls_config(TlsConfig::builder().root_certs(self.root.clone()).build())
            .build()
    }

    /// For plain http: straight to an http proxy, by a tunnel through any other kind.
    fn for_http(&self, proxy: &Proxy) -> Result<(Agent, Option<String>), HttpError> {
        let parsed = read_proxy(proxy)?;
        if parsed.protocol() != ureq::ProxyProtocol::Http {
            return Ok((Agent::new_with_config(self.config(Some(parsed))), None));
        }
        let address = format!("http://{}:{}/", parsed.host(), parsed.port());
        let address: Uri = address.parse().map_err(|_| unusable(proxy))?;
        let connector = DefaultConnector::default().chain(AbsoluteForm);
        let agent = Agent::with_parts(self.config(None), connector, ToProxy(address));
        let authorization = parsed
            .username()
            .map(|user| super::request::basic(user, parsed.password().unwrap_or_default()));
        Ok((agent, authorization))
    }
}

fn read_proxy(proxy: &Proxy) -> Result<ureq::Proxy, HttpError> {
    let parsed = ureq::Proxy::new(&proxy.address).ok();
    let usable = parsed.filter(|parsed| !parsed.host().is_empty());
    usable.ok_or_else(|| unusable(proxy))
}

fn unusable(proxy: &Proxy) -> HttpError {
    HttpError::Setting {
        setting: proxy.variable.to_owned(),
        reason: "its value is not the address of a proxy (http://host:port)".to_owned(),
    }
}

/// The sets of authorities in the order to try them.
fn trusted_roots(options: &ClientOptions) -> Result<Vec<RootCerts>, HttpError> {
    let mut own = Vec::new();
    for path in &options.ca_files {
        own.extend(read_authorities(path)?);
    }
    let mut roots = vec![RootCerts::WebPki];
    if !own.is_empty() {
        roots.insert(0, RootCerts::new_with_certs(&own));
    }
    Ok(roots)
}

fn read_authorities(path: &Path) -> Result<Vec<Certificate<'static>>, HttpError> {
    let text = formwork_sys::fs::read_limited(path, 64 * 1024 * 1024)?;
    let unusable = |reason: &str| HttpError::Setting {
        setting: format!("the certificate file {}", path.display()),
        reason: reason.to_owned(),
    };
    let mut found = Vec::new();
    for item in ureq::tls::parse_pem(&text) {
        match item {
            Ok(PemItem::Certificate(certificate)) => found.push(certificate),
            Ok(_) => {}
            Err(_) => return Err(unusable("it is damaged")),
        }
    }
    if found.is_empty() {
        Err(unusable("it holds no certificate in PEM form"))
    } else {
        Ok(found)
    }
}

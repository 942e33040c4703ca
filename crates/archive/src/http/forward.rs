//! Plain http through an HTTP proxy, as caches and company proxies expect it.
//!
//! ureq opens a tunnel (`CONNECT`) for every address; many proxies refuse that for port 80,
//! and none can cache what passes through one. So for http addresses we connect to the proxy
//! as if it were the host, and write the request in absolute form (RFC 9112, section 3.2.2):
//! `GET http://mirror.example/debian/… HTTP/1.1`.

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

/// Leads every host to the proxy.
#[derive(Debug)]
pub(super) struct ToProxy(pub(super) Uri);

impl Resolver for ToProxy {
    fn resolve(
        &self,
        _: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        DefaultResolver::default().resolve(&self.0, config, timeout)
    }
}

/// Makes connections that write requests in absolute form.
#[derive(Debug)]
pub(super) struct AbsoluteForm;

impl<In: Transport> Connector<In> for AbsoluteForm {
    type Out = AbsoluteTransport<In>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        let authority = details
            .uri
            .authority()
            .map(ToString::to_string)
            .unwrap_or_default();
        let prefix = format!("http://{authority}").into_bytes();
        Ok(chained.map(|inner| AbsoluteTransport { inner, prefix }))
    }
}

/// A connection to the proxy that belongs to one host.
#[derive(Debug)]
pub(super) struct AbsoluteTransport<In> {
    inner: In,
    prefix: Vec<u8>,
}

const START: &[u8] = b"GET /";
/// Where the path begins in the request line.
const PATH: usize = START.len() - 1;

impl<In: Transport> Transport for AbsoluteTransport<In> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let output = self.inner.buffers().output();
        let grown = amount + self.prefix.len();
        // We send no bodies: what begins like this is a request line.
        if !output[..amount].starts_with(START) {
            return self.inner.transmit_output(amount, timeout);
        }
        if grown > output.len() {
            return Err(Error::Io(std::io::Error::other("the address is too long")));
        }
        output.copy_within(PATH..amount, PATH + self.prefix.len());
        output[PATH..PATH + self.prefix.len()].copy_from_slice(&self.prefix);
        self.inner.transmit_output(grown, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }
}

//! The archive as its users see it: sync, universe, fetch.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use formwork_model::event::Sink;

use crate::credentials::Credentials;
use crate::error::Error;
use crate::fetch::Fetcher;
use crate::http::{Client, ClientOptions};
use crate::repository::{Options, Repository};
use crate::seen::SeenReleases;
use crate::store::Store;
use crate::url::{Scheme, Url};

/// Repositories, verified, in one cache. Cheap to clone and to use from several threads.
#[derive(Clone)]
pub struct Archive {
    pub(crate) inner: Arc<Inner>,
}

/// What all clones share.
pub(crate) struct Inner {
    pub(crate) options: Options,
    pub(crate) store: Arc<Store>,
    pub(crate) events: Sink,
    pub(crate) seen: SeenReleases,
    client_options: ClientOptions,
    // Made when first needed: neither is for answers from the cache.
    client: OnceLock<Arc<Client>>,
    credentials: OnceLock<Credentials>,
}

impl Archive {
    /// Opens the cache; no connection is made yet.
    ///
    /// # Errors
    /// If the cache directory cannot be used.
    pub fn open(options: Options, events: Sink) -> Result<Archive, Error> {
        Archive::with_client(options, ClientOptions::from_environment(), events)
    }

    /// Opens the cache with a downloader of its own settings.
    ///
    /// # Errors
    /// If the cache directory cannot be used.
    pub fn with_client(
        options: Options,
        client_options: ClientOptions,
        events: Sink,
    ) -> Result<Archive, Error> {
        let store = Arc::new(Store::open(&options.cache_dir, &events)?);
        let seen = SeenReleases::new(&options.state_dir);
        let (client, credentials) = (OnceLock::new(), OnceLock::new());
        let inner = Inner {
            options,
            store,
            events,
            seen,
            client_options,
            client,
            credentials,
        };
        Ok(Archive {
            inner: Arc::new(inner),
        })
    }

    /// The store of this archive's cache.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.inner.store
    }
}

impl Inner {
    pub(crate) fn client(&self) -> Result<&Arc<Client>, Error> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = Client::new(self.client_options.clone(), Arc::clone(&self.events))?;
        Ok(self.client.get_or_init(|| Arc::new(client)))
    }

    pub(crate) fn fetcher(&self) -> Result<Fetcher, Error> {
        Ok(Fetcher {
            store: Arc::clone(&self.store),
            client: Arc::clone(self.client()?),
            offline: self.options.offline,
            jobs: self.options.jobs,
            events: Arc::clone(&self.events),
        })
    }

    /// The address with the credentials that this user has for it.
    ///
    /// Those written in the repository's own address, or given for it by name, go to its own
    /// host only: a snapshot may be elsewhere.
    pub(crate) fn with_credentials(&self, repository: &Repository, url: &Url) -> Url {
        let load = || Credentials::load(&self.options.root, std::env::vars());
        let own = repository.url.same_origin(url);
        if own && repository.url.credentials().is_some() {
            return repository
                .url
                .redirect(&url.as_sent())
                .unwrap_or_else(|_| url.clone());
        }
        self.credentials
            .get_or_init(load)
            .apply(own.then_some(&repository.name), url)
    }

    /// Whether this address may be asked at all.
    pub(crate) fn is_reachable(&self, url: &Url) -> bool {
        !self.options.offline || url.scheme() == Scheme::File
    }

    pub(crate) fn cache(&self, kind: &str) -> PathBuf {
        self.options.cache_dir.join(kind)
    }
}

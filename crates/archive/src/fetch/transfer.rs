//! One file, from the first of its addresses that has the right bytes.

use formwork_deb::sha256::Sha256;
use formwork_sys::CheckedFile;

use super::progress::Progress;
use super::{FetchError, Fetcher, Missing, Wanted};
use crate::http::{HttpError, Request, Response};
use crate::store::{Begun, Download, Origin};
use crate::url::{Scheme, Url};

/// Why a file was not obtained.
pub(super) enum Failure {
    /// None of its addresses has it.
    Missing(Missing),
    /// Nothing else can be obtained either.
    Ended(FetchError),
}

impl From<formwork_sys::Error> for Failure {
    fn from(error: formwork_sys::Error) -> Failure {
        Failure::Ended(FetchError::File(error))
    }
}

/// A file that is being obtained.
pub(super) struct Transfer<'a> {
    fetcher: &'a Fetcher,
    wanted: &'a Wanted,
    progress: (&'a Progress, usize),
}

impl<'a> Transfer<'a> {
    pub(super) fn new(
        fetcher: &'a Fetcher,
        wanted: &'a Wanted,
        progress: (&'a Progress, usize),
    ) -> Self {
        Transfer {
            fetcher,
            wanted,
            progress,
        }
    }

    pub(super) fn run(&self) -> Result<CheckedFile, Failure> {
        let Wanted {
            label,
            sha256,
            size,
            sources,
        } = self.wanted;
        let mut sought = vec![("the cache".to_owned(), "not there".to_owned())];
        let begun = self
            .fetcher
            .store
            .begin((sha256, *size, label), &self.fetcher.events)?;
        let mut download = match begun {
            Begun::Download(download) => Some(download),
            Begun::Interrupted => return Err(Failure::Ended(FetchError::Interrupted)),
            Begun::Have(file) => {
                self.have(*size);
                return Ok(file);
            }
        };
        self.progress.0.name(label);
        let mut absent = true;
        for url in sources {
            if self.fetcher.offline && url.scheme() != Scheme::File {
                sought.push((url.to_string(), "not asked (--offline)".to_owned()));
                continue;
            }
            match self.obtain_from(url, &mut download) {
                Ok(file) => return Ok(file),
                Err(HttpError::Interrupted) => return Err(Failure::Ended(FetchError::Interrupted)),
                Err(HttpError::File(error)) => return Err(error.into()),
                Err(error) => {
                    absent &= matches!(error, HttpError::NotFound { .. });
                    sought.push((url.to_string(), error.reason()));
                }
            }
        }
        let label = label.clone();
        Err(Failure::Missing(Missing {
            label,
            sha256: *sha256,
            sought,
            absent,
        }))
    }

    /// Tries one address as often as it makes sense.
    ///
    /// Wrong bytes are thrown away and fetched again from the first one, once: they may come
    /// from a part that was continued from another file of that name, or from a bad line.
    fn obtain_from(
        &self,
        url: &Url,
        slot: &mut Option<Box<Download>>,
    ) -> Result<CheckedFile, HttpError> {
        let mut was_wrong = false;
        self.fetcher.client.retrying(url, &mut |_| {
            loop {
                let mut download = slot.take().ok_or(HttpError::Interrupted)?;
                if let Err(error) = self.receive(url, &mut download) {
                    *slot = Some(download);
                    return Err(error);
                }
                let (emptied, mismatch) = match download.publish()? {
                    Ok(file) => return Ok(file),
                    Err(wrong) => wrong,
                };
                *slot = Some(emptied);
                if was_wrong {
                    let reason = self.describe(&mismatch);
                    return Err(HttpError::WrongContent {
                        url: url.clone(),
                        reason,
                    });
                }
                was_wrong = true;
            }
        })
    }

    fn describe(&self, mismatch: &formwork_sys::Error) -> String {
        match mismatch {
            formwork_sys::Error::WrongHash { found, .. } => format!("sha256 {found}, twice"),
            _ => format!("another size than {}", self.wanted.size),
        }
    }

    /// Receives the bytes that are missing.
    fn receive(&self, url: &Url, download: &mut Download) -> Result<(), HttpError> {
        if download.is_complete() {
            return Ok(());
        }
        let response = self.open(url, download)?;
        let size = self.wanted.size;
        if let Some(found) = response.size.filter(|found| *found != size) {
            return Err(HttpError::WrongLength {
                url: url.clone(),
                expected: size,
                found,
            });
        }
        if response.from == 0 {
            download.restart()?;
            let validator = response.validator.clone();
            let origin = validator.map(|validator| Origin {
                address: address(url),
                validator,
            });
            download.set_origin(origin.as_ref())?;
        }
        let received = self.fetcher.client.pump(response, size, &mut |part| {
            download.write(part)?;
            self.have(download.have());
            Ok(())
        })?;
        if download.is_complete() {
            return Ok(());
        }
        let reason = format!("the server sent {} of {size} bytes", download.have());
        Err(HttpError::Connection {
            url: url.clone(),
            reason,
            progress: received,
        })
    }

    /// Asks for what is missing, or for the whole if the server cannot continue.
    fn open(&self, url: &Url, download: &mut Download) -> Result<Response, HttpError> {
        let client = &self.fetcher.client;
        // A validator says nothing about the same file on another server; the hash will.
        let origin = download
            .origin()
            .filter(|origin| origin.address == address(url));
        let if_range = origin.as_ref().map(|origin| origin.validator.as_str());
        match client.open(&Request {
            url,
            from: download.have(),
            if_range,
        }) {
            Err(HttpError::BadRange { .. }) if download.have() > 0 => {
                download.restart()?;
                client.open(&Request::whole(url))
            }
            other => other,
        }
    }

    fn have(&self, bytes: u64) {
        let (progress, position) = self.progress;
        progress.set(position, bytes);
    }
}

fn address(url: &Url) -> Sha256 {
    Sha256::of(url.as_sent().as_bytes())
}

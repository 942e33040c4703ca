//! Records of verified snapshots, so that a later start need not check signatures again.
//!
//! One file in the cache for each repository, suite and choice of indices; its name is a digest
//! of all that the verification depended on, keyrings included. Expiry is judged again at every
//! use. The content is deb822: a paragraph for the Release, one for each signer, one for each
//! index. A record that cannot be read counts as absent.

use std::fmt::Write as _;
use std::path::PathBuf;

use formwork_deb::deb822::{self, Paragraph};
use formwork_deb::release::IndexFile;
use formwork_deb::sha256::{Hasher, Sha256};
use formwork_deb::time::Timestamp;
use formwork_sys::fs;

use crate::archive::Inner;
use crate::error::Error;
use crate::indices::{IndexKind, IndexPlan};
use crate::repository::{Repository, Want};
use crate::snapshot::{Part, VerifiedRelease};
use crate::trust::Signer;
use crate::url::Url;
use formwork_codec::Compression;

/// Changes whenever records of an older program must not be read.
const FORMAT: &str = "formwork-record-1";
/// A record is some kilobytes.
const MAX_BYTES: u64 = 4 << 20;

/// A record and when its Release was fetched.
pub(crate) struct Record {
    pub(crate) fetched: Timestamp,
    pub(crate) part: Part,
}

/// The record for this repository and choice of indices, if there is a readable one.
pub(crate) fn load(inner: &Inner, repository: &Repository, want: &Want) -> Option<Record> {
    let bytes = fs::read_limited(&path(inner, repository, want)?, MAX_BYTES).ok()?;
    parse(std::str::from_utf8(&bytes).ok()?, repository)
}

/// Writes the record.
pub(crate) fn save(
    inner: &Inner,
    repository: &Repository,
    want: &Want,
    part: &Part,
) -> Result<(), Error> {
    let Some(path) = path(inner, repository, want) else {
        return Ok(());
    };
    if let Some(directory) = path.parent() {
        fs::create_directory(directory)?;
    }
    fs::replace(&path, print(part, inner.options.now).as_bytes())?;
    Ok(())
}

/// The file of the record; none if a keyring cannot be read, which checking will complain of.
fn path(inner: &Inner, repository: &Repository, want: &Want) -> Option<PathBuf> {
    let mut hasher = Hasher::new();
    let mut field = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    field(FORMAT.as_bytes());
    field(repository.name.as_bytes());
    field(
        repository
            .url
            .clone()
            .without_credentials()
            .as_sent()
            .as_bytes(),
    );
    field(repository.suite.as_bytes());
    field(repository.components.join(" ").as_bytes());
    field(
        repository
            .at
            .map_or_else(String::new, Timestamp::snapshot)
            .as_bytes(),
    );
    field(
        repository
            .snapshot_template
            .as_deref()
            .unwrap_or_default()
            .as_bytes(),
    );
    field(repository.architectures_of(want).join(" ").as_bytes());
    field(&[u8::from(want.sources)]);
    for keyring in &repository.keyrings {
        field(keyring.label().as_bytes());
        field(&keyring.content().ok()?);
    }
    Some(inner.cache("snapshots").join(hasher.finish().to_string()))
}

fn print(part: &Part, fetched: Timestamp) -> String {
    let release = &part.release;
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name}: {value}");
    };
    line("Format", FORMAT);
    line("Fetched", &fetched.to_string());
    line("Date", &release.date.to_string());
    line("Release-SHA256", &release.release_sha256.to_string());
    if let Some(version) = &release.version {
        line("Version", version);
    }
    if let Some(valid_until) = release.valid_until {
        line("Valid-Until", &valid_until.to_string());
    }
    line("Base", &part.base.as_sent());
    line("By-Hash", if part.by_hash { "yes" } else { "no" });
    if !part.expired_keys.is_empty() {
        line("Expired-Keys", &part.expired_keys.join(" "));
    }
    for signer in &release.signers {
        line("\nSigner", &signer.fingerprint);
        line("Certificate", &signer.certificate);
        line("Signed", &signer.signed.to_string());
        line("Key-Expired", if signer.key_expired { "yes" } else { "no" });
        line("User", &signer.user_id);
    }
    for index in &part.indices {
        line("\nIndex", &index.path);
        line(
            "Kind",
            if index.kind == IndexKind::Sources {
                "sources"
            } else {
                "packages"
            },
        );
        line("Component", &index.component);
        line(
            "Architecture",
            index.architecture.as_deref().unwrap_or_default(),
        );
        line(
            "Packed",
            &format!("{} {}", index.packed.sha256, index.packed.size),
        );
        if let Some(plain) = index.plain {
            line("Plain", &format!("{} {}", plain.sha256, plain.size));
        }
    }
    text
}

fn parse(text: &str, repository: &Repository) -> Option<Record> {
    let mut paragraphs = deb822::paragraphs(text);
    let head = paragraphs.next()?.ok()?;
    let value = |name: &str| head.get(name).map(|field| field.value);
    if value("Format")? != FORMAT {
        return None;
    }
    let time = |text: &str| Timestamp::parse_rfc3339(text).ok();
    let mut part = Part {
        release: VerifiedRelease {
            repository: repository.name.clone(),
            suite: repository.suite.clone(),
            date: time(value("Date")?)?,
            version: value("Version").map(str::to_owned),
            valid_until: value("Valid-Until").map_or(Some(None), |text| time(text).map(Some))?,
            release_sha256: value("Release-SHA256")?.parse().ok()?,
            expired_waiver: None,
            signers: Vec::new(),
        },
        repository: repository.clone(),
        expired_keys: words(value("Expired-Keys").unwrap_or_default()),
        base: Url::parse(value("Base")?).ok()?,
        by_hash: value("By-Hash")? == "yes",
        indices: Vec::new(),
    };
    for paragraph in paragraphs {
        let paragraph = paragraph.ok()?;
        if paragraph.get("Signer").is_some() {
            part.release.signers.push(signer(&paragraph)?);
        } else {
            part.indices.push(index(&paragraph)?);
        }
    }
    Some(Record {
        fetched: time(value("Fetched")?)?,
        part,
    })
}

fn signer(paragraph: &Paragraph<'_>) -> Option<Signer> {
    let value = |name: &str| paragraph.get(name).map(|field| field.value.to_owned());
    Some(Signer {
        fingerprint: value("Signer")?,
        certificate: value("Certificate")?,
        user_id: value("User")?,
        signed: Timestamp::parse_rfc3339(&value("Signed")?).ok()?,
        key_expired: value("Key-Expired")? == "yes",
    })
}

fn index(paragraph: &Paragraph<'_>) -> Option<IndexPlan> {
    let value = |name: &str| paragraph.get(name).map(|field| field.value);
    let path = value("Index")?.to_owned();
    let plain = match value("Plain") {
        Some(text) => Some(index_file(text)?),
        None => None,
    };
    Some(IndexPlan {
        kind: if value("Kind")? == "sources" {
            IndexKind::Sources
        } else {
            IndexKind::Packages
        },
        component: value("Component")?.to_owned(),
        architecture: value("Architecture")
            .filter(|text| !text.is_empty())
            .map(str::to_owned),
        compression: Compression::of_name(&path),
        packed: index_file(value("Packed")?)?,
        plain,
        path,
    })
}

fn index_file(text: &str) -> Option<IndexFile> {
    let (sha256, size) = text.split_once(' ')?;
    Some(IndexFile {
        sha256: sha256.parse::<Sha256>().ok()?,
        size: size.parse().ok()?,
    })
}

fn words(text: &str) -> Vec<String> {
    text.split_ascii_whitespace().map(str::to_owned).collect()
}

//! The manifest of a tree and the record of an image as an earlier build wrote them, read again.

use std::collections::BTreeMap;
use std::path::Path;

use formwork_model::documents::ImageRecord;
use formwork_sys::fs;
use serde::Deserialize;

use crate::Error;

/// No document of a build is larger.
const MAX_BYTES: u64 = 1 << 30;

/// One entry of a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Entry {
    /// The absolute path, as the manifest writes it.
    pub(super) path: String,
    /// What it is.
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// The permission bits.
    pub(super) mode: Option<String>,
    /// The owner.
    pub(super) uid: Option<u32>,
    /// The group.
    pub(super) gid: Option<u32>,
    /// The last change.
    pub(super) mtime: Option<i64>,
    /// The size of a file.
    pub(super) size: Option<u64>,
    /// The digest of a file.
    pub(super) sha256: Option<String>,
    /// Where a link points to.
    pub(super) target: Option<String>,
    /// The number of a device.
    pub(super) device: Option<String>,
    /// Extended attributes.
    pub(super) xattrs: BTreeMap<String, String>,
    /// The package that owns it.
    pub(super) package: Option<String>,
}

#[derive(Deserialize)]
struct Document {
    entries: Vec<Entry>,
}

/// The entries of a manifest by their paths.
pub(super) fn read(path: &Path) -> Result<BTreeMap<String, Entry>, Error> {
    let document: Document = document(path)?;
    let entries = document.entries.into_iter();
    Ok(entries.map(|entry| (entry.path.clone(), entry)).collect())
}

/// The record of an image, if there is one.
pub(super) fn image(path: Option<&Path>) -> Result<Option<ImageRecord>, Error> {
    path.map(document).transpose()
}

/// A JSON document that a build wrote.
pub(super) fn document<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<T, Error> {
    let bytes = fs::read_limited(path, MAX_BYTES)?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Error::Check(format!("{} cannot be read: {error}", path.display())))
}

/// The bytes of a path that the manifest escapes, without the slash in front.
pub(super) fn raw(path: &str) -> Vec<u8> {
    let mut raw = Vec::with_capacity(path.len());
    let mut rest = path.strip_prefix('/').unwrap_or(path).bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            raw.push(byte);
            continue;
        }
        let digits = [rest.next().unwrap_or(b'0'), rest.next().unwrap_or(b'0')];
        let text = String::from_utf8_lossy(&digits);
        raw.push(u8::from_str_radix(&text, 16).unwrap_or(b'?'));
    }
    raw
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_read_as_it_is_written() {
        let text = "{\"format\": 1, \"suite\": \"x\", \"entries\": [\n\
            {\"path\":\"/etc\",\"type\":\"dir\",\"mode\":\"0755\",\"uid\":0,\"gid\":0,\"mtime\":7},\n\
            {\"path\":\"/a%25b\",\"type\":\"file\",\"size\":1,\"sha256\":\"00\",\"package\":\"a\"}]}";
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.tree.json");
        std::fs::write(&path, text).unwrap();
        let entries = read(&path).unwrap();
        assert_eq!(entries["/etc"].mode.as_deref(), Some("0755"));
        assert_eq!(entries["/a%25b"].package.as_deref(), Some("a"));
        assert_eq!(raw("/a%25b"), b"a%b");
        std::fs::write(&path, "{").unwrap();
        assert!(read(&path).unwrap_err().to_string().contains("x.tree.json"));
    }
}

//! The JSON schemas of all documents, made from their structures.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};

use crate::tree::TreeManifest;

use super::{
    BuildLog, BuildRecord, Built, BuiltPackages, CacheCleaned, CacheInfo, CacheVerified, Closure,
    Contradiction, Explanation, Fetched, Images, Installable, LockChecked, LockWritten,
    ReverseDependencies, Search, Shown, ShownImage, Sources, Tree,
};

/// Every document's name and its JSON schema (draft 2020-12), sorted by name.
#[must_use]
pub fn schemas() -> Vec<(&'static str, String)> {
    vec![
        ("build", schema::<Built>()),
        ("build-log", schema::<BuildLog>()),
        ("build-packages", schema::<BuiltPackages>()),
        ("build-record", schema::<BuildRecord>()),
        ("build-tree", schema::<TreeManifest>()),
        ("cache-clean", schema::<CacheCleaned>()),
        ("cache-info", schema::<CacheInfo>()),
        ("cache-verify", schema::<CacheVerified>()),
        ("closure", schema::<Closure>()),
        ("conflict", schema::<Contradiction>()),
        ("fetch", schema::<Fetched>()),
        ("images", schema::<Images>()),
        ("installable", schema::<Installable>()),
        ("lock", schema::<LockWritten>()),
        ("lock-check", schema::<LockChecked>()),
        ("rdepends", schema::<ReverseDependencies>()),
        ("search", schema::<Search>()),
        ("show", schema::<Shown>()),
        ("show-image", schema::<ShownImage>()),
        ("sources", schema::<Sources>()),
        ("tree", schema::<Tree>()),
        ("why", schema::<Explanation>()),
    ]
}

/// The schema of one document as text.
fn schema<T: JsonSchema>() -> String {
    let generator = SchemaGenerator::new(SchemaSettings::draft2020_12().for_serialize());
    let mut text = format!("{:#}", generator.into_root_schema_for::<T>().to_value());
    text.push('\n');
    text
}

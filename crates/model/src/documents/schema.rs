//! The JSON schemas of all documents, made from their structures.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};

use crate::tree::TreeManifest;

use super::{
    ApprovedLists, BuildLog, BuildRecord, Built, BuiltPackages, CacheCleaned, CacheInfo,
    CacheVerified, Closure, Contradiction, Coverage, Explanation, Exported, Fetched, Findings,
    Flat, FlatDiff, ImageRecord, Images, Inspected, Installable, LockChecked, LockWritten,
    MergedList, Migration, ProposalList, ProposalRefused, ProposalShown, ProposalWritten, Ran,
    Repro, ReverseDependencies, Search, SentDiff, SentRecord, Shown, ShownImage, Sources, Timings,
    Trace, Tree,
};

/// Every document's name and its JSON schema (draft 2020-12), sorted by name.
#[must_use]
pub fn schemas() -> Vec<(&'static str, String)> {
    vec![
        ("approved", schema::<ApprovedLists>()),
        ("approved-merge", schema::<MergedList>()),
        ("approved-sent", schema::<SentRecord>()),
        ("approved-unsent", schema::<SentDiff>()),
        ("build", schema::<Built>()),
        ("build-image", schema::<ImageRecord>()),
        ("build-log", schema::<BuildLog>()),
        ("build-packages", schema::<BuiltPackages>()),
        ("build-record", schema::<BuildRecord>()),
        ("build-timings", schema::<Timings>()),
        ("build-tree", schema::<TreeManifest>()),
        ("cache-clean", schema::<CacheCleaned>()),
        ("cache-info", schema::<CacheInfo>()),
        ("cache-verify", schema::<CacheVerified>()),
        ("closure", schema::<Closure>()),
        ("conflict", schema::<Contradiction>()),
        ("coverage", schema::<Coverage>()),
        ("fetch", schema::<Fetched>()),
        ("findings", schema::<Findings>()),
        ("images", schema::<Images>()),
        ("inspect", schema::<Inspected>()),
        ("installable", schema::<Installable>()),
        ("lock", schema::<LockWritten>()),
        ("lock-check", schema::<LockChecked>()),
        ("migrate", schema::<Migration>()),
        ("propose-diff", schema::<FlatDiff>()),
        ("propose-export", schema::<Exported>()),
        ("propose-flat", schema::<Flat>()),
        ("propose-list", schema::<ProposalList>()),
        ("propose-refused", schema::<ProposalRefused>()),
        ("propose-show", schema::<ProposalShown>()),
        ("propose-written", schema::<ProposalWritten>()),
        ("rdepends", schema::<ReverseDependencies>()),
        ("repro", schema::<Repro>()),
        ("run", schema::<Ran>()),
        ("search", schema::<Search>()),
        ("show", schema::<Shown>()),
        ("show-image", schema::<ShownImage>()),
        ("sources", schema::<Sources>()),
        ("trace", schema::<Trace>()),
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

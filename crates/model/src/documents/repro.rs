//! What `repro` answers: whether two builds of an image, the second in other surroundings, gave
//! the same bits, and if not, which files differ and who wrote them.

use serde::Serialize;

/// Two builds compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Repro {
    /// The format of this document.
    pub format: u32,
    /// The image, with its options and any suite other than its first.
    pub image: String,
    /// The architecture.
    pub architecture: String,
    /// The SHA-256 of the lock.
    pub lock: String,
    /// Whether everything was the same.
    pub same: bool,
    /// What was different around the second build: `directory`, `time`, `time-zone`, `locale`,
    /// `umask`, `user`, `host-name`, `processors`, `file-order`, `cache`, `root`.
    pub varied: Vec<String>,
    /// What could not be made different on this machine.
    pub not_varied: Vec<ReproNotVaried>,
    /// Whether the first build was there already.
    pub found: bool,
    /// How long the first build took, in milliseconds; 0 if it was there already.
    pub first_milliseconds: u64,
    /// How long the second build took, in milliseconds.
    pub second_milliseconds: u64,
    /// What both builds wrote, in the order of the first one's record.
    pub outputs: Vec<ReproOutput>,
    /// What differs, sorted by place and path.
    pub differences: Vec<ReproDifference>,
    /// The directory of the second build, if it was kept.
    pub kept: Option<String>,
}

/// Something that the second build could not vary.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReproNotVaried {
    /// What it is, as in `varied`.
    pub variation: String,
    /// Why it stayed as it was.
    pub reason: String,
}

/// One output of both builds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReproOutput {
    /// What it is: `disk`, `tar`, `tree`, `packages`, …
    pub kind: String,
    /// Its path in the first build.
    pub path: String,
    /// The SHA-256 of the first.
    pub first: String,
    /// The SHA-256 of the second; empty if there was none.
    pub second: String,
}

/// One thing that differs.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReproDifference {
    /// Where it is: `tree`, `partition 2 (root)`, `initrd`, the kind of an output.
    pub place: String,
    /// The path in the tree; empty where all of the place is meant.
    pub path: String,
    /// What differs, sorted: `content`, `mode`, `owner`, `time`, `type`, `target`, `attributes`,
    /// `first` or `second` (it is in that one alone).
    pub what: Vec<String>,
    /// The kind of cause, as far as it can be told: `time stamp`, `random`, `file order`, `umask`,
    /// …; `unknown` otherwise.
    pub cause: String,
    /// What was seen that speaks for it.
    pub evidence: String,
    /// The package that owns the path or whose script wrote it.
    pub package: Option<String>,
    /// The version of that package.
    pub version: Option<String>,
    /// Who wrote it: `postinst`, `preinst`, `file` (of the package), a script of the image, a step
    /// of the build; empty if that cannot be told.
    pub by: String,
    /// What helps, where that is known.
    pub advice: Option<String>,
    /// The variations that bring it about alone, or all if it takes several; only found with
    /// `--bisect`. An empty list means that it differs although nothing is varied.
    pub variations: Option<Vec<String>>,
}

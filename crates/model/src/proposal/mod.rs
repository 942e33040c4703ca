//! A proposal: which source packages somebody wants to be cared for, why, and what others say.
//!
//! `proposals/NNNN-slug.toml`, one file a proposal, is written and read by people and edited by
//! the commands so that comments survive ([`edit`]). At its head stand
//!
//! - `id`, `title`, `proposer` (a group or a member of `[review]`), `revision`, `status`
//!   (`draft`, `in-review`, `approved`, `rejected`, `withdrawn`, `superseded`), `suites`,
//!   `architectures`;
//! - `opened` and `due`: from when until when this revision is reviewed; `closed`: the day it ended;
//! - `supersedes`: the numbers of proposals whose place it takes once it is approved.
//!
//! Each `[[package]]` is one source package:
//!
//! - `source`, `binaries` (each perhaps with a restriction to suites or architectures, as in
//!   `"libssl1.1 [bullseye]"`), `suites` and `architectures` if the whole entry is for some only;
//! - `on_target` (default true; false: needed to build only);
//! - `reason`, `capabilities`, `requirements`, `needs` (hardware and network; `[]` says "none",
//!   leaving it out says "not thought of"), `alternatives = [{ package, why_not }]`,
//!   `providers = { "virtual" = "package" }`, `security_tags`, `notes`;
//! - `state`: `proposed` (default), `optional` (only where the features in `needs` are there),
//!   `under-discussion` (out of this review), `deferred` (with `deferred = { revision, reason,
//!   first }`), `remove` (takes an approved package off the list); `replaces`: a source whose
//!   place it takes.
//!
//! Each `[[review]]` is one verdict or comment: `who`, `when`, `revision`, `verdict` (`approve`,
//! `reject`, `comment`), `package` (without it the whole is meant), `comment`, and `answer`,
//! which closes the comment. A verdict counts for the revision it names and for no other.

mod check;
pub mod edit;
mod read;

#[cfg(test)]
mod tests;

use std::fmt;

use formwork_deb::time::Timestamp;

use crate::source::Spot;

pub use check::{check_catalogue, check_rules, check_together};

/// A text with the place where somebody wrote it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Placed {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub spot: Spot,
}

impl Placed {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Placed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// A proposal as its file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Its file, relative to the project: `proposals/0002-security.toml`.
    pub file: String,
    /// The part of the file's name behind the number.
    pub slug: String,
    /// Its number, at least 1.
    pub id: u32,
    /// Where the number stands.
    pub id_spot: Spot,
    /// What it is about.
    pub title: String,
    /// The group or member that proposes it.
    pub proposer: Placed,
    /// Which revision the file holds, at least 1.
    pub revision: u32,
    /// Where the revision stands.
    pub revision_spot: Spot,
    /// How far it has come.
    pub status: Status,
    /// Where the status stands, or the head of the file.
    pub status_spot: Spot,
    /// The day this revision went into review.
    pub opened: Option<Timestamp>,
    /// The day until which it is reviewed.
    pub due: Option<Timestamp>,
    /// The day it was closed.
    pub closed: Option<Timestamp>,
    /// The suites it is for, in the order written.
    pub suites: Vec<Placed>,
    /// The architectures it is for, in the order written.
    pub architectures: Vec<Placed>,
    /// The proposals whose place it takes.
    pub supersedes: Vec<Superseded>,
    /// Notes on the whole.
    pub notes: String,
    /// Its packages, in the order written.
    pub packages: Vec<Package>,
    /// What reviewers said, in the order written.
    pub reviews: Vec<Review>,
}

/// A proposal whose place another takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Superseded {
    /// Its number.
    pub id: u32,
    /// Where the number stands.
    pub spot: Spot,
}

/// How far a proposal has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Being written.
    Draft,
    /// Laid before the reviewers.
    InReview,
    /// Closed: its packages are on the approved list.
    Approved,
    /// Closed: the reviewers said no.
    Rejected,
    /// Closed: its proposer took it back.
    Withdrawn,
    /// Was approved; another proposal has taken its place.
    Superseded,
}

impl Status {
    /// All of them, in the order of a proposal's life.
    pub const ALL: [Status; 6] = [
        Status::Draft,
        Status::InReview,
        Status::Approved,
        Status::Rejected,
        Status::Withdrawn,
        Status::Superseded,
    ];

    /// The word in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Draft => "draft",
            Status::InReview => "in-review",
            Status::Approved => "approved",
            Status::Rejected => "rejected",
            Status::Withdrawn => "withdrawn",
            Status::Superseded => "superseded",
        }
    }

    /// Whether nothing of the proposal may change any more.
    #[must_use]
    pub fn is_closed(self) -> bool {
        !matches!(self, Status::Draft | Status::InReview)
    }
}

/// One source package of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Where the entry begins.
    pub spot: Spot,
    /// The source package.
    pub source: Placed,
    /// The binaries that are wanted, in the order written.
    pub binaries: Vec<Binary>,
    /// The suites the entry is for; empty: all of the proposal.
    pub suites: Vec<Placed>,
    /// The architectures the entry is for; empty: all of the proposal.
    pub architectures: Vec<Placed>,
    /// Whether it goes onto the target; else it is needed to build only.
    pub on_target: bool,
    /// Why it is wanted; empty if nobody said.
    pub reason: String,
    /// The capabilities it serves, by name.
    pub capabilities: Vec<Placed>,
    /// The requirements it serves, by their ids as in the catalogue.
    pub requirements: Vec<Placed>,
    /// The hardware and network features it needs; `None` if nobody said.
    pub needs: Option<Vec<Placed>>,
    /// What else was considered.
    pub alternatives: Vec<Alternative>,
    /// Which package serves a virtual name.
    pub providers: Vec<Provider>,
    /// Words by which the security group sorts packages.
    pub security_tags: Vec<String>,
    /// Further notes.
    pub notes: String,
    /// How it stands.
    pub state: State,
    /// When and why it was put off; there if and only if it was.
    pub deferred: Option<Deferred>,
    /// The source whose place it takes.
    pub replaces: Option<Placed>,
}

/// How a package of a proposal stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Wanted.
    #[default]
    Proposed,
    /// Wanted where the hardware has what it needs.
    Optional,
    /// Not part of this review.
    UnderDiscussion,
    /// Taken out in an earlier revision.
    Deferred,
    /// To be taken off the approved list.
    Remove,
}

impl State {
    /// All of them.
    pub const ALL: [State; 5] = [
        State::Proposed,
        State::Optional,
        State::UnderDiscussion,
        State::Deferred,
        State::Remove,
    ];

    /// The word in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            State::Proposed => "proposed",
            State::Optional => "optional",
            State::UnderDiscussion => "under-discussion",
            State::Deferred => "deferred",
            State::Remove => "remove",
        }
    }

    /// Whether the package is asked for: it counts in totals and comes onto the approved list.
    #[must_use]
    pub fn is_wanted(self) -> bool {
        matches!(self, State::Proposed | State::Optional)
    }

    /// Whether reviewers decide about it now.
    #[must_use]
    pub fn is_reviewed(self) -> bool {
        self.is_wanted() || self == State::Remove
    }
}

/// A binary package that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binary {
    /// Its name.
    pub name: Placed,
    /// The suites it is for; empty: all.
    pub suites: Vec<String>,
    /// The architectures it is for, patterns such as `any-arm` among them; empty: all.
    pub architectures: Vec<String>,
}

/// Something else that was considered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// The package.
    pub package: Placed,
    /// Why it was not chosen.
    pub why_not: String,
}

/// The choice of a package for a virtual name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// The virtual name.
    pub of: Placed,
    /// The binary package that serves it.
    pub package: Placed,
}

/// When and why a package was put off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deferred {
    /// The revision that took it out.
    pub revision: u32,
    /// Why.
    pub reason: String,
    /// What must change before it comes back.
    pub first: String,
}

/// What a reviewer said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Where the entry begins.
    pub spot: Spot,
    /// Who.
    pub who: Placed,
    /// On which day.
    pub when: Timestamp,
    /// Of which revision.
    pub revision: u32,
    /// The verdict.
    pub verdict: Verdict,
    /// The source package it is about; `None`: the whole.
    pub package: Option<Placed>,
    /// The comment; may be empty for a verdict.
    pub comment: String,
    /// What was answered; then the comment is no longer open.
    pub answer: Option<String>,
}

impl Review {
    /// Whether somebody still has to answer it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.answer.is_none() && !self.comment.is_empty() && self.verdict != Verdict::Approve
    }
}

/// What a reviewer decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Yes.
    Approve,
    /// No.
    Reject,
    /// Neither; something to think of.
    Comment,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Verdict; 3] = [Verdict::Approve, Verdict::Reject, Verdict::Comment];

    /// The word in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Approve => "approve",
            Verdict::Reject => "reject",
            Verdict::Comment => "comment",
        }
    }
}

impl Proposal {
    /// The name of the file without its directory and ending: `0002-security`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{:04}-{}", self.id, self.slug)
    }

    /// The entry of a source package, if there is one.
    #[must_use]
    pub fn package(&self, source: &str) -> Option<&Package> {
        self.packages
            .iter()
            .find(|package| package.source.text == source)
    }

    /// The packages that are asked for in a suite, in the order written.
    pub fn wanted<'a>(&'a self, suite: &'a str) -> impl Iterator<Item = &'a Package> {
        self.packages
            .iter()
            .filter(move |package| package.state.is_wanted() && package.is_for_suite(suite))
    }

    /// Comments that nobody has answered.
    pub fn open_comments(&self) -> impl Iterator<Item = &Review> {
        self.reviews.iter().filter(|review| review.is_open())
    }
}

impl Package {
    /// Whether the entry is for a suite of its proposal.
    #[must_use]
    pub fn is_for_suite(&self, suite: &str) -> bool {
        self.suites.is_empty() || self.suites.iter().any(|own| own.text == suite)
    }

    /// Whether the entry is for an architecture of its proposal.
    #[must_use]
    pub fn is_for_architecture(&self, architecture: &str) -> bool {
        let mut own = self.architectures.iter();
        self.architectures.is_empty() || own.any(|own| own.text == architecture)
    }

    /// The binaries that are wanted in a suite on an architecture, in the order written.
    pub fn binaries_for<'a>(
        &'a self,
        suite: &'a str,
        architecture: &'a str,
    ) -> impl Iterator<Item = &'a Binary> {
        let fits = self.is_for_suite(suite) && self.is_for_architecture(architecture);
        self.binaries
            .iter()
            .filter(move |binary| fits && binary.is_for(suite, architecture))
    }
}

impl Binary {
    /// Whether it is wanted in a suite on an architecture.
    #[must_use]
    pub fn is_for(&self, suite: &str, architecture: &str) -> bool {
        let matches =
            |pattern: &String| formwork_deb::relation::architecture_matches(pattern, architecture);
        (self.suites.is_empty() || self.suites.iter().any(|own| own == suite))
            && (self.architectures.is_empty() || self.architectures.iter().any(matches))
    }
}

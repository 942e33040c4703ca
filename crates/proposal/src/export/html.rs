//! The page on which reviewers read a packet: one file that needs nothing else. Without
//! JavaScript everything is there; with it the packages can be searched and filtered.

use formwork_model::documents::{FlatAside, FlatSource};
use formwork_model::page::Page;
use formwork_model::proposal::{Review, Status, Verdict};
use maud::{Markup, html};

use super::mail::{megabytes, of_approved};
use super::{Changes, File, Packet, Row, Server, date};
use crate::cost;
use crate::formats::{revision, state};

const SCRIPT: &str = include_str!("page.js");

/// The whole page.
pub(super) fn page(packet: &Packet<'_>, files: &[File]) -> String {
    let flat = packet.flat;
    let title = format!(
        "Package Proposal #{}: {}, {}, {}",
        flat.proposal,
        flat.title,
        revision(flat.revision),
        flat.suite
    );
    let body = html! {
        (head(packet))
        main {
            (what_changed(packet.changes))
            (packages(packet))
            (asides(packet))
            (requirements(packet.requirements))
            (reviews(packet))
            (made_from(packet, files))
        }
        footer {
            "Made by " code { "formwork propose export" } ", revision "
            (flat.revision) " of " code { (packet.proposal.file) }
            ", with the state of the archive of " (date(flat)) "."
        }
    };
    let page = Page {
        title: &title,
        generator: "formwork propose export",
        script: SCRIPT,
        body: &body.into_string(),
        ..Page::default()
    };
    page.html()
}

/// What it is, when, and how much.
fn head(packet: &Packet<'_>) -> Markup {
    let Packet { flat, proposal, .. } = *packet;
    let cost = cost::of_list(flat);
    let met = packet
        .requirements
        .iter()
        .filter(|row| row.is_met())
        .count();
    let figures: [(&str, String, String); 6] = [
        ("proposed sources", flat.proposed.to_string(), String::new()),
        ("approved already", flat.approved.to_string(), String::new()),
        (
            "new binary packages",
            cost.new_binaries.to_string(),
            of_approved(flat, &cost),
        ),
        (
            "installed",
            megabytes(cost.installed_size),
            " MB".to_owned(),
        ),
        (
            "interpreters",
            match cost.interpreters.is_empty() {
                true => "none".to_owned(),
                false => cost.interpreters.join(", "),
            },
            String::new(),
        ),
        (
            "requirements served",
            met.to_string(),
            format!(" of {}", packet.requirements.len()),
        ),
    ];
    html! {
        header {
            p.over {
                "Package Proposal #" (flat.proposal) " · " (revision(flat.revision)) " · "
                (flat.proposer) " · Debian " (flat.suite) " on " (flat.architectures.join(", "))
            }
            h1 { (flat.title) }
            p {
                @match (proposal.status, proposal.due) {
                    (Status::InReview, Some(due)) => {
                        "In review until " strong { time datetime=(due.date()) { (due.date()) } } "."
                    }
                    (Status::Draft, _) => { "A draft, not yet in review." }
                    (status, _) => {
                        "This proposal is " strong { (status.as_str()) }
                        @if let Some(closed) = proposal.closed { " since " (closed.date()) }
                        "."
                    }
                }
            }
            @if !proposal.notes.is_empty() { p { (proposal.notes) } }
            dl.figures {
                @for (what, number, unit) in &figures {
                    div {
                        dt { (what) }
                        dd class=[(*what == "interpreters").then_some("words")] {
                            (number) small { (unit) }
                        }
                    }
                }
            }
            nav {
                a href="#changes" { "What changed" }
                a href="#sources" { "Packages" }
                a href="#requirements" { "Requirements" }
                a href="#reviews" { "Reviews" }
                a href="#origin" { "Files and Releases" }
            }
        }
    }
}

/// What changed since the revision before.
fn what_changed(changes: &Changes) -> Markup {
    let Some(since) = changes.since else {
        return html! { h2 #changes { "What changed" } p.soft { "This is the first revision." } };
    };
    html! {
        h2 #changes { "What changed since " (revision(since)) }
        @match &changes.written {
            None => { p.soft { "Not known: git has no commit of that revision." } }
            Some(written) => {
                @if written.is_empty() { p.soft { "Nothing in what is asked for." } }
                ul.plain { @for sentence in written { li { (sentence) } } }
            }
        }
        @if let Some(diff) = &changes.packages {
            @for (word, list) in [("added", &diff.added), ("gone", &diff.removed)] {
                @if !list.is_empty() {
                    p {
                        (list.len()) " binary packages " (word) ": "
                        @for (at, one) in list.iter().enumerate() {
                            @if at > 0 { ", " }
                            code { (one.binary) }
                        }
                    }
                }
            }
        }
    }
}

/// The table of all packages.
fn packages(packet: &Packet<'_>) -> Markup {
    let flat = packet.all;
    html! {
        h2 #sources { "Packages" }
        p.soft {
            "One row a source package. A source that the proposal names has a written reason; every "
            "other one shows the chain of binary packages that brings it."
        }
        div.tools #tools hidden {
            input #word type="search" placeholder="Search names, reasons, requirements" aria-label="Search";
            select #kind aria-label="Filter" {
                option value="" { "all" }
                option value="proposed" { "proposed" }
                option value="optional" { "optional" }
                option value="approved" { "approved already" }
                option value="wished" { "named by the proposal" }
                option value="build" { "to build only" }
            }
            span.soft #shown role="status" {}
        }
        div.table {
            table #packages {
                thead { tr {
                    th scope="col" { "Source" }
                    th scope="col" { "State" }
                    th scope="col" { "Reason, or the chain that brings it" }
                    th scope="col" class="hide" { "Binary packages" }
                } }
                tbody { @for source in &flat.sources { (package(source)) } }
            }
        }
    }
}

/// One source package.
fn package(source: &FlatSource) -> Markup {
    let mut kinds = vec![state(source)];
    kinds.extend(source.wished.then_some("wished"));
    kinds.extend(source.build_only.then_some("build"));
    html! {
        tr id={ "source-" (source.source) } data-kinds=(kinds.join(" ")) {
            td.name { (source.source) }
            td {
                span class={ "state " (state(source)) } { (state(source)) }
                @if source.build_only { br; span.soft { "to build only" } }
            }
            td.why {
                @if source.reason.is_empty() {
                    (chain(source))
                } @else {
                    (source.reason)
                }
                (more(source))
            }
            td class="hide" {
                @for (at, binary) in source.binaries.iter().enumerate() {
                    @if at > 0 { " " }
                    code { (binary) }
                    @if source.new_binaries.contains(binary) { span.soft { " new" } }
                }
            }
        }
    }
}

/// The chain that brings a source.
fn chain(source: &FlatSource) -> Markup {
    html! {
        span.chain {
            @for (at, name) in source.chain.iter().enumerate() {
                @if at > 0 {
                    " → "
                }
                @if at + 1 == source.chain.len() { b { (name) } } @else { (name) }
            }
        }
    }
}

/// What is folded away: everything else that is known of a source.
fn more(source: &FlatSource) -> Markup {
    let lists = [
        ("Requirements", source.requirements.join(", ")),
        ("Capabilities", source.capabilities.join(", ")),
        ("Needs", source.needs.join(", ")),
        ("Security tags", source.security_tags.join(", ")),
        ("Notes", source.notes.clone()),
        ("New binaries", source.new_binaries.join(", ")),
        (
            "Approved by",
            source
                .approved_by
                .iter()
                .map(|id| format!("proposal {id}"))
                .collect::<Vec<_>>()
                .join(", "),
        ),
    ];
    html! {
        details {
            summary { "more" }
            dl {
                dt { "Version" } dd { code { (source.version) } }
                @if source.chain.len() > 1 {
                    dt { "Chain" }
                    dd {
                        @for (at, name) in source.chain.iter().enumerate() {
                            @if let Some(relation) = at.checked_sub(1).and_then(|at| source.relations.get(at)) {
                                br; span.soft { "↳ " (relation) ": " }
                            }
                            code { (name) }
                        }
                    }
                }
                @for (what, text) in &lists {
                    @if !text.is_empty() { dt { (what) } dd { (text) } }
                }
                @for binary in &source.packages {
                    dt { code { (binary.name) } }
                    dd {
                        (binary.version)
                        @if !binary.architectures.is_empty() {
                            " · " (binary.architectures.join(", ")) " · "
                            (megabytes(binary.installed_size)) " MB"
                            @if binary.chain.len() > 1 { " · " (binary.chain.join(" → ")) }
                        } @else {
                            " · on the approved list"
                        }
                    }
                }
            }
        }
    }
}

/// What is in no total.
fn asides(packet: &Packet<'_>) -> Markup {
    let flat = packet.flat;
    let list = |title: &str, asides: &[FlatAside]| -> Markup {
        html! {
            @if !asides.is_empty() {
                h2 { (title) }
                ul.plain {
                    @for aside in asides {
                        li {
                            strong { (aside.source) }
                            @if aside.revision > 0 { span.soft { " in " (revision(aside.revision)) } }
                            @if !aside.reason.is_empty() { ": " (aside.reason) }
                            @if !aside.first.is_empty() { span.soft { " First: " (aside.first) } }
                        }
                    }
                }
            }
        }
    };
    html! {
        (list("Under discussion, not part of this review", &flat.under_discussion))
        (list("Deferred", &flat.deferred))
        @if !flat.removed.is_empty() {
            h2 { "To be taken off the approved list" }
            ul.plain { @for one in &flat.removed { li { (one) } } }
        }
        @if !flat.notes.is_empty() {
            h2 { "Notes" }
            ul.plain { @for note in &flat.notes { li { (note) } } }
        }
    }
}

/// Which requirement is served by what, and which by nothing.
fn requirements(rows: &[Row]) -> Markup {
    let (met, unmet): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.is_met());
    let asked = |row: &&&Row| !row.levels.is_empty();
    html! {
        h2 #requirements { "Requirements" }
        @if met.is_empty() { p.soft { "No package says which requirement it serves." } }
        @else {
            div.table { table {
                thead { tr {
                    th scope="col" { "Requirement" }
                    th scope="col" { "State" }
                    th scope="col" { "Packages" }
                    th scope="col" class="hide" { "Hardware and network" }
                    th scope="col" class="hide" { "Tests" }
                } }
                tbody { @for row in &met {
                    tr {
                        td.what { strong { (row.id) } " " (row.title)
                            @if !row.capabilities.is_empty() {
                                br; span.soft { (row.capabilities.join(", ")) }
                            }
                        }
                        td { span class={ "state " (row.state().rsplit(' ').next().unwrap_or_default()) } { (row.state()) } }
                        td { (servers(row, false)) (servers(row, true)) }
                        td class="hide" { (row.hardware.join(", ")) }
                        td class="hide tests" { (row.tests.join(", ")) }
                    }
                } }
            } }
        }
        details {
            summary { (unmet.iter().filter(asked).count()) " requirements that nothing here serves" }
            ul.plain {
                @for row in unmet.iter().filter(asked) {
                    li {
                        strong { (row.id) } " " (row.title) " "
                        span class="state not" { (row.state()) }
                        @if !row.candidates.is_empty() {
                            br; span.soft { "known to serve it: " (row.candidates.join(", ")) }
                        }
                    }
                }
            }
        }
    }
}

/// The packages that serve a requirement, those proposed or those approved already.
fn servers(row: &Row, approved: bool) -> Markup {
    let servers = row.packages.iter();
    let list: Vec<&Server> = servers.filter(|one| one.approved == approved).collect();
    html! {
        @if !list.is_empty() {
            div class=[approved.then_some("soft")] {
                @if approved { "approved already: " }
                @for (at, one) in list.iter().enumerate() {
                    @if at > 0 { ", " }
                    code { (one.source) }
                    @if one.optional { span.soft { " (optional)" } }
                }
            }
        }
    }
}

/// What reviewers said.
fn reviews(packet: &Packet<'_>) -> Markup {
    let reviews = &packet.proposal.reviews;
    let word = |review: &Review| match review.verdict {
        Verdict::Approve => "approves",
        Verdict::Reject => "rejects",
        Verdict::Comment => "comments on",
    };
    html! {
        h2 #reviews { "Reviews" }
        @if reviews.is_empty() { p.soft { "Nobody has said anything yet." } }
        ul.plain {
            @for review in reviews {
                li {
                    strong { (review.who) } " " (word(review)) " "
                    @match &review.package {
                        Some(package) => { code { (package) } " of " }
                        None => {}
                    }
                    (revision(review.revision)) span.soft { ", " (review.when.date()) }
                    @if review.is_open() { " " span class="state not" { "open" } }
                    @if !review.comment.is_empty() { br; (review.comment) }
                    @if let Some(answer) = &review.answer { br; span.soft { "Answer: " (answer) } }
                }
            }
        }
    }
}

/// The files beside the page, and the Releases that all is made from.
fn made_from(packet: &Packet<'_>, files: &[File]) -> Markup {
    html! {
        h2 #origin { "Files" }
        ul.plain { @for file in files {
            li { a href=(file.name) { (file.name) } span.soft { " · " (file.what) } }
        } }
        h2 { "Made from these Releases" }
        ul.plain { @for input in &packet.flat.inputs {
            li {
                strong { (input.suite) } " of " (input.repository) ", " (input.date)
                br; span class="soft digest" { "sha256 " (input.release_sha256) }
            }
        } }
    }
}

//! Coverage as one page that needs nothing else.

use formwork_model::documents::{
    Coverage, CoverageFeature, CoverageRequirement, CoverageState, FeatureState,
};
use formwork_model::page::Page;
use maud::{Markup, html as markup};

use super::{advice, packages, words};

/// The whole page.
#[must_use]
pub fn html(coverage: &Coverage) -> String {
    let title = match &coverage.board {
        Some(board) => format!("Coverage on {}", board.title),
        None => "Coverage on any board".to_owned(),
    };
    let body = markup! {
        (head(coverage, &title))
        main {
            (features(coverage))
            (requirements(coverage))
        }
        footer { (made_from(coverage)) }
    };
    let page = Page {
        title: &title,
        generator: "formwork coverage",
        body: &body.into_string(),
        ..Page::default()
    };
    page.html()
}

/// What it is, and how much of it is met.
fn head(coverage: &Coverage, title: &str) -> Markup {
    let figures = [
        ("met", coverage.met),
        ("met with a feature", coverage.met_with),
        ("not met", coverage.not_met),
        ("nothing asked", coverage.not_asked),
    ];
    markup! {
        header {
            p.over {
                @if let Some(board) = &coverage.board {
                    (board.name) " · " (board.architecture) " · "
                }
                @match coverage.level {
                    Some(level) => { "requirements of security level " (level) }
                    None => { "requirements of all levels" }
                }
            }
            h1 { (title) }
            @for note in &coverage.notes { p { (note) "." } }
            dl.figures {
                @for (name, count) in figures {
                    div { dt { (name) } dd { (count) } }
                }
            }
        }
    }
}

/// The features on which something hangs.
fn features(coverage: &Coverage) -> Markup {
    if coverage.features.is_empty() {
        return markup! {};
    }
    markup! {
        h2 {
            @if coverage.board.is_some() { "Features of hardware and network" }
            @else { "What the hardware must have" }
        }

        div.table { table {
            thead { tr {
                th scope="col" { "Feature" }
                th scope="col" { "State" }
                th scope="col" { "Requirements that hang on it" }
            } }
            tbody { @for one in &coverage.features { (feature(one)) } }
        } }
    }
}

fn feature(one: &CoverageFeature) -> Markup {
    let (class, word) = match one.state {
        FeatureState::Present => ("state approved", "there"),
        FeatureState::Possible => ("state optional", "can be had"),
        FeatureState::Missing => ("state not", "cannot be had"),
        FeatureState::Expected => ("state proposed", "expected"),
    };
    markup! {
        tr {
            td { strong { (one.name) } " " (one.title) }
            td {
                span class=(class) { (word) }
                @if !one.how.is_empty() { br; span.soft { (one.how) } }
            }
            td { (one.requirements.join(", ")) }
        }
    }
}

/// Every requirement of which something is asked; the others folded away.
fn requirements(coverage: &Coverage) -> Markup {
    let is_asked = |one: &&CoverageRequirement| one.state != CoverageState::NotAsked;
    let (asked, other): (Vec<_>, Vec<_>) = coverage.requirements.iter().partition(is_asked);
    markup! {
        h2 { "Requirements" }
        div.table { table {
            thead { tr {
                th scope="col" { "Requirement" }
                th scope="col" { "State" }
                th scope="col" { "Packages" }
                th scope="col" { "What would help" }
                th scope="col" class="hide" { "Tests" }
            } }
            tbody { @for one in asked { (row(coverage, one)) } }
        } }
        @if !other.is_empty() {
            details {
                summary { (other.len()) " ask nothing of a component" }
                ul.plain { @for one in other { li { strong { (one.id) } " " (one.title) } } }
            }
        }
    }
}

fn row(coverage: &Coverage, one: &CoverageRequirement) -> Markup {
    let class = match one.state {
        CoverageState::Met => "state approved",
        CoverageState::MetWith => "state optional",
        CoverageState::NotMet | CoverageState::NotAsked => "state not",
    };
    markup! {
        tr {
            td { strong { (one.id) } " " (one.title) }
            td { span class=(class) { (words(one)) } }
            td { @for (at, name) in packages(one).iter().enumerate() {
                @if at > 0 { ", " }
                code { (name) }
            } }
            td { (advice(coverage, one)) }
            td class="hide" { (one.tests.join(", ")) }
        }
    }
}

/// The approved lists behind it.
fn made_from(coverage: &Coverage) -> Markup {
    markup! {
        p {
            "Made by " code { "formwork coverage" }
            " from the approved proposals "
            (coverage.proposals.iter().map(u32::to_string).collect::<Vec<_>>().join(", "))
            "."
        }
        @if !coverage.inputs.is_empty() {
            ul.plain { @for input in &coverage.inputs {
                li {
                    (input.repository) " " (input.suite) ", " (input.date)
                    br; span class="soft digest" { "sha256 " (input.release_sha256) }
                }
            } }
        }
    }
}

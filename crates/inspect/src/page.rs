//! What is told of an image as one page that needs nothing else: the treemap, and the same as
//! tables.

mod tables;

#[cfg(test)]
mod tests;

use formwork_model::documents::Inspected;
use formwork_model::page::Page;
use maud::{Markup, html as markup};

use crate::files::Files;
use crate::treemap::group::{self, KINDS};
use crate::treemap::svg;

const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");

/// The whole page.
#[must_use]
pub fn html(inspected: &Inspected, files: &Files) -> String {
    let title = format!(
        "{}, {} {}",
        inspected.image, inspected.suite, inspected.architecture
    );
    let body = markup! {
        (head(inspected, &title))
        main {
            (tables::differences(inspected))
            (map(files))
            (tables::packages(inspected))
            (tables::disk(inspected))
            (tables::boot(inspected))
            (tables::directories(inspected))
            (tables::files("largest", "The largest files", &inspected.largest))
            (tables::unowned(inspected))
            (tables::origin(inspected))
        }
        footer {
            p {
                "Made by " code { "formwork inspect " (inspected.image) " --html" }
                " from the records of the build, which Formwork " (inspected.formwork) " made."
            }
        }
    };
    Page {
        title: &title,
        generator: "formwork inspect",
        style: STYLE,
        script: SCRIPT,
        body: &harmless(&body.into_string()),
    }
    .html()
}

/// The text with every control character and every mark that turns the direction of writing made
/// visible; maud has escaped the rest.
pub(crate) fn harmless(text: &str) -> String {
    let is_harmful = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let letters = text.chars();
    letters
        .map(|letter| match is_harmful(letter) {
            true => char::REPLACEMENT_CHARACTER,
            false => letter,
        })
        .collect()
}

/// What it is, and how much.
fn head(inspected: &Inspected, title: &str) -> Markup {
    let installed = inspected.packages.iter().filter(|one| one.installed);
    let mut figures = vec![
        ("packages", count(installed.count() as u64)),
        ("files", count(inspected.files)),
        ("in files", size(inspected.bytes)),
        ("without package", size(inspected.unowned_bytes)),
    ];
    if let Some(disk) = &inspected.disk {
        figures.insert(0, ("disk", size(disk.size)));
    }
    if let Some(boot) = &inspected.boot {
        figures.push(("kernel", boot.kernel_version.clone()));
    }
    markup! {
        header {
            p.over {
                "Debian " (inspected.suite) " on " (inspected.architecture) " · as of "
                (inspected.date) " · build record sha256 "
                span.digest { (inspected.record_sha256) }
            }
            h1 { (title) }
            p { (tables::verdict(inspected)) }
            dl.figures {
                @for (what, number) in &figures {
                    div {
                        dt { (what) }
                        dd class=[(*what == "kernel").then_some("words")] { (number) }
                    }
                }
            }
            nav {
                a href="#map" { "What takes the room" }
                a href="#packages" { "Packages" }
                @if inspected.disk.is_some() { a href="#disk" { "Disk" } }
                @if inspected.boot.is_some() { a href="#boot" { "Boot" } }
                a href="#directories" { "Directories" }
                a href="#largest" { "Files" }
                a href="#origin" { "Origin" }
            }
        }
    }
}

/// The treemap with its explanation.
fn map(files: &Files) -> Markup {
    let groups = group::packages(files);
    markup! {
        h2 #map { "What takes the room" }
        p.soft {
            "Each package with its directories and their large files; the area is what the files hold. "
            "The table below says the same in words."
        }
        div #tools .tools hidden {
            input #word type="search" placeholder="Packages with these letters" aria-label="Search packages";
            span #shown .soft {}
            button #whole type="button" hidden { "Whole map" }
        }
        figure {
            div.map { (svg::svg(&groups, &size)) }
            p #told hidden {}
            ul.legend {
                @for kind in KINDS {
                    li { i class=(svg::class_of(kind)) {} (kind.word()) }
                }
            }
        }
    }
}

/// A size in powers of a thousand: `12.4 MB`.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut scaled = bytes as f64 / 1000.0;
    let mut unit = UNITS[0];
    for larger in &UNITS[1..] {
        if scaled < 999.95 {
            break;
        }
        scaled /= 1000.0;
        unit = larger;
    }
    match scaled < 99.95 {
        true => format!("{scaled:.1} {unit}"),
        false => format!("{scaled:.0} {unit}"),
    }
}

/// A count with its digits in groups of three, which stay on one line.
fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

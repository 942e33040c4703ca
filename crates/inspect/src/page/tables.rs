//! The tables of the page.

use formwork_model::documents::{ImageFileSystem, Inspected, InspectedFile, InspectedPackage};
use maud::{Markup, html as markup};

use super::{count, size};

/// So many rows of a long table are open from the start.
const OPEN: usize = 25;
/// No list of files is longer on the page.
const MOST: usize = 400;

/// Whether records and image fit, in a word and a sentence.
pub(super) fn verdict(inspected: &Inspected) -> Markup {
    let read = match inspected.verified {
        true => "records and image were read and compared",
        false => "the records were compared with each other; the image itself was not read",
    };
    markup! {
        @if inspected.differences.is_empty() {
            span class="state good" { "fits" } " " (read) "."
        } @else {
            span class="state bad" { "does not fit" } " " (read) ": "
            (inspected.differences.len()) " differences."
        }
    }
}

/// Where records and image contradict each other.
pub(super) fn differences(inspected: &Inspected) -> Markup {
    if inspected.differences.is_empty() {
        return markup! {};
    }
    markup! {
        h2 #differences { "What does not fit" }
        div.table { table {
            thead { tr {
                th scope="col" { "Where" }
                th scope="col" { "What" }
                th scope="col" { "Recorded" }
                th scope="col" { "Found" }
            } }
            tbody { @for one in &inspected.differences {
                tr {
                    td.path { strong { (one.place) } }
                    td { (one.what) }
                    td.path { (one.recorded) }
                    td.path { (one.found) }
                }
            } }
        } }
    }
}

/// A part of a whole as a percentage.
fn share(part: u64, whole: u64) -> f64 {
    match whole {
        0 => 0.0,
        whole => (100.0 * part as f64 / whole as f64).min(100.0),
    }
}

/// The cells that tell a size, and how much of the whole it is.
fn room(bytes: u64, whole: u64) -> Markup {
    let percent = share(bytes, whole);
    markup! {
        td.number { (size(bytes)) }
        td class="room" aria-label=(format!("{percent:.1} %")) {
            span.bar style=(format!("width:{percent:.2}%")) {}
        }
    }
}

/// All packages, those first that hold most.
pub(super) fn packages(inspected: &Inspected) -> Markup {
    let all = &inspected.packages;
    let (first, others) = all.split_at(all.len().min(OPEN));
    let row = |one: &InspectedPackage| {
        markup! {
            tr data-name=(one.name) {
                td.name { (one.name) }
                (room(one.bytes, inspected.bytes))
                td class="number hide" { (count(one.files)) }
                td { (one.version) }
                td class="hide" {
                    (one.source)
                    @if one.source_version != one.version { " " span.soft { (one.source_version) } }
                    @if !one.installed { " " span class="state optional" { "not installed" } }
                }
            }
        }
    };
    let head = markup! {
        thead { tr {
            th scope="col" { "Package" }
            th scope="col" class="number" { "Size" }
            th scope="col" class="room" { "Share" }
            th scope="col" class="number hide" { "Files" }
            th scope="col" { "Version" }
            th scope="col" class="hide" { "Source" }
        } }
    };
    markup! {
        div #packages {
            h2 { "Packages" }
            div.table { table { (head) tbody { @for one in first { (row(one)) } } } }
            @if !others.is_empty() {
                details #more {
                    summary { "and " (count(others.len() as u64)) " smaller ones" }
                    div.table { table { (head) tbody { @for one in others { (row(one)) } } } }
                }
            }
        }
    }
}

/// The disk, and file systems that are files of their own.
pub(super) fn disk(inspected: &Inspected) -> Markup {
    markup! {
        @if let Some(disk) = &inspected.disk {
            h2 #disk { "Disk" }
            p { code { (disk.file) } ", " (size(disk.size)) ", GUID " code { (disk.guid) } }
            div.table { table {
                thead { tr {
                    th scope="col" { "Partition" }
                    th scope="col" { "File system" }
                    th scope="col" class="number" { "Size" }
                    th scope="col" class="number" { "Used" }
                    th scope="col" class="number" { "Free" }
                    th scope="col" class="hide" { "Names for life" }
                } }
                tbody { @for one in &disk.partitions {
                    tr {
                        td { strong { (one.number) " " (one.name) }
                            @if let Some(mount) = &one.mount { br; span.soft { "on " (mount) } }
                        }
                        td { @match &one.filesystem { Some(system) => (system.kind), None => { span.soft { "empty" } } } }
                        td.number { (size(one.size)) }
                        @match &one.filesystem {
                            Some(system) => {
                                td.number { (size(system.used)) }
                                td.number { (size(system.size.saturating_sub(system.used))) }
                            }
                            None => { td {} td {} }
                        }
                        td class="hide path" {
                            code { (one.guid) }
                            @if let Some(system) = &one.filesystem { br; code { (system.uuid) } }
                        }
                    }
                } }
            } }
            @if !disk.blobs.is_empty() {
                ul.plain { @for blob in &disk.blobs {
                    li {
                        strong { (blob.name) } ", " (size(blob.size)) " from byte " (blob.offset)
                        br; span class="soft digest" { "sha256 " (blob.sha256) }
                    }
                } }
            }
        }
        @for system in &inspected.filesystems { (filesystem(system)) }
    }
}

fn filesystem(system: &ImageFileSystem) -> Markup {
    markup! {
        p {
            strong { (system.kind) } " "
            @if let Some(file) = &system.file { code { (file) } ", " }
            (size(system.size)) ", " (size(system.used)) " used"
            @if !system.uuid.is_empty() { ", UUID " code { (system.uuid) } }
        }
    }
}

/// How it boots.
pub(super) fn boot(inspected: &Inspected) -> Markup {
    let Some(boot) = &inspected.boot else {
        return markup! {};
    };
    markup! {
        h2 #boot { "Boot" }
        dl.facts {
            dt { "Loader" } dd { (boot.loader) }
            dt { "Kernel" } dd { (boot.kernel_version) }
            dt { "Command line" } dd { code { (boot.command_line) } }
        }
        div.table { table {
            thead { tr {
                th scope="col" { "Part" }
                th scope="col" class="number" { "Size" }
                th scope="col" { "Path" }
                th scope="col" { "Package" }
            } }
            tbody { @for part in &boot.parts {
                tr {
                    td { strong { (part.name) } }
                    td.number { (size(part.size)) }
                    td.path { code { (part.path) } }
                    td { @match &part.package { Some(name) => (name), None => { span.soft { "made by the build" } } } }
                }
            } }
        } }
    }
}

/// The directories, the largest first.
pub(super) fn directories(inspected: &Inspected) -> Markup {
    let all = &inspected.directories;
    let shown = all.len().min(MOST);
    let (first, others) = all.split_at(shown.min(OPEN));
    let others = others.get(..shown.saturating_sub(OPEN)).unwrap_or_default();
    markup! {
        h2 #directories { "Directories" }
        @for (at, part) in [first, others].into_iter().enumerate() {
            @if !part.is_empty() {
                @let table = markup! {
                    div.table { table {
                        thead { tr {
                            th scope="col" { "Directory" }
                            th scope="col" class="number" { "Size" }
                            th scope="col" class="room" { "Share" }
                            th scope="col" class="number" { "Files" }
                        } }
                        tbody { @for one in part {
                            tr {
                                td.path { code { (one.path) } }
                                (room(one.bytes, inspected.bytes))
                                td.number { (count(one.files)) }
                            }
                        } }
                    } }
                };
                @if at == 0 { (table) } @else {
                    details { summary { "and " (count(part.len() as u64)) " smaller ones" } (table) }
                }
            }
        }
    }
}

/// Files by their size.
pub(super) fn files(id: &str, title: &str, files: &[InspectedFile]) -> Markup {
    markup! {
        h2 id=(id) { (title) }
        details {
            summary { (count(files.len().min(MOST) as u64)) " files" }
            div.table { table {
                thead { tr {
                    th scope="col" { "File" }
                    th scope="col" class="number" { "Size" }
                    th scope="col" class="hide" { "Package" }
                } }
                tbody { @for one in files.iter().take(MOST) {
                    tr {
                        td.path { code { (one.path) } }
                        td.number { (size(one.bytes)) }
                        td class="hide" { @match &one.package { Some(name) => (name), None => { span.soft { "none" } } } }
                    }
                } }
            } }
            @if files.len() > MOST {
                p.soft { "and " (count((files.len() - MOST) as u64)) " more: " code { "formwork inspect --json" } }
            }
        }
    }
}

/// What no package has.
pub(super) fn unowned(inspected: &Inspected) -> Markup {
    if inspected.unowned.is_empty() {
        return markup! {};
    }
    files("unowned", "Files that no package has", &inspected.unowned)
}

/// The files of the build, and the Releases that all is made from.
pub(super) fn origin(inspected: &Inspected) -> Markup {
    markup! {
        h2 #origin { "Files of the build" }
        ul.plain { @for one in &inspected.outputs {
            li {
                strong { (one.kind) } " " code { (one.path) } ", " (size(one.size))
                @if !one.present { " " span class="state optional" { "not there" } }
                br; span class="soft digest" { "sha256 " (one.sha256) }
            }
        } }
        h2 { "Made from these Releases" }
        ul.plain { @for input in &inspected.inputs {
            li {
                strong { (input.suite) } " of " (input.repository) ", " (input.date)
                br; span class="soft digest" { "sha256 " (input.release_sha256) }
            }
        } }
        p class="soft digest" { "formwork.lock sha256 " (inspected.lock_sha256) }
    }
}

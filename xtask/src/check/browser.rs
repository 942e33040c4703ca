//! Our pages in a real browser. Here that of a review packet: it is whole without help, its search
//! finds, and it can be drawn.

mod treemap;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use formwork_testkit::env::Home;

use super::{Findings, documents};
use crate::source;

/// How long the browser may take for one page, in seconds.
const PATIENCE: &str = "120";

/// Looks at every page.
pub(super) fn check() -> Findings {
    let mut findings = treemap::check()?;
    findings.extend(packet()?);
    Ok(findings)
}

/// Looks at the page of a review packet.
fn packet() -> Findings {
    let program = documents::formwork()?;
    let mut home = Home::new();
    home.set("FORMWORK_ROOT", "/");
    let example = source::root().join("examples/security-wg");
    let export = home.run(
        &program,
        &[
            "--project",
            &example.display().to_string(),
            "propose",
            "export",
            "packet",
            "--of",
            "2",
            "--suite",
            "bookworm",
        ],
    );
    if export.status != 0 {
        return Err(format!("propose export: {}", export.stderr));
    }
    let page = home.work().join("packet/index.html");
    let mut findings = Vec::new();
    let mut expect = |what: &str, good: bool| {
        if !good {
            findings.push(format!("the page of a packet: {what}"));
        }
    };
    let whole = dom(&home, &page, "", &[])?;
    let rows = whole.matches("<tr id=\"source-").count();
    expect("it has a row for each source", rows > 100);
    expect(
        "its script ran",
        whole.contains(&format!("all {rows} sources")),
    );
    expect("no row is hidden at first", hidden(&whole) == 0);
    let sought = dom(&home, &page, "#q=fail2ban", &[])?;
    expect(
        "the search shows what it found",
        !is_hidden(&sought, "fail2ban"),
    );
    expect(
        "it shows what came by it",
        !is_hidden(&sought, "python3-defaults"),
    );
    expect("it hides the rest", is_hidden(&sought, "adduser"));
    let nothing = dom(&home, &page, "#q=no-such-word", &[])?;
    expect("what is not there is not found", hidden(&nothing) == rows);
    let picture = home.path().join("page.png");
    let shot = format!("--screenshot={}", picture.display());
    browser(&home, &page, "", &[&shot, "--window-size=1200,1600"])?;
    let drawn = fs::metadata(&picture).map_or(0, |file| file.len());
    expect("it can be drawn", drawn > 20_000);
    Ok(findings)
}

/// How many rows of the packages are hidden.
fn hidden(dom: &str) -> usize {
    let rows = dom.split("<tr id=\"source-").skip(1);
    rows.filter(|row| head(row).contains("hidden")).count()
}

/// Whether the row of a source is hidden.
fn is_hidden(dom: &str, source: &str) -> bool {
    let mut rows = dom.split("<tr id=\"source-").skip(1);
    let own = rows.find(|row| row.starts_with(&format!("{source}\"")));
    own.is_none_or(|row| head(row).contains("hidden"))
}

/// The start tag of a row.
fn head(row: &str) -> &str {
    row.split('>').next().unwrap_or_default()
}

/// The page as it stands when its script has run.
fn dom(home: &Home, page: &Path, fragment: &str, more: &[&str]) -> Result<String, String> {
    let output = browser(home, page, fragment, &[&["--dump-dom"], more].concat())?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What a page said on the console of the browser; of a good page nothing.
fn said(output: &Output) -> Vec<String> {
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    let said = words.lines().filter(|line| line.contains(":CONSOLE"));
    said.map(str::to_owned).collect()
}

/// Opens a page in a browser that has never seen anything and reaches for nothing.
fn browser(home: &Home, page: &Path, fragment: &str, more: &[&str]) -> Result<Output, String> {
    let profile = home.path().join("profile");
    let _ = fs::remove_dir_all(&profile);
    fs::create_dir(&profile).map_err(|error| format!("{}: {error}", profile.display()))?;
    let output = Command::new("timeout")
        .args(["--kill-after=5", PATIENCE, "chromium", "--headless"])
        .args([
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
        ])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
        ])
        .args(["--disable-sync", "--hide-scrollbars"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(more)
        .arg(format!("file://{}{fragment}", page.display()))
        .output()
        .map_err(|error| format!("chromium cannot be started: {error}"))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        let last = words.lines().last().unwrap_or_default();
        return Err(format!("chromium ended with {}: {last}", output.status));
    }
    Ok(output)
}

//! `propose check`, `check`, `trace`, `coverage`, and what `lock` asks of `[policy]`.

use std::fmt::Write as _;

use formwork_testkit::archive::Suite;
use formwork_testkit::package::{Package, Source};
use formwork_testkit::project::Project;

use super::support::{PROGRAM, compare};

const CHANGELOG: &str = "fail2ban (1.0.2-2) unstable; urgency=medium\n\n  * x\n\n \
    -- A B <a@mail.example>  Thu, 10 Nov 2022 12:00:00 +0000\n";
const COPYRIGHT: &str = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n\
    Files: *\nCopyright: x\nLicense: GPL-2+\n";

const BASE: &str = "\
id = 1
title = \"Base\"
proposer = \"core\"
revision = 1
status = \"approved\"
closed = \"2026-02-01\"
suites = [\"bookworm\"]
architectures = [\"amd64\"]

[[package]]
source = \"base-files\"
binaries = [\"base-files\"]
reason = \"the base\"
requirements = [\"CR 7.7\"]
needs = []

[[package]]
source = \"pam\"
binaries = [\"libpam-modules\"]
reason = \"log-ins\"
requirements = [\"CR 1.11\"]
needs = []
";

const FROZEN: &str = "\
format = 1
proposal = 1
revision = 1
closed = \"2026-02-01\"

[[list]]
suite = \"bookworm\"
architectures = [\"amd64\"]
releases = [
]

[[source]]
suite = \"bookworm\"
name = \"base-files\"
version = \"12\"
binaries = [\"base-files=12\"]

[[source]]
suite = \"bookworm\"
name = \"pam\"
version = \"1.5.2-6\"
binaries = [\"libpam-modules=1.5.2-6\"]
";

const FAIL2BAN: &str = "\
id = 2
title = \"Lock-out\"
proposer = \"core\"
revision = 1
status = \"draft\"
suites = [\"bookworm\"]
architectures = [\"amd64\"]

[[package]]
source = \"fail2ban\"
binaries = [\"fail2ban\"]
reason = \"locks out addresses after failed log-ins\"
requirements = [\"CR 1.11\"]
needs = [\"lan\"]
";

fn suite() -> Suite {
    let all = |name: &str, version: &str| Package::new(name, version, "all");
    Suite::new("bookworm")
        .packages([
            all("base-files", "12").field("Essential", "yes"),
            all("libpam-modules", "1.5.2-6").field("Source", "pam"),
            all("fail2ban", "1.0.2-2")
                .field("Depends", "python3:any")
                .field("Tag", "implemented-in::python, network::{client,server}")
                .file(
                    "usr/share/doc/fail2ban/changelog.Debian",
                    CHANGELOG.as_bytes(),
                )
                .file("usr/share/doc/fail2ban/copyright", COPYRIGHT.as_bytes())
                .file("usr/lib/systemd/system/fail2ban.service", b"[Service]\n"),
            Package::new("python3", "3.11.2-1", "amd64")
                .field("Source", "python3-defaults (3.11.2-1)")
                .field("Multi-Arch", "allowed"),
        ])
        .source(maintained("fail2ban", "1.0.2-2", "fail2ban"))
        .source(maintained("pam", "1.5.2-6", "libpam-modules"))
}

fn maintained(name: &str, version: &str, binaries: &str) -> Source {
    Source::new(name, version, binaries)
        .field("Maintainer", "Python Team <team@mail.example>")
        .field("Vcs-Git", "https://git.example/x.git")
        .field("Standards-Version", "4.6.1")
}

fn project() -> Project {
    let project = Project::new(PROGRAM, &suite(), "\"fail2ban\"");
    project.home.write("proposals/0001-base.toml", BASE);
    project.home.write("proposals/0001-base.flat.toml", FROZEN);
    project.home.write("proposals/0002-lock-out.toml", FAIL2BAN);
    project
}

/// Runs some commands on one day and compares their results, without messages, with a snapshot.
fn shows(project: &Project, name: &str, commands: &[&[&str]]) {
    let mut text = String::new();
    for arguments in commands {
        let run = project.run(arguments);
        let _ = writeln!(
            text,
            "$ formwork {}\n(exit {})",
            arguments.join(" "),
            run.status
        );
        text.push_str(&run.stdout);
        for line in run.stderr.lines().filter(|line| line.starts_with("error")) {
            let _ = writeln!(text, "{line}");
        }
    }
    compare(name, &text);
}

#[test]
fn a_proposal_is_checked_in_every_form() {
    let project = project();
    let today = ["--today", "2026-06-01"];
    let check = [&["propose", "check", "2"][..], &today].concat();
    shows(
        &project,
        "propose-check",
        &[
            &check,
            &[&check[..], &["--verbose"]].concat(),
            &[&check[..], &["--format", "markdown"]].concat(),
        ],
    );
    let run = project.run(&[&check[..], &["--json"]].concat()).exits(0);
    let document: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(document["denied"], 0);
    assert_eq!(document["inputs"][0]["suite"], "bookworm");
    let findings = document["findings"].as_array().expect("a list");
    let upload = findings
        .iter()
        .find(|one| one["rule"] == "upload-age")
        .expect("a finding");
    assert_eq!(upload["state"], "fine");
    assert_eq!(upload["file"], "proposals/0002-lock-out.toml");
}

#[test]
fn rules_that_deny_and_waivers_decide_the_exit_code() {
    let project = project();
    let policy = |lines: &str| {
        project.write_repository(&format!("[policy]\n{lines}"));
    };
    let check = &["propose", "check", "2", "--today", "2026-06-01"][..];
    policy("alternatives = \"deny\"\nservices = \"off\"\n");
    shows(&project, "propose-check-denied", &[check]);
    let waiver = "alternatives = \"deny\"\n[[policy.waivers]]\nrule = \"alternatives\"\npackage = \"fail2ban\"\nuntil = \"2026-05-31\"\nreason = \"decided in May\"\n";
    policy(waiver);
    let run = project.run(check).exits(1);
    assert!(
        run.stdout
            .contains("expired on 2026-05-31 (decided in May)"),
        "{}",
        run.stdout
    );
    policy(&waiver.replace("05-31", "06-01"));
    let run = project.run(check).exits(0);
    assert!(run.stdout.contains("waived"), "{}", run.stdout);
    policy("alternativs = \"deny\"\n");
    let run = project.run(check).exits(2);
    assert!(
        run.stderr.contains("did you mean `alternatives`?"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_cannot_be_had_is_unknown_and_an_unknown_package_is_a_finding() {
    let project = project();
    let wrong = FAIL2BAN.replace("binaries = [\"fail2ban\"]", "binaries = [\"fail2bann\"]");
    project.home.write("proposals/0002-lock-out.toml", &wrong);
    let check = &["propose", "check", "2", "--today", "2026-06-01"][..];
    let run = project.run(check).exits(1);
    let line = "bookworm has no binary fail2bann for amd64";
    assert!(run.stdout.contains(line), "{}", run.stdout);
    let run = project.run(&[check, &["--offline", "--verbose"]].concat());
    assert!(run.stdout.contains("unknown"), "{}", run.stdout);
    let world = Project::new(PROGRAM, &suite(), "\"fail2ban\"");
    world.home.write("proposals/0002-lock-out.toml", FAIL2BAN);
    let run = world.run(&[check, &["--offline"]].concat()).exits(1);
    let line = "nothing is known of the packages of bookworm";
    assert!(run.stdout.contains(line), "{}", run.stdout);
    assert!(run.stderr.contains("warning"), "{}", run.stderr);
}

#[test]
fn a_file_that_is_gone_is_unknown_and_not_sought_again_and_again() {
    let project = project();
    let pool = project.archive.root().join("pool/main/f/fail2ban");
    let kept = project.home.work().join("kept");
    std::fs::rename(&pool, &kept).expect("a pool");
    let check = &["propose", "check", "2", "--today", "2026-06-01"][..];
    let unknown = "whether it ships services is not known";
    let first = project.run(check).exits(0);
    assert!(first.stdout.contains(unknown), "{}", first.stdout);
    assert!(
        first.stderr.contains("could not be had"),
        "{}",
        first.stderr
    );
    let second = project.run(check).exits(0);
    assert!(second.stdout.contains(unknown), "{}", second.stdout);
    assert!(
        second.stderr.contains("a short while ago"),
        "{}",
        second.stderr
    );
    std::fs::rename(&kept, &pool).expect("a pool");
    let again = project.run(&[check, &["--refresh"]].concat()).exits(0);
    assert!(
        again.stdout.contains("ships services: fail2ban.service"),
        "{}",
        again.stdout
    );
}

#[test]
fn vulnerability_data_of_the_project_counts() {
    let project = project();
    project.write_repository("[policy]\nvulnerability_data = \"data/cve.json\"\n");
    let data = r#"{"fail2ban":{"CVE-2026-1":{"releases":{"bookworm":{"status":"open","urgency":"high"}}}}}"#;
    project.home.write("data/cve.json", data);
    let check = &["propose", "check", "2", "--today", "2026-06-01"][..];
    let run = project.run(check).exits(0);
    let line = "1 vulnerability open: 1 high (CVE-2026-1)";
    assert!(run.stdout.contains(line), "{}", run.stdout);
    project.home.write("data/cve.json", "[]");
    let run = project.run(check).exits(2);
    assert!(run.stderr.contains("data/cve.json"), "{}", run.stderr);
}

#[test]
fn the_project_is_checked_and_a_lock_can_be_denied() {
    let project = project();
    let run = project.run(&["check"]).exits(0);
    assert!(
        run.stdout.contains("nothing is locked yet"),
        "{}",
        run.stdout
    );
    let run = project.run(&["lock"]).exits(0);
    assert!(run.stdout.contains("unapproved"), "{}", run.stdout);
    shows(
        &project,
        "check",
        &[
            &["check", "--today", "2026-06-01"],
            &["check", "--today", "2026-06-01", "--format", "markdown"],
        ],
    );
    let denies = "[policy]\nunapproved = \"deny\"\nunused = \"warn\"\n";
    project.write_repository(denies);
    let run = project.run(&["check", "--today", "2026-06-01"]).exits(1);
    assert!(
        run.stdout
            .contains("pam is approved for bookworm, and no image installs it"),
        "{}",
        run.stdout
    );
    let before = project.lock();
    let run = project.run(&["update"]).exits(1);
    assert!(run.stderr.contains("[policy] denies it"), "{}", run.stderr);
    assert_eq!(project.lock(), before);
    project.write_repository(&format!(
        "{denies}[[policy.waivers]]\nrule = \"unapproved\"\nimage = \"minimal\"\nuntil = \"2999-01-01\"\nreason = \"x\"\n"
    ));
    let _ = project.run(&["update"]).exits(0);
}

#[test]
fn an_image_that_has_grown_names_the_package_through_which() {
    let project = project();
    let more = "\n[[source]]\nsuite = \"bookworm\"\nname = \"fail2ban\"\nversion = \"1.0.2-1\"\nbinaries = [\"fail2ban=1.0.2-1\"]\n";
    project
        .home
        .write("proposals/0001-base.flat.toml", &format!("{FROZEN}{more}"));
    let _ = project.run(&["lock"]).exits(0);
    let run = project.run(&["check", "--today", "2026-06-01"]).exits(0);
    let line = "python3-defaults (source of python3) came in through fail2ban, which is approved without it: fail2ban → python3";
    assert!(run.stdout.contains(line), "{}", run.stdout);
    project.write_repository("[policy]\ngrowth = \"deny\"\n");
    let _ = project.run(&["check", "--today", "2026-06-01"]).exits(1);
}

#[test]
fn everything_is_traced_both_ways() {
    let project = project();
    let _ = project.run(&["lock"]).exits(0);
    shows(
        &project,
        "trace",
        &[
            &["trace", "pam"],
            &["trace", "image:minimal"],
            &["trace", "proposal:2", "--format", "dot"],
            &["trace", "fail2bann"],
        ],
    );
    let run = project.run(&["trace", "fail2ban", "--json"]).exits(0);
    let document: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(document["subject"], "source:fail2ban");
    project.home.write(
        "images/pam.toml",
        "packages = [\"libpam-modules\"]\nvariant = \"essential\"\n",
    );
    let _ = project.run(&["lock"]).exits(0);
    let run = project.run(&["trace", "pam"]).exits(2);
    assert!(
        run.stderr.contains("say which: source:pam, image:pam"),
        "{}",
        run.stderr
    );
    let _ = project.run(&["trace", "image:pam"]).exits(0);
}

#[test]
fn coverage_depends_on_the_board() {
    let project = project();
    for (name, features) in [
        ("with", "features = [\"lan\"]"),
        ("without", "features = []"),
    ] {
        let text = format!("title = \"A board\"\narchitecture = \"amd64\"\n{features}\n");
        project.home.write(&format!("boards/{name}.toml"), &text);
    }
    project.home.write(
        "proposals/0001-base.toml",
        &BASE.replace("\"CR 1.11\"", "\"CR 1.5\""),
    );
    let about = |arguments: &[&str]| {
        let run = project.run(arguments).exits(0);
        let line = run.stdout.lines().find(|line| line.starts_with("CR 1.11 "));
        line.unwrap_or_default().to_owned()
    };
    let cell = |line: &str| {
        line.split("  ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .nth(1)
            .map(str::to_owned)
    };
    let with = about(&["coverage", "--board", "with", "--with", "2"]);
    assert_eq!(cell(&with).as_deref(), Some("met"), "{with}");
    let without = about(&["coverage", "--board", "without", "--with", "2"]);
    assert_eq!(cell(&without).as_deref(), Some("not met"), "{without}");
    let any = about(&["coverage", "--with", "2"]);
    assert_eq!(cell(&any).as_deref(), Some("met with lan"), "{any}");
    let none = about(&["coverage"]);
    assert_eq!(cell(&none).as_deref(), Some("not met"), "{none}");
    let page = project.run(&["coverage", "--format", "html"]).exits(0);
    assert!(
        page.stdout.starts_with("<!DOCTYPE html>"),
        "{}",
        page.stdout
    );
    let table = project.run(&["coverage", "--format", "csv"]).exits(0);
    assert!(
        table.stdout.starts_with("requirement,title,"),
        "{}",
        table.stdout
    );
    let run = project.run(&["coverage", "--json"]).exits(0);
    let document: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(document["format"], 1);
    let run = project.run(&["coverage", "--board", "witout"]).exits(2);
    assert!(
        run.stderr.contains("did you mean without?"),
        "{}",
        run.stderr
    );
}

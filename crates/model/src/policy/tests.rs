//! What `[policy]` means, and what is refused.

use super::*;
use crate::project::Project;
use crate::source::{FileError, Source};

const HEAD: &str = "[project]\nname = \"x\"\n";

fn policy(text: &str) -> Result<Policy, FileError> {
    let text = format!("{HEAD}{text}\n[repositories.debian]\nsuite = \"bookworm\"\n");
    Project::read(Source::new("formwork.toml", &text), &[]).map(|project| project.policy)
}

#[test]
fn what_is_not_said_is_as_usual() {
    let policy = policy("").unwrap();
    for &rule in Rule::ALL {
        assert_eq!(policy.level(rule), rule.usual_level(), "{rule:?}");
    }
    assert_eq!(policy.limits, Limits::default());
}

#[test]
fn levels_limits_and_waivers_are_read() {
    let text = "\
[policy]
alternatives = \"deny\"
services = \"off\"
vulnerability_data = \"data/cve.json\"

[policy.limits]
installed_size = \"20 MiB\"
upload_age_days = 100
cared_until = \"2031-06-30\"
urgency = \"high\"
refused_licences = [\"GPL-3*\"]

[[policy.waivers]]
rule = \"unapproved\"
package = \"busybox\"
until = \"2027-01-31\"
reason = \"being proposed\"
";
    let policy = policy(text).unwrap();
    assert_eq!(policy.level(Rule::Alternatives), Level::Deny);
    assert_eq!(policy.level(Rule::Services), Level::Off);
    assert_eq!(policy.limits.installed_size, 20 << 20);
    assert_eq!(policy.limits.upload_age_days, 100);
    assert_eq!(policy.limits.urgency, Urgency::High);
    assert_eq!(policy.limits.cared_until.unwrap().date(), "2031-06-30");
    assert_eq!(policy.vulnerability_data.as_deref(), Some("data/cve.json"));
    let waiver = &policy.waivers[0];
    assert_eq!((waiver.rule, waiver.spot.line), (Rule::Unapproved, 16));
    assert_eq!(waiver.package.as_deref(), Some("busybox"));
}

#[test]
fn faults_name_their_place_and_what_was_meant() {
    let table = [
        ("[policy]\nalternative = \"deny\"", "4:1", "`alternatives`"),
        ("[policy]\nreason = \"den\"", "4:10", "`deny`"),
        (
            "[policy]\nvulnerability_data = \"/etc/x\"",
            "4:22",
            "relative",
        ),
        (
            "[policy.limits]\ninstalled_size = \"lots\"",
            "4:18",
            "100 MB",
        ),
        ("[policy.limits]\nnew_sources = -1", "4:15", ""),
        (
            "[policy.limits]\ncared_until = \"soon\"",
            "4:15",
            "2026-12-31",
        ),
        ("[policy.limits]\nurgency = \"hihg\"", "4:11", "`high`"),
        (
            "[policy.limits]\nstandards_version = \"4.x\"",
            "4:21",
            "4.5.0",
        ),
        (
            "[[policy.waivers]]\nrule = \"unaproved\"\nuntil = \"2027-01-01\"\nreason = \"x\"",
            "4:8",
            "`unapproved`",
        ),
        (
            "[[policy.waivers]]\nrule = \"unapproved\"\nuntil = \"2027-01-01\"\nreason = \" \"",
            "6:10",
            "",
        ),
        ("[[policy.waivers]]\nrule = \"unapproved\"", "3:1", ""),
    ];
    for (text, place, hint) in table {
        let error = policy(text).expect_err(text);
        let found = format!("{}:{}", error.spot.line, error.spot.column);
        assert_eq!(found, place, "{error}");
        assert!(error.hint.unwrap_or_default().contains(hint), "{text}");
    }
}

#[test]
fn names_are_unique_and_found_again() {
    for &rule in Rule::ALL {
        assert_eq!(Rule::named(rule.as_str()), Some(rule));
    }
    for urgency in Urgency::ALL {
        assert_eq!(Urgency::named(urgency.as_str()), Some(urgency));
    }
    assert_eq!(Urgency::named("low**"), Some(Urgency::Low));
    assert_eq!(Urgency::named("urgent"), None);
}

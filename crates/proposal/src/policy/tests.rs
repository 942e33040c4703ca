//! Each rule on a small world: kept, not kept, not known.

use super::*;
use formwork_model::approved::{ApprovedList, ApprovedSource};
use formwork_model::source::Source;

const CATALOGUE: &str = r#"
[[requirement]]
id = "CR 1.11"
title = "Unsuccessful login attempts"

[features.lan]
title = "a local network"
kind = "network"

[features.tpm2]
title = "a TPM"
kind = "hardware"

[capabilities.login-lockout]
title = "locks out after failed log-ins"
requirements = ["CR 1.11"]
packages = ["pam", "fail2ban"]
"#;

fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::default();
    catalogue
        .add(Source::new("requirements/x.toml", CATALOGUE))
        .unwrap();
    catalogue
}

fn proposal(id: u32, status: &str, packages: &str) -> Proposal {
    let text = format!(
        "id = {id}\ntitle = \"T\"\nproposer = \"wg\"\nrevision = 1\nstatus = \"{status}\"\n\
         suites = [\"bookworm\"]\narchitectures = [\"amd64\"]\n{packages}"
    );
    let file = format!("proposals/{id:04}-x.toml");
    Proposal::read(Source::new(&file, &text)).unwrap()
}

fn day(text: &str) -> Timestamp {
    Timestamp::parse_date(text).unwrap()
}

/// A world in which everything is known and well.
struct Toy {
    policy: Policy,
    catalogue: Catalogue,
    approved: Vec<Proposal>,
    lists: BTreeMap<String, ApprovedList>,
    facts: SuiteFacts,
    data: Option<Vulnerabilities>,
    needed: BTreeMap<String, Vec<Need>>,
}

impl Toy {
    fn new() -> Toy {
        let pam = proposal(
            1,
            "draft",
            "[[package]]\nsource = \"pam\"\nbinaries = [\"libpam-modules\"]\nreason = \"r\"\nrequirements = [\"CR 1.11\"]\nneeds = []\n",
        );
        let list = ApprovedList {
            suite: "bookworm".to_owned(),
            sources: BTreeMap::from([("pam".to_owned(), ApprovedSource::default())]),
        };
        let contents = Contents {
            uploaded: Some(day("2025-11-10")),
            licences: Some(vec!["GPL-2+".to_owned()]),
            ..Contents::default()
        };
        let source = SourceFacts {
            version: "1.0.2-2".to_owned(),
            maintainer: "Python Team <team@mirror.example>".to_owned(),
            version_control: true,
            standards_version: Some("4.6.1".to_owned()),
        };
        let binary = BinaryFacts {
            version: "1.0.2-2".to_owned(),
            source: "fail2ban".to_owned(),
            source_version: "1.0.2-2".to_owned(),
            tags: Some(Vec::new()),
            contents: Some(contents),
        };
        let facts = SuiteFacts {
            sources: Some(BTreeMap::from([("fail2ban".to_owned(), source)])),
            binaries: BTreeMap::from([("fail2ban".to_owned(), binary)]),
            missing: Vec::new(),
            costs: BTreeMap::from([("fail2ban".to_owned(), Cost::default())]),
        };
        let json = br#"{"fail2ban": {"CVE-1": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "0"}}}}}"#;
        let wanted = std::collections::BTreeSet::from(["fail2ban"]);
        Toy {
            policy: Policy::default(),
            catalogue: catalogue(),
            approved: vec![pam],
            lists: BTreeMap::from([("bookworm".to_owned(), list)]),
            facts,
            data: Some(Vulnerabilities::read(json, &wanted).unwrap()),
            needed: BTreeMap::new(),
        }
    }

    fn contents(&mut self) -> &mut Contents {
        let binary = self.facts.binaries.get_mut("fail2ban").unwrap();
        binary.contents.as_mut().unwrap()
    }

    fn source(&mut self) -> &mut SourceFacts {
        self.facts
            .sources
            .as_mut()
            .unwrap()
            .get_mut("fail2ban")
            .unwrap()
    }

    fn cost(&mut self) -> &mut Cost {
        self.facts.costs.get_mut("fail2ban").unwrap()
    }

    fn check(&self, packages: &str) -> Vec<Finding> {
        let world = World {
            policy: &self.policy,
            catalogue: &self.catalogue,
            approved: self.approved.iter().collect(),
            lists: &self.lists,
            suites: BTreeMap::from([("bookworm".to_owned(), self.facts.clone())]),
            needed: self.needed.clone(),
            vulnerabilities: self.data.as_ref(),
            today: day("2026-06-01"),
        };
        check(&world, &proposal(3, "draft", packages))
    }

    /// What a rule says of a package: its state and its message.
    fn says(&self, rule: Rule, packages: &str) -> Vec<(FindingState, String)> {
        self.check(packages)
            .into_iter()
            .filter(|finding| finding.rule == rule.as_str())
            .map(|finding| (finding.state, finding.message))
            .collect()
    }
}

const GOOD: &str = "[[package]]\nsource = \"fail2ban\"\nbinaries = [\"fail2ban\"]\nreason = \"locks out\"\n\
    requirements = [\"CR 1.11\"]\nneeds = [\"lan\"]\nalternatives = [{ package = \"pam\", why_not = \"one service only\" }]\n";

#[track_caller]
fn one(said: Vec<(FindingState, String)>) -> (FindingState, String) {
    assert_eq!(said.len(), 1, "{said:?}");
    said.into_iter().next().unwrap()
}

#[test]
fn a_good_package_keeps_every_rule() {
    let findings = Toy::new().check(GOOD);
    let bad: Vec<&Finding> = findings
        .iter()
        .filter(|finding| finding.state != FindingState::Fine)
        .collect();
    assert!(bad.is_empty(), "{bad:#?}");
    assert_eq!(findings.len(), WANTED.len() + 1);
}

#[test]
fn what_is_not_stated_is_found_at_the_package() {
    let bare = "[[package]]\nsource = \"fail2ban\"\nbinaries = [\"fail2ban\"]\n";
    let toy = Toy::new();
    for rule in [Rule::Reason, Rule::Requirement, Rule::Needs] {
        let (state, _) = one(toy.says(rule, bare));
        assert_eq!(state, FindingState::Found, "{rule:?}");
    }
    let findings = toy.check(bare);
    let reason = findings.iter().find(|one| one.rule == "reason").unwrap();
    assert_eq!(
        (reason.file.as_str(), reason.line),
        ("proposals/0003-x.toml", 9)
    );
    assert!(reason.denies());
}

#[test]
fn an_approved_package_for_the_same_requirement_must_be_spoken_of() {
    let silent = GOOD
        .lines()
        .filter(|line| !line.starts_with("alternatives"));
    let silent: String = silent.map(|line| format!("{line}\n")).collect();
    let mut toy = Toy::new();
    let (state, message) = one(toy.says(Rule::Alternatives, &silent));
    assert_eq!(state, FindingState::Found);
    assert_eq!(
        message,
        "no alternative considered; pam serves CR 1.11 and is approved"
    );
    // A capability serves the requirements that the catalogue gives it.
    let by_capability = silent.replace(
        "requirements = [\"CR 1.11\"]",
        "capabilities = [\"login-lockout\"]",
    );
    let (state, _) = one(toy.says(Rule::Alternatives, &by_capability));
    assert_eq!(state, FindingState::Found);
    toy.lists.clear();
    let (state, _) = one(toy.says(Rule::Alternatives, &silent));
    assert_eq!(
        state,
        FindingState::Fine,
        "what is not on the list is not approved"
    );
}

#[test]
fn the_same_capability_twice_is_found() {
    let mut toy = Toy::new();
    let with =
        |capability: &str| GOOD.replace("needs", &format!("capabilities = {capability}\nneeds"));
    let other = "[[package]]\nsource = \"sshguard\"\nbinaries = [\"sshguard\"]\ncapabilities = [\"login-lockout\"]\n";
    let found = |toy: &Toy, text: &str| -> Vec<String> {
        let said = toy.says(Rule::Duplicate, text).into_iter();
        let found = said.filter(|(state, _)| *state == FindingState::Found);
        found.map(|(_, message)| message).collect()
    };
    // Of two that give the same, the later one is told.
    let two = format!("{}{other}", with("[\"login-lockout\"]"));
    assert_eq!(
        found(&toy, &two),
        ["fail2ban gives login-lockout and is proposed, too"]
    );
    // One that gives more stays; the other has nothing of its own.
    let more = format!("{other}{}", with("[\"login-lockout\", \"more\"]"));
    assert_eq!(
        found(&toy, &more),
        ["fail2ban gives login-lockout and is proposed, too"]
    );
    // Any overlap with what is approved counts.
    let approved = "[[package]]\nsource = \"pam\"\nbinaries = [\"libpam-modules\"]\ncapabilities = [\"login-lockout\"]\n";
    toy.approved = vec![proposal(1, "draft", approved)];
    let silent =
        with("[\"login-lockout\", \"more\"]").replace("alternatives = [", "alternatives = [] # [");
    assert_eq!(
        found(&toy, &silent),
        ["pam gives login-lockout and is approved"]
    );
    let spoken = with("[\"login-lockout\"]");
    assert!(
        found(&toy, &spoken).is_empty(),
        "an alternative that was considered"
    );
}

#[test]
fn what_the_archive_says_is_judged() {
    type Change = fn(&mut Toy);
    let table: &[(Rule, Change, &str)] = &[
        (
            Rule::Available,
            |toy| toy.facts.sources.as_mut().unwrap().clear(),
            "bookworm has no source fail2ban",
        ),
        (
            Rule::Available,
            |toy| toy.facts.missing.push(("fail2ban".into(), "arm64".into())),
            "bookworm has no binary fail2ban for arm64",
        ),
        (
            Rule::Available,
            |toy| toy.cost().conflict = Some("x".into()),
            "cannot be installed in bookworm: x",
        ),
        (
            Rule::DependencyCost,
            |toy| toy.cost().interpreters.push(("python3".into(), true)),
            "brings an interpreter to the target: python3 (already approved)",
        ),
        (
            Rule::DependencyCost,
            |toy| toy.cost().installed_size = 123_400_000,
            "adds 0 other sources and 0 binaries to the approved list, 123 MB installed; more than 100 MB",
        ),
        (
            Rule::UploadAge,
            |toy| toy.contents().uploaded = Some(day("2020-01-01")),
            "last upload 2020-01-01 (2343 days ago), more than 1826",
        ),
        (
            Rule::Maintainer,
            |toy| toy.source().maintainer = "Debian QA Group <x>".into(),
            "orphaned: the maintainer is Debian's QA group",
        ),
        (
            Rule::Maintainer,
            |toy| toy.source().version_control = false,
            "names no version control (Vcs-*)",
        ),
        (
            Rule::Maintainer,
            |toy| toy.source().standards_version = Some("3.9.8".into()),
            "follows policy 3.9.8, older than 4.0",
        ),
        (
            Rule::Licence,
            |toy| toy.policy.limits.refused_licences.push("GPL-*".into()),
            "licences that the project refuses: GPL-2+",
        ),
        (
            Rule::Setuid,
            |toy| toy.contents().setuid.push("4755 /usr/bin/x".into()),
            "ships files that run with the rights of their owner or group: 4755 /usr/bin/x",
        ),
        (
            Rule::FileCapabilities,
            |toy| toy.contents().capabilities.push("postinst: setcap".into()),
            "ships files with capabilities: postinst: setcap",
        ),
        (
            Rule::Services,
            |toy| toy.contents().services.push("fail2ban.service".into()),
            "ships services: fail2ban.service",
        ),
    ];
    for (rule, change, expected) in table {
        let mut toy = Toy::new();
        change(&mut toy);
        let said = toy.says(*rule, GOOD);
        let found = said.iter().find(|(state, _)| *state == FindingState::Found);
        assert_eq!(
            found.map(|(_, message)| message.as_str()),
            Some(*expected),
            "{rule:?}"
        );
    }
}

#[test]
fn what_is_not_known_is_never_good() {
    type Change = fn(&mut Toy);
    let nothing_read: Change =
        |toy| toy.facts.binaries.get_mut("fail2ban").unwrap().contents = None;
    let table: &[(Rule, Change)] = &[
        (Rule::DependencyCost, |toy| toy.facts.costs.clear()),
        (Rule::Maintainer, |toy| toy.facts.sources = None),
        (Rule::UploadAge, nothing_read),
        (Rule::Licence, nothing_read),
        (Rule::Licence, |toy| toy.contents().licences = None),
        (Rule::NetworkFacing, nothing_read),
        (Rule::Setuid, nothing_read),
        (Rule::FileCapabilities, nothing_read),
        (Rule::Services, nothing_read),
        (Rule::Services, |toy| toy.facts.binaries.clear()),
        (Rule::Vulnerabilities, |toy| toy.data = None),
        (Rule::Vulnerabilities, |toy| {
            toy.data = Some(Vulnerabilities::default())
        }),
    ];
    for (rule, change) in table {
        let mut toy = Toy::new();
        change(&mut toy);
        let (state, message) = one(toy.says(*rule, GOOD));
        assert_eq!(state, FindingState::Unknown, "{rule:?} {message}");
    }
}

#[test]
fn an_unknown_under_a_rule_that_denies_denies() {
    let mut toy = Toy::new();
    toy.data = None;
    toy.policy.levels.insert(Rule::Vulnerabilities, Level::Deny);
    let findings = toy.check(GOOD);
    assert!(findings.iter().any(Finding::denies));
}

#[test]
fn what_listens_must_say_so() {
    let quiet = GOOD.replace("[\"lan\"]", "[\"tpm2\"]");
    let mut toy = Toy::new();
    toy.contents().sockets.push("x.socket: /run/x".to_owned());
    let (state, _) = one(toy.says(Rule::NetworkFacing, &quiet));
    assert_eq!(state, FindingState::Fine, "a path is not the network");
    toy.contents()
        .sockets
        .push("ssh.socket: /run/x, 22".to_owned());
    let (state, _) = one(toy.says(Rule::NetworkFacing, &quiet));
    assert_eq!(state, FindingState::Found);
    let (state, message) = one(toy.says(Rule::NetworkFacing, GOOD));
    assert_eq!(state, FindingState::Fine, "{message}");
    let mut toy = Toy::new();
    let tags = vec!["network::server".to_owned()];
    toy.facts.binaries.get_mut("fail2ban").unwrap().tags = Some(tags);
    let (state, _) = one(toy.says(Rule::NetworkFacing, &quiet));
    assert_eq!(state, FindingState::Found);
}

#[test]
fn vulnerabilities_count_from_an_urgency_on() {
    let json = br#"{"fail2ban": {
        "CVE-1": {"releases": {"bookworm": {"status": "open", "urgency": "high"}}},
        "CVE-2": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "1.0.2-3", "urgency": "not yet assigned"}}},
        "CVE-3": {"releases": {"bookworm": {"status": "open", "urgency": "unimportant"}}},
        "CVE-4": {"releases": {"trixie": {"status": "open", "urgency": "high"}}}}}"#;
    let wanted = std::collections::BTreeSet::from(["fail2ban"]);
    let mut toy = Toy::new();
    toy.data = Some(Vulnerabilities::read(json, &wanted).unwrap());
    let (state, message) = one(toy.says(Rule::Vulnerabilities, GOOD));
    assert_eq!(state, FindingState::Found);
    assert_eq!(
        message,
        "2 vulnerabilities open: 1 high (CVE-1), 1 not yet assigned (CVE-2)"
    );
    toy.policy.limits.urgency = formwork_model::policy::Urgency::EndOfLife;
    let (state, message) = one(toy.says(Rule::Vulnerabilities, GOOD));
    assert_eq!(state, FindingState::Unknown, "{message}");
}

#[test]
fn security_support_and_care_are_judged_by_suite() {
    let other = GOOD.replace("fail2ban", "suricata");
    let toy = Toy::new();
    let (state, message) = one(toy.says(Rule::SupportEnded, &other));
    assert_eq!(state, FindingState::Found);
    assert_eq!(
        message,
        "security support in bookworm ended on 2026-04-30: no support upstream (#1134367)"
    );
    let other = GOOD.replace("fail2ban", "binutils");
    let (state, _) = one(toy.says(Rule::SupportLimited, &other));
    assert_eq!(state, FindingState::Found);
    let (state, message) = one(toy.says(Rule::CareDates, GOOD));
    assert_eq!(state, FindingState::Fine, "{message}");
    let mut toy = Toy::new();
    toy.policy.limits.cared_until = Some(day("2034-01-01"));
    let (state, message) = one(toy.says(Rule::CareDates, GOOD));
    assert_eq!(state, FindingState::Found);
    assert!(
        message.ends_with("nobody cares for it on 2034-01-01"),
        "{message}"
    );
}

#[test]
fn waivers_let_through_until_their_day() {
    let mut toy = Toy::new();
    toy.contents().services.push("fail2ban.service".to_owned());
    let mut at = |until: &str| {
        toy.policy.waivers = vec![policy::Waiver {
            rule: Rule::Services,
            package: Some("fail2ban".to_owned()),
            image: None,
            until: day(until),
            reason: "it is the point".to_owned(),
            spot: Source::new("formwork.toml", "").spot(&(0..0)),
        }];
        (
            toy.says(Rule::Services, GOOD),
            toy.says(Rule::WaiverExpired, GOOD),
        )
    };
    let (services, expired) = at("2026-06-01");
    assert_eq!(one(services).0, FindingState::Waived);
    assert!(expired.is_empty());
    let (services, expired) = at("2026-05-31");
    assert_eq!(one(services).0, FindingState::Found);
    assert_eq!(
        one(expired).1,
        "the waiver for services expired on 2026-05-31 (it is the point)"
    );
}

#[test]
fn a_rule_that_is_off_says_nothing() {
    let mut toy = Toy::new();
    toy.policy.levels.insert(Rule::Services, Level::Off);
    assert!(toy.says(Rule::Services, GOOD).is_empty());
}

#[test]
fn a_removal_names_who_still_needs_it() {
    let remove = "[[package]]\nsource = \"pam\"\nstate = \"remove\"\nreason = \"x\"\n";
    let mut toy = Toy::new();
    let (state, _) = one(toy.says(Rule::Removal, remove));
    assert_eq!(state, FindingState::Fine);
    let need = Need {
        who: "the image gateway".to_owned(),
        chain: vec!["openssh-server".to_owned(), "libpam-modules".to_owned()],
    };
    toy.needed.insert("pam".to_owned(), vec![need]);
    let (state, message) = one(toy.says(Rule::Removal, remove));
    assert_eq!(state, FindingState::Found);
    assert_eq!(
        message,
        "the image gateway still needs it: openssh-server → libpam-modules"
    );
    assert!(toy.says(Rule::Reason, remove).is_empty());
}

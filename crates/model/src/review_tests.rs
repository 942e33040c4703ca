use super::*;

const HEAD: &str = "id = 2\ntitle = \"t\"\nproposer = \"wg\"\nrevision = 2\nstatus = \"draft\"\n\
suites = [\"bookworm\"]\narchitectures = [\"amd64\"]\n\
[[package]]\nsource = \"a\"\nbinaries = [\"a\"]\n\
[[package]]\nsource = \"b\"\nbinaries = [\"b\"]\n\
[[package]]\nsource = \"c\"\nstate = \"under-discussion\"\n";

/// A proposal with reviews, each as `who revision verdict [package]`.
fn proposal(reviews: &[&str]) -> Proposal {
    let mut text = HEAD.to_owned();
    for review in reviews {
        let words: Vec<&str> = review.split(' ').collect();
        text.push_str(&format!(
            "[[review]]\nwho = \"{}\"\nwhen = \"2026-11-20\"\nrevision = {}\nverdict = \"{}\"\n\
             comment = \"x\"\n",
            words[0], words[1], words[2]
        ));
        if let Some(package) = words.get(3) {
            text.push_str(&format!("package = \"{package}\"\n"));
        }
    }
    Proposal::read(Source::new("proposals/0002-x.toml", &text)).expect("a proposal")
}

fn project(review: &str) -> Result<Rules, FileError> {
    let text = format!(
        "[project]\nname = \"x\"\nsuites = [\"bookworm\"]\n\
         [repositories.debian]\nsuite = \"bookworm\"\n{review}"
    );
    crate::project::Project::read(Source::new("formwork.toml", &text), &[])
        .map(|project| project.review)
}

const REVIEW: &str = "[review]\nleast_days = 14\nrequired = [\"core\", \"dora\"]\n\
                      [review.groups.core]\nmembers = [\"anna\", \"ben\", \"carl\"]\n\
                      [review.groups.wg]\nmembers = [\"dora\"]\n";

/// What stands in the way, in a few words.
fn told(standing: &Standing) -> Vec<String> {
    let missing = standing.missing.iter().map(|one| {
        format!(
            "{} {}/{} {}",
            one.who,
            one.have,
            one.need,
            one.packages.join("+")
        )
    });
    let rejections = standing.rejections.iter().map(|one| {
        format!(
            "{} rejects {}",
            one.who,
            one.package.as_deref().unwrap_or("all")
        )
    });
    missing.chain(rejections).collect()
}

#[test]
fn verdicts_count_for_their_revision_and_their_packages() {
    let rules = project(REVIEW).expect("rules");
    let table: &[(&[&str], &[&str])] = &[
        (&[], &["core 0/2 ", "dora 0/1 "]),
        // More than half of the group, and the member that is named.
        (&["anna 2 approve", "ben 2 approve", "dora 2 approve"], &[]),
        // The same in an earlier revision counts for nothing.
        (
            &["anna 1 approve", "ben 2 approve", "dora 2 approve"],
            &["core 1/2 "],
        ),
        // A comment is no verdict.
        (
            &["anna 2 comment", "ben 2 approve", "dora 2 approve"],
            &["core 1/2 "],
        ),
        // One package alone.
        (
            &["anna 2 approve", "ben 2 approve a", "dora 2 approve"],
            &["core 1/2 b"],
        ),
        // All but one package.
        (
            &[
                "anna 2 approve",
                "ben 2 approve",
                "ben 2 reject b",
                "dora 2 approve",
            ],
            &["core 1/2 b", "ben rejects b"],
        ),
        // A no stands, even where the quorum is reached without it.
        (
            &[
                "anna 2 approve",
                "ben 2 approve",
                "carl 2 reject",
                "dora 2 approve",
            ],
            &["carl rejects all"],
        ),
    ];
    for (reviews, expected) in table {
        assert_eq!(
            told(&standing(&proposal(reviews), &rules)),
            *expected,
            "{reviews:?}"
        );
    }
}

#[test]
fn without_rules_somebody_must_have_said_yes() {
    let rules = Rules::default();
    assert_eq!(told(&standing(&proposal(&[]), &rules)), ["anybody 0/1 "]);
    assert!(standing(&proposal(&["eve 2 approve"]), &rules).is_approved());
}

#[test]
fn rules_are_read_with_their_defaults() {
    let rules = project(REVIEW).expect("rules");
    assert_eq!(rules.groups["core"].quorum, 2);
    assert_eq!(rules.required, ["core", "dora"]);
    assert!(rules.is_member("dora") && !rules.is_member("wg") && rules.is_known("wg"));
    let all = project(&REVIEW.replace("required = [\"core\", \"dora\"]\n", "")).expect("rules");
    assert_eq!(all.required, ["core", "wg"]);
    let opened = Timestamp::parse_date("2026-11-20").expect("a day");
    assert_eq!(rules.earliest_due(opened).date(), "2026-12-04");
    assert!(project("").expect("none").is_empty());
    let table = [
        (
            "least_days = 14",
            "least_days = -1",
            7,
            "`least_days` is a number of days",
        ),
        (
            "\"dora\"]\n[review.groups.core]",
            "\"dorra\"]\n[review.groups.core]",
            8,
            "`dorra` is neither",
        ),
        (
            "\"carl\"]",
            "\"carl\"]\nquorum = 4",
            11,
            "a quorum of 4 among 3 members",
        ),
        (
            "\"carl\"",
            "\"anna\"",
            10,
            "`anna` is empty or stands here twice",
        ),
        (
            "members = [\"dora\"]",
            "",
            11,
            "a group needs the key `members`",
        ),
        ("least_days", "last_days", 7, "unknown key `last_days`"),
    ];
    let mut wrong = Vec::new();
    for (from, to, line, message) in table {
        let error = project(&REVIEW.replacen(from, to, 1)).expect_err(to);
        let found = (error.spot.line, error.message.starts_with(message));
        if found != (line, true) {
            wrong.push(format!("{to}: {error}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

//! What must hold of every answer, every refusal and every verdict.

use super::archive::{Archive, NATIVE};
use super::dice::Dice;
use super::generator::{Case, generate};
use super::oracle::{Clauses, Oracle};
use batsat::Lit;
use formwork_deb::universe::{OriginSpec, PackageId, Universe, UniverseBuilder};
use formwork_resolve::{
    Conflict, Fact, Failure, InstallableOptions, Request, Target, Variant, Wish, check, explain,
    explain_broken, installable, solve,
};
use std::collections::BTreeMap;

const CASES: u64 = 2000;

/// A case in both worlds: the universe's packages and the oracle's rows.
struct Both<'a> {
    universe: Universe<'a>,
    archive: &'a Archive,
    ids: Vec<PackageId>,
    rows: BTreeMap<PackageId, usize>,
}

pub(super) fn build(case: &Case) -> Vec<u8> {
    let mut builder = UniverseBuilder::new("amd64", &["i386"]);
    for (suite, priority, text) in &case.suites {
        let origin = builder.add_origin(&OriginSpec {
            repository: "random".into(),
            suite: (*suite).into(),
            component: "main".into(),
            priority: *priority,
        });
        let read = builder.add_packages(origin, suite, text.as_bytes());
        read.expect("the generator writes good indices");
    }
    builder.finish()
}

pub(super) fn request(case: &Case) -> Request {
    let wish = |text: &String| Wish::parse(text).expect("a wish");
    Request {
        wishes: case.wishes.iter().map(wish).collect(),
        variant: case.variant.then_some(Variant::Essential),
        recommends: case.recommends,
        ..Request::default()
    }
}

impl<'a> Both<'a> {
    fn new(universe: Universe<'a>, archive: &'a Archive) -> Self {
        let mut by_label = BTreeMap::new();
        for id in universe.ids() {
            let package = universe.package(id);
            let key = (package.name(), package.version(), package.architecture());
            by_label.insert((key, package.origin().suite), id);
        }
        let id = |row: &super::archive::Row| {
            let key = (
                row.name.as_str(),
                row.version.as_str(),
                row.architecture.as_str(),
            );
            by_label[&(key, row.suite.as_str())]
        };
        let ids: Vec<PackageId> = archive.rows.iter().map(id).collect();
        let rows = ids.iter().enumerate().map(|(row, &id)| (id, row)).collect();
        Self {
            universe,
            archive,
            ids,
            rows,
        }
    }

    fn rows(&self, packages: &[PackageId]) -> Vec<usize> {
        packages.iter().map(|id| self.rows[id]).collect()
    }
}

/// Runs a property over all cases; a failure names the seed.
fn for_each_case(cases: u64, property: fn(&Both<'_>, &Case, &mut Dice)) {
    for seed in 0..cases {
        let case = generate(seed);
        let archive = Archive::read(&case);
        let bytes = build(&case);
        let run = || {
            let universe = Universe::open(&bytes).expect("a universe that was just built");
            property(&Both::new(universe, &archive), &case, &mut Dice::new(seed));
        };
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err() {
            let text: Vec<&str> = case
                .suites
                .iter()
                .map(|(_, _, text)| text.as_str())
                .collect();
            let text = text.join("---\n");
            panic!(
                "seed {seed}, wishes {:?}, variant {}:\n{text}",
                case.wishes, case.variant
            );
        }
    }
}

/// What the request asks of the oracle: a list of rows for each target, in the target's order.
fn targets(oracle: &Oracle<'_>, request: &Request) -> Option<Vec<Vec<usize>>> {
    let mut targets = match request.variant {
        Some(_) => oracle.essential(),
        None => Vec::new(),
    };
    for wish in &request.wishes {
        targets.push(oracle.meaning(wish)?);
    }
    Some(targets)
}

#[test]
fn answers_where_the_oracle_finds_one_and_only_there() {
    for_each_case(CASES, |both, case, dice| {
        let mut request = request(case);
        let oracle = Oracle::new(both.archive, &request.wishes);
        if dice.chance(25) {
            request.keep = some_to_keep(both, &oracle, dice);
        }
        let answer = solve(&both.universe, &request);
        let Some(targets) = targets(&oracle, &request) else {
            assert!(matches!(answer, Err(Failure::Wishes(_))), "{answer:?}");
            return;
        };
        let mut clauses = oracle.clauses();
        let wanted: Vec<Lit> = targets.iter().map(|rows| clauses.switch(rows)).collect();
        let possible = clauses.holds(&wanted);
        match answer {
            Ok(solution) => {
                assert!(possible, "an answer where there is none");
                check(&both.universe, &request, &solution.packages).expect("a sound answer");
                let set = both.rows(&solution.packages);
                assert!(oracle.is_sound(&set), "the checker is blind");
                assert!(set.iter().all(|&row| oracle.allowed[row]), "not allowed");
                takes_the_best(both, &mut clauses, &solution.targets, &solution.packages);
                mutations(both, &oracle, &request, &set, dice);
            }
            Err(Failure::Conflict(conflict)) => {
                assert!(!possible, "none found where there is an answer");
                is_minimal(both, &oracle, &conflict.targets, &conflict.proof.facts);
                every_way_out_works(both, &request, &conflict);
            }
            Err(Failure::Wishes(errors)) => panic!("{errors:?}"),
        }
    });
}

/// What a lock may hold: packages that may be taken anyway, in whatever version.
fn some_to_keep(both: &Both<'_>, oracle: &Oracle<'_>, dice: &mut Dice) -> Vec<PackageId> {
    let rows = (0..both.ids.len()).filter(|&row| oracle.allowed[row] && dice.chance(20));
    rows.map(|row| both.ids[row]).collect()
}

/// Each wish in turn gets the best version that the wishes before it leave.
fn takes_the_best(both: &Both<'_>, clauses: &mut Clauses, targets: &[Target], set: &[PackageId]) {
    let all: Vec<Lit> = targets
        .iter()
        .map(|target| clauses.switch(&both.rows(&target.packages)))
        .collect();
    let mut settled = all;
    for target in targets {
        let taken = target.packages.iter().position(|id| set.contains(id));
        let taken = taken.expect("the target is met");
        // Of those that only stand in for the real package any will do.
        let real = |id: &&PackageId| both.universe.same_name(**id, target.packages[0]);
        for id in target.packages[..taken].iter().filter(real) {
            settled.push(clauses.literal(both.rows[id], true));
            assert!(!clauses.holds(&settled), "{target:?} could have had {id:?}");
            settled.pop();
        }
        settled.push(clauses.literal(both.rows[&target.packages[taken]], true));
    }
}

/// The checker accepts a changed answer only if it still holds together.
fn mutations(
    both: &Both<'_>,
    oracle: &Oracle<'_>,
    request: &Request,
    set: &[usize],
    dice: &mut Dice,
) {
    for _ in 0..8 {
        let mut changed = set.to_vec();
        if dice.chance(70) && !changed.is_empty() {
            changed.swap_remove(dice.below(changed.len()));
        }
        if dice.chance(60) {
            let row = dice.below(both.ids.len());
            if !changed.contains(&row) {
                changed.push(row);
            }
        }
        let fulfils = |wish: &Wish| {
            let mut rows = changed.iter();
            rows.any(|&row| both.archive.serves(wish, &both.archive.rows[row]))
        };
        let rows = &both.archive.rows;
        let is_present = |wanted: &Vec<usize>| {
            let name = &rows[wanted[0]].name;
            let mut native = changed
                .iter()
                .filter(|&&row| rows[row].counts_for() == NATIVE);
            native.any(|&row| rows[row].name == *name)
        };
        let base = request.variant.is_none() || oracle.essential().iter().all(is_present);
        let sound = base && request.wishes.iter().all(fulfils) && oracle.is_sound(&changed);
        let ids: Vec<PackageId> = changed.iter().map(|&row| both.ids[row]).collect();
        let verdict = check(&both.universe, request, &ids);
        assert_eq!(verdict.is_ok(), sound, "{verdict:?} of {changed:?}");
    }
}

/// The facts of a proof are true, exclude an answer together, and none of them is idle.
fn is_minimal(both: &Both<'_>, oracle: &Oracle<'_>, targets: &[Target], facts: &[Fact]) {
    let leaves = |facts: &[Fact]| believe(both, oracle, targets, facts);
    assert!(!leaves(facts), "the facts leave an answer");
    for fact in facts {
        let others = facts.iter().filter(|other| *other != fact);
        let rest: Vec<Fact> = others.copied().collect();
        assert!(leaves(&rest), "{fact:?} is idle");
    }
}

/// Whether these facts alone leave an answer.
fn believe(both: &Both<'_>, oracle: &Oracle<'_>, targets: &[Target], facts: &[Fact]) -> bool {
    let mut clauses = oracle.bare();
    for fact in facts {
        match *fact {
            Fact::Wish(index) => clauses.one_of(&both.rows(&targets[index].packages)),
            Fact::Depends {
                package,
                field,
                group,
            } => {
                let row = both.rows[&package];
                let own = &both.archive.rows[row];
                let text = both.universe.group_text(group);
                let mut groups = own.needs().filter(|group| group.field == field.name());
                let group = groups.find(|group| group.text == text);
                clauses.needs(row, &oracle.candidates(row, group.expect("a true fact")));
            }
            Fact::Excludes(a, b) => {
                let (a, b) = (both.rows[&a], both.rows[&b]);
                let rows = &both.archive.rows;
                assert!(a != b && rows[a].excludes(&rows[b]), "a true fact");
                clauses.excludes(a, b);
            }
        }
    }
    clauses.holds(&[])
}

/// Each way out, taken, leads to an answer.
fn every_way_out_works(both: &Both<'_>, request: &Request, conflict: &Conflict) {
    let explanation = explain(&both.universe, conflict);
    assert!(!explanation.chain.is_empty());
    for way in &explanation.ways_out {
        let mut changed = request.clone();
        changed
            .wishes
            .retain(|wish| !way.drop.contains(&wish.to_string()));
        if let Some(asked) = way.text.strip_prefix("ask for ") {
            let wish = asked.split(' ').next().expect("a wish");
            changed.wishes.push(Wish::parse(wish).expect("a wish"));
        }
        let answer = solve(&both.universe, &changed);
        assert!(answer.is_ok(), "{way:?}: {answer:?}");
    }
    let base = Request {
        wishes: Vec::new(),
        ..request.clone()
    };
    if solve(&both.universe, &base).is_ok() {
        let mut drops = explanation
            .ways_out
            .iter()
            .filter(|way| !way.drop.is_empty());
        assert!(drops.next().is_some(), "dropping some wish must help");
    }
}

#[test]
fn the_verdict_over_an_archive_is_the_oracles() {
    for_each_case(CASES / 2, |both, _, _| {
        let verdict = installable(&both.universe, InstallableOptions::default());
        let oracle = Oracle::new(both.archive, &[]);
        let mut clauses = oracle.with_essential();
        for broken in &verdict.broken {
            let row = both.rows[&broken.package];
            let oracle = match oracle.allowed[row] {
                true => &oracle,
                false => &oracle.letting_in(row),
            };
            is_minimal(both, oracle, &broken.targets, &broken.proof.facts);
            assert!(!explain_broken(&both.universe, broken).is_empty());
        }
        assert_eq!(verdict.total, both.ids.len());
        for (row, &id) in both.ids.iter().enumerate() {
            let asked = [clauses.literal(row, true)];
            let fine = match oracle.allowed[row] {
                true => clauses.holds(&asked),
                false => oracle.letting_in(row).with_essential().holds(&asked),
            };
            let broken = verdict.broken.iter().any(|broken| broken.package == id);
            let name = &both.archive.rows[row].name;
            assert_eq!(
                broken,
                !fine,
                "{name}: broken {broken}, possible {fine} row {row} {}",
                both.universe.package(id).version()
            );
        }
    });
}

/// A property that no case reaches proves nothing.
#[test]
fn the_cases_are_of_all_kinds() {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for seed in 0..CASES / 4 {
        let case = generate(seed);
        let bytes = build(&case);
        let universe = Universe::open(&bytes).expect("a universe");
        let kind = match solve(&universe, &request(&case)) {
            Ok(solution) if solution.packages.len() > case.wishes.len() => "answer",
            Ok(_) => "small answer",
            Err(Failure::Conflict(conflict)) if conflict.proof.facts.len() > 3 => "conflict",
            Err(Failure::Conflict(_)) => "small conflict",
            Err(Failure::Wishes(_)) => "mistaken",
        };
        *seen.entry(kind).or_default() += 1;
    }
    for kind in [
        "answer",
        "small answer",
        "conflict",
        "small conflict",
        "mistaken",
    ] {
        assert!(
            seen.get(kind).is_some_and(|&count| count > 20),
            "{kind}: {seen:?}"
        );
    }
}

/// What a lock holds is answered again, byte for byte, as long as the question is the same.
#[test]
fn an_answer_that_is_kept_is_the_answer() {
    for_each_case(CASES, |both, case, _| {
        let mut request = request(case);
        let Ok(first) = solve(&both.universe, &request) else {
            return;
        };
        request.keep = first.packages.clone();
        request.earlier = first.packages.clone();
        let again = solve(&both.universe, &request).expect("the answer is there");
        assert_eq!(again.packages, first.packages);
    });
}

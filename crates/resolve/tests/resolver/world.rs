//! A toy world: rows of packages from one or more origins, and questions asked in words.

use formwork_deb::universe::{OriginSpec, PackageId, Universe, UniverseBuilder};
use formwork_model::documents;
use formwork_resolve::{
    Conflict, Failure, Request, Solution, Variant, Wish, WishError, check, explain, solve,
};
use formwork_testkit::universe::{toy, toy_sources};

/// The bytes of a universe for amd64 with i386 beside it.
pub(crate) struct World {
    bytes: Vec<u8>,
}

/// One origin of a world: its suite, its priority and its rows.
pub(crate) type Rows<'a> = (&'a str, i32, &'a str);

fn origin(suite: &str, priority: i32) -> OriginSpec {
    OriginSpec {
        repository: "toy".into(),
        suite: suite.into(),
        component: "main".into(),
        priority,
    }
}

impl World {
    /// A world of one ordinary suite.
    pub(crate) fn new(rows: &str) -> Self {
        Self::of(&[("stable", 500, rows)])
    }

    /// A world of several origins, read in this order.
    pub(crate) fn of(origins: &[Rows<'_>]) -> Self {
        let mut builder = UniverseBuilder::new("amd64", &["i386"]);
        for &(suite, priority, rows) in origins {
            let id = builder.add_origin(&origin(suite, priority));
            let text = toy(rows);
            let read = builder.add_packages(id, suite, text.as_bytes());
            read.expect("the rows are well-formed");
        }
        Self {
            bytes: builder.finish(),
        }
    }

    /// A world of one suite with sources, read under build profiles.
    pub(crate) fn with_sources(rows: &str, sources: &str, profiles: &[&str]) -> Self {
        let builder = UniverseBuilder::new("amd64", &["i386"]);
        let mut builder = builder.with_build_profiles(profiles);
        let id = builder.add_origin(&origin("stable", 500));
        let (packages, sources) = (toy(rows), toy_sources(sources));
        let read = builder.add_packages(id, "Packages", packages.as_bytes());
        read.expect("the rows are well-formed");
        let read = builder.add_sources(id, "Sources", sources.as_bytes());
        read.expect("the sources are well-formed");
        Self {
            bytes: builder.finish(),
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn universe(&self) -> Universe<'_> {
        Universe::open(&self.bytes).expect("a universe that was just built")
    }

    /// The package that `name=version` or `name:arch=version` says; its suite does not matter.
    pub(crate) fn id(&self, label: &str) -> PackageId {
        let universe = self.universe();
        let mut ids = universe.ids();
        ids.find(|&id| self.label(id) == label)
            .unwrap_or_else(|| panic!("no {label} here"))
    }

    /// `name=version`, or `name:arch=version` for a foreign package.
    pub(crate) fn label(&self, id: PackageId) -> String {
        let package = self.universe().package(id);
        match package.architecture() {
            "all" | "amd64" => format!("{}={}", package.name(), package.version()),
            other => format!("{}:{other}={}", package.name(), package.version()),
        }
    }

    /// The labels of a set, in the universe's order.
    pub(crate) fn labels(&self, packages: &[PackageId]) -> String {
        let labels: Vec<String> = packages.iter().map(|&id| self.label(id)).collect();
        labels.join(" ")
    }

    /// Asks, and has every answer checked.
    pub(crate) fn solve(&self, request: &Request) -> Result<Solution, Failure> {
        let universe = self.universe();
        let solution = solve(&universe, request)?;
        check(&universe, request, &solution.packages).expect("an answer that the checker accepts");
        Ok(solution)
    }

    /// The answer to a request: the labels of the set, or in a word why there is none.
    pub(crate) fn answer_to(&self, request: &Request) -> String {
        match self.solve(request) {
            Ok(solution) => self.labels(&solution.packages),
            Err(Failure::Conflict(_)) => "none".to_owned(),
            Err(Failure::Wishes(errors)) => {
                let errors: Vec<String> = errors.iter().map(WishError::to_string).collect();
                errors.join("; ")
            }
        }
    }

    /// The answer to wishes divided by blanks.
    pub(crate) fn answer(&self, wishes: &str) -> String {
        self.answer_to(&request(wishes))
    }

    /// The clash that wishes end in.
    pub(crate) fn conflict(&self, request: &Request) -> Box<Conflict> {
        match solve(&self.universe(), request) {
            Err(Failure::Conflict(conflict)) => conflict,
            other => panic!("a conflict was expected, not {other:?}"),
        }
    }

    /// The explanation of the clash that a request ends in.
    pub(crate) fn explanation(&self, request: &Request) -> documents::Conflict {
        explain(&self.universe(), &self.conflict(request))
    }
}

/// A request for wishes divided by blanks.
pub(crate) fn request(wishes: &str) -> Request {
    Request {
        wishes: wishes.split_whitespace().map(wish).collect(),
        ..Request::default()
    }
}

/// A request for a base set and wishes.
pub(crate) fn request_with(variant: Variant, wishes: &str) -> Request {
    Request {
        variant: Some(variant),
        ..request(wishes)
    }
}

pub(crate) fn wish(text: &str) -> Wish {
    Wish::parse(text).expect("a wish")
}

/// A case of a table: why it exists, the rows, the wishes, and the answer.
pub(crate) type Case<'a> = (&'a str, &'a str, &'a str, &'a str);

/// Asks every case of a table.
pub(crate) fn ask_all(cases: &[Case<'_>]) {
    for (why, rows, wishes, answer) in cases {
        assert_eq!(&World::new(rows).answer(wishes), answer, "{wishes}: {why}");
    }
}

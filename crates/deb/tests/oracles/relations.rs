//! Relations and architectures against dpkg's Perl modules.

use crate::{Numbers, run_text};
use formwork_deb::relation::{Group, architecture_matches, parse_groups};

const ARCHITECTURES: [&str; 30] = [
    "amd64",
    "i386",
    "arm64",
    "armhf",
    "armel",
    "riscv64",
    "ppc64el",
    "s390x",
    "mips64el",
    "mipsel",
    "x32",
    "alpha",
    "hppa",
    "m68k",
    "powerpc",
    "powerpcspe",
    "sh4",
    "sparc64",
    "loong64",
    "ia64",
    "mipsn32el",
    "mips64r6el",
    "arm64ilp32",
    "kfreebsd-amd64",
    "hurd-i386",
    "hurd-amd64",
    "musl-linux-arm64",
    "musl-linux-armhf",
    "uclibc-linux-armel",
    "all",
];

const WILDCARDS: [&str; 32] = [
    "any",
    "linux-any",
    "hurd-any",
    "kfreebsd-any",
    "any-amd64",
    "any-i386",
    "any-arm",
    "any-arm64",
    "any-mips64el",
    "any-powerpc",
    "gnu-any-any",
    "musl-any-any",
    "musl-linux-any",
    "gnu-linux-any",
    "uclibc-any-any",
    "gnu-any-amd64",
    "eabihf-any-any-any",
    "eabi-any-any-any",
    "x32-any-any-any",
    "base-gnu-linux-any",
    "any-any-any-amd64",
    "any-any",
    "any-any-any",
    "any-any-any-any",
    "linux-amd64",
    "abi64-any-any-any",
    "any-all",
    "base-any-any-any",
    "spe-any-any-any",
    "any-linux-any",
    "any-loong64",
    "any-riscv64",
];

#[test]
fn wildcards_match_what_dpkg_matches() {
    let script = "use Dpkg::Arch qw(debarch_is);
        while (<STDIN>) { chomp; my ($a, $w) = split / /; print debarch_is($a, $w) ? 1 : 0, qq(\\n); }";
    let pairs: Vec<(&str, &str)> = ARCHITECTURES
        .iter()
        .flat_map(|arch| {
            WILDCARDS
                .iter()
                .chain(&ARCHITECTURES)
                .map(|wildcard| (*arch, *wildcard))
        })
        .collect();
    let input: String = pairs
        .iter()
        .map(|(arch, wildcard)| format!("{arch} {wildcard}\n"))
        .collect();
    let answers = run_text("perl", &["-e", script], &input);
    assert_eq!(answers.lines().count(), pairs.len());
    let known = run_text("dpkg-architecture", &["-L"], "");
    for ((arch, wildcard), answer) in pairs.iter().zip(answers.lines()) {
        // An older dpkg does not know every architecture of the list.
        if known.lines().any(|name| name == *arch) {
            assert_eq!(
                architecture_matches(wildcard, arch),
                answer == "1",
                "{wildcard} on {arch}"
            );
        }
    }
}

#[test]
fn every_architecture_of_this_dpkg_is_itself_and_linux_or_not() {
    let all = run_text("dpkg-architecture", &["-L"], "");
    let linux = run_text("dpkg-architecture", &["-L", "-W", "linux-any"], "");
    let arm = run_text("dpkg-architecture", &["-L", "-W", "any-arm"], "");
    assert!(all.lines().count() > 100);
    for arch in all.lines() {
        assert!(
            architecture_matches(arch, arch) && architecture_matches("any", arch),
            "{arch}"
        );
        assert_eq!(
            architecture_matches("linux-any", arch),
            linux.lines().any(|name| name == arch),
            "{arch}"
        );
        assert_eq!(
            architecture_matches("any-arm", arch),
            arm.lines().any(|name| name == arch),
            "{arch}"
        );
    }
}

/// One alternative, with blanks where they may stand.
fn relation(numbers: &mut Numbers) -> String {
    let mut text = numbers
        .pick(&["a", "libc6", "g++-12", "foo.bar", "0ad"])
        .to_owned();
    text += numbers.pick(&["", "", "", ":any", ":native", ":i386"]);
    text += numbers.pick(&["", " ", "\n "]);
    text += numbers.pick(&[
        "",
        "",
        "(>= 1.0)",
        "(<<1:2~rc1-3)",
        "( = 2 )",
        "(>> 0)",
        "(<= 1-1)",
    ]);
    text += numbers.pick(&["", " "]);
    text += numbers.pick(&[
        "",
        "",
        "[amd64]",
        "[!i386 !armhf]",
        "[linux-any]",
        "[ any-arm ]",
    ]);
    text += numbers.pick(&["", " "]);
    text += numbers.pick(&["", "", "<!nocheck>", "<cross stage1> <!nodoc>", "<!a !b>"]);
    text
}

fn field(numbers: &mut Numbers) -> String {
    let mut text = relation(numbers);
    for _ in 0..numbers.below(4) {
        text += numbers.pick(&[", ", ",", " ,\n ", " | ", "|"]);
        text += &relation(numbers);
    }
    text
}

#[test]
fn fields_are_understood_as_dpkg_understands_them() {
    // Fields are divided by `;`, which has no meaning in them.
    let script = "use Dpkg::Deps; $/ = ';';
        while (<STDIN>) {
            chomp; last unless length;
            my $d = deps_parse($_, build_dep => 1, use_arch => 1, reduce_arch => 0, use_profiles => 1);
            print defined $d ? $d->output() : 'bad', qq(\\n);
        }";
    let mut numbers = Numbers(7);
    let fields: Vec<String> = (0..600).map(|_| field(&mut numbers)).collect();
    let answers = run_text("perl", &["-e", script], &(fields.join(";") + ";"));
    assert_eq!(answers.lines().count(), fields.len());
    for (text, answer) in fields.iter().zip(answers.lines()) {
        let groups = parse_groups(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        let canonical: Vec<String> = groups.iter().map(Group::to_string).collect();
        assert_eq!(canonical.join(", "), answer, "{text:?}");
    }
}

/// Which build dependencies count, on an architecture and with profiles.
#[test]
fn restrictions_count_where_dpkg_counts_them() {
    let script = "use Dpkg::Deps; $/ = ';';
        while (<STDIN>) {
            chomp; last unless length;
            my $d = Dpkg::Deps::Simple->new($_);
            print $d->arch_is_concerned($ARGV[0]) && $d->profile_is_concerned([ 'nocheck', 'cross' ])
                ? 1 : 0, qq(\\n);
        }";
    let mut numbers = Numbers(11);
    let lists = |numbers: &mut Numbers| {
        let architectures = numbers.pick(&[
            "",
            "[amd64]",
            "[!amd64]",
            "[linux-any]",
            "[!linux-any]",
            "[i386 armhf]",
            "[!i386 amd64]",
            "[amd64 !amd64]",
            "[!amd64 amd64]",
            "[any-arm !armel]",
            "[!kfreebsd-any !hurd-any]",
        ]);
        let profiles = numbers.pick(&[
            "",
            "<nocheck>",
            "<!nocheck>",
            "<stage1>",
            "<!stage1>",
            "<cross nocheck>",
            "<stage1 cross>",
            "<stage1> <cross>",
            "<!cross> <!nocheck>",
            "<!cross !stage1>",
        ]);
        format!("a {architectures} {profiles}")
            .trim_end()
            .to_owned()
    };
    let texts: Vec<String> = (0..300).map(|_| lists(&mut numbers)).collect();
    let input = texts.join(";") + ";";
    for arch in ["amd64", "i386", "armel", "armhf", "hurd-i386"] {
        let answers = run_text("perl", &["-e", script, arch], &input);
        assert_eq!(answers.lines().count(), texts.len());
        for (text, answer) in texts.iter().zip(answers.lines()) {
            let groups = parse_groups(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
            let counts = groups[0].alternatives[0].applies(arch, &["nocheck", "cross"]);
            assert_eq!(counts, answer == "1", "{text:?} on {arch}");
        }
    }
}

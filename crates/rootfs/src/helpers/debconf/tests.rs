//! The stand-in beside the original of this machine: random scripts get the same answers and
//! leave the same files.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use formwork_sys::tree::Tree;

use super::session::Talk;
use super::store::Store;
use super::{HOME, PLACE, STAND_IN, Server, Trouble, begin, config, is_known, prepare};

const INFO: &str = "var/lib/dpkg/info";
const CACHE: &str = "var/cache/debconf";
/// Says each line of a file to debconf and writes down what it hears.
const SCRIPT: &str = "#!/bin/sh\nexec 8<\"${0%.*}.${0##*.}-says\" 9>\"${0%.*}.${0##*.}-hears\"\n\
    while IFS= read -r line <&8; do\n  printf '%s\\n' \"$line\"\n  [ \"$line\" != STOP ] || break\n  IFS= read -r reply || exit 9\n  \
    printf '%s\\n' \"$reply\" >&9\ndone\nexit \"$(cat \"${0%/*}/code\")\"\n";

/// A small generator of numbers that depend on the seed alone.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as usize % most
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const NAMES: [&str; 9] = [
    "p/text",
    "p/choice",
    "p/many",
    "p/flag",
    "p/secret",
    "p/note",
    "p/new",
    "shared/one",
    "none",
];

fn templates(random: &mut Random) -> String {
    let select = random.pick(&["one, two, three", "t\\, o, x", "${list}", "a,  b"]);
    let value = random.pick(&["two", "", "b", "x y"]);
    let mut text = format!(
        "Template: p/text\nType: string\nDefault: {value}\nDefault-en: {value} in English\n\
         Description: A text for ${{who}} \\${{kept}}\n Long\n text\n .\n  * of ${{who}}\n\n\
         Template: p/choice\nType: select\nChoices: {select}\nChoices-de.UTF-8: eins, zwei\n\
         Default: {value}\nDescription: Which?\n\nTemplate: p/many\nType: multiselect\n\
         Choices: a, b, c\nDefault: a, c\nDescription: Some?\n\nTemplate: p/flag\nType: boolean\n\
         Default: true\nDescription: Yes?\n\nTemplate: p/secret\nType: password\n\
         Description: Word?\n\nTemplate: p/note\nType: note\nDescription: Heed  \n This.\n"
    );
    if random.below(2) == 0 {
        text.push_str("\nTemplate: shared/one\nType: error\nDescription: Oh\n no\n");
    }
    text
}

fn command(random: &mut Random) -> String {
    let name = random.pick(&NAMES);
    let other = random.pick(&NAMES);
    let value = random.pick(&[
        "two",
        "a, c",
        "x  y",
        "",
        "true",
        "\u{e9}t\u{e9}",
        "a\\nb",
        "0",
    ]);
    let priority = random.pick(&["low", "medium", "high", "critical", "odd"]);
    let field = random.pick(&[
        "description",
        "extended_description",
        "choices",
        "Choices-C",
        "value",
        "owners",
        "template",
        "name",
        "priority",
        "type",
        "default",
        "choices-de.utf-8",
    ]);
    let flag = random.pick(&["seen", "isdefault", "other", "seen"]);
    match random.below(28) {
        0..=4 => format!("INPUT {priority} {name}"),
        5..=7 => "GO".to_owned(),
        8..=9 => format!("GET {name}"),
        10..=11 => format!("SET {name} {value}"),
        12 => format!("RESET {name}"),
        13 => format!("SUBST {name} {} {value}", random.pick(&["who", "list"])),
        14 => format!("FGET {name} {flag}"),
        15 => format!(
            "FSET {name} {flag} {}",
            random.pick(&["true", "false", "maybe so"])
        ),
        16..=17 => format!("METAGET {name} {field}"),
        18 => format!("REGISTER {other} {name}"),
        19 => format!("REGISTER {name} {}", random.pick(&["p/new", "q/own"])),
        20 => format!("UNREGISTER {name}"),
        21 => random
            .pick(&["PURGE", "PURGE x", "CLEAR", "BEGINBLOCK", "ENDBLOCK"])
            .to_owned(),
        22 => random
            .pick(&["CAPB escape backup", "CAPB", "CAPB multiselect"])
            .to_owned(),
        23 => random
            .pick(&[
                "VERSION 2.0",
                "VERSION",
                "VERSION 1.0",
                "VERSION 3",
                "TITLE a b",
            ])
            .to_owned(),
        24 => format!("PROGRESS START 0 {} {name}", random.pick(&["10", "-1"])),
        25 => format!(
            "{} {name}",
            random.pick(&["SETTITLE", "INFO", "EXIST", "VISIBLE high"])
        ),
        26 => "X_LOADTEMPLATEFILE @ROOT@/extra.templates other".to_owned(),
        _ => random
            .pick(&[
                "",
                "NONSENSE a",
                "get",
                "  GET   p/flag ",
                "X_LOADTEMPLATEFILE @ROOT@/none",
            ])
            .to_owned(),
    }
}

fn commands(random: &mut Random) -> Vec<String> {
    let count = 3 + random.below(25);
    let mut all: Vec<String> = (0..count).map(|_| command(random)).collect();
    if random.below(4) == 0 {
        all.push("STOP".to_owned());
    }
    all
}

/// What a session left: what was heard, and all files.
#[derive(Debug, Default, PartialEq, Eq)]
struct Left {
    code: i32,
    heard: Vec<String>,
    files: BTreeMap<String, String>,
}

/// One installation of a made package.
struct Case {
    package: &'static str,
    templates: String,
    config: Option<Vec<String>>,
    postinst: Vec<String>,
    code: i32,
}

fn write(path: &Path, content: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

fn files(root: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(root.join(CACHE)).unwrap().flatten();
    let named = entries.map(|entry| {
        let bytes = std::fs::read(entry.path()).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        (entry.file_name().into_string().unwrap(), text)
    });
    named.collect()
}

fn lay_out(root: &Path, case: &Case) {
    let info = root.join(INFO);
    let base = info.join(case.package);
    write(&base.with_extension("templates"), &case.templates);
    write(&info.join("code"), &case.code.to_string());
    write(
        &root.join("extra.templates"),
        "Template: extra/one\nType: string\nDefault: e\n\nTemplate: p/flag\nType: boolean\n",
    );
    let _none = std::fs::remove_file(base.with_extension("config"));
    for (ending, says) in [
        ("config", &case.config),
        ("postinst", &Some(case.postinst.clone())),
    ] {
        let Some(says) = says else { continue };
        let shown = root.display().to_string();
        let says: String = says
            .iter()
            .map(|line| format!("{}\n", line.replace("@ROOT@", &shown)))
            .collect();
        write(&base.with_extension(format!("{ending}-says")), &says);
        let script = base.with_extension(ending);
        write(&script, SCRIPT);
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(script, mode).unwrap();
    }
}

fn original(root: &Path, case: &Case) -> Left {
    lay_out(root, case);
    let cache = root.join(CACHE).display().to_string();
    let configuration = std::fs::read_to_string("/etc/debconf.conf").unwrap();
    let configuration = configuration.replace("/var/cache/debconf", &cache);
    write(&root.join("debconf.conf"), &configuration);
    std::fs::create_dir_all(&cache).unwrap();
    let script = root.join(INFO).join(format!("{}.postinst", case.package));
    let ended = Command::new("/usr/share/debconf/frontend")
        .arg(&script)
        .args(["configure", ""])
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .envs([("LANGUAGE", "C.UTF-8"), ("LC_ALL", "C.UTF-8")])
        .envs([
            ("DEBIAN_FRONTEND", "noninteractive"),
            ("DEBCONF_NONINTERACTIVE_SEEN", "true"),
        ])
        .env("DEBCONF_SYSTEMRC", root.join("debconf.conf"))
        .output()
        .unwrap();
    let mut left = Left {
        code: ended.status.code().unwrap(),
        ..Left::default()
    };
    let shown = root.display().to_string();
    for ending in ["config", "postinst"] {
        let heard = script.with_extension(format!("{ending}-hears"));
        let bytes = std::fs::read(&heard).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).replace(&shown, "");
        left.heard.extend(text.lines().map(str::to_owned));
        let _none = std::fs::remove_file(heard);
    }
    left.files = files(root);
    left
}

fn ours(root: &Path, case: &Case) -> Result<Left, Trouble> {
    lay_out(root, case);
    let tree = Tree::open(root).unwrap();
    let script = format!("/{INFO}/{}.postinst", case.package);
    let mut session = begin(&tree, &script)?.expect("a plain case");
    session.store.create(&tree)?;
    let mut left = Left::default();
    let has_config = config(&tree, &script).unwrap().is_some();
    assert_eq!(has_config, case.config.is_some());
    let parts = case.config.iter().chain([&case.postinst]);
    for (at, says) in parts.enumerate() {
        let mut talk = Talk::default();
        for line in says {
            let line = line.replace("@ROOT@", "");
            match session.hear(&mut talk, line.trim_end_matches('\n').as_bytes())? {
                Some(reply) => left
                    .heard
                    .push(String::from_utf8_lossy(&reply).into_owned()),
                // The script hears an empty line, or nothing any more.
                None => break,
            }
        }
        session.end(talk);
        left.code = case.code;
        if has_config && at == 0 && case.code != 0 {
            left.files = files(root);
            return Ok(left);
        }
    }
    session.store.save(&tree)?;
    left.files = files(root);
    Ok(left)
}

#[test]
fn random_scripts_get_the_same_answers_and_leave_the_same_files() {
    let host = Tree::open(Path::new("/")).unwrap();
    if !is_known(&host).unwrap() {
        eprintln!("skipped: this machine has no debconf that is known");
        return;
    }
    let mut compared = 0;
    for seed in 0..25 {
        let mut random = Random(seed);
        let directory = tempfile::tempdir().unwrap();
        let [theirs, own] = ["theirs", "ours"].map(|name| directory.path().join(name));
        // A later package finds what an earlier one has left.
        for package in ["p", "libq:amd64", "p"] {
            let case = Case {
                package,
                templates: templates(&mut random),
                config: (random.below(2) == 0).then(|| commands(&mut random)),
                postinst: commands(&mut random),
                code: usize::from(random.below(8) == 0) as i32 * 3,
            };
            let said = match ours(&own, &case) {
                Err(Trouble::Unsupported(_)) => break,
                said => said.unwrap(),
            };
            let expected = original(&theirs, &case);
            assert_eq!(
                said, expected,
                "seed {seed}, {:?} {:?}",
                case.config, case.postinst
            );
            compared += 1;
        }
    }
    assert!(compared > 30, "{compared} were compared");
}

#[test]
fn what_is_odd_is_left_to_the_original() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let tree = Tree::open(root).unwrap();
    let script = format!("/{INFO}/p.postinst");
    let asks = |tree: &Tree, script: &str| begin(tree, script).unwrap().is_some();
    assert!(asks(&tree, &script));
    assert!(!asks(&tree, "/usr/bin/strange"), "it has no package");
    assert!(
        !asks(&tree, "/var/lib/dpkg/tmp.ci/preinst"),
        "it has no control file"
    );
    write(
        &root.join(format!("{INFO}/p.templates")),
        "Template: p/a\nwrong\n",
    );
    assert!(!asks(&tree, &script), "its templates are damaged");
    write(
        &root.join(format!("{INFO}/p.templates")),
        "Template: p/a\nType: note\n",
    );
    assert!(asks(&tree, &script));
    write(&root.join(format!("{CACHE}/config.dat")), "damaged\n");
    assert!(!asks(&tree, &script), "what is stored is damaged");
    assert!(Store::read(&tree).unwrap().is_none());
}

/// Runs a script under the stand-in with both ends of its pipes; gives the exit code.
fn served(root: &Path, script: &str) -> i32 {
    let scratch = root.join("scratch");
    std::fs::create_dir(&scratch).unwrap();
    prepare(&Tree::open(&scratch).unwrap()).unwrap();
    let place = root.join(INFO).join("p.postinst");
    write(
        &root.join(format!("{INFO}/p.templates")),
        "Template: p/a\nType: string\n",
    );
    write(&place, script);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&place, mode).unwrap();
    let line = scratch.join(HOME).display().to_string();
    let frontend = STAND_IN
        .replace(PLACE, &line)
        .replace("\"$1\"", &format!("\"${{1#{}}}\"", root.display()));
    std::thread::scope(|scope| {
        let server = scope.spawn(|| {
            let tree = Tree::open(root).unwrap();
            Server::open(&scratch).unwrap().serve(&tree)
        });
        let ended = Command::new("sh")
            .args(["-c", &format!("umask 0022\n{frontend}"), "frontend"])
            .arg(&place)
            .args(["configure", ""])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .envs([
                ("LANGUAGE", "C.UTF-8"),
                ("DEBIAN_FRONTEND", "noninteractive"),
                ("DEBCONF_NONINTERACTIVE_SEEN", "true"),
            ])
            .status()
            .unwrap();
        Server::close(&scratch).unwrap();
        server.join().unwrap().unwrap();
        ended.code().unwrap()
    })
}

#[test]
fn a_script_that_a_signal_ends_fails_and_its_answers_are_kept() {
    let cases = [
        ("kill -9 $$", 137),
        ("kill -15 $$", 143),
        ("printf 'GET p/a'; kill -9 $$", 137),
        ("exit 3", 3),
        ("exit 0", 0),
    ];
    for (ending, code) in cases {
        let directory = tempfile::tempdir().unwrap();
        let script = format!("#!/bin/sh\necho SET p/a kept\nread -r answer\n{ending}\n");
        assert_eq!(served(directory.path(), &script), code, "{ending}");
        let stored = &files(directory.path())["config.dat"];
        assert!(stored.contains("Value: kept"), "{ending}\n{stored}");
    }
}

//! Byte code of Python before 3.11, made again in a way that does not depend on chance.
//!
//! These versions write the members of a constant set in the order of their hashes, which are
//! seeded anew in every process. Debian's scripts call Python with `-E`, which makes it deaf to
//! `PYTHONHASHSEED`. So each file that they made is made once more, in order, in one process
//! with a fixed seed.

use formwork_sys::tree::{Kind, Tree, Visited};

use crate::error::{Blame, Error, Failure};
use crate::program::{Program, Run};

/// The first version whose byte code follows from the source alone.
const FIRST_GOOD: u32 = 11;

/// Makes each file again whose name it reads. One stays whose source is gone or does not compile,
/// or whose name is none that Python gives.
const SCRIPT: &str = "\
import importlib.util, os, py_compile, sys
for path in sys.stdin.read().splitlines():
    try:
        source = importlib.util.source_from_cache(path)
        if os.path.exists(source):
            py_compile.compile(source, cfile=path, doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
    except (ValueError, py_compile.PyCompileError):
        pass
";

/// Makes the byte code of such versions again, if the tree has one of them.
///
/// # Errors
/// If the tree cannot be read, or its Python fails.
pub fn byte_code(tree: &Tree, run: &mut dyn Run) -> Result<(), Error> {
    for minor in versions(tree)? {
        let files = files(tree, minor)?;
        if files.is_empty() {
            continue;
        }
        let interpreter = format!("/usr/bin/python3.{minor}");
        let mut program =
            Program::new([&interpreter, "-S", "-B", "-c", SCRIPT]).variable("PYTHONHASHSEED", "0");
        program.input = files.join("\n").into_bytes();
        let ended = run.run(&program, &mut |_| {})?;
        if !ended.success() {
            return Err(Error::Program(Failure {
                blame: Blame::Outside,
                message: format!(
                    "the byte code of {interpreter} cannot be made again: {}",
                    ended.how()
                ),
                output: ended.tail,
                kept: None,
            }));
        }
    }
    Ok(())
}

/// The versions below the first good one, as the number after `3.`.
fn versions(tree: &Tree) -> Result<Vec<u32>, Error> {
    if !tree.exists("usr/bin")? {
        return Ok(Vec::new());
    }
    let names = tree.list("usr/bin")?.into_iter();
    Ok(names
        .filter(|(_, kind)| *kind == Kind::File)
        .filter_map(|(name, _)| name.to_str()?.strip_prefix("python3.")?.parse().ok())
        .filter(|minor| *minor < FIRST_GOOD)
        .collect())
}

/// The byte code of a version below `/usr/lib`, as paths of the tree, sorted.
fn files(tree: &Tree, minor: u32) -> Result<Vec<String>, Error> {
    let ending = format!(".cpython-3{minor}.pyc");
    let mut files = Vec::new();
    if tree.exists("usr/lib")? {
        tree.walk("usr/lib", &mut |visited: &Visited<'_>| {
            let name = visited.path.to_str();
            let path = name.filter(|path| path.ends_with(&ending) && !path.contains('\n'));
            if let (Some(path), Kind::File) = (path, visited.metadata.kind) {
                files.push(format!("/{path}"));
            }
            Ok::<(), Error>(())
        })?;
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::Ended;

    /// Keeps what it is told to run.
    #[derive(Default)]
    struct Heard(Vec<Program>, i32);

    impl Run for Heard {
        fn run(&mut self, program: &Program, _: &mut dyn FnMut(&str)) -> Result<Ended, Error> {
            self.0.push(program.clone());
            Ok(Ended {
                code: self.1,
                ..Ended::default()
            })
        }
    }

    fn tree(files: &[&str]) -> (tempfile::TempDir, Tree) {
        let directory = tempfile::tempdir().unwrap();
        for path in files {
            let path = directory.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let tree = Tree::open(directory.path()).unwrap();
        (directory, tree)
    }

    #[test]
    fn only_old_versions_are_asked_for_their_own_files() {
        let (_directory, tree) = tree(&[
            "usr/bin/python3.9",
            "usr/bin/python3.11",
            "usr/bin/python3.9-config",
            "usr/lib/python3.9/__pycache__/b.cpython-39.pyc",
            "usr/lib/python3.9/__pycache__/a.cpython-39.pyc",
            "usr/lib/python3/__pycache__/a.cpython-311.pyc",
        ]);
        let mut heard = Heard::default();
        byte_code(&tree, &mut heard).unwrap();
        let [program] = &heard.0[..] else {
            panic!("{:?}", heard.0)
        };
        assert_eq!(program.arguments[0], "/usr/bin/python3.9");
        let expected = "/usr/lib/python3.9/__pycache__/a.cpython-39.pyc\n\
            /usr/lib/python3.9/__pycache__/b.cpython-39.pyc";
        assert_eq!(program.input, expected.as_bytes());
    }

    #[test]
    fn a_failure_is_told() {
        let (_directory, tree) = tree(&["usr/bin/python3.9", "usr/lib/a.cpython-39.pyc"]);
        let error = byte_code(&tree, &mut Heard(Vec::new(), 1)).unwrap_err();
        assert!(error.to_string().contains("python3.9"), "{error}");
        let (_directory, without) = self::tree(&["usr/bin/perl"]);
        byte_code(&without, &mut Heard(Vec::new(), 1)).unwrap();
    }
}

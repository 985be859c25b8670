//! The scenarios of a folder, and nothing outside of it.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::files::Root;

/// A folder whose scenarios may be chosen from elsewhere.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    /// As it was named.
    named: PathBuf,
    /// Without links, so that one that leads outside is seen.
    real: PathBuf,
}

/// Files listed; a folder with more is some other folder.
const MOST: usize = 200;
/// Folders inside of each other that are looked into.
const DEEPEST: usize = 3;
/// Characters of a description.
const DESCRIBED: usize = 300;

impl Folder {
    pub(super) fn open(named: &Path) -> io::Result<Self> {
        let real = named.canonicalize()?;
        if !real.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self { named: named.to_owned(), real })
    }

    pub(super) fn name(&self) -> String {
        self.named.display().to_string()
    }

    /// Where its files lie.
    pub(super) fn root(&self) -> Root {
        Root::new(&self.named)
    }

    /// Scenarios and scripts, by name, as paths below the folder.
    pub(super) fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        self.gather(Path::new(""), DEEPEST, &mut files);
        files.sort();
        files
    }

    /// The path of such a file. `None`: it is not there, or not in here.
    pub(super) fn find(&self, file: &str) -> Option<PathBuf> {
        let below = Path::new(file);
        let plain = below.components().all(|part| matches!(part, Component::Normal(_)));
        if file.is_empty() || !plain || !is_scenario(below) {
            return None;
        }
        let real = self.real.join(below).canonicalize().ok()?;
        (real.starts_with(&self.real) && real.is_file()).then(|| self.named.join(below))
    }

    fn gather(&self, below: &Path, depth: usize, files: &mut Vec<String>) {
        // A folder that may not be read has nothing to offer.
        let Ok(entries) = fs::read_dir(self.real.join(below)) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            if name.to_string_lossy().starts_with('.') || files.len() == MOST {
                continue;
            }
            let path = below.join(name);
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            match path.to_str() {
                _ if is_folder && depth > 1 => self.gather(&path, depth - 1, files),
                Some(file) if self.find(file).is_some() => files.push(file.to_owned()),
                _ => {}
            }
        }
    }
}

pub(super) fn is_script(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "lua")
}

fn is_scenario(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "yaml" || ending == "yml") || is_script(file)
}

/// The comment that a file begins with, up to its first empty line, in one line.
pub(super) fn description(text: &str) -> Option<String> {
    let comment = |line: &str| {
        let line = line.trim();
        let words = line.strip_prefix("--").or(line.strip_prefix('#'));
        words.map(|words| words.trim_start_matches(['#', '-', '!']).trim().to_owned())
    };
    // For editors, not for people.
    let is_prose = |words: &String| !words.starts_with("yaml-language-server:");
    let prose = text.lines().map_while(comment).filter(is_prose);
    let paragraph = prose.skip_while(String::is_empty).take_while(|line| !line.is_empty());
    let words = paragraph.collect::<Vec<_>>().join(" ");
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let shortened = match words.char_indices().nth(DESCRIBED) {
        // Not in the middle of a word.
        Some((end, _)) => match words[..end].rsplit_once(' ') {
            Some((whole, _)) => format!("{whole}..."),
            None => format!("{}...", &words[..end]),
        },
        None => words,
    };
    (!shortened.is_empty()).then_some(shortened)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_scenarios_inside_are_found() {
        let outside = tempfile::tempdir().expect("a folder");
        let root = outside.path().join("root");
        fs::create_dir_all(root.join("deeper/still")).expect("folders");
        for file in ["root/a.yaml", "root/b.lua", "root/deeper/c.yml", "root/d.txt", "root/.e.yaml"]
        {
            fs::write(outside.path().join(file), "").expect("a file");
        }
        fs::write(outside.path().join("secret.yaml"), "").expect("a file");
        symlink(outside.path().join("secret.yaml"), root.join("link.yaml")).expect("a link");
        symlink(outside.path(), root.join("up")).expect("a link");
        symlink(root.join("a.yaml"), root.join("same.yaml")).expect("a link");
        let folder = Folder::open(&root).expect("a folder");
        assert_eq!(folder.files(), ["a.yaml", "b.lua", "deeper/c.yml", "same.yaml"]);
        assert_eq!(folder.find("a.yaml"), Some(root.join("a.yaml")));
        let absolute = outside.path().join("secret.yaml");
        for file in [
            "",
            ".",
            "../secret.yaml",
            "deeper/../../secret.yaml",
            "link.yaml",
            "up/secret.yaml",
            "d.txt",
            "deeper",
            "no.yaml",
            "a.yaml\0",
            absolute.to_str().expect("a name"),
        ] {
            assert_eq!(folder.find(file), None, "{file}");
        }
        assert!(Folder::open(&root.join("a.yaml")).is_err());
        assert!(Folder::open(&root.join("no")).is_err());
    }

    #[test]
    fn the_first_comment_describes_a_file() {
        let text = "# yaml-language-server: $schema=x\n#\n# One bank,\n#   two users\n#\n# nor this\n\n# not this\nname: x\n";
        assert_eq!(description(text).as_deref(), Some("One bank, two users"));
        assert_eq!(description("--- A script.\nlocal x = 1").as_deref(), Some("A script."));
        assert_eq!(description("name: x\n# later"), None);
        let long = description(&format!("# {}", "word ".repeat(100))).expect("words");
        assert!(long.ends_with("...") && long.chars().count() <= DESCRIBED + 3, "{long}");
    }
}

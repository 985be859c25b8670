use std::path::{Path, PathBuf};

/// What is kept for one target, in the order of the names; what is shipped or
/// tried elsewhere after that.
pub(super) fn of(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let elsewhere: &[&str] = match target {
        "scenario" => &["scenarios", "tests/fixtures/broken"],
        "history" => &["tests/fixtures/histories"],
        "script" => &["scenarios"],
        _ => &[],
    };
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let elsewhere = elsewhere.iter().map(|folder| here.join(folder));
    let files = [folder().join(target)].into_iter().chain(elsewhere).flat_map(files);
    let read = |path: PathBuf| {
        let bytes = std::fs::read(&path).expect("it is there");
        (path, bytes)
    };
    files.filter(|path| path.is_file()).map(read).collect()
}

fn files(folder: PathBuf) -> Vec<PathBuf> {
    let files =
        std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    files.sort();
    files
}

pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
}

/// Longer names are compared with nothing: the comparison is quadratic.
const LONGEST: usize = 64;

/// The candidate a misspelt name was probably meant to be. Case, `-` and `_`
/// do not count, so that k6's `maxDuration` finds `max_duration`.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > LONGEST {
        return None;
    }
    let name = folded(name);
    let tolerance = (name.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST)
        .map(|candidate| (strsim::damerau_levenshtein(&name, &folded(candidate)), candidate))
        .filter(|(distance, candidate)| {
            // One letter for another is no likeness between names of one letter.
            *distance <= tolerance && *distance < candidate.chars().count()
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn folded(name: &str) -> String {
    name.chars()
        .filter(|char| !matches!(char, '-' | '_' | ' '))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let keys = ["executor", "vus", "iterations", "max_duration"];
        assert_eq!(nearest("excutor", keys), Some("executor"));
        assert_eq!(nearest("VUs", keys), Some("vus"));
        assert_eq!(nearest("maxDuration", keys), Some("max_duration"));
        assert_eq!(nearest("colour", keys), None);
        assert_eq!(nearest("7", ["1", "2"]), None);
        assert_eq!(nearest(&"x".repeat(100_000), keys), None);
    }
}

//! `did you mean`: the known word that is nearest to a misspelt one.

/// Longer lists help nobody.
const MOST_LISTED: usize = 12;

/// The nearest of the candidates, if it is near enough to be meant.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    let most = match length {
        0..=2 => 1,
        3..=7 => 2,
        _ => 3,
    };
    let word = word.to_lowercase();
    let how_far = |candidate: &str| {
        let candidate = candidate.to_lowercase();
        let far = distance(&word, &candidate);
        // `depends` for `depends_on`, `env_files` for `env_file`: the beginning is enough, where it is long enough.
        let begins =
            length >= 4 && (candidate.starts_with(&word) || word.starts_with(&candidate) && candidate.len() >= 4);
        if far <= most && far < candidate.chars().count() { Some(far) } else { begins.then_some(most + 1) }
    };
    let near = candidates.into_iter().filter_map(|candidate| Some((how_far(candidate)?, candidate)));
    near.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

/// `did you mean `x`?`, if there is something near.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, candidates).map(|near| format!("did you mean `{near}`?"))
}

/// `did you mean `x`?`, or else what there is: `the services are a, b, c`.
pub fn did_you_mean_or_list<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    introduction: &str,
) -> String {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    did_you_mean(word, candidates.iter().copied()).unwrap_or_else(|| match candidates.as_slice() {
        [] => format!("{introduction} none"),
        all if all.len() <= MOST_LISTED => format!("{introduction} {}", all.join(", ")),
        all => format!("{introduction} {}, and {} more", all[..MOST_LISTED].join(", "), all.len() - MOST_LISTED),
    })
}

/// How many letters must be put in, left out, changed or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(rows[i - 2][j - 2] + 1);
            }
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word() {
        let keys = ["image", "ports", "volumes", "environment", "depends_on", "healthcheck"];
        for (word, expected) in [
            ("imgae", Some("image")),
            ("enviroment", Some("environment")),
            ("port", Some("ports")),
            ("depend_on", Some("depends_on")),
            ("Healthcheck", Some("healthcheck")),
            ("depends", Some("depends_on")),
            ("env", None),
            ("foo", None),
            ("zzzzzz", None),
        ] {
            assert_eq!(nearest(word, keys), expected, "{word}");
        }
    }

    #[test]
    fn what_there_is_where_nothing_is_near() {
        let many: Vec<String> = (0..20).map(|n| format!("service{n}")).collect();
        for (word, words, expected) in [
            ("wbe", vec!["web", "db"], "did you mean `web`?"),
            ("cache", vec!["web", "db"], "the services are web, db"),
            ("cache", vec![], "the services are none"),
            (
                "cache",
                many.iter().map(String::as_str).collect(),
                "the services are service0, service1, service2, service3, service4, service5, service6, service7, \
                 service8, service9, service10, service11, and 8 more",
            ),
        ] {
            assert_eq!(did_you_mean_or_list(word, words.iter().copied(), "the services are"), expected);
        }
    }
}
